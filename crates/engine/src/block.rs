//! What goes into the engine and what comes out: [`Block`], [`Output`].

use crate::exchange::{EXPECTED, Expected, Source};
use crate::groove::beat::Tempi;
use crate::groove::front::{Beatness, STATE, Sounding};
use crate::groove::played::Played;
use kmidi_music::{Chord, Frames, Key, Meter, Mode};

/// A MIDI message that the engine understands. Everything else on a port need not be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MidiMessage {
    /// A key goes down. Velocity 0 counts as a release, as on the wire.
    NoteOn {
        /// 0 to 15; 9 is drums.
        channel: u8,
        /// 0 to 127.
        note: u8,
        /// 0 to 127.
        velocity: u8,
    },
    /// A key comes up.
    NoteOff {
        /// 0 to 15.
        channel: u8,
        /// 0 to 127.
        note: u8,
    },
    /// A controller moves. 64 (sustain pedal), 120 (all sound off) and 123 to 127 (all notes off, modes) are heard.
    Control {
        /// 0 to 15.
        channel: u8,
        /// 0 to 127.
        controller: u8,
        /// 0 to 127.
        value: u8,
    },
}

/// A MIDI message with its place in the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MidiEvent {
    /// Frame within the block; beyond its end counts as its last frame, before an earlier event as that event's frame.
    pub offset: u32,
    /// The message. Channel, note and value are taken modulo their range.
    pub message: MidiMessage,
}

/// One callback's worth of input.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// How long the block is, in frames; 0 is allowed, more than `Config::max_block` is cut into pieces.
    pub frames: usize,
    /// Sound, one slice a channel, mixed to mono inside. Full scale is 1. No channel means silence; a channel shorter
    /// than `frames` is silent for the rest. Samples that are not finite count as 0.
    pub audio: &'a [&'a [f32]],
    /// MIDI of this block, by offset.
    pub midi: &'a [MidiEvent],
}

/// Where the most of a new note or stroke lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Below 250 Hz: kicks, basses.
    Low,
    /// Between: snares, most notes.
    Mid,
    /// Above 2.5 kHz: hats, cymbals.
    High,
}

/// Something that the engine decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// A note or stroke began.
    Onset {
        /// When it sounded.
        frame: Frames,
        /// How plain it was, above 0; about 1 is usual: of sound how sure, of MIDI how loud.
        strength: f32,
        /// In which band: of sound the one that rose the most, of MIDI by drum or pitch.
        band: Band,
    },
    /// A beat.
    Beat {
        /// When it sounds.
        frame: Frames,
        /// Its likeliest number in the bar, 1 the downbeat; `None` where there is none.
        number: Option<u8>,
        /// When the next one is due if the tempo holds.
        next: Frames,
        /// 0 to 1.
        confidence: f32,
    },
    /// What a stroke on the drum channel was, at most [`LATEST_SECONDS`](crate::groove::strokes::LATEST_SECONDS) and a hop later.
    Stroke(crate::groove::strokes::Told),
    /// The swing changed: by a per cent, or in its unit.
    Swing {
        /// From when.
        frame: Frames,
        /// The swing, 50 % where nothing swings; `None` when it is no longer sure.
        swing: Option<crate::perform::Swing>,
        /// 0 to 1.
        confidence: f32,
    },
    /// The tempo, told with each beat once several beats agreed on it; another takes its place when as many agree on that.
    Tempo {
        /// From when.
        frame: Frames,
        /// Felt beats a minute.
        bpm: f32,
        /// 0 to 1.
        confidence: f32,
        /// The next best tempos, in beats a minute; 0 where there is none.
        alternatives: [f32; 2],
    },
    /// The metre changed.
    Meter {
        /// From when.
        frame: Frames,
        /// The metre, or `None` when it is no longer sure.
        meter: Option<Meter>,
        /// 0 to 1.
        confidence: f32,
    },
    /// The chord changed.
    Chord {
        /// From when it sounds, at most 250 ms before it was told.
        frame: Frames,
        /// The chord spelled in the key, or `None` where nothing tonal sounds.
        chord: Option<Chord>,
        /// What the chord is in the key that was told last; `None` where that is "not sure", and without a chord.
        in_key: Option<crate::harmony::InKey>,
        /// 0 to 1.
        confidence: f32,
        /// What it may be, the likeliest first (that is `chord`), with reasons.
        readings: [crate::harmony::Reading; 3],
        /// The pitch classes, where the chord is told by keys that were struck together and not by what is likely to sound.
        struck: Option<kmidi_music::PitchClassSet>,
    },
    /// The key changed, or what shows of its mode.
    Key {
        /// From when, at most 250 ms before it was told.
        frame: Frames,
        /// The key, or `None` for "not sure".
        key: Option<Key>,
        /// Another mode of that key, where one shows ([`harmony::modes`](crate::harmony::modes)).
        mode: Option<Mode>,
        /// How sure the key is, 0 to 1.
        confidence: f32,
    },
    /// What may follow the chord that was told last; only where [`Engine::advised_by`](crate::Engine::advised_by) asked for it.
    Expected {
        /// From when that chord sounds.
        frame: Frames,
        /// The likeliest first.
        chords: [Option<Expected>; EXPECTED],
        /// Who says so.
        source: Source,
    },
}

