//! `kmidi harmony voice`.

use super::SCHEMA;
use super::args::{Style, Voice};
use super::progression::{Placed, read};
use super::table::facts;
use crate::show::{bold, dim, width};
use crate::{Stop, output, show};
use kmidi::engine::harmony::voicing::{Blocked, Rule, Rules, Strength, Voicer, Voicing};
use kmidi::music::notation::any::Notation;
use kmidi::music::notation::{harte, notes, symbol};
use kmidi::music::pitch::PitchClass;
use kmidi::music::{Chord, PitchName};
use kmidi::studio::progression::song;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    key: String,
    style: &'static str,
    voices: usize,
    /// In semitones of movement, as all costs here.
    cost: f64,
    terms: Vec<(&'static str, f64)>,
    chords: Vec<Line>,
}

/// A chord with its voices, the lowest first.
#[derive(Serialize)]
struct Line {
    symbol: String,
    label: String,
    roman: String,
    notes: Vec<String>,
    midi: Vec<u8>,
    cost: f64,
    terms: Vec<(&'static str, f64)>,
}

pub(super) fn run(args: &Voice) -> Result<(), Stop> {
    output::no_stdout([&args.output])?;
    output::check(args.output.as_deref(), &[])?;
    let text = args.chords.join(" ");
    let (placed, _) = read(&text, args.key, args.notation.map(Notation::from))?;
    let rules = rules(args).in_key(placed.first().map(|place| place.key));
    let voicings = led(&placed, rules)?;
    if let Some(path) = &args.output {
        save(path, &text, &placed, voicings.iter().map(|voicing| voicing.notes().to_vec()))?;
    }
    if args.json {
        return show::print(&output::json_line(&answer(args, &placed, &voicings))?);
    }
    show::print(&page(args, &rules, &placed, &voicings))
}

fn rules(args: &Voice) -> Rules {
    let mut rules = match args.style {
        Style::Chorale => Rules::chorale(args.voices.into()),
        Style::Keyboard => Rules::keyboard(args.voices.into()),
    };
    args.allow.iter().flat_map(|named| named.0).for_each(|&rule| rules.set(rule, Strength::Off));
    args.forbid.iter().flat_map(|named| named.0).for_each(|&rule| rules.set(rule, Strength::Forbidden));
    rules.leap = args.max_leap.unwrap_or(rules.leap);
    rules
}

/// The voices with the least cost over the whole row.
pub(super) fn led(placed: &[Placed], rules: Rules) -> Result<Vec<Voicing>, Stop> {
    let chords: Vec<Chord> = placed.iter().map(|place| place.chord).collect();
    let mut voicings = Vec::new();
    let blocked = |error| match error {
        Blocked::NoVoicing { index, rule } => {
            let name = chords.get(index).map_or(String::new(), symbol::print);
            let way = match rule {
                Some(rule) => format!("--allow {} would give one", rule.name()),
                None => "another number of --voices or several of --allow may give one".to_owned(),
            };
            Stop::Input(format!("chord {} ({name}): no voicing keeps the rules; {way}", index + 1))
        }
        other => Stop::Input(other.to_string()),
    };
    Voicer::new(rules).lead(&chords, |voicing| voicings.push(voicing)).map_err(blocked)?;
    Ok(voicings)
}

/// Writes a bar a chord.
pub(super) fn save(
    path: &Path,
    title: &str,
    placed: &[Placed],
    voices: impl IntoIterator<Item = Vec<u8>>,
) -> Result<(), Stop> {
    let bars: Vec<_> = placed.iter().zip(voices).map(|(p, notes)| (p.key, p.chord, notes)).collect();
    Ok(kmidi::save_midi(&song(title, &bars), path)?)
}

/// A note as the tone of the chord that it is.
fn spelled(chord: &Chord, pitch: u8) -> PitchName {
    let class = PitchClass::new(pitch.into());
    let mut tones = chord.notes().into_iter().chain([chord.bass]);
    tones.find(|tone| tone.pitch_class() == class).unwrap_or(PitchName::nearest(class, chord.root.fifths()))
}

/// Hundredths of a semitone as semitones.
fn semitones(cost: u32) -> f64 {
    f64::from(cost) / 100.0
}

/// The terms of all voicings, added up by name, the largest first.
fn total(voicings: &[Voicing]) -> Vec<(&'static str, u32)> {
    let mut sums: Vec<(&'static str, u32)> = Vec::new();
    for (name, cost) in voicings.iter().flat_map(Voicing::terms) {
        match sums.iter_mut().find(|sum| sum.0 == *name) {
            Some(sum) => sum.1 += cost,
            None => sums.push((name, *cost)),
        }
    }
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.1));
    sums
}

fn style(args: &Voice) -> &'static str {
    match args.style {
        Style::Chorale => "chorale",
        Style::Keyboard => "keyboard",
    }
}

