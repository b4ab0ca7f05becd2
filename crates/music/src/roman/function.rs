//! What a numeral does in its key.

use super::{Mark, RomanNumeral, Stem};
use crate::key::{Key, Mode};
use core::fmt;

/// The function of a chord in its key, after Riemann (1893, "Vereinfachte Harmonielehre").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// At home.
    Tonic,
    /// Away from home; often on the way to the dominant.
    Subdominant,
    /// Points home.
    Dominant,
}

impl Function {
    /// `tonic`, `subdominant` or `dominant`.
    pub const fn name(self) -> &'static str {
        match self {
            Function::Tonic => "tonic",
            Function::Subdominant => "subdominant",
            Function::Dominant => "dominant",
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl RomanNumeral {
    /// What the chord does in `key`; of an applied chord, what it does to its target. `None` on chromatic degrees that
    /// have no usual function.
    ///
    /// Which chords stand for which function follows Rohrmeier (2011, "Towards a generative syntax of tonal harmony"),
    /// for modal and borrowed chords the usage that de Clercq and Temperley (2011, "A corpus analysis of rock
    /// harmony") count.
    pub fn function(&self, key: Key) -> Option<Function> {
        use Function::{Dominant, Subdominant, Tonic};
        let number = match self.stem {
            Stem::Cadential => return Some(Dominant),
            Stem::Neapolitan | Stem::Italian | Stem::German | Stem::French | Stem::Swiss => {
                return Some(Subdominant);
            }
            Stem::Degree { number, .. } => number,
        };
        let minor_triad_or_less = !matches!(self.stem, Stem::Degree { upper: true, .. })
            || matches!(self.mark, Mark::Diminished | Mark::HalfDiminished);
        match (self.alteration, number) {
            (0, 1 | 3 | 6) => Some(Tonic),
            (0, 2) if key.mode == Mode::Phrygian => Some(Dominant), // presses down on the tonic
            (0, 2 | 4) => Some(Subdominant),
            (0, 5) => Some(Dominant),
            // The subtonic triad of minor; elsewhere the seventh degree steps up to the tonic.
            (0, _) if !minor_triad_or_less && key.mode == Mode::Minor => Some(Subdominant),
            (0, _) => Some(Dominant),
            (1, 7) if key.mode.is_minor() => Some(Dominant), // the leading note, named with its sign
            (-1, 2 | 6 | 7) | (1, 4) => Some(Subdominant),
            (-1, 3) => Some(Tonic),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_have_their_usual_functions() {
        for (key, numerals, expected) in [
            ("C", "I iii vi IM7 I64 bIII", Some(Function::Tonic)),
            ("C", "ii65 IV iv N6 Ger65 bVI bVII #ivo7 bII", Some(Function::Subdominant)),
            ("C", "V V7 viio7 Cad64 v V9", Some(Function::Dominant)),
            ("C", "#I bV", None),
            ("a", "VII bVI", Some(Function::Subdominant)),
            ("a", "viio7 #viio7 V v", Some(Function::Dominant)),
            ("a", "i III VI", Some(Function::Tonic)),
            ("E phr", "II", Some(Function::Dominant)),
            ("G mix", "VII", Some(Function::Dominant)),
        ] {
            for numeral in numerals.split(' ') {
                let read: RomanNumeral = numeral.parse().unwrap();
                assert_eq!(read.function(key.parse().unwrap()), expected, "{numeral} in {key}");
            }
        }
    }
}
