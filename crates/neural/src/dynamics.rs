//! How loud a player would play each note of a score: the model `dynamics`.
//!
//! It sees the whole score: pitches, lengths, places in the bar, roles, chords, what is struck together, the density around, the piece as a whole, and
//! markings where there are any; never a played velocity. Weights that were trained without markings leave them out of account.

mod encode;

pub use crate::chord::Metre;
pub use encode::{Encoded, encode};

use crate::ports::{input, output};
use crate::{Graph, LoadError, Port};

/// Numbers a note; the last says that there is one.
pub const NOTE: usize = 108;
/// Numbers of the whole piece.
pub const PIECE: usize = 68;
/// Notes that the network sees at once.
const WINDOW: usize = 64;
/// Notes at each side of a window that are seen and not answered for: as far as the network looks.
pub const MARGIN: usize = 16;

/// Which part of the music a note belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The tune.
    Melody,
    /// A second voice: bridges, fills, what leads when the tune rests.
    Second,
    /// What accompanies.
    Accompaniment,
    /// Not known.
    Unknown,
}

impl Role {
    /// How many there are.
    pub const COUNT: usize = 4;

    /// The role of that number, in the order above; any other is not known.
    #[must_use]
    pub const fn of(number: u8) -> Self {
        match number {
            0 => Self::Melody,
            1 => Self::Second,
            2 => Self::Accompaniment,
            _ => Self::Unknown,
        }
    }
}

/// What is written at a note beside the note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// The dynamic marking in force: 0 pppp, 1 ppp, 2 pp, 3 p, 4 mp, 5 mf, 6 f, 7 ff, 8 fff; `None` before the first.
    pub level: Option<u8>,
    /// Greater than 0 in a crescendo, less in a diminuendo.
    pub wedge: i8,
    /// Bits, from the lowest: staccato, accent, marcato, tenuto, fermata, ornament, arpeggio, under a slur, grace note, sforzato.
    pub signs: u16,
}

/// A written note; times are quarter notes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Where it begins.
    pub onset: f32,
    /// How long it is.
    pub duration: f32,
    /// MIDI number.
    pub pitch: u8,
    /// Its part.
    pub role: Role,
    /// What is written at it.
    pub marks: Marks,
}

/// A chord from `onset` to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chord {
    /// Where it begins, quarter notes.
    pub onset: f32,
    /// The root, 0 for C to 11; `None` for no chord, or one that is not known.
    pub root: Option<u8>,
}

/// A score. Notes and chords may come in any order; metres come in theirs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score<'a> {
    /// The notes.
    pub notes: &'a [Note],
    /// The chords, where they are known. Where they change is taken for the downbeat.
    pub chords: &'a [Chord],
    /// The metres; 4/4 where there is none.
    pub metres: &'a [Metre],
    /// Quarter notes a minute, where known; held in 20 to 400.
    pub tempo: Option<f32>,
}

/// The model.
#[derive(Debug)]
pub struct Dynamics {
    graph: Graph,
    notes: Port,
    piece: Port,
    velocity: Port,
}

impl Dynamics {
    /// Reads its ONNX file.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] for what cannot be read, and for a network with other ports or shapes.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        Ok(Self {
            notes: input(&graph, "notes", NOTE * WINDOW)?,
            piece: input(&graph, "piece", PIECE)?,
            velocity: output(&graph, "velocity", WINDOW - 2 * MARGIN)?,
            graph,
        })
    }

    /// The velocity of each note, 1 to 127, in the order of the notes. Allocates; notes are asked for 32 at a time.
    #[must_use]
    pub fn perform(&mut self, score: &Score<'_>) -> Vec<f32> {
        let Encoded { notes, order, piece } = encode(score);
        let mut velocities = vec![0.0; notes.len()];
        let core = WINDOW - 2 * MARGIN;
        for (nth, asked) in order.chunks(core).enumerate() {
            let shown = self.graph.set(self.notes);
            shown.fill(0.0);
            for place in 0..WINDOW {
                let Some(note) = (nth * core + place).checked_sub(MARGIN).and_then(|at| notes.get(at)) else {
                    continue;
                };
                for (channel, &number) in note.iter().enumerate() {
                    shown[channel * WINDOW + place] = number;
                }
            }
            self.graph.set(self.piece).copy_from_slice(&piece);
            self.graph.run();
            for (&at, &told) in asked.iter().zip(self.graph.get(self.velocity)) {
                velocities[at] = (told * 127.0).clamp(1.0, 127.0);
            }
        }
        velocities
    }
}
