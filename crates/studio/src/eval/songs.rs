//! How near composed songs are to pieces that people wrote, and how far from being copies of any.
//!
//! Songs of many feelings and seeds, as lead sheets (melody and chords), stand beside the pieces of a set in 4/4 with one key. Six histograms are taken of
//! each lead sheet ([`Histograms`]): pitch classes above the tonic, intervals, steps between onsets, lengths, changes of chord, and likeness of bars to
//! earlier ones. Two distances compare a set of songs with a set of pieces, each a mean over the six:
//!
//! | figure | meaning |
//! |---|---|
//! | `js` | the Jensen-Shannon distance (square root of the divergence, base 2; Endres and Schindelin 2003) between the histograms of all notes of a set, 0 to 1: do songs on the whole use what people use? |
//! | `energy` | the energy distance (Székely and Rizzo 2013) between the two sets of histograms, a histogram a piece, over Jensen-Shannon distances: do songs also differ from each other as pieces of people do? |
//! | `run` | the longest run of notes, as intervals and steps in 16ths, that a song shares with any piece of the training split, in notes: 99th percentile over songs |
//!
//! Beside the composer stand the rules alone, the models alone, Markov chains of order 2 of two kinds, and pieces with their notes shuffled ([`others`]). What is told
//! of `run` of people is the 99th percentile over pieces of the longest run that each shares with any of the training split.

pub mod copies;
mod histograms;
pub mod others;

pub use histograms::{Histograms, KINDS, NAMES, energy, pooled};

use super::Report;
use super::next_note::Tune;
use super::report::Prediction;
use crate::compose::{ComposeError, Models, Style, compose_in};
use crate::dice::{Dice, Stream};
use kmidi_music::song::Role;
use kmidi_music::{Affect, Intent, Key, Meter, PitchClass, Song};
use std::collections::BTreeMap;

/// Bars of a song that is composed for comparison: about those of a piece of POP909.
pub const BARS: u32 = 64;
/// The fewest notes of a piece that is compared.
const FEWEST: usize = 32;
/// Draws of songs and pieces for an interval.
const DRAWS: usize = 400;

/// Melody and chords in one key and 4/4. Times are quarter notes.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name.
    pub id: String,
    /// The home note.
    pub tonic: PitchClass,
    /// Is its tonic chord minor?
    pub minor: bool,
    /// Onset, duration and MIDI number of each note, in order.
    pub melody: Vec<(f64, f64, u8)>,
    /// The chords that have a root, in order.
    pub chords: Vec<Change>,
}

/// A chord of a [`Sheet`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Where it begins.
    pub onset: f64,
    /// How long it lasts.
    pub duration: f64,
    /// Its root.
    pub root: PitchClass,
    /// Has it a minor third?
    pub minor: bool,
}

impl Sheet {
    /// A piece of a set; `None` for one with another metre, more than one key, or next to no notes.
    #[must_use]
    pub fn of_tune(tune: &Tune) -> Option<Self> {
        let one = tune.key.len() == 1 && matches!(tune.meter[..], [(_, 4, 4)]);
        let key: Key = tune.key.first().filter(|_| one && tune.melody.len() >= FEWEST)?.1.parse().ok()?;
        let chord = |(onset, duration, _, root, _, set): &(f64, f64, String, i32, i32, Vec<u8>)| {
            let third = PitchClass::new(root + 3);
            let minor = set.iter().any(|&pc| PitchClass::new(pc.into()) == third);
            (*root >= 0).then_some(Change {
                onset: *onset,
                duration: *duration,
                root: PitchClass::new(*root),
                minor,
            })
        };
        Some(Self {
            id: tune.id.clone(),
            tonic: key.tonic.pitch_class(),
            minor: key.mode.is_minor(),
            melody: tune.melody.clone(),
            chords: tune.chords.iter().filter_map(chord).collect(),
        })
    }

