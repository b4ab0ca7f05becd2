//! `kmidi emotion`.

use crate::output::{self, rounded};
use crate::show::{bold, dim};
use crate::{Stop, show};
use clap::Args;
use kmidi::music::emotion::{Affect, Reading, Stage, by_closeness, words};
use kmidi::neural::text::read;
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  kmidi emotion \"bittersweet, then hopeful\"
  kmidi emotion not very sad but restless
  kmidi emotion \"calm -> triumphant\" --json
  kmidi emotion \"a funeral in the rain\"
  kmidi emotion --list";

/// How many named emotions are told.
const NAMES: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Emotion {
    /// Words for feelings: "calm, then triumphant"
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    text: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print every named emotion by family and kind
    #[arg(long)]
    list: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    text: &'a str,
    #[serde(flatten)]
    feeling: Feeling,
    stages: Vec<Passage<'a>>,
    unknown: Vec<Unread<'a>>,
}

/// A point, and the named emotions that are closest to it, each with its closeness from 0 to 1.
#[derive(Serialize)]
struct Feeling {
    valence: f64,
    arousal: f64,
    dominance: f64,
    quadrant: u8,
    names: Vec<(&'static str, f64)>,
}

#[derive(Serialize)]
struct Passage<'a> {
    /// Where in the piece, 0 to 1.
    place: f64,
    text: &'a str,
    #[serde(flatten)]
    feeling: Feeling,
    words: Vec<Understood<'a>>,
}

#[derive(Serialize)]
struct Understood<'a> {
    text: &'a str,
    /// Characters before it.
    at: usize,
    word: &'static str,
    name: &'static str,
    denied: bool,
    strength: f64,
}

#[derive(Serialize)]
struct Unread<'a> {
    text: &'a str,
    at: usize,
    near: &'a [&'static str],
}

pub(crate) fn run(args: &Emotion) -> Result<(), Stop> {
    if args.list {
        return show::print(&if args.json { output::json_line(&vocabulary())? } else { list() });
    }
    let text = args.text.join(" ");
    let reading = read(&text).map_err(|error| Stop::Input(show::picture("cannot read", &text, &error)))?;
    show::print(&if args.json { output::json_line(&answer(&text, &reading))? } else { page(&text, &reading) })
}

/// The mean of the stages.
fn whole(reading: &Reading) -> Affect {
    let mean = |of: fn(&Affect) -> f32| {
        reading.iter().map(|stage| of(&stage.affect)).sum::<f32>() / reading.len().max(1) as f32
    };
    Affect::new(mean(|a| a.valence), mean(|a| a.arousal), mean(|a| a.dominance))
}

/// Where a stage stands in the piece: stages are spread evenly over it.
fn place(index: usize, of: usize) -> f64 {
    index as f64 / (of.saturating_sub(1)).max(1) as f64
}

fn feeling(affect: Affect) -> Feeling {
    let names = by_closeness(affect).into_iter().take(NAMES);
    Feeling {
        valence: rounded(affect.valence),
        arousal: rounded(affect.arousal),
        dominance: rounded(affect.dominance),
        quadrant: affect.quadrant(),
        names: names.map(|(word, closeness)| (word.name, rounded(closeness))).collect(),
    }
}

fn answer<'a>(text: &'a str, reading: &'a Reading) -> Answer<'a> {
    let characters = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
    let words = |stage: &'a Stage| {
        let words = stage.words.iter().map(|word| Understood {
            text: &word.text,
            at: characters(word.at),
            word: word.word,
            name: word.name,
            denied: word.denied,
            strength: rounded(word.strength),
        });
        words.collect()
    };
    let stages = reading.iter().enumerate().map(|(index, stage)| Passage {
        place: place(index, reading.len()),
        text: &stage.text,
        feeling: feeling(stage.affect),
        words: words(stage),
    });
    let unknown = reading.unknown.iter();
    Answer {
        schema: "kmidi.emotion/1",
        text,
        feeling: feeling(whole(reading)),
        stages: stages.collect(),
        unknown: unknown.map(|u| Unread { text: &u.text, at: characters(u.at), near: &u.near }).collect(),
    }
}

/// The two ends of each axis, and what each quadrant is.
const AXES: [(&str, &str, &str); 3] = [
    ("valence", "unpleasant", "pleasant"),
    ("arousal", "calm", "excited"),
    ("dominance", "powerless", "in control"),
];
const QUADRANTS: [&str; 4] =
    ["pleasant and excited", "unpleasant and excited", "unpleasant and calm", "pleasant and calm"];

