//! Examples of music21.

use super::{best, listed, sounds};
use kmidi_music::notation::symbol;
use kmidi_music::roman::Convention;
use kmidi_music::{Key, Quality, RomanNumeral};

/// music21, documentation of `roman.RomanNumeral`: numeral, key, notes, the bass first.
const NUMERALS: &[(&str, &str, &str)] = &[
    ("IV", "E", "A C# E"),
    ("V7", "c", "G B D F"),
    ("v64", "c", "D G Bb"),
    ("V", "C", "G B D"),
    ("N6", "c#", "F# A D"),
    ("bII6", "g#", "C# E A"),
    ("V7", "e", "B D# F# A"),
    ("VII", "e", "D F# A"),
    ("vii", "e", "D# F# A#"),
    ("VI", "e", "C E G"),
    ("vi", "e", "C# E G#"),
    ("iii", "e", "G Bb D"),
    ("#III6", "Db", "A# C# F#"),
    ("V", "Db", "Ab C Eb"),
    ("viio", "F", "E G Bb"),
    ("vii°7", "F", "E G Bb Db"),
    ("viiø7", "F", "E G Bb D"),
    ("vii/o7", "F", "E G Bb D"),
    ("vio", "C", "A C Eb"),
    ("vio7", "C", "A C Eb Gb"),
    ("vio65", "C", "C Eb Gb A"),
    ("ivø43", "F", "Fb Ab Bb Db"),
    ("biiø42", "F", "Fb Gb Bbb Dbb"),
    ("V[no3]", "F", "C G"),
    ("V64[no3]", "F", "G C"),
    ("V9[no1]", "g", "F# A C Eb"),
    ("I[add4][no3]", "C", "C F G"),
    ("V54", "C", "G C D"),
    ("v64/V", "e", "C# F# A"),
    ("bVIId7", "Bb", "Ab C Eb Gb"),
    ("VId42", "Bb", "F G B D"),
    ("IVd43", "Bb", "Bb Db Eb G"),
    ("V42/V7/vi", "C", "A B D# F#"),
    ("Cad64", "C", "G C E"),
    ("Cad64", "c", "G C Eb"),
    ("Cad64/V", "c", "D G B"),
    ("i7", "C", "C Eb G Bb"),
    ("iv42", "C", "Eb F Ab C"),
    ("i[add7]", "C", "C Eb G B"),
    ("i7[#7]", "C", "C Eb G B"),
    ("i#7", "C", "C Eb G B#"),
    ("i#7", "c", "C Eb G B"),
    ("i42[#7]", "C", "B C Eb G"),
    ("i#753", "c", "C Eb G B"),
    ("i7[#7]", "c", "C Eb G B"),
    ("i65[#7]", "c", "Eb G B C"),
    ("i43[#7]", "c", "G B C Eb"),
    ("iiø65", "d", "G Bb D E"),
    ("III", "d", "F A C"),
    ("VId7", "Bb", "G B D F"),
    ("IVd6/5", "Eb", "C Eb Gb Ab"),
    ("vio", "e", "C# E G"),
    ("Vd7[no3no5no7]", "C", "G"),
    ("V754", "C", "G C D F"),
    ("V65[no5][add#6][b3]", "C", "Bb E# F G"),
    ("vi", "c", "A C E"),
    ("VI", "c", "Ab C Eb"),
    ("#vi", "c", "A# C# E#"),
    ("bVI", "c", "Abb Cb Ebb"),
    ("#VI", "c", "A C# E"),
    ("bvi", "c", "Ab Cb Eb"),
    ("V/vi", "c", "E G# B"),
    ("V/VI", "c", "Eb G Bb"),
    ("V7[addb6]", "C", "G B D F Eb"),
    ("V7[b5]", "C", "G B Db F"),
    ("V7b5", "C", "G Db F"),
    ("V9[no7][no5]", "C", "G B A"),
];

/// music21, the same: numeral, key, music21's notes, ours (empty: not read), why.
const NUMERALS_OTHERWISE: &[(&str, &str, &str, &str, &str)] = &[
    ("IIIb", "e", "G Bb D", "", "case always matters to us: a minor triad is iii"),
    ("V43", "e", "F# A B D", "F# A B D#", "music21 was told that case does not matter there"),
    (
        "bVII",
        "e",
        "D F# A",
        "Db F Ab",
        "music21 was told to raise the seventh degree; left alone it reads as we do",
    ),
    ("V#+-/[]", "C", "", "", "music21 keeps such a figure without a chord; we point at the fault"),
    ("V64==53", "C", "", "", "neither reads it"),
    ("viiº", "C", "B D F", "", "an ordinal sign, not a degree sign: music21 takes it for o"),
];

