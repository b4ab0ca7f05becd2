//! ONNX Runtime, loaded when it is asked for: nothing of it is linked.

use super::Tensors;
use crate::{Error, Result};
use ort::session::{Session, SessionInputValue};
use ort::value::{Tensor, TensorElementType, ValueType};
use std::collections::BTreeMap;
use std::path::Path;

/// A network of any operators and sizes that ONNX Runtime knows. It allocates, takes locks and its own time: nothing for the audio thread.
#[derive(Debug)]
pub struct External {
    session: Session,
    inputs: Vec<Input>,
    states: Tensors,
}

#[derive(Debug)]
struct Input {
    name: String,
    /// The lengths of its axes; -1 where that is left open.
    shape: Vec<i64>,
    kind: TensorElementType,
}

impl External {
    /// Reads the ONNX file at `model` with the ONNX Runtime (1.18 and later) at `library`, such as `libonnxruntime.so`. The first library that a
    /// program loads stays.
    ///
    /// # Errors
    ///
    /// [`Error::Weights`] where the library cannot be loaded, the network cannot be read, or an input is neither of 32-bit floating point nor of 64-bit whole numbers.
    pub fn open(model: impl AsRef<Path>, library: impl AsRef<Path>) -> Result<Self> {
        let (model, library) = (model.as_ref(), library.as_ref());
        let wrong = |at: &Path, reason: String| Error::Weights(format!("{}: {reason}", at.display()));
        if !library.is_file() {
            return Err(wrong(library, "no such library".into()));
        }
        ort::init_from(library).map_err(|error| wrong(library, error.to_string()))?.commit();
        let built = Session::builder().map_err(|error| wrong(library, error.to_string()))?;
        let built = built.with_intra_threads(1).map_err(|error| wrong(library, error.to_string()));
        let session = built?.commit_from_file(model).map_err(|error| wrong(model, error.to_string()))?;
        let input = |outlet: &ort::value::Outlet| match outlet.dtype() {
            ValueType::Tensor {
                ty: kind @ (TensorElementType::Float32 | TensorElementType::Int64),
                shape,
                ..
            } => Ok(Input { name: outlet.name().to_owned(), shape: shape.to_vec(), kind: *kind }),
            other => Err(wrong(model, format!("input {} is {other}", outlet.name()))),
        };
        let inputs = session.inputs().iter().map(input).collect::<Result<_>>()?;
        Ok(Self { session, inputs, states: Tensors::new() })
    }

    /// Runs it once. States, inputs `past_X` beside outputs `present_X`, begin at 0 and go on from run to run. An axis that the file leaves open is as long as the
    /// numbers ask for, where there is one such axis.
    ///
    /// # Errors
    ///
    /// [`Error::Weights`] for an input that is missing, unknown or of another length, and for what the runtime reports.
    pub fn run(&mut self, given: &Tensors) -> Result<Tensors> {
        if let Some(unknown) = given.keys().find(|name| self.inputs.iter().all(|input| input.name != **name))
        {
            return Err(Error::Weights(format!("no input {unknown}")));
        }
        let mut fed: BTreeMap<&str, SessionInputValue<'_>> = BTreeMap::new();
        for input in &self.inputs {
            let state = self.states.get(&input.name);
            let fresh = input.name.starts_with("past_").then(|| vec![0.0; closed(&input.shape)]);
            let numbers = given.get(&input.name).or(state).or(fresh.as_ref());
            let numbers =
                numbers.ok_or_else(|| Error::Weights(format!("input {} is missing", input.name)))?;
            fed.insert(&input.name, tensor(input, numbers)?);
        }
        let told = self.session.run(fed.into_iter().collect::<Vec<_>>());
        let told = told.map_err(|error| Error::Weights(error.to_string()))?;
        let mut answers = Tensors::new();
        for (name, value) in told.iter() {
            let numbers = match value.try_extract_tensor::<f32>() {
                Ok((_, numbers)) => numbers.to_vec(),
                Err(_) => match value.try_extract_tensor::<i64>() {
                    Ok((_, numbers)) => numbers.iter().map(|&number| number as f32).collect(),
                    Err(error) => return Err(Error::Weights(format!("output {name}: {error}"))),
                },
            };
            match name.strip_prefix("present_").map(|of| format!("past_{of}")) {
                Some(state) if self.inputs.iter().any(|input| input.name == state) => {
                    self.states.insert(state, numbers);
                }
                _ => {
                    answers.insert(name.to_owned(), numbers);
                }
            }
        }
        Ok(answers)
    }
}

