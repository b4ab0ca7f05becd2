//! The task `audio`: everything that is heard in a piece, over a folder of pieces.
//!
//! **Convention**: that of `../shared/eval/score_audio.py`, whose figures these are: a [`Truth`] and the [`Answer`] of
//! `kmidi analyze --json` give [`Scores`], and [`aggregate`] pools them into a [`Report`]. What the truth holds and the
//! answer lacks scores 0. Of a causal answer a chord starts at the earliest 250 ms before it was known.
//!
//! ```
//! use kmidi_studio::eval::audio::{Answer, Truth, aggregate, score};
//!
//! let truth: Truth = serde_json::from_str(
//!     r#"{"id": "a", "set": "S", "end": 4.0, "onsets": [0.5, 1.0], "key": "C major", "chords": [[0.5, 4.0, "C"]]}"#,
//! )?;
//! let answer: Answer = serde_json::from_str(r#"{"onsets": [0.51, 2.0], "key": {"label": "G:maj"}}"#)?;
//! let report = aggregate(&[score(&truth, &answer)?], false);
//! assert_eq!(report.metrics()["onset_f50"], Some(0.5));
//! assert_eq!(report.metrics()["key_weighted"], Some(0.5));
//! assert_eq!(report.metrics()["chord_root"], Some(0.0));
//! assert_eq!(report.lines()[1], "key      all  n= 1  keyW 0.500  keyX 0.000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod data;
mod report;

pub use data::{Answer, Chord, Key, Meter, Swing, Tempo, TrueChord, TrueSwing, Truth};
pub use report::{Bin, Document, Figure, Group, Report, aggregate};

use super::chord::Segment;
use super::events::MAX_TIME;
use super::{Error, Ratio, beat, chord, key, live, onset, swing, tempo};

/// How long before it was known a causal chord may start, in seconds.
pub const GRACE: f64 = 0.25;

/// The figures of one piece. A task that the truth does not ask is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// The piece's set.
    pub set: String,
    /// Onsets.
    pub onset: Option<onset::Scores>,
    /// Beats.
    pub beat: Option<beat::Scores>,
    /// F of downbeats.
    pub downbeat_f: Option<f64>,
    /// Tempo, where it is stable.
    pub tempo: Option<tempo::Scores>,
    /// Weighted key score.
    pub key: Option<f64>,
    /// Chords.
    pub chord: Option<chord::Scores>,
    /// Distance from the swing ratio; lower is better.
    pub swing_error: Option<f64>,
    /// Whether beats a bar are right.
    pub meter: Option<bool>,
    /// What a live answer adds.
    pub live: Live,
    /// Seconds of chords by confidence in tenths, asked and right by the rule for sevenths.
    pub sure: [Ratio; 10],
}

/// Figures of one piece about a live answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// Seconds until the beat is locked, `Some(None)` when it never is; `None` when the truth has no beats.
    pub lock: Option<Option<f64>>,
    /// The right onsets, where the answer says when each was known.
    pub onsets: Option<Vec<live::Heard>>,
    /// How late each right beat was known, in milliseconds.
    pub beats_late_ms: Vec<f64>,
    /// How often the tempo that was told flipped to another octave, and how many minutes it was listened to.
    pub flips: Ratio,
    /// Chords from the moment each was known, where the answer says so for all of them.
    pub chords: Option<chord::Scores>,
}

