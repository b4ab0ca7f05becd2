//! The chords of a piece: phrases with their cadences, sevenths and inversions, and the words that explain them.

use super::advice::ChordAdvice;
use super::form::phrases;
use super::grammar::{Grammar, Place, Terms, function_name};
use super::grid::{Grid, PPQ};
use super::material::{Material, rescaled};
use super::palette::{self, Function};
use super::style::Harmony;
use super::{Plan, PlanChord, PlanSection};
use crate::dice::{Dice, Stream};
use kmidi_music::{Chord, Interval, Key, Quality, Ticks, roman};

/// A slot of a section: where it is, and what may stand there.
struct Slot {
    bar: u32,
    beat: u32,
    beats: u32,
    place: Place,
    /// The last bar of a phrase, or the bar before it.
    cadence: bool,
}

/// Chords for a whole section. `last` tells whether the piece ends with it, `open` whether it should lead on.
pub(super) fn of_section(
    section: &PlanSection,
    style: &Harmony,
    grid: &Grid,
    seed: u64,
    last: bool,
    open: bool,
    mut advice: Option<&mut ChordAdvice>,
) -> Vec<PlanChord> {
    let rows = palette::of(section.key.mode);
    let read =
        |text: &str| roman::parse(text, section.key).unwrap_or(Chord::new(section.key.tonic, Quality::MAJ));
    // The first theme says where home is; contrasting ones start elsewhere as often as not.
    let home = if matches!(section.letter, 'A' | 'I') { 6.0 } else { 1.0 };
    let chords = rows.iter().map(|r| read(r.triad)).collect();
    let weights = rows.iter().map(|row| style.weight(row.triad)).collect();
    let grammar = Grammar { rows, chords, weights, affect: section.affect, mode: section.key.mode, home };
    // One stream a letter: sections that share a letter start from the same chords.
    let mut dice = Dice::new(seed, Stream::Harmony, section.letter as u32);
    let mut colour = Dice::new(seed, Stream::Colour, section.letter as u32);
    let lengths = phrases(section.bars);
    // Which bars of a phrase change chord in their middle: the same ones in each, so that its rhythm is heard.
    let halves: Vec<bool> = match changes(style) {
        0 => Vec::new(),
        _ if section.builds() => Vec::new(),
        percent => (0..8).map(|_| colour.chance(percent)).collect(),
    };
    let (mut bar, mut before, mut first) = (section.start_bar, None, Vec::<usize>::new());
    let mut chords = Vec::new();
    if let Some(advice) = &mut advice {
        advice.begin(section.key);
    }
    for (p, &length) in lengths.iter().enumerate() {
        let closing = p + 1 == lengths.len();
        let authentic = closing && (last || !open);
        let busy = u32::from(section.affect.arousal > -0.5) * (30 + (30.0 * section.energy) as u32);
        let mut slots = slots(bar, length, authentic, dice.chance(busy), &halves, grid);
        // A later phrase mostly starts as the first did: antecedent and consequent of a period (Caplin 1998).
        if p > 0 && length > 3 && dice.chance(75) {
            // A chord that points to the third bar is not fixed: the close may not follow it.
            let opening = slots.iter().take_while(|slot| slot.bar < bar + 2).count();
            let fixed = first.iter().take(opening).take_while(|&&row| rows[row].target.is_none());
            for (slot, &row) in slots.iter_mut().zip(fixed) {
                slot.place = Place::Fixed(row);
            }
        }
        let places: Vec<Place> = slots.iter().map(|s| s.place).collect();
        // Where the chord after each begins, from the start of the section.
        let end = |slot: &Slot| {
            u64::from(slot.bar - section.start_bar) * grid.bar()
                + u64::from(slot.beat + slot.beats) * grid.beat
        };
        let nexts: Vec<u64> = slots.iter().map(end).collect();
        let told = advice.as_mut().map(|advice| (&mut **advice, &nexts[..]));
        let drawn = grammar.draw(&places, before, &mut dice, told);
        if p == 0 {
            first = drawn.iter().map(|d| d.0).collect();
        }
        before = drawn.last().map(|d| d.0);
        let ends = chords.len() + drawn.len();
        for (k, ((row, terms), slot)) in drawn.iter().zip(&slots).enumerate() {
            let row_text = &rows[*row];
            let final_chord = last && chords.len() + 1 == ends && closing;
            let seventh =
                !final_chord && colour.chance(seventh_chance(section, style, row_text.function, slot.place));
            let chord = read(if seventh { row_text.seventh } else { row_text.triad });
            let why = explain(&drawn, k, rows, slot, authentic);
            chords.push(PlanChord {
                bar: slot.bar,
                beat: slot.beat,
                beats: slot.beats,
                roman: roman::of(&chord, section.key),
                chord,
                why,
                terms: terms.clone(),
            });
        }
        bar += length;
    }
    invert(&mut chords, section.key, &mut colour);
    chords
}

