//! Chords in context: root, key and idiom of one chord after another, each judged by what came before.
//!
//! A chord alone is often ambiguous: `C E G A` is a sixth chord in a song and a seventh chord in a sonata, a diminished
//! seventh has four roots. [`Context`] hears chords as pitch-class sets with a bass and a duration, and keeps a belief
//! over *idiom* (early, later, or songs), *home key* and *local key*: a hidden Markov model whose probabilities are
//! counts (see [`tables`]). The idiom says which root a set of notes usually has; the key in force says which root
//! makes sense; and the chord itself then tells about idiom and key.
//!
//! That pieces have a home to which excursions soon return is what makes the key steady: without it, the same counts
//! follow every tonicisation (compare Temperley 1997, "An algorithm for harmonic analysis"; Nápoles López, Arthur and
//! Fujinaga 2019, "Key-finding based on a hidden Markov model and key profiles"). And pieces repeat themselves: where the
//! chords go on as they did before, the key that the passage turned out to be in counts too (`recall`).

mod belief;
mod calibration;
mod counted;
mod evidence;
mod recall;
mod roots;
pub mod tables;
mod told;

use belief::Moved;
pub use belief::{Belief, Idiom, KeyModel};
pub use calibration::KeyBelief;
pub use evidence::{BASSES, Evidence, Family, GROUPS, bass_kind};
pub use roots::RootTable;
pub use told::key_told;

use crate::harmony::filter::Terms;
use evidence::{Candidate, Candidates};
use kmidi_kernels::math;
use kmidi_music::{PitchClass, PitchClassSet};
use recall::Recall;

/// A chord as it is heard: which pitch classes sound, the lowest of them, and how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sounding {
    /// The pitch classes that sound; the bass is one of them.
    pub set: PitchClassSet,
    /// The lowest note.
    pub bass: PitchClass,
    /// How long it sounds, in any unit that stays the same (quarter notes, seconds); 0 when unknown.
    pub duration: f32,
}

/// What a chord is, given what came before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InContext {
    /// Roots with their probabilities, the best first; unused places have probability 0.
    pub roots: [(PitchClass, f32); 3],
    /// Why each of them: the sum, less what is common to all, is the logarithm of its probability.
    pub terms: [Terms; 3],
    /// What is believed of the keys after this chord.
    pub keys: KeyBelief,
    /// What the chord says about idiom and key, for a pass over the whole piece.
    pub evidence: Evidence,
}

impl InContext {
    /// The key that is told, see [`key_told`], and how often such a key is right.
    pub fn told(&self) -> Option<(usize, f32)> {
        key_told(&self.keys.likely).map(|key| (key, self.keys.sure(key)))
    }
}

/// How much the key in force counts for the root, as an exponent of its odds.
const KEY_FOR_ROOT: f32 = 0.4;
/// How much the way from the last root counts for the next.
const MOTION_FOR_ROOT: f32 = 0.5;
/// Log-odds that a repeated set of notes keeps its root.
const SAME_ROOT: f32 = 0.5;
/// How much likelier songs are for the root than the belief, which begins with all idioms alike, takes them to be. Found
/// on `train` and `valid`.
const SONG_FOR_ROOT: f32 = 2.0;
/// Longest and shortest weight of a duration against the usual one.
const DURATIONS: (f32, f32) = (0.25, 4.0);
/// How much a longer chord tells more about the key.
const DURATION_POWER: f32 = 0.13;
/// How much likelier a longer chord is the last of its key.
const REST_POWER: f32 = 0.15;
/// How much a chord that is told again tells.
const REPEATED: f32 = 0.65;
/// How much the keys of a passage that was heard before tell, as an exponent; and what is added to each.
const RECALLED: (f32, f32) = (0.35, 0.02);

