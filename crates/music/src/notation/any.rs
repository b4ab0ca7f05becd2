//! Chord text of any notation.

use super::harte::{self, Label};
use super::{nashville, symbol};
use crate::ParseError;
use crate::chord::Chord;
use crate::key::{Key, Mode};
use crate::pitch::PitchName;
use crate::roman::{self, RomanNumeral};
use alloc::{format, string::String, vec::Vec};

/// A way to write chords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notation {
    /// Harte's syntax: `C:min7/b3`.
    Harte,
    /// Lead-sheet symbols: `Cm7/Eb`.
    Symbol,
    /// Roman numerals: `V65/V`. They need a key.
    Roman,
    /// Nashville numbers: `2-7`. They need a key.
    Nashville,
}

impl Notation {
    /// Every notation, in the order in which [`Notation::of`] tries them; lead-sheet symbols are what is left.
    pub const ALL: [Self; 4] = [Self::Harte, Self::Nashville, Self::Roman, Self::Symbol];

    /// `harte`, `symbol`, `roman` or `nashville`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Harte => "harte",
            Self::Symbol => "symbol",
            Self::Roman => "roman",
            Self::Nashville => "nashville",
        }
    }

    /// Does a chord in this notation depend on the key?
    pub const fn needs_key(self) -> bool {
        matches!(self, Self::Roman | Self::Nashville)
    }

    /// The notation that `text` looks like, whether or not it can be read. In this order:
    ///
    /// 1. Harte: `N`, `X`, or a colon (`C:min7`), or a root over a degree (`C/3`);
    /// 2. Nashville: signs, then a digit from 1 to 7 (`6-`, `b7`: the seventh degree, not B7);
    /// 3. Roman: signs, then `I`, `V`, `i` or `v`; or, where no symbol reads it, `N6`, `It6`, `Ger65`, `Fr43`, `Sw43`,
    ///    `Cad64`;
    /// 4. a lead-sheet symbol.
    pub fn of(text: &str) -> Self {
        let bare = text.trim_start_matches(['b', '#', '♭', '♯']);
        let named = ["N", "It", "Ger", "Fr", "Sw", "Cad"].iter().any(|name| text.starts_with(name));
        if matches!(text, "N" | "X") || text.contains(':') || over_degree(text) {
            Self::Harte
        } else if bare.starts_with(|c: char| matches!(c, '1'..='7')) {
            Self::Nashville
        } else if bare.starts_with(['I', 'V', 'i', 'v']) {
            Self::Roman
        } else if symbol::parse(text).is_ok() {
            Self::Symbol
        } else if named {
            Self::Roman
        } else {
            Self::Symbol
        }
    }

    /// Reads a chord in this notation; `key` counts where the notation needs one.
    ///
    /// # Errors
    /// When it cannot be read, at the byte where the reader gave up.
    pub fn read(self, text: &str, key: Key) -> Result<Label, ParseError> {
        match self {
            Self::Harte => harte::parse(text),
            Self::Symbol => symbol::parse(text).map(Label::Chord),
            Self::Roman => roman::parse(text, key).map(Label::Chord),
            Self::Nashville => nashville::parse(text, key).map(Label::Chord),
        }
    }

    /// Prints a chord in this notation.
    pub fn print(self, chord: &Chord, key: Key) -> String {
        match self {
            Self::Harte => harte::print(Label::Chord(*chord)),
            Self::Symbol => symbol::print(chord),
            Self::Roman => roman::of(chord, key),
            Self::Nashville => nashville::print(chord, key),
        }
    }
}

/// A chord of a progression.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Byte offset in the text.
    pub at: usize,
    /// The key in force, where one is known.
    pub key: Option<Key>,
    /// How it was written.
    pub notation: Notation,
    /// The numeral, where it was written as one.
    pub numeral: Option<RomanNumeral>,
    /// The chord.
    pub chord: Chord,
}

/// The most chords that [`progression`] reads.
const MOST: usize = 100_000;