/// New chords for the bars of `section` that are in `bars`, between the chords of `plan` before and after them.
pub(super) fn again(
    section: &PlanSection,
    style: &Harmony,
    grid: &Grid,
    seed: u64,
    bars: core::ops::Range<u32>,
    plan: &Plan,
) -> Vec<PlanChord> {
    let rows = palette::of(section.key.mode);
    let read =
        |text: &str| roman::parse(text, section.key).unwrap_or(Chord::new(section.key.tonic, Quality::MAJ));
    let triads: Vec<Chord> = rows.iter().map(|r| read(r.triad)).collect();
    let weights = rows.iter().map(|row| style.weight(row.triad)).collect();
    let grammar = Grammar {
        rows,
        chords: triads.clone(),
        weights,
        affect: section.affect,
        mode: section.key.mode,
        home: 1.0,
    };
    let last = section.start_bar + section.bars == plan.bars;
    let (mut slots, mut bar) = (Vec::new(), section.start_bar);
    for length in phrases(section.bars) {
        let closes = bar + length == section.start_bar + section.bars;
        slots.extend(self::slots(bar, length, closes && last, false, &[], grid));
        bar += length;
    }
    slots.retain(|slot| bars.contains(&slot.bar));
    let (Some(start), Some(end)) = (slots.first().map(|s| s.bar), slots.last().map(|s| s.bar + 1)) else {
        return Vec::new();
    };
    let row_of = |chord: &PlanChord| {
        let same = |text| {
            read(text).root == chord.chord.root && read(text).pitch_classes() == chord.chord.pitch_classes()
        };
        rows.iter().position(|row| same(row.triad) || same(row.seventh))
    };
    let before = plan.chords.iter().rfind(|c| c.bar < start).and_then(row_of);
    let after = plan.chords.iter().find(|c| c.bar >= end && !bars.contains(&c.bar)).and_then(row_of);
    // A chord that points elsewhere does not hold the new ones to its target.
    let before = before.filter(|&row| rows[row].target.is_none());
    let mut places: Vec<Place> = slots.iter().map(|slot| slot.place).collect();
    places.extend(after.map(Place::Fixed));
    let mut dice = Dice::new(seed, Stream::Harmony, start);
    let mut colour = Dice::new(seed, Stream::Colour, start);
    let drawn = grammar.draw(&places, before, &mut dice, None);
    let chord = |(k, slot): (usize, &Slot)| {
        let (row, terms) = &drawn[k];
        let text = &rows[*row];
        let seventh = slot.place != Place::Close
            && colour.chance(seventh_chance(section, style, text.function, slot.place));
        let chord = read(if seventh { text.seventh } else { text.triad });
        PlanChord {
            bar: slot.bar,
            beat: slot.beat,
            beats: slot.beats,
            roman: roman::of(&chord, section.key),
            chord,
            why: format!("{}: {}; written anew between what stays", text.triad, text.why),
            terms: terms.clone(),
        }
    };
    slots.iter().enumerate().map(chord).collect()
}

/// The share of bars with two chords, in percent.
fn changes(style: &Harmony) -> u32 {
    style.changes.0.max(0.0) as u32
}

/// The slots of a phrase of `length` bars from `bar`. `split` makes two chords of the bar before an authentic close, `halves` of other bars.
fn slots(bar: u32, length: u32, authentic: bool, split: bool, halves: &[bool], grid: &Grid) -> Vec<Slot> {
    let mut slots = Vec::new();
    for i in 0..length {
        let left = length - 1 - i;
        let place = match (left, authentic) {
            (0, true) => Place::Close,
            (0, false) => Place::HalfClose,
            (1, true) => Place::Penultimate,
            _ if i == 0 => Place::Opening,
            (2, true) | (1, false) => Place::Approach,
            _ => Place::Middle,
        };
        let slot = |beat, beats, place| Slot { bar: bar + i, beat, beats, place, cadence: left < 2 };
        let half = halves.get(i as usize) == Some(&true);
        let two = match place {
            Place::Penultimate => split || half,
            Place::Close => false,
            _ => half,
        };
        let first = match place {
            Place::Opening => place,
            Place::Penultimate | Place::HalfClose => Place::Approach,
            _ => Place::Middle,
        };
        let place = if two && place == Place::Opening { Place::Middle } else { place };
        match grid.split().filter(|_| two && length > 2) {
            Some(at) => {
                slots.push(slot(0, at, first));
                slots.push(slot(at, grid.beats - at, place));
            }
            None => slots.push(slot(0, grid.beats, place)),
        }
    }
    slots
}

/// How often a chord takes its seventh, in percent: soft and mixed feelings like them, driving ones do not.
fn seventh_chance(section: &PlanSection, style: &Harmony, function: Function, place: Place) -> u32 {
    let mixed = super::feel::bittersweet(section.affect);
    let base = style.sevenths.0 + 12.0 + 30.0 * mixed - 14.0 * section.affect.arousal;
    let extra = match (function, place) {
        (Function::Dominant, Place::Penultimate) => 45.0,
        (_, Place::Close) => -30.0,
        (_, Place::HalfClose) => -5.0,
        (Function::Tonic, _) => -8.0,
        _ => 0.0,
    };
    (base + extra).clamp(0.0, 95.0) as u32
}