/// The belief about a piece, chord by chord. Make one with [`Context::new`]; [`Context::reset`] starts a new piece.
#[derive(Debug, Clone)]
pub struct Context {
    roots: RootTable,
    model: KeyModel,
    belief: Option<Belief>,
    last: Option<(Sounding, PitchClass, Family)>,
    usual: Usual,
    recall: Recall,
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

impl Context {
    /// Allocates its tables (about 600 kB), which are made from counts.
    pub fn new() -> Self {
        Self {
            roots: RootTable::new(),
            model: KeyModel::new(),
            belief: None,
            last: None,
            usual: Usual::default(),
            recall: Recall::new(),
        }
    }

    /// Forgets the piece.
    ///
    /// *Real-time safety*: no allocation.
    pub fn reset(&mut self) {
        self.belief = None;
        self.last = None;
        self.usual = Usual::default();
        self.recall.reset();
    }

    /// The model of keys, for a pass over the whole piece.
    pub fn model(&self) -> &KeyModel {
        &self.model
    }

    /// The roots of a chord alone, the best first, with their weights; unused places have weight 0.
    ///
    /// *Real-time safety*: no allocation.
    pub fn alone(&self, set: PitchClassSet, bass: PitchClass) -> [(PitchClass, f32); 3] {
        self.roots.alone(set, bass)
    }

    /// Hears the next chord.
    ///
    /// *Real-time safety*: no allocation, no lock; time is bounded (some microseconds).
    pub fn hear(&mut self, chord: Sounding) -> InContext {
        let repeated = self.last.is_some_and(|(last, ..)| last.set == chord.set);
        let candidates = self.roots.candidates(chord.set, chord.bass);
        let weight =
            self.usual.weight(chord.duration, DURATION_POWER) * if repeated { REPEATED } else { 1.0 };
        let last = self.last.map(|(_, root, family)| (root, family));
        let mut evidence = self.model.evidence(chord.set, &candidates, weight, repeated, last);
        // Notated music changes its key after long chords rather than after short ones.
        let rest = self.usual.weight(self.last.map_or(0.0, |last| last.0.duration), REST_POWER);
        for notated in [Idiom::Early, Idiom::Later] {
            evidence.ended[notated as usize].iter_mut().for_each(|ended| *ended *= rest);
        }
        if let Some(keys) = self.recall.hear(&chord) {
            evidence.recalled = keys.map(|p| math::exp(RECALLED.0 * math::ln(p + RECALLED.1)));
        }
        let expected = self.belief.as_ref().map(|belief| self.model.expect(belief, &evidence));
        let (roots, terms) = self.choose(&candidates, expected.as_ref(), repeated);
        let (belief, moved) = match expected {
            Some(expected) => self.model.update(&expected, &evidence),
            None => (self.model.start(&evidence), Moved::NONE),
        };
        self.recall.learn(belief.keys(), moved);
        let keys = belief.calibrated();
        self.belief = Some(belief);
        let root = roots[0].0;
        self.last = Some((chord, root, Family::above(chord.set, root)));
        self.usual.add(chord.duration);
        InContext { roots, terms, keys, evidence }
    }

