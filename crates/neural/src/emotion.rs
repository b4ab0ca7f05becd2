//! What played notes feel like, by a model that learned it from people's ratings: `emotion`, of which there are only weights that may not be used
//! commercially (`emotion-nc`). What comes with the program is [`kmidi_engine::emotion`], which learned from no rating.

mod encode;
mod passages;
pub mod sound;

pub use encode::{CUES, Played, encode};
pub use passages::passages;

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

    /// What notes feel like, the mean over their [`passages`]; `pedals` counts the moves of the sustain pedal. They are put in order of onset. `None` of none.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; the time grows with the notes.
    pub fn feel(&mut self, notes: &mut [Played], pedals: usize) -> Option<Felt> {
        let mut felt = Felt { quadrants: [0.0; 4], affect: Affect::default(), embedding: [0.0; EMBEDDING] };
        let Self { graph, cues, quadrant, embedding } = self;
        let count = passages(notes, pedals, |row| {
            graph.set(*cues).copy_from_slice(row);
            graph.run();
            felt.quadrants.iter_mut().zip(graph.get(*quadrant)).for_each(|(sum, chance)| *sum += chance);
            felt.embedding.iter_mut().zip(graph.get(*embedding)).for_each(|(sum, number)| *sum += number);
        })?;
        felt.quadrants.iter_mut().chain(&mut felt.embedding).for_each(|sum| *sum /= count as f32);
        let [one, two, three, four] = felt.quadrants;
        felt.affect = Affect::new(one + four - two - three, one + two - three - four, 0.0);
        Some(felt)
    }
}
