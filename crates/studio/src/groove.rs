//! Grooves as objects: how players deviate from the grid, taken from one performance and given to another.
//!
//! A [`Template`] holds, for each position of a few bars and each [`Voice`], how early or late, how loud, how long and how
//! probable a note is. [`extract()`] takes one from notes, [`apply()`] gives it to notes, [`quantise()`] puts notes on a grid,
//! and [`humanise()`] lets each player have habits and drift. All of them take and give [`Note`]s in ticks of the
//! [`Bars`] they stand in; notes come back in the order in which they were given.

mod apply;
mod extract;
mod feel;
mod forms;
mod humanise;
mod quantise;
mod straight;
mod swing;
mod template;
mod voice;

pub use apply::{Amounts, apply};
pub use extract::{Extract, extract};
pub use feel::{Difference, Feel, VoiceFeel, compare, feel};
pub use forms::fitting;
pub use humanise::{Habit, Habits, humanise};
pub use quantise::{GRIDS, Grid, Quantise, quantise};
pub use swing::Swing;
pub use template::{Cell, SCHEMA, Template, TemplateError};
pub use voice::Voice;

use kmidi_music::{Bpm, Meter, TempoMap, Ticks};

/// Notes that begin within this many seconds of the first of them, on one pitched channel, are a chord and stay together.
const CHORD_SECONDS: f64 = 0.030;

/// A note that is to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// When it begins, ticks.
    pub onset: u64,
    /// When it ends, ticks; after `onset`.
    pub end: u64,
    /// 0 to 15; 9 is drums.
    pub channel: u8,
    /// The program of its channel, 0 to 127.
    pub program: u8,
    /// 0 to 127.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// The bars and the tempo that notes stand in.
#[derive(Debug, Clone)]
pub struct Bars {
    tempo: TempoMap,
    /// Never empty; the first begins at 0, each after the one before.
    spans: Vec<Span>,
}

/// Bars of one metre: where the first of them begins, ticks, its number, and how long each is.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: u64,
    first: u64,
    length: u64,
}

/// A bar: where it begins and how long it is, in ticks, and its number from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar {
    number: u64,
    start: u64,
    length: u64,
}

impl Bars {
    /// Bars of `meters` (4/4 before the first of them) over `tempo`, which also says what a tick is.
    pub fn new(tempo: TempoMap, meters: &[(Ticks, Meter)]) -> Self {
        let mut meters = meters.to_vec();
        meters.sort_by_key(|meter| meter.0);
        let length = |meter: Meter| meter.bar(tempo.ppq()).0.max(1);
        let mut spans = vec![Span { start: 0, first: 0, length: length(Meter::COMMON) }];
        for (Ticks(start), meter) in meters {
            let before = spans[spans.len() - 1];
            let first = before.first + (start - before.start).div_ceil(before.length);
            if start == before.start {
                spans.pop();
            }
            spans.push(Span { start, first, length: length(meter) });
        }
        Self { tempo, spans }
    }

    /// Bars of 4/4 at one tempo, quarter notes a minute, with `ppq` ticks a quarter note.
    pub fn common(ppq: u16, bpm: f64) -> Self {
        Self::new(TempoMap::constant(ppq, Bpm(bpm)), &[])
    }

    /// Ticks a quarter note.
    pub fn ppq(&self) -> u16 {
        self.tempo.ppq()
    }

    /// The number of the bar that holds `tick`, from 0.
    pub fn number(&self, tick: u64) -> u64 {
        self.at(tick).number
    }

    /// The bar that holds `tick`. A new metre begins a new bar, cutting the one before short.
    fn at(&self, tick: u64) -> Bar {
        let Span { start, first, length } =
            self.spans[self.spans.partition_point(|span| span.start <= tick) - 1];
        let inside = (tick - start) / length;
        Bar { number: first + inside, start: start + inside * length, length }
    }

    /// How many of the bars numbered below `end` are `length` ticks long and the `place`th of each `of`.
    fn count(&self, end: u64, length: u64, of: u64, place: u64) -> u64 {
        let below = |number: u64| (number + of - 1 - place) / of;
        let ends = self.spans.iter().skip(1).map(|span| span.first).chain([u64::MAX]);
        let alike = self.spans.iter().zip(ends).filter(|(span, _)| span.length == length && span.first < end);
        alike.map(|(span, next)| below(next.min(end)) - below(span.first)).sum()
    }

    /// Ticks in so many seconds at `tick`.
    fn ticks(&self, seconds: f64, tick: u64) -> f64 {
        seconds / self.tempo.at(Ticks(tick)).seconds_per_beat() * f64::from(self.ppq())
    }
}

/// Puts a note somewhere else, keeping its length; never before the start.
fn moved(note: Note, onset: f64) -> Note {
    let onset = onset.round().max(0.0) as u64;
    Note { onset, end: onset + (note.end - note.onset).max(1), ..note }
}

/// A velocity within what MIDI can say.
fn loudness(velocity: f64) -> u8 {
    velocity.round().clamp(1.0, 127.0) as u8
}

/// For each note, the note that leads its chord: itself, or the first of the notes that it begins with on its channel.
/// Drums lead themselves.
fn leaders(notes: &[Note], bars: &Bars) -> Vec<usize> {
    let mut order: Vec<usize> = (0..notes.len()).collect();
    order.sort_by_key(|&n| (notes[n].onset, n));
    let mut last: [Option<usize>; 16] = [None; 16];
    let mut leaders: Vec<usize> = (0..notes.len()).collect();
    for n in order {
        let note = notes[n];
        let slot = &mut last[usize::from(note.channel & 15)];
        let apart = |lead: usize| (note.onset - notes[lead].onset) as f64;
        match *slot {
            Some(lead)
                if note.channel != voice::DRUMS && apart(lead) <= bars.ticks(CHORD_SECONDS, note.onset) =>
            {
                leaders[n] = lead;
            }
            _ => *slot = Some(n),
        }
    }
    leaders
}
