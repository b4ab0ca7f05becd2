//! The discrete Fourier transform of real samples, `X[k] = sum of x[n] exp(-2 pi i k n / N)`.
//!
//! A real signal of even length `N` is packed as a complex one of length `N / 2`, even samples as real and odd samples
//! as imaginary parts; one complex transform and one pass over its bins give the answer (Cooley, Lewis and Welch 1970,
//! "The fast Fourier transform algorithm: programming considerations in the calculation of sine, cosine and Laplace
//! transforms"). The complex transform is Stockham's, by fours, which sorts itself on the way (Cochran et al. 1967, "What
//! is the fast Fourier transform?"), over real and imaginary parts that lie apart.
//!
//! It is our own because libraries either take other ways on other CPUs, with other bits, or do without wide registers: this one
//! does the same additions and multiplications everywhere, several at a time where the CPU can (`wide`).

mod steps;

use std::fmt;

use crate::ShapeError;
use crate::wide::{self, Work};
use steps::{first, last, later, unravel, untangle};

/// The longest transform that can be planned, in samples: more than five minutes at 48 kHz.
pub const LONGEST: usize = 1 << 24;

/// Butterflies of four points in a pass, and how far apart their points' neighbours lie.
#[derive(Clone)]
struct Pass {
    stride: usize,
    /// For each butterfly `p` of `n / 4` the factors `w`, `w^2` and `w^3` with `w = exp(-2 pi i p / n)`: all real parts of
    /// `w`, all imaginary ones, then those of `w^2` and of `w^3`.
    twiddles: [Box<[f32]>; 6],
}

/// Complex numbers, their real and imaginary parts apart.
#[derive(Clone)]
struct Parts {
    re: Box<[f32]>,
    im: Box<[f32]>,
}

/// A planned transform of `N` real samples to `N / 2 + 1` bins, with its tables and scratch.
///
/// Bin `k` of a signal sampled at `rate` is the frequency `k * rate / N`. Nothing is scaled: a full-scale cosine on the
/// centre of a bin has magnitude `N / 2` there. A NaN or an infinity in the input spreads to every bin.
#[derive(Clone)]
pub struct RealFft {
    passes: Box<[Pass]>,
    /// `exp(-2 pi i k / N)` for `k` from 0 to `N / 4`.
    twiddles: Parts,
    packed: Parts,
    scratch: Parts,
    /// What came out.
    bins: Parts,
}

impl RealFft {
    /// Plans the transform of `length` samples.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless `length` is a power of two from 2 to [`LONGEST`].
    ///
    /// # Real-time safety
    ///
    /// Allocates. The other methods do not.
    pub fn new(length: usize) -> Result<Self, ShapeError> {
        if !length.is_power_of_two() || !(2..=LONGEST).contains(&length) {
            let rule = "a power of two from 2 to 16777216";
            return Err(ShapeError::Size { what: "FFT length", rule, found: length });
        }
        let half = length / 2;
        let mut passes = Vec::new();
        let mut points = half;
        while points >= 4 {
            let factors = |power: usize, part: fn(f64) -> f64| {
                (0..points / 4).map(|p| turn(power * p, points, part)).collect()
            };
            let [real, imaginary] = [libm::cos, libm::sin];
            let twiddles = [
                factors(1, real),
                factors(1, imaginary),
                factors(2, real),
                factors(2, imaginary),
                factors(3, real),
                factors(3, imaginary),
            ];
            passes.push(Pass { stride: half / points, twiddles });
            points /= 4;
        }
        let zeros = |count| Parts { re: vec![0.0; count].into(), im: vec![0.0; count].into() };
        let mirrored = |part: fn(f64) -> f64| (0..=half / 2).map(|k| turn(k, length, part)).collect();
        let twiddles = Parts { re: mirrored(libm::cos), im: mirrored(libm::sin) };
        let (packed, scratch, bins) = (zeros(half), zeros(half), zeros(half + 1));
        Ok(Self { passes: passes.into(), twiddles, packed, scratch, bins })
    }

    /// How many samples go in, `N`.
    #[must_use]
    pub fn length(&self) -> usize {
        2 * self.packed.re.len()
    }

    /// How many bins come out, `N / 2 + 1`: from 0 Hz to half the sampling rate.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.packed.re.len() + 1
    }

    /// The transform of `input`, [`length`](Self::length) samples: the real and the imaginary part of each of the
    /// [`bins`](Self::bins).
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length; then the outputs are as they were.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; the time depends on the length alone.
    pub fn process(&mut self, input: &[f32], re: &mut [f32], im: &mut [f32]) -> Result<(), ShapeError> {
        self.check(input, re.len())?;
        self.check(input, im.len())?;
        wide::run(Transform { fft: self, input, magnitudes: &mut [] });
        re.copy_from_slice(&self.bins.re);
        im.copy_from_slice(&self.bins.im);
        Ok(())
    }

    /// The magnitude of each bin. Otherwise as [`process`](Self::process).
    ///
    /// # Errors
    ///
    /// As [`process`](Self::process).
    pub fn magnitude(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        self.check(input, output.len())?;
        wide::run(Transform { fft: self, input, magnitudes: output });
        Ok(())
    }

    fn check(&self, input: &[f32], bins: usize) -> Result<(), ShapeError> {
        ShapeError::check("FFT input", self.length(), input.len())?;
        ShapeError::check("FFT output", self.bins(), bins)
    }
}

/// A part of `exp(-2 pi i k / n)`.
fn turn(k: usize, n: usize, part: fn(f64) -> f64) -> f32 {
    part(-std::f64::consts::TAU * (k % n) as f64 / n as f64) as f32
}

