//! Onsets: peaks of the flux that stand out of their surroundings.

/// A peak must stand this far out of the mean of the last tenth of a second.
const RISE: f32 = 0.045;
/// Hops in that mean.
const AROUND: usize = 10;
/// Hops between two onsets, at least.
const APART: u32 = 3;

/// Finds peaks one hop after they happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct PeakPicker {
    /// The newest value first.
    past: [f32; AROUND + 2],
    since_last: u32,
}

/// A peak that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Peak {
    /// How long before this hop, to a fraction of a hop.
    pub(crate) hops_ago: f32,
    /// 1 when it is the usual strong stroke of the last seconds.
    pub(crate) strength: f32,
}

impl PeakPicker {
    /// Takes the flux of one hop; says whether the hop before was an onset.
    pub(crate) fn hop(&mut self, flux: f32) -> Option<Peak> {
        self.past.copy_within(0..AROUND + 1, 1);
        self.past[0] = flux;
        self.since_last = self.since_last.saturating_add(1);
        let [after, at, before, earlier] = [self.past[0], self.past[1], self.past[2], self.past[3]];
        let mean = self.past[2..].iter().sum::<f32>() / AROUND as f32;
        let is_peak = at > after && at >= before && at >= earlier && at > mean + RISE;
        if !is_peak || self.since_last < APART {
            return None;
        }
        self.since_last = 0;
        // The vertex of the parabola through the three values, from -0.5 to 0.5 around the middle one.
        let curve = before - 2.0 * at + after;
        let shift = if curve < 0.0 { 0.5 * (before - after) / curve } else { 0.0 };
        Some(Peak { hops_ago: 1.0 - shift.clamp(-0.5, 0.5), strength: 2.0 * at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_found_once_a_hop_later_and_between_hops() {
        let mut picker = PeakPicker::default();
        let flux = [0.0, 0.0, 0.1, 0.6, 0.8, 0.4, 0.1, 0.0, 0.0, 0.01, 0.0, 0.0];
        let found: Vec<_> =
            flux.iter().enumerate().filter_map(|(n, &v)| picker.hop(v).map(|peak| (n, peak))).collect();
        assert_eq!(found.len(), 1);
        let (hop, peak) = found[0];
        assert_eq!(hop, 5);
        // 0.6, 0.8, 0.4: the vertex lies a little before the middle.
        assert!((peak.hops_ago - 1.1667).abs() < 0.01, "{}", peak.hops_ago);
    }
}
