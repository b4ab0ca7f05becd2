//! Harmony from chords that are given: roots, keys and Roman numerals against labelled sequences.
//!
//! The tasks are `chord-name`, `key-track` and `roman` of `kmidi eval`. A record is a piece as a sequence of chords, told
//! as pitch classes and a bass; what it holds beside them is the truth and is never shown to the system.
//!
//! | task | shown | figures |
//! |---|---|---|
//! | [`name`] | each chord alone; then the chords in sequence, later ones unseen | `root`, `top3`, `majmin`, `full`, `root_in_context` |
//! | [`key`] | the chords in sequence, later ones unseen | `exact`, `coverage`, `mirex`, `switches_per_64_bars` |
//! | [`roman`] | the whole sequence | `key`, `degree`, `quality`, `inversion`, `exact` |

pub mod key;
pub mod name;
pub mod roman;

use kmidi_engine::harmony::context::Sounding;
use kmidi_music::{PitchClass, PitchClassSet};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A labelled piece. Times are quarter notes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Piece {
    /// Its name, unique in its set.
    pub id: String,
    /// Who analysed it, where that is known.
    #[serde(default)]
    pub analyst: String,
    /// Keys with their onsets.
    #[serde(default)]
    pub key: Vec<(f64, String)>,
    /// Metres with their onsets.
    #[serde(default)]
    pub meter: Vec<(f64, u32, u32)>,
    /// The chords.
    pub chords: Vec<LabelledChord>,
}

/// A chord of a [`Piece`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Row")]
pub struct LabelledChord {
    /// Where it starts.
    pub onset: f64,
    /// How long it lasts.
    pub duration: f64,
    /// Its Harte label.
    pub label: String,
    /// What sounds; `None` where nothing does.
    pub sounding: Option<Sounding>,
    /// Its root.
    pub root: Option<PitchClass>,
    /// Its Roman numeral as the analyst wrote it.
    pub numeral: Option<String>,
    /// The key that the analyst heard.
    pub key: Option<String>,
}

/// The order of the columns.
#[derive(Deserialize)]
struct Row(
    f64,
    f64,
    String,
    i32,
    i32,
    Vec<u8>,
    #[serde(default)] Option<String>,
    #[serde(default)] Option<String>,
);

impl From<Row> for LabelledChord {
    fn from(row: Row) -> Self {
        let pitch_class = |value: i32| (value >= 0).then(|| PitchClass::new(value));
        let set: PitchClassSet = row.5.iter().map(|&pc| PitchClass::new(pc.into())).collect();
        let sounding =
            pitch_class(row.4).map(|bass| Sounding { set: set.with(bass), bass, duration: row.1 as f32 });
        Self {
            onset: row.0,
            duration: row.1,
            label: row.2,
            sounding,
            root: pitch_class(row.3),
            numeral: row.6,
            key: row.7,
        }
    }
}

/// A chord of three notes and more, with its truth.
pub(crate) fn asked(piece: &Piece) -> impl Iterator<Item = (usize, &LabelledChord, Sounding, PitchClass)> {
    piece
        .chords
        .iter()
        .enumerate()
        .filter_map(|(index, chord)| Some((index, chord, chord.sounding?, chord.root?)))
}

/// The key in force at each chord: the analyst's, else the piece's.
pub fn key_at<'a>(piece: &'a Piece, chord: &'a LabelledChord) -> Option<&'a str> {
    let of_piece = || {
        let before = piece.key.iter().take_while(|entry| entry.0 <= chord.onset).last();
        before.or(piece.key.first()).map(|entry| entry.1.as_str())
    };
    chord.key.as_deref().or_else(of_piece)
}

/// What a task found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// How many pieces there were.
    pub pieces: usize,
    /// How many chords were asked.
    pub items: usize,
    /// The figures by name.
    pub metrics: BTreeMap<&'static str, f64>,
    /// The same figures of simple systems on the same items.
    pub baselines: BTreeMap<&'static str, BTreeMap<&'static str, f64>>,
    /// How often answers of each confidence are right.
    pub calibration: Vec<Bin>,
    /// What was answered, chord by chord.
    pub predictions: Vec<Prediction>,
}

/// Answers given with a confidence from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// The least confidence.
    pub from: f32,
    /// The most.
    pub to: f32,
    /// How many answers there are.
    pub answers: usize,
    /// The share of them that is right.
    pub right: f64,
}

/// Answers by confidence, in tenths.
#[derive(Debug, Clone, Default)]
struct Calibration([(usize, usize); 10]);

impl Calibration {
    fn add(&mut self, confidence: f32, right: bool) {
        let bin = &mut self.0[((confidence * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += usize::from(right);
    }

    fn bins(&self) -> Vec<Bin> {
        let bin = |(n, &(answers, right)): (usize, &(usize, usize))| Bin {
            from: n as f32 / 10.0,
            to: (n + 1) as f32 / 10.0,
            answers,
            right: right as f64 / answers.max(1) as f64,
        };
        self.0.iter().enumerate().map(bin).filter(|bin| bin.answers > 0).collect()
    }
}

/// One answer, as a line of `--predictions`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The piece.
    pub id: String,
    /// The chord's place in it, from 0.
    pub index: usize,
    /// What was answered; `null` where the system was not sure.
    pub answer: Option<String>,
    /// The probability that the system gave to the truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prob_of_truth: Option<f32>,
    /// The best answers with their probabilities.
    pub top: Vec<(String, f32)>,
}

/// Counts of right answers by name.
#[derive(Debug, Clone, Default)]
struct Tally {
    right: BTreeMap<&'static str, f64>,
}

impl Tally {
    fn add(&mut self, name: &'static str, value: f64) {
        *self.right.entry(name).or_default() += value;
    }

    fn of(&self, items: usize) -> BTreeMap<&'static str, f64> {
        self.right.iter().map(|(&name, &sum)| (name, sum / items.max(1) as f64)).collect()
    }
}
