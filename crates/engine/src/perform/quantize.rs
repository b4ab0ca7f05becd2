//! Quantise and swing, live.

use super::clock::Transport;
use super::grid::{Grid, Swing};
use super::queue::{Input, Move, Queue, Setup, SetupError, frames};
use crate::block::MidiEvent;

/// How notes are pulled to a grid. Values beyond their range count as its nearer end, and what is no number as the lower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The grid.
    pub grid: Grid,
    /// How the grid swings; 50 % is straight.
    pub swing: Swing,
    /// How far towards the line a note goes, 0 to 1: 0 leaves it, 1 puts it on the line.
    pub strength: f32,
    /// Which notes are pulled: those within this share of a step of a line, 0 to 0.5; 0.5 is all. Where the grid
    /// swings, the step is the distance between the lines around the note.
    pub range: f32,
    /// The longest move, milliseconds, from 0; infinity is no limit. Towards earlier the lookahead limits it too.
    pub max_move_ms: f32,
    /// Notes of a channel that come within this many milliseconds of the first of them move together, as far as the
    /// first, from 0; 0 moves each by itself. A flam keeps its shape, a strummed chord its spread. Half a step of the
    /// grid is the limit.
    pub chord_ms: f32,
}

impl Default for Settings {
    /// All the way to straight sixteenths; chords within 30 ms.
    fn default() -> Self {
        Self {
            grid: Grid::Sixteenth,
            swing: Swing::default(),
            strength: 1.0,
            range: 0.5,
            max_move_ms: f32::INFINITY,
            chord_ms: 30.0,
        }
    }
}

/// Pulls live notes to a grid. See [the module](super) for time, order and what happens to the ends of notes.
///
/// `Send`; one thread at a time owns it.
#[derive(Debug, Clone)]
pub struct Quantizer {
    queue: Queue,
    settings: Settings,
}

impl Quantizer {
    /// Takes all the memory that it will ever use.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when a value of `setup` is out of its range.
    ///
    /// # Real-time safety
    ///
    /// Allocates. Call it before the stream starts.
    pub fn new(setup: Setup, settings: Settings) -> Result<Self, SetupError> {
        Ok(Self { queue: Queue::new(setup)?, settings })
    }

    /// How much later everything comes out, in frames: [`Setup::lookahead_ms`], rounded to a frame.
    pub fn latency_frames(&self) -> u64 {
        self.queue.latency()
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Changes the settings for the notes that begin from now on.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
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

    /// Takes the MIDI of a block of `frames` frames and hands what leaves during the block to `out`, in order of time.
    ///
    /// Offsets count as in [`Block::midi`](crate::Block). `transport` holds at the block's first frame. At most, what
    /// came in and what waited leaves, each with the end of a note before it, and the ends of 2,048 notes.
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
        let settings = self.settings;
        let longest = self::frames(self.queue.sample_rate(), settings.max_move_ms).max(0.0);
        let strength = within(settings.strength, 0.0, 1.0);
        let range = within(settings.range, 0.0, 0.5);
        let chord = self::frames(self.queue.sample_rate(), settings.chord_ms);
        let input = Input { frames, midi, transport };
        let place = |struck: &super::queue::Struck| {
            let line = settings.grid.nearest(struck.beat, settings.swing);
            let away = line.beat - struck.beat;
            let pulled = if away.abs() <= range * line.gap { strength * away } else { 0.0 };
            Move {
                frames: (pulled * struck.frames_per_beat).clamp(-longest, longest),
                velocity: struck.velocity,
                group: usize::from(struck.channel),
                window: chord.min(0.5 * settings.grid.step() * struck.frames_per_beat),
            }
        };
        self.queue.process(&input, place, out);
    }
}

/// `value` within its range.
pub(super) fn within(value: f32, low: f32, high: f32) -> f64 {
    f64::from(if value >= low { value.min(high) } else { low })
}