#[test]
fn music21_reads_numerals() {
    let read = |numeral: &str, key: &str| {
        let read = numeral.parse::<RomanNumeral>().ok()?;
        Some(sounds(&read.chord_as(key.parse().unwrap(), Convention::Music21)))
    };
    for (numeral, key, notes) in NUMERALS {
        assert_eq!(read(numeral, key), Some(listed(notes)), "{numeral} in {key}");
    }
    for (numeral, key, _theirs, ours, why) in NUMERALS_OTHERWISE {
        assert_eq!(read(numeral, key), (!ours.is_empty()).then(|| listed(ours)), "{numeral} in {key}: {why}");
    }
}

/// music21, `roman.romanNumeralFromChord`: notes, key, figure.
const NAMES: &[(&str, &str, &str)] = &[
    ("E3 C4 G4 Bb4 E5 G5", "F", "V65"),
    ("A4 C5 Eb5", "c", "vio"),
    ("B4 D5 F5", "c", "viio"),
    ("C4 Eb4 G4 Bb4", "C", "i7"),
    ("E4 G4 B4 D5", "C", "iii7"),
    ("A3 C4 Eb4 G4", "c", "viø7"),
    ("A3 C4 Eb4 G4", "Bb", "viiø7"),
    ("D4 F#4 A4", "C", "V/V"),
    ("F#4 A4 C5 D5", "G", "V65"),
    ("F#4 A4 C5 D5", "C", "V65/V"),
    ("F4 A4 C5", "f", "V/iv"),
    ("B2 F5 D4 G4", "C", "V65"),
    ("E3 G3 C4", "C", "I6"),
];

/// music21, the same: notes, key, music21's figure, ours, why.
const NAMES_OTHERWISE: &[(&str, &str, &str, &str, &str)] = &[
    (
        "Eb3 C4 Gb6",
        "g#",
        "bivo6",
        "v[no5][add#6]",
        "we hear the bass as the root of a minor chord with a sixth",
    ),
    ("Eb4 G4 Bb4 C5", "G", "iv65", "bVI[add6]", "the bass is as good a root: a sixth chord"),
    ("Ab4 C5 Eb5", "c", "bVI", "VI", "a sign that only reminds is not written"),
    ("Bb4 D5 F5", "c", "bVII", "VII", "as above"),
    (
        "A3 Eb4 Gb4",
        "bb",
        "viio7",
        "ivo64",
        "three notes: the diminished triad that sounds, not a seventh chord",
    ),
    ("Abb4 Cb5 Ebb5", "c", "bbVI", "V", "notes are MIDI numbers, here those of G major"),
    ("A#4 C#5 E#5", "c", "#vi", "bvii", "notes are MIDI numbers, here those of B flat minor"),
    (
        "F#3 A3 E4 C5",
        "d",
        "#iiiø7",
        "viiø7/iv",
        "a chord outside the key, applied to the degree that it leads to",
    ),
    (
        "Eb4 G4 C#5",
        "g",
        "It6",
        "VId7[no5]",
        "notes are MIDI numbers: the sixth may be a seventh, which is commoner",
    ),
    ("Eb4 G4 Bb4 C#5", "g", "Ger65", "VId7", "as above"),
    ("Eb4 G4 A4 C#5", "g", "Fr43", "VId7[b5]", "as above"),
    ("Eb4 G4 A#4 C#5", "g", "Sw43", "VId7", "as above"),
    ("Ab4 C5 Eb5 F#5", "C", "Ger65", "bVI7", "as above"),
    ("Ab4 C5 Eb5 Gb5", "c", "bVIb753", "VId7", "d is the mark of a dominant seventh"),
    ("C4 Eb4 G4 B4", "C", "i7[#7]", "iM7", "M says that the seventh is major"),
    ("Eb4 G4 B4 C5", "C", "i65[#7]", "iM65", "as above"),
    ("C4 E5 G5 C#6", "C", "I#853", "I[addb9]", "a tone above the octave is added in brackets"),
    (
        "E4 G4 Bb4 C#5",
        "c#",
        "io6b5b3",
        "iiio7",
        "four equal roots: we take the bass where none leads in the key",
    ),
    ("F4 A4 C5", "f", "I", "V/iv", "music21 too on request: a major tonic in minor is heard as applied"),
];

