//! The grammar of Roman numerals.
//!
//! ```text
//! numeral = signs stem mark figures changes [ "/" numeral ]
//! stem    = "I".."VII" | "i".."vii" | "N" | "Cad" | "It" | "Ger" | "Fr" | "Sw"
//! mark    = "" | "o" | "°" | "ø" | "/o" | "%" | "+" | "+M" | "M" | "maj" | "d"
//! figures = { signs number [ "/" ] }
//! changes = { "[" ( signs number | "no" number | "add" signs number | "over" signs number ) "]"
//!           | "(" { ["+" | "-" | "^" | "v"] signs number } ")" | "sus4" | "sus2" | "sus" }
//! ```

use super::numeral::{Change, Figure, Mark, NUMERALS, Place, RomanNumeral, Stem};
use crate::ParseError;
use crate::key::Key;
use alloc::{boxed::Box, format, string::String, vec::Vec};

/// More of anything than this is not music, and would only cost time.
const MOST: usize = 12;

/// What is left to read, and where it stands.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The first of `tokens` that stands here.
    fn one_of<T: Copy>(&mut self, tokens: &[(&str, T)]) -> Option<T> {
        tokens.iter().find(|t| self.take(t.0)).map(|t| t.1)
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(self.at, message))
    }

    /// Up to four flats or sharps.
    fn signs(&mut self) -> Result<i8, ParseError> {
        let mut sum: i8 = 0;
        while let Some(step) = self.one_of(&[("b", -1), ("♭", -1), ("#", 1), ("♯", 1)]) {
            sum += step;
            if sum.abs() > 4 || sum == 0 {
                return self.error("signs should be b, bb, # or ##");
            }
        }
        Ok(sum)
    }

    /// 1 to 15: two digits where they start with 1 and make 10 to 15, else one.
    fn number(&mut self) -> Option<u8> {
        let digit = |c: Option<char>| c.and_then(|c| c.to_digit(10)).map(|d| d as u8);
        let mut chars = self.rest().chars();
        let (first, second) = (digit(chars.next())?, digit(chars.next()));
        let (number, used) = match (first, second) {
            (1, Some(unit @ 0..=5)) => (10 + unit, 2),
            (0, _) => return None,
            _ => (first, 1),
        };
        self.at += used;
        Some(number)
    }

    fn figure(&mut self) -> Result<Figure, ParseError> {
        let alteration = self.signs()?;
        match self.number() {
            Some(number) => Ok(Figure { number, alteration }),
            None => self.error("expected a figure, 1 to 15"),
        }
    }
}

const MARKS: &[(&str, Mark)] = &[
    ("+M", Mark::AugmentedMajor),
    ("+maj", Mark::AugmentedMajor),
    ("+", Mark::Augmented),
    ("/o", Mark::HalfDiminished),
    ("ø", Mark::HalfDiminished),
    ("%", Mark::HalfDiminished),
    ("o", Mark::Diminished),
    ("°", Mark::Diminished),
    ("maj", Mark::Major),
    ("M", Mark::Major),
    ("Δ", Mark::Major),
    ("d", Mark::Dominant),
];

const NAMES: &[(&str, Stem)] = &[
    ("Cad", Stem::Cadential),
    ("Ger", Stem::German),
    ("It", Stem::Italian),
    ("Fr", Stem::French),
    ("Sw", Stem::Swiss),
    ("N", Stem::Neapolitan),
];

/// Reads one numeral; the whole text must be used.
pub(super) fn numeral(text: &str) -> Result<RomanNumeral, ParseError> {
    let mut cursor = Cursor { text, at: 0 };
    let mut parts = alloc::vec![part(&mut cursor)?];
    while cursor.take("/") {
        if parts.len() == MOST {
            return cursor.error("too many applied degrees");
        }
        parts.push(part(&mut cursor)?);
    }
    if !cursor.rest().is_empty() {
        return cursor.error(format!("unexpected {:?} in the numeral {text:?}", cursor.rest()));
    }
    let mut whole: Option<RomanNumeral> = None;
    while let Some(mut part) = parts.pop() {
        part.target = whole.map(Box::new);
        whole = Some(part);
    }
    whole.ok_or_else(|| ParseError::new(0, "expected a Roman numeral"))
}

/// A numeral without what it is applied to.
fn part(cursor: &mut Cursor<'_>) -> Result<RomanNumeral, ParseError> {
    let alteration = cursor.signs()?;
    let stem = stem(cursor)?;
    let mark = match stem {
        Stem::Degree { .. } => cursor.one_of(MARKS).unwrap_or(Mark::Plain),
        _ => {
            cursor.take("+"); // `It+6` is `It6`
            Mark::Plain
        }
    };
    let mut out =
        RomanNumeral { alteration, stem, mark, figures: Vec::new(), changes: Vec::new(), target: None };
    loop {
        let before = cursor.at;
        figures(cursor, &mut out.figures)?;
        brackets(cursor, &mut out.changes)?;
        if cursor.at == before {
            return Ok(out);
        }
    }
}

