//! Emotion of played notes: the task `emotion-midi` of `kmidi eval`.
//!
//! Records are those of EMOPIA (Hung et al. 2021; a quadrant a clip) and VGMIDI (Ferreira and Whitehead 2019; the mean of raters' curves over the first
//! `annotated_s` seconds, after which notes are cut).
//!
//! | figure | meaning |
//! |---|---|
//! | `quadrant` | the quadrant of the valence-arousal plane is right |
//! | `valence_acc`, `arousal_acc` | the side of the axis is right, where a quadrant is given |
//! | `valence_r`, `arousal_r` | Pearson's correlation with the truth, 0 for a constant |
//!
//! The baseline `majority` is the most frequent side of each axis in the training split; beside a model stand the `rules`, the engine's cues.

use super::felt::{self, Felt, Rated};
use super::{Columns, Report};
use kmidi_engine::emotion::{Tally, confidence};
use kmidi_music::Affect;
use kmidi_neural::LoadError;
use kmidi_neural::emotion::{CUES, Emotion, passages};
use serde::Deserialize;

/// Notes with what people felt.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Clip {
    /// Its name, unique in its set.
    pub id: String,
    /// What it was cut from; clips of one song are alike.
    #[serde(default)]
    pub group: String,
    /// The notes.
    pub notes: Vec<Played>,
    /// Moves of the sustain pedal: seconds and value.
    #[serde(default)]
    pub pedal: Vec<(f32, f32)>,
    /// -1 to 1.
    pub valence: f32,
    /// -1 to 1.
    pub arousal: f32,
    /// 1 to 4, where that is all that was asked.
    #[serde(default)]
    pub quadrant: Option<u8>,
    /// What was rated, seconds from the start; all without it.
    #[serde(default)]
    pub annotated_s: Option<f32>,
}

/// Onset and duration (seconds), MIDI note number, velocity.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Played(pub f32, pub f32, pub u8, pub u8);

impl Clip {
    /// The notes that were rated; all where none begins in that time.
    #[must_use]
    pub fn rated(&self) -> Vec<Played> {
        let end = self.annotated_s.unwrap_or(f32::INFINITY);
        let inside: Vec<Played> = self.notes.iter().copied().filter(|note| note.0 < end).collect();
        if inside.is_empty() { self.notes.clone() } else { inside }
    }

    /// What was rated, as the model takes it.
    fn shown(&self) -> (Vec<kmidi_neural::emotion::Played>, usize) {
        let note = |&Played(onset, duration, pitch, velocity): &Played| kmidi_neural::emotion::Played {
            onset,
            duration,
            pitch,
            velocity,
        };
        let end = self.annotated_s.unwrap_or(f32::INFINITY);
        let pedals = self.pedal.iter().filter(|pedal| pedal.0 < end).count();
        (self.rated().iter().map(note).collect(), pedals)
    }
}

impl Rated for Clip {
    fn id(&self) -> &str {
        &self.id
    }
    fn group(&self) -> &str {
        &self.group
    }
    fn quadrant(&self) -> Option<u8> {
        self.quadrant
    }
    fn point(&self) -> (f32, f32) {
        (self.valence, self.arousal)
    }
}

/// A row a passage: the number of its clip, what the model is shown, the truth; a quadrant of 0 where only valence and arousal were asked.
#[must_use]
pub fn examples(clips: &[Clip]) -> Columns {
    let mut columns =
        Columns::new(&[("clip", 1), ("cues", CUES), ("quadrant", 1), ("valence", 1), ("arousal", 1)]);
    for (number, clip) in clips.iter().enumerate() {
        let (mut notes, pedals) = clip.shown();
        let quadrant = f32::from(clip.quadrant.unwrap_or(0));
        // A clip without notes has no row.
        let _ = passages(&mut notes, pedals, |cues| {
            columns.push(&[&[number as f32], cues, &[quadrant], &[clip.valence], &[clip.arousal]]);
        });
    }
    columns
}

/// What the engine's cues say of notes.
#[must_use]
pub fn by_cues(notes: &[Played]) -> Felt {
    let mut tally = Tally::default();
    notes.iter().for_each(|note| tally.hear(note.0, note.1, note.2, note.3));
    let affect = tally.cues().map_or(Affect::default(), |cues| cues.affect());
    Felt::at(affect, confidence(affect))
}

/// Scores the engine's cues.
#[must_use]
pub fn evaluate(clips: &[Clip], train: Option<&[Clip]>) -> Report {
    let asked: Vec<&Clip> = clips.iter().filter(|clip| !clip.notes.is_empty()).collect();
    let answers: Vec<Felt> = asked.iter().map(|clip| by_cues(&clip.rated())).collect();
    felt::report(&asked, &answers, train)
}

