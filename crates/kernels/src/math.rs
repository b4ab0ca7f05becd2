//! Scalar functions, and reductions of slices in a fixed order.
//!
//! The scalar functions are those of the `libm` crate (a port of musl's, which descend from Sun's FDLIBM, 1993): the
//! same bits everywhere, an error below one unit in the last place for most. NaN gives NaN in all of them.

/// How many partial sums a reduction keeps. Eight `f32` fill one 256-bit register or two of 128 bits.
pub const LANES: usize = 8;

/// *e* to the power `x`. Above 88.73 it is infinite, below -103.98 it is 0.
#[inline]
#[must_use]
pub fn exp(x: f32) -> f32 {
    libm::expf(x)
}

/// The natural logarithm. 0 gives minus infinity, a negative number NaN.
#[inline]
#[must_use]
pub fn ln(x: f32) -> f32 {
    libm::logf(x)
}

/// The logarithm to base 10. 0 gives minus infinity, a negative number NaN.
#[inline]
#[must_use]
pub fn log10(x: f32) -> f32 {
    libm::log10f(x)
}

/// The hyperbolic tangent, from -1 to 1.
#[inline]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    libm::tanhf(x)
}

/// The error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to `x`.
#[must_use]
pub fn erf(x: f32) -> f32 {
    libm::erff(x)
}

/// The sine of `x` radians. An infinity gives NaN.
#[inline]
#[must_use]
pub fn sin(x: f32) -> f32 {
    libm::sinf(x)
}

/// The cosine of `x` radians. An infinity gives NaN.
#[inline]
#[must_use]
pub fn cos(x: f32) -> f32 {
    libm::cosf(x)
}

/// The angle of the point (`x`, `y`) seen from the origin, from -pi to pi; 0 for the origin itself.
#[inline]
#[must_use]
pub fn atan2(y: f32, x: f32) -> f32 {
    libm::atan2f(y, x)
}

/// The square root, correctly rounded. A negative number gives NaN.
#[inline]
#[must_use]
pub fn sqrt(x: f32) -> f32 {
    // The standard library guarantees correct rounding, so the one instruction gives the same bits as any software.
    x.sqrt()
}

/// The logistic function `1 / (1 + exp(-x))`, from 0 to 1.
#[inline]
#[must_use]
pub fn sigmoid(x: f32) -> f32 {
    // Each branch takes the exponential of a number that is not positive: it cannot overflow, and a large negative x
    // keeps its small answer.
    if x < 0.0 {
        let e = exp(x);
        e / (1.0 + e)
    } else {
        1.0 / (1.0 + exp(-x))
    }
}

/// The scalar product of `a` and `b`.
///
/// Element `i` is added to lane `i % 8`, in order; then lanes 0 to 3 take up lanes 4 to 7, lanes 0 and 1 take up 2 and
/// 3, and lane 0 takes up lane 1. The length does not change that order, and no multiply-add is fused. Where the slices
/// differ in length, the longer one's tail is left out, as [`Iterator::zip`] does; two empty slices give 0.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let (a, a_tail) = a[..length].as_chunks::<LANES>();
    let (b, b_tail) = b[..length].as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(a_tail.iter().zip(b_tail)) {
        *lane += a * b;
    }
    join(lanes)
}

/// The sum of `values`, in the order of [`dot`]. An empty slice gives 0.
#[must_use]
pub fn sum(values: &[f32]) -> f32 {
    let (chunks, tail) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    for (lane, value) in lanes.iter_mut().zip(tail) {
        *lane += value;
    }
    join(lanes)
}

fn join(lanes: [f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The greatest of `values`. An empty slice gives minus infinity; a NaN anywhere gives NaN.
#[must_use]
pub fn max(values: &[f32]) -> f32 {
    // Not `f32::max`: it leaves open which of 0 and -0 it gives, and it hides a NaN.
    let pick = |greatest: f32, value: f32| if value > greatest || value.is_nan() { value } else { greatest };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, tail) = values.as_chunks::<LANES>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &value)| *lane = pick(*lane, value));
    }
    lanes.iter_mut().zip(tail).for_each(|(lane, &value)| *lane = pick(*lane, value));
    lanes.into_iter().fold(f32::NEG_INFINITY, pick)
}

/// The logarithm of the sum of the exponentials of `values`, without overflow.
///
/// This is addition for probabilities kept as logarithms. An empty slice, or one of nothing but minus infinity (all
/// probabilities 0), gives minus infinity; plus infinity gives plus infinity; a NaN anywhere gives NaN.
#[must_use]
pub fn logsumexp(values: &[f32]) -> f32 {
    let greatest = max(values);
    if !greatest.is_finite() {
        return greatest;
    }
    let mut lanes = [0.0; LANES];
    for chunk in values.chunks(LANES) {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += exp(value - greatest);
        }
    }
    greatest + ln(join(lanes))
}

