//! Beats from MIDI with nothing learned: the bar pointer of the engine over the strength of what begins, for the table of what each
//! network is worth (`models/beat-front/card.md`):
//!
//! ```text
//! cargo run --release -p kmidi --example beats_by_rule -- ../shared/eval/audio
//! ```
//!
//! The folder holds NAME.mid and NAME.json, as for `kmidi eval audio --midi`.

use kmidi::engine::groove::beat::{BELIEF, BeatFilter};
use kmidi::engine::groove::salience::Salience;
use kmidi::engine::{HOP_SECONDS, Hearing, MidiEvent, MidiMessage};
use kmidi::io::smf::{self, Pedal};
use kmidi::studio::analyze::Listener;
use kmidi::studio::eval::audio::Truth;
use kmidi::studio::eval::beat;
use std::error::Error;
use std::path::{Path, PathBuf};

const RATE: u32 = 48_000;
/// What of a hop's notes counts as a sure beat.
const SURE: f32 = 6.0;
/// The last numbers of a hop tell no beginnings.
const BEGIN: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give a folder with NAME.mid and NAME.json")?);
    let mut scores = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "mid") && path.with_extension("json").exists() {
            let truth: Truth = serde_json::from_str(&std::fs::read_to_string(path.with_extension("json"))?)?;
            scores.push(beat::measure(&truth.beats, &beats(&heard(&path)?), truth.end)?);
        }
    }
    let mean = |of: fn(&beat::Scores) -> f64| scores.iter().map(of).sum::<f64>() / scores.len().max(1) as f64;
    let (f, cmlt, amlt) = (mean(|s| s.f), mean(|s| s.cmlt), mean(|s| s.amlt));
    println!("{} pieces: beat F {f:.3}, CMLt {cmlt:.3}, AMLt {amlt:.3}", scores.len());
    Ok(())
}

/// What the front end is given, hop by hop.
fn heard(path: &Path) -> Result<Vec<Hearing>, Box<dyn Error>> {
    let mut events: Vec<(u32, MidiMessage)> = Vec::new();
    for note in smf::read(path)?.notes(Pedal::Ignored) {
        let frame = |seconds: f64| (seconds * f64::from(RATE)).round() as u32;
        let (channel, pitch, velocity) = (note.channel, note.pitch, note.velocity);
        events.push((frame(note.start_seconds.0), MidiMessage::NoteOn { channel, note: pitch, velocity }));
        events.push((frame(note.end_seconds.0), MidiMessage::NoteOff { channel, note: pitch }));
    }
    events.sort_by_key(|event| event.0);
    let end = events.last().map_or(0, |event| event.0) + RATE;
    let midi: Vec<MidiEvent> =
        events.into_iter().map(|(offset, message)| MidiEvent { offset, message }).collect();
    let mut listener = Listener::new(RATE)?.keep_hearing();
    listener.push(end as usize, &[], &midi);
    Ok(listener.hearing().to_vec())
}

/// The beats as a live tracker tells them.
fn beats(hops: &[Hearing]) -> Vec<f64> {
    let (mut filter, mut salience) = (BeatFilter::new(BELIEF), Salience::default());
    let (mut last, mut beats): (Option<usize>, Vec<f64>) = (None, Vec::new());
    for (hop, heard) in hops.iter().enumerate() {
        let begun: f32 = heard.played[..heard.played.len() - BEGIN].iter().sum();
        filter.step(salience.evidence((begun / SURE).min(1.0)));
        let best = filter.best();
        let at = hop.saturating_sub(usize::from(best.position));
        let due = last.is_none_or(|last| at.saturating_sub(last) as f64 >= 0.4 * f64::from(best.interval));
        if best.position < BELIEF.beat && due && filter.margin() > 0.08 {
            last = Some(at);
            beats.push(at as f64 * HOP_SECONDS);
        }
    }
    beats
}
