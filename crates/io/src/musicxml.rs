//! MusicXML (W3C Music Notation Community Group, MusicXML 4.0, 2021): scores and lead sheets.
//!
//! [`read`] and [`parse`] give a [`Score`]: spelled notes in absolute ticks, chord symbols, metres, keys, tempo and
//! rehearsal marks. [`write`](write()) and [`save`] write one. [`Score::of`] spells a [`kmidi_music::Song`], and
//! [`Score::song`] gives one back; [`Score::lead_sheet`] keeps the tune and the chords.
//!
//! Read: `score-partwise` and `score-timewise` of every version, as UTF-8, UTF-16 or Latin-1. A compressed file (`.mxl`) is
//! refused: it must be unpacked first. What sounds is kept, and how it looks is not:
//!
//! - Transposing parts are read at sounding pitch, with the key that sounds. Quarter tones are rounded to semitones.
//! - Tied notes become one. Voices and staves of a part are merged.
//! - Repeats, endings and jumps are not played out: each bar stands once, as it is written.
//! - Grace notes and cue notes are left out. Ornaments and articulations do not change a note.
//! - A bar is as long as its longest part. A bar with nothing in it is as long as its metre says.
//! - Metres and keys are those of the first part that has any; so are chord symbols.
//! - `divisions` that change, or differ between parts, are brought to their least common multiple; where that is above
//!   32,767, to 27,720 ticks a quarter note, and what falls between ticks is rounded.
//!
//! A DOCTYPE is passed over. Nothing outside the file is ever fetched and no entity of the file's own is expanded, so that
//! memory is bounded by the file.

mod assemble;
mod bars;
mod drum;
mod kind;
mod raw;
mod read;
mod song;
mod value;
mod voices;
mod write;
mod xml;

pub use read::{MAX_BYTES, MAX_QUARTERS, parse, read};
pub use write::{MAX_BARS, save, write};

use kmidi_music::{Chord, Interval, Key, Meter, PitchClass, PitchName, TempoMap, Ticks};

/// A spelled pitch: a name and an octave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pitch {
    /// The octave of the letter: middle C and the B# just below it in sound are `C4` and `B#3`. 0 to 9 in a file.
    pub octave: i8,
    /// The name.
    pub name: PitchName,
}

/// Semitones of the natural letters above C, and their steps, by place in the order of fifths from F.
const LETTERS: [(i32, i32); 7] = [(5, 3), (0, 0), (7, 4), (2, 1), (9, 5), (4, 2), (11, 6)];

fn letter(name: PitchName) -> (i32, i32) {
    LETTERS[(i32::from(name.fifths()) + 1).rem_euclid(7) as usize]
}

impl Pitch {
    /// The pitch that is called `name` and sounds as MIDI note `midi` (or, where they differ, the one of that name next
    /// to it).
    pub fn of_midi(midi: u8, name: PitchName) -> Self {
        let natural = i32::from(midi) - i32::from(name.alteration());
        Self { octave: ((natural - letter(name).0 + 6).div_euclid(12) - 1) as i8, name }
    }

    /// The MIDI note number, 0 to 127 in a file that MIDI can play; 60 is middle C.
    pub fn midi(self) -> i32 {
        12 * (i32::from(self.octave) + 1) + letter(self.name).0 + i32::from(self.name.alteration())
    }

    /// Moved by `steps` letters and `semitones`, both upwards: a major second down is -1 and -2.
    #[must_use]
    pub(crate) fn moved(self, steps: i32, semitones: i32) -> Self {
        let midi = self.midi() + semitones;
        let fifths = i32::from(self.name.fifths()) + fifths_of(steps, semitones);
        let place = 7 * i32::from(self.octave) + letter(self.name).1 + steps;
        let moved = Self {
            octave: place.div_euclid(7) as i8,
            name: PitchName::from_fifths(fifths.clamp(-128, 127) as i8),
        };
        if moved.midi() == midi { moved } else { Self::sounding(midi) }
    }

    /// The plainest spelling of a MIDI note number.
    pub(crate) fn sounding(midi: i32) -> Self {
        let name = PitchName::nearest(PitchClass::new(midi), 0);
        let natural = midi - i32::from(name.alteration());
        Self { octave: (natural.div_euclid(12) - 1) as i8, name }
    }
}

/// A spelled interval as steps on the line of fifths. A fifth is (4 steps, 7 semitones) and an octave (7, 12), so
/// that the interval is `fifths` times the first and some octaves.
fn fifths_of(steps: i32, semitones: i32) -> i32 {
    7 * semitones - 12 * steps
}

/// [`fifths_of`] as an interval.
fn interval_of(steps: i32, semitones: i32) -> Interval {
    Interval::from_fifths(fifths_of(steps, semitones).clamp(-60, 60) as i8)
}

