//! The next chord: what follows, and for how long, from the chords so far, the place, the melody so far and the memory of the piece.

mod encode;

pub use encode::{CONTEXT, Encoder, MEMORY, SLOTS};

use crate::chord::{Home, Metre, Note, TOKENS};
use crate::ports::{input, output};
use crate::{Graph, LoadError, Port};
use kmidi_engine::harmony::context::Family;
use kmidi_kernels::math;
use kmidi_music::PitchClass;

/// Lengths that are told apart, quarter notes.
pub const LENGTHS: [f32; 10] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0];

/// The length of [`LENGTHS`] that is nearest to `quarters` by ratio.
#[must_use]
pub fn length_class(quarters: f32) -> usize {
    LENGTHS.windows(2).filter(|pair| quarters * quarters > pair[0] * pair[1]).count()
}

/// A chord that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Its root.
    pub root: PitchClass,
    /// Its family.
    pub family: Family,
    /// Its bass.
    pub bass: PitchClass,
}

/// The place at which a chord is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now<'a> {
    /// Quarter notes from the start of the piece.
    pub onset: f32,
    /// The key there.
    pub home: Home,
    /// The metre there.
    pub metre: Metre,
    /// The melody, where there is one. Notes that begin at `onset` or later are not looked at.
    pub melody: Option<&'a [Note]>,
}

/// What may come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The probability of each chord, by [`token`](crate::chord::token) above the tonic of the place. They add up to 1.
    pub chords: [f32; TOKENS],
    /// The probability of each of [`LENGTHS`].
    pub lengths: [f32; LENGTHS.len()],
}

/// The HarmonyPredictor.
///
/// # Real-time safety
///
/// [`new`](Self::new) allocates; [`reset`](Self::reset) and [`step`](Self::step) allocate nothing, take no lock and make no system call.
#[derive(Debug)]
pub struct Harmony {
    graph: Graph,
    encoder: Encoder,
    context: Port,
    memory: Port,
    last: Port,
    chords: Port,
    lengths: Port,
    expected: Expected,
}

impl Harmony {
    /// Reads the network.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] where it is none, or has other inputs and outputs.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        Ok(Self {
            context: input(&graph, "context", CONTEXT)?,
            memory: input(&graph, "memory", TOKENS * MEMORY)?,
            last: input(&graph, "last", 1)?,
            chords: output(&graph, "chords", TOKENS)?,
            lengths: output(&graph, "lengths", LENGTHS.len())?,
            graph,
            encoder: Encoder::new(),
            expected: Expected { chords: [0.0; TOKENS], lengths: [0.0; LENGTHS.len()] },
        })
    }

    /// Forgets the piece.
    pub fn reset(&mut self) {
        self.graph.reset();
        self.encoder.reset();
    }

    /// Says that the chord that will be heard next stood at `now`, whatever place the last [`step`](Self::step) expected it at: live, nobody
    /// knows in advance where the next chord comes.
    pub fn place(&mut self, now: &Now<'_>) {
        self.encoder.place(now);
    }

    /// Hears the chord that stood at the last place (nothing, for the first place of a piece), and tells what may come at `now`. A
    /// step is a change of chord: the same root and family again is no step.
    pub fn step(&mut self, heard: Option<&Heard>, now: &Now<'_>) -> &Expected {
        self.encoder.step(heard, now);
        self.graph.set(self.context).copy_from_slice(&self.encoder.context);
        let memory = self.graph.set(self.memory);
        memory.fill(0.0);
        for (&slot, row) in self.encoder.slots.iter().zip(&self.encoder.memory) {
            if slot < TOKENS {
                memory[slot * MEMORY..][..MEMORY].copy_from_slice(row);
            }
        }
        self.graph.set(self.last)[0] = self.encoder.last as f32;
        self.graph.run();
        self.expected.chords.copy_from_slice(self.graph.get(self.chords));
        self.expected.lengths.copy_from_slice(self.graph.get(self.lengths));
        math::softmax(&mut self.expected.chords);
        math::softmax(&mut self.expected.lengths);
        &self.expected
    }
}
