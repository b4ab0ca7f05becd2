//! One run of `kmidi bench`: what was asked for, measured, judged, printed and written.

use crate::args::{Baseline as Baselines, Bench, Format, Options, What};
use crate::baseline::{self, Baseline};
use crate::compare::{Calibration, Comparison, ROUNDS, calibrate, interleaved};
use crate::definition::{Called, Definition};
use crate::machine::{self, Fit};
use crate::measure::{Extent, harness, measure};
use crate::report::{Report, Row};
use crate::verdict::Verdict;
use crate::{End, Stop, html, json, long, memory, print, rounds, search, table, trend, write};
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The five models, none of which ships yet.
const MODELS: [&str; 5] =
    ["EmotionRecognizer", "HarmonyPredictor", "MelodyTransformer", "GroovePredictor", "DynamicsEngine"];

/// Runs `kmidi bench`. Call it while the program has one thread: parts of it run in child processes.
///
/// # Errors
///
/// [`Stop`] when the run cannot be done as asked.
pub fn run(bench: &Bench) -> Result<End, Stop> {
    let options = &bench.options;
    let what = bench.what.as_ref().unwrap_or(&What::Quick);
    match what {
        What::Quick => components(options, None),
        What::Harmony => components(options, Some(&["harmony", "words"])),
        What::Groove => components(options, Some(&["groove", "perform"])),
        What::Block { paced: false } => components(options, Some(&["block"])),
        What::Block { paced: true } => paced(options),
        What::Models => models(options),
        What::Memory => memory_run(options),
        What::Soak => soak(options),
        What::Doctor => doctor(options),
        What::List => list(options),
        What::Calibrate { comparisons } => calibration(options, *comparisons),
        What::Baseline { what: Baselines::Save { name } } => save(options, name),
        What::Baseline { what: Baselines::List } => baselines(options),
        What::Compare { baselines, against, rounds } => {
            compare(options, baselines, against.as_deref(), *rounds)
        }
        What::Trend { runs, svg } => trends(options, runs.as_deref(), svg.as_deref()),
        What::Search { tries } => {
            let all = definition::all_of(options)?;
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
        What::Round { count } => round(options, *count),
    }
}

/// Hands every benchmark that comes with the program to `take`: its name, and a call, one after the other.
///
/// # Errors
///
/// [`Stop::Internal`] when a definition is wrong.
pub fn each(mut take: impl FnMut(&str, &mut dyn FnMut() -> u64)) -> Result<(), Stop> {
    for found in crate::definition::all(None)? {
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

mod definition {
    use super::{Definition, Options, Stop};

    /// The definitions that the options ask for.
    pub(super) fn all_of(options: &Options) -> Result<Vec<Definition>, Stop> {
        let mut all = crate::definition::all(options.definitions.as_deref())?;
        if !options.names.is_empty() {
            all.retain(|found| options.names.iter().any(|part| found.name.contains(part.as_str())));
            if all.is_empty() {
                let asked = options.names.join(", ");
                return Err(Stop::Usage(format!(
                    "no benchmark has {asked} in its name; see kmidi bench list"
                )));
            }
        }
        Ok(all)
    }
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

/// An empty report of this machine.
fn report(options: &Options) -> Result<Report, Stop> {
    let (machine, _) = machine::examine();
    let mut report = Report::new(machine, harness().map_err(Stop::Internal)?);
    report.planted = options.plant.map(|plant| plant.to_string());
    if report.profile == "debug" {
        report.notes.push("this is a debug build: times mean nothing".into());
    }
    Ok(report)
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

/// Some components with many calls each, or all with few.
fn components(options: &Options, which: Option<&[&str]>) -> Result<End, Stop> {
    let mut all = definition::all_of(options)?;
    if let Some(which) = which {
        all.retain(|found| which.contains(&found.component()));
        if all.is_empty() {
            return Err(Stop::Usage(format!("no benchmark of {} is among these", which.join(", "))));
        }
    }
    // Before anything else: a child process has one thread only.
    let gate = kmidi_watch::gates().first().copied();
    let mut report = report(options)?;
    let fit = report.machine.fit == Fit::Ok;
    let count = all.len();
    for (n, found) in all.iter().enumerate() {
        progress(&format!("{}/{count}  {}", n + 1, found.name));
        let calls = match options.blocks {
            Some(blocks) => usize::try_from(blocks).unwrap_or(usize::MAX),
            None if which.is_some() => found.full,
            None => found.quick,
        };
        let cold = if which.is_some() { 50 } else { 10 };
        let extent = Extent { calls, cold, watched: found.quick.min(calls.max(1_000)) };
        let measured = measure(found, extent, report.harness, gate, options.plant)
            .map_err(|reason| Stop::Internal(format!("{}: {reason}", found.name)))?;
        report.results.push(Row::new(found, &measured, fit));
    }
    if let Some(name) = &options.baseline {
        against_baseline(options, name, &all, &mut report)?;
    }
    if which.is_none() && options.names.is_empty() {
        report.notes.push("models: none ships yet (kmidi bench models)".into());
    }
    report.close();
    finish(options, &report)
}

/// Compares with a baseline, row by row.
fn against_baseline(
    options: &Options,
    name: &str,
    all: &[Definition],
    report: &mut Report,
) -> Result<(), Stop> {
    let before = baseline::find(&options.record, name)?;
    let now = measured_now(options, "now", all, &report.machine)?;
    let calibration = Calibration::load(&options.record, &report.machine.fingerprint);
    let comparison = Comparison::of_baselines(&before, &now, options.threshold, calibration.as_ref())?;
    for compared in &comparison.results {
        if let Some(row) = report.results.iter_mut().find(|row| row.name == compared.name) {
            let words = format!("{:.3} times baseline {name}", compared.ratio);
            if compared.verdict == Verdict::Regression {
                row.verdict = row.verdict.max(Some(Verdict::Regression));
                row.reasons.insert(0, words);
            } else {
                row.reasons.push(words);
            }
        }
    }
    report.notes.extend(comparison.notes);
    Ok(())
}

/// What everything costs now, as a baseline.
fn measured_now(
    options: &Options,
    name: &str,
    all: &[Definition],
    machine: &machine::Machine,
) -> Result<Baseline, Stop> {
    let (binary, folder) = (this()?, options.definitions.as_deref());
    let names: Vec<String> = all.iter().map(|found| found.name.clone()).collect();
    let mut of = crate::compare::Rounds::new();
    for round in 0..ROUNDS {
        progress(&format!("round {} of {ROUNDS}", round + 1));
        for (name, ns) in rounds::by(&binary, folder, &names, options.plant)? {
            of.entry(name).or_default().push(ns);
        }
    }
    let mut instructions = std::collections::BTreeMap::new();
    for name in &names {
        progress(&format!("instructions of {name}"));
        // Where the counter is missing for one it is missing for all.
        let Some(count) = rounds::instructions(&binary, folder, name) else { break };
        instructions.insert(name.clone(), count);
    }
    Ok(Baseline {
        schema: Baseline::SCHEMA.into(),
        name: name.into(),
        date: crate::report::date(),
        commit: Report::new(machine.clone(), crate::measure::Harness::default()).commit,
        machine: machine.clone(),
        rounds: of,
        instructions,
    })
}

fn save(options: &Options, name: &str) -> Result<End, Stop> {
    baseline::check_name(name)?;
    if options.plant.is_some() {
        return Err(Stop::Usage("a baseline with a planted fault is not kept".into()));
    }
    let all = definition::all_of(options)?;
    let (machine, _) = machine::examine();
    let found = measured_now(options, name, &all, &machine)?;
    let path = found.path(&options.record);
    write(&path, &json(&found)?)?;
    progress("");
    print(&format!(
        "{}: {} benchmarks, {ROUNDS} rounds each, {} with instructions\n",
        path.display(),
        found.rounds.len(),
        found.instructions.len()
    ))?;
    Ok(End::Well)
}

fn baselines(options: &Options) -> Result<End, Stop> {
    let all = baseline::all(&options.record)?;
    if let Some(path) = &options.json {
        let all: Vec<&Baseline> = all.iter().map(|(_, found)| found).collect();
        write(path, &json(&all)?)?;
        return Ok(End::Well);
    }
    let mut text = String::new();
    for (path, found) in &all {
        let commit = found.commit.as_deref().unwrap_or("-");
        let _ = writeln!(
            text,
            "{:<16} {}  {commit:<14} {} {}  {}",
            found.name,
            found.date,
            found.machine.cpu,
            found.machine.fingerprint,
            path.display()
        );
    }
    if all.is_empty() {
        let _ = writeln!(
            text,
            "no baselines in {}; kmidi bench baseline save NAME makes one",
            options.record.display()
        );
    }
    print(&text).map(|()| End::Well)
}

fn compare(options: &Options, names: &[String], against: Option<&Path>, count: u32) -> Result<End, Stop> {
    let (machine, _) = machine::examine();
    let calibration = Calibration::load(&options.record, &machine.fingerprint);
    let comparison = match (names, against) {
        ([], Some(binary)) => {
            let all = definition::all_of(options)?;
            let all: Vec<&Definition> = all.iter().collect();
            let own = this()?;
            let done = std::cell::Cell::new(0);
            let tick = || {
                done.set(done.get() + 1);
                progress(&format!("round {} of {}", done.get(), 2 * count));
            };
            let (mut a, mut b) = (crate::compare::Rounds::new(), crate::compare::Rounds::new());
            let a_name = binary.display().to_string();
            // A machine that was disturbed leaves a slowdown in doubt: then there are more rounds, up to three times as many.
            let mut turns = 0;
            loop {
                let more = interleaved(
                    binary,
                    (&own, options.plant),
                    options.definitions.as_deref(),
                    &all,
                    count as usize,
                    &tick,
                )?;
                more.0.into_iter().for_each(|(name, times)| a.entry(name).or_default().extend(times));
                more.1.into_iter().for_each(|(name, times)| b.entry(name).or_default().extend(times));
                let (of_a, of_b) = ((a_name.as_str(), &a), ("this program", &b));
                let comparison =
                    Comparison::of_rounds(of_a, of_b, true, options.threshold, calibration.as_ref());
                turns += 1;
                if turns == 3 || !comparison.is_in_doubt() {
                    break comparison;
                }
            }
        }
        ([a, b], None) => {
            let (a, b) = (baseline::find(&options.record, a)?, baseline::find(&options.record, b)?);
            Comparison::of_baselines(&a, &b, options.threshold, calibration.as_ref())?
        }
        _ => return Err(Stop::Usage("compare takes two baselines, or --against and a program".into())),
    };
    progress("");
    if let Some(path) = &options.json {
        write(path, &json(&comparison)?)?;
    }
    if options.json.as_ref().is_none_or(|path| path.as_os_str() != "-") {
        print(&comparison.table(options.format == Some(Format::Markdown)))?;
    }
    Ok(end(options, comparison.verdict))
}

fn calibration(options: &Options, comparisons: u32) -> Result<End, Stop> {
    let all = definition::all_of(options)?;
    let all: Vec<&Definition> = all.iter().collect();
    let (machine, _) = machine::examine();
    let done = std::cell::Cell::new(0);
    let tick = || {
        done.set(done.get() + 1);
        progress(&format!("round {} of {}", done.get(), 2 * ROUNDS * comparisons as usize));
    };
    let found = calibrate(
        &this()?,
        options.definitions.as_deref(),
        &all,
        &machine.fingerprint,
        comparisons as usize,
        &tick,
    )?;
    let path = found.save(&options.record)?;
    progress("");
    let mut text = String::new();
    for (name, noise) in &found.noise {
        let _ = writeln!(text, "{name:<30} {:>6.1} %", noise * 100.0);
    }
    let _ =
        writeln!(text, "\n{}: 99 of 100 comparisons of this program with itself stay below", path.display());
    print(&text).map(|()| End::Well)
}

fn round(options: &Options, count: Option<usize>) -> Result<End, Stop> {
    let all = definition::all_of(options)?;
    if let Some(calls) = count {
        for found in &all {
            rounds::count(found, calls, options.plant).map_err(Stop::Internal)?;
        }
        return Ok(End::Well);
    }
    let all: Vec<&Definition> = all.iter().collect();
    print(&json(&rounds::all(&all, options.plant)?)?).map(|()| End::Well)
}

fn models(options: &Options) -> Result<End, Stop> {
    let mut report = report(options)?;
    for name in MODELS {
        let about = "one step of the model";
        report.results.push(Row::absent(&format!("models/{name}"), about, "does not ship yet"));
    }
    report.close();
    finish(options, &report)
}

fn memory_run(options: &Options) -> Result<End, Stop> {
    kmidi_watch::memory::keep();
    let phases = memory::measure(options.plant).map_err(Stop::Internal)?;
    let mut report = report(options)?;
    report.memory = phases;
    report.close();
    finish(options, &report)
}

/// How long a run lasts that is asked for in minutes.
fn length(options: &Options) -> Duration {
    Duration::from_secs_f64(options.minutes * 60.0)
}

fn paced(options: &Options) -> Result<End, Stop> {
    let all = definition::all_of(options)?;
    let found = all.iter().find(|found| found.call == Called::Block).ok_or_else(no_block)?;
    let mut report = report(options)?;
    let fit = report.machine.fit == Fit::Ok;
    let tick = |share: f64| progress(&format!("{:.0} %", share * 100.0));
    let paced = long::paced(found, length(options), fit, options.plant, &tick).map_err(Stop::Internal)?;
    report.paced = Some(paced);
    report.close();
    finish(options, &report)
}

fn soak(options: &Options) -> Result<End, Stop> {
    kmidi_watch::memory::keep();
    let all = definition::all_of(options)?;
    let all: Vec<&Definition> = all.iter().filter(|found| found.call.is_block()).collect();
    let mut report = report(options)?;
    let tick = |share: f64| progress(&format!("{:.0} %", share * 100.0));
    report.soak = Some(long::soak(&all, length(options), options.plant, &tick).map_err(Stop::Internal)?);
    report.close();
    finish(options, &report)
}

fn doctor(options: &Options) -> Result<End, Stop> {
    let (machine, findings) = machine::examine();
    let gate =
        kmidi_watch::gates().first().map_or("nothing: \"not proven\"".to_owned(), |gate| format!("{gate:?}"));
    if let Some(path) = &options.json {
        let value = serde_json::json!({ "schema": "kmidi.bench.doctor/1", "machine": machine, "findings": findings, "gate": gate });
        write(path, &json(&value)?)?;
        if path.as_os_str() == "-" {
            return Ok(doctor_end(options, machine.fit));
        }
    }
    let mut text =
        format!("{}, {} cores, fingerprint {}\n\n", machine.cpu, machine.cores, machine.fingerprint);
    for finding in &findings {
        let verdict = if finding.fit == Fit::Ok { Verdict::Pass } else { Verdict::Warn };
        let _ = writeln!(
            text,
            "{} {:<30} {}",
            table::verdict(Some(verdict), 4, colours()),
            finding.name,
            finding.value
        );
        if let Some(advice) = &finding.advice {
            let _ = writeln!(text, "{:<36}{advice}", "");
        }
    }
    let _ = writeln!(text, "\nsystem calls are stopped by {gate}");
    match Calibration::load(&options.record, &machine.fingerprint) {
        Some(found) => _ = writeln!(text, "calibrated on {}", found.date.get(..10).unwrap_or(&found.date)),
        None => _ = writeln!(text, "not calibrated: kmidi bench calibrate"),
    }
    text.push_str(match machine.fit {
        Fit::Ok => "\nPASS: tails by the wall clock can be believed here\n",
        Fit::Warn => "\nWARN: means and medians can be believed; tails are judged by thread CPU time, with the wall clock beside it\n",
    });
    print(&text)?;
    Ok(doctor_end(options, machine.fit))
}

fn doctor_end(options: &Options, fit: Fit) -> End {
    end(options, if fit == Fit::Ok { Verdict::Pass } else { Verdict::Warn })
}

fn list(options: &Options) -> Result<End, Stop> {
    let all = definition::all_of(options)?;
    if let Some(path) = &options.json {
        let rows: Vec<_> = all.iter().map(|found| serde_json::json!({ "name": found.name, "about": found.about, "call": found.call, "budget": found.budget, "expect": found.expect, "input": found.input })).collect();
        write(path, &json(&rows)?)?;
        return Ok(End::Well);
    }
    let mut text = String::new();
    for found in &all {
        let budget = found.budget.mean.map_or("-".into(), crate::verdict::time);
        let _ = writeln!(text, "{:<28} {budget:>8}  {}", found.name, found.about);
    }
    print(&text).map(|()| End::Well)
}

fn trends(options: &Options, runs: Option<&Path>, svg: Option<&Path>) -> Result<End, Stop> {
    let path = runs.map_or_else(|| options.record.join("runs.jsonl"), Path::to_owned);
    let all = trend::load(&path)?;
    let Some(last) = all.last().map(|run| run.fingerprint.clone()) else {
        return Err(Stop::Input(format!("{}: no runs", path.display())));
    };
    // Times of two kinds of machine make no row.
    let own: Vec<trend::Run> = all.iter().filter(|run| run.fingerprint == last).cloned().collect();
    let mut trends = trend::trends(&own);
    trends.retain(|found| {
        options.names.is_empty() || options.names.iter().any(|part| found.name.contains(part.as_str()))
    });
    if let Some(svg) = svg {
        write(svg, &trend::draw(&trends))?;
    }
    if let Some(path) = &options.json {
        write(
            path,
            &json(
                &serde_json::json!({ "schema": "kmidi.bench.trend/1", "machine": last, "trends": trends }),
            )?,
        )?;
        if path.as_os_str() == "-" {
            return Ok(End::Well);
        }
    }
    let mut text =
        format!("{} runs of machine {last}, {} of others left out\n", own.len(), all.len() - own.len());
    for found in &trends {
        let level = found.values.last().map_or("-".into(), |&value| crate::verdict::time(value));
        let _ = writeln!(text, "{:<28} {:>4} runs, now {level}", found.name, found.values.len());
        for step in &found.steps {
            let commit = found.commits[step.at].as_deref().unwrap_or("?");
            let change = (step.after / step.before - 1.0) * 100.0;
            let _ = writeln!(
                text,
                "    {}  {commit}  {change:+.0} %: {} to {}",
                found.dates[step.at],
                crate::verdict::time(step.before),
                crate::verdict::time(step.after)
            );
        }
    }
    print(&text).map(|()| End::Well)
}
