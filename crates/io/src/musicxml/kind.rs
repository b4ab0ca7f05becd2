//! MusicXML's `kind` and `degree` elements: chords to them and back.

use kmidi_music::chord::{Degree, Degrees};
use kmidi_music::notation::symbol;
use kmidi_music::{Chord, Quality};

/// The kinds of `kind-value` (MusicXML 4.0) with their degrees above the root, 1 included. An eleventh or thirteenth holds
/// all odd degrees below it, as the standard says. The augmented sixths and the Tristan chord stand on the tonic, as in
/// music21 (Cuthbert and Ariza 2010); the standard gives them no tones. `other` and `none` are not here.
const KINDS: [(&str, &[(u8, i8)]); 31] = [
    ("major", &[(1, 0), (3, 0), (5, 0)]),
    ("minor", &[(1, 0), (3, -1), (5, 0)]),
    ("augmented", &[(1, 0), (3, 0), (5, 1)]),
    ("diminished", &[(1, 0), (3, -1), (5, -1)]),
    ("dominant", &[(1, 0), (3, 0), (5, 0), (7, -1)]),
    ("major-seventh", &[(1, 0), (3, 0), (5, 0), (7, 0)]),
    ("minor-seventh", &[(1, 0), (3, -1), (5, 0), (7, -1)]),
    ("diminished-seventh", &[(1, 0), (3, -1), (5, -1), (7, -2)]),
    ("augmented-seventh", &[(1, 0), (3, 0), (5, 1), (7, -1)]),
    ("half-diminished", &[(1, 0), (3, -1), (5, -1), (7, -1)]),
    ("major-minor", &[(1, 0), (3, -1), (5, 0), (7, 0)]),
    ("major-sixth", &[(1, 0), (3, 0), (5, 0), (6, 0)]),
    ("minor-sixth", &[(1, 0), (3, -1), (5, 0), (6, 0)]),
    ("dominant-ninth", &[(1, 0), (3, 0), (5, 0), (7, -1), (9, 0)]),
    ("major-ninth", &[(1, 0), (3, 0), (5, 0), (7, 0), (9, 0)]),
    ("minor-ninth", &[(1, 0), (3, -1), (5, 0), (7, -1), (9, 0)]),
    ("dominant-11th", &[(1, 0), (3, 0), (5, 0), (7, -1), (9, 0), (11, 0)]),
    ("major-11th", &[(1, 0), (3, 0), (5, 0), (7, 0), (9, 0), (11, 0)]),
    ("minor-11th", &[(1, 0), (3, -1), (5, 0), (7, -1), (9, 0), (11, 0)]),
    ("dominant-13th", &[(1, 0), (3, 0), (5, 0), (7, -1), (9, 0), (11, 0), (13, 0)]),
    ("major-13th", &[(1, 0), (3, 0), (5, 0), (7, 0), (9, 0), (11, 0), (13, 0)]),
    ("minor-13th", &[(1, 0), (3, -1), (5, 0), (7, -1), (9, 0), (11, 0), (13, 0)]),
    ("suspended-second", &[(1, 0), (2, 0), (5, 0)]),
    ("suspended-fourth", &[(1, 0), (4, 0), (5, 0)]),
    ("power", &[(1, 0), (5, 0)]),
    ("pedal", &[(1, 0)]),
    // Only read: a chord of ours has no such function.
    ("Neapolitan", &[(1, 0), (3, 0), (5, 0)]),
    ("Italian", &[(1, 0), (4, 1), (6, -1)]),
    ("French", &[(1, 0), (2, 0), (4, 1), (6, -1)]),
    ("German", &[(1, 0), (3, -1), (4, 1), (6, -1)]),
    ("Tristan", &[(1, 0), (4, 1), (6, 1), (9, 1)]),
];

/// How many of [`KINDS`] are written.
const WRITTEN: usize = 26;

