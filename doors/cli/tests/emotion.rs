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

/// Two clips as lines: a fast loud one in major, and a slow soft one in minor, with these quadrants as their truth.
fn clips(quadrants: [u8; 2]) -> String {
    let clip = |n: usize| {
        let (third, rate, velocity) = [(4, 5.0, 95), (3, 0.8, 40)][n];
        let notes: Vec<_> = (0..60)
            .map(|k| {
                (f64::from(k / 3) / rate, 0.8 / rate, 60 + [0, third, 7][k as usize % 3], velocity + k % 3)
            })
            .collect();
        let side = |high: bool| if high { 1 } else { -1 };
        let q = quadrants[n];
        serde_json::json!({
            "id": format!("clip/{n}"), "group": format!("song/{n}"), "notes": notes, "quadrant": q,
            "valence": side(q == 1 || q == 4), "arousal": side(q < 3),
        })
    };
    (0..2).map(|n| clip(n).to_string() + "\n").collect()
}

#[test]
fn what_notes_and_texts_express_is_scored() {
    let place = Place::new();
    place.write("right.jsonl", clips([1, 3]).as_bytes());
    place.write("wrong.jsonl", clips([3, 1]).as_bytes());
    let out = place.done(&["eval", "emotion-midi", "right.jsonl", "--json", "-", "--min", "quadrant=1"]).out;
    let figures = json(&out);
    assert_eq!((&figures["task"], &figures["items"]), (&"emotion-midi".into(), &2.into()));
    assert_eq!(
        (&figures["metrics"]["quadrant"], &figures["metrics"]["valence_r"]),
        (&1.0.into(), &1.0.into())
    );
    place.fails(&["eval", "emotion-midi", "wrong.jsonl", "--min", "quadrant=0.5"], 1, "quadrant is 0.0000");
    place.fails(
        &["eval", "emotion-midi", "right.jsonl", "--weights", "nonesuch"],
        4,
        "emotion-nonesuch: no such weights",
    );

    let text = |text: &str, valence: f32| {
        let record =
            serde_json::json!({"id": text, "text": text, "valence": valence, "arousal": 0, "dominance": 0});
        record.to_string() + "\n"
    };
    let texts = |sign: f32| {
        text("The bomb killed many people.", -sign) + &text("A wonderful holiday with friends!", sign)
    };
    place.write("texts.jsonl", texts(1.0).as_bytes());
    place.write("turned.jsonl", texts(-1.0).as_bytes());
    place.done(&["eval", "emotion-text", "texts.jsonl", "--min", "valence_r=0.99"]);
    place.fails(&["eval", "emotion-text", "turned.jsonl", "--min", "valence_r=0"], 1, "valence_r is -1.0000");
    place.fails(&["eval", "emotion-text", "right.jsonl"], 4, "line 1: missing field `text`");
}

#[test]
fn a_description_without_a_named_feeling_is_told_as_a_whole() {
    let place = Place::new();
    let answer = json(&place.done(&["emotion", "a funeral in the rain, then calm", "--json"]).out);
    assert_eq!(answer["stages"][0]["text"], "a funeral in the rain");
    assert_eq!(
        (answer["stages"][0]["words"].as_array().map(Vec::len), answer["unknown"].as_array().map(Vec::len)),
        (Some(0), Some(0))
    );
    assert!(answer["stages"][0]["valence"].as_f64().is_some_and(|valence| valence < -0.3));
    assert!(
        place.done(&["emotion", "a funeral in the rain"]).out.contains("a funeral in the rain (as a whole)")
    );
    let of = |words: &str| json(&place.done(&["compose", words, "--bars", "4", "--json", "-"]).out);
    assert_ne!(of("a funeral in the rain"), of("we won the championship"));
}

#[test]
fn what_sound_expresses_is_scored_and_its_frames_are_written() {
    let place = Place::new();
    // Two clips of sixty frames, in every second of which everything begins anew.
    let byte =
        |frame: usize, band: usize| if frame.is_multiple_of(2) && band.is_multiple_of(5) { 230 } else { 120 };
    let frames: Vec<u8> = (0..120 * 128).map(|n| byte(n / 128, n % 128)).collect();
    let index = |quadrants: [u8; 2]| {
        let side = |high: bool| if high { 1 } else { -1 };
        let row = |n: usize| {
            let q = quadrants[n];
            format!("c/{n},{},60,song/{n},{q},{},{}\n", n * 60, side(q == 1 || q == 4), side(q < 3))
        };
        format!("id,offset_frames,n_frames,group,quadrant,valence,arousal\n{}{}", row(0), row(1))
    };
    for (name, quadrants) in [("right", [1, 1]), ("wrong", [3, 3])] {
        place.write(&format!("{name}.u8"), &frames);
        place.write(&format!("{name}.index.csv"), index(quadrants).as_bytes());
    }
    let out = place.done(&["eval", "emotion-audio", "right.u8", "--json", "-", "--min", "arousal_acc=1"]).out;
    let figures = json(&out);
    assert_eq!((&figures["task"], &figures["items"]), (&"emotion-audio".into(), &2.into()));
    assert!(figures["ece"].as_f64().is_some_and(|error| (0.0..=1.0).contains(&error)), "{out}");
    place.fails(
        &["eval", "emotion-audio", "wrong.index.csv", "--min", "arousal_acc=0.5"],
        1,
        "arousal_acc is 0.0000",
    );
    place.fails(&["eval", "emotion-audio", "nonesuch.u8"], 4, "nonesuch.u8.gz");
    let weights = ["eval", "emotion-audio", "right.u8", "--weights", "nonesuch"];
    place.fails(&weights, 4, "emotion-sound-nonesuch: no such weights");
    place.done(&["features", "right.u8", "--task", "emotion-audio", "-o", "columns"]);
    place.done(&["compose", "calm", "--bars", "4", "-o", "a.mid", "--wav", "a.wav"]);
    place.done(&["features", "a.wav", "--task", "emotion-audio", "-o", "sound"]);
    let rows = |name: &str| (place.read(name).len() - 128) / 512;
    assert_eq!(rows("columns/mel.npy"), 120);
    assert!(rows("sound/mel.npy") > 60);
}
