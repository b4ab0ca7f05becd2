//! The numeral of a chord.

use super::numeral::{Change, Figure, Mark, RomanNumeral, Stem};
use crate::PitchClass;
use crate::chord::{Chord, Degree, Quality};
use crate::key::{Key, Mode};
use crate::pitch::{Interval, PitchName};
use alloc::boxed::Box;

pub(super) fn of(chord: &Chord, key: Key) -> RomanNumeral {
    let root = near(chord.root, key);
    let respelled = chord.transposed(root - chord.root);
    applied(&respelled, key).unwrap_or_else(|| direct(&respelled, key))
}

/// The root as it is, or, where the key would need more than one sign for it, as the key spells it.
fn near(root: PitchName, key: Key) -> PitchName {
    let interval = root - key.tonic;
    let off = interval.alteration() - (key.degree(interval.number()) - key.tonic).alteration();
    if off.abs() <= 1 { root } else { key.spell_root(root.pitch_class()) }
}

/// A dominant or leading-note chord outside the key, applied to the degree that it resolves to.
fn applied(chord: &Chord, key: Key) -> Option<RomanNumeral> {
    if chord.notes().iter().all(|n| belongs(n.pitch_class(), key)) {
        return None;
    }
    let (lift, leading) = match chord.quality {
        Quality::DOM7 | Quality::MAJ => (Interval::new(4, 0), false),
        Quality::DIM | Quality::DIM7 | Quality::HDIM7 => (Interval::new(2, -1), true),
        _ => return None,
    };
    let degree = |pc: PitchClass| (1..=7).find(|&n| key.degree(n).pitch_class() == pc);
    let target = degree((chord.root + lift).pitch_class()).filter(|&n| n > 1)?;
    if !leading && chord.quality == Quality::MAJ && degree(chord.root.pitch_class()).is_none() {
        return None; // a major triad on a chromatic root is heard as borrowed
    }
    let upper = triad_on(key, target)? || target == 5; // the dominant of minor is major
    let local = Key::new(key.degree(target), if upper { Mode::Major } else { Mode::Minor });
    // Where the target is spelled otherwise than the chord resolves, the chord follows the target.
    let chord = chord.transposed(local.tonic - (chord.root + lift));
    let numeral = direct(&chord, local);
    let plain = numeral.changes.is_empty() && numeral.alteration == 0;
    plain.then(|| RomanNumeral { target: Some(Box::new(RomanNumeral::degree(target, upper))), ..numeral })
}

fn belongs(pc: PitchClass, key: Key) -> bool {
    // The raised sixth and seventh degree belong to minor as much as those of the signature.
    key.scale().contains(pc)
        || (key.mode == Mode::Minor && matches!(pc.above(key.tonic.pitch_class()), 9 | 11))
}

/// Is the triad on `degree` major (`true`) or minor? Others are not tonicised.
fn triad_on(key: Key, degree: u8) -> Option<bool> {
    let note = |n: u8| key.degree((degree + n - 2) % 7 + 1);
    match ((note(3) - note(1)).semitones(), (note(5) - note(1)).semitones()) {
        (4, 7) => Some(true),
        (3, 7) => Some(false),
        _ => None,
    }
}

