//! The engine: blocks cut into 10 ms hops, each hop through the transforms and the two engines.

use crate::block::{Block, Bounded, MidiMessage, Output};
use crate::dsp::stream::Stream;
use crate::exchange::{Advisor, Counts, Link, Told};
use crate::float_mode::FloatMode;
use crate::groove::Groove;
use crate::harmony::Harmony;
use crate::hops::Clock;
use core::cell::Cell;
use core::marker::PhantomData;
use kmidi_kernels::ShapeError;
use kmidi_music::Frames;

/// How an [`Engine`] is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Frames a second, 8,000 to 192,000.
    pub sample_rate: u32,
    /// The longest block that will usually come, 1 to 65,536 frames. Longer ones are heard whole, but the output of
    /// one call holds no more than a block of this length may bring.
    pub max_block: usize,
}

/// What an [`Engine`] listens for. What it does not listen for costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subjects {
    /// Chords and keys.
    pub harmony: bool,
    /// Onsets, beats, tempo and metre.
    pub groove: bool,
}

impl Subjects {
    /// Everything.
    pub const ALL: Self = Self { harmony: true, groove: true };
    /// The Harmony Engine alone.
    pub const HARMONY: Self = Self { harmony: true, groove: false };
    /// The Groove Engine alone.
    pub const GROOVE: Self = Self { harmony: false, groove: true };
}

/// Why an engine cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The sample rate is out of range.
    #[error("a sample rate of {0} Hz is not supported; use 8000 to 192000")]
    SampleRate(u32),
    /// The block length is out of range.
    #[error("a largest block of {0} frames is not supported; use 1 to 65536")]
    MaxBlock(usize),
    /// A transform could not be planned.
    #[error("no transform for this sample rate: {0}")]
    Transform(ShapeError),
}

/// The listening engine. `Send`, but not `Sync`: one thread at a time owns it.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
    subjects: Subjects,
    now: u64,
    clock: Clock,
    sound: Stream,
    groove: Groove,
    harmony: Harmony,
    advisor: Option<Advisor>,
    output: Output,
    not_sync: PhantomData<Cell<()>>,
}

