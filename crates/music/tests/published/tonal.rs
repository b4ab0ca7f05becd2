//! Examples of `tonal`.

use super::{best, listed, sounds};
use kmidi_music::chord::name::readings;
use kmidi_music::notation::symbol;
use kmidi_music::{Key, RomanNumeral};

/// tonal, chord-detect: notes (the lowest first) and the first name that is found.
const DETECTED: &[(&str, &str)] = &[
    ("D F# A C", "D7"),
    ("F# A C D", "D7/F#"),
    ("A C D F#", "D7/A"),
    ("F#2 A3 C4 D3", "D7/F#"),
    ("D3 F#4 A3 C4", "D7"),
    ("D3 A3 C4 F#4", "D7"),
    ("A2 C4 D3 F#4", "D7/A"),
    ("C4 E4 G4", "C"),
    ("E4 G4 C5", "C/E"),
    ("C E G#", "Caug"),
    ("E3 G#4 B4 C#4", "E6"),
];

/// tonal, chord-detect: notes, tonal's first name, ours, why.
const DETECTED_OTHERWISE: &[(&str, &str, &str, &str)] = &[
    ("C3 F#4 A3 D4", "D7", "D7/C", "tonal takes the order for the lowest note, we take the pitch"),
    (
        "E4 G4 C5",
        "Gm#5",
        "C/E",
        "tonal lists names by root found first; the triad in first inversion is what is heard",
    ),
    ("E G# C", "Caug", "Eaug", "an augmented triad has three equal roots: we take the bass"),
];

#[test]
fn tonal_detects() {
    for (notes, name) in DETECTED {
        let (found, expected) = (best(notes, None), symbol::parse(name).unwrap());
        assert_eq!(symbol::print(&found), symbol::print(&expected), "{notes}");
    }
    for (notes, _theirs, ours, why) in DETECTED_OTHERWISE {
        let found = symbol::print(&best(notes, None));
        assert_eq!(&found, ours, "{notes}: {why}");
    }
    assert!(readings(&[], None).is_empty());
}

/// tonal, chord: names and their notes.
const CHORDS: &[(&str, &str)] = &[
    ("Cmaj7", "C E G B"),
    ("CMaj7", "C E G B"),
    ("GM7", "G B D F#"),
    ("Gmaj7/B", "B G D F#"),
    ("Eb7add6", "Eb G Bb Db C"),
    ("C7", "C E G Bb"),
    ("Cmaj7#5", "C E G# B"),
    ("Caug", "C E G#"),
    ("C13no5", "C E Bb D A"),
    ("C", "C E G"),
    ("c7", "C E G Bb"),
    ("c#m7b5", "C# E G B"),
    ("Cb7b5", "Cb Eb Gbb Bbb"),
    ("Bb7b9", "Bb D F Ab Cb"),
    ("Cdim", "C Eb Gb"),
    ("Cdim7", "C Eb Gb Bbb"),
    ("C5", "C G"),
    ("Cmaj9", "C E G B D"),
    ("Cmaj13", "C E G B D A"),
    ("CM7b9", "C E G B Db"),
];

/// tonal, chord: name, tonal's notes, ours (empty: not read), why.
const CHORDS_OTHERWISE: &[(&str, &str, &str, &str)] = &[
    ("Bb6b5", "Bb D F G E", "Bb D Fb G", "tonal reads b5 as #11; for us it takes the fifth's place"),
    ("C4", "C F Bb Eb", "C F G", "tonal: a chord in fourths; iReal Pro and others: sus4"),
    ("C11", "C G Bb D F", "C E G Bb D F", "tonal leaves out the third; music21 and MusicXML keep it"),
    ("Calt7", "C E Bb Db", "C E G# Bb D#", "Levine 1995 and iReal Pro raise fifth and ninth"),
    ("hello", "", "", "neither reads it"),
    ("Cmixolydian", "", "", "a scale: neither reads it"),
];

