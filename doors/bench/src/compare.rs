//! Comparisons: is B slower than A, and is it more than chance and more than this machine's noise?

use crate::Stop;
use crate::calibrate::Calibration;
use crate::definition::Definition;
use crate::plant::Plant;
use crate::rounds;
use crate::stats::{larger_by_chance, median, ratio_interval};
use crate::verdict::{Verdict, time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The fewest rounds that are compared.
pub(crate) const ROUNDS: usize = 9;
/// The rank test speaks below this.
const CHANCE: f64 = 0.01;

/// Rounds by benchmark, in nanoseconds of thread CPU time a call.
pub(crate) type Rounds = BTreeMap<String, Vec<f64>>;

/// One benchmark of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) name: String,
    /// `ns` of thread CPU time, or `instructions`; a call.
    pub(crate) unit: String,
    pub(crate) a: f64,
    pub(crate) b: f64,
    /// B over A: above 1 is slower.
    pub(crate) ratio: f64,
    /// 99 of 100 resamples.
    pub(crate) interval: Option<(f64, f64)>,
    /// How likely it is by chance that B ranks so much slower.
    pub(crate) chance: Option<f64>,
    /// What the machine is known to differ by.
    pub(crate) noise: Option<f64>,
    pub(crate) verdict: Verdict,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) schema: String,
    pub(crate) a: String,
    pub(crate) b: String,
    pub(crate) threshold: f64,
    pub(crate) rounds: usize,
    pub(crate) results: Vec<Compared>,
    pub(crate) notes: Vec<String>,
    pub(crate) verdict: Verdict,
}

/// Judges one benchmark by its rounds. All three must hold for a regression: above the threshold, beyond chance, and beyond
/// the machine's noise.
pub(crate) fn judge(
    name: &str,
    a: &[f64],
    b: &[f64],
    paired: bool,
    threshold: f64,
    noise: Option<f64>,
) -> Option<Compared> {
    let (of_a, of_b) = (median(a)?, median(b)?);
    let ratio = of_b / of_a;
    let interval = ratio_interval(a, b, paired);
    let chance = larger_by_chance(a, b);
    let real = interval.is_some_and(|(low, _)| low > 1.0) || chance < CHANCE;
    let slower = ratio > 1.0 + threshold && real && ratio > 1.0 + noise.unwrap_or(0.0);
    let enough = a.len() >= ROUNDS && b.len() >= ROUNDS;
    Some(Compared {
        name: name.into(),
        unit: "ns".into(),
        a: of_a,
        b: of_b,
        ratio,
        interval,
        chance: Some(chance),
        noise,
        verdict: match (enough, slower) {
            (false, _) => Verdict::Insufficient,
            (_, true) => Verdict::Regression,
            _ => Verdict::Pass,
        },
    })
}

/// Judges instruction counts, which have no noise to speak of.
fn judge_instructions(name: &str, a: f64, b: f64, threshold: f64) -> Compared {
    let slower = b > a * (1.0 + threshold);
    Compared {
        name: name.into(),
        unit: "instructions".into(),
        a,
        b,
        ratio: b / a,
        interval: None,
        chance: None,
        noise: None,
        verdict: if slower { Verdict::Regression } else { Verdict::Pass },
    }
}

impl Comparison {
    fn new(a: &str, b: &str, threshold: f64, rounds: usize) -> Self {
        Self {
            schema: "kmidi.bench.compare/1".into(),
            a: a.into(),
            b: b.into(),
            threshold,
            rounds,
            results: Vec::new(),
            notes: Vec::new(),
            verdict: Verdict::Insufficient,
        }
    }

    fn close(mut self, calibration: Option<&Calibration>) -> Self {
        let worst = self.results.iter().map(|row| row.verdict).max();
        self.verdict = worst.unwrap_or(Verdict::Insufficient);
        let timed = self.results.iter().any(|row| row.unit == "ns");
        let doubt = match calibration {
            None => {
                Some("this machine was never calibrated (`kmidi bench calibrate`): its noise is not known")
            }
            Some(found) if found.is_old() => {
                Some("the calibration of this machine is old: `kmidi bench calibrate`")
            }
            Some(_) => None,
        };
        if let Some(doubt) = doubt.filter(|_| timed) {
            self.notes.push(doubt.into());
            self.verdict = self.verdict.max(Verdict::Warn);
        }
        self
    }

