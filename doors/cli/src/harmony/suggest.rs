//! `kmidi harmony suggest`.

use super::args::Suggest;
use super::progression::read;
use super::table::table;
use super::{SCHEMA, spelled, sure, unreadable};
use crate::output::{self, rounded};
use crate::show::{bold, dim};
use crate::{Stop, show};
use kmidi::Suggested;
use kmidi::engine::harmony::suggest::Wish;
use kmidi::music::notation::any::Notation;
use kmidi::music::notation::harte;
use kmidi::music::{Affect, Key, emotion};
use serde::Serialize;

/// How many likely keys are told.
const KEYS: usize = 3;

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    /// The key of the next chord.
    key: String,
    /// The likely keys with their probabilities; empty when the key was given.
    keys: Vec<(String, f64)>,
    /// The chords so far.
    after: Vec<String>,
    suggestions: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    label: String,
    symbol: String,
    roman: String,
    notes: Vec<String>,
    tension: u8,
    score: f64,
    /// They add up to the score.
    terms: Vec<(&'static str, f64)>,
}

pub(super) fn run(args: &Suggest) -> Result<(), Stop> {
    let text = args.chords.join(" ");
    let (placed, likely) = read(&text, args.key, args.notation.map(Notation::from))?;
    let Some(key) = placed.last().map(|place| place.key) else { return Ok(()) };
    let affect = args.feeling.as_deref().map(feeling).transpose()?;
    let wish = Wish { affect, tension: args.tension.map(f32::from) };
    let row: Vec<_> = placed.iter().map(|place| (place.key, place.chord)).collect();
    let next = kmidi::suggest(&row, key, &wish, args.count.into());
    let after: Vec<String> = placed.iter().map(|place| place.numeral.to_string()).collect();
    if args.json {
        let answer = Answer {
            schema: SCHEMA,
            key: key.to_string(),
            keys: likely.iter().take(KEYS).map(|(key, p)| (key.to_string(), rounded(*p))).collect(),
            after,
            suggestions: next.iter().map(line).collect(),
        };
        return show::print(&output::json_line(&answer)?);
    }
    show::print(&page(key, &likely, &after, &next))
}

/// The feeling at the end of what is asked for: the next chord is where the words lead to.
fn feeling(words: &str) -> Result<Affect, Stop> {
    let reading = emotion::read(words).map_err(|error| unreadable(words, &error))?;
    Ok(reading.last().map_or(Affect::default(), |stage| stage.affect))
}

fn line(next: &Suggested) -> Line {
    let terms: Vec<_> = next.terms.iter().map(|term| (term.name, rounded(term.value))).collect();
    let score: f64 = terms.iter().map(|term| term.1).sum();
    Line {
        label: harte::print_with_bass_note(harte::Label::Chord(next.chord)),
        symbol: next.symbol.clone(),
        roman: next.roman.clone(),
        notes: next.chord.notes().iter().map(ToString::to_string).collect(),
        tension: next.tension,
        score: (score * 1e4).round() / 1e4,
        terms,
    }
}

fn page(key: Key, likely: &[(Key, f32)], after: &[String], next: &[Suggested]) -> String {
    let mut out = bold(&key.words());
    if let Some((_, share)) = likely.first() {
        out.push_str(&dim(&format!("   {} likely", sure(*share))));
    }
    let so_far = show::wrapped_to(show::NARROW, &format!("after {}", after.join(" ")), 2);
    out.push_str(&format!("\n  {}\n\n", dim(&so_far)));
    let score = |next: &Suggested| next.terms.iter().map(|term| term.value).sum::<f32>();
    let row = |next: &Suggested| {
        vec![
            next.roman.clone(),
            next.symbol.clone(),
            spelled(&next.chord.notes()),
            format!("{:>7}", next.tension),
            format!("{:+.2}", score(next)),
        ]
    };
    let rows: Vec<_> = next.iter().map(row).collect();
    let lines = table(&["numeral", "symbol", "notes", "tension", "score"], &rows);
    for (index, line) in lines.lines().enumerate() {
        out.push_str(&format!("{line}\n"));
        if let Some(next) = index.checked_sub(1).and_then(|place| next.get(place)) {
            let told = next.terms.iter().filter(|term| term.value.abs() >= 0.005);
            let reasons: Vec<String> = told.map(|term| format!("{} {:+.2}", term.name, term.value)).collect();
            let reasons = show::wrapped_to(show::NARROW, &reasons.join(", "), 4);
            out.push_str(&format!("    {}\n", dim(&reasons)));
        }
    }
    out
}
