//! What was heard before: a passage that comes again is in the key that it turned out to be in.
//!
//! Of a key one is surer some chords later than when it begins. [`Recall`] keeps the chords of a piece with the keys
//! that were believed of them, and with every chord goes over the last of these again (fixed-lag smoothing; Anderson and
//! Moore 1979). Where the last chords repeat a passage, in its key or transposed, its keys are what is recalled.

use super::Sounding;
use super::belief::Moved;
use crate::harmony::key::KEYS;

/// How many chords are remembered.
const REACH: usize = 512;
/// How many chords are gone over again.
const LAG: usize = 16;
/// How many chords in a row must be the same to be a passage, and how many where it is transposed.
const PASSAGE: (u16, u16) = (3, 5);

/// The last [`REACH`] chords of a piece and their keys.
#[derive(Debug, Clone)]
pub(super) struct Recall {
    heard: usize,
    /// The notes, and the bass in the upper four bits.
    chords: Row,
    /// The notes above the bass, and in the upper four bits the step of the bass.
    shapes: Row,
    /// The probability of each key at each chord, given what followed so far; a ring.
    keys: Box<[[f32; KEYS]; REACH]>,
    /// How the last keys came to be; a ring.
    moves: Box<[Moved; LAG]>,
}

impl Recall {
    pub(super) fn new() -> Self {
        Self {
            heard: 0,
            chords: Row::new(),
            shapes: Row::new(),
            keys: Box::new([[0.0; KEYS]; REACH]),
            moves: Box::new([Moved::NONE; LAG]),
        }
    }

    /// Forgets the piece.
    pub(super) fn reset(&mut self) {
        self.heard = 0;
        self.chords.runs.fill(0);
        self.shapes.runs.fill(0);
    }

    /// Hears the next chord. Where it goes on with a passage that was heard, the probability of each key there, as the
    /// passage now stands.
    pub(super) fn hear(&mut self, chord: &Sounding) -> Option<[f32; KEYS]> {
        const NO_STEP: u16 = 15;
        let bass = u16::from(chord.bass.value());
        let last = self.heard.checked_sub(1).map(|last| self.chords.signs[last % REACH] >> 12);
        let step = last.map_or(NO_STEP, |last| (bass + 12 - last) % 12);
        let shape = chord.set.transposed((12 - chord.bass.value()) % 12).bits();
        let same = |other: u16, sign: u16, run: u16| if other == sign { run.saturating_add(1) } else { 0 };
        self.chords.hear(self.heard, chord.set.bits() | bass << 12, same);
        // How the first chord of a passage was reached does not matter.
        self.shapes.hear(self.heard, shape | step << 12, |other, sign, run| match other ^ sign {
            0 => run.saturating_add(1),
            differ => u16::from(differ & 0xfff == 0),
        });
        let ago = self.chords.longest(PASSAGE.0).or_else(|| self.shapes.longest(PASSAGE.1))?;
        let then = (self.heard - ago) % REACH;
        let up = usize::from(bass + 12 - (self.chords.signs[then] >> 12));
        let keys = &self.keys[then];
        Some(std::array::from_fn(|key| keys[key / 12 * 12 + (key + 24 - up) % 12]))
    }

    /// Takes down the keys of the chord that was heard last, and goes over those before it.
    pub(super) fn learn(&mut self, keys: [f32; KEYS], moved: Moved) {
        self.moves[self.heard % LAG] = moved;
        self.keys[self.heard % REACH] = keys;
        let mut after = keys;
        for ago in 0..self.heard.min(LAG) {
            after = self.moves[(self.heard - ago) % LAG].before(&after);
            self.keys[(self.heard - ago - 1) % REACH] = after;
        }
        self.heard += 1;
    }
}

/// The last [`REACH`] chords as signs, and how many before each are the same as before the last.
#[derive(Debug, Clone)]
struct Row {
    /// A ring, held twice so that the last are one slice.
    signs: Box<[u16; 2 * REACH]>,
    /// By how long ago, less one.
    runs: Box<[u16; REACH]>,
}

impl Row {
    fn new() -> Self {
        Self { signs: Box::new([0; 2 * REACH]), runs: Box::new([0; REACH]) }
    }

