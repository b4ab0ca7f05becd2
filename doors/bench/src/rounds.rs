//! Rounds: what a benchmark costs, as one number from a process of its own. Comparisons are made of many.

use crate::Stop;
use crate::definition::Definition;
use crate::input::Piece;
use crate::measure::now;
use crate::plant::{Plant, fresh};
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// Stretches of a round; the quicker ones speak.
const STRETCHES: usize = 9;

/// What a process of one round prints: nanoseconds of thread CPU time a call, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) schema: String,
    pub(crate) round: BTreeMap<String, f64>,
}

/// The schema of [`Round`].
const SCHEMA: &str = "kmidi.bench.round/1";

/// One round of one benchmark: the lower quartile over stretches of calls, one after the other, because what a machine adds
/// to a time is never below zero.
pub(crate) fn round(definition: &Definition, plant: Option<Plant>) -> Result<f64, String> {
    let piece = Piece::new(&definition.input)?;
    let calls = definition.quick.min(750);
    let mut heard = fresh(definition, &piece, plant)?;
    let mut stretch = |from: usize| {
        let begun = now(ClockId::ThreadCPUTime);
        for n in from..from + calls {
            heard.prepare(n);
            black_box(heard.call(None));
        }
        (now(ClockId::ThreadCPUTime) - begun) as f64 / calls as f64
    };
    stretch(0);
    let mut times: Vec<f64> = (1..=STRETCHES).map(|n| stretch(n * calls)).collect();
    times.sort_by(f64::total_cmp);
    Ok(times[STRETCHES / 4])
}

/// One round of each, as its process prints it.
pub(crate) fn all(definitions: &[&Definition], plant: Option<Plant>) -> Result<Round, Stop> {
    let mut times = BTreeMap::new();
    for definition in definitions {
        times.insert(definition.name.clone(), round(definition, plant).map_err(Stop::Internal)?);
    }
    Ok(Round { schema: SCHEMA.into(), round: times })
}

/// One round of the named benchmarks by a program, which may be another version of this one.
pub(crate) fn by(
    binary: &Path,
    definitions: Option<&Path>,
    names: &[String],
    plant: Option<Plant>,
) -> Result<BTreeMap<String, f64>, Stop> {
    let mut command = Command::new(binary);
    command.args(["bench", "round"]);
    names.iter().for_each(|name| _ = command.args(["--name", name]));
    if let Some(folder) = definitions {
        command.arg("--definitions").arg(folder);
    }
    if let Some(plant) = plant {
        command.args(["--plant", &plant.to_string()]);
    }
    let shown = binary.display();
    let output = command.output().map_err(|error| Stop::Input(format!("{shown}: cannot be run: {error}")))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let round: Round = serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = said.lines().last().unwrap_or("nothing was said");
        Stop::Input(format!("{shown}: it has no `bench round` for these benchmarks: {said}"))
    })?;
    match round.schema == SCHEMA {
        true => Ok(round.round),
        false => Err(Stop::Input(format!("{shown}: its rounds are {}, not {SCHEMA}", round.schema))),
    }
}

/// Instructions a call, counted by `valgrind --tool=callgrind` over one round; `None` where that is not installed.
pub(crate) fn instructions(binary: &Path, definitions: Option<&Path>, name: &str) -> Option<f64> {
    let folder = std::env::temp_dir().join(format!("kmidi-callgrind-{}", std::process::id()));
    let calls = 300;
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--toggle-collect=*kmidi_bench*rounds*counted*"])
        .arg(format!("--callgrind-out-file={}", folder.display()))
        .arg(binary)
        .args(["bench", "round", "--name", name, "--count", &calls.to_string()]);
    if let Some(folder) = definitions {
        command.arg("--definitions").arg(folder);
    }
    let output = command.output().ok()?;
    let _ = std::fs::remove_file(&folder);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let collected = said.lines().find_map(|line| line.split("Collected :").nth(1))?;
    let collected: f64 = collected.trim().parse().ok()?;
    (output.status.success() && collected > 0.0).then_some(collected / f64::from(calls))
}

/// Runs calls for an instruction counter, which is told to count in here alone.
#[inline(never)]
pub(crate) fn counted(heard: &mut dyn crate::subject::Subject, calls: std::ops::Range<usize>) {
    for n in calls {
        heard.prepare(n);
        black_box(heard.call(None));
    }
}

/// What runs under the instruction counter.
pub(crate) fn count(definition: &Definition, calls: usize, plant: Option<Plant>) -> Result<(), String> {
    let piece = Piece::new(&definition.input)?;
    let mut heard = fresh(definition, &piece, plant)?;
    for n in 0..200 {
        heard.prepare(n);
        black_box(heard.call(None));
    }
    counted(&mut *heard, 200..200 + calls);
    Ok(())
}
