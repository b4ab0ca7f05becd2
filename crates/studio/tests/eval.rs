//! The evaluation against figures that another program recorded: `corpus/eval`, whose README says how.

mod eval_checks;

use eval_checks::{Summary, largest_difference, read, root, score_folder, truths};
use kmidi_studio::eval::audio::{Answer, Chord, Swing, Tempo, TrueChord, Truth, aggregate, baselines, score};
use kmidi_studio::eval::chord::Symbol;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

fn corpus() -> PathBuf {
    root().join("corpus/eval")
}

#[test]
fn figures_equal_the_recorded_ones() {
    for case in ["offline", "causal"] {
        let folder = corpus().join(case);
        let report = score_folder(&folder.join("reference"), &folder.join("estimate"));
        let expected: Summary = read(&folder.join("expected.json"));
        let (difference, figures) = largest_difference(&report, &expected);
        assert!(difference < 1e-9, "{case}: a figure differs by {difference}");
        assert!(figures > 60, "{case}: only {figures} figures were compared");
    }
}

#[test]
fn the_table_equals_the_recorded_one() {
    for case in ["offline", "causal"] {
        let folder = corpus().join(case);
        let report = score_folder(&folder.join("reference"), &folder.join("estimate"));
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let expected: Vec<&str> = expected.lines().filter(|line| !line.starts_with("missing:")).collect();
        assert_eq!(report.lines(), expected, "{case}");
    }
}

#[test]
fn chord_labels_encode_as_recorded() {
    let table = fs::read_to_string(corpus().join("labels.tsv")).unwrap();
    assert!(table.lines().count() > 200);
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let label: String = serde_json::from_str(columns[0]).unwrap();
        let expected = match (columns[1], columns[2]) {
            ("-1", "-1") => Symbol::Unknown,
            ("-1", _) => Symbol::NoChord,
            (root, semitones) => Symbol::Chord {
                root: root.parse().unwrap(),
                tones: semitones.split(' ').map(|s| 1 << s.parse::<u16>().unwrap()).sum(),
            },
        };
        assert_eq!(Symbol::closest(&label), expected, "{label:?}");
    }
}

#[test]
fn a_planted_fault_changes_its_own_figure() {
    let truth: Truth = read(&corpus().join("offline/reference/perfect.json"));
    let perfect: Answer = read(&corpus().join("offline/estimate/perfect.json"));
    let metrics = |answer: &Answer| aggregate(&[score(&truth, answer).unwrap()], false).metrics();
    let clean = metrics(&perfect);
    assert!(clean.values().all(|value| *value == Some(1.0)), "{clean:?}");

    type Fault = fn(&mut Answer);
    let faults: [(Fault, &[&str]); 6] = [
        (
            |a| a.onsets.iter_mut().for_each(|t| *t += 0.06),
            &["onset_f50", "onset_p50", "onset_r50", "onset_f25"],
        ),
        (
            |a| a.beats.iter_mut().for_each(|t| *t += 0.1),
            &["beat_f", "beat_cemgil", "beat_cmlt", "beat_amlt"],
        ),
        (|a| a.downbeats.iter_mut().for_each(|t| *t += 0.5), &["downbeat_f"]),
        (|a| a.tempo.iter_mut().for_each(|t| t.bpm = Some(90.0)), &["tempo_acc1", "tempo_acc2"]),
        (|a| a.key = None, &["key_weighted", "key_exact"]),
        (
            |a| a.chords.iter_mut().for_each(|c| (c.start, c.end) = (c.start + 1.0, c.end + 1.0)),
            &["chord_root", "chord_majmin", "chord_mirex", "chord_sevenths", "chord_tetrads", "chord_seg"],
        ),
    ];
    for (fault, lowered) in faults {
        let mut answer = perfect.clone();
        fault(&mut answer);
        let metrics = metrics(&answer);
        let changed: Vec<&str> = metrics.iter().filter(|(m, v)| clean[**m] != **v).map(|(m, _)| *m).collect();
        let mut lowered = lowered.to_vec();
        lowered.sort_unstable();
        assert_eq!(changed, lowered);
        assert!(changed.iter().all(|m| metrics[m] < clean[m]));
    }
}

#[test]
fn the_document_holds_metrics_and_a_baseline_on_the_same_items() {
    let folder = corpus().join("causal");
    let truths = truths(&folder.join("reference"));
    let report = score_folder(&folder.join("reference"), &folder.join("estimate"));
    let baselines = baselines(&truths, true).unwrap();
    let document = serde_json::to_value(report.document("causal", &baselines)).unwrap();
    assert_eq!((&document["schema"], &document["task"]), (&json!("kmidi.eval/1"), &json!("audio")));
    assert_eq!((&document["file"], &document["items"]), (&json!("causal"), &json!(3)));
    let metrics =
        |value: &Value| -> BTreeMap<String, Option<f64>> { serde_json::from_value(value.clone()).unwrap() };
    let (ours, simple) = (metrics(&document["metrics"]), metrics(&document["baselines"]["metronome-120"]));
    assert_eq!(ours["onset_f50"], report.group("onset/all").unwrap().get("onF"));
    assert_eq!(ours["chord_known_majmin"], report.group("chord_known").unwrap().get("ch_majmin"));
    assert_eq!(
        (simple["onset_f50"], simple["tempo_acc1"], simple["key_weighted"]),
        (Some(0.0), Some(1.0), Some(0.3))
    );
    assert!(simple.keys().all(|metric| ours.contains_key(metric)));

    let table = report.table(&baselines);
    let at = table.iter().position(|line| line.starts_with("tempo    all")).unwrap();
    assert_eq!(table[at + 1], "  metronome-120     acc1 1.000  acc2 1.000");
    assert!(table.iter().any(|line| line.starts_with("  metronome-120 median 0.0 ms")), "{table:?}");
    assert_eq!(table[at].find("acc1"), table[at + 1].find("acc1"), "the columns line up");
}

