//! Beats and downbeats in the sound of a whole piece, what comes later included.
//!
//! A temporal convolutional network that looks both ways (after Davies and Böck 2019, "Temporal convolutional networks for musical
//! audio beat tracking"), over the same numbers as the live one. It sees ten seconds to either side, in frames of two hops.
//! `models/beat-front/card.md` tells what it was trained on.

use kmidi_engine::groove::beat::{TEMPI, Tempi};
use kmidi_engine::groove::front::{Beatness, SOUNDING};
use kmidi_engine::{ConfigError, Hearing};
use kmidi_kernels::ShapeError;
use kmidi_kernels::dense::{Activation, Dense};
use kmidi_kernels::matrix::Matrix;
use kmidi_kernels::stored::Layers;

/// Hops a frame.
const FRAME: usize = 2;
const CHANNELS: usize = 24;
/// Each level looks twice as far as the one before.
const LEVELS: usize = 8;
/// Frames under a level's convolution: this one and two to either side.
const TAPS: usize = 5;
/// A beat, and a downbeat if it is one.
const OUTPUTS: usize = 2;
/// Frames whose windows are laid out at a time.
const BATCH: usize = 256;
const WEIGHTS: &[u8] = include_bytes!("../../../../../models/beat-front/whole.bin");

/// One frame between two levels.
type Frame = [f32; CHANNELS];

/// The network, and what it has heard.
#[derive(Debug)]
pub(in crate::analyze) struct Pulse {
    first: Dense,
    levels: Box<[Level]>,
    last: Dense,
    tempo: Dense,
    /// The hops of the frame that is not yet whole, and how many numbers of it there are.
    hops: [f32; FRAME * SOUNDING],
    filled: usize,
    frames: Vec<Frame>,
    /// Notes were played: the live network of notes knows more.
    notes: bool,
}

#[derive(Debug)]
struct Level {
    taps: Matrix,
    bias: Vec<f32>,
    mix: Matrix,
    mix_bias: Vec<f32>,
}

impl Pulse {
    /// The network that comes with the program.
    pub(in crate::analyze) fn new() -> Result<Self, ConfigError> {
        Self::read(WEIGHTS).map_err(ConfigError::Transform)
    }

    fn read(bytes: &[u8]) -> Result<Self, ShapeError> {
        let mut stored = Layers::of(bytes);
        let first = stored.dense(FRAME * SOUNDING, CHANNELS, Activation::Relu)?;
        let level = |_| {
            let (taps, bias) = (stored.take(TAPS * CHANNELS * CHANNELS), stored.take(CHANNELS));
            let (mix, mix_bias) = (stored.take(CHANNELS * CHANNELS), stored.take(CHANNELS));
            let taps = Matrix::of_rows(TAPS * CHANNELS, CHANNELS, &taps)?;
            Ok(Level { taps, bias, mix: Matrix::of_rows(CHANNELS, CHANNELS, &mix)?, mix_bias })
        };
        let levels = (0..LEVELS).map(level).collect::<Result<_, ShapeError>>()?;
        let last = stored.dense(CHANNELS, OUTPUTS, Activation::Sigmoid)?;
        let tempo = stored.dense(CHANNELS, TEMPI, Activation::None)?;
        let hops = [0.0; FRAME * SOUNDING];
        Ok(Self { first, levels, last, tempo, hops, filled: 0, frames: Vec::new(), notes: false })
    }

    /// One hop more.
    pub(in crate::analyze) fn hear(&mut self, hop: &Hearing) {
        self.notes |= hop.played.iter().any(|&number| number != 0.0);
        self.hops[self.filled..][..SOUNDING].copy_from_slice(&hop.sounding);
        self.filled += SOUNDING;
        if self.filled == self.hops.len() {
            self.filled = 0;
            let mut frame = [0.0; CHANNELS];
            self.first.run(&self.hops, &mut frame).expect("the shapes were checked in `read`");
            self.frames.push(frame);
        }
    }

