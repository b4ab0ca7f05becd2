//! What drum strokes are: ghost notes, accents, flams, drags and buzz rolls, from MIDI as it comes.
//!
//! A stroke is told once, when what follows can no longer change what it is: [`LATEST_SECONDS`] after it sounded, or
//! earlier. Strokes of one voice are told in the order in which they sounded. What is told depends on the strokes and
//! their frames alone, not on how often [`Strokes::tick`] is called.
//!
//! The rules, with the terms of the Percussive Arts Society's international drum rudiments (1984):
//!
//! * Strokes of one voice are a *row* while each is closer than [`ROW_SECONDS`] to the next.
//! * A *flam* is a row of two: a grace stroke, and 8 to 40 ms later its louder main stroke. A *drag* has two graces or
//!   three. When its main stroke comes too late for the first grace, that one has been told by its loudness.
//! * A *buzz* is a stroke in a row of three or more. The first of a row may have been told before that was known. A
//!   stroke much louder than the whole row before it ends the row.
//! * Other strokes are told by their loudness against that of the last 32 of their voice, graces and buzzes left out: a
//!   *ghost* is softer than [`GHOST`] of its loud strokes, an *accent* louder than [`ACCENT`] times the usual one.

use crate::perform::{VOICES, drum_voice};

/// Strokes of one voice closer than this follow upon each other without a pause. Thirty-seconds up to 136 beats a minute
/// are farther apart.
pub const ROW_SECONDS: f64 = 0.055;
/// A stroke is told by the first tick that comes this long after it.
pub const LATEST_SECONDS: f64 = ROW_SECONDS + ONE_SECONDS;
/// How far a flam's grace stroke lies before its main stroke, seconds.
const FLAM_SECONDS: (f64, f64) = (0.008, 0.040);
/// Strokes of one voice closer than this are one, of two sensors or two notes.
const ONE_SECONDS: f64 = 0.004;
/// A grace stroke has at most this share of its main stroke's velocity.
const GRACE: f32 = 0.75;
/// A ghost note has at most this share of the velocity that seven in eight strokes do not exceed.
pub const GHOST: f32 = 0.45;
/// An accent has at least this many times the median velocity of the strokes that are no ghosts.
pub const ACCENT: f32 = 1.25;
/// How many strokes loudness is judged by, and from how many on.
const REMEMBERED: usize = 32;
const ENOUGH: usize = 6;
/// How many strokes of a voice may wait: as many as can fall between two ticks 10 ms apart, and into the time before.
const WAITING: usize = 24;

/// What a stroke is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing special, or too little is known.
    Plain,
    /// Soft against the usual loudness of the voice.
    Ghost,
    /// Loud against the usual loudness of the voice.
    Accent,
    /// Ornaments the flam or drag that follows.
    Grace,
    /// The main stroke after one grace.
    Flam,
    /// The main stroke after two or three graces.
    Drag,
    /// One of a row that runs on.
    Buzz,
}

/// A stroke that was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// When it sounded, in frames of the stream.
    pub frame: u64,
    /// The note, 0 to 127.
    pub note: u8,
    /// Its voice, see [`drum_voice`].
    pub voice: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// What it is.
    pub kind: Kind,
}

/// Classifies strokes. About 3 kB; no heap memory.
#[derive(Debug, Clone)]
pub struct Strokes {
    sample_rate: u32,
    voices: [Voice; VOICES],
    dropped: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Stroke {
    frame: u64,
    note: u8,
    velocity: u8,
    /// Known already.
    kind: Option<Kind>,
}

#[derive(Debug, Clone)]
struct Voice {
    /// By time; the first `count` wait.
    waiting: [Stroke; WAITING],
    count: usize,
    row: Row,
    loudness: Loudness,
}

/// The row that the last stroke told belongs to.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    /// When its last stroke sounded.
    frame: u64,
    strokes: u32,
    loudest: u8,
}

impl Row {
    fn with(self, stroke: &Stroke) -> Self {
        Self {
            frame: stroke.frame,
            strokes: self.strokes.saturating_add(1),
            loudest: self.loudest.max(stroke.velocity),
        }
    }

    /// Is everything so far soft against this stroke?
    fn ends_in(&self, stroke: &Stroke) -> bool {
        self.strokes > 0 && soft(self.loudest, stroke)
    }
}

fn soft(velocity: u8, main: &Stroke) -> bool {
    f32::from(velocity) <= GRACE * f32::from(main.velocity)
}

/// The last velocities of a voice.
#[derive(Debug, Clone)]
struct Loudness {
    velocities: [u8; REMEMBERED],
    count: usize,
}

impl Loudness {
    fn push(&mut self, velocity: u8) {
        self.velocities[self.count % REMEMBERED] = velocity;
        // Wraps to a full ring, so that it neither overflows nor looks young again.
        self.count = if self.count + 1 == 2 * REMEMBERED { REMEMBERED } else { self.count + 1 };
    }

    fn kind(&self, velocity: u8) -> Kind {
        let count = self.count.min(REMEMBERED);
        if count < ENOUGH {
            return Kind::Plain;
        }
        let mut sorted = self.velocities;
        let sorted = &mut sorted[..count];
        sorted.sort_unstable();
        let soft = GHOST * f32::from(sorted[count - 1 - count / 8]);
        let full = &sorted[sorted.partition_point(|v| f32::from(*v) <= soft)..];
        let usual = full.get(full.len() / 2).copied().unwrap_or(127);
        let velocity = f32::from(velocity);
        if velocity <= soft {
            Kind::Ghost
        } else if velocity >= ACCENT * f32::from(usual) {
            Kind::Accent
        } else {
            Kind::Plain
        }
    }
}