fn answer(args: &Voice, placed: &[Placed], voicings: &[Voicing]) -> Answer {
    let in_semitones = |terms: &[(&'static str, u32)]| terms.iter().map(|t| (t.0, semitones(t.1))).collect();
    let line = |(place, voicing): (&Placed, &Voicing)| Line {
        symbol: symbol::print(&place.chord),
        label: harte::print_with_bass_note(harte::Label::Chord(place.chord)),
        roman: place.numeral.to_string(),
        notes: voicing.notes().iter().map(|&p| notes::print(spelled(&place.chord, p), p)).collect(),
        midi: voicing.notes().to_vec(),
        cost: semitones(voicing.cost),
        terms: in_semitones(voicing.terms()),
    };
    Answer {
        schema: SCHEMA,
        key: placed.first().map_or(String::new(), |place| place.key.to_string()),
        style: style(args),
        voices: args.voices.into(),
        cost: semitones(voicings.iter().map(|voicing| voicing.cost).sum()),
        terms: in_semitones(&total(voicings)),
        chords: placed.iter().zip(voicings).map(line).collect(),
    }
}

/// What a voice is called, counted from the lowest.
fn voice_name(args: &Voice, voice: usize) -> String {
    let names: &[&str] = match (args.style, args.voices) {
        (Style::Chorale, 2) => &["bass", "soprano"],
        (Style::Chorale, 3) => &["bass", "alto", "soprano"],
        (Style::Chorale, 4) => &["bass", "tenor", "alto", "soprano"],
        _ => &[],
    };
    names
        .get(voice)
        .map_or_else(|| format!("voice {}", usize::from(args.voices) - voice), |n| (*n).to_owned())
}

fn page(args: &Voice, rules: &Rules, placed: &[Placed], voicings: &[Voicing]) -> String {
    let key = placed.first().map_or(String::new(), |place| place.key.words());
    let mut out = format!("{}{}\n", bold(&key), dim(&format!("   {}, {} voices", style(args), args.voices)));
    let columns: Vec<Vec<String>> = placed.iter().zip(voicings).map(|(p, v)| column(p, v)).collect();
    let mut names = vec![String::new(), String::new()];
    names.extend((0..usize::from(args.voices)).rev().map(|voice| voice_name(args, voice)));
    names.extend(["moves".to_owned(), "cost".to_owned()]);
    let indent = names.iter().map(|name| width(name)).max().unwrap_or(0) + 2;
    let mut rest = &columns[..];
    while !rest.is_empty() {
        let (count, text) = system(&names, indent, rest);
        out.push('\n');
        out.push_str(&text);
        rest = &rest[count..];
    }
    out.push('\n');
    out.push_str(&summary(rules, voicings));
    if let Some(path) = &args.output {
        out.push_str(&format!("\n{}  {}\n", bold("wrote"), path.display()));
    }
    out
}

/// What stands under a chord: symbol, numeral, its voices from the highest, movement and cost.
fn column(place: &Placed, voicing: &Voicing) -> Vec<String> {
    let movement = voicing.terms().iter().find(|term| term.0 == "movement").map_or(0, |term| term.1);
    let mut cells = vec![symbol::print(&place.chord), place.numeral.to_string()];
    cells.extend(voicing.notes().iter().rev().map(|&p| notes::print(spelled(&place.chord, p), p)));
    cells.extend([format!("{:.0}", semitones(movement)), format!("{:.1}", semitones(voicing.cost))]);
    cells
}

/// As many columns as fit a line, at least one, below each other.
fn system(names: &[String], indent: usize, columns: &[Vec<String>]) -> (usize, String) {
    let widths: Vec<usize> =
        columns.iter().map(|cells| cells.iter().map(|cell| width(cell)).max().unwrap_or(0) + 2).collect();
    let mut used = indent + 2;
    let fits = |wide: &&usize| {
        used += **wide;
        used <= show::NARROW
    };
    let count = widths.iter().take_while(fits).count().max(1);
    let mut out = String::new();
    for (row, name) in names.iter().enumerate() {
        let mut line = format!("  {name}{}", " ".repeat(indent - width(name)));
        for (cells, wide) in columns.iter().zip(&widths).take(count) {
            let cell = cells.get(row).map_or("", String::as_str);
            line.push_str(cell);
            line.push_str(&" ".repeat(wide.saturating_sub(width(cell))));
        }
        let line = line.trim_end();
        let quiet = row == 1 || row + 2 >= names.len(); // numerals, movement and cost
        out.push_str(&if quiet { dim(line) } else { line.to_owned() });
        out.push('\n');
    }
    (count, out)
}

/// The cost with its terms, and how each rule was taken.
fn summary(rules: &Rules, voicings: &[Voicing]) -> String {
    let terms = total(voicings);
    let named: Vec<String> =
        terms.iter().map(|(name, cost)| format!("{name} {:.1}", semitones(*cost))).collect();
    let cost: u32 = voicings.iter().map(|voicing| voicing.cost).sum();
    let broken = |rule: &Rule| terms.iter().any(|term| term.0 == rule.name());
    let list = |wanted: &dyn Fn(&Rule) -> bool| {
        let names = Rule::ALL.iter().filter(|rule| wanted(rule)).map(|rule| rule.name());
        names.collect::<Vec<_>>().join(", ")
    };
    facts(&[
        ("cost", format!("{:.1} semitones: {}", semitones(cost), named.join(", "))),
        ("kept", list(&|rule| rules.strength(*rule) != Strength::Off && !broken(rule))),
        ("broken", list(&|rule| broken(rule))),
        ("off", list(&|rule| rules.strength(*rule) == Strength::Off)),
    ])
}
