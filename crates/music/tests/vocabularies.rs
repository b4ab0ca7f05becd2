//! Lead-sheet symbols as other programs write them, and where we differ from them.

use kmidi_music::notation::harte::{self, Label};
use kmidi_music::notation::symbol;
use kmidi_music::{Chord, PitchClassSet};

/// The chord of a Harte label on C.
fn on_c(harte: &str) -> Chord {
    match harte::parse(&format!("C:{harte}")) {
        Ok(Label::Chord(chord)) => chord,
        other => panic!("{harte}: {other:?}"),
    }
}

/// Same pitch classes, however the degrees are numbered (`add2` and `add9`).
fn sounds(suffix: &str) -> Option<PitchClassSet> {
    symbol::parse(&format!("C{suffix}")).ok().map(|c| c.pitch_classes())
}

/// The qualities of iReal Pro's chord editor; what they hold after its player.
#[test]
fn the_vocabulary_of_ireal_pro() {
    for (suffix, harte) in [
        ("5", "5"),
        ("2", "maj(9)"),
        ("add9", "maj(9)"),
        ("+", "aug"),
        ("o", "dim"),
        ("h", "hdim7"),
        ("sus", "sus4"),
        ("^", "maj"),
        ("-", "min"),
        ("^7", "maj7"),
        ("-7", "min7"),
        ("7", "7"),
        ("7sus", "sus4(b7)"),
        ("h7", "hdim7"),
        ("o7", "dim7"),
        ("^9", "maj9"),
        ("^13", "maj13"),
        ("6", "maj6"),
        ("69", "maj6(9)"),
        ("^7#11", "maj7(#11)"),
        ("^9#11", "maj9(#11)"),
        ("^7#5", "aug(7)"),
        ("-6", "min6"),
        ("-69", "min6(9)"),
        ("-^7", "minmaj7"),
        ("-^9", "minmaj7(9)"),
        ("-9", "min9"),
        ("-11", "min11"),
        ("-7b5", "hdim7"),
        ("h9", "hdim7(9)"),
        ("-b6", "min(b6)"),
        ("-#5", "min(*5,#5)"),
        ("9", "9"),
        ("7b9", "7(b9)"),
        ("7#9", "7(#9)"),
        ("7#11", "7(#11)"),
        ("7b5", "7(b5)"),
        ("7#5", "aug(b7)"),
        ("9#11", "9(#11)"),
        ("9b5", "9(*5,b5)"),
        ("9#5", "aug(b7,9)"),
        ("7b13", "7(b13)"),
        ("7#9#5", "aug(b7,#9)"),
        ("7#9b5", "7(*5,b5,#9)"),
        ("7#9#11", "7(#9,#11)"),
        ("7b9#11", "7(b9,#11)"),
        ("7b9b5", "7(*5,b5,b9)"),
        ("7b9#5", "aug(b7,b9)"),
        ("7b9#9", "7(b9,#9)"),
        ("7b9b13", "7(b9,b13)"),
        ("7alt", "aug(b7,#9)"),
        ("13", "13"),
        ("13#11", "9(#11,13)"),
        ("13b9", "7(b9,13)"),
        ("13#9", "7(#9,13)"),
        ("7b9sus", "sus4(b7,b9)"),
        ("7susadd3", "sus4(b7,3)"),
        ("9sus", "sus4(b7,9)"),
        ("13sus", "sus4(b7,9,13)"),
        ("7b13sus", "sus4(b7,b13)"),
        ("11", "11"),
    ] {
        assert_eq!(sounds(suffix), Some(on_c(harte).pitch_classes()), "{suffix}");
    }
}

