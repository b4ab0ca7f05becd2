//! Which chord a numeral is: the rules of RomanText.
//!
//! The figures are built on the scale of the key (natural minor in minor), the signs before the numeral move root,
//! third and fifth, and the numeral's case and mark then correct them. The rules are those of music21's `roman` module
//! (Cuthbert and Ariza 2010, version 10), so that the same text gives the same pitch classes.

use super::numeral::{Change, Figure, Mark, RomanNumeral, Stem};
use super::{Convention, substitute};
use crate::chord::{Chord, Degree, Degrees};
use crate::key::{Key, Mode};
use crate::pitch::{Interval, PitchName};
use alloc::vec::Vec;

/// A chord tone while the chord is built.
#[derive(Clone, Copy)]
struct Tone {
    /// 1 to 7 above the root.
    step: u8,
    name: PitchName,
    /// Semitones above the written bass; only the order matters.
    height: i32,
}

/// Figures that leave out what everyone knows.
const SHORT: &[(&[u8], &[u8])] = &[
    (&[], &[5, 3]),
    (&[5], &[5, 3]),
    (&[3], &[5, 3]),
    (&[6], &[6, 3]),
    (&[7], &[7, 5, 3]),
    (&[9], &[9, 7, 5, 3]),
    (&[11], &[11, 9, 7, 5, 3]),
    (&[13], &[13, 11, 9, 7, 5, 3]),
    (&[6, 5], &[6, 5, 3]),
    (&[4, 3], &[6, 4, 3]),
    (&[4, 2], &[6, 4, 2]),
    (&[2], &[6, 4, 2]),
];

/// Figures of inversions, and the number above the bass at which the root lies.
const INVERSIONS: &[(&[u8], u8)] = &[
    (&[6, 3], 6),
    (&[6, 4], 4),
    (&[6, 5, 3], 6),
    (&[6, 4, 3], 4),
    (&[6, 4, 2], 2),
    (&[7, 6, 5, 3], 6),
    (&[6, 5, 4, 3], 4),
    (&[6, 4, 3, 2], 2),
    (&[7, 5, 3, 2], 7),
    (&[9, 7, 6, 5, 3], 6),
    (&[7, 6, 5, 4, 3], 4),
    (&[9, 6, 5, 4, 3], 2),
    (&[9, 7, 6, 4, 3], 7),
    (&[7, 6, 5, 4, 2], 5),
];

/// `name`, `by` semitones higher with the same letter.
fn altered(name: PitchName, by: i32) -> PitchName {
    PitchName::from_fifths((i32::from(name.fifths()) + 7 * by).clamp(-100, 100) as i8)
}

/// The note of the key's scale on any number, counted from 1.
fn scale_note(key: Key, number: i32) -> PitchName {
    key.degree(((number - 1).rem_euclid(7) + 1) as u8)
}

fn semitones(from: PitchName, to: PitchName) -> i32 {
    i32::from(to.pitch_class().above(from.pitch_class()))
}

pub(super) fn chord(numeral: &RomanNumeral, key: Key, convention: Convention) -> Chord {
    let key = numeral.target.as_ref().map_or(key, |target| target_key(target, key, convention));
    let substituted = numeral.changes.iter().any(|c| matches!(c, Change::Substituted(..)));
    if substituted || convention == Convention::Dcml {
        return substitute::chord(numeral, key, convention);
    }
    let plain = Plain::of(numeral, key, convention);
    let mut tones = plain.stacked();
    let root = tones.iter().find(|t| t.step == 1).map_or(key.tonic, |t| t.name);
    let written_bass = tones.first().map_or(root, |t| t.name);
    let mut root = correct(&plain, root, &mut tones);
    for &(step, by) in plain.fixed {
        alter(&mut tones, &mut root, step, by);
    }
    for change in &numeral.changes {
        if let Change::Altered(figure) = change {
            alter(&mut tones, &mut root, (figure.number + 6) % 7 + 1, figure.alteration.into());
        }
    }
    let bass_before = tones.first().map_or(written_bass, |t| t.name);
    let named = tones.clone();
    for change in &numeral.changes {
        if let Change::Omitted(number) = change {
            let step = (number + 6) % 7 + 1;
            tones.retain(|t| named.iter().all(|o| o.step != step || o.name != t.name));
        }
    }
    let mut degrees = Degrees::NONE;
    for tone in &tones {
        degrees = degrees.with(plain.degree(tone.step, tone.name - root));
    }
    for change in &numeral.changes {
        let Change::Added(figure) = change else { continue };
        let note = scale_note(key, i32::from(plain.number) + i32::from(figure.number) - 1);
        let note = altered(note, figure.alteration.into());
        let height = semitones(bass_before, note);
        if tones.iter().all(|t| t.name != note) {
            degrees = degrees.with(spelled(note - root, figure.number));
        }
        tones.push(Tone { step: 0, name: note, height });
    }
    let bass = tones.iter().min_by_key(|t| t.height).map_or(root, |t| t.name);
    let bass = numeral.changes.iter().fold(bass, |bass, change| match change {
        Change::Over(figure) => root + Interval::new(figure.number, figure.alteration),
        _ => bass,
    });
    Chord::from_degrees(root, degrees).over(bass)
}

