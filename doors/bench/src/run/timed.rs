//! Runs that time something.

use super::compared::measured_now;
use super::{chosen, finish, no_block, progress};
use crate::args::Options;
use crate::calibrate::Calibration;
use crate::compare::Comparison;
use crate::definition::{Called, Definition};
use crate::machine::{self, Fit};
use crate::measure::{Extent, harness, measure, now};
use crate::report::{Report, Row};
use crate::verdict::Verdict;
use crate::{End, Stop, baseline, long, memory};
use kmidi::neural::Graph;
use rustix::time::ClockId;
use std::time::Duration;

/// How often a benchmark is measured again on a machine that others use too when a call took longer than a block lasts. The input is the
/// same each time: a call that is too slow by itself is so again.
const AGAIN: usize = 2;

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

/// Some components with many calls each, or all with few.
pub(super) fn components(options: &Options, which: Option<&[&str]>) -> Result<End, Stop> {
    let mut report = measured(options, which)?;
    report.close();
    finish(options, &report)
}

/// What was measured of some components.
fn measured(options: &Options, which: Option<&[&str]>) -> Result<Report, Stop> {
    let mut all = chosen(options)?;
    if let Some(which) = which {
        all.retain(|found| which.contains(&found.component()));
        if all.is_empty() && which != ["models"] {
            return Err(Stop::Usage(format!("no benchmark of {} is among these", which.join(", "))));
        }
    }
    let absent = |found: &Definition| {
        found.weights != "default" && kmidi::weights(&found.model, &found.weights).is_err()
    };
    let left_out: Vec<String> =
        all.iter().filter(|found| absent(found)).map(|found| found.name.clone()).collect();
    all.retain(|found| !left_out.contains(&found.name));
    // Before anything else: a child process has one thread only.
    let gate = kmidi_watch::gates().first().copied();
    let mut report = report(options)?;
    report.notes.extend(left_out.iter().map(|name| format!("{name}: left out, its weights are not here")));
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
        let once = || {
            measure(found, extent, report.harness, gate, options.plant)
                .map_err(|reason| Stop::Internal(format!("{}: {reason}", found.name)))
        };
        let mut measured = once()?;
        for _ in 0..AGAIN {
            if fit || measured.longest() < found.block_ns() || found.block_ns() <= 0.0 {
                break;
            }
            let again = once()?;
            if again.longest() < measured.longest() {
                measured = again;
            }
        }
        report.results.push(Row::new(found, &measured, fit));
    }
    if let Some(name) = &options.baseline {
        against_baseline(options, name, &all, &mut report)?;
    }
    Ok(report)
}

/// Compares with a baseline, row by row.
fn against_baseline(
    options: &Options,
    name: &str,
    all: &[Definition],
    report: &mut Report,
) -> Result<(), Stop> {
    let before = baseline::find(&options.record, name)?;
    // Instructions are asked for only where times cannot be compared.
    let other_machine = before.machine.fingerprint != report.machine.fingerprint;
    let now = measured_now(options, "now", all, &report.machine, other_machine)?;
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

/// The time to read a model from its file, in microseconds: the median of nine.
fn load_time(onnx: &[u8]) -> Result<f64, Stop> {
    let mut times = Vec::new();
    for _ in 0..9 {
        let begun = now(ClockId::Monotonic);
        let graph = Graph::read(onnx).map_err(|error| Stop::Internal(error.to_string()))?;
        times.push(now(ClockId::Monotonic) - begun);
        drop(graph);
    }
    times.sort_unstable();
    Ok(times[4] as f64 / 1e3)
}

/// The models that ship: each has its benchmark, which says how long it takes to load and what memory it holds too.
pub(super) fn models(options: &Options) -> Result<End, Stop> {
    let mut report = measured(options, Some(&["models"]))?;
    for (name, onnx) in kmidi::neural::all_shipped() {
        let row = report.results.iter_mut().find(|row| row.name == format!("models/{name}"));
        let Some(row) = row else {
            if options.names.is_empty() {
                let about = "one step of the model";
                report.results.push(Row::absent(&format!("models/{name}"), about, "no benchmark is defined"));
            }
            continue;
        };
        let graph = Graph::read(onnx).map_err(|error| Stop::Internal(error.to_string()))?;
        let kilobytes = graph.bytes() as f64 / 1e3;
        row.note = Some(format!("loads in {:.0} µs; {kilobytes:.0} kB", load_time(onnx)?));
    }
    report.close();
    finish(options, &report)
}

pub(super) fn memory_run(options: &Options) -> Result<End, Stop> {
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

pub(super) fn paced(options: &Options) -> Result<End, Stop> {
    let all = chosen(options)?;
    let found = all.iter().find(|found| found.call == Called::Block).ok_or_else(no_block)?;
    let mut report = report(options)?;
    let fit = report.machine.fit == Fit::Ok;
    let tick = |share: f64| progress(&format!("{:.0} %", share * 100.0));
    let paced = long::paced(found, length(options), fit, options.plant, &tick).map_err(Stop::Internal)?;
    report.paced = Some(paced);
    report.close();
    finish(options, &report)
}

pub(super) fn soak(options: &Options) -> Result<End, Stop> {
    kmidi_watch::memory::keep();
    let all = chosen(options)?;
    let all: Vec<&Definition> = all.iter().filter(|found| found.call.is_block()).collect();
    let mut report = report(options)?;
    let tick = |share: f64| progress(&format!("{:.0} %", share * 100.0));
    report.soak = Some(long::soak(&all, length(options), options.plant, &tick).map_err(Stop::Internal)?);
    report.close();
    finish(options, &report)
}
