//! A groove, live: where each voice plays early or late, and how loud.

use super::clock::Transport;
use super::quantize::within;
use super::queue::{Input, Move, Queue, Setup, SetupError, Struck, frames};
use crate::block::MidiEvent;
use crate::groove::played::DRUM_CHANNEL;

/// Drum voices.
pub const VOICES: usize = 9;
/// The voice of whoever has no line of their own: pitched notes, and drums that the template has not at a position.
pub const ANY: usize = VOICES;
/// The longest template, in bars, and its finest grid, in steps a bar.
const MOST: (u8, u8) = (4, 96);
const STEPS: usize = MOST.0 as usize * MOST.1 as usize;

/// The voice of a note of the drum channel: kick, snare, closed hi-hat, open hi-hat, low, middle and high tom, crash,
/// ride (Gillick et al. 2019, "Learning to groove with inverse sequence transformations"). General MIDI, and the Roland
/// TD-11 of the Groove MIDI Dataset. Other percussion keeps time, as a closed hi-hat does.
pub fn drum_voice(note: u8) -> usize {
    match note {
        35 | 36 => 0,
        37..=40 => 1,
        26 | 46 => 3,
        41 | 43 | 58 => 4,
        45 | 47 | 61 | 64 | 66 => 5,
        48 | 50 | 60 | 62 | 63 | 65 => 6,
        49 | 52 | 55 | 57 => 7,
        51 | 53 | 56 | 59 => 8,
        _ => 2,
    }
}

/// What one voice does at one position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Steps from the template's start.
    pub step: u16,
    /// [`drum_voice`], or [`ANY`].
    pub voice: u8,
    /// How late, as a share of a beat (quarter note), -1 to 1; less than 0 is early.
    pub offset: f32,
    /// How loud, 1 to 127.
    pub velocity: u8,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It has no steps, or too many.
    #[error(
        "{bars} bars of {steps_a_bar} steps at {steps_a_beat} a beat do not fit; use 1 to 4 bars of 1 to 96 steps"
    )]
    Size {
        /// Bars.
        bars: u8,
        /// Steps a bar.
        steps_a_bar: u8,
        /// Steps a quarter note.
        steps_a_beat: u8,
    },
    /// A stroke is out of range.
    #[error("stroke {0} has a step, voice, offset or velocity out of range")]
    Stroke(usize),
}

/// A groove as the audio thread reads it: plain arrays, 20 kB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Template {
    steps: u16,
    steps_a_beat: u8,
    /// By step and voice: shares of a beat.
    offsets: [[f32; VOICES + 1]; STEPS],
    /// By step and voice; 0 is absent.
    velocities: [[u8; VOICES + 1]; STEPS],
}

impl Template {
    /// A template without strokes: it leaves everything as it is.
    pub const EMPTY: Self = Self {
        steps: 16,
        steps_a_beat: 4,
        offsets: [[0.0; VOICES + 1]; STEPS],
        velocities: [[0; VOICES + 1]; STEPS],
    };

    /// A template of `bars` bars (1 to 4) of `steps_a_bar` steps (1 to 96), `steps_a_beat` of which are a quarter note (1
    /// to 96). It begins at beat 0 and repeats. Of several strokes of one voice at one step the first counts.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when a value is out of its range.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn new(
        bars: u8,
        steps_a_bar: u8,
        steps_a_beat: u8,
        strokes: &[Stroke],
    ) -> Result<Self, TemplateError> {
        let fits = (1..=MOST.0).contains(&bars)
            && (1..=MOST.1).contains(&steps_a_bar)
            && (1..=MOST.1).contains(&steps_a_beat);
        if !fits {
            return Err(TemplateError::Size { bars, steps_a_bar, steps_a_beat });
        }
        let steps = u16::from(bars) * u16::from(steps_a_bar);
        let mut template = Self { steps, steps_a_beat, ..Self::EMPTY };
        for (n, stroke) in strokes.iter().enumerate() {
            let (step, voice) = (usize::from(stroke.step), usize::from(stroke.voice));
            let right = stroke.step < steps
                && voice <= ANY
                && (-1.0..=1.0).contains(&stroke.offset)
                && (1..=127).contains(&stroke.velocity);
            if !right {
                return Err(TemplateError::Stroke(n));
            }
            if template.velocities[step][voice] == 0 {
                template.offsets[step][voice] = stroke.offset;
                template.velocities[step][voice] = stroke.velocity;
            }
        }
        Ok(template)
    }

    /// What a voice does at the step nearest to `beat`: the beat of that step, the offset in beats, the velocity. `None`
    /// where neither it nor anyone has a stroke.
    fn at(&self, beat: f64, voice: usize) -> Option<(f64, f64, u8)> {
        let per_beat = f64::from(self.steps_a_beat);
        let step = (beat * per_beat).round();
        let place = step.rem_euclid(f64::from(self.steps)) as usize % STEPS;
        let has = |voice: &usize| self.velocities[place][*voice] > 0;
        let voice = [voice, ANY].into_iter().find(has)?;
        Some((step / per_beat, f64::from(self.offsets[place][voice]), self.velocities[place][voice]))
    }
}

