//! Swing and microtiming of a piece, from the engine's [`Feel`].

use super::super::report::{Lean, Swing};
use kmidi_engine::Band;
use kmidi_engine::groove::feel::{BEATS, Feel};
use kmidi_engine::perform::SwingUnit;

/// A beat is told once strokes this long after it are known, seconds.
const AFTER: f64 = 0.2;
/// The bands and their names.
const BANDS: [(Band, &str); 3] = [(Band::Low, "low"), (Band::Mid, "mid"), (Band::High, "high")];

/// A stroke: when, in which band, and whether nothing else began just before it.
pub(in crate::analyze) type Stroke = (f64, Band, bool);

/// The feel of beats (time, number in the bar) among strokes, all of them in order: first how beats are divided, then who plays where.
pub(in crate::analyze) fn feel(beats: &[(f64, u8)], strokes: &[Stroke]) -> Feel {
    let hear = |mut feel: Feel| {
        let mut strokes = strokes.iter().peekable();
        for &(time, number) in beats {
            while let Some(&(at, band, first)) = strokes.next_if(|stroke| stroke.0 < time + AFTER) {
                feel.stroke(at, band, first);
            }
            feel.beat(time, Some(number));
        }
        feel
    };
    hear(hear(Feel::new(1.0)).again())
}

/// The swing as the contract tells it.
pub(in crate::analyze) fn swing(feel: &Feel) -> Option<Swing> {
    let (swing, confidence) = feel.swing()?;
    let unit = match swing.unit {
        SwingUnit::Eighth => "8th",
        SwingUnit::Sixteenth => "16th",
    };
    Some(Swing { percent: f64::from(swing.percent), unit, confidence: f64::from(confidence) })
}

/// Who plays early or late, place by place.
pub(in crate::analyze) fn microtiming(feel: &Feel) -> Vec<Lean> {
    let grid = feel.grid();
    let mut leans = Vec::new();
    for beat in 1..=BEATS as u8 {
        for (place, &at) in grid.iter().enumerate() {
            let played = |&(band, name)| {
                let lean = feel.lean(band, beat, place)?;
                let (ms, spread_ms) = (f64::from(lean.ms), f64::from(lean.spread_ms));
                Some(Lean { beat, at: f64::from(at), band: name, ms, spread_ms, strokes: lean.strokes })
            };
            leans.extend(BANDS.iter().filter_map(played));
        }
    }
    leans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feel_of_a_whole_piece_is_told() {
        let beats: Vec<(f64, u8)> = (0..40).map(|n| (1.0 + 0.5 * f64::from(n), (n % 3 + 1) as u8)).collect();
        let mut strokes = Vec::new();
        for &(time, number) in &beats {
            strokes.push((time + if number == 3 { 0.012 } else { 0.0 }, Band::High, true));
            strokes.push((time + 0.5 * 2.0 / 3.0, Band::Mid, true));
        }
        let feel = feel(&beats, &strokes);
        let swing = swing(&feel).unwrap();
        assert!((swing.percent - 66.7).abs() < 0.5 && swing.unit == "8th", "{swing:?}");
        let late =
            |beat, band| microtiming(&feel).into_iter().find(|l| (l.beat, l.at, l.band) == (beat, 0.0, band));
        assert!((late(3, "high").unwrap().ms - 12.0).abs() < 1.0);
        assert!(late(1, "high").unwrap().ms.abs() < 1.0);
        assert_eq!((late(4, "high"), late(1, "low")), (None, None));
        // Nobody plays but on the beats and at the swung eighths.
        let places = microtiming(&feel).into_iter().filter(|lean| lean.at != 0.0);
        assert!(places.clone().count() == 3 && places.clone().all(|lean| lean.ms.abs() < 1.0));
    }
}
