//! Prints RomanText files as JSON, a line each, for `benchmarks/peers/romantext.py`.

use kmidi_io::romantext::{self, Span, TICKS_A_QUARTER};
use kmidi_music::{Key, RomanNumeral, Ticks};
use serde_json::{Value, json};

/// A numeral with its key, what sounds and what lies lowest.
fn reading(key: Key, numeral: Option<&RomanNumeral>) -> Value {
    let chord = numeral.map(|numeral| numeral.chord(key));
    let notes = chord.map(|chord| chord.pitch_classes().iter().map(|pc| pc.value()).collect::<Vec<u8>>());
    json!({
        "key": key.to_string(),
        "numeral": numeral.map(ToString::to_string),
        "pitch_classes": notes,
        "bass": chord.map(|chord| chord.bass.pitch_class().value()),
    })
}

fn line(span: &Span) -> Value {
    let quarters = |ticks: Ticks| ticks.0 as f64 / f64::from(TICKS_A_QUARTER);
    let mut line = reading(span.key, span.numeral.as_deref());
    line["onset"] = json!(quarters(span.onset));
    line["duration"] = json!(quarters(span.duration));
    line["measure"] = json!(span.measure);
    line["within"] = json!(quarters(span.within));
    line["pivot"] = span.pivot.as_ref().map_or(Value::Null, |pivot| reading(pivot.0, Some(&pivot.1)));
    line
}

fn main() {
    for path in std::env::args().skip(1) {
        let line = match romantext::read(&path) {
            Err(error) => json!({"file": path, "error": error.to_string()}),
            Ok(analysis) => {
                let spans: Vec<_> = analysis.spans.iter().map(line).collect();
                json!({"file": path, "spans": spans, "faults": analysis.faults})
            }
        };
        println!("{line}");
    }
}
