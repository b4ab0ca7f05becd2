//! The bar as the players count it: felt beats, their groups, and the parts of a beat.

use kmidi_music::Meter;

/// Ticks a quarter note in every song.
pub(super) const PPQ: u16 = 480;

/// (beats a bar as written, unit, felt beats in each group): where the strong beats are.
const METERS: [(u8, u8, &[u32]); 8] = [
    (2, 2, &[2]),
    (2, 4, &[2]),
    (3, 4, &[3]),
    (4, 4, &[2, 2]),
    (5, 4, &[3, 2]),
    (6, 8, &[2]),
    (9, 8, &[3]),
    (12, 8, &[2, 2]),
];

/// A metre, ready to be written in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Felt beats in a bar.
    pub(super) beats: u32,
    /// Ticks in a felt beat.
    pub(super) beat: u64,
    /// Equal parts of a felt beat: 2, or 3 in compound metres.
    pub(super) parts: u64,
    /// Felt beats in each group of the bar.
    pub(super) groups: &'static [u32],
}

impl Grid {
    /// The grid of `meter`, or `None` when it is not one of those that can be composed in.
    pub(super) fn of(meter: Meter) -> Option<Self> {
        let row = METERS.iter().find(|m| (m.0, m.1) == (meter.numerator, meter.denominator))?;
        let parts = if meter.is_compound() { 3 } else { 2 };
        Some(Self { beats: row.2.iter().sum(), beat: meter.felt_beat(PPQ).0, parts, groups: row.2 })
    }

    /// The metres that have a grid, in words.
    pub(super) fn names() -> String {
        METERS.map(|(n, d, _)| format!("{n}/{d}")).join(", ")
    }

    /// Ticks in a bar.
    pub(super) fn bar(&self) -> u64 {
        u64::from(self.beats) * self.beat
    }

    /// The first beat of each group.
    pub(super) fn group_starts(&self) -> impl Iterator<Item = u32> {
        let groups = self.groups;
        (0..groups.len()).map(move |i| groups[..i].iter().sum())
    }

    /// Where a bar of two chords changes: at the last group, or at the last beat of a bar of one group of three.
    pub(super) fn split(&self) -> Option<u32> {
        match self.groups {
            [2] => Some(1),
            [3] => Some(2),
            _ => self.group_starts().last(),
        }
    }

    /// Does a group start at `tick` of a bar?
    pub(super) fn is_strong(&self, tick: u64) -> bool {
        self.group_starts().any(|b| u64::from(b) * self.beat == tick)
    }

    /// Does a felt beat start at `tick`?
    pub(super) fn is_beat(&self, tick: u64) -> bool {
        tick.is_multiple_of(self.beat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grid_fills_its_bar() {
        for (n, d, _) in METERS {
            let meter = Meter::new(n, d).unwrap();
            let grid = Grid::of(meter).unwrap();
            assert_eq!(grid.bar(), meter.bar(PPQ).0, "{meter}");
            assert!(grid.is_strong(0) && grid.split().is_none_or(|s| s < grid.beats), "{meter}");
        }
        assert!(Grid::of(Meter::new(7, 8).unwrap()).is_none());
    }
}
