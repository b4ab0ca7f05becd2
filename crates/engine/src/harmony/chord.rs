//! Chords: how well each fits the chroma, and a filter that stays with a chord or switches.

use kmidi_kernels::math;
use kmidi_music::{Chord, Key, PitchClass, PitchName, Quality};

/// The qualities that are told apart in sound, with what each costs before anything is heard, nats: rare ones need
/// more evidence.
pub const QUALITIES: [(Quality, f32); 10] = [
    (Quality::MAJ, 0.0),
    (Quality::MIN, 0.0),
    (Quality::DOM7, 0.25),
    (Quality::MAJ7, 0.35),
    (Quality::MIN7, 0.25),
    (Quality::DIM, 0.6),
    (Quality::HDIM7, 0.6),
    (Quality::DIM7, 0.7),
    (Quality::AUG, 1.0),
    (Quality::SUS4, 0.8),
];
/// How many states there are: root by root, each with [`QUALITIES`] in order, then [`NONE`].
pub const STATES: usize = 12 * QUALITIES.len() + 1;
/// The state in which nothing tonal sounds.
pub const NONE: usize = STATES - 1;

/// Nats that a perfect fit is better than none, for one measurement. Neighbouring measurements share most of their
/// window, so this is far less than a single window could claim.
const SHARPNESS: f32 = 7.0;
/// Nats that the whole bass on the root is worth.
const BASS: f32 = 1.2;
/// The fit of chroma that are no chord.
const NO_FIT: f32 = 0.62;
/// Probability of leaving a chord in one measurement: about every 1.6 s.
const SWITCH: f32 = 0.025;

/// The root and quality of a state, `None` for [`NONE`].
pub fn parts(state: usize) -> Option<(PitchClass, Quality)> {
    let quality = QUALITIES[state % QUALITIES.len()].0;
    (state < NONE).then(|| (PitchClass::new((state / QUALITIES.len()) as i32), quality))
}

/// The spelled chord of a state: by key if there is one, over the bass when another chord tone clearly holds it.
/// `bass` is bass chroma summed over the chord.
pub fn spell(state: usize, bass: &[f32; 12], key: Option<Key>) -> Option<Chord> {
    let (root, quality) = parts(state)?;
    let root = key.map_or_else(|| PitchName::nearest(root, 0), |key| key.spell_root(root));
    let chord = Chord::new(root, quality);
    let total = math::sum(bass);
    let share = |name: PitchName| bass[name.pitch_class().index()] / total.max(1e-6);
    let lowest = quality.degrees().iter().map(|degree| root + degree.interval());
    let lowest = lowest.reduce(|a, b| if share(b) > share(a) { b } else { a }).unwrap_or(root);
    Some(if share(lowest) > 0.4 && share(root) < 0.25 { chord.over(lowest) } else { chord })
}

/// A chord tone: semitones above the root, what it weighs in the chroma, and what the bass on it is worth.
type Tone = (usize, f32, f32);

/// What each of [`QUALITIES`] sounds like, made once.
#[derive(Debug, Clone)]
pub struct ChordScorer {
    /// The tones of each quality, four at most, with how many there are and the length of their weights as a vector.
    templates: [([Tone; 4], usize, f32); QUALITIES.len()],
}

impl Default for ChordScorer {
    fn default() -> Self {
        let template = |quality: Quality| {
            let (mut tones, mut count, mut square) = ([(0, 0.0, 0.0); 4], 0, 0.0);
            for (slot, degree) in tones.iter_mut().zip(quality.degrees().iter()) {
                // The fifth says least about a chord; the bass plays it nearly as often as it plays the third.
                let (weight, depth) = match degree.number {
                    1 => (1.0, 1.0),
                    3 | 4 => (1.0, 0.45),
                    5 => (0.85, 0.35),
                    _ => (0.75, 0.2),
                };
                *slot = (usize::from(degree.interval().semitones()), weight, depth);
                square += weight * weight;
                count += 1;
            }
            (tones, count, math::sqrt(square))
        };
        Self { templates: QUALITIES.map(|(quality, _)| template(quality)) }
    }
}

