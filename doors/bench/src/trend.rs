//! Trends: a row of runs, and where it steps up or down.

use crate::Stop;
use crate::report::Report;
use crate::stats::median;
use crate::verdict::time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use svg::Document;
use svg::node::element::{Circle, Group, Line, Rectangle, Text};

/// One run as it is kept: a line of `runs.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) date: String,
    pub(crate) commit: Option<String>,
    pub(crate) fingerprint: String,
    /// The median of thread CPU time a call, in nanoseconds, by benchmark.
    pub(crate) cpu_median: BTreeMap<String, f64>,
}

impl Run {
    /// What is kept of a report.
    pub(crate) fn of(report: &Report) -> Self {
        let rows = report.results.iter();
        Self {
            date: report.date.clone(),
            commit: report.commit.clone(),
            fingerprint: report.machine.fingerprint.clone(),
            cpu_median: rows.filter_map(|row| Some((row.name.clone(), row.cpu_median?))).collect(),
        }
    }
}

/// The runs of a file, oldest first.
pub(crate) fn load(path: &Path) -> Result<Vec<Run>, Stop> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Stop::Input(format!("{shown}: {error}")))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(n, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| Stop::Input(format!("{shown}:{}: {error}", n + 1)))
    };
    let mut runs: Vec<Run> = lines.map(read).collect::<Result<_, _>>()?;
    runs.sort_by(|a, b| a.date.cmp(&b.date));
    Ok(runs)
}

/// A step: from this value on another level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Step {
    /// The first value of the new level.
    pub(crate) at: usize,
    /// The level before and after.
    pub(crate) before: f64,
    pub(crate) after: f64,
}

/// The fewest values of a level: one or two may be another program at work.
const FEWEST: usize = 3;
/// What a step must save, in variances times the logarithm of the number of values.
const PENALTY: f64 = 5.0;
/// The smallest noise, as a share: clocks and layouts differ by as much.
const LEAST_NOISE: f64 = 0.003;

/// What a value costs at most that is far from its level, in variances: a few disturbed runs make no level (Fearnhead and
/// Rigaill 2019).
const OUTLIER: f64 = 12.0;
/// How many runs are looked at: the last ones.
const LOOKED_AT: usize = 300;

/// Where `values` (above 0) step: the levels that cost least, with a price for each (optimal partitioning; Jackson and others
/// 2005), on logarithms, so that steps are shares. Noise is taken from the differences between neighbours, which a step hardly
/// changes.
pub(crate) fn steps(values: &[f64]) -> Vec<Step> {
    let skipped = values.len().saturating_sub(LOOKED_AT);
    let values = &values[skipped..];
    let logs: Vec<f64> = values.iter().map(|value| value.max(1e-9).ln()).collect();
    let n = logs.len();
    if n < 2 * FEWEST {
        return Vec::new();
    }
    let differences: Vec<f64> = logs.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    // 0.6745 is the median of the normal distribution's absolute value; a difference has twice the variance.
    let noise = (median(&differences).unwrap_or(0.0) / 0.674_5 / 2_f64.sqrt()).max(LEAST_NOISE);
    let price = PENALTY * (n as f64).ln();
    let cost = |from: usize, to: usize| {
        let level = median(&logs[from..to]).unwrap_or(0.0);
        let off = |value: &f64| ((value - level) / noise).powi(2).min(OUTLIER);
        logs[from..to].iter().map(off).sum::<f64>()
    };
    let (mut best, mut last) = (vec![f64::INFINITY; n + 1], vec![0; n + 1]);
    best[0] = -price;
    for to in FEWEST..=n {
        for from in (0..=to - FEWEST).filter(|&from| from == 0 || from >= FEWEST) {
            let total = best[from] + cost(from, to) + price;
            if total < best[to] {
                (best[to], last[to]) = (total, from);
            }
        }
    }
    let mut edges = vec![n];
    while edges.last().is_some_and(|&edge| edge > 0) {
        edges.push(last[edges[edges.len() - 1]]);
    }
    edges.reverse();
    let level = |from: usize, to: usize| median(&values[from..to]).unwrap_or(0.0);
    edges
        .windows(3)
        .map(|three| Step {
            at: three[1],
            before: level(three[0], three[1]),
            after: level(three[1], three[2]),
        })
        .collect()
}

/// One benchmark over the runs that have it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trend {
    pub(crate) name: String,
    pub(crate) values: Vec<f64>,
    pub(crate) commits: Vec<Option<String>>,
    pub(crate) dates: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// The trends of runs of one machine.