    /// The best three roots among the candidates, and why.
    fn choose(
        &self,
        candidates: &Candidates,
        expected: Option<&belief::Expected>,
        repeated: bool,
    ) -> ([(PitchClass, f32); 3], [Terms; 3]) {
        let idioms = expected.map_or(roots::IDIOMS, |expected| {
            let [early, later, song] = expected.idioms();
            let shares = [early, later, SONG_FOR_ROOT * song];
            shares.map(|share| share / math::sum(&shares).max(f32::MIN_POSITIVE))
        });
        let power: f32 = idioms.iter().zip(ROOT_CALIBRATION).map(|(idiom, power)| idiom * power).sum();
        let why = |candidate: &Candidate| {
            let odds_in = |idiom: usize| idioms[idiom] * candidates.usual[idiom] * candidate.weight[idiom];
            let odds = (0..Idiom::COUNT).map(odds_in).sum::<f32>() / math::sum(&candidates.usual);
            let fit = expected.map(|expected| self.model.fit(expected, candidate));
            let motion = self.last.map(|(_, root, family)| match candidate.root.above(root) {
                0 if repeated => SAME_ROOT,
                interval => self.roots.motion(family, interval, candidate.family),
            });
            Terms {
                heard: power * math::ln(odds.max(f32::MIN_POSITIVE)),
                key: power * KEY_FOR_ROOT * fit.map_or(0.0, |fit| math::ln(fit.max(1e-6))),
                before: power * MOTION_FOR_ROOT * motion.unwrap_or(0.0),
            }
        };
        let (mut best, mut terms) = ([(PitchClass::new(0), 0.0f32); 3], [Terms::default(); 3]);
        let mut total = 0.0;
        for candidate in candidates.iter() {
            let why = why(candidate);
            let odds = math::exp(why.sum());
            total += odds;
            if let Some(place) = roots::rank(&mut best, candidate.root, odds) {
                terms[place..].rotate_right(1);
                terms[place] = why;
            }
        }
        best.iter_mut().for_each(|o| o.1 /= total.max(f32::MIN_POSITIVE));
        (best, terms)
    }
}

/// Roots alone are too sure; these exponents, by idiom, make a probability of 0.8 right in four of five cases. Found on `valid`.
const ROOT_CALIBRATION: [f32; Idiom::COUNT] = [0.5, 0.5, 0.8];

/// The usual duration of late: the median of the last chords.
#[derive(Debug, Clone, Default)]
struct Usual {
    last: [f32; 32],
    count: usize,
}

impl Usual {
    fn add(&mut self, duration: f32) {
        self.last[self.count % self.last.len()] = duration;
        self.count += 1;
    }

    /// How much a chord of that duration counts against a usual one, whose ratio counts as `power` says.
    fn weight(&self, duration: f32, power: f32) -> f32 {
        let mut sorted = self.last;
        let known = &mut sorted[..self.count.min(self.last.len())];
        known.sort_unstable_by(f32::total_cmp);
        let usual = known.get(known.len() / 2).copied().unwrap_or(duration);
        if !(usual > 0.0 && duration > 0.0) {
            return 1.0;
        }
        math::exp(power * math::ln((duration / usual).clamp(DURATIONS.0, DURATIONS.1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::notation::symbol;

    const AT_HOME: &str = "C F G7 C F G7 C";
    const AWAY: &str = "D7/F# G D7 G C/E D7 G Am/C D7 G D7 G C D7 G";
    const G_MAJOR: usize = 7;

    /// The probability of G major at each chord.
    fn hear(context: &mut Context, text: &str) -> Vec<f32> {
        let chords = text.split(' ').map(|text| symbol::parse(text).unwrap());
        let sounding = chords.map(|chord| Sounding {
            set: chord.pitch_classes(),
            bass: chord.bass.pitch_class(),
            duration: 1.0,
        });
        sounding.map(|sounding| context.hear(sounding).keys.likely[G_MAJOR]).collect()
    }

    #[test]
    fn a_passage_that_comes_again_is_known_sooner() {
        let mut context = Context::new();
        for text in [AT_HOME, AWAY, AT_HOME] {
            hear(&mut context, text);
        }
        // The same again, but for what is recalled: what is asked below does not hold of it.
        let mut forgetful = context.clone();
        forgetful.recall.reset();
        let (again, forgotten) = (hear(&mut context, AWAY), hear(&mut forgetful, AWAY));
        // A passage is known as such from its third chord on.
        assert!(again[2] > forgotten[2] + 0.07 && again[3] > forgotten[3] + 0.1, "{again:?} {forgotten:?}");
        let known = |keys: &[f32]| keys.iter().position(|&p| p > 0.5).unwrap();
        assert!(known(&again) + 3 <= known(&forgotten), "{again:?} {forgotten:?}");
    }
}