/// What a note sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tone {
    /// A spelled pitch.
    Pitch(Pitch),
    /// A percussion instrument: its General MIDI note number, 0 to 127.
    Drum(u8),
}

impl Tone {
    /// The MIDI note number, where MIDI has one.
    pub fn midi(self) -> Option<u8> {
        match self {
            Tone::Pitch(pitch) => u8::try_from(pitch.midi()).ok().filter(|&n| n < 128),
            Tone::Drum(number) => Some(number),
        }
    }
}

/// A note of a part, ties joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScoreNote {
    /// When it starts.
    pub onset: Ticks,
    /// What sounds.
    pub tone: Tone,
    /// How long it lasts; at least 1.
    pub duration: Ticks,
    /// MIDI velocity, 1 to 127, where the file gives one.
    pub velocity: Option<u8>,
}

impl ScoreNote {
    /// When it ends.
    pub fn end(&self) -> Ticks {
        self.onset + self.duration
    }
}

/// One instrument's notes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its short name.
    pub abbreviation: Option<String>,
    /// MIDI channel, 0 to 15; a part on 9 is percussion.
    pub channel: u8,
    /// General MIDI program, 0 to 127.
    pub program: u8,
    /// The notes; a reader gives them in their own order: by onset, octave, name, duration, velocity.
    pub notes: Vec<ScoreNote>,
}

impl Part {
    /// Is it drums: on channel 9, or with a note that is no pitch?
    pub fn is_percussion(&self) -> bool {
        self.channel == 9 || self.notes.iter().any(|n| matches!(n.tone, Tone::Drum(_)))
    }
}

/// A score: what a page of music says, in absolute ticks.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Its title; empty when it has none.
    pub title: String,
    /// Tempo over time; it also holds the ticks a quarter note, which are the file's `divisions`.
    pub tempo: TempoMap,
    /// The length of a first bar that is shorter than its metre (an upbeat); 0 when there is none.
    pub pickup: Ticks,
    /// Metre changes by tick, each at a bar line.
    pub meters: Vec<(Ticks, Meter)>,
    /// Key changes by tick.
    pub keys: Vec<(Ticks, Key)>,
    /// Rehearsal marks, which name the sections, by tick.
    pub sections: Vec<(Ticks, String)>,
    /// Chord symbols by tick; `None` is "N.C.", no chord. Each holds until the next.
    pub harmonies: Vec<(Ticks, Option<Chord>)>,
    /// The parts, from the top of the page.
    pub parts: Vec<Part>,
}

impl Score {
    /// Where the last note ends, or the last chord symbol, section, key, metre or tempo stands.
    pub fn end(&self) -> Ticks {
        let notes = self.parts.iter().flat_map(|p| &p.notes).map(ScoreNote::end);
        let chords = self.harmonies.iter().map(|h| h.0).chain(self.sections.iter().map(|s| s.0));
        let signs = self.meters.iter().map(|m| m.0).chain(self.keys.iter().map(|k| k.0));
        let tempos = self.tempo.changes().iter().map(|t| t.0);
        notes.chain(chords).chain(signs).chain(tempos).max().unwrap_or_default()
    }

    /// The key in force at `tick`, if any is given by then.
    pub fn key_at(&self, tick: Ticks) -> Option<Key> {
        self.keys[..self.keys.partition_point(|k| k.0 <= tick)].last().map(|k| k.1)
    }

    /// The metre in force at `tick`; common time where none is given.
    pub fn meter_at(&self, tick: Ticks) -> Meter {
        self.meters[..self.meters.partition_point(|m| m.0 <= tick)].last().map_or(Meter::COMMON, |m| m.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pitch(text: &str) -> Pitch {
        let (name, octave) = text.split_at(text.len() - 1);
        Pitch { octave: octave.parse().unwrap(), name: name.parse().unwrap() }
    }

    #[test]
    fn pitches_know_their_number() {
        for (text, midi) in
            [("C4", 60), ("B#3", 60), ("Cb4", 59), ("A4", 69), ("G9", 127), ("F##2", 43), ("Dbb5", 72)]
        {
            assert_eq!(pitch(text).midi(), midi, "{text}");
            assert_eq!(Pitch::of_midi(midi as u8, pitch(text).name), pitch(text), "{text}");
        }
    }

    #[test]
    fn transposition_keeps_the_spelling() {
        assert_eq!(pitch("C4").moved(-1, -2), pitch("Bb3")); // a clarinet in B flat
        assert_eq!(pitch("F#4").moved(-5, -9), pitch("A3")); // a saxophone in E flat
        assert_eq!(pitch("B3").moved(0, 12).midi(), 71); // an octave that the file calls a unison: what sounds counts
        assert_eq!(pitch("E4").moved(-7, -12), pitch("E3"));
        assert_eq!("C".parse::<PitchName>().unwrap() + interval_of(2, 3), "Eb".parse::<PitchName>().unwrap());
    }
}
