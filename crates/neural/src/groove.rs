//! How a drummer would play written strokes: the model `groove`.
//!
//! It sees which voices of the kit are struck on which 16th, two bars on either side of the four that it answers for, and how often each place of the bar
//! is struck in the whole piece; never a played time or velocity. Several strokes of a voice on one step are answered alike. Voices and the grid are those of
//! Gillick et al. 2019, "Learning to groove with inverse sequence transformations".

use crate::{Graph, LoadError, Port};
use kmidi_kernels::math::ln;

/// Voices of the kit: kick, snare, closed and open hi-hat, low, middle and high tom, crash, ride.
pub const VOICES: usize = 9;
/// Steps of a bar.
pub const STEPS: usize = 16;
/// Places of a bar: voices times steps.
pub const CELLS: usize = VOICES * STEPS;
/// Numbers of a [`Piece`]: the share of bars in which each place is struck, step by step; tempo; density; how many places
/// are struck more than once a bar.
pub const PIECE: usize = CELLS + 3;
/// Numbers of a bar: for each voice whether it is struck on each step, then whether more than once.
pub const BAR: usize = 2 * CELLS;
/// Primary styles of the Groove MIDI Dataset; any other is not known.
pub const STYLES: [&str; 18] = [
    "rock",
    "jazz",
    "latin",
    "funk",
    "hiphop",
    "neworleans",
    "afrobeat",
    "soul",
    "dance",
    "afrocuban",
    "pop",
    "punk",
    "blues",
    "reggae",
    "country",
    "middleeastern",
    "highlife",
    "gospel",
];
/// Bars that are seen, and on either side of those that are answered for.
const WINDOW: usize = 8;
const MARGIN: usize = 2;
const LENGTH: usize = WINDOW * STEPS;

/// A written stroke in 4/4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// Its 16th, from the start of the piece.
    pub step: u32,
    /// Its voice, below [`VOICES`].
    pub voice: u8,
}

impl Stroke {
    fn cell(self) -> Option<usize> {
        let voice = usize::from(self.voice);
        (voice < VOICES).then(|| self.step as usize % STEPS * VOICES + voice)
    }

    fn bar(self) -> usize {
        self.step as usize / STEPS
    }
}

/// How a stroke is played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    /// How late, 16ths; less than 0 is early.
    pub offset: f32,
    /// How loud, 1 to 127.
    pub velocity: f32,
}

impl Touch {
    /// On the grid, of middling loudness: what a stroke of no known voice gets.
    pub const PLAIN: Self = Self { offset: 0.0, velocity: 64.0 };
}

/// What the whole piece tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// As the network takes it, see [`PIECE`].
    pub summary: [f32; PIECE],
    /// One of [`STYLES`]; their number where it is not known.
    pub style: usize,
}

impl Piece {
    /// Of all strokes of a piece, in any order. A tempo (quarter notes a minute) that is no number is 110; it is held in 20 to 400.
    #[must_use]
    pub fn of(strokes: &[Stroke], style: &str, tempo: f32) -> Self {
        let mut counts = [0_u32; CELLS];
        let mut summary = [0.0; PIECE];
        let bars = strokes.iter().map(|s| s.bar()).max().unwrap_or(0) as f32 + 1.0;
        let cells = strokes.iter().filter_map(|s| s.cell());
        cells.for_each(|cell| counts[cell] += 1);
        for (share, &count) in summary.iter_mut().zip(&counts) {
            *share = (count as f32 / bars).min(2.0);
        }
        let tempo = if tempo.is_finite() { tempo.clamp(20.0, 400.0) } else { 110.0 };
        summary[CELLS] = ln(tempo / 110.0);
        summary[CELLS + 1] = strokes.len() as f32 / bars / 20.0;
        summary[CELLS + 2] = counts.iter().filter(|&&count| count as f32 > bars).count() as f32 / 9.0;
        let style = STYLES.iter().position(|&known| known == style).unwrap_or(STYLES.len());
        Self { summary, style }
    }
}

/// Writes the strokes of bar `bar` into [`BAR`] numbers.
pub fn bar(strokes: &[Stroke], bar: usize, to: &mut [f32; BAR]) {
    to.fill(0.0);
    for stroke in strokes.iter().filter(|stroke| stroke.bar() == bar && usize::from(stroke.voice) < VOICES) {
        let place = usize::from(stroke.voice) * STEPS + stroke.step as usize % STEPS;
        let place = if to[place] > 0.0 { CELLS + place } else { place };
        to[place] = 1.0;
    }
}

/// The model.
#[derive(Debug)]
pub struct Groove {
    graph: Graph,
    strokes: Port,
    piece: Port,
    style: Port,
    offset: Port,
    velocity: Port,
}

