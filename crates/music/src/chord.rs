//! Chords: one table of qualities, and a chord as root, quality, extra and missing degrees, and bass.

pub mod name;
mod quality;

pub use quality::{Quality, QualityEntry};

use crate::pitch::{Interval, PitchClass, PitchClassSet, PitchName};
use alloc::vec::Vec;

/// A degree above the root: a diatonic number 1 to 13 and its alteration against the major scale (`b3` = 3, -1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Degree {
    /// 1 to 13; 9, 11 and 13 are kept apart from 2, 4 and 6.
    pub number: u8,
    /// -2 (double flat) to 2 (double sharp).
    pub alteration: i8,
}

impl Degree {
    /// A degree. Numbers outside 1..=13 and alterations outside -2..=2 are clamped.
    pub const fn new(number: u8, alteration: i8) -> Self {
        let number = if number < 1 {
            1
        } else if number > 13 {
            13
        } else {
            number
        };
        let alteration = if alteration < -2 {
            -2
        } else if alteration > 2 {
            2
        } else {
            alteration
        };
        Self { number, alteration }
    }

    /// The interval above the root, octaves disregarded.
    pub const fn interval(self) -> Interval {
        Interval::new(self.number, self.alteration)
    }

    const fn bit(self) -> u128 {
        1 << ((self.number as u32 - 1) * 5 + (self.alteration + 2) as u32)
    }
}

impl core::fmt::Display for Degree {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sign = if self.alteration < 0 { "b" } else { "#" };
        (0..self.alteration.unsigned_abs()).try_for_each(|_| write!(f, "{sign}"))?;
        write!(f, "{}", self.number)
    }
}

/// A set of [`Degree`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Degrees(u128);

impl Degrees {
    /// No degree.
    pub const NONE: Self = Self(0);

    /// The set of `list`.
    pub const fn of(list: &[Degree]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < list.len() {
            bits |= list[i].bit();
            i += 1;
        }
        Self(bits)
    }

    /// Is `degree` a member?
    pub const fn contains(self, degree: Degree) -> bool {
        self.0 & degree.bit() != 0
    }

    /// With `degree` added.
    #[must_use]
    pub const fn with(self, degree: Degree) -> Self {
        Self(self.0 | degree.bit())
    }

    /// With `degree` taken out.
    #[must_use]
    pub const fn without(self, degree: Degree) -> Self {
        Self(self.0 & !degree.bit())
    }

    /// Members of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Members of `self` that `other` lacks.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// No member at all.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many degrees there are.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The members by number, flats before sharps.
    pub fn iter(self) -> impl Iterator<Item = Degree> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            (rest != 0).then(|| {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Degree { number: (bit / 5 + 1) as u8, alteration: (bit % 5) as i8 - 2 }
            })
        })
    }

    /// Semitones above the root that sound, as a set on root 0.
    pub fn semitones(self) -> PitchClassSet {
        self.on_root()
    }

    /// [`Degrees::semitones`] for tables that are made when the crate is compiled.
    pub(crate) const fn on_root(self) -> PitchClassSet {
        let (mut rest, mut bits) = (self.0, 0);
        while rest != 0 {
            let place = rest.trailing_zeros();
            let degree = Degree { number: (place / 5 + 1) as u8, alteration: (place % 5) as i8 - 2 };
            bits |= 1 << degree.interval().semitones();
            rest &= rest - 1;
        }
        PitchClassSet::from_bits(bits)
    }
}

/// A chord: a spelled root, a quality, degrees added to it or left out of it, and a bass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// The root.
    pub root: PitchName,
    /// The quality, from the table.
    pub quality: Quality,
    /// Degrees that the quality lacks.
    pub added: Degrees,
    /// Degrees of the quality that do not sound.
    pub omitted: Degrees,
    /// The lowest note; equal to `root` in root position.
    pub bass: PitchName,
}

impl Chord {
    /// A chord in root position.
    pub const fn new(root: PitchName, quality: Quality) -> Self {
        Self { root, quality, added: Degrees::NONE, omitted: Degrees::NONE, bass: root }
    }

    /// The chord on `root` that is made of exactly `degrees`: the quality of the table when there is one, else the
    /// closest quality with degrees added and omitted.
    pub fn from_degrees(root: PitchName, degrees: Degrees) -> Self {
        let distance = |q: Quality| {
            let (missing, extra) = (q.degrees().minus(degrees).len(), degrees.minus(q.degrees()).len());
            2 * missing + extra
        };
        let quality = Quality::all().min_by_key(|&q| distance(q)).unwrap_or(Quality::MAJ);
        let (added, omitted) = (degrees.minus(quality.degrees()), quality.degrees().minus(degrees));
        Self { root, quality, added, omitted, bass: root }
    }

