//! What the beat front end is told of MIDI: strokes by drum and notes by register, hop by hop.

use crate::block::Band;
use kmidi_kernels::math;

/// Places for drums: kick, snare, closed hat, cymbals and open hat, other.
const DRUMS: usize = 5;
/// Places for notes: registers of an octave, and what lies below and above.
const REGISTERS: usize = 5;
/// How many numbers a hop gives: strokes, notes, how many notes began, how many ended, how new their pitch classes are, how many sound.
pub const PLAYED: usize = DRUMS + REGISTERS + 4;
/// What is played in one hop.
pub type Played = [f32; PLAYED];

/// A pitch class is new when it has not begun for this many hops.
const FORGOTTEN: u64 = 150;
pub(crate) const DRUM_CHANNEL: u8 = 9;

/// Gathers the notes of a hop.
#[derive(Debug, Clone)]
pub(crate) struct Gather {
    now: Played,
    hop: u64,
    /// The hop in which each pitch class began last.
    begun: [Option<u64>; 12],
    sounding: u32,
}

impl Default for Gather {
    fn default() -> Self {
        Self { now: [0.0; PLAYED], hop: 0, begun: [None; 12], sounding: 0 }
    }
}

impl Gather {
    /// A key went down; `velocity` is 1 to 127.
    pub(crate) fn on(&mut self, (channel, note, velocity): (u8, u8, u8)) {
        let strength = f32::from(velocity) / 127.0;
        if channel == DRUM_CHANNEL {
            self.now[drum(note)] += strength;
            return;
        }
        self.now[DRUMS + usize::from(note.saturating_sub(31) / 12).min(REGISTERS - 1)] += strength;
        self.now[DRUMS + REGISTERS] += 1.0;
        let begun = &mut self.begun[usize::from(note % 12)];
        if begun.is_none_or(|last| self.hop - last > FORGOTTEN) {
            self.now[DRUMS + REGISTERS + 2] += 1.0;
        }
        *begun = Some(self.hop);
        self.sounding += 1;
    }

    /// A key came up.
    pub(crate) fn off(&mut self, channel: u8) {
        if channel != DRUM_CHANNEL {
            self.now[DRUMS + REGISTERS + 1] += 1.0;
            self.sounding = self.sounding.saturating_sub(1);
        }
    }

    /// The hop is over: what it brought.
    pub(crate) fn hop(&mut self) -> Played {
        self.hop += 1;
        let sounding = self.sounding as f32;
        let mut played = std::mem::replace(&mut self.now, [0.0; PLAYED]);
        // Notes that start together say little more than one.
        played.iter_mut().for_each(|value| *value = math::sqrt(*value));
        played[PLAYED - 1] = math::sqrt(sounding.min(16.0)) / 4.0;
        played
    }
}

/// The place of a drum of General MIDI.
fn drum(note: u8) -> usize {
    match note {
        35 | 36 => 0,
        37..=40 => 1,
        42 | 44 | 54 | 69 | 70 | 82 => 2,
        46 | 49 | 51..=53 | 55 | 57 | 59 => 3,
        _ => 4,
    }
}

/// The band of a MIDI note: of drums by the usual sound of General MIDI, of others by their fundamental, B flat 3 the last below 250 Hz.
pub fn band(channel: u8, note: u8) -> Band {
    match (channel == DRUM_CHANNEL, note) {
        (true, 41 | 43 | 45) | (false, ..=58) => Band::Low,
        (true, _) => match drum(note) {
            0 => Band::Low,
            2 | 3 => Band::High,
            _ => Band::Mid,
        },
        (false, 99..) => Band::High,
        (false, _) => Band::Mid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_tells_what_began_and_what_is_new() {
        let mut gather = Gather::default();
        gather.on((9, 36, 127));
        gather.on((0, 60, 127));
        gather.on((0, 72, 127));
        let first = gather.hop();
        assert_eq!(first[0], 1.0);
        assert_eq!((first[DRUMS + 2], first[DRUMS + 3]), (1.0, 1.0));
        // Two notes, one pitch class.
        assert_eq!((first[DRUMS + REGISTERS], first[DRUMS + REGISTERS + 2]), (math::sqrt(2.0), 1.0));
        gather.off(0);
        let second = gather.hop();
        assert_eq!((second[DRUMS + REGISTERS + 1], second[PLAYED - 1]), (1.0, 0.25));
        assert_eq!(second[..DRUMS], [0.0; DRUMS]);
    }

    #[test]
    fn notes_have_the_band_of_their_drum_or_pitch() {
        let bands = |channel: u8, notes: [u8; 4]| notes.map(|note| band(channel, note));
        // Kick, snare, closed hat, crash; E1, A4, a whistle, a floor tom's number as a note.
        assert_eq!(bands(9, [36, 38, 42, 49]), [Band::Low, Band::Mid, Band::High, Band::High]);
        assert_eq!(bands(0, [28, 69, 100, 41]), [Band::Low, Band::Mid, Band::High, Band::Low]);
        assert_eq!((band(9, 41), band(9, 48)), (Band::Low, Band::Mid));
    }
}
