//! From the file's nodes to steps.

use super::node::{Made, Node, Normed, Operand, Outcome};
use super::{Graph, Step, Values, elementwise, layers, movement, product, reduce};
use crate::LoadError;
use crate::onnx::{MOST, Model, NodeProto};
use std::collections::BTreeMap;

/// Versions of the operators whose meaning is the one that is built here.
const VERSIONS: core::ops::RangeInclusive<i64> = 13..=22;

pub(super) fn build(onnx: &[u8]) -> Result<Graph, LoadError> {
    let model = Model::read(onnx)?;
    for operators in &model.opset_import {
        let ours = operators.domain.is_empty() || operators.domain == "ai.onnx";
        if !ours || !VERSIONS.contains(&operators.version) {
            return Err(LoadError::Version { domain: operators.domain.clone(), version: operators.version });
        }
    }
    let graph = model.graph.ok_or_else(|| LoadError::NotOnnx("it holds no graph".into()))?;
    if model.opset_import.is_empty() {
        return Err(LoadError::NotOnnx("it does not say which operators it uses".into()));
    }

    let mut builder = Builder::default();
    for tensor in &graph.initializer {
        let (shape, values) = tensor.values()?;
        builder.add(&tensor.name, shape, Kind::Constant(values))?;
    }
    let (mut inputs, mut whole) = (Vec::new(), Vec::new());
    for input in &graph.input {
        // Old files list their weights as inputs too.
        if !builder.names.contains_key(input.name.as_str()) {
            let value = builder.add(&input.name, input.shape()?, Kind::Input)?;
            if input.is_whole() {
                whole.push(value);
            }
            inputs.push((input.name.clone(), value));
        }
    }
    for node in &graph.node {
        builder.node(node)?;
    }
    let mut outputs = Vec::new();
    for output in &graph.output {
        let missing =
            || LoadError::Tensor { name: output.name.clone(), reason: "no node makes this output".into() };
        let &value = builder.names.get(output.name.as_str()).ok_or_else(missing)?;
        outputs.push((output.name.clone(), value));
    }
    let states = builder.states(&inputs, &outputs)?;
    Ok(Graph { whole, ..builder.finish(inputs, outputs, states) })
}

/// Where a value comes from.
enum Kind {
    Input,
    Constant(Box<[f32]>),
    Step(Box<dyn Step>, Vec<usize>),
}

struct Value {
    shape: Vec<usize>,
    kind: Kind,
    /// The value whose last two axes it swaps.
    swapped: Option<usize>,
    /// The normalisation of a swapped value that it is.
    normed: Option<Normed>,
}

#[derive(Default)]
struct Builder {
    values: Vec<Value>,
    names: BTreeMap<String, usize>,
}

impl Builder {
    fn add(&mut self, name: &str, shape: Vec<usize>, kind: Kind) -> Result<usize, LoadError> {
        let value = self.values.len();
        self.values.push(Value { shape, kind, swapped: None, normed: None });
        self.name(name, value)?;
        Ok(value)
    }

    fn name(&mut self, name: &str, value: usize) -> Result<(), LoadError> {
        match self.names.insert(name.to_owned(), value) {
            Some(_) => Err(LoadError::Tensor { name: name.to_owned(), reason: "is made twice".into() }),
            None => Ok(()),
        }
    }

