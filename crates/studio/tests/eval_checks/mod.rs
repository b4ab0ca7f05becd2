//! What the tests of the evaluation share: folders of truths and answers, and the comparison of two summaries.

use kmidi_studio::eval::audio::{Answer, Report, Truth, aggregate, score};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The JSON of `score_audio.py --json`: groups of figures.
pub(crate) type Summary = BTreeMap<String, BTreeMap<String, Option<f64>>>;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The JSON file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The truths of a folder, by name.
pub(crate) fn truths(folder: &Path) -> Vec<Truth> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

/// Our report on a folder of answers, by set.
pub(crate) fn score_folder(reference: &Path, estimate: &Path) -> Report {
    let scores: Vec<_> = truths(reference)
        .iter()
        .map(|truth| {
            let path = estimate.join(format!("{}.json", truth.id));
            let answer = if path.exists() { read(&path) } else { Answer::default() };
            score(truth, &answer).unwrap_or_else(|e| panic!("{}: {e}", truth.id))
        })
        .collect();
    aggregate(&scores, true)
}

/// The largest difference between our report and the recorded summary, and the number of figures compared. Both must
/// hold the same groups and the same figures.
pub(crate) fn largest_difference(report: &Report, expected: &Summary) -> (f64, usize) {
    let ours: Summary = serde_json::from_value(serde_json::to_value(report).unwrap()).unwrap();
    let names = |s: &Summary| -> Vec<String> {
        s.iter().flat_map(|(group, of)| of.keys().map(move |figure| format!("{group} {figure}"))).collect()
    };
    assert_eq!(names(&ours), names(expected));
    let pairs = ours.values().flat_map(|of| of.values()).zip(expected.values().flat_map(|of| of.values()));
    let (mut largest, mut figures) = (0.0_f64, 0);
    for (ours, expected) in pairs {
        figures += 1;
        match (ours, expected) {
            (Some(ours), Some(expected)) => largest = largest.max((ours - expected).abs()),
            (None, None) => {}
            _ => panic!("{ours:?} should be {expected:?}"),
        }
    }
    (largest, figures)
}
