//! Groove: how strokes on a grid are played, in time and loudness.
//!
//! The task `groove` of `kmidi eval` over the 4/4 beats of the Groove MIDI Dataset (Gillick et al. 2019). Shown are steps, voices, style and tempo of the whole
//! piece; asked are each stroke's offset from its 16th and its velocity. All notes of the file are pooled.
//!
//! | figure | meaning |
//! |---|---|
//! | `timing_mae_ms`, `timing_mse` | mean distance in milliseconds; mean squared distance in 16ths |
//! | `velocity_mae`, `r` | mean distance of velocities, 1 to 127; Pearson's correlation of them, 0 for a constant |
//! | `offset_w1`, `velocity_w1` | 1-Wasserstein distance of the played from the answered distribution, in 16ths and velocities, by voice, weighted by notes |

use super::report::{correlation, interval};
use super::{Columns, Prediction, Report};
use kmidi_neural::LoadError;
use kmidi_neural::groove::{BAR, CELLS, Groove, PIECE, Piece, STYLES, Stroke, Touch, VOICES, bar};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A performance on an electronic kit, recorded to a click.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Performance {
    /// Its name, unique in its set.
    pub id: String,
    /// The style; what stands before a stroke is the primary one.
    pub style: String,
    /// `beat` or `fill`.
    pub beat_type: String,
    /// Quarter notes a minute.
    pub bpm: f64,
    /// The metre.
    pub meter: (u32, u32),
    /// Ticks a quarter note.
    pub tpq: f64,
    /// The strokes.
    pub notes: Vec<Played>,
}

/// Onset, duration (ticks), note, velocity, voice, nearest 16th from the start, ticks after it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Played(i64, i64, u8, u8, u8, u32, f64);

impl Performance {
    fn is_asked(&self) -> bool {
        let sound = |x: f64| x.is_finite() && x > 0.0;
        self.meter == (4, 4)
            && self.beat_type == "beat"
            && sound(self.bpm)
            && sound(self.tpq)
            && !self.notes.is_empty()
    }

    fn style(&self) -> &str {
        self.style.split('/').next().unwrap_or("")
    }

    fn strokes(&self) -> Vec<Stroke> {
        self.notes.iter().map(|note| Stroke { step: note.5, voice: note.4 }).collect()
    }

    fn piece(&self, strokes: &[Stroke]) -> Piece {
        Piece::of(strokes, self.style(), self.bpm as f32)
    }

    /// Offset in 16ths and velocity of a note.
    fn truth(&self, note: &Played) -> (f64, f64) {
        (note.6 * 4.0 / self.tpq, f64::from(note.3))
    }
}

/// Strokes of a place of the bar that training is told of; more are rare.
const STACK: usize = 4;
/// Bars of a performance that training is told of.
const MOST_BARS: usize = 4096;

/// A row a bar: the performance's number, what [`bar`] and [`Piece`] say, how long a 16th lasts (ms), and for each voice, step and one of four strokes there the
/// offset (16ths) and velocity, 0 where there is none.
#[must_use]
pub fn examples(performances: &[Performance]) -> Columns {
    let mut columns = Columns::new(&[
        ("performance", 1),
        ("strokes", BAR),
        ("piece", PIECE),
        ("style", STYLES.len() + 1),
        ("step_ms", 1),
        ("offset", CELLS * STACK),
        ("velocity", CELLS * STACK),
    ]);
    for (n, performance) in performances.iter().filter(|performance| performance.is_asked()).enumerate() {
        let strokes = performance.strokes();
        let piece = performance.piece(&strokes);
        let mut style = [0.0; STYLES.len() + 1];
        style[piece.style] = 1.0;
        let bars = strokes.iter().map(|stroke| stroke.step as usize / 16).max().unwrap_or(0) + 1;
        for b in 0..bars.min(MOST_BARS) {
            let mut shown = [0.0; BAR];
            bar(&strokes, b, &mut shown);
            let (mut offsets, mut velocities) = ([0.0; CELLS * STACK], [0.0; CELLS * STACK]);
            let here = |note: &&Played| note.5 as usize / 16 == b && usize::from(note.4) < VOICES;
            for note in performance.notes.iter().filter(here) {
                let cell = (usize::from(note.4) * 16 + note.5 as usize % 16) * STACK;
                if let Some(free) = (cell..cell + STACK).find(|&at| velocities[at] == 0.0) {
                    let (offset, velocity) = performance.truth(note);
                    (offsets[free], velocities[free]) = (offset as f32, velocity as f32);
                }
            }
            let step_ms = (15_000.0 / performance.bpm) as f32;
            columns.push(&[&[n as f32], &shown, &piece.summary, &style, &[step_ms], &offsets, &velocities]);
        }
    }
    columns
}

