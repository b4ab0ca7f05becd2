//! Evaluation: figures that say how right an answer is, one musical task a file.
//!
//! Every file has one shape: the convention and its source, what is checked, what is measured. The conventions are
//! those of mir_eval (Raffel, McFee, Humphrey, Salamon, Nieto, Liang and Ellis, "mir_eval: a transparent implementation
//! of common MIR metrics", ISMIR 2014), so that figures compare with published ones; the code is our own.
//!
//! | task | module | figures |
//! |---|---|---|
//! | onset times | [`onset`] | precision, recall, F at 50 and 25 ms |
//! | beats, downbeats | [`beat`] | F, Cemgil, CMLt, AMLt |
//! | tempo | [`tempo`] | accuracy 1 and 2 |
//! | key of a piece | [`key`] | weighted score |
//! | chords | [`chord`] | weighted chord symbol recall by five rules, segmentation |
//! | roots, keys, numerals of chords that are given | [`harmony`] | the figures of `chord-name`, `key-track`, `roman` |
//! | the next note of a tune | [`next_note`] | the figures of `next-note` |
//! | the chord that comes next | [`next_chord`] | nats, right answers among one and three |
//! | chords for a melody | [`harmonize`] | root, root and family, root among three, chord tones |
//! | strokes as drummers play them | [`groove`] | the figures of `groove` |
//! | velocities of the notes of a score | [`dynamics`] | the figures of `dynamics` |
//! | feelings that notes express | [`emotion_midi`] | the figures of `emotion-midi` |
//! | feelings that sound expresses | [`emotion_audio`] | the figures of `emotion-audio` |
//! | feelings that texts express | [`emotion_text`] | the figures of `emotion-text` |
//! | songs beside pieces of people | [`songs`] | distances of histograms, longest shared runs |
//! | swing | [`swing`] | error of the long to short ratio |
//! | how early and how steadily a live answer comes | [`live`] | lock, bias, lateness |
//! | all of these over a folder of pieces | [`audio`] | the report of `kmidi eval audio` |
//!
//! Silence is never rewarded: what the truth holds and the answer lacks scores 0. Times are seconds and may come
//! unsorted or doubled. A time that is not a number, or a truth that breaks its schema, is an [`Error`].

pub mod audio;
pub mod beat;
pub mod chord;
pub mod dynamics;
pub mod emotion_audio;
pub mod emotion_midi;
pub mod emotion_text;
pub mod groove;
pub mod harmonize;
pub mod harmony;
pub mod key;
pub mod live;
pub mod next_chord;
pub mod next_note;
pub mod onset;
pub mod songs;
pub mod swing;
pub mod tempo;

mod columns;
mod events;
mod felt;
mod ngram;
mod progression;
mod report;

pub use columns::{Column, Columns};
pub use events::{Agreement, MAX_TIME};
pub use report::{Bin, Prediction, Report, calibration_error};

/// Why a pair of truth and answer cannot be scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A time that is not a finite number.
    #[error("{what}: entry {index} is {value}; a finite number of seconds is expected")]
    NotFinite {
        /// The list, such as `truth beats`.
        what: &'static str,
        /// Its place in the list, from 0.
        index: usize,
        /// What stands there.
        value: f64,
    },
    /// A time after [`MAX_TIME`].
    #[error("{what}: {value} s is later than {MAX_TIME} s; are the times in seconds?")]
    TooLate {
        /// The list.
        what: &'static str,
        /// The latest time.
        value: f64,
    },
    /// A chord label of the truth that the comparison cannot read.
    #[error("truth chords: {label:?} is not a chord label; one such as C:min7/b3, N or X is expected")]
    Label {
        /// The label.
        label: String,
    },
    /// Chords of the truth that cover no time, or time before 0.
    #[error("truth chords: {reason}")]
    Span {
        /// What is wrong with them.
        reason: &'static str,
    },
}

/// A part of a whole, so that figures of several pieces can be pooled: parts and wholes are summed before they are
/// divided. A figure of a piece that is not weighted is a part of 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ratio {
    /// What was right.
    pub part: f64,
    /// What was asked.
    pub whole: f64,
}

impl Ratio {
    /// The quotient; 0 where nothing was asked.
    pub fn value(self) -> f64 {
        self.part / self.whole.max(1e-9)
    }

    /// The pooled ratio of several.
    pub fn pooled(all: impl IntoIterator<Item = Ratio>) -> Ratio {
        all.into_iter()
            .fold(Ratio::default(), |sum, r| Ratio { part: sum.part + r.part, whole: sum.whole + r.whole })
    }
}

impl From<f64> for Ratio {
    fn from(part: f64) -> Self {
        Ratio { part, whole: 1.0 }
    }
}
