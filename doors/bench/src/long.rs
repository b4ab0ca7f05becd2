//! Long runs: paced as an audio device would call, and at full speed over and over.

use crate::definition::Definition;
use crate::input::Piece;
use crate::machine::resident;
use crate::measure::now;
use crate::plant::{Plant, fresh};
use crate::recorder::{Figures, Recorder};
use crate::verdict::{Verdict, time};
use kmidi_watch::memory::books;
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Duration;

/// A wake-up is late from here on, in nanoseconds.
const LATE: u64 = 1_000_000;
/// Memory that a long run may gain: what the standard library grows once.
const GAINED: i64 = 256 << 10;

/// A run with a block every so often, as from an audio device. Every time is counted from the moment at which the call was
/// due, also for those that waited behind a slow one: nothing is left out (coordinated omission; Tene 2013).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Paced {
    pub(crate) name: String,
    pub(crate) seconds: f64,
    pub(crate) blocks: u64,
    /// Between two calls, in nanoseconds.
    pub(crate) period: u64,
    /// From due to awake, in nanoseconds.
    pub(crate) wake_up: Figures,
    /// From awake to done.
    pub(crate) work: Figures,
    /// From due to done.
    pub(crate) response: Figures,
    /// Wake-ups that came a millisecond late or more.
    pub(crate) late_wake_ups: u64,
    /// Blocks that were not done when the next was due, because the work took too long.
    pub(crate) missed_by_work: u64,
    /// The same, because the thread woke up too late, or waited behind another.
    pub(crate) missed_by_wake_up: u64,
    pub(crate) verdict: Verdict,
    pub(crate) reasons: Vec<String>,
}

/// Calls every period for `length`; `tick` is told the share that is done.
pub(crate) fn paced(
    definition: &Definition,
    length: Duration,
    fit: bool,
    plant: Option<Plant>,
    tick: &dyn Fn(f64),
) -> Result<Paced, String> {
    let piece = Piece::new(&definition.input)?;
    let mut heard = fresh(definition, &piece, plant)?;
    let period = definition.block_ns() as u64;
    let blocks = (length.as_nanos() as u64 / period.max(1)).max(1);
    let (mut wake_up, mut work, mut response) =
        (Recorder::new(blocks as usize)?, Recorder::new(blocks as usize)?, Recorder::new(blocks as usize)?);
    let (mut late, mut by_work, mut by_wake_up, mut stolen) = (0, 0, 0, 0);
    // A few calls first, as a host does before the stream starts.
    for n in 0..200 {
        heard.prepare(n);
        black_box(heard.call(None));
    }
    let begin = now(ClockId::Monotonic) + period;
    for n in 0..blocks {
        let due = begin + n * period;
        heard.prepare(200 + n as usize);
        let early = due.saturating_sub(now(ClockId::Monotonic));
        if early > 0 {
            std::thread::sleep(Duration::from_nanos(early));
        }
        let (awake, own) = (now(ClockId::Monotonic), now(ClockId::ThreadCPUTime));
        black_box(heard.call(None));
        let (done, own) = (now(ClockId::Monotonic), now(ClockId::ThreadCPUTime) - own);
        wake_up.record(awake.saturating_sub(due));
        work.record(done - awake);
        response.record(done.saturating_sub(due));
        late += u64::from(awake.saturating_sub(due) >= LATE);
        if done > due + period {
            match (own >= period, done - awake >= period) {
                (true, _) => by_work += 1,
                // Time that the thread did not have.
                (false, true) => stolen += 1,
                _ => by_wake_up += 1,
            }
        }
        if n % 100 == 0 {
            tick(n as f64 / blocks as f64);
        }
    }
    let mut found = Vec::new();
    let unproven = if fit { Verdict::Fail } else { Verdict::Warn };
    if by_work > 0 {
        found.push((Verdict::Fail, format!("{by_work} deadlines missed by the work itself")));
    }
    if stolen > 0 {
        found.push((unproven, format!("{stolen} deadlines missed while the thread was not running")));
    }
    if by_wake_up > 0 {
        found.push((unproven, format!("{by_wake_up} deadlines missed by late wake-ups")));
    }
    Ok(Paced {
        name: definition.name.clone(),
        seconds: blocks as f64 * period as f64 / 1e9,
        blocks,
        period,
        wake_up: wake_up.figures(),
        work: work.figures(),
        response: response.figures(),
        late_wake_ups: late,
        missed_by_work: by_work,
        missed_by_wake_up: by_wake_up + stolen,
        verdict: found.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Pass),
        reasons: found.into_iter().map(|(_, reason)| reason).collect(),
    })
}

