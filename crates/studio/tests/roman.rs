//! Keys and Roman numerals of whole pieces.

use kmidi_engine::harmony::context::{Context, Sounding};
use kmidi_music::notation::harte;
use kmidi_music::{Key, roman};
use kmidi_studio::analyze::roman::{name, understand};
use kmidi_studio::eval::harmony::{self, Piece};

/// The chords of a progression as they sound, and the numerals that are heard in it.
fn heard(progression: &str, key: &str) -> String {
    let key: Key = key.parse().unwrap();
    let chords: Vec<Sounding> = roman::progression(progression, key)
        .unwrap()
        .iter()
        .map(|(key, numeral)| {
            let chord = numeral.chord(*key);
            Sounding { set: chord.pitch_classes(), bass: chord.bass.pitch_class(), duration: 1.0 }
        })
        .collect();
    let mut last = None;
    let mut out = Vec::new();
    for chord in understand(&mut Context::new(), &chords) {
        if last != Some(chord.key) {
            out.push(format!("{}:", chord.key));
        }
        last = Some(chord.key);
        out.push(chord.numeral.to_string());
    }
    out.join(" ")
}

#[test]
fn progressions_are_read_back() {
    for (key, progression) in [
        ("C", "I IV6 V65 I ii6 Cad64 V7 I"),
        ("C", "I V65/V V7 I V7/IV IV V7 I"),
        ("a", "i iv V7 i iiø65 V7 i"),
        ("Eb", "I viio6 I6 IV V7 vi ii6 V7 I"),
        ("d", "i V i viio7/V V i iv V7 I"),
        ("f", "i iv Ger65 V i It6 V i"),
        ("g", "i Fr43 V i VI iiø65 V7 i"),
        ("e", "i iv N6 V7 i iv Cad64 V7 i"),
        ("C", "I iv I V7 vi IV iv V7 I"),
        ("G", "I IV bVI V7 I iv I V7 I"),
    ] {
        let label: Key = key.parse().unwrap();
        assert_eq!(heard(progression, key), format!("{label}: {progression}"));
    }
}

#[test]
fn augmented_sixths_are_called_as_lead_sheets_call_them() {
    for (numeral, key, label) in [
        ("Ger65", "C", "Ab:7"),
        ("Ger65", "f#", "D:7"),
        ("It6", "c", "Ab:7(*5)"),
        ("Fr43", "a", "F:7(*5,b5)"),
        ("N6", "a", "Bb:maj/D"),
    ] {
        let key: Key = key.parse().unwrap();
        let sounding = |text: &str| {
            let chord = roman::parse(text, key).unwrap();
            let set = chord.pitch_classes();
            (Sounding { set, bass: chord.bass.pitch_class(), duration: 1.0 }, chord.root.pitch_class())
        };
        let (sixth, root) = sounding(numeral);
        let (chord, named) = name(sixth, root, key, Some(sounding("V")));
        assert_eq!(named.to_string(), numeral, "{key}");
        assert_eq!(harte::print_with_bass_note(harte::Label::Chord(chord)), label, "{numeral} in {key}");
    }
}

#[test]
fn a_new_key_begins_where_it_is_heard() {
    let text = heard("I IV V7 I I6 V7 I G: ii6 V7 I vi ii7 V7 I I6 viio6 I V65 I vi ii6 Cad64 V7 I", "C");
    assert!(text.starts_with("C:maj: I IV V7 I") && text.contains("G:maj:"), "{text}");
    assert!(text.ends_with("vi ii6 Cad64 V7 I"), "{text}");
}

const PIECES: &str = include_str!("../../../corpus/harmony/pieces.jsonl");

#[test]
fn the_tasks_score_what_is_right_and_what_is_wrong() {
    let pieces: Vec<Piece> = PIECES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let right = [
        harmony::name::evaluate(&pieces),
        harmony::key::evaluate(&pieces),
        harmony::roman::evaluate(&pieces),
    ];
    for (report, metric) in right.iter().zip(["root_in_context", "exact", "exact"]) {
        assert!(report.items > 30 && report.metrics[metric] > 0.9, "{metric} {:?}", report.metrics);
        assert_eq!(report.items, report.predictions.len());
    }
    // The same pieces with a wrong truth: every figure about it must fall.
    let wrong = PIECES.replace("\"C:maj\"", "\"F#:maj\"").replace("\"A:min\"", "\"D#:min\"");
    let mut pieces: Vec<Piece> = wrong.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for chord in pieces.iter_mut().flat_map(|piece| &mut piece.chords) {
        chord.root = chord.root.map(|root| kmidi_music::PitchClass::new(i32::from(root.value()) + 6));
    }
    assert_eq!(harmony::name::evaluate(&pieces).metrics["root"], 0.0);
    assert_eq!(harmony::key::evaluate(&pieces).metrics["exact"], 0.0);
    assert_eq!(harmony::roman::evaluate(&pieces).metrics["exact"], 0.0);
}