fn page(text: &str, reading: &Reading) -> String {
    let mut out = format!("{}\n\n", bold(text.trim()));
    let affect = whole(reading);
    let values = [affect.valence, affect.arousal, affect.dominance];
    for ((name, low, high), value) in AXES.iter().zip(values) {
        let (low, name) = (dim(&format!("{low:>10}")), dim(&format!("{name:<9}")));
        out.push_str(&format!("  {name}  {value:>5.2}  {low} {} {}\n", gauge(value), dim(high)));
    }
    let quadrant = affect.quadrant();
    let name = QUADRANTS.get(usize::from(quadrant).wrapping_sub(1)).copied().unwrap_or_default();
    out.push_str(&format!("  {}   {quadrant:>5}  {name}\n", dim("quadrant")));
    let near = by_closeness(affect).into_iter().take(NAMES);
    let near: Vec<String> =
        near.map(|(word, share)| format!("{} {:.0} %", word.name, 100.0 * share)).collect();
    out.push_str(&format!(
        "  {}       {}\n",
        dim("near"),
        show::wrapped_to(show::NARROW, &near.join(", "), 13)
    ));
    out.push('\n');
    out.push_str(&stages(reading));
    for word in &reading.unknown {
        let near = dim(&format!("   near words: {}", word.near.join(", ")));
        out.push_str(&format!("  not understood: {}{near}\n", word.text));
    }
    out
}

/// A place between -1 and 1 as a picture.
fn gauge(value: f32) -> String {
    const HALF: usize = 10;
    let mark = ((value + 1.0) * HALF as f32).round().clamp(0.0, 2.0 * HALF as f32) as usize;
    (0..=2 * HALF)
        .map(|place| {
            if place == mark {
                '●'
            } else if place == HALF {
                '┼'
            } else {
                '─'
            }
        })
        .collect()
}

fn stages(reading: &Reading) -> String {
    let mut out = dim("   place  valence  arousal  dominance  words") + "\n";
    for (index, stage) in reading.iter().enumerate() {
        let a = stage.affect;
        let place = format!("{:.0} %", 100.0 * place(index, reading.len()));
        let (text, point) =
            (words_of(stage), format!("{:>7.2}  {:>7.2}  {:>9.2}", a.valence, a.arousal, a.dominance));
        out.push_str(&format!("  {place:>6}  {point}  {}\n", show::wrapped_to(show::NARROW, &text, 39)));
    }
    out
}

/// How each word of a stage was understood: `joyful`, `sad x 1.3`, `sad denied: hopeful`.
fn words_of(stage: &Stage) -> String {
    if stage.words.is_empty() {
        return format!("{} (as a whole)", stage.text);
    }
    let word = |word: &kmidi::music::emotion::Understood| {
        let mut text = word.text.clone();
        if word.text.to_lowercase() != word.word {
            text.push_str(&format!(" = {}", word.word));
        }
        if word.strength != 1.0 {
            text.push_str(&format!(" × {:.1}", word.strength));
        }
        if word.denied {
            text.push_str(&format!(", denied: {}", word.name));
        }
        text
    };
    stage.words.iter().map(word).collect::<Vec<_>>().join("; ")
}

#[derive(Serialize)]
struct Vocabulary {
    schema: &'static str,
    words: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    family: &'static str,
    kind: &'static str,
    valence: f64,
    arousal: f64,
    dominance: f64,
}

fn vocabulary() -> Vocabulary {
    let named = words().iter().map(|word| Named {
        name: word.name,
        family: word.family,
        kind: word.kind,
        valence: rounded(word.affect.valence),
        arousal: rounded(word.affect.arousal),
        dominance: rounded(word.affect.dominance),
    });
    Vocabulary { schema: "kmidi.emotions/1", words: named.collect() }
}

/// The vocabulary: families, kinds, names.
fn list() -> String {
    let mut out = String::new();
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for word in words() {
        if !kinds.contains(&(word.family, word.kind)) {
            kinds.push((word.family, word.kind));
        }
    }
    let mut family = "";
    for (of, kind) in kinds {
        if of != family {
            let gap = if family.is_empty() { "" } else { "\n" };
            out.push_str(&format!("{gap}{}\n", bold(of)));
            family = of;
        }
        let names = words().iter().filter(|word| (word.family, word.kind) == (of, kind));
        let names: Vec<&str> = names.map(|word| word.name).collect();
        out.push_str(&format!(
            "  {}  {}\n",
            dim(&format!("{kind:<13}")),
            show::wrapped_to(show::NARROW, &names.join(", "), 17)
        ));
    }
    out
}
