//! The notes that sound: on every key, note-ons and note-offs take turns.

use crate::block::MidiMessage;

pub(super) const CHANNELS: usize = 16;
pub(super) const NOTES: usize = 128;

/// What sounds out there.
#[derive(Debug, Clone)]
pub(super) struct Sounding {
    /// The note that sounds on each key, by `channel * 128 + note`; 0 is none.
    ids: Vec<u64>,
    keys: [u128; CHANNELS],
}

impl Sounding {
    pub(super) fn new() -> Self {
        Self { ids: vec![0; CHANNELS * NOTES], keys: [0; CHANNELS] }
    }

    pub(super) fn begin(
        &mut self,
        (channel, note): (u8, u8),
        velocity: u8,
        id: u64,
        put: &mut impl FnMut(MidiMessage),
    ) {
        if self.ids[index(channel, note)] != 0 {
            put(MidiMessage::NoteOff { channel, note });
        }
        self.ids[index(channel, note)] = id;
        self.keys[usize::from(channel)] |= 1 << note;
        put(MidiMessage::NoteOn { channel, note, velocity });
    }

    pub(super) fn end(&mut self, (channel, note): (u8, u8), id: u64, put: &mut impl FnMut(MidiMessage)) {
        if self.ids[index(channel, note)] == id {
            self.ids[index(channel, note)] = 0;
            self.keys[usize::from(channel)] &= !(1 << note);
            put(MidiMessage::NoteOff { channel, note });
        }
    }

    pub(super) fn end_all(&mut self, put: &mut impl FnMut(MidiMessage)) {
        for channel in 0..CHANNELS as u8 {
            while let Some(note) = lowest(self.keys[usize::from(channel)]) {
                self.end((channel, note), self.ids[index(channel, note)], put);
            }
        }
    }
}

pub(super) fn index(channel: u8, note: u8) -> usize {
    usize::from(channel) * NOTES + usize::from(note)
}

pub(super) fn lowest(keys: u128) -> Option<u8> {
    (keys != 0).then(|| keys.trailing_zeros() as u8)
}
