//! What the benches play to the engine.

use kmidi_engine::{Config, Engine, MidiEvent, MidiMessage, Subjects};

/// The length of a block.
pub(crate) const FRAMES: usize = 512;

/// An engine for such blocks at 48 kHz that listens for these subjects.
pub(crate) fn engine_for(subjects: Subjects) -> Engine {
    Engine::for_subjects(Config { sample_rate: 48_000, max_block: FRAMES }, subjects).expect("a usual rate")
}

/// A small generator of numbers; the same each run.
struct Dice(u32);

impl Dice {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % end
    }
}

/// Blocks of 32 messages: the last chord comes up, another goes down.
pub(crate) fn storms(count: usize) -> Vec<Vec<MidiEvent>> {
    let mut dice = Dice(1);
    let mut sounding: Vec<u8> = Vec::new();
    (0..count)
        .map(|_| {
            let next: Vec<u8> = (0..16).map(|_| 36 + dice.below(48) as u8).collect();
            let off = sounding.iter().map(|&note| MidiMessage::NoteOff { channel: 0, note });
            let on = next.iter().map(|&note| MidiMessage::NoteOn { channel: 0, note, velocity: 90 });
            let messages = off.chain(on).enumerate();
            let events = messages.map(|(n, message)| MidiEvent { offset: 16 * n as u32, message }).collect();
            sounding = next;
            events
        })
        .collect()
}

/// Chords of three sawtooth-like voices that change every half second.
pub(crate) fn music(blocks: usize) -> Vec<Vec<f32>> {
    let mut dice = Dice(2);
    let (mut notes, mut time) = ([48.0f32, 55.0, 64.0], 0usize);
    (0..blocks)
        .map(|block| {
            if block % 47 == 0 {
                notes = notes.map(|_| (40 + dice.below(36)) as f32);
            }
            (0..FRAMES)
                .map(|_| {
                    time += 1;
                    let seconds = time as f32 / 48_000.0;
                    let wave =
                        |note: f32| 2.0 * (seconds * 440.0 * 2f32.powf((note - 69.0) / 12.0)).fract() - 1.0;
                    0.1 * notes.map(wave).iter().sum::<f32>()
                })
                .collect()
        })
        .collect()
}
