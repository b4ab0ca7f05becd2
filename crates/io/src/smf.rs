//! Standard MIDI files (MIDI Manufacturers Association, Standard MIDI Files 1.0, 1996).
//!
//! [`read`] and [`parse`] give a [`SmfFile`]: every event of every track in absolute ticks, and views of them: tempo,
//! metres, keys, markers, texts, channel messages, notes. [`write()`] and [`save`] write it again, in its own type and
//! division, so that reading what was written gives equal events. [`write_song`] and [`save_song`] write a song as type 1.
//!
//! Read: types 0, 1 and 2, musical and SMPTE time. A file that ends before its content does is refused, and the error
//! names the byte; [`salvage`] keeps what can be read of it and tells what was lost. Bytes after the last declared track
//! and chunks that are no tracks are ignored. A time or key signature or a tempo with values outside the standard stays in
//! its track and is left out of the views.
//!
//! The tracks of type 2 are patterns that do not sound together. The views lay them one after another, in file order, each
//! from where the one before ends; each begins with 120 beats a minute, program 0 and no pedal, as a file of its own would.

mod event;
mod notes;
mod patch;
mod read;
mod song;
mod stems;
mod to_song;
mod track;
mod views;
mod write;

pub use event::{Event, Message, TrackEvent, meta};
pub use patch::Patch;
pub use read::{Loss, MAX_BYTES, MAX_EVENTS, MAX_HOURS, Salvaged, parse, read, read_salvage, salvage};
pub use song::{save_song, write_song};
pub use stems::stems;
pub use to_song::{MARK_PREFIX, song_of};
pub use write::{save, write};

use kmidi_music::{Key, Meter, Seconds, TempoMap, Ticks};

/// How tracks lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Type 0: one track with all channels.
    SingleTrack,
    /// Type 1: tracks that sound together.
    Parallel,
    /// Type 2: tracks that are patterns of their own.
    Independent,
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
    /// Its events by tick, in file order at equal ticks.
    pub events: Vec<TrackEvent>,
    /// Where its end-of-track stands, not before its last event.
    pub end: Ticks,
}

/// A note: a note-on with the note-off that ends it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmfNote {
    /// When it starts, from the start of the file.
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

/// A standard MIDI file as plain values: the tracks, and views of them that [`SmfFile::new`] makes. [`write()`] takes
/// `format`, `division` and `tracks` alone.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SmfFile {
    /// Type 0, 1 or 2.
    pub format: Format,
    /// What a tick is.
    pub division: Division,
    /// The tracks, in file order.
    pub tracks: Vec<SmfTrack>,
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
}

/// What the text that holds a song's recipe begins with.
pub const RECIPE_PREFIX: &str = "kmidi:";

impl SmfFile {
    /// A file of these tracks, with its views.
    pub fn new(format: Format, division: Division, tracks: Vec<SmfTrack>) -> Self {
        views::of(format, division, tracks)
    }

    /// The JSON recipe of a song that this project wrote, or `None`.
    pub fn recipe(&self) -> Option<&str> {
        self.texts.iter().find_map(|t| t.text.strip_prefix(RECIPE_PREFIX))
    }

    /// When `tick` sounds.
    pub fn seconds(&self, tick: Ticks) -> Seconds {
        self.tempo.seconds(tick)
    }

    /// Where each track starts: at 0, but for the patterns of type 2, which lie one after another.
    pub fn starts(&self) -> Vec<Ticks> {
        views::starts(self.format, &self.tracks)
    }

    /// Where the last track ends.
    pub fn end(&self) -> Ticks {
        let ends = self.starts().into_iter().zip(&self.tracks).map(|(start, track)| start + track.end);
        ends.max().unwrap_or_default()
    }

    /// The channel messages of all tracks with their times, by tick; at equal ticks in the order of tracks.
    pub fn events(&self) -> Vec<(Seconds, SmfEvent)> {
        let merged = self.merged();
        let seconds = self.tempo.seconds_of(merged.iter().map(|(_, e)| e.tick));
        seconds.into_iter().zip(merged).map(|(at, (_, event))| (at, event)).collect()
    }

    fn merged(&self) -> Vec<(usize, SmfEvent)> {
        let mut merged = Vec::new();
        for (i, (track, start)) in self.tracks.iter().zip(self.starts()).enumerate() {
            merged.extend(track.channel_events().map(|e| (i, SmfEvent { tick: start + e.tick, ..e })));
        }
        merged.sort_by_key(|(_, event)| event.tick); // stable: file order stands at equal ticks
        merged
    }

    /// The notes by onset. Of equal keys on one channel the first that was struck ends first; a note that nothing ends
    /// lasts to the end of its track; every note lasts at least one tick.
    pub fn notes(&self, pedal: Pedal) -> Vec<SmfNote> {
        notes::of(self, pedal)
    }
}

impl SmfTrack {
    /// Its name, the first FF 03; empty when it has none.
    pub fn name(&self) -> String {
        let named = self.events.iter().find_map(|e| match &e.event {
            Event::Meta { kind: meta::TRACK_NAME, data } if !data.is_empty() => Some(views::text(data)),
            _ => None,
        });
        named.unwrap_or_default()
    }

    /// Its channel messages, ticks from the start of the track.
    pub fn channel_events(&self) -> impl Iterator<Item = SmfEvent> + '_ {
        self.events.iter().filter_map(|e| match e.event {
            Event::Channel { channel, message } => Some(SmfEvent { tick: e.tick, channel, message }),
            _ => None,
        })
    }
}
