//! The recipe of a song: everything from which it can be made again, as one line of JSON.

use super::intent::Record;
use super::style::hashes;
use super::{ComposeError, Material};
use kmidi_music::notation::harte::{self, Label};
use kmidi_music::song::{ChordSpan, Role, Track};
use kmidi_music::{Affect, Intent, Key, Note, ParseError, TempoMap, Ticks, roman};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a song was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The wish.
    pub intent: Intent,
    /// What was brought.
    pub material: Material,
    /// The text of the style, where that was the user's own.
    pub style: Option<String>,
    /// The template of its groove as JSON, where that was a file.
    pub groove: Option<String>,
    /// The models that took part, by name, with the SHA-256 of their weights in hexadecimal.
    pub models: Vec<(String, String)>,
    /// What was done to the song afterwards, in order.
    pub steps: Vec<Step>,
}

/// A change to a finished song.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Bars were written anew.
    #[serde(rename = "again")]
    Again {
        /// The first and the last, from 1.
        bars: (u32, u32),
        /// What they follow from.
        seed: u64,
        /// Roles and `harmony` that stayed as they were.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lock: Vec<Kept>,
    },
    /// The song went on.
    #[serde(rename = "continue")]
    Continue {
        /// For so many bars.
        bars: u32,
        /// What they follow from.
        seed: u64,
    },
}

/// What can be kept of a song.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// The tune.
    Melody,
    /// The chord track and the harmony.
    Chords,
    /// The harmony alone: which chords, not how they are played.
    Harmony,
    /// The bass line.
    Bass,
    /// The drums.
    Drums,
}

impl Kept {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Melody, Self::Chords, Self::Harmony, Self::Bass, Self::Drums];

    /// Its name.
    pub fn name(self) -> &'static str {
        self.role().map_or("harmony", Role::name)
    }

    /// The part that is kept; none for the harmony alone.
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Melody => Some(Role::Melody),
            Self::Chords => Some(Role::Chords),
            Self::Bass => Some(Role::Bass),
            Self::Drums => Some(Role::Drums),
            Self::Harmony => None,
        }
    }

    /// Does keeping it keep the chords that sound?
    pub fn keeps_harmony(self) -> bool {
        matches!(self, Self::Chords | Self::Harmony)
    }
}

impl core::str::FromStr for Kept {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|kept| kept.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            ParseError::new(0, format!("{text:?} cannot be locked; use {names}"))
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: String,
    seed: u64,
    intent: Record,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given: Option<Given>,
    /// TOML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    style: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groove: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    then: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    ppq: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<GivenPart>,
    /// Onset, duration, chord and key in Harte's syntax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chords: Vec<(u64, u64, String, String)>,
    /// Tick and microseconds a quarter note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tempo: Vec<(u64, u32)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenPart {
    role: Kept,
    name: String,
    channel: u8,
    program: u8,
    /// Onset, duration, pitch, velocity.
    notes: Vec<(u64, u64, u8, u8)>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            intent: Intent::feeling(Affect::default()),
            material: Material::default(),
            style: None,
            groove: None,
            models: Vec::new(),
            steps: Vec::new(),
        }
    }
}

