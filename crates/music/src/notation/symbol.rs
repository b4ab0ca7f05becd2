//! Lead-sheet chord symbols: `Cmaj7#11/G`, `F#m7b5/A`, `G7sus4`, `C-7`, `C△`, `Bø`, `C°`, `Calt`.
//!
//! ```text
//! symbol  = root suffix [ "/" bass ]
//! suffix  = a suffix or alias of the chord table, or: quality [ number ] { tail }
//! quality = "maj" "M" "Δ" … | "min" "m" "-" … | "dim" "°" "o" | "ø" "h" | "aug" "+" | "dom" | nothing
//! number  = 5 | 6 | 6/9 | 7 | 9 | 11 | 13 | 4 (sus4) | 2 (add2)
//! tail    = sign number | "add" [sign] number | ("no" | "omit") [sign] number | "sus" ["4" | "2" | "24"] | "alt"
//!         | "maj7" | number, each with or without round brackets and commas
//! ```
//!
//! The spellings are those of Brandt and Roemer (1976), of iReal Pro's charts and of the `tonal` and music21
//! libraries. Where these disagree: `C△` is a major seventh (tonal, Levine 1995) and `C^` a triad (tonal); an alteration takes
//! the place of the natural tone (`C7b5` has no perfect fifth, `C13b9` no major ninth); `C13` has no eleventh;
//! `Calt` has a sharp fifth and a sharp ninth; a `-` after the root is minor, never a flat.

mod suffix;

use crate::ParseError;
use crate::chord::{Chord, Degree, Degrees, Quality};
use crate::pitch::PitchName;
use alloc::{format, string::String, vec::Vec};

/// Reads a symbol.
pub fn parse(text: &str) -> Result<Chord, ParseError> {
    let (root, used) = PitchName::parse_prefix(text)?;
    let rest = &text[used..];
    let (suffix, bass) = match rest.rsplit_once('/') {
        Some((suffix, bass)) if names_bass(bass) => {
            let at = used + suffix.len() + 1;
            (suffix, Some(bass.parse::<PitchName>().map_err(|e| e.shifted(at))?))
        }
        _ => (rest, None),
    };
    let chord = Chord::from_degrees(root, degrees(suffix).map_err(|e| e.shifted(used))?);
    Ok(bass.map_or(chord, |b| chord.over(b)))
}

/// Is what follows a slash meant as a bass? `b9` after a slash is an alteration, `M7` a seventh.
fn names_bass(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase() && c != 'M') || text.parse::<PitchName>().is_ok()
}

/// Prints a symbol. Degrees that no suffix of the table covers follow in brackets.
pub fn print(chord: &Chord) -> String {
    let mut out = format!("{}{}", chord.root, suffix(chord));
    if chord.bass != chord.root {
        out.push_str(&format!("/{}", chord.bass));
    }
    out
}

/// What follows the root, without the bass.
pub(super) fn suffix(chord: &Chord) -> String {
    let mut out = String::from(chord.quality.entry().symbol);
    let base = chord.quality.degrees();
    let omitted = |d: Degree| match base.iter().filter(|b| b.number == d.number).count() {
        1 => format!("no{}", d.number),
        _ => format!("no{d}"),
    };
    let added = chord.added.iter().map(|d| format!("add{d}"));
    let extras = added.chain(chord.omitted.iter().map(omitted)).collect::<Vec<_>>();
    if !extras.is_empty() {
        out.push_str(&format!("({})", extras.join(",")));
    }
    out
}

/// Reads what follows the root.
pub(super) fn degrees(text: &str) -> Result<Degrees, ParseError> {
    let named = Quality::all().find(|q| q.entry().symbol == text || q.entry().aliases.contains(&text));
    named.map_or_else(|| suffix::read(text), |q| Ok(q.degrees()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quality_survives_print_and_parse() {
        for quality in Quality::all() {
            for root in -6..=6 {
                let chord =
                    Chord::new(PitchName::from_fifths(root), quality).over(PitchName::from_fifths(root + 1));
                assert_eq!(parse(&print(&chord)), Ok(chord), "{}", print(&chord));
            }
        }
    }

    /// The grammar alone reads every suffix of the table, so that brackets may follow any of them.
    #[test]
    fn the_grammar_agrees_with_the_table() {
        for quality in Quality::all() {
            let entry = quality.entry();
            assert_eq!(suffix::read(entry.symbol), Ok(quality.degrees()), "{:?}", entry.symbol);
        }
    }

    #[test]
    fn wrong_symbols_point_at_the_fault() {
        for (text, at) in [
            ("", 0),
            ("H", 0),
            ("Cfoo", 1),
            ("C7/H", 3),
            ("C7b", 2),
            ("Cadd", 4),
            ("Cmaj7xyz", 5),
            ("C(no7)", 4),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}: {:?}", parse(text));
        }
    }
}
