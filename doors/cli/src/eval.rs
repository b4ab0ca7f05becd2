//! `kmidi eval`.

mod audio;
mod labelled;

use crate::Stop;
use crate::args::{Eval, Task};
use kmidi::studio::eval::{
    dynamics, emotion_audio, emotion_midi, emotion_text, groove, harmonize, harmony, next_chord, next_note,
};

pub(crate) fn run(args: &Eval) -> Result<(), Stop> {
    match &args.task {
        Task::Audio(args) => audio::run(args),
        Task::ChordName(args) => labelled::engine(args, "chord-name", harmony::name::evaluate),
        Task::KeyTrack(args) => labelled::engine(args, "key-track", harmony::key::evaluate),
        Task::Roman(args) => labelled::engine(args, "roman", harmony::roman::evaluate),
        Task::EmotionMidi(args) if args.weights == "default" => {
            labelled::rules(&args.labelled, "emotion-midi", emotion_midi::evaluate)
        }
        Task::EmotionMidi(args) => {
            labelled::model(args, "emotion-midi", "emotion", emotion_midi::evaluate_model)
        }
        Task::EmotionAudio(args) => labelled::model_of(
            args,
            "emotion-audio",
            "emotion-sound",
            |path| kmidi::mel_clips(path),
            emotion_audio::evaluate,
        ),
        Task::EmotionText(args) => labelled::model(args, "emotion-text", "text", emotion_text::evaluate),
        Task::Groove(args) => labelled::model(args, "groove", "groove", groove::evaluate),
        Task::Dynamics(args) => labelled::model(args, "dynamics", "dynamics", dynamics::evaluate),
        Task::NextNote(args) => labelled::model(args, "next-note", "melody", next_note::evaluate),
        Task::NextChord(args) => labelled::model(args, "next-chord", "harmony", next_chord::evaluate),
        Task::Harmonize(args) => labelled::model(args, "harmonize", "harmonizer", harmonize::evaluate),
        Task::Songs(args) => labelled::songs(args),
    }
}

/// What `--min` asks.
#[derive(Debug)]
struct Bounds(Vec<Bound>);

impl Bounds {
    fn read(texts: &[String]) -> Result<Self, Stop> {
        texts.iter().map(|text| bound(text)).collect::<Result<_, _>>().map(Self)
    }

    /// Fails for a figure that is not among `names`.
    fn known(&self, names: impl Iterator<Item = &'static str>) -> Result<(), Stop> {
        let names: Vec<&str> = names.collect();
        match self.0.iter().find(|bound| !names.contains(&bound.metric.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let (asked, known) = (&unknown.metric, names.join(", "));
                Err(Stop::Usage(format!("--min: there is no figure {asked:?} here; there are {known}")))
            }
        }
    }

    /// Lines about those that are kept, and the verdict.
    fn judge(&self, value: impl Fn(&str) -> Option<f64>) -> (Vec<String>, Result<(), Stop>) {
        let judged = self.0.iter().map(|bound| bound.judge(value(&bound.metric)));
        let (held, fallen): (Vec<_>, Vec<_>) = judged.partition(|verdict| verdict.0);
        let held = held.into_iter().map(|(_, text)| format!("held: {text}")).collect();
        let fallen: Vec<String> = fallen.into_iter().map(|(_, text)| text).collect();
        let verdict = match fallen.is_empty() {
            true => Ok(()),
            false => Err(Stop::Below(format!("fallen: {}", fallen.join("; ")))),
        };
        (held, verdict)
    }
}

/// What a figure must keep.
#[derive(Debug)]
struct Bound {
    metric: String,
    limit: f64,
}

/// Reads `METRIC=X`.
fn bound(text: &str) -> Result<Bound, Stop> {
    let parsed = text.split_once('=').and_then(|(metric, limit)| {
        let limit = limit.trim().parse().ok().filter(|limit: &f64| limit.is_finite())?;
        Some(Bound { metric: metric.trim().to_owned(), limit })
    });
    parsed.ok_or_else(|| Stop::Usage(format!("--min: {text:?} is not METRIC=X, such as chord_majmin=0.8")))
}

impl Bound {
    /// Of errors and times less is better, and the bound is the most.
    fn is_ceiling(&self) -> bool {
        ["nats", "js", "energy", "run"].contains(&self.metric.as_str())
            || kmidi::studio::eval::songs::NAMES.contains(&self.metric.as_str())
            || ["_mae", "_mse", "_ms", "_s", "_w1", "_a_minute"]
                .iter()
                .any(|ending| self.metric.ends_with(ending))
    }

    /// Is it kept, and how to say so. A bias counts by its size; a figure that is not known keeps nothing.
    fn judge(&self, value: Option<f64>) -> (bool, String) {
        let (words, kept) = match self.is_ceiling() {
            true => ("at most", value.is_some_and(|value| value.abs() <= self.limit)),
            false => ("at least", value.is_some_and(|value| value >= self.limit)),
        };
        let value = value.map_or("not known".to_owned(), |value| format!("{value:.4}"));
        (kept, format!("{} is {value}, must be {words} {}", self.metric, self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_floors_for_scores_and_ceilings_for_errors() {
        let metrics = std::collections::BTreeMap::from([
            ("beat_f", Some(0.7)),
            ("swing_mae", Some(0.1)),
            ("onset_bias_ms", Some(-6.0)),
            ("lock_median_s", None),
        ]);
        for (text, kept) in [
            ("beat_f=0.7", true),
            ("beat_f=0.71", false),
            ("swing_mae=0.1", true),
            ("swing_mae=0.09", false),
            ("onset_bias_ms=5", false),
            ("onset_bias_ms=6", true),
            ("lock_median_s=9", false),
        ] {
            assert_eq!(
                {
                    let bound = bound(text).unwrap();
                    bound.judge(metrics[bound.metric.as_str()]).0
                },
                kept,
                "{text}"
            );
        }
        for text in ["", "beat_f", "beat_f=", "beat_f=x", "beat_f=nan"] {
            assert!(matches!(bound(text), Err(Stop::Usage(_))), "{text}");
        }
    }
}
