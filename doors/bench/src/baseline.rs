//! Baselines: rounds kept by name, with the machine and the commit they are of, as text that is committed.

use crate::Stop;
use crate::compare::Rounds;
use crate::machine::Machine;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) date: String,
    pub(crate) commit: Option<String>,
    pub(crate) machine: Machine,
    /// Nanoseconds of thread CPU time a call, round by round.
    pub(crate) rounds: Rounds,
    /// Instructions a call, where they were counted.
    pub(crate) instructions: BTreeMap<String, f64>,
}

impl Baseline {
    /// The schema's name.
    pub(crate) const SCHEMA: &'static str = "kmidi.bench.baseline/1";

    /// Where it belongs: `<record>/<date>-<cores>/baseline-NAME.json`.
    pub(crate) fn path(&self, record: &Path) -> PathBuf {
        record.join(folder(&self.date, self.machine.cores)).join(format!("baseline-{}.json", self.name))
    }
}

/// The folder of a record, as `2026-11-24-two-cores`.
pub(crate) fn folder(date: &str, cores: usize) -> String {
    const WORDS: [&str; 8] = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    let day = date.get(..10).unwrap_or(date);
    match (cores, WORDS.get(cores.wrapping_sub(1))) {
        (1, _) => format!("{day}-one-core"),
        (_, Some(word)) => format!("{day}-{word}-cores"),
        _ => format!("{day}-{cores}-cores"),
    }
}

/// Whether a name can be part of a file's name.
pub(crate) fn check_name(name: &str) -> Result<(), Stop> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !name.is_empty() && name.len() <= 64 && name.chars().all(plain) && !name.starts_with('.') {
        true => Ok(()),
        false => Err(Stop::Usage(format!(
            "{name:?} is no name for a baseline: letters, digits, - _ and . make one"
        ))),
    }
}

/// All baselines of a record, by date and name.
pub(crate) fn all(record: &Path) -> Result<Vec<(PathBuf, Baseline)>, Stop> {
    let mut found = Vec::new();
    let Ok(folders) = std::fs::read_dir(record) else { return Ok(found) };
    for folder in folders.flatten() {
        for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let path = file.path();
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("baseline-") && name.ends_with(".json") {
                let baseline = load(&path)?;
                found.push((path, baseline));
            }
        }
    }
    found.sort_by(|(_, a), (_, b)| (&a.date, &a.name).cmp(&(&b.date, &b.name)));
    Ok(found)
}

fn load(path: &Path) -> Result<Baseline, Stop> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Stop::Input(format!("{shown}: {error}")))?;
    let baseline: Baseline = serde_json::from_str(&text)
        .map_err(|error| Stop::Input(format!("{shown}: not a baseline: {error}")))?;
    match baseline.schema == Baseline::SCHEMA {
        true => Ok(baseline),
        false => {
            Err(Stop::Input(format!("{shown}: its schema is {}, not {}", baseline.schema, Baseline::SCHEMA)))
        }
    }
}

/// The newest baseline of this name, or the one in a file of this path.
pub(crate) fn find(record: &Path, name: &str) -> Result<Baseline, Stop> {
    if Path::new(name).extension().is_some_and(|extension| extension == "json") {
        return load(Path::new(name));
    }
    let mut known = Vec::new();
    let mut found = None;
    for (_, baseline) in all(record)? {
        known.push(baseline.name.clone());
        if baseline.name == name {
            found = Some(baseline);
        }
    }
    known.dedup();
    found.ok_or_else(|| {
        let known =
            if known.is_empty() { "there is none".into() } else { format!("there are {}", known.join(", ")) };
        Stop::Input(format!("{}: no baseline {name}; {known}", record.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_their_folder() {
        assert!(["main", "v1.2", "a-b_c"].iter().all(|name| check_name(name).is_ok()));
        assert!(["", "../x", "a/b", ".x", "a b"].iter().all(|name| check_name(name).is_err()));
    }

    #[test]
    fn folders_say_date_and_cores() {
        assert_eq!(folder("2026-11-24T07:00:00Z", 2), "2026-11-24-two-cores");
        assert_eq!(folder("2026-11-24T07:00:00Z", 1), "2026-11-24-one-core");
        assert_eq!(folder("2026-11-24T07:00:00Z", 64), "2026-11-24-64-cores");
    }
}
