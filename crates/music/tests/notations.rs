//! 10,000 random chords through each notation, and random text through each parser.

mod common;

use common::Random;
use kmidi_music::chord::{Degree, Degrees};
use kmidi_music::notation::{harte, nashville, symbol};
use kmidi_music::roman::{self, Change, Convention, Figure, Mark, Place, RomanNumeral, Stem};
use kmidi_music::{Chord, Interval, Key, Mode, PitchName, Quality};

const CHORDS: usize = 10_000;

/// A chord of the table, of a table quality with tones changed, or of any degrees at all, over any bass.
fn chord(random: &mut Random) -> Chord {
    let root = PitchName::from_fifths(random.next(21) as i8 - 8);
    let qualities: Vec<Quality> = Quality::all().collect();
    let mut degrees = random.pick(&qualities).degrees();
    let any = |random: &mut Random| {
        let number = random.next(13) as u8 + 1;
        Degree::new(number, if number == 1 { 0 } else { random.next(5) as i8 - 2 })
    };
    match random.next(3) {
        0 => {}
        1 => {
            degrees = degrees.with(any(random));
            let out = random.next(degrees.len() as usize);
            degrees = degrees.iter().nth(out).map_or(degrees, |d| degrees.without(d));
        }
        _ => {
            degrees = Degrees::NONE.with(any(random));
            for _ in 0..random.next(7) {
                degrees = degrees.with(any(random));
            }
        }
    }
    let bass = match random.next(4) {
        0 => PitchName::from_fifths(random.next(21) as i8 - 8),
        1 => {
            let place = random.next(degrees.len().max(1) as usize);
            degrees.iter().nth(place).map_or(root, |d| root + d.interval())
        }
        _ => root,
    };
    Chord::from_degrees(root, degrees).over(bass)
}

fn key(random: &mut Random) -> Key {
    let modes = [
        Mode::Major,
        Mode::Minor,
        Mode::Dorian,
        Mode::Phrygian,
        Mode::Lydian,
        Mode::Mixolydian,
        Mode::Locrian,
    ];
    Key::new(PitchName::from_fifths(random.next(15) as i8 - 7), random.pick(&modes))
}

#[test]
fn harte_survives() {
    let mut random = Random(11);
    for _ in 0..CHORDS {
        let chord = harte::Label::Chord(chord(&mut random));
        for text in [harte::print(chord), harte::print_with_bass_note(chord)] {
            assert_eq!(harte::parse(&text), Ok(chord), "{text}");
        }
    }
}

#[test]
fn symbols_survive() {
    let mut random = Random(12);
    for _ in 0..CHORDS {
        let chord = chord(&mut random);
        let text = symbol::print(&chord);
        assert_eq!(symbol::parse(&text), Ok(chord), "{text}");
    }
}

#[test]
fn nashville_numbers_survive() {
    let mut random = Random(13);
    for _ in 0..CHORDS {
        let (chord, key) = (chord(&mut random), key(&mut random));
        let text = nashville::print(&chord, key);
        assert_eq!(nashville::parse(&text, key), Ok(chord), "{text} in {key}");
    }
}

/// Chords on roots that the key reaches with one sign come back to the letter; others are respelled, and sound the same.
#[test]
fn chords_survive_as_roman_numerals() {
    let mut random = Random(14);
    let (mut exact, mut respelled) = (0, 0);
    let mut left = CHORDS;
    while left > 0 {
        let key = key(&mut random);
        let chord = chord(&mut random);
        let chord =
            chord.transposed(key.tonic + Interval::from_fifths(random.next(13) as i8 - 6) - chord.root);
        let octaves = chord.degrees().iter().any(|d| matches!(d.number, 8 | 10 | 12));
        if octaves || chord.notes().iter().chain([&chord.bass]).any(|n| n.alteration().abs() > 2) {
            continue; // degrees that a numeral already has; notes that no one writes
        }
        let text = roman::of(&chord, key);
        let back = roman::parse(&text, key).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(
            (back.pitch_classes(), back.bass.pitch_class(), back.root.pitch_class()),
            (chord.pitch_classes(), chord.bass.pitch_class(), chord.root.pitch_class()),
            "{} in {key} as {text}",
            symbol::print(&chord)
        );
        let doubled = chord.degrees().len() != chord.degrees().semitones().len(); // a fourth and an eleventh are one
        assert!(doubled || roman::of(&back, key) == text, "{} in {key}: {text}", symbol::print(&chord));
        left -= 1;
        let in_reach = (chord.root - key.tonic).alteration().abs() <= 1;
        exact += usize::from(back == chord);
        respelled += usize::from(back != chord && in_reach);
    }
    println!(
        "{exact} of {CHORDS} come back to the letter; {respelled} others lie within a sign of the tonic"
    );
    assert!(exact * 10 > CHORDS * 7, "{exact}");
}

