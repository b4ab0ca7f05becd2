//! `kmidi eval audio`.

use super::Bounds;
use crate::args::EvalAudio;
use crate::{Stop, output, show};
use kmidi::{Evaluation, Piece};
use serde_json::json;

pub(crate) fn run(args: &EvalAudio) -> Result<(), Stop> {
    let bounds = Bounds::read(&args.min)?;
    output::no_stdout([&args.predictions])?;
    output::check([&args.json, &args.predictions].into_iter().filter_map(|path| path.as_deref()), &[])?;
    let ask = kmidi::Ask { causal: args.causal, midi: args.midi, limit: args.limit };
    let bar = show::bar(0, "listening");
    let progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let evaluation = kmidi::evaluate_audio(&args.folder, ask, &progress);
    bar.finish_and_clear();
    let evaluation = evaluation?;
    let metrics = evaluation.report.metrics();
    bounds.known(metrics.keys().copied())?;
    save(args, &evaluation)?;
    if !evaluation.silent.is_empty() {
        let count = evaluation.silent.len();
        show::tell(&format!("truths without anything to hear were not asked: {count}"), false);
    }
    let (held, fallen) = bounds.judge(|name| metrics.get(name).copied().flatten());
    if !args.json.as_deref().is_some_and(output::is_stdout) {
        let lines: Vec<String> =
            evaluation.report.table(&evaluation.baselines).into_iter().chain(held).collect();
        show::print(&(lines.join("\n") + "\n"))?;
    }
    fallen
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
