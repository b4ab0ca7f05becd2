//! Intents from words, and intents as JSON: the recipe from which a song can be made again.

use super::ComposeError;
use kmidi_music::emotion::Affect;
use kmidi_music::intent::Progression;
use kmidi_music::notation::harte::{self, Label};
use kmidi_music::{Bpm, Chord, Intent, ParseError};
use kmidi_neural::text::read;
use serde::{Deserialize, Serialize};

/// Reads a description such as `bittersweet, then hopeful`: its stages are spread evenly over the piece, and the
/// feeling moves smoothly from one to the next.
///
/// # Errors
/// When no feeling is understood or can be guessed, or none of a stage, at the word that looks most like one.
pub fn intent_from_text(text: &str) -> Result<Intent, ParseError> {
    let stages = read(text)?;
    let last = stages.len().saturating_sub(1).max(1) as f32;
    let mut intent = Intent::feeling(Affect::default());
    intent.text = text.trim().to_owned();
    if !stages.is_empty() {
        intent.arc = stages.iter().enumerate().map(|(i, s)| (i as f32 / last, s.affect)).collect();
    }
    Ok(intent)
}

/// An intent in JSON; what was left open is absent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    /// Place, valence, arousal, dominance.
    arc: Vec<[f32; 4]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tempo: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bars: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    style: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    numerals: Option<Vec<InBar>>,
    /// Harte's syntax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chords: Option<Vec<InBar>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<String>,
    seed: u64,
}

/// The chords of a bar: a text, or a list of several.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum InBar {
    One(String),
    Several(Vec<String>),
}

impl InBar {
    fn of(mut chords: Vec<String>) -> Self {
        match chords.len() {
            1 => Self::One(chords.remove(0)),
            _ => Self::Several(chords),
        }
    }

    fn chords(self) -> Vec<String> {
        match self {
            Self::One(chord) => vec![chord],
            Self::Several(chords) => chords,
        }
    }
}

impl From<&Intent> for Record {
    fn from(intent: &Intent) -> Self {
        let (numerals, chords) = match &intent.progression {
            Some(Progression::Numerals(bars)) => (Some(bars.iter().cloned().map(InBar::of).collect()), None),
            Some(Progression::Chords(bars)) => {
                let label = |&chord: &Chord| harte::print_with_bass_note(Label::Chord(chord));
                let bar = |bar: &Vec<Chord>| InBar::of(bar.iter().map(label).collect());
                (None, Some(bars.iter().map(bar).collect()))
            }
            None => (None, None),
        };
        Self {
            text: intent.text.clone(),
            arc: intent.arc.iter().map(|&(at, a)| [at, a.valence, a.arousal, a.dominance]).collect(),
            key: intent.key.map(|k| k.to_string()),
            tempo: intent.tempo.map(|t| t.0),
            meter: intent.meter.map(|m| m.to_string()),
            bars: intent.bars,
            form: intent.form.clone(),
            style: intent.style.clone(),
            numerals,
            chords,
            breaks: intent.breaks.clone(),
            seed: intent.seed,
        }
    }
}

impl Record {
    pub(super) fn intent(self) -> Result<Intent, ComposeError> {
        let parse_error = |e: ParseError| ComposeError::Recipe { reason: e.to_string() };
        let mut index = 0;
        let mut chord = |text: String| {
            index += 1;
            let wrong = |reason| ComposeError::Progression { index: index - 1, reason };
            match harte::parse(&text) {
                Ok(Label::Chord(chord)) => Ok(chord),
                Ok(_) => Err(wrong(format!("{text:?} is not a chord"))),
                Err(e) => Err(wrong(e.to_string())),
            }
        };
        let progression = match (self.numerals, self.chords) {
            (Some(_), Some(_)) => {
                return Err(ComposeError::Recipe { reason: "numerals and chords exclude each other".into() });
            }
            (Some(numerals), None) => {
                Some(Progression::Numerals(numerals.into_iter().map(InBar::chords).collect()))
            }
            (None, Some(bars)) => {
                let bar = |bar: InBar| bar.chords().into_iter().map(&mut chord).collect();
                Some(Progression::Chords(bars.into_iter().map(bar).collect::<Result<_, _>>()?))
            }
            (None, None) => None,
        };
        Ok(Intent {
            text: self.text,
            arc: self.arc.iter().map(|p| (p[0], Affect::new(p[1], p[2], p[3]))).collect(),
            key: self.key.map(|k| k.parse()).transpose().map_err(parse_error)?,
            tempo: self.tempo.map(Bpm),
            meter: self.meter.map(|m| m.parse()).transpose().map_err(parse_error)?,
            bars: self.bars,
            form: self.form,
            style: self.style,
            progression,
            breaks: self.breaks,
            seed: self.seed,
        })
    }
}

