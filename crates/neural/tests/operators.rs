//! Every operator gives onnxruntime's answer, and what is not known is refused by name.

use kmidi_neural::{Graph, LoadError};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/operators")
}

fn numbers(of: &Value) -> Vec<f32> {
    of.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

/// The greatest difference from the recorded answers, over all pairs in their order.
fn difference(graph: &mut Graph, pairs: &Value) -> f32 {
    let mut greatest = 0.0_f32;
    for pair in pairs["pairs"].as_array().unwrap() {
        for (name, value) in pair["inputs"].as_object().unwrap() {
            let port = graph.input(name).unwrap();
            graph.set(port).copy_from_slice(&numbers(value));
        }
        graph.run();
        for (name, value) in pair["outputs"].as_object().unwrap() {
            let (found, expected) = (graph.get(graph.output(name).unwrap()), numbers(value));
            assert_eq!(found.len(), expected.len(), "{name}");
            for (found, expected) in found.iter().zip(expected) {
                let apart = (found - expected).abs() / expected.abs().max(1.0);
                greatest = if apart > greatest || apart.is_nan() { apart } else { greatest };
            }
        }
    }
    greatest
}

#[test]
fn every_operator_gives_the_recorded_answers() {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "onnx"));
    assert!(files.len() >= 9, "{files:?}");
    for path in files {
        let mut graph = Graph::read(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut pairs: Value =
            serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let found = difference(&mut graph, &pairs);
        assert!(found < 1e-5, "{}: {found}", path.display());
        graph.reset();
        assert!(difference(&mut graph, &pairs) < 1e-5, "{}: again, from the start", path.display());
        // The comparison sees a wrong number.
        let outputs = pairs["pairs"][1]["outputs"].as_object_mut().unwrap();
        let last = outputs.values_mut().last().unwrap().as_array_mut().unwrap();
        last[0] = (last[0].as_f64().unwrap() + 0.01).into();
        graph.reset();
        assert!(difference(&mut graph, &pairs) > 1e-4, "{}", path.display());
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let mut bytes = std::fs::read(folder().join("reductions.onnx")).unwrap();
    // The operator's field, and its length before it.
    let at = bytes.windows(9).position(|window| window == b"\x22\x07Softmax").unwrap();
    bytes[at + 2..at + 9].copy_from_slice(b"Softbax");
    let error = Graph::read(&bytes).unwrap_err();
    assert_eq!(error, LoadError::Operator { node: "Softmax_a".into(), operator: "Softbax".into() });
    assert!(matches!(Graph::read(b"no such thing"), Err(LoadError::NotOnnx(_))));
    assert!(matches!(Graph::read(b""), Err(LoadError::NotOnnx(_))));
}

#[test]
fn no_damage_to_a_file_makes_the_reader_panic() {
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "onnx") {
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        for round in 0..300 {
            let mut bytes = whole.clone();
            if round % 3 == 0 {
                bytes.truncate(random(whole.len()));
            }
            for _ in 0..round % 4 {
                let at = random(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random(256) as u8;
                }
            }
            match Graph::read(&bytes) {
                Ok(mut graph) => graph.run(),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 300, "{refused}");
}
