//! What played notes feel like, by a model that learned it from people's ratings: `emotion`, of which there are only weights that may not be used
//! commercially (`emotion-nc`). What comes with the program is [`kmidi_engine::emotion`], which learned from no rating.

mod encode;
pub mod sound;

pub use encode::{CUES, Played, encode};

use crate::ports::{input, output};
use crate::{Graph, LoadError, Port};
use kmidi_music::Affect;

/// Numbers in which the model sums up a piece.
pub const EMBEDDING: usize = 64;

/// The model.
#[derive(Debug)]
pub struct Emotion {
    graph: Graph,
    cues: Port,
    quadrant: Port,
    embedding: Port,
}

/// What it says of a piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Felt {
    /// The probability of each quadrant, the first one's first.
    pub quadrants: [f32; 4],
    /// The sides of the axes, weighed by these: -1 to 1. Dominance is not told.
    pub affect: Affect,
    /// What pieces that are alike to the model have in common.
    pub embedding: [f32; EMBEDDING],
}

impl Felt {
    /// The most likely quadrant, 1 to 4, and its probability.
    #[must_use]
    pub fn likeliest(&self) -> (u8, f32) {
        let best = (1..4).fold(0, |best, n| if self.quadrants[n] > self.quadrants[best] { n } else { best });
        (best as u8 + 1, self.quadrants[best])
    }
}

impl Emotion {
    /// Reads its ONNX file.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] for what cannot be read, and for a network with other ports or shapes.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        Ok(Self {
            cues: input(&graph, "cues", CUES)?,
            quadrant: output(&graph, "quadrant", 4)?,
            embedding: output(&graph, "embedding", EMBEDDING)?,
            graph,
        })
    }

    /// What notes feel like; `pedals` counts the moves of the sustain pedal. They are put in order of onset. `None` of none.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; the time grows with the notes.
    pub fn feel(&mut self, notes: &mut [Played], pedals: usize) -> Option<Felt> {
        let cues = encode(notes, pedals)?;
        self.graph.set(self.cues).copy_from_slice(&cues);
        self.graph.run();
        let mut felt = Felt { quadrants: [0.0; 4], affect: Affect::default(), embedding: [0.0; EMBEDDING] };
        felt.quadrants.copy_from_slice(self.graph.get(self.quadrant));
        felt.embedding.copy_from_slice(self.graph.get(self.embedding));
        let [one, two, three, four] = felt.quadrants;
        felt.affect = Affect::new(one + four - two - three, one + two - three - four, 0.0);
        Some(felt)
    }
}