    /// A composed song, in the key in which it ends.
    #[must_use]
    pub fn of_song(song: &Song, id: String) -> Self {
        let key =
            song.keys.last().map_or(Key::new(kmidi_music::PitchName::C, kmidi_music::Mode::Major), |k| k.1);
        let quarters = |ticks: u64| ticks as f64 / f64::from(song.tempo.ppq());
        let notes = song.track(Role::Melody).map_or(&[][..], |track| &track.notes);
        let chord = |span: &kmidi_music::song::ChordSpan| {
            let root = span.chord.root.pitch_class();
            Change {
                onset: quarters(span.onset.0),
                duration: quarters(span.duration.0),
                root,
                minor: span.chord.pitch_classes().contains(root + 3),
            }
        };
        Self {
            id,
            tonic: key.tonic.pitch_class(),
            minor: key.mode.is_minor(),
            melody: notes.iter().map(|n| (quarters(n.onset.0), quarters(n.duration.0), n.pitch)).collect(),
            chords: song.chords.iter().map(chord).collect(),
        }
    }
}

/// The wish behind song `number`: a feeling of its own, all of them spread evenly over the plane (the additive recurrence of the plastic number, Roberts 2018), and
/// a seed of its own.
#[must_use]
pub fn intent(number: u64) -> Intent {
    let spread = |ratio: f64| {
        let x = 0.5 + number as f64 * ratio;
        2.0 * (x - libm::floor(x)) - 1.0
    };
    let (valence, arousal) = (spread(0.754_877_666_246_692_7), spread(0.569_840_290_998_053_2));
    let feeling = Affect::new(valence as f32, arousal as f32, 0.0);
    Intent { seed: number, meter: Some(Meter::COMMON), bars: Some(BARS), ..Intent::feeling(feeling) }
}

/// The first `count` songs of [`intent`] in a style.
///
/// # Errors
///
/// Those of [`compose_in`].
pub fn composed(style: &Style, count: usize) -> Result<Vec<Sheet>, ComposeError> {
    let song = |number: u64| {
        let wish = intent(number);
        let feeling = wish.affect_at(0.0);
        let id = format!("seed {number}, valence {:.2}, arousal {:.2}", feeling.valence, feeling.arousal);
        compose_in(&wish, style).map(|(_, song)| Sheet::of_song(&song, id))
    };
    (0..count as u64).map(song).collect()
}

/// Composes `count` songs in `style` and compares them, and what stands beside them, with pieces. The chains are counted on `train`, copies are looked for in
/// it.
///
/// # Errors
///
/// Those of [`compose_in`].
pub fn evaluate(
    pieces: &[Tune],
    train: Option<&[Tune]>,
    style: &Style,
    count: usize,
) -> Result<Report, ComposeError> {
    let people: Vec<Sheet> = pieces.iter().filter_map(Sheet::of_tune).collect();
    let train: Vec<Sheet> = train.unwrap_or_default().iter().filter_map(Sheet::of_tune).collect();
    let mut report = Report { pieces: people.len(), unit: "songs", items: count, ..Report::default() };
    if people.is_empty() || count == 0 {
        return Ok(Report { items: 0, ..report });
    }
    let mut rules = style.clone();
    rules.models = Models::NONE;
    let ours = composed(style, count)?;
    let mut systems =
        vec![("kmidi", ours), ("rules", composed(&rules, count)?), ("models", others::models(count))];
    if !train.is_empty() {
        systems.push(("markov-2", others::markov(&train, count, false)));
        systems.push(("markov-2-key", others::markov(&train, count, true)));
        systems.push(("shuffled", others::shuffled(&train, count)));
    }
    let of = |sheets: &[Sheet]| -> Vec<Histograms> { sheets.iter().map(Histograms::of).collect() };
    let truth = of(&people);
    let histograms: Vec<Vec<Histograms>> = systems.iter().map(|system| of(&system.1)).collect();
    let runs = (!train.is_empty()).then(|| copies::Runs::of(&people, &train));
    for ((name, sheets), found) in systems.iter().zip(&histograms) {
        let mut figures = figures(found, &truth);
        if runs.is_some() && matches!(*name, "kmidi" | "rules" | "models") {
            let lengths = copies::longest(sheets, &train);
            figures.insert("run", copies::percentile(&lengths, 0.99) as f64);
            if *name == "kmidi" {
                let line = |(index, (sheet, (run, of))): (usize, (&Sheet, &(usize, String)))| Prediction {
                    id: sheet.id.clone(),
                    index,
                    answer: Some(format!("{run} notes as in {of}")),
                    prob_of_truth: None,
                    top: Vec::new(),
                };
                report.predictions = sheets.iter().zip(&lengths).enumerate().map(line).collect();
            }
        }
        match *name {
            "kmidi" => report.metrics = figures,
            name => drop(report.baselines.insert(name, figures)),
        }
    }
    if let Some(runs) = runs {
        let people = [("run", runs.of_pieces as f64), ("run_of_pairs", runs.of_pairs as f64)];
        report.baselines.insert("people", people.into());
    }
    report.intervals = margins(&systems, &histograms, &truth);
    Ok(report)
}

