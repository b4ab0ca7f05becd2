//! How players stand to the beat: swing, and microtiming by place in the bar and band.

use super::division::{Division, Divisions};
use crate::block::Band;
use crate::perform::{Swing, SwingUnit};
use kmidi_kernels::math;

/// Strokes that are remembered: three beats of ten on every sixteenth.
const STROKES: usize = 128;
/// Strokes nearer than this share of a beat to one of its ends belong to the end.
const EDGE: f64 = 0.1;
/// Beats that follow each other have gaps that differ by less than this ratio.
const EVEN: f64 = 1.4;
/// Beats of a bar whose timing is kept apart, and places in each.
pub const BEATS: usize = 7;
/// Places in a beat: its sixteenths, swung as they are played, or its thirds.
pub const PLACES: usize = 4;
/// What of the feel counts on at each beat, live: half of it after 23.
const KEEP: f32 = 0.97;
/// Places that move by more than this share of a beat are others: what was measured against them is forgotten.
const MOVED: f32 = 0.03;
/// A mean of timing follows at least this fast.
const SLOWEST: f32 = 1.0 / 32.0;

/// How early or late a band plays at one place of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lean {
    /// Mean, milliseconds; less than 0 is early.
    pub ms: f32,
    /// Standard deviation, milliseconds.
    pub spread_ms: f32,
    /// Strokes that were heard there.
    pub strokes: u32,
}

