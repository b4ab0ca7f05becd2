//! The evaluation against `score_audio.py` itself, on perturbed truths of `../shared/eval/audio`.
//!
//! Runs where that folder is, and where a Python with mir_eval and numpy is: `KMIDI_PYTHON`, or `python3` on the path.
//! Else it says that it was skipped, and only checks what needs no Python.

mod eval_checks;

use eval_checks::{largest_difference, read, root, score_folder, truths};
use kmidi_studio::eval::audio::{Answer, Chord, Key, Meter, Tempo, aggregate, score};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Labels that a truth may hold.
const VALID: [&str; 22] = [
    "C:maj6(9)",
    "D:min7/b3",
    "Bb:sus4(b7)",
    "N",
    "X",
    "C",
    "G:7",
    "F#:hdim7",
    "Eb:dim7",
    "C:9",
    "G:(3,5,b7)",
    "Db:min(*5)",
    "C:5",
    "E:aug",
    "Cb:maj",
    "A:min/5",
    "G:maj(#11)",
    "A:minmaj7",
    "F:13",
    "D:1",
    "B:maj(*1)/3",
    "E:maj7/7",
];

/// Labels that an answer may hold besides.
const FOREIGN: [&str; 14] = [
    "A:min7/C",
    "Bb:7sus4",
    "F:maj/A",
    "C:maj7(foo)",
    "",
    "nonsense",
    "C:",
    "H:maj",
    "G:7sus4/D",
    "E:min(maj7)",
    "C:aug7",
    "D:maj11",
    "C:maj\n",
    "Ç",
];

const KEYS: [&str; 12] = [
    "C:maj", "A:min", "G:maj", "Db:maj", "C#:min", "F#:maj", "Cb:maj", "D:dorian", "E:other", "X", "",
    "F:min",
];

/// Seeded choices.
struct Dice(ChaCha8Rng);

impl Dice {
    /// Between 0 and 1.
    fn share(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[(self.share() * list.len() as f64) as usize]
    }

    /// Times moved, dropped, doubled, made up, and at times in no order.
    fn blurred(&mut self, times: &[f64], end: f64) -> Vec<f64> {
        let (spread, lost, extra) =
            (self.pick(&[0.002, 0.03, 0.06, 0.1]), self.pick(&[0.0, 0.1, 0.4]), self.pick(&[0.0, 0.2]));
        let mut out = Vec::new();
        for &time in times {
            if !self.chance(lost) {
                out.push(time + self.within(-spread, spread));
            }
            if self.chance(extra) {
                out.push(self.within(-1.0, end + 2.0));
            }
            if self.chance(0.02) {
                out.extend(out.last().copied());
            }
        }
        if !self.chance(0.3) {
            out.sort_by(f64::total_cmp);
        }
        out
    }

    /// The beats at some metrical level.
    fn tapped(&mut self, beats: &[f64]) -> Vec<f64> {
        let between = beats.windows(2).map(|b| 0.5 * (b[0] + b[1]));
        let mut tapped: Vec<f64> = match self.pick(&[0, 0, 0, 1, 2, 3]) {
            0 => beats.to_vec(),
            1 => beats.iter().step_by(2).copied().collect(),
            2 => between.collect(),
            _ => beats.iter().copied().chain(between).collect(),
        };
        tapped.sort_by(f64::total_cmp);
        tapped
    }

    fn label(&mut self, truth: &str) -> String {
        match self.pick(&[0, 0, 0, 1, 2]) {
            0 => truth.to_owned(),
            1 => self.pick(&VALID).to_owned(),
            _ => self.pick(&FOREIGN).to_owned(),
        }
    }

    /// Chords with moved boundaries, gaps, overlaps, splits and other labels; with `causal` the time when each was known.
    fn chords(&mut self, truth: &Value, causal: bool) -> Vec<Value> {
        let mut out = Vec::new();
        for row in truth.as_array().into_iter().flatten() {
            let (start, end) = (row[0].as_f64().unwrap(), row[1].as_f64().unwrap());
            if self.chance(0.1) {
                continue;
            }
            let spread = self.pick(&[0.0, 0.05, 0.5]);
            let cuts = [
                start + self.within(-spread, spread),
                self.within(start, end),
                end + self.within(-spread, spread),
            ];
            let pieces = if self.chance(0.2) {
                vec![(cuts[0], cuts[1]), (cuts[1], cuts[2])]
            } else {
                vec![(cuts[0], cuts[2])]
            };
            for (start, end) in pieces {
                let mut chord =
                    json!({"start": start, "end": end, "label": self.label(row[2].as_str().unwrap())});
                if causal {
                    chord["known"] = json!(start + self.within(-0.1, 0.9));
                }
                out.push(chord);
            }
        }
        out
    }

