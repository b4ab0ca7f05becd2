//! Which chord sounds, measurement by measurement.
//!
//! A chord stays or gives way to another, which the key in force makes likely or not (as in Mauch and Dixon 2010, whose
//! chords hang on the key as well). Stay or switch costs time linear in the states.

use super::chord::{NONE, QUALITIES, STATES};
use super::context::Family;
use super::context::tables::{Chords, EARLY, LATER, SONG};
use super::key::KEYS;
use kmidi_kernels::{curves, math};
use kmidi_music::PitchClass;

/// Probability of leaving a chord in one measurement.
const SWITCH: f32 = 0.025;
/// Probability that nothing tonal follows a chord.
const FALL_SILENT: f32 = 0.02;
/// Imagined counts of every chord in every key.
const IMAGINED: f32 = 2.0;

/// How many measurements what the key says about the quality of the chord on a root counts for, against what was heard on
/// that root before.
const BY_KEY: f32 = 10.0;
/// What was heard longer ago counts by this factor less a measurement: half after 55 s.
const REMEMBERED: f32 = 0.9995;

/// How likely each chord is in each key.
type ChordsInKeys = [[f32; STATES]; KEYS];

/// How likely each chord is in each key, from the counts of [`super::context::tables`].
fn chords_in_keys() -> Box<ChordsInKeys> {
    let idioms = [&EARLY, &LATER, &SONG].map(|counts| &counts.chords);
    let totals = idioms.map(|modes| [0, 1].map(|mode| modes[mode].iter().flatten().sum::<u32>() as f32));
    let mut table = Box::new([[0.0; STATES]; KEYS]);
    for (key, row) in table.iter_mut().enumerate() {
        for (state, chance) in row[..NONE].iter_mut().enumerate() {
            let above = (state / QUALITIES.len() + 24 - key) % 12;
            let notes = QUALITIES[state % QUALITIES.len()].degrees().semitones();
            let family = Family::above(notes, PitchClass::new(0)).index();
            let share = |(modes, totals): (&Chords, [f32; 2])| {
                (modes[key / 12][above][family] as f32 + IMAGINED) / totals[key / 12]
            };
            *chance = idioms.into_iter().zip(totals).map(share).sum();
        }
        let total = math::sum(row) / (1.0 - FALL_SILENT);
        row.iter_mut().for_each(|chance| *chance /= total);
        row[NONE] = FALL_SILENT;
    }
    table
}

/// Why a state is believed, in nats; the sum, less what is common to all states, is the logarithm of its probability.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    /// What is heard now.
    pub heard: f32,
    /// That the key in force makes it likely.
    pub key: f32,
    /// That it sounded before, or did not.
    pub before: f32,
}

impl Terms {
    /// All together.
    pub fn sum(&self) -> f32 {
        self.heard + self.key + self.before
    }
}

/// The belief over chords.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    table: Box<ChordsInKeys>,
    /// How likely each state is to come next, by the keys in force.
    next: [f32; STATES],
    /// For how many measurements each state was heard.
    memory: [f32; STATES],
    /// Each state's probability, now and as it was expected.
    belief: [f32; STATES],
    expected: [f32; STATES],
}

impl Filter {
    pub(crate) fn new() -> Self {
        let mut filter = Self {
            table: chords_in_keys(),
            next: [0.0; STATES],
            memory: [0.0; STATES],
            belief: [0.0; STATES],
            expected: [0.0; STATES],
        };
        filter.reset();
        filter
    }

    /// Nothing sounds, or anything may, in any key.
    pub(crate) fn reset(&mut self) {
        self.in_keys(&[1.0 / KEYS as f32; KEYS]);
        self.memory = [0.0; STATES];
        self.belief = self.next.map(|p| 0.5 * p);
        self.belief[NONE] += 0.5;
        self.expected = self.belief;
    }

