//! Chords for a melody that the user brings: what the shipped model hears in it, weighed with function and cadence.
//!
//! Every half bar (a whole one where the bar does not divide) gets the model's probabilities over the chords of the
//! mode; the row of chords with the highest sum of named terms is found exactly, over the whole piece.

use super::advice::share_of;
use super::form::phrases;
use super::grammar::{Grammar, Place, Terms};
use super::grid::{Grid, PPQ};
use super::palette;
use super::style::Harmony;
use super::{PlanChord, PlanSection};
use kmidi_music::{Chord, Meter, Note, PitchClass, Quality, roman};
use kmidi_neural::chord::{Home, Metre, Note as Heard, TOKENS};
use kmidi_neural::harmonizer::{Harmonizer, Segment};

/// How much the model counts against the rules.
const MODEL: f32 = 1.0;
/// How much the grammar of functions counts.
const RULES: f32 = 0.45;
/// What a note of the melody outside the chord costs, by its share of the time.
const FOREIGN: f32 = 5.0;
/// What a change inside a bar costs.
const RESTLESS: f32 = 1.6;
/// What beginning on the tonic is worth.
const OPENING: f32 = 2.0;
/// What a cadence at the end of a phrase, and of the piece, is worth.
const CADENCE: [f32; 2] = [1.0, 5.0];

/// A stretch that gets a chord.
struct Slot {
    section: usize,
    bar: u32,
    beat: u32,
    beats: u32,
    /// Begins the piece.
    opens: bool,
    /// Ends a phrase; ends the piece.
    ends: [bool; 2],
}

/// Chords for `tune` (in the composer's ticks) over the sections of a plan.
pub(super) fn chords(
    sections: &[PlanSection],
    tune: &[Note],
    meter: Meter,
    grid: &Grid,
    style: &Harmony,
) -> Vec<PlanChord> {
    let slots = slots(sections, grid);
    let grammars: Vec<Grammar<'_>> = sections.iter().map(|section| grammar(section, style)).collect();
    let told = ask(sections, &slots, tune, meter, grid);
    let alone =
        |k: usize, row: usize| standing(&grammars[slots[k].section], &slots[k], row, &told[k], tune, grid);
    let rows = |k: usize| grammars[slots[k].section].rows.len();
    // best[k][row]: the score of the best way there, and where it comes from.
    let mut best: Vec<Vec<(f32, usize)>> = Vec::with_capacity(slots.len());
    for k in 0..slots.len() {
        let here = (0..rows(k)).map(|row| {
            let own = sum(&alone(k, row));
            match best.last() {
                None => (own, 0),
                Some(before) => {
                    let ways = (0..before.len()).map(|from| {
                        (before[from].0 + own + sum(&step(&grammars, &slots, k, from, row)), from)
                    });
                    ways.fold((f32::MIN, 0), |most, way| if way.0 > most.0 { way } else { most })
                }
            }
        });
        let here = here.collect();
        best.push(here);
    }
    let mut path = vec![0; slots.len()];
    for k in (0..slots.len()).rev() {
        path[k] = match path.get(k + 1) {
            Some(&after) => best[k + 1][after].1,
            None => {
                (0..rows(k)).fold(0, |most, row| if best[k][row].0 > best[k][most].0 { row } else { most })
            }
        };
    }
    let mut chords: Vec<PlanChord> = Vec::new();
    for (k, slot) in slots.iter().enumerate() {
        let grammar = &grammars[slot.section];
        let (row, key) = (&grammar.rows[path[k]], sections[slot.section].key);
        let mut terms = alone(k, path[k]);
        if k > 0 {
            terms.extend(step(&grammars, &slots, k, path[k - 1], path[k]));
        }
        let chord = grammar.chords[path[k]];
        if let Some(last) = chords.last_mut().filter(|last| last.bar == slot.bar && last.chord == chord) {
            last.beats += slot.beats;
            last.terms.extend(terms);
            continue;
        }
        let tones = tones(&chord, slot, tune, grid);
        let why = match tones {
            Some(share) => {
                format!("{}: {}; {:.0} % of the melody here is in it", row.triad, row.why, 100.0 * share)
            }
            None => format!("{}: {}; the melody rests here", row.triad, row.why),
        };
        chords.push(PlanChord {
            bar: slot.bar,
            beat: slot.beat,
            beats: slot.beats,
            chord,
            roman: roman::of(&chord, key),
            why,
            terms,
        });
    }
    chords
}

fn sum(terms: &Terms) -> f32 {
    terms.iter().map(|term| term.1).sum()
}

fn slots(sections: &[PlanSection], grid: &Grid) -> Vec<Slot> {
    let mut slots = Vec::new();
    for (s, section) in sections.iter().enumerate() {
        let mut bar = section.start_bar;
        for length in phrases(section.bars) {
            for i in 0..length {
                let closes = i + 1 == length;
                let ends = [
                    closes,
                    closes && bar + 1 == section.start_bar + section.bars && s + 1 == sections.len(),
                ];
                let split = grid.split().filter(|_| !ends[1]);
                let mut slot = |beat, beats, ends| {
                    slots.push(Slot { section: s, bar, beat, beats, opens: bar + beat == 0, ends });
                };
                match split {
                    Some(at) => {
                        slot(0, at, [false; 2]);
                        slot(at, grid.beats - at, ends);
                    }
                    None => slot(0, grid.beats, ends),
                }
                bar += 1;
            }
        }
    }
    slots
}

