//! Which chord a numeral is by DCML's harmony annotation standard: chord tones, and what round brackets put in their
//! place.
//!
//! After the standard's text (Neuwirth, Harasim, Moss and Rohrmeier 2018) and, where it leaves room, what the chord
//! tones published with DCML's corpora show: embellishments marked `+` or written above the octave are not counted, a
//! seventh in brackets replaces the root of an inverted triad and adds nothing to a triad in root position.

use super::numeral::{Change, Figure, Mark, Place, RomanNumeral, Stem};
use super::{Convention, sound};
use crate::chord::{Chord, Degree, Degrees};
use crate::key::{Key, Mode};
use crate::pitch::{Interval, PitchName};

/// Root, third, fifth and seventh: each holds the tones that sound for it, at most four.
struct Slots([[Option<PitchName>; 4]; 4]);

impl Slots {
    fn set(&mut self, slot: usize, tone: PitchName) {
        self.0[slot] = [Some(tone), None, None, None];
    }

    fn push(&mut self, slot: usize, tone: PitchName) {
        if let Some(free) = self.0[slot].iter_mut().find(|t| t.is_none()) {
            *free = Some(tone);
        }
    }
}

/// The chord in `key`, which is already that of the applied degree.
pub(super) fn chord(numeral: &RomanNumeral, key: Key, convention: Convention) -> Chord {
    let unchanged = RomanNumeral { changes: alloc::vec::Vec::new(), target: None, ..numeral.clone() };
    let (root, intervals, number, key) = match (convention, numeral.stem) {
        (Convention::Dcml, Stem::Degree { number, upper }) => {
            let root = key.degree(number) + Interval::from_fifths(7 * numeral.alteration);
            (root, intervals(numeral.mark, upper), number, key)
        }
        _ => {
            // Names mean the same everywhere; and in RomanText only what the bracket says is DCML's.
            let plain = sound::chord(&unchanged, key, Convention::RomanText);
            let (number, key) = match numeral.stem {
                Stem::Degree { number, .. } => (number, key),
                Stem::Cadential => (1, key),
                Stem::Neapolitan => (2, key),
                Stem::Italian | Stem::German => (4, Key::new(key.tonic, Mode::Minor)),
                Stem::French | Stem::Swiss => (2, Key::new(key.tonic, Mode::Minor)),
            };
            let mut found =
                [Interval::new(1, 0), Interval::new(3, 0), Interval::new(5, 0), Interval::new(7, -1)];
            for degree in plain.degrees().iter().filter(|d| matches!(d.number, 3 | 5 | 7)) {
                found[usize::from(degree.number) / 2] = degree.interval();
            }
            (plain.root, found, number, key)
        }
    };
    let mut numbers = [0; 2];
    for (slot, figure) in numbers.iter_mut().zip(&numeral.figures) {
        *slot = figure.number;
    }
    let (seventh, bass_slot) = match (numeral.stem, numbers) {
        (Stem::Italian, [0 | 6, 0]) => (false, 1),
        (Stem::German, [0, 0] | [6, 0]) => (true, 1),
        (Stem::French | Stem::Swiss, [0, 0] | [6, 0]) => (true, 2),
        (Stem::Neapolitan, [0, 0]) => (false, 1),
        (_, [7, _]) => (true, 0),
        (_, [6, 5]) => (true, 1),
        (_, [4, 3]) => (true, 2),
        (_, [2, 0] | [4, 2]) => (true, 3),
        (Stem::Cadential, _) | (_, [6, 4]) => (false, 2),
        (_, [6, _]) => (false, 1),
        _ => (false, 0),
    };
    let mut slots = Slots([[None; 4]; 4]);
    for (slot, interval) in intervals.into_iter().enumerate().take(if seventh { 4 } else { 3 }) {
        slots.set(slot, root + interval);
    }
    let bass = root + intervals[bass_slot];
    substitute(numeral, key, number, (seventh, bass_slot), &mut slots);

    let sounding = || slots.0.iter().flatten().flatten().copied();
    let mut degrees = Degrees::NONE;
    for tone in sounding() {
        let interval = tone - root;
        degrees = degrees.with(Degree::new(interval.number(), interval.alteration()));
    }
    let bass = if sounding().any(|t| t == bass) { bass } else { slots.0[bass_slot][0].unwrap_or(bass) };
    Chord::from_degrees(root, degrees).over(bass)
}

fn intervals(mark: Mark, upper: bool) -> [Interval; 4] {
    let (third, fifth, seventh) = match mark {
        Mark::Plain => (if upper { 0 } else { -1 }, 0, -1),
        Mark::Diminished => (-1, -1, -2),
        Mark::HalfDiminished => (-1, -1, -1),
        Mark::Augmented => (0, 1, -1),
        Mark::Major => (if upper { 0 } else { -1 }, 0, 0),
        Mark::AugmentedMajor => (0, 1, 0),
        Mark::Dominant => (0, 0, -1),
    };
    [Interval::new(1, 0), Interval::new(3, third), Interval::new(5, fifth), Interval::new(7, seventh)]
}

fn substitute(
    numeral: &RomanNumeral,
    key: Key,
    number: u8,
    (seventh, bass): (bool, usize),
    slots: &mut Slots,
) {
    let mut replaced = [false; 4];
    for change in &numeral.changes {
        let Change::Substituted(place, Figure { number: figure, alteration }) = *change else { continue };
        let note = key.degree((number + figure - 2) % 7 + 1) + Interval::from_fifths(7 * alteration);
        let upwards = place == Place::ForUpper || (alteration > 0 && place != Place::ForLower);
        let slot = match (place, figure) {
            (Place::Beside, _) | (_, 1 | 8..) => continue,
            (Place::Without, _) => {
                slots.0[usize::from(figure / 2).min(3)] = [None; 4];
                continue;
            }
            (_, 3) => 1,
            (_, 5) => 2,
            (_, 7) if !seventh && bass == 0 => continue,
            (_, 7) if !seventh || (bass > 0 && upwards) => 0,
            (_, 7) => 3,
            (_, 2 | 4 | 6) if upwards => match usize::from(figure / 2) {
                3 if !seventh => 0,
                slot => slot,
            },
            _ => usize::from(figure / 2) - 1,
        };
        if replaced[slot] {
            slots.push(slot, note);
        } else {
            slots.set(slot, note);
        }
        replaced[slot] = true;
    }
}
