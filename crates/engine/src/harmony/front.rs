//! The learned front end: from tones by semitone to chord states.
//!
//! A small network looks at the tones from each of the twelve roots in turn and gives a score to each quality on that root
//! and a vote that no chord sounds; the softmax over all of them is the answer. Being one network for all roots, it moves
//! with the pitch (compare Korzeniowski and Widmer 2016, "Feature learning for chord recognition: the deep chroma
//! extractor", whose training this follows in that the chord itself is the teacher). `models/chroma-front/card.md` tells what
//! it was trained on.

use super::chord::{NONE, QUALITIES, STATES};
use super::tones::{LOOKS, LOWEST, SEMITONES, Tones};
use kmidi_kernels::columns::Columns;
use kmidi_kernels::stored::Layers;
use kmidi_kernels::{ShapeError, curves, math};

/// Semitones that a root looks at, from its place at or below the lowest semitone: wherever that is, all are in view.
const SLOTS: usize = SEMITONES + 11;
/// Sizes of the hidden layers.
const HIDDEN: [usize; 2] = [48, 24];
/// A score for each quality, and the vote for none.
const SCORES: usize = QUALITIES.len() + 1;
/// Tones below this level are not looked at.
const FAINTEST: f32 = 1e-3;
/// Weights, then biases, of each layer: `f32`, little-endian.
const SOUND: &[u8] = include_bytes!("../../../../models/chroma-front/sound.bin");
const NOTES: &[u8] = include_bytes!("../../../../models/chroma-front/notes.bin");

/// The network with its scratch. Each layer adds up columns of weights, one for each input that is not 0: what does not sound costs nothing,
/// and half of a rectified layer is 0.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    /// What each look at each slot adds to the first hidden layer.
    first: Columns<{ HIDDEN[0] }>,
    second: Columns<{ HIDDEN[1] }>,
    /// The scores, and nothing in what fills the row up.
    third: Columns<{ SCORES.next_multiple_of(4) }>,
    /// The tones that sound: where the slots of the twelve roots begin, and the level.
    sounding: [(usize, f32); LOOKS * SEMITONES],
}

impl Front {
    /// The network for tones that were heard.
    pub(crate) fn for_sound() -> Result<Self, ShapeError> {
        Self::new(SOUND)
    }

    /// The network for notes that were played.
    pub(crate) fn for_notes() -> Result<Self, ShapeError> {
        Self::new(NOTES)
    }

    fn new(bytes: &[u8]) -> Result<Self, ShapeError> {
        let mut stored = Layers::of(bytes);
        let inputs = LOOKS * SLOTS;
        Ok(Self {
            first: Columns::new(inputs, &stored.take(HIDDEN[0] * inputs), &stored.take(HIDDEN[0]))?,
            second: Columns::new(HIDDEN[0], &stored.take(HIDDEN[0] * HIDDEN[1]), &stored.take(HIDDEN[1]))?,
            third: Columns::new(HIDDEN[1], &stored.take(HIDDEN[1] * SCORES), &stored.take(SCORES))?,
            sounding: [(0, 0.0); LOOKS * SEMITONES],
        })
    }

    /// The logarithm of the probability of each state.
    ///
    /// Work grows with the number of semitones that sound.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn run(&mut self, tones: &Tones) -> [f32; STATES] {
        let mut count = 0;
        for (look, levels) in tones.iter().enumerate() {
            for (semitone, &level) in levels.iter().enumerate().filter(|(_, level)| **level > FAINTEST) {
                self.sounding[count] = (look * SLOTS + semitone, level);
                count += 1;
            }
        }
        let mut out = [0.0; STATES];
        let mut votes = 0.0;
        for (root, row) in out[..NONE].chunks_exact_mut(QUALITIES.len()).enumerate() {
            // The root's lowest place is this many semitones below the lowest that is measured.
            let below = (LOWEST + 12 - root) % 12;
            let seen = self.first.sum(below, self.sounding[..count].iter().copied());
            let scores = self.third.sum_rectified(&self.second.sum_rectified(&seen));
            row.copy_from_slice(&scores[..QUALITIES.len()]);
            votes += scores[QUALITIES.len()];
        }
        out[NONE] = votes / 12.0;
        let top = math::max(&out);
        let mut shares = out.map(|score| score - top);
        curves::exp(&mut shares);
        let total = top + math::ln(math::sum(&shares));
        out.map(|score| score - total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes that were struck a while ago and still sound.
    fn tones(notes: &[usize]) -> Tones {
        [0.8, 0.1, 0.7, 0.5].map(|level| {
            let mut look = [0.0; SEMITONES];
            notes.iter().for_each(|note| look[note - LOWEST] = level);
            look
        })
    }

    fn best(scores: &[f32; STATES]) -> usize {
        (1..STATES).fold(0, |best, n| if scores[n] > scores[best] { n } else { best })
    }

    #[test]
    fn the_files_hold_a_network_each_and_nothing_more() {
        let layer = |inputs: usize, outputs: usize| 4 * (inputs + 1) * outputs;
        let size = layer(LOOKS * SLOTS, HIDDEN[0]) + layer(HIDDEN[0], HIDDEN[1]) + layer(HIDDEN[1], SCORES);
        assert_eq!((SOUND.len(), NOTES.len()), (size, size));
        assert!(Front::new(&SOUND[4..]).is_err());
    }

    #[test]
    fn plain_chords_are_heard_on_every_root() {
        let mut front = Front::for_notes().unwrap();
        for root in 0..12 {
            for (place, (thirds, seventh)) in
                [((4, 7), None), ((3, 7), None), ((4, 7), Some(10)), ((4, 7), Some(11)), ((3, 7), Some(10))]
                    .into_iter()
                    .enumerate()
            {
                // Higher up, a seventh on top may be the tune.
                let mut notes = vec![36 + root, 48 + root, 48 + root + thirds.0, 48 + root + thirds.1];
                notes.extend(seventh.map(|above| 48 + root + above));
                let scores = front.run(&tones(&notes));
                assert_eq!(best(&scores), root * QUALITIES.len() + place, "{notes:?}");
                let total: f32 = scores.iter().map(|&score| math::exp(score)).sum();
                assert!((total - 1.0).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn silence_is_no_chord_and_noise_breaks_nothing() {
        for mut front in [Front::for_sound().unwrap(), Front::for_notes().unwrap()] {
            assert_eq!(best(&front.run(&[[0.0; SEMITONES]; LOOKS])), NONE);
            let scores = front.run(&[[1.2; SEMITONES]; LOOKS]);
            assert!(scores.iter().all(|score| score.is_finite()));
        }
    }
}
