//! Swing: how much longer the first of two subdivisions is than the second.
//!
//! **Convention**: an answer in percent, 50 straight and 66.7 triplet, stands for the ratio p / (100 - p); the truth is a
//! ratio, 1 where nothing swings. The figure is the distance of the ratios (the swing ratio of Friberg and Sundström,
//! "Swing ratios and ensemble timing in jazz performance", Music Perception 19(3), 2002). Scored are the generated
//! pieces whose grid is straight or swung by construction.

/// The generated pieces of `../shared/eval` with a straight or swung grid, by name, as its `score_audio.py` lists them.
const STEADY: [&str; 12] = [
    "S01_pop",
    "S02_rock",
    "S03_swing",
    "S04_jazzwaltz",
    "S05_bossa",
    "S06_funk16",
    "S07_laidback",
    "S08_house",
    "S09_dnb",
    "S12_reggae",
    "S14_shuffle",
    "S19_seven4",
];

/// The error that an answer without swing is given.
pub const UNKNOWN: f64 = 1.0;

/// Whether the swing of the piece of that name is scored.
pub fn is_asked(id: &str) -> bool {
    STEADY.contains(&id)
}

/// The distance from the reference ratio; [`UNKNOWN`] for no answer, and for one that names no ratio (0, 100, not finite).
pub fn measure(reference_ratio: f64, percent: Option<f64>) -> f64 {
    let error = percent.filter(|&p| p != 0.0).map(|p| (p / (100.0 - p) - reference_ratio).abs());
    error.filter(|e| e.is_finite()).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_ratio() {
        assert_eq!(measure(1.0, Some(50.0)), 0.0);
        assert!((measure(2.2, Some(66.0 + 2.0 / 3.0)) - 0.2).abs() < 1e-12);
        assert_eq!(measure(2.0, None), UNKNOWN);
        for percent in [0.0, 100.0, f64::NAN, f64::INFINITY] {
            assert_eq!(measure(1.0, Some(percent)), UNKNOWN, "{percent}");
        }
    }
}
