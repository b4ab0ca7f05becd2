//! How sure a key is: what the filter believes, brought to what comes true.

use super::Idiom;
use super::counted::power;
use crate::harmony::key::KEYS;
use kmidi_kernels::math;
use kmidi_music::Key;

/// Neighbouring chords repeat each other's evidence, so that beliefs are too sure; this exponent makes a probability of
/// 0.8 right in four of five cases (temperature scaling: Guo, Pleiss, Sun and Weinberger 2017). Found on `valid`.
const CALIBRATION: f32 = 0.78;

/// How much of the odds of a key counts then, by idiom. Songs go round in loops that tell the same again and again, and
/// many have more than one tonic that could be meant (the relative key, the chord a fifth below): where 999 to 1 is
/// believed, four of five are right. Found on `valid` of billboard and jazz_standards.
const ODDS: [f32; Idiom::COUNT] = [1.0, 1.0, 0.2];

/// What is believed of the keys at one chord.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyBelief {
    /// The probability of each key, twelve major from C up, then twelve minor.
    pub likely: [f32; KEYS],
    idioms: [f32; Idiom::COUNT],
}

impl KeyBelief {
    /// Of what the filter says.
    pub(super) fn of(keys: [f32; KEYS], idioms: [f32; Idiom::COUNT]) -> Self {
        let softer = keys.map(|p| if p > 0.0 { power(p, CALIBRATION) } else { 0.0 });
        let total = math::sum(&softer).max(f32::MIN_POSITIVE);
        Self { likely: softer.map(|p| p / total), idioms }
    }

    /// This key and no other.
    pub fn certain(key: Key) -> Self {
        let up = if key.mode.is_minor() { KEYS / 2 } else { 0 };
        let mut likely = [0.0; KEYS];
        likely[up + key.tonic.pitch_class().index()] = 1.0;
        // In the idiom whose odds count in full.
        let mut idioms = [0.0; Idiom::COUNT];
        idioms[Idiom::Later as usize] = 1.0;
        Self { likely, idioms }
    }

    /// The likeliest key, and how often such a key is right.
    pub fn best(&self) -> (usize, f32) {
        let best =
            (1..KEYS).fold(0, |best, key| if self.likely[key] > self.likely[best] { key } else { best });
        (best, self.sure(best))
    }

    /// How often `key` is right where this is believed, 0 to 1.
    pub fn sure(&self, key: usize) -> f32 {
        let rest: f32 = (0..KEYS).filter(|&other| other != key).map(|other| self.likely[other]).sum();
        if rest >= self.likely[key] {
            return self.likely[key];
        }
        let kept: f32 = ODDS.iter().zip(self.idioms).map(|(kept, idiom)| kept * idiom).sum();
        1.0 - 1.0 / (1.0 + power(self.likely[key] / rest.max(f32::MIN_POSITIVE), kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_is_less_sure_than_a_sonata() {
        for best in [0.2, 0.5, 0.9, 0.9999, 1.0] {
            let mut keys = [(1.0 - best) / (KEYS as f32 - 1.0); KEYS];
            keys[7] = best;
            let [sonata, song] = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|idioms| KeyBelief::of(keys, idioms));
            assert!((math::sum(&song.likely) - 1.0).abs() < 1e-5 && song.likely == sonata.likely, "{song:?}");
            assert_eq!((song.best().0, sonata.best().0), (7, 7));
            let (song, sonata) = (song.sure(7), sonata.sure(7));
            assert!((0.0..=1.0).contains(&song) && song <= sonata, "{best}: {song} {sonata}");
            if best > 0.99 && best < 1.0 {
                assert!(song > 0.7 && song < 0.9 && sonata > 0.98, "{song} {sonata}");
            }
        }
    }
}
