//! What people see: a table, CSV, and the formats of other programs.

use crate::report::{Report, Row};
use crate::verdict::{Verdict, megabytes, time, time_or_dash};
use std::fmt::Write;

/// `text` in a colour where colours may be used.
pub(crate) fn painted(text: &str, code: &str, colours: bool) -> String {
    if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// A verdict in its colour, padded to `width`.
pub(crate) fn verdict(verdict: Option<Verdict>, width: usize, colours: bool) -> String {
    let name = format!("{:<width$}", verdict.map_or("-", Verdict::name));
    let code = match verdict {
        Some(Verdict::Pass) => "32",
        Some(Verdict::Warn | Verdict::Insufficient) => "33",
        Some(Verdict::Fail | Verdict::Regression) => "1;31",
        None => "2",
    };
    painted(&name, code, colours)
}

/// What was counted in all, or "?" where nothing could be proved.
fn counted(row: &Row) -> String {
    match row.counted() {
        Some(sum) => sum.to_string(),
        None if row.verdict.is_none() => "-".into(),
        None => "?".into(),
    }
}

/// The table of a run.
pub(crate) fn table(report: &Report, colours: bool) -> String {
    let mut text = String::new();
    let machine = &report.machine;
    let fit = match machine.fit {
        crate::machine::Fit::Ok => "fit to prove tails",
        crate::machine::Fit::Warn => {
            "WARN: others use this machine; tails are judged by thread CPU time (kmidi bench doctor)"
        }
    };
    let _ = writeln!(text, "{}, {} cores: {fit}", machine.cpu, machine.cores);
    if let Some(plant) = &report.planted {
        let _ = writeln!(text, "{}", painted(&format!("a fault is planted: {plant}"), "1;31", colours));
    }
    if !report.results.is_empty() {
        let widest = report.results.iter().map(|row| row.name.len()).max().unwrap_or(0).max(9);
        let head = format!(
            "\n{:<widest$}  {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>5}  {:<12} answer",
            "a call of",
            "budget",
            "mean",
            "median",
            "p99",
            "p99.9",
            "cpu p99.9",
            "max",
            "cold",
            "a/l/s",
            "verdict"
        );
        let _ = writeln!(text, "{}", painted(&head, "1", colours));
        for row in &report.results {
            let answer = row.checked.as_deref().or(row.note.as_deref()).unwrap_or("wrong");
            let p999 = if row.wall.samples > 0 && row.wall.p999.is_none() {
                "few".into()
            } else {
                time_or_dash(row.wall.p999)
            };
            let own = if row.wall.samples > 0 && row.cpu_p999.is_none() {
                "few".into()
            } else {
                time_or_dash(row.cpu_p999)
            };
            let _ = writeln!(
                text,
                "{:<widest$}  {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>5}  {} {answer}",
                row.name,
                time_or_dash(row.budget.mean),
                time_or_dash(row.wall.mean),
                time_or_dash(row.wall.median),
                time_or_dash(row.wall.p99),
                p999,
                own,
                time_or_dash(row.wall.max),
                time_or_dash(row.cold.as_ref().and_then(|cold| cold.median)),
                counted(row),
                verdict(row.verdict, 12, colours),
            );
            for reason in &row.reasons {
                let _ = writeln!(text, "{:<widest$}  {reason}", "");
            }
        }
        let inside = report.harness;
        let _ = writeln!(
            text,
            "\na/l/s: allocations, frees, locks, clock reads and system calls under watch. cold: median with caches emptied, \
             thread CPU time.\nThe harness: {:.0} ns a call, of which {:.0} ns lie inside what is timed and were taken off.",
            inside.call, inside.inside
        );
    }
    if !report.memory.is_empty() {
        text.push_str(&memory(report, colours));
    }
    if let Some(paced) = &report.paced {
        let _ = writeln!(
            text,
            "\n{} paced for {:.0} s: {} blocks, one every {}\n  woken      median {} late, p99 {}, worst {}; {} came a millisecond late or more\n  \
             work       mean {}, p99.9 {}, worst {}\n  done       p99.9 {} after due, worst {}\n  missed     {} by their work, {} by late \
             wake-ups\n  {}",
            paced.name,
            paced.seconds,
            paced.blocks,
            time(paced.period as f64),
            time_or_dash(paced.wake_up.median),
            time_or_dash(paced.wake_up.p99),
            time_or_dash(paced.wake_up.max),
            paced.late_wake_ups,
            time_or_dash(paced.work.mean),
            time_or_dash(paced.work.p999),
            time_or_dash(paced.work.max),
            time_or_dash(paced.response.p999),
            time_or_dash(paced.response.max),
            paced.missed_by_work,
            paced.missed_by_wake_up,
            verdict(Some(paced.verdict), 0, colours)
        );
        paced.reasons.iter().for_each(|reason| _ = writeln!(text, "  {reason}"));
    }
    if let Some(soak) = &report.soak {
        let resident = soak.resident_gained.map_or("?".into(), |bytes| format!("{} kB", bytes / 1_000));
        let _ = writeln!(
            text,
            "\nsoak for {:.0} s: {} turns, {} calls\n  thread CPU time  mean {}, p99.9 {}, worst {}\n  memory gained    {} bytes held, {resident} \
             resident\n  {}",
            soak.seconds,
            soak.turns,
            soak.calls,
            time_or_dash(soak.cpu.mean),
            time_or_dash(soak.cpu.p999),
            time_or_dash(soak.cpu.max),
            soak.gained,
            verdict(Some(soak.verdict), 0, colours)
        );
        soak.reasons.iter().for_each(|reason| _ = writeln!(text, "  {reason}"));
    }
    for note in &report.notes {
        let _ = writeln!(text, "\n{note}");
    }
    let _ = writeln!(text, "\n{}", verdict(Some(report.verdict), 0, colours));
    text
}

fn memory(report: &Report, colours: bool) -> String {
    let mut text = String::new();
    let head = format!(
        "\n{:<12} {:>9} {:>9} {:>9} {:>12} {:>9} {:>9}  verdict",
        "phase", "budget", "held", "most", "allocations", "resident", "peak"
    );
    let _ = writeln!(text, "{}", painted(&head, "1", colours));
    for phase in &report.memory {
        let _ = writeln!(
            text,
            "{:<12} {:>9} {:>9} {:>9} {:>12} {:>9} {:>9}  {} {}",
            phase.phase,
            megabytes(phase.budget),
            megabytes(phase.allocated),
            megabytes(phase.allocated_peak),
            phase.allocations.map_or("-".into(), |count| count.to_string()),
            megabytes(phase.resident),
            megabytes(phase.peak),
            verdict(phase.verdict, 5, colours),
            phase.note.as_deref().unwrap_or(&phase.about)
        );
    }
    text
}

/// The table of a run in Markdown, as the README has it.
pub(crate) fn markdown(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{}, commit {}, {}, {} cores:\n\n| a call of | budget | mean | p99.9 of thread CPU time | cold | forbidden calls | verdict |\n\
         |---|---|---|---|---|---|---|\n",
        report.date.get(..10).unwrap_or(&report.date),
        report.commit.as_deref().unwrap_or("-"),
        machine.cpu,
        machine.cores
    );
    for row in &report.results {
        let _ = writeln!(
            text,
            "| {}: {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.about,
            time_or_dash(row.budget.mean),
            time_or_dash(row.wall.mean),
            time_or_dash(row.cpu_p999),
            time_or_dash(row.cold.as_ref().and_then(|cold| cold.median)),
            counted(row),
            row.verdict.map_or("-", Verdict::name)
        );
    }
    text
}

