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
pub const MARGIN: usize = 15;

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

    /// The velocity of each note, 1 to 127, in the order of the notes. Allocates; notes are asked for 34 at a time.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn note(onset: f32, pitch: u8, role: Role) -> Note {
        Note { onset, duration: 0.5, pitch, role, marks: Marks::default() }
    }

    fn score(notes: &[Note]) -> Score<'_> {
        Score { notes, chords: &[Chord { onset: 0.0, root: Some(9) }], metres: &[], tempo: Some(100.0) }
    }

    #[test]
    fn a_score_is_the_same_in_any_order_of_its_notes() {
        let mut notes: Vec<Note> = (0..40)
            .map(|n: u8| note(f32::from(n / 2) / 2.0, 40 + n % 2 * 20 + n % 5, Role::of(n % 2 * 2)))
            .collect();
        let one = encode(&score(&notes));
        notes.reverse();
        let two = encode(&score(&notes));
        assert_eq!((&one.notes, one.piece), (&two.notes, two.piece));
        assert!(one.order.iter().zip(&two.order).all(|(a, b)| a + b == 39));
        assert!(one.notes.iter().all(|note| note[NOTE - 1] == 1.0), "every number is written");
        assert!(one.piece[PIECE - 1] > 0.0 && one.piece[0] == 0.5);
    }

    #[test]
    fn what_is_told_of_a_note() {
        let mut notes = [
            note(0.0, 45, Role::Accompaniment),
            note(0.0, 69, Role::Melody),
            note(1.5, 72, Role::Melody),
            note(4.0, 45, Role::Accompaniment),
        ];
        notes[3].marks = Marks { level: Some(5), wedge: -3, signs: 0b10 };
        let told = encode(&score(&notes)).notes;
        // Pitch, role, the root of the chord.
        assert_eq!((told[0][0], told[0][6], told[0][8]), (-15.0 / 24.0, 1.0, 1.0));
        assert_eq!((told[1][4], told[2][8 + 3]), (1.0, 1.0));
        // The 16ths of the bar: beat 1, the second half of beat 2, and beat 1 again.
        assert_eq!((told[1][24], told[2][24 + 6], told[3][24]), (1.0, 1.0, 1.0));
        // Two together, the upper one with a voice of the tune, 1.5 quarter notes to the next.
        assert_eq!((told[0][46], told[0][49], told[1][49], told[0][53]), (0.5, 0.0, 1.0, 1.0));
        assert!((told[0][57] - 1.5_f32.ln()).abs() < 1e-6);
        // Markings stand at the end.
        assert_eq!(told[0][94..97], [0.0, 1.0, 0.0]);
        assert!((told[3][94] - 0.35).abs() < 1e-6);
        assert_eq!((&told[3][95..100], told[3][107]), (&[0.0, -1.0, 0.0, 1.0, 0.0][..], 1.0));
    }

    #[test]
    fn where_chords_change_is_the_downbeat() {
        let notes: Vec<Note> = (0..32_u8).map(|n| note(f32::from(n), 60, Role::Melody)).collect();
        let chords: Vec<Chord> =
            [3.0, 7.0, 9.0, 11.0, 15.0].map(|onset| Chord { onset, root: Some(0) }).to_vec();
        let told = encode(&Score { chords: &chords, ..score(&notes) }).notes;
        assert_eq!((told[3][24], told[7][24], told[4][24], told[4][24 + 4]), (1.0, 1.0, 0.0, 1.0));
        // The written bar stays where it is.
        assert_eq!((told[3][41], told[4][41]), (0.0, 1.0));
    }

    #[test]
    fn nothing_and_nonsense_have_finite_numbers() {
        assert_eq!(encode(&score(&[])).notes.len(), 0);
        let odd = |onset, duration, pitch| Note { duration, ..note(onset, pitch, Role::Unknown) };
        let notes = [
            odd(f32::NAN, f32::INFINITY, 255),
            odd(f32::MAX, -1.0, 0),
            odd(f32::MIN, f32::NAN, 127),
            odd(0.0, 0.0, 60),
        ];
        let chords = [Chord { onset: f32::NAN, root: Some(77) }, Chord { onset: -1e30, root: Some(200) }];
        let metres = [Metre::new(0.0, 0, 0), Metre::new(1e30, 1_000_000, 1)];
        let wild = Score { notes: &notes, chords: &chords, metres: &metres, tempo: Some(f32::NAN) };
        for metres in [&metres[..1], &metres[1..], &metres[..]] {
            let told = encode(&Score { metres, ..wild });
            assert!(told.notes.iter().flatten().chain(&told.piece).all(|x| x.is_finite()));
        }
    }
}
