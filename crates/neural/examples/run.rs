//! Runs a network on given inputs, and times it: what `benchmarks/peers/models.py` sets beside onnxruntime.
//!
//! `run MODEL.onnx [CALLS] < PAIRS.json`: standard input is of the form of `io.json`, the answers are printed in that form, with the median
//! time of a run over CALLS runs (2,000) as `ns`.

use kmidi_neural::Graph;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: run MODEL.onnx [CALLS] < PAIRS.json")?;
    let calls: usize = args.next().map_or(Ok(2_000), |calls| calls.parse())?;
    let mut graph = Graph::read(&std::fs::read(path)?)?;
    let given: Value = serde_json::from_reader(std::io::stdin())?;
    let pairs = given["pairs"].as_array().ok_or("no pairs")?;
    let mut answers = Vec::new();
    for pair in pairs {
        for (name, value) in pair["inputs"].as_object().ok_or("no inputs")? {
            let port = graph.input(name).ok_or_else(|| format!("no input {name}"))?;
            let numbers = value.as_array().ok_or("an input is a list of numbers")?;
            let given = numbers.iter().filter_map(Value::as_f64).map(|number| number as f32);
            graph.set(port).iter_mut().zip(given).for_each(|(slot, number)| *slot = number);
        }
        graph.run();
        let outputs: Map<String, Value> = graph
            .outputs()
            .filter_map(|name| Some((name.to_owned(), json!(graph.get(graph.output(name)?)))))
            .collect();
        answers.push(json!({ "outputs": outputs }));
    }
    let mut times: Vec<u128> = (0..calls)
        .map(|_| {
            let begun = Instant::now();
            graph.run();
            begun.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    println!("{}", json!({ "pairs": answers, "ns": times.get(calls / 2).map(|&ns| ns as u64) }));
    Ok(())
}