    /// The same chord over another bass.
    #[must_use]
    pub const fn over(self, bass: PitchName) -> Self {
        Self { bass, ..self }
    }

    /// All degrees that sound above the root; the bass is not among them unless it is a chord tone.
    pub fn degrees(&self) -> Degrees {
        self.quality.degrees().union(self.added).minus(self.omitted)
    }

    /// The spelled chord tones, by degree, from the root up (the bass is not added).
    pub fn notes(&self) -> Vec<PitchName> {
        self.degrees().iter().map(|degree| self.root + degree.interval()).collect()
    }

    /// The chord in close position: spelled notes with their MIDI numbers, ascending, the bass first. The bass is
    /// the lowest such note that is not below `lowest`; a bass that is no chord tone comes before the chord.
    ///
    /// Notes above 127 are left out.
    pub fn close_position(&self, lowest: u8) -> Vec<(PitchName, u8)> {
        let mut names = self.notes();
        match names.iter().position(|&name| name == self.bass) {
            Some(place) => names.rotate_left(place),
            None => names.insert(0, self.bass),
        }
        let mut last = i32::from(lowest) - 1;
        let mut out = Vec::new();
        for name in names {
            last += 1 + i32::from(name.pitch_class().above(PitchClass::new(last + 1)));
            if let Some(pitch) = u8::try_from(last).ok().filter(|&p| p < 128) {
                out.push((name, pitch));
            }
        }
        out
    }

    /// The pitch classes that sound, the bass included.
    ///
    /// *Real-time safety*: no allocation.
    pub fn pitch_classes(&self) -> PitchClassSet {
        let above = self.degrees().semitones();
        above.transposed(self.root.pitch_class().value()).with(self.bass.pitch_class())
    }

    /// Transposed and respelled by a spelled interval.
    #[must_use]
    pub fn transposed(self, interval: Interval) -> Self {
        Self { root: self.root + interval, bass: self.bass + interval, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[test]
    fn the_table_has_no_two_equal_rows() {
        for q in Quality::all() {
            assert_eq!(Quality::from_degrees(q.degrees()), Some(q), "{} twice", q.entry().harte);
            assert_eq!(Quality::from_harte(q.entry().harte), Some(q));
            let same = Quality::all().filter(|o| o.entry().symbol == q.entry().symbol).count();
            assert_eq!(same, 1, "{:?} twice", q.entry().symbol);
        }
        assert!(Quality::all().count() >= 60);
    }

    #[test]
    fn chords_are_spelled_from_the_root() {
        let spell = |root: &str, quality| {
            let notes = Chord::new(root.parse().unwrap(), quality).notes();
            notes.iter().map(ToString::to_string).collect::<Vec<String>>().join(" ")
        };
        assert_eq!(spell("Db", Quality::MIN7), "Db Fb Ab Cb");
        assert_eq!(spell("F#", Quality::DIM7), "F# A C Eb");
        assert_eq!(spell("G", Quality::AUG), "G B D#");
        assert_eq!(spell("B", Quality::DOM7S9), "B D# F# A C##");
    }

    #[test]
    fn close_position_ascends_from_the_bass() {
        let place = |text: &str, lowest| {
            let chord = crate::notation::symbol::parse(text).unwrap();
            chord
                .close_position(lowest)
                .iter()
                .map(|(n, p)| alloc::format!("{n}{p}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(place("C", 48), "C48 E52 G55");
        assert_eq!(place("Am7/G", 48), "G55 A57 C60 E64");
        assert_eq!(place("C/D", 60), "D62 C72 E76 G79");
        assert_eq!(place("G13", 48), "G55 B59 D62 F65 A69 E76");
        assert_eq!(place("C", 118), "C120 E124 G127");
        assert_eq!(place("Cmaj7", 118), "C120 E124 G127");
    }

    #[test]
    fn unnamed_degrees_fall_on_the_closest_quality() {
        let degrees = Quality::MAJ.degrees().with(Degree::new(4, 1));
        let chord = Chord::from_degrees(PitchName::C, degrees);
        assert_eq!((chord.quality, chord.degrees()), (Quality::MAJ, degrees));
    }
}
