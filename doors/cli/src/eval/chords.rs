//! `kmidi eval chord-name`, `key-track`, `roman`: labelled chord sequences.

use super::Bounds;
use crate::args::EvalChords;
use crate::{Stop, output, show};
use kmidi::studio::eval::harmony::{Piece, Report};
use serde_json::json;

pub(crate) fn run(args: &EvalChords, task: &str, evaluate: fn(&[Piece]) -> Report) -> Result<(), Stop> {
    let bounds = Bounds::read(&args.min)?;
    output::no_stdout([&args.predictions])?;
    let outputs = [&args.json, &args.predictions];
    output::check(outputs.into_iter().filter_map(|path| path.as_deref()), &[&args.file])?;
    let mut pieces = kmidi::labelled(&args.file)?;
    pieces.truncate(args.limit.unwrap_or(usize::MAX));
    let report = evaluate(&pieces);
    if report.items == 0 {
        let file = args.file.display();
        return Err(Stop::Input(format!(
            "{file}: nothing in it can be asked; {task} needs chords with their truth"
        )));
    }
    bounds.known(report.metrics.keys().copied())?;
    if let Some(path) = &args.json {
        let document = json!({
            "schema": "kmidi.eval/1", "task": task, "file": args.file.display().to_string(), "items": report.items,
            "metrics": report.metrics, "baselines": report.baselines, "calibration": report.calibration,
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
    let mut lines = vec![format!("{task}: {} chords of {} pieces", report.items, report.pieces)];
    lines.push(names.iter().fold(" ".repeat(width), |line, name| format!("{line}  {name:>7}")));
    for (system, metrics) in systems {
        let cell = |name: &&str| {
            let text = metrics.get(name).map_or("-".to_owned(), |value| format!("{value:.4}"));
            format!("  {text:>at_least$}", at_least = name.len().max(7))
        };
        lines.push(format!("{system:<width$}{}", names.iter().map(cell).collect::<String>()));
    }
    if !report.calibration.is_empty() {
        lines.push("confidence  answers  right".to_owned());
        let row = |bin: &kmidi::studio::eval::harmony::Bin| {
            format!("{:.1} to {:.1}  {:>7}  {:.3}", bin.from, bin.to, bin.answers, bin.right)
        };
        lines.extend(report.calibration.iter().map(row));
    }
    lines
}
