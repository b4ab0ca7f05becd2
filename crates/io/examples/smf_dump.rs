//! MIDI files as JSON, a line each, for `benchmarks/peers/smf.py`, which reads the same files with other libraries.
//!
//! `cargo run --release -p kmidi-io --example smf_dump -- FILE...`

use kmidi_io::smf::{Pedal, SmfFile, read, write};
use serde_json::{Value, json};

fn dump(path: &str) -> Value {
    let file = match read(path) {
        Ok(file) => file,
        Err(error) => return json!({ "file": path, "error": error.to_string() }),
    };
    let again = write(&file).and_then(|bytes| kmidi_io::smf::parse(&bytes, path));
    let equal = again.is_ok_and(|again| again == file);
    json!({
        "file": path,
        "type": file.format as u8,
        "round_trip": equal,
        "events": file.tracks.iter().map(|t| t.events.len()).sum::<usize>(),
        "tempo": file.tempo.changes().iter().map(|&(tick, micros)| (tick.0, micros)).collect::<Vec<_>>(),
        "meters": file.meters.iter().map(|&(tick, m)| (tick.0, m.numerator, m.denominator)).collect::<Vec<_>>(),
        "keys": file.keys.iter().map(|&(tick, key)| (tick.0, key.signature(), key.mode.is_minor())).collect::<Vec<_>>(),
        "end": file.end().0,
        "notes": notes(&file),
    })
}

/// Onset and end in ticks and in seconds, track, channel, pitch, velocity.
fn notes(file: &SmfFile) -> Vec<Value> {
    let notes = file.notes(Pedal::Ignored);
    let row = |n: &kmidi_io::smf::SmfNote| {
        json!([
            n.onset.0,
            n.end.0,
            n.start_seconds.0,
            n.end_seconds.0,
            n.track,
            n.channel,
            n.pitch,
            n.velocity
        ])
    };
    notes.iter().map(row).collect()
}

fn main() {
    for path in std::env::args().skip(1) {
        println!("{}", dump(&path));
    }
}