/// Scores the model of that ONNX file.
///
/// # Errors
///
/// A [`LoadError`] where the network is not one for this.
pub fn evaluate_model(clips: &[Clip], train: Option<&[Clip]>, onnx: &[u8]) -> Result<Report, LoadError> {
    let mut model = Emotion::new(onnx)?;
    let asked: Vec<&Clip> = clips.iter().filter(|clip| !clip.notes.is_empty()).collect();
    let mut answer = |clip: &&Clip| {
        let (mut notes, pedals) = clip.shown();
        model.feel(&mut notes, pedals).map_or(Felt::default(), |felt| {
            let (quadrant, confidence) = felt.likeliest();
            Felt { affect: felt.affect, quadrant, confidence }
        })
    };
    let answers: Vec<Felt> = asked.iter().map(&mut answer).collect();
    let rules: Vec<Felt> = asked.iter().map(|clip| by_cues(&clip.rated())).collect();
    let mut report = felt::report(&asked, &answers, train);
    report.baselines.insert("rules", felt::figures(&asked, &rules));
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(quadrant: u8, notes: &[Played]) -> Clip {
        let side = |high: bool| if high { 1.0 } else { -1.0 };
        Clip {
            id: format!("{quadrant}"),
            group: String::new(),
            notes: notes.to_vec(),
            pedal: Vec::new(),
            valence: side(quadrant == 1 || quadrant == 4),
            arousal: side(quadrant < 3),
            quadrant: Some(quadrant),
            annotated_s: None,
        }
    }

    /// Triads for 20 s.
    fn notes(third: u8, rate: f32, velocity: u8) -> Vec<Played> {
        let chord =
            |n: usize| [0, third, 7].map(|by| Played(n as f32 / rate, 0.9 / rate, 60 + by, velocity + by));
        (0..(20.0 * rate) as usize).flat_map(chord).collect()
    }

    #[test]
    fn plain_quadrants_are_found_and_wrong_truth_is_noticed() {
        let clips = [
            clip(1, &notes(4, 5.0, 95)),
            clip(2, &notes(3, 5.0, 95)),
            clip(3, &notes(3, 0.8, 40)),
            clip(4, &notes(4, 0.8, 40)),
        ];
        let report = evaluate(&clips, Some(&clips));
        for figure in ["quadrant", "valence_acc", "arousal_acc"] {
            assert_eq!(report.metrics[figure], 1.0, "{figure}");
        }
        assert!(report.metrics["valence_r"] > 0.9 && report.metrics["arousal_r"] > 0.9);
        assert_eq!((report.items, report.baselines["majority"]["quadrant"]), (4, 0.25));
        assert_eq!(report.baselines["majority"]["valence_r"], 0.0);
        let crossed = [clip(3, &notes(4, 5.0, 95)), clips[0].clone()];
        let report = evaluate(&crossed, None);
        assert_eq!((report.metrics["quadrant"], report.metrics["valence_acc"]), (0.5, 0.5));
    }

    #[test]
    fn the_model_is_shown_a_row_a_clip() {
        let clips = [clip(2, &notes(3, 2.0, 60)), clip(1, &[]), clip(4, &notes(4, 0.5, 60))];
        let columns = examples(&clips);
        assert_eq!(columns.rows(), 2);
        assert_eq!(
            (&columns.columns()[0].values[..], &columns.columns()[2].values[..]),
            (&[0.0, 2.0][..], &[2.0, 4.0][..])
        );
        assert!(evaluate_model(&clips, None, b"no network").is_err());
    }

    #[test]
    fn what_was_not_rated_is_not_heard() {
        let line = r#"{"id":"g/1","notes":[[0,1,60,70],[5,1,64,80],[9.5,1,67,90]],"valence":0.3,"arousal":-0.1,"annotated_s":6.0}"#;
        let clip: Clip = serde_json::from_str(line).unwrap();
        assert_eq!(clip.rated().len(), 2);
        assert_eq!(Clip { annotated_s: Some(0.0), ..clip.clone() }.rated().len(), 3);
        let report = evaluate(&[clip.clone(), Clip { notes: Vec::new(), ..clip }], None);
        assert_eq!(report.items, 1);
        assert!(!report.metrics.contains_key("quadrant") && report.metrics.contains_key("valence_r"));
        assert!(report.calibration.is_empty() && report.intervals.is_empty());
    }
}
