//! The next note of a tune, from the notes before it.
//!
//! A token is what lies between two notes: the interval in semitones, -24 to 24, and the step in 16ths, 1 to 32. The model is shown the notes up to
//! the first of the two, and the key, metre and chord that hold at its onset.
//!
//! | figure | meaning |
//! |---|---|
//! | `nats` | mean of -ln p of the tokens |
//! | `top1` | the likeliest token is the true one |
//! | `interval_top1` | its interval is |
//! | `duration_nats` | mean of -ln p of the duration of the second note, 1 to 32 16ths, its onset known |

use super::Columns;
use super::ngram::Ngram;
use super::report::{Calibration, Prediction, Report, Tally, interval};
use kmidi_music::{Key, PitchClass};
use kmidi_neural::LoadError;
use kmidi_neural::melody::{Chord, Encoder, INTERVALS, Melody, Meter, Note, STEPS, Setting, held, token};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A tune with its chords. Times are quarter notes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Tune {
    /// Its name, unique in its set.
    pub id: String,
    /// Metres with their onsets.
    #[serde(default)]
    pub meter: Vec<(f64, u32, u32)>,
    /// Keys with their onsets.
    #[serde(default)]
    pub key: Vec<(f64, String)>,
    /// Onset, duration and pitch of each note, in order.
    pub melody: Vec<(f64, f64, u8)>,
    /// Onset, duration, label, root, bass and pitch classes of each chord, in order; -1 for no root.
    #[serde(default)]
    pub chords: Vec<(f64, f64, String, i32, i32, Vec<u8>)>,
}

impl Tune {
    fn note(&self, index: usize) -> Note {
        let (onset, duration, pitch) = self.melody[index];
        Note { onset, duration, pitch }
    }

    /// What holds at a time. A key or metre that is given later than the first note holds from the start.
    fn setting(&self, time: f64) -> Setting {
        let key = in_force(&self.key, time, |key| key.0);
        let meter = in_force(&self.meter, time, |meter| meter.0).map_or((0.0, 4, 4), |&meter| meter);
        let chord = self.chords[..self.chords.partition_point(|chord| chord.0 <= time)].last();
        let chord = chord.filter(|chord| chord.3 >= 0 && time < chord.0 + chord.1);
        Setting {
            key: key.and_then(|key| key.1.parse::<Key>().ok()),
            meter: Meter { start: meter.0, numerator: meter.1, denominator: meter.2 },
            chord: chord.map(|chord| Chord {
                onset: chord.0,
                root: PitchClass::new(chord.3),
                set: chord.5.iter().map(|&pc| PitchClass::new(pc.into())).collect(),
            }),
        }
    }

    fn tokens(&self) -> Vec<(usize, usize)> {
        (1..self.melody.len()).map(|index| token(self.note(index - 1), self.note(index))).collect()
    }

    /// The tune at another speed.
    fn stretched(&self, by: f64) -> Tune {
        let mut tune = self.clone();
        tune.meter.iter_mut().for_each(|meter| meter.0 *= by);
        tune.key.iter_mut().for_each(|key| key.0 *= by);
        tune.melody.iter_mut().for_each(|note| (note.0, note.1) = (note.0 * by, note.1 * by));
        tune.chords.iter_mut().for_each(|chord| (chord.0, chord.1) = (chord.0 * by, chord.1 * by));
        tune
    }

    /// The tune as it may as well have been written: three fast beats as a jig, 8ths as quarters or quarters as 8ths.
    fn rewritten(&self) -> Tune {
        let tokens = self.tokens();
        let even = tokens.iter().filter(|token| token.1 % 2 == 0).count();
        let triple = self.meter.iter().all(|meter| (meter.1, meter.2) == (3, 4));
        if even * 20 < tokens.len() * 19 {
            return self.stretched(2.0);
        }
        let mut tune = self.stretched(0.5);
        if triple {
            tune.meter.iter_mut().for_each(|meter| *meter = (meter.0, 6, 8));
        }
        tune
    }
}

fn in_force<T>(entries: &[T], time: f64, onset: impl Fn(&T) -> f64) -> Option<&T> {
    entries.iter().take_while(|entry| onset(entry) <= time).last().or(entries.first())
}

