//! Keys: a filter over the 24 major and minor keys.

use kmidi_kernels::math;
use kmidi_music::{Key, Mode, PitchClass};

/// How many keys there are: twelve major from C up, then twelve minor.
pub const KEYS: usize = 24;

/// Share of each pitch class above the tonic in pieces in major and in minor (Albrecht and Shanahan 2013, "The use of
/// large corpora to train a new type of key-finding algorithm", table 1).
pub const PROFILES: [[f32; 12]; 2] = [
    [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
    [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
];

/// Nats that chroma equal to a profile are worth in one measurement of 40 ms: notes last, so measurements repeat.
const WEIGHT: f32 = 0.12;
/// Probability of leaving a key in one measurement: about once in 40 s.
const LEAVE: f32 = 0.001;

/// The key of a state.
pub fn key(state: usize) -> Key {
    let mode = if state < 12 { Mode::Major } else { Mode::Minor };
    Key::from_pitch_class(PitchClass::new(state as i32), mode)
}

/// The logarithms of [`PROFILES`], made once.
#[derive(Debug, Clone)]
pub struct KeyScorer {
    logs: [[f32; 12]; 2],
}

impl Default for KeyScorer {
    fn default() -> Self {
        // A little of every pitch class: chroma from sound are never clean.
        Self { logs: PROFILES.map(|profile| profile.map(|share| math::ln(0.9 * share + 0.1 / 12.0))) }
    }
}

impl KeyScorer {
    /// The log-likelihood of each key, nats, given treble and bass chroma that each sum to 1 (or are all 0).
    ///
    /// *Real-time safety*: no allocation.
    pub fn score(&self, treble: &[f32; 12], bass: &[f32; 12]) -> [f32; KEYS] {
        let heard: [f32; 12] = std::array::from_fn(|pc| WEIGHT * (treble[pc] + 0.5 * bass[pc]));
        std::array::from_fn(|state| {
            let logs = &self.logs[state / 12];
            (0..12).map(|pc| heard[pc] * logs[(pc + 24 - state) % 12]).sum()
        })
    }
}

/// Probability of each key.
#[derive(Debug, Clone)]
pub struct KeyFilter {
    states: [f32; KEYS],
}

impl Default for KeyFilter {
    fn default() -> Self {
        Self { states: [1.0 / KEYS as f32; KEYS] }
    }
}

impl KeyFilter {
    /// One measurement on.
    ///
    /// *Real-time safety*: no allocation.
    pub fn step(&mut self, scores: &[f32; KEYS]) {
        let top = math::max(scores);
        for (state, score) in self.states.iter_mut().zip(scores) {
            *state = (*state * (1.0 - LEAVE) + LEAVE / KEYS as f32) * math::exp(score - top);
        }
        let sum = math::sum(&self.states).max(f32::MIN_POSITIVE);
        self.states.iter_mut().for_each(|state| *state /= sum);
    }

    /// The probability of each key.
    pub fn all(&self) -> &[f32; KEYS] {
        &self.states
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_with_its_tonic_in_the_bass_gives_its_key() {
        for state in 0..KEYS {
            let wanted = key(state);
            let tonic = wanted.tonic.pitch_class().index();
            let mut treble: [f32; 12] =
                std::array::from_fn(|pc| PROFILES[state / 12][(pc + 12 - tonic) % 12]);
            treble[tonic] += 0.02;
            let mut bass = [0.0; 12];
            bass[tonic] = 0.6;
            bass[(tonic + 7) % 12] = 0.4;
            let mut filter = KeyFilter::default();
            let best = |filter: &KeyFilter| {
                (0..KEYS).max_by(|&a, &b| filter.all()[a].total_cmp(&filter.all()[b])).unwrap()
            };
            assert!(filter.all()[state] < 0.1);
            let scores = KeyScorer::default().score(&treble, &bass);
            (0..150).for_each(|_| filter.step(&scores));
            assert_eq!(best(&filter), state);
            assert!(filter.all()[state] > 0.7, "{wanted}: {}", filter.all()[state]);
        }
    }
}
