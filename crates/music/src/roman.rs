//! Roman numerals: a chord's place and function in a key.
//!
//! One grammar reads what RomanText analyses, the figured numerals of DCML's annotations and everyday writing use:
//! `vi65`, `V65/V`, `viio7/vi`, `bVII`, `N6`, `It6`, `Ger65`, `Fr43`, `Cad64`, `V7[no3][add4]`, `V(64)`, `ii%65`,
//! `IVmaj7`. A [`RomanNumeral`] is what was written; which chord it is depends on the key and, in a few places, on the
//! [`Convention`].

mod function;
mod name;
mod numeral;
mod read;
mod sound;
mod substitute;

pub use function::Function;
pub use numeral::{Change, Figure, Mark, Place, RomanNumeral, Stem};
pub use read::progression;

use crate::ParseError;
use crate::chord::Chord;
use crate::key::Key;
use alloc::string::{String, ToString};

/// How a numeral is understood where writers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Convention {
    /// RomanText (Tymoczko, Gotham, Cuthbert and Ariza, ISMIR 2019). In minor `vi` and `vii` of minor or diminished
    /// quality stand on the raised degrees, `VI` and `VII` on those of the signature, and a written sign is a reminder:
    /// `#vii` is `vii`, `bVI` is `VI`. Sevenths without a mark are those of the key.
    #[default]
    RomanText,
    /// As music21 (Cuthbert and Ariza 2010) reads a numeral that stands alone: as RomanText, but a written sign alters
    /// the degree once more, and the `M` of `M7` is passed over.
    Music21,
    /// DCML's harmony annotation standard (Neuwirth, Harasim, Moss and Rohrmeier 2018): degrees of minor are those of
    /// the signature, the leading note is `#vii`; `7` without a mark is a minor seventh; figures in round brackets
    /// replace chord tones, and those with `+` or above the octave are embellishments that do not count.
    Dcml,
}

/// The chord's numeral in `key`: `vi65`, `V7`, `bVII`, `V/V`, `viio7/ii`.
///
/// Chords of the key (in minor with either sixth and seventh degree) are named by degree; a major triad, dominant
/// seventh or diminished chord outside the key whose resolution is a degree of the key is applied to it; what remains is
/// an altered degree, with tones altered (`[b5]`), left out (`[no3]`) and added (`[add9]`) in brackets.
pub fn of(chord: &Chord, key: Key) -> String {
    RomanNumeral::of(chord, key).to_string()
}

/// Reads a numeral as a chord in `key`, by the convention of RomanText.
pub fn parse(text: &str, key: Key) -> Result<Chord, ParseError> {
    text.parse::<RomanNumeral>().map(|numeral| numeral.chord(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::symbol;

    fn check(key: &str, symbol: &str, numeral: &str) {
        let key: Key = key.parse().unwrap();
        let chord = symbol::parse(symbol).unwrap();
        assert_eq!(of(&chord, key), numeral, "{symbol} in {key}");
        let back = parse(numeral, key).unwrap();
        assert_eq!(
            (back.pitch_classes(), back.bass.pitch_class()),
            (chord.pitch_classes(), chord.bass.pitch_class()),
            "{numeral} in {key}"
        );
    }

    #[test]
    fn numerals_name_and_read_back() {
        for (key, symbol, numeral) in [
            ("C", "Am7/C", "vi65"),
            ("C", "G7", "V7"),
            ("C", "Bb", "bVII"),
            ("C", "D7", "V7/V"),
            ("C", "D", "V/V"),
            ("C", "Fm", "iv"),
            ("C", "E7/G#", "V65/vi"),
            ("C", "C#dim7", "viio7/ii"),
            ("a", "E7", "V7"),
            ("a", "G#dim7", "viio7"),
            ("a", "F", "VI"),
            ("a", "G", "VII"),
            ("a", "Bb", "bII"),
            ("Eb", "Abmaj7", "IVM7"),
            ("a", "Bm7b5/D", "iiø65"),
            ("C", "C/G", "I64"),
            ("c", "Eb/G", "III6"),
            ("C", "Ab", "bVI"),
            ("C", "C+".replace('+', "aug").as_str(), "I+"),
        ] {
            check(key, symbol, numeral);
        }
    }

    #[test]
    fn wrong_numerals_point_at_the_fault() {
        let c: Key = "C".parse().unwrap();
        for (text, at) in [("", 0), ("VIX", 2), ("Vi", 0), ("V9[", 3), ("V7/", 3), ("V7/x", 3), ("Vq", 1)] {
            assert_eq!(parse(text, c).unwrap_err().at, at, "{text}");
        }
    }
}
