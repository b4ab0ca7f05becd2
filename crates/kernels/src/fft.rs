//! The discrete Fourier transform of real samples, `X[k] = sum of x[n] exp(-2 pi i k n / N)`.
//!
//! A real signal of even length `N` is packed as a complex one of length `N / 2`, even samples as real and odd samples
//! as imaginary parts; one complex transform and one pass over its bins give the answer (Cooley, Lewis and Welch 1970,
//! "The fast Fourier transform algorithm: programming considerations in the calculation of sine, cosine and Laplace
//! transforms"). The complex transform is planned by the `rustfft` crate's scalar planner, which takes the same
//! algorithm on every CPU.
//!
//! # The same bits on every platform
//!
//! `rustfft` computes its twiddle factors with the platform's `f64` sine and cosine and rounds them to `f32`. Two
//! platforms may differ in the last bits of the `f64`, which the rounding hides unless a value lies that close to the
//! middle between two neighbouring `f32`. For every power of two up to 65,536 samples no twiddle factor does: a test of
//! this module shows it. Other lengths differ, where at all, by one unit in the last place of a twiddle factor.

use std::fmt;
use std::sync::Arc;

use rustfft::{Fft, FftPlannerScalar};

use crate::ShapeError;

pub use rustfft::num_complex::Complex;

/// The longest transform that can be planned, in samples: more than five minutes at 48 kHz.
pub const LONGEST: usize = 1 << 24;

/// A planned transform of `N` real samples to `N / 2 + 1` bins, with its tables and scratch.
///
/// Bin `k` of a signal sampled at `rate` is the frequency `k * rate / N`. Nothing is scaled: a full-scale cosine on the
/// centre of a bin has magnitude `N / 2` there. A NaN or an infinity in the input spreads to every bin.
#[derive(Clone)]
pub struct RealFft {
    half: Arc<dyn Fft<f32>>,
    /// `exp(-2 pi i k / N)` for `k` from 0 to `N / 4`.
    twiddles: Box<[Complex<f32>]>,
    packed: Box<[Complex<f32>]>,
    scratch: Box<[Complex<f32>]>,
}

impl RealFft {
    /// Plans the transform of `length` samples.
    ///
    /// Powers of two are fastest; a length whose half has a large prime factor is several times slower.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless `length` is even and from 2 to [`LONGEST`].
    ///
    /// # Real-time safety
    ///
    /// Allocates. The other methods do not.
    pub fn new(length: usize) -> Result<Self, ShapeError> {
        if !length.is_multiple_of(2) || !(2..=LONGEST).contains(&length) {
            let rule = "even and from 2 to 16777216";
            return Err(ShapeError::Size { what: "FFT length", rule, found: length });
        }
        let half = FftPlannerScalar::new().plan_fft_forward(length / 2);
        let twiddles = (0..=length / 4)
            .map(|k| {
                let angle = -std::f64::consts::TAU * k as f64 / length as f64;
                Complex::new(libm::cos(angle) as f32, libm::sin(angle) as f32)
            })
            .collect();
        let zeros = |count| vec![Complex::new(0.0, 0.0); count].into_boxed_slice();
        let (packed, scratch) = (zeros(length / 2), zeros(half.get_inplace_scratch_len()));
        Ok(Self { half, twiddles, packed, scratch })
    }

    /// How many samples go in, `N`.
    #[must_use]
    pub fn length(&self) -> usize {
        2 * self.packed.len()
    }

    /// How many bins come out, `N / 2 + 1`: from 0 Hz to half the sampling rate.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.packed.len() + 1
    }

    /// The transform of `input`, [`length`](Self::length) samples, into `output`, [`bins`](Self::bins) complex bins.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length; then `output` is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; the time depends on the length alone.
    pub fn process(&mut self, input: &[f32], output: &mut [Complex<f32>]) -> Result<(), ShapeError> {
        self.check(input, output.len())?;
        self.transform(input, |bin, value| output[bin] = value);
        Ok(())
    }

    /// The power of each bin, the square of its magnitude. Otherwise as [`process`](Self::process).
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process).
    pub fn power(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        self.check(input, output.len())?;
        self.transform(input, |bin, value| output[bin] = norm_squared(value));
        Ok(())
    }

    /// The magnitude of each bin. Otherwise as [`process`](Self::process).
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process).
    pub fn magnitude(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        self.check(input, output.len())?;
        self.transform(input, |bin, value| output[bin] = norm_squared(value).sqrt());
        Ok(())
    }

    fn check(&self, input: &[f32], bins: usize) -> Result<(), ShapeError> {
        ShapeError::check("FFT input", self.length(), input.len())?;
        ShapeError::check("FFT output", self.bins(), bins)
    }

    /// Gives every bin of `input` to `write`, each once, in no particular order. The lengths have been checked.
    fn transform(&mut self, input: &[f32], mut write: impl FnMut(usize, Complex<f32>)) {
        let (pairs, _) = input.as_chunks::<2>();
        for (packed, &[even, odd]) in self.packed.iter_mut().zip(pairs) {
            *packed = Complex::new(even, odd);
        }
        self.half.process_with_scratch(&mut self.packed, &mut self.scratch);

        let last = self.packed.len();
        let first = self.packed[0];
        write(0, Complex::new(first.re + first.im, 0.0));
        write(last, Complex::new(first.re - first.im, 0.0));
        // With Z the packed transform and M its length, the even samples' transform is E[k] = (Z[k] + conj Z[M-k]) / 2,
        // the odd samples' is O[k] = (Z[k] - conj Z[M-k]) / 2i, and X[k] = E[k] + w^k O[k], X[M-k] = conj(E[k] - w^k O[k]).
        for k in 1..=last / 2 {
            let (z, mirror, w) = (self.packed[k], self.packed[last - k], self.twiddles[k]);
            let even = Complex::new(0.5 * (z.re + mirror.re), 0.5 * (z.im - mirror.im));
            let odd = Complex::new(0.5 * (z.im + mirror.im), 0.5 * (mirror.re - z.re));
            let turned = Complex::new(w.re * odd.re - w.im * odd.im, w.re * odd.im + w.im * odd.re);
            write(k, Complex::new(even.re + turned.re, even.im + turned.im));
            write(last - k, Complex::new(even.re - turned.re, turned.im - even.im));
        }
    }
}