/// Reads chords that are parted by spaces, bars or commas, with changes of key among them: `I V65 a: i V7`,
/// `C Am | F G`, `1 5 6- 4`. A key holds until the next one; `key` holds at the start. Each chord is read in `notation`, or
/// in the one that it looks like ([`Notation::of`]).
///
/// # Errors
/// When a word is neither a chord nor a key, or a chord needs a key and none is in force, at its place.
pub fn progression(
    text: &str,
    mut key: Option<Key>,
    notation: Option<Notation>,
) -> Result<Vec<Step>, ParseError> {
    let mut out = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '|' | ',')) {
        let at = word.as_ptr().addr() - text.as_ptr().addr(); // where the word stands in the text
        if word.is_empty() {
            continue;
        }
        if let Some(name) = word.strip_suffix(':') {
            key = Some(name.parse().map_err(|e: ParseError| e.shifted(at))?);
            continue;
        }
        if out.len() == MOST {
            return Err(ParseError::new(at, "more than 100,000 chords"));
        }
        let notation = notation.unwrap_or_else(|| Notation::of(word));
        if notation.needs_key() && key.is_none() {
            return Err(ParseError::new(
                at,
                format!("{word} needs a key; put one before it, as in C: {word}"),
            ));
        }
        let read = notation.read(word, key.unwrap_or(Key::new(PitchName::C, Mode::Major)));
        let Label::Chord(chord) = read.map_err(|e| e.shifted(at))? else {
            return Err(ParseError::new(at, format!("{word} is no chord")));
        };
        let numeral = if notation == Notation::Roman { word.parse().ok() } else { None };
        out.push(Step { at, key, notation, numeral, chord });
    }
    Ok(out)
}

/// A root, a slash and a degree: only Harte's syntax has that.
fn over_degree(text: &str) -> bool {
    let rest = PitchName::parse_prefix(text).map_or("", |(_, used)| &text[used..]);
    let degree = rest.strip_prefix('/').map_or("", |rest| rest.trim_start_matches(['b', '#']));
    !degree.is_empty() && degree.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_are_told_apart() {
        for (notation, texts) in [
            (Notation::Harte, "N X C:min7 C:maj/3 Bb:(1,5) C/3"),
            (Notation::Symbol, "C Cm7b5 bb Dbmaj7 F/A C6/9 D7 Fm Gsus4 A° hello"),
            (Notation::Roman, "I vi65 bVII #ivo7 V7/V N6 It6 Ger65 Fr43 Cad64 ♭VI"),
            (Notation::Nashville, "1 6- b7 57 4maj7 #4ø 1/3 ♭3"),
        ] {
            for text in texts.split(' ') {
                assert_eq!(Notation::of(text), notation, "{text}");
            }
        }
    }

    /// What is printed in a notation is told to be of that notation, and reads back.
    #[test]
    fn what_is_printed_is_recognised() {
        let key: Key = "Eb".parse().unwrap();
        for quality in crate::Quality::all() {
            for root in -6..=6 {
                let chord = Chord::new(crate::PitchName::from_fifths(root), quality);
                for notation in Notation::ALL {
                    let text = notation.print(&chord, key);
                    assert_eq!(Notation::of(&text), notation, "{text}");
                    let Ok(Label::Chord(back)) = notation.read(&text, key) else { panic!("{text}") };
                    assert_eq!(back.pitch_classes(), chord.pitch_classes(), "{text}");
                }
            }
        }
    }

    #[test]
    fn progressions_mix_notations_and_change_key() {
        let read = |text: &str, key: Option<&str>| {
            let steps = progression(text, key.map(|k| k.parse().unwrap()), None);
            steps.map(|steps| steps.iter().map(|s| symbol::print(&s.chord)).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(read("I V65 | a: i V7, F: V I", Some("C")).unwrap(), "C G7/B Am E7 C F");
        assert_eq!(read("C Am7 | F:maj/3 G7", None).unwrap(), "C Am7 F/A G7");
        assert_eq!(read("1 5 6- 4 Eb: 1 b7", Some("G")).unwrap(), "G D Em C Eb Db");
        assert_eq!(read("", None).unwrap(), "");
        for (text, at) in [("C H7", 2), ("I V", 0), ("C N", 2), ("C | x: I", 4), ("C\u{2003}V", 4)] {
            assert_eq!(read(text, None).map_err(|e| e.at), Err(at), "{text}");
        }
        let steps = progression("G: V/V D", None, None).unwrap();
        assert_eq!(steps[0].numeral, "V/V".parse().ok());
        assert_eq!((steps[1].numeral.clone(), steps[1].at, steps[1].notation), (None, 7, Notation::Symbol));
    }
}