/// A run over and over, with a fresh engine for each turn: does it still answer the same, take the same memory and time?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Soak {
    pub(crate) seconds: f64,
    /// Times that every benchmark was run through.
    pub(crate) turns: u64,
    pub(crate) calls: u64,
    /// Thread CPU time of each call, in nanoseconds.
    pub(crate) cpu: Figures,
    /// Bytes that the allocator holds more than after the first turn.
    pub(crate) gained: i64,
    /// Bytes that are resident more than after the first turn; `null` where the system does not say.
    pub(crate) resident_gained: Option<i64>,
    pub(crate) verdict: Verdict,
    pub(crate) reasons: Vec<String>,
}

/// Runs `definitions` in turns for `length`. The allocator must keep books already.
pub(crate) fn soak(
    definitions: &[&Definition],
    length: Duration,
    plant: Option<Plant>,
    tick: &dyn Fn(f64),
) -> Result<Soak, String> {
    const CALLS: usize = 1_500;
    let pieces = definitions.iter().map(|definition| Piece::new(&definition.input));
    let pieces: Vec<Piece> = pieces.collect::<Result<_, _>>()?;
    let mut cpu = Recorder::new(1_000_000)?;
    let (mut turns, mut first, mut held) = (0_u64, Vec::new(), None);
    let (mut found, begun) = (Vec::new(), now(ClockId::Monotonic));
    let passed = || Duration::from_nanos(now(ClockId::Monotonic) - begun);
    // One turn to be warm, one to compare with, and one that is compared.
    while turns < 3 || passed() < length {
        let mut sums = Vec::with_capacity(definitions.len());
        for (definition, piece) in definitions.iter().zip(&pieces) {
            let mut heard = fresh(definition, piece, plant)?;
            let mut sum = 0_u64;
            for n in 0..CALLS {
                heard.prepare(n);
                let own = now(ClockId::ThreadCPUTime);
                sum = sum.wrapping_add(black_box(heard.call(None)));
                let own = now(ClockId::ThreadCPUTime) - own;
                cpu.record(own);
                if own as f64 >= definition.block_ns() {
                    found.push((
                        Verdict::Fail,
                        format!("{}: a call took {}", definition.name, time(own as f64)),
                    ));
                }
            }
            sums.push(sum);
            tick((passed().as_secs_f64() / length.as_secs_f64()).min(1.0));
        }
        if turns == 0 {
            first = sums;
        } else if first != sums && !found.iter().any(|(_, reason): &(_, String)| reason.contains("answers")) {
            found.push((Verdict::Fail, format!("answers of turn {turns} differ from the first")));
        }
        turns += 1;
        if turns == 2 {
            held = Some((books().live, resident().map(|(now, _)| now)));
        }
        found.truncate(20);
    }
    let (live, before) = held.unwrap_or_default();
    let gained = books().live - live;
    let grown = resident().zip(before).map(|((now, _), before)| now as i64 - before as i64);
    if gained > GAINED {
        found.push((Verdict::Fail, format!("leak: {gained} bytes more than after the second turn")));
    }
    Ok(Soak {
        seconds: passed().as_secs_f64(),
        turns,
        calls: turns * (definitions.len() * CALLS) as u64,
        cpu: cpu.figures(),
        gained,
        resident_gained: grown,
        verdict: found.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::Pass),
        reasons: found.into_iter().map(|(_, reason)| reason).collect(),
    })
}
