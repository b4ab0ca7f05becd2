//! The melody model: what the next note of a tune may be.
//!
//! After each note the network says how likely each step to the next onset is (1 to 32 16ths), and for each step how likely each interval (-24 to
//! 24 semitones) and each duration of that note. It is shown the notes so far, the key, the metre and the chord that sounds, and where the piece went
//! on from places like this one. A note's own duration is not shown before the next has come: in a tune it mostly
//! tells when the next comes.

mod encode;
mod memory;

pub use encode::{Encoder, Shown, held, token};

use crate::{Graph, LoadError, Port};
use kmidi_music::{Key, PitchClass, PitchClassSet};

/// Intervals to the next note: -24 to 24 semitones; wider ones count as these.
pub const INTERVALS: usize = 49;

/// Steps to the next onset: 1 to 32 16ths; longer ones count as the last.
pub const STEPS: usize = 32;

/// Times that are heard, quarter notes from 0.
const MAX_TIME: f64 = 1e9;

/// A note of a tune. Times are quarter notes from any zero that stays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// When it begins.
    pub onset: f64,
    /// How long it is held; NaN where that is not known.
    pub duration: f64,
    /// MIDI note number.
    pub pitch: u8,
}

/// What holds while a note begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// The key, where one is known.
    pub key: Option<Key>,
    /// The metre.
    pub meter: Meter,
    /// The chord that sounds, where one does.
    pub chord: Option<Chord>,
}

/// A metre that holds from `start` on, where a bar begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meter {
    /// A first beat, quarter notes.
    pub start: f64,
    /// Beats a bar.
    pub numerator: u32,
    /// The note value of a beat: 4 for quarters.
    pub denominator: u32,
}

/// A chord.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chord {
    /// When it began.
    pub onset: f64,
    /// Its root.
    pub root: PitchClass,
    /// What sounds.
    pub set: PitchClassSet,
}

impl Chord {
    /// Major, minor, dominant, major seventh, minor seventh, diminished, augmented, or another kind.
    fn kind(&self) -> usize {
        let has = |semitones: i32| self.set.contains(self.root + semitones);
        match (has(4), has(3), has(7), has(10), has(11)) {
            (true, _, false, _, _) if has(8) => 6,
            (true, _, _, true, _) => 2,
            (true, _, _, _, true) => 3,
            (true, ..) => 0,
            (_, true, false, _, _) if has(6) => 5,
            (_, true, _, true, _) => 4,
            (_, true, ..) => 1,
            _ => 7,
        }
    }
}

/// How likely the next notes are. All sums over the last axis are 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// The steps of 1 to [`STEPS`] 16ths.
    pub steps: [f32; STEPS],
    /// For each step the intervals of -24 to 24 semitones.
    pub intervals: Box<[[f32; INTERVALS]; STEPS]>,
    /// For each step the durations of the next note, 1 to [`STEPS`] 16ths.
    pub durations: Box<[[f32; STEPS]; STEPS]>,
}

impl Distribution {
    /// The probability of a token: semitones + 24, and 16ths. 0 for one that does not exist.
    #[must_use]
    pub fn of(&self, (interval, step): (usize, usize)) -> f32 {
        let step = step.wrapping_sub(1);
        let intervals = self.intervals.get(step).and_then(|intervals| intervals.get(interval));
        intervals.map_or(0.0, |interval| interval * self.steps[step])
    }

    /// All tokens with their probabilities.
    pub fn tokens(&self) -> impl Iterator<Item = ((usize, usize), f32)> {
        (1..=STEPS).flat_map(move |step| {
            (0..INTERVALS).map(move |interval| ((interval, step), self.of((interval, step))))
        })
    }
}

/// The melody model: hears a tune note by note, and says what may come next.
///
/// # Real-time safety
///
/// [`new`](Self::new), [`snapshot`](Self::snapshot) and [`restore`](Self::restore) allocate. [`reset`](Self::reset), [`hear`](Self::hear) and [`next`](Self::next)
/// allocate nothing, take no lock and make no system call, in bounded time.
#[derive(Debug)]
pub struct Melody {
    encoder: Encoder,
    graph: Graph,
    inputs: [Port; 3],
    outputs: [Port; 3],
    distribution: Distribution,
}