    /// Hears the chord after `heard` others. `same` tells how many chords are the same given a sign of then, that of now
    /// and how many there were before.
    fn hear(&mut self, heard: usize, sign: u16, same: impl Fn(u16, u16, u16) -> u16) {
        let end = heard % REACH + REACH;
        // The oldest makes room for the new.
        let others = self.signs[end - heard.min(REACH - 1)..end].iter().rev();
        others.zip(self.runs.iter_mut()).for_each(|(&other, run)| *run = same(other, sign, *run));
        self.signs[end] = sign;
        self.signs[end - REACH] = sign;
    }

    /// How long ago the longest run ended, the last of several, where one has `least` chords.
    fn longest(&self, least: u16) -> Option<usize> {
        let most = self.runs.iter().fold(0, |most, &run| most.max(run));
        let place = self.runs.iter().position(|&run| run == most)?;
        (most >= least).then_some(place + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::{PitchClass, PitchClassSet};

    fn triad(root: i32) -> Sounding {
        let set: PitchClassSet = [0, 4, 7].into_iter().map(|up| PitchClass::new(root + up)).collect();
        Sounding { set, bass: PitchClass::new(root), duration: 1.0 }
    }

    fn sure(key: usize) -> [f32; KEYS] {
        std::array::from_fn(|other| f32::from(u8::from(other == key)))
    }

    /// What is recalled at each of `roots`, all of them taken to be in C.
    fn recalled(recall: &mut Recall, roots: &[i32]) -> Vec<Option<usize>> {
        let mut out = Vec::new();
        for &root in roots {
            let keys = recall.hear(&triad(root));
            out.push(keys.and_then(|keys| keys.iter().position(|&p| p == 1.0)));
            recall.learn(sure(0), Moved::NONE);
        }
        out
    }

    #[test]
    fn passages_are_recalled_where_they_were_and_transposed() {
        let mut recall = Recall::new();
        let heard = recalled(&mut recall, &[0, 5, 7, 2, 9, 0, 5, 7, 2]);
        assert_eq!(heard, [None, None, None, None, None, None, None, Some(0), Some(0)]);
        recall.reset();
        let heard = recalled(&mut recall, &[0, 5, 7, 2, 9, 6, 11, 1, 8, 3]);
        assert_eq!(heard[5..], [None, None, None, None, Some(6)]);
        recall.reset();
        assert_eq!(recalled(&mut recall, &[0, 5, 7]), [None; 3]);
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut recall = Recall::new();
        // No step comes twice in a row of three within the reach but the first ones.
        let passage = [0, 1, 3];
        for (between, expected) in [(REACH - 4, Some(0)), (REACH - 3, None)] {
            recall.reset();
            recalled(&mut recall, &passage);
            recalled(&mut recall, &vec![6; between]);
            assert_eq!(recalled(&mut recall, &passage)[2], expected, "{between}");
        }
    }

    #[test]
    fn keys_are_gone_over_again() {
        let mut recall = Recall::new();
        // C; then it turns out that G was entered from it, and in the end that it was G before.
        recall.hear(&triad(0));
        recall.learn(sure(0), Moved::NONE);
        recall.hear(&triad(7));
        let mut unsure = [0.0; KEYS];
        (unsure[0], unsure[7]) = (0.5, 0.5);
        let mut left = [0.0; KEYS];
        left[0] = 0.5;
        recall.learn(
            unsure,
            Moved { stayed: std::array::from_fn(|key| if key == 7 { 0.0 } else { 1.0 }), left },
        );
        recall.hear(&triad(2));
        recall.learn(sure(7), Moved { stayed: [1.0; KEYS], left: [0.01; KEYS] });
        assert!(recall.keys[0][0] > 0.99 && recall.keys[1][7] > 0.99);
    }

    #[test]
    fn going_back_keeps_probabilities_whole() {
        let now: [f32; KEYS] = std::array::from_fn(|key| (key + 1) as f32 / 300.0);
        for left in [[0.0; KEYS], sure(3), [0.1; KEYS], sure(3).map(|p| p + 1e-9)] {
            for stayed in [0.0, 0.5, 1.0] {
                let before = Moved { stayed: [stayed; KEYS], left }.before(&now);
                assert!((before.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{left:?} {stayed} {before:?}");
                assert!(before.iter().all(|p| *p >= 0.0));
            }
        }
    }
}
