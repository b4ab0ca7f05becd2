//! Tempo of a piece.
//!
//! **Convention**: beats a minute; accuracy 1 allows 4 %, accuracy 2 allows also twice, three times, half and a third of
//! the tempo (Gouyon, Klapuri, Dixon, Alonso, Tzanetakis, Uhle and Cano, "An experimental comparison of audio tempo
//! induction algorithms", IEEE TASLP 14(5), 2006). Only pieces of a stable tempo are scored.

/// The tolerance, as a share of the tempo.
pub const TOLERANCE: f64 = 0.04;

/// Figures of one piece: 0 or 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// The tempo is right.
    pub acc1: f64,
    /// The tempo is right up to a factor of two or three.
    pub acc2: f64,
}

/// Scores an estimated tempo; none, 0 and what is not finite score 0, on either side.
pub fn measure(reference: f64, estimate: Option<f64>) -> Scores {
    let named = |bpm: &f64| bpm.is_finite() && *bpm != 0.0;
    let (Some(reference), Some(estimate)) = (Some(reference).filter(named), estimate.filter(named)) else {
        return Scores::default();
    };
    let near = |factor: f64| (estimate - factor * reference).abs() <= TOLERANCE * factor * reference;
    let share = |right: bool| f64::from(u8::from(right));
    Scores {
        acc1: share(near(1.0)),
        acc2: share([1.0, 2.0, 3.0, 1.0 / 2.0, 1.0 / 3.0].into_iter().any(near)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octaves_and_tolerance() {
        let check = |estimate, acc1, acc2| {
            assert_eq!(measure(100.0, estimate), Scores { acc1, acc2 }, "{estimate:?}");
        };
        check(Some(100.0), 1.0, 1.0);
        check(Some(103.9), 1.0, 1.0);
        check(Some(104.5), 0.0, 0.0);
        check(Some(200.0), 0.0, 1.0);
        check(Some(309.0), 0.0, 1.0);
        check(Some(33.0), 0.0, 1.0);
        check(Some(75.0), 0.0, 0.0);
        check(Some(0.0), 0.0, 0.0);
        check(Some(f64::NAN), 0.0, 0.0);
        check(None, 0.0, 0.0);
        assert_eq!(measure(f64::INFINITY, Some(100.0)), Scores::default());
    }
}
