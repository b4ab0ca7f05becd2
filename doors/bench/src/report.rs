//! What a run found, as it is written: `kmidi.bench/1`.

use crate::definition::{Budget, Definition};
use crate::machine::Machine;
use crate::measure::{Harness, Measured};
use crate::recorder::Figures;
use crate::verdict::{Case, Verdict, judge};
use kmidi_watch::Kind;
use serde::{Deserialize, Serialize};

/// The schema's name.
pub(crate) const SCHEMA: &str = "kmidi.bench/1";

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) schema: String,
    /// When, as `2026-11-24T07:00:00Z`.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    /// The commit of the working folder, with `+` where files differ from it.
    pub(crate) commit: Option<String>,
    pub(crate) profile: String,
    pub(crate) sample_rate: u32,
    pub(crate) block: usize,
    pub(crate) harness: Harness,
    pub(crate) results: Vec<Row>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) memory: Vec<crate::memory::Phase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paced: Option<crate::long::Paced>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) soak: Option<crate::long::Soak>,
    /// A fault that was planted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) planted: Option<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) verdict: Verdict,
}

/// One benchmark of a run. Times in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) unit: String,
    #[serde(flatten)]
    pub(crate) wall: Figures,
    /// The thread's own time.
    pub(crate) cpu_mean: Option<f64>,
    pub(crate) cpu_median: Option<f64>,
    pub(crate) cpu_p99: Option<f64>,
    pub(crate) cpu_p999: Option<f64>,
    pub(crate) cpu_max: Option<f64>,
    pub(crate) cold: Option<Figures>,
    pub(crate) warm_up: Option<Figures>,
    pub(crate) budget: Budget,
    pub(crate) share_of_block_p999: Option<f64>,
    /// Counted under watch, in `watched_calls` calls; `null` where nothing could be proved.
    pub(crate) allocations: Option<u64>,
    pub(crate) frees: Option<u64>,
    pub(crate) locks: Option<u64>,
    pub(crate) clock_reads: Option<u64>,
    pub(crate) system_calls: Option<u64>,
    pub(crate) watched_calls: u64,
    /// Instructions a call, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) instructions: Option<f64>,
    /// `null` for what is not there to be measured.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) reasons: Vec<String>,
    /// What was right.
    pub(crate) checked: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// The curve of percentiles: nines and time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) curve: Vec<(f64, f64)>,
    /// The longest call of each part of the run in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) course: Vec<u64>,
    /// The slowest calls: time and number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) worst: Vec<(u64, u64)>,
}

impl Row {
    /// What was measured of a definition, judged.
    pub(crate) fn new(definition: &Definition, measured: &Measured, fit: bool) -> Self {
        let (wall, cpu) = (measured.wall.figures(), measured.cpu.figures());
        let case = Case {
            budget: &definition.budget,
            block: definition.block_ns(),
            wall: &wall,
            cpu: &cpu,
            checked: &measured.checked,
            watched: &measured.watched,
            fit,
        };
        let (verdict, reasons) = judge(&case);
        let counted = |kind| measured.watched.as_ref().ok().map(|(counted, _)| counted.of(kind));
        let block = definition.block_ns();
        let share = wall.p999.filter(|_| block > 0.0).map(|p999| (p999 / block * 1e6).round() / 1e6);
        Self {
            name: definition.name.clone(),
            about: definition.about.clone(),
            unit: "ns".into(),
            cpu_mean: cpu.mean,
            cpu_median: cpu.median,
            cpu_p99: cpu.p99,
            cpu_p999: cpu.p999,
            cpu_max: cpu.max,
            cold: Some(measured.cold.clone()).filter(|cold| cold.samples > 0),
            warm_up: Some(measured.warm_up.clone()),
            budget: definition.budget,
            share_of_block_p999: share,
            allocations: counted(Kind::Allocation),
            frees: counted(Kind::Free),
            locks: counted(Kind::Lock),
            clock_reads: counted(Kind::Clock),
            system_calls: counted(Kind::SystemCall),
            watched_calls: measured.watched.as_ref().map_or(0, |(_, calls)| *calls as u64),
            instructions: None,
            verdict: Some(verdict),
            reasons,
            checked: measured.checked.as_ref().ok().cloned(),
            note: None,
            curve: measured.wall.curve(),
            course: measured.wall.course(),
            worst: measured.wall.worst().to_vec(),
            wall,
        }
    }

    /// Everything forbidden that was counted; `None` where nothing could be proved.
    pub(crate) fn counted(&self) -> Option<u64> {
        [self.allocations, self.frees, self.locks, self.clock_reads, self.system_calls].into_iter().sum()
    }

    /// A row for something that is not there to be measured.
    pub(crate) fn absent(name: &str, about: &str, note: &str) -> Self {
        Self {
            name: name.into(),
            about: about.into(),
            unit: "ns".into(),
            wall: Figures::default(),
            cpu_mean: None,
            cpu_median: None,
            cpu_p99: None,
            cpu_p999: None,
            cpu_max: None,
            cold: None,
            warm_up: None,
            budget: Budget::default(),
            share_of_block_p999: None,
            allocations: None,
            frees: None,
            locks: None,
            clock_reads: None,
            system_calls: None,
            watched_calls: 0,
            instructions: None,
            verdict: None,
            reasons: Vec::new(),
            checked: None,
            note: Some(note.into()),
            curve: Vec::new(),
            course: Vec::new(),
            worst: Vec::new(),
        }
    }
}

impl Report {
    /// An empty one for this machine, now.
    pub(crate) fn new(machine: Machine, harness: Harness) -> Self {
        Self {
            schema: SCHEMA.into(),
            date: date(),
            machine,
            commit: commit(),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" }.into(),
            sample_rate: 48_000,
            block: 512,
            harness,
            results: Vec::new(),
            memory: Vec::new(),
            paced: None,
            soak: None,
            planted: None,
            notes: Vec::new(),
            verdict: Verdict::Pass,
        }
    }

    /// Draws the verdict of the whole from its parts.
    pub(crate) fn close(&mut self) {
        let rows = self.results.iter().filter_map(|row| row.verdict);
        let phases = self.memory.iter().filter_map(|phase| phase.verdict);
        let long =
            self.paced.iter().map(|paced| paced.verdict).chain(self.soak.iter().map(|soak| soak.verdict));
        self.verdict = rows.chain(phases).chain(long).max().unwrap_or(Verdict::Insufficient);
    }
}

/// Now, in UTC, to the second (civil date from days: Hinnant 2013).
pub(crate) fn date() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    let (days, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The days from 1970 to the date that a text such as `2026-11-24T07:00:00Z` begins with.
pub(crate) fn day(date: &str) -> Option<i64> {
    let mut parts = date.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468)
}

/// The commit of the folder that this runs in.
pub(crate) fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    Some(if changed { commit + "+" } else { commit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates_and_days_again() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        for days in [0, 58, 59, 60, 11_016, 20_781, 20_782] {
            let (year, month, day_of_month) = civil(days);
            assert_eq!(day(&format!("{year:04}-{month:02}-{day_of_month:02}T00:00:00Z")), Some(days));
        }
        assert_eq!(day("yesterday"), None);
    }
}