fn grammar<'a>(section: &PlanSection, style: &Harmony) -> Grammar<'a> {
    let rows = palette::of(section.key.mode);
    let read =
        |text: &str| roman::parse(text, section.key).unwrap_or(Chord::new(section.key.tonic, Quality::MAJ));
    Grammar {
        rows,
        chords: rows.iter().map(|row| read(row.triad)).collect(),
        weights: rows.iter().map(|row| style.weight(row.triad)).collect(),
        affect: section.affect,
        mode: section.key.mode,
        home: 1.0,
    }
}

/// What the model says of every slot, by token above the tonic; even shares where it cannot be asked.
fn ask(
    sections: &[PlanSection],
    slots: &[Slot],
    tune: &[Note],
    meter: Meter,
    grid: &Grid,
) -> Vec<[f32; TOKENS]> {
    let quarters = |ticks: u64| ticks as f32 / f32::from(PPQ);
    let notes: Vec<Heard> = tune
        .iter()
        .map(|n| Heard { onset: quarters(n.onset.0), duration: quarters(n.duration.0), pitch: n.pitch })
        .collect();
    let segments: Vec<Segment> = slots
        .iter()
        .map(|slot| {
            let (start, end) = ticks(slot, grid);
            let key = sections[slot.section].key;
            Segment {
                start: quarters(start),
                end: quarters(end),
                home: Home { tonic: key.tonic.pitch_class(), minor: Some(key.mode.is_minor()) },
                metre: Metre::new(0.0, u32::from(meter.numerator), u32::from(meter.denominator)),
            }
        })
        .collect();
    let even = || vec![[1.0 / TOKENS as f32; TOKENS]; slots.len()];
    let model = kmidi_neural::shipped("harmonizer").and_then(|onnx| Harmonizer::new(onnx).ok());
    model.map_or_else(even, |mut model| model.label(&segments, &notes))
}

fn ticks(slot: &Slot, grid: &Grid) -> (u64, u64) {
    let start = u64::from(slot.bar) * grid.bar() + u64::from(slot.beat) * grid.beat;
    (start, start + u64::from(slot.beats) * grid.beat)
}

/// The share of the melody's time in a slot that is on tones of the chord; `None` where it rests.
fn tones(chord: &Chord, slot: &Slot, tune: &[Note], grid: &Grid) -> Option<f32> {
    let (start, end) = ticks(slot, grid);
    let (mut inside, mut all) = (0, 0);
    let from = tune.partition_point(|n| n.onset.0 + 16 * grid.bar() < start);
    for note in tune[from..].iter().take_while(|n| n.onset.0 < end) {
        let sounds = note.end().0.min(end).saturating_sub(note.onset.0.max(start));
        all += sounds;
        if chord.pitch_classes().contains(PitchClass::new(i32::from(note.pitch))) {
            inside += sounds;
        }
    }
    (all > 0).then(|| inside as f32 / all as f32)
}

fn standing(
    grammar: &Grammar<'_>,
    slot: &Slot,
    row: usize,
    told: &[f32; TOKENS],
    tune: &[Note],
    grid: &Grid,
) -> Terms {
    let chord = &grammar.chords[row];
    let tonic = grammar.chords[0].root.pitch_class();
    let share = share_of(told, chord, tonic);
    let mut terms = vec![("model", MODEL * libm::log2f(share.max(1e-4)))];
    terms.extend(tones(chord, slot, tune, grid).map(|share| ("melody", -FOREIGN * (1.0 - share))));
    let rules = grammar.standing(row, Place::Middle).unwrap_or_default();
    terms.extend(rules.into_iter().map(|(name, score)| (name, RULES * score)));
    let home = row == 0;
    if slot.opens && home {
        terms.push(("opens at home", OPENING));
    }
    let dominant = grammar.rows[row].function == palette::Function::Dominant && !grammar.rows[row].chromatic;
    match slot.ends {
        [_, true] if home => terms.push(("cadence", CADENCE[1])),
        [true, false] if home || dominant => terms.push(("cadence", CADENCE[0])),
        _ => {}
    }
    terms
}

fn step(grammars: &[Grammar<'_>], slots: &[Slot], k: usize, from: usize, to: usize) -> Terms {
    let (before, here) = (&slots[k - 1], &slots[k]);
    let mut terms = Vec::new();
    if before.section == here.section
        || grammars[before.section].rows.len() == grammars[here.section].rows.len()
    {
        match grammars[here.section].step(from, to, Place::Middle) {
            // A chord that stays is no step.
            Some(_) if from == to => {}
            Some(rules) => terms.extend(rules.into_iter().map(|(name, score)| (name, RULES * score))),
            None => terms.push(("resolution", -4.0)),
        }
    }
    if before.bar == here.bar && from != to {
        terms.push(("restless", -RESTLESS));
    }
    terms
}
