//! The model of the dynamics: a piece of our own, and the figures on pieces that training never saw.

use kmidi::studio::eval::dynamics::{Piece, evaluate};
use kmidi::{labelled, weights};
use serde_json::json;
use std::path::Path;

/// The least correlation and the most mean error on the pieces that chose the weights.
const FLOORS: (f64, f64) = (0.56, 11.0);

/// A song of 16 bars: a tune over broken chords, as a player without nerves would play it: the tune at 100, the bass at 80, the rest at 64.
fn song() -> serde_json::Value {
    let tune = [72, 74, 76, 79, 76, 74, 72, 69];
    let (mut notes, mut chords) = (Vec::new(), Vec::new());
    for bar in 0..16 {
        let (root, label) = [(48, "C:maj"), (45, "A:min"), (41, "F:maj"), (43, "G:maj")][bar % 4];
        let at = bar as f64 * 4.0;
        chords.push(json!([at, label]));
        for eighth in 0..8 {
            let onset = at + eighth as f64 / 2.0;
            let (pitch, velocity) = [(root, 80), (root + 7, 64), (root + 12, 64), (root + 7, 64)][eighth % 4];
            notes.push(json!([onset, 0.5, pitch, velocity, 2]));
            if eighth % 2 == 0 {
                notes.push(json!([onset, 1.0, tune[(bar + eighth) % 8], 100, 0]));
            }
        }
    }
    json!({ "id": "own/1", "tempo_bpm": 84.0, "meter": [[0, 4, 4]], "chords": chords, "notes": notes })
}

fn told(song: &serde_json::Value) -> (Vec<f64>, f64) {
    let piece: Piece = serde_json::from_value(song.clone()).unwrap();
    let report = evaluate(&[piece], None, &weights("dynamics", "default").unwrap()).unwrap();
    let velocity = |answer: &Option<String>| answer.as_ref().unwrap().parse().unwrap();
    (report.predictions.iter().map(|told| velocity(&told.answer)).collect(), report.metrics["r"])
}

#[test]
fn a_tune_stands_out_from_what_accompanies_it() {
    let mut song = song();
    let (velocities, r) = told(&song);
    let notes = song["notes"].as_array().unwrap().clone();
    assert_eq!(velocities.len(), notes.len());
    assert!(velocities.iter().all(|velocity| (1.0..=127.0).contains(velocity)));
    let mean = |role: i64| {
        let of = || notes.iter().zip(&velocities).filter(|(note, _)| note[4] == role).map(|(_, v)| v);
        of().sum::<f64>() / of().count() as f64
    };
    assert!(mean(0) > mean(2) + 8.0, "{} {}", mean(0), mean(2));
    assert!(r > 0.6, "{r}");
    // What was played has no part in the answer, and the order of the notes none in which note it is for.
    let rows = song["notes"].as_array_mut().unwrap();
    rows.iter_mut().for_each(|note| note[3] = 1.into());
    rows.reverse();
    let (mut again, _) = told(&song);
    again.reverse();
    assert_eq!(again, velocities);
}

#[test]
fn figures_on_pieces_that_were_not_trained_on() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/dynamics/pop909_arrangement.valid.jsonl.gz");
    if !path.is_file() {
        println!("skipped: ../shared/data/dynamics is not there");
        return;
    }
    let mut pieces: Vec<serde_json::Value> = labelled(&path).unwrap();
    let figures = |pieces: &[serde_json::Value]| {
        let pieces: Vec<Piece> =
            pieces.iter().map(|piece| serde_json::from_value(piece.clone()).unwrap()).collect();
        let report = evaluate(&pieces, None, &weights("dynamics", "default").unwrap()).unwrap();
        (report.metrics["r"], report.metrics["velocity_mae"])
    };
    let (r, mae) = figures(&pieces);
    assert!(r >= FLOORS.0 && mae <= FLOORS.1, "r {r}, mean error {mae}");
    // The floor sees a score that is told wrongly: tune and accompaniment exchanged.
    for note in pieces.iter_mut().flat_map(|piece| piece["notes"].as_array_mut().unwrap()) {
        note[4] = (2 - note[4].as_i64().unwrap()).max(0).into();
    }
    let (r, mae) = figures(&pieces);
    assert!(r < FLOORS.0 && mae > FLOORS.1, "roles exchanged: r {r}, mean error {mae}");
}
