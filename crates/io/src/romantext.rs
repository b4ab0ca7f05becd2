//! RomanText: analyses in Roman numerals as text (Tymoczko, Gotham, Cuthbert and Ariza, "The RomanText format: a flexible
//! and standard method for representing Roman numeral analyses", ISMIR 2019).
//!
//! ```text
//! Composer: Anonymous
//! Time Signature: 3/4
//! m1 C: I b3 V65
//! m2 I b2 viio7/V b3 V
//! m3-4 = m1-2
//! ```
//!
//! [`parse`] reads an analysis as [`Span`]s in time; [`print()`] writes spans again. Beats are those that are felt: a dotted
//! unit in 6/8, 9/8 and their kin; `slow 6/8` counts units, `fast 3/8` dotted ones. Variants (`m3var1`) are passed over,
//! and repeats, phrases and endings are not kept: measures follow each other as they are written. A measure that is not
//! written, or has no numeral, holds what sounds; copies (`m3-4 = m1-2`) are read in the key in force. What cannot be read
//! is kept as a fault with its line, and the rest is read.

mod beat;
mod line;
mod read;
mod write;

pub use read::{MAX_BYTES, MAX_FAULTS, MAX_SPANS, parse, read};
pub use write::{print, save};

use kmidi_music::{Key, Meter, RomanNumeral, Ticks};
use std::sync::Arc;

/// Ticks a quarter note: divisible by all that beats are divided by.
pub const TICKS_A_QUARTER: u16 = 20_160;

/// An analysis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RomanText {
    /// Lines such as `Composer: ...` before the first measure, in order; metres are not among them.
    pub headers: Vec<(String, String)>,
    /// Metres by onset; empty where the text gives none, which means 4/4.
    pub meters: Vec<(Ticks, Meter)>,
    /// The numerals in time, each until the next.
    pub spans: Vec<Span>,
    /// Lines among the measures that are no numerals (`Note`, `Form`, `Pedal`), with the measure before them.
    pub remarks: Vec<(u32, String)>,
    /// What could not be read: the line, from 1, and why. At most [`MAX_FAULTS`].
    pub faults: Vec<(u32, String)>,
}

/// A numeral with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// When it starts, from the first beat of the first measure; an upbeat (measure 0) starts with its first numeral.
    pub onset: Ticks,
    /// How long it lasts: to the next span, the last to the end of its measure.
    pub duration: Ticks,
    /// The number of the measure that it starts in.
    pub measure: u32,
    /// Where in that measure it starts: ticks from the first beat.
    pub within: Ticks,
    /// The key in force.
    pub key: Key,
    /// The numeral, shared by all spans that have it; `None` for `NC`, no chord.
    pub numeral: Option<Arc<RomanNumeral>>,
    /// The same chord in the key before, where it leads from one to the other: `vi G: ii`.
    pub pivot: Option<Box<(Key, RomanNumeral)>>,
}

impl RomanText {
    /// The metre in force at `tick`.
    pub fn meter_at(&self, tick: Ticks) -> Meter {
        self.meters.iter().rev().find(|meter| meter.0 <= tick).map_or(Meter::COMMON, |meter| meter.1)
    }

    /// The header of that name, such as `Composer`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name)).map(|header| header.1.as_str())
    }
}