pub(crate) fn trends(runs: &[Run]) -> Vec<Trend> {
    let mut by_name: BTreeMap<&str, Trend> = BTreeMap::new();
    for run in runs {
        for (name, value) in run.cpu_median.iter().filter(|(_, value)| value.is_finite() && **value > 0.0) {
            let empty = || Trend {
                name: name.clone(),
                values: vec![],
                commits: vec![],
                dates: vec![],
                steps: vec![],
            };
            let trend = by_name.entry(name).or_insert_with(empty);
            trend.values.push(*value);
            trend.commits.push(run.commit.clone());
            trend.dates.push(run.date.clone());
        }
    }
    let with_steps = |trend: Trend| Trend { steps: steps(&trend.values), ..trend };
    by_name.into_values().map(with_steps).collect()
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 90.0;

/// A picture: a panel for each, its levels as lines, each step with its commit.
pub(crate) fn draw(trends: &[Trend]) -> String {
    let height = HEIGHT * trends.len() as f64 + 20.0;
    let text = |x: f64, y: f64, size: u32, anchor: &str, fill: &str, words: String| {
        Text::new(words)
            .set("x", x)
            .set("y", y)
            .set("font-size", size)
            .set("text-anchor", anchor)
            .set("fill", fill)
    };
    let mut page = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("font-family", "sans-serif")
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"));
    for (row, trend) in trends.iter().enumerate() {
        let top = HEIGHT * row as f64 + 34.0;
        let tall = HEIGHT - 60.0;
        let most = trend.values.iter().copied().fold(0.0, f64::max) * 1.1;
        let y = |value: f64| top + tall * (1.0 - value / most.max(1e-9));
        let x = |n: usize| LEFT + (WIDTH - LEFT - 30.0) * (n as f64 + 0.5) / trend.values.len() as f64;
        let mut group = Group::new()
            .add(text(LEFT, top - 12.0, 13, "start", "#222", trend.name.clone()))
            .add(text(LEFT - 8.0, top + 8.0, 10, "end", "#666", time(most)))
            .add(text(LEFT - 8.0, top + tall, 10, "end", "#666", "0".into()));
        for at in [top, top + tall] {
            let line = Line::new().set("x1", LEFT).set("x2", WIDTH - 30.0).set("y1", at).set("y2", at);
            group = group.add(line.set("stroke", "#ddd"));
        }
        for (n, &value) in trend.values.iter().enumerate() {
            group = group
                .add(Circle::new().set("cx", x(n)).set("cy", y(value)).set("r", 2.5).set("fill", "#4477aa"));
        }
        let mut edges = vec![0];
        edges.extend(trend.steps.iter().map(|step| step.at));
        edges.push(trend.values.len());
        for pair in edges.windows(2).filter(|pair| pair[1] > pair[0]) {
            let level = median(&trend.values[pair[0]..pair[1]]).unwrap_or(0.0);
            let line = Line::new()
                .set("x1", x(pair[0]))
                .set("x2", x(pair[1] - 1))
                .set("y1", y(level))
                .set("y2", y(level));
            group = group.add(line.set("stroke", "#222").set("stroke-width", 1.5));
        }
        for step in &trend.steps {
            let at = (x(step.at) + x(step.at - 1)) / 2.0;
            let colour = if step.after > step.before { "#bb2222" } else { "#228833" };
            let commit = trend.commits[step.at].as_deref().unwrap_or("?");
            let words = format!("{commit} {:+.0} %", (step.after / step.before - 1.0) * 100.0);
            let line = Line::new().set("x1", at).set("x2", at).set("y1", top).set("y2", top + tall);
            group = group.add(line.set("stroke", colour).set("stroke-dasharray", "4 3")).add(text(
                at.clamp(LEFT + 40.0, WIDTH - 70.0),
                top + tall + 14.0,
                11,
                "middle",
                colour,
                words,
            ));
        }
        page = page.add(group);
    }
    page.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    /// A row of noisy times, now and then one that another program disturbed.
    fn noisy(seed: u64, count: usize, disturbed: f64, step: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = || f64::from(chance.next_u32()) / f64::from(u32::MAX);
        (0..count)
            .map(|n| {
                let normal: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
                let other = if uniform() < disturbed { 1.15 } else { 1.0 };
                1_000.0 * step(n) * (1.0 + 0.02 * normal) * other
            })
            .collect()
    }

    #[test]
    fn a_step_is_found_within_two_runs() {
        for seed in 0..20 {
            let values = noisy(seed, 80, 0.03, |n| if n < 40 { 1.0 } else { 1.15 });
            let found = steps(&values);
            assert!(found.iter().any(|step| step.at.abs_diff(40) <= 2), "{seed}: {found:?}");
            // And it is there to be seen when two more runs are in.
            let values = noisy(seed, 43, 0.0, |n| if n < 40 { 1.0 } else { 1.15 });
            let early = steps(&values);
            assert!(early.iter().any(|step| step.at.abs_diff(40) <= 2), "{seed}: {early:?}");
        }
    }

    #[test]
    fn flat_rows_raise_no_alarm() {
        for seed in 100..120 {
            let found = steps(&noisy(seed, 80, 0.03, |_| 1.0));
            assert!(found.is_empty(), "{seed}: {found:?}");
        }
    }

    #[test]
    fn steps_are_drawn_with_their_commit() {
        let run = |n: usize| Run {
            date: format!("2026-01-{:02}T00:00:00Z", n + 1),
            commit: Some(format!("c{n}")),
            fingerprint: "f".into(),
            cpu_median: BTreeMap::from([("a/b".to_owned(), if n < 10 { 100.0 } else { 130.0 })]),
        };
        let trends = trends(&(0..20).map(run).collect::<Vec<_>>());
        assert_eq!(trends[0].steps, [Step { at: 10, before: 100.0, after: 130.0 }]);
        let picture = draw(&trends);
        assert!(picture.contains("c10 +30 %") && picture.contains("a/b"), "{picture}");
    }
}
