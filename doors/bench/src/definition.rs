//! Definitions: what is timed, on what, and what it must answer. They are data: `benchmarks/definitions/*.toml`.

use crate::Stop;
use crate::input::Input;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::Path;

/// The definitions that come with the program.
const OURS: [(&str, &str); 7] = [
    ("harmony.toml", include_str!("../../../benchmarks/definitions/harmony.toml")),
    ("groove.toml", include_str!("../../../benchmarks/definitions/groove.toml")),
    ("block.toml", include_str!("../../../benchmarks/definitions/block.toml")),
    ("words.toml", include_str!("../../../benchmarks/definitions/words.toml")),
    ("perform.toml", include_str!("../../../benchmarks/definitions/perform.toml")),
    ("models.toml", include_str!("../../../benchmarks/definitions/models.toml")),
    ("worst.toml", include_str!("../../../benchmarks/definitions/worst.toml")),
];

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Called {
    /// The Harmony Engine, block by block.
    Harmony,
    /// The Groove Engine, block by block.
    Groove,
    /// Both engines, block by block.
    Block,
    /// Chords heard in context.
    Context,
    /// Suggestions for the next chord.
    Suggest,
    /// Voice leading of a chord.
    Voice,
    /// Notes moved onto a grid, block by block.
    Quantize,
    /// Notes moved as a groove template says, block by block.
    Template,
    /// Drum strokes told apart, block by block.
    Strokes,
    /// A step of the model that `model` names, on numbers that the call's number makes.
    Model,
    /// What a text feels like.
    Text,
    /// What 400 played notes feel like, by cues.
    Notes,
    /// What sound feels like: a block of 512 frames into mel frames and through the model.
    Sound,
}

impl Called {
    /// Whether a call takes a chord of the input.
    fn is_words(self) -> bool {
        matches!(self, Self::Context | Self::Suggest | Self::Voice)
    }

    /// Whether a call brings what it hears.
    fn is_alone(self) -> bool {
        matches!(self, Self::Model | Self::Text | Self::Notes | Self::Sound)
    }

    /// Whether a call is one audio block.
    pub(crate) fn is_block(self) -> bool {
        !self.is_words() && !self.is_alone()
    }
}

/// What a call may cost. Percentiles are of thread CPU time where the machine cannot prove a tail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// The mean stays below, in nanoseconds.
    #[serde(default, deserialize_with = "time", skip_serializing_if = "Option::is_none")]
    pub(crate) mean: Option<f64>,
    /// 99.9 of 100 calls stay below, in nanoseconds.
    #[serde(default, deserialize_with = "time", skip_serializing_if = "Option::is_none")]
    pub(crate) p999: Option<f64>,
    /// 99.9 of 100 calls stay below this share of the time that a block lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) p999_of_block: Option<f64>,
}

/// What must be answered. At least one of these: nothing is timed that is not checked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expect {
    /// The share of time in which the chord that is told is the one that is played, at least.
    pub(crate) chords: Option<f64>,
    /// The key told at the end, as a Harte label.
    pub(crate) key: Option<String>,
    /// The tempo told at the end, in beats a minute, within 4 %.
    pub(crate) tempo: Option<f64>,
    /// Onsets a second, within a tenth and one.
    pub(crate) onsets: Option<f64>,
    /// No onset, beat, chord or key is told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) nothing: bool,
    /// The answers, as a number in hexadecimal over all that was told.
    pub(crate) hash: Option<String>,
}

impl Expect {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One benchmark.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    /// `component/name`.
    pub(crate) name: String,
    /// One line for people.
    pub(crate) about: String,
    /// What is called.
    pub(crate) call: Called,
    /// How many calls the quick run times.
    #[serde(default = "quick")]
    pub(crate) quick: usize,
    /// How many calls a run of the component times.
    #[serde(default = "full")]
    pub(crate) full: usize,
    /// The model, where one is called.
    #[serde(default)]
    pub(crate) model: String,
    /// Its weights: those that ship, or others that lie in a folder of models. Without them the benchmark is left out.
    #[serde(default = "default_weights")]
    pub(crate) weights: String,
    /// What it may cost.
    pub(crate) budget: Budget,
    /// What it must answer.
    #[serde(default)]
    pub(crate) expect: Expect,
    /// What it hears.
    #[serde(default)]
    pub(crate) input: Input,
    /// The same at these block lengths: each becomes a benchmark of its own, `name@frames`.
    #[serde(default)]
    pub(crate) blocks: Vec<usize>,
    /// The same at these sample rates: each becomes a benchmark of its own, `name@rate`.
    #[serde(default)]
    pub(crate) rates: Vec<u32>,
}