/// One note asked.
struct Item {
    voice: u8,
    place: (u8, u32),
    step_ms: f64,
    offset: f64,
    velocity: f64,
}

fn items(performance: &Performance) -> impl Iterator<Item = Item> {
    performance.notes.iter().map(|note| {
        let (offset, velocity) = performance.truth(note);
        Item {
            voice: note.4,
            place: (note.4, note.5 % 16),
            step_ms: 15_000.0 / performance.bpm,
            offset,
            velocity,
        }
    })
}

/// Scores the model of that ONNX file; baselines are counted on `train`.
///
/// # Errors
///
/// A [`LoadError`] where the network is not one for this.
pub fn evaluate(
    performances: &[Performance],
    train: Option<&[Performance]>,
    onnx: &[u8],
) -> Result<Report, LoadError> {
    let mut model = Groove::new(onnx)?;
    let asked: Vec<&Performance> = performances.iter().filter(|performance| performance.is_asked()).collect();
    let mut report = Report { pieces: asked.len(), unit: "notes", ..Report::default() };
    let truth: Vec<Item> = asked.iter().flat_map(|performance| items(performance)).collect();
    let (mut answers, mut timing, mut loudness) = (Vec::new(), Vec::new(), Vec::new());
    for performance in &asked {
        let strokes = performance.strokes();
        let mut touches = vec![Touch::PLAIN; strokes.len()];
        model.perform(&performance.piece(&strokes), &strokes, &mut touches);
        let given = touches.iter().map(|touch| (f64::from(touch.offset), f64::from(touch.velocity)));
        let errors = || items(performance).zip(given.clone());
        let notes = strokes.len() as f64;
        timing.push((errors().map(|(t, a)| (t.offset - a.0).abs() * t.step_ms).sum::<f64>(), notes));
        loudness.push((errors().map(|(t, a)| (t.velocity - a.1).abs()).sum::<f64>(), notes));
        report.predictions.extend(given.clone().enumerate().map(|(index, (offset, velocity))| Prediction {
            id: performance.id.clone(),
            index,
            answer: Some(format!("{offset:.3} {velocity:.0}")),
            prob_of_truth: None,
            top: Vec::new(),
        }));
        answers.extend(given);
    }
    report.items = truth.len();
    report.metrics = figures(&truth, &answers);
    report.intervals = [("timing_mae_ms", interval(&timing)), ("velocity_mae", interval(&loudness))].into();
    if let Some(train) = train {
        report.baselines = baselines(&asked, &truth, train);
    }
    Ok(report)
}

fn figures(truth: &[Item], answers: &[(f64, f64)]) -> BTreeMap<&'static str, f64> {
    let count = truth.len().max(1) as f64;
    let mean = |of: &dyn Fn(&Item, (f64, f64)) -> f64| {
        truth.iter().zip(answers).map(|(t, &a)| of(t, a)).sum::<f64>() / count
    };
    let square = |x: f64| x * x;
    let r = correlation(truth.iter().zip(answers).map(|(t, a)| (t.velocity, a.1)));
    [
        ("timing_mae_ms", mean(&|t, a| (t.offset - a.0).abs() * t.step_ms)),
        ("timing_mse", mean(&|t, a| square(t.offset - a.0))),
        ("velocity_mae", mean(&|t, a| (t.velocity - a.1).abs())),
        ("r", r),
        ("offset_w1", distance(truth, |t| t.offset, answers, |a| a.0)),
        ("velocity_w1", distance(truth, |t| t.velocity, answers, |a| a.1)),
    ]
    .into()
}

/// The 1-Wasserstein distance by voice: of as many values on either side it is the mean distance of the sorted ones.
fn distance(
    truth: &[Item],
    of: fn(&Item) -> f64,
    answers: &[(f64, f64)],
    given: fn(&(f64, f64)) -> f64,
) -> f64 {
    let mut voices: BTreeMap<u8, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (t, a) in truth.iter().zip(answers) {
        let voice = voices.entry(t.voice).or_default();
        voice.0.push(of(t));
        voice.1.push(given(a));
    }
    let apart = |(mut a, mut b): (Vec<f64>, Vec<f64>)| {
        a.sort_by(f64::total_cmp);
        b.sort_by(f64::total_cmp);
        a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>()
    };
    voices.into_values().map(apart).sum::<f64>() / truth.len().max(1) as f64
}