#[test]
fn music21_names_numerals() {
    let named = |notes: &str, key: &str| {
        let key: Key = key.parse().unwrap();
        RomanNumeral::of(&best(notes, Some(key)), key).to_string()
    };
    for (notes, key, figure) in NAMES {
        assert_eq!(&named(notes, key), figure, "{notes} in {key}");
    }
    for (notes, key, theirs, ours, why) in NAMES_OTHERWISE {
        assert_eq!(&named(notes, key), ours, "{notes} in {key}, {theirs}: {why}");
    }
}

/// music21, documentation of `harmony.ChordSymbol`: figure, notes, the bass first.
const SYMBOLS: &[(&str, &str)] = &[
    ("C/E", "E G C"),
    ("C7/E", "E G Bb C"),
    ("Dsus4", "D G A"),
    ("CM", "C E G"),
    ("Cm/A", "A C Eb G"),
    ("CM7omit5", "C E B"),
    ("Dbm11", "Db Fb Ab Cb Eb Gb"),
    ("F", "F A C"),
    ("Dmaj7", "D F# A C#"),
    ("Bb/D", "D F Bb"),
    ("Am", "A C E"),
    ("Abm", "Ab Cb Eb"),
    ("Fbdim7", "Fb Abb Cbb Ebbb"),
    ("Cm", "C Eb G"),
    ("Cm/Eb", "Eb G C"),
    ("C7b9", "C E G Bb Db"),
    ("C7 b9", "C E G Bb Db"),
    ("Eo7/C", "C E G Bb Db"),
    ("G7", "G B D F"),
    ("C(b5)", "C E Gb"),
    ("C35b7b9#11b13", "C E G Db F# Ab Bb"),
    ("C35911", "C E G D F"),
    ("C35b79", "C E G D Bb"),
];

/// music21, the same: figure, music21's notes, ours (empty: not read), why.
const SYMBOLS_OTHERWISE: &[(&str, &str, &str, &str)] = &[
    ("C/Bb add 2", "Bb C D E G", "", "the bass comes last: Cadd2/Bb"),
    ("Db35", "D F A", "Db F Ab", "music21 takes b for the flat of a degree, never of a root"),
    (
        "C3579",
        "C E G B D",
        "C E G Bb D",
        "a 7 without a mark is minor in a symbol; music21 counts in the major scale",
    ),
    ("D-m11", "Db Fb Ab Cb Eb Gb", "", "music21's - is a flat; after a root we read it as minor"),
];

#[test]
fn music21_reads_symbols() {
    for (figure, notes) in SYMBOLS {
        let chord = symbol::parse(figure).unwrap_or_else(|e| panic!("{figure}: {e}"));
        assert_eq!(sounds(&chord), listed(notes), "{figure}");
    }
    for (figure, _theirs, ours, why) in SYMBOLS_OTHERWISE {
        let found = symbol::parse(figure).ok().map(|chord| sounds(&chord));
        assert_eq!(found, (!ours.is_empty()).then(|| listed(ours)), "{figure}: {why}");
    }
}

/// music21, `harmony.chordSymbolFigureFromChord`: notes and figure. Names are compared by root, bass and what sounds.
const FIGURES: &[(&str, &str)] = &[
    ("C3 E3 G3", "C"),
    ("Bb3 Db4 F4", "Bbm"),
    ("F#3 A#3 C##4", "F#+"),
    ("C3 Eb3 Gb3", "Cdim"),
    ("Eb3 G3 Bb3 Db4", "Eb7"),
    ("C3 E3 G3 B3", "Cmaj7"),
    ("F#3 A3 C#4 E#4", "F#mM7"),
    ("F3 Ab3 C4 Eb4", "Fm7"),
    ("F3 A3 C#4 E4", "F+M7"),
    ("C3 E3 G#3 Bb3", "C7+"),
    ("G3 Bb3 Db4 F4", "Gø7"),
    ("C3 Eb3 Gb3 Bbb3", "Co7"),
    ("Bb3 D4 Fb4 Ab4", "Bb7b5"),
    ("C3 D3 E3 G3 B3", "CM9"),
    ("Bb3 C4 D4 F4 Ab4", "Bb9"),
    ("Eb3 F3 Gb3 Bb3 D4", "EbmM9"),
    ("C3 D3 Eb3 G3 Bb3", "Cm9"),
    ("G3 A3 B3 D#4 F4", "G9#5"),
    ("C3 D3 Eb3 Gb3 Bb3", "Cø9"),
    ("Bb3 Cb4 Db4 Fb4 Ab4", "Bbøb9"),
    ("F3 Gb3 Ab3 Cb4 Ebb4", "Fo7b9"),
    ("C3 D4 G4 Eb5", "Cm(add9)"),
    ("Eb3 F3 G3 Ab3 Bb3 Db4", "Eb11"),
    ("G3 A3 B3 C4 D4 F#4", "GM11"),
    ("C3 D3 Eb3 F3 G3 B3", "CmM11"),
    ("F#3 G#3 A3 B3 C#4 E4", "F#m11"),
    ("G3 A3 Bb3 C4 Db4 F4", "Gø11"),
    ("C3 E3 B3 D4", "CM9"),
];