/// What the model is shown before each note but the first, and the note: interval + 24, step, duration. `variant` is 0 for the tune and 1 for the same
/// tune written otherwise.
#[must_use]
pub fn examples(tunes: &[Tune]) -> Columns {
    let widths = Encoder::WIDTHS;
    let mut columns = Columns::new(&[
        ("tune", 1),
        ("variant", 1),
        ("traits", widths[0]),
        ("candidates", widths[1]),
        ("arrivals", widths[2]),
        ("truth", 3),
    ]);
    for (number, tune) in tunes.iter().enumerate() {
        for (variant, tune) in [tune.clone(), tune.rewritten()].iter().enumerate() {
            let mut encoder = Encoder::default();
            for (index, (interval, step)) in tune.tokens().into_iter().enumerate() {
                let note = tune.note(index);
                let Some(shown) = encoder.hear(note, &tune.setting(note.onset)) else { continue };
                let duration = held(tune.note(index + 1).duration);
                columns.push(&[
                    &[number as f32],
                    &[variant as f32],
                    &shown.traits,
                    shown.candidates.as_flattened(),
                    shown.arrivals.as_flattened(),
                    &[interval as f32, step as f32, duration as f32],
                ]);
            }
        }
    }
    columns
}

/// Asks the model of this ONNX file for every note but the first of each tune. n-grams are counted on `train`.
///
/// # Errors
///
/// [`LoadError`] where the file is no melody model.
pub fn evaluate(tunes: &[Tune], train: Option<&[Tune]>, onnx: &[u8]) -> Result<Report, LoadError> {
    let mut melody = Melody::new(onnx)?;
    let mut report = Report { pieces: tunes.len(), unit: "notes", ..Report::default() };
    let mut calibration = Calibration::default();
    let mut all = Tally::default();
    let mut pieces = BTreeMap::<&str, Vec<(f64, f64)>>::new();
    for tune in tunes {
        melody.reset();
        let mut of_tune = Tally::default();
        let tokens = tune.tokens();
        for (index, &truth) in tokens.iter().enumerate() {
            let note = tune.note(index);
            melody.hear(note, &tune.setting(note.onset));
            let next = melody.next();
            let probability = next.of(truth);
            let (best, confident) =
                next.tokens().fold(((24, 1), 0.0), |best, token| if token.1 > best.1 { token } else { best });
            let duration = held(tune.note(index + 1).duration).max(1);
            let duration = next.durations[truth.1 - 1][duration - 1];
            for (name, value) in [
                ("nats", nats(probability)),
                ("top1", f64::from(u8::from(best == truth))),
                ("interval_top1", f64::from(u8::from(best.0 == truth.0))),
                ("duration_nats", nats(duration)),
            ] {
                all.add(name, value);
                of_tune.add(name, value);
            }
            calibration.add(confident, best == truth);
            report.predictions.push(Prediction {
                id: tune.id.clone(),
                index,
                answer: Some(name(best)),
                prob_of_truth: Some(probability),
                top: vec![(name(best), confident)],
            });
        }
        report.items += tokens.len();
        for (name, sum) in of_tune.of(1) {
            pieces.entry(name).or_default().push((sum, tokens.len() as f64));
        }
    }
    report.metrics = all.of(report.items);
    report.intervals = pieces.into_iter().map(|(name, pieces)| (name, interval(&pieces))).collect();
    report.calibration = calibration.bins();
    if let Some(train) = train {
        report.baselines = baselines(tunes, train);
    }
    Ok(report)
}

fn nats(probability: impl Into<f64>) -> f64 {
    -libm::log(probability.into())
}

/// A token in words: semitones and 16ths.
fn name((interval, step): (usize, usize)) -> String {
    format!("{:+} after {step}", interval as i32 - 24)
}