impl Recipe {
    /// One line of JSON. Reading it back gives an equal recipe.
    pub fn to_json(&self) -> String {
        let written = Written {
            version: env!("CARGO_PKG_VERSION").into(),
            seed: self.intent.seed,
            intent: Record::from(&self.intent),
            given: (!self.material.is_empty()).then(|| given(&self.material)),
            style: self.style.clone(),
            groove: self.groove.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            models: self.models.iter().cloned().collect(),
            then: self.steps.clone(),
        };
        // Plain data without maps or non-string keys: it always has a JSON form.
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads what stands in the `recipe` of a song.
    ///
    /// # Errors
    /// When it is not JSON of that shape, or a key, metre or chord in it cannot be read.
    pub fn from_json(text: &str) -> Result<Self, ComposeError> {
        let wrong = |reason: String| ComposeError::Recipe { reason };
        let written: Written = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let material = written.given.map(material).transpose()?.unwrap_or_default();
        Ok(Self {
            intent: written.intent.intent()?,
            material,
            style: written.style,
            groove: written.groove.map(|template| template.to_string()),
            models: written.models.into_iter().collect(),
            steps: written.then,
        })
    }

    /// The models that took part with other weights than this program has: with them the song would be another.
    pub fn other_models(&self) -> Vec<String> {
        let names: Vec<&str> = self.models.iter().map(|model| model.0.as_str()).collect();
        let here = hashes(&names);
        let other = self.models.iter().filter(|model| !here.contains(model));
        other.map(|model| model.0.clone()).collect()
    }
}

fn kept(role: Role) -> Kept {
    Kept::ALL.into_iter().find(|kept| kept.role() == Some(role)).unwrap_or(Kept::Chords)
}

fn given(material: &Material) -> Given {
    let part = |track: &Track| GivenPart {
        role: kept(track.role),
        name: track.name.clone(),
        channel: track.channel,
        program: track.program,
        notes: track.notes.iter().map(|n| (n.onset.0, n.duration.0, n.pitch, n.velocity)).collect(),
    };
    let chord = |span: &ChordSpan| {
        let label = harte::print_with_bass_note(Label::Chord(span.chord));
        (span.onset.0, span.duration.0, label, span.key.to_string())
    };
    Given {
        ppq: material.ppq,
        parts: material.parts.iter().map(part).collect(),
        chords: material.chords.iter().map(chord).collect(),
        tempo: material.tempo.iter().flat_map(|map| map.changes()).map(|c| (c.0.0, c.1)).collect(),
    }
}

fn material(given: Given) -> Result<Material, ComposeError> {
    let wrong = |reason: String| ComposeError::Recipe { reason };
    let part = |part: GivenPart| -> Result<Track, ComposeError> {
        let role = part.role.role().ok_or_else(|| wrong("harmony is no part".into()))?;
        let note = |(onset, duration, pitch, velocity)| {
            let fits = onset < MOST_TICKS
                && (1..MOST_TICKS).contains(&duration)
                && pitch < 128
                && (1..128).contains(&velocity);
            let note = Note { onset: Ticks(onset), duration: Ticks(duration), pitch, velocity };
            fits.then_some(note).ok_or_else(|| wrong(format!("{note:?} is no note")))
        };
        let notes = part.notes.into_iter().map(note).collect::<Result<_, _>>()?;
        Ok(Track { name: part.name, role, channel: part.channel & 15, program: part.program & 127, notes })
    };
    let chord =
        |(onset, duration, label, key): (u64, u64, String, String)| -> Result<ChordSpan, ComposeError> {
            let Ok(Label::Chord(chord)) = harte::parse(&label) else {
                return Err(wrong(format!("{label:?} is no chord")));
            };
            let key: Key = key.parse().map_err(|e: ParseError| wrong(e.to_string()))?;
            if onset >= MOST_TICKS || duration >= MOST_TICKS {
                return Err(wrong(format!("a chord at {onset} is too far away")));
            }
            Ok(ChordSpan {
                onset: Ticks(onset),
                duration: Ticks(duration),
                chord,
                roman: roman::of(&chord, key),
                key,
            })
        };
    Ok(Material {
        ppq: given.ppq,
        parts: given.parts.into_iter().map(part).collect::<Result<_, _>>()?,
        chords: given.chords.into_iter().map(chord).collect::<Result<_, _>>()?,
        tempo: (!given.tempo.is_empty()).then(|| {
            TempoMap::from_micros(
                given.ppq,
                given.tempo.iter().map(|&(tick, micros)| (Ticks(tick), micros)).collect(),
            )
        }),
    })
}

/// What a MIDI file can hold, in ticks.
const MOST_TICKS: u64 = 1 << 28;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{compose, compose_around, intent_from_text, style_of};

