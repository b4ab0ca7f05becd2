//! The grammar of what follows the root of a lead-sheet symbol.

use crate::ParseError;
use crate::chord::{Degree, Degrees};
use alloc::format;

/// Reads a suffix by grammar alone.
pub(super) fn read(text: &str) -> Result<Degrees, ParseError> {
    Suffix::read(text)
}

/// The third and fifth that a quality starts with.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Major,
    /// Nothing was written: a number makes it a dominant.
    Unmarked,
    Minor,
    Diminished,
    HalfDiminished,
    Augmented,
}

const FAMILIES: &[(&str, Family)] = &[
    ("maj", Family::Major),
    ("Maj", Family::Major),
    ("MAJ", Family::Major),
    ("ma", Family::Major),
    ("Ma", Family::Major),
    ("min", Family::Minor),
    ("Min", Family::Minor),
    ("MIN", Family::Minor),
    ("mi", Family::Minor),
    ("Mi", Family::Minor),
    ("M", Family::Major),
    ("m", Family::Minor),
    ("-", Family::Minor),
    ("−", Family::Minor),
    ("Δ", Family::Major),
    ("△", Family::Major),
    ("^", Family::Major),
    ("j", Family::Major),
    ("dim", Family::Diminished),
    ("°", Family::Diminished),
    ("º", Family::Diminished),
    ("o", Family::Diminished),
    ("hdim", Family::HalfDiminished),
    ("ø", Family::HalfDiminished),
    ("Ø", Family::HalfDiminished),
    ("h", Family::HalfDiminished),
    ("aug", Family::Augmented),
    ("+", Family::Augmented),
    ("dom", Family::Unmarked),
];

const MAJOR_MARKS: &[&str] = &["maj", "Maj", "MAJ", "ma", "Ma", "M", "Δ", "△", "^", "j"];
const NUMBERS: &[(&str, u8)] = &[
    ("13", 13),
    ("11", 11),
    ("10", 10),
    ("9", 9),
    ("7", 7),
    ("6", 6),
    ("5", 5),
    ("4", 4),
    ("3", 3),
    ("2", 2),
];
/// What may be added or left out.
const DEGREES: &[(&str, u8)] = &[
    ("13", 13),
    ("12", 12),
    ("11", 11),
    ("10", 10),
    ("9", 9),
    ("8", 8),
    ("7", 7),
    ("6", 6),
    ("5", 5),
    ("4", 4),
    ("3", 3),
    ("2", 2),
    ("1", 1),
];
const SIGNS: &[(&str, i8)] =
    &[("bb", -2), ("b", -1), ("♭", -1), ("-", -1), ("##", 2), ("#", 1), ("♯", 1), ("+", 1)];

/// A suffix while it is read.
struct Suffix<'a> {
    text: &'a str,
    at: usize,
    set: Degrees,
    added: Degrees,
    /// A suspension took the third away.
    suspended: bool,
}

impl<'a> Suffix<'a> {
    fn read(text: &'a str) -> Result<Degrees, ParseError> {
        let set = Degrees::of(&[Degree::new(1, 0)]);
        let mut suffix = Self { text, at: 0, set, added: Degrees::NONE, suspended: false };
        suffix.quality();
        while suffix.at < text.len() {
            suffix.tail()?;
        }
        Ok(suffix.set.union(suffix.added))
    }

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

    fn one_of<T: Copy>(&mut self, tokens: &[(&str, T)]) -> Option<T> {
        tokens.iter().find(|t| self.take(t.0)).map(|t| t.1)
    }

    /// Takes one character, which was `family`.
    fn step(&mut self, family: Family) -> Family {
        self.at += 1;
        family
    }

    fn add(&mut self, number: u8, alteration: i8) {
        self.set = self.set.with(Degree::new(number, alteration));
    }

    fn remove(&mut self, number: u8) {
        for alteration in -2..=2 {
            self.set = self.set.without(Degree::new(number, alteration));
        }
    }

