//! The template: a groove without its notes.

use super::Voice;
use serde::{Deserialize, Serialize};

/// What every template file says that it is.
pub const SCHEMA: &str = "kmidi.groove/1";
/// Ticks a quarter note in which templates count.
pub(super) const PPQ: f64 = 960.0;
/// The longest template, steps; the finest grid, steps a quarter note; the most notes of a voice on a step.
const MOST: (u64, u32, u16) = (1 << 20, 96, 64);

/// One voice at one position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Steps from the template's start.
    pub step: u32,
    /// Who plays.
    pub voice: Voice,
    /// Which of the notes that the voice has on this step, from 0: a flam has two.
    #[serde(default, skip_serializing_if = "is_first")]
    pub order: u16,
    /// How late, in ticks of 960 a quarter note; less than 0 is early.
    pub timing: f64,
    /// How loud, 1 to 127.
    pub velocity: f64,
    /// How long, in steps.
    pub duration: f64,
    /// In which share of the repetitions the note is there, 0 to 1.
    pub probability: f64,
    /// Half the distance between the quartiles of `timing` over the repetitions.
    #[serde(default)]
    pub timing_spread: f64,
    /// The same of `velocity`.
    #[serde(default)]
    pub velocity_spread: f64,
}

fn is_first(order: &u16) -> bool {
    *order == 0
}

/// A groove.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// [`SCHEMA`].
    pub schema: String,
    /// What it is called: short, lower case.
    pub name: String,
    /// The style, as its source calls it.
    #[serde(default)]
    pub style: String,
    /// The slowest and the fastest tempo that it was played at, quarter notes a minute.
    pub tempo: [f64; 2],
    /// Where it comes from.
    #[serde(default)]
    pub source: String,
    /// Under which licence it may be used.
    #[serde(default)]
    pub licence: String,
    /// Whom to name.
    #[serde(default)]
    pub attribution: String,
    /// How many performances it is a median of.
    #[serde(default)]
    pub performances: u32,
    /// Steps a quarter note: 4 for sixteenths, 6 for triplet sixteenths.
    pub steps_per_quarter: u32,
    /// Steps a bar.
    pub steps_per_bar: u32,
    /// Bars.
    pub bars: u32,
    /// What is played, by step, voice and order.
    pub cells: Vec<Cell>,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is no template, or one of another schema.
    #[error("not a groove template: {0}")]
    Unreadable(String),
    /// A value is out of its range.
    #[error("a groove template with {what} out of range")]
    Range {
        /// Which value.
        what: &'static str,
    },
}

impl Template {
    /// A template without notes, for `steps_per_quarter` and `steps_per_bar` over `bars`.
    pub fn empty(name: &str, steps_per_quarter: u32, steps_per_bar: u32, bars: u32) -> Self {
        Self {
            schema: SCHEMA.into(),
            name: name.into(),
            style: String::new(),
            tempo: [20.0, 400.0],
            source: String::new(),
            licence: String::new(),
            attribution: String::new(),
            performances: 1,
            steps_per_quarter,
            steps_per_bar,
            bars,
            cells: Vec::new(),
        }
    }

    /// Reads the JSON of a template.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when the text is no template or a value is out of its range.
    pub fn from_json(text: &str) -> Result<Self, TemplateError> {
        let mut template: Self =
            serde_json::from_str(text).map_err(|error| TemplateError::Unreadable(error.to_string()))?;
        if template.schema != SCHEMA {
            return Err(TemplateError::Unreadable(format!("its schema is {:?}", template.schema)));
        }
        template.check()?;
        template.sort();
        Ok(template)
    }

    /// The JSON of the template, a line a cell.
    pub fn to_json(&self) -> String {
        // What serde cannot write (a number that is not finite) `check` has refused.
        let head =
            serde_json::to_string_pretty(&Self { cells: Vec::new(), ..self.clone() }).unwrap_or_default();
        let cells: Vec<String> =
            self.cells.iter().map(|cell| serde_json::to_string(cell).unwrap_or_default()).collect();
        let list =
            if cells.is_empty() { "[]".into() } else { format!("[\n    {}\n  ]", cells.join(",\n    ")) };
        head.replace("\"cells\": []", &format!("\"cells\": {list}")) + "\n"
    }

