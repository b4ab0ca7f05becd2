//! How much models count, and which weights those are that take part.

use super::Style;
use kmidi_neural::REGISTRY;
use serde::Deserialize;

/// How much the shipped models count beside the rules.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// How much the model of the next chord counts: 0 (nothing) to 2, 1 as much as its probabilities say.
    #[serde(deserialize_with = "share")]
    pub harmony: f32,
    /// How much the melody model counts at each note: 0 (nothing) to 2, 1 as much as its probabilities say.
    #[serde(deserialize_with = "share")]
    pub melody: f32,
    /// How much the dynamics model counts: 0 (nothing) to 1, where the loudness of notes beside each other is all its own.
    #[serde(deserialize_with = "part")]
    pub dynamics: f32,
    /// How far timing and loudness of drum strokes in 4/4 are the groove model's: 0 (nothing) to 1.
    #[serde(deserialize_with = "part")]
    pub groove: f32,
}

impl Models {
    /// The rules alone.
    pub const NONE: Self = Self { harmony: 0.0, melody: 0.0, dynamics: 0.0, groove: 0.0 };
}

impl Default for Models {
    fn default() -> Self {
        Self { harmony: 0.0, melody: 0.4, dynamics: 0.7, groove: 1.0 }
    }
}

fn part<'a, D: serde::Deserializer<'a>>(from: D) -> Result<f32, D::Error> {
    let part = f32::deserialize(from)?;
    let fits = (0.0..=1.0).contains(&part);
    fits.then_some(part).ok_or_else(|| serde::de::Error::custom("use a number from 0 to 1"))
}

fn share<'a, D: serde::Deserializer<'a>>(from: D) -> Result<f32, D::Error> {
    let share = f32::deserialize(from)?;
    let fits = (0.0..=2.0).contains(&share);
    fits.then_some(share).ok_or_else(|| serde::de::Error::custom("use a number from 0 to 2"))
}

/// The rows of `models/registry.json`, as far as they are needed here.
#[derive(Deserialize)]
struct Registry<'a> {
    #[serde(borrow)]
    models: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    name: &'a str,
    sha256: &'a str,
    set: &'a str,
}

/// The names of `models` with the SHA-256 of the weights that come with the program, in hexadecimal.
pub(in crate::compose) fn hashes(models: &[&str]) -> Vec<(String, String)> {
    let rows = serde_json::from_str::<Registry>(REGISTRY).map(|registry| registry.models).unwrap_or_default();
    let shipped = |name: &str| rows.iter().find(|row| row.name == name && row.set == "default");
    models.iter().filter_map(|name| Some(((*name).into(), shipped(name)?.sha256.into()))).collect()
}

impl Style {
    /// The models that are asked wherever they know something: those with a weight, and the one that harmonises.
    pub(in crate::compose) fn models_asked(&self) -> Vec<&'static str> {
        let Models { harmony, melody, dynamics, groove } = self.models;
        let weights = [
            ("dynamics", dynamics),
            ("groove", groove),
            ("harmonizer", 1.0),
            ("harmony", harmony),
            ("melody", melody),
        ];
        weights.into_iter().filter(|model| model.1 > 0.0).map(|model| model.0).collect()
    }
}
