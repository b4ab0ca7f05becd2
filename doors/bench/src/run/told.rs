//! Runs that only tell: the machine, the list.

use super::{chosen, colours, end};
use crate::args::Options;
use crate::calibrate::Calibration;
use crate::machine::{self, Fit};
use crate::verdict::{Verdict, time};
use crate::{End, Stop, json, print, table, write};
use std::fmt::Write;

pub(super) fn doctor(options: &Options) -> Result<End, Stop> {
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

pub(super) fn list(options: &Options) -> Result<End, Stop> {
    let all = chosen(options)?;
    if let Some(path) = &options.json {
        let rows: Vec<_> = all.iter().map(|found| serde_json::json!({ "name": found.name, "about": found.about, "call": found.call, "budget": found.budget, "expect": found.expect, "input": found.input })).collect();
        write(path, &json(&rows)?)?;
        return Ok(End::Well);
    }
    let mut text = String::new();
    for found in &all {
        let budget = found.budget.mean.map_or("-".into(), time);
        let _ = writeln!(text, "{:<28} {budget:>8}  {}", found.name, found.about);
    }
    print(&text).map(|()| End::Well)
}