#[test]
fn live_lines_need_every_piece_to_say_what_was_known() {
    let folder = corpus().join("causal");
    let scores = |silent: &str| {
        let score = |truth: &Truth| {
            let answer = folder.join(format!("estimate/{}.json", truth.id));
            score(truth, &if truth.id == silent { Answer::default() } else { read(&answer) }).unwrap()
        };
        aggregate(&truths(&folder.join("reference")).iter().map(score).collect::<Vec<_>>(), false)
    };
    let lines =
        |silent| ["live", "beats_known", "chord_known"].map(|name| scores(silent).group(name).is_some());
    assert_eq!(lines("nobody"), [true, true, true]);
    assert_eq!(lines("toneless"), [false, true, true], "it has onsets, and no beats or chords to tell of");
    assert_eq!(lines("lost"), [false, true, false]);
}

#[test]
fn no_pieces_and_no_answers_are_defined() {
    let nothing = aggregate(&[], true);
    assert_eq!((nothing.pieces, nothing.groups.len(), nothing.lines().len()), (0, 0, 0));
    for truth in truths(&corpus().join("offline/reference")) {
        let scores = score(&truth, &Answer::default()).unwrap();
        let metrics = aggregate(&[scores], false).metrics();
        let silent = |metric: &str| !metric.starts_with("chord") && metric != "swing_mae";
        assert!(metrics.iter().filter(|(m, _)| silent(m)).all(|(_, v)| *v == Some(0.0)), "{metrics:?}");
    }
}

#[test]
fn what_is_no_number_is_an_error_that_names_the_list() {
    let truth: Truth =
        serde_json::from_str(r#"{"id":"a","set":"S","end":9.0,"onsets":[1.0],"beats":[6.0,7.0],"downbeats":[6.0],"chords":[[0,1,"C"]]}"#)
            .unwrap();
    let nan = vec![f64::NAN];
    let check = |answer: Answer, list: &str| {
        let error = score(&truth, &answer).unwrap_err().to_string();
        assert!(error.contains(list), "{error:?} should name {list}");
    };
    check(Answer { onsets: nan.clone(), ..Answer::default() }, "answer onsets");
    check(Answer { beats: nan.clone(), ..Answer::default() }, "answer beats");
    check(Answer { downbeats: nan.clone(), ..Answer::default() }, "answer downbeats");
    check(Answer { downbeats: vec![1e6], ..Answer::default() }, "answer downbeats");
    check(Answer { beats: vec![6.0], beats_known: nan.clone(), ..Answer::default() }, "answer beats_known");
    check(Answer { onsets: vec![6.0], onsets_known: nan, ..Answer::default() }, "answer onsets_known");
    let bad = Truth { end: f64::NAN, ..truth.clone() };
    assert!(score(&bad, &Answer::default()).is_err());
}

#[test]
fn no_number_and_no_label_panics() {
    const NUMBERS: [f64; 16] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        -0.0,
        0.0,
        1.0,
        5.0,
        5.5,
        6.0,
        7.0,
        29_999.0,
        1e9,
    ];
    const LABELS: [&str; 8] = ["C", "N", "X", "", "G:7/b7", "\u{1F3B5}:maj", "C:(", "C:maj(1,*1)/13"];
    let mut seed = 7_u64;
    let mut roll = |sides: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % sides
    };
    let mut scored = 0;
    for round in 0..20_000 {
        let kinds = if round % 2 == 0 { 16 } else { 8 }; // half of the rounds hold ordinary numbers alone
        let mut number = || NUMBERS[16 - kinds + roll(kinds)];
        let mut times = |count: usize| (0..count).map(|_| number()).collect::<Vec<_>>();
        let (lists, spans) = (times(40), times(12));
        let list = |at: usize| lists[at * 5..][..round / 5 % 6].to_vec();
        let label = |at: usize| LABELS[(round + at) % 8].to_owned();
        let true_chord = |start, end| TrueChord { start, end, label: LABELS[round % 5].to_owned() };
        let truth = Truth {
            id: "S01_pop".into(),
            end: spans[0],
            onsets: list(0),
            beats: list(1),
            downbeats: list(2),
            tempo: Some(spans[1]),
            tempo_exact: true,
            key: Some(label(0)),
            chords: vec![true_chord(spans[2], spans[3]), true_chord(6.0, 8.0)],
            ..Truth::default()
        };
        let chord = |at: usize| Chord {
            start: spans[at],
            end: spans[at + 1],
            label: label(at),
            known: Some(spans[at + 2]),
            confidence: Some(0.85),
        };
        let answer = Answer {
            onsets: list(3),
            onsets_known: list(4),
            beats: list(5),
            beats_known: list(6),
            downbeats: list(7),
            tempo: Some(Tempo { bpm: Some(spans[4]), ..Tempo::default() }),
            swing: Some(Swing { percent: Some(spans[5]) }),
            chords: vec![chord(6), chord(9)],
            ..Answer::default()
        };
        if let Ok(scores) = score(&truth, &answer) {
            scored += 1;
            let metrics = aggregate(&[scores], true).metrics();
            let unbounded =
                |metric: &str| metric == "swing_mae" || metric.ends_with("_ms") || metric.ends_with("_s");
            for (metric, value) in metrics.iter().filter(|(m, _)| !unbounded(m)) {
                assert!(
                    value.is_some_and(|v| (0.0..=1.0).contains(&v)),
                    "{metric} {value:?} {truth:?} {answer:?}"
                );
            }
        }
    }
    assert!((2_000..18_000).contains(&scored), "{scored} of the rounds were scored");
}
