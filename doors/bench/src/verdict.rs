//! Verdicts: what figures mean against a budget.

use crate::definition::Budget;
use crate::recorder::Figures;
use kmidi_watch::{Counted, Kind};
use serde::{Deserialize, Serialize};

/// From best to worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Verdict {
    /// The mean is below its budget, tails are, answers are right, nothing forbidden was counted.
    #[default]
    Pass,
    /// The slowest calls are far above the mean, or something could not be proved.
    Warn,
    /// A percentile with a budget was asked of too few calls.
    Insufficient,
    /// Slower than before, beyond doubt.
    Regression,
    /// A budget is not kept, an answer is wrong, or something forbidden was done.
    Fail,
}

impl Verdict {
    /// As printed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Warn => "WARN",
            Self::Insufficient => "INSUFFICIENT",
            Self::Regression => "REGRESSION",
            Self::Fail => "FAIL",
        }
    }
}

/// "Far above the mean": so many times.
const FAR: f64 = 5.0;

/// Everything that a verdict looks at. Times in nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Case<'a> {
    pub(crate) budget: &'a Budget,
    /// How long a block lasts; 0 where a call is no block.
    pub(crate) block: f64,
    pub(crate) wall: &'a Figures,
    pub(crate) cpu: &'a Figures,
    pub(crate) checked: &'a Result<String, String>,
    pub(crate) watched: &'a Result<(Counted, usize), String>,
    /// Whether the machine can prove a tail by the wall clock.
    pub(crate) fit: bool,
}

/// The verdict, and a reason for each thing that is not as it should be, the worst first.
pub(crate) fn judge(case: &Case<'_>) -> (Verdict, Vec<String>) {
    let mut found: Vec<(Verdict, String)> = Vec::new();
    if let Err(wrong) = case.checked {
        found.push((Verdict::Fail, format!("wrong answer: {wrong}")));
    }
    match case.watched {
        Ok((counted, calls)) if !counted.is_clean() => {
            let kinds = [
                (Kind::Allocation, "allocations"),
                (Kind::Free, "frees"),
                (Kind::Lock, "locks"),
                (Kind::Clock, "clock reads"),
                (Kind::SystemCall, "system calls"),
            ];
            let met = kinds.iter().filter(|(kind, _)| counted.of(*kind) > 0);
            let met: Vec<String> = met.map(|(kind, name)| format!("{} {name}", counted.of(*kind))).collect();
            found.push((Verdict::Fail, format!("{} in {calls} calls", met.join(", "))));
        }
        Ok(_) => {}
        Err(reason) => {
            found.push((Verdict::Warn, format!("not proven free of allocations and calls: {reason}")));
        }
    }
    match (case.budget.mean, case.wall.mean, case.cpu.mean) {
        (Some(budget), Some(wall), Some(cpu)) => {
            // A machine that others use too takes time from calls that is not theirs.
            let mean = if case.fit { wall } else { cpu.min(wall) };
            if mean >= budget {
                found.push((Verdict::Fail, format!("mean {} is not below {}", time(mean), time(budget))));
            } else if wall >= budget {
                let reason = format!("mean {} by the wall clock is not below {}", time(wall), time(budget));
                found.push((Verdict::Warn, reason));
            }
        }
        (Some(_), ..) => found.push((Verdict::Insufficient, "nothing was timed".into())),
        (None, ..) => {}
    }
    let (of, name) = if case.fit { (case.wall, "wall clock") } else { (case.cpu, "thread CPU time") };
    let share = case.budget.p999_of_block.filter(|_| case.block > 0.0).map(|share| share * case.block);
    let tail = [case.budget.p999, share].into_iter().flatten().reduce(f64::min);
    match (tail, of.p999) {
        (Some(budget), Some(p999)) if p999 >= budget => {
            found.push((
                Verdict::Fail,
                format!("p99.9 {} ({name}) is not below {}", time(p999), time(budget)),
            ));
        }
        (Some(_), None) if of.samples > 0 => {
            found.push((Verdict::Insufficient, format!("p99.9 of {} calls: it needs 1,000", of.samples)));
        }
        _ => {}
    }
    if case.block > 0.0 {
        match (case.cpu.max, case.wall.max) {
            (Some(cpu), _) if cpu >= case.block => {
                found.push((
                    Verdict::Fail,
                    format!(
                        "a call took {} of the thread's time: a block lasts {}",
                        time(cpu),
                        time(case.block)
                    ),
                ));
            }
            (_, Some(wall)) if wall >= case.block => {
                let verdict = if case.fit { Verdict::Fail } else { Verdict::Warn };
                found.push((
                    verdict,
                    format!(
                        "a call took {} by the wall clock: a block lasts {}",
                        time(wall),
                        time(case.block)
                    ),
                ));
            }
            _ => {}
        }
    }
    if let (Some(p99), Some(mean)) = (of.p99, of.mean) {
        // A call in which much falls due is far above the mean by design; it matters when it nears a budget.
        let matters = case.budget.mean.or(tail).unwrap_or(0.0);
        if p99 > FAR * mean && p99 >= matters {
            found.push((Verdict::Warn, format!("p99 is {:.1} times the mean ({name})", p99 / mean)));
        }
    }
    found.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
    let worst = found.first().map_or(Verdict::Pass, |(verdict, _)| *verdict);
    (worst, found.into_iter().map(|(_, reason)| reason).collect())
}

