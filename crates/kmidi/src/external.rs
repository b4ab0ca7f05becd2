//! Networks of the user's own: over our kernels where they know every operator, else, with the feature `onnxruntime`, by ONNX Runtime.

#[cfg(feature = "onnxruntime")]
mod onnxruntime;

#[cfg(feature = "onnxruntime")]
pub use onnxruntime::External;

use crate::{Error, Result};
use kmidi_neural::Graph;
use std::collections::BTreeMap;
use std::path::Path;

/// Numbers by the name of an input or output, row-major.
pub type Tensors = BTreeMap<String, Vec<f32>>;

/// Runs the ONNX file at `path` over our kernels, once for each of `inputs`: an input that one of them lacks stays as it was, states (`past_X` beside `present_X`)
/// go on from run to run.
///
/// # Errors
///
/// [`Error::File`] where the file cannot be read, [`Error::Weights`] for an operator, shape or input that is not known; the message names it.
pub fn run_network(path: impl AsRef<Path>, inputs: &[Tensors]) -> Result<Vec<Tensors>> {
    let path = path.as_ref();
    let wrong = |reason: String| Error::Weights(format!("{}: {reason}", path.display()));
    let bytes = std::fs::read(path).map_err(|source| kmidi_io::Error::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })?;
    let mut graph = Graph::read(&bytes).map_err(|error| wrong(error.to_string()))?;
    let mut answers = Vec::new();
    for (number, given) in inputs.iter().enumerate() {
        for (name, numbers) in given {
            let port = graph.input(name).ok_or_else(|| wrong(format!("no input {name}")))?;
            let slots = graph.set(port);
            if slots.len() != numbers.len() {
                let (needed, found) = (slots.len(), numbers.len());
                return Err(wrong(format!("run {number}: {found} numbers for {name}, which takes {needed}")));
            }
            slots.copy_from_slice(numbers);
        }
        graph.run();
        let output = |name: &str| Some((name.to_owned(), graph.get(graph.output(name)?).to_vec()));
        answers.push(graph.outputs().filter_map(output).collect());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_gives_its_recorded_answers_and_wrong_inputs_are_named() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/harmony");
        let text = std::fs::read_to_string(folder.join("io.json")).unwrap();
        let pairs: serde_json::Value = serde_json::from_str(&text).unwrap();
        let part = |name: &str| -> Vec<Tensors> {
            let pairs = pairs["pairs"].as_array().unwrap().iter();
            pairs.map(|pair| serde_json::from_value(pair[name].clone()).unwrap()).collect()
        };
        let model = folder.join("model.onnx");
        let (inputs, outputs) = (part("inputs"), part("outputs"));
        let found = run_network(&model, &inputs).unwrap();
        for (found, right) in
            found.iter().flat_map(|of| &of["chords"]).zip(outputs.iter().flat_map(|of| &of["chords"]))
        {
            assert!((found - right).abs() < 1e-3, "{found} {right}");
        }
        let mut short = inputs[..1].to_vec();
        short[0].insert("context".into(), vec![0.0]);
        let error = run_network(&model, &short).unwrap_err().to_string();
        assert!(error.contains("1 numbers for context, which takes"), "{error}");
        short[0].insert("nonesuch".into(), vec![0.0]);
        short[0].remove("context");
        assert!(run_network(&model, &short).unwrap_err().to_string().contains("no input nonesuch"));
        assert!(run_network(folder.join("card.md"), &[]).is_err());
        assert!(run_network("nonesuch.onnx", &[]).unwrap_err().to_string().contains("nonesuch.onnx"));
    }
}
