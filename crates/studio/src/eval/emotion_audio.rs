//! Emotion of sound: the task `emotion-audio` of `kmidi eval`.
//!
//! A clip is a row of mel frames ([`kmidi_engine::mel`]) with what people felt: EMOPIA (Hung et al. 2021) and VGMIDI (Ferreira and Whitehead 2019),
//! rendered. The figures are those of [`emotion_midi`](super::emotion_midi). The baseline `majority` is the most frequent side of each axis in the training
//! split; beside weights that learned from labels stand the `rules`: the weights that ship, with their fixed map.

use super::felt::{self, Felt, Rated};
use super::{Columns, Report};
use kmidi_engine::emotion::confidence;
use kmidi_engine::mel::{BANDS, MelFrames};
use kmidi_neural::LoadError;
use kmidi_neural::emotion::sound::Sound;
use kmidi_neural::shipped;

/// Sound, as frames, with what people felt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clip {
    /// Its name, unique in its set.
    pub id: String,
    /// What it was cut from; clips of one song are alike.
    pub group: String,
    /// 1 to 4, where a quadrant was asked.
    pub quadrant: Option<u8>,
    /// -1 to 1.
    pub valence: f32,
    /// -1 to 1.
    pub arousal: f32,
    /// Its frames.
    pub frames: Vec<[u8; BANDS]>,
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

/// A row a frame: the number of its clip, its bands.
#[must_use]
pub fn examples(clips: &[Clip]) -> Columns {
    let mut columns = Columns::new(&[("clip", 1), ("mel", BANDS)]);
    for (number, clip) in clips.iter().enumerate() {
        clip.frames.iter().for_each(|frame| columns.push(&[&[number as f32], &frame.map(f32::from)]));
    }
    columns
}

/// The frames of mono samples at `sample_rate`.
///
/// # Errors
///
/// A [`ShapeError`](kmidi_engine::mel::ShapeError) for a rate that cannot be taken.
pub fn frames(sample_rate: u32, samples: &[f32]) -> Result<Vec<[u8; BANDS]>, kmidi_engine::mel::ShapeError> {
    let mut mel = MelFrames::new(sample_rate)?;
    let mut frames = Vec::new();
    samples.iter().for_each(|&sample| mel.push(f64::from(sample), |frame| frames.push(*frame)));
    Ok(frames)
}

/// Scores the model of that ONNX file.
///
/// # Errors
///
/// A [`LoadError`] where the network is not one for this.
pub fn evaluate(clips: &[Clip], train: Option<&[Clip]>, onnx: &[u8]) -> Result<Report, LoadError> {
    let asked: Vec<&Clip> = clips.iter().filter(|clip| !clip.frames.is_empty()).collect();
    let mut report = felt::report(&asked, &answers(&asked, onnx)?, train);
    if let Some(rules) = shipped("emotion-sound").filter(|&rules| rules != onnx) {
        report.baselines.insert("rules", felt::figures(&asked, &answers(&asked, rules)?));
    }
    Ok(report)
}

fn answers(clips: &[&Clip], onnx: &[u8]) -> Result<Vec<Felt>, LoadError> {
    let mut model = Sound::new(onnx)?;
    let answer = |clip: &&Clip| {
        model.reset();
        clip.frames.iter().for_each(|frame| model.hear(frame));
        model.feel().map_or(Felt::default(), |felt| {
            let (quadrant, sure) = felt.likeliest();
            match model.is_learned() {
                true => Felt { affect: felt.affect, quadrant, confidence: sure },
                false => Felt::at(felt.affect, confidence(felt.affect)),
            }
        })
    };
    Ok(clips.iter().map(answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Triads of sines with overtones, struck `rate` times a second for 20 s.
    fn sound(third: f64, rate: f64, level: f64) -> Vec<[u8; BANDS]> {
        let at = 22_050.0;
        let strike = |t: f64| (t * rate).fract() / rate;
        let tone = |t: f64, semitones: f64| -> f64 {
            let hertz = 261.6 * libm::exp2(semitones / 12.0);
            (1..6)
                .map(|k| {
                    let k = f64::from(k);
                    libm::sin(std::f64::consts::TAU * hertz * k * t) * libm::exp(-k * strike(t) * 3.0) / k / k
                })
                .sum()
        };
        let sample = |n: usize| {
            let t = n as f64 / at;
            (level * [0.0, third, 7.0, -12.0].iter().map(|&by| tone(t, by)).sum::<f64>()) as f32
        };
        frames(22_050, &(0..441_000).map(sample).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn quick_loud_major_is_told_from_slow_soft_minor() {
        let clip = |quadrant: u8, frames: Vec<[u8; BANDS]>| Clip {
            id: quadrant.to_string(),
            quadrant: Some(quadrant),
            valence: if quadrant == 1 { 1.0 } else { -1.0 },
            arousal: if quadrant == 1 { 1.0 } else { -1.0 },
            frames,
            ..Clip::default()
        };
        let clips = [clip(1, sound(4.0, 6.0, 0.15)), clip(3, sound(3.0, 0.7, 0.02)), clip(3, Vec::new())];
        let onnx = shipped("emotion-sound").unwrap();
        let report = evaluate(&clips, Some(&clips), onnx).unwrap();
        assert_eq!((report.items, report.metrics["arousal_acc"]), (2, 1.0), "{:?}", report.predictions);
        assert!(report.metrics["valence_r"] > 0.9 && report.metrics["arousal_r"] > 0.9);
        assert!(report.baselines.contains_key("majority") && !report.baselines.contains_key("rules"));
        let turned = [Clip { arousal: -1.0, ..clips[0].clone() }, Clip { arousal: 1.0, ..clips[1].clone() }];
        assert!(evaluate(&turned, None, onnx).unwrap().metrics["arousal_acc"] < 0.1);
        assert!(evaluate(&clips, None, b"no network").is_err());
        let columns = examples(&clips);
        assert_eq!(columns.rows(), clips[0].frames.len() + clips[1].frames.len());
    }
}