impl fmt::Debug for RealFft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealFft").field("length", &self.length()).finish_non_exhaustive()
    }
}

fn norm_squared(value: Complex<f32>) -> f32 {
    value.re * value.re + value.im * value.im
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};
    use std::f64::consts::TAU;

    /// The definition, in double precision.
    fn naive(input: &[f32]) -> Vec<(f64, f64)> {
        let length = input.len();
        let bin = |k: usize| {
            input.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, &x)| {
                // The angle is reduced to one turn first, so that a long transform's twin stays exact.
                let angle = TAU * ((k * n) % length) as f64 / length as f64;
                (re + f64::from(x) * angle.cos(), im - f64::from(x) * angle.sin())
            })
        };
        (0..=length / 2).map(bin).collect()
    }

    #[test]
    fn follows_the_definition() -> Result<(), ShapeError> {
        let mut random = Random(3);
        // Powers of two, 10 ms at usual rates, small evens, and twice a prime.
        for length in (2..=40).step_by(2).chain([64, 74, 480, 882, 1018, 1024, 2048, 4096]) {
            let mut fft = RealFft::new(length)?;
            let input = random.vector(length);
            let mut output = vec![Complex::new(f32::NAN, f32::NAN); fft.bins()];
            let (mut power, mut magnitude) = (vec![f32::NAN; fft.bins()], vec![f32::NAN; fft.bins()]);
            fft.process(&input, &mut output)?;
            fft.power(&input, &mut power)?;
            fft.magnitude(&input, &mut magnitude)?;
            let tolerance = 2e-6 * (length as f64).sqrt();
            for (k, (re, im)) in naive(&input).into_iter().enumerate() {
                assert_close(output[k].re, re, tolerance);
                assert_close(output[k].im, im, tolerance);
                assert_close(magnitude[k], re.hypot(im), tolerance);
                assert_close(power[k], re * re + im * im, tolerance * (1.0 + 2.0 * re.hypot(im)));
            }
            assert_eq!((output[0].im, output[length / 2].im), (0.0, 0.0));
        }
        Ok(())
    }

    #[test]
    fn an_impulse_is_flat_and_silence_is_zero() -> Result<(), ShapeError> {
        let mut fft = RealFft::new(256)?;
        let mut power = vec![f32::NAN; fft.bins()];
        let mut input = vec![0.0; 256];
        fft.power(&input, &mut power)?;
        assert!(power.iter().all(|&p| p == 0.0));
        input[0] = 1.0;
        fft.power(&input, &mut power)?;
        assert!(power.iter().all(|&p| p == 1.0));
        Ok(())
    }

    #[test]
    fn keeps_nothing_from_call_to_call() -> Result<(), ShapeError> {
        let mut fft = RealFft::new(128)?;
        let input = Random(4).vector(128);
        let (mut before, mut after) = (vec![0.0; 65], vec![0.0; 65]);
        fft.power(&input, &mut before)?;
        fft.power(&[f32::NAN; 128], &mut after)?;
        assert!(after.iter().all(|p| p.is_nan()), "a NaN spreads to every bin");
        fft.power(&input, &mut after)?;
        assert_eq!(before, after);
        Ok(())
    }

    #[test]
    fn wrong_lengths_are_errors_and_leave_the_output_alone() -> Result<(), ShapeError> {
        for length in [0, 1, 3, 1023, LONGEST + 2, usize::MAX, usize::MAX - 1] {
            assert!(matches!(RealFft::new(length), Err(ShapeError::Size { found, .. }) if found == length));
        }
        let mut fft = RealFft::new(16)?;
        let mut output = [7.0; 9];
        let found = fft.power(&[0.0; 15], &mut output);
        assert_eq!(found, Err(ShapeError::Length { what: "FFT input", expected: 16, found: 15 }));
        assert_eq!(output, [7.0; 9]);
        let found = fft.magnitude(&[0.0; 16], &mut output[..8]);
        assert_eq!(found, Err(ShapeError::Length { what: "FFT output", expected: 9, found: 8 }));
        assert!(fft.process(&[0.0; 16], &mut []).is_err());
        Ok(())
    }

    /// Whether every sine and cosine within `relative` of the true value rounds to one `f32`, for all the twiddle
    /// factors of a complex transform of `length`. The angles are formed as `rustfft` forms them.
    fn twiddles_are_certain(length: usize, relative: f64) -> bool {
        let step = -2.0 * std::f64::consts::PI / length as f64;
        (0..length).all(|index| {
            let angle = step * index as f64;
            [libm::cos(angle), libm::sin(angle)].iter().all(|value| {
                let (low, high) = (value * (1.0 - relative), value * (1.0 + relative));
                low as f32 == high as f32
            })
        })
    }

    #[test]
    fn the_platforms_sine_cannot_change_a_twiddle_factor() {
        // Two units in the last place of an f64, twice the error that a usable mathematics library stays below.
        let two_units = 2.0 * f64::EPSILON;
        for power in 0..=15 {
            assert!(twiddles_are_certain(1 << power, two_units), "complex length {}", 1 << power);
        }
        assert!(!twiddles_are_certain(1 << 15, 1e-9), "a poor sine would be noticed");
    }
}