#[test]
fn tonal_reads_chords() {
    for (name, notes) in CHORDS {
        let chord = symbol::parse(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(sounds(&chord), listed(notes), "{name}");
    }
    for (name, theirs, ours, why) in CHORDS_OTHERWISE {
        let found = symbol::parse(name).ok().map(|chord| sounds(&chord));
        assert_eq!(found, (!ours.is_empty()).then(|| listed(ours)), "{name}: {why}");
        assert_eq!(theirs == ours, theirs.is_empty(), "{name}: no difference any more");
    }
    let moved = symbol::parse("Eb7b9").unwrap().transposed(kmidi_music::Interval::new(5, 0));
    assert_eq!(symbol::print(&moved), "Bb7b9");
}

/// tonal, progression and roman-numeral: numeral and chord in C.
const NUMERALS: &[(&str, &str)] = &[
    ("I", "C"),
    ("V7", "G7"),
    ("Imaj7", "Cmaj7"),
    ("II", "D"),
    ("III", "E"),
    ("IV", "F"),
    ("V", "G"),
    ("VI", "A"),
    ("VII", "B"),
    ("bI", "Cb"),
    ("bII", "Db"),
    ("bIII", "Eb"),
    ("bIV", "Fb"),
    ("bV", "Gb"),
    ("bVI", "Ab"),
    ("bVII", "Bb"),
    ("#III", "E#"),
    ("#V7", "G#7"),
    ("#VI", "A#"),
    ("#VIIo", "B#dim"),
    ("#IV", "F#"),
    ("#I", "C#"),
    ("#II", "D#"),
    ("#VII", "B#"),
];

/// tonal, progression and roman-numeral: what tonal reads and we do not, with what we write for it, and why.
const NUMERALS_OTHERWISE: &[(&str, &str, &str, &str)] = &[
    (
        "IIm7",
        "Dm7",
        "ii7",
        "tonal's numerals are capitals with a symbol's suffix; ours tell minor by their case",
    ),
    ("IIIm7", "Em7", "iii7", "as above"),
    ("#Im7", "C#m7", "#i7", "as above"),
    ("#IIm7", "D#m7", "#ii7", "as above"),
    ("#IVMaj7", "F#maj7", "#IVM7", "a major seventh is M7 or maj7"),
    ("IIIMaj7", "Emaj7", "IIIM7", "a major seventh is M7 or maj7"),
];

#[test]
fn tonal_reads_numerals() {
    let c: Key = "C".parse().unwrap();
    for (numeral, name) in NUMERALS {
        let read: RomanNumeral = numeral.parse().unwrap_or_else(|e| panic!("{numeral}: {e}"));
        let expected = symbol::parse(name).unwrap();
        assert_eq!(sounds(&read.chord(c)), sounds(&expected), "{numeral}");
    }
    for (theirs, name, ours, why) in NUMERALS_OTHERWISE {
        assert!(theirs.parse::<RomanNumeral>().is_err(), "{theirs}: {why}: no difference any more");
        let read = ours.parse::<RomanNumeral>().unwrap().chord(c);
        let expected = symbol::parse(name).unwrap();
        assert_eq!(read.pitch_classes(), expected.pitch_classes(), "{ours}");
    }
    for wrong in ["", "nothing", "iI"] {
        assert!(wrong.parse::<RomanNumeral>().is_err(), "{wrong:?}: empty to tonal too");
    }
    // toRomanNumerals, as we write it
    for (name, numeral) in [("Cmaj7", "IM7"), ("Dm7", "ii7"), ("G7", "V7")] {
        assert_eq!(RomanNumeral::of(&symbol::parse(name).unwrap(), c).to_string(), numeral);
    }
}

/// How many cases agree, and how many differ.
pub(crate) fn counts() -> (usize, usize) {
    (
        DETECTED.len() + CHORDS.len() + NUMERALS.len(),
        DETECTED_OTHERWISE.len() + CHORDS_OTHERWISE.len() + NUMERALS_OTHERWISE.len(),
    )
}
