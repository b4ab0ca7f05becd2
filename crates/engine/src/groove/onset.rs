//! Onsets: what the front end heard, told as soon as it is sure enough.

use super::front::{LOOKS, Onsets};

/// How likely an onset must be to be told at the first look, at the second and at the last.
const SURE: [f32; LOOKS] = [0.5, 0.4, 0.3];
/// Hops between two onsets, at least: notes of one chord are one onset.
const APART: f32 = 3.5;

/// Decides about each hop as it is looked at again and again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decider {
    /// Hops since the onset that was told last.
    since: Option<f32>,
}

/// An onset that is told now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Told {
    /// Hops before the end of this hop.
    pub(crate) hops_ago: f32,
    /// How sure, 0 to 1.
    pub(crate) confidence: f32,
}

impl Decider {
    /// Takes what the front end says at the end of a hop.
    pub(crate) fn hop(&mut self, onsets: &Onsets) -> Option<Told> {
        self.since = self.since.map(|hops| hops + 1.0);
        let told =
            surest(onsets).filter(|told| self.since.is_none_or(|since| since - told.hops_ago >= APART))?;
        self.since = Some(told.hops_ago);
        Some(told)
    }
}

/// The onset that is sure enough, the last look first. An onset at the edge of two hops shares itself out between them.
fn surest(onsets: &Onsets) -> Option<Told> {
    let ago = |look: usize| look as f32 + 2.0 - onsets.places[look];
    (0..LOOKS).rev().find_map(|look| {
        let at = onsets.likely[look];
        let (next, next_ago) = if look == 0 { (0.0, 0.0) } else { (onsets.likely[look - 1], ago(look - 1)) };
        let confidence = at + next;
        let told = Told { hops_ago: (at * ago(look) + next * next_ago) / confidence, confidence };
        (confidence >= SURE[look] && at >= 0.5 * next)
            .then_some(Told { confidence: confidence.min(1.0), ..told })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn onsets(likely: [f32; LOOKS]) -> Onsets {
        Onsets { likely, places: [0.5; LOOKS] }
    }

    #[test]
    fn a_sure_onset_is_told_at_once_and_once() {
        let mut decider = Decider::default();
        // The hop of the stroke, looked at three times.
        let looks = [[0.9, 0.0, 0.0], [0.0, 0.95, 0.0], [0.0, 0.0, 0.97], [0.0; 3]];
        let told: Vec<_> = looks.iter().map(|&likely| decider.hop(&onsets(likely))).collect();
        let first = told[0].unwrap();
        assert!((first.hops_ago - 1.5).abs() < 1e-6 && (first.confidence - 0.9).abs() < 1e-6, "{first:?}");
        assert_eq!(told[1..], [None; 3]);
    }

    #[test]
    fn an_onset_between_two_hops_is_one_onset_between_them() {
        let mut decider = Decider::default();
        let told: Vec<_> = [[0.4, 0.0, 0.0], [0.4, 0.4, 0.0], [0.0, 0.4, 0.4]]
            .iter()
            .filter_map(|&p| decider.hop(&onsets(p)))
            .collect();
        assert_eq!(told.len(), 1);
        assert!((told[0].hops_ago - 2.0).abs() < 1e-6 && (told[0].confidence - 0.8).abs() < 1e-6, "{told:?}");
    }
}
