//! `kmidi emotion`: words to numbers, for people and for programs.

mod common;

use common::{Place, fields};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_description_is_a_page() {
    let place = Place::new();
    let out = place.done(&["emotion", "not very sad, rainy, then joyfully Triumphant"]).out;
    let expected = "\
not very sad, rainy, then joyfully Triumphant

  valence     0.55  unpleasant ──────────┼─────●──── pleasant
  arousal     0.37        calm ──────────┼───●────── excited
  dominance   0.44   powerless ──────────┼───●────── in control
  quadrant       1  pleasant and excited
";
    assert!(out.starts_with(expected), "{out}");
    for words in ["sad × 1.3, denied: expectant", "joyfully = joyful; Triumphant", "not understood: rainy"] {
        assert!(out.contains(words), "{words}: {out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn programs_get_json() {
    let place = Place::new();
    let answer = json(&place.done(&["emotion", "calm,", "then", "Ünder not happy", "--json"]).out);
    assert_eq!(
        fields(&answer),
        ["arousal", "dominance", "names", "quadrant", "schema", "stages", "text", "unknown", "valence"]
    );
    assert_eq!(answer["schema"], "kmidi.emotion/1");
    let stages = answer["stages"].as_array().unwrap();
    assert_eq!(stages.iter().map(|s| s["place"].as_f64().unwrap()).collect::<Vec<_>>(), [0.0, 1.0]);
    assert_eq!(stages[0]["names"][0], json("[\"calm\",1.0]"));
    assert_eq!((&stages[0]["valence"], &stages[0]["quadrant"]), (&json("0.62"), &json("4")));
    let word = &stages[1]["words"][0];
    assert_eq!(fields(word), ["at", "denied", "name", "strength", "text", "word"]);
    assert_eq!(
        (&word["word"], &word["denied"], &word["at"]),
        (&json("\"happy\""), &json("true"), &json("21"))
    );
    assert_eq!(
        (&answer["unknown"][0]["text"], &answer["unknown"][0]["at"]),
        (&json("\"Ünder\""), &json("11"))
    );
    let mean = (stages[0]["valence"].as_f64().unwrap() + stages[1]["valence"].as_f64().unwrap()) / 2.0;
    assert!((answer["valence"].as_f64().unwrap() - mean).abs() < 1e-3);
    assert_eq!(answer["names"].as_array().unwrap().len(), 5);
}

#[test]
fn what_is_not_understood_is_told() {
    let place = Place::new();
    for (args, code, words) in [
        (&["hapy"][..], 4, "did you mean one of happy"),
        (&["bittersweet, then xyzzy"], 4, "\n  bittersweet, then xyzzy\n                    ^"),
        (&["bittersweet, then xyzzy"], 4, "nothing understood in stage 2: xyzzy; did you mean"),
        (&["42"], 4, "expected words for a feeling"),
        (&[""], 4, "expected words for a feeling"),
        (&[], 2, "TEXT"),
        (&["calm", "--list"], 2, "cannot be used with"),
    ] {
        let ran = place.fails(&[&["emotion"], args].concat(), code, words);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
}

#[test]
fn the_vocabulary_is_listed() {
    let place = Place::new();
    let out = place.done(&["emotion", "--list"]).out;
    let families: Vec<&str> = out.lines().filter(|l| !l.is_empty() && !l.starts_with(' ')).collect();
    assert_eq!(families, ["joy", "serenity", "wonder", "sadness", "anger", "fear"]);
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let listed = json(&place.done(&["emotion", "--list", "--json"]).out);
    let words = listed["words"].as_array().unwrap();
    assert!(words.len() >= 216);
    assert_eq!(fields(&words[0]), ["arousal", "dominance", "family", "kind", "name", "valence"]);
    for word in words {
        assert!(out.contains(word["name"].as_str().unwrap()), "{word}");
    }
}

#[test]
fn help_has_examples() {
    let place = Place::new();
    let help = place.done(&["emotion", "--help"]).out;
    assert!(help.contains("Examples:") && help.contains("--list"), "{help}");
    assert!(place.done(&["completions", "zsh"]).out.contains("emotion"));
}
