//! `kmidi analyze`.

mod many;
mod summary;

use crate::args::Analyze;
use crate::{Stop, output, show};
use kmidi::{Analysis, Study};
use serde::Serialize;
use std::path::Path;

/// What `--json` writes about a file.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: String,
    #[serde(flatten)]
    analysis: &'a Analysis,
}

impl<'a> Document<'a> {
    fn new(file: &Path, analysis: &'a Analysis) -> Self {
        Self { schema: "kmidi.analysis/1", file: file.display().to_string(), analysis }
    }
}

pub(crate) fn run(args: &Analyze) -> Result<(), Stop> {
    match &args.files[..] {
        [file] if !file.is_dir() => one(args, file),
        _ => many::run(args),
    }
}

/// The answer that is asked for.
fn chosen(args: &Analyze, study: Study) -> Analysis {
    if args.causal { study.causal } else { study.whole }
}

fn one(args: &Analyze, file: &Path) -> Result<(), Stop> {
    output::no_stdout([&args.jams, &args.lab, &args.beats, &args.plot])?;
    let outputs = [&args.json, &args.jams, &args.lab, &args.beats, &args.plot];
    output::check(outputs.into_iter().filter_map(|path| path.as_deref()), &[file])?;
    let bar = show::bar(100, "listening");
    let study = kmidi::analyze(file, &|share| bar.set_position((share * 100.0) as u64));
    bar.finish_and_clear();
    let answer = chosen(args, study?);
    save(args, file, &answer)?;
    match &args.json {
        Some(path) if output::is_stdout(path) => Ok(()),
        _ => show::print(&summary::page(file, &answer)),
    }
}

fn save(args: &Analyze, file: &Path, answer: &Analysis) -> Result<(), Stop> {
    let title = file.file_stem().unwrap_or_default().to_string_lossy();
    if let Some(path) = &args.json {
        output::json(path, &Document::new(file, answer))?;
    }
    if let Some(path) = &args.lab {
        kmidi::save_lab(answer, path)?;
    }
    if let Some(path) = &args.beats {
        kmidi::save_beats(answer, path)?;
    }
    if let Some(path) = &args.jams {
        kmidi::save_jams(answer, &title, path)?;
    }
    if let Some(path) = &args.plot {
        output::text_file(path, &kmidi::draw(answer, &title))?;
    }
    Ok(())
}
