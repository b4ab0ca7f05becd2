//! `kmidi eval audio`.

mod common;

use common::{Place, fields};
use serde_json::{Value, json};

/// Two songs with the analysis of the whole piece as their truth, and a third truth without sound.
fn with_truth() -> Place {
    let place = Place::new();
    for (name, seed) in [("S01_one", "1"), ("S02_two", "2")] {
        let wav = format!("set/{name}.wav");
        std::fs::create_dir_all(place.path("set")).unwrap();
        place.done(&["compose", "happy", "--tempo", "100", "--bars", "8", "--seed", seed, "--wav", &wav]);
        let answer: Value = serde_json::from_str(&place.done(&["analyze", &wav, "--json", "-"]).out).unwrap();
        let chords = answer["chords"].as_array().unwrap();
        // In truth a bass is a degree; without it the chord is the same to all figures but inversions.
        let label = |c: &Value| c["label"].as_str().unwrap().split('/').next().unwrap().to_owned();
        let chords: Vec<Value> = chords.iter().map(|c| json!([c["start"], c["end"], label(c)])).collect();
        let truth = json!({
            "id": name, "set": "S", "end": answer["duration"], "onsets": answer["onsets"], "beats": answer["beats"],
            "downbeats": answer["downbeats"], "meter": 4, "tempo": answer["tempo"]["bpm"], "tempo_exact": true, "chords": chords,
        });
        place.write(&format!("set/{name}.json"), truth.to_string().as_bytes());
    }
    place.write("set/S03_mute.json", br#"{"id":"S03_mute","set":"S","end":1}"#);
    place
}

#[test]
fn figures_baselines_and_predictions() {
    let place = with_truth();
    let ran = place.done(&["eval", "audio", "set", "--json", "figures.json", "--predictions", "told.jsonl"]);
    assert!(ran.out.contains("onset") && ran.out.contains("metronome-120"), "{}", ran.out);
    assert!(ran.err.contains("truths without anything to hear were not asked: 1"), "{}", ran.err);
    let figures = place.json("figures.json");
    assert_eq!(fields(&figures), ["baselines", "calibration", "file", "items", "metrics", "schema", "task"]);
    assert_eq!(
        (&figures["schema"], &figures["task"], &figures["items"]),
        (&"kmidi.eval/1".into(), &"audio".into(), &2.into())
    );
    // The truth is the answer itself, so that every figure must be perfect; a metronome's are not.
    for metric in ["onset_f50", "beat_f", "downbeat_f", "tempo_acc1", "chord_majmin", "chord_seg"] {
        assert_eq!(figures["metrics"][metric], 1.0, "{metric}");
        assert!(figures["baselines"]["metronome-120"][metric].as_f64().is_some_and(|x| x < 1.0), "{metric}");
    }
    let told = String::from_utf8(place.read("told.jsonl")).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.iter().map(|line| &line["id"]).collect::<Vec<_>>(), ["S01_one", "S02_two"]);
    assert_eq!(told[0]["answer"]["source"], "engine");

    let ran = place.done(&["eval", "audio", "set", "--causal", "--limit", "1", "--json", "-"]);
    let live: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(live["items"], 1);
    assert!(live["metrics"]["onset_known_median_ms"].as_f64().is_some_and(f64::is_finite), "{live}");
}

#[test]
fn notes_are_heard_in_place_of_sound_where_that_is_asked() {
    let place = with_truth();
    place.fails(&["eval", "audio", "set", "--midi"], 4, "has its NAME.mid beside it");
    place.done(&["compose", "happy", "--bars", "12", "-o", "set/S01_one.mid"]);
    let ran = place.done(&["eval", "audio", "set", "--midi", "--causal", "--json", "-"]);
    let heard: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(heard["items"], 1);
    assert!(
        heard["metrics"]["meter"].is_f64() && heard["metrics"]["tempo_flips_a_minute"].is_f64(),
        "{heard}"
    );
    place.fails(&["eval", "audio", "set", "--midi", "--causal", "--min", "tempo_flips_a_minute=-1"], 1, "");
}

#[test]
fn a_figure_that_falls_below_its_bound_is_one() {
    let place = with_truth();
    let eval = ["eval", "audio", "set", "--min"];
    let ran = place.done(&[&eval[..], &["onset_f50=0.99", "--min", "beat_f=1"]].concat());
    assert!(ran.out.contains("held: onset_f50 is 1.0000, must be at least 0.99"), "{}", ran.out);
    place.fails(
        &[&eval[..], &["beat_f=1", "--min", "onset_f50=1.01"]].concat(),
        1,
        "fallen: onset_f50 is 1.0000, must be at least 1.01",
    );
    place.fails(
        &[&eval[..], &["chord_majmn=1"]].concat(),
        2,
        "there is no figure \"chord_majmn\" here; there are beat_amlt",
    );
}

#[test]
fn folders_without_sound_or_with_bad_truth_are_four() {
    let place = with_truth();
    place.write("mute/S03_mute.json", &place.read("set/S03_mute.json"));
    place.fails(
        &["eval", "audio", "mute"],
        4,
        "mute: none of its truths (NAME.json, 1 found) has its NAME.wav",
    );
    place.fails(&["eval", "audio", "nowhere"], 4, "nowhere: cannot read");
    place.write("bare/x.wav", &place.read("set/S01_one.wav"));
    place.fails(&["eval", "audio", "bare"], 4, "bare: no truth");
    place.write("set/S02_two.json", b"{\"id\":");
    place.fails(&["eval", "audio", "set", "--json", "figures.json"], 4, "set/S02_two.json: ");
    assert!(!place.path("figures.json").exists());
}
