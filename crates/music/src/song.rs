//! A whole piece: tracks of notes with the harmony, form and tempo they follow.

use crate::chord::Chord;
use crate::key::Key;
use crate::note::Note;
use crate::tempo::{Meter, TempoMap};
use crate::time::Ticks;
use alloc::{string::String, vec::Vec};

/// What a track is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The tune.
    Melody,
    /// The accompanying chords.
    Chords,
    /// The bass line.
    Bass,
    /// Drums: note numbers are General MIDI percussion, on channel 10.
    Drums,
}

impl Role {
    /// A lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Role::Melody => "melody",
            Role::Chords => "chords",
            Role::Bass => "bass",
            Role::Drums => "drums",
        }
    }
}

/// One instrument's notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Shown in a sequencer.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// MIDI channel, 0 to 15; drums are on 9.
    pub channel: u8,
    /// General MIDI program, 0 to 127.
    pub program: u8,
    /// The notes, by onset.
    pub notes: Vec<Note>,
}

/// A chord with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct ChordSpan {
    /// Where it starts.
    pub onset: Ticks,
    /// How long it lasts.
    pub duration: Ticks,
    /// The chord.
    pub chord: Chord,
    /// Its Roman numeral in `key`.
    pub roman: String,
    /// The key in force.
    pub key: Key,
}

/// A section of the form, such as `verse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Where it starts.
    pub onset: Ticks,
    /// Its name.
    pub name: String,
    /// How many bars it has.
    pub bars: u32,
}

/// A place that is worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it is.
    pub onset: Ticks,
    /// What is there.
    pub text: String,
}

/// A whole piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// Its title.
    pub title: String,
    /// Tempo over time; it also holds the ticks a quarter note.
    pub tempo: TempoMap,
    /// Metre changes by tick; the first is at 0.
    pub meters: Vec<(Ticks, Meter)>,
    /// Key changes by tick; the first is at 0.
    pub keys: Vec<(Ticks, Key)>,
    /// The form.
    pub sections: Vec<Section>,
    /// Places worth a look, by onset.
    pub marks: Vec<Mark>,
    /// The harmony.
    pub chords: Vec<ChordSpan>,
    /// The instruments.
    pub tracks: Vec<Track>,
    /// How to make it again: JSON with seed, version, intent. Empty when unknown.
    pub recipe: String,
}

impl Song {
    /// Where the last note or chord ends.
    pub fn end(&self) -> Ticks {
        let notes = self.tracks.iter().flat_map(|t| &t.notes).map(Note::end);
        let chords = self.chords.iter().map(|c| c.onset + c.duration);
        notes.chain(chords).max().unwrap_or_default()
    }

    /// The first track with that role.
    pub fn track(&self, role: Role) -> Option<&Track> {
        self.tracks.iter().find(|t| t.role == role)
    }
}
