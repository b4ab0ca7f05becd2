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

use super::report::{Calibration, interval};
use super::{Columns, Prediction, Report};
use kmidi_engine::emotion::{Tally, confidence};
use kmidi_music::Affect;
use kmidi_neural::LoadError;
use kmidi_neural::emotion::{CUES, Emotion, encode};
use serde::Deserialize;
use std::collections::BTreeMap;

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

/// A row a clip: its number, what the model is shown, the truth; a quadrant of 0 where only valence and arousal were asked.
#[must_use]
pub fn examples(clips: &[Clip]) -> Columns {
    let mut columns =
        Columns::new(&[("clip", 1), ("cues", CUES), ("quadrant", 1), ("valence", 1), ("arousal", 1)]);
    for (number, clip) in clips.iter().enumerate() {
        let (mut notes, pedals) = clip.shown();
        let Some(cues) = encode(&mut notes, pedals) else { continue };
        let quadrant = f32::from(clip.quadrant.unwrap_or(0));
        columns.push(&[&[number as f32], &cues, &[quadrant], &[clip.valence], &[clip.arousal]]);
    }
    columns
}

/// What a system says of a clip: the point, and how likely its quadrant is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Felt {
    /// Valence and arousal.
    pub affect: Affect,
    /// 1 to 4.
    pub quadrant: u8,
    /// 0 to 1.
    pub confidence: f32,
}

impl Felt {
    fn at(affect: Affect, confidence: f32) -> Self {
        Self { affect, quadrant: affect.quadrant(), confidence }
    }
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
    report(&asked, &answers, train)
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
    let mut report = report(&asked, &answers, train);
    report.baselines.insert("rules", figures(&asked, &rules));
    Ok(report)
}

fn report(asked: &[&Clip], answers: &[Felt], train: Option<&[Clip]>) -> Report {
    let mut calibration = Calibration::default();
    let mut songs: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut predictions = Vec::new();
    for (clip, felt) in asked.iter().zip(answers) {
        if let Some(quadrant) = clip.quadrant {
            let right = felt.quadrant == quadrant;
            calibration.add(felt.confidence, right);
            let song = songs.entry(if clip.group.is_empty() { &clip.id } else { &clip.group }).or_default();
            *song = (song.0 + f64::from(u8::from(right)), song.1 + 1.0);
        }
        let Affect { valence, arousal, .. } = felt.affect;
        predictions.push(Prediction {
            id: clip.id.clone(),
            index: 0,
            answer: Some(format!("{} {valence:.3} {arousal:.3}", felt.quadrant)),
            prob_of_truth: None,
            top: Vec::new(),
        });
    }
    let pieces: Vec<(f64, f64)> = songs.into_values().collect();
    let mut baselines = BTreeMap::new();
    if let Some(train) = train {
        baselines.insert("majority", figures(asked, &majority(train, asked.len())));
    }
    Report {
        pieces: asked.len(),
        unit: "clips",
        items: asked.len(),
        metrics: figures(asked, answers),
        intervals: if pieces.is_empty() { BTreeMap::new() } else { [("quadrant", interval(&pieces))].into() },
        baselines,
        calibration: calibration.bins(),
        predictions,
    }
}

/// Answers that are right most often in `train`; their quadrant is the one of the sides where no quadrant is more frequent.
fn majority(train: &[Clip], count: usize) -> Vec<Felt> {
    let side = |of: fn(&Clip) -> f32| {
        let high = train.iter().filter(|clip| of(clip) >= 0.0).count();
        if 2 * high >= train.len() { 1.0 } else { -1.0 }
    };
    let affect = Affect::new(side(|clip| clip.valence), side(|clip| clip.arousal), 0.0);
    vec![Felt::at(affect, 0.25); count]
}

fn figures(asked: &[&Clip], answers: &[Felt]) -> BTreeMap<&'static str, f64> {
    let mut figures = BTreeMap::new();
    let labelled: Vec<(&&Clip, &Felt)> =
        asked.iter().zip(answers).filter(|(clip, _)| clip.quadrant.is_some()).collect();
    let share = |is: fn(&Clip, &Felt) -> bool| {
        let right = labelled.iter().filter(|(clip, felt)| is(clip, felt)).count();
        right as f64 / labelled.len().max(1) as f64
    };
    if !labelled.is_empty() {
        figures.insert("quadrant", share(|clip, felt| clip.quadrant == Some(felt.quadrant)));
        figures.insert(
            "valence_acc",
            share(|clip, felt| (clip.valence >= 0.0) == (felt.quadrant == 1 || felt.quadrant == 4)),
        );
        figures.insert("arousal_acc", share(|clip, felt| (clip.arousal >= 0.0) == (felt.quadrant < 3)));
    }
    let r = |truth: fn(&Clip) -> f32, answer: fn(Affect) -> f32| {
        let pair = |(clip, felt): (&&Clip, &Felt)| (f64::from(truth(clip)), f64::from(answer(felt.affect)));
        super::report::correlation(asked.iter().zip(answers).map(pair))
    };
    figures.insert("valence_r", r(|clip| clip.valence, |affect| affect.valence));
    figures.insert("arousal_r", r(|clip| clip.arousal, |affect| affect.arousal));
    figures
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
