//! A stream of MIDI over a transport, played to a live part in blocks.

use kmidi_engine::perform::{Quantizer, TemplatePlayer, Transport};
use kmidi_engine::{MidiEvent, MidiMessage};

pub(crate) const RATE: u32 = 48_000;

/// Numbers that look like chance: xorshift.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A live part under test.
pub(crate) trait Part {
    fn block(
        &mut self,
        frames: usize,
        midi: &[MidiEvent],
        transport: &Transport,
        out: &mut dyn FnMut(MidiEvent),
    );
}

impl Part for Quantizer {
    fn block(
        &mut self,
        frames: usize,
        midi: &[MidiEvent],
        transport: &Transport,
        out: &mut dyn FnMut(MidiEvent),
    ) {
        self.process(frames, midi, transport, out);
    }
}

impl Part for TemplatePlayer {
    fn block(
        &mut self,
        frames: usize,
        midi: &[MidiEvent],
        transport: &Transport,
        out: &mut dyn FnMut(MidiEvent),
    ) {
        self.process(frames, midi, transport, out);
    }
}

/// What comes in.
pub(crate) struct Stream {
    pub(crate) midi: Vec<(u64, MidiMessage)>,
    /// From which frame on a transport holds, that frame's position being its own; the first at frame 0.
    pub(crate) transports: Vec<(u64, Transport)>,
    pub(crate) frames: u64,
}

pub(crate) fn at(beat: f64, bpm: f64) -> Transport {
    Transport { beat, bpm, playing: true }
}

pub(crate) fn on(note: u8) -> MidiMessage {
    MidiMessage::NoteOn { channel: 0, note, velocity: 90 }
}

pub(crate) fn off(note: u8) -> MidiMessage {
    MidiMessage::NoteOff { channel: 0, note }
}

impl Stream {
    /// At 120 beats a minute from beat 0: a beat is 24,000 frames.
    pub(crate) fn steady(midi: Vec<(u64, MidiMessage)>, frames: u64) -> Self {
        Self { midi, transports: vec![(0, at(0.0, 120.0))], frames }
    }

    fn transport(&self, frame: u64) -> Transport {
        let (from, held) = self.transports[self.transports.partition_point(|t| t.0 <= frame) - 1];
        let beat = held.beat + (frame - from) as f64 * held.bpm / (60.0 * f64::from(RATE));
        Transport { beat, ..held }
    }

    /// Plays it in blocks as long as `next` says, cut where the transport changes. What left, by frame.
    pub(crate) fn play(&self, part: &mut dyn Part, mut next: impl FnMut() -> u64) -> Vec<(u64, MidiMessage)> {
        let mut out = Vec::new();
        let mut start = 0;
        while start < self.frames {
            let change = self.transports.iter().map(|t| t.0).find(|&frame| frame > start).unwrap_or(u64::MAX);
            let end = (start + next()).min(change).min(self.frames);
            let of = |frame| self.midi.partition_point(|event| event.0 < frame);
            let midi: Vec<_> = self.midi[of(start)..of(end)]
                .iter()
                .map(|&(frame, message)| MidiEvent { offset: (frame - start) as u32, message })
                .collect();
            part.block((end - start) as usize, &midi, &self.transport(start), &mut |event| {
                assert!(u64::from(event.offset) < (end - start).max(1), "{event:?} is beyond its block");
                out.push((start + u64::from(event.offset), event.message));
            });
            start = end;
        }
        out
    }

    /// Anything that may come down a cable in bursts, over tempos, loops, stops and nonsense. Keys come up in the end.
    pub(crate) fn storm(seed: u64, bursts: u64) -> Self {
        let mut chance = Chance(seed);
        let mut midi = Vec::new();
        let mut transports = vec![(0, at(-1.0, 120.0))];
        let mut frame = 0;
        for burst in 0..bursts {
            let length = 1 + chance.below(6_000);
            let size = [3, 10, 40, 1_000][if burst % 16 == 7 { 3 } else { chance.below(3) as usize }];
            let mut places: Vec<u64> = (0..size).map(|_| frame + chance.below(length)).collect();
            places.sort_unstable();
            midi.extend(places.into_iter().map(|place| (place, message(&mut chance))));
            if burst % 32 == 20 {
                midi.extend((0..128).map(|note| (frame + length, on(note))));
            }
            frame += length;
            let bpm = 40.0 + chance.below(200) as f64;
            match chance.below(12) {
                0 => transports.push((frame, at(chance.below(64) as f64 / 3.0, bpm))),
                1 => transports.push((frame, Transport::STOPPED)),
                2 => transports.push((frame, at(f64::NAN, f64::INFINITY))),
                3 => transports.push((frame, at(chance.below(9) as f64, bpm))),
                _ => (),
            }
        }
        for channel in 0..16 {
            midi.extend((0..128).map(|note| (frame, MidiMessage::NoteOff { channel, note })));
        }
        transports.dedup_by_key(|t| t.0);
        Self { midi, transports, frames: frame + 4 * u64::from(RATE) }
    }
}

fn message(chance: &mut Chance) -> MidiMessage {
    let mut byte = |end| chance.below(end) as u8;
    // Few keys, so that they are struck again and again; now and then beyond what MIDI has.
    let (channel, note, velocity) = ([0, 0, 9, 255][usize::from(byte(4))], byte(20) * 13, byte(140));
    match byte(16) {
        0..=8 => MidiMessage::NoteOn { channel, note, velocity },
        9..=13 => MidiMessage::NoteOff { channel, note },
        14 => MidiMessage::Control { channel, controller: 64, value: velocity },
        _ => MidiMessage::Control { channel, controller: [1, 7, 120, 123][usize::from(byte(4))], value: 0 },
    }
}

/// Fails unless times rise and on every key note-ons and note-offs take turns, and none sounds in the end.
pub(crate) fn assert_sound(out: &[(u64, MidiMessage)], what: &str) {
    assert!(out.is_sorted_by_key(|event| event.0), "{what}: times fall");
    let mut sounding = [0_u128; 16];
    for (frame, message) in out {
        match *message {
            MidiMessage::NoteOn { channel, note, velocity } => {
                assert!((1..128).contains(&velocity), "{what}: {message:?}");
                let keys = &mut sounding[usize::from(channel)];
                assert_eq!(*keys >> note & 1, 0, "{what}: {message:?} at {frame} while it sounds");
                *keys |= 1 << note;
            }
            MidiMessage::NoteOff { channel, note } => {
                let keys = &mut sounding[usize::from(channel)];
                assert_eq!(*keys >> note & 1, 1, "{what}: {message:?} at {frame} while it does not sound");
                *keys &= !(1 << note);
            }
            MidiMessage::Control { .. } => (),
        }
    }
    assert_eq!(sounding, [0; 16], "{what}: notes hang");
}
