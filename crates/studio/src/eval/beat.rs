//! Beats and downbeats.
//!
//! **Convention**: times in seconds; what lies in the first five seconds is not scored, so that a tracker may settle.
//! The measures are those of Davies, Degara and Plumbley, "Evaluation methods for musical audio beat tracking
//! algorithms" (Queen Mary University of London, C4DM-TR-09-06, 2009): F (Dixon 2001, 2007; window 70 ms), the Gaussian error
//! of Cemgil, Kappen, Desain and Honing (2000, sigma 40 ms), and the continuity-based CMLt and AMLt (Hainsworth 2004;
//! Klapuri, Eronen and Astola 2006; tolerance 17.5 %).

use super::Error;
use super::events::{agreement, bounded, nearest, ordered};

/// Seconds at the start that are not scored.
pub const SETTLING: f64 = 5.0;
/// The window of F, in seconds to either side.
pub const WINDOW: f64 = 0.07;
/// The standard deviation of Cemgil's error window, in seconds.
pub const CEMGIL_SIGMA: f64 = 0.04;
/// The tolerance of phase and period, as a share of the beat.
pub const CONTINUITY: f64 = 0.175;

/// Figures of one piece, each 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// The F-measure at 70 ms.
    pub f: f64,
    /// Cemgil's accuracy.
    pub cemgil: f64,
    /// Correct metrical level, total: the share of beats right in phase and period.
    pub cmlt: f64,
    /// Allowed metrical levels, total: the best share over the beats as written, off the beat, twice as fast, half as
    /// fast from the first and from the second beat.
    pub amlt: f64,
}

/// Scores estimated beats against reference beats of a piece that ends at `end` seconds. Beats before 0 and more than
/// 50 ms after the end are passed over; fewer than two beats after the first five seconds score 0.
///
/// # Errors
/// [`Error::NotFinite`] and [`Error::TooLate`].
pub fn measure(reference: &[f64], estimate: &[f64], end: f64) -> Result<Scores, Error> {
    let reference = settled("truth beats", reference)?;
    let mut estimate = ordered("answer beats", estimate)?;
    estimate.retain(|&t| (SETTLING..=end + 0.05).contains(&t));
    bounded("answer beats", &estimate)?;
    if estimate.len() < 2 {
        return Ok(Scores::default());
    }
    let cmlt = continuous(&reference, &estimate);
    let other_levels = levels(&reference).into_iter().map(|level| continuous(&level, &estimate));
    Ok(Scores {
        f: agreement(&reference, &estimate, WINDOW).f,
        cemgil: cemgil(&reference, &estimate),
        cmlt,
        amlt: other_levels.fold(cmlt, f64::max),
    })
}

/// The F-measure of downbeats at 70 ms.
///
/// # Errors
/// [`Error::NotFinite`] and [`Error::TooLate`].
pub fn downbeats(reference: &[f64], estimate: &[f64]) -> Result<f64, Error> {
    let (reference, estimate) =
        (settled("truth downbeats", reference)?, settled("answer downbeats", estimate)?);
    Ok(agreement(&reference, &estimate, WINDOW).f)
}

fn settled(what: &'static str, times: &[f64]) -> Result<Vec<f64>, Error> {
    let mut times = ordered(what, times)?;
    times.retain(|&t| t >= SETTLING);
    bounded(what, &times)?;
    Ok(times)
}

/// A Gaussian of the distance from each reference beat to the nearest estimate, over the mean number of beats.
fn cemgil(reference: &[f64], estimate: &[f64]) -> f64 {
    let distance = |&beat: &f64| nearest(estimate, beat).map(|at| (beat - estimate[at]).abs());
    let near = |d: f64| libm::exp(-d * d / (2.0 * CEMGIL_SIGMA * CEMGIL_SIGMA));
    let sum: f64 = reference.iter().filter_map(distance).map(near).sum();
    sum / (0.5 * (estimate.len() + reference.len()) as f64)
}

/// The other metrical levels that a listener may tap.
fn levels(beats: &[f64]) -> [Vec<f64>; 4] {
    let off_beat: Vec<f64> = beats.windows(2).map(|b| b[0] + 0.5 * (b[1] - b[0])).collect();
    let mut double: Vec<f64> = beats.iter().chain(&off_beat).copied().collect();
    double.sort_by(f64::total_cmp);
    let every_second = |from: usize| beats.iter().skip(from).step_by(2).copied().collect();
    [off_beat, double, every_second(0), every_second(1)]
}

