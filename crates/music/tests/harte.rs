//! Harte labels: golden cases.

use kmidi_music::notation::harte::{self, Label};

/// The chord's notes from the root up by degree, then the bass.
fn check(text: &str, notes: &str, bass: &str) {
    let Ok(Label::Chord(chord)) = harte::parse(text) else { panic!("{text}: {:?}", harte::parse(text)) };
    let spelled: Vec<String> = chord.notes().iter().map(ToString::to_string).collect();
    assert_eq!((spelled.join(" ").as_str(), chord.bass.to_string().as_str()), (notes, bass), "{text}");
    for printed in [harte::print(Label::Chord(chord)), harte::print_with_bass_note(Label::Chord(chord))] {
        assert_eq!(harte::parse(&printed), Ok(Label::Chord(chord)), "{text} printed as {printed}");
    }
}

#[test]
fn golden_labels() {
    for (text, notes, bass) in [
        // Harte et al. 2005, section 4 and table 1
        ("C", "C E G", "C"),
        ("C:maj", "C E G", "C"),
        ("C:min", "C Eb G", "C"),
        ("C:dim", "C Eb Gb", "C"),
        ("C:aug", "C E G#", "C"),
        ("C:maj7", "C E G B", "C"),
        ("C:min7", "C Eb G Bb", "C"),
        ("C:7", "C E G Bb", "C"),
        ("C:dim7", "C Eb Gb Bbb", "C"),
        ("C:hdim7", "C Eb Gb Bb", "C"),
        ("C:minmaj7", "C Eb G B", "C"),
        ("C:maj6", "C E G A", "C"),
        ("C:min6", "C Eb G A", "C"),
        ("C:9", "C E G Bb D", "C"),
        ("C:maj9", "C E G B D", "C"),
        ("C:min9", "C Eb G Bb D", "C"),
        ("C:sus2", "C D G", "C"),
        ("C:sus4", "C F G", "C"),
        ("D#:min(9)/5", "D# F# A# E#", "A#"),
        ("C:(b3,5,b7,11)", "C Eb G Bb F", "C"),
        ("C:(1,b3,5)", "C Eb G", "C"),
        ("C:min(*b3,11)", "C G F", "C"),
        ("A:min7(*5)/b3", "A C G", "C"),
        ("F#:maj/3", "F# A# C#", "A#"),
        ("Gb:maj/b7", "Gb Bb Db", "Fb"),
        ("Bb:7/3", "Bb D F Ab", "D"),
        ("C:(1)", "C", "C"),
        ("C:maj(*1)/5", "E G", "G"),
        ("E:sus4(b7,9)", "E A B D F#", "E"),
        ("Ab:maj(#11)", "Ab C Eb D", "Ab"),
        ("Cb:maj", "Cb Eb Gb", "Cb"),
        ("B#:min", "B# D# F##", "B#"),
        // what the data sets write beyond the paper
        ("C:1", "C", "C"),
        ("C:5", "C G", "C"),
        ("C:5/5", "C G", "G"),
        ("C:11", "C E G Bb D F", "C"),
        ("C:min11", "C Eb G Bb D F", "C"),
        ("C:13", "C E G Bb D A", "C"),
        ("C:maj13", "C E G B D A", "C"),
        ("C:min13", "C Eb G Bb D A", "C"),
        ("C:aug7", "C E G# Bb", "C"),
        ("C:augmaj7", "C E G# B", "C"),
        ("C:aug9", "C E G# Bb D", "C"),
        ("C:hdim9", "C Eb Gb Bb D", "C"),
        ("C:minmaj9", "C Eb G B D", "C"),
        ("C:minb6", "C Eb G Ab", "C"),
        ("C:majb5", "C E Gb", "C"),
        ("C:7sus4", "C F G Bb", "C"),
        ("C:9sus4", "C F G Bb D", "C"),
        ("C:7(b5)", "C E Gb Bb", "C"),
        ("C:7(5,b5)", "C E Gb G Bb", "C"),
        ("C:maj7(#5)", "C E G# B", "C"),
        ("C:13(b9)", "C E G Bb Db A", "C"),
        ("C:13(b13)", "C E G Bb D Ab", "C"),
        ("C:11(#11)", "C E G Bb D F#", "C"),
        ("C:9(b9)", "C E G Bb Db", "C"),
        ("C:aug7(#9)", "C E G# Bb D#", "C"),
        ("A:maj/9", "A C# E", "B"),
        ("A:maj/13", "A C# E", "F#"),
        ("A:maj/bb6", "A C# E", "Fb"),
        ("G:min/Bb", "G Bb D", "Bb"),
        ("C:?0269", "C Gb A D", "C"),
        ("C:?247/F", "E G D", "F"),
        ("C:sus4*", "C F G", "C"),
    ] {
        check(text, notes, bass);
    }
}

#[test]
fn labels_print_in_one_form() {
    for (text, degree_bass, note_bass) in [
        ("C", "C:maj", "C:maj"),
        ("A:min7/C", "A:min7/b3", "A:min7/C"),
        ("C:7sus4", "C:sus4(b7)", "C:sus4(b7)"),
        ("C:13/E", "C:9(13)/3", "C:9(13)/E"),
        ("C:7(5,b5)", "C:7(5,b5)", "C:7(5,b5)"),
        ("C:(1,3,5,b7,b9)", "C:7(b9)", "C:7(b9)"),
        ("C:maj(*3)", "C:(1,5)", "C:(1,5)"),
        ("N", "N", "N"),
        ("X", "X", "X"),
    ] {
        let label = harte::parse(text).unwrap();
        assert_eq!(
            (harte::print(label), harte::print_with_bass_note(label)),
            (degree_bass.into(), note_bass.into())
        );
    }
}