/// The key that `target` stands for when a chord is applied to it.
fn target_key(target: &RomanNumeral, key: Key, convention: Convention) -> Key {
    let chord = target.chord_as(key, convention);
    let minor = match (convention, target.stem) {
        (Convention::Dcml, Stem::Degree { upper, .. }) => !upper,
        _ => {
            let sounding = chord.degrees().semitones();
            let has = |semitones| sounding.contains(crate::PitchClass::new(semitones));
            has(3) && !has(4)
        }
    };
    Key::new(chord.root, if minor { Mode::Minor } else { Mode::Major })
}

/// A degree above the root with a number that is near what was written: 9 for a 2 that was written 9.
fn spelled(interval: Interval, written: u8) -> Degree {
    let number = if written > 7 { interval.number() + 7 } else { interval.number() };
    Degree::new(if number == 8 { 1 } else { number }, interval.alteration())
}

/// A numeral with its name resolved: a degree, a mark and full figures.
struct Plain {
    key: Key,
    /// 1 to 7.
    number: u8,
    /// How far the root lies from the key's own degree.
    alteration: i32,
    figures: Vec<Figure>,
    /// The number above the bass at which the root lies, in an inversion.
    inverted: Option<u8>,
    /// (third, fifth, seventh) that the mark asks for; `None` is left to the key.
    quality: [Option<i32>; 3],
    minor: bool,
    /// Tones that the name alters: (step, semitones).
    fixed: &'static [(u8, i32)],
    /// The highest step that the signs before the numeral move along with the root. Here sevenths of altered degrees
    /// keep their size (`bVII7` is a dominant seventh); music21 leaves the seventh to the key.
    moved: u8,
}

impl Plain {
    fn of(numeral: &RomanNumeral, key: Key, convention: Convention) -> Self {
        let minor_key = Key::new(key.tonic, Mode::Minor);
        let written = |default: &[u8]| -> Vec<Figure> {
            let six = matches!(numeral.figures[..], [Figure { number: 6, alteration: 0 }]);
            if numeral.figures.is_empty() || (six && numeral.stem != Stem::Italian) {
                default.iter().map(|&number| Figure { number, alteration: 0 }).collect()
            } else {
                numeral.figures.clone()
            }
        };
        let none = [None; 3];
        let major = [Some(4), Some(7), None];
        let (key, number, alteration, figures, quality, minor, fixed): (_, _, i32, _, _, _, &[(u8, i32)]) =
            match numeral.stem {
                Stem::Italian => (minor_key, 4, 0, written(&[6]), none, false, &[(1, 1)]),
                Stem::German => (minor_key, 4, 0, written(&[6, 5]), none, false, &[(1, 1)]),
                Stem::French => (minor_key, 2, 0, written(&[4, 3]), none, false, &[(3, 1)]),
                Stem::Swiss => (minor_key, 2, 0, written(&[4, 3]), none, false, &[(1, 1), (3, 1)]),
                Stem::Neapolitan => (key, 2, -1, written(&[6]), major, false, &[]),
                Stem::Cadential => {
                    let minor = key.mode.is_minor();
                    (key, 1, 0, written(&[6, 4]), [Some(4 - i32::from(minor)), Some(7), None], minor, &[])
                }
                Stem::Degree { number, upper } => {
                    let quality = quality(numeral.mark, upper, convention);
                    (
                        key,
                        number,
                        0,
                        numeral.figures.clone(),
                        quality,
                        !upper && numeral.mark == Mark::Plain,
                        &[],
                    )
                }
            };
        let raised = matches!(numeral.stem, Stem::Degree { number: 6 | 7, .. }) && key.mode == Mode::Minor;
        let raised_by_quality = raised && quality[0] == Some(3);
        let written = i32::from(numeral.alteration);
        let lift = match convention {
            _ if !raised => 0,
            Convention::Music21 => i32::from(raised_by_quality),
            // A sign is a reminder: it says once more what the quality says.
            _ if written == 0 => i32::from(raised_by_quality),
            _ => i32::from(written < 0),
        };
        let (figures, inverted) = full(figures);
        let moved = if convention == Convention::Music21 { 5 } else { 7 };
        Self {
            key,
            number,
            alteration: alteration + written + lift,
            figures,
            inverted,
            quality,
            minor,
            fixed,
            moved,
        }
    }

