//! Keys and Roman numerals of a whole piece of chords.
//!
//! The engine's [`Context`] hears the chords in order and keeps what each says about the key; here the same model runs
//! backwards, so that every key is judged by the whole piece (forward-backward smoothing, Rabiner 1989). Then each
//! chord is named in its key, with the chord that follows in view.

use kmidi_engine::harmony::context::{Belief, Context, Evidence, KeyBelief, KeyModel, Sounding};
use kmidi_engine::harmony::key;
use kmidi_music::chord::name::on_root;
use kmidi_music::roman::{Figure, Stem};
use kmidi_music::{Chord, Key, PitchClass, Quality, RomanNumeral};

/// A chord of the piece, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    /// The key in force.
    pub key: Key,
    /// How sure the key is, 0 to 1.
    pub key_confidence: f32,
    /// The chord, spelled in the key.
    pub chord: Chord,
    /// Its numeral.
    pub numeral: RomanNumeral,
    /// How sure the numeral and its key are, 0 to 1.
    pub confidence: f32,
}

/// Keys and numerals of `chords`, in order.
pub fn understand(context: &mut Context, chords: &[Sounding]) -> Vec<Understood> {
    let (evidence, found) = hear(context, chords);
    let keys: Vec<(usize, f32)> = smooth(context.model(), &evidence).iter().map(KeyBelief::best).collect();
    (0..chords.len())
        .map(|at| {
            let ((state, key_confidence), (root, root_confidence)) = (keys[at], found[at]);
            let key = key::key(state);
            let next = (at + 1 < chords.len()).then(|| (chords[at + 1], found[at + 1].0));
            let (chord, numeral) = name(chords[at], root, key, next);
            let confidence = sure(key_confidence, root_confidence);
            Understood { key, key_confidence, chord, numeral, confidence }
        })
        .collect()
}

/// The logarithm of the odds that a numeral is right: a constant, and how much those of its key and of its root count. By
/// logistic regression on the chords of when_in_rome's valid split.
const ODDS: [f32; 3] = [-0.69, 0.55, 0.12];

/// How likely a numeral is right whose key and root are as likely as that.
fn sure(key: f32, root: f32) -> f32 {
    let odds = |p: f32| libm::logf(p.clamp(1e-4, 1.0 - 1e-4) / (1.0 - p.clamp(1e-4, 1.0 - 1e-4)));
    let [constant, by_key, by_root] = ODDS;
    1.0 / (1.0 + libm::expf(-(constant + by_key * odds(key) + by_root * odds(root))))
}

/// What each of `chords` says about the key, and its root in context with its probability.
pub(super) fn hear(context: &mut Context, chords: &[Sounding]) -> (Vec<Evidence>, Vec<(PitchClass, f32)>) {
    context.reset();
    chords.iter().map(|&chord| context.hear(chord)).map(|heard| (heard.evidence, heard.roots[0])).unzip()
}

/// What is believed of the keys at each chord, given all of them.
pub(super) fn smooth(model: &KeyModel, evidence: &[Evidence]) -> Vec<KeyBelief> {
    let mut forward: Vec<Belief> = Vec::with_capacity(evidence.len());
    for evidence in evidence {
        let belief = match forward.last() {
            None => model.start(evidence),
            Some(last) => model.next(last, evidence),
        };
        forward.push(belief);
    }
    let mut later = Belief::OPEN;
    let mut keys: Vec<KeyBelief> = Vec::with_capacity(evidence.len());
    for (belief, evidence) in forward.iter().zip(evidence).rev() {
        keys.push(belief.with_later(&later).calibrated());
        later = model.before(&later, evidence);
    }
    keys.reverse();
    keys
}

