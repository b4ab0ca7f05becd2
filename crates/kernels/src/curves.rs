//! Curved functions of whole slices, eight numbers at a time.
//!
//! [`math`](crate::math) has them for one number, right to the last bit or nearly; these are for layers of networks, which take
//! hundreds in each step. They are branch-free, made of additions, multiplications and divisions in one order, and so give the same bits
//! everywhere. Errors are below 3e-7 of the answer for [`exp`], below 1e-6 absolutely for the others. NaN stays NaN.

use crate::wide::{self, Work};

/// *e* to each number's power. Below -87 it is the answer for -87 (1.6e-38), above 88 the one for 88.
pub fn exp(values: &mut [f32]) {
    wide::run(Each(values, one_exp));
}

/// The logistic function of each number.
pub fn sigmoid(values: &mut [f32]) {
    wide::run(Each(values, one_sigmoid));
}

/// The hyperbolic tangent of each number.
pub fn tanh(values: &mut [f32]) {
    wide::run(Each(values, one_tanh));
}

/// The error function of each number.
///
/// Source: Abramowitz and Stegun 1964, 7.1.26.
pub fn erf(values: &mut [f32]) {
    wide::run(Each(values, one_erf));
}

struct Each<'a, F>(&'a mut [f32], F);

impl<F: Fn(f32) -> f32> Work for Each<'_, F> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        for value in self.0 {
            *value = (self.1)(*value);
        }
    }
}

/// Source of the way: Cody and Waite 1980, `x = n ln 2 + r`, `ln 2` in two parts; the polynomial is the one of the Cephes library's `expf`
/// (Moshier 1992).
#[inline(always)]
fn one_exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the last bits.
    const ROUND: f32 = 12_582_912.0;
    let low = if x < -87.0 { -87.0 } else { x };
    let x = if low > 88.0 { 88.0 } else { low };
    let shifted = x * core::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * (r * r) + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    p * power
}

#[inline(always)]
pub(crate) fn one_sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + one_exp(-x))
}

#[inline(always)]
pub(crate) fn one_tanh(x: f32) -> f32 {
    1.0 - 2.0 / (one_exp(2.0 * x) + 1.0)
}

#[inline(always)]
fn one_erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_7;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    (1.0 - p * t * one_exp(-(a * a))).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn check(name: &str, curve: fn(&mut [f32]), twin: fn(f64) -> f64, reach: f32, relative: bool) {
        let mut random = Random(4);
        let given: Vec<f32> = (0..20_001)
            .map(|n| if n < 10_000 { (n as f32 / 5_000.0 - 1.0) * reach } else { random.signed(reach) })
            .collect();
        let mut found = given.clone();
        curve(&mut found);
        for (&x, &y) in given.iter().zip(&found) {
            let right = twin(f64::from(x));
            let allowed = if relative { 3e-7 * right.abs() } else { 1e-6 };
            assert!((f64::from(y) - right).abs() <= allowed, "{name}({x}) = {y}, not {right}");
        }
        let mut edges = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, 1e30, -1e30];
        curve(&mut edges);
        assert!(edges[0].is_nan() && edges[1..].iter().all(|y| y.is_finite()), "{name}: {edges:?}");
        // Each number for itself, wherever it stands.
        let mut alone = [given[77]];
        curve(&mut alone);
        assert_eq!(alone[0].to_bits(), found[77].to_bits());
    }

    #[test]
    fn curves_follow_their_twins() {
        check("exp", exp, f64::exp, 86.0, true);
        check("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 80.0, false);
        check("tanh", tanh, f64::tanh, 20.0, false);
        check("erf", erf, libm::erf, 5.0, false);
    }
}