/// What a chord does, in words.
fn explain(
    drawn: &[(usize, Terms)],
    k: usize,
    rows: &[palette::Row],
    slot: &Slot,
    authentic: bool,
) -> String {
    let row = &rows[drawn[k].0];
    let name = |i: usize| rows[drawn[i].0].triad;
    let mut why = format!("{}: {}", row.triad, row.why);
    let chain = (k.saturating_sub(2)..=k).map(name).collect::<Vec<_>>().join(" - ");
    match slot.place {
        Place::Close if authentic && k > 0 => {
            why = format!("{chain}: {} cadence closes the phrase", cadence_name(name(k - 1)));
        }
        Place::HalfClose if k > 0 => {
            why = format!(
                "{chain}: half cadence, the phrase stops on the {} and asks",
                function_name(row.function)
            );
        }
        Place::Penultimate => why.push_str("; sets up the close"),
        Place::Fixed(_) => why.push_str("; the phrase starts as the first one did"),
        _ if k > 0 && drawn[k - 1].0 == drawn[k].0 => {
            why = format!("{}: stays, the harmony rests", row.triad);
        }
        _ if slot.cadence && row.function == Function::Subdominant => why.push_str("; prepares the cadence"),
        _ => {}
    }
    why
}

/// The cadence that a dominant makes: authentic with a major dominant, else modal.
fn cadence_name(dominant: &str) -> &'static str {
    match dominant {
        "V" => "authentic",
        "II" => "phrygian",
        _ => "modal",
    }
}

/// Puts a chord on its third where that lets the bass walk by step between its neighbours.
fn invert(chords: &mut [PlanChord], key: Key, dice: &mut Dice) {
    for i in 1..chords.len().saturating_sub(1) {
        let [before, chord, after] = [chords[i - 1].chord, chords[i].chord, chords[i + 1].chord];
        let third = chord.notes().into_iter().find(|&n| (n - chord.root).number() == 3);
        let Some(third) = third else { continue };
        let near = |a: kmidi_music::PitchName, b: kmidi_music::PitchName| {
            (b - a).number() == 2 || (b - a).number() == 7
        };
        let walks = near(before.bass, third)
            && near(third, after.root)
            && before.bass != after.root
            && !(near(before.bass, chord.root) && near(chord.root, after.root));
        // The close itself stays on its root.
        let held = chords[i].why.contains("cadence") || chord.root == before.root;
        if walks && !held && dice.chance(65) {
            chords[i].chord = chord.over(third);
            chords[i].roman = roman::of(&chords[i].chord, key);
            chords[i].why.push_str("; on its third, so that the bass walks by step");
        }
    }
}

/// Chords that the user brings, cut at bar lines, at the nearest beats; the last lasts to the end.
pub(super) fn kept(material: &Material, bars: u32, grid: &Grid, key: Key) -> Vec<PlanChord> {
    let beat = |tick: Ticks| {
        let tick = rescaled(tick, material.song_ppq(), PPQ).0;
        ((tick + grid.beat / 2) / grid.beat) as u32
    };
    let spans = &material.chords;
    let mut chords: Vec<PlanChord> = Vec::new();
    let mut at = 0;
    let end = bars * grid.beats;
    for (i, span) in spans.iter().enumerate() {
        let until = spans.get(i + 1).map_or(end, |next| beat(next.onset)).min(end);
        while at < until {
            let line = (at / grid.beats + 1) * grid.beats;
            chords.push(PlanChord {
                bar: at / grid.beats,
                beat: at % grid.beats,
                beats: until.min(line) - at,
                chord: span.chord,
                roman: roman::of(&span.chord, key),
                why: format!("{}: kept as it was", roman::of(&span.chord, key)),
                terms: Vec::new(),
            });
            at = until.min(line);
        }
    }
    chords
}

/// How well `chords` fit `key`: notes inside the signature count, the tonic chord at either end counts more.
pub(super) fn fit(chords: &[Chord], key: Key) -> i32 {
    let scale = key.scale();
    let inside = |chord: &Chord| {
        chord.pitch_classes().iter().map(|pc| if scale.contains(pc) { 1 } else { -2 }).sum::<i32>()
    };
    let tonic = |chord: Option<&Chord>| {
        chord.map_or(0, |c| {
            let third = key.degree(3).pitch_class().above(key.tonic.pitch_class());
            let same = c.root.pitch_class() == key.tonic.pitch_class();
            let fits =
                c.notes().iter().any(|&n| (n - c.root) == Interval::new(3, if third == 3 { -1 } else { 0 }));
            if same && fits { 4 } else { 0 }
        })
    };
    chords.iter().map(inside).sum::<i32>() + tonic(chords.first()) + tonic(chords.last())
}