    fn node(&mut self, proto: &NodeProto) -> Result<(), LoadError> {
        let mut operands = Vec::new();
        let mut used = Vec::new();
        for name in &proto.input {
            if name.is_empty() {
                operands.push(None);
                continue;
            }
            let missing = || LoadError::Tensor {
                name: name.clone(),
                reason: "is used before anything makes it".into(),
            };
            let &value = self.names.get(name.as_str()).ok_or_else(missing)?;
            let of = &self.values[value];
            let constant = if let Kind::Constant(numbers) = &of.kind { Some(&numbers[..]) } else { None };
            let (swapped, normed) = (of.swapped, of.normed.as_ref());
            operands.push(Some(Operand { value, shape: &of.shape, constant, swapped, normed }));
            used.push(value);
        }
        let swapped = movement::swapped(proto, &operands);
        let normed = reduce::normed(proto, &operands);
        let node = Node { proto, operands };
        let wrong =
            |reason| LoadError::Node { node: proto.name.clone(), operator: proto.op_type.clone(), reason };
        if !proto.domain.is_empty() && proto.domain != "ai.onnx" {
            return Err(wrong(format!("operators of {:?} are not known", proto.domain)));
        }
        let made = if proto.op_type == "Constant" {
            let (shape, numbers) = node.tensor("value")?;
            vec![Made::Constant(shape, numbers)]
        } else {
            let unknown =
                || LoadError::Operator { node: proto.name.clone(), operator: proto.op_type.clone() };
            operator(&node).ok_or_else(unknown)?.map_err(wrong)?
        };
        if proto.output.iter().filter(|name| !name.is_empty()).count() > made.len() {
            return Err(wrong(format!("has {} outputs; {} are known", proto.output.len(), made.len())));
        }
        let sizes = made.iter().map(|made| match made {
            Made::Step(shape, _)
            | Made::StepOf(shape, ..)
            | Made::Alias(shape, _)
            | Made::Constant(shape, _)
            | Made::OfFirst(shape, _) => shape,
        });
        for shape in sizes {
            let count = shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis));
            if !count.is_some_and(|count| (1..=MOST).contains(&count)) {
                return Err(wrong(format!(
                    "makes a tensor of shape {shape:?}; from 1 to {MOST} numbers are possible"
                )));
            }
        }
        let constant = used.iter().all(|&value| matches!(self.values[value].kind, Kind::Constant(_)));
        let mut first = None;
        for (name, made) in proto.output.iter().zip(made) {
            // What later outputs are made of is there even where the file does not name it.
            if name.is_empty() && first.is_some() {
                continue;
            }
            let unnamed;
            let name = if name.is_empty() {
                unnamed = format!("{} of {}", proto.op_type, proto.output.join(" "));
                &unnamed
            } else {
                name
            };
            match made {
                Made::Constant(shape, numbers) => {
                    self.add(name, shape, Kind::Constant(numbers))?;
                }
                Made::Alias(shape, of) if shape == self.values[of].shape => self.name(name, of)?,
                Made::Alias(shape, of) => self.alias(name, shape, of)?,
                Made::Step(shape, step) if constant => {
                    let numbers = self.fold(step, shape.iter().product());
                    self.add(name, shape, Kind::Constant(numbers))?;
                }
                Made::Step(shape, step) => {
                    let value = self.add(name, shape, Kind::Step(step, used.clone()))?;
                    (self.values[value].swapped, self.values[value].normed) = (swapped, normed.clone());
                }
                Made::StepOf(shape, step, used) => {
                    self.add(name, shape, Kind::Step(step, used))?;
                }
                Made::OfFirst(shape, make) => {
                    let of = first.unwrap_or_default();
                    self.add(name, shape, Kind::Step(make(of), vec![of]))?;
                }
            }
            first = first.or_else(|| self.names.get(name.as_str()).copied());
        }
        Ok(())
    }

    /// The same numbers in another shape: a copy for a constant, a step that copies for the rest.
    fn alias(&mut self, name: &str, shape: Vec<usize>, of: usize) -> Result<(), LoadError> {
        let kind = match &self.values[of].kind {
            Kind::Constant(numbers) => Kind::Constant(numbers.clone()),
            _ => Kind::Step(Box::new(movement::Copy(of)), vec![of]),
        };
        self.add(name, shape, kind).map(|_| ())
    }

    /// Runs a step whose operands are all constant.
    fn fold(&mut self, mut step: Box<dyn Step>, length: usize) -> Box<[f32]> {
        let mut out = vec![0.0; length].into_boxed_slice();
        let numbers = |value: &mut Value| match &mut value.kind {
            Kind::Constant(numbers) => core::mem::take(numbers),
            _ => Box::default(),
        };
        let values = Values(self.values.iter_mut().map(numbers).collect());
        step.run(&values, &mut out);
        for (value, kept) in self.values.iter_mut().zip(values.0) {
            if let Kind::Constant(numbers) = &mut value.kind {
                *numbers = kept;
            }
        }
        out
    }

    /// The pairs of inputs `past_X` and outputs `present_X`.
    fn states(
        &self,
        inputs: &[(String, usize)],
        outputs: &[(String, usize)],
    ) -> Result<Vec<(usize, usize)>, LoadError> {
        let mut states: Vec<(usize, usize)> = Vec::new();
        for (name, past) in inputs {
            let Some(of) = name.strip_prefix("past_") else { continue };
            let Some(&(_, present)) =
                outputs.iter().find(|output| output.0.strip_prefix("present_") == Some(of))
            else {
                continue;
            };
            let wrong = |reason: &str| LoadError::Tensor { name: name.clone(), reason: reason.to_owned() };
            if self.values[*past].shape != self.values[present].shape {
                return Err(wrong("its output has another shape"));
            }
            if !matches!(self.values[present].kind, Kind::Step(..))
                || states.iter().any(|state| state.1 == present)
            {
                return Err(wrong("its output is not made for it alone"));
            }
            states.push((*past, present));
        }
        Ok(states)
    }

    /// Memory for all values, and the steps that some output needs.
    fn finish(
        self,
        inputs: Vec<(String, usize)>,
        outputs: Vec<(String, usize)>,
        states: Vec<(usize, usize)>,
    ) -> Graph {
        let mut needed = vec![false; self.values.len()];
        outputs.iter().for_each(|output| needed[output.1] = true);
        for (number, value) in self.values.iter().enumerate().rev() {
            if let (true, Kind::Step(_, used)) = (needed[number], &value.kind) {
                used.iter().for_each(|&value| needed[value] = true);
            }
        }
        let (mut numbers, mut shapes, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for (number, value) in self.values.into_iter().enumerate() {
            let length = if needed[number] { value.shape.iter().product() } else { 0 };
            numbers.push(match value.kind {
                Kind::Constant(constant) => constant,
                Kind::Input => vec![0.0; value.shape.iter().product()].into(),
                Kind::Step(step, _) => {
                    if needed[number] {
                        steps.push((step, number));
                    }
                    vec![0.0; length].into()
                }
            });
            shapes.push(value.shape);
        }
        Graph { values: Values(numbers), shapes, inputs, outputs, states, steps, whole: Vec::new() }
    }
}

/// Builds what the node's operator asks for; `None` for an operator that is not known.
fn operator(node: &Node<'_>) -> Option<Outcome> {
    elementwise::build(node)
        .or_else(|| movement::build(node))
        .or_else(|| product::build(node))
        .or_else(|| layers::build(node))
        .or_else(|| reduce::build(node))
}
