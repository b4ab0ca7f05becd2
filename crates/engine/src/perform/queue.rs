//! What waits until its time comes: messages by the frame at which they leave, and the notes that sound.

use super::clock::{Change, Clock, Transport};
use super::sounding::{CHANNELS, NOTES, Sounding, index, lowest};
use crate::block::{MidiEvent, MidiMessage};
use crate::float_mode::FloatMode;
use core::cmp::Reverse;
use std::collections::BinaryHeap;

/// Groups whose notes form chords: the channels, and the drum voices of the drum channel.
pub(super) const GROUPS: usize = CHANNELS + super::VOICES;

/// How a live part is set up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// Frames a second, 8,000 to 192,000.
    pub sample_rate: u32,
    /// How much earlier than played a note may come, milliseconds, 0 to 1,000. It is the latency.
    pub lookahead_ms: f32,
    /// How many messages may wait, 2 to 65,536. A note needs room for its beginning and its end.
    pub capacity: usize,
}

/// Why a live part cannot be set up.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SetupError {
    /// The sample rate is out of range.
    #[error("a sample rate of {0} Hz is not supported; use 8000 to 192000")]
    SampleRate(u32),
    /// The lookahead is out of range.
    #[error("a lookahead of {0} ms is not supported; use 0 to 1000")]
    Lookahead(f32),
    /// The capacity is out of range.
    #[error("room for {0} messages is not supported; use 2 to 65536")]
    Capacity(usize),
}

/// A note that began while the music moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Struck {
    /// Where it was played, in beats.
    pub(super) beat: f64,
    pub(super) frames_per_beat: f64,
    pub(super) channel: u8,
    pub(super) note: u8,
    pub(super) velocity: u8,
}

/// What becomes of a note.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    /// How many frames later than played; less than 0 is earlier.
    pub(super) frames: f64,
    /// 1 to 127.
    pub(super) velocity: u8,
    /// Notes of one group that come close together move together; below [`GROUPS`].
    pub(super) group: usize,
    /// How close to the first of them, in frames.
    pub(super) window: f64,
}

/// Orders by time, then by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    frame: u64,
    arrival: u64,
    what: What,
}

/// Notes carry a number: the end of a note must not end the next one on its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    On { id: u64, channel: u8, note: u8, velocity: u8 },
    Off { id: u64, channel: u8, note: u8 },
    Control { channel: u8, controller: u8, value: u8 },
}

/// A heap that never grows.
#[derive(Debug)]
struct Heap(BinaryHeap<Reverse<Waiting>>);

impl Clone for Heap {
    /// Keeps the capacity.
    fn clone(&self) -> Self {
        let mut copy = BinaryHeap::with_capacity(self.0.capacity());
        copy.extend(self.0.iter().copied());
        Self(copy)
    }
}

/// A key that is down.
#[derive(Debug, Clone, Copy)]
struct Held {
    id: u64,
    /// How many frames its end is to be moved; `None` when it found no room, and its end leaves at once too.
    shift: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Key {
    held: Option<Held>,
    /// When its last note leaves: the next one does not leave before.
    last: u64,
}

/// Delays everything by the latency and notes by their moves besides.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    setup: Setup,
    latency: u64,
    now: u64,
    clock: Clock,
    waiting: Heap,
    /// Notes that began, with a place set aside for their end.
    reserved: usize,
    /// Numbers messages and notes, from 1.
    arrivals: u64,
    keys: Vec<Key>,
    down: [u128; CHANNELS],
    sounding: Sounding,
    /// By group: when a chord began, and its move.
    chords: [Option<(u64, i64)>; GROUPS],
    passed: u64,
    /// A reset left notes sounding.
    to_end: bool,
}

/// The input of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) frames: usize,
    pub(super) midi: &'a [MidiEvent],
    pub(super) transport: &'a Transport,
}

