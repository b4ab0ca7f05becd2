//! Words for feelings: what is read, in which order, how strongly, and where it fails.

mod common;

use kmidi_music::emotion::{Word, read, words};
use std::collections::{HashMap, HashSet};

/// Stages as `name+name | name`.
fn check(text: &str, expected: &str) {
    let stages = read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let names: Vec<_> = stages.iter().map(|s| s.names().join("+")).collect();
    assert_eq!(names.join(" | "), expected, "{text}");
    for stage in stages.iter() {
        assert_eq!(&text[stage.at..stage.at + stage.text.len()], stage.text, "{text}");
    }
}

#[test]
fn stages_follow_in_time() {
    check("bittersweet, then hopeful", "bittersweet | hopeful");
    check("sad -> happy", "sad | happy");
    check("sad→happy", "sad | happy");
    check("sad => angry => calm", "sad | angry | calm");
    check("from anger to peace", "angry | peaceful");
    check("starts calm, ends triumphant", "calm | triumphant");
    check("It begins in grief and slowly turns into hope", "grieving | hopeful");
    check("anxious at first, finally serene", "anxious | serene");
    check("lonely before joyful", "lonely | joyful");
    check("a tender song, followed by rage", "tender | enraged");
    check("calm; then furious, then exhausted", "calm | furious | exhausted");
    check("a song to my happy friends", "happy");
    check("happy to", "happy");
    check("then, then, sad", "sad");
    check("Sad.", "sad");
}

#[test]
fn words_of_one_stage_are_averaged() {
    check("bittersweet hopeful", "bittersweet+hopeful");
    check("dark and angry but hopeful", "dark+angry+hopeful");
    let of = |text: &str| read(text).unwrap()[0].affect;
    let (a, b, both) = (of("sad"), of("calm"), of("sad calm"));
    assert!((both.valence - (a.valence + b.valence) / 2.0).abs() < 1e-6);
    assert!((both.arousal - (a.arousal + b.arousal) / 2.0).abs() < 1e-6);
}

#[test]
fn forms_of_a_word_are_read() {
    for (text, name) in [
        ("sadness", "sad"),
        ("joyfully", "joyful"),
        ("joy", "joyful"),
        ("grieving", "grieving"),
        ("grief", "grieving"),
        ("grieved", "grieving"),
        ("happiness", "happy"),
        ("happily", "happy"),
        ("happier", "happy"),
        ("happiest", "happy"),
        ("loneliness", "lonely"),
        ("serenity", "serene"),
        ("tranquility", "tranquil"),
        ("hostility", "hostile"),
        ("curiosity", "curious"),
        ("excitement", "excited"),
        ("contentment", "content"),
        ("exciting", "excited"),
        ("frustration", "frustrated"),
        ("confidence", "confident"),
        ("defiance", "defiant"),
        ("hope", "hopeful"),
        ("hopefulness", "hopeful"),
        ("peacefully", "peaceful"),
        ("Relaxing", "relaxed"),
        ("worrying", "worried"),
        ("nostalgia", "nostalgic"),
        ("playfulness", "playful"),
        ("gently", "gentle"),
        ("love", "loving"),
        ("in love", "loving"),
        ("at peace", "peaceful"),
        ("fed up", "exasperated"),
        ("on edge", "tense"),
        ("heart-broken", "heartbroken"),
        ("Bitter-sweet", "bittersweet"),
        ("panic", "panicked"),
        ("surprise", "surprised"),
        ("SOMBRE", "somber"),
        ("determination", "determined"),
        ("jealousy", "jealous"),
        ("embarrassment", "embarrassed"),
        ("humiliation", "humiliated"),
        ("melancholic", "melancholy"),
        ("restlessness", "restless"),
    ] {
        check(text, name);
    }
}

#[test]
fn strength_scales_and_negation_turns() {
    let valence = |text: &str| read(text).unwrap_or_else(|e| panic!("{text}: {e}"))[0].affect.valence;
    let rising =
        ["extremely sad", "very sad", "sad", "somewhat sad", "slightly sad", "not very sad", "not sad"];
    for pair in rising.windows(2) {
        assert!(valence(pair[0]) < valence(pair[1]), "{} < {}", pair[0], pair[1]);
    }
    for (text, positive) in [
        ("not sad", true),
        ("never happy", false),
        ("without fear", true),
        ("isn't happy", false),
        ("isn’t happy", false),
        ("unhappy", false),
        ("joyless", false),
        ("unafraid", true),
        ("not unhappy", true),
        ("neither sad nor angry", true),
        ("not sad or angry", true),
        ("not only sad", false),
        ("no drums, happy", true),
        ("a little happy", true),
    ] {
        assert_eq!(valence(text) > 0.0, positive, "{text}");
    }
    let arousal = |text: &str| read(text).unwrap()[0].affect.arousal;
    assert!(arousal("never calm") > 0.2 && arousal("very calm") < arousal("calm"));
}

#[test]
fn nothing_understood_points_and_suggests() {
    for (text, at, near) in [
        ("", 0, "calm"),
        ("   ", 3, "calm"),
        ("42", 2, "calm"),
        ("hapy", 0, "happy"),
        ("make it melancolic", 8, "melancholy"),
        ("the song, trumphant", 10, "triumphant"),
        ("a long playing number", 2, ""),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message.contains(near), "{text}: {error}");
        assert!(error.at == at || near.is_empty(), "{text}: {error}");
    }
}

