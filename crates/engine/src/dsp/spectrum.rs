//! Magnitude spectra of the latest samples.

use super::history::History;
use super::stream::RATE;
use kmidi_kernels::fft::RealFft;
use kmidi_kernels::{ShapeError, math};

/// A window of fixed duration and its transform.
#[derive(Debug, Clone)]
pub(crate) struct Spectrum {
    window: Box<[f32]>,
    input: Box<[f32]>,
    magnitudes: Box<[f32]>,
    fft: RealFft,
    bin_hertz: f32,
}

impl Spectrum {
    /// Plans a window of `seconds`, padded with zeros to a power of two. A sine of amplitude 1 comes out with about
    /// `full_scale`.
    ///
    /// The window rises and falls as a Hann window does; the share `falling` of it falls. With 0.5 it is a Hann window;
    /// with less, the newest samples weigh more, and what begins is seen sooner.
    pub(crate) fn new(seconds: f64, falling: f64, full_scale: f32) -> Result<Self, ShapeError> {
        let length = ((f64::from(RATE) * seconds).round() as usize).max(4);
        let padded = length.next_power_of_two();
        let peak = length as f64 * (1.0 - falling);
        // The sum of such a window is half its length, and a sine shares its energy with its negative frequency.
        let gain = 4.0 * f64::from(full_scale) / length as f64;
        let shape = |n: usize| {
            let at = n as f64 + 0.5;
            let from_peak = if at < peak { (peak - at) / peak } else { (at - peak) / (length as f64 - peak) };
            gain * 0.5 * (1.0 + f64::from(math::cos((std::f64::consts::PI * from_peak) as f32)))
        };
        let fft = RealFft::new(padded)?;
        Ok(Self {
            window: (0..length).map(|n| shape(n) as f32).collect(),
            input: vec![0.0; padded].into(),
            magnitudes: vec![0.0; fft.bins()].into(),
            fft,
            bin_hertz: RATE as f32 / padded as f32,
        })
    }

    /// How many samples the window spans.
    pub(crate) fn length(&self) -> usize {
        self.window.len()
    }

    pub(crate) fn bins(&self) -> usize {
        self.magnitudes.len()
    }

    /// Distance between two bins.
    pub(crate) fn bin_hertz(&self) -> f32 {
        self.bin_hertz
    }

    /// The magnitude of each bin over the latest samples, or `None` when they are all zero.
    pub(crate) fn run(&mut self, history: &History) -> Option<&[f32]> {
        if history.is_silent(self.length()) {
            return None;
        }
        let samples = history.latest(self.window.len()).iter().zip(&self.window);
        self.input.iter_mut().zip(samples).for_each(|(slot, (sample, weight))| *slot = sample * weight);
        self.fft.magnitude(&self.input, &mut self.magnitudes).ok()?;
        Some(&self.magnitudes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_has_its_height_and_place_in_windows_of_any_length() {
        for seconds in [0.02, 0.0427, 0.17] {
            let mut spectrum = Spectrum::new(seconds, 0.5, 512.0).unwrap();
            let mut history = History::new(spectrum.length());
            assert!(spectrum.run(&history).is_none());
            for n in 0..spectrum.length() {
                history.push(math::sin((std::f64::consts::TAU * 1000.0 * n as f64 / f64::from(RATE)) as f32));
            }
            let hertz = spectrum.bin_hertz();
            let bins = spectrum.run(&history).unwrap();
            let (peak, height) = bins.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            assert!((peak as f32 * hertz - 1000.0).abs() < hertz, "{seconds}: {peak}");
            assert!((400.0..=515.0).contains(height), "{seconds}: {height}");
        }
    }
}
