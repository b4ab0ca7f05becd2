//! Keys: a tonic and a mode, key signatures, and spelling by key.

use crate::ParseError;
use crate::pitch::{Interval, PitchClass, PitchClassSet, PitchName};
use alloc::format;
use core::fmt;

/// Major, minor, or one of the other church modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// Major (Ionian).
    Major,
    /// Minor (natural as a signature; harmonic and melodic degrees belong to it).
    Minor,
    /// Dorian.
    Dorian,
    /// Phrygian.
    Phrygian,
    /// Lydian.
    Lydian,
    /// Mixolydian.
    Mixolydian,
    /// Locrian.
    Locrian,
}

/// (mode, label, fifths between its signature and that of the major key on the same tonic)
const MODES: [(Mode, &str, i8); 7] = [
    (Mode::Major, "maj", 0),
    (Mode::Minor, "min", -3),
    (Mode::Dorian, "dor", -2),
    (Mode::Phrygian, "phr", -4),
    (Mode::Lydian, "lyd", 1),
    (Mode::Mixolydian, "mix", -1),
    (Mode::Locrian, "loc", -5),
];

impl Mode {
    fn row(self) -> &'static (Mode, &'static str, i8) {
        MODES.iter().find(|row| row.0 == self).unwrap_or(&MODES[0])
    }

    /// `maj`, `min`, `dor`, `phr`, `lyd`, `mix` or `loc`.
    pub fn label(self) -> &'static str {
        self.row().1
    }

    /// `major`, `minor`, `dorian`, `phrygian`, `lydian`, `mixolydian` or `locrian`.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Major => "major",
            Mode::Minor => "minor",
            Mode::Dorian => "dorian",
            Mode::Phrygian => "phrygian",
            Mode::Lydian => "lydian",
            Mode::Mixolydian => "mixolydian",
            Mode::Locrian => "locrian",
        }
    }

    /// Is the third above the tonic minor?
    pub fn is_minor(self) -> bool {
        matches!(self, Mode::Minor | Mode::Dorian | Mode::Phrygian | Mode::Locrian)
    }
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The spelled tonic.
    pub tonic: PitchName,
    /// The mode.
    pub mode: Mode,
}

impl Key {
    /// A key.
    pub const fn new(tonic: PitchName, mode: Mode) -> Self {
        Self { tonic, mode }
    }

    /// The key on a pitch class, spelled with the fewest accidentals in its signature (`Gb:maj` for six).
    pub fn from_pitch_class(tonic: PitchClass, mode: Mode) -> Self {
        // The signature is the tonic's place on the line of fifths plus the mode's offset; bring it nearest to 0.
        Self { tonic: PitchName::nearest(tonic, -mode.row().2 - 1), mode }
    }

    /// Sharps (positive) or flats (negative) in the signature.
    pub fn signature(self) -> i8 {
        self.tonic.fifths() + self.mode.row().2
    }

    /// The seven pitch classes of the signature, on this tonic.
    pub fn scale(self) -> PitchClassSet {
        (-1..6).map(|f| PitchName::from_fifths(self.signature() + f).pitch_class()).collect()
    }

    /// The spelled scale degree 1 to 7 as the signature has it.
    pub fn degree(self, number: u8) -> PitchName {
        let major = self.tonic + Interval::new(number, 0);
        let low = self.signature() - 1; // the signature covers this place on the line of fifths and the six above
        let off = i32::from(major.fifths()) - i32::from(low);
        PitchName::from_fifths((i32::from(low) + off.rem_euclid(7)) as i8)
    }

    /// Spells a melody or chord tone as this key would: the signature, and around it the chromatic degrees b3, b7, #4,
    /// #1, #5 of major, or #3, #6, #7, #4, b2 of minor.
    pub fn spell(self, pc: PitchClass) -> PitchName {
        PitchName::nearest(pc, self.signature() + 2)
    }

    /// Spells a chord root: the chromatic roots are b2, b3, #4, b6 and b7 above the tonic.
    pub fn spell_root(self, pc: PitchClass) -> PitchName {
        PitchName::nearest(pc, self.tonic.fifths())
    }
}

impl core::str::FromStr for Key {
    type Err = ParseError;
    /// Reads `C`, `Am`, `F# minor`, `Bb:maj`, `D dorian`; a lower-case letter alone (`a`) is minor.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let trimmed = text.trim();
        let (tonic, used) = PitchName::parse_prefix(trimmed)?;
        let rest = trimmed[used..].trim_start_matches([':', ' ', '-']);
        let lower = trimmed.starts_with(|c: char| c.is_ascii_lowercase());
        let mode = match (rest, rest.to_ascii_lowercase().as_str()) {
            ("", _) => {
                if lower {
                    Mode::Minor
                } else {
                    Mode::Major
                }
            }
            ("M", _) => Mode::Major,
            (_, "m" | "min" | "minor" | "aeolian") => Mode::Minor,
            (_, "maj" | "major" | "ionian") => Mode::Major,
            (_, word) => *MODES
                .iter()
                .find(|m| word.len() >= 3 && m.0.name().starts_with(word))
                .map(|m| &m.0)
                .ok_or_else(|| {
                    let at = text.len() - text.trim_start().len() + trimmed.len() - rest.len();
                    ParseError::new(
                        at,
                        format!("{rest:?} is not a mode; use maj, min, dor, phr, lyd, mix or loc"),
                    )
                })?,
        };
        Ok(Self { tonic, mode })
    }
}

impl fmt::Display for Key {
    /// `C:maj`, `F#:min`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tonic, self.mode.label())
    }
}

impl Key {
    /// In words: `C major`, `F# minor`.
    pub fn words(self) -> alloc::string::String {
        format!("{} {}", self.tonic, self.mode.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString, vec::Vec};

    #[test]
    fn keys_parse_in_every_usual_form() {
        for (text, label) in [
            ("C", "C:maj"),
            ("a", "A:min"),
            ("Am", "A:min"),
            ("F# minor", "F#:min"),
            ("Bb:maj", "Bb:maj"),
            ("D dorian", "D:dor"),
            ("g mix", "G:mix"),
            ("CM", "C:maj"),
        ] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), label);
        }
        for wrong in ["", "H", "C blah", "7"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn signatures_and_scales() {
        let key = |t: &str| t.parse::<Key>().unwrap();
        assert_eq!((key("Eb").signature(), key("f#").signature(), key("D dor").signature()), (-3, 3, 0));
        let scale: Vec<_> = (1..=7).map(|n| key("c").degree(n).to_string()).collect();
        assert_eq!(scale.join(" "), "C D Eb F G Ab Bb");
        assert_eq!(key("A").scale(), key("f#").scale());
    }

    #[test]
    fn pitch_classes_are_spelled_by_key() {
        let spell = |k: &str, pc| k.parse::<Key>().unwrap().spell(PitchClass::new(pc)).to_string();
        assert_eq!(
            (spell("C", 10), spell("C", 6), spell("A", 8), spell("c", 8)),
            ("Bb".into(), "F#".into(), "G#".into(), "Ab".into())
        );
        assert_eq!((spell("a", 8), spell("e", 3), spell("c", 11)), ("G#".into(), "D#".into(), "B".into()));
    }

    #[test]
    fn pitch_class_keys_take_the_simple_signature() {
        let name = |pc, mode| Key::from_pitch_class(PitchClass::new(pc), mode).to_string();
        assert_eq!(
            (name(1, Mode::Major), name(8, Mode::Minor), name(6, Mode::Major), name(3, Mode::Minor)),
            ("Db:maj".into(), "G#:min".into(), "Gb:maj".into(), "Eb:min".into())
        );
    }
}
