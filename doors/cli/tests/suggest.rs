//! `kmidi harmony suggest`: what may come next, as a user sees it and as programs read it.

mod common;

use common::{Place, fields};
use serde_json::Value;

fn answer(place: &Place, args: &[&str]) -> Value {
    let ran = place.done(&[&["harmony", "suggest", "--json"], args].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.out))
}

fn romans(answer: &Value) -> Vec<&str> {
    answer["suggestions"].as_array().unwrap().iter().map(|s| s["roman"].as_str().unwrap()).collect()
}

#[test]
fn the_next_chord_is_suggested_with_reasons_that_add_up() {
    let place = Place::new();
    let told = answer(&place, &["Dm7 G7", "--key", "C"]);
    assert_eq!(fields(&told), ["after", "key", "keys", "schema", "suggestions"]);
    assert_eq!((told["schema"].as_str(), told["key"].as_str()), (Some("kmidi.harmony/1"), Some("C:maj")));
    assert_eq!((told["after"][1].as_str(), romans(&told)[0], romans(&told).len()), (Some("V7"), "I", 5));
    let mut last = f64::INFINITY;
    for suggestion in told["suggestions"].as_array().unwrap() {
        assert_eq!(fields(suggestion), ["label", "notes", "roman", "score", "symbol", "tension", "terms"]);
        let terms = suggestion["terms"].as_array().unwrap();
        let sum: f64 = terms.iter().map(|term| term[1].as_f64().unwrap()).sum();
        let score = suggestion["score"].as_f64().unwrap();
        assert!((sum - score).abs() < 1e-9 && score <= last + 1e-3, "{suggestion}");
        last = score;
        let names: Vec<_> = terms.iter().map(|term| term[0].as_str().unwrap()).collect();
        let expected =
            ["usual", "here", "function", "voice leading", "path", "cadence", "tension", "emotion fit"];
        assert_eq!(names, expected);
        // What is printed reads back as the same chord.
        let roman = suggestion["roman"].as_str().unwrap();
        let parsed = place.done(&["harmony", "parse", roman, "--key", "C", "--json"]).out;
        let parsed: Value = serde_json::from_str(&parsed).unwrap();
        assert_eq!(parsed["chords"][0]["label"], suggestion["label"], "{roman}");
    }
}

#[test]
fn suggestions_are_a_tidy_table() {
    let place = Place::new();
    let out = place.done(&["harmony", "suggest", "C Am F G7", "--count", "3"]).out;
    assert!(out.starts_with("C major   ") && out.contains("\n  after I vi IV V7\n"), "{out}");
    assert!(out.lines().any(|line| line.starts_with("  I ") && line.contains(" C E G ")), "{out}");
    assert_eq!(out.matches("usual -").count(), 3, "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let help = place.done(&["harmony", "suggest", "--help"]).out;
    assert!(help.contains("Examples:") && help.lines().all(|line| line.chars().count() <= 100), "{help}");
}

#[test]
fn wishes_and_keys_on_the_way_count() {
    let place = Place::new();
    let rank = |args: &[&str], roman: &str| {
        let told = answer(&place, &[&["C F", "--key", "C", "--count", "100"], args].concat());
        romans(&told).iter().position(|r| *r == roman).unwrap()
    };
    assert!(rank(&["--feeling", "very sad"], "iv") < rank(&[], "iv"));
    assert!(rank(&["--feeling", "very happy"], "iv") > rank(&["--feeling", "happy, then very sad"], "iv"));
    assert!(rank(&["--tension", "16"], "bII") < rank(&["--tension", "0"], "bII"));
    let told = answer(&place, &["C: I V7/V V G: I D7"]);
    assert_eq!((told["key"].as_str(), romans(&told)[0]), (Some("G:maj"), "I"));
    // An augmented sixth is written as it sounds.
    let told = answer(&place, &["Cm", "--key", "c", "--count", "100"]);
    let sixth = told["suggestions"].as_array().unwrap().iter().find(|s| s["roman"] == "Ger65").unwrap();
    assert_eq!(sixth["symbol"], "Ab7");
}

#[test]
fn what_cannot_be_read_is_told() {
    let place = Place::new();
    for (args, code, words) in [
        (&["C G Z"][..], 4, "\n  C G Z\n      ^"),
        (&["|"], 4, "expected chords"),
        (&["I IV"], 2, "I is a Roman numeral and needs a key"),
        (&["C", "--feeling", "xyzzy"], 4, "\n  xyzzy\n  ^"),
        (&["C", "--count", "0"], 2, "1..=100"),
        (&["C", "--tension", "41"], 2, "0..=40"),
        (&[], 2, "CHORDS"),
    ] {
        let ran = place.fails(&[&["harmony", "suggest"], args].concat(), code, words);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
}
