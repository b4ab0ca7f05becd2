//! Metre and downbeats: a small filter that steps once a beat.

use kmidi_kernels::math;

/// The metres that are told apart, in beats a bar, with how usual they are.
pub const METERS: [(u8, f32); 3] = [(4, 0.60), (3, 0.25), (2, 0.15)];
/// States: each metre's beats, metre by metre.
pub const STATES: usize = 9;
/// How likely the metre changes at a barline.
const CHANGE: f32 = 0.01;

/// Log-likelihood ratio that a beat begins a bar, from how far its bass stroke stands out of the usual one (1), and
/// whether the chord changed on it.
pub fn downbeat_evidence(accent: f32, chord_changed: bool) -> f32 {
    0.5 * (accent - 1.0).clamp(-1.0, 1.5) + if chord_changed { 0.7 } else { -0.25 }
}

/// (row of [`METERS`], beat of the bar from 0) of a state below [`STATES`].
pub fn place(state: usize) -> (usize, usize) {
    let mut rest = state;
    for (row, &(beats, _)) in METERS.iter().enumerate() {
        if rest < usize::from(beats) {
            return (row, rest);
        }
        rest -= usize::from(beats);
    }
    (0, 0)
}

/// The filter: probability of each metre and beat number.
#[derive(Debug, Clone)]
pub(crate) struct MeterFilter {
    /// Metre by metre, beat by beat.
    states: [f32; STATES],
    usual: f32,
    accent: f32,
}

impl Default for MeterFilter {
    fn default() -> Self {
        let mut states = [0.0; STATES];
        for (row, share) in rows() {
            states[row.clone()].fill(share / row.len() as f32);
        }
        Self { states, usual: 0.0, accent: 1.0 }
    }
}

/// The states of each metre, and how usual it is.
fn rows() -> impl Iterator<Item = (std::ops::Range<usize>, f32)> {
    METERS.iter().scan(0, |start, &(beats, share)| {
        let row = *start..*start + usize::from(beats);
        *start = row.end;
        Some((row, share))
    })
}

impl MeterFilter {
    /// A beat with the strength of its bass stroke. `chord_changed` speaks about the beat before: chords are known
    /// later than strokes. Gives (number in the bar, beats a bar) when it is surer than not.
    pub(crate) fn beat(&mut self, low: f32, chord_changed: bool) -> Option<(u8, u8)> {
        let before = downbeat_evidence(self.accent, chord_changed);
        self.usual += (low - self.usual) * if self.usual == 0.0 { 1.0 } else { 0.1 };
        self.accent = if self.usual > 1e-3 { low / self.usual } else { 1.0 };
        // The beat before is complete now: weigh it, then step.
        let mut next = [0.0; STATES];
        let mut barlines = 0.0;
        for (row, _) in rows() {
            self.states[row.start] *= math::exp(before);
            barlines += self.states[row.end - 1];
            next[row.start + 1..row.end].copy_from_slice(&self.states[row.start..row.end - 1]);
            next[row.start] = (1.0 - CHANGE) * self.states[row.end - 1];
        }
        for (row, share) in rows() {
            next[row.start] += CHANGE * share * barlines;
        }
        let sum = math::sum(&next).max(f32::MIN_POSITIVE);
        self.states = next.map(|p| p / sum);
        let (best, probability) = self.best();
        (probability > 0.5).then_some(best)
    }

    /// The probability of the best metre and beat number.
    pub(crate) fn confidence(&self) -> f32 {
        self.best().1
    }

    /// ((number in the bar, beats a bar), probability) of the best state.
    fn best(&self) -> ((u8, u8), f32) {
        let best = (1..STATES).fold(0, |best, n| if self.states[n] > self.states[best] { n } else { best });
        let (row, beat) = place(best);
        ((beat as u8 + 1, METERS[row].0), self.states[best])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_first_beats_and_chord_changes_give_the_metre() {
        for beats in [2_u8, 3, 4] {
            let mut filter = MeterFilter::default();
            let mut answer = None;
            for n in 0..60 {
                let number = n % beats;
                // A chord change on beat 1 is known at beat 2.
                answer = filter.beat(if number == 0 { 1.0 } else { 0.3 }, number == 1);
            }
            assert_eq!(answer, Some((59 % beats + 1, beats)));
        }
        let mut filter = MeterFilter::default();
        let flat = (0..60).filter_map(|_| filter.beat(0.5, false)).count();
        assert_eq!(flat, 0, "equal beats are no metre");
    }
}
