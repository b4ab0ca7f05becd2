//! Mel frames: what the model of emotion in sound is shown.
//!
//! The recipe, which is that of the data that the model is measured on: mono at 22,050 Hz; frames of 2,048 samples, one after the other (10.77 a second), under
//! a periodic Hann window; the power of each bin over the square of half the window's sum, so that a sine of amplitude 1 reads 0 dB; 128 triangles with peak
//! 1 between 20 and 11,025 Hz, evenly spaced in mel (2595 log10(1 + f / 700), as in HTK: Young et al. 2006, "The HTK Book", section 5.4), a band between
//! two bins taking the nearest; decibels from -80 to 0 as a byte from 0 to 255. It is computed in double precision, so that the bytes are those that any
//! other precise program gives.

use crate::dsp::resample::{PRECISE, Resampler};
pub use kmidi_kernels::ShapeError;
use kmidi_kernels::precise::{self, PowerSpectrum};

/// Bands of a frame.
pub const BANDS: usize = 128;
/// Samples a second that frames are made of.
pub const RATE: u32 = 22_050;
/// Samples a frame, and from one to the next.
pub const HOP: usize = 2048;
/// Frequencies between which the bands lie, hertz.
const RANGE: (f64, f64) = (20.0, 11_025.0);
/// The least level that is told, decibels.
const FLOOR: f64 = -80.0;

/// A band: the first bin and the weights from there on.
#[derive(Debug, Clone)]
struct Band {
    first: usize,
    weights: Box<[f64]>,
}

/// Sound into frames, at any sample rate.
#[derive(Debug, Clone)]
pub struct MelFrames {
    resampler: Resampler,
    bands: Vec<Band>,
    window: Box<[f64]>,
    /// The samples of the frame so far.
    samples: Box<[f64]>,
    filled: usize,
    windowed: Box<[f64]>,
    power: Box<[f64]>,
    spectrum: PowerSpectrum,
}

impl MelFrames {
    /// Frames of sound at `sample_rate` samples a second; at 22,050 the samples are taken as they are.
    ///
    /// # Errors
    ///
    /// A [`ShapeError`] for a rate below 4,000 or above 768,000.
    ///
    /// # Real-time safety
    ///
    /// Allocates. The other methods do not.
    pub fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        let spectrum = PowerSpectrum::new(HOP)?;
        let hann = |n: usize| 0.5 - 0.5 * precise::cos(core::f64::consts::TAU * n as f64 / HOP as f64);
        Ok(Self {
            resampler: Resampler::new(sample_rate, RATE, PRECISE)?,
            bands: bands(),
            window: (0..HOP).map(hann).collect(),
            samples: vec![0.0; HOP].into(),
            filled: 0,
            windowed: vec![0.0; HOP].into(),
            power: vec![0.0; spectrum.bins()].into(),
            spectrum,
        })
    }

    /// Takes one more sample, in -1 to 1. Where a frame is full it goes to `tell`, band by band from the lowest, 0 (-80 dB and less) to 255 (0 dB).
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; one call in 93 ms of sound makes a transform.
    pub fn push(&mut self, sample: f64, mut tell: impl FnMut(&[u8; BANDS])) {
        let Self { resampler, bands, window, samples, filled, windowed, power, spectrum } = self;
        resampler.push(sample, |sample| {
            samples[*filled] = sample;
            *filled += 1;
            if *filled < HOP {
                return;
            }
            *filled = 0;
            let weighted = windowed.iter_mut().zip(samples.iter().zip(window.iter()));
            weighted.for_each(|(slot, (sample, weight))| *slot = sample * weight);
            let done = spectrum.run(windowed, power);
            debug_assert!(done.is_ok(), "{done:?}");
            let full = (HOP as f64 / 4.0) * (HOP as f64 / 4.0);
            tell(&core::array::from_fn(|n| {
                let Band { first, weights } = &bands[n];
                let sum: f64 =
                    power[*first..].iter().zip(weights).map(|(power, weight)| power * weight).sum();
                level(sum / full)
            }));
        });
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.resampler.reset();
        self.filled = 0;
    }
}

/// A power as a byte. What is not a number is silence.
fn level(power: f64) -> u8 {
    let decibels = (10.0 * precise::log10(power.max(1e-8))).clamp(FLOOR, 0.0);
    ((decibels - FLOOR) * 255.0 / -FLOOR).round_ties_even() as u8
}

