//! Spectral flux: how much energy rose in a hop, by band.
//!
//! After SuperFlux (Böck and Widmer 2013, "Maximum filter vibrato suppression for onset detection"): the rise of each
//! log-magnitude band over the loudest of its neighbours two hops earlier.

use crate::dsp::bands::Bands;
use crate::dsp::history::History;
use crate::dsp::spectrum::Spectrum;
use kmidi_kernels::{ShapeError, math};

/// The window, seconds: 2048 frames at 48 kHz.
const WINDOW: f64 = 2048.0 / 48_000.0;
/// The loudest recent flux is forgotten by this factor a hop.
const DECAY: f32 = 0.9985;
/// Flux below this is never called loud: the noise floor of quiet recordings.
const FLOOR: f32 = 12.0;
/// What one MIDI note at full velocity counts, in units of the flux of a sound.
const NOTE: f32 = 60.0;
/// Where the low band ends and the high one begins, hertz.
const SPLITS: [f32; 2] = [200.0, 3200.0];

#[derive(Debug, Clone)]
pub(crate) struct Flux {
    spectrum: Spectrum,
    bands: Bands,
    /// Log magnitudes of this hop and of the two before, by `hop % 3`.
    past: [Box<[f32]>; 3],
    turn: usize,
    splits: [usize; 2],
    sound: [f32; 3],
    total: [f32; 3],
    loudest: f32,
}

impl Flux {
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        let spectrum = Spectrum::new(sample_rate, WINDOW, 512.0)?;
        let grid = (1.0 / WINDOW) as f32;
        let bands = Bands::new((30.0, 17_000.0), 24, grid, spectrum.bin_hertz(), spectrum.bins());
        let empty = || vec![0.0; bands.len()].into_boxed_slice();
        Ok(Self {
            past: [empty(), empty(), empty()],
            turn: 0,
            splits: SPLITS.map(|hertz| bands.below(hertz)),
            sound: [0.0; 3],
            total: [0.0; 3],
            loudest: FLOOR,
            spectrum,
            bands,
        })
    }

    pub(crate) fn memory(&self) -> usize {
        self.spectrum.length()
    }

    pub(crate) fn reset(&mut self) {
        self.past.iter_mut().for_each(|bands| bands.fill(0.0));
        self.turn = 0;
        (self.sound, self.total, self.loudest) = ([0.0; 3], [0.0; 3], FLOOR);
    }

    /// Hears one hop; `notes` is the summed strength of MIDI notes by band.
    pub(crate) fn hop(&mut self, history: &History, notes: [f32; 3]) {
        self.turn = (self.turn + 1) % 3;
        let [a, b, c] = &mut self.past;
        let (now, before) = match self.turn {
            0 => (a, &*b),
            1 => (b, &*c),
            _ => (c, &*a),
        };
        self.sound = [0.0; 3];
        match self.spectrum.run(history) {
            None => now.fill(0.0),
            Some(magnitudes) => {
                self.bands.apply(magnitudes, now);
                now.iter_mut().for_each(|band| *band = math::log10(1.0 + *band));
                for (n, &level) in now.iter().enumerate() {
                    let neighbours = &before[n.saturating_sub(1)..(n + 2).min(before.len())];
                    let loudest = neighbours.iter().fold(0.0_f32, |a, &b| a.max(b));
                    let band = usize::from(n >= self.splits[0]) + usize::from(n >= self.splits[1]);
                    self.sound[band] += (level - loudest).max(0.0);
                }
            }
        }
        // Notes that start together say little more than one: the square root.
        let notes = notes.map(|sum| NOTE * math::sqrt(sum));
        self.total = std::array::from_fn(|band| self.sound[band] + notes[band]);
        self.loudest = (self.loudest * DECAY).max(FLOOR).max(math::sum(&self.total));
    }

    /// 0 to 1, against the loudest of the last seconds; sound and MIDI.
    pub(crate) fn activation(&self) -> f32 {
        math::sum(&self.total) / self.loudest
    }

    /// The flux of the sound alone, on the same scale.
    pub(crate) fn sound(&self) -> f32 {
        math::sum(&self.sound) / self.loudest
    }

    /// Low, middle and high band, on the same scale.
    pub(crate) fn bands(&self) -> [f32; 3] {
        self.total.map(|flux| flux / self.loudest)
    }
}