/// The chord dictionary of `tonal` (tonaljs/tonal, `chord-type`), by degrees, re-typed; each name means the same to us.
#[test]
fn the_vocabulary_of_tonal() {
    for (names, degrees) in [
        ("M", "1,3,5"),
        ("maj7 Δ ma7 M7 Maj7", "1,3,5,7"),
        ("maj9 Δ9", "1,3,5,7,9"),
        ("maj13 Maj13", "1,3,5,7,9,13"),
        ("6 add6 add13 M6", "1,3,5,6"),
        ("6/9 69", "1,3,5,6,9"),
        ("Δ#4 Δ#11", "1,3,5,7,#11"),
        ("m min -", "1,b3,5"),
        ("m7 min7 mi7 -7", "1,b3,5,b7"),
        ("m/ma7 m/maj7 mM7 m/M7 -Δ7 mΔ", "1,b3,5,7"),
        ("m6", "1,b3,5,6"),
        ("m9", "1,b3,5,b7,9"),
        ("m11", "1,b3,5,b7,9,11"),
        ("m13", "1,b3,5,b7,9,13"),
        ("dim ° o", "1,b3,b5"),
        ("dim7 °7 o7", "1,b3,b5,bb7"),
        ("m7b5 ø", "1,b3,b5,b7"),
        ("7 dom", "1,3,5,b7"),
        ("9", "1,3,5,b7,9"),
        ("13", "1,3,5,b7,9,13"),
        ("7#11 7#4", "1,3,5,b7,#11"),
        ("7b9", "1,3,5,b7,b9"),
        ("7#9", "1,3,5,b7,#9"),
        ("sus4", "1,4,5"),
        ("sus2", "1,2,5"),
        ("7sus4", "1,4,5,b7"),
        ("5", "1,5"),
        ("aug + +5", "1,3,#5"),
        ("maj7#5 maj7+5", "1,3,#5,7"),
        ("maj9#11 Δ9#11", "1,3,5,7,9,#11"),
        ("sus24 sus4add9", "1,2,4,5"),
        ("maj9#5 Maj9#5", "1,3,#5,7,9"),
        ("7#5 +7 7aug aug7", "1,3,#5,b7"),
        ("7#5#9 7alt", "1,3,#5,b7,#9"),
        ("9#5 9+", "1,3,#5,b7,9"),
        ("9#5#11", "1,3,#5,b7,9,#11"),
        ("7#5b9", "1,3,#5,b7,b9"),
        ("7#5b9#11", "1,3,#5,b7,b9,#11"),
        ("+add#9", "1,3,#5,#9"),
        ("M#5add9 +add9", "1,3,#5,9"),
        ("M6#11 6#11", "1,3,5,6,#11"),
        ("69#11", "1,3,5,6,9,#11"),
        ("7b6", "1,3,5,b6,b7"),
        ("maj7#9#11", "1,3,5,7,#9,#11"),
        ("M13#11 maj13#11 M13+4 M13#4", "1,3,5,7,9,#11,13"),
        ("M7b9", "1,3,5,7,b9"),
        ("7#11b13", "1,3,5,b7,#11,b13"),
        ("7add6 67 7add13", "1,3,5,b7,13"),
        ("7#9#11", "1,3,5,b7,#9,#11"),
        ("13#9#11", "1,3,5,b7,#9,#11,13"),
        ("7#9#11b13", "1,3,5,b7,#9,#11,b13"),
        ("13#9", "1,3,5,b7,#9,13"),
        ("7#9b13", "1,3,5,b7,#9,b13"),
        ("9#11 9+4 9#4", "1,3,5,b7,9,#11"),
        ("13#11 13+4 13#4", "1,3,5,b7,9,#11,13"),
        ("9#11b13", "1,3,5,b7,9,#11,b13"),
        ("7b9#11", "1,3,5,b7,b9,#11"),
        ("13b9#11", "1,3,5,b7,b9,#11,13"),
        ("7b9b13#11 7b9#11b13", "1,3,5,b7,b9,#11,b13"),
        ("13b9", "1,3,5,b7,b9,13"),
        ("7b9b13", "1,3,5,b7,b9,b13"),
        ("7b9#9", "1,3,5,b7,b9,#9"),
        ("Madd9 2 add9 add2", "1,3,5,9"),
        ("Maddb9", "1,3,5,b9"),
        ("Mb5", "1,3,b5"),
        ("13b5", "1,3,b5,6,b7,9"),
        ("M7b5", "1,3,b5,7"),
        ("M9b5", "1,3,b5,7,9"),
        ("7b5", "1,3,b5,b7"),
        ("9b5", "1,3,b5,b7,9"),
        ("7no5", "1,3,b7"),
        ("9no5", "1,3,b7,9"),
        ("13no5", "1,3,b7,9,13"),
        ("madd4", "1,b3,4,5"),
        ("m#5 m+", "1,b3,#5"),
        ("m69", "1,b3,5,6,9"),
        ("mMaj7b6", "1,b3,5,b6,7"),
        ("mMaj9b6", "1,b3,5,b6,7,9"),
        ("mMaj9", "1,b3,5,7,9"),
        ("m7add11 m7add4", "1,b3,5,b7,11"),
        ("madd9", "1,b3,5,9"),
        ("oM7", "1,b3,b5,7"),
        ("m7#5", "1,b3,b6,b7"),
        ("m9#5", "1,b3,b6,b7,9"),
        ("m9b5", "1,2,b3,b5,b7"),
        ("M7#5sus4", "1,4,#5,7"),
        ("M9#5sus4", "1,4,#5,7,9"),
        ("7#5sus4", "1,4,#5,b7"),
        ("M7sus4", "1,4,5,7"),
        ("M9sus4", "1,4,5,7,9"),
        ("9sus4 9sus", "1,4,5,b7,9"),
        ("13sus4 13sus", "1,4,5,b7,9,13"),
        ("7sus4b9b13 7b9b13sus4", "1,4,5,b7,b9,b13"),
    ] {
        for name in names.split(' ') {
            assert_eq!(sounds(name), Some(on_c(&format!("({degrees})")).pitch_classes()), "{name}");
        }
    }
}

