//! Harte's chord syntax (Harte, Sandler, Abdallah and Gomez, ISMIR 2005): `C#:min7/b3`, `F:maj(9)`, `G:sus4(b7)`.
//!
//! Read: shorthand, degree lists with omissions (`*3`), a bass as a degree (`/b3`) or as a note name (`/Eb`). Printed:
//! with the bass as a degree (the syntax of the paper) or as a note (what `kmidi analyze` gives).
//!
//! Beyond the paper, as the data sets of `../shared/data` write it: more shorthands; an altered fifth, ninth, eleventh
//! or thirteenth in the list stands for the natural one of the shorthand, unless the list names that too (`7(b5)` has no
//! perfect fifth, `7(5,b5)` has both); `?0269` lists semitones above the root; a `*` at the end is passed over.

use crate::ParseError;
use crate::chord::{Chord, Degree, Degrees, Quality};
use crate::pitch::{Interval, PitchName};
use alloc::{format, string::String};
use core::fmt::Write;

/// A label: a chord, silence or noise (`N`), or a chord that has no name (`X`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// No chord.
    None,
    /// Something that cannot be named.
    Unknown,
    /// A chord.
    Chord(Chord),
}

/// Shorthands of the syntax that the chord table prints otherwise, or not at all.
const SHORTHANDS: &[(&str, &[(u8, i8)])] = &[
    ("", &[(1, 0), (3, 0), (5, 0)]),
    ("11", &[(1, 0), (3, 0), (5, 0), (7, -1), (9, 0), (11, 0)]),
    ("maj11", &[(1, 0), (3, 0), (5, 0), (7, 0), (9, 0), (11, 0)]),
    ("min11", &[(1, 0), (3, -1), (5, 0), (7, -1), (9, 0), (11, 0)]),
    ("13", &[(1, 0), (3, 0), (5, 0), (7, -1), (9, 0), (13, 0)]),
    ("maj13", &[(1, 0), (3, 0), (5, 0), (7, 0), (9, 0), (13, 0)]),
    ("min13", &[(1, 0), (3, -1), (5, 0), (7, -1), (9, 0), (13, 0)]),
    ("5", &[(1, 0), (5, 0)]),
    ("aug7", &[(1, 0), (3, 0), (5, 1), (7, -1)]),
    ("aug9", &[(1, 0), (3, 0), (5, 1), (7, -1), (9, 0)]),
    ("augmaj7", &[(1, 0), (3, 0), (5, 1), (7, 0)]),
    ("hdim9", &[(1, 0), (3, -1), (5, -1), (7, -1), (9, 0)]),
    ("majb5", &[(1, 0), (3, 0), (5, -1)]),
    ("minmaj9", &[(1, 0), (3, -1), (5, 0), (7, 0), (9, 0)]),
    ("minb6", &[(1, 0), (3, -1), (5, 0), (6, -1)]),
    ("9sus4", &[(1, 0), (4, 0), (5, 0), (7, -1), (9, 0)]),
    ("7sus4", &[(1, 0), (4, 0), (5, 0), (7, -1)]),
];

/// Reads a label.
pub fn parse(text: &str) -> Result<Label, ParseError> {
    match text {
        "N" => return Ok(Label::None),
        "X" => return Ok(Label::Unknown),
        _ => {}
    }
    let (root, used) = PitchName::parse_prefix(text)?;
    let (body, bass) = match text[used..].split_once('/') {
        Some((body, bass)) => (body, Some((used + body.len() + 1, bass))),
        None => (&text[used..], None),
    };
    let degrees = match body.strip_prefix(':') {
        Some(rest) if !rest.is_empty() => self::degrees(rest).map_err(|e| e.shifted(used + 1))?,
        Some(_) => {
            return Err(ParseError::new(used + 1, "a quality should follow the colon, such as maj or min7"));
        }
        None if body.is_empty() => Quality::MAJ.degrees(),
        None => {
            return Err(ParseError::new(
                used,
                format!("expected ':' or '/' after the root {root}, not {body:?}"),
            ));
        }
    };
    let mut chord = Chord::from_degrees(root, degrees);
    if let Some((at, bass)) = bass {
        chord.bass = match bass.starts_with(|c: char| c.is_ascii_uppercase()) {
            true => bass.parse().map_err(|e: ParseError| e.shifted(at))?,
            false => root + interval(bass).map_err(|e| e.shifted(at))?,
        };
    }
    Ok(Label::Chord(chord))
}

/// Semitones above the root as degrees.
const SEMITONES: [(u8, i8); 12] =
    [(1, 0), (9, -1), (9, 0), (3, -1), (3, 0), (4, 0), (5, -1), (5, 0), (6, -1), (6, 0), (7, -1), (7, 0)];