impl Event {
    /// The time that the event speaks about.
    pub fn frame(&self) -> Frames {
        match *self {
            Event::Onset { frame, .. }
            | Event::Beat { frame, .. }
            | Event::Swing { frame, .. }
            | Event::Tempo { frame, .. }
            | Event::Meter { frame, .. }
            | Event::Chord { frame, .. }
            | Event::Key { frame, .. }
            | Event::Expected { frame, .. } => frame,
            Event::Stroke(told) => Frames(told.frame),
        }
    }
}

/// What was measured in one 10 ms hop, for passes over the whole piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HopEvidence {
    /// The time that `now` speaks about.
    pub frame: Frames,
    /// Beat and downbeat at `frame`, as the live engine has to decide about them.
    pub now: Beatness,
    /// Beat and downbeat [`DELAYS`](crate::groove::front::DELAYS)`[1] - DELAYS[0]` hops before `frame`, by all that was
    /// heard since.
    pub later: Beatness,
    /// How likely each tempo is at `frame`.
    pub tempi: Tempi,
}

/// What the learned front end was given in one 10 ms hop, for its training and for networks that see the whole piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hearing {
    /// The state of its first half after the hop, and what it heard in the hop.
    pub sounding: Sounding,
    /// What it was told of MIDI.
    pub played: Played,
}

impl Hearing {
    /// What it heard.
    pub fn heard(&self) -> &[f32] {
        &self.sounding[STATE..]
    }
}

/// What was measured about harmony, every [`crate::harmony::HOPS`] hops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmonyEvidence {
    /// The time that it speaks about.
    pub frame: Frames,
    /// Energy by pitch class above the bass register, C first, summing to 1 or all 0.
    pub chroma: [f32; 12],
    /// The same for the bass register.
    pub bass: [f32; 12],
    /// The tones that the learned front end looked at: of MIDI notes while some sound, else of the audio; 0 in silence.
    pub tones: crate::harmony::tones::Tones,
    /// Logarithm of the probability of each chord state by this measurement alone, see [`crate::harmony::chord`] for their
    /// order; natural logarithm. While a chord is held that was struck together, its state stands higher by a constant.
    pub chords: [f32; crate::harmony::chord::STATES],
    /// Log-likelihood of each key by this measurement alone, as [`crate::harmony::key::KeyScorer`] finds it; natural logarithm.
    pub keys: [f32; crate::harmony::key::KEYS],
}

/// A list with a fixed capacity: what does not fit is counted and dropped.
#[derive(Debug)]
pub struct Bounded<T> {
    items: Vec<T>,
    dropped: u32,
}

impl<T: Copy> Clone for Bounded<T> {
    /// Keeps the capacity: a copy of a full list must hold as much as the list.
    fn clone(&self) -> Self {
        let mut items = Vec::with_capacity(self.items.capacity());
        items.extend_from_slice(&self.items);
        Self { items, dropped: self.dropped }
    }
}

impl<T: Copy> Bounded<T> {
    /// Allocates room for `capacity` items.
    pub fn new(capacity: usize) -> Self {
        Self { items: Vec::with_capacity(capacity), dropped: 0 }
    }

    /// Appends; when full, drops the item and counts it.
    ///
    /// *Real-time safety*: never allocates.
    pub fn push(&mut self, item: T) {
        if self.items.len() < self.items.capacity() {
            self.items.push(item);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Empties the list and its count.
    ///
    /// *Real-time safety*: never allocates or frees.
    pub fn clear(&mut self) {
        self.items.clear();
        self.dropped = 0;
    }

    /// How many items did not fit since the last [`clear`](Self::clear).
    pub fn dropped(&self) -> u32 {
        self.dropped
    }
}

impl<T> core::ops::Deref for Bounded<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.items
    }
}

/// What the engine says about one block. Overwritten by the next call.
///
/// Capacities are declared in [`Output::capacity`]: events that do not fit are dropped newest first and counted.
#[derive(Debug, Clone)]
pub struct Output {
    /// The block's first frame.
    pub start: Frames,
    /// One past the block's last frame: the moment at which all of this is known.
    pub end: Frames,
    /// Decisions, in the order in which they were made.
    pub events: Bounded<Event>,
    /// Rhythmic evidence.
    pub hops: Bounded<HopEvidence>,
    /// What the rhythmic evidence was made of; as many records as `hops`.
    pub hearing: Bounded<Hearing>,
    /// Harmonic evidence.
    pub harmony: Bounded<HarmonyEvidence>,
}

impl Output {
    /// Empties the lists.
    ///
    /// *Real-time safety*: never allocates or frees.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.hops.clear();
        self.hearing.clear();
        self.harmony.clear();
    }

    /// How many (events, hops, harmony records) one block of at most `max_block` frames at `sample_rate` can bring.
    pub fn capacity(sample_rate: u32, max_block: usize) -> (usize, usize, usize) {
        let hops = max_block * 100 / sample_rate.max(1) as usize + 2;
        (hops * 12 + 24, hops, hops / crate::harmony::HOPS + 2)
    }
}
