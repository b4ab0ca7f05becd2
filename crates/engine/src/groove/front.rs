//! The learned front end: from what is heard, or played, to onsets, beats and downbeats.
//!
//! Two small networks, one after the other. `Strokes`, a gated recurrent unit, hears where notes and strokes begin.
//! `Pulse`, a causal temporal convolutional network (after Davies and Böck 2019, "Temporal convolutional networks for
//! musical audio beat tracking"), hears beats in them. Notes need no first half: a second `Pulse` takes them as they are.
//! `models/beat-front/card.md` tells what they were trained on.

use super::beat::{TEMPI, Tempi};
use super::ear::{HEARD, Heard, MOMENT};
use super::played::PLAYED;
use kmidi_kernels::ShapeError;
use kmidi_kernels::conv::DilatedConv;
use kmidi_kernels::dense::{Activation, Dense};
use kmidi_kernels::gru::{Gru, Reset};
use kmidi_kernels::stored::Layers;

/// Width of the strokes' first layer.
const FIRST: usize = 32;
/// Numbers in the state of the strokes' network.
pub const STATE: usize = 32;
/// How often [`Strokes`] looks at a hop: look `n` at the end of the hop that is `n + 1` hops later.
pub(crate) const LOOKS: usize = 3;
/// What the pulse of sound looks at.
pub const SOUNDING: usize = STATE + HEARD;
/// The state of the strokes' network after a hop, and what was heard in it.
pub type Sounding = [f32; SOUNDING];
/// Channels of the pulse's network.
const CHANNELS: usize = 24;
/// Its levels; each looks twice as far back as the one before.
const LEVELS: usize = 9;
/// Hops under a level's convolution.
const TAPS: usize = 5;
/// At the end of a hop, the pulse speaks of the hop that ended this many hops earlier, and again later.
pub const DELAYS: [usize; 2] = [2, 60];
/// Seconds from the middle of the hop of which the pulse speaks first to the moment at which it speaks.
pub(crate) const BEAT_DELAY: f64 = (DELAYS[0] as f64 + 0.5) * crate::hops::HOP_SECONDS;
const OUTPUTS: usize = 2 * DELAYS.len();

const STROKES: &[u8] = include_bytes!("../../../../models/beat-front/strokes.bin");
const SOUND: &[u8] = include_bytes!("../../../../models/beat-front/sound.bin");
const NOTES: &[u8] = include_bytes!("../../../../models/beat-front/notes.bin");

/// What [`Strokes`] says at the end of a hop, look by look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Onsets {
    /// How likely an onset fell in the hop that is looked at, 0 to 1.
    pub(crate) likely: [f32; LOOKS],
    /// After which share of that hop, if there was one.
    pub(crate) places: [f32; LOOKS],
}

/// Hears where notes and strokes begin.
#[derive(Debug, Clone)]
pub(crate) struct Strokes {
    first: Dense,
    unit: Gru,
    last: Dense,
    state: [f32; STATE],
}

impl Strokes {
    pub(crate) fn new() -> Result<Self, ShapeError> {
        Self::read(STROKES)
    }

    fn read(bytes: &[u8]) -> Result<Self, ShapeError> {
        let mut weights = Layers::of(bytes);
        let first = weights.dense(MOMENT, FIRST, Activation::Relu)?;
        let (seen, state) = (weights.take(3 * STATE * FIRST), weights.take(3 * STATE * STATE));
        let unit = Gru::new(FIRST, STATE, seen, state, weights.take(6 * STATE), Reset::AfterLinear)?;
        let last = weights.dense(STATE, 2 * LOOKS, Activation::Sigmoid)?;
        Ok(Self { first, unit, last, state: [0.0; STATE] })
    }

    pub(crate) fn reset(&mut self) {
        self.unit.reset();
        self.state = [0.0; STATE];
    }

    /// One hop.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn hop(&mut self, heard: &Heard) -> Onsets {
        let (mut seen, mut out) = ([0.0; FIRST], [0.0; 2 * LOOKS]);
        // The shapes were checked in `new`.
        let done = self.first.run(&heard[..MOMENT], &mut seen);
        let done = done.and_then(|()| self.unit.step(&seen, &mut self.state));
        let done = done.and_then(|()| self.last.run(&self.state, &mut out));
        debug_assert!(done.is_ok());
        Onsets { likely: std::array::from_fn(|n| out[n]), places: std::array::from_fn(|n| out[LOOKS + n]) }
    }

    /// The state after the last hop.
    pub(crate) fn state(&self) -> &[f32; STATE] {
        &self.state
    }

    /// What [`Pulse`] makes a beat of: the state after this hop, and what was heard in it.
    pub(crate) fn sounding(&self, heard: &Heard) -> Sounding {
        let mut sounding = [0.0; SOUNDING];
        let (state, rest) = sounding.split_at_mut(STATE);
        state.copy_from_slice(&self.state);
        rest.copy_from_slice(heard);
        sounding
    }
}

/// How likely a hop held a beat, and a downbeat if it did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Beatness {
    /// That a beat fell in the hop, 0 to 1.
    pub beat: f32,
    /// That the beat, if there was one, began a bar, 0 to 1.
    pub downbeat: f32,
}

