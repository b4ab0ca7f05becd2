//! Chord labels as numbers, in the syntax and with the tones that mir_eval gives them.
//!
//! This is the grammar of Harte, Sandler, Abdallah and Gómez ("Symbolic representation of musical chords", ISMIR 2005)
//! with the shorthands of Harte's thesis (2010). It is narrower than `kmidi_music::notation::harte`, which also reads
//! what data sets write beyond it, and it differs where comparison asks for it: tones above the octave are left out, so
//! that `C:9` sounds like `C:7`; the bass always sounds; an altered degree does not replace the natural one.

/// A label as the comparisons see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// `N`: no chord sounds.
    NoChord,
    /// `X`: a chord without a name, or a label that cannot be read.
    Unknown,
    /// A chord.
    Chord {
        /// Pitch class of the root, C = 0.
        root: u8,
        /// Semitones above the root as bits, the lowest one the root itself. At least the bass is set.
        tones: u16,
    },
}

/// The shorthands and the semitones of each. Tones above the octave are not compared.
const SHORTHANDS: [(&str, &[u8]); 24] = [
    ("maj", &[0, 4, 7]),
    ("min", &[0, 3, 7]),
    ("dim", &[0, 3, 6]),
    ("aug", &[0, 4, 8]),
    ("sus2", &[0, 2, 7]),
    ("sus4", &[0, 5, 7]),
    ("1", &[0]),
    ("5", &[0, 7]),
    ("maj6", &[0, 4, 7, 9]),
    ("min6", &[0, 3, 7, 9]),
    ("7", &[0, 4, 7, 10]),
    ("maj7", &[0, 4, 7, 11]),
    ("min7", &[0, 3, 7, 10]),
    ("dim7", &[0, 3, 6, 9]),
    ("hdim7", &[0, 3, 6, 10]),
    ("minmaj7", &[0, 3, 7, 11]),
    ("9", &[0, 4, 7, 10]),
    ("maj9", &[0, 4, 7, 11]),
    ("min9", &[0, 3, 7, 10]),
    ("11", &[0, 4, 7, 10]),
    ("min11", &[0, 3, 7, 10]),
    ("13", &[0, 4, 7, 10]),
    ("maj13", &[0, 4, 7, 11]),
    ("min13", &[0, 3, 7, 10]),
];

/// Semitones of the degrees 1 to 13 of the major scale.
const DEGREES: [(&str, i64); 13] = [
    ("1", 0),
    ("2", 2),
    ("3", 4),
    ("4", 5),
    ("5", 7),
    ("6", 9),
    ("7", 11),
    ("8", 12),
    ("9", 14),
    ("10", 16),
    ("11", 17),
    ("12", 19),
    ("13", 21),
];

/// Semitones of some intervals as bits.
pub(super) const fn bits(semitones: &[u8]) -> u16 {
    let (mut set, mut at) = (0, 0);
    while at < semitones.len() {
        set |= 1 << semitones[at];
        at += 1;
    }
    set
}

impl Symbol {
    /// Reads a label such as `C`, `F#:min7/b3`, `G:sus4(b7)`, `C:(1,3,5)`, `N` or `X`; `None` when it breaks the syntax.
    pub fn parse(label: &str) -> Option<Symbol> {
        match label {
            "N" => return Some(Symbol::NoChord),
            "X" => return Some(Symbol::Unknown),
            _ => {}
        }
        let (body, bass) = label.split_once('/').unwrap_or((label, "1"));
        let (root, quality) = body.split_once(':').unwrap_or((body, "maj"));
        let bass = 1 << degree(bass)?.rem_euclid(12);
        Some(Symbol::Chord { root: pitch_class(root)?, tones: tones(quality)? | bass })
    }

    /// Reads the label; where it breaks the syntax, the part before the slash, then the part before the bracket: a bass
    /// given as a note (`A:min7/C`) or tensions of another notation do not lose the chord. Else [`Symbol::Unknown`].
    pub fn closest(label: &str) -> Symbol {
        let before = |end| label.split(end).next().and_then(Symbol::parse);
        Symbol::parse(label).or_else(|| before('/')).or_else(|| before('(')).unwrap_or(Symbol::Unknown)
    }

    /// The root's pitch class; `None` for what has none.
    pub(super) fn root(self) -> Option<u8> {
        match self {
            Symbol::Chord { root, .. } => Some(root),
            Symbol::NoChord | Symbol::Unknown => None,
        }
    }
}

