//! The chord table.

use super::{Degree, Degrees};
use crate::pitch::PitchClassSet;

/// A chord quality: a row of the chord table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quality(u8);

/// A row of the chord table.
#[derive(Debug)]
pub struct QualityEntry {
    /// Harte's shorthand, with degrees in brackets where no shorthand exists (Harte, Sandler, Abdallah and Gomez 2005).
    pub harte: &'static str,
    /// The lead-sheet suffix that is printed.
    pub symbol: &'static str,
    /// Other lead-sheet suffixes that are read. Signs that the grammar of lead-sheet symbols reads by itself (`-` for
    /// `m`, `Δ` for `maj`, brackets round alterations) need no alias.
    pub aliases: &'static [&'static str],
    /// What it is made of, the root included.
    pub degrees: Degrees,
    /// Where the name comes from.
    pub source: &'static str,
}

/// Harte, Sandler, Abdallah and Gomez, "Symbolic representation of musical chords", ISMIR 2005, table 1.
const HARTE: &str = "Harte et al. 2005";
/// Brandt and Roemer, "Standardized Chord Symbol Notation", 1976.
const BRANDT: &str = "Brandt and Roemer 1976";
/// MusicXML 4.0, `kind-value` and `degree` (W3C 2021).
const MUSICXML: &str = "MusicXML 4.0";
/// Levine, "The Jazz Theory Book", 1995.
const LEVINE: &str = "Levine 1995";
/// The qualities that the chord editor of iReal Pro offers.
const IREAL: &str = "iReal Pro";
/// The chord vocabulary of the McGill Billboard annotations (Burgoyne, Wild and Fujinaga, ISMIR 2011).
const BILLBOARD: &str = "Burgoyne et al. 2011";

const fn d(number: u8, alteration: i8) -> Degree {
    Degree::new(number, alteration)
}

