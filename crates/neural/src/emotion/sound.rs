//! What sound feels like: a network over mel frames ([`kmidi_engine::mel`]), one a step.
//!
//! It was taught to tell what is played (how many notes begin, how loud, how high, how long they are, which pitch classes sound); the cues of
//! [`kmidi_engine::emotion`] are sums over that, and the same fixed map makes valence and arousal of them. No rating of music went into the weights that
//! ship. Those of `emotion-sound-nc` have an output more, the quadrant, learned from people's labels.

use super::{EMBEDDING, Felt};
use crate::ports::{input, output};
use crate::{Graph, LoadError, Port};
use kmidi_engine::emotion::{Cues, quadrants};
use kmidi_engine::mel::{BANDS, HOP, RATE};
use kmidi_music::Affect;

/// What the network tells of the frame before: notes that begin, their mean velocity, their mean MIDI note number, notes that are held, how much of each pitch
/// class there is (the square root of a note's duration, spread over it).
const HEARD: usize = 16;
/// Frames after the first sound before anything is said: three seconds.
const LEAST: u32 = 32;
/// Notes that must have been heard.
const NOTES: f64 = 2.0;

/// The EmotionRecognizer for sound.
#[derive(Debug)]
pub struct Sound {
    graph: Graph,
    frame: Port,
    heard: Port,
    embedding: Port,
    quadrant: Option<Port>,
    /// Frames since something sounded first.
    frames: u32,
    notes: f64,
    /// Sums over notes of velocity and pitch, over frames of held notes.
    sums: [f64; 3],
    classes: [f64; 12],
    embeddings: [f64; EMBEDDING],
}

impl Sound {
    /// Reads the network.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] for what cannot be read, and for a network with other ports or shapes.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        Ok(Self {
            frame: input(&graph, "frame", BANDS)?,
            heard: output(&graph, "heard", HEARD)?,
            embedding: output(&graph, "embedding", EMBEDDING)?,
            quadrant: graph.output("quadrant").map(|_| output(&graph, "quadrant", 4)).transpose()?,
            graph,
            frames: 0,
            notes: 0.0,
            sums: [0.0; 3],
            classes: [0.0; 12],
            embeddings: [0.0; EMBEDDING],
        })
    }

    /// Whether the quadrant was learned from labels; else it is where the cues point.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        self.quadrant.is_some()
    }

    /// Hears a frame. Silence before the first sound is passed over.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; constant time.
    pub fn hear(&mut self, mel: &[u8; BANDS]) {
        if self.frames == 0 && mel.iter().all(|&byte| byte == 0) {
            return;
        }
        let slots = self.graph.set(self.frame);
        slots.iter_mut().zip(mel).for_each(|(slot, &byte)| *slot = f32::from(byte) / 255.0);
        self.graph.run();
        self.frames += 1;
        let embedding = self.graph.get(self.embedding);
        self.embeddings.iter_mut().zip(embedding).for_each(|(sum, &number)| *sum += f64::from(number));
        if self.frames == 1 {
            return; // what the network says now is about a frame before the first
        }
        let heard = self.graph.get(self.heard);
        let notes = f64::from(heard[0]);
        self.notes += notes;
        let more = [notes * f64::from(heard[1]), notes * f64::from(heard[2]), f64::from(heard[3])];
        self.sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        self.classes.iter_mut().zip(&heard[4..]).for_each(|(sum, &more)| *sum += f64::from(more));
    }

    /// The cues of all that was heard; `None` before three seconds, and where no notes are.
    #[must_use]
    pub fn cues(&self) -> Option<Cues> {
        let frame = HOP as f64 / f64::from(RATE);
        let mean = |sum: f64| (sum / self.notes) as f32;
        let [velocity, pitch, held] = self.sums;
        let known = self.frames >= LEAST && self.notes >= NOTES;
        known.then(|| {
            let rate = self.notes / (f64::from(self.frames) * frame);
            let classes = self.classes.map(|sum| sum as f32);
            Cues::of_means(rate as f32, mean(velocity), mean(held * frame), mean(pitch), &classes)
        })
    }

    /// What all that was heard feels like; `None` as for [`cues`](Self::cues).
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; constant time.
    #[must_use]
    pub fn feel(&self) -> Option<Felt> {
        let cues = self.cues()?;
        let embedding = self.embeddings.map(|sum| (sum / f64::from(self.frames)) as f32);
        let Some(port) = self.quadrant else {
            let affect = cues.affect();
            return Some(Felt { quadrants: quadrants(affect), affect, embedding });
        };
        let mut shares = [0.0; 4];
        shares.copy_from_slice(self.graph.get(port));
        let [one, two, three, four] = shares;
        let affect = Affect::new(one + four - two - three, one + two - three - four, 0.0);
        Some(Felt { quadrants: shares, affect, embedding })
    }

    /// Forgets all sound.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing.
    pub fn reset(&mut self) {
        self.graph.reset();
        (self.frames, self.notes, self.sums) = (0, 0.0, [0.0; 3]);
        (self.classes, self.embeddings) = ([0.0; 12], [0.0; EMBEDDING]);
    }
}
