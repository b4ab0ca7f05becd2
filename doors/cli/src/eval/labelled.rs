//! `kmidi eval` over labelled records: the tasks over chord sequences, and those of the models.

use super::Bounds;
use crate::args::{EvalLabelled, EvalModel, EvalSongs};
use crate::{Stop, output, show};
use kmidi::neural::LoadError;
use kmidi::studio::eval::harmony::Piece;
use kmidi::studio::eval::{Bin, Report, calibration_error, songs};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::path::Path;

/// Reads the records of a file.
type Read<T> = fn(&Path) -> kmidi::Result<Vec<T>>;

/// A task of the engine over chord sequences.
pub(crate) fn engine(args: &EvalLabelled, task: &str, evaluate: fn(&[Piece]) -> Report) -> Result<(), Stop> {
    run(args, task, None, read, |records| Ok(evaluate(&records)))
}

/// A task of the engine that has simple baselines counted on the training split.
pub(crate) fn rules<T: DeserializeOwned>(
    args: &EvalLabelled,
    task: &str,
    evaluate: fn(&[T], Option<&[T]>) -> Report,
) -> Result<(), Stop> {
    run(args, task, None, read, |records| Ok(evaluate(&records, training(args, read)?.as_deref())))
}

/// Records as JSON, a line each.
fn read<T: DeserializeOwned>(path: &Path) -> kmidi::Result<Vec<T>> {
    kmidi::labelled(path)
}

/// The training split beside the records, where there is one.
fn training<T>(args: &EvalLabelled, read: Read<T>) -> Result<Option<Vec<T>>, Stop> {
    Ok(kmidi::training_split(&args.file).map(|file| read(&file)).transpose()?)
}

/// What an evaluation of a model is given: records, the training split for simple baselines where there is one, the ONNX file.
pub(crate) type Evaluate<T> = fn(&[T], Option<&[T]>, &[u8]) -> Result<Report, LoadError>;

/// A task of the model of that name.
pub(crate) fn model<T: DeserializeOwned>(
    args: &EvalModel,
    task: &str,
    model: &str,
    evaluate: Evaluate<T>,
) -> Result<(), Stop> {
    model_of(args, task, model, read, evaluate)
}

/// As [`model`], over records that `read` reads.
pub(crate) fn model_of<T>(
    args: &EvalModel,
    task: &str,
    model: &str,
    read: Read<T>,
    evaluate: Evaluate<T>,
) -> Result<(), Stop> {
    let weights = kmidi::weights(model, &args.weights)?;
    run(&args.labelled, task, Some(&args.weights), read, |records| {
        let train = training(&args.labelled, read)?;
        evaluate(&records, train.as_deref(), &weights)
            .map_err(|error| Stop::Input(format!("{model}, weights {:?}: {error}", args.weights)))
    })
}

/// Composed songs beside labelled pieces.
pub(crate) fn songs(args: &EvalSongs) -> Result<(), Stop> {
    let style = kmidi::style(&args.style)?;
    run(&args.labelled, "songs", None, read, |records| {
        let train = training(&args.labelled, read)?;
        songs::evaluate(&records, train.as_deref(), &style, args.songs.into())
            .map_err(|error| Stop::Usage(error.to_string()))
    })
}

fn run<T>(
    args: &EvalLabelled,
    task: &str,
    weights: Option<&str>,
    read: Read<T>,
    evaluate: impl FnOnce(Vec<T>) -> Result<Report, Stop>,
) -> Result<(), Stop> {
    let bounds = Bounds::read(&args.min)?;
    output::no_stdout([&args.predictions])?;
    let outputs = [&args.json, &args.predictions];
    output::check(outputs.into_iter().filter_map(|path| path.as_deref()), &[&args.file])?;
    let mut records = read(&args.file)?;
    records.truncate(args.limit.unwrap_or(usize::MAX));
    let report = evaluate(records)?;
    if report.items == 0 {
        let file = args.file.display();
        return Err(Stop::Input(format!(
            "{file}: nothing in it can be asked; {task} needs records with their truth"
        )));
    }
    bounds.known(report.metrics.keys().copied())?;
    if let Some(path) = &args.json {
        let document = json!({
            "schema": "kmidi.eval/1", "task": task, "file": args.file.display().to_string(), "items": report.items,
            "weights": weights, "metrics": report.metrics, "intervals": report.intervals, "baselines": report.baselines, "calibration": report.calibration,
            "ece": calibration_error(&report.calibration),
        });
        output::json(path, &document)?;
    }
    if let Some(path) = &args.predictions {
        output::text_file(
            path,
            &report.predictions.iter().map(output::json_line).collect::<Result<String, _>>()?,
        )?;
    }
    let (held, verdict) = bounds.judge(|name| report.metrics.get(name).copied());
    if !args.json.as_deref().is_some_and(output::is_stdout) {
        let lines: Vec<String> = table(task, &report).into_iter().chain(held).collect();
        show::print(&(lines.join("\n") + "\n"))?;
    }
    verdict
}

/// The figures, the baselines beneath each, and how often answers of each confidence are right.
fn table(task: &str, report: &Report) -> Vec<String> {
    let names: Vec<&str> = report.metrics.keys().copied().collect();
    let systems =
        std::iter::once(("kmidi", &report.metrics)).chain(report.baselines.iter().map(|(&n, m)| (n, m)));
    let width = systems.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut lines = vec![format!("{task}: {} {} of {} pieces", report.items, report.unit, report.pieces)];
    lines.push(names.iter().fold(" ".repeat(width), |line, name| format!("{line}  {name:>7}")));
    for (system, metrics) in systems {
        let cell = |name: &&str| {
            let text = metrics.get(name).map_or("-".to_owned(), |value| format!("{value:.4}"));
            format!("  {text:>at_least$}", at_least = name.len().max(7))
        };
        lines.push(format!("{system:<width$}{}", names.iter().map(cell).collect::<String>()));
    }
    if !report.intervals.is_empty() {
        let row = |(name, (low, high)): (&&str, &(f64, f64))| {
            format!("{name}: {low:.4} to {high:.4} in 95 of 100 draws of pieces")
        };
        lines.extend(report.intervals.iter().map(row));
    }
    if let Some(error) = calibration_error(&report.calibration) {
        lines.push(format!("expected calibration error {error:.4}"));
        lines.push("confidence  answers  right".to_owned());
        let row =
            |bin: &Bin| format!("{:.1} to {:.1}  {:>7}  {:.3}", bin.from, bin.to, bin.answers, bin.right);
        lines.extend(report.calibration.iter().map(row));
    }
    lines
}