    /// The quality and its number.
    fn quality(&mut self) {
        let family = match self.rest() {
            rest if rest.starts_with("madd") => self.step(Family::Minor), // not `ma` for major
            rest if rest.starts_with("Madd") => self.step(Family::Major),
            rest if rest.starts_with("omit") => Family::Unmarked, // not `o` for diminished
            _ => self.one_of(FAMILIES).unwrap_or(Family::Unmarked),
        };
        let triangle = ["Δ", "△"].iter().any(|t| self.text.starts_with(t));
        let back = self.at;
        // `m(maj7)`, `dimM7`, `+maj7`: a major seventh over another triad
        let over = matches!(family, Family::Minor | Family::Diminished | Family::Augmented) && {
            self.take("(");
            self.take("/");
            let found = MAJOR_MARKS.iter().any(|mark| self.take(mark));
            if !found {
                self.at = back;
            }
            found
        };
        let (third, fifth) = match family {
            Family::Major | Family::Unmarked => (0, 0),
            Family::Minor => (-1, 0),
            Family::Diminished | Family::HalfDiminished => (-1, -1),
            Family::Augmented => (0, 1),
        };
        self.add(3, third);
        self.add(5, fifth);
        let seventh = match family {
            _ if over => 0,
            Family::Major => 0,
            Family::Diminished => -2,
            _ => -1,
        };
        let number = self.one_of(&[("6/9", 69), ("69", 69)]).or_else(|| self.one_of(NUMBERS));
        let number = number.or_else(|| self.take("1").then_some(1));
        if over || triangle || family == Family::HalfDiminished {
            self.add(7, seventh);
        }
        match number {
            Some(69) => {
                self.add(6, 0);
                self.add(9, 0);
            }
            Some(number @ (7 | 9 | 11 | 13)) => {
                self.add(7, seventh);
                for ninth_and_up in
                    [9, 11, 13].into_iter().filter(|&n| n <= number && (n != 11 || number == 11))
                {
                    self.add(ninth_and_up, 0);
                }
            }
            Some(6) => self.add(6, 0),
            Some(5) if family == Family::Unmarked => self.remove(3),
            Some(1) => {
                self.remove(3);
                self.remove(5);
            }
            Some(4) => self.suspend(4),
            Some(2) => self.add(2, 0),
            _ => {}
        }
    }

    fn suspend(&mut self, number: u8) {
        if !self.suspended {
            self.remove(3);
        }
        self.suspended = true;
        self.add(number, 0);
    }

    fn tail(&mut self) -> Result<(), ParseError> {
        if ["(", ")", ",", " "].iter().any(|s| self.take(s)) {
            return Ok(());
        }
        if self
            .rest()
            .strip_prefix('/')
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit() || "b#+".contains(c)))
        {
            self.at += 1;
            return Ok(());
        }
        if self.take("add") {
            let degree = self.degree("add9")?;
            self.added = self.added.with(degree);
        } else if self.take("no") || self.take("omit") {
            let before = self.at;
            let signed = self.rest().starts_with(['b', '#', '♭', '♯', '+', '-']);
            let degree = self.degree("no5")?;
            let lacking = !self.set.iter().any(|d| d.number == degree.number);
            if lacking || (signed && !self.set.contains(degree)) {
                return Err(ParseError::new(before, format!("the chord has no {degree} to leave out")));
            }
            if signed {
                self.set = self.set.without(degree);
            } else {
                self.remove(degree.number);
            }
        } else if self.take("sus") {
            match self.one_of(&[("24", 24), ("4", 4), ("2", 2)]) {
                Some(24) => {
                    self.suspend(2);
                    self.suspend(4);
                }
                number => self.suspend(number.unwrap_or(4)),
            }
        } else if self.take("alt") {
            self.remove(5);
            for (number, alteration) in [(5, 1), (7, -1), (9, 1)] {
                self.add(number, alteration);
            }
        } else if self.take("aug") {
            self.remove(5);
            self.add(5, 1);
        } else if MAJOR_MARKS.iter().any(|mark| self.take(mark)) {
            self.remove(7);
            self.add(7, 0);
            let number = self.one_of(&[("7", 7), ("9", 9), ("13", 13)]).unwrap_or(7);
            if number > 7 {
                self.add(number, 0);
            }
        } else {
            self.alteration()?;
        }
        Ok(())
    }

    /// `b5`, `#11`, `+9`, a number alone, or a lone `+` for the raised fifth.
    fn alteration(&mut self) -> Result<(), ParseError> {
        let start = self.at;
        let sign = self.one_of(SIGNS);
        let number = self.one_of(NUMBERS);
        let (number, alteration) = match (number, sign) {
            (Some(7), Some(1)) => (7, 0), // `m#7` is a major seventh
            (Some(7), None) => (7, -1),
            (Some(number), sign) => (number, sign.unwrap_or(0)),
            (None, Some(1)) if self.text[start..].starts_with('+') => (5, 1),
            (None, _) => {
                let text = self.text;
                return Err(ParseError::new(
                    start,
                    format!("{text:?} is not a chord suffix; examples: m7, maj7, 7b9, sus4, dim7"),
                ));
            }
        };
        let number = if number == 4 && alteration == 1 { 11 } else { number };
        self.set = self.set.without(Degree::new(number, 0));
        if number == 7 {
            self.remove(7);
        }
        self.add(number, alteration);
        Ok(())
    }

    fn degree(&mut self, example: &str) -> Result<Degree, ParseError> {
        let alteration = self.one_of(SIGNS).unwrap_or(0);
        match self.one_of(DEGREES) {
            Some(number) => Ok(Degree::new(number, alteration)),
            None => Err(ParseError::new(self.at, format!("expected a degree, as in {example}"))),
        }
    }
}
