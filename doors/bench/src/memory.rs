//! Memory by phase: what the program holds when an engine is loaded, for each stream, while a song is made, for all models.

use crate::machine::resident;
use crate::plant::Plant;
use crate::verdict::Verdict;
use kmidi::engine::{Block, Config, Engine};
use kmidi_watch::memory::{books, new_peak};
use serde::{Deserialize, Serialize};

const MB: u64 = 1_000_000;
/// What may stay behind when a phase is over: lists of the standard library that grow once.
const LEFT: i64 = 64 << 10;

/// What one phase took. Bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Phase {
    pub(crate) phase: String,
    pub(crate) about: String,
    /// Resident in the whole process, after the phase; `null` where the system does not say.
    pub(crate) resident: Option<u64>,
    /// The most that was resident in the whole process so far.
    pub(crate) peak: Option<u64>,
    /// Held by what the phase made, as the allocator sees it.
    pub(crate) allocated: Option<u64>,
    /// The most that was held beyond what was held before.
    pub(crate) allocated_peak: Option<u64>,
    /// How often memory was taken.
    pub(crate) allocations: Option<u64>,
    /// Still held after everything was dropped.
    pub(crate) left: Option<i64>,
    /// What `allocated_peak` must stay below; for `process` what `peak` must.
    pub(crate) budget: Option<u64>,
    /// `null` for what is not there to be measured.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) note: Option<String>,
}

/// Does `work`, twice to be warm, and keeps the books.
fn phase<T>(
    name: &str,
    about: &str,
    budget: u64,
    mut work: impl FnMut() -> Result<T, String>,
) -> Result<Phase, String> {
    drop(work()?);
    let before = books();
    new_peak();
    let made = work()?;
    let (held, memory) = (books(), resident());
    drop(made);
    let after = books();
    let (allocated, most) = (held.live - before.live, held.peak - before.live);
    let left = after.live - before.live;
    let mut notes = Vec::new();
    if left > LEFT {
        notes.push(format!("leak: {left} bytes are still held when it is over"));
    }
    if most.unsigned_abs() >= budget {
        notes.push(format!("{:.1} MB is not below {} MB", most as f64 / MB as f64, budget / MB));
    }
    Ok(Phase {
        phase: name.into(),
        about: about.into(),
        resident: memory.map(|(now, _)| now),
        peak: memory.map(|(_, peak)| peak),
        allocated: u64::try_from(allocated).ok(),
        allocated_peak: u64::try_from(most).ok(),
        allocations: Some(held.allocations - before.allocations),
        left: Some(left),
        budget: Some(budget),
        verdict: Some(if notes.is_empty() { Verdict::Pass } else { Verdict::Fail }),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    })
}

/// All phases. The allocator must keep books already.
pub(crate) fn measure(plant: Option<Plant>) -> Result<Vec<Phase>, String> {
    let leak = plant == Some(Plant::Leak);
    let engine = || {
        let engine =
            Engine::new(Config { sample_rate: 48_000, max_block: 512 }).map_err(|error| error.to_string());
        if leak {
            std::mem::forget(std::hint::black_box(vec![0_u8; 1 << 20]));
        }
        engine
    };
    let sound: Vec<f32> = (0..512).map(|n| (n as f32 * 0.05).sin() * 0.2).collect();
    let mut phases = vec![
        phase("load", "an engine: tables, weights, transforms, all memory it will use", 50 * MB, engine)?,
        phase("stream", "an engine and ten seconds of sound through it", 100 * MB, || {
            let mut engine = engine()?;
            for _ in 0..940 {
                engine.process(&Block { frames: 512, audio: &[&sound], midi: &[] });
            }
            Ok(engine)
        })?,
        phase("generation", "a song of 64 bars composed", 50 * MB, || {
            let mut intent =
                kmidi::intent_from_text("bittersweet, then hopeful").map_err(|error| error.to_string())?;
            intent.bars = Some(64);
            kmidi::compose(&intent).map_err(|error| error.to_string())
        })?,
        Phase {
            phase: "models".into(),
            about: "the five models".into(),
            resident: None,
            peak: None,
            allocated: None,
            allocated_peak: None,
            allocations: None,
            left: None,
            budget: Some(2_000 * MB),
            verdict: None,
            note: Some("none ships yet; the front ends' weights are part of `load`".into()),
        },
    ];
    let budget = 64 * MB;
    let memory = resident();
    let over = memory.is_some_and(|(_, peak)| peak >= budget);
    phases.push(Phase {
        phase: "process".into(),
        about: "this whole program, everything above included".into(),
        resident: memory.map(|(now, _)| now),
        peak: memory.map(|(_, peak)| peak),
        allocated: None,
        allocated_peak: None,
        allocations: None,
        left: None,
        budget: Some(budget),
        verdict: Some(match (memory, over) {
            (None, _) => Verdict::Warn,
            (_, true) => Verdict::Fail,
            _ => Verdict::Pass,
        }),
        note: match (memory, over) {
            (None, _) => Some("not proven: this system does not say".into()),
            (_, true) => Some(format!("the peak is not below {} MB", budget / MB)),
            _ => None,
        },
    });
    Ok(phases)
}
