//! What onsets, beats and downbeats share: lists of times, compared within a window.
//!
//! An estimate is right when it can be paired with a reference event at most a window away, each event in at most one
//! pair; the score is the size of a largest such pairing.

use super::Error;

/// The latest time that counts as one in seconds: 30,000 s, a little over eight hours, as in mir_eval. Later times come
/// from lists in samples or milliseconds.
pub const MAX_TIME: f64 = 30_000.0;

/// How well two lists of events agree; each figure 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Agreement {
    /// The harmonic mean of precision and recall.
    pub f: f64,
    /// The share of the estimates that are right.
    pub precision: f64,
    /// The share of the reference events that were found.
    pub recall: f64,
}

/// The times in order, each once.
pub(super) fn ordered(what: &'static str, times: &[f64]) -> Result<Vec<f64>, Error> {
    finite(what, times)?;
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.dedup();
    Ok(times)
}

/// Errs at the first time that is not a finite number.
pub(super) fn finite(what: &'static str, times: &[f64]) -> Result<(), Error> {
    match times.iter().position(|t| !t.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: times[index] }),
        None => Ok(()),
    }
}

/// Errs when the last of the ordered times is after [`MAX_TIME`].
pub(super) fn bounded(what: &'static str, ordered: &[f64]) -> Result<(), Error> {
    match ordered.last() {
        Some(&value) if value > MAX_TIME => Err(Error::TooLate { what, value }),
        _ => Ok(()),
    }
}

/// Precision, recall and F of ordered times within `window` seconds; all 0 when either list is empty.
pub(super) fn agreement(reference: &[f64], estimate: &[f64], window: f64) -> Agreement {
    let pairs = pairs(reference, estimate, window);
    if pairs == 0 {
        return Agreement::default();
    }
    let precision = pairs as f64 / estimate.len() as f64;
    let recall = pairs as f64 / reference.len() as f64;
    Agreement { f: 2.0 * precision * recall / (precision + recall), precision, recall }
}

/// The size of a largest pairing.
///
/// The windows are equally wide and the estimates in order, so the reference events in reach move forward only. Then
/// the earliest free one is always the best choice, and no search for augmenting paths is needed.
fn pairs(reference: &[f64], estimate: &[f64], window: f64) -> usize {
    let (mut free, mut pairs) = (0, 0);
    for &time in estimate {
        while free < reference.len() && reference[free] < time - window {
            free += 1;
        }
        if free < reference.len() && reference[free] <= time + window {
            (free, pairs) = (free + 1, pairs + 1);
        }
    }
    pairs
}

/// The place of the nearest of the ordered times, the earlier one of two at the same distance; `None` in an empty list.
pub(super) fn nearest(ordered: &[f64], time: f64) -> Option<usize> {
    let after = ordered.partition_point(|&t| t < time);
    match (after.checked_sub(1), ordered.get(after)) {
        (Some(before), Some(next)) if next - time < time - ordered[before] => Some(after),
        (Some(before), _) => Some(before),
        (None, Some(_)) => Some(after),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A largest pairing by augmenting paths: slow, and right for any graph.
    fn augmented(reference: &[f64], estimate: &[f64], window: f64) -> usize {
        fn place(e: usize, reach: &[Vec<usize>], seen: &mut [bool], owner: &mut [Option<usize>]) -> bool {
            for &r in &reach[e] {
                if !seen[r] {
                    seen[r] = true;
                    if owner[r].is_none_or(|other| place(other, reach, seen, owner)) {
                        owner[r] = Some(e);
                        return true;
                    }
                }
            }
            false
        }
        let within = |e: f64| {
            (0..reference.len()).filter(move |&r| reference[r] >= e - window && reference[r] <= e + window)
        };
        let reach: Vec<Vec<usize>> = estimate.iter().map(|&e| within(e).collect()).collect();
        let mut owner = vec![None; reference.len()];
        (0..estimate.len())
            .filter(|&e| place(e, &reach, &mut vec![false; reference.len()], &mut owner))
            .count()
    }

    #[test]
    fn the_forward_pairing_is_a_largest_one() {
        let mut seed = 1_u64;
        let mut times = |n: usize| {
            let list: Vec<f64> = (0..n)
                .map(|_| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (seed >> 40) as f64 / (1 << 24) as f64
                })
                .collect();
            ordered("test", &list).unwrap()
        };
        let mut sizes = std::collections::BTreeSet::new();
        for round in 0..500 {
            let (reference, estimate) = (times(round % 23), times(round % 19));
            let size = pairs(&reference, &estimate, 0.05);
            assert_eq!(size, augmented(&reference, &estimate, 0.05), "{reference:?} {estimate:?}");
            sizes.insert(size);
        }
        assert!(sizes.len() > 8, "the lists should give pairings of many sizes, not {sizes:?}");
    }

    #[test]
    fn a_close_pair_does_not_take_the_partner_of_another() {
        // The nearest partner of 1.00 is 1.01, but then 1.05 would have none.
        assert_eq!(pairs(&[0.96, 1.01], &[1.0, 1.05], 0.05), 2);
        assert_eq!(pairs(&[1.0], &[0.95, 1.05], 0.0501), 1);
        assert_eq!(pairs(&[1.0], &[1.051], 0.05), 0);
    }

    #[test]
    fn the_nearest_of_none_one_and_many() {
        assert_eq!(nearest(&[], 1.0), None);
        assert_eq!(nearest(&[5.0], 1.0), Some(0));
        assert_eq!(nearest(&[1.0, 2.0, 4.0], 1.5), Some(0), "a tie goes to the earlier");
        assert_eq!(nearest(&[1.0, 2.0, 4.0], 3.5), Some(2));
        assert_eq!(nearest(&[1.0, 2.0, 4.0], 9.0), Some(2));
    }

    #[test]
    fn what_is_no_time_is_named() {
        let fault = ordered("truth beats", &[1.0, f64::NAN]).unwrap_err();
        assert!(matches!(fault, Error::NotFinite { what: "truth beats", index: 1, .. }), "{fault}");
        assert_eq!(ordered("x", &[2.0, 1.0, 2.0]), Ok(vec![1.0, 2.0]));
        assert!(bounded("x", &[1.0, 30_001.0]).is_err());
        assert!(bounded("x", &[1.0, 30_000.0]).is_ok());
    }
}
