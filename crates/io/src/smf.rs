//! Standard MIDI files (MIDI Manufacturers Association, Standard MIDI Files 1.0, 1996).
//!
//! [`read`] and [`parse`] give a [`SmfFile`]: tempo, metres, keys, markers, texts and the channel messages in absolute
//! ticks. [`write_song`] and [`save_song`] write a song as type 1.
//!
//! Read: types 0 and 1, musical and SMPTE time. Type 2 (independent patterns) is refused. A file that ends before its
//! content does is refused, and the error names the byte; bytes after the last declared track are ignored. A time or key
//! signature or a tempo with values outside the standard is left out.

mod read;
mod write;

pub use read::{MAX_BYTES, MAX_EVENTS, MAX_HOURS, parse, read};
pub use write::{save_song, write_song};

use kmidi_music::{Key, Meter, Seconds, TempoMap, Ticks};

/// How tracks lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Type 0: one track with all channels.
    SingleTrack,
    /// Type 1: tracks that sound together.
    Parallel,
}

/// What a tick is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// So many ticks a quarter note, 1 to 32767.
    TicksPerQuarter(u16),
    /// So many ticks (1 to 255) a film frame; 24, 25, 29 (meaning 30/1.001) or 30 frames a second. Tempo does not
    /// count then.
    Smpte {
        /// Frames a second as the header gives them.
        frames_per_second: u8,
        /// Ticks a frame.
        ticks_per_frame: u8,
    },
}

/// A channel message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A key is let go. A note-on of velocity 0 is read as this, with velocity 64.
    NoteOff {
        /// Note number, 0 to 127.
        key: u8,
        /// Release velocity, 0 to 127.
        velocity: u8,
    },
    /// A key is struck.
    NoteOn {
        /// Note number, 0 to 127.
        key: u8,
        /// Velocity, 1 to 127.
        velocity: u8,
    },
    /// Pressure on one key.
    KeyPressure {
        /// Note number, 0 to 127.
        key: u8,
        /// Pressure, 0 to 127.
        pressure: u8,
    },
    /// A controller moves: 64 is the sustain pedal.
    Control {
        /// Which, 0 to 127.
        controller: u8,
        /// Its value, 0 to 127.
        value: u8,
    },
    /// An instrument is chosen, 0 to 127.
    Program(u8),
    /// Pressure on the channel, 0 to 127.
    Pressure(u8),
    /// Pitch wheel, -8192 to 8191, 0 at rest.
    Bend(i16),
}

impl Message {
    /// The three bytes of the wire on `channel` (0 to 15); the third is 0 where the message has two.
    pub fn bytes(self, channel: u8) -> [u8; 3] {
        let channel = channel & 0x0f;
        match self {
            Message::NoteOff { key, velocity } => [0x80 | channel, key, velocity],
            Message::NoteOn { key, velocity } => [0x90 | channel, key, velocity],
            Message::KeyPressure { key, pressure } => [0xa0 | channel, key, pressure],
            Message::Control { controller, value } => [0xb0 | channel, controller, value],
            Message::Program(program) => [0xc0 | channel, program, 0],
            Message::Pressure(pressure) => [0xd0 | channel, pressure, 0],
            Message::Bend(bend) => {
                let raw = (i32::from(bend) + 8_192).clamp(0, 16_383) as u16;
                [0xe0 | channel, (raw & 0x7f) as u8, (raw >> 7) as u8]
            }
        }
    }
}

/// A channel message with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmfEvent {
    /// When, from the start of the file.
    pub tick: Ticks,
    /// Channel 0 to 15; 9 is General MIDI's drums.
    pub channel: u8,
    /// What happens.
    pub message: Message,
}

/// One track.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SmfTrack {
    /// Its name (FF 03); empty when it has none.
    pub name: String,
    /// Its channel messages, by tick, in file order at equal ticks.
    pub events: Vec<SmfEvent>,
    /// Where its end-of-track stands.
    pub end: Ticks,
}

/// A note: a note-on with the note-off that ends it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmfNote {
    /// When it starts.
    pub onset: Ticks,
    /// When it ends; after `onset`.
    pub end: Ticks,
    /// When it starts, in seconds.
    pub start_seconds: Seconds,
    /// When it ends, in seconds.
    pub end_seconds: Seconds,
    /// Which of [`SmfFile::tracks`] it stands in.
    pub track: usize,
    /// Channel 0 to 15.
    pub channel: u8,
    /// The program in force on its channel, 0 to 127.
    pub program: u8,
    /// Note number, 0 to 127.
    pub pitch: u8,
    /// Velocity, 1 to 127.
    pub velocity: u8,
}

/// What the sustain pedal does to the end of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pedal {
    /// A note ends when its key is let go.
    Ignored,
    /// While controller 64 stands at 64 or more a note goes on, until the pedal rises or the key is struck again.
    Held,
}

/// A text with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmfText {
    /// When, from the start of the file.
    pub tick: Ticks,
    /// The text; bytes that are no UTF-8 are taken as Latin-1.
    pub text: String,
}

/// A standard MIDI file as plain values.
#[derive(Debug, Clone, PartialEq)]
pub struct SmfFile {
    /// Type 0 or 1.
    pub format: Format,
    /// What a tick is.
    pub division: Division,
    /// Tempo over time. For SMPTE files it is constant and its "quarter note" is one second (1.001 s at 29.97).
    pub tempo: TempoMap,
    /// Time signatures by tick; empty when the file has none.
    pub meters: Vec<(Ticks, Meter)>,
    /// Key signatures by tick; empty when the file has none.
    pub keys: Vec<(Ticks, Key)>,
    /// Markers (FF 06) by tick.
    pub markers: Vec<SmfText>,
    /// Texts (FF 01) by tick.
    pub texts: Vec<SmfText>,
    /// The tracks, in file order.
    pub tracks: Vec<SmfTrack>,
}

/// What the text that holds a song's recipe begins with.
pub const RECIPE_PREFIX: &str = "kmidi:";

impl SmfFile {
    /// The JSON recipe of a song that this project wrote, or `None`.
    pub fn recipe(&self) -> Option<&str> {
        self.texts.iter().find_map(|t| t.text.strip_prefix(RECIPE_PREFIX))
    }

    /// When `tick` sounds.
    pub fn seconds(&self, tick: Ticks) -> Seconds {
        self.tempo.seconds(tick)
    }

    /// Where the last track ends.
    pub fn end(&self) -> Ticks {
        self.tracks.iter().map(|t| t.end).max().unwrap_or_default()
    }

    /// The channel messages of all tracks with their times, by tick; at equal ticks in the order of tracks.
    pub fn events(&self) -> Vec<(Seconds, SmfEvent)> {
        let merged = self.merged();
        let seconds = self.tempo.seconds_of(merged.iter().map(|(_, e)| e.tick));
        seconds.into_iter().zip(merged).map(|(at, (_, event))| (at, event)).collect()
    }

    fn merged(&self) -> Vec<(usize, SmfEvent)> {
        let all = self.tracks.iter().enumerate();
        let mut merged: Vec<_> = all.flat_map(|(i, t)| t.events.iter().map(move |&e| (i, e))).collect();
        merged.sort_by_key(|(_, event)| event.tick); // stable: file order stands at equal ticks
        merged
    }

    /// The notes by onset. Of equal keys on one channel the first that was struck ends first; a note that nothing ends
    /// lasts to the end of the file; every note lasts at least one tick.
    pub fn notes(&self, pedal: Pedal) -> Vec<SmfNote> {
        read::notes(self, pedal)
    }
}
