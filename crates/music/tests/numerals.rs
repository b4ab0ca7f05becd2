//! Roman numerals: golden cases, music21's published examples, DCML's syntax, faults.

use kmidi_music::roman::{Convention, RomanNumeral, progression};
use kmidi_music::{Key, roman};

/// The spelled notes, the bass first, the others by degree.
fn notes(numeral: &str, key: &str, convention: Convention) -> String {
    let read: RomanNumeral = numeral.parse().unwrap_or_else(|e| panic!("{numeral}: {e}"));
    assert_eq!(read.to_string().parse(), Ok(read.clone()), "{numeral} printed as {read}");
    let chord = read.chord_as(key.parse::<Key>().unwrap(), convention);
    let mut names = chord.notes();
    if let Some(place) = names.iter().position(|n| *n == chord.bass) {
        names.rotate_left(place);
    } else {
        names.insert(0, chord.bass);
    }
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn check(convention: Convention, cases: &[(&str, &str, &str)]) {
    for (numerals, key, expected) in cases {
        for numeral in numerals.split(' ') {
            assert_eq!(&notes(numeral, key, convention), expected, "{numeral} in {key} as {convention:?}");
        }
    }
}

/// What every convention agrees on.
#[test]
fn golden_numerals() {
    for convention in [Convention::RomanText, Convention::Music21] {
        check(
            convention,
            &[
                ("I", "C", "C E G"),
                ("I6 I63 I6/3", "C", "E G C"),
                ("I64 I6/4 Cad64 Cad", "C", "G C E"),
                ("Cad64", "c", "G C Eb"),
                ("Cad64/V", "c", "D G B"),
                ("ii", "C", "D F A"),
                ("vi65 vi6/5", "C", "C E G A"),
                ("V7", "C", "G B D F"),
                ("V65", "C", "B D F G"),
                ("V43 V4/3", "C", "D F G B"),
                ("V42 V2 V4/2", "C", "F G B D"),
                ("V9", "C", "G B D F A"),
                ("viio viio53 vii°", "C", "B D F"),
                ("viio7 vii°7", "C", "B D F Ab"),
                ("viiø7 vii/o7 vii%7", "C", "B D F A"),
                ("viio6", "d", "E G C#"),
                ("viio43/V", "C", "C Eb F# A"),
                ("V/V", "C", "D F# A"),
                ("V65/V", "C", "F# A C D"),
                ("V7/vi", "C", "E G# B D"),
                ("viio7/vi", "C", "G# B D F"),
                ("V7/V/V", "C", "A C# E G"),
                ("V42/V7/vi", "C", "A B D# F#"),
                ("v64/V", "e", "C# F# A"),
                ("bVII", "C", "Bb D F"),
                ("bVI", "C", "Ab C Eb"),
                ("bIII6", "C", "G Bb Eb"),
                ("#iv", "C", "F# A C#"),
                ("#ivo7 #iv°7", "C", "F# A C Eb"),
                ("N6 N bII6", "c#", "F# A D"),
                ("N53", "c", "Db F Ab"),
                ("bII6", "g#", "C# E A"),
                ("It6 It It+6", "a", "F A D#"),
                ("Ger65 Ger Ger6 Ger+6 Ger6/5", "a", "F A C D#"),
                ("Fr43 Fr Fr6 Fr4/3", "a", "F A B D#"),
                ("Sw43 Sw", "A", "F A B# D#"),
                ("Ger65/V", "C", "Eb G Bb C#"),
                ("It53", "C", "F# Ab C"),
                ("Ger7", "C", "F# Ab C Eb"),
                ("Ger42", "C", "Eb F# Ab C"),
                ("Fr7", "C", "D F# Ab C"),
                ("Fr65", "C", "F# Ab C D"),
                ("i7", "C", "C Eb G Bb"),
                ("i7", "c", "C Eb G Bb"),
                ("iv42", "C", "Eb F Ab C"),
                ("iv7", "c", "F Ab C Eb"),
                ("IV7", "C", "F A C E"),
                ("III+", "c", "Eb G B"),
                ("I+", "C", "C E G#"),
                ("V[no3]", "F", "C G"),
                ("V64[no3]", "F", "G C"),
                ("V[no3][add4] V[add4][no3] Vsus4 Vsus", "C", "G C D"),
                ("V7[no3][add4] V7sus4", "C", "G C D F"),
                ("V9[no1]", "g", "F# A C Eb"),
                ("I[add9]", "C", "C E G D"),
                ("I[add2]", "C", "C D E G"),
                ("I[add#4]", "C", "C E F# G"),
                ("I[addb6]", "C", "C E G Ab"),
                ("i[add7]", "C", "C Eb G B"),
                ("i7[#7]", "C", "C Eb G B"),
                ("i#7", "C", "C Eb G B#"),
                ("i42[#7]", "C", "B C Eb G"),
                ("i65[#7]", "c", "Eb G B C"),
                ("i43[#7]", "c", "G B C Eb"),
                ("i#753 i7[#7]", "c", "C Eb G B"),
                ("V7[b5]", "C", "G B Db F"),
                ("V7b5", "C", "G Db F"),
                ("V754", "C", "G C D F"),
                ("V54", "C", "G C D"),
                ("V9[no7][no5]", "C", "G B A"),
                ("bVIId7", "Bb", "Ab C Eb Gb"),
                ("IVd43", "Bb", "Bb Db Eb G"),
                ("IVd65", "C", "A C Eb F"),
            ],
        );
    }
}

/// music21 (10), `testAllFormsOfVII`, `testAllFormsOfVI` and the documentation of `RomanNumeral`, re-typed.
#[test]
fn music21_reads_minor() {
    check(
        Convention::Music21,
        &[
            ("viio", "c", "B D F"),
            ("viio6", "c", "D F B"),
            ("viio64", "c", "F B D"),
            ("vii", "c", "B D F#"),
            ("vii6", "c", "D F# B"),
            ("viio7", "c", "B D F Ab"),
            ("viio65", "c", "D F Ab B"),
            ("viio43", "c", "F Ab B D"),
            ("viio42", "c", "Ab B D F"),
            ("viiø7", "c", "B D F A"),
            ("viiø65", "c", "D F A B"),
            ("viiø42", "c", "A B D F"),
            ("VII", "c", "Bb D F"),
            ("VII6", "c", "D F Bb"),
            ("bVII", "c", "Bbb Db Fb"),
            ("bVII6", "c", "Db Fb Bbb"),
            ("bvii", "c", "Bb Db F"),
            ("bviio", "c", "Bb Db Fb"),
            ("bviio64", "c", "Fb Bb Db"),
            ("#VII", "c", "B D# F#"),
            ("#vii", "c", "B# D# F##"),
            ("VII+", "c", "Bb D F#"),
            ("vio", "c", "A C Eb"),
            ("vio64", "c", "Eb A C"),
            ("vi", "c", "A C E"),
            ("vio7", "c", "A C Eb Gb"),
            ("viø7", "c", "A C Eb G"),
            ("viø42", "c", "G A C Eb"),
            ("VI", "c", "Ab C Eb"),
            ("VI64", "c", "Eb Ab C"),
            ("bVI", "c", "Abb Cb Ebb"),
            ("bvi", "c", "Ab Cb Eb"),
            ("bvio", "c", "Ab Cb Ebb"),
            ("#VI", "c", "A C# E"),
            ("#vi", "c", "A# C# E#"),
            ("VI+", "c", "Ab C E"),
            ("#III6", "Db", "A# C# F#"),
        ],
    );
}

/// By RomanText files' own convention a sign on the sixth or seventh degree of minor is a reminder.
#[test]
fn roman_text_reads_minor() {
    check(
        Convention::RomanText,
        &[
            ("viio #viio", "c", "B D F"),
            ("viio7 #viio7", "c", "B D F Ab"),
            ("#viio43/ii", "C", "G Bb C# E"),
            ("VII bVII", "c", "Bb D F"),
            ("VI bVI", "c", "Ab C Eb"),
            ("bbVI", "c", "Abb Cb Ebb"),
            ("#VI", "c", "A C# E"),
            ("vi #vi", "c", "A C E"),
            ("bvi", "c", "Ab Cb Eb"),
            ("vio7 #vio7", "c", "A C Eb Gb"),
            ("##viio", "c", "B# D# F#"),
            ("bVII7", "C", "Bb D F Ab"),
            ("IVM7 IVmaj7", "C", "F A C E"),
            ("VM7", "C", "G B D F#"),
            ("iM7", "c", "C Eb G B"),
        ],
    );
}

/// DCML's harmony annotation standard: degrees of the signature, sevenths by figure, tones in round brackets.
#[test]
fn dcml_reads() {
    check(
        Convention::Dcml,
        &[
            ("#viio7", "c", "B D F Ab"),
            ("#viio43/ii", "C", "G Bb C# E"),
            ("VII", "c", "Bb D F"),
            ("vi", "C", "A C E"),
            ("#vi%7", "c", "A C Eb G"),
            ("I7", "C", "C E G Bb"),
            ("IM7", "C", "C E G B"),
            ("ii%65", "c", "F Ab C D"),
            ("V(64)", "C", "G C E"),
            ("V(64)", "c", "G C Eb"),
            ("V7(4)", "C", "G C D F"),
            ("V65(4)", "C", "C D F G"),
            ("V(4)", "C", "G C D"),
            ("ii6(2)", "C", "F A E"),
            ("I(#2)", "C", "C D# G"),
            ("I(#4#2)", "C", "C D# F#"),
            ("V7(+9)", "C", "G B D F"),
            ("I(974)", "C", "C F G"),
            ("I6(7)", "C", "E G B"),
            ("ii6(#7)", "Bb", "Eb G B"),
            ("V7(#7)", "C", "G B D F#"),
            ("It6", "c", "Ab C F#"),
            ("Ger6", "C", "Ab C Eb F#"),
            ("Fr6", "c", "Ab C D F#"),
            ("V7/bII", "C", "Ab C Eb Gb"),
            ("V2/V/iii", "C", "E F# A# C#"),
            ("viio/V", "F", "B D F"),
        ],
    );
}

#[test]
fn the_value_prints_in_one_form() {
    for (text, printed) in [
        ("ii/o6/5", "iiø65"),
        ("vii°7", "viio7"),
        ("V6/5/V", "V65/V"),
        ("ii%65", "iiø65"),
        ("IVmaj7", "IVM7"),
        ("It+6", "It6"),
        ("V7sus4", "V7[no3][add4]"),
        ("V[no3no5]", "V[no3][no5]"),
        ("♭VII", "bVII"),
        ("V(6)(4)", "V(64)"),
        ("V(+9^4v3-5)", "V(+9^4v3-5)"),
        ("I[over b7]", "I[over b7]"),
        ("#viio7[addb3]/V/ii", "#viio7[addb3]/V/ii"),
    ] {
        assert_eq!(text.parse::<RomanNumeral>().unwrap().to_string(), printed);
    }
}

#[test]
fn faults_are_pointed_at() {
    for (text, at) in [
        ("", 0),
        ("X", 0),
        ("iV", 0),
        ("IIII", 0),
        ("V7[", 3),
        ("V7[no]", 5),
        ("V7[add]", 6),
        ("V7[foo]", 3),
        ("V7[5]", 4),
        ("V7(4", 4),
        ("V(x)", 2),
        ("V/", 2),
        ("V//V", 2),
        ("V/xyz", 2),
        ("bbbbbVI", 5),
        ("V7 I", 2),
        ("b#V", 2),
        ("V7b", 2),
    ] {
        let error = text.parse::<RomanNumeral>().unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
    }
}

#[test]
fn a_progression_changes_key() {
    let read = progression("I V65 | a: i V7, F: V I", "C".parse().unwrap()).unwrap();
    let words: Vec<String> = read.iter().map(|(key, numeral)| format!("{key} {numeral}")).collect();
    assert_eq!(words, ["C:maj I", "C:maj V65", "A:min i", "A:min V7", "F:maj V", "F:maj I"]);
    assert_eq!(progression("I q V", "C".parse().unwrap()).unwrap_err().at, 2);
    assert_eq!(progression("I H: V", "C".parse().unwrap()).unwrap_err().at, 2);
    assert_eq!(progression("I\u{2003}V x", "C".parse().unwrap()).unwrap_err().at, 6);
}

#[test]
fn names_are_the_usual_ones() {
    for (key, symbol, numeral) in [
        ("C", "C6", "I[add6]"),
        ("C", "Csus4", "I[no3][add4]"),
        ("C", "G7sus4", "V7[no3][add4]"),
        ("C", "G9", "V9"),
        ("C", "G7b9", "V7[addb9]"),
        ("C", "Cadd9", "I[add9]"),
        ("C", "Cmaj7", "IM7"),
        ("C", "F7", "IVd7"),
        ("C", "C7/Bb", "V42/IV"),
        ("C", "Bb7", "bVII7"),
        ("C", "Ebmaj7/G", "bIIIM65"),
        ("c", "Bdim7/F", "viio43"),
        ("c", "Am7b5", "viø7"),
        ("c", "Abm", "bvi"),
        ("c", "A", "#VI"),
        ("c", "Bb7", "VII7"),
        ("c", "Cm(maj7)", "iM7"),
        ("C", "G/C", "V[over 4]"),
        ("C", "G5", "V[no3]"),
        ("B", "Db", "V/V"),
        ("C", "Gb7", "bV7"),
    ] {
        let (key, chord) =
            (key.parse::<Key>().unwrap(), kmidi_music::notation::symbol::parse(symbol).unwrap());
        let found = roman::of(&chord, key);
        let back = roman::parse(&found, key).unwrap();
        assert_eq!(
            (back.pitch_classes(), back.bass.pitch_class()),
            (chord.pitch_classes(), chord.bass.pitch_class())
        );
        assert_eq!(found, numeral, "{symbol} in {key}");
    }
}
