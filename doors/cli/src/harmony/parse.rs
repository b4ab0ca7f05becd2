//! `kmidi harmony parse`.

use super::args::Parse;
use super::table::facts;
use super::{SCHEMA, called, spelled, unreadable};
use crate::show::{bold, dim};
use crate::{Stop, output, show};
use kmidi::music::notation::any::Notation;
use kmidi::music::notation::harte::{self, Label};
use kmidi::music::notation::notes;
use kmidi::music::pitch::PitchClass;
use kmidi::music::scale::Scale;
use kmidi::music::{Chord, Key, Mode, PitchName};
use serde::Serialize;

/// The lowest note of the chords as MIDI numbers: C3.
const LOWEST: u8 = 48;
/// How many scales are named.
const SCALES: usize = 6;

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    chords: Vec<Read>,
}

/// A chord in every notation; what does not apply is null or empty.
#[derive(Serialize)]
struct Read {
    text: String,
    notation: &'static str,
    label: String,
    harte: String,
    symbol: Option<String>,
    roman: Option<String>,
    nashville: Option<String>,
    notes: Vec<String>,
    degrees: Vec<String>,
    pitch_classes: Vec<u8>,
    midi: Vec<u8>,
    scales: Vec<&'static str>,
}

pub(super) fn run(args: &Parse) -> Result<(), Stop> {
    let mut answers = Vec::new();
    for text in &args.symbols {
        let notation = args.notation.map_or_else(|| Notation::of(text), Notation::from);
        if notation.needs_key() && args.key.is_none() {
            let what = called(notation);
            return Err(Stop::Usage(format!("{text} is {what} and needs a key, such as --key C")));
        }
        let key = args.key.unwrap_or(Key::new(PitchName::C, Mode::Major));
        let label = notation.read(text, key).map_err(|error| unreadable(text, &error))?;
        answers.push((text, notation, label));
    }
    if args.json {
        let chords = answers.iter().map(|(text, notation, label)| read(text, *notation, *label, args.key));
        return show::print(&output::json_line(&Answer { schema: SCHEMA, chords: chords.collect() })?);
    }
    let pages: Vec<String> =
        answers.iter().map(|(text, notation, label)| page(text, *notation, *label, args.key)).collect();
    show::print(&pages.join("\n"))
}

/// The scales on the root that hold the chord, the commonest first.
fn scales(chord: &Chord) -> Vec<&'static str> {
    Scale::holding(chord.degrees().semitones()).take(SCALES).map(|scale| scale.name).collect()
}

fn read(text: &str, notation: Notation, label: Label, key: Option<Key>) -> Read {
    let chord = if let Label::Chord(chord) = &label { Some(chord) } else { None };
    let within = |notation: Notation| Some(notation.print(chord?, key?));
    let placed = chord.map_or(Vec::new(), |chord| chord.close_position(LOWEST));
    let sounding = chord.map(|chord| chord.pitch_classes().iter().map(PitchClass::value).collect());
    Read {
        text: text.to_owned(),
        notation: notation.name(),
        label: harte::print_with_bass_note(label),
        harte: harte::print(label),
        symbol: chord.map(kmidi::music::notation::symbol::print),
        roman: within(Notation::Roman),
        nashville: within(Notation::Nashville),
        notes: placed.iter().map(|(name, _)| name.to_string()).collect(),
        degrees: chord.map_or(Vec::new(), |c| c.degrees().iter().map(|d| d.to_string()).collect()),
        pitch_classes: sounding.unwrap_or_default(),
        midi: placed.iter().map(|(_, pitch)| *pitch).collect(),
        scales: chord.map_or(Vec::new(), scales),
    }
}

fn page(text: &str, notation: Notation, label: Label, key: Option<Key>) -> String {
    let head = format!("{}   {}\n\n", bold(text), dim(&format!("read as {}", called(notation))));
    let Label::Chord(chord) = label else {
        let what = if label == Label::None { "no chord: silence or noise" } else { "a chord without a name" };
        return format!("{head}  {what}\n");
    };
    let answer = read(text, notation, label, key);
    let within = |text: Option<String>| match (text, key) {
        (Some(text), Some(key)) => format!("{text}{}", dim(&format!("   in {}", key.words()))),
        _ => String::new(),
    };
    let placed = chord.close_position(LOWEST);
    let numbers: Vec<String> = placed.iter().map(|(_, pitch)| pitch.to_string()).collect();
    let names: Vec<String> = placed.iter().map(|(name, pitch)| notes::print(*name, *pitch)).collect();
    let set: Vec<String> = answer.pitch_classes.iter().map(u8::to_string).collect();
    let lines = facts(&[
        ("symbol", answer.symbol.unwrap_or_default()),
        ("Harte", answer.harte),
        ("numeral", within(answer.roman)),
        ("Nashville", within(answer.nashville)),
        ("notes", spelled(&placed.iter().map(|(name, _)| *name).collect::<Vec<_>>())),
        ("degrees", answer.degrees.join(" ")),
        ("pitch set", format!("{{{}}}", set.join(" "))),
        ("MIDI", format!("{}{}", numbers.join(" "), dim(&format!("   {}", names.join(" "))))),
        ("scales", answer.scales.join(", ")),
    ]);
    head + &lines
}