    /// The tones on the key's scale, from the bass up, moved by the signs before the numeral.
    fn stacked(&self) -> Vec<Tone> {
        let to_root = i32::from(self.inverted.unwrap_or(1)) - 1;
        let bass = i32::from(self.number) - to_root;
        let bass_note = scale_note(self.key, bass);
        let step = |number: u8| ((i32::from(number) - 1 - to_root).rem_euclid(7) + 1) as u8;
        let mut tones = alloc::vec![Tone { step: step(1), name: bass_note, height: 0 }];
        let mut last = 0;
        for figure in self.figures.iter().rev() {
            let note =
                altered(scale_note(self.key, bass + i32::from(figure.number) - 1), figure.alteration.into());
            let mut height = semitones(bass_note, note);
            while height < last {
                height += 12;
            }
            last = height;
            tones.push(Tone { step: step(figure.number), name: note, height });
        }
        for tone in &mut tones {
            if tone.step % 2 == 1 && tone.step <= self.moved {
                tone.name = altered(tone.name, self.alteration);
            }
        }
        tones
    }

    /// A chord tone as a degree; in stacks of thirds the second, fourth and sixth are ninth, eleventh and thirteenth.
    fn degree(&self, step: u8, interval: Interval) -> Degree {
        let high = self.inverted.is_some() || self.figures.iter().any(|f| f.number > 7);
        let number = if high && matches!(step, 2 | 4 | 6) { step + 7 } else { step };
        Degree::new(number, interval.alteration())
    }
}

fn quality(mark: Mark, upper: bool, convention: Convention) -> [Option<i32>; 3] {
    let third = Some(if upper { 4 } else { 3 });
    match mark {
        Mark::Plain => [third, Some(7), None],
        Mark::Diminished => [Some(3), Some(6), Some(9)],
        Mark::HalfDiminished => [Some(3), Some(6), Some(10)],
        Mark::Augmented => [Some(4), Some(8), None],
        Mark::Dominant => [Some(4), Some(7), Some(10)],
        Mark::Major if convention == Convention::Music21 => [third, Some(7), None],
        Mark::Major => [third, Some(7), Some(11)],
        Mark::AugmentedMajor if convention == Convention::Music21 => [Some(4), Some(8), None],
        Mark::AugmentedMajor => [Some(4), Some(8), Some(11)],
    }
}

/// The figures with nothing left out, and the number at which the root lies when they are those of an inversion.
fn full(written: Vec<Figure>) -> (Vec<Figure>, Option<u8>) {
    let numbers: Vec<u8> = written.iter().map(|f| f.number).collect();
    let row = SHORT.iter().find(|row| row.0 == numbers);
    let figures: Vec<Figure> = match row {
        None => written,
        Some(row) => {
            let sign = |n: u8| written.iter().find(|f| f.number == n).map_or(0, |f| f.alteration);
            row.1.iter().map(|&number| Figure { number, alteration: sign(number) }).collect()
        }
    };
    let is = |row: &&(&[u8], u8)| row.0.iter().copied().eq(figures.iter().map(|f| f.number));
    let inverted = INVERSIONS.iter().find(is).map(|row| row.1);
    (figures, inverted)
}

/// Brings third, fifth and seventh to what the mark asks for; gives the root.
fn correct(plain: &Plain, root: PitchName, tones: &mut [Tone]) -> PitchName {
    // A figure with a sign says what it wants; the mark does not overrule it.
    let signed = |step: u8| plain.figures.iter().any(|f| f.number == step && f.alteration != 0);
    for (step, wanted) in [3, 5, 7].into_iter().zip(plain.quality) {
        for tone in tones.iter_mut().filter(|t| t.step == step && !signed(step)) {
            let now = semitones(root, tone.name);
            let flat_seventh = step == 7 && plain.minor && plain.figures.len() >= 3 && now == 11;
            let wanted = wanted.unwrap_or(if flat_seventh { 10 } else { now }); // i7 in major has a minor seventh
            let by = (wanted - now + 6).rem_euclid(12) - 6;
            tone.name = altered(tone.name, by);
        }
    }
    root
}

fn alter(tones: &mut [Tone], root: &mut PitchName, step: u8, by: i32) {
    for tone in tones.iter_mut().filter(|t| t.step == step) {
        tone.name = altered(tone.name, by);
        if step == 1 {
            *root = tone.name;
        }
    }
}