/// What a `degree` element does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    /// The degree of the kind is raised or lowered.
    Alter,
    /// The degree of the kind does not sound.
    Subtract,
    /// A degree sounds too; its alteration counts from the dominant seventh chord's scale.
    Add,
}

impl Verb {
    pub(super) fn word(self) -> &'static str {
        match self {
            Verb::Alter => "alter",
            Verb::Subtract => "subtract",
            Verb::Add => "add",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Verb> {
        [Verb::Alter, Verb::Subtract, Verb::Add].into_iter().find(|v| v.word() == word)
    }
}

/// A `degree` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) verb: Verb,
    /// `degree-value`.
    pub(super) value: u8,
    /// `degree-alter`.
    pub(super) alter: i8,
}

/// The alteration that a degree has in a dominant chord, against the major scale.
fn dominant(number: u8) -> i8 {
    if number == 7 { -1 } else { 0 }
}

fn degrees_of(list: &[(u8, i8)]) -> Degrees {
    list.iter().fold(Degrees::NONE, |set, &(number, alteration)| set.with(Degree::new(number, alteration)))
}

/// The kind that needs the fewest changes to be `chord`, and the changes: first those that alter, last those that add.
pub(super) fn of_chord(chord: &Chord) -> (&'static str, Vec<Change>) {
    let wanted = chord.degrees();
    let ways = KINDS[..WRITTEN].iter().map(|&(name, list)| (name, changes(degrees_of(list), wanted)));
    let best = ways.min_by_key(|(_, changes)| changes.iter().map(cost).sum::<u32>());
    best.unwrap_or(("other", Vec::new()))
}

fn changes(mut kind: Degrees, wanted: Degrees) -> Vec<Change> {
    let mut out = Vec::new();
    let mut extra = wanted.minus(kind);
    for gone in kind.minus(wanted).iter() {
        let altered = extra.iter().find(|e| e.number == gone.number);
        let (verb, alter) =
            altered.map_or((Verb::Subtract, 0), |to| (Verb::Alter, to.alteration - gone.alteration));
        extra = altered.map_or(extra, |to| extra.without(to));
        kind = kind.without(gone);
        out.push(Change { verb, value: gone.number, alter });
    }
    out.extend(extra.iter().map(|d| {
        let alter = d.alteration - dominant(d.number);
        Change { verb: Verb::Add, value: d.number, alter }
    }));
    out.sort_unstable();
    out
}

/// What a change costs the reader of the file. Programs differ on an added seventh (music21 10 adds a major one where the
/// standard adds a minor one), so that another kind is taken where there is one.
fn cost(change: &Change) -> u32 {
    match (change.verb, change.value) {
        (Verb::Subtract, 11) => 2, // a thirteenth without its eleventh is the usual one
        (Verb::Add, 7) if change.alter <= 0 => 20,
        (_, 1 | 3) => 5,
        _ => 3,
    }
}

/// The lead-sheet suffix of a chord, without root and bass.
pub(super) fn suffix(chord: &Chord) -> String {
    let symbol = symbol::print(&chord.over(chord.root));
    symbol.strip_prefix(&chord.root.to_string()).unwrap_or_default().to_owned()
}

