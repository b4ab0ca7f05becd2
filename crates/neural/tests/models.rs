//! Every network of `models/`, and those of the operators' tests, gives the answers recorded beside it, and the same bits in every build.
//!
//! `KMIDI_RECORD_BITS=1 cargo test --release -p kmidi-neural --test models` records the bits anew in `tests/bits.txt`: a reason belongs in the change
//! log. The debug build must find the same.

use kmidi_neural::{Graph, all_shipped};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How far an answer may lie from onnxruntime's.
const APART: f32 = 1e-4;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Networks by name, each with its recorded pairs.
fn networks() -> BTreeMap<String, (PathBuf, PathBuf)> {
    let files = |folder: PathBuf| {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let is_onnx = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "onnx");
    let stem = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut all = BTreeMap::new();
    for path in files(root().join("crates/neural/tests/operators")).into_iter().filter(is_onnx) {
        all.insert(format!("operators/{}", stem(&path)), (path.clone(), path.with_extension("json")));
    }
    for folder in files(root().join("models")).into_iter().filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for path in files(folder).into_iter().filter(is_onnx) {
            let pairs = match stem(&path).as_str() {
                "model" => path.with_file_name("io.json"),
                _ => path.with_extension("json"),
            };
            all.insert(format!("{name}/{}", stem(&path)), (path, pairs));
        }
    }
    all
}

fn numbers(of: &Value) -> Vec<f32> {
    of.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

/// The greatest difference from what was recorded, and a number over the bits of all answers: FNV-1a (Fowler, Noll and Vo 1991).
fn run(graph: &mut Graph, pairs: &Value) -> (f32, u64) {
    let (mut apart, mut bits) = (0.0_f32, 0xcbf2_9ce4_8422_2325_u64);
    for pair in pairs["pairs"].as_array().unwrap() {
        for (name, value) in pair["inputs"].as_object().unwrap() {
            let port = graph.input(name).unwrap_or_else(|| panic!("no input {name}"));
            graph.set(port).copy_from_slice(&numbers(value));
        }
        graph.run();
        for (name, value) in pair["outputs"].as_object().unwrap() {
            let found = graph.get(graph.output(name).unwrap_or_else(|| panic!("no output {name}")));
            let expected = numbers(value);
            assert_eq!(found.len(), expected.len(), "{name}");
            for (found, expected) in found.iter().zip(expected) {
                let off = (found - expected).abs() / expected.abs().max(1.0);
                apart = if off > apart || off.is_nan() { off } else { apart };
                for byte in found.to_bits().to_le_bytes() {
                    bits = (bits ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
        }
    }
    (apart, bits)
}

#[test]
fn every_network_gives_its_recorded_answers_with_the_same_bits_in_every_build() {
    let all = networks();
    for (name, _) in all_shipped() {
        assert!(
            all.contains_key(&format!("{name}/model")),
            "{name} ships, and models/{name} holds no model.onnx"
        );
    }
    let mut found = String::new();
    for (name, (onnx, pairs)) in &all {
        let mut graph =
            Graph::read(&std::fs::read(onnx).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = std::fs::read(pairs).unwrap_or_else(|error| panic!("{}: {error}", pairs.display()));
        let mut pairs: Value = serde_json::from_slice(&text).unwrap();
        let (apart, bits) = run(&mut graph, &pairs);
        assert!(apart <= APART, "{name}: {apart} from onnxruntime");
        graph.reset();
        assert_eq!(run(&mut graph, &pairs).1, bits, "{name}: other bits after a reset");
        found += &format!("{name} {bits:016x}\n");
        // The comparison sees a wrong answer.
        let last = pairs["pairs"].as_array_mut().unwrap().last_mut().unwrap();
        let wrong = last["outputs"].as_object_mut().unwrap().values_mut().last().unwrap();
        wrong[0] = (wrong[0].as_f64().unwrap() * 1.001 + 0.001).into();
        graph.reset();
        assert!(run(&mut graph, &pairs).0 > APART, "{name}: a wrong answer was not noticed");
    }
    let path = root().join("crates/neural/tests/bits.txt");
    if std::env::var_os("KMIDI_RECORD_BITS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    assert_eq!(found, recorded, "bits differ from those recorded");
}