/// music21, the same: notes, music21's figure, ours, why.
const FIGURES_OTHERWISE: &[(&str, &str, &str, &str)] = &[
    (
        "F3 Ab3 Eb4",
        "Chord Symbol Cannot Be Identified",
        "Fm7(no5)",
        "the fifth is the tone that is missed least",
    ),
    ("C3 D3 Eb3 Gb3 Bbb3", "Co9", "D7b9/C", "the same notes are a commoner chord over another bass"),
    ("F#3 G#3 A#3 C##4 E#4", "F#+M9", "Bb7b13/Gb", "as above"),
    ("Bb3 C4 D4 Eb4 F#4 A4", "Bb+M11", "D7b9b13/Bb", "as above"),
    ("F3 G3 A3 Bb3 C#4 Eb4", "F+11", "Eb9#11/F", "as above"),
    ("Eb3 F3 Gb3 Ab3 Bbb3 Dbb4", "Ebo11", "Ab13b9/Eb", "as above"),
    ("C3 E3 G3 B3 D4 F4 A4", "CM13", "Fmaj13#11/C", "a whole scale: music21 was told the root, we are not"),
    ("C3 E3 G3 Bb3 D4 F4 A4", "C13", "Bbmaj13#11/C", "as above"),
    ("C3 Eb3 G3 B3 D4 F4 A4", "CmM13", "F13#11/C", "as above"),
    ("C3 Eb3 G3 Bb3 D4 F4 A4", "Cm13", "Ebmaj13#11/C", "as above"),
];

#[test]
fn music21_names_chords() {
    for (notes, figure) in FIGURES {
        let (found, expected) =
            (best(notes, None), symbol::parse(figure).unwrap_or_else(|e| panic!("{figure}: {e}")));
        let printed = symbol::print(&found);
        assert_eq!(
            found.root.pitch_class(),
            expected.root.pitch_class(),
            "{notes} named {printed}, not {figure}"
        );
        assert_eq!(
            found.bass.pitch_class(),
            expected.bass.pitch_class(),
            "{notes} named {printed}, not {figure}"
        );
    }
    for (notes, _theirs, ours, why) in FIGURES_OTHERWISE {
        assert_eq!(&symbol::print(&best(notes, None)), ours, "{notes}: {why}");
    }
}

/// music21, `chord.Chord.commonName`: notes, the name, our quality.
const COMMON_NAMES: &[(&str, &str, Quality)] = &[
    ("C Eb G", "minor triad", Quality::MIN),
    ("C E G", "major triad", Quality::MAJ),
    ("C Fb G", "enharmonic equivalent to major triad", Quality::MAJ),
    ("C E G Bb", "dominant seventh chord", Quality::DOM7),
    ("C E G A#", "German augmented sixth chord", Quality::DOM7),
    ("C4 E4 G4 A##4", "enharmonic equivalent to major seventh chord", Quality::MAJ7),
    ("C4 D4 Eb4 G4 A#4", "enharmonic equivalent to minor-ninth chord", Quality::MIN9),
    ("C E G Cb", "enharmonic equivalent to major seventh chord", Quality::MAJ7),
    ("A C E G", "minor seventh chord", Quality::MIN7),
    ("C E", "Major Third", Quality::MAJ),
    ("G4", "note", Quality::ROOT),
];

#[test]
fn music21_common_names() {
    for (notes, name, quality) in COMMON_NAMES {
        let found = best(notes, None);
        assert_eq!(found.quality.entry().symbol, quality.entry().symbol, "{notes}: {name}");
    }
}

/// How many cases agree, and how many differ.
pub(crate) fn counts() -> (usize, usize) {
    (
        NUMERALS.len() + NAMES.len() + SYMBOLS.len() + FIGURES.len() + COMMON_NAMES.len(),
        NUMERALS_OTHERWISE.len() + NAMES_OTHERWISE.len() + SYMBOLS_OTHERWISE.len() + FIGURES_OTHERWISE.len(),
    )
}
