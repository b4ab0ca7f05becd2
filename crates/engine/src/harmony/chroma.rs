//! Chroma: energy by pitch class, for the bass register and for what lies above.

use crate::dsp::history::History;
use crate::dsp::semitones::{COUNT, LOWEST, Semitones};
use crate::dsp::spectrum::Spectrum;
use kmidi_kernels::{ShapeError, math};

/// The long window, seconds: 8192 frames at 48 kHz.
const WINDOW: f64 = 8192.0 / 48_000.0;
/// Below this sum of standing-out semitones there is nothing tonal: all chroma are 0.
const SILENT: f32 = 0.5;

/// Chroma from sound.
#[derive(Debug, Clone)]
pub(crate) struct Chroma {
    spectrum: Spectrum,
    semitones: Semitones,
    /// Weight of each semitone in the treble and in the bass.
    weights: [[f32; COUNT]; 2],
}

impl Chroma {
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        let spectrum = Spectrum::new(sample_rate, WINDOW, 2048.0)?;
        let bell = |n: usize, centre: f32, width: f32| {
            let off = ((LOWEST + n) as f32 - centre) / width;
            math::exp(-0.5 * off * off)
        };
        Ok(Self {
            semitones: Semitones::new(spectrum.bin_hertz(), spectrum.bins()),
            weights: [
                std::array::from_fn(|n| bell(n, 64.0, 11.0)),
                std::array::from_fn(|n| bell(n, 41.0, 7.0)),
            ],
            spectrum,
        })
    }

    pub(crate) fn memory(&self) -> usize {
        self.spectrum.length()
    }

    /// Treble and bass chroma of the latest window, C first; all 0 when nothing tonal sounds.
    pub(crate) fn run(&mut self, history: &History) -> ([f32; 12], [f32; 12]) {
        let silence = ([0.0; 12], [0.0; 12]);
        let Some(magnitudes) = self.spectrum.run(history) else { return silence };
        let levels = self.semitones.run(magnitudes);
        if math::sum(levels) < SILENT {
            return silence;
        }
        let fold = |weights: &[f32; COUNT]| {
            let mut chroma = [0.0; 12];
            for (n, (level, weight)) in levels.iter().zip(weights).enumerate() {
                chroma[(LOWEST + n) % 12] += level * weight;
            }
            chroma
        };
        (fold(&self.weights[0]), fold(&self.weights[1]))
    }
}

/// The chroma divided by its sum, or all 0.
pub(crate) fn shares(chroma: [f32; 12]) -> [f32; 12] {
    let sum = math::sum(&chroma);
    if sum > 1e-6 { chroma.map(|v| v / sum) } else { [0.0; 12] }
}
