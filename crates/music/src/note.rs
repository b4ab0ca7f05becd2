//! Notes as they are written and played.

use crate::time::Ticks;

/// A note of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Note {
    /// When it starts.
    pub onset: Ticks,
    /// How long it is held; at least 1.
    pub duration: Ticks,
    /// MIDI note number, 0 to 127; 60 is middle C (C4).
    pub pitch: u8,
    /// MIDI velocity, 1 to 127.
    pub velocity: u8,
}

impl Note {
    /// When it ends.
    pub fn end(&self) -> Ticks {
        self.onset + self.duration
    }
}
