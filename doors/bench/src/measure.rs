//! The measurement of one definition: its answers, its warm-up, every call by the wall clock and by the thread's own time,
//! calls with cold caches, and what was counted under watch.

use crate::check;
use crate::definition::Definition;
use crate::input::Piece;
use crate::plant::{Plant, fresh};
use crate::recorder::{Figures, Recorder};
use crate::subject::{Subject, Told};
use kmidi_watch::{Counted, Gate};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// Calls before those that count.
const WARM_UP: usize = 400;
/// What is read to put everything else out of the caches.
const CACHES: usize = 64 << 20;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Calls that count.
    pub(crate) calls: usize,
    /// Calls with cold caches.
    pub(crate) cold: usize,
    /// Calls under watch.
    pub(crate) watched: usize,
}

/// What the harness itself costs, in nanoseconds a call: measured with a call that does nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Harness {
    /// Inside what the wall clock sees; taken off.
    pub(crate) inside: f64,
    /// Inside what the thread's clock sees; taken off.
    pub(crate) inside_cpu: f64,
    /// In all, for each call that the wall clock times.
    pub(crate) call: f64,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) wall: Recorder,
    pub(crate) cpu: Recorder,
    pub(crate) warm_up: Figures,
    pub(crate) cold: Figures,
    /// What was right; or what was not.
    pub(crate) checked: Result<String, String>,
    /// What was counted under watch, and in how many calls; or why nothing could be proved.
    pub(crate) watched: Result<(Counted, usize), String>,
}

impl Measured {
    /// The thread's own time in its longest call, nanoseconds.
    pub(crate) fn longest(&self) -> f64 {
        self.cpu.figures().max.unwrap_or(0.0)
    }
}

