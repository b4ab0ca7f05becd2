//! `kmidi harmony name`.

use super::args::Name;
use super::table::table;
use super::{SCHEMA, spelled, sure, unreadable};
use crate::output::{self, rounded};
use crate::show::{bold, dim};
use crate::{Stop, show};
use kmidi::music::chord::name::{Reading, readings};
use kmidi::music::notation::{harte, notes, symbol};
use kmidi::music::{Key, PitchName, roman};
use serde::Serialize;
use std::io::Read;
use std::path::Path;

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    readings: Vec<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Named {
    label: String,
    symbol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    roman: Option<String>,
    notes: Vec<String>,
    confidence: f64,
    terms: Vec<(&'static str, f64)>,
}

pub(super) fn run(args: &Name) -> Result<(), Stop> {
    if let Some(path) = &args.batch {
        return batch(path, args.key, args.json);
    }
    let text = args.notes.join(" ");
    let pitches = notes::read(&text).map_err(|error| unreadable(&text, &error))?;
    let found = readings(&pitches, args.key);
    if args.json {
        return show::print(&output::json_line(&answer(&pitches, &found, args.key))?);
    }
    show::print(&page(&pitches, &found, args.key))
}

/// A line of answer for each line of a file; lines that cannot be read are told, and end the run with an error.
fn batch(path: &Path, key: Option<Key>, json: bool) -> Result<(), Stop> {
    let text = read(path)?;
    let text = text.trim_start_matches('\u{feff}');
    let (mut out, mut unread) = (String::new(), 0);
    for (index, line) in text.lines().enumerate() {
        match notes::read(line) {
            Ok(pitches) => {
                let found = readings(&pitches, key);
                out.push_str(&match json {
                    true => output::json_line(&answer(&pitches, &found, key))?,
                    false => short(&pitches, &found),
                });
            }
            Err(error) => {
                unread += 1;
                let reason = format!("{}:{}:{}: {}", shown(path), index + 1, error.at + 1, error.message);
                show::tell(&reason, true);
                out.push_str(&match json {
                    true => output::json_line(&Answer {
                        schema: SCHEMA,
                        readings: Vec::new(),
                        error: Some(error.to_string()),
                    })?,
                    false => "-\n".to_owned(),
                });
            }
        }
    }
    show::print(&out)?;
    match (unread, text.lines().count()) {
        (0, _) => Ok(()),
        (unread, lines) => Err(Stop::Input(format!("{unread} of {lines} lines could not be read"))),
    }
}

fn shown(path: &Path) -> String {
    if output::is_stdout(path) { "standard input".into() } else { path.display().to_string() }
}

fn read(path: &Path) -> Result<String, Stop> {
    let wrong = |error: std::io::Error| Stop::Input(format!("{}: cannot read: {error}", shown(path)));
    if output::is_stdout(path) {
        let mut text = String::new();
        return std::io::stdin().read_to_string(&mut text).map(|_| text).map_err(wrong);
    }
    std::fs::read_to_string(path).map_err(wrong)
}

/// What sounds, from the lowest up, each spelling once.
fn sounding(pitches: &[u8], reading: &Reading) -> Vec<PitchName> {
    let mut names = Vec::new();
    for name in pitches.iter().map(|&pitch| reading.spell(pitch)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn answer(pitches: &[u8], found: &[Reading], key: Option<Key>) -> Answer {
    let named = |reading: &Reading| Named {
        label: harte::print_with_bass_note(harte::Label::Chord(reading.chord)),
        symbol: symbol::print(&reading.chord),
        roman: key.map(|key| roman::of(&reading.chord, key)),
        notes: sounding(pitches, reading).iter().map(ToString::to_string).collect(),
        confidence: rounded(reading.confidence),
        terms: reading.terms().iter().map(|term| (term.name, rounded(term.value))).collect(),
    };
    Answer { schema: SCHEMA, readings: found.iter().map(named).collect(), error: None }
}

/// One line: the best symbol, what sounds, and how sure that is.
fn short(pitches: &[u8], found: &[Reading]) -> String {
    let Some(best) = found.first() else { return "-\n".into() };
    let (symbol, notes) = (symbol::print(&best.chord), spelled(&sounding(pitches, best)));
    format!("{symbol:<16} {:>5}   {notes}\n", sure(best.confidence))
}

fn page(pitches: &[u8], found: &[Reading], key: Option<Key>) -> String {
    let Some(best) = found.first() else { return String::new() };
    let written: Vec<String> = pitches.iter().map(|&p| notes::print(best.spell(p), p)).collect();
    let within = key.map_or(String::new(), |key| dim(&format!("   in {}", key.words())));
    let row = |reading: &Reading| {
        vec![
            symbol::print(&reading.chord),
            harte::print(harte::Label::Chord(reading.chord)),
            key.map_or(String::new(), |key| roman::of(&reading.chord, key)),
            spelled(&sounding(pitches, reading)),
            format!("{:>5}", sure(reading.confidence)),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    let lines = table(&["symbol", "Harte", "numeral", "notes", " sure"], &rows);
    let mut out = format!("{}{within}\n\n", bold(&written.join(" ")));
    for (index, line) in lines.lines().enumerate() {
        out.push_str(&format!("{line}\n"));
        if let Some(reading) = index.checked_sub(1).and_then(|place| found.get(place)) {
            let reasons = reading.terms().iter().map(|term| format!("{} {:+.2}", term.name, term.value));
            let reasons = show::wrapped_to(show::NARROW, &reasons.collect::<Vec<_>>().join(", "), 4);
            out.push_str(&format!("    {}\n", dim(&reasons)));
        }
    }
    out
}