impl Strokes {
    /// For frames at `sample_rate` a second.
    pub fn new(sample_rate: u32) -> Self {
        let none = Stroke { frame: 0, note: 0, velocity: 0, kind: None };
        let loudness = Loudness { velocities: [0; REMEMBERED], count: 0 };
        let voice = Voice { waiting: [none; WAITING], count: 0, row: Row::default(), loudness };
        Self { sample_rate, voices: core::array::from_fn(|_| voice.clone()), dropped: 0 }
    }

    /// Forgets everything.
    ///
    /// *Real-time safety*: no allocation, lock or system call.
    pub fn reset(&mut self) {
        *self = Self::new(self.sample_rate);
    }

    /// How many strokes found no room because nobody called [`tick`](Self::tick).
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// A drum is struck at `frame`, not before the stroke before. `note` and `velocity` are taken modulo 128; velocity 0
    /// is no stroke.
    ///
    /// *Real-time safety*: no allocation, lock or system call.
    pub fn note_on(&mut self, frame: u64, note: u8, velocity: u8) {
        let (note, velocity) = (note & 127, velocity & 127);
        if velocity == 0 {
            return;
        }
        let one = self.frames(ONE_SECONDS);
        let voice = &mut self.voices[drum_voice(note)];
        let last = voice.waiting[..voice.count].last_mut();
        match last {
            Some(last) if frame.saturating_sub(last.frame) < one => {
                if velocity > last.velocity {
                    (last.note, last.velocity) = (note, velocity);
                }
            }
            last => {
                let frame = frame.max(last.map_or(0, |last| last.frame));
                match voice.waiting.get_mut(voice.count) {
                    Some(place) => {
                        *place = Stroke { frame, note, velocity, kind: None };
                        voice.count += 1;
                    }
                    None => self.dropped += 1,
                }
            }
        }
    }

    /// It is now `now`: tells `tell` what is decided, voice by voice. Strokes before `now` must have been given.
    ///
    /// *Real-time safety*: no allocation, lock or system call, if `tell` makes none.
    pub fn tick(&mut self, now: u64, mut tell: impl FnMut(Told)) {
        let limits = Limits {
            row: self.frames(ROW_SECONDS),
            latest: self.frames(LATEST_SECONDS),
            flam: (self.frames(FLAM_SECONDS.0), self.frames(FLAM_SECONDS.1)),
        };
        for (number, voice) in self.voices.iter_mut().enumerate() {
            while let Some(Stroke { frame, note, velocity, kind: Some(kind) }) = voice.next(now, &limits) {
                tell(Told { frame, note, voice: number as u8, velocity, kind });
            }
        }
    }

    fn frames(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.sample_rate)).round() as u64
    }
}

/// The distances of the rules, in frames.
#[derive(Debug, Clone, Copy)]
struct Limits {
    row: u64,
    latest: u64,
    flam: (u64, u64),
}

impl Voice {
    /// Takes the first stroke out if it is decided.
    fn next(&mut self, now: u64, limits: &Limits) -> Option<Stroke> {
        let first = *self.waiting[..self.count].first()?;
        // A main stroke was decided with its graces, a moment ago.
        if first.kind.is_none() {
            if first.frame.saturating_add(limits.latest) > now {
                return None;
            }
            self.decide(limits);
        }
        let first = self.waiting[0];
        let kind = first.kind.unwrap_or(Kind::Plain);
        if !matches!(kind, Kind::Grace | Kind::Buzz) {
            self.loudness.push(first.velocity);
        }
        self.waiting.copy_within(1..self.count, 0);
        self.count -= 1;
        Some(first)
    }

    /// Says what the first stroke is, and where it is a grace, what follows with it.
    fn decide(&mut self, limits: &Limits) {
        let first = self.waiting[0];
        let near = |before: u64, frame: u64| frame.saturating_sub(before) <= limits.row;
        if !near(self.row.frame, first.frame) {
            self.row = Row::default();
        }
        // More may be known already; it must not matter.
        let known =
            self.waiting[..self.count].iter().take_while(|next| near(first.frame, next.frame)).count();
        let graces = if self.row.strokes == 0 { graces(&self.waiting[..known], limits) } else { 0 };
        let kind = if graces > 0 {
            self.waiting[1..graces].iter_mut().for_each(|stroke| stroke.kind = Some(Kind::Grace));
            self.waiting[graces].kind = Some(if graces == 1 { Kind::Flam } else { Kind::Drag });
            // The main stroke begins a row of its own.
            self.row = Row::default().with(&self.waiting[graces]);
            Kind::Grace
        } else if self.row.ends_in(&first) {
            let drag = matches!(self.row.strokes, 2 | 3);
            self.row = Row::default().with(&first);
            if drag { Kind::Drag } else { self.loudness.kind(first.velocity) }
        } else {
            self.row = self.row.with(&first);
            let mut row = self.row;
            for next in &self.waiting[1..known] {
                if row.ends_in(next) {
                    break;
                }
                row = row.with(next);
            }
            if row.strokes >= 3 { Kind::Buzz } else { self.loudness.kind(first.velocity) }
        };
        self.waiting[0].kind = Some(kind);
    }
}

/// How many graces the ornament has that these strokes are; 0 if they are none.
fn graces(strokes: &[Stroke], limits: &Limits) -> usize {
    let [graces @ .., main] = strokes else { return 0 };
    let apart = strokes.windows(2).all(|pair| pair[1].frame - pair[0].frame >= limits.flam.0);
    let near = graces.len() > 1 || graces.iter().all(|grace| main.frame - grace.frame <= limits.flam.1);
    let all_soft = graces.iter().all(|grace| soft(grace.velocity, main));
    if graces.len() <= 3 && apart && near && all_soft { graces.len() } else { 0 }
}