impl Queue {
    pub(super) fn new(setup: Setup) -> Result<Self, SetupError> {
        if !(8_000..=192_000).contains(&setup.sample_rate) {
            return Err(SetupError::SampleRate(setup.sample_rate));
        }
        if !(0.0..=1_000.0).contains(&setup.lookahead_ms) {
            return Err(SetupError::Lookahead(setup.lookahead_ms));
        }
        if !(2..=65_536).contains(&setup.capacity) {
            return Err(SetupError::Capacity(setup.capacity));
        }
        Ok(Self {
            setup,
            latency: frames(setup.sample_rate, setup.lookahead_ms).round() as u64,
            now: 0,
            clock: Clock::new(setup.sample_rate),
            waiting: Heap(BinaryHeap::with_capacity(setup.capacity)),
            reserved: 0,
            arrivals: 0,
            keys: vec![Key::default(); CHANNELS * NOTES],
            down: [0; CHANNELS],
            sounding: Sounding::new(),
            chords: [None; GROUPS],
            passed: 0,
            to_end: false,
        })
    }

    pub(super) fn latency(&self) -> u64 {
        self.latency
    }

    pub(super) fn sample_rate(&self) -> u32 {
        self.setup.sample_rate
    }

    /// How many messages found no room since the last reset.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    pub(super) fn reset(&mut self) {
        self.now = 0;
        self.clock.reset();
        self.waiting.0.clear();
        self.release_all();
        self.keys.fill(Key::default());
        self.passed = 0;
        self.to_end = true;
    }

    /// All keys count as up, without a word.
    fn release_all(&mut self) {
        for (channel, down) in self.down.iter_mut().enumerate() {
            while let Some(note) = lowest(*down) {
                *down &= !(1 << note);
                self.keys[index(channel as u8, note)].held = None;
            }
        }
        self.reserved = 0;
        self.chords = [None; GROUPS];
    }

    pub(super) fn process(
        &mut self,
        input: &Input<'_>,
        mut place: impl FnMut(&Struck) -> Move,
        mut out: impl FnMut(MidiEvent),
    ) {
        let _mode = FloatMode::flush_denormals();
        let (start, end) = (self.now, self.now + input.frames as u64);
        let mut put = |frame: u64, message| {
            out(MidiEvent { offset: u32::try_from(frame - start).unwrap_or(u32::MAX), message });
        };
        if core::mem::take(&mut self.to_end) {
            self.sounding.end_all(&mut |message| put(start, message));
        }
        match self.clock.block(start, input.transport) {
            Change::None => (),
            Change::Jumped => {
                self.chords = [None; GROUPS];
                self.sounding.end_all(&mut |message| put(start, message));
            }
            Change::Stopped => {
                self.waiting.0.retain(|waiting| matches!(waiting.0.what, What::Control { .. }));
                self.release_all();
                self.sounding.end_all(&mut |message| put(start, message));
            }
        }
        let mut frame = start;
        for event in input.midi {
            frame = (start + u64::from(event.offset)).min(end.saturating_sub(1)).max(frame);
            self.leave(frame, &mut put);
            self.take(frame, event.message, &mut place, &mut put);
        }
        if end > start {
            self.leave(end - 1, &mut put);
        }
        self.now = end;
    }

    /// All whose time has come by `until` leave.
    fn leave(&mut self, until: u64, put: &mut impl FnMut(u64, MidiMessage)) {
        while let Some(Reverse(next)) = self.waiting.0.peek().copied().filter(|next| next.0.frame <= until) {
            self.waiting.0.pop();
            let mut put = |message| put(next.frame, message);
            match next.what {
                What::On { id, channel, note, velocity } => {
                    self.sounding.begin((channel, note), velocity, id, &mut put);
                }
                What::Off { id, channel, note } => self.sounding.end((channel, note), id, &mut put),
                What::Control { channel, controller, value } => {
                    put(MidiMessage::Control { channel, controller, value });
                }
            }
        }
    }

    /// A message arrives.
    fn take(
        &mut self,
        frame: u64,
        message: MidiMessage,
        place: &mut impl FnMut(&Struck) -> Move,
        put: &mut impl FnMut(u64, MidiMessage),
    ) {
        match message {
            MidiMessage::NoteOn { channel, note, velocity } if velocity & 127 > 0 => {
                let (channel, note, velocity) = (channel & 15, note & 127, velocity & 127);
                self.release(frame, (channel, note), put);
                let (mut shift, mut velocity) = (0, velocity);
                if let Some((beat, frames_per_beat)) = self.clock.at(frame) {
                    let to = place(&Struck { beat, frames_per_beat, channel, note, velocity });
                    shift = self.together(frame, to);
                    velocity = to.velocity;
                }
                self.begin(frame, (channel, note), velocity, shift, put);
            }
            MidiMessage::NoteOn { channel, note, .. } | MidiMessage::NoteOff { channel, note } => {
                self.release(frame, (channel & 15, note & 127), put);
            }
            MidiMessage::Control { channel, controller, value } => {
                let (channel, controller, value) = (channel & 15, controller & 127, value & 127);
                if matches!(controller, 120 | 123..) {
                    while let Some(note) = lowest(self.down[usize::from(channel)]) {
                        self.release(frame, (channel, note), put);
                    }
                }
                if self.waiting.0.len() + self.reserved < self.setup.capacity {
                    self.wait(frame + self.latency, What::Control { channel, controller, value });
                } else {
                    self.passed += 1;
                    put(frame, MidiMessage::Control { channel, controller, value });
                }
            }
        }
    }

    /// The move of a note: its own, or that of the chord to which it belongs.
    fn together(&mut self, frame: u64, to: Move) -> i64 {
        let place = &mut self.chords[to.group.min(GROUPS - 1)];
        match *place {
            Some((began, shift)) if to.window > 0.0 && (frame - began) as f64 <= to.window => shift,
            _ => {
                let shift = (to.frames.round() as i64).max(-(self.latency as i64));
                *place = Some((frame, shift));
                shift
            }
        }
    }

    fn begin(
        &mut self,
        frame: u64,
        key: (u8, u8),
        velocity: u8,
        shift: i64,
        put: &mut impl FnMut(u64, MidiMessage),
    ) {
        self.arrivals += 1;
        let (id, (channel, note)) = (self.arrivals, key);
        self.down[usize::from(channel)] |= 1 << note;
        let place = &mut self.keys[index(channel, note)];
        if self.waiting.0.len() + self.reserved + 2 > self.setup.capacity {
            place.held = Some(Held { id, shift: None });
            self.passed += 1;
            self.sounding.begin(key, velocity, id, &mut |message| put(frame, message));
            return;
        }
        let leaves = (frame + self.latency).saturating_add_signed(shift).max(place.last).max(frame);
        let shift = leaves as i64 - (frame + self.latency) as i64;
        *place = Key { held: Some(Held { id, shift: Some(shift) }), last: leaves };
        self.reserved += 1;
        self.wait(leaves, What::On { id, channel, note, velocity });
    }

    /// The key comes up, if it is down.
    fn release(&mut self, frame: u64, key: (u8, u8), put: &mut impl FnMut(u64, MidiMessage)) {
        let (channel, note) = key;
        let Some(Held { id, shift }) = self.keys[index(channel, note)].held.take() else { return };
        self.down[usize::from(channel)] &= !(1 << note);
        match shift {
            None => self.sounding.end(key, id, &mut |message| put(frame, message)),
            Some(shift) => {
                self.reserved -= 1;
                let leaves = (frame + self.latency).saturating_add_signed(shift);
                self.wait(leaves, What::Off { id, channel, note });
            }
        }
    }

    /// There must be room.
    fn wait(&mut self, frame: u64, what: What) {
        debug_assert!(self.waiting.0.len() < self.setup.capacity);
        self.arrivals += 1;
        self.waiting.0.push(Reverse(Waiting { frame, arrival: self.arrivals, what }));
    }
}

/// `milliseconds` in frames; what is no number is 0.
pub(super) fn frames(sample_rate: u32, milliseconds: f32) -> f64 {
    if milliseconds.is_nan() { 0.0 } else { f64::from(milliseconds) * f64::from(sample_rate) / 1_000.0 }
}
