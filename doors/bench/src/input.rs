//! What a benchmark hears: chords in time, as MIDI and as sound, drums, noise, and storms of keys.

use crate::synth;
use kmidi::engine::{MidiEvent, MidiMessage};
use kmidi::music::notation::harte::{self, Label};
use kmidi::music::{Chord, PitchClassSet};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

/// How chords are played as MIDI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Playing {
    /// Not at all.
    #[default]
    Nothing,
    /// Once, held until the next.
    Held,
    /// One note after the other, on sixteenths.
    Broken,
    /// All notes anew on every sixteenth.
    Dense,
}

/// What is heard, as a definition says it. It begins again when it is through, without a seam.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Input {
    /// Frames a second.
    pub(crate) rate: u32,
    /// Frames a block.
    pub(crate) block: usize,
    /// The chords in turn, as Harte labels.
    pub(crate) chords: Vec<String>,
    /// How many beats a chord lasts.
    pub(crate) beats: f64,
    /// Beats a minute.
    pub(crate) tempo: f64,
    /// The chords as MIDI.
    pub(crate) midi: Playing,
    /// Whether the chords sound.
    pub(crate) sound: bool,
    /// Kick, snare and hats: in MIDI where the chords are MIDI, in the sound where there is sound.
    pub(crate) drums: bool,
    /// White noise, at most this loud; full scale is 1.
    pub(crate) noise: f64,
    /// So many random messages a block: sixteen-note chords, each new, for 32.
    pub(crate) storm: usize,
    /// Of random chords and noise.
    pub(crate) seed: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self {
            rate: 48_000,
            block: 512,
            chords: Vec::new(),
            beats: 4.0,
            tempo: 120.0,
            midi: Playing::Nothing,
            sound: false,
            drums: false,
            noise: 0.0,
            storm: 0,
            seed: 1,
        }
    }
}

/// The most messages in one block.
pub(crate) const MOST_MESSAGES: usize = 512;

impl Input {
    /// What is wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: f64, from: f64, to: f64| match (from..=to).contains(&value) {
            true => Ok(()),
            false => Err(format!("{name} is {value}; it must lie from {from} to {to}")),
        };
        within("rate", f64::from(self.rate), 8_000.0, 192_000.0)?;
        within("block", self.block as f64, 1.0, 65_536.0)?;
        within("beats", self.beats, 0.25, 64.0)?;
        within("tempo", self.tempo, 20.0, 400.0)?;
        within("noise", self.noise, 0.0, 1.0)?;
        within("storm", self.storm as f64, 0.0, MOST_MESSAGES as f64)?;
        within("chords", self.chords.len() as f64, 0.0, 64.0)?;
        within("a turn in seconds", self.seconds(), 0.01, 120.0)?;
        self.read_chords().map(|_| ())
    }

    fn read_chords(&self) -> Result<Vec<Chord>, String> {
        let read = |label: &String| match harte::parse(label) {
            Ok(Label::Chord(chord)) => Ok(chord),
            Ok(_) => Err(format!("{label}: not a chord")),
            Err(error) => Err(format!("{label}: {error}")),
        };
        self.chords.iter().map(read).collect()
    }

    /// How long it is until it begins again.
    fn seconds(&self) -> f64 {
        60.0 / self.tempo * if self.chords.is_empty() { 16.0 } else { self.beats * self.chords.len() as f64 }
    }
}

/// What is played when, for the check.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// In seconds from where it begins.
    pub(crate) start: f64,
    pub(crate) set: PitchClassSet,
    pub(crate) chord: Chord,
}

/// An input made ready: sound and messages of one turn.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) rate: u32,
    pub(crate) block: usize,
    /// Frames of a turn.
    length: usize,
    /// A turn and one block more; empty where there is no sound.
    sound: Vec<f32>,
    /// By frame, a turn and one block more.
    score: Vec<(usize, MidiMessage)>,
    /// Chords of a turn.
    pub(crate) parts: Vec<Part>,
}

impl Piece {
    /// Renders it.
    pub(crate) fn new(input: &Input) -> Result<Self, String> {
        input.check()?;
        let chords = input.read_chords()?;
        let rate = f64::from(input.rate);
        let length = ((input.seconds() * rate).round() as usize).max(1);
        let beat = 60.0 / input.tempo;
        let parts: Vec<Part> = (0..chords.len())
            .map(|n| {
                let chord = chords[n];
                Part { start: n as f64 * input.beats * beat, set: chord.pitch_classes(), chord }
            })
            .collect();
        let mut sound = Vec::new();
        if input.sound || input.noise > 0.0 || (input.drums && input.midi == Playing::Nothing) {
            sound = synth::render(input, &parts, length);
            // Blocks longer than a turn hear it more than once.
            let turn = sound.clone();
            sound.extend(turn.iter().cycle().take(input.block));
        }
        let mut score = score(input, &parts, length);
        score.sort_by_key(|(frame, message)| (*frame, matches!(message, MidiMessage::NoteOn { .. })));
        let turn = score.clone();
        for again in 1..=input.block.div_ceil(length) {
            let later = turn.iter().map(|&(frame, message)| (frame + again * length, message));
            score.extend(later.filter(|&(frame, _)| frame < length + input.block));
        }
        Ok(Self { rate: input.rate, block: input.block, length, sound, score, parts })
    }

