//! `kmidi harmony`: names, notations and progressions, as a user sees them and as programs read them.

mod common;

use common::{Place, fields};
use kmidi::music::chord::Quality;
use kmidi::music::notation::symbol;
use kmidi::music::{Chord, PitchClassSet, PitchName};
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn strings(value: &Value) -> String {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn notes_are_named_as_the_contract_says() {
    let place = Place::new();
    let answer = json(&place.done(&["harmony", "name", "E4", "G4", "Bb4", "C5", "--json"]).out);
    assert_eq!(fields(&answer), ["readings", "schema"]);
    assert_eq!(answer["schema"], "kmidi.harmony/1");
    let best = &answer["readings"][0];
    assert_eq!(fields(best), ["confidence", "label", "notes", "symbol", "terms"]);
    assert_eq!(
        (&best["label"], &best["symbol"], strings(&best["notes"])),
        (&json("\"C:7/E\""), &json("\"C7/E\""), "E G Bb C".to_owned())
    );
    assert!(best["confidence"].as_f64().is_some_and(|c| c > 0.5 && c < 1.0));
    assert_eq!(best["terms"][1][0], "bass is third");
    assert_eq!(best["terms"][1][1], 0.6);
    let keyed = json(&place.done(&["harmony", "name", "E4 G4 Bb4 C5", "--json", "--key", "Bb"]).out);
    assert_eq!(keyed["readings"][0]["roman"], "V65/V");
}

#[test]
fn notes_may_be_given_in_every_way() {
    let place = Place::new();
    for args in [
        &["C4", "E4", "G4"][..],
        &["C4 E4 G4"],
        &["G4,E4,C4"],
        &["C", "E", "G"],
        &["60 64 67"],
        &["67", "64", "60"],
        &["c e g"],
        &["C4 64 G4"],
    ] {
        let out = place.done(&[&["harmony", "name"], args].concat()).out;
        assert!(out.starts_with("C4 E4 G4\n\n  symbol "), "{args:?}: {out}");
        assert!(out.lines().nth(3).unwrap().starts_with("  C   "), "{args:?}: {out}");
    }
    let out = place.done(&["harmony", "name", "E G C"]).out;
    assert!(
        out.contains("  C/E  ") && out.contains("C:maj/3") && out.contains("bass is third +0.60"),
        "{out}"
    );
}

#[test]
fn a_name_is_a_tidy_table() {
    let place = Place::new();
    let out = place.done(&["harmony", "name", "C", "Eb", "G", "Bb", "--key", "Bb"]).out;
    let expected = "\
C4 Eb4 G4 Bb4   in Bb major

  symbol         Harte              numeral                notes       sure
  Cm7            C:min7             ii7                    C Eb G Bb   98 %
    common quality +1.18, bass is root +1.50, root in key +0.40, all in key
    +0.20
  Eb6/C          Eb:maj6/6          IV[add6][over 6]       C Eb G Bb    2 %
    common quality +1.02, bass is sixth or seventh +0.30, sixth chord inverted
    -0.60, root in key +0.40, all in key +0.20
";
    assert!(out.starts_with(expected), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn what_cannot_be_named_is_told() {
    let place = Place::new();
    for (args, code, words) in [
        (&["C4", "H4"][..], 4, "\n  C4 H4\n     ^"),
        (&["C4", "E"], 4, "give every note an octave"),
        (&["128"], 4, "0 to 127"),
        (&["C12"], 4, "octave"),
        (&["G#9"], 4, "MIDI range"),
        (&[""], 4, "expected notes"),
        (&[], 2, "NOTES"),
        (&["C", "--batch", "x"], 2, "cannot be used with"),
        (&["C", "--key", "H"], 2, "note name, A to G"),
        (&["--batch", "absent.txt"], 4, "absent.txt"),
    ] {
        place.fails(&[&["harmony", "name"], args].concat(), code, words);
    }
    place.fails(&["harmony"], 2, "Usage: kmidi harmony");
    place.fails(&["harmony", "sing"], 2, "unrecognized subcommand");
}

#[test]
fn a_batch_has_a_line_for_each_line() {
    let place = Place::new();
    place.write("chords.txt", b"C E G\n52 55 58 60\nD4 F4 A4 C5\n");
    let out = place.done(&["harmony", "name", "--batch", "chords.txt"]).out;
    let symbols: Vec<&str> = out.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(symbols, ["C", "C7/E", "Dm7"]);

    place.write("bom.txt", "\u{feff}C E G\r\n60 63 67\r\n".as_bytes());
    assert_eq!(place.done(&["harmony", "name", "--batch", "bom.txt"]).out.lines().count(), 2);
    place.write("bytes.txt", b"C E \xff\n");
    place.fails(&["harmony", "name", "--batch", "bytes.txt"], 4, "bytes.txt: cannot read");
    place.write("wrong.txt", b"C E G\n\nC X\n60 64 67\n");
    let ran = place.fails(
        &["harmony", "name", "--batch", "wrong.txt", "--json"],
        4,
        "wrong.txt:2:1: expected notes",
    );
    assert!(ran.err.contains("wrong.txt:3:3: ") && ran.err.contains("2 of 4 lines"), "{}", ran.err);
    let answers: Vec<Value> = ran.out.lines().map(json).collect();
    assert_eq!(answers.len(), 4);
    assert_eq!(fields(&answers[1]), ["error", "readings", "schema"]);
    assert_eq!(
        (&answers[3]["readings"][0]["symbol"], &answers[1]["readings"]),
        (&json("\"C\""), &json("[]"))
    );
    let plain = place.fails(&["harmony", "name", "--batch", "wrong.txt"], 4, "wrong.txt:2");
    assert_eq!(plain.out.lines().collect::<Vec<_>>()[1..3], ["-", "-"]);
}

/// Ten thousand random chords: sounded, named from standard input, and what is printed parsed again by the program's
/// own notations: the same pitch classes and the same bass.
#[test]
fn ten_thousand_chords_are_named_and_read_back() {
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let qualities: Vec<Quality> = Quality::all().filter(|q| q.semitones().len() > 1).collect();
    let chords: Vec<Chord> = (0..10_000)
        .map(|_| {
            let root = PitchName::from_fifths(random(13) as i8 - 6);
            let chord = Chord::new(root, qualities[random(qualities.len())]);
            let notes = chord.notes();
            chord.over(notes[random(notes.len())])
        })
        .collect();
    let line = |chord: &Chord| {
        let pitches = chord.close_position(40);
        pitches.iter().map(|(_, pitch)| pitch.to_string()).collect::<Vec<_>>().join(" ") + "\n"
    };
    let input: String = chords.iter().map(line).collect();

    let place = Place::new();
    let mut command = place.command(&["harmony", "name", "--batch", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out.lines().count(), chords.len());
    let mut symbols = Vec::new();
    for (chord, line) in chords.iter().zip(out.lines()) {
        let answer = json(line);
        let text = answer["readings"][0]["symbol"].as_str().unwrap().to_owned();
        let named = symbol::parse(&text).unwrap();
        let sets: [PitchClassSet; 2] = [named.pitch_classes(), chord.pitch_classes()];
        assert_eq!(sets[0], sets[1], "{} named {text}", symbol::print(chord));
        assert_eq!(
            named.bass.pitch_class(),
            chord.bass.pitch_class(),
            "{} named {text}",
            symbol::print(chord)
        );
        let label = answer["readings"][0]["label"].as_str().unwrap().to_owned();
        symbols.push((text, label, chord.pitch_classes()));
    }
    // A sample goes through the program's parser too, as a symbol and as a Harte label.
    let sample: Vec<_> = symbols.iter().step_by(50).collect();
    for pick in
        [|s: &(String, String, PitchClassSet)| s.0.clone(), |s: &(String, String, PitchClassSet)| s.1.clone()]
    {
        let mut args = vec!["harmony".to_owned(), "parse".to_owned(), "--json".to_owned()];
        args.extend(sample.iter().map(|s| pick(s)));
        let answer = json(&place.done(&args.iter().map(String::as_str).collect::<Vec<_>>()).out);
        for (read, (text, _, set)) in answer["chords"].as_array().unwrap().iter().zip(&sample) {
            let classes = read["pitch_classes"].as_array().unwrap().iter().map(|pc| pc.as_u64().unwrap());
            let bits = classes.fold(0_u16, |bits, pc| bits | 1 << pc);
            assert_eq!(PitchClassSet::from_bits(bits), *set, "{text}");
        }
    }
}

#[test]
fn a_chord_is_parsed_into_every_notation() {
    let place = Place::new();
    let out = place.done(&["harmony", "parse", "V65/V", "--key", "Bb"]).out;
    let expected = "\
V65/V   read as a Roman numeral

  symbol     C7/E
  Harte      C:7/3
  numeral    V65/V   in Bb major
  Nashville  27/#4   in Bb major
  notes      E G Bb C
  degrees    1 3 5 b7
  pitch set  {0 4 7 10}
  MIDI       52 55 58 60   E3 G3 Bb3 C4
  scales     mixolydian, octatonic half-whole, lydian dominant, mixolydian b6,
             phrygian dominant, phrygian b4
";
    assert_eq!(out, expected);
    let answer = json(&place.done(&["harmony", "parse", "V65/V", "N", "--key", "Bb", "--json"]).out);
    assert_eq!(answer["schema"], "kmidi.harmony/1");
    let chord = &answer["chords"][0];
    assert_eq!(
        fields(chord),
        [
            "degrees",
            "harte",
            "label",
            "midi",
            "nashville",
            "notation",
            "notes",
            "pitch_classes",
            "roman",
            "scales",
            "symbol",
            "text"
        ]
    );
    assert_eq!((&chord["label"], &chord["harte"]), (&json("\"C:7/E\""), &json("\"C:7/3\"")));
    assert_eq!(chord["midi"], json("[52,55,58,60]"));
    assert_eq!(
        (&answer["chords"][1]["label"], &answer["chords"][1]["symbol"]),
        (&json("\"N\""), &Value::Null)
    );
    // Without a key there is no numeral.
    let bare = place.done(&["harmony", "parse", "C7"]).out;
    assert!(!bare.contains("numeral") && !bare.contains("Nashville"), "{bare}");
}

#[test]
fn notations_are_told_apart_or_chosen() {
    let place = Place::new();
    for (args, label) in [
        (&["b7", "--key", "C"][..], "Bb:maj"),
        (&["b7", "--notation", "symbol"], "B:7"),
        (&["C/3"], "C:maj/E"),
        (&["Cø"], "C:hdim7"),
        (&["6-", "--key", "G"], "E:min"),
        (&["bVII", "--key", "C"], "Bb:maj"),
        (&["Ger65", "--key", "a"], "D#:dim7(*b3,bb3)/F"),
        (&["C:min7/b3"], "C:min7/Eb"),
        (&["C", "--notation", "harte"], "C:maj"),
    ] {
        let ran = place.done(&[&["harmony", "parse", "--json"], args].concat());
        assert_eq!(json(&ran.out)["chords"][0]["label"], label, "{args:?}");
    }
    for (args, code, words) in [
        (&["Cmaj7xyz"][..], 4, "\n  Cmaj7xyz\n       ^"),
        (&["H"], 4, "expected a note name, A to G"),
        (&["C:foo"], 4, "\n  C:foo\n    ^"),
        (&["V7/x", "--key", "C"], 4, "\n  V7/x\n     ^"),
        (&["8", "--notation", "nashville", "--key", "C"], 4, "degree, 1 to 7"),
        (&["V7"], 2, "V7 is a Roman numeral and needs a key, such as --key C"),
        (&["4-7"], 2, "4-7 is a Nashville number and needs a key"),
        (&["C", "--notation", "jazz"], 2, "possible values: harte, symbol, roman, nashville"),
        (&[], 2, "SYMBOL"),
    ] {
        let ran = place.fails(&[&["harmony", "parse"], args].concat(), code, words);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
}

#[test]
fn a_progression_is_told_in_its_key() {
    let place = Place::new();
    let out = place.done(&["harmony", "progression", "I V65/V V | G: viio7/ii I", "--key", "C"]).out;
    let expected = "\
C major

  key      numeral   symbol  Harte    notes     function
  C major  I         C       C:maj    C E G     tonic
  C major  V65/V     D7/F#   D:7/3    D F# A C  dominant of V
  C major  V         G       G:maj    G B D     dominant
  G major  viio7/ii  G#dim7  G#:dim7  G# B D F  dominant of ii
  G major  I         G       G:maj    G B D     tonic
";
    assert_eq!(out, expected);
    let transposed = place.done(&["harmony", "progression", "1 5 6- 4", "--key", "E", "--to", "Bb"]).out;
    assert!(transposed.starts_with("Bb major   transposed from E major\n"), "{transposed}");
    for symbol in ["  Bb ", "  F ", "  Gm ", "  Eb "] {
        assert!(transposed.contains(symbol), "{symbol}: {transposed}");
    }
}

#[test]
fn symbols_alone_tell_their_key() {
    let place = Place::new();
    let out = place.done(&["harmony", "progression", "Dm7", "G7", "| Cmaj7"]).out;
    let head = out.lines().next().unwrap();
    assert!(head.starts_with("C major   ") && head.contains(" likely; or "), "{head}");
    let answer = json(&place.done(&["harmony", "progression", "Am Dm E7 Am", "--json"]).out);
    assert_eq!(fields(&answer), ["chords", "key", "keys", "schema"]);
    assert_eq!((&answer["schema"], &answer["key"]), (&json("\"kmidi.harmony/1\""), &json("\"A:min\"")));
    let keys = answer["keys"].as_array().unwrap();
    assert!(keys.len() == 3 && keys[0][1].as_f64() > keys[1][1].as_f64(), "{keys:?}");
    let chord = &answer["chords"][2];
    assert_eq!(fields(chord), ["function", "key", "label", "notes", "roman", "symbol"]);
    assert_eq!((&chord["roman"], &chord["function"]), (&json("\"V7\""), &json("\"dominant\"")));
    assert_eq!(strings(&chord["notes"]), "E G# B D");
    let given = json(&place.done(&["harmony", "progression", "Am Dm", "--key", "C", "--json"]).out);
    assert_eq!((&given["keys"], &given["chords"][0]["roman"]), (&json("[]"), &json("\"vi\"")));
}

#[test]
fn a_progression_is_saved_and_its_faults_are_told() {
    let place = Place::new();
    place.done(&["harmony", "progression", "I V vi IV", "--key", "C", "-o", "loop.mid"]);
    assert!(common::begins(&place.path("loop.mid"), b"MThd"));
    let song = kmidi::io::smf::read(place.path("loop.mid"));
    assert!(song.is_ok(), "{:?}", song.err());
    for (args, code, words) in [
        (&["I V vi IV"][..], 2, "I is a Roman numeral and needs a key"),
        (&["I V nope IV", "--key", "C"], 4, "\n  I V nope IV\n      ^"),
        (&["C G Z"], 4, "\n  C G Z\n      ^"),
        (&["C", "V"], 4, "V needs a key"),
        (&["C | H: V"], 4, "\n  C | H: V\n      ^"),
        (&["|"], 4, "expected chords"),
        (&["C", "-o", "-"], 2, "only --json"),
        (&["C", "-o", "absent/a.mid"], 4, "no folder"),
        (&[], 2, "CHORDS"),
    ] {
        let ran = place.fails(&[&["harmony", "progression"], args].concat(), code, words);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
    assert_eq!(place.names("."), ["loop.mid"]);
}

#[test]
fn help_shows_examples_and_the_shell_knows_the_verbs() {
    let place = Place::new();
    for question in ["name", "parse", "progression", "voice", "suggest"] {
        let help = place.done(&["harmony", question, "--help"]).out;
        assert!(
            help.contains(&format!("Usage: kmidi harmony {question}")) && help.contains("Examples:"),
            "{help}"
        );
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        assert!(
            place.done(&["completions", "bash"]).out.contains(&format!("harmony__subcmd__{question}")),
            "{question}"
        );
        assert!(place.done(&["man"]).out.contains(&format!(".TH kmidi-harmony-{question} 1")), "{question}");
    }
}
