//! Runs that compare.

use super::{chosen, end, progress};
use crate::args::{Format, Options};
use crate::baseline::{self, Baseline};
use crate::calibrate::{Calibration, calibrate};
use crate::compare::{Comparison, ROUNDS, Rounds, against};
use crate::definition::Definition;
use crate::report::{commit, date};
use crate::verdict::time;
use crate::{End, Stop, json, machine, print, rounds, trend, write};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// What everything costs now, as a baseline; with instruction counts where they are wanted and can be had.
pub(super) fn measured_now(
    options: &Options,
    name: &str,
    all: &[Definition],
    machine: &machine::Machine,
    with_instructions: bool,
) -> Result<Baseline, Stop> {
    let (binary, folder) = (super::this()?, options.definitions.as_deref());
    let names: Vec<String> = all.iter().map(|found| found.name.clone()).collect();
    let mut of = Rounds::new();
    for round in 0..ROUNDS {
        progress(&format!("round {} of {ROUNDS}", round + 1));
        for (name, ns) in rounds::by(&binary, folder, &names, options.plant)? {
            of.entry(name).or_default().push(ns);
        }
    }
    let mut instructions = BTreeMap::new();
    for name in names.iter().filter(|_| with_instructions) {
        progress(&format!("instructions of {name}"));
        // Where the counter is missing for one it is missing for all.
        let Some(count) = rounds::instructions(&binary, folder, name) else { break };
        instructions.insert(name.clone(), count);
    }
    Ok(Baseline {
        schema: Baseline::SCHEMA.into(),
        name: name.into(),
        date: date(),
        commit: commit(),
        machine: machine.clone(),
        rounds: of,
        instructions,
    })
}

pub(super) fn save(options: &Options, name: &str) -> Result<End, Stop> {
    baseline::check_name(name)?;
    if options.plant.is_some() {
        return Err(Stop::Usage("a baseline with a planted fault is not kept".into()));
    }
    let all = chosen(options)?;
    let (machine, _) = machine::examine();
    let found = measured_now(options, name, &all, &machine, true)?;
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

pub(super) fn baselines(options: &Options) -> Result<End, Stop> {
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

pub(super) fn compare(
    options: &Options,
    names: &[String],
    other: Option<&Path>,
    count: u32,
) -> Result<End, Stop> {
    let calibration = Calibration::load(&options.record, &machine::fingerprint());
    let comparison = match (names, other) {
        ([], Some(binary)) => {
            let all = chosen(options)?;
            let all: Vec<&Definition> = all.iter().collect();
            let done = Cell::new(0);
            let tick = || {
                done.set(done.get() + 1);
                progress(&format!("round {}", done.get()));
            };
            let (own, folder) = ((&*super::this()?, options.plant), options.definitions.as_deref());
            let judge = |a: &Rounds, b: &Rounds| {
                let a = (&*binary.display().to_string(), a);
                Comparison::of_rounds(a, ("this program", b), true, options.threshold, calibration.as_ref())
            };
            against((binary, own), folder, &all, count as usize, &tick, &judge)?
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

pub(super) fn calibration(options: &Options, comparisons: u32) -> Result<End, Stop> {
    let all = chosen(options)?;
    let all: Vec<&Definition> = all.iter().collect();
    let fingerprint = machine::fingerprint();
    let done = Cell::new(0);
    let tick = || {
        done.set(done.get() + 1);
        progress(&format!("round {} of {}", done.get(), 2 * ROUNDS * comparisons as usize));
    };
    let found = calibrate(
        &super::this()?,
        options.definitions.as_deref(),
        &all,
        &fingerprint,
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

pub(super) fn round(options: &Options, count: Option<usize>) -> Result<End, Stop> {
    let all = chosen(options)?;
    if let Some(calls) = count {
        for found in &all {
            rounds::count(found, calls, options.plant).map_err(Stop::Internal)?;
        }
        return Ok(End::Well);
    }
    let all: Vec<&Definition> = all.iter().collect();
    print(&json(&rounds::all(&all, options.plant)?)?).map(|()| End::Well)
}

pub(super) fn trends(options: &Options, runs: Option<&Path>, svg: Option<&Path>) -> Result<End, Stop> {
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
        let level = found.values.last().map_or("-".into(), |&value| time(value));
        let _ = writeln!(text, "{:<28} {:>4} runs, now {level}", found.name, found.values.len());
        for step in &found.steps {
            let commit = found.commits[step.at].as_deref().unwrap_or("?");
            let change = (step.after / step.before - 1.0) * 100.0;
            let _ = writeln!(
                text,
                "    {}  {commit}  {change:+.0} %: {} to {}",
                found.dates[step.at],
                time(step.before),
                time(step.after)
            );
        }
    }
    print(&text).map(|()| End::Well)
}