/// Sums of offset and velocity, and how many.
#[derive(Default, Clone, Copy)]
struct Mean(f64, f64, f64);

impl Mean {
    fn add(&mut self, item: &Item) {
        *self = Self(self.0 + item.offset, self.1 + item.velocity, self.2 + 1.0);
    }

    fn value(self) -> (f64, f64) {
        (self.0 / self.2.max(1.0), self.1 / self.2.max(1.0))
    }
}

/// A cell of a style counts from this many notes on.
const ENOUGH: f64 = 20.0;

fn baselines(
    asked: &[&Performance],
    truth: &[Item],
    train: &[Performance],
) -> BTreeMap<&'static str, BTreeMap<&'static str, f64>> {
    let mut all = Mean::default();
    let mut places: BTreeMap<(u8, u32), Mean> = BTreeMap::new();
    let mut styles: BTreeMap<(&str, (u8, u32)), Mean> = BTreeMap::new();
    for performance in train.iter().filter(|performance| performance.is_asked()) {
        for item in items(performance) {
            all.add(&item);
            places.entry(item.place).or_default().add(&item);
            styles.entry((performance.style(), item.place)).or_default().add(&item);
        }
    }
    let place = |item: &Item| places.get(&item.place).map_or(all, |&mean| mean).value();
    let metronomic: Vec<_> = truth.iter().map(|_| (0.0, all.value().1)).collect();
    let by_place: Vec<_> = truth.iter().map(place).collect();
    let by_style = asked.iter().flat_map(|performance| {
        items(performance).map(|item| {
            let cell = styles.get(&(performance.style(), item.place)).filter(|mean| mean.2 >= ENOUGH);
            cell.map_or_else(|| place(&item), |mean| mean.value())
        })
    });
    [
        ("metronomic", figures(truth, &metronomic)),
        ("by-voice-and-step", figures(truth, &by_place)),
        ("by-style-voice-and-step", figures(truth, &by_style.collect::<Vec<_>>())),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(voice: u8, offset: f64, velocity: f64) -> Item {
        Item { voice, place: (voice, 0), step_ms: 125.0, offset, velocity }
    }

    #[test]
    fn figures_of_known_answers() {
        let truth = [item(0, 0.1, 100.0), item(0, -0.1, 50.0)];
        let right = figures(&truth, &[(0.1, 100.0), (-0.1, 50.0)]);
        assert!(
            (right["r"] - 1.0).abs() < 1e-9 && right["timing_mae_ms"] == 0.0 && right["velocity_w1"] == 0.0
        );
        // The same values given to the wrong notes: the distributions are right, the answers are not.
        let crossed = figures(&truth, &[(-0.1, 50.0), (0.1, 100.0)]);
        assert!(
            (crossed["timing_mae_ms"] - 25.0).abs() < 1e-9 && (crossed["timing_mse"] - 0.04).abs() < 1e-9
        );
        assert!((crossed["r"] + 1.0).abs() < 1e-9 && crossed["velocity_mae"] == 50.0);
        assert_eq!((crossed["offset_w1"], crossed["velocity_w1"]), (0.0, 0.0));
        assert_eq!(figures(&truth, &[(0.0, 64.0), (0.0, 64.0)])["r"], 0.0);
    }

    #[test]
    fn only_beats_in_four_four_are_shown_with_their_truth() {
        let line = r#"{"id":"a","style":"funk/fast","beat_type":"beat","bpm":120,"meter":[4,4],"tpq":480,
            "notes":[[12,9,36,100,0,0,12],[1920,9,38,50,1,16,0],[1950,9,38,70,1,16,30]]}"#;
        let beat: Performance = serde_json::from_str(line).unwrap();
        let fill = Performance { beat_type: "fill".into(), ..beat.clone() };
        let columns = examples(&[fill, beat]);
        assert_eq!(columns.rows(), 2);
        let [.., offset, velocity] = columns.columns() else { panic!() };
        assert!((offset.values[0] - 0.1).abs() < 1e-6);
        let snare = CELLS * STACK + 16 * STACK;
        assert_eq!(velocity.values[snare..snare + 3], [50.0, 70.0, 0.0]);
        assert!(evaluate(&[], None, b"no network").is_err());
    }
}
