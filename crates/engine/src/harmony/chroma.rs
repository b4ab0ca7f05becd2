//! What the sound holds: chroma by register, and the tones by semitone that the learned front end looks at.

use super::tones::{Tones, Trail};
use crate::dsp::history::History;
use crate::dsp::semitones::{COUNT, LOWEST, Semitones, Tuning, standing_out};
use crate::dsp::spectrum::Spectrum;
use kmidi_kernels::{ShapeError, math};

/// The long window, seconds: 8192 frames at 48 kHz. It tells low notes apart.
const LONG: f64 = 8192.0 / 48_000.0;
/// The short window, seconds: it tells when they change.
const SHORT: f64 = 4096.0 / 48_000.0;
/// A sine of amplitude 1 has this height.
const FULL_SCALE: f32 = 2048.0;
/// Below this sum of standing-out semitones there is nothing tonal: all chroma are 0.
const SILENT: f32 = 0.5;
/// The loudest peak of late fades by this factor a measurement: half in 0.9 s.
const FADE: f32 = 0.97;
/// Peaks below this height are not looked at: 65 dB below full scale.
const FAINT: f32 = 1.15;
/// How many times softer than the loudest a peak may be and still count for something.
const DEPTH: f32 = 300.0;

/// Chroma and tones from sound.
#[derive(Debug, Clone)]
pub(crate) struct Chroma {
    long: Window,
    short: Window,
    /// Weight of each semitone in the treble and in the bass.
    weights: [[f32; COUNT]; 2],
    heard: Heard,
}

/// A transform and its peaks.
#[derive(Debug, Clone)]
struct Window {
    spectrum: Spectrum,
    semitones: Semitones,
}

/// What was heard since the last reset.
#[derive(Debug, Clone, Default)]
struct Heard {
    tuning: Tuning,
    /// The loudest peak of late.
    loudest: f32,
    trail: Trail,
}

/// A measurement.
pub(crate) struct Measured {
    /// Energy by pitch class above the bass register, C first; all 0 when nothing tonal sounds.
    pub(crate) treble: [f32; 12],
    /// The same for the bass register.
    pub(crate) bass: [f32; 12],
    /// By semitone; `None` in silence.
    pub(crate) tones: Option<Tones>,
}

impl Window {
    fn new(seconds: f64) -> Result<Self, ShapeError> {
        let spectrum = Spectrum::new(seconds, 0.5, FULL_SCALE)?;
        Ok(Self { semitones: Semitones::new(spectrum.bin_hertz(), spectrum.bins()), spectrum })
    }
}

impl Chroma {
    pub(crate) fn new() -> Result<Self, ShapeError> {
        let bell = |n: usize, centre: f32, width: f32| {
            let off = ((LOWEST + n) as f32 - centre) / width;
            math::exp(-0.5 * off * off)
        };
        Ok(Self {
            long: Window::new(LONG)?,
            short: Window::new(SHORT)?,
            weights: [
                std::array::from_fn(|n| bell(n, 64.0, 11.0)),
                std::array::from_fn(|n| bell(n, 41.0, 7.0)),
            ],
            heard: Heard::default(),
        })
    }

    pub(crate) fn memory(&self) -> usize {
        self.long.spectrum.length()
    }

    pub(crate) fn reset(&mut self) {
        self.heard = Heard::default();
    }

    /// Measures the latest windows.
    pub(crate) fn run(&mut self, history: &History) -> Measured {
        let Heard { tuning, loudest, trail } = &mut self.heard;
        let silence = Measured { treble: [0.0; 12], bass: [0.0; 12], tones: None };
        let Some(magnitudes) = self.long.spectrum.run(history) else {
            (*loudest, *trail) = (0.0, Trail::default());
            return silence;
        };
        let (heights, lean) = self.long.semitones.run(magnitudes, tuning);
        *loudest = (*loudest * FADE).max(math::max(heights)).max(FAINT);
        let top = math::ln(1.0 + DEPTH);
        let level = |height: f32| math::ln(1.0 + DEPTH * (height / *loudest).min(1.0)) / top;
        let now = heights.map(level);
        let standing = standing_out(heights);
        let short = match self.short.spectrum.run(history) {
            Some(magnitudes) => self.short.semitones.run(magnitudes, tuning).0.map(level),
            None => [0.0; COUNT],
        };
        tuning.hear(&lean);
        let tones = Some(trail.step(now, short, None));
        if math::sum(&standing) < SILENT {
            return Measured { tones, ..silence };
        }
        let fold = |weights: &[f32; COUNT]| {
            let mut chroma = [0.0; 12];
            for (n, (level, weight)) in standing.iter().zip(weights).enumerate() {
                chroma[(LOWEST + n) % 12] += level * weight;
            }
            chroma
        };
        Measured { treble: fold(&self.weights[0]), bass: fold(&self.weights[1]), tones }
    }
}

/// The chroma divided by its sum, or all 0.
pub(crate) fn shares(chroma: [f32; 12]) -> [f32; 12] {
    let sum = math::sum(&chroma);
    if sum > 1e-6 { chroma.map(|v| v / sum) } else { [0.0; 12] }
}
