//! `kmidi harmony progression`.

use super::args::Progression;
use super::table::table;
use super::{SCHEMA, called, spelled, sure, unreadable, voice};
use crate::output::{self, rounded};
use crate::show::{bold, dim};
use crate::{Stop, show};
use kmidi::engine::harmony::voicing::Rules;
use kmidi::music::notation::any::{Notation, progression};
use kmidi::music::notation::{harte, symbol};
use kmidi::music::{Chord, Key, ParseError, RomanNumeral};
use kmidi::studio::progression::likely_keys;
use serde::Serialize;

/// How many likely keys are told.
const KEYS: usize = 3;
/// The lowest note that is written to a file: C3.
const LOWEST: u8 = 48;

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    key: String,
    /// The likely keys with their probabilities; empty when the key was given.
    keys: Vec<(String, f64)>,
    chords: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    key: String,
    roman: String,
    symbol: String,
    label: String,
    notes: Vec<String>,
    function: Option<String>,
}

/// A chord with its key and its place there.
pub(super) struct Placed {
    pub(super) key: Key,
    pub(super) numeral: RomanNumeral,
    pub(super) chord: Chord,
}

/// A row of chords, and the keys that it may be in; none where the key was given.
type Row = (Vec<Placed>, Vec<(Key, f32)>);

pub(super) fn run(args: &Progression) -> Result<(), Stop> {
    output::no_stdout([&args.output])?;
    output::check(args.output.as_deref(), &[])?;
    let text = args.chords.join(" ");
    let (mut placed, likely) = read(&text, args.key, args.notation.map(Notation::from))?;
    let from = placed.first().map(|place| place.key);
    if let (Some(to), Some(from)) = (args.to, from) {
        let interval = to.tonic - from.tonic;
        for place in &mut placed {
            place.key = Key::new(place.key.tonic + interval, place.key.mode);
            place.chord = place.chord.transposed(interval);
        }
    }
    if let Some(path) = &args.output {
        // Four voices where the rules let them, else the chords as they stand.
        let rules = Rules::chorale(4).in_key(placed.first().map(|place| place.key));
        let sounding = |chord: &Chord| chord.close_position(LOWEST).iter().map(|(_, pitch)| *pitch).collect();
        let voices = match voice::led(&placed, rules) {
            Ok(voicings) => voicings.iter().map(|voicing| voicing.notes().to_vec()).collect(),
            Err(_) => placed.iter().map(|place| sounding(&place.chord)).collect::<Vec<Vec<u8>>>(),
        };
        voice::save(path, &text, &placed, voices)?;
    }
    match args.json {
        true => show::print(&output::json_line(&answer(&placed, &likely))?),
        false => show::print(&page(&placed, from, &likely, args)),
    }
}

/// Reads a row of chords, at least one; where no key was given, with the keys that are likely.
pub(super) fn read(text: &str, key: Option<Key>, notation: Option<Notation>) -> Result<Row, Stop> {
    needs_no_key(text, key, notation)?;
    let steps = progression(text, key, notation).map_err(|error| unreadable(text, &error))?;
    if steps.is_empty() {
        let error = ParseError::new(text.len(), "expected chords, such as I V vi IV or C G Am F");
        return Err(unreadable(text, &error));
    }
    // The chords before the first key that was given, if any, are in the likeliest one.
    let open: Vec<Chord> =
        steps.iter().take_while(|step| step.key.is_none()).map(|step| step.chord).collect();
    let likely = likely_keys(&open);
    let guessed = likely.first().map(|(key, _)| *key);
    let placed = steps.into_iter().filter_map(|step| {
        let key = step.key.or(guessed)?;
        let numeral = step.numeral.unwrap_or_else(|| RomanNumeral::of(&step.chord, key));
        Some(Placed { key, numeral, chord: step.chord })
    });
    Ok((placed.collect(), likely))
}

/// Wrong usage where a numeral stands first and no key is there.
fn needs_no_key(text: &str, key: Option<Key>, notation: Option<Notation>) -> Result<(), Stop> {
    let first =
        text.split(|c: char| c.is_whitespace() || matches!(c, '|' | ',')).find(|word| !word.is_empty());
    let Some(word) = first.filter(|word| key.is_none() && !word.ends_with(':')) else { return Ok(()) };
    let notation = notation.unwrap_or_else(|| Notation::of(word));
    match notation.needs_key() {
        true => Err(Stop::Usage(format!("{word} is {} and needs a key, such as --key C", called(notation)))),
        false => Ok(()),
    }
}

/// The function in words: `dominant`, `dominant of V`.
fn function(place: &Placed) -> Option<String> {
    let name = place.numeral.function(place.key)?.name();
    Some(match &place.numeral.target {
        Some(target) => format!("{name} of {target}"),
        None => name.to_owned(),
    })
}

fn answer(placed: &[Placed], likely: &[(Key, f32)]) -> Answer {
    let line = |place: &Placed| Line {
        key: place.key.to_string(),
        roman: place.numeral.to_string(),
        symbol: symbol::print(&place.chord),
        label: harte::print_with_bass_note(harte::Label::Chord(place.chord)),
        notes: place.chord.notes().iter().map(ToString::to_string).collect(),
        function: function(place),
    };
    Answer {
        schema: SCHEMA,
        key: placed.first().map_or(String::new(), |place| place.key.to_string()),
        keys: likely.iter().take(KEYS).map(|(key, p)| (key.to_string(), rounded(*p))).collect(),
        chords: placed.iter().map(line).collect(),
    }
}

fn page(placed: &[Placed], from: Option<Key>, likely: &[(Key, f32)], args: &Progression) -> String {
    let Some(first) = placed.first() else { return String::new() };
    let several = placed.iter().any(|place| place.key != first.key);
    let row = |place: &Placed| {
        vec![
            if several { place.key.words() } else { String::new() },
            place.numeral.to_string(),
            symbol::print(&place.chord),
            harte::print(harte::Label::Chord(place.chord)),
            spelled(&place.chord.notes()),
            function(place).unwrap_or_else(|| "-".into()),
        ]
    };
    let rows: Vec<_> = placed.iter().map(row).collect();
    let mut out = bold(&first.key.words());
    if let Some(from) = from.filter(|from| *from != first.key) {
        out.push_str(&dim(&format!("   transposed from {}", from.words())));
    }
    if let Some(((_, share), others)) = likely.split_first() {
        let others: Vec<String> =
            others.iter().take(KEYS - 1).map(|(key, p)| format!("{} {}", key.words(), sure(*p))).collect();
        out.push_str(&dim(&format!("   {} likely; or {}", sure(*share), others.join(", "))));
    }
    out.push_str("\n\n");
    out.push_str(&table(&["key", "numeral", "symbol", "Harte", "notes", "function"], &rows));
    if let Some(path) = &args.output {
        out.push_str(&format!("\n{}  {}\n", bold("wrote"), path.display()));
    }
    out
}