fn bands() -> Vec<Band> {
    let mel = |hertz: f64| 2595.0 * precise::log10(1.0 + hertz / 700.0);
    let hertz = |mel: f64| 700.0 * (precise::exp(mel / 2595.0 * core::f64::consts::LN_10) - 1.0);
    let (low, high) = (mel(RANGE.0), mel(RANGE.1));
    let edge = |n: usize| hertz(low + (high - low) * n as f64 / (BANDS + 1) as f64);
    let bin_hertz = f64::from(RATE) / HOP as f64;
    let band = |n: usize| {
        let [left, centre, right] = [edge(n), edge(n + 1), edge(n + 2)];
        let weight = |bin: usize| {
            let at = bin as f64 * bin_hertz;
            f64::min((at - left) / (centre - left), (right - at) / (right - centre))
        };
        let inside = |&bin: &usize| weight(bin) > 0.0;
        let bins: Vec<usize> = (0..=HOP / 2).filter(inside).collect();
        match bins.first() {
            Some(&first) => Band { first, weights: bins.iter().map(|&bin| weight(bin)).collect() },
            None => Band { first: (centre / bin_hertz).round_ties_even() as usize, weights: [1.0].into() },
        }
    };
    (0..BANDS).map(band).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(rate: u32, seconds: f64, sound: impl Fn(f64) -> f64) -> Vec<[u8; BANDS]> {
        let mut mel = MelFrames::new(rate).unwrap();
        let mut all = Vec::new();
        for n in 0..(f64::from(rate) * seconds) as usize {
            mel.push(sound(n as f64 / f64::from(rate)), |frame| all.push(*frame));
        }
        all
    }

    #[test]
    fn a_full_sine_reads_zero_decibels_at_its_band_at_every_rate() {
        let bin = f64::from(RATE) / HOP as f64;
        // On the centre of a bin that lies near the middle of a band.
        let sine = |t: f64| precise::sin(core::f64::consts::TAU * 93.0 * bin * t);
        let plain = frames(RATE, 1.0, sine);
        assert_eq!(plain.len(), 10);
        let loudest = (0..BANDS).max_by_key(|&band| plain[5][band]).unwrap();
        assert!(plain[5][loudest] > 250, "{}", plain[5][loudest]);
        for rate in [11_025, 44_100, 48_000, 96_000, 192_000] {
            let other = frames(rate, 1.0, sine);
            assert!((9..=10).contains(&other.len()), "{rate}: {}", other.len());
            let (a, b) = (plain[5][loudest], other[5][loudest]);
            assert!(a.abs_diff(b) <= 1, "{rate}: {a} {b}");
            let apart = (0..BANDS).filter(|&band| plain[5][band] > 60 || other[5][band] > 60);
            assert!(apart.clone().all(|band| plain[5][band].abs_diff(other[5][band]) < 6), "{rate}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_another_program() {
        // By NumPy 2.4, in double precision, from the recipe above.
        let other: [u8; BANDS] = [
            29, 50, 58, 32, 0, 16, 19, 0, 0, 18, 10, 50, 45, 29, 60, 58, 22, 33, 68, 194, 236, 224, 103, 58,
            54, 57, 43, 19, 33, 21, 15, 43, 36, 48, 58, 60, 49, 48, 47, 48, 39, 43, 51, 35, 36, 41, 56, 55,
            58, 60, 51, 49, 53, 53, 44, 49, 41, 60, 76, 60, 42, 54, 60, 71, 65, 53, 56, 67, 41, 46, 51, 62,
            43, 39, 50, 64, 66, 66, 62, 50, 50, 62, 61, 56, 59, 64, 47, 62, 70, 55, 64, 58, 60, 62, 55, 59,
            60, 64, 72, 52, 59, 69, 61, 65, 75, 77, 71, 68, 71, 66, 58, 67, 58, 74, 68, 73, 75, 77, 67, 65,
            66, 76, 75, 78, 76, 73, 71, 78,
        ];
        let sound = |n: u64| {
            let noise = ((n * n * 31 + n * 7) % 1009) as f64 / 1009.0 - 0.5;
            0.5 * precise::sin(core::f64::consts::TAU * 440.0 * n as f64 / 22_050.0) + 0.02 * noise
        };
        let mut mel = MelFrames::new(RATE).unwrap();
        let mut all = Vec::new();
        (0..4096).for_each(|n| mel.push(sound(n), |frame| all.push(*frame)));
        assert_eq!(all[1], other);
    }

    #[test]
    fn silence_is_zero_and_a_reset_forgets() {
        assert!(frames(48_000, 0.3, |_| 0.0).iter().flatten().all(|&byte| byte == 0));
        assert!(frames(RATE, 0.3, |_| f64::NAN).iter().flatten().all(|&byte| byte == 0));
        let mut mel = MelFrames::new(44_100).unwrap();
        (0..5000).for_each(|n| mel.push(f64::from(n % 7) / 7.0, |_| {}));
        mel.reset();
        let mut told = 0;
        (0..4096 + 100).for_each(|_| {
            mel.push(0.0, |frame| {
                told += 1;
                assert!(frame.iter().all(|&byte| byte == 0));
            });
        });
        assert_eq!(told, 1);
        assert!(MelFrames::new(0).is_err());
    }

    #[test]
    fn bands_cover_the_range_and_each_hears_a_bin() {
        let bands = bands();
        assert_eq!((bands[0].first, bands[0].weights.len()), (2, 3));
        assert!(bands.iter().all(|band| band.weights.iter().all(|&weight| weight > 0.0 && weight <= 1.0)));
        assert!(bands.windows(2).all(|pair| pair[0].first < pair[1].first));
        assert!((1020..=1024).contains(&(bands[127].first + bands[127].weights.len())));
    }
}