    /// Fails when a value is out of its range.
    ///
    /// # Errors
    ///
    /// [`TemplateError::Range`] with the first of them.
    pub fn check(&self) -> Result<(), TemplateError> {
        let steps = u64::from(self.steps_per_bar) * u64::from(self.bars);
        let within = |value: f64, low: f64, high: f64| (low..=high).contains(&value);
        let cells = |test: &dyn Fn(&Cell) -> bool| self.cells.iter().all(test);
        let rules = [
            ("steps_per_quarter", (1..=MOST.1).contains(&self.steps_per_quarter)),
            ("steps_per_bar", self.steps_per_bar > 0),
            ("bars", self.bars > 0 && steps <= MOST.0),
            (
                "tempo",
                self.tempo.iter().all(|bpm| within(*bpm, 1.0, 1000.0)) && self.tempo[0] <= self.tempo[1],
            ),
            ("step", cells(&|cell| u64::from(cell.step) < steps)),
            ("order", cells(&|cell| cell.order < MOST.2)),
            ("timing", cells(&|cell| within(cell.timing, -4.0 * PPQ, 4.0 * PPQ))),
            ("velocity", cells(&|cell| within(cell.velocity, 1.0, 127.0))),
            ("duration", cells(&|cell| within(cell.duration, 0.0, MOST.0 as f64))),
            ("probability", cells(&|cell| within(cell.probability, 0.0, 1.0))),
            ("timing_spread", cells(&|cell| within(cell.timing_spread, 0.0, 4.0 * PPQ))),
            ("velocity_spread", cells(&|cell| within(cell.velocity_spread, 0.0, 127.0))),
        ];
        rules.iter().find(|rule| !rule.1).map_or(Ok(()), |&(what, _)| Err(TemplateError::Range { what }))
    }

    /// Ticks of 960 a quarter note in a step.
    pub(super) fn step_ticks(&self) -> f64 {
        PPQ / f64::from(self.steps_per_quarter)
    }

    pub(super) fn sort(&mut self) {
        self.cells.sort_by_key(key);
    }

    /// The cell of a voice's note: its own, else the voice's first on that step.
    pub(super) fn cell(&self, step: u32, voice: Voice, order: u16) -> Option<&Cell> {
        let find =
            |order| self.cells.binary_search_by_key(&(step, voice, order), key).ok().map(|n| &self.cells[n]);
        find(order).or_else(|| find(0))
    }

    /// All cells of a step.
    pub(super) fn on_step(&self, step: u32) -> &[Cell] {
        let first = self.cells.partition_point(|cell| cell.step < step);
        let count = self.cells[first..].iter().take_while(|cell| cell.step == step).count();
        &self.cells[first..first + count]
    }
}

fn key(cell: &Cell) -> (u32, Voice, u16) {
    (cell.step, cell.voice, cell.order)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::groove) fn cell(step: u32, voice: Voice, timing: f64, velocity: f64) -> Cell {
        Cell {
            step,
            voice,
            order: 0,
            timing,
            velocity,
            duration: 0.5,
            probability: 1.0,
            timing_spread: 0.0,
            velocity_spread: 0.0,
        }
    }

    #[test]
    fn json_comes_back_and_what_is_wrong_is_named() {
        let mut template = Template::empty("test", 4, 16, 1);
        template.cells = vec![cell(4, Voice::Snare, 12.5, 101.0), cell(0, Voice::Kick, -3.0, 90.0)];
        let text = template.to_json();
        let back = Template::from_json(&text).unwrap();
        template.sort();
        assert_eq!(back, template);
        assert_eq!(back.cell(4, Voice::Snare, 3).map(|cell| cell.timing), Some(12.5));
        for (wrong, what) in [
            (text.replace("\"bars\": 1", "\"bars\": 0"), "bars"),
            (text.replace("\"step\":4", "\"step\":16"), "step"),
            (text.replace("101.0", "128.0"), "velocity"),
        ] {
            assert_eq!(Template::from_json(&wrong), Err(TemplateError::Range { what }));
        }
        assert!(matches!(Template::from_json("{}"), Err(TemplateError::Unreadable(_))));
        assert!(matches!(
            Template::from_json(&text.replace(SCHEMA, "kmidi.groove/9")),
            Err(TemplateError::Unreadable(_))
        ));
    }
}