/// The time of a clock in nanoseconds.
pub(crate) fn now(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Times calls one by one; `inside` nanoseconds are taken off each. What they answered, added up.
fn timed(
    subject: &mut dyn Subject,
    clock: ClockId,
    inside: u64,
    calls: std::ops::Range<usize>,
    recorder: &mut Recorder,
) -> u64 {
    let mut sum = 0_u64;
    for n in calls {
        subject.prepare(n);
        let begun = now(clock);
        let answer = black_box(subject.call(None));
        let ended = now(clock);
        recorder.record((ended - begun).saturating_sub(inside));
        sum = sum.wrapping_add(answer);
    }
    sum
}

struct Nothing;

impl Subject for Nothing {
    fn prepare(&mut self, _: usize) {}
    fn call(&mut self, _: Option<&mut Told>) -> u64 {
        black_box(0)
    }
}

/// Measures the harness.
pub(crate) fn harness() -> Result<Harness, String> {
    const CALLS: usize = 20_000;
    let median = |clock| -> Result<(f64, f64), String> {
        let mut recorder = Recorder::new(CALLS)?;
        let begun = now(ClockId::ThreadCPUTime);
        timed(&mut Nothing, clock, 0, 0..CALLS, &mut recorder);
        let all = (now(ClockId::ThreadCPUTime) - begun) as f64 / CALLS as f64;
        Ok((recorder.figures().median.unwrap_or(0.0), all))
    };
    let ((inside, call), (inside_cpu, _)) = (median(ClockId::Monotonic)?, median(ClockId::ThreadCPUTime)?);
    Ok(Harness { inside, inside_cpu, call: (call * 10.0).round() / 10.0 })
}

/// Reads more than the caches hold.
fn evict(memory: &[u8]) {
    black_box(memory.iter().step_by(64).fold(0_u64, |sum, &byte| sum + u64::from(byte)));
}

/// Measures one definition. Errors are faults of the definition or of the machine, not of the answers.
pub(crate) fn measure(
    definition: &Definition,
    extent: Extent,
    harness: Harness,
    gate: Option<Gate>,
    plant: Option<Plant>,
) -> Result<Measured, String> {
    let piece = Piece::new(&definition.input)?;
    let (checked, expected) = answers(definition, &piece, extent, plant)?;
    let end = WARM_UP + extent.calls;

    let mut wall = Recorder::new(extent.calls)?;
    let mut warm = Recorder::new(WARM_UP)?;
    let mut heard = fresh(definition, &piece, plant)?;
    let inside = harness.inside as u64;
    let before = timed(&mut *heard, ClockId::Monotonic, inside, 0..WARM_UP, &mut warm);
    let sum = timed(&mut *heard, ClockId::Monotonic, inside, WARM_UP..end, &mut wall);
    let checked = match checked {
        Ok(_) if before.wrapping_add(sum) != expected => {
            Err("the timed calls answered something else".into())
        }
        checked => checked,
    };

    let mut cold = Recorder::new(extent.cold)?;
    if extent.cold > 0 {
        let memory = vec![1_u8; CACHES];
        for n in end..end + extent.cold {
            evict(&memory);
            timed(&mut *heard, ClockId::ThreadCPUTime, harness.inside_cpu as u64, n..n + 1, &mut cold);
        }
    }

    let mut cpu = Recorder::new(extent.calls)?;
    let mut unheard = Recorder::new(WARM_UP)?;
    let mut heard = fresh(definition, &piece, plant)?;
    let inside = harness.inside_cpu as u64;
    timed(&mut *heard, ClockId::ThreadCPUTime, inside, 0..WARM_UP, &mut unheard);
    timed(&mut *heard, ClockId::ThreadCPUTime, inside, WARM_UP..end, &mut cpu);

    let watched = match gate {
        Some(gate) => watch(gate, definition, &piece, extent.watched, plant).map(|c| (c, extent.watched)),
        None => Err("system calls cannot be stopped here".into()),
    };
    Ok(Measured { wall, cpu, warm_up: warm.figures(), cold: cold.figures(), checked, watched })
}

/// Runs the calls that will be timed, and asks whether the answers are right; and what they add up to.
fn answers(
    definition: &Definition,
    piece: &Piece,
    extent: Extent,
    plant: Option<Plant>,
) -> Result<(Result<String, String>, u64), String> {
    let (mut told, mut sum) = (Told::default(), 0_u64);
    let mut subject = fresh(definition, piece, plant)?;
    // The answers are those of a number of calls that does not depend on how many are timed: a hash stays the same.
    let (asked, timed) = (definition.quick, WARM_UP + extent.calls);
    for n in 0..asked.max(timed) {
        subject.prepare(n);
        let answer = subject.call((n < asked).then_some(&mut told));
        if n < timed {
            sum = sum.wrapping_add(answer);
        }
    }
    let seconds = asked as f64 * definition.block_ns() / 1e9;
    Ok((check::check(&definition.expect, piece, &told, seconds), sum))
}

/// The hash over what a definition's calls answer.
pub(crate) fn hash(definition: &Definition) -> Result<String, String> {
    let piece = Piece::new(&definition.input)?;
    let (mut told, mut subject) = (Told::default(), fresh(definition, &piece, None)?);
    for n in 0..definition.quick {
        subject.prepare(n);
        subject.call(Some(&mut told));
    }
    Ok(told.hash())
}

/// Runs calls in a child that may make no system call, and counts.
fn watch(
    gate: Gate,
    definition: &Definition,
    piece: &Piece,
    calls: usize,
    plant: Option<Plant>,
) -> Result<Counted, String> {
    kmidi_watch::watch(gate, |child| {
        let mut subject = match fresh(definition, piece, plant) {
            Ok(subject) => subject,
            Err(reason) => child.give_up(&reason),
        };
        if let Err(reason) = child.arm() {
            child.give_up(&reason);
        }
        for n in 0..calls {
            subject.prepare(n);
            child.note(0, black_box(subject.call(None)));
        }
        child.disarm();
    })
}