    /// The sound of the `n`th block; empty where there is none.
    pub(crate) fn sound(&self, n: usize) -> &[f32] {
        let at = self.at(n);
        if self.sound.is_empty() { &[] } else { &self.sound[at..at + self.block] }
    }

    /// Leaves the messages of the `n`th block in `to`, which has room for [`MOST_MESSAGES`]; more are left out.
    pub(crate) fn messages(&self, n: usize, to: &mut Vec<MidiEvent>) {
        let at = self.at(n);
        let from = self.score.partition_point(|&(frame, _)| frame < at);
        to.clear();
        for &(frame, message) in self.score[from..].iter().take(MOST_MESSAGES) {
            if frame >= at + self.block {
                break;
            }
            to.push(MidiEvent { offset: (frame - at) as u32, message });
        }
    }

    /// Seconds of a turn.
    pub(crate) fn seconds(&self) -> f64 {
        self.length as f64 / f64::from(self.rate)
    }

    fn at(&self, n: usize) -> usize {
        (n as u128 * self.block as u128 % self.length as u128) as usize
    }
}

/// The notes of a chord: its bass below, its tones around middle C.
pub(crate) fn notes(chord: &Chord) -> Vec<u8> {
    let bass = 36 + chord.bass.pitch_class().value();
    let set = chord.pitch_classes().bits();
    std::iter::once(bass)
        .chain((0..12).filter(|class| set >> class & 1 == 1).map(|class| 60 + class))
        .collect()
}

fn score(input: &Input, parts: &[Part], length: usize) -> Vec<(usize, MidiMessage)> {
    let mut score = Vec::new();
    let beat = 60.0 / input.tempo;
    let frame = |seconds: f64| ((seconds * f64::from(input.rate)).round() as usize).min(length - 1);
    let mut play = |from: f64, to: f64, note: u8, velocity: u8| {
        score.push((frame(from), MidiMessage::NoteOn { channel: 0, note, velocity }));
        score.push((frame(to), MidiMessage::NoteOff { channel: 0, note }));
    };
    let sixteenths = (input.beats * 4.0).round() as usize;
    for part in parts {
        let (notes, step) = (notes(&part.chord), beat / 4.0);
        let at = |step_number: usize| part.start + step_number as f64 * step;
        match input.midi {
            Playing::Nothing => {}
            Playing::Held => notes.iter().for_each(|&n| play(at(0), at(sixteenths) - 0.002, n, 90)),
            Playing::Broken => {
                for n in 0..sixteenths {
                    play(at(n), at(n + 1), notes[n % notes.len()], if n % 4 == 0 { 100 } else { 75 });
                }
            }
            Playing::Dense => {
                for n in 0..sixteenths {
                    let velocity = if n % 4 == 0 { 110 } else { 80 };
                    notes.iter().for_each(|&note| play(at(n), at(n + 1) - 0.002, note, velocity));
                }
            }
        }
    }
    if input.drums && input.midi != Playing::Nothing {
        for (seconds, drum) in drums(length as f64 / f64::from(input.rate), beat) {
            score.push((frame(seconds), MidiMessage::NoteOn { channel: 9, note: drum.key(), velocity: 100 }));
        }
    }
    score.extend(storm(input, length));
    score
}

/// Each block the keys of the last come up and others go down.
fn storm(input: &Input, length: usize) -> Vec<(usize, MidiMessage)> {
    let mut score = Vec::new();
    let mut chance = ChaCha8Rng::seed_from_u64(input.seed);
    let mut sounding: Vec<u8> = Vec::new();
    let apart = (input.block / input.storm.max(1)).max(1);
    for start in (0..length).step_by(input.block).filter(|_| input.storm > 0) {
        let next: Vec<u8> =
            (0..input.storm.div_ceil(2)).map(|_| 36 + (chance.next_u32() % 48) as u8).collect();
        let off = sounding.iter().map(|&note| MidiMessage::NoteOff { channel: 0, note });
        let on = next.iter().map(|&note| MidiMessage::NoteOn { channel: 0, note, velocity: 90 });
        let messages =
            off.chain(on).enumerate().map(|(n, message)| (start + n * apart % input.block, message));
        score.extend(messages.take(input.storm).filter(|&(frame, _)| frame < length));
        sounding = next;
    }
    score
}

/// A drum of the kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drum {
    Kick,
    Snare,
    Hat,
}

impl Drum {
    /// In General MIDI.
    fn key(self) -> u8 {
        match self {
            Self::Kick => 36,
            Self::Snare => 38,
            Self::Hat => 42,
        }
    }
}

/// Kick on one and three, snare on two and four, hats on eighths: seconds and drum.
pub(crate) fn drums(seconds: f64, beat: f64) -> Vec<(f64, Drum)> {
    let eighths = (seconds / beat * 2.0).round() as usize;
    let mut strokes = Vec::new();
    for n in 0..eighths {
        let at = n as f64 * beat / 2.0;
        strokes.push((at, Drum::Hat));
        match n % 4 {
            0 => strokes.push((at, Drum::Kick)),
            2 => strokes.push((at, Drum::Snare)),
            _ => {}
        }
    }
    strokes
}
