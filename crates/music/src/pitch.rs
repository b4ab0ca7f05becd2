//! Pitch classes, sets of them, spelled pitches and spelled intervals.
//!
//! Spelling lives on the line of fifths (… Bb F C G D …): a spelled pitch class and a spelled interval are each one
//! integer there, and transposition is addition (Temperley 2000, "The Line of Fifths").

use crate::ParseError;
use alloc::format;
use core::fmt;
use core::ops::{Add, Sub};

/// One of the twelve pitch classes, C = 0 to B = 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PitchClass(u8);

impl PitchClass {
    /// The pitch class of any integer: MIDI note numbers, or sums that left 0..=11.
    pub const fn new(value: i32) -> Self {
        Self(value.rem_euclid(12) as u8)
    }

    /// 0 (C) to 11 (B).
    pub const fn value(self) -> u8 {
        self.0
    }

    /// 0 (C) to 11 (B), to index a table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// All twelve, from C upwards.
    pub fn all() -> impl Iterator<Item = PitchClass> {
        (0..12).map(PitchClass)
    }

    /// Semitones from `other` up to `self`, 0 to 11.
    pub const fn above(self, other: PitchClass) -> u8 {
        (self.0 + 12 - other.0) % 12
    }
}

impl Add<i32> for PitchClass {
    type Output = PitchClass;
    fn add(self, semitones: i32) -> PitchClass {
        PitchClass::new(i32::from(self.0) + semitones)
    }
}

/// A set of pitch classes: bit *n* stands for pitch class *n* (C = bit 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PitchClassSet(u16);

impl PitchClassSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// From the low twelve bits of `bits`.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0xfff)
    }

    /// The twelve bits.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Is `pc` a member?
    pub const fn contains(self, pc: PitchClass) -> bool {
        self.0 >> pc.0 & 1 == 1
    }

    /// The set with `pc` added.
    #[must_use]
    pub const fn with(self, pc: PitchClass) -> Self {
        Self(self.0 | 1 << pc.0)
    }

    /// How many pitch classes there are, 0 to 12.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// No member at all.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Transposed up by `semitones` (0 to 11; larger values wrap).
    #[must_use]
    pub const fn transposed(self, semitones: u8) -> Self {
        let s = (semitones % 12) as u32;
        Self::from_bits(self.0 << s | self.0 >> (12 - s))
    }

    /// Members of both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members, ascending from C.
    pub fn iter(self) -> impl Iterator<Item = PitchClass> {
        PitchClass::all().filter(move |&pc| self.contains(pc))
    }
}

impl FromIterator<PitchClass> for PitchClassSet {
    fn from_iter<I: IntoIterator<Item = PitchClass>>(iter: I) -> Self {
        iter.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// A spelled pitch class such as `F#` or `Gb`, held as a place on the line of fifths (F = -1, C = 0, G = 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PitchName(i8);

/// Letters in the order of fifths, from F.
const LETTERS: [char; 7] = ['F', 'C', 'G', 'D', 'A', 'E', 'B'];

impl PitchName {
    /// C natural.
    pub const C: Self = Self(0);

    /// From a place on the line of fifths: -1 is F, 0 C, 1 G, 6 F#, -6 Gb. Clamped to three accidentals.
    pub const fn from_fifths(fifths: i8) -> Self {
        Self(if fifths < -22 {
            -22
        } else if fifths > 26 {
            26
        } else {
            fifths
        })
    }

    /// The place on the line of fifths.
    pub const fn fifths(self) -> i8 {
        self.0
    }

    /// The letter, `A` to `G`.
    pub const fn letter(self) -> char {
        LETTERS[(self.0 + 1).rem_euclid(7) as usize]
    }

    /// Sharps (positive) or flats (negative).
    pub const fn alteration(self) -> i8 {
        (self.0 + 1).div_euclid(7)
    }

    /// The pitch class that sounds.
    pub const fn pitch_class(self) -> PitchClass {
        PitchClass::new(self.0 as i32 * 7)
    }

    /// The spelling of `pc` that lies nearest to `centre` on the line of fifths; a tie goes to the sharp side's
    /// nearer neighbour below (`F#` in C is chosen over `Gb`).
    pub fn nearest(pc: PitchClass, centre: i8) -> Self {
        let base = (i32::from(pc.value()) * 7).rem_euclid(12); // some spelling, as fifths modulo 12
        // Of two that are as near, the sharper one.
        let turns = (i32::from(centre) - base + 6).div_euclid(12).clamp(-3, 3);
        Self::from_fifths((base + 12 * turns) as i8)
    }

    /// Reads a letter and its accidentals (`C`, `F#`, `Bb`, `Ebb`; `♯` and `♭` too) from the start of `text`; gives the
    /// name and how many bytes it took.
    pub fn parse_prefix(text: &str) -> Result<(Self, usize), ParseError> {
        let mut chars = text.char_indices();
        let letter = chars.next().map(|(_, c)| c.to_ascii_uppercase());
        let place = letter
            .and_then(|l| LETTERS.iter().position(|&x| x == l))
            .ok_or_else(|| ParseError::new(0, format!("expected a note name, A to G, in {text:?}")))?;
        let (mut fifths, mut used, mut count) = (place as i8 - 1, 1, 0);
        for (i, c) in chars {
            let step = match c {
                '#' | '♯' => 7,
                'b' | '♭' => -7,
                _ => break,
            };
            count += 1;
            if count > 3 {
                return Err(ParseError::new(i, "more than three accidentals"));
            }
            fifths += step;
            used = i + c.len_utf8();
        }
        Ok((Self(fifths), used))
    }
}

impl core::str::FromStr for PitchName {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (name, used) = Self::parse_prefix(text)?;
        if used == text.len() {
            Ok(name)
        } else {
            Err(ParseError::new(used, format!("unexpected {:?} after the note name {name}", &text[used..])))
        }
    }
}

impl fmt::Display for PitchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())?;
        let (sign, count) =
            if self.alteration() < 0 { ('b', -self.alteration()) } else { ('#', self.alteration()) };
        (0..count).try_for_each(|_| write!(f, "{sign}"))
    }
}

