//! `kmidi analyze`.

mod many;
mod summary;

use crate::args::Analyze;
use crate::{Stop, output, show};
use kmidi::io::smf::Loss;
use kmidi::{Analysis, Reading, Study};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What `--json` writes about a file.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: String,
    #[serde(flatten)]
    analysis: &'a Analysis,
    /// With `--salvage` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Vec<Lost<'a>>>,
}

#[derive(Serialize)]
struct Lost<'a> {
    byte: u64,
    reason: &'a str,
}

impl<'a> Document<'a> {
    fn new(args: &Analyze, file: &Path, analysis: &'a Analysis, lost: &'a [Loss]) -> Self {
        let lost = lost.iter().map(|loss| Lost { byte: loss.byte, reason: &loss.reason }).collect();
        let file = file.display().to_string();
        Self { schema: "kmidi.analysis/1", file, analysis, lost: args.salvage.then_some(lost) }
    }
}

pub(crate) fn run(args: &Analyze) -> Result<(), Stop> {
    match &args.files[..] {
        [file] if !file.is_dir() => one(args, file),
        _ => many::run(args),
    }
}

/// The files of other programs that may be asked for, by option.
fn files(args: &Analyze) -> [(&'static str, &Option<PathBuf>); 6] {
    [
        ("--jams", &args.jams),
        ("--lab", &args.lab),
        ("--romantext", &args.romantext),
        ("--musicxml", &args.musicxml),
        ("--beats", &args.beats),
        ("--plot", &args.plot),
    ]
}

fn reading(args: &Analyze) -> Reading {
    Reading { salvage: args.salvage, trust_file: args.trust_file }
}

/// The answer that is asked for.
fn chosen(args: &Analyze, study: Study) -> Analysis {
    if args.causal { study.causal } else { study.whole }
}

/// Why a file cannot be heard, with what may help.
fn unheard(args: &Analyze, file: &Path, error: &kmidi::Error) -> Stop {
    let hint =
        match !args.salvage && kmidi::io::smf::read_salvage(file).is_ok_and(|read| !read.lost.is_empty()) {
            true => "; --salvage analyses what can be read of it",
            false => "",
        };
    Stop::Input(format!("{error}{hint}"))
}

fn warn(file: &Path, lost: &[Loss]) {
    lost.iter().for_each(|loss| show::tell(&format!("{}: {loss}", file.display()), false));
}

fn one(args: &Analyze, file: &Path) -> Result<(), Stop> {
    let files = files(args).map(|(_, path)| path);
    output::no_stdout(files)?;
    output::check(files.into_iter().chain([&args.json]).filter_map(|path| path.as_deref()), &[file])?;
    let bar = show::bar(100, "listening");
    let progress = |share: f64| bar.set_position((share * 100.0) as u64);
    let heard = kmidi::analyze_as(file, reading(args), &progress);
    bar.finish_and_clear();
    let (study, lost) = heard.map_err(|error| unheard(args, file, &error))?;
    warn(file, &lost);
    let answer = chosen(args, study);
    save(args, file, &answer, &lost)?;
    match &args.json {
        Some(path) if output::is_stdout(path) => Ok(()),
        _ => show::print(&summary::page(file, &answer)),
    }
}

fn save(args: &Analyze, file: &Path, answer: &Analysis, lost: &[Loss]) -> Result<(), Stop> {
    let title = file.file_stem().unwrap_or_default().to_string_lossy();
    if let Some(path) = &args.json {
        output::json(path, &Document::new(args, file, answer, lost))?;
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
    if let Some(path) = &args.romantext {
        kmidi::save_romantext(answer, &title, path)?;
    }
    if let Some(path) = &args.musicxml {
        kmidi::save_lead_sheet(answer, &title, path)?;
    }
    if let Some(path) = &args.plot {
        output::text_file(path, &kmidi::draw(answer, &title))?;
    }
    Ok(())
}
