//! What a Roman numeral says, as a value, and how it is printed.

use super::{Convention, name, read, sound};
use crate::ParseError;
use crate::chord::Chord;
use crate::key::Key;
use alloc::{boxed::Box, vec::Vec};
use core::fmt;

/// A Roman numeral as it was written. It prints in one normal form, and reads back equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RomanNumeral {
    /// Signs before the numeral: -1 for `bVII`, 1 for `#iv`; -4 to 4.
    pub alteration: i8,
    /// The numeral or the name.
    pub stem: Stem,
    /// The mark after the numeral.
    pub mark: Mark,
    /// Figured bass, as written: `65` is 6, 5. Empty for a triad in root position.
    pub figures: Vec<Figure>,
    /// What the brackets change.
    pub changes: Vec<Change>,
    /// The degree that the chord is applied to: the `V` of `V7/V`.
    pub target: Option<Box<RomanNumeral>>,
}

/// The numeral, or the name of a chord that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stem {
    /// A scale degree, 1 to 7.
    Degree {
        /// 1 to 7.
        number: u8,
        /// Written in capitals: the third is major.
        upper: bool,
    },
    /// `N`: the major triad on the flat second degree, in first inversion unless figures say otherwise.
    Neapolitan,
    /// `Cad64`: the tonic's second inversion before a dominant.
    Cadential,
    /// `It6`, the Italian augmented sixth.
    Italian,
    /// `Ger65`, the German augmented sixth.
    German,
    /// `Fr43`, the French augmented sixth.
    French,
    /// `Sw43`, the Swiss augmented sixth.
    Swiss,
}

/// The mark after a numeral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// None: major or minor by the numeral's case, the seventh by the convention.
    Plain,
    /// `o`: diminished triad, diminished seventh.
    Diminished,
    /// `ø`: diminished triad, minor seventh.
    HalfDiminished,
    /// `+`: augmented triad.
    Augmented,
    /// `M`: major seventh.
    Major,
    /// `+M`: augmented triad, major seventh.
    AugmentedMajor,
    /// `d`: major triad, minor seventh, wherever it stands.
    Dominant,
}

/// A number with its signs, as in figured bass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Figure {
    /// 1 to 15.
    pub number: u8,
    /// Signs before it, -4 to 4.
    pub alteration: i8,
}

/// Where a figure in round brackets goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// No sign: 2, 4 and 6 stand for the chord tone below, or above when they are raised.
    Usual,
    /// `+`: beside the chord tones.
    Beside,
    /// `-`: the tone is left out.
    Without,
    /// `^`: for the chord tone above.
    ForUpper,
    /// `v`: for the chord tone below.
    ForLower,
}

/// What a bracket changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// `[b5]`: the chord tone altered.
    Altered(Figure),
    /// `[no3]`: the chord tone left out.
    Omitted(u8),
    /// `[addb6]`: a tone of the key's scale, counted from the numeral's degree, with its signs.
    Added(Figure),
    /// `(4)`: a tone of the key's scale in the place of a chord tone (DCML).
    Substituted(Place, Figure),
    /// `[over b2]`: the bass, as a degree above the root, where no figure can give it. An extension of ours.
    Over(Figure),
}

impl RomanNumeral {
    /// A triad in root position on `number` (1 to 7, others are brought into that range).
    pub fn degree(number: u8, upper: bool) -> Self {
        Self {
            alteration: 0,
            stem: Stem::Degree { number: (number + 6) % 7 + 1, upper },
            mark: Mark::Plain,
            figures: Vec::new(),
            changes: Vec::new(),
            target: None,
        }
    }

    /// The numeral of `chord` in `key`, as [`super::of`] prints it.
    pub fn of(chord: &Chord, key: Key) -> Self {
        name::of(chord, key)
    }

    /// The chord in `key`, by the convention of RomanText.
    pub fn chord(&self, key: Key) -> Chord {
        self.chord_as(key, Convention::RomanText)
    }

    /// The chord in `key`, by a convention.
    pub fn chord_as(&self, key: Key, convention: Convention) -> Chord {
        sound::chord(self, key, convention)
    }
}

impl core::str::FromStr for RomanNumeral {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        read::numeral(text)
    }
}

/// Numerals by scale degree.
pub(super) const NUMERALS: [&str; 7] = ["I", "II", "III", "IV", "V", "VI", "VII"];

fn signs(f: &mut fmt::Formatter<'_>, alteration: i8) -> fmt::Result {
    let sign = if alteration < 0 { "b" } else { "#" };
    (0..alteration.unsigned_abs()).try_for_each(|_| f.write_str(sign))
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        signs(f, self.alteration)?;
        write!(f, "{}", self.number)
    }
}

impl fmt::Display for RomanNumeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        signs(f, self.alteration)?;
        match self.stem {
            Stem::Degree { number, upper } => {
                let numeral = NUMERALS[usize::from(number + 6) % 7];
                for c in numeral.chars() {
                    write!(f, "{}", if upper { c } else { c.to_ascii_lowercase() })?;
                }
            }
            Stem::Neapolitan => f.write_str("N")?,
            Stem::Cadential => f.write_str("Cad")?,
            Stem::Italian => f.write_str("It")?,
            Stem::German => f.write_str("Ger")?,
            Stem::French => f.write_str("Fr")?,
            Stem::Swiss => f.write_str("Sw")?,
        }
        f.write_str(match self.mark {
            Mark::Plain => "",
            Mark::Diminished => "o",
            Mark::HalfDiminished => "ø",
            Mark::Augmented => "+",
            Mark::Major => "M",
            Mark::AugmentedMajor => "+M",
            Mark::Dominant => "d",
        })?;
        for (at, figure) in self.figures.iter().enumerate() {
            // After a 1, a digit would be read as part of one number.
            let joined = figure.alteration == 0 && at > 0 && self.figures[at - 1].number == 1;
            write!(f, "{}{figure}", if joined { "/" } else { "" })?;
        }
        let mut round = false; // figures in round brackets share one pair
        for change in &self.changes {
            let is_round = matches!(change, Change::Substituted(..));
            match (round, is_round) {
                (false, true) => f.write_str("(")?,
                (true, false) => f.write_str(")")?,
                _ => {}
            }
            round = is_round;
            match *change {
                Change::Altered(figure) => write!(f, "[{figure}]")?,
                Change::Omitted(number) => write!(f, "[no{number}]")?,
                Change::Added(figure) => write!(f, "[add{figure}]")?,
                Change::Over(figure) => write!(f, "[over {figure}]")?,
                Change::Substituted(place, figure) => {
                    f.write_str(match place {
                        Place::Usual => "",
                        Place::Beside => "+",
                        Place::Without => "-",
                        Place::ForUpper => "^",
                        Place::ForLower => "v",
                    })?;
                    write!(f, "{figure}")?;
                }
            }
        }
        if round {
            f.write_str(")")?;
        }
        self.target.iter().try_for_each(|target| write!(f, "/{target}"))
    }
}