/// The share of beats that are right in phase and period, each reference beat used once.
fn continuous(reference: &[f64], estimate: &[f64]) -> f64 {
    if reference.len() < 2 || estimate.len() < 2 {
        return 0.0;
    }
    let mut used = vec![false; reference.len()];
    for (at, &beat) in estimate.iter().enumerate() {
        let Some(near) = nearest(reference, beat).filter(|&near| !used[near]) else { continue };
        // A first beat has no interval behind it and is judged by the one ahead.
        let ahead = at == 0 || near == 0;
        let annotated = interval(reference, near, ahead);
        let phase = (beat - reference[near]).abs() / annotated;
        let period = (1.0 - interval(estimate, at, ahead) / annotated).abs();
        used[near] = phase < CONTINUITY && period < CONTINUITY;
    }
    let right = used.iter().filter(|&&u| u).count();
    right as f64 / reference.len().max(estimate.len()) as f64
}

/// The interval from the beat to the next one, or from the one before when asked so or when it is the last.
fn interval(beats: &[f64], at: usize, ahead: bool) -> f64 {
    let to = if ahead && at + 1 < beats.len() { at + 1 } else { at };
    beats[to] - beats[to - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(from: f64, step: f64, count: usize) -> Vec<f64> {
        (0..count).map(|i| from + step * i as f64).collect()
    }

    #[test]
    fn perfect_and_empty() {
        let beats = grid(0.5, 0.5, 40);
        let perfect = measure(&beats, &beats, 21.0).unwrap();
        assert_eq!(perfect, Scores { f: 1.0, cemgil: 1.0, cmlt: 1.0, amlt: 1.0 });
        assert_eq!(measure(&beats, &[], 21.0), Ok(Scores::default()));
        assert_eq!(measure(&[], &beats, 21.0), Ok(Scores::default()));
        assert_eq!(measure(&beats, &[6.0], 21.0), Ok(Scores::default()), "one beat has no tempo");
        assert_eq!(downbeats(&beats, &beats), Ok(1.0));
        assert_eq!(downbeats(&beats, &[]), Ok(0.0));
    }

    #[test]
    fn the_first_five_seconds_and_what_lies_outside_the_piece_do_not_count() {
        let beats = grid(0.5, 0.5, 40);
        let mut late = grid(5.0, 0.5, 31);
        late.extend([-1.0, 0.3, 3.3, 21.2, 500.0]);
        assert_eq!(measure(&beats, &late, 20.5).unwrap().f, 1.0);
    }

    #[test]
    fn half_and_double_tempo_are_another_level() {
        let beats = grid(5.0, 0.5, 41);
        let half = measure(&beats, &grid(5.0, 1.0, 21), 30.0).unwrap();
        assert_eq!((half.cmlt, half.amlt), (0.0, 1.0));
        assert!((half.f - 2.0 * 21.0 / 62.0).abs() < 1e-12, "21 of 21 and 21 of 41");
        let double = measure(&beats, &grid(5.0, 0.25, 81), 30.0).unwrap();
        assert_eq!((double.cmlt, double.amlt), (0.0, 1.0));
        let off = measure(&beats, &grid(5.25, 0.5, 40), 30.0).unwrap();
        assert_eq!((off.f, off.cmlt, off.amlt), (0.0, 0.0, 1.0));
    }

    #[test]
    fn a_shift_lowers_each_figure_at_its_own_tolerance() {
        let beats = grid(5.0, 0.5, 41);
        let shifted = |by: f64| measure(&beats, &grid(5.0 + by, 0.5, 41), 30.0).unwrap();
        let (small, large) = (shifted(0.04), shifted(0.1));
        // One standard deviation off each beat.
        assert!((small.cemgil - libm::exp(-0.5)).abs() < 1e-9);
        assert_eq!((small.f, small.cmlt), (1.0, 1.0));
        assert_eq!((large.f, large.cmlt), (0.0, 0.0), "0.1 s is a fifth of the beat");
        assert!(large.cemgil < small.cemgil);
    }

    #[test]
    fn an_extra_beat_spoils_the_next_interval_only() {
        let beats = grid(5.0, 0.5, 41);
        let mut extra = beats.clone();
        extra.push(6.1); // its annotation is used; then 6.5 comes 0.4 s after it, a fifth too soon
        let scores = measure(&beats, &extra, 30.0).unwrap();
        assert_eq!((scores.cmlt, scores.f), (40.0 / 42.0, 82.0 / 83.0));
    }

    #[test]
    fn malformed() {
        assert!(measure(&[f64::NAN], &[6.0, 7.0], 9.0).is_err());
        assert!(measure(&[6.0, 7.0], &[6.0, f64::NAN], 9.0).is_err());
        assert!(measure(&[6.0, 40_000.0], &[6.0, 7.0], 9.0).is_err());
        assert!(downbeats(&[6.0], &[31_000.0]).is_err());
    }
}