/// A line for each benchmark, times in nanoseconds.
pub(crate) fn csv(report: &Report) -> String {
    let mut text = String::from(
        "name,samples,mean,median,p95,p99,p99.9,min,max,cpu_mean,cpu_median,cpu_p99,cpu_p99.9,cpu_max,cold_median,\
         budget_mean,allocations,locks,system_calls,verdict\n",
    );
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let count = |value: Option<u64>| value.map_or(String::new(), |value| value.to_string());
    for row in &report.results {
        let wall = &row.wall;
        let times = [
            wall.mean,
            wall.median,
            wall.p95,
            wall.p99,
            wall.p999,
            wall.min,
            wall.max,
            row.cpu_mean,
            row.cpu_median,
            row.cpu_p99,
            row.cpu_p999,
            row.cpu_max,
            row.cold.as_ref().and_then(|cold| cold.median),
            row.budget.mean,
        ];
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{}",
            row.name,
            wall.samples,
            times.map(cell).join(","),
            count(row.allocations),
            count(row.locks),
            count(row.system_calls),
            row.verdict.map_or("", Verdict::name)
        );
    }
    text
}

/// Bencher Metric Format: latency by benchmark, in nanoseconds.
pub(crate) fn bencher(report: &Report) -> serde_json::Value {
    let rows = report.results.iter().filter_map(|row| {
        let latency = serde_json::json!({ "value": row.wall.mean?, "lower_value": row.wall.min, "upper_value": row.wall.max });
        Some((row.name.clone(), serde_json::json!({ "latency": latency })))
    });
    serde_json::Value::Object(rows.collect())
}

/// What github-action-benchmark reads as `customSmallerIsBetter`.
pub(crate) fn github(report: &Report) -> serde_json::Value {
    let rows = report.results.iter().filter_map(|row| {
        let range = row.cpu_p99.map(|p99| format!("p99 {p99:.0}"));
        Some(serde_json::json!({ "name": row.name, "unit": "ns", "value": row.cpu_median?, "range": range }))
    });
    serde_json::Value::Array(rows.collect())
}
