//! Song intents as files: every wish of the command line as a field of TOML or JSON, and the [`Intent`] that they mean.
//!
//! Each field is written as the option of the same name; `docs/intent.md` tells all of them. What is wrong is told with
//! the field and, where a file was read, its line.

mod answers;
mod file;
mod read;

pub use answers::{QUESTIONS, Question};
pub use file::FileFormat;
pub use read::{Understanding, WishError};

use serde::{Deserialize, Serialize};

/// What a user wishes, as text and numbers: the fields of an intent file. What is `None` was not said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wishes {
    /// What the music should feel like, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// One feeling by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    /// How pleasant, -1 to 1; goes with `arousal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valence: Option<f32>,
    /// How excited, -1 to 1; goes with `valence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arousal: Option<f32>,
    /// Feeling over time: `0:-0.6,-0.4 1:0.7,0.3`; a third number is dominance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arc: Option<String>,
    /// How it feels now, or what happened, in words: where the piece begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// What is longed for, in words: it shows before the middle. Goes with `now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longing: Option<String>,
    /// What must not be smoothed over, in words: it stands at its full strength after two thirds. Goes with `now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// How it should end, in words; as longed for where it is not said. Goes with `now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Felt beats a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tempo: Option<f64>,
    /// The metre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// Length in bars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars: Option<u32>,
    /// The form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// The style: a name, or a file of the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Roman numerals, one a bar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progression: Option<String>,
    /// Chord symbols, one a bar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chords: Option<String>,
    /// Rules that are broken on purpose, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<String>,
    /// A MIDI file whose melody stays; the rest is written around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub melody: Option<String>,
    /// A MIDI file whose drums stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drums: Option<String>,
    /// A song that is worked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What of that song stays: `chords,melody`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// The bars of that song that are written anew: `5-6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bars_again: Option<String>,
    /// How many bars that song goes on.
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    pub go_on: Option<u32>,
    /// All choices follow from this number; 0 when it is not said. TOML has no numbers above 2^63 - 1: larger ones are
    /// text there.
    #[serde(skip_serializing_if = "Option::is_none", with = "seed")]
    pub seed: Option<u64>,
    /// How many songs, from the seed on; 1 when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variations: Option<u16>,
}

/// The most songs that one wish makes.
pub const MOST_VARIATIONS: u16 = 1000;

impl Wishes {
    /// These wishes, with those of `over` in their place where it has any. Feelings take each other's place whole, and so
    /// do numerals and chords.
    #[must_use]
    pub fn overridden(self, over: Wishes) -> Wishes {
        let (feeling, harmony) = (over.has_feeling(), over.progression.is_some() || over.chords.is_some());
        let own = |unless: bool| (!unless).then_some(());
        let felt = |mine: Option<String>, other: Option<String>| other.or(own(feeling).and(mine));
        let part = |mine: Option<f32>, other: Option<f32>| other.or(own(feeling).and(mine));
        let chord = |mine: Option<String>, other: Option<String>| other.or(own(harmony).and(mine));
        Wishes {
            text: felt(self.text, over.text),
            emotion: felt(self.emotion, over.emotion),
            valence: part(self.valence, over.valence),
            arousal: part(self.arousal, over.arousal),
            arc: felt(self.arc, over.arc),
            now: felt(self.now, over.now),
            longing: felt(self.longing, over.longing),
            kept: felt(self.kept, over.kept),
            end: felt(self.end, over.end),
            key: over.key.or(self.key),
            tempo: over.tempo.or(self.tempo),
            meter: over.meter.or(self.meter),
            bars: over.bars.or(self.bars),
            form: over.form.or(self.form),
            style: over.style.or(self.style),
            progression: chord(self.progression, over.progression),
            chords: chord(self.chords, over.chords),
            breaks: if over.breaks.is_empty() { self.breaks } else { over.breaks },
            melody: over.melody.or(self.melody),
            drums: over.drums.or(self.drums),
            from: over.from.or(self.from),
            lock: over.lock.or(self.lock),
            bars_again: over.bars_again.or(self.bars_again),
            go_on: over.go_on.or(self.go_on),
            seed: over.seed.or(self.seed),
            variations: over.variations.or(self.variations),
        }
    }

    /// The files that they name.
    pub fn files(&mut self) -> Vec<&mut String> {
        let style = self.style.iter_mut().filter(|style| style.ends_with(".toml"));
        style.chain(&mut self.melody).chain(&mut self.drums).chain(&mut self.from).collect()
    }

    /// Is a feeling among them?
    pub fn has_feeling(&self) -> bool {
        self.text.is_some()
            || self.emotion.is_some()
            || self.valence.is_some()
            || self.arousal.is_some()
            || self.arc.is_some()
            || self.now.is_some()
    }
}

/// A seed as a number or, where TOML has none that large, as text.
mod seed {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i64),
        Large(u64),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(seed: &Option<u64>, to: S) -> Result<S::Ok, S::Error> {
        seed.map(|seed| i64::try_from(seed).map_or_else(|_| Written::Text(seed.to_string()), Written::Number))
            .serialize(to)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Option<u64>, D::Error> {
        let wrong = || D::Error::custom("use a whole number from 0 to 18446744073709551615");
        let seed = match Written::deserialize(from).map_err(|_| wrong())? {
            Written::Number(number) => u64::try_from(number).ok(),
            Written::Large(number) => Some(number),
            Written::Text(text) => text.parse().ok(),
        };
        seed.map(Some).ok_or_else(wrong)
    }
}