/// `0269`: semitones in ascending order, run together. Which digits make a number follows from the order: the only
/// ones of two digits are 10 and 11.
fn semitones(digits: &str) -> Option<Degrees> {
    let (mut set, mut last, mut rest) = (Degrees::NONE, -1, digits);
    while !rest.is_empty() {
        let one = rest.get(..1)?.parse::<i32>().ok()?;
        let two = rest.get(..2).and_then(|t| t.parse::<i32>().ok()).filter(|t| matches!(t, 10 | 11));
        // `1` may be the number 1 only where a larger number can still follow, or nothing does.
        let (value, used) = match two {
            Some(two) if last >= one || rest[1..] == *"0" || (one == 1 && !ascends(1, &rest[1..])) => {
                (two, 2)
            }
            _ => (one, 1),
        };
        if value <= last {
            return None;
        }
        let (number, alteration) = SEMITONES[value as usize];
        set = set.with(Degree::new(number, alteration));
        (last, rest) = (value, &rest[used..]);
    }
    Some(set)
}

/// Can `digits` be read as ascending numbers above `last`?
fn ascends(last: i32, digits: &str) -> bool {
    let number = |len: usize| digits.get(..len).and_then(|t| t.parse::<i32>().ok());
    digits.is_empty()
        || number(1).is_some_and(|n| n > last && ascends(n, &digits[1..]))
        || number(2).is_some_and(|n| matches!(n, 10 | 11) && n > last && ascends(n, &digits[2..]))
}

fn degrees(text: &str) -> Result<Degrees, ParseError> {
    if let Some(digits) = text.strip_prefix('?') {
        let found = (1..=14).contains(&digits.len()).then(|| semitones(digits)).flatten();
        return found.ok_or_else(|| {
            ParseError::new(
                1,
                format!("{digits:?} should be semitones above the root in order, such as 0269"),
            )
        });
    }
    let text = text.strip_suffix('*').unwrap_or(text);
    let (head, list) =
        match text.split_once('(') {
            Some((head, list)) => {
                let inner = list.strip_suffix(')');
                (
                    head,
                    Some(inner.ok_or_else(|| {
                        ParseError::new(text.len(), "the bracket is not closed: expected ')'")
                    })?),
                )
            }
            None => (text, None),
        };
    let of = |rows: &[(u8, i8)]| rows.iter().fold(Degrees::NONE, |set, &(n, a)| set.with(Degree::new(n, a)));
    let mut set = if head.is_empty() && list.is_some() {
        Degrees::NONE.with(Degree::new(1, 0)) // a bare list names every degree; the root sounds unless it is taken out
    } else if let Some(quality) = Quality::from_harte(head) {
        quality.degrees()
    } else {
        let row = SHORTHANDS.iter().find(|s| s.0 == head);
        of(row
            .ok_or_else(|| {
                ParseError::new(
                    0,
                    format!("{head:?} is not a chord quality; examples: maj, min7, hdim7, sus4(b7)"),
                )
            })?
            .1)
    };
    let mut at = head.len() + 1;
    let (mut listed, mut left_out) = (Degrees::NONE, Degrees::NONE);
    for item in list.into_iter().flat_map(|l| l.split(',')) {
        let bare = item.trim();
        match bare.strip_prefix('*') {
            Some(omitted) => left_out = left_out.with(degree(omitted).map_err(|e| e.shifted(at + 1))?),
            None => listed = listed.with(degree(bare).map_err(|e| e.shifted(at))?),
        }
        at += item.len() + 1;
    }
    for altered in listed.iter().filter(|d| replaces(*d)) {
        set = set.without(Degree::new(altered.number, 0));
    }
    let set = set.union(listed).minus(left_out);
    Ok(set)
}

/// Does this degree, in a list, stand for the natural one of the shorthand?
fn replaces(degree: Degree) -> bool {
    degree.alteration != 0 && matches!(degree.number, 5 | 9 | 11 | 13)
}

/// A bass: as a degree, but a chord over a distant note may need three or four signs.
fn interval(text: &str) -> Result<Interval, ParseError> {
    let digits = text.trim_start_matches(['b', '#']);
    match (&text[..text.len() - digits.len()], digits.parse::<u8>()) {
        (signs @ ("bbb" | "bbbb"), Ok(number @ 1..=13)) => Ok(Interval::new(number, -(signs.len() as i8))),
        (signs @ ("###" | "####"), Ok(number @ 1..=13)) => Ok(Interval::new(number, signs.len() as i8)),
        _ => degree(text).map(Degree::interval),
    }
}

fn degree(text: &str) -> Result<Degree, ParseError> {
    let digits = text.trim_start_matches(['b', '#']);
    let signs = &text[..text.len() - digits.len()];
    match digits.parse::<u8>() {
        Ok(number @ 1..=13) if signs.len() <= 2 => {
            Ok(Degree::new(number, signs.bytes().map(|sign| if sign == b'#' { 1 } else { -1 }).sum()))
        }
        _ => {
            Err(ParseError::new(0, format!("{text:?} is not a degree; use 1 to 13 with b or #, such as b7")))
        }
    }
}