/// Scores the answer for one piece. An answer that is missing is [`Answer::default`].
///
/// # Errors
/// [`Error`] for times that are not finite or absurdly late, and for chords of the truth that cannot be read.
pub fn score(truth: &Truth, answer: &Answer) -> Result<Scores, Error> {
    super::events::finite("truth end", &[truth.end])?;
    let asked = |list: &[f64]| !list.is_empty();
    let onset = asked(&truth.onsets).then(|| onset::measure(&truth.onsets, &answer.onsets, truth.end));
    let beat = asked(&truth.beats).then(|| beat::measure(&truth.beats, &answer.beats, truth.end));
    let downbeat = asked(&truth.downbeats).then(|| beat::downbeats(&truth.downbeats, &answer.downbeats));
    let bpm = answer.tempo.as_ref().and_then(|t| t.bpm);
    let label = answer.key.as_ref().and_then(|k| k.label.as_deref());
    let reference = true_chords(truth);
    let chords: Vec<Segment<'_>> = answer.chords.iter().map(not_before_known).collect();
    let chord = (!reference.is_empty()).then(|| chord::measure(&reference, &chords));
    let ratio = truth.swing.map_or(1.0, |s| s.ratio);
    let percent = answer.swing.and_then(|s| s.percent);
    Ok(Scores {
        set: truth.set.clone(),
        onset: onset.transpose()?,
        beat: beat.transpose()?,
        downbeat_f: downbeat.transpose()?,
        tempo: truth.tempo.filter(|_| truth.tempo_exact).map(|bpm_truth| tempo::measure(bpm_truth, bpm)),
        key: truth.key.as_deref().filter(|key| !key.is_empty()).map(|key| key::measure(key, label)),
        chord: chord.transpose()?,
        swing_error: swing::is_asked(&truth.id).then(|| swing::measure(ratio, percent)),
        meter: truth.meter.map(|beats| answer.meter.is_some_and(|told| felt(told) == Some(beats))),
        live: score_live(truth, answer, &reference)?,
        sure: by_confidence(answer, &reference),
    })
}

fn felt(told: Meter) -> Option<u8> {
    kmidi_music::Meter::new(told.numerator, told.denominator).map(kmidi_music::Meter::felt_beats)
}

fn by_confidence(answer: &Answer, reference: &[Segment<'_>]) -> [Ratio; 10] {
    let mut bins = [Ratio::default(); 10];
    for chord in &answer.chords {
        if let Some(confidence) = chord.confidence {
            let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
            let heard = chord::sevenths_within(reference, not_before_known(chord));
            *bin = Ratio::pooled([*bin, heard]);
        }
    }
    bins
}

fn score_live(truth: &Truth, answer: &Answer, reference: &[Segment<'_>]) -> Result<Live, Error> {
    let timed: Option<Vec<(Segment<'_>, f64)>> =
        answer.chords.iter().map(|c| Some((segment(c), c.known?))).collect();
    let chords = timed.filter(|told| !told.is_empty() && !reference.is_empty());
    let chords = chords.map(|told| chord::measure(reference, &live::as_known(&told)?));
    let reported = !(truth.onsets.is_empty() || answer.onsets.is_empty() || answer.onsets_known.is_empty());
    let onsets = reported.then(|| live::heard(&truth.onsets, &answer.onsets, &answer.onsets_known));
    Ok(Live {
        lock: (!truth.beats.is_empty()).then(|| live::lock(&truth.beats, &answer.beats)).transpose()?,
        onsets: onsets.transpose()?,
        flips: live::flips(truth.end, answer.tempo.as_ref(), &answer.beats_known),
        beats_late_ms: live::beats_late_ms(&truth.beats, &answer.beats, &answer.beats_known)?,
        chords: chords.transpose()?,
    })
}

fn true_chords(truth: &Truth) -> Vec<Segment<'_>> {
    truth.chords.iter().map(|c| Segment { start: c.start, end: c.end, label: &c.label }).collect()
}

fn segment(chord: &Chord) -> Segment<'_> {
    Segment { start: chord.start, end: chord.end, label: &chord.label }
}

fn not_before_known(chord: &Chord) -> Segment<'_> {
    let start = chord.known.map_or(chord.start, |known| chord.start.max(known - GRACE));
    Segment { start, ..segment(chord) }
}

/// The simple baselines on the same pieces: `metronome-120`, which is [`Answer::metronome`].
///
/// # Errors
/// Those of [`score`] that the truth causes.
pub fn baselines(truths: &[Truth], by_set: bool) -> Result<Vec<(&'static str, Report)>, Error> {
    let scores = truths.iter().map(|truth| score(truth, &Answer::metronome(truth.end)));
    Ok(vec![("metronome-120", aggregate(&scores.collect::<Result<Vec<_>, _>>()?, by_set))])
}