impl ChordScorer {
    /// The log-likelihood of each state, nats, given treble and bass chroma that each sum to 1 (or are all 0).
    ///
    /// *Real-time safety*: no allocation.
    pub fn score(&self, treble: &[f32; 12], bass: &[f32; 12]) -> [f32; STATES] {
        let both: [f32; 12] = std::array::from_fn(|pc| treble[pc] + 0.3 * bass[pc]);
        let norm = math::sqrt(math::dot(&both, &both));
        if norm < 1e-6 {
            let mut scores = [-SHARPNESS; STATES];
            scores[NONE] = 0.0;
            return scores;
        }
        let mut scores = [SHARPNESS * (NO_FIT - 1.0) + BASS * (0.35 - 1.0); STATES];
        for (root, row) in scores[..NONE].chunks_exact_mut(QUALITIES.len()).enumerate() {
            for ((score, (_, cost)), (tones, count, length)) in
                row.iter_mut().zip(QUALITIES).zip(&self.templates)
            {
                let (mut product, mut low) = (0.0, 0.0);
                for (above, weight, depth) in &tones[..*count] {
                    let pc = (root + above) % 12;
                    product += weight * both[pc];
                    low += depth * bass[pc];
                }
                *score = SHARPNESS * (product / (norm * length) - 1.0) + BASS * (low - 1.0) - cost;
            }
        }
        scores
    }
}

/// Probability of each state, updated by staying with a chord or switching to any other.
#[derive(Debug, Clone)]
pub(crate) struct ChordFilter {
    states: [f32; STATES],
}

impl Default for ChordFilter {
    /// Nothing sounds, or anything may.
    fn default() -> Self {
        let mut states = [0.5 / NONE as f32; STATES];
        states[NONE] = 0.5;
        Self { states }
    }
}

impl ChordFilter {
    /// One measurement on.
    pub(crate) fn step(&mut self, scores: &[f32; STATES]) {
        let top = math::max(scores);
        for (state, score) in self.states.iter_mut().zip(scores) {
            *state = (*state * (1.0 - SWITCH) + SWITCH / STATES as f32) * math::exp(score - top);
        }
        let sum = math::sum(&self.states).max(f32::MIN_POSITIVE);
        self.states.iter_mut().for_each(|state| *state /= sum);
    }

    /// The likeliest state and its probability.
    pub(crate) fn best(&self) -> (usize, f32) {
        let best =
            (0..STATES).fold(NONE, |best, n| if self.states[n] > self.states[best] { n } else { best });
        (best, self.states[best])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chroma with 1 on each of `notes` and a little everywhere, scaled to sum to 1.
    fn chroma(notes: &[usize]) -> [f32; 12] {
        let mut chroma = [0.02; 12];
        notes.iter().for_each(|&n| chroma[n % 12] += 1.0);
        let sum: f32 = chroma.iter().sum();
        chroma.map(|v| v / sum)
    }

    #[test]
    fn every_chord_fits_its_own_notes_best_in_every_key() {
        let scorer = ChordScorer::default();
        for root in 0..12 {
            for (n, (quality, _)) in QUALITIES.iter().enumerate() {
                let notes: Vec<usize> =
                    quality.degrees().semitones().iter().map(|pc| root + pc.index()).collect();
                let scores = scorer.score(&chroma(&notes), &chroma(&[root]));
                let best = (0..STATES).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
                assert_eq!(best, root * QUALITIES.len() + n, "{} on {root}", quality.entry().harte);
            }
        }
        let scores = scorer.score(&[1.0 / 12.0; 12], &[1.0 / 12.0; 12]);
        assert!(scores.iter().all(|&s| s <= scores[NONE]), "flat chroma are no chord");
    }

    #[test]
    fn one_odd_measurement_does_not_switch_and_a_steady_change_does() {
        let scorer = ChordScorer::default();
        let fit = |notes: &[usize]| scorer.score(&chroma(notes), &chroma(&notes[..1]));
        let (c, a) = (fit(&[0, 4, 7]), fit(&[9, 0, 4]));
        let mut filter = ChordFilter::default();
        (0..12).for_each(|_| filter.step(&c));
        assert_eq!(filter.best().0, 0);
        filter.step(&a);
        assert_eq!(filter.best().0, 0);
        (0..6).for_each(|_| filter.step(&a));
        assert_eq!(filter.best().0, 9 * QUALITIES.len() + 1);
    }

    #[test]
    fn the_key_spells_and_the_bass_inverts() {
        let state = 10 * QUALITIES.len();
        let name = |bass: usize, key: &str| {
            let mut low = [0.0; 12];
            low[bass] = 1.0;
            kmidi_music::notation::harte::print(kmidi_music::notation::harte::Label::Chord(
                spell(state, &low, key.parse().ok()).unwrap(),
            ))
        };
        assert_eq!((name(10, "F"), name(2, "F")), ("Bb:maj".into(), "Bb:maj/3".into()));
        assert_eq!(name(10, "B"), "A#:maj");
        assert!(spell(NONE, &[0.0; 12], None).is_none());
    }
}
