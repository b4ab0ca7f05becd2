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

use super::report::{Calibration, Prediction, Report, Tally};
use kmidi_engine::harmony::context::Sounding;
use kmidi_music::{PitchClass, PitchClassSet};
use serde::Deserialize;

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
    /// The melody: onset, duration, MIDI number.
    #[serde(default)]
    pub melody: Option<Vec<(f64, f64, u8)>>,
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