    /// From now on these keys are this likely.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn in_keys(&mut self, keys: &[f32; KEYS]) {
        self.next = [0.0; STATES];
        for (row, key) in self.table.iter().zip(keys) {
            self.next.iter_mut().zip(row).for_each(|(sum, chance)| *sum += key * chance);
        }
    }

    /// One measurement on, given the log-likelihood of each state and how much likelier than usual a change is there.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn step(&mut self, scores: &[f32; STATES], change: f32) {
        let switch = SWITCH * change;
        let top = math::max(scores);
        let next = self.coming();
        let mut likely = scores.map(|score| score - top);
        curves::exp(&mut likely);
        for (state, likely) in likely.iter().enumerate() {
            self.expected[state] = (1.0 - switch) * self.belief[state] + switch * next[state];
            self.belief[state] = self.expected[state] * likely;
        }
        let total = math::sum(&self.belief).max(f32::MIN_POSITIVE);
        self.belief.iter_mut().for_each(|p| *p /= total);
        self.memory.iter_mut().zip(&self.belief).for_each(|(sum, p)| *sum = REMEMBERED * *sum + p);
    }

    /// How likely each state is to come next: roots by the keys, and the chord on a root by the keys and by what was heard
    /// on it before, for pieces say the same chords again. It counts as an exponent of 2: each says more than one
    /// measurement does.
    fn coming(&self) -> [f32; STATES] {
        let mut coming = self.next;
        let rows = coming[..NONE].chunks_exact_mut(QUALITIES.len());
        for (row, heard) in rows.zip(self.memory.chunks_exact(QUALITIES.len())) {
            let whole = math::sum(row).max(f32::MIN_POSITIVE);
            let mut squares = 0.0;
            for (chance, heard) in row.iter_mut().zip(heard) {
                let weight = BY_KEY * *chance / whole + heard;
                *chance = weight * weight;
                squares += *chance;
            }
            row.iter_mut().for_each(|chance| *chance *= whole / squares);
        }
        coming
    }

    /// The probability of each state.
    pub(crate) fn chords(&self) -> &[f32; STATES] {
        &self.belief
    }

    /// Why a state is believed, given what is heard now.
    pub(crate) fn terms(&self, state: usize, scores: &[f32; STATES]) -> Terms {
        let log = |p: f32| math::ln(p.max(f32::MIN_POSITIVE));
        let key = log(self.next[state]);
        Terms { heard: scores[state], key, before: log(self.expected[state]) - key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores that favour a state by some nats.
    fn sounds(state: usize) -> [f32; STATES] {
        std::array::from_fn(|n| if n == state { 0.0 } else { -2.0 })
    }

    fn best<const N: usize>(values: &[f32; N]) -> usize {
        (1..N).fold(0, |best, n| if values[n] > values[best] { n } else { best })
    }

    fn major(root: usize) -> usize {
        root * QUALITIES.len()
    }

    #[test]
    fn one_odd_measurement_does_not_switch_and_a_steady_change_does() {
        let mut filter = Filter::new();
        (0..12).for_each(|_| filter.step(&sounds(major(0)), 1.0));
        assert_eq!(best(filter.chords()), major(0));
        filter.step(&sounds(major(5)), 1.0);
        assert_eq!(best(filter.chords()), major(0));
        (0..6).for_each(|_| filter.step(&sounds(major(5)), 1.0));
        assert_eq!(best(filter.chords()), major(5));
    }

    #[test]
    fn the_key_decides_between_equals() {
        for (tonic, expected) in [(0, major(7)), (6, major(1))] {
            let mut filter = Filter::new();
            let mut keys = [0.0; KEYS];
            keys[tonic] = 1.0;
            filter.in_keys(&keys);
            let scores = std::array::from_fn(|n| if n == major(7) || n == major(1) { 0.0 } else { -3.0 });
            (0..12).for_each(|_| filter.step(&scores, 1.0));
            assert_eq!(best(filter.chords()), expected);
            assert!((math::sum(filter.chords()) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn what_a_root_had_before_is_expected_of_it_again() {
        let minor = major(2) + 1;
        // Both thirds on one root are as good.
        let either = std::array::from_fn(|n| if n == major(2) || n == minor { 0.0 } else { -3.0 });
        let after = |heard: usize| {
            let mut filter = Filter::new();
            for state in [heard, major(9)].repeat(3) {
                (0..25).for_each(|_| filter.step(&sounds(state), 1.0));
            }
            (0..12).for_each(|_| filter.step(&either, 1.0));
            best(filter.chords())
        };
        assert_eq!((after(major(2)), after(minor)), (major(2), minor));
        let mut filter = Filter::new();
        (0..2_000).for_each(|n| filter.step(&sounds(major(n / 20 % 12)), 1.0));
        assert!((math::sum(&filter.coming()) - 1.0).abs() < 1e-3);
        let used = filter.coming();
        filter.reset();
        assert_ne!(filter.coming(), used);
        assert_eq!(filter.coming(), Filter::new().coming());
    }

    #[test]
    fn where_chords_seldom_change_it_takes_longer() {
        let measurements = |change: f32| {
            let mut filter = Filter::new();
            (0..12).for_each(|_| filter.step(&sounds(major(0)), 1.0));
            let changed = |_: &i32| {
                filter.step(&sounds(major(5)), change);
                best(filter.chords()) == major(5)
            };
            (1..40).find(changed).expect("it changes in the end")
        };
        assert!(measurements(3.0) < measurements(0.003));
    }

    #[test]
    fn the_terms_add_up() {
        let mut filter = Filter::new();
        let scores = sounds(major(3));
        (0..5).for_each(|_| filter.step(&scores, 1.0));
        let score = |state| {
            let Terms { heard, key, before } = filter.terms(state, &scores);
            heard + key + before
        };
        for (a, b) in [(major(3), major(8)), (major(3), NONE), (major(1), major(2))] {
            let odds = math::ln(filter.chords()[a] / filter.chords()[b]);
            assert!((score(a) - score(b) - odds).abs() < 1e-3, "{a} against {b}");
        }
    }
}