/// What a [`Melody`] knows of a piece at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    encoder: Encoder,
    states: Vec<Box<[f32]>>,
    distribution: Distribution,
}

/// The inputs by name and length.
const INPUTS: [(&str, usize); 3] =
    [("traits", Encoder::WIDTHS[0]), ("candidates", Encoder::WIDTHS[1]), ("arrivals", Encoder::WIDTHS[2])];

/// The outputs by name and length: probabilities.
const OUTPUTS: [(&str, usize); 3] =
    [("steps", STEPS), ("intervals", STEPS * INTERVALS), ("durations", STEPS * STEPS)];

impl Melody {
    /// The model of this ONNX file.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where the file cannot be run, or has other inputs and outputs than this model.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        let port = |found: Option<Port>, (name, length): (&str, usize)| {
            let fits = |port: &Port| graph.shape(*port).iter().product::<usize>() == length;
            found.filter(fits).ok_or_else(|| LoadError::Tensor {
                name: name.to_owned(),
                reason: format!("the melody model has one of {length} numbers"),
            })
        };
        let inputs = INPUTS.map(|of| port(graph.input(of.0), of));
        let outputs = OUTPUTS.map(|of| port(graph.output(of.0), of));
        let ([a, b, c], [d, e, f]) = (inputs, outputs);
        let (inputs, outputs) = ([a?, b?, c?], [d?, e?, f?]);
        let distribution = Distribution {
            steps: [1.0 / STEPS as f32; STEPS],
            intervals: Box::new([[1.0 / INTERVALS as f32; INTERVALS]; STEPS]),
            durations: Box::new([[1.0 / STEPS as f32; STEPS]; STEPS]),
        };
        Ok(Self { encoder: Encoder::default(), graph, inputs, outputs, distribution })
    }

    /// Forgets the piece.
    pub fn reset(&mut self) {
        self.encoder.reset();
        self.graph.reset();
        self.distribution.steps.fill(1.0 / STEPS as f32);
        self.distribution.intervals.as_flattened_mut().fill(1.0 / INTERVALS as f32);
        self.distribution.durations.as_flattened_mut().fill(1.0 / STEPS as f32);
    }

    /// Hears a note with what holds at its onset. A note at no finite time changes nothing; one before the last is heard at the last one's onset.
    pub fn hear(&mut self, note: Note, setting: &Setting) {
        let Some(shown) = self.encoder.hear(note, setting) else { return };
        self.graph.set(self.inputs[0]).copy_from_slice(&shown.traits);
        self.graph.set(self.inputs[1]).copy_from_slice(shown.candidates.as_flattened());
        self.graph.set(self.inputs[2]).copy_from_slice(shown.arrivals.as_flattened());
        self.graph.run();
        let parts = [
            &mut self.distribution.steps[..],
            self.distribution.intervals.as_flattened_mut(),
            self.distribution.durations.as_flattened_mut(),
        ];
        for (part, &output) in parts.into_iter().zip(&self.outputs) {
            part.copy_from_slice(self.graph.get(output));
        }
    }

    /// The state as it is, to come back to by [`restore`](Self::restore). Allocates.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (encoder, states) = (self.encoder.clone(), self.graph.states().map(Into::into).collect());
        Snapshot { encoder, states, distribution: self.distribution.clone() }
    }

    /// Goes back to a snapshot of this model. Allocates.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.encoder.clone_from(&snapshot.encoder);
        self.graph.set_states(snapshot.states.iter().map(|state| &state[..]));
        self.distribution.clone_from(&snapshot.distribution);
    }

    /// How likely each next note is; equal chances before the first.
    #[must_use]
    pub fn next(&self) -> &Distribution {
        &self.distribution
    }
}
