//! The registry of models: what there is, and whether the files are those that it names.

use crate::{Error, Result};
use kmidi_neural::Graph;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// The most bytes that the default models may have together.
pub const MOST_BYTES: u64 = 12_000_000;

/// How far an answer may lie from the recorded one, of numbers above 1 as a share.
const APART: f64 = 1e-4;

/// Licences of weights that may ship by default.
const FREE: [&str; 5] = ["MIT OR Apache-2.0", "MIT", "Apache-2.0", "CC0-1.0", "CC-BY-4.0"];

/// A file of weights: a row of `models/registry.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRow {
    /// The model, such as `melody`.
    pub name: String,
    /// The file, from the folder of models on.
    pub file: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// The licence of the weights, an SPDX expression.
    pub licence: String,
    /// `default`, or the set that must be asked for: `nc` may not be used commercially.
    pub set: String,
    /// How many numbers were trained.
    pub parameters: u64,
    /// How long the file is.
    pub bytes: u64,
    /// What goes in.
    pub inputs: Vec<ModelPort>,
    /// What comes out.
    pub outputs: Vec<ModelPort>,
    /// What it was trained with, and under which licence that is.
    pub data: Vec<ModelData>,
    /// Figures of the training record, by name.
    pub figures: BTreeMap<String, f64>,
    /// The median time of a step in microseconds, measured by `benchmarks/peers/models.py` when the row was written; `null` where a step is no
    /// call of its own.
    pub step_us: Option<f64>,
    /// What its time is to onnxruntime's in the same run.
    pub onnxruntime_ratio: Option<f64>,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPort {
    /// Its name in the file.
    pub name: String,
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// What the numbers are.
    pub meaning: String,
}

/// Something that a model was trained with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelData {
    /// The set of data.
    pub name: String,
    /// Its licence.
    pub licence: String,
}

#[derive(Deserialize)]
struct Registry {
    models: Vec<ModelRow>,
}

#[derive(Deserialize)]
struct Pairs {
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    inputs: BTreeMap<String, Vec<f32>>,
    outputs: BTreeMap<String, Vec<f64>>,
}

/// The rows of the registry in `folder`, or of the one that the program was built with.
///
/// # Errors
///
/// [`Error::Weights`] where it is missing or no registry.
pub fn models(folder: Option<&Path>) -> Result<Vec<ModelRow>> {
    let text = match folder {
        None => kmidi_neural::REGISTRY.to_owned(),
        Some(folder) => {
            let path = folder.join("registry.json");
            std::fs::read_to_string(&path)
                .map_err(|error| Error::Weights(format!("{}: cannot read: {error}", path.display())))?
        }
    };
    let registry: Registry =
        serde_json::from_str(&text).map_err(|error| Error::Weights(format!("registry.json: {error}")))?;
    Ok(registry.models)
}