    /// A wrong answer in the schema of `kmidi analyze --json`.
    fn answer(&mut self, truth: &Value, causal: bool) -> Value {
        let list =
            |name: &str| -> Vec<f64> { serde_json::from_value(truth[name].clone()).unwrap_or_default() };
        let end = truth["end"].as_f64().unwrap();
        let onsets = self.blurred(&list("onsets"), end);
        let tapped = self.tapped(&list("beats"));
        let beats = self.blurred(&tapped, end);
        let factor = self.pick(&[1.0, 1.0, 2.0, 0.5, 3.0, 1.0 / 3.0, 1.03, 1.05, 0.9, 0.0]);
        let key = match truth["key"].as_str().filter(|_| self.chance(0.5)) {
            Some(key) => key.replace(" major", ":maj").replace(" minor", ":min"),
            None => self.pick(&KEYS).to_owned(),
        };
        let mut answer = json!({
            "schema": "kmidi.analysis/1",
            "downbeats": self.blurred(&list("downbeats"), end),
            "tempo": {"bpm": factor * truth["tempo"].as_f64().unwrap()},
            "key": {"label": key},
            "chords": self.chords(&truth["chords"], causal),
            "swing": {"percent": self.within(40.0, 75.0)},
        });
        if causal {
            let mut late =
                |times: &[f64]| times.iter().map(|t| t + self.within(-0.2, 0.3)).collect::<Vec<_>>();
            answer["onsets_known"] = json!(late(&onsets));
            answer["beats_known"] = json!(late(&beats));
        }
        (answer["onsets"], answer["beats"]) = (json!(onsets), json!(beats));
        for name in ["downbeats", "tempo", "key", "swing"] {
            if self.chance(0.05) {
                answer[name] = Value::Null;
            }
        }
        answer
    }
}

fn shared() -> Option<PathBuf> {
    let folder = root().join("../shared/eval");
    let there = folder.join("audio").is_dir();
    if !there {
        println!("skipped: there is no ../shared/eval/audio");
    }
    there.then_some(folder)
}

fn python() -> Option<String> {
    let python = std::env::var("KMIDI_PYTHON").unwrap_or_else(|_| "python3".into());
    let works = Command::new(&python).args(["-c", "import mir_eval, numpy"]).output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        println!("skipped: {python} has no mir_eval and numpy; set KMIDI_PYTHON to one that has");
    }
    works.then_some(python)
}

/// Writes truths and answers of one round; each truth is a set of its own.
fn perturb(audio: &Path, folder: &Path, seed: u64, causal: bool) {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let mut names: Vec<PathBuf> = fs::read_dir(audio).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|e| e == "json"));
    names.sort();
    for side in ["truth", "answer"] {
        let _ = fs::remove_dir_all(folder.join(side));
        fs::create_dir_all(folder.join(side)).unwrap();
    }
    for path in names {
        let mut truth: Value = read(&path);
        truth["set"] = truth["id"].clone();
        for row in truth["chords"].as_array_mut().into_iter().flatten() {
            if seed % 2 == 1 && dice.chance(0.3) {
                row[2] = json!(dice.pick(&VALID));
            }
        }
        let name = path.file_name().unwrap();
        fs::write(folder.join("truth").join(name), truth.to_string()).unwrap();
        if dice.chance(0.97) || causal {
            fs::write(folder.join("answer").join(name), dice.answer(&truth, causal).to_string()).unwrap();
        }
    }
}

#[test]
fn figures_equal_those_of_the_script() {
    let (Some(shared), Some(python)) = (shared(), python()) else { return };
    let (mut largest, mut compared) = (0.0_f64, 0);
    for (seed, causal) in [(0, false), (1, false), (2, true), (3, true), (4, false), (5, true)] {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("eval-crosscheck-{seed}"));
        perturb(&shared.join("audio"), &folder, seed, causal);
        let (truth, answer, summary) =
            (folder.join("truth"), folder.join("answer"), folder.join("summary.json"));
        let script = Command::new(&python)
            .arg(shared.join("score_audio.py"))
            .args([&truth, &answer])
            .args(["--by-set", "--json"])
            .arg(&summary)
            .output()
            .unwrap();
        assert!(script.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&script.stderr));
        let report = score_folder(&truth, &answer);
        let (difference, figures) = largest_difference(&report, &read(&summary));
        assert!(difference < 1e-9, "seed {seed}: a figure differs by {difference}");
        (largest, compared) = (largest.max(difference), compared + figures);
        let printed = String::from_utf8(script.stdout).unwrap();
        let printed: Vec<&str> = printed.lines().filter(|line| !line.starts_with("missing:")).collect();
        assert_eq!(report.lines(), printed, "seed {seed}");
        assert_eq!(causal, report.group("live").is_some(), "seed {seed}");
    }
    println!("{compared} figures compared, largest difference {largest:e}");
    assert!(compared > 2000);
}

#[test]
fn the_truth_scores_one_and_a_metronome_less() {
    let Some(shared) = shared() else { return };
    let truths = truths(&shared.join("audio"));
    let perfect: Vec<_> = truths
        .iter()
        .map(|truth| {
            let chord = |c: &kmidi_studio::eval::audio::TrueChord| Chord {
                start: c.start,
                end: c.end,
                label: c.label.clone(),
                known: None,
                confidence: None,
            };
            let key = truth.key.as_ref().map(|k| k.replace(" major", ":maj").replace(" minor", ":min"));
            let answer = Answer {
                onsets: truth.onsets.clone(),
                beats: truth.beats.clone(),
                downbeats: truth.downbeats.clone(),
                tempo: Some(Tempo { bpm: truth.tempo, ..Tempo::default() }),
                meter: truth.meter.map(|numerator| Meter { numerator, denominator: 4 }),
                key: Some(Key { label: key }),
                chords: truth.chords.iter().map(chord).collect(),
                ..Answer::default()
            };
            score(truth, &answer).unwrap()
        })
        .collect();
    let metronome = kmidi_studio::eval::audio::baselines(&truths, false).unwrap();
    let metronome = metronome[0].1.metrics();
    for (metric, value) in aggregate(&perfect, false).metrics() {
        if metric != "swing_mae" {
            assert!((value.unwrap() - 1.0).abs() < 1e-12, "{metric} {value:?}");
            assert!(metronome[metric].unwrap() < 0.65, "{metric} {:?}", metronome[metric]);
        }
    }
}