/// A letter and accidentals of one kind.
fn pitch_class(name: &str) -> Option<u8> {
    let letter = match name.bytes().next()? {
        b'C' => 0,
        b'D' => 2,
        b'E' => 4,
        b'F' => 5,
        b'G' => 7,
        b'A' => 9,
        b'B' => 11,
        _ => return None,
    };
    let (shift, rest) = accidentals(&name[1..]);
    rest.is_empty().then(|| (letter + shift).rem_euclid(12) as u8)
}

/// The semitones of leading accidentals of one kind, and what follows them.
fn accidentals(text: &str) -> (i64, &str) {
    let (sign, step) = if text.starts_with('b') { ('b', -1) } else { ('#', 1) };
    let rest = text.trim_start_matches(sign);
    (step * (text.len() - rest.len()) as i64, rest)
}

/// `b3`: semitones above the root, over the octave from 8 on.
fn degree(text: &str) -> Option<i64> {
    let (shift, number) = accidentals(text);
    DEGREES.iter().find(|row| row.0 == number).map(|row| row.1 + shift)
}

/// What stands after the colon: a shorthand, a list of degrees, or both.
fn tones(quality: &str) -> Option<u16> {
    let (shorthand, list) = match quality.split_once('(') {
        Some((shorthand, list)) => (shorthand, Some(list.strip_suffix(')')?)),
        None => (quality, None),
    };
    let tones = match SHORTHANDS.iter().find(|row| row.0 == shorthand) {
        Some(row) => bits(row.1),
        None if shorthand.is_empty() && list.is_some() => bits(&[0]),
        None => return None,
    };
    list.map_or(Some(tones), |list| edited(tones, list))
}

/// The tones with listed degrees added and omitted (`*3`). Each entry counts once, and a degree that is added as often
/// as it is omitted stays as it was.
fn edited(tones: u16, list: &str) -> Option<u16> {
    let entries: Vec<&str> = list.split(',').collect();
    let mut count: [i64; 12] = core::array::from_fn(|tone| i64::from(tones >> tone & 1));
    for (at, entry) in entries.iter().enumerate() {
        let (name, change) = entry.strip_prefix('*').map_or((*entry, 1), |name| (name, -1));
        let semitones = degree(name)?;
        if semitones < 12 && !entries[..at].contains(entry) {
            count[semitones.rem_euclid(12) as usize] += change;
        }
    }
    Some((0..12).filter(|&tone| count[tone] > 0).map(|tone| 1 << tone).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(label: &str, root: u8, semitones: &[u8]) {
        assert_eq!(Symbol::parse(label), Some(Symbol::Chord { root, tones: bits(semitones) }), "{label}");
    }

    #[test]
    fn labels_by_hand() {
        check("C", 0, &[0, 4, 7]);
        check("C/5", 0, &[0, 4, 7]);
        check("Cb:maj", 11, &[0, 4, 7]);
        check("B##:min7", 1, &[0, 3, 7, 10]);
        check("C:maj/2", 0, &[0, 2, 4, 7]);
        check("C:9", 0, &[0, 4, 7, 10]);
        check("C:maj6(9)", 0, &[0, 4, 7, 9]);
        check("Bb:sus4(b7)", 10, &[0, 5, 7, 10]);
        check("D:min(*5,b6)", 2, &[0, 3, 8]);
        check("C:(3,5)", 0, &[0, 4, 7]);
        check("C:(*1,3)/5", 0, &[4, 7]);
        check("C:maj(*3,3)", 0, &[0, 4, 7]);
        check("C:maj(*3,*3)/b9", 0, &[0, 1, 7]);
        check("C:maj(b1)", 0, &[0, 4, 7, 11]);
    }

    #[test]
    fn what_breaks_the_syntax() {
        for label in [
            "",
            "n",
            "H",
            "c",
            "C#b",
            "C:",
            "C:foo",
            "C:maj(",
            "C:maj()",
            "C:maj(9",
            "C:maj(9)x",
            "C:maj(14)",
            "C:maj(0)",
            "C:maj(9,)",
            "C:maj(b#9)",
            "C/",
            "C/E",
            "C/3/5",
            "C(9)",
            "N/5",
            "C:maj\n",
            "C :maj",
            "C:maj11",
            "C:aug7",
            "Ç:maj",
            "C:maj(**3)",
            "C:maj(03)",
            "C:7sus4",
        ] {
            assert_eq!(Symbol::parse(label), None, "{label:?}");
        }
    }

    #[test]
    fn the_closest_chord_of_other_notations() {
        assert_eq!(Symbol::closest("A:min7/C"), Symbol::parse("A:min7").unwrap());
        assert_eq!(Symbol::closest("C:maj(foo)"), Symbol::parse("C:maj").unwrap());
        assert_eq!(Symbol::closest("G:7sus4/D"), Symbol::Unknown);
        assert_eq!(Symbol::closest(""), Symbol::Unknown);
    }
}
