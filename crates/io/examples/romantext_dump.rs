//! Prints RomanText files as JSON, a line each, for `benchmarks/peers/romantext.py`.

use kmidi_io::romantext::{self, TICKS_A_QUARTER};

fn main() {
    for path in std::env::args().skip(1) {
        let line = match romantext::read(&path) {
            Err(error) => serde_json::json!({"file": path, "error": error.to_string()}),
            Ok(analysis) => {
                let spans: Vec<_> = analysis
                    .spans
                    .iter()
                    .map(|span| {
                        let chord = span.numeral.as_ref().map(|numeral| numeral.chord(span.key));
                        let pitch_classes: Option<Vec<u8>> =
                            chord.map(|chord| chord.pitch_classes().iter().map(|pc| pc.value()).collect());
                        serde_json::json!({
                            "pivot": span.pivot.as_ref().map(|pivot| pivot.0.to_string()),
                            "onset": span.onset.0 as f64 / f64::from(TICKS_A_QUARTER),
                            "measure": span.measure,
                            "key": span.key.to_string(),
                            "numeral": span.numeral.as_ref().map(ToString::to_string),
                            "pitch_classes": pitch_classes,
                            "bass": chord.map(|chord| chord.bass.pitch_class().value()),
                        })
                    })
                    .collect();
                serde_json::json!({"file": path, "spans": spans, "faults": analysis.faults})
            }
        };
        println!("{line}");
    }
}