/// Where `tonal` or music21 (10, `harmony.CHORD_TYPES`) reads a name otherwise: theirs, ours (`None`: not read), and why.
#[test]
fn differences_are_known() {
    for (names, theirs, ours, _why) in [
        ("maj#4", "1,3,5,7,#11", Some("1,3,5,#11"), "tonal: no seventh is written"),
        ("M7b6", "1,3,b6,7", Some("1,3,5,b6,7"), "tonal: a sixth does not take the fifth's place"),
        ("Mb6", "1,3,b6", Some("1,3,5,b6"), "as above"),
        ("mb6", "1,b3,b6", Some("1,b3,5,b6"), "as above; iReal Pro keeps the fifth too"),
        ("mb6M7", "1,b3,b6,7", Some("1,b3,5,b6,7"), "as above"),
        ("mb6b9", "1,b3,b6,b9", Some("1,b3,5,b6,b9"), "as above"),
        ("7b13", "1,3,b7,b13", Some("1,3,5,b7,b13"), "tonal leaves out the fifth here but not in 7b9b13"),
        ("9b13", "1,3,b7,9,b13", Some("1,3,5,b7,9,b13"), "as above"),
        ("alt7", "1,3,b7,b9", Some("1,3,#5,b7,#9"), "Levine 1995, iReal Pro, and tonal's own 7alt"),
        ("11", "1,5,b7,9,11", Some("1,3,5,b7,9,11"), "tonal leaves out the third; music21, MusicXML keep it"),
        ("11b9", "1,5,b7,b9,11", Some("1,3,5,b7,b9,11"), "as above"),
        ("6b5 M6b5", "1,3,5,6,#11", Some("1,3,b5,6"), "tonal: b5 is #11; we: it takes the fifth's place"),
        ("7b5b13", "1,3,5,b7,#11,b13", Some("1,3,b5,b7,b13"), "as above, and so tonal reads 7b5 itself"),
        ("7b5#9", "1,3,5,b7,#9,#11", Some("1,3,b5,b7,#9"), "as above"),
        ("9b5b13", "1,3,5,b7,9,#11,b13", Some("1,3,b5,b7,9,b13"), "as above"),
        ("7b5b9", "1,3,5,b7,b9,#11", Some("1,3,b5,b7,b9"), "as above"),
        ("7b5b9b13", "1,3,5,b7,b9,#11,b13", Some("1,3,b5,b7,b9,b13"), "as above"),
        ("M7add13", "1,3,5,6,7,9", Some("1,3,5,7,13"), "tonal adds a ninth that is not written"),
        ("o7M7", "1,b3,b5,6,7", Some("1,b3,b5,7"), "a chord has one seventh; write dim7(add7)"),
        ("4", "1,4,b7,b3", Some("1,4,5"), "tonal: a chord in fourths; iReal Pro and others: sus4"),
        ("phryg", "1,4,5,b7,b9", None, "a scale's name"),
        ("quartal", "1,4,b7,b3", None, "a way to build chords"),
        ("m11A", "1,b3,b6,b7,9,11", None, "m11#5 says it"),
        (
            "13 dom13",
            "1,3,5,b7,9,11,13",
            Some("1,3,5,b7,9,13"),
            "music21: with the eleventh; players leave it out",
        ),
        ("M13 Maj13", "1,3,5,7,9,11,13", Some("1,3,5,7,9,13"), "as above"),
        ("m13 min13", "1,b3,5,b7,9,11,13", Some("1,b3,5,b7,9,13"), "as above"),
        ("ob9", "1,b3,b5,bb7,b9", Some("1,b3,b5,b9"), "music21: the seventh is not written"),
        ("dom7dim5", "1,3,b5,b7", None, "7b5 says it"),
        ("tristan", "1,#4,#6,#9", None, "not a symbol of lead sheets"),
        ("N6", "1,b2,3,b5", None, "a Roman numeral"),
    ] {
        for name in names.split(' ') {
            let set = |degrees: &str| on_c(&format!("({degrees})")).pitch_classes();
            assert_eq!(sounds(name), ours.map(set), "{name}");
            assert_ne!(sounds(name), Some(set(theirs)), "{name}: no difference any more");
        }
    }
}