fn default_weights() -> String {
    "default".to_owned()
}

fn quick() -> usize {
    4_000
}

/// Ten minutes of blocks of 512 frames at 48 kHz.
fn full() -> usize {
    56_250
}

impl Definition {
    /// What stands before the slash.
    pub(crate) fn component(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// How long a block lasts, in nanoseconds; 0 where a call is no block.
    pub(crate) fn block_ns(&self) -> f64 {
        if self.call.is_block() { self.input.block as f64 / f64::from(self.input.rate) * 1e9 } else { 0.0 }
    }

    fn check_name(&self) -> Result<(), String> {
        let named = self.name.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
        match named && !self.name.contains(|c: char| c.is_whitespace() || c == '@') {
            true => Ok(()),
            false => Err("a name is component/name, without spaces and @".into()),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.expect.is_empty() {
            return Err("a benchmark needs an expected result: give it `expect`".into());
        }
        if self.budget == Budget::default() {
            return Err("a benchmark needs a budget: give it `budget`".into());
        }
        if ![self.quick, self.full].iter().all(|calls| (1..=100_000_000).contains(calls)) {
            return Err("quick and full are numbers of calls from 1 to 100,000,000".into());
        }
        self.input.check()?;
        let heard = matches!(self.call, Called::Harmony | Called::Groove | Called::Block);
        let musical = self.expect.chords.is_some()
            || self.expect.key.is_some()
            || self.expect.tempo.is_some()
            || self.expect.onsets.is_some()
            || self.expect.nothing;
        if musical && !heard {
            return Err(format!("{:?} tells no chords, keys or beats: expect a hash", self.call));
        }
        let is_model = self.call == Called::Model;
        if is_model == self.model.is_empty() {
            return Err("model names what call = \"model\" calls, and nothing else".into());
        }
        let words = self.call.is_words();
        if self.input.chords.is_empty() && (self.expect.chords.is_some() || words) {
            return Err("chords are expected, but none are played".into());
        }
        Ok(())
    }

    /// This one, or one for each block length and rate it names.
    fn spread(self) -> Vec<Self> {
        let mut all = Vec::new();
        for &block in &self.blocks {
            let input = Input { block, ..self.input.clone() };
            all.push(Self { name: format!("{}@{block}", self.name), input, ..self.clone() });
        }
        for &rate in &self.rates {
            let input = Input { rate, ..self.input.clone() };
            all.push(Self { name: format!("{}@{rate}", self.name), input, ..self.clone() });
        }
        if all.is_empty() { vec![self] } else { all }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    benchmark: Vec<Definition>,
}

/// The definitions of one TOML text.
fn read(file_name: &str, text: &str) -> Result<Vec<Definition>, String> {
    let file: File = toml::from_str(text).map_err(|error| format!("{file_name}: {error}"))?;
    let mut all = Vec::new();
    for definition in file.benchmark {
        let wrong = |name: &str, reason: String| format!("{file_name}: {name}: {reason}");
        definition.check_name().map_err(|reason| wrong(&definition.name, reason))?;
        for one in definition.spread() {
            one.check().map_err(|reason| wrong(&one.name, reason))?;
            all.push(one);
        }
    }
    Ok(all)
}

/// The definitions of a folder of TOML files, else those that come with the program.
pub(crate) fn all(folder: Option<&Path>) -> Result<Vec<Definition>, Stop> {
    let mut all = Vec::new();
    match folder {
        None => {
            for (name, text) in OURS {
                all.extend(read(name, text).map_err(Stop::Internal)?);
            }
        }
        Some(folder) => {
            let unread = |error: std::io::Error| Stop::Input(format!("{}: {error}", folder.display()));
            let mut paths = Vec::new();
            for entry in std::fs::read_dir(folder).map_err(unread)? {
                paths.push(entry.map_err(unread)?.path());
            }
            paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
            paths.sort();
            for path in paths {
                let shown = path.display().to_string();
                let text =
                    std::fs::read_to_string(&path).map_err(|e| Stop::Input(format!("{shown}: {e}")))?;
                all.extend(read(&shown, &text).map_err(Stop::Input)?);
            }
            if all.is_empty() {
                return Err(Stop::Input(format!("{}: no definitions (*.toml) there", folder.display())));
            }
        }
    }
    let mut names: Vec<&str> = all.iter().map(|definition| definition.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Stop::Input(format!("{}: defined twice", pair[0]))),
        None => Ok(all),
    }
}

/// A time as a definition says it, or as a report does.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    /// In nanoseconds.
    Number(f64),
    Words(String),
}

/// "100 us", or a number, as nanoseconds.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let wrong =
        |text: &str| Err(serde::de::Error::custom(format!("{text} is no time above 0 such as \"100 us\"")));
    let ns = match Time::deserialize(from)? {
        Time::Number(ns) => ns,
        Time::Words(text) => {
            let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
            let factor = match unit {
                "ns" => 1.0,
                "us" | "µs" => 1e3,
                "ms" => 1e6,
                "s" => 1e9,
                _ => return wrong(&text),
            };
            match number.trim().parse::<f64>() {
                Ok(number) => number * factor,
                Err(_) => return wrong(&text),
            }
        }
    };
    if ns.is_finite() && ns > 0.0 { Ok(Some(ns)) } else { wrong(&ns.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_whole_and_have_names_of_their_own() {
        let all = all(None).expect("ours");
        assert!(all.len() >= 20, "{}", all.len());
        for component in ["harmony", "groove", "block", "perform"] {
            assert!(all.iter().any(|definition| definition.component() == component), "{component}");
        }
    }

    #[test]
    fn a_benchmark_of_nothing_cannot_be_defined() {
        let with = |rest: &str| {
            read("x", &format!("[[benchmark]]\nname = \"a/b\"\nabout = \"x\"\ncall = \"block\"\n{rest}"))
        };
        let budget = "budget = { mean = \"100 us\" }\n";
        assert!(with(&format!("{budget}expect = {{ nothing = true }}")).is_ok());
        let wrong = [
            (budget.to_owned(), "expected result"),
            ("expect = { nothing = true }\nbudget = {}".to_owned(), "budget"),
            (format!("{budget}expect = {{ hsah = \"1\" }}"), "hsah"),
            (format!("{budget}expect = {{ chords = 0.9 }}"), "none are played"),
            ("expect = { nothing = true }\nbudget = { mean = \"fast\" }".to_owned(), "no time"),
            (format!("{budget}expect = {{ nothing = true }}\ninput = {{ rate = 7 }}"), "rate"),
            (format!("{budget}expect = {{ nothing = true }}\nmodel = \"x\""), "model names"),
            (format!("{budget}expect = {{ nothing = true }}\nquick = 0"), "calls"),
            (format!("{budget}expect = {{ nothing = true }}\nquick = 9000000000"), "calls"),
            (format!("{budget}expect = {{ nothing = true }}\nblocks = [0]"), "a/b@0: block"),
            ("expect = { nothing = true }\nbudget = { mean = -1 }".to_owned(), "no time"),
        ];
        for (text, named) in wrong {
            let error = with(&text).expect_err(&text);
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn one_definition_spreads_over_lengths_and_rates() {
        let text = "[[benchmark]]\nname = \"a/b\"\nabout = \"x\"\ncall = \"block\"\nblocks = [32, 64]\nrates = [96000]\n\
                    budget = { mean = \"100 us\" }\nexpect = { nothing = true }";
        let names: Vec<String> = read("x", text).expect("whole").into_iter().map(|d| d.name).collect();
        assert_eq!(names, ["a/b@32", "a/b@64", "a/b@96000"]);
    }
}