/// What [`Pulse`] says at the end of a hop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Felt {
    /// Of the hop that ended [`DELAYS`]`[0]` hops earlier, and of the one that ended `DELAYS[1]` hops earlier.
    pub(crate) beats: [Beatness; DELAYS.len()],
    /// How likely each tempo is.
    pub(crate) tempi: Tempi,
}

/// Hears beats in strokes or notes.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    first: Dense,
    levels: Box<[(DilatedConv, Dense)]>,
    last: Dense,
    tempo: Dense,
}

impl Pulse {
    /// Over the states of [`Strokes`] and what was heard.
    pub(crate) fn of_sound() -> Result<Self, ShapeError> {
        Self::read(SOUND, SOUNDING)
    }

    /// Over notes that are played.
    pub(crate) fn of_notes() -> Result<Self, ShapeError> {
        Self::read(NOTES, PLAYED)
    }

    fn read(bytes: &[u8], inputs: usize) -> Result<Self, ShapeError> {
        let mut weights = Layers::of(bytes);
        let first = weights.dense(inputs, CHANNELS, Activation::Relu)?;
        let level = |n: usize| {
            let (taps, bias) = (weights.take(TAPS * CHANNELS * CHANNELS), weights.take(CHANNELS));
            let taps = DilatedConv::new((CHANNELS, CHANNELS), (TAPS, 1 << n), taps, bias)?;
            Ok((taps, weights.dense(CHANNELS, CHANNELS, Activation::None)?))
        };
        let levels = (0..LEVELS).map(level).collect::<Result<_, ShapeError>>()?;
        let last = weights.dense(CHANNELS, OUTPUTS, Activation::Sigmoid)?;
        Ok(Self { first, levels, last, tempo: weights.dense(CHANNELS, TEMPI, Activation::None)? })
    }

    pub(crate) fn reset(&mut self) {
        self.levels.iter_mut().for_each(|(taps, _)| taps.reset());
    }

    /// One hop.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn hop(&mut self, input: &[f32]) -> Felt {
        let (mut stream, mut seen, mut mixed) = ([0.0; CHANNELS], [0.0; CHANNELS], [0.0; CHANNELS]);
        let (mut out, mut tempi) = ([0.0; OUTPUTS], [0.0; TEMPI]);
        // The shapes were checked in `read`.
        let mut done = self.first.run(input, &mut stream);
        for (taps, mix) in &mut self.levels {
            done = done.and_then(|()| taps.step(&stream, &mut seen));
            seen.iter_mut().for_each(|value| *value = value.max(0.0));
            done = done.and_then(|()| mix.run(&seen, &mut mixed));
            stream.iter_mut().zip(&mixed).for_each(|(sum, more)| *sum += more);
        }
        done = done.and_then(|()| self.last.run(&stream, &mut out));
        done = done.and_then(|()| self.tempo.run(&stream, &mut tempi));
        debug_assert!(done.is_ok());
        Felt {
            beats: std::array::from_fn(|n| Beatness { beat: out[2 * n], downbeat: out[2 * n + 1] }),
            tempi,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_hold_a_network_each_and_nothing_more() {
        let layer = |inputs: usize, outputs: usize| 4 * (inputs + 1) * outputs;
        let unit = 4 * 3 * STATE * (FIRST + STATE + 2);
        assert_eq!(STROKES.len(), layer(MOMENT, FIRST) + unit + layer(STATE, 2 * LOOKS));
        let levels = LEVELS * (layer(TAPS * CHANNELS, CHANNELS) + layer(CHANNELS, CHANNELS));
        assert_eq!(SOUND.len(), layer(SOUNDING, CHANNELS) + levels + layer(CHANNELS, OUTPUTS + TEMPI));
        assert_eq!(NOTES.len(), layer(PLAYED, CHANNELS) + levels + layer(CHANNELS, OUTPUTS + TEMPI));
        assert!(Strokes::read(&STROKES[4..]).is_err() && Pulse::read(&SOUND[4..], SOUNDING).is_err());
    }

    #[test]
    fn loud_noise_breaks_nothing_and_a_reset_forgets_it() {
        let (mut strokes, mut pulse) = (Strokes::new().unwrap(), Pulse::of_sound().unwrap());
        let mut run = |level: f32, strokes: &mut Strokes| {
            let onsets = strokes.hop(&[level; HEARD]);
            (onsets, pulse.hop(&strokes.sounding(&[level; HEARD])).beats)
        };
        let first = run(0.3, &mut strokes);
        for _ in 0..3000 {
            let (onsets, beats) = run(4.0, &mut strokes);
            assert!(
                onsets
                    .likely
                    .iter()
                    .chain(&onsets.places)
                    .chain([&beats[0].beat, &beats[1].downbeat])
                    .all(|p| (0.0..=1.0).contains(p))
            );
        }
        strokes.reset();
        pulse.reset();
        let again = (strokes.hop(&[0.3; HEARD]), pulse.hop(&strokes.sounding(&[0.3; HEARD])).beats);
        assert_eq!(first, again);
    }
}
