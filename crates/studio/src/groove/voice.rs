//! Who plays a note.

use super::Note;
use serde::{Deserialize, Serialize};

/// The channel of General MIDI's drums.
pub(super) const DRUMS: u8 = 9;

/// A player of a groove: the nine voices of a kit (Gillick et al. 2019, "Learning to groove with inverse sequence
/// transformations"), pitched ones, and anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Bass drum.
    Kick,
    /// Snare, side stick, clap.
    Snare,
    /// Closed and pedal hi-hat, shakers.
    HhClosed,
    /// Open hi-hat.
    HhOpen,
    /// Floor toms.
    TomLow,
    /// Middle toms, low hand drums.
    TomMid,
    /// High toms, high hand drums.
    TomHigh,
    /// Crash, splash and China cymbals.
    Crash,
    /// Ride cymbals and bells.
    Ride,
    /// Bass instruments.
    Bass,
    /// Several notes at once.
    Chords,
    /// One note at a time.
    Melody,
    /// Whoever has no line of their own.
    Any,
}

/// Which notes of channel 10 each voice of the kit has: General MIDI, and the Roland TD-11 of the Groove MIDI Dataset. The
/// first is the one that it is written with.
const KIT: [(Voice, &[u8]); 9] = [
    (Voice::Kick, &[36, 35]),
    (Voice::Snare, &[38, 37, 39, 40]),
    (Voice::HhClosed, &[42, 22, 44, 54, 69, 70, 82]),
    (Voice::HhOpen, &[46, 26]),
    (Voice::TomLow, &[43, 41, 58]),
    (Voice::TomMid, &[47, 45, 61, 64, 66]),
    (Voice::TomHigh, &[50, 48, 60, 62, 63, 65]),
    (Voice::Crash, &[49, 52, 55, 57]),
    (Voice::Ride, &[51, 53, 56, 59]),
];
/// Programs of basses in General MIDI.
const BASSES: std::ops::Range<u8> = 32..40;
/// Without a bass program, a line below this is a bass.
const LOW: u8 = 44;

impl Voice {
    /// All of them, in the order in which they are drawn.
    pub const ALL: [Self; 13] = [
        Self::Kick,
        Self::Snare,
        Self::HhClosed,
        Self::HhOpen,
        Self::TomLow,
        Self::TomMid,
        Self::TomHigh,
        Self::Crash,
        Self::Ride,
        Self::Bass,
        Self::Chords,
        Self::Melody,
        Self::Any,
    ];

    /// Its name in files and on screens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kick => "kick",
            Self::Snare => "snare",
            Self::HhClosed => "hh_closed",
            Self::HhOpen => "hh_open",
            Self::TomLow => "tom_low",
            Self::TomMid => "tom_mid",
            Self::TomHigh => "tom_high",
            Self::Crash => "crash",
            Self::Ride => "ride",
            Self::Bass => "bass",
            Self::Chords => "chords",
            Self::Melody => "melody",
            Self::Any => "any",
        }
    }

    /// The note of channel 10 that a voice of the kit is written with, or `None` for the others.
    pub fn drum(self) -> Option<u8> {
        KIT.iter().find(|row| row.0 == self).map(|row| row.1[0])
    }

    /// The voice of a note of channel 10; percussion without a place of its own keeps time, as a closed hi-hat does.
    pub fn of_drum(pitch: u8) -> Self {
        KIT.iter().find(|row| row.1.contains(&pitch)).map_or(Self::HhClosed, |row| row.0)
    }
}

/// The voice of each note; `leaders` says which notes form chords.
pub(super) fn voices(notes: &[Note], leaders: &[usize]) -> Vec<Voice> {
    let mut sizes = vec![0_usize; notes.len()];
    leaders.iter().for_each(|&lead| sizes[lead] += 1);
    let of = |(note, &lead): (&Note, &usize)| match *note {
        Note { channel: DRUMS, pitch, .. } => Voice::of_drum(pitch),
        Note { program, .. } if BASSES.contains(&program) => Voice::Bass,
        _ if sizes[lead] > 1 => Voice::Chords,
        Note { pitch, .. } if pitch < LOW => Voice::Bass,
        _ => Voice::Melody,
    };
    notes.iter().zip(leaders).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voice_of_the_kit_has_its_notes_and_none_is_shared() {
        for (n, (voice, notes)) in KIT.iter().enumerate() {
            assert_eq!(voice.drum(), Some(notes[0]));
            for note in *notes {
                assert_eq!(Voice::of_drum(*note), *voice);
                assert!(KIT[..n].iter().all(|other| !other.1.contains(note)), "{note}");
            }
        }
        assert_eq!((Voice::Bass.drum(), Voice::of_drum(75)), (None, Voice::HhClosed));
        for voice in Voice::ALL {
            assert_eq!(serde_json::to_string(&voice).unwrap(), format!("\"{}\"", voice.name()));
        }
    }
}