    /// Of two sets of rounds.
    pub(crate) fn of_rounds(
        (a_name, a): (&str, &Rounds),
        (b_name, b): (&str, &Rounds),
        paired: bool,
        threshold: f64,
        calibration: Option<&Calibration>,
    ) -> Self {
        let rounds = b.values().map(Vec::len).min().unwrap_or(0);
        let mut comparison = Self::new(a_name, b_name, threshold, rounds);
        for (name, of_b) in b {
            let noise = calibration.and_then(|found| found.noise.get(name).copied());
            match a.get(name) {
                Some(of_a) => comparison.results.extend(judge(name, of_a, of_b, paired, threshold, noise)),
                None => comparison.notes.push(format!("{name} is not in {a_name}")),
            }
        }
        comparison.close(calibration)
    }

    /// Of two baselines: by time where both are of one kind of machine, else by instructions.
    ///
    /// # Errors
    ///
    /// [`Stop::Usage`] where they cannot be compared, with the reason.
    pub(crate) fn of_baselines(
        a: &crate::baseline::Baseline,
        b: &crate::baseline::Baseline,
        threshold: f64,
        calibration: Option<&Calibration>,
    ) -> Result<Self, Stop> {
        if a.machine.fingerprint == b.machine.fingerprint {
            return Ok(Self::of_rounds(
                (&a.name, &a.rounds),
                (&b.name, &b.rounds),
                false,
                threshold,
                calibration,
            ));
        }
        let mut comparison = Self::new(&a.name, &b.name, threshold, 1);
        for (name, of_b) in &b.instructions {
            if let Some(of_a) = a.instructions.get(name) {
                comparison.results.push(judge_instructions(name, *of_a, *of_b, threshold));
            }
        }
        if comparison.results.is_empty() {
            return Err(Stop::Usage(format!(
                "{} is of {} ({}) and {} of {} ({}): times of two machines cannot be compared, and no instructions were \
                 counted for both; save both with valgrind installed",
                a.name, a.machine.cpu, a.machine.fingerprint, b.name, b.machine.cpu, b.machine.fingerprint
            )));
        }
        comparison.notes.push("two kinds of machine: instructions are compared, not time".into());
        Ok(comparison.close(calibration))
    }

    /// Whether something is slower by more than the threshold, but may be so by chance.
    fn is_in_doubt(&self) -> bool {
        self.results.iter().any(|row| row.ratio > 1.0 + self.threshold && row.verdict == Verdict::Pass)
    }

    /// As a table for people, or as Markdown.
    pub(crate) fn table(&self, markdown: bool) -> String {
        let mut text = String::new();
        let say = |value: f64, unit: &str| if unit == "ns" { time(value) } else { format!("{value:.0}") };
        if markdown {
            let _ = writeln!(
                text,
                "**{}**: {} against {}, {} rounds, threshold {:.0} %\n",
                self.verdict.name(),
                self.b,
                self.a,
                self.rounds,
                self.threshold * 100.0
            );
            text.push_str("| benchmark | A | B | B / A | 99 % of resamples | noise | verdict |\n|---|---|---|---|---|---|---|\n");
        } else {
            let _ = writeln!(text, "A  {}\nB  {}\n", self.a, self.b);
            let _ = writeln!(
                text,
                "{:<30} {:>10} {:>10} {:>8}   {:<16} {:>7}  verdict",
                "", "A", "B", "B / A", "99 % of resamples", "noise"
            );
        }
        for row in &self.results {
            let interval = row.interval.map_or("-".into(), |(low, high)| format!("{low:.3} to {high:.3}"));
            let noise = row.noise.map_or("-".into(), |noise| format!("{:.1} %", noise * 100.0));
            let (a, b, ratio, verdict) =
                (say(row.a, &row.unit), say(row.b, &row.unit), row.ratio, row.verdict.name());
            let _ = match markdown {
                true => writeln!(
                    text,
                    "| {} | {a} | {b} | {ratio:.3} | {interval} | {noise} | {verdict} |",
                    row.name
                ),
                false => writeln!(
                    text,
                    "{:<30} {a:>10} {b:>10} {ratio:>8.3}   {interval:<17} {noise:>7}  {verdict}",
                    row.name
                ),
            };
        }
        for note in &self.notes {
            let _ = writeln!(text, "\n{note}");
        }
        if !markdown {
            let _ = writeln!(text, "\n{}", self.verdict.name());
        }
        text
    }
}

