//! Scores as JSON, for other programs to compare with what they read: `benchmarks/peers/musicxml.py` does.
//!
//! ```text
//! score_dump FILE.musicxml            the score that is read, as JSON
//! score_dump --random N FOLDER        N random scores, each as I.musicxml and I.json
//! ```

mod random;

use kmidi_io::musicxml::{self, Score, Tone};
use kmidi_music::notation::symbol;
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--random", count, folder] => {
            for seed in 1..=count.parse()? {
                let score = random::score(seed, random::Kind::Written);
                musicxml::save(Path::new(folder).join(format!("{seed}.musicxml")), &score)?;
                kmidi_io::write::atomic(
                    Path::new(folder).join(format!("{seed}.json")),
                    dump(&score).to_string().as_bytes(),
                )?;
            }
        }
        [file] => println!("{}", dump(&musicxml::read(file)?)),
        _ => return Err("give one file, or --random, a number and a folder".into()),
    }
    Ok(())
}

fn dump(score: &Score) -> Value {
    let chord = |chord: &kmidi_music::Chord| {
        let pcs: Vec<u8> = chord.pitch_classes().iter().map(|p| p.value()).collect();
        json!({
            "root": chord.root.to_string(),
            "bass": chord.bass.to_string(),
            "pcs": pcs,
            "symbol": symbol::print(chord),
        })
    };
    let tone = |tone: Tone| match tone {
        Tone::Pitch(pitch) => format!("{}{}", pitch.name, pitch.octave),
        Tone::Drum(number) => format!("drum {number}"),
    };
    let parts = score.parts.iter().map(|part| {
        let notes = part.notes.iter();
        let notes = notes.map(|n| json!([n.onset.0, n.duration.0, tone(n.tone), n.velocity]));
        json!({
            "name": part.name,
            "channel": part.channel,
            "percussion": part.is_percussion(),
            "notes": notes.collect::<Vec<_>>(),
        })
    });
    json!({
        "title": score.title,
        "divisions": score.tempo.ppq(),
        "pickup": score.pickup.0,
        "tempos": score.tempo.changes().iter().map(|t| json!([t.0.0, t.1])).collect::<Vec<_>>(),
        "meters": score.meters.iter().map(|m| json!([m.0.0, m.1.to_string()])).collect::<Vec<_>>(),
        "keys": score.keys.iter().map(|k| json!([k.0.0, k.1.to_string(), k.1.signature()])).collect::<Vec<_>>(),
        "sections": score.sections.iter().map(|s| json!([s.0.0, s.1])).collect::<Vec<_>>(),
        "harmonies": score.harmonies.iter().map(|h| json!([h.0.0, h.1.as_ref().map(chord)])).collect::<Vec<_>>(),
        "parts": parts.collect::<Vec<_>>(),
    })
}
