//! What the reader collects before the bars have their places.

use super::{Tone, kind};
use kmidi_music::chord::Degrees;
use kmidi_music::{Interval, Meter, Mode, PitchName};
use std::collections::BTreeMap;

/// A place: a bar, and quarter notes after its line.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Spot {
    pub(super) bar: u32,
    pub(super) at: f64,
}

/// A note as it is written, one of several that ties may join.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawNote {
    pub(super) spot: Spot,
    /// Quarter notes.
    pub(super) length: f64,
    pub(super) tone: Tone,
    pub(super) velocity: Option<u8>,
    /// The voice, as a number that is the same for equal names.
    pub(super) voice: u32,
    /// Is it tied to a note before?
    pub(super) from_before: bool,
    /// Is it tied to a note after?
    pub(super) goes_on: bool,
}

/// What a chord symbol stands on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RawRoot {
    /// A note.
    Name(PitchName),
    /// A degree of the key, 1 to 7, and its alteration.
    Numeral(u8, i8),
    /// A Roman numeral.
    Function(String),
}

/// A chord symbol as it is written.
#[derive(Debug, Clone)]
pub(super) struct RawHarmony {
    pub(super) spot: Spot,
    /// `None` is "N.C.".
    pub(super) root: Option<RawRoot>,
    pub(super) degrees: Degrees,
    pub(super) bass: Option<PitchName>,
    /// Which chord tone is the bass, where no bass is named: 1 is the third.
    pub(super) inversion: u8,
    /// From written to sounding.
    pub(super) transposition: Interval,
}

/// A key signature as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawKey {
    pub(super) fifths: i8,
    pub(super) mode: Mode,
    /// From written to sounding.
    pub(super) transposition: Interval,
}

/// One part.
#[derive(Debug, Default)]
pub(super) struct RawPart {
    pub(super) name: String,
    pub(super) abbreviation: Option<String>,
    pub(super) channel: Option<u8>,
    pub(super) program: Option<u8>,
    /// MIDI notes of its instruments, by id.
    pub(super) drums: BTreeMap<String, u8>,
    pub(super) percussion_clef: bool,
    pub(super) notes: Vec<RawNote>,
    pub(super) meters: Vec<(Spot, Meter)>,
    pub(super) keys: Vec<(Spot, RawKey)>,
    pub(super) harmonies: Vec<RawHarmony>,
    /// Ticks a quarter note in force; 0 before the first.
    pub(super) divisions: f64,
    /// Steps and semitones from written to sounding pitch.
    pub(super) transpose: (i32, i32),
}

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) title: String,
    pub(super) movement: String,
    pub(super) parts: Vec<RawPart>,
    /// Quarter notes of each bar, as long as its longest part.
    pub(super) lengths: Vec<f64>,
    /// Is the first bar said to be an upbeat?
    pub(super) upbeat: bool,
    /// All `divisions` that occur; 0 once they have no common multiple that fits.
    pub(super) multiple: Option<u64>,
    /// Microseconds a quarter note.
    pub(super) tempos: Vec<(Spot, u32)>,
    pub(super) sections: Vec<(Spot, String)>,
}

impl Raw {
    /// Takes note of a `divisions` value.
    pub(super) fn count_divisions(&mut self, divisions: f64) {
        let whole = if divisions.fract() == 0.0 && divisions <= 65_535.0 { divisions as u64 } else { 0 };
        self.multiple = Some(match (self.multiple, whole) {
            (_, 0) | (Some(0), _) => 0,
            (None, first) => first,
            (Some(so_far), next) => {
                let multiple = so_far / divisor(so_far, next) * next;
                if multiple > 32_767 { 0 } else { multiple }
            }
        });
    }
}

fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// A note on its way.
#[derive(Debug, Default)]
pub(super) struct NoteDraft {
    pub(super) chord: bool,
    pub(super) grace: bool,
    pub(super) cue: bool,
    pub(super) rest: bool,
    pub(super) unpitched: bool,
    pub(super) step: Option<i32>,
    pub(super) alter: f64,
    pub(super) octave: Option<i64>,
    pub(super) display: (String, i64),
    pub(super) duration: f64,
    /// `tie` elements: stop, start.
    pub(super) tie: (bool, bool),
    /// `tied` elements: stop, start.
    pub(super) tied: (bool, bool),
    pub(super) voice: u32,
    pub(super) instrument: String,
    pub(super) velocity: Option<u8>,
}

/// A chord symbol on its way.
#[derive(Debug, Default)]
pub(super) struct HarmonyDraft {
    pub(super) root: Option<RawRoot>,
    pub(super) alter: i8,
    pub(super) step: String,
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) bass_step: String,
    pub(super) bass_alter: i8,
    pub(super) inversion: u8,
    pub(super) offset: f64,
    pub(super) change: (u8, i8),
    pub(super) changes: Vec<kind::Change>,
}

/// A direction on its way.
#[derive(Debug, Default)]
pub(super) struct DirectionDraft {
    pub(super) offset: f64,
    /// Quarter notes a minute, from `sound`.
    pub(super) tempo: Option<f64>,
    /// Quarter notes of the metronome's beat, and whether that is settled.
    pub(super) beat: f64,
    pub(super) per_minute: Option<f64>,
    pub(super) rehearsal: Option<String>,
}

/// `attributes` on their way.
#[derive(Debug, Default)]
pub(super) struct AttributesDraft {
    pub(super) fifths: Option<i8>,
    pub(super) mode: String,
    /// Numerators and denominators, which may be several.
    pub(super) beats: Vec<u32>,
    pub(super) beat_types: Vec<u8>,
    pub(super) diatonic: Option<i32>,
    pub(super) chromatic: i32,
    pub(super) octaves: i32,
    /// Is it another staff's?
    pub(super) other_staff: bool,
}
