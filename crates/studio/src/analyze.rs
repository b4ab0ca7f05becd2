//! Analysis of whole pieces: the engine run over a stream, block by block, then passes over its evidence.
//!
//! [`Listener`] takes samples and MIDI in pieces of any length and keeps only evidence, so that a long file never sits
//! in memory. [`Listener::finish`] gives a [`Study`]: what the live engine said ([`Study::causal`]) and what the whole
//! piece says ([`Study::whole`]), both as [`Analysis`], which serialises as the `kmidi.analysis/1` JSON of the contract.
//!
//! The whole-piece passes hear nothing themselves: they smooth what the engine measured.

mod emotion;
mod groove;
mod harmony;
mod live;
mod report;
pub mod roman;
mod viterbi;
mod written;

pub use report::{Analysis, ChordSegment, Emotion, KeyAnswer, KeySegment, Lean, Meter, Stroke, Swing, Tempo};
pub use written::Written;

use kmidi_engine::groove::played::band;
use kmidi_engine::{
    Band, Block, Config, ConfigError, Engine, Event, HarmonyEvidence, Hearing, HopEvidence, MidiEvent,
    MidiMessage,
};
use kmidi_music::Frames;

/// Block length with which the studio feeds the engine.
const BLOCK: usize = 512;
/// Silence after the piece, until everything in it has been told. Seconds.
const AFTER: f64 = 0.5;

/// Runs the engine over a stream and keeps what it says.
#[derive(Debug)]
pub struct Listener {
    engine: Engine,
    heard: Heard,
    notes: emotion::Notes,
    ear: emotion::Ear,
    midi: Vec<MidiEvent>,
    frames: u64,
}

/// All that the engine said.
#[derive(Debug)]
struct Heard {
    sample_rate: u32,
    /// Each decision with the end of the block in which it was told.
    events: Vec<(Event, Frames)>,
    /// The notes that were played, with their bands.
    played: Vec<(Frames, Band)>,
    hops: Vec<HopEvidence>,
    harmony: Vec<HarmonyEvidence>,
    /// What a network that sees the whole piece makes of the sound.
    pulse: groove::Pulse,
    /// What the front end was given, where that is wanted.
    hearing: Option<Vec<Hearing>>,
    /// What the file says itself, where that is to be trusted.
    written: Option<Written>,
}

impl Heard {
    fn seconds(&self, frame: Frames) -> f64 {
        frame.seconds(self.sample_rate).0
    }

    fn hear(&mut self, engine: &mut Engine, block: &Block<'_>) {
        let output = engine.process(block);
        self.events.extend(output.events.iter().map(|&event| (event, output.end)));
        self.harmony.extend_from_slice(&output.harmony);
        self.hops.extend_from_slice(&output.hops);
        output.hearing.iter().for_each(|hop| self.pulse.hear(hop));
        if let Some(hearing) = &mut self.hearing {
            hearing.extend_from_slice(&output.hearing);
        }
    }
}

impl Listener {
    /// A listener at `sample_rate` frames a second.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the engine does not support the rate.
    pub fn new(sample_rate: u32) -> Result<Self, ConfigError> {
        let engine = Engine::new(Config { sample_rate, max_block: BLOCK })?;
        let heard = Heard {
            sample_rate,
            events: Vec::new(),
            played: Vec::new(),
            hops: Vec::new(),
            harmony: Vec::new(),
            pulse: groove::Pulse::new()?,
            hearing: None,
            written: None,
        };
        let (notes, ear) = (emotion::Notes::default(), emotion::Ear::default());
        Ok(Self { engine, heard, notes, ear, midi: Vec::new(), frames: 0 })
    }

    /// The same listener, keeping what the front end of the Groove Engine is given: 70 kB a second more.
    pub fn keep_hearing(mut self) -> Self {
        self.heard.hearing = Some(Vec::new());
        self
    }

    /// The same listener, to which the beats and the keys of the whole piece are those that the file has; what the live engine says stays
    /// what it heard.
    pub fn trust(mut self, written: Written) -> Self {
        self.heard.written = Some(written);
        self
    }

    /// Hears `frames` more frames of `audio` (one slice a channel) with `midi` at offsets from their start, in order.
    /// A channel that is shorter is silent for the rest; a message beyond the end counts as the last frame.
    pub fn push(&mut self, frames: usize, audio: &[&[f32]], mut midi: &[MidiEvent]) {
        let mut channels: Vec<&[f32]> = Vec::with_capacity(audio.len());
        for event in midi {
            let at = u64::from(event.offset).min((frames as u64).saturating_sub(1));
            self.notes.hear(event, self.frames + at, self.heard.sample_rate);
            if let MidiMessage::NoteOn { channel, note, velocity: 1.. } = event.message {
                self.heard.played.push((Frames(self.frames + at), band(channel, note)));
            }
        }
        self.ear.hear(frames, audio, self.heard.sample_rate);
        let mut start = 0;
        while start < frames {
            let count = BLOCK.min(frames - start);
            let end = start + count;
            channels.clear();
            channels.extend(
                audio.iter().map(|channel| &channel[start.min(channel.len())..end.min(channel.len())]),
            );
            let now = midi.partition_point(|event| (event.offset as usize) < end);
            let now = if end == frames { midi.len() } else { now };
            self.midi.clear();
            let shifted = midi[..now].iter();
            self.midi.extend(shifted.map(|event| MidiEvent {
                offset: event.offset.saturating_sub(start as u32),
                message: event.message,
            }));
            midi = &midi[now..];
            let block = Block { frames: count, audio: &channels, midi: &self.midi };
            self.heard.hear(&mut self.engine, &block);
            start = end;
        }
        self.frames += frames as u64;
    }

    /// Frames a second.
    pub fn sample_rate(&self) -> u32 {
        self.heard.sample_rate
    }

    /// The evidence by hop, heard so far.
    pub fn hops(&self) -> &[HopEvidence] {
        &self.heard.hops
    }

    /// What the front end of the Groove Engine was given, hop by hop; empty unless it was to be kept.
    pub fn hearing(&self) -> &[Hearing] {
        self.heard.hearing.as_deref().unwrap_or_default()
    }

    /// The harmonic evidence heard so far.
    pub fn harmony(&self) -> &[HarmonyEvidence] {
        &self.heard.harmony
    }

    /// What was said, and what the whole piece says. The piece ends where the pushing ended.
    pub fn finish(mut self) -> Study {
        let after = (AFTER * f64::from(self.heard.sample_rate)) as usize;
        for start in (0..after).step_by(BLOCK) {
            let block = Block { frames: BLOCK.min(after - start), audio: &[], midi: &[] };
            self.heard.hear(&mut self.engine, &block);
        }
        let duration = self.heard.seconds(Frames(self.frames));
        let notes = self.notes.finish(self.frames, self.heard.sample_rate);
        let mut causal = live::analysis(&self.heard, self.engine.feel(), duration);
        let rhythm = groove::study(&self.heard, &causal, duration);
        let mut whole = harmony::study(&self.heard, rhythm, duration);
        let felt = self.ear.feel();
        causal.emotion = emotion::of(&notes, felt, &causal);
        whole.emotion = emotion::of(&notes, felt, &whole);
        Study { causal, whole }
    }
}

/// Both answers about one piece.
#[derive(Debug, Clone)]
pub struct Study {
    /// What the live engine said, with the times at which it knew it.
    pub causal: Analysis,
    /// What the whole piece says.
    pub whole: Analysis,
}

/// The middle value, or `None` of nothing.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
