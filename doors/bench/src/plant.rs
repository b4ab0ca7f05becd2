//! Planted faults: whoever doubts that the suite bites can see it bite.

use crate::definition::Definition;
use crate::input::Piece;
use crate::subject::{Subject, Told, subject};
use kmidi::engine::{Band, Event};
use kmidi::music::Frames;
use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A fault to plant into what is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plant {
    /// Memory taken in some calls.
    Allocation,
    /// A lock taken in some calls.
    Lock,
    /// A system call in some calls.
    SystemCall,
    /// Answers that are not the engine's.
    WrongAnswer,
    /// One call in which the processor is busy for 20 ms.
    Stall,
    /// Memory that is never given back.
    Leak,
    /// Each call longer by this share, in a busy loop.
    Busy(f64),
}

impl FromStr for Plant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "allocation" => Self::Allocation,
            "lock" => Self::Lock,
            "system-call" => Self::SystemCall,
            "wrong-answer" => Self::WrongAnswer,
            "stall" => Self::Stall,
            "leak" => Self::Leak,
            _ => match text.strip_prefix("busy=").map(str::parse::<f64>) {
                Some(Ok(share)) if (0.0..=10.0).contains(&share) => Self::Busy(share),
                _ => {
                    return Err(
                        "plant allocation, lock, system-call, wrong-answer, stall, leak or busy=SHARE".into(),
                    );
                }
            },
        })
    }
}

impl std::fmt::Display for Plant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Allocation => f.write_str("allocation"),
            Self::Lock => f.write_str("lock"),
            Self::SystemCall => f.write_str("system-call"),
            Self::WrongAnswer => f.write_str("wrong-answer"),
            Self::Stall => f.write_str("stall"),
            Self::Leak => f.write_str("leak"),
            Self::Busy(share) => write!(f, "busy={share}"),
        }
    }
}

/// A fresh subject, with a fault in it where one is asked for.
pub(crate) fn fresh<'p>(
    definition: &Definition,
    piece: &'p Piece,
    plant: Option<Plant>,
) -> Result<Box<dyn Subject + 'p>, String> {
    let inner = subject(definition, piece)?;
    Ok(match plant {
        Some(plant) => Box::new(Planted::new(inner, plant)),
        None => inner,
    })
}

/// How long a planted stall lasts.
const STALL: Duration = Duration::from_millis(20);
/// The call that stalls.
const STALLED: usize = 999;
/// Between calls with a fault.
const APART: usize = 100;

/// A subject with a fault in it.
struct Planted<'p> {
    inner: Box<dyn Subject + 'p>,
    plant: Plant,
    now: usize,
    busy: Busy,
}

/// How long a busy loop must be to be a share of a call: learned from the first calls, so that later ones hold no clock.
#[derive(Debug, Clone, Copy, Default)]
struct Busy {
    learned: u32,
    took: Duration,
    turns: u64,
}

/// Calls from which the length of a busy loop is learned.
const LEARNED: u32 = 300;

impl Busy {
    fn learn(&mut self, took: Duration, share: f64) {
        self.learned += 1;
        // The first calls are slow.
        if self.learned > LEARNED / 3 {
            self.took += took;
        }
        if self.learned == LEARNED {
            const TRIED: u64 = 1_000_000;
            let begun = Instant::now();
            spin(TRIED);
            let one = begun.elapsed().as_secs_f64() / TRIED as f64;
            let call = self.took.as_secs_f64() / f64::from(LEARNED - LEARNED / 3);
            self.turns = (share * call / one) as u64;
        }
    }
}

/// Turns round and round.
fn spin(times: u64) {
    (0..times).for_each(|n| _ = black_box(n));
}

impl<'p> Planted<'p> {
    fn new(inner: Box<dyn Subject + 'p>, plant: Plant) -> Self {
        Self { inner, plant, now: 0, busy: Busy::default() }
    }
}

impl Subject for Planted<'_> {
    fn prepare(&mut self, n: usize) {
        self.now = n;
        self.inner.prepare(n);
    }

    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let turn = self.now % APART == APART - 1;
        match self.plant {
            Plant::Busy(share) => {
                if self.busy.learned < LEARNED {
                    let begun = Instant::now();
                    let answer = self.inner.call(told);
                    self.busy.learn(begun.elapsed(), share);
                    return answer;
                }
                let answer = self.inner.call(told);
                spin(self.busy.turns);
                return answer;
            }
            Plant::WrongAnswer => {
                let Some(told) = told else { return self.inner.call(None) };
                let answer = self.inner.call(Some(told));
                told.spoil(Event::Onset { frame: Frames(self.now as u64), strength: 1.0, band: Band::Mid });
                return answer;
            }
            Plant::Allocation if turn => drop(black_box(Box::new(black_box(7_u64)))),
            Plant::Lock if turn => kmidi_watch::lock_once(),
            Plant::SystemCall if turn => drop(black_box(std::fs::metadata("/"))),
            Plant::Leak if turn => std::mem::forget(black_box(vec![0_u8; 1 << 16])),
            Plant::Stall if self.now == STALLED => {
                let begun = Instant::now();
                while begun.elapsed() < STALL {
                    std::hint::spin_loop();
                }
            }
            _ => {}
        }
        self.inner.call(told)
    }
}