/// The chord on `root` and its numeral in `key`, given the chord that follows and its root.
pub fn name(
    sounding: Sounding,
    root: PitchClass,
    key: Key,
    next: Option<(Sounding, PitchClass)>,
) -> (Chord, RomanNumeral) {
    let tonic = key.tonic.pitch_class();
    if let Some(sixth) = augmented_sixth(sounding, tonic, next) {
        // As lead sheets and chord labels have it: the seventh chord on the lowered sixth degree that sounds the same.
        let chord = on_root(tonic + 8, sounding.bass, sounding.set, Some(key));
        return (chord, sixth);
    }
    if let Some(neapolitan) = neapolitan(sounding, tonic) {
        return (neapolitan.chord(key), neapolitan);
    }
    let chord = on_root(root, sounding.bass, sounding.set, Some(key));
    // The tonic's six-four over the fifth that becomes the dominant's root.
    let dominant = next.is_some_and(|(next, root)| root == sounding.bass && next.bass == root);
    let six_four = root == tonic && sounding.bass.above(tonic) == 7 && sounding.set.len() == 3;
    if six_four && dominant {
        let figures = [6, 4].map(|number| Figure { number, alteration: 0 }).to_vec();
        return (chord, RomanNumeral { stem: Stem::Cadential, figures, ..RomanNumeral::degree(1, true) });
    }
    let numeral = RomanNumeral::of(&chord, key);
    let resolves = |up: u8| next.is_some_and(|(_, next)| next.above(root) == up);
    // A major triad that goes nowhere is no dominant: `I` at the end of a minor piece, `II` in passing.
    let idle = numeral.target.is_some() && chord.quality == Quality::MAJ && !resolves(5);
    if idle && root == tonic {
        let plain = RomanNumeral { target: None, ..RomanNumeral::degree(1, true) };
        return (chord, RomanNumeral { figures: numeral.figures, ..plain });
    }
    (chord, numeral)
}

/// The major triad on the lowered second degree in its usual inversion, the first.
fn neapolitan(sounding: Sounding, tonic: PitchClass) -> Option<RomanNumeral> {
    let above = sounding.set.transposed((12 - tonic.value()) % 12).bits();
    let figures = vec![Figure { number: 6, alteration: 0 }];
    let is_one = above == 1 << 1 | 1 << 5 | 1 << 8 && sounding.bass.above(tonic) == 5;
    is_one.then(|| RomanNumeral { stem: Stem::Neapolitan, figures, ..RomanNumeral::degree(2, true) })
}

/// A bass in semitones above the tonic, and the figures that say it.
type Figured = (u8, &'static [u8]);

/// The augmented sixth chords: a set of semitones above the tonic, and the figured names by bass.
const SIXTHS: [(u16, Stem, [Figured; 4]); 3] = [
    (1 << 8 | 1 | 1 << 6, Stem::Italian, [(8, &[6]), (0, &[6, 4]), (6, &[5, 3]), (6, &[5, 3])]),
    (1 << 8 | 1 | 1 << 3 | 1 << 6, Stem::German, [(8, &[6, 5]), (0, &[4, 3]), (3, &[4, 2]), (6, &[7])]),
    (1 << 8 | 1 | 1 << 2 | 1 << 6, Stem::French, [(8, &[4, 3]), (0, &[4, 2]), (2, &[7]), (6, &[6, 5])]),
];

/// The augmented sixth that the chord is, where it goes to the dominant or its six-four.
fn augmented_sixth(
    sounding: Sounding,
    tonic: PitchClass,
    next: Option<(Sounding, PitchClass)>,
) -> Option<RomanNumeral> {
    let above = sounding.set.transposed((12 - tonic.value()) % 12).bits();
    let (_, stem, basses) = SIXTHS.iter().find(|row| row.0 == above)?;
    let to_dominant =
        next.is_some_and(|(chord, root)| root.above(tonic) == 7 || chord.bass.above(tonic) == 7);
    // The German sixth sounds like a dominant seventh; the others have no double.
    if *stem == Stem::German && !to_dominant {
        return None;
    }
    let (_, figures) = basses.iter().find(|row| row.0 == sounding.bass.above(tonic))?;
    let figures = figures.iter().map(|&number| Figure { number, alteration: 0 }).collect();
    Some(RomanNumeral { stem: *stem, figures, ..RomanNumeral::degree(4, true) })
}
