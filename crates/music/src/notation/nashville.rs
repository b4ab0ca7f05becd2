//! Nashville numbers: chords as degrees of the major scale on the tonic, `1`, `6-`, `4maj7`, `57`, `b7`, `1/3`.
//!
//! ```text
//! number = signs ("1" … "7") suffix [ "/" signs ("1" … "7") ]
//! ```
//!
//! The suffix is that of a lead-sheet symbol, printed with `-` for minor. Degrees are counted in the major scale in
//! every mode, as is usual for charts in minor that start on `1-`; the bass is a degree too (Williams 1988, "The
//! Nashville Number System").

use super::symbol;
use crate::ParseError;
use crate::chord::Chord;
use crate::key::Key;
use crate::pitch::{Interval, PitchName};
use alloc::{format, string::String};

/// Reads a number in `key`; only the tonic counts.
pub fn parse(text: &str, key: Key) -> Result<Chord, ParseError> {
    let (root, used) = degree(text, key)?;
    let rest = &text[used..];
    let (suffix, bass) =
        match rest.rsplit_once('/').map(|(suffix, bass)| (suffix, degree(bass, key), bass.len())) {
            Some((suffix, Ok((bass, used)), len)) if used == len => (suffix, bass),
            _ => (rest, root),
        };
    let degrees = symbol::degrees(suffix).map_err(|e| e.shifted(used))?;
    Ok(Chord::from_degrees(root, degrees).over(bass))
}

/// A degree at the start of `text`, and how many bytes it took.
fn degree(text: &str, key: Key) -> Result<(PitchName, usize), ParseError> {
    let mut alteration = 0_i8;
    for (at, c) in text.char_indices() {
        match c {
            'b' | '♭' => alteration -= 1,
            '#' | '♯' => alteration += 1,
            '1'..='7' if alteration.abs() <= 4 => {
                let number = c as u8 - b'0';
                return Ok((key.tonic + Interval::new(number, alteration), at + 1));
            }
            _ => {
                return Err(ParseError::new(
                    at,
                    format!("{text:?} should start with a degree, 1 to 7, as in b7 or 6-"),
                ));
            }
        }
        if alteration.abs() > 4 {
            return Err(ParseError::new(at, "more than four signs"));
        }
    }
    Err(ParseError::new(text.len(), "expected a degree, 1 to 7"))
}

/// Prints a chord as a number in `key`.
pub fn print(chord: &Chord, key: Key) -> String {
    let suffix = symbol::suffix(chord);
    let minor = suffix.strip_prefix('m').filter(|rest| !rest.starts_with("aj"));
    let root: Interval = chord.root - key.tonic;
    let mut out = match minor {
        Some(rest) => format!("{root}-{rest}"),
        None => format!("{root}{suffix}"),
    };
    if chord.bass != chord.root {
        out.push_str(&format!("/{}", chord.bass - key.tonic));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, key: &str, symbol: &str) {
        let key = key.parse().unwrap();
        let chord = parse(text, key).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(symbol::print(&chord), symbol, "{text}");
        assert_eq!(parse(&print(&chord, key), key), Ok(chord), "{text} printed as {}", print(&chord, key));
    }

    #[test]
    fn numbers_are_degrees_of_the_major_scale() {
        for (text, key, symbol) in [
            ("1", "G", "G"),
            ("6-", "G", "Em"),
            ("57", "A", "E7"),
            ("4maj7", "Eb", "Abmaj7"),
            ("2-7", "C", "Dm7"),
            ("b7", "D", "C"),
            ("1/3", "F", "F/A"),
            ("5/b7", "C", "G/Bb"),
            ("1-", "a", "Am"),
            ("b3", "a", "C"),
            ("7°", "C", "Bdim"),
            ("15", "C", "C5"),
            ("16/9", "C", "C6/9"),
            ("16/9/3", "C", "C6/9/E"),
            ("#4ø", "C", "F#m7b5"),
            ("5sus", "Bb", "Fsus4"),
            ("2m7", "Bb", "Cm7"),
        ] {
            check(text, key, symbol);
        }
    }

    #[test]
    fn wrong_numbers_point_at_the_fault() {
        for (text, at) in [("", 0), ("8", 0), ("b", 1), ("x", 0), ("1foo", 1), ("bbbbb1", 4)] {
            assert_eq!(parse(text, "C".parse().unwrap()).unwrap_err().at, at, "{text}");
        }
    }
}