/// What is wrong with the models that the program was built with: a line each. Their hashes are checked, and that each has its row.
#[must_use]
pub fn built_in_faults(rows: &[ModelRow]) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, file) in kmidi_neural::all_shipped().chain(kmidi_neural::shipped_tables()) {
        match rows.iter().find(|row| row.name == name && row.set == "default") {
            None => faults.push(format!("{name}: built in, but not in the registry")),
            Some(row) if row.sha256 != sha256(file) => {
                faults.push(format!("{name}: the weights built in are not those of the registry"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// What is wrong with a folder of models: a line each. Every file of weights has its row with its hash, length and a licence that its set allows; the
/// default ones are small enough together; and every network gives the answers recorded beside it.
///
/// # Errors
///
/// [`Error::Weights`] where there is no registry in the folder, or a file cannot be read.
pub fn model_faults(folder: &Path) -> Result<Vec<String>> {
    let rows = models(Some(folder))?;
    let mut faults = Vec::new();
    let unread = |path: &Path, error: std::io::Error| {
        Error::Weights(format!("{}: cannot read: {error}", path.display()))
    };
    for row in &rows {
        let path = folder.join(&row.file);
        let outside =
            Path::new(&row.file).components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        if outside || !path.is_file() {
            faults.push(format!("{}: {} is missing", row.name, row.file));
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| unread(&path, error))?;
        if sha256(&bytes) != row.sha256 || bytes.len() as u64 != row.bytes {
            faults.push(format!(
                "{}: not the file that the registry names (its SHA-256 or length differs)",
                row.file
            ));
        }
        if row.licence.trim().is_empty() {
            faults.push(format!("{}: no licence", row.file));
        } else if row.set == "default" && !FREE.contains(&row.licence.as_str()) {
            faults.push(format!("{}: {} is no licence for the default set", row.file, row.licence));
        }
        if row.set == "default" && row.data.iter().any(|data| is_non_commercial(&data.licence)) {
            faults.push(format!("{}: trained with data that may not be used commercially", row.file));
        }
        if row.data.is_empty() {
            faults.push(format!("{}: the registry does not say what it was trained with", row.file));
        }
        if row.file == "text/model.bin" {
            let read = kmidi_neural::text::Text::new(&bytes);
            faults.extend(read.err().map(|why| format!("{}: {why}", row.file)));
        }
        if row.file.ends_with(".onnx") {
            faults.extend(answers(&path, &bytes).err().map(|why| format!("{}: {why}", row.file)));
        }
    }
    let total: u64 = rows.iter().filter(|row| row.set == "default").map(|row| row.bytes).sum();
    if total > MOST_BYTES {
        faults.push(format!("the default models have {total} bytes together; {MOST_BYTES} are allowed"));
    }
    let entries = std::fs::read_dir(folder).map_err(|error| unread(folder, error))?;
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        let inner = std::fs::read_dir(entry.path()).map_err(|error| unread(&entry.path(), error))?;
        for file in inner.flatten() {
            let weights = file.path().extension().is_some_and(|kind| kind == "onnx" || kind == "bin");
            let named =
                format!("{}/{}", entry.file_name().to_string_lossy(), file.file_name().to_string_lossy());
            if weights && !rows.iter().any(|row| row.file == named) {
                faults.push(format!("{named}: no row in the registry"));
            }
        }
    }
    faults.sort();
    Ok(faults)
}

/// Whether a network gives the answers recorded in `io.json` beside it (of `NAME.onnx` other than `model.onnx` in `NAME.json`).
fn answers(path: &Path, onnx: &[u8]) -> core::result::Result<(), String> {
    let recorded = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("model") | None => path.with_file_name("io.json"),
        Some(_) => path.with_extension("json"),
    };
    let text = std::fs::read(&recorded).map_err(|error| format!("{}: {error}", recorded.display()))?;
    let Pairs { pairs } =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", recorded.display()))?;
    if pairs.is_empty() {
        return Err(format!("{}: no pairs", recorded.display()));
    }
    let mut graph = Graph::read(onnx).map_err(|error| error.to_string())?;
    for (number, pair) in pairs.iter().enumerate() {
        for (name, given) in &pair.inputs {
            let port = graph.input(name).ok_or_else(|| format!("no input {name}"))?;
            let slots = graph.set(port);
            if slots.len() != given.len() {
                return Err(format!("pair {number}: {} numbers for input {name}", given.len()));
            }
            slots.copy_from_slice(given);
        }
        graph.run();
        for (name, expected) in &pair.outputs {
            let found = graph.get(graph.output(name).ok_or_else(|| format!("no output {name}"))?);
            let near = |(&found, &right): (&f32, &f64)| {
                (f64::from(found) - right).abs() <= APART * right.abs().max(1.0)
            };
            if found.len() != expected.len() || !found.iter().zip(expected).all(near) {
                return Err(format!("pair {number}: output {name} is not as recorded"));
            }
        }
    }
    Ok(())
}

/// Whether a licence, in whatever spelling, has the element NC of Creative Commons.
fn is_non_commercial(licence: &str) -> bool {
    licence.split(|c: char| !c.is_alphanumeric()).any(|part| part == "NC")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_standard_one() {
        // FIPS 180-4, example of one block.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), known);
    }
}