/// A time as people read it: three digits and a unit.
pub(crate) fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let digits = if value >= 100.0 || unit == "ns" {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

/// A time, or a dash where there is none.
pub(crate) fn time_or_dash(ns: Option<f64>) -> String {
    ns.map_or("-".into(), time)
}

/// Bytes as megabytes, or a dash where there are none.
pub(crate) fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or("-".into(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(mean: f64, p99: f64, p999: Option<f64>, max: f64) -> Figures {
        Figures {
            samples: 4_000,
            mean: Some(mean),
            median: Some(mean),
            p99: Some(p99),
            p999,
            max: Some(max),
            ..Figures::default()
        }
    }

    /// The verdict of a case, changed from one that passes.
    fn with(
        change: impl FnOnce(
            &mut Figures,
            &mut Figures,
            &mut Budget,
            &mut Result<String, String>,
            &mut Counted,
            &mut bool,
        ),
    ) -> (Verdict, String) {
        let mut wall = figures(40e3, 90e3, Some(150e3), 900e3);
        let mut cpu = figures(38e3, 80e3, Some(120e3), 200e3);
        let mut budget = Budget { mean: Some(100e3), p999: Some(200e3), p999_of_block: Some(0.5) };
        let mut checked = Ok("C:maj".to_owned());
        let (mut counted, mut fit) = (Counted::default(), false);
        change(&mut wall, &mut cpu, &mut budget, &mut checked, &mut counted, &mut fit);
        let watched = Ok((counted, 4_000));
        let case = Case {
            budget: &budget,
            block: 10_667e3,
            wall: &wall,
            cpu: &cpu,
            checked: &checked,
            watched: &watched,
            fit,
        };
        let (verdict, reasons) = judge(&case);
        (verdict, reasons.join("; "))
    }

    #[test]
    fn what_keeps_its_budget_passes() {
        assert_eq!(with(|_, _, _, _, _, _| ()), (Verdict::Pass, String::new()));
    }

    #[test]
    fn a_mean_at_the_budget_fails() {
        let (verdict, reason) =
            with(|wall, cpu, _, _, _, _| (wall.mean, cpu.mean) = (Some(100e3), Some(100e3)));
        assert!(verdict == Verdict::Fail && reason.contains("mean"), "{reason}");
        // Only the wall clock says so, on a machine that others use: no proof.
        assert_eq!(with(|wall, _, _, _, _, _| wall.mean = Some(100e3)).0, Verdict::Warn);
        assert_eq!(with(|wall, _, _, _, _, fit| (wall.mean, *fit) = (Some(100e3), true)).0, Verdict::Fail);
    }

    #[test]
    fn tails_are_judged_by_the_clock_that_can_prove_them() {
        assert_eq!(with(|wall, _, _, _, _, _| wall.p999 = Some(300e3)).0, Verdict::Pass);
        assert_eq!(with(|wall, _, _, _, _, fit| (wall.p999, *fit) = (Some(300e3), true)).0, Verdict::Fail);
        assert_eq!(with(|_, cpu, _, _, _, _| cpu.p999 = Some(300e3)).0, Verdict::Fail);
        let (verdict, reason) = with(|_, cpu, _, _, _, _| (cpu.p999, cpu.samples) = (None, 500));
        assert!(verdict == Verdict::Insufficient && reason.contains("500"), "{reason}");
        assert_eq!(
            with(|_, cpu, budget, _, _, _| {
                (cpu.p999, budget.p999, budget.p999_of_block) = (None, None, None);
            })
            .0,
            Verdict::Pass
        );
    }

    #[test]
    fn what_may_not_be_is_named() {
        let (verdict, reason) = with(|_, _, _, checked, _, _| *checked = Err("D:min".into()));
        assert!(verdict == Verdict::Fail && reason.contains("D:min"), "{reason}");
        for (kind, name) in
            ["allocations", "frees", "locks", "clock reads", "system calls"].iter().enumerate()
        {
            let (verdict, reason) = with(|_, _, _, _, counted, _| counted.counts[kind] = 3);
            assert!(verdict == Verdict::Fail && reason.contains(&format!("3 {name}")), "{reason}");
        }
        let (verdict, reason) = with(|_, cpu, _, _, _, _| cpu.max = Some(20e6));
        assert!(verdict == Verdict::Fail && reason.contains("20.0 ms"), "{reason}");
        assert_eq!(with(|wall, _, _, _, _, _| wall.max = Some(20e6)).0, Verdict::Warn);
        assert_eq!(with(|_, cpu, _, _, _, _| cpu.p99 = Some(400e3)).0, Verdict::Warn);
    }

    #[test]
    fn times_have_three_digits() {
        assert_eq!(
            [5.0, 840.0, 1_234.0, 56_789.0, 123_456.0, 5.33e6].map(time),
            ["5 ns", "840 ns", "1.23 µs", "56.8 µs", "123 µs", "5.33 ms"]
        );
    }
}