impl fmt::Debug for RealFft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealFft").field("length", &self.length()).finish_non_exhaustive()
    }
}

/// One transform. The magnitudes are told where there is room for them.
struct Transform<'a> {
    fft: &'a mut RealFft,
    input: &'a [f32],
    magnitudes: &'a mut [f32],
}

impl Work for Transform<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let RealFft { passes, twiddles, packed, scratch, bins } = self.fft;
        unravel(self.input.as_chunks().0, &mut packed.re, &mut packed.im);
        for pass in &*passes {
            // The first pass has its butterflies side by side, the others the neighbours of each.
            match pass.stride {
                1 => first(pass, packed, scratch),
                4 => later::<4>(pass, packed, scratch),
                _ => later::<16>(pass, packed, scratch),
            }
            core::mem::swap(packed, scratch);
        }
        // Of a length that is no power of four two points are left.
        if packed.re.len().trailing_zeros() % 2 == 1 {
            last(&packed.re, &mut scratch.re);
            last(&packed.im, &mut scratch.im);
            core::mem::swap(packed, scratch);
        }
        let (re, im, half) = (&packed.re, &packed.im, packed.re.len());
        (bins.re[0], bins.im[0]) = (re[0] + im[0], 0.0);
        (bins.re[half], bins.im[half]) = (re[0] - im[0], 0.0);
        if half > 1 {
            let middle = half / 2;
            (bins.re[middle], bins.im[middle]) = (re[middle], -im[middle]);
        }
        if half > 32 {
            untangle::<16>(packed, twiddles, bins);
        } else {
            untangle::<1>(packed, twiddles, bins);
        }
        for ((magnitude, re), im) in self.magnitudes.iter_mut().zip(&bins.re).zip(&bins.im) {
            *magnitude = (re * re + im * im).sqrt();
        }
    }
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
        for length in (1..=13).map(|power| 1 << power) {
            let mut fft = RealFft::new(length)?;
            let input = random.vector(length);
            let [mut real, mut imaginary, mut magnitude] = [(); 3].map(|()| vec![f32::NAN; fft.bins()]);
            fft.process(&input, &mut real, &mut imaginary)?;
            fft.magnitude(&input, &mut magnitude)?;
            let tolerance = 2e-6 * (length as f64).sqrt();
            for (k, (re, im)) in naive(&input).into_iter().enumerate() {
                assert_close(real[k], re, tolerance);
                assert_close(imaginary[k], im, tolerance);
                assert_close(magnitude[k], re.hypot(im), tolerance);
            }
            assert_eq!((imaginary[0], imaginary[length / 2]), (0.0, 0.0));
        }
        Ok(())
    }

    #[test]
    fn every_width_gives_the_same_bits() -> Result<(), ShapeError> {
        for length in (1..=11).map(|power| 1 << power) {
            let fft = RealFft::new(length)?;
            let input = Random(5).vector(length);
            let mut ways = [(); 3].map(|()| (fft.clone(), vec![f32::NAN; fft.bins()]));
            let mut rest = ways.iter_mut();
            let mut count = 0;
            wide::run_every_way(|| {
                let (fft, output) = rest.next().unwrap();
                count += 1;
                Transform { fft, input: &input, magnitudes: output }
            });
            ways[..count].iter().for_each(|way| assert_eq!(way.1, ways[0].1, "{length} samples"));
        }
        Ok(())
    }

    #[test]
    fn an_impulse_is_flat_and_silence_is_zero() -> Result<(), ShapeError> {
        let mut fft = RealFft::new(256)?;
        let mut heights = vec![f32::NAN; fft.bins()];
        let mut input = vec![0.0; 256];
        fft.magnitude(&input, &mut heights)?;
        assert!(heights.iter().all(|&height| height == 0.0));
        input[0] = 1.0;
        fft.magnitude(&input, &mut heights)?;
        assert!(heights.iter().all(|&height| height == 1.0));
        Ok(())
    }

    #[test]
    fn keeps_nothing_from_call_to_call() -> Result<(), ShapeError> {
        let mut fft = RealFft::new(128)?;
        let input = Random(4).vector(128);
        let (mut before, mut after) = (vec![0.0; 65], vec![0.0; 65]);
        fft.magnitude(&input, &mut before)?;
        fft.magnitude(&[f32::NAN; 128], &mut after)?;
        assert!(after.iter().all(|height| height.is_nan()), "a NaN spreads to every bin");
        fft.magnitude(&input, &mut after)?;
        assert_eq!(before, after);
        Ok(())
    }

    #[test]
    fn wrong_lengths_are_errors_and_leave_the_output_alone() -> Result<(), ShapeError> {
        for length in [0, 1, 3, 480, 1023, 2 * LONGEST, usize::MAX, usize::MAX - 1] {
            assert!(matches!(RealFft::new(length), Err(ShapeError::Size { found, .. }) if found == length));
        }
        let mut fft = RealFft::new(16)?;
        let mut output = [7.0; 9];
        let found = fft.magnitude(&[0.0; 15], &mut output);
        assert_eq!(found, Err(ShapeError::Length { what: "FFT input", expected: 16, found: 15 }));
        assert_eq!(output, [7.0; 9]);
        let found = fft.magnitude(&[0.0; 16], &mut output[..8]);
        assert_eq!(found, Err(ShapeError::Length { what: "FFT output", expected: 9, found: 8 }));
        assert!(fft.process(&[0.0; 16], &mut output, &mut [0.0; 8]).is_err());
        Ok(())
    }
}
