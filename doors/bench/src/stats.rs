//! What is beyond chance: medians, a bootstrap of their ratio, a rank test.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The middle value; the mean of the two middle ones of an even number. `None` of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The interval that holds the ratio of the medians of `b` to `a` in 99 of 100 resamples (percentile bootstrap; Efron
/// 1979). `paired`: rounds were measured side by side and are drawn together. The same numbers give the same interval.
pub(crate) fn ratio_interval(a: &[f64], b: &[f64], paired: bool) -> Option<(f64, f64)> {
    const RESAMPLES: usize = 4_000;
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut draw = |n: usize| ((u64::from(chance.next_u32()) * n as u64) >> 32) as usize;
    let mut ratios = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        if paired && a.len() == b.len() {
            let rounds: Vec<usize> = a.iter().map(|_| draw(a.len())).collect();
            let ratio: Vec<f64> = rounds.iter().map(|&n| b[n] / a[n]).collect();
            ratios.extend(median(&ratio));
        } else {
            let some_a: Vec<f64> = a.iter().map(|_| a[draw(a.len())]).collect();
            let some_b: Vec<f64> = b.iter().map(|_| b[draw(b.len())]).collect();
            ratios.extend(median(&some_b).zip(median(&some_a)).map(|(b, a)| b / a));
        }
    }
    ratios.sort_by(f64::total_cmp);
    let at = |share: f64| ratios.get(((ratios.len() - 1) as f64 * share).round() as usize).copied();
    at(0.005).zip(at(0.995))
}

/// How likely values of `b` that rank as high as these are if they come from where `a` does: the rank sum test, by its normal
/// approximation with ties and continuity corrected (Mann and Whitney 1947); 1 where it says nothing.
pub(crate) fn larger_by_chance(a: &[f64], b: &[f64]) -> f64 {
    let (m, n) = (a.len() as f64, b.len() as f64);
    let mut all: Vec<(f64, bool)> = a.iter().map(|&value| (value, false)).collect();
    all.extend(b.iter().map(|&value| (value, true)));
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    let (mut of_b, mut ties, mut below) = (0.0, 0.0, 0.0);
    for same in all.chunk_by(|x, y| x.0 == y.0) {
        let count = same.len() as f64;
        let rank = below + (count + 1.0) / 2.0;
        of_b += rank * same.iter().filter(|(_, is_b)| *is_b).count() as f64;
        ties += count * (count * count - 1.0);
        below += count;
    }
    let u = of_b - n * (n + 1.0) / 2.0;
    let total = m + n;
    let variance = m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    if variance.is_nan() || variance <= 0.0 {
        return 1.0;
    }
    let z = (u - m * n / 2.0 - 0.5) / variance.sqrt();
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn intervals_hold_the_ratio_and_exclude_what_is_not() {
        let a: Vec<f64> = (0..9).map(|n| 100.0 + f64::from(n % 3)).collect();
        let b: Vec<f64> = a.iter().map(|value| value * 1.2).collect();
        let (low, high) = ratio_interval(&a, &b, true).expect("values");
        assert!((low - 1.2).abs() < 1e-9 && (high - 1.2).abs() < 1e-9);
        let (low, high) = ratio_interval(&a, &b, false).expect("values");
        assert!(low > 1.1 && low < 1.2 && high > 1.2 && high < 1.3, "{low} {high}");
        let (low, high) = ratio_interval(&a, &a, false).expect("values");
        assert!(low <= 1.0 && high >= 1.0);
    }

    #[test]
    fn ranks_tell_larger_from_the_same() {
        let a: Vec<f64> = (0..9).map(|n| 100.0 + f64::from(n)).collect();
        let b: Vec<f64> = a.iter().map(|value| value + 20.0).collect();
        assert!(larger_by_chance(&a, &b) < 0.001);
        assert!(larger_by_chance(&a, &a) > 0.3);
        assert!(larger_by_chance(&b, &a) > 0.99);
        assert!(larger_by_chance(&[1.0; 9], &[1.0; 9]) == 1.0 && larger_by_chance(&[], &[]) == 1.0);
        // As scipy.stats.mannwhitneyu (1.14, asymptotic, greater) gives it.
        let p = larger_by_chance(&[1.0, 2.0, 3.0, 4.0, 5.0], &[3.0, 4.0, 5.0, 6.0, 7.0]);
        assert!((p - 0.056_923).abs() < 0.001, "{p}");
    }
}