/// The numeral on the chord's own root, with brackets for what no mark says.
fn direct(chord: &Chord, key: Key) -> RomanNumeral {
    let degrees = chord.degrees();
    let has = |number, alteration| degrees.contains(Degree::new(number, alteration));
    let upper = has(3, 0) || !has(3, -1);
    let number = (chord.root - key.tonic).number();
    let off = ((chord.root - key.degree(number)).fifths() / 7).clamp(-4, 4);
    let seventh = degrees.iter().any(|d| d.number == 7);
    let ninth = seventh && degrees.iter().any(|d| d.number == 9) && chord.bass == chord.root;
    let marks: &[Mark] = match (upper, seventh) {
        (true, false) => &[Mark::Plain, Mark::Augmented],
        (false, false) => &[Mark::Plain, Mark::Diminished],
        // A major seventh is always marked: what `IV7` means depends on whom one asks.
        (true, true) if has(7, 0) => &[Mark::Major, Mark::AugmentedMajor],
        (true, true) => &[Mark::Plain, Mark::Dominant, Mark::Augmented],
        (false, true) if has(7, 0) => &[Mark::Major],
        (false, true) => &[Mark::Plain, Mark::HalfDiminished, Mark::Diminished],
    };
    let stacks: &[&[u8]] = match (seventh, ninth) {
        (false, _) => &[&[]],
        (true, false) => &[&[7]],
        (true, true) => &[&[9], &[7]],
    };
    let mut best: Option<(u32, RomanNumeral)> = None;
    for stack in stacks {
        for &mark in marks {
            let numeral = RomanNumeral {
                alteration: signs(off, number, upper || mark == Mark::Dominant, key),
                mark,
                figures: stack.iter().map(|&number| Figure { number, alteration: 0 }).collect(),
                ..RomanNumeral::degree(number, upper)
            };
            let sounds = numeral.chord(key).degrees();
            let distance = 2 * sounds.minus(degrees).len() + 2 * degrees.minus(sounds).len();
            if best.as_ref().is_none_or(|b| distance < b.0) {
                best = Some((distance, numeral));
            }
        }
    }
    let mut numeral = best.map_or_else(|| RomanNumeral::degree(number, upper), |b| b.1);
    change(&mut numeral, chord, key);
    invert(&mut numeral, chord, key, seventh);
    numeral
}

/// The signs to write for a root that lies `off` semitones from the key's degree: in minor the sixth and seventh degree
/// are raised by the numeral's quality, and there a sign is only a reminder.
fn signs(off: i8, number: u8, upper: bool, key: Key) -> i8 {
    if key.mode != Mode::Minor || !matches!(number, 6 | 7) {
        return off;
    }
    match (upper, off) {
        (true, ..0) | (false, ..=0) => (off - 1).max(-4),
        (false, 1) => 0,
        _ => off,
    }
}

/// Adds the brackets that turn the numeral's tones into the chord's.
fn change(numeral: &mut RomanNumeral, chord: &Chord, key: Key) {
    let Stem::Degree { number: on, .. } = numeral.stem else { return };
    let (mut wanted, sounds) = (chord.degrees(), numeral.chord(key).degrees());
    let spare = sounds.minus(wanted);
    wanted = wanted.minus(sounds);
    let mut omitted = alloc::vec::Vec::new();
    for tone in spare.iter() {
        match wanted.iter().find(|w| w.number == tone.number && tone.number != 1) {
            Some(instead) => {
                let figure = Figure { number: tone.number, alteration: instead.alteration - tone.alteration };
                numeral.changes.push(Change::Altered(figure));
                wanted = wanted.without(instead);
            }
            None => omitted.push(Change::Omitted(tone.number)),
        }
    }
    numeral.changes.extend(omitted);
    for tone in wanted.iter() {
        let natural = key.degree((on + tone.number - 2) % 7 + 1);
        let alteration = ((chord.root + tone.interval() - natural).fifths() / 7).clamp(-4, 4);
        numeral.changes.push(Change::Added(Figure { number: tone.number, alteration }));
    }
}

/// Writes the inversion as figures, or the bass in brackets where figures cannot say it.
fn invert(numeral: &mut RomanNumeral, chord: &Chord, key: Key, seventh: bool) {
    let root_position = numeral.figures.clone();
    let inverted: &[u8] = match ((chord.bass - chord.root).number(), seventh) {
        (3, false) => &[6],
        (5, false) => &[6, 4],
        (3, true) => &[6, 5],
        (5, true) => &[4, 3],
        (7, true) => &[4, 2],
        _ => &[],
    };
    if !inverted.is_empty() {
        numeral.figures = inverted.iter().map(|&number| Figure { number, alteration: 0 }).collect();
        let read = numeral.chord(key);
        if read.bass == chord.bass && read.degrees() == chord.degrees() {
            return;
        }
        numeral.figures = root_position;
    }
    if numeral.chord(key).bass != chord.bass {
        let bass = chord.bass - chord.root;
        numeral
            .changes
            .push(Change::Over(Figure { number: bass.number(), alteration: bass.alteration().clamp(-4, 4) }));
    }
}