impl Lean {
    fn add(&mut self, ms: f32, slowest: f32) {
        self.strokes = self.strokes.saturating_add(1);
        let follow = (1.0 / self.strokes as f32).max(slowest);
        let away = ms - self.ms;
        self.ms += follow * away;
        let variance = (1.0 - follow) * (self.spread_ms * self.spread_ms + follow * away * away);
        self.spread_ms = math::sqrt(variance);
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Stroke {
    time: f64,
    band: Option<Band>,
    /// Does it begin a stroke of all who play, or follow one?
    first: bool,
}

/// Follows the feel. Times are seconds; a beat is judged once the next two are known.
#[derive(Debug, Clone)]
pub struct Feel {
    slowest: f32,
    /// A ring, and where it is written next.
    strokes: [Stroke; STROKES],
    next: usize,
    /// (time, number in the bar) of the last beats, newest first.
    beats: [Option<(f64, Option<u8>)>; 4],
    divisions: Divisions,
    /// Is the division known, and no longer to be found?
    settled: bool,
    /// Where the places of a beat lie.
    grid: [f32; PLACES],
    leans: [[[Lean; 3]; PLACES]; BEATS],
}

impl Default for Feel {
    /// For a player on stage: what was long ago counts little.
    fn default() -> Self {
        Self::new(KEEP)
    }
}

impl Feel {
    /// Nothing is known. `keep` of what was heard counts on at each beat, see [`Divisions::new`]; where it is 1, all strokes count
    /// alike in the timing as well.
    ///
    /// *Real-time safety*: no allocation.
    pub fn new(keep: f32) -> Self {
        Self {
            slowest: if keep < 1.0 { SLOWEST } else { 0.0 },
            strokes: [Stroke::default(); STROKES],
            next: 0,
            beats: [None; 4],
            divisions: Divisions::new(keep),
            settled: false,
            grid: Division::Sixteenths(0.5).grid(),
            leans: Default::default(),
        }
    }

    /// For the same piece from its start, with the division that was found: so that all of it is measured against the same places, and all
    /// strokes count alike.
    ///
    /// *Real-time safety*: no allocation.
    pub fn again(&self) -> Self {
        let (divisions, grid) = (self.divisions.clone(), self.division().grid());
        Self { divisions, settled: true, grid, ..Self::new(1.0) }
    }

    /// A stroke of `band`; `first` if nothing else began just before it.
    ///
    /// *Real-time safety*: no allocation.
    pub fn stroke(&mut self, time: f64, band: Band, first: bool) {
        self.strokes[self.next] = Stroke { time, band: Some(band), first };
        self.next = (self.next + 1) % STROKES;
    }

    /// A beat, and its number in the bar from 1 where it is known. Strokes before it have been given, all but those a moment ago.
    ///
    /// *Real-time safety*: no allocation.
    pub fn beat(&mut self, time: f64, number: Option<u8>) {
        self.beats.copy_within(..3, 1);
        self.beats[0] = Some((time, number));
        let [Some(d), Some(c), Some(b), Some(a)] = self.beats else { return };
        let gaps = [b.0 - a.0, c.0 - b.0, d.0 - c.0];
        let longest = gaps.iter().fold(0.0_f64, |most, gap| most.max(*gap));
        if gaps.iter().any(|gap| EVEN * gap < longest) {
            return;
        }
        if !self.settled {
            self.divisions.beat();
            self.divide(b.0, c.0);
            let found = self.division().grid();
            let moved = found.iter().zip(&self.grid).any(|(new, old)| (new - old).abs() > MOVED);
            if moved {
                self.leans = Default::default();
            }
            self.grid = found;
        }
        // The beat as all play it: between its own stroke and what its neighbours say.
        let even = |before: f64, at: f64, after: f64| 0.25 * (before + after) + 0.5 * at;
        self.place(even(a.0, b.0, c.0), even(b.0, c.0, d.0), b.1);
    }

    /// What the strokes between two beats say of the division.
    fn divide(&mut self, start: f64, end: f64) {
        let length = end - start;
        let inside = start + EDGE * length..end - 0.7 * EDGE * length;
        let strokes = self.strokes.iter().filter(|stroke| stroke.first && inside.contains(&stroke.time));
        strokes.for_each(|stroke| self.divisions.stroke(((stroke.time - start) / length) as f32));
    }

    /// Where the strokes of a beat stand against the places of its division.
    fn place(&mut self, start: f64, end: f64, number: Option<u8>) {
        let grid = self.grid;
        let Some(leans) = number.and_then(|n| self.leans.get_mut(usize::from(n).checked_sub(1)?)) else {
            return;
        };
        let length = end - start;
        for stroke in &self.strokes {
            let at = ((stroke.time - start) / length) as f32;
            let Some(band) = stroke.band.filter(|_| (-0.5..1.0).contains(&at)) else { continue };
            let away = |n: usize| (at - grid[n]).abs();
            let nearest = (1..PLACES).fold(0, |best, n| if away(n) < away(best) { n } else { best });
            // The next beat's early strokes are its own, and those of the beat before are not this one's.
            let last = (at - (grid[PLACES - 1] - 1.0)).abs();
            if away(nearest) <= (at - 1.0).abs() && away(nearest) <= last && away(nearest) <= 0.125 {
                let ms = (at - grid[nearest]) * (1000.0 * length) as f32;
                leans[nearest][band as usize].add(ms, self.slowest);
            }
        }
    }

    fn division(&self) -> Division {
        self.divisions.best().map_or(Division::Sixteenths(0.5), |best| best.division)
    }

    /// The swing and how sure it is, 0 to 1: 50 % where nothing is swung, also where beats are divided in three; `None` where too little
    /// is played between the beats to tell.
    ///
    /// *Real-time safety*: no allocation.
    pub fn swing(&self) -> Option<(Swing, f32)> {
        let best = self.divisions.best()?;
        let swing = match best.division {
            Division::Triplets => Swing { unit: SwingUnit::Eighth, percent: 50.0 },
            Division::Eighths(share) => Swing { unit: SwingUnit::Eighth, percent: 100.0 * share },
            Division::Sixteenths(share) => Swing { unit: SwingUnit::Sixteenth, percent: 100.0 * share },
        };
        Some((swing, best.confidence))
    }

    /// Are the beats divided in three, as in 6/8 or 12/8?
    ///
    /// *Real-time safety*: no allocation.
    pub fn in_threes(&self) -> bool {
        self.divisions.in_threes()
    }

    /// The places of a beat as shares of it, see [`Division::grid`].
    ///
    /// *Real-time safety*: no allocation.
    pub fn grid(&self) -> [f32; PLACES] {
        self.grid
    }

    /// How `band` stands to place `place`, from 0, of beat `beat`, from 1; `None` where it has not played.
    ///
    /// *Real-time safety*: no allocation.
    pub fn lean(&self, band: Band, beat: u8, place: usize) -> Option<Lean> {
        let lean = *self.leans.get(usize::from(beat).checked_sub(1)?)?.get(place)?.get(band as usize)?;
        (lean.strokes > 0).then_some(lean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_plays_late_is_told_by_place_and_band() {
        let mut feel = Feel::default();
        for n in 0..40_u32 {
            let beat = 1.0 + 0.5 * f64::from(n);
            let number = (n % 4 + 1) as u8;
            // What lies behind the beat comes before it is told.
            feel.stroke(beat - 0.250 + 0.004, Band::High, true);
            feel.stroke(beat, Band::High, true);
            if number.is_multiple_of(2) {
                feel.stroke(beat + 0.018, Band::Mid, false);
            }
            feel.beat(beat, Some(number));
        }
        let ms = |band, beat, place| feel.lean(band, beat, place).map(|lean| lean.ms);
        assert!((ms(Band::Mid, 2, 0).unwrap() - 18.0).abs() < 1.0, "{:?}", ms(Band::Mid, 2, 0));
        assert!(ms(Band::High, 3, 0).unwrap().abs() < 1.0);
        assert_eq!((ms(Band::Mid, 1, 0), ms(Band::Low, 1, 0), ms(Band::High, 0, 0)), (None, None, None));
        // All off-beats are as late: that is swing, of 0.4 %.
        let (swing, sure) = feel.swing().unwrap();
        assert!((swing.percent - 50.8).abs() < 0.5 && sure > 0.9, "{swing:?}");
        assert!(ms(Band::High, 1, 2).unwrap().abs() < 4.0);
        assert!(!feel.in_threes());
    }

    #[test]
    fn the_spread_is_that_of_the_strokes() {
        let mut lean = Lean::default();
        (0..1000).for_each(|n| lean.add(if n % 2 == 0 { 6.0 } else { -2.0 }, 0.0));
        assert!((lean.ms - 2.0).abs() < 0.01 && (lean.spread_ms - 4.0).abs() < 0.01, "{lean:?}");
    }
}
