//! The notes that sound, from MIDI: keys held, the sustain pedal, and a short memory for broken chords.

use super::struck::{Struck, Whole};
use super::tones::{LOWEST, SEMITONES};

/// A held note fades by this factor a hop: a string that nobody stops.
const HELD: f32 = 0.9975;
/// A released note fades by this factor a hop: half in 0.14 s, so that a broken chord gathers.
const RELEASED: f32 = 0.88;
/// A stroke is news by this factor less a hop.
const FRESH: f32 = 0.9;
/// Notes below this MIDI number count as bass; the lowest sounding note does too.
const BASS: usize = 48;
/// How much a note counts against chroma from sound.
const WEIGHT: f32 = 2.0;

/// Level of every note, all channels but drums together.
#[derive(Debug, Clone)]
pub(crate) struct Notes {
    /// How many times each note is down, by channel bit.
    down: [u16; 128],
    /// Held by the pedal, by channel bit.
    pedalled: [u16; 128],
    /// Channels whose pedal is down.
    pedals: u16,
    /// Which notes are held by a key or a pedal, a bit each.
    held: u128,
    level: [f32; 128],
    /// How lately each was struck: 1, and then less.
    fresh: [f32; 128],
    /// Is any level above 0?
    sounding: bool,
    struck: Struck,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            down: [0; 128],
            pedalled: [0; 128],
            pedals: 0,
            held: 0,
            level: [0.0; 128],
            fresh: [0.0; 128],
            sounding: false,
            struck: Struck::default(),
        }
    }
}

impl Notes {
    /// A key goes down. Channel 0 to 15, note and velocity 0 to 127.
    pub(crate) fn on(&mut self, channel: u8, note: u8, velocity: u8) {
        if channel == 9 {
            return;
        }
        self.struck.on(channel, note, self.held);
        let note = usize::from(note);
        self.down[note] |= 1 << channel;
        self.held |= 1 << note;
        self.level[note] = self.level[note].max(0.4 + 0.6 * f32::from(velocity) / 127.0);
        self.fresh[note] = self.level[note];
        self.sounding = true;
    }

    /// A key comes up.
    pub(crate) fn off(&mut self, channel: u8, note: u8) {
        let (note, bit) = (usize::from(note), 1 << channel);
        if self.down[note] & bit != 0 && self.pedals & bit != 0 {
            self.pedalled[note] |= bit;
        }
        self.down[note] &= !bit;
        if self.held >> note & 1 == 1 && self.down[note] | self.pedalled[note] == 0 {
            self.held &= !(1 << note);
            self.struck.off(note as u8);
        }
    }

    /// A controller moves.
    pub(crate) fn control(&mut self, channel: u8, controller: u8, value: u8) {
        let bit = 1 << channel;
        let release = |set: &mut [u16; 128]| set.iter_mut().for_each(|held| *held &= !bit);
        match controller {
            64 if value >= 64 => self.pedals |= bit,
            64 => {
                self.pedals &= !bit;
                release(&mut self.pedalled);
            }
            120 | 123..=127 => {
                release(&mut self.down);
                release(&mut self.pedalled);
            }
            _ => return,
        }
        let held = self.down.iter().zip(&self.pedalled).map(|(down, pedalled)| down | pedalled != 0);
        self.held = held.rev().fold(0, |held, one| held << 1 | u128::from(one));
    }

    /// 10 ms pass.
    pub(crate) fn hop(&mut self) {
        self.struck.hop();
        if !self.sounding {
            return;
        }
        self.fresh.iter_mut().for_each(|fresh| *fresh *= FRESH);
        let held = self.held;
        for (note, level) in self.level.iter_mut().enumerate() {
            let fainter = *level * if held >> note & 1 == 1 { HELD } else { RELEASED };
            *level = if fainter < 0.02 { 0.0 } else { fainter };
        }
        self.sounding = self.level.iter().any(|level| *level > 0.0);
    }

    /// The notes by semitone and those that were struck of late, and whether any sounds. Those beyond the lowest or highest
    /// semitone count an octave nearer.
    pub(crate) fn tones(&self) -> (bool, [f32; SEMITONES], [f32; SEMITONES]) {
        let (mut now, mut begun) = ([0.0f32; SEMITONES], [0.0f32; SEMITONES]);
        for (note, (level, fresh)) in self.level.iter().zip(&self.fresh).enumerate() {
            let slot = match note {
                _ if note < LOWEST => note + 12 * (LOWEST - note).div_ceil(12) - LOWEST,
                _ if note - LOWEST < SEMITONES => note - LOWEST,
                _ => note - LOWEST - 12 * (note - LOWEST - SEMITONES + 1).div_ceil(12),
            };
            now[slot] = now[slot].max(*level);
            begun[slot] = begun[slot].max(*fresh);
        }
        (self.sounding, now, begun)
    }

    /// The chord that was struck together, once, when it is whole.
    pub(super) fn whole(&mut self) -> Option<Whole> {
        self.struck.whole(self.held)
    }

    /// Does such a chord sound, whole or not yet, and nothing else; and is it told, and any of it held?
    pub(super) fn struck(&self) -> (bool, bool) {
        let holds = self.sounding && self.struck.holds(self.held);
        (holds, holds && self.struck.told() && self.held != 0)
    }

    /// Adds the notes to the chroma of the treble and of the bass.
    pub(crate) fn add(&self, treble: &mut [f32; 12], bass: &mut [f32; 12]) {
        if !self.sounding {
            return;
        }
        // What was let go still colours the chord, but carries it no more.
        let carries = |note: usize| self.held == 0 || self.held >> note & 1 == 1;
        let lowest = (0..128).find(|&note| self.level[note] > 0.3 && carries(note));
        for (note, &level) in self.level.iter().enumerate().filter(|(_, level)| **level > 0.0) {
            treble[note % 12] += WEIGHT * level;
            if (note < BASS && carries(note)) || Some(note) == lowest {
                let depth = if Some(note) == lowest { 2.0 } else { 1.0 };
                bass[note % 12] += WEIGHT * depth * level;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn treble(notes: &Notes) -> [f32; 12] {
        let (mut treble, mut bass) = ([0.0; 12], [0.0; 12]);
        notes.add(&mut treble, &mut bass);
        treble
    }

    #[test]
    fn the_pedal_holds_what_the_hand_lets_go() {
        let mut notes = Notes::default();
        notes.control(0, 64, 127);
        notes.on(0, 60, 100);
        notes.on(9, 40, 100);
        notes.off(0, 60);
        (0..50).for_each(|_| notes.hop());
        assert!(treble(&notes)[0] > 1.0 && treble(&notes)[4] == 0.0);
        notes.control(0, 64, 0);
        (0..100).for_each(|_| notes.hop());
        assert_eq!(treble(&notes), [0.0; 12]);
        assert!(!notes.sounding);
    }

    #[test]
    fn releases_without_a_note_change_nothing() {
        let mut notes = Notes::default();
        notes.off(3, 64);
        notes.control(3, 123, 0);
        notes.hop();
        assert_eq!(treble(&notes), [0.0; 12]);
    }
}