/// n-grams of the orders that `../shared/eval/baselines.md` gives, counted on `train`.
fn baselines(tunes: &[Tune], train: &[Tune]) -> BTreeMap<&'static str, BTreeMap<&'static str, f64>> {
    let coded = |tune: &Tune| -> Vec<u32> {
        tune.tokens().iter().map(|&(interval, step)| (interval * STEPS + step - 1) as u32).collect()
    };
    let train: Vec<Vec<u32>> = train.iter().map(coded).collect();
    let asked: Vec<Vec<u32>> = tunes.iter().map(coded).collect();
    let items = asked.iter().map(Vec::len).sum();
    let figures = |order: usize| {
        let floor = 1.0 / (INTERVALS * STEPS) as f64;
        let model = Ngram::count(order, floor, train.iter().map(Vec::as_slice));
        let mut tally = Tally::default();
        for tokens in &asked {
            for (at, &truth) in tokens.iter().enumerate() {
                let best = model.likeliest(&tokens[..at]);
                let interval = |token: u32| token / STEPS as u32;
                tally.add("nats", nats(model.probability(&tokens[..at], truth)));
                tally.add("top1", f64::from(u8::from(best == Some(truth))));
                let right = best.is_some_and(|best| interval(best) == interval(truth));
                tally.add("interval_top1", f64::from(u8::from(right)));
            }
        }
        tally.of(items)
    };
    [("markov-0", 0), ("markov-1", 1), ("markov-2", 2)].map(|(name, order)| (name, figures(order))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four bars of which the last two are the first two again, with chords.
    fn tune() -> Tune {
        let phrase = [(0.0, 60), (1.0, 64), (2.0, 67), (3.0, 65), (4.0, 64), (6.0, 62), (7.0, 59)];
        let melody = [0.0, 8.0].iter().flat_map(|start| phrase.map(|(at, pitch)| (at + start, 0.9, pitch)));
        let chord = |onset, root| (onset, 4.0, String::new(), root, root, vec![root as u8]);
        Tune {
            id: "a".into(),
            meter: vec![(0.0, 4, 4)],
            key: vec![(0.0, "C:maj".into())],
            melody: melody.collect(),
            chords: vec![chord(0.0, 0), chord(4.0, 7), chord(8.0, 0), chord(12.0, 7)],
        }
    }

    /// The rows of the tune as it stands, of all columns but the truth.
    fn rows(tune: &Tune) -> Vec<Vec<f32>> {
        let columns = examples(std::slice::from_ref(tune));
        let row = |at: usize| {
            let shown = columns.columns().iter().filter(|column| column.name != "truth");
            shown.flat_map(|column| &column.values[at * column.width..][..column.width]).copied().collect()
        };
        (0..tune.melody.len() - 1).map(row).collect()
    }

    #[test]
    fn what_comes_later_is_not_shown() {
        let here = rows(&tune());
        for later in 1..tune().melody.len() {
            let mut changed = tune();
            let onset = changed.melody[later].0;
            changed.melody[later..].iter_mut().for_each(|note| *note = (note.0 + 0.25, 2.0, note.2 + 1));
            changed.melody[later - 1].1 = 3.0;
            let began = |chord: &&mut (f64, f64, String, i32, i32, Vec<u8>)| {
                chord.0 > tune().melody[later - 1].0 && chord.0 <= onset
            };
            changed.chords.iter_mut().filter(began).for_each(|chord| chord.3 = 5);
            let there = rows(&changed);
            assert_eq!(here[..later], there[..later], "{later}");
            assert!(
                later == here.len() || here[later] != there[later],
                "{later}: the change is seen in time"
            );
        }
    }

    #[test]
    fn figures_are_those_worked_out_by_hand() {
        let figures = baselines(&[tune()], &[tune()]);
        // 13 tokens of 7 kinds: six come twice, the one between the halves once.
        let p = |count: f64| (count + 7.0 / 1568.0) / (13.0 + 7.0);
        let expected = (12.0 * nats(p(2.0)) + nats(p(1.0))) / 13.0;
        assert!((figures["markov-0"]["nats"] - expected).abs() < 1e-9, "{figures:?}");
        assert_eq!(figures["markov-0"]["top1"], 2.0 / 13.0, "the one that was met first, twice");
        assert_eq!(figures["markov-1"]["top1"], 1.0, "each but the first is foretold by the one before");
    }

    #[test]
    fn the_model_that_ships_hears_a_phrase_again() {
        let onnx = kmidi_neural::shipped("melody").unwrap();
        let report = evaluate(&[tune()], None, onnx).unwrap();
        assert_eq!((report.items, report.predictions.len(), report.baselines.len()), (13, 13, 0));
        let again: Vec<f32> =
            report.predictions[9..].iter().filter_map(|answer| answer.prob_of_truth).collect();
        assert!(again.iter().all(|&p| p > 0.1), "{again:?}");
        let mut other = tune();
        other.melody[10].2 = 80;
        let surprised = evaluate(&[other], None, onnx).unwrap();
        assert!(surprised.predictions[9].prob_of_truth.unwrap() < again[0] / 10.0);
        assert!(surprised.metrics["nats"] > report.metrics["nats"]);
        let mut melody = Melody::new(onnx).unwrap();
        for index in 0..tune().melody.len() {
            let sum: f64 = melody.next().tokens().map(|token| f64::from(token.1)).sum();
            assert!((sum - 1.0).abs() < 1e-4, "{index}: {sum}");
            melody.hear(tune().note(index), &tune().setting(tune().note(index).onset));
        }
        assert!(evaluate(&[tune()], None, b"no network").is_err());
        let empty = Tune { melody: Vec::new(), ..tune() };
        assert_eq!(evaluate(&[empty], None, onnx).unwrap().items, 0);
    }
}