/// How many numbers a shape holds, axes that are left open counting once.
fn closed(shape: &[i64]) -> usize {
    shape.iter().map(|&length| length.max(1) as usize).product()
}

fn tensor(input: &Input, numbers: &[f32]) -> Result<SessionInputValue<'static>> {
    let mut shape = input.shape.clone();
    let known = closed(&shape);
    let mut open = shape.iter_mut().filter(|length| **length < 0);
    let (first, second) = (open.next(), open.next());
    let fits = match (first, second) {
        (None, _) => known == numbers.len(),
        (Some(length), None) => {
            *length = (numbers.len() / known) as i64;
            numbers.len() % known == 0
        }
        (Some(_), Some(_)) => false,
    };
    if !fits {
        let (name, shape, count) = (&input.name, &input.shape, numbers.len());
        return Err(Error::Weights(format!("{count} numbers for input {name} of shape {shape:?}")));
    }
    let failed = |error: ort::Error| Error::Weights(format!("input {}: {error}", input.name));
    Ok(match input.kind {
        TensorElementType::Int64 => {
            let whole: Vec<i64> = numbers.iter().map(|&number| number as i64).collect();
            Tensor::from_array((shape, whole)).map_err(failed)?.into()
        }
        _ => Tensor::from_array((shape, numbers.to_vec())).map_err(failed)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::run_network;
    use super::*;

    /// Where the library is: the test needs one, and says where to name it.
    fn library() -> Option<std::ffi::OsString> {
        let found = std::env::var_os("KMIDI_ONNXRUNTIME");
        if found.is_none() {
            println!("skipped: KMIDI_ONNXRUNTIME names no libonnxruntime.so");
        }
        found
    }

    #[test]
    fn the_runtime_answers_as_the_kernels_do_and_faults_are_named() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/harmony");
        let model = folder.join("model.onnx");
        assert!(External::open(&model, "nonesuch.so").unwrap_err().to_string().contains("nonesuch.so"));
        let Some(library) = library() else { return };
        let text = std::fs::read_to_string(folder.join("io.json")).unwrap();
        let pairs: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pairs = pairs["pairs"].as_array().unwrap().iter();
        let inputs: Vec<Tensors> =
            pairs.map(|pair| serde_json::from_value(pair["inputs"].clone()).unwrap()).collect();
        let ours = run_network(&model, &inputs).unwrap();
        let mut external = External::open(&model, &library).unwrap();
        for (given, ours) in inputs.iter().zip(&ours) {
            let theirs = external.run(given).unwrap();
            assert_eq!(theirs.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
            for (a, b) in theirs.values().flatten().zip(ours.values().flatten()) {
                assert!((a - b).abs() <= 1e-3 * b.abs().max(1.0), "{a} {b}");
            }
        }
        for (name, numbers, words) in [
            ("nonesuch", vec![0.0], "no input nonesuch"),
            ("context", vec![0.0; 3], "3 numbers for input context"),
        ] {
            let mut given = inputs[0].clone();
            given.insert(name.into(), numbers);
            assert!(external.run(&given).unwrap_err().to_string().contains(words));
        }
        assert!(external.run(&Tensors::new()).unwrap_err().to_string().contains("is missing"));
        assert!(External::open(folder.join("card.md"), &library).is_err());
    }
}
