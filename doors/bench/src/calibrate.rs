//! By how much a machine differs from itself: what a slowdown must exceed to be believed.

use crate::Stop;
use crate::compare::{ROUNDS, Rounds, interleaved};
use crate::definition::Definition;
use crate::report::{date, day};
use crate::stats::median;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A calibration is old after so many days.
const OLD_DAYS: i64 = 30;
/// How much a benchmark differs from itself on one machine, as a share: 99 of 100 comparisons stay below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    pub(crate) schema: String,
    pub(crate) fingerprint: String,
    pub(crate) date: String,
    pub(crate) comparisons: usize,
    pub(crate) noise: BTreeMap<String, f64>,
}

impl Calibration {
    const SCHEMA: &'static str = "kmidi.bench.calibration/1";

    /// One made now.
    pub(crate) fn new(fingerprint: &str, comparisons: usize, noise: BTreeMap<String, f64>) -> Self {
        Self {
            schema: Self::SCHEMA.into(),
            fingerprint: fingerprint.into(),
            date: date(),
            comparisons,
            noise,
        }
    }

    fn path(record: &Path, fingerprint: &str) -> PathBuf {
        record.join("calibration").join(format!("{fingerprint}.json"))
    }

    /// That of this machine, if it was ever calibrated.
    pub(crate) fn load(record: &Path, fingerprint: &str) -> Option<Self> {
        let text = std::fs::read_to_string(Self::path(record, fingerprint)).ok()?;
        serde_json::from_str(&text).ok().filter(|found: &Self| found.schema == Self::SCHEMA)
    }

    /// Writes it, and says where.
    pub(crate) fn save(&self, record: &Path) -> Result<PathBuf, Stop> {
        let path = Self::path(record, &self.fingerprint);
        crate::write(&path, &crate::json(self)?)?;
        Ok(path)
    }

    /// Whether it is too old to be relied upon.
    pub(crate) fn is_old(&self) -> bool {
        match (day(&self.date), day(&date())) {
            (Some(then), Some(now)) => now - then > OLD_DAYS,
            _ => true,
        }
    }
}

/// Compares a program with itself again and again: what this machine differs by.
pub(crate) fn calibrate(
    binary: &Path,
    folder: Option<&Path>,
    definitions: &[&Definition],
    fingerprint: &str,
    comparisons: usize,
    tick: &dyn Fn(),
) -> Result<Calibration, Stop> {
    let mut ratios: Rounds = Rounds::new();
    for _ in 0..comparisons {
        let (a, b) = interleaved(binary, (binary, None), folder, definitions, ROUNDS, tick)?;
        for (name, of_b) in &b {
            if let Some((of_a, of_b)) = a.get(name).and_then(|of_a| median(of_a)).zip(median(of_b)) {
                ratios.entry(name.clone()).or_default().push((of_b / of_a).ln().abs());
            }
        }
    }
    // The spread from the median of what was seen: a few comparisons say little about the worst of a hundred. 2.58 is the
    // normal distribution's 99 %, 0.6745 its median.
    let noise = |seen: &Vec<f64>| {
        let spread = median(seen).unwrap_or(0.0) / 0.674_5 * 2.576;
        (seen.iter().copied().fold(spread, f64::max).exp_m1() * 1e4).round() / 1e4
    };
    let noise = ratios.iter().map(|(name, seen)| (name.clone(), noise(seen))).collect();
    Ok(Calibration::new(fingerprint, comparisons, noise))
}