/// Rounds of two programs in turn: A B, then B A, so that drift falls on both.
pub(crate) fn interleaved(
    a: &Path,
    b: (&Path, Option<Plant>),
    folder: Option<&Path>,
    definitions: &[&Definition],
    rounds: usize,
    tick: &dyn Fn(),
) -> Result<(Rounds, Rounds), Stop> {
    let names: Vec<String> = definitions.iter().map(|definition| definition.name.clone()).collect();
    let (mut of_a, mut of_b) = (Rounds::new(), Rounds::new());
    let add = |to: &mut Rounds, round: BTreeMap<String, f64>| {
        round.into_iter().for_each(|(name, ns)| to.entry(name).or_default().push(ns));
    };
    for round in 0..rounds {
        let mut one = |first: bool| -> Result<(), Stop> {
            if first {
                add(&mut of_a, rounds::by(a, folder, &names, None)?);
            } else {
                add(&mut of_b, rounds::by(b.0, folder, &names, b.1)?);
            }
            tick();
            Ok(())
        };
        one(round % 2 == 0)?;
        one(round % 2 == 1)?;
    }
    Ok((of_a, of_b))
}

/// Rounds of two programs in turn, judged. A disturbed machine leaves a slowdown in doubt: then there are more rounds, up to
/// three times as many.
pub(crate) fn against(
    (a, b): (&Path, (&Path, Option<Plant>)),
    folder: Option<&Path>,
    definitions: &[&Definition],
    rounds: usize,
    tick: &dyn Fn(),
    judge: &dyn Fn(&Rounds, &Rounds) -> Comparison,
) -> Result<Comparison, Stop> {
    let (mut of_a, mut of_b) = (Rounds::new(), Rounds::new());
    let mut turns = 0;
    loop {
        let (more_a, more_b) = interleaved(a, b, folder, definitions, rounds, tick)?;
        for (all, more) in [(&mut of_a, more_a), (&mut of_b, more_b)] {
            more.into_iter().for_each(|(name, times)| all.entry(name).or_default().extend(times));
        }
        let comparison = judge(&of_a, &of_b);
        turns += 1;
        if turns == 3 || !comparison.is_in_doubt() {
            return Ok(comparison);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(base: f64, wobble: f64) -> Vec<f64> {
        (0..9).map(|n| base * (1.0 + wobble * (f64::from(n * 7 % 9) / 4.0 - 1.0))).collect()
    }

    fn verdict(b: f64, wobble: f64, noise: Option<f64>) -> Verdict {
        let (a, b) = (rounds(100.0, wobble), rounds(b, wobble));
        judge("x", &a, &b, true, 0.1, noise).expect("rounds").verdict
    }

    #[test]
    fn a_regression_is_large_and_real_and_beyond_the_noise() {
        assert_eq!(verdict(115.0, 0.02, Some(0.03)), Verdict::Regression);
        assert_eq!(verdict(103.0, 0.02, Some(0.03)), Verdict::Pass);
        assert_eq!(verdict(85.0, 0.02, Some(0.03)), Verdict::Pass);
        assert_eq!(verdict(115.0, 0.02, Some(0.2)), Verdict::Pass);
        // Larger in the middle, but by chance: rounds that differ by half from each other.
        let (a, b) = (
            [90.0, 100.0, 150.0, 60.0, 101.0, 99.0, 180.0, 70.0, 140.0],
            [115.0, 60.0, 140.0, 99.0, 180.0, 70.0, 150.0, 116.0, 90.0],
        );
        let compared = judge("x", &a, &b, false, 0.1, None).expect("rounds");
        assert!(compared.ratio > 1.1 && compared.verdict == Verdict::Pass, "{compared:?}");
        let in_doubt =
            |row| Comparison { results: vec![row], ..Comparison::new("a", "b", 0.1, 9) }.is_in_doubt();
        assert!(in_doubt(compared));
        assert!(!in_doubt(
            judge("x", &rounds(100.0, 0.02), &rounds(115.0, 0.02), true, 0.1, None).expect("rounds")
        ));
    }

    #[test]
    fn too_few_rounds_say_nothing() {
        let compared = judge("x", &[1.0; 8], &[2.0; 8], true, 0.1, None).expect("rounds");
        assert_eq!(compared.verdict, Verdict::Insufficient);
    }

    #[test]
    fn doubt_about_the_machine_is_said() {
        let a = Rounds::from([("x".to_owned(), rounds(100.0, 0.01))]);
        let fresh = Calibration::new("f", 10, BTreeMap::from([("x".to_owned(), 0.02)]));
        let old = Calibration { date: "2020-01-01T00:00:00Z".into(), ..fresh.clone() };
        let of = |calibration| Comparison::of_rounds(("a", &a), ("b", &a), true, 0.1, calibration).verdict;
        assert_eq!(
            (of(Some(&fresh)), of(Some(&old)), of(None)),
            (Verdict::Pass, Verdict::Warn, Verdict::Warn)
        );
    }
}