impl Engine {
    /// An engine that listens for everything, see [`Engine::for_subjects`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a value is out of its range.
    ///
    /// # Real-time safety
    ///
    /// Allocates. Call it before the stream starts.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Self::for_subjects(config, Subjects::ALL)
    }

    /// Plans the transforms and takes all the memory that the engine will ever use.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a value is out of its range.
    ///
    /// # Real-time safety
    ///
    /// Allocates. Call it before the stream starts.
    pub fn for_subjects(config: Config, subjects: Subjects) -> Result<Self, ConfigError> {
        if !(8_000..=192_000).contains(&config.sample_rate) {
            return Err(ConfigError::SampleRate(config.sample_rate));
        }
        if !(1..=65_536).contains(&config.max_block) {
            return Err(ConfigError::MaxBlock(config.max_block));
        }
        // The tables too must come out the same whatever float mode the host has set.
        let _mode = FloatMode::flush_denormals();
        let (groove, harmony) = (Groove::new(config.sample_rate)?, Harmony::new()?);
        let (events, hops, measurements) = Output::capacity(config.sample_rate, config.max_block);
        let output = Output {
            start: Frames(0),
            end: Frames(0),
            events: Bounded::new(events),
            hops: Bounded::new(hops),
            hearing: Bounded::new(hops),
            harmony: Bounded::new(measurements),
        };
        Ok(Self {
            config,
            subjects,
            now: 0,
            clock: Clock::new(config.sample_rate),
            sound: Stream::new(config.sample_rate, groove.memory().max(harmony.memory()))?,
            groove,
            harmony,
            advisor: None,
            output,
            not_sync: PhantomData,
        })
    }

    /// From now on tells with each chord what may come next: at once by rules, and, where a worker is linked, by its model a moment later. A
    /// clone of the engine has no worker and tells what the rules say.
    ///
    /// # Real-time safety
    ///
    /// Allocates. Call it before the stream starts.
    #[must_use]
    pub fn advised_by(mut self, link: Option<Link>) -> Self {
        self.advisor = Some(Advisor::new(link));
        self
    }

    /// What became of requests to the worker and of its hints since the last reset.
    pub fn advice(&self) -> Counts {
        self.advisor.as_ref().map_or_else(Counts::default, Advisor::counts)
    }

    /// How those who play stand to the beat: swing, and microtiming by place in the bar and band.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call, here and in what it gives.
    pub fn feel(&self) -> &crate::groove::feel::Feel {
        self.groove.feel()
    }

    /// What it was set up with.
    pub fn config(&self) -> Config {
        self.config
    }

    /// Forgets everything it heard; the next block starts at frame 0.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn reset(&mut self) {
        self.now = 0;
        self.clock.reset();
        self.sound.clear();
        self.groove.reset();
        self.harmony.reset();
        if let Some(advisor) = &mut self.advisor {
            advisor.reset();
        }
        self.output.clear();
        (self.output.start, self.output.end) = (Frames(0), Frames(0));
    }

    /// Hears one block and says what it now knows.
    ///
    /// Decisions fall on hop boundaries, and a MIDI event is heard at its own frame, so the events of a stream do not
    /// depend on how it is cut into blocks.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call, whatever the input.
    pub fn process(&mut self, block: &Block<'_>) -> &Output {
        let _mode = FloatMode::flush_denormals();
        self.output.clear();
        self.output.start = Frames(self.now);
        let (start, end) = (self.now, self.now + block.frames as u64);
        let mut midi = block.midi.iter().peekable();
        let mut earliest = start;
        while self.now < end {
            let stop = end.min(self.clock.next());
            while let Some(event) = midi.peek() {
                let frame = (start + u64::from(event.offset)).clamp(earliest, end - 1);
                if frame >= stop {
                    break;
                }
                earliest = frame;
                self.hear_message(frame, event.message);
                midi.next();
            }
            self.hear_sound(block, (self.now - start) as usize..(stop - start) as usize);
            self.now = stop;
            if stop == self.clock.next() {
                self.hop();
            }
        }
        // Only a block of no frames leaves messages over.
        midi.for_each(|event| self.hear_message(end, event.message));
        self.output.end = Frames(end);
        &self.output
    }

    fn hear_message(&mut self, frame: u64, message: MidiMessage) {
        match message {
            MidiMessage::NoteOn { channel, note, velocity } if velocity & 127 > 0 => {
                let (channel, note, velocity) = (channel & 15, note & 127, velocity & 127);
                self.harmony.notes().on(channel, note, velocity);
                if self.subjects.groove {
                    self.groove.note_on(
                        &self.clock,
                        frame,
                        (channel, note, velocity),
                        &mut self.output.events,
                    );
                }
            }
            MidiMessage::NoteOn { channel, note, .. } | MidiMessage::NoteOff { channel, note } => {
                self.harmony.notes().off(channel & 15, note & 127);
                self.groove.note_off(channel & 15);
            }
            MidiMessage::Control { channel, controller, value } => {
                self.harmony.notes().control(channel & 15, controller & 127, value & 127);
            }
        }
    }

    /// Mixes the channels to mono and remembers them.
    fn hear_sound(&mut self, block: &Block<'_>, range: core::ops::Range<usize>) {
        if block.audio.is_empty() {
            return self.sound.push_silence(range.len());
        }
        let share = 1.0 / block.audio.len() as f32;
        for n in range {
            let mixed = block.audio.iter().map(|channel| {
                let sample = channel.get(n).copied().unwrap_or(0.0);
                // Far beyond full scale is no sound either, and would make the spectrum overflow.
                if sample.is_finite() { sample.clamp(-64.0, 64.0) } else { 0.0 }
            });
            self.sound.push(mixed.sum::<f32>() * share);
        }
    }

    fn hop(&mut self) {
        self.clock.advance();
        let Self { subjects, clock, sound, groove, harmony, advisor, output, .. } = self;
        sound.up_to(clock.hop(), |history| {
            if subjects.groove {
                groove.hop(clock, history, output);
            }
            if !subjects.harmony {
                return;
            }
            let heard = subjects.groove.then_some(&*groove);
            let place = |seconds| heard.and_then(|groove| groove.place(seconds));
            let told = harmony.hop(clock, history, place, &mut output.events, &mut output.harmony);
            if let Some(advisor) = advisor {
                let told = told.then(|| harmony.told()).flatten();
                let told = told.map(|(chord, frame, key)| {
                    let (beats, bar) =
                        heard.map_or_else(Default::default, |groove| groove.count(clock, frame));
                    Told { chord, frame, key, beats, bar }
                });
                advisor.hop(clock, told, &mut output.events);
            }
            if let Some((_, frame, _)) = harmony.told().filter(|_| told) {
                groove.chord_changed(frame.0);
            }
        });
    }
}

impl From<ShapeError> for ConfigError {
    /// A transform that cannot be planned comes from the sample rate alone.
    fn from(error: ShapeError) -> Self {
        Self::Transform(error)
    }
}