/// How much of a template is given to the notes. Values beyond their range count as its nearer end, and what is no number
/// as the lower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amounts {
    /// Of its timing, 0 to 1.3; 1 is as it was played.
    pub timing: f32,
    /// Of its velocities, -1 to 1: 1 takes them, 0 leaves the notes' own, less than 0 moves away from them.
    pub velocity: f32,
    /// How far the notes are put on the template's grid first, 0 to 1: 1 takes their own timing away, 0 keeps it.
    pub quantize: f32,
    /// Notes of a channel, or of a drum voice, that come within this many milliseconds of the first of them move
    /// together, from 0; 0 moves each by itself.
    pub chord_ms: f32,
}

impl Default for Amounts {
    /// The template as it was played; chords within 30 ms.
    fn default() -> Self {
        Self { timing: 1.0, velocity: 1.0, quantize: 1.0, chord_ms: 30.0 }
    }
}

/// Gives live notes the feel of a [`Template`]. Where it has no stroke, notes stay as they are. See [the module](super) for
/// time, order and what happens to the ends of notes.
///
/// `Send`; one thread at a time owns it.
#[derive(Debug, Clone)]
pub struct TemplatePlayer {
    queue: Queue,
    template: Template,
    amounts: Amounts,
}

impl TemplatePlayer {
    /// Takes all the memory that it will ever use.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when a value of `setup` is out of its range.
    ///
    /// # Real-time safety
    ///
    /// Allocates. Call it before the stream starts.
    pub fn new(setup: Setup, template: &Template, amounts: Amounts) -> Result<Self, SetupError> {
        Ok(Self { queue: Queue::new(setup)?, template: *template, amounts })
    }

    /// How much later everything comes out, in frames: [`Setup::lookahead_ms`], rounded to a frame.
    pub fn latency_frames(&self) -> u64 {
        self.queue.latency()
    }

    /// Changes the amounts for the notes that begin from now on.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn set(&mut self, amounts: Amounts) {
        self.amounts = amounts;
    }

    /// Changes the template for the notes that begin from now on.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call: it is copied.
    pub fn set_template(&mut self, template: &Template) {
        self.template = *template;
    }

    /// How many messages found no room and left at once, since the last reset.
    pub fn passed(&self) -> u64 {
        self.queue.passed()
    }

    /// Forgets what waits. The next block starts at frame 0, with the ends of all notes that sounded.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn reset(&mut self) {
        self.queue.reset();
    }

    /// Takes the MIDI of a block and hands what leaves to `out`, as [`Quantizer::process`](super::Quantizer::process).
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call, whatever the input, if `out` makes none.
    pub fn process(
        &mut self,
        frames: usize,
        midi: &[MidiEvent],
        transport: &Transport,
        out: impl FnMut(MidiEvent),
    ) {
        let (template, amounts) = (&self.template, &self.amounts);
        let timing = within(amounts.timing, 0.0, 1.3);
        let velocity = within(amounts.velocity, -1.0, 1.0);
        let quantize = within(amounts.quantize, 0.0, 1.0);
        let window = self::frames(self.queue.sample_rate(), amounts.chord_ms);
        let input = Input { frames, midi, transport };
        let place = |struck: &Struck| {
            let drum = (struck.channel == DRUM_CHANNEL).then(|| drum_voice(struck.note));
            let group = drum.map_or(usize::from(struck.channel), |voice| 16 + voice);
            let Some((line, offset, loud)) = template.at(struck.beat, drum.unwrap_or(ANY)) else {
                return Move { frames: 0.0, velocity: struck.velocity, group, window };
            };
            let moved = quantize * (line - struck.beat) + timing * offset;
            let own = f64::from(struck.velocity);
            let wanted = own + velocity * (f64::from(loud) - own);
            Move {
                frames: moved * struck.frames_per_beat,
                velocity: wanted.round().clamp(1.0, 127.0) as u8,
                group,
                window,
            }
        };
        self.queue.process(&input, place, out);
    }
}