    #[test]
    fn a_recipe_with_all_that_was_brought_is_read_again() {
        let intent = intent_from_text("calm").unwrap();
        let (_, song) = compose(&intent).unwrap();
        let mut material = Material::of(&song, &[Role::Melody, Role::Drums], true);
        material.tempo = Some(song.tempo.clone());
        let steps = vec![
            Step::Again { bars: (5, 6), seed: u64::MAX, lock: vec![Kept::Bass, Kept::Harmony] },
            Step::Continue { bars: 8, seed: 1 },
        ];
        let style = Some("name = \"mine\"\n".to_owned());
        let groove = Some(serde_json::json!({"b": 1, "a": [0.5]}).to_string());
        let models = hashes(&["dynamics", "melody"]);
        let recipe =
            Recipe { intent: intent.clone(), material: material.clone(), style, groove, models, steps };
        let text = recipe.to_json();
        assert_eq!(Recipe::from_json(&text), Ok(recipe));
        assert!(!text.contains('\n'));
        let (_, around) = compose_around(&intent, &style_of(&intent).unwrap(), &material).unwrap();
        let again = Recipe::from_json(&around.recipe).unwrap();
        assert_eq!((again.material, again.intent), (material, intent));
    }

    #[test]
    fn models_of_other_weights_are_told() {
        let models = |meter: &str, material: &Material| {
            let intent = Intent { meter: meter.parse().ok(), ..intent_from_text("happy").unwrap() };
            let (_, song) = compose_around(&intent, &style_of(&intent).unwrap(), material).unwrap();
            let names = Recipe::from_json(&song.recipe).unwrap().models.into_iter().map(|model| model.0);
            (names.collect::<Vec<_>>(), song)
        };
        let (three, song) = models("3/4", &Material::default());
        assert_eq!(three, ["dynamics", "melody"]);
        let brought = Material::of(&song, &[Role::Melody], false);
        assert_eq!(models("3/4", &brought).0, ["dynamics", "harmonizer"]);
        let (_, song) =
            compose(&Intent { meter: "4/4".parse().ok(), ..intent_from_text("happy").unwrap() }).unwrap();
        let mut recipe = Recipe::from_json(&song.recipe).unwrap();
        let names: Vec<&str> = recipe.models.iter().map(|model| model.0.as_str()).collect();
        assert_eq!(names, ["dynamics", "groove", "melody"]);
        assert!(recipe.models.iter().all(|model| model.1.len() == 64), "{:?}", recipe.models);
        assert_eq!(recipe.other_models(), Vec::<String>::new());
        recipe.models[1].1.replace_range(..1, "x");
        recipe.models.push(("oracle".into(), "00".into()));
        assert_eq!(recipe.other_models(), ["groove", "oracle"]);
    }

    #[test]
    fn wrong_recipes_are_refused() {
        let good = Recipe::default().to_json();
        assert!(Recipe::from_json(&good).is_ok());
        for (given, words) in [
            (
                "{\"ppq\":96,\"parts\":[{\"role\":\"melody\",\"name\":\"\",\"channel\":0,\"program\":0,\"notes\":[[0,0,60,80]]}]}",
                "no note",
            ),
            ("{\"ppq\":96,\"chords\":[[0,96,\"H\",\"C:maj\"]]}", "no chord"),
            ("{\"ppq\":96,\"chords\":[[0,96,\"C:maj\",\"J\"]]}", "note name"),
            ("{\"ppq\":96,\"what\":1}", "what"),
        ] {
            let text = good.replacen("\"intent\"", &format!("\"given\":{given},\"intent\""), 1);
            let error = Recipe::from_json(&text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(Recipe::from_json("{}").is_err() && Recipe::from_json("").is_err());
    }
}
