//! What a track holds: channel messages, system exclusive messages, metas.

use kmidi_music::Ticks;

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

/// What stands at a place of a track. Nothing of a file is dropped: what this project has no use for is kept as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A channel message.
    Channel {
        /// Channel 0 to 15; 9 is General MIDI's drums.
        channel: u8,
        /// What happens.
        message: Message,
    },
    /// A system exclusive message, or the first packet of one (F0): the bytes after the length, with the F7 that ends
    /// the message if it ends here.
    SysEx(Box<[u8]>),
    /// Bytes to be sent as they are (F7): a further packet of a system exclusive message, or any other message.
    Escape(Box<[u8]>),
    /// A meta event (FF), of any kind but the end of the track (2F), which is [`SmfTrack::end`](super::SmfTrack::end).
    Meta {
        /// What it is about: see [`meta`].
        kind: u8,
        /// Its content.
        data: Box<[u8]>,
    },
}

/// An event with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackEvent {
    /// When, from the start of the track.
    pub tick: Ticks,
    /// What stands there.
    pub event: Event,
}

impl TrackEvent {
    /// A channel message at `tick`.
    pub fn channel(tick: Ticks, channel: u8, message: Message) -> Self {
        Self { tick, event: Event::Channel { channel, message } }
    }

    /// A meta event of `kind` at `tick`.
    pub fn meta(tick: Ticks, kind: u8, data: &[u8]) -> Self {
        Self { tick, event: Event::Meta { kind, data: data.into() } }
    }
}

/// Kinds of meta events (Standard MIDI Files 1.0, 1996, and RP-019, 2001). Others are kept too.
pub mod meta {
    /// A text.
    pub const TEXT: u8 = 0x01;
    /// The track's name; in the first track of type 1 the piece's.
    pub const TRACK_NAME: u8 = 0x03;
    /// A syllable that is sung.
    pub const LYRIC: u8 = 0x05;
    /// A rehearsal mark or the name of a section.
    pub const MARKER: u8 = 0x06;
    /// A cue point.
    pub const CUE_POINT: u8 = 0x07;
    /// The channel that the metas which follow speak of.
    pub const CHANNEL_PREFIX: u8 = 0x20;
    /// The port that the track plays on.
    pub const PORT: u8 = 0x21;
    /// The end of the track.
    pub const END_OF_TRACK: u8 = 0x2f;
    /// Microseconds a quarter note, three bytes.
    pub const TEMPO: u8 = 0x51;
    /// Hour, minute, second, frame and hundredth at which the track starts.
    pub const SMPTE_OFFSET: u8 = 0x54;
    /// Numerator, power of two of the denominator, MIDI clocks a click, 32nds a quarter note.
    pub const TIME_SIGNATURE: u8 = 0x58;
    /// Sharps (negative: flats), then 0 for major and 1 for minor.
    pub const KEY_SIGNATURE: u8 = 0x59;
    /// What a sequencer keeps for itself.
    pub const SEQUENCER_SPECIFIC: u8 = 0x7f;
}