/// The intent as one line of JSON. Reading it back with [`intent_from_json`] gives an equal intent.
pub fn intent_to_json(intent: &Intent) -> String {
    // The record is plain data without maps or non-string keys: it always has a JSON form.
    serde_json::to_string(&Record::from(intent)).unwrap_or_default()
}

/// Reads an intent, or the recipe of a song, which holds one.
///
/// # Errors
/// When it is not JSON of that shape, or a key, metre or chord in it cannot be read.
pub fn intent_from_json(text: &str) -> Result<Intent, ComposeError> {
    let wrong = |e: serde_json::Error| ComposeError::Recipe { reason: e.to_string() };
    let value: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
    let record = match value {
        serde_json::Value::Object(mut fields) if fields.contains_key("intent") => {
            fields.remove("intent").unwrap_or_default()
        }
        other => other,
    };
    serde_json::from_value::<Record>(record).map_err(wrong)?.intent()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Recipe;
    use kmidi_music::notation::symbol;

    fn recipe(intent: &Intent) -> String {
        Recipe { intent: intent.clone(), ..Recipe::default() }.to_json()
    }

    #[test]
    fn stages_become_an_arc() {
        let intent = intent_from_text("bittersweet, then hopeful").unwrap();
        assert_eq!(intent.arc.iter().map(|p| p.0).collect::<Vec<_>>(), [0.0, 1.0]);
        assert!(intent.arc[1].1.valence > intent.arc[0].1.valence + 0.3);
        assert_eq!(intent_from_text("calm").unwrap().arc.len(), 1);
        assert!(intent_from_text("xyzzy").is_err());
        assert_eq!(intent_from_text("bittersweet, then xyzzy").map_err(|error| error.at), Err(18));
    }

    #[test]
    fn json_gives_the_intent_back() {
        let mut intent = intent_from_text("sad, then angry, then calm").unwrap();
        for (key, chords) in [("F#:min", "F#m7/E Bm A C#7b9"), ("Eb:lyd", "Ebmaj7,F/Eb Gsus4 Bbadd9")] {
            intent.key = key.parse().ok();
            intent.tempo = Some(Bpm(93.25));
            intent.meter = "6/8".parse().ok();
            intent.bars = Some(17);
            intent.form = Some("ABA".into());
            intent.style = Some("song".into());
            intent.seed = u64::MAX;
            let bar = |bar: &str| bar.split(',').map(|c| symbol::parse(c).unwrap()).collect();
            let list = chords.split(' ').map(bar).collect();
            intent.progression = Some(Progression::Chords(list));
            assert_eq!(intent_from_json(&intent_to_json(&intent)), Ok(intent.clone()));
            assert_eq!(intent_from_json(&recipe(&intent)), Ok(intent.clone()));
        }
        intent.progression = Some(Progression::numeral_a_bar(["I".into(), "V65/V".into()]));
        assert!(recipe(&intent).contains("[\"I\",\"V65/V\"]"), "one a bar is written as it always was");
        assert_eq!(intent_from_json(&recipe(&intent)), Ok(intent));
        let bare = Intent::feeling(Affect::new(0.3, -0.7, 0.1));
        assert_eq!(intent_from_json(&intent_to_json(&bare)), Ok(bare));
    }

    #[test]
    fn wrong_recipes_are_refused() {
        for text in [
            "",
            "{}",
            "[]",
            "{\"arc\":[[0,0,0]],\"seed\":1}",
            "{\"arc\":[[0,0,0,0]],\"seed\":-1}",
            "{\"arc\":[[0,0,0,0]],\"seed\":1,\"key\":\"H\"}",
            "{\"arc\":[[0,0,0,0]],\"seed\":1,\"what\":2}",
            "{\"arc\":[[0,0,0,0]],\"seed\":1,\"chords\":[\"N\"]}",
        ] {
            assert!(intent_from_json(text).is_err(), "{text}");
        }
    }
}