/// The degrees of a `kind` with its `text` and changes. A kind outside the standard, `other` and an empty one count as
/// their text says, if that is a lead-sheet suffix; else as the root alone, to which degrees may be added.
pub(super) fn degrees(kind: &str, text: Option<&str>, changes: &[Change]) -> Degrees {
    let kind = kind.trim();
    let listed = KINDS.iter().find(|k| k.0 == kind).map(|k| degrees_of(k.1));
    let read = |suffix: &str| symbol::parse(&format!("C{suffix}")).ok().map(|c| c.degrees());
    let spelled = || {
        let named = !changes.is_empty() && kind == "other"; // the degrees say it all
        let text = text.map(str::trim).filter(|t| !t.is_empty() && !named);
        text.and_then(read).or_else(|| Some(kind).filter(|k| !k.is_empty()).and_then(read))
    };
    let base = listed.or_else(spelled).unwrap_or(Quality::ROOT.degrees());
    changes.iter().fold(base, |set, change| {
        let number = match change.value {
            0 => return set,
            8 | 10 | 12 => change.value - 7,
            14.. => return set,
            usual => usual,
        };
        let own = set.iter().find(|d| d.number == number);
        match (change.verb, own) {
            (Verb::Alter, Some(own)) => {
                set.without(own).with(Degree::new(number, own.alteration.saturating_add(change.alter)))
            }
            (Verb::Subtract, Some(own)) => set.without(own),
            (Verb::Subtract, None) => set,
            (Verb::Add | Verb::Alter, _) => {
                set.with(Degree::new(number, dominant(number).saturating_add(change.alter)))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quality_survives() {
        for quality in Quality::all() {
            let chord = Chord::new(kmidi_music::PitchName::C, quality);
            let (kind, changes) = of_chord(&chord);
            assert_eq!(degrees(kind, None, &changes), quality.degrees(), "{kind} {changes:?}");
        }
    }

    #[test]
    fn every_set_of_degrees_survives() {
        // Two alterations of one degree, omitted roots, both sevenths: 30,000 sets by a fixed walk.
        let mut state = 1_u64;
        for _ in 0..30_000 {
            let mut set = Degrees::NONE;
            for number in 1..=13 {
                for alteration in -2..=2 {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    if state >> 60 == 0 && !matches!(number, 8 | 10 | 12) {
                        set = set.with(Degree::new(number, alteration));
                    }
                }
            }
            let chord = Chord::from_degrees(kmidi_music::PitchName::C, set);
            let (kind, changes) = of_chord(&chord);
            assert_eq!(degrees(kind, None, &changes), set, "{kind} {changes:?}");
        }
    }

    #[test]
    fn usual_chords_take_usual_kinds() {
        let alter = |value, alter| Change { verb: Verb::Alter, value, alter };
        let add = |value, alter| Change { verb: Verb::Add, value, alter };
        let subtract = |value| Change { verb: Verb::Subtract, value, alter: 0 };
        for (text, kind, expected) in [
            ("C", "major", vec![]),
            ("Cm7b5", "half-diminished", vec![]),
            ("C7b9", "dominant", vec![add(9, -1)]),
            ("C7b5", "dominant", vec![alter(5, -1)]),
            ("C13", "dominant-13th", vec![subtract(11)]),
            ("C6/9", "major-sixth", vec![add(9, 0)]),
            ("Cadd9", "major", vec![add(9, 0)]),
            ("C7sus4", "dominant", vec![subtract(3), add(4, 0)]),
            ("Cm(maj7)", "major-minor", vec![]),
            ("C5", "power", vec![]),
        ] {
            assert_eq!(of_chord(&symbol::parse(text).unwrap()), (kind, expected), "{text}");
        }
    }

    #[test]
    fn foreign_kinds_are_read() {
        let pcs = |kind, text, changes: &[Change]| {
            let degrees = degrees(kind, text, changes).semitones();
            degrees.iter().map(|p| p.value()).collect::<Vec<_>>()
        };
        let add = |value, alter| Change { verb: Verb::Add, value, alter };
        assert_eq!(pcs("dominant-13th", None, &[]), [0, 2, 4, 5, 7, 9, 10]);
        assert_eq!(pcs("German", None, &[]), [0, 3, 6, 8]);
        assert_eq!(pcs("suspended-fourth", Some("7sus4"), &[add(7, 0)]), [0, 5, 7, 10]);
        assert_eq!(pcs("major", None, &[add(7, 1)]), [0, 4, 7, 11]);
        assert_eq!(pcs("other", Some("7alt"), &[]), [0, 3, 4, 8, 10]);
        assert_eq!(pcs("other", Some("?"), &[add(3, 0), add(5, 1)]), [0, 4, 8]);
        assert_eq!(pcs("", Some("m7"), &[]), [0, 3, 7, 10]);
    }
}
