//! `kmidi harmony voice`: voice leading as a user sees it and as programs read it.

mod common;

use common::{Place, fields};
use kmidi::music::notation::{notes, symbol};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn strings(value: &Value) -> String {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn voices_are_a_grid_with_their_cost() {
    let place = Place::new();
    let out = place.done(&["harmony", "voice", "C Am F G7 C", "--key", "C", "-o", "voices.mid"]).out;
    for name in ["soprano", "alto", "tenor", "bass", "moves", "cost", "kept", "broken"] {
        assert!(out.lines().any(|line| line.trim_start().starts_with(name)), "{name}: {out}");
    }
    assert!(
        out.starts_with("C major   chorale, 4 voices\n") && out.contains(" semitones: movement "),
        "{out}"
    );
    assert!(common::begins(&place.path("voices.mid"), b"MThd"));
    let long = place.done(&["harmony", "voice", &"Cmaj7 Am7 Dm7 G7 ".repeat(10)]).out;
    assert!(
        long.lines().all(|line| line.chars().count() <= 80) && long.matches("soprano").count() > 2,
        "{long}"
    );

    let answer = json(&place.done(&["harmony", "voice", "C Am F G7 C", "--json"]).out);
    assert_eq!(fields(&answer), ["chords", "cost", "key", "schema", "style", "terms", "voices"]);
    let chords = answer["chords"].as_array().unwrap();
    assert_eq!(fields(&chords[0]), ["cost", "label", "midi", "notes", "roman", "symbol", "terms"]);
    let sum = |terms: &Value| terms.as_array().unwrap().iter().map(|t| t[1].as_f64().unwrap()).sum::<f64>();
    for chord in chords {
        assert!((sum(&chord["terms"]) - chord["cost"].as_f64().unwrap()).abs() < 1e-9, "{chord}");
        let midi: Vec<u64> = chord["midi"].as_array().unwrap().iter().map(|p| p.as_u64().unwrap()).collect();
        assert!(midi.len() == 4 && midi.is_sorted(), "{chord}");
        let spelled = notes::read(&strings(&chord["notes"])).unwrap();
        assert!(spelled.iter().map(|&p| u64::from(p)).eq(midi.iter().copied()), "{chord}");
        let set = midi.iter().fold(0_u16, |bits, p| bits | 1 << (p % 12));
        let meant = symbol::parse(chord["symbol"].as_str().unwrap()).unwrap();
        assert_eq!(set & !meant.pitch_classes().bits(), 0, "{chord}");
        assert_eq!(midi[0] % 12, u64::from(meant.bass.pitch_class().value()), "{chord}");
    }
    let whole: f64 = chords.iter().map(|chord| chord["cost"].as_f64().unwrap()).sum();
    assert!((whole - answer["cost"].as_f64().unwrap()).abs() < 1e-9);
}

#[test]
fn rules_are_switched_and_what_is_impossible_is_told() {
    let place = Place::new();
    let cost = |args: &[&str]| {
        let all = [&["harmony", "voice", "C Am F G7 C", "--json"], args].concat();
        json(&place.done(&all).out)["cost"].as_f64().unwrap()
    };
    let strict = cost(&[]);
    assert!(cost(&["--allow", "parallels,fifth,hidden"]) < strict);
    assert!(cost(&["--allow", "parallel-fifths,parallel-octaves,fifth,hidden"]) < strict);
    assert!(cost(&["--forbid", "parallels"]) >= strict);
    assert!(cost(&["--forbid", "fifth"]) >= strict);
    assert!(cost(&["--max-leap", "12"]) <= strict);
    let out = place.done(&["harmony", "voice", "C G", "--allow", "fifth,seventh", "--voices", "5"]).out;
    assert!(out.contains("5 voices") && out.contains("off     fifth, seventh"), "{out}");
    for (args, code, words) in [
        (&["C G", "--max-leap", "1"][..], 4, "chord 2 (G): no voicing keeps the rules; --allow leap"),
        (&["C X7"], 4, "\n  C X7\n    ^"),
        (&["V I"], 2, "V is a Roman numeral and needs a key"),
        (&["C", "--voices", "7"], 2, "2..=6"),
        (&["C", "--allow", "singing"], 2, "use one of bass, crossing"),
        (&["C", "--style", "polka"], 2, "possible values: chorale, keyboard"),
        (&["C", "-o", "-"], 2, "only --json"),
    ] {
        let ran = place.fails(&[&["harmony", "voice"], args].concat(), code, words);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
    assert!(place.names(".").is_empty());
}