#[test]
fn every_stage_that_stands_apart_must_be_understood() {
    for (text, at, said) in [
        ("bittersweet, then xyzzy", 18, "stage 2: xyzzy; did you mean"),
        ("calm, then sad, finally xyzzy the plugh", 24, "stage 3: xyzzy the plugh"),
        ("xyzzy -> happy", 0, "stage 1: xyzzy"),
        ("sad -> xyzzy to plugh -> happy", 7, "stage 2: xyzzy to plugh"),
        ("sad to happy, then xyzzy", 19, "stage 3: xyzzy"),
        ("calm, then tryumphant", 11, "triumphant"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.message.contains(said), "{text}: {error}");
    }
    // Words that carry no feeling are no stage, and weak turns need two feelings.
    check("then sad, and then", "sad");
    check("the song begins, then sad", "sad");
    check("sad until xyzzy", "sad");
}

#[test]
fn words_that_were_passed_over_are_told() {
    let unknown = |text: &str| {
        let reading = read(text).unwrap();
        for word in &reading.unknown {
            assert!(text[word.at..].starts_with(&word.text), "{text}");
            assert!((1..=4).contains(&word.near.len()), "{text}");
        }
        reading.unknown.iter().map(|u| u.text.clone()).collect::<Vec<_>>().join(" ")
    };
    for (text, words) in [
        ("a very sad song", ""),
        ("a rainy, sad Zürich", "rainy Zürich"),
        ("sad until xyzzy", "xyzzy"),
        ("no drums, not happy", "drums"),
        ("hapy and calm", "hapy"),
        ("It begins in grief and slowly turns into hope", ""),
    ] {
        assert_eq!(unknown(text), words, "{text}");
    }
    assert_eq!(read("hapy and calm").unwrap().unknown[0].near[0], "happy");
}

#[test]
fn each_word_tells_how_it_was_understood() {
    let text = "not very sad, joyfully calm, unafraid";
    let reading = read(text).unwrap();
    let words: Vec<_> =
        reading[0].words.iter().map(|w| (w.at, &*w.text, w.word, w.denied, w.strength)).collect();
    assert_eq!(
        words,
        [
            (9, "sad", "sad", true, 1.3),
            (14, "joyfully", "joyful", false, 1.0),
            (23, "calm", "calm", false, 1.0),
            (29, "unafraid", "afraid", true, 1.0),
        ]
    );
}

#[test]
fn the_vocabulary_is_a_tree_of_six_by_six_by_six_and_more() {
    let mut kinds: HashMap<(&str, &str), usize> = HashMap::new();
    for Word { family, kind, .. } in &words()[..216] {
        *kinds.entry((family, kind)).or_default() += 1;
    }
    assert!(kinds.len() == 36 && kinds.values().all(|&n| n == 6));
    assert_eq!(kinds.keys().map(|k| k.0).collect::<HashSet<_>>().len(), 6);
    assert_eq!(words().iter().map(|w| w.name).collect::<HashSet<_>>().len(), words().len(), "a name twice");
    for word in words() {
        let a = word.affect;
        assert!([a.valence, a.arousal, a.dominance].iter().all(|x| x.abs() <= 1.0), "{}", word.name);
        assert!(kinds.contains_key(&(word.family, word.kind)), "{}", word.name);
        assert_eq!(read(word.name).unwrap()[0].names(), [word.name], "a name reads as itself");
    }
}

#[test]
fn agreement_with_ratings() {
    let mut pairs: Vec<[f64; 6]> = Vec::new();
    for record in common::records("emotion_text/warriner") {
        if let Some(word) = words().iter().find(|w| record["word"] == w.name) {
            let rated = |field: &str| record[field].as_f64().unwrap();
            let a = word.affect;
            pairs.push([
                f64::from(a.valence),
                rated("valence"),
                f64::from(a.arousal),
                rated("arousal"),
                f64::from(a.dominance),
                rated("dominance"),
            ]);
        }
    }
    if pairs.is_empty() {
        return;
    }
    let r = |x: usize, y: usize| {
        let n = pairs.len() as f64;
        let mean = |i: usize| pairs.iter().map(|p| p[i]).sum::<f64>() / n;
        let (mx, my) = (mean(x), mean(y));
        let sum = |i: usize, mi: f64, j: usize, mj: f64| {
            pairs.iter().map(|p| (p[i] - mi) * (p[j] - mj)).sum::<f64>()
        };
        sum(x, mx, y, my) / (sum(x, mx, x, mx) * sum(y, my, y, my)).sqrt()
    };
    let (v, a, d) = (r(0, 1), r(2, 3), r(4, 5));
    println!("{} words in common: r valence {v:.3}, arousal {a:.3}, dominance {d:.3}", pairs.len());
    assert!(v >= 0.92 && a >= 0.75, "r valence {v:.3}, arousal {a:.3}");
}

#[test]
fn random_text_never_panics() {
    let pieces = [
        "not ", "very ", "sad", "ness", "ly", " ", ",", "->", "→", "é", "'", "to ", "then ", "un", "less",
        "🎵", "İ",
    ];
    let mut random = common::Random(1);
    for _ in 0..3_000 {
        let text = random.text(&pieces, 14);
        if let Ok(stages) = read(&text) {
            assert!(stages.iter().all(|s| s.affect.valence.is_finite() && text[s.at..].starts_with(&s.text)));
        }
    }
}

#[test]
fn names_that_are_spelled_alike_are_found() {
    use kmidi_music::emotion::nearest_names;
    let names = ["song", "bossa-nova", "jazz-swing", "rock", "disco"];
    let near = |word| nearest_names(word, names);
    assert_eq!(near("jaz"), ["jazz-swing"]);
    assert_eq!(near("Bosanova"), ["bossa-nova"]);
    assert_eq!((near("rok"), near("swign")), (vec!["rock"], vec!["jazz-swing"]));
    assert_eq!((near("polka"), near(""), near("x")), (vec![], vec![], vec![]));
}