/// The figures of a set of songs.
fn figures(songs: &[Histograms], truth: &[Histograms]) -> BTreeMap<&'static str, f64> {
    let (js, energy) = (pooled(songs, truth), energy(songs, truth));
    let mut figures: BTreeMap<_, _> = NAMES.into_iter().zip(js).collect();
    figures.insert("js", js.iter().sum::<f64>() / KINDS as f64);
    figures.insert("energy", energy.iter().sum::<f64>() / KINDS as f64);
    figures
}

/// By how much each other system is farther from people than ours, where it lies in 95 of 100 draws of songs and pieces: more than 0
/// means that ours is nearer. A draw takes the songs of the same numbers from every system: those that were composed for one wish are
/// compared with each other. The seed is fixed.
fn margins(
    systems: &[(&'static str, Vec<Sheet>)],
    histograms: &[Vec<Histograms>],
    truth: &[Histograms],
) -> BTreeMap<&'static str, (f64, f64)> {
    let mut dice = Dice::new(1, Stream::Pieces, 1);
    let mut draws: Vec<Vec<f64>> = vec![Vec::with_capacity(DRAWS); histograms.len()];
    for _ in 0..DRAWS {
        let mut draw = |from: &[Histograms]| -> Vec<u32> {
            (0..from.len()).map(|_| dice.below(from.len() as u32)).collect()
        };
        let drawn = |from: &[Histograms], places: &[u32]| {
            let mut sum = Histograms::default();
            places.iter().for_each(|&place| sum.add(&from[place as usize]));
            vec![sum]
        };
        let places = draw(truth);
        let truth = drawn(truth, &places);
        let places = draw(&histograms[0]);
        for (of, into) in histograms.iter().zip(&mut draws) {
            into.push(pooled(&drawn(of, &places), &truth).iter().sum::<f64>() / KINDS as f64);
        }
    }
    let margin = |(k, system): (usize, &(&'static str, Vec<Sheet>))| {
        let mut margins: Vec<f64> =
            draws[k].iter().zip(&draws[0]).map(|(other, ours)| other - ours).collect();
        margins.sort_by(f64::total_cmp);
        (
            MARGINS.iter().find(|m| m.0 == system.0).map_or("js", |m| m.1),
            (margins[DRAWS / 40], margins[DRAWS - 1 - DRAWS / 40]),
        )
    };
    systems.iter().enumerate().skip(1).map(margin).collect()
}

/// What margins are called.
const MARGINS: [(&str, &str); 5] = [
    ("rules", "js, rules less kmidi"),
    ("models", "js, models less kmidi"),
    ("markov-2", "js, markov-2 less kmidi"),
    ("markov-2-key", "js, markov-2-key less kmidi"),
    ("shuffled", "js, shuffled less kmidi"),
];
