//! `kmidi eval`.

use crate::args::{Eval, EvalAudio, Task};
use crate::{Stop, output, show};
use kmidi::{Evaluation, Piece};
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) fn run(args: &Eval) -> Result<(), Stop> {
    let Task::Audio(audio) = &args.task;
    run_audio(audio)
}

fn run_audio(args: &EvalAudio) -> Result<(), Stop> {
    let bounds = args.min.iter().map(|text| bound(text)).collect::<Result<Vec<_>, _>>()?;
    output::no_stdout([&args.predictions])?;
    output::check([&args.json, &args.predictions].into_iter().filter_map(|path| path.as_deref()), &[])?;
    let bar = show::bar(0, "listening");
    let progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let evaluation = kmidi::evaluate_audio(&args.folder, args.causal, args.limit, &progress);
    bar.finish_and_clear();
    let evaluation = evaluation?;
    let metrics = evaluation.report.metrics();
    if let Some(unknown) = bounds.iter().find(|bound| !metrics.contains_key(bound.metric.as_str())) {
        let known: Vec<&str> = metrics.keys().copied().collect();
        let (asked, known) = (&unknown.metric, known.join(", "));
        return Err(Stop::Usage(format!("--min: there is no figure {asked:?} here; there are {known}")));
    }
    save(args, &evaluation)?;
    if !evaluation.silent.is_empty() {
        let count = evaluation.silent.len();
        show::tell(&format!("truths without their sound (NAME.wav) were not asked: {count}"), false);
    }
    let (held, fallen): (Vec<_>, Vec<_>) =
        bounds.iter().map(|bound| bound.judge(&metrics)).partition(|verdict| verdict.0);
    if !args.json.as_deref().is_some_and(output::is_stdout) {
        let held = held.iter().map(|(_, text)| format!("held: {text}"));
        let lines: Vec<String> =
            evaluation.report.table(&evaluation.baselines).into_iter().chain(held).collect();
        show::print(&(lines.join("\n") + "\n"))?;
    }
    let fallen: Vec<String> = fallen.into_iter().map(|(_, text)| text).collect();
    if fallen.is_empty() { Ok(()) } else { Err(Stop::Below(format!("fallen: {}", fallen.join("; ")))) }
}

fn save(args: &EvalAudio, evaluation: &Evaluation) -> Result<(), Stop> {
    if let Some(path) = &args.json {
        let folder = args.folder.display().to_string();
        output::json(path, &evaluation.report.document(&folder, &evaluation.baselines))?;
    }
    if let Some(path) = &args.predictions {
        let line =
            |piece: &Piece| output::json_line(&json!({"id": piece.id, "index": 0, "answer": piece.answer}));
        output::text_file(path, &evaluation.pieces.iter().map(line).collect::<Result<String, _>>()?)?;
    }
    Ok(())
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
        ["_mae", "_ms", "_s"].iter().any(|ending| self.metric.ends_with(ending))
    }

    /// Is it kept, and how to say so. A bias counts by its size; a figure that is not known keeps nothing.
    fn judge(&self, metrics: &BTreeMap<&'static str, Option<f64>>) -> (bool, String) {
        let value = metrics.get(self.metric.as_str()).copied().flatten();
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
        let metrics = BTreeMap::from([
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
            assert_eq!(bound(text).unwrap().judge(&metrics).0, kept, "{text}");
        }
        for text in ["", "beat_f", "beat_f=", "beat_f=x", "beat_f=nan"] {
            assert!(matches!(bound(text), Err(Stop::Usage(_))), "{text}");
        }
    }
}