/// Abbreviations of music21 (10, `harmony.CHORD_TYPES`), re-typed, that mean the same to us.
#[test]
fn the_vocabulary_of_music21() {
    for (names, degrees) in [
        ("M maj", "1,3,5"),
        ("m min", "1,b3,5"),
        ("+ aug", "1,3,#5"),
        ("dim o", "1,b3,b5"),
        ("7 dom7", "1,3,5,b7"),
        ("maj7 M7", "1,3,5,7"),
        ("mM7 m#7 minmaj7", "1,b3,5,7"),
        ("m7 min7", "1,b3,5,b7"),
        ("+M7 augmaj7", "1,3,#5,7"),
        ("7+ +7 aug7", "1,3,#5,b7"),
        ("ø7 m7b5", "1,b3,b5,b7"),
        ("o7 dim7", "1,b3,b5,bb7"),
        ("6", "1,3,5,6"),
        ("m6 min6", "1,b3,5,6"),
        ("M9 Maj9", "1,3,5,7,9"),
        ("9 dom9", "1,3,5,b7,9"),
        ("mM9 minmaj9", "1,b3,5,7,9"),
        ("m9 min9", "1,b3,5,b7,9"),
        ("+M9 augmaj9", "1,3,#5,7,9"),
        ("9#5 +9 aug9", "1,3,#5,b7,9"),
        ("ø9", "1,b3,b5,b7,9"),
        ("øb9", "1,b3,b5,b7,b9"),
        ("o9 dim9", "1,b3,b5,bb7,9"),
        ("11 dom11", "1,3,5,b7,9,11"),
        ("M11 Maj11", "1,3,5,7,9,11"),
        ("mM11 minmaj11", "1,b3,5,7,9,11"),
        ("m11 min11", "1,b3,5,b7,9,11"),
        ("+M11 augmaj11", "1,3,#5,7,9,11"),
        ("+11 aug11", "1,3,#5,b7,9,11"),
        ("ø11", "1,b3,b5,b7,9,11"),
        ("o11 dim11", "1,b3,b5,bb7,9,11"),
        ("sus2", "1,2,5"),
        ("sus sus4", "1,4,5"),
        ("7sus 7sus4", "1,4,5,b7"),
        ("pedal", "1"),
        ("power", "1,5"),
        ("7omit5", "1,3,b7"),
    ] {
        for name in names.split(' ') {
            assert_eq!(sounds(name), Some(on_c(&format!("({degrees})")).pitch_classes()), "{name}");
        }
    }
}
