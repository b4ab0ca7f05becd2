//! Lead-sheet symbols: golden cases.

use kmidi_music::Chord;
use kmidi_music::notation::harte::{self, Label};
use kmidi_music::notation::symbol;

/// The chord of a Harte label on C.
fn on_c(harte: &str) -> Chord {
    match harte::parse(&format!("C:{harte}")) {
        Ok(Label::Chord(chord)) => chord,
        other => panic!("{harte}: {other:?}"),
    }
}

/// Every suffix in `suffixes` means what `harte` means.
fn check(suffixes: &str, harte: &str) {
    let expected = on_c(harte).degrees();
    for suffix in suffixes.split(' ') {
        let text = format!("C{suffix}");
        let chord = symbol::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(
            chord.degrees(),
            expected,
            "{text} should be {harte}, not {}",
            harte::print(Label::Chord(chord))
        );
        let printed = symbol::print(&chord);
        assert_eq!(symbol::parse(&printed), Ok(chord), "{text} printed as {printed}");
    }
}

#[test]
fn golden_suffixes() {
    for (suffixes, harte) in [
        ("M maj Maj ma ^", "maj"),
        ("m min - mi Min", "min"),
        ("° o dim º", "dim"),
        ("+ aug (#5) +5", "aug"),
        ("sus sus4 4 (sus4)", "sus4"),
        ("sus2 (sus2)", "sus2"),
        ("7 dom7 dom", "7"),
        ("maj7 M7 Δ △ Δ7 △7 ^7 ma7 j7 Maj7", "maj7"),
        ("m7 -7 min7 mi7", "min7"),
        ("ø ø7 Ø m7b5 m7(b5) -7b5 -7(b5) h h7 min7b5 m7♭5", "hdim7"),
        ("°7 o7 dim7 º7", "dim7"),
        ("m(maj7) mM7 mMaj7 -Δ7 -Δ m(M7) -^7 minmaj7 m#7 m/maj7 m/M7", "minmaj7"),
        ("6 M6 maj6 add6 (add6)", "maj6"),
        ("m6 -6 min6", "min6"),
        ("7#5 +7 7+ aug7 7aug 7(#5) 7+5 7♯5", "aug(b7)"),
        ("7sus4 7sus 7(sus4)", "sus4(b7)"),
        ("9sus4 9sus 7sus4(9)", "sus4(b7,9)"),
        ("13sus4 13sus", "sus4(b7,9,13)"),
        ("7b9sus4 7b9sus 7sus4b9 7susb9", "sus4(b7,b9)"),
        ("9 7(9) 7add9", "9"),
        ("maj9 M9 Δ9 ^9 maj7(9)", "maj9"),
        ("m9 -9 min9 m7(9)", "min9"),
        ("m(maj9) mM9 -^9", "minmaj7(9)"),
        ("11", "11"),
        ("m11 -11", "min11"),
        ("13 9(13) 7(9,13)", "13"),
        ("maj13 M13 ^13", "maj13"),
        ("m13 -13", "min13"),
        ("6/9 69 6(9) 6add9 M69", "maj6(9)"),
        ("m6/9 m69 -69", "min6(9)"),
        ("add9 (add9)", "maj(9)"),
        ("add2 2", "maj(2)"),
        ("m(add9) madd9 -add9", "min(9)"),
        ("add4", "maj(4)"),
        ("7b9 7(b9) 7-9 7♭9", "7(b9)"),
        ("7#9 7(#9) 7+9 7♯9", "7(#9)"),
        ("7#11 7(#11) 7#4 7+11", "7(#11)"),
        ("maj7#11 Δ#11 M7#11 ^7#11 maj7(#11)", "maj7(#11)"),
        ("7b5 7-5 7(b5)", "7(b5)"),
        ("7b13 7(b13)", "7(b13)"),
        ("7b9b13 7(b9,b13) 7(b9)(b13)", "7(b9,b13)"),
        ("7b9#9", "7(b9,#9)"),
        ("7#9b13 7(#9,b13)", "7(#9,b13)"),
        ("7b9#11 7#11b9", "7(b9,#11)"),
        ("7alt alt 7#5#9 7#9#5", "aug(b7,#9)"),
        ("7#5b9 7b9#5 +7b9", "aug(b7,b9)"),
        ("maj7#5 +M7 augmaj7 ^7#5 +maj7 M7+5", "aug(7)"),
        ("dim(maj7) oM7 °maj7", "dim(7)"),
        ("9#5 9+ +9", "aug(b7,9)"),
        ("9b5", "9(*5,b5)"),
        ("13b9", "7(b9,13)"),
        ("13#9", "7(#9,13)"),
        ("13#11", "9(#11,13)"),
        ("13b9#11", "7(b9,#11,13)"),
        ("m7b9", "min7(b9)"),
        ("m7add11 m7(11) m7(add11)", "min7(11)"),
        ("m9b5 ø9 h9", "hdim7(9)"),
        ("m11b5 ø11", "hdim7(9,11)"),
        ("(b5) Mb5 maj(b5)", "maj(*5,b5)"),
        ("m(b6) mb6 -b6", "min(b6)"),
        ("m#5 -#5 m+", "min(*5,#5)"),
        ("m7#5", "min7(*5,#5)"),
        ("5 (no3) no3 omit3", "5"),
        ("7no5 7(no5) 7omit5", "7(*5)"),
        ("7no3", "7(*3)"),
        ("7sus2", "sus2(b7)"),
        ("sus24 sus2sus4 sus4sus2 sus4add2", "sus4(2)"),
        ("7add13 7(13) 7/13", "7(13)"),
        ("7susadd3 7sus4add3", "sus4(b7,3)"),
        ("maj7sus4", "sus4(7)"),
        ("1 pedal", "1"),
        ("6(no5)", "maj6(*5)"),
        ("7(addb13)", "7(b13)"),
        ("maj7(add13)", "maj7(13)"),
        ("7(add#11,no5)", "7(*5,#11)"),
    ] {
        check(suffixes, harte);
    }
}

#[test]
fn roots_and_basses() {
    for (text, harte) in [
        ("Cmaj7#11/G", "C:maj7(#11)/G"),
        ("F#m7b5/A", "F#:hdim7/A"),
        ("Bb7/Ab", "Bb:7/Ab"),
        ("Ebmaj7", "Eb:maj7"),
        ("Abm", "Ab:min"),
        ("B♭7", "Bb:7"),
        ("F♯°7", "F#:dim7"),
        ("C6/9/E", "C:maj6(9)/E"),
        ("D/F#", "D:maj/F#"),
        ("Am/g", "A:min/G"),
        ("C7/b9", "C:7(b9)"),
        ("Cbmaj7", "Cb:maj7"),
        ("G#+/B#", "G#:aug/B#"),
        ("A(b5)", "A:maj(*5,b5)"),
        ("Db-7/Cb", "Db:min7/Cb"),
        ("E7(#9)/G#", "E:7(#9)/G#"),
    ] {
        let chord = symbol::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(harte::parse(harte), Ok(Label::Chord(chord)), "{text}");
        assert_eq!(symbol::parse(&symbol::print(&chord)), Ok(chord), "{text}");
    }
}