macro_rules! qualities {
    ($($(#[$doc:meta])* $name:ident $harte:literal $symbol:literal $aliases:expr, [$($n:literal $a:literal),*] $source:ident;)*) => {
        qualities!(@consts 0u8; $($(#[$doc])* $name;)*);
        static TABLE: &[QualityEntry] = &[$(QualityEntry {
            harte: $harte, symbol: $symbol, aliases: &$aliases, degrees: Degrees::of(&[d(1, 0), $(d($n, $a)),*]),
            source: $source,
        }),*];
    };
    (@consts $i:expr; $(#[$doc:meta])* $name:ident; $($rest:tt)*) => {
        impl Quality { $(#[$doc])* pub const $name: Self = Self($i); }
        qualities!(@consts $i + 1; $($rest)*);
    };
    (@consts $i:expr;) => {};
}

qualities! {
    /// Major triad.
    MAJ "maj" "" ["maj", "M", "^"], [3 0, 5 0] HARTE;
    /// Minor triad.
    MIN "min" "m" ["min", "mi", "-"], [3 -1, 5 0] HARTE;
    /// Diminished triad.
    DIM "dim" "dim" ["°", "o", "mb5", "m(b5)"], [3 -1, 5 -1] HARTE;
    /// Augmented triad.
    AUG "aug" "aug" ["+", "(#5)", "maj#5"], [3 0, 5 1] HARTE;
    /// Suspended fourth.
    SUS4 "sus4" "sus4" ["sus", "4"], [4 0, 5 0] HARTE;
    /// Suspended second.
    SUS2 "sus2" "sus2" [], [2 0, 5 0] HARTE;
    /// Dominant seventh.
    DOM7 "7" "7" ["dom7", "dom"], [3 0, 5 0, 7 -1] HARTE;
    /// Major seventh.
    MAJ7 "maj7" "maj7" ["M7", "Δ7", "△7", "Δ", "△", "ma7", "j7", "^7"], [3 0, 5 0, 7 0] HARTE;
    /// Minor seventh.
    MIN7 "min7" "m7" ["min7", "mi7", "-7"], [3 -1, 5 0, 7 -1] HARTE;
    /// Half-diminished seventh.
    HDIM7 "hdim7" "m7b5" ["ø", "ø7", "m7(b5)", "-7b5", "min7b5", "h7", "h"], [3 -1, 5 -1, 7 -1] HARTE;
    /// Diminished seventh.
    DIM7 "dim7" "dim7" ["°7", "o7"], [3 -1, 5 -1, 7 -2] HARTE;
    /// Minor triad with a major seventh.
    MINMAJ7 "minmaj7" "m(maj7)" ["mM7", "-maj7", "mmaj7", "-Δ7", "minmaj7", "-^7"], [3 -1, 5 0, 7 0] HARTE;
    /// Added sixth.
    MAJ6 "maj6" "6" ["maj6", "M6"], [3 0, 5 0, 6 0] HARTE;
    /// Minor with an added (major) sixth.
    MIN6 "min6" "m6" ["min6", "-6"], [3 -1, 5 0, 6 0] HARTE;
    /// Augmented triad with a minor seventh.
    AUG7 "aug(b7)" "7#5" ["aug7", "+7", "7+", "7(#5)"], [3 0, 5 1, 7 -1] BRANDT;
    /// Dominant seventh with a suspended fourth.
    DOM7SUS4 "sus4(b7)" "7sus4" ["7sus"], [4 0, 5 0, 7 -1] BRANDT;
    /// Dominant ninth.
    DOM9 "9" "9" [], [3 0, 5 0, 7 -1, 9 0] HARTE;
    /// Major ninth.
    MAJ9 "maj9" "maj9" ["M9", "Δ9", "△9"], [3 0, 5 0, 7 0, 9 0] HARTE;
    /// Minor ninth.
    MIN9 "min9" "m9" ["min9", "-9"], [3 -1, 5 0, 7 -1, 9 0] HARTE;
    /// Major triad with an added ninth.
    ADD9 "maj(9)" "add9" ["(add9)"], [3 0, 5 0, 9 0] BRANDT;
    /// Dominant seventh with a flat ninth.
    DOM7B9 "7(b9)" "7b9" ["7(b9)"], [3 0, 5 0, 7 -1, 9 -1] BRANDT;
    /// Dominant seventh with a sharp ninth.
    DOM7S9 "7(#9)" "7#9" ["7(#9)"], [3 0, 5 0, 7 -1, 9 1] BRANDT;
    /// Dominant thirteenth, without the eleventh.
    DOM13 "9(13)" "13" [], [3 0, 5 0, 7 -1, 9 0, 13 0] LEVINE;
    /// Root and fifth.
    POWER "(1,5)" "5" ["power"], [5 0] MUSICXML;
    /// Added sixth and ninth.
    MAJ69 "maj6(9)" "6/9" ["69", "6(9)", "6add9"], [3 0, 5 0, 6 0, 9 0] BRANDT;
    /// Minor with added sixth and ninth.
    MIN69 "min6(9)" "m6/9" ["m69", "-69", "-6/9", "m6(9)", "m6add9"], [3 -1, 5 0, 6 0, 9 0] BRANDT;
    /// Dominant ninth with a suspended fourth.
    DOM9SUS4 "sus4(b7,9)" "9sus4" ["9sus"], [4 0, 5 0, 7 -1, 9 0] BRANDT;
    /// Dominant thirteenth with a suspended fourth.
    DOM13SUS4 "sus4(b7,9,13)" "13sus4" ["13sus"], [4 0, 5 0, 7 -1, 9 0, 13 0] IREAL;
    /// Dominant seventh with a suspended fourth and a flat ninth.
    DOM7B9SUS4 "sus4(b7,b9)" "7b9sus4" ["7b9sus", "7susb9"], [4 0, 5 0, 7 -1, 9 -1] IREAL;
    /// Dominant seventh with a sharp eleventh.
    DOM7S11 "7(#11)" "7#11" [], [3 0, 5 0, 7 -1, 11 1] LEVINE;
    /// Major seventh with a sharp eleventh.
    MAJ7S11 "maj7(#11)" "maj7#11" [], [3 0, 5 0, 7 0, 11 1] LEVINE;
    /// Dominant seventh with a flat fifth.
    DOM7B5 "7(*5,b5)" "7b5" [], [3 0, 5 -1, 7 -1] BRANDT;
    /// Dominant seventh with a flat thirteenth.
    DOM7B13 "7(b13)" "7b13" [], [3 0, 5 0, 7 -1, 13 -1] LEVINE;
    /// Altered dominant: sharp fifth and sharp ninth.
    ALT "aug(b7,#9)" "7#5#9" ["alt", "7alt", "alt7", "7#9#5"], [3 0, 5 1, 7 -1, 9 1] LEVINE;
    /// Dominant seventh with a sharp fifth and a flat ninth.
    AUG7B9 "aug(b7,b9)" "7#5b9" ["7b9#5"], [3 0, 5 1, 7 -1, 9 -1] IREAL;
    /// Dominant ninth with a sharp fifth.
    AUG9 "aug(b7,9)" "9#5" ["9+"], [3 0, 5 1, 7 -1, 9 0] BRANDT;
    /// Augmented triad with a major seventh.
    AUGMAJ7 "aug(7)" "maj7#5" ["augmaj7"], [3 0, 5 1, 7 0] BRANDT;
    /// Diminished triad with a major seventh.
    DIMMAJ7 "dim(7)" "dim(maj7)" ["dimmaj7"], [3 -1, 5 -1, 7 0] LEVINE;
    /// Minor triad with an added ninth.
    MINADD9 "min(9)" "m(add9)" ["madd9"], [3 -1, 5 0, 9 0] BRANDT;
    /// Minor eleventh.
    MIN11 "min9(11)" "m11" [], [3 -1, 5 0, 7 -1, 9 0, 11 0] MUSICXML;
    /// Dominant eleventh.
    DOM11 "9(11)" "11" [], [3 0, 5 0, 7 -1, 9 0, 11 0] MUSICXML;
    /// Dominant ninth with a sharp eleventh.
    DOM9S11 "9(#11)" "9#11" [], [3 0, 5 0, 7 -1, 9 0, 11 1] IREAL;
    /// Dominant thirteenth with a sharp eleventh.
    DOM13S11 "9(#11,13)" "13#11" [], [3 0, 5 0, 7 -1, 9 0, 11 1, 13 0] IREAL;
    /// Dominant thirteenth with a flat ninth.
    DOM13B9 "7(b9,13)" "13b9" [], [3 0, 5 0, 7 -1, 9 -1, 13 0] IREAL;
    /// Dominant thirteenth with a sharp ninth.
    DOM13S9 "7(#9,13)" "13#9" [], [3 0, 5 0, 7 -1, 9 1, 13 0] IREAL;
    /// Dominant seventh with a flat ninth and a flat thirteenth.
    DOM7B9B13 "7(b9,b13)" "7b9b13" [], [3 0, 5 0, 7 -1, 9 -1, 13 -1] IREAL;
    /// Dominant seventh with both altered ninths.
    DOM7B9S9 "7(b9,#9)" "7b9#9" [], [3 0, 5 0, 7 -1, 9 -1, 9 1] IREAL;
    /// Dominant seventh with a flat ninth and a sharp eleventh.
    DOM7B9S11 "7(b9,#11)" "7b9#11" [], [3 0, 5 0, 7 -1, 9 -1, 11 1] IREAL;
    /// Dominant seventh with a sharp ninth and a sharp eleventh.
    DOM7S9S11 "7(#9,#11)" "7#9#11" [], [3 0, 5 0, 7 -1, 9 1, 11 1] IREAL;
    /// Dominant seventh with a sharp ninth and a flat thirteenth.
    DOM7S9B13 "7(#9,b13)" "7#9b13" [], [3 0, 5 0, 7 -1, 9 1, 13 -1] LEVINE;
    /// Dominant seventh with a flat fifth and a flat ninth.
    DOM7B5B9 "7(*5,b5,b9)" "7b5b9" ["7b9b5"], [3 0, 5 -1, 7 -1, 9 -1] IREAL;
    /// Dominant ninth with a flat fifth.
    DOM9B5 "9(*5,b5)" "9b5" [], [3 0, 5 -1, 7 -1, 9 0] IREAL;
    /// Dominant seventh with a sixth above it.
    DOM7ADD13 "7(13)" "7add13" ["7add6"], [3 0, 5 0, 7 -1, 13 0] BILLBOARD;
    /// Major thirteenth, without the eleventh.
    MAJ13 "maj9(13)" "maj13" [], [3 0, 5 0, 7 0, 9 0, 13 0] IREAL;
    /// Major ninth with a sharp eleventh.
    MAJ9S11 "maj9(#11)" "maj9#11" [], [3 0, 5 0, 7 0, 9 0, 11 1] IREAL;
    /// Major thirteenth with a sharp eleventh.
    MAJ13S11 "maj9(#11,13)" "maj13#11" [], [3 0, 5 0, 7 0, 9 0, 11 1, 13 0] LEVINE;
    /// Major seventh with a flat fifth.
    MAJ7B5 "maj7(*5,b5)" "maj7b5" [], [3 0, 5 -1, 7 0] BRANDT;
    /// Minor ninth with a major seventh.
    MINMAJ9 "minmaj7(9)" "m(maj9)" ["mmaj9", "mM9"], [3 -1, 5 0, 7 0, 9 0] LEVINE;
    /// Minor thirteenth, without the eleventh.
    MIN13 "min9(13)" "m13" [], [3 -1, 5 0, 7 -1, 9 0, 13 0] MUSICXML;
    /// Minor seventh with an added eleventh.
    MIN7ADD11 "min7(11)" "m7add11" [], [3 -1, 5 0, 7 -1, 11 0] BILLBOARD;
    /// Minor seventh with a flat ninth.
    MIN7B9 "min7(b9)" "m7b9" [], [3 -1, 5 0, 7 -1, 9 -1] LEVINE;
    /// Minor seventh with a sharp fifth.
    MIN7S5 "min7(*5,#5)" "m7#5" [], [3 -1, 5 1, 7 -1] IREAL;
    /// Half-diminished ninth.
    HDIM9 "hdim7(9)" "m9b5" ["ø9", "h9"], [3 -1, 5 -1, 7 -1, 9 0] IREAL;
    /// Half-diminished eleventh.
    HDIM11 "hdim7(9,11)" "m11b5" ["ø11", "h11"], [3 -1, 5 -1, 7 -1, 9 0, 11 0] LEVINE;
    /// Minor triad with an added flat sixth.
    MINB6 "min(b6)" "m(b6)" ["mb6", "-b6"], [3 -1, 5 0, 6 -1] IREAL;
    /// Minor triad with a sharp fifth.
    MINS5 "min(*5,#5)" "m#5" [], [3 -1, 5 1] IREAL;
    /// Major triad with a flat fifth.
    MAJB5 "maj(*5,b5)" "(b5)" ["majb5", "Mb5"], [3 0, 5 -1] BRANDT;
    /// Major triad with an added fourth.
    ADD4 "maj(4)" "add4" ["(add4)"], [3 0, 4 0, 5 0] BILLBOARD;
    /// Minor triad with an added fourth.
    MINADD4 "min(4)" "m(add4)" ["madd4"], [3 -1, 4 0, 5 0] BILLBOARD;
    /// Major triad with an added second.
    ADD2 "maj(2)" "add2" ["2", "(add2)"], [2 0, 3 0, 5 0] BRANDT;
    /// Suspended second and fourth.
    SUS24 "sus4(2)" "sus2sus4" ["sus24", "sus4sus2"], [2 0, 4 0, 5 0] IREAL;
    /// Suspended second with a minor seventh.
    DOM7SUS2 "sus2(b7)" "7sus2" [], [2 0, 5 0, 7 -1] BILLBOARD;
    /// Suspended fourth with a major seventh.
    MAJ7SUS4 "sus4(7)" "maj7sus4" ["maj7sus"], [4 0, 5 0, 7 0] LEVINE;
    /// Suspended fourth with a ninth.
    SUS4ADD9 "sus4(9)" "sus4(add9)" [], [4 0, 5 0, 9 0] BILLBOARD;
    /// The root alone.
    ROOT "1" "1" ["pedal"], [] BILLBOARD;
}

impl Quality {
    /// Every quality that has a name, the commonest first.
    pub fn all() -> impl Iterator<Item = Quality> {
        (0..TABLE.len() as u8).map(Quality)
    }

    /// This quality's row.
    pub fn entry(self) -> &'static QualityEntry {
        &TABLE[self.0 as usize]
    }

    /// The degrees, root included.
    pub fn degrees(self) -> Degrees {
        self.entry().degrees
    }

    /// The quality that is made of exactly `degrees`.
    pub fn from_degrees(degrees: Degrees) -> Option<Quality> {
        Quality::all().find(|q| q.degrees() == degrees)
    }

    /// The quality that Harte's text names.
    pub fn from_harte(text: &str) -> Option<Quality> {
        Quality::all().find(|q| q.entry().harte == text)
    }

    /// Semitones above the root, as a set on root 0.
    pub fn semitones(self) -> PitchClassSet {
        self.degrees().semitones()
    }

    /// Its place in the table: 0 for the commonest.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The quality at a place in the table; the commonest when there is no such place.
    pub(crate) const fn at(index: usize) -> Quality {
        if index < TABLE.len() { Self(index as u8) } else { Self(0) }
    }
}

/// How many rows the table has.
pub(crate) const COUNT: usize = TABLE.len();

/// The degrees of a row, where a table is made from this one when the crate is compiled.
pub(crate) const fn row(index: usize) -> Degrees {
    TABLE[index].degrees
}