/// A spelled interval upwards, octaves disregarded, as steps on the line of fifths (perfect fifth 1, major third 4,
/// minor third -3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Interval(i8);

impl Interval {
    /// From a diatonic number (1 unison, 3 third, 9 ninth…) and its alteration against the major scale.
    pub const fn new(number: u8, alteration: i8) -> Self {
        const MAJOR: [i8; 7] = [0, 2, 4, -1, 1, 3, 5]; // 1 2 3 4 5 6 7 of the major scale, in fifths
        Self(MAJOR[((number + 6) % 7) as usize] + 7 * alteration)
    }

    /// From steps on the line of fifths.
    pub const fn from_fifths(fifths: i8) -> Self {
        Self(fifths)
    }

    /// Steps on the line of fifths.
    pub const fn fifths(self) -> i8 {
        self.0
    }

    /// Semitones, 0 to 11.
    pub const fn semitones(self) -> u8 {
        (self.0 as i32 * 7).rem_euclid(12) as u8
    }

    /// The diatonic number, 1 to 7.
    pub const fn number(self) -> u8 {
        (self.0 as i32 * 4).rem_euclid(7) as u8 + 1
    }

    /// Alteration against the major scale on the lower note: -1 for a minor third, 0 for a perfect fifth.
    pub const fn alteration(self) -> i8 {
        (self.0 + 1).div_euclid(7)
    }
}

impl fmt::Display for Interval {
    /// As a scale degree: `b3`, `5`, `#4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.alteration() < 0 { "b" } else { "#" };
        (0..self.alteration().unsigned_abs()).try_for_each(|_| write!(f, "{sign}"))?;
        write!(f, "{}", self.number())
    }
}

impl Add<Interval> for PitchName {
    type Output = PitchName;
    fn add(self, interval: Interval) -> PitchName {
        PitchName::from_fifths(self.0.saturating_add(interval.0))
    }
}

impl Sub<PitchName> for PitchName {
    type Output = Interval;
    fn sub(self, lower: PitchName) -> Interval {
        Interval(self.0 - lower.0)
    }
}

/// A MIDI note number's frequency in hertz, equal temperament, A4 (69) = `a4` Hz.
pub fn frequency(note: f64, a4: f64) -> f64 {
    a4 * libm::exp2((note - 69.0) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn names_survive_print_and_parse() {
        for fifths in -15..=19 {
            let name = PitchName::from_fifths(fifths);
            assert_eq!(name.to_string().parse::<PitchName>().unwrap(), name);
        }
    }

    #[test]
    fn known_names_have_known_pitch_classes() {
        for (text, pc) in
            [("C", 0), ("F#", 6), ("Gb", 6), ("B#", 0), ("Cb", 11), ("E♭", 3), ("Fx", 99), ("Abb", 7)]
        {
            match text.parse::<PitchName>() {
                Ok(name) => assert_eq!(name.pitch_class().value(), pc, "{text}"),
                Err(_) => assert_eq!(pc, 99, "{text} should parse"),
            }
        }
    }

    #[test]
    fn spelling_follows_the_centre() {
        let spell = |pc, centre| PitchName::nearest(PitchClass::new(pc), centre).to_string();
        assert_eq!(spell(6, 0), "F#");
        assert_eq!(spell(6, -4), "Gb");
        assert_eq!(spell(10, 2), "A#".replace("A#", "Bb"));
        assert_eq!(spell(3, 8), "D#");
    }

    #[test]
    fn intervals_know_number_size_and_alteration() {
        for (number, alteration, semitones, text) in [
            (3, -1, 3, "b3"),
            (3, 0, 4, "3"),
            (5, -1, 6, "b5"),
            (4, 1, 6, "#4"),
            (7, -2, 9, "bb7"),
            (9, 0, 2, "2"),
        ] {
            let i = Interval::new(number, alteration);
            assert_eq!((i.semitones(), i.to_string().as_str()), (semitones, text));
        }
        let up = "Eb".parse::<PitchName>().unwrap() - "C".parse::<PitchName>().unwrap();
        assert_eq!(up, Interval::new(3, -1));
    }

    #[test]
    fn sets_rotate() {
        let c_major = PitchClassSet::from_bits(0b0000_1001_0001);
        assert_eq!(
            c_major.transposed(7).iter().map(PitchClass::value).collect::<alloc::vec::Vec<_>>(),
            [2, 7, 11]
        );
        assert_eq!(c_major.transposed(12), c_major);
    }
}