/// Turns scores into probabilities, in place: each becomes `exp(score) / sum of exp(scores)`.
///
/// Minus infinity marks what is impossible and gets 0. Where no finite score is there to share the probability (all are
/// minus infinity, or one is plus infinity or NaN) every value becomes NaN.
pub fn softmax(values: &mut [f32]) {
    let greatest = max(values);
    if !greatest.is_finite() {
        values.fill(f32::NAN);
        return;
    }
    for value in values.iter_mut() {
        *value = exp(*value - greatest);
    }
    let total = sum(values);
    for value in values {
        *value /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    #[test]
    fn scalar_functions_follow_the_platforms_double_precision() {
        let check = |name: &str, ours: fn(f32) -> f32, twin: fn(f64) -> f64, from: f32, to: f32| {
            let mut random = Random(7);
            for _ in 0..20_000 {
                let x = from + (to - from) * (0.5 + random.signed(0.5));
                let (found, expected) = (f64::from(ours(x)), twin(f64::from(x)));
                // Two units in the last place: one for the function, one for the rounding of the expected value.
                let allowed =
                    expected.abs().max(f64::from(f32::MIN_POSITIVE)) * 2.0 * f64::from(f32::EPSILON);
                assert!((found - expected).abs() <= allowed, "{name}({x}): {found}, expected {expected}");
            }
        };
        check("exp", exp, f64::exp, -87.0, 88.0);
        check("ln", ln, f64::ln, 1e-6, 1e6);
        check("log10", log10, f64::log10, 1e-6, 1e6);
        check("tanh", tanh, f64::tanh, -12.0, 12.0);
        check("sin", sin, f64::sin, -100.0, 100.0);
        check("cos", cos, f64::cos, -100.0, 100.0);
        check("sqrt", sqrt, f64::sqrt, 0.0, 1e9);
        check("sigmoid", sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -80.0, 80.0);
    }

    #[test]
    fn scalar_functions_at_the_edges() {
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(1000.0), f32::INFINITY);
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert!(ln(-1.0).is_nan() && sin(f32::INFINITY).is_nan() && sqrt(-1.0).is_nan());
        assert_eq!([sigmoid(f32::NEG_INFINITY), sigmoid(0.0), sigmoid(f32::INFINITY)], [0.0, 0.5, 1.0]);
        for function in [exp, ln, log10, tanh, sin, cos, sqrt, sigmoid] {
            assert!(function(f32::NAN).is_nan());
        }
    }

    #[test]
    fn dot_and_sum_follow_their_twins() {
        let mut random = Random(1);
        for length in (0..70).chain([1023, 1024, 1025]) {
            let (a, b) = (random.vector(length), random.vector(length));
            let twin: f64 = a.iter().zip(&b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            assert_close(dot(&a, &b), twin, 1e-6 * (1.0 + length as f64).sqrt());
            let twin: f64 = a.iter().map(|&a| f64::from(a)).sum();
            assert_close(sum(&a), twin, 1e-6 * (1.0 + length as f64).sqrt());
            assert_eq!(sum(&a).to_bits(), dot(&a, &vec![1.0; length]).to_bits(), "one order for both");
        }
        assert_eq!(dot(&[1.0, 2.0, 3.0], &[10.0, 20.0]), 50.0, "the longer slice's tail is left out");
        assert!(dot(&[1.0, f32::NAN], &[1.0, 0.0]).is_nan());
    }

    #[test]
    fn the_order_of_a_sum_is_the_documented_one() {
        let mut random = Random(9);
        let mut other_orders = [0; 2];
        for length in 9..200 {
            let values = random.vector(length);
            let mut lanes = [0.0_f32; LANES];
            for (index, value) in values.iter().enumerate() {
                lanes[index % LANES] += value;
            }
            let neighbours = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
                + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
            for half in [4, 2, 1] {
                for lane in 0..half {
                    lanes[lane] += lanes[lane + half];
                }
            }
            assert_eq!(sum(&values).to_bits(), lanes[0].to_bits());
            other_orders[0] += usize::from(neighbours != lanes[0]);
            other_orders[1] += usize::from(values.iter().sum::<f32>() != lanes[0]);
        }
        assert!(
            other_orders.iter().all(|&differ| differ > 20),
            "the inputs tell orders apart: {other_orders:?}"
        );
    }

    #[test]
    fn max_at_the_edges() {
        assert_eq!(max(&[]), f32::NEG_INFINITY);
        assert_eq!(max(&[-3.0, -1.0, -2.0]), -1.0);
        assert!(max(&[1.0, f32::NAN, 2.0]).is_nan());
        assert_eq!(max(&[-0.0, 0.0]).to_bits(), (-0.0_f32).to_bits(), "the first of equals");
    }

    #[test]
    fn softmax_and_logsumexp_follow_their_twins() {
        let mut random = Random(2);
        for length in 1..40 {
            let scores: Vec<f32> = (0..length).map(|_| random.signed(30.0)).collect();
            let total: f64 = scores.iter().map(|&s| f64::from(s).exp()).sum();
            assert_close(logsumexp(&scores), total.ln(), 1e-5);
            let mut shares = scores.clone();
            softmax(&mut shares);
            for (&share, &score) in shares.iter().zip(&scores) {
                assert_close(share, f64::from(score).exp() / total, 1e-6);
            }
            assert_close(sum(&shares), 1.0, 1e-6);
        }
    }

    #[test]
    fn softmax_and_logsumexp_at_the_edges() {
        const NONE: f32 = f32::NEG_INFINITY;
        assert_eq!(logsumexp(&[]), NONE);
        assert_eq!(logsumexp(&[NONE, NONE]), NONE);
        assert_eq!(logsumexp(&[1000.0, NONE]), 1000.0, "no overflow");
        assert!(logsumexp(&[NONE, f32::NAN]).is_nan());
        softmax(&mut []);
        let mut scores = [1000.0, NONE, 1000.0];
        softmax(&mut scores);
        assert_eq!(scores, [0.5, 0.0, 0.5]);
        for mut scores in [[NONE, NONE], [1.0, f32::NAN], [f32::INFINITY, 0.0]] {
            softmax(&mut scores);
            assert!(scores.iter().all(|share| share.is_nan()));
        }
    }
}