fn stem(cursor: &mut Cursor<'_>) -> Result<Stem, ParseError> {
    if let Some(stem) = cursor.one_of(NAMES) {
        return Ok(stem);
    }
    let rest = cursor.rest();
    let letters = &rest[..rest.find(|c: char| !"iIvV".contains(c)).unwrap_or(rest.len())];
    let upper = letters.starts_with(|c: char| c.is_ascii_uppercase());
    let one_case = letters.chars().all(|c| c.is_ascii_uppercase() == upper);
    match NUMERALS.iter().position(|n| one_case && n.eq_ignore_ascii_case(letters)) {
        Some(place) => {
            cursor.at += letters.len();
            Ok(Stem::Degree { number: place as u8 + 1, upper })
        }
        None => {
            let text = cursor.text;
            cursor.error(format!("{text:?} is not a Roman numeral; examples: I, vi65, V7/V, bVII, viio7"))
        }
    }
}

fn figures(cursor: &mut Cursor<'_>, out: &mut Vec<Figure>) -> Result<(), ParseError> {
    let starts = |rest: &str| {
        rest.trim_start_matches(['b', '#', '♭', '♯']).starts_with(|c: char| matches!(c, '1'..='9'))
    };
    loop {
        if !out.is_empty() && cursor.rest().strip_prefix('/').is_some_and(starts) {
            cursor.at += 1; // `6/5` is `65`
        }
        if !starts(cursor.rest()) {
            return Ok(());
        }
        if out.len() == MOST {
            return cursor.error("too many figures");
        }
        out.push(cursor.figure()?);
    }
}

fn brackets(cursor: &mut Cursor<'_>, out: &mut Vec<Change>) -> Result<(), ParseError> {
    loop {
        if out.len() > MOST {
            return cursor.error("too many changes in brackets");
        }
        if cursor.take("sus2") {
            out.extend([Change::Omitted(3), Change::Added(Figure { number: 2, alteration: 0 })]);
        } else if cursor.take("sus4") || cursor.take("sus") {
            out.extend([Change::Omitted(3), Change::Added(Figure { number: 4, alteration: 0 })]);
        } else if cursor.take("[") {
            square(cursor, out)?;
        } else if cursor.take("(") {
            round(cursor, out)?;
        } else {
            return Ok(());
        }
    }
}

fn square(cursor: &mut Cursor<'_>, out: &mut Vec<Change>) -> Result<(), ParseError> {
    while !cursor.take("]") {
        if out.len() > MOST {
            return cursor.error("too many changes in brackets");
        }
        out.push(if cursor.take("no") {
            match cursor.number() {
                Some(number) => Change::Omitted(number),
                None => return cursor.error("expected the chord tone that is left out, such as [no3]"),
            }
        } else if cursor.take("add") {
            Change::Added(cursor.figure()?)
        } else if cursor.take("over ") {
            Change::Over(cursor.figure()?)
        } else if cursor.rest().is_empty() {
            return cursor.error("the bracket is not closed: expected ']'");
        } else {
            match cursor.figure()? {
                Figure { alteration: 0, .. } => {
                    return cursor.error("expected [add..], [no..] or a figure with a sign, such as [b5]");
                }
                figure => Change::Altered(figure),
            }
        });
    }
    Ok(())
}

fn round(cursor: &mut Cursor<'_>, out: &mut Vec<Change>) -> Result<(), ParseError> {
    const PLACES: &[(&str, Place)] =
        &[("+", Place::Beside), ("-", Place::Without), ("^", Place::ForUpper), ("v", Place::ForLower)];
    while !cursor.take(")") {
        if out.len() > MOST {
            return cursor.error("too many changes in brackets");
        }
        if cursor.rest().is_empty() {
            return cursor.error("the bracket is not closed: expected ')'");
        }
        let place = cursor.one_of(PLACES).unwrap_or(Place::Usual);
        out.push(Change::Substituted(place, cursor.figure()?));
    }
    Ok(())
}

/// Reads numerals that are parted by spaces or bars, with changes of key among them: `I V65 I a: i V7 F: V I`.
///
/// A key holds until the next one; `key` holds at the start. At most 100,000 numerals are read.
pub fn progression(text: &str, key: Key) -> Result<Vec<(Key, RomanNumeral)>, ParseError> {
    let (mut out, mut key) = (Vec::new(), key);
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '|' | ',')) {
        let at = word.as_ptr().addr() - text.as_ptr().addr(); // where the word stands in the text
        if let Some(name) = word.strip_suffix(':') {
            key = name.parse().map_err(|e: ParseError| e.shifted(at))?;
        } else if !word.is_empty() {
            if out.len() == 100_000 {
                return Err(ParseError::new(at, "more than 100,000 numerals"));
            }
            out.push((key, numeral(word).map_err(|e| e.shifted(at))?));
        }
    }
    Ok(out)
}
