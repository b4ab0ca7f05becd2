//! One run of `kmidi bench`: what was asked for, and how it is said.

mod compared;
mod timed;
mod told;

use crate::args::{Baseline, Bench, Format, Options, What};
use crate::definition::{self, Called, Definition};
use crate::report::Report;
use crate::verdict::Verdict;
use crate::{End, Stop, html, json, print, search, table, trend, write};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Runs `kmidi bench`. Call it while the program has one thread: parts of it run in child processes.
///
/// # Errors
///
/// [`Stop`] when the run cannot be done as asked.
pub fn run(bench: &Bench) -> Result<End, Stop> {
    let options = &bench.options;
    let what = bench.what.as_ref().unwrap_or(&What::Quick);
    match what {
        What::Quick => timed::components(options, None),
        What::Harmony => timed::components(options, Some(&["harmony", "words"])),
        What::Groove => timed::components(options, Some(&["groove", "perform"])),
        What::Block { paced: false } => timed::components(options, Some(&["block"])),
        What::Block { paced: true } => timed::paced(options),
        What::Models => timed::models(options),
        What::Memory => timed::memory_run(options),
        What::Soak => timed::soak(options),
        What::Doctor => told::doctor(options),
        What::List => told::list(options),
        What::Calibrate { comparisons } => compared::calibration(options, *comparisons),
        What::Baseline { what: Baseline::Save { name } } => compared::save(options, name),
        What::Baseline { what: Baseline::List } => compared::baselines(options),
        What::Compare { baselines, against, rounds } => {
            compared::compare(options, baselines, against.as_deref(), *rounds)
        }
        What::Trend { runs, svg } => compared::trends(options, runs.as_deref(), svg.as_deref()),
        What::Search { tries } => {
            let all = chosen(options)?;
            let start = all.iter().find(|found| found.call == Called::Block).ok_or_else(no_block)?;
            let text =
                search::search(start, *tries, &|most| progress(&format!("worst so far {} us", most / 1_000)));
            print(&text.map_err(Stop::Internal)?).map(|()| End::Well)
        }
        What::Report { results } => {
            let shown = results.display();
            let text =
                std::fs::read_to_string(results).map_err(|error| Stop::Input(format!("{shown}: {error}")))?;
            let report: Report = serde_json::from_str(&text)
                .map_err(|error| Stop::Input(format!("{shown}: no results of kmidi bench: {error}")))?;
            finish(options, &report)
        }
        What::Round { count } => compared::round(options, *count),
    }
}

/// Hands every benchmark that comes with the program to `take`: its name, and a call, one after the other.
///
/// # Errors
///
/// [`Stop::Internal`] when a definition is wrong.
pub fn each(mut take: impl FnMut(&str, &mut dyn FnMut() -> u64)) -> Result<(), Stop> {
    for found in definition::all(None)? {
        let piece = crate::input::Piece::new(&found.input).map_err(Stop::Internal)?;
        let mut heard = crate::plant::fresh(&found, &piece, None).map_err(Stop::Internal)?;
        let mut n = 0;
        take(&found.name, &mut || {
            heard.prepare(n);
            n += 1;
            heard.call(None)
        });
    }
    Ok(())
}

/// The definitions that the options ask for. A whole name means that one alone.
fn chosen(options: &Options) -> Result<Vec<Definition>, Stop> {
    let mut all = definition::all(options.definitions.as_deref())?;
    if !options.names.is_empty() {
        let whole: Vec<&String> =
            options.names.iter().filter(|part| all.iter().any(|found| found.name == **part)).collect();
        let asked = |name: &str| {
            let mut parts = options.names.iter();
            parts.any(|part| if whole.contains(&part) { name == part } else { name.contains(part.as_str()) })
        };
        let keep: Vec<bool> = all.iter().map(|found| asked(&found.name)).collect();
        let mut keep = keep.into_iter();
        all.retain(|_| keep.next().unwrap_or(false));
        if all.is_empty() {
            let asked = options.names.join(", ");
            return Err(Stop::Usage(format!("no benchmark has {asked} in its name; see kmidi bench list")));
        }
    }
    Ok(all)
}

fn no_block() -> Stop {
    Stop::Usage("no benchmark of both engines together is among these; see kmidi bench list".into())
}

/// A line on standard error that the next one replaces, where that is a terminal.
fn progress(text: &str) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[K{text}");
        let _ = err.flush();
    }
}

fn colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// This program.
fn this() -> Result<PathBuf, Stop> {
    std::env::current_exe().map_err(|error| Stop::Internal(format!("this program cannot be found: {error}")))
}

/// Prints and writes what was found, and ends as it deserves.
fn finish(options: &Options, report: &Report) -> Result<End, Stop> {
    progress("");
    let to_stdout = |path: &Option<PathBuf>| path.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if [&options.json, &options.html, &options.csv].into_iter().filter(|path| to_stdout(path)).count() > 1 {
        return Err(Stop::Usage("only one output can go to standard output".into()));
    }
    for (path, text) in [
        (&options.json, json(report)?),
        (&options.html, html::page(report)),
        (&options.csv, table::csv(report)),
    ] {
        if let Some(path) = path {
            write(path, &text)?;
        }
    }
    if options.keep {
        keep(options, report)?;
    }
    match options.format {
        Some(Format::Bencher) => print(&json(&table::bencher(report))?)?,
        Some(Format::GithubActionBenchmark) => print(&json(&table::github(report))?)?,
        Some(Format::Markdown) => print(&table::markdown(report))?,
        None if [&options.json, &options.html, &options.csv].into_iter().any(to_stdout) => {}
        None => print(&table::table(report, colours()))?,
    }
    Ok(end(options, report.verdict))
}

fn end(options: &Options, verdict: Verdict) -> End {
    match verdict {
        Verdict::Pass => End::Well,
        Verdict::Warn | Verdict::Insufficient if options.deny_warnings => End::Failed,
        Verdict::Warn | Verdict::Insufficient => End::Well,
        Verdict::Regression => End::Regression,
        Verdict::Fail => End::Failed,
    }
}

/// Adds a run to those that the trend looks at.
fn keep(options: &Options, report: &Report) -> Result<(), Stop> {
    if report.planted.is_some() {
        return Err(Stop::Usage("a run with a planted fault is not kept".into()));
    }
    let path = options.record.join("runs.jsonl");
    let line =
        serde_json::to_string(&trend::Run::of(report)).map_err(|error| Stop::Internal(error.to_string()))?;
    let before = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Stop::Input(format!("{}: {error}", path.display()))),
    };
    write(&path, &(before + &line + "\n"))
}