impl Groove {
    /// Reads its ONNX file.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] for what cannot be read, and for a network with other ports or shapes.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        let port = |name: &str, found: Option<Port>, shape: [usize; 3]| {
            let wanted: Vec<usize> = shape.into_iter().filter(|&n| n > 0).collect();
            found
                .filter(|&port| graph.shape(port) == wanted)
                .ok_or_else(|| LoadError::NotOnnx(format!("port {name} of shape {wanted:?} is missing")))
        };
        Ok(Self {
            strokes: port("strokes", graph.input("strokes"), [1, 2 * VOICES + 1, LENGTH])?,
            piece: port("piece", graph.input("piece"), [1, PIECE, 0])?,
            style: port("style", graph.input("style"), [1, STYLES.len() + 1, 0])?,
            offset: port("offset", graph.output("offset"), [1, VOICES, LENGTH])?,
            velocity: port("velocity", graph.output("velocity"), [1, VOICES, LENGTH])?,
            graph,
        })
    }

    /// How each stroke of a piece is played, into the same place of `touches`: as many as both hold. Strokes may come in any order.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; the time grows with the bars that hold strokes, and with strokes.
    pub fn perform(&mut self, piece: &Piece, strokes: &[Stroke], touches: &mut [Touch]) {
        touches.fill(Touch::PLAIN);
        let bars = strokes.iter().map(|s| s.bar()).max().unwrap_or(0) + 1;
        let mut from = 0;
        while let Some(first) = strokes.iter().map(|s| s.bar()).filter(|&bar| bar >= from).min() {
            self.window(piece, strokes, first, bars, touches);
            from = first + WINDOW - 2 * MARGIN;
        }
    }

    fn window(
        &mut self,
        piece: &Piece,
        strokes: &[Stroke],
        first: usize,
        bars: usize,
        touches: &mut [Touch],
    ) {
        let grid = self.graph.set(self.strokes);
        grid.fill(0.0);
        let place = |stroke: &Stroke| {
            let bar = (stroke.bar() + MARGIN).checked_sub(first).filter(|&bar| bar < WINDOW)?;
            let voice = Some(usize::from(stroke.voice)).filter(|&voice| voice < VOICES)?;
            Some((bar, voice * LENGTH + bar * STEPS + stroke.step as usize % STEPS))
        };
        for (_, place) in strokes.iter().filter_map(place) {
            let place = if grid[place] > 0.0 { VOICES * LENGTH + place } else { place };
            grid[place] = 1.0;
        }
        for bar in (0..WINDOW).filter(|bar| (MARGIN..bars + MARGIN).contains(&(first + bar))) {
            grid[2 * VOICES * LENGTH + bar * STEPS..][..STEPS].fill(1.0);
        }
        self.graph.set(self.piece).copy_from_slice(&piece.summary);
        let style = self.graph.set(self.style);
        style.fill(0.0);
        style[piece.style.min(STYLES.len())] = 1.0;
        self.graph.run();
        let (offset, velocity) = (self.graph.get(self.offset), self.graph.get(self.velocity));
        for (stroke, touch) in strokes.iter().zip(touches) {
            if let Some((_, place)) = place(stroke).filter(|at| (MARGIN..WINDOW - MARGIN).contains(&at.0)) {
                *touch = Touch {
                    offset: offset[place].clamp(-0.5, 0.5),
                    velocity: (velocity[place] * 127.0).clamp(1.0, 127.0),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strokes(all: &[(u32, u8)]) -> Vec<Stroke> {
        all.iter().map(|&(step, voice)| Stroke { step, voice }).collect()
    }

    #[test]
    fn a_bar_tells_strokes_and_doubles_of_its_own() {
        let mut to = [0.0; BAR];
        bar(&strokes(&[(16, 0), (20, 1), (20, 1), (4, 1), (17, 9)]), 1, &mut to);
        let set: Vec<usize> = (0..BAR).filter(|&n| to[n] > 0.0).collect();
        assert_eq!(set, [0, STEPS + 4, CELLS + STEPS + 4]);
    }

    #[test]
    fn a_piece_is_the_same_in_any_order_and_of_any_tempo() {
        let mut all = strokes(&[(0, 0), (4, 1), (16, 0), (20, 1), (22, 1)]);
        let piece = Piece::of(&all, "funk", 120.0);
        assert_eq!((piece.summary[0], piece.summary[4 * VOICES + 1], piece.style), (1.0, 1.0, 3));
        assert_eq!(piece.summary[6 * VOICES + 1], 0.5);
        all.reverse();
        assert_eq!(Piece::of(&all, "funk", 120.0), piece);
        assert_eq!(Piece::of(&[], "polka", f32::NAN).style, STYLES.len());
        assert!(Piece::of(&[], "", f32::NAN).summary.iter().all(|&x| x == 0.0 || x.is_finite()));
    }
}