fn numeral(random: &mut Random, deep: usize) -> RomanNumeral {
    let figure = |random: &mut Random| Figure {
        number: random.pick(&[2, 3, 4, 5, 6, 7, 8, 9, 11, 13]),
        alteration: random.next(7) as i8 - 3,
    };
    let names = [Stem::Neapolitan, Stem::Cadential, Stem::Italian, Stem::German, Stem::French, Stem::Swiss];
    let named = random.next(8) == 0;
    let marks = [
        Mark::Plain,
        Mark::Plain,
        Mark::Diminished,
        Mark::HalfDiminished,
        Mark::Augmented,
        Mark::Major,
        Mark::AugmentedMajor,
        Mark::Dominant,
    ];
    let places = [Place::Usual, Place::Beside, Place::Without, Place::ForUpper, Place::ForLower];
    let mut out = RomanNumeral::degree(random.next(7) as u8 + 1, random.next(2) == 0);
    out.alteration = random.next(7) as i8 - 3;
    if named {
        out.stem = random.pick(&names);
    } else {
        out.mark = random.pick(&marks);
    }
    let figures: &[&[u8]] = &[&[], &[6], &[6, 4], &[7], &[6, 5], &[4, 3], &[4, 2], &[2], &[9], &[11], &[13]];
    out.figures = match random.next(5) {
        0 => (0..random.next(5)).map(|_| figure(random)).collect(),
        _ => random.pick(figures).iter().map(|&number| Figure { number, alteration: 0 }).collect(),
    };
    for _ in 0..random.next(3) {
        let signed = figure(random);
        out.changes.push(match random.next(5) {
            0 => Change::Altered(Figure { alteration: if signed.alteration < 0 { -1 } else { 1 }, ..signed }),
            1 => Change::Omitted(signed.number),
            2 => Change::Added(signed),
            3 => Change::Over(signed),
            _ => Change::Substituted(random.pick(&places), signed),
        });
    }
    out.target = (deep > 0 && random.next(3) == 0).then(|| Box::new(numeral(random, deep - 1)));
    out
}

#[test]
fn roman_numerals_survive() {
    let mut random = Random(15);
    for _ in 0..CHORDS {
        let (numeral, key) = (numeral(&mut random, 3), key(&mut random));
        let text = numeral.to_string();
        assert_eq!(text.parse(), Ok(numeral.clone()), "{text}");
        for convention in [Convention::RomanText, Convention::Music21, Convention::Dcml] {
            let _ = numeral.chord_as(key, convention); // any numeral is some chord: no panic
        }
    }
}

/// Text that is nearly right, so that the parsers are entered deeply. None may panic, and an error stands in the text.
#[test]
fn random_text_never_panics() {
    const PIECES: &[&str] = &[
        "C",
        "F#",
        "Bb",
        "a",
        "H",
        ":",
        "/",
        "maj",
        "min",
        "m",
        "M",
        "7",
        "9",
        "11",
        "13",
        "6",
        "5",
        "4",
        "2",
        "1",
        "0",
        "b",
        "#",
        "♭",
        "(",
        ")",
        ",",
        "*",
        "?",
        "add",
        "no",
        "sus",
        "alt",
        "dim",
        "°",
        "ø",
        "+",
        "-",
        "Δ",
        "^",
        "V",
        "vi",
        "ii",
        "IV",
        "I",
        "N",
        "Cad",
        "Ger",
        "It",
        "Fr",
        "o",
        "%",
        "[",
        "]",
        "over ",
        "d",
        "v",
        " ",
        "\u{2003}",
        "é",
        "🎵",
        "::",
        "999999999999",
        "X",
        "bbbb",
        "####",
    ];
    let mut random = Random(16);
    let check = |text: &str, error: Option<kmidi_music::ParseError>| {
        if let Some(error) = error {
            assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{text:?}: {error:?}");
        }
    };
    for round in 0..60_000 {
        let text = if round % 10 == 0 {
            (0..random.next(12)).filter_map(|_| char::from_u32(random.next(0x3000) as u32)).collect()
        } else {
            random.text(PIECES, 9)
        };
        let key = key(&mut random);
        check(&text, harte::parse(&text).err());
        check(&text, symbol::parse(&text).err());
        check(&text, nashville::parse(&text, key).err());
        check(&text, text.parse::<Key>().err());
        check(&text, text.parse::<PitchName>().err());
        check(&text, roman::progression(&text, key).err());
        match text.parse::<RomanNumeral>() {
            Ok(numeral) => {
                assert_eq!(numeral.to_string().parse(), Ok(numeral.clone()), "{text}");
                let _ = (numeral.chord(key), numeral.chord_as(key, Convention::Dcml));
            }
            Err(error) => check(&text, Some(error)),
        }
        if let Ok(harte::Label::Chord(chord)) = harte::parse(&text) {
            assert_eq!(
                harte::parse(&harte::print(harte::Label::Chord(chord))),
                Ok(harte::Label::Chord(chord)),
                "{text}"
            );
        }
        if let Ok(chord) = symbol::parse(&text) {
            assert_eq!(symbol::parse(&symbol::print(&chord)), Ok(chord), "{text}");
        }
    }
}

/// Long input is refused or read in time that grows with its length.
#[test]
fn long_text_ends() {
    let key: Key = "C".parse().unwrap();
    for piece in ["V/", "b", "#", "1", "[add9]", "(4)", "7(", "?0", "sus4", "I ", "5/", "C:maj(", "add9"] {
        let text = piece.repeat(20_000);
        for text in
            [text.clone(), format!("V{text}"), format!("C{text}"), format!("C:{text}"), format!("1{text}")]
        {
            let _ = (harte::parse(&text), symbol::parse(&text), nashville::parse(&text, key));
            let _ = (text.parse::<RomanNumeral>(), roman::progression(&text, key), text.parse::<Key>());
        }
    }
}