    /// What is likely of each hop heard, in pairs, and how likely each tempo is there; nothing of a piece of notes.
    pub(super) fn answers(&self) -> Option<Vec<(Beatness, Tempi)>> {
        if self.notes {
            return None;
        }
        let mut stream = self.frames.clone();
        self.levels.iter().enumerate().for_each(|(n, level)| level.run(1 << n, &mut stream));
        let answers: Vec<([f32; OUTPUTS], Tempi)> = stream
            .iter()
            .map(|frame| {
                let (mut out, mut tempi) = ([0.0; OUTPUTS], [0.0; TEMPI]);
                let done = self.last.run(frame, &mut out);
                done.and_then(|()| self.tempo.run(frame, &mut tempi))
                    .expect("the shapes were checked in `read`");
                (out, tempi)
            })
            .collect();
        // A hop lies a quarter of a frame from the middle of its own, towards one of the neighbours.
        let last = answers.len().saturating_sub(1);
        let between = |own: usize, other: usize| {
            let part = |n: usize| 0.75 * answers[own].0[n] + 0.25 * answers[other].0[n];
            (Beatness { beat: part(0), downbeat: part(1) }, answers[own].1)
        };
        let hops =
            (0..answers.len()).flat_map(|n| [between(n, n.saturating_sub(1)), between(n, (n + 1).min(last))]);
        Some(hops.collect())
    }
}

impl Level {
    /// Adds to each frame what the frames `apart` from it say.
    fn run(&self, apart: usize, stream: &mut [Frame]) {
        let before = stream.to_vec();
        let (mut window, mut seen, mut mixed) =
            (Vec::new(), [0.0; BATCH * CHANNELS], [0.0; BATCH * CHANNELS]);
        for (batch, sums) in stream.chunks_mut(BATCH).enumerate() {
            window.clear();
            for frame in batch * BATCH..batch * BATCH + sums.len() {
                for tap in 0..TAPS {
                    // Beyond the ends there is nothing.
                    let place = (frame + tap * apart).checked_sub(TAPS / 2 * apart);
                    window.extend(place.and_then(|place| before.get(place)).unwrap_or(&[0.0; CHANNELS]));
                }
            }
            let (seen, mixed) = (&mut seen[..sums.len() * CHANNELS], &mut mixed[..sums.len() * CHANNELS]);
            let done = self.taps.run(&window, &self.bias, seen);
            Activation::Relu.apply(seen);
            let done = done.and_then(|()| self.mix.run(seen, &self.mix_bias, mixed));
            done.expect("the shapes were checked in `read`");
            sums.as_flattened_mut().iter_mut().zip(mixed).for_each(|(sum, more)| *sum += *more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_the_network_and_nothing_more() {
        let layer = |inputs: usize, outputs: usize| 4 * (inputs + 1) * outputs;
        let levels = LEVELS * (layer(TAPS * CHANNELS, CHANNELS) + layer(CHANNELS, CHANNELS));
        assert_eq!(
            WEIGHTS.len(),
            layer(FRAME * SOUNDING, CHANNELS) + levels + layer(CHANNELS, OUTPUTS + TEMPI)
        );
        assert!(Pulse::read(&WEIGHTS[4..]).is_err());
    }

    #[test]
    fn an_answer_depends_on_what_comes_later_and_on_nothing_beyond_its_reach() {
        let answers = |changed: Option<usize>| {
            let mut pulse = Pulse::new().unwrap();
            for hop in 0..4000 {
                let level = if hop % 50 < 3 { 1.0 } else { 0.1 };
                let level = if changed.is_some_and(|at| hop >= at) { 0.0 } else { level };
                pulse.hear(&Hearing { sounding: [level; SOUNDING], played: Default::default() });
            }
            pulse.answers().unwrap()
        };
        let (plain, changed) = (answers(None), answers(Some(3000)));
        // Two frames to either side at 1 + 2 + 4 + ... + 128 frames, and the neighbour of the last.
        let reach = FRAME * 2 * 255 + FRAME;
        assert_eq!((plain.len(), &plain[..3000 - reach]), (4000, &changed[..3000 - reach]));
        assert!(plain[2990] != changed[2990]);
    }

    #[test]
    fn a_piece_of_notes_is_left_to_the_network_of_notes() {
        let mut pulse = Pulse::new().unwrap();
        let mut played = kmidi_engine::groove::played::Played::default();
        played[0] = 1.0;
        pulse.hear(&Hearing { sounding: [0.0; SOUNDING], played });
        assert!(pulse.answers().is_none());
    }
}
