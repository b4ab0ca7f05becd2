//! Roman numerals of a whole piece of chords.
//!
//! `key` is the analyst's; `degree` the place of the root, with the degree that it is applied to; `quality` the triad and
//! its seventh; `inversion` which chord tone is lowest. `exact` is all four. Chords are shown as pitch classes, so degrees
//! that sound the same are equal (`bII` and `#I`), and so are the three names of the cadential six-four (`Cad64`, `V64`,
//! `I64`).

use super::{Calibration, Piece, Prediction, Report, Tally, asked, key_at};
use crate::analyze::roman::{name, understand};
use kmidi_engine::harmony::context::{Context, Sounding};
use kmidi_engine::harmony::key::{self, KEYS, KeyScorer};
use kmidi_music::roman::{Convention, Stem};
use kmidi_music::{Interval, Key, PitchClass, RomanNumeral};

/// Asks for the numeral of every chord that has one.
pub fn evaluate(pieces: &[Piece]) -> Report {
    let mut report = Report { pieces: pieces.len(), unit: "chords", ..Report::default() };
    let mut calibration = Calibration::default();
    let mut context = Context::new();
    let (mut ours, mut one_key) = (Tally::default(), Tally::default());
    for piece in pieces {
        let convention = if piece.id.starts_with("dcml") { Convention::Dcml } else { Convention::Music21 };
        let asked: Vec<_> = asked(piece).collect();
        let chords: Vec<Sounding> = asked.iter().map(|item| item.2).collect();
        let answers = understand(&mut context, &chords);
        let plain = in_one_key(&mut context, &chords);
        for ((&(index, chord, ..), answer), (plain_key, plain)) in asked.iter().zip(&answers).zip(&plain) {
            let Some(key) = key_at(piece, chord).and_then(|label| label.parse::<Key>().ok()) else {
                continue;
            };
            let Some(written) = &chord.numeral else { continue };
            let Ok(truth) = written.parse::<RomanNumeral>() else { continue };
            report.items += 1;
            let truth = parts(&truth, key, convention);
            let told = parts(&answer.numeral, answer.key, Convention::RomanText);
            ours.score(&truth, &told, same(key, answer.key));
            one_key.score(&truth, &parts(plain, *plain_key, Convention::RomanText), same(key, *plain_key));
            calibration.add(answer.confidence, truth == told && same(key, answer.key));
            let answer_text = format!("{}: {}", answer.key, answer.numeral);
            report.predictions.push(Prediction {
                id: piece.id.clone(),
                index,
                answer: Some(answer_text.clone()),
                prob_of_truth: None,
                top: vec![(answer_text, answer.confidence)],
            });
        }
    }
    report.metrics = ours.of(report.items);
    report.calibration = calibration.bins();
    report.baselines.insert("one key, by profiles", one_key.of(report.items));
    report
}

/// The baseline: one key for the piece, the one whose profile fits all its chords best.
fn in_one_key(context: &mut Context, chords: &[Sounding]) -> Vec<(Key, RomanNumeral)> {
    let scorer = KeyScorer::default();
    let mut sums = [0.0f32; KEYS];
    for chord in chords {
        let mut chroma = [0.0; 12];
        chord.set.iter().for_each(|pc| chroma[pc.index()] = 1.0 / chord.set.len() as f32);
        let scores = scorer.score(&chroma, &[0.0; 12]);
        sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
    }
    let best = (1..KEYS).fold(0, |best, n| if sums[n] > sums[best] { n } else { best });
    let root = |chord: &Sounding| -> PitchClass { context.alone(chord.set, chord.bass)[0].0 };
    chords.iter().map(|chord| (key::key(best), name(*chord, root(chord), key::key(best), None).1)).collect()
}

fn same(truth: Key, told: Key) -> bool {
    truth.tonic.pitch_class() == told.tonic.pitch_class() && truth.mode.is_minor() == told.mode.is_minor()
}

/// A numeral as the figures see it.
#[derive(Debug, Clone, PartialEq)]
struct Parts {
    /// Semitones of the root above its tonic, and of what it is applied to above the key's.
    degree: (u8, Option<u8>),
    /// Third, fifth and seventh in semitones.
    quality: Option<(u8, u8, Option<u8>)>,
    /// Which chord tone is lowest; `None` for a six-four on the dominant.
    inversion: Option<u8>,
}

/// What the figures compare of `numeral` in `key`.
fn parts(numeral: &RomanNumeral, key: Key, convention: Convention) -> Parts {
    let chord = numeral.chord_as(key, convention);
    let target = numeral.target.as_ref().map(|target| target.chord_as(key, convention).root);
    let place = |interval: Interval| interval.semitones();
    let root = place(chord.root - target.unwrap_or(key.tonic));
    let target = target.map(|target| place(target - key.tonic));
    let tone =
        |number: u8| chord.degrees().iter().find(|d| d.number == number).map(|d| d.interval().semitones());
    let inversion = (chord.bass - chord.root).number();
    let six_four = target.is_none() && tone(7).is_none() && inversion == 5;
    if numeral.stem == Stem::Cadential || (six_four && (root == 0 || root == 7)) {
        return Parts { degree: (7, target), quality: None, inversion: None };
    }
    let quality = (tone(3).unwrap_or(0), tone(5).unwrap_or(7), tone(7));
    Parts { degree: (root, target), quality: Some(quality), inversion: Some(inversion) }
}

impl Tally {
    fn score(&mut self, truth: &Parts, told: &Parts, key: bool) {
        let each = [
            ("key", key),
            ("degree", truth.degree == told.degree),
            ("quality", truth.quality == told.quality),
            ("inversion", truth.inversion == told.inversion),
        ];
        let all = each.iter().all(|(_, right)| *right);
        each.into_iter()
            .chain([("exact", all)])
            .for_each(|(name, right)| self.add(name, f64::from(u8::from(right))));
    }
}
