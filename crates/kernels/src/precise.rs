//! Double precision, where a number is rounded to a coarse step and the step must be the same everywhere: the power spectrum of real samples,
//! and the functions that go with it.
//!
//! [`RealFft`](crate::fft::RealFft) errs by about 1e-7 of the loudest bin, which is seen where a spectrum spans 80 dB. Here it is 1e-16.

use crate::ShapeError;

/// `e` to the power of `x`, by the `libm` crate.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The logarithm to the base 10, by the `libm` crate: NaN below 0, minus infinity at 0.
#[must_use]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// The cosine of an angle in radians, by the `libm` crate.
#[must_use]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The sine of an angle in radians, by the `libm` crate.
#[must_use]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// A planned transform of `N` real samples to the power of `N / 2 + 1` bins, `N` a power of two: the radix-2 algorithm of Cooley and Tukey 1965 ("An
/// algorithm for the machine calculation of complex Fourier series"), even and odd samples packed as in [`crate::fft`]. Nothing is scaled.
#[derive(Debug, Clone)]
pub struct PowerSpectrum {
    /// `exp(-2 pi i k / N)` for `k` below `N / 2`: real and imaginary parts.
    turns: Box<[(f64, f64)]>,
    /// Where each packed sample goes: its place with the bits turned round.
    places: Box<[usize]>,
    packed: Box<[(f64, f64)]>,
}

impl PowerSpectrum {
    /// Plans the transform of `length` samples.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless `length` is a power of two from 4 to 65,536.
    ///
    /// # Real-time safety
    ///
    /// Allocates. [`run`](Self::run) does not.
    pub fn new(length: usize) -> Result<Self, ShapeError> {
        if !length.is_power_of_two() || !(4..=65_536).contains(&length) {
            let rule = "a power of two from 4 to 65536";
            return Err(ShapeError::Size { what: "power spectrum length", rule, found: length });
        }
        let half = length / 2;
        let turn = |k: usize| {
            let angle = -core::f64::consts::TAU * k as f64 / length as f64;
            (libm::cos(angle), libm::sin(angle))
        };
        let bits = half.trailing_zeros();
        Ok(Self {
            turns: (0..half).map(turn).collect(),
            places: (0..half).map(|n| n.reverse_bits() >> (usize::BITS - bits)).collect(),
            packed: vec![(0.0, 0.0); half].into(),
        })
    }

    /// How many bins come out.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.packed.len() + 1
    }

    /// The power of each bin of `input`, as many samples as were planned for.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length; then `output` is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; the time depends on the length alone.
    pub fn run(&mut self, input: &[f64], output: &mut [f64]) -> Result<(), ShapeError> {
        let half = self.packed.len();
        ShapeError::check("power spectrum input", 2 * half, input.len())?;
        ShapeError::check("power spectrum output", half + 1, output.len())?;
        let (pairs, _) = input.as_chunks::<2>();
        for (&[even, odd], &place) in pairs.iter().zip(&self.places) {
            self.packed[place] = (even, odd);
        }
        let mut size = 2;
        while size <= half {
            let stride = 2 * half / size;
            for start in (0..half).step_by(size) {
                let (low, high) = self.packed[start..start + size].split_at_mut(size / 2);
                for (k, (low, high)) in low.iter_mut().zip(high).enumerate() {
                    let turned = times(self.turns[k * stride], *high);
                    *high = (low.0 - turned.0, low.1 - turned.1);
                    *low = (low.0 + turned.0, low.1 + turned.1);
                }
            }
            size *= 2;
        }
        let (re, im) = self.packed[0];
        output[0] = (re + im) * (re + im);
        output[half] = (re - im) * (re - im);
        for (k, bin) in output[..half].iter_mut().enumerate().skip(1) {
            let (z, mirror) = (self.packed[k], self.packed[half - k]);
            let even = (0.5 * (z.0 + mirror.0), 0.5 * (z.1 - mirror.1));
            let odd = (0.5 * (z.1 + mirror.1), 0.5 * (mirror.0 - z.0));
            let turned = times(self.turns[k], odd);
            let (re, im) = (even.0 + turned.0, even.1 + turned.1);
            *bin = re * re + im * im;
        }
        Ok(())
    }
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn is_the_sum_that_defines_it() {
        let mut random = Random(11);
        for length in [4, 8, 64, 256] {
            let input: Vec<f64> = random.vector(length).into_iter().map(f64::from).collect();
            let mut spectrum = PowerSpectrum::new(length).unwrap();
            let mut found = vec![f64::NAN; spectrum.bins()];
            spectrum.run(&input, &mut found).unwrap();
            for (k, &found) in found.iter().enumerate() {
                let part = |of: fn(f64) -> f64| -> f64 {
                    let angle = |n: usize| core::f64::consts::TAU * (k * n % length) as f64 / length as f64;
                    input.iter().enumerate().map(|(n, x)| x * of(angle(n))).sum()
                };
                let power = part(libm::cos).powi(2) + part(libm::sin).powi(2);
                assert!((found - power).abs() < 1e-11 * length as f64, "{length} {k}: {found} {power}");
            }
        }
    }

    #[test]
    fn wrong_lengths_are_errors() {
        assert!(matches!(PowerSpectrum::new(48), Err(ShapeError::Size { .. })));
        assert!(matches!(PowerSpectrum::new(2), Err(ShapeError::Size { .. })));
        let mut spectrum = PowerSpectrum::new(8).unwrap();
        let mut out = [7.0; 5];
        assert!(
            spectrum.run(&[0.0; 7], &mut out).is_err() && spectrum.run(&[0.0; 8], &mut out[..4]).is_err()
        );
        assert_eq!(out, [7.0; 5]);
    }
}
