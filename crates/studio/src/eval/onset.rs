//! Onsets: where notes begin.
//!
//! **Convention**: times in seconds; an onset is right when it lies within the window of a reference onset that no other
//! one is paired with (Böck, Krebs and Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR
//! 2012). Onsets more than 50 ms after the end of the piece are passed over.

use super::Error;
use super::events::{Agreement, agreement, bounded, ordered};

/// The usual window, in seconds to either side.
pub const WINDOW: f64 = 0.05;
/// The strict window, in seconds to either side.
pub const STRICT_WINDOW: f64 = 0.025;

/// Figures of one piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Within 50 ms.
    pub at_50: Agreement,
    /// Within 25 ms.
    pub at_25: Agreement,
}

/// Scores estimated onsets against reference onsets of a piece that ends at `end` seconds.
///
/// # Errors
/// [`Error::NotFinite`], and [`Error::TooLate`] for a time after [`MAX_TIME`](super::MAX_TIME) in the reference, or in
/// the estimate where the piece is as long.
pub fn measure(reference: &[f64], estimate: &[f64], end: f64) -> Result<Scores, Error> {
    let reference = ordered("truth onsets", reference)?;
    let mut estimate = ordered("answer onsets", estimate)?;
    estimate.retain(|&t| t <= end + 0.05);
    bounded("truth onsets", &reference)?;
    bounded("answer onsets", &estimate)?;
    Ok(Scores {
        at_50: agreement(&reference, &estimate, WINDOW),
        at_25: agreement(&reference, &estimate, STRICT_WINDOW),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [f64; 4] = [0.5, 1.0, 1.5, 2.0];

    #[test]
    fn figures_by_hand() {
        // One of the four is 30 ms late, one is missing, one is extra: 3 of 4 at 50 ms, 2 of 4 at 25 ms.
        let scores = measure(&TRUTH, &[0.5, 1.03, 1.5, 1.8], 2.5).unwrap();
        assert_eq!(scores.at_50, Agreement { f: 0.75, precision: 0.75, recall: 0.75 });
        assert_eq!(scores.at_25.f, 0.5);
    }

    #[test]
    fn perfect_empty_and_disordered() {
        let perfect = measure(&TRUTH, &TRUTH, 2.5).unwrap();
        assert_eq!((perfect.at_50.f, perfect.at_25.f), (1.0, 1.0));
        assert_eq!(measure(&TRUTH, &[], 2.5).unwrap().at_50, Agreement::default());
        assert_eq!(measure(&[], &TRUTH, 2.5).unwrap().at_50, Agreement::default());
        assert_eq!(measure(&TRUTH, &[2.0, 0.5, 1.5, 1.0, 1.0, 7.0], 2.5), Ok(perfect));
        assert!(measure(&TRUTH, &[f64::INFINITY], 2.5).is_err());
        assert!(measure(&[90_000.0], &TRUTH, 2.5).is_err());
    }

    #[test]
    fn a_shifted_answer_scores_less() {
        let shifted = |by: f64| measure(&TRUTH, &TRUTH.map(|t| t + by), 2.5).unwrap();
        assert_eq!((shifted(0.03).at_50.f, shifted(0.03).at_25.f), (1.0, 0.0));
        assert_eq!(shifted(0.06).at_50.f, 0.0);
    }
}