/// Prints with the bass as a degree: `C:min7/b3`.
pub fn print(label: Label) -> String {
    write(label, |chord| {
        let interval: Interval = chord.bass - chord.root;
        format!("{interval}")
    })
}

/// Prints with the bass as a note: `C:min7/Eb`.
pub fn print_with_bass_note(label: Label) -> String {
    write(label, |chord| format!("{}", chord.bass))
}

fn write(label: Label, bass: impl Fn(&Chord) -> String) -> String {
    let chord = match label {
        Label::None => return "N".into(),
        Label::Unknown => return "X".into(),
        Label::Chord(chord) => chord,
    };
    let mut out = format!("{}:", chord.root);
    let entry = chord.quality.entry().harte;
    // A natural degree beside its alteration must be named, or the alteration would take its place.
    let beside = |d: &Degree| {
        let sounds = chord.degrees().contains(Degree::new(d.number, 0));
        (replaces(*d) && sounds && !chord.added.contains(Degree::new(d.number, 0))).then_some(d.number)
    };
    let mut naturals: alloc::vec::Vec<u8> = chord.added.iter().filter_map(|d| beside(&d)).collect();
    naturals.dedup();
    let extras = chord.omitted.iter().map(|d| format!("*{d}"));
    let extras = extras.chain(naturals.iter().map(|n| format!("{n}")));
    let extras = extras.chain(chord.added.iter().map(|d| format!("{d}")));
    let extras = extras.collect::<alloc::vec::Vec<_>>().join(",");
    let _ = match (extras.is_empty(), entry.strip_suffix(')')) {
        (true, _) => write!(out, "{entry}"),
        (false, Some(open)) => write!(out, "{open},{extras})"),
        (false, None) => write!(out, "{entry}({extras})"),
    };
    if chord.bass != chord.root {
        let _ = write!(out, "/{}", bass(&chord));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, bits: &[i32], bass: i32) {
        let Label::Chord(chord) = parse(text).unwrap() else { panic!("{text}") };
        let expected = bits.iter().map(|&b| crate::PitchClass::new(b)).collect();
        let sounding =
            chord.notes().into_iter().map(PitchName::pitch_class).collect::<crate::PitchClassSet>();
        assert_eq!((sounding, chord.bass.pitch_class().value()), (expected, bass as u8), "{text}");
        assert_eq!(
            parse(&print(Label::Chord(chord))).unwrap(),
            Label::Chord(chord),
            "{text} printed and read"
        );
    }

    #[test]
    fn labels_mean_what_the_paper_says() {
        check("C", &[0, 4, 7], 0);
        check("C#:min7/b3", &[1, 4, 8, 11], 4);
        check("C:min7/Eb", &[0, 3, 7, 10], 3);
        check("F:maj(9)", &[5, 9, 0, 7], 5);
        check("G:sus4(b7)", &[7, 0, 2, 5], 7);
        check("A:7(#9,b13)", &[9, 1, 4, 7, 0, 5], 9);
        check("D:maj(*3)", &[2, 9], 2);
        check("Bb:(1,5)", &[10, 5], 10);
        check("E:min13", &[4, 7, 11, 2, 6, 1], 4);
        check("G:7(b5)", &[7, 11, 1, 5], 7);
        check("G:7(5,b5)", &[7, 11, 1, 2, 5], 7);
        check("G:13(b9)", &[7, 11, 2, 5, 8, 4], 7);
        check("C:?0269/Eb", &[0, 2, 6, 9], 3);
        check("C:?011011/C", &[0, 1, 10, 11], 0);
        check("C:?1011/B", &[10, 11], 11);
        check("C:?0111", &[0, 1, 11], 0);
        check("C:?011011", &[0, 1, 10, 11], 0);
        check("C:sus4*", &[0, 5, 7], 0);
        assert_eq!((parse("N").unwrap(), parse("X").unwrap()), (Label::None, Label::Unknown));
    }

    #[test]
    fn wrong_labels_point_at_the_fault() {
        for (text, at) in [
            ("C:?92", 3),
            ("C:?", 3),
            ("", 0),
            ("H:maj", 0),
            ("C:foo", 2),
            ("C:maj(9", 7),
            ("C:maj/q", 6),
            ("C:7(b9,z)", 7),
            ("Cmaj", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn the_bass_prints_as_degree_or_note() {
        let label = parse("A:min7/C").unwrap();
        assert_eq!((print(label), print_with_bass_note(label)), ("A:min7/b3".into(), "A:min7/C".into()));
    }
}
