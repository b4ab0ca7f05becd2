//! Operators that look at a whole axis: softmax, layer norm, sums, means, greatest, pools.

use super::node::{Made, Node, Normed, Operand, Outcome, axis, step};
use super::{Step, Values};
use crate::onnx::NodeProto;
use kmidi_kernels::curves::exp;
use kmidi_kernels::math::{logsumexp, max, sum};
use kmidi_kernels::norm::{layer_norm, layer_norm_of_columns};

pub(super) fn build(node: &Node<'_>) -> Option<Outcome> {
    Some(match node.operator() {
        "Softmax" => rows(node, |row| {
            let greatest = max(row);
            row.iter_mut().for_each(|value| *value -= greatest);
            exp(row);
            let total = sum(row);
            row.iter_mut().for_each(|value| *value /= total);
        }),
        "LogSoftmax" => rows(node, |row| {
            let total = logsumexp(row);
            row.iter_mut().for_each(|value| *value -= total);
        }),
        "LayerNormalization" => norm(node),
        "ReduceSum" => reduce(node, sum),
        "ReduceMean" => reduce(node, |values| sum(values) / values.len() as f32),
        "ReduceMax" => reduce(node, max),
        "GlobalAveragePool" => global(node),
        _ => return None,
    })
}

/// A function of each row of the last axis.
struct Rows {
    of: usize,
    length: usize,
    function: fn(&mut [f32]),
}

impl Step for Rows {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        out.copy_from_slice(values.of(self.of));
        out.chunks_exact_mut(self.length).for_each(self.function);
    }
}

fn rows(node: &Node<'_>, function: fn(&mut [f32])) -> Outcome {
    let of = node.operand(0)?;
    let at = axis(node.int("axis", -1), of.shape.len())?;
    if at + 1 != of.shape.len() {
        return Err(format!("axis {at} of {:?}: only the last is known", of.shape));
    }
    Ok(step(of.shape, Rows { of: of.value, length: of.shape[at], function }))
}

struct Norm {
    of: usize,
    scale: Box<[f32]>,
    bias: Box<[f32]>,
    epsilon: f32,
}

impl Step for Norm {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        // The shapes were checked when the step was built.
        let done = layer_norm(values.of(self.of), &self.scale, &self.bias, self.epsilon, out);
        debug_assert!(done.is_ok(), "{done:?}");
    }
}

/// Layer normalisation of the rows of a value whose last two axes were swapped, if that is what the node does: a swap after it is then none at all,
/// but the normalisation of the columns of that value.
pub(super) fn normed(proto: &NodeProto, operands: &[Option<Operand<'_>>]) -> Option<Normed> {
    let of = operands.first().copied().flatten().filter(|_| proto.op_type == "LayerNormalization")?;
    let (places, swapped) = (of.shape.last().copied()?, of.swapped?);
    let constant = |place: usize| operands.get(place).copied().flatten().and_then(|operand| operand.constant);
    let (scale, bias) = (constant(1)?, constant(2)?);
    let attribute = |name: &str| proto.attribute.iter().find(|attribute| attribute.name == name);
    let last = attribute("axis").is_none_or(|axis| axis.i == -1 || axis.i == of.shape.len() as i64 - 1);
    let fits = last && scale.len() == places && bias.len() == places;
    let epsilon = attribute("epsilon").map_or(1e-5, |epsilon| epsilon.f);
    fits.then(|| Normed { of: swapped, scale: scale.into(), bias: bias.into(), epsilon })
}

/// Layer normalisation of columns.
struct Columns {
    normed: Normed,
    places: usize,
}

impl Step for Columns {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let Normed { of, scale, bias, epsilon } = &self.normed;
        // The shapes were checked when the step was built.
        let done = layer_norm_of_columns(values.of(*of), self.places, scale, bias, *epsilon, out);
        debug_assert!(done.is_ok(), "{done:?}");
    }
}

/// A step of `shape` that normalises the columns of a value of that shape.
pub(super) fn of_columns(normed: &Normed, shape: Vec<usize>) -> Vec<Made> {
    let places = shape.last().copied().unwrap_or(1);
    let (used, normed) = (vec![normed.of], normed.clone());
    vec![Made::StepOf(shape, Box::new(Columns { normed, places }), used)]
}

fn norm(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let at = axis(node.int("axis", -1), of.shape.len())?;
    let length: usize = of.shape[at..].iter().product();
    let scale: Box<[f32]> = node.constant(1)?.1.into();
    let bias: Box<[f32]> =
        if node.optional(2).is_some() { node.constant(2)?.1.into() } else { vec![0.0; length].into() };
    if [scale.len(), bias.len()] != [length; 2] {
        return Err(format!("{} scales and {} biases for {length} numbers", scale.len(), bias.len()));
    }
    Ok(step(of.shape, Norm { of: of.value, scale, bias, epsilon: node.float("epsilon", 1e-5) }))
}

/// Each group of numbers becomes one. The group of an output lies `stride` apart in the operand.
struct Reduce {
    of: usize,
    length: usize,
    stride: usize,
    group: Box<[f32]>,
    function: fn(&[f32]) -> f32,
}

impl Step for Reduce {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let numbers = values.of(self.of);
        for (place, out) in out.iter_mut().enumerate() {
            let first = place / self.stride * self.stride * self.length + place % self.stride;
            if self.stride == 1 {
                *out = (self.function)(&numbers[first..first + self.length]);
                continue;
            }
            let group = numbers[first..].iter().step_by(self.stride);
            self.group.iter_mut().zip(group).for_each(|(slot, &value)| *slot = value);
            *out = (self.function)(&self.group);
        }
    }
}

fn reduce(node: &Node<'_>, function: fn(&[f32]) -> f32) -> Outcome {
    let of = node.operand(0)?;
    let rank = of.shape.len();
    let axes = match node.ints_or("axes", 1)? {
        Some(axes) => axes.iter().map(|&at| axis(at, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    let (Some(&first), Some(&last)) = (axes.iter().min(), axes.iter().max()) else {
        return Err("no axes".into());
    };
    if (first..=last).any(|at| !axes.contains(&at)) {
        return Err(format!("axes {axes:?} must be neighbours"));
    }
    let keep = node.int("keepdims", 1) != 0;
    let gone = |at: usize| (first..=last).contains(&at);
    let shape: Vec<usize> =
        (0..rank).filter(|&at| keep || !gone(at)).map(|at| if gone(at) { 1 } else { of.shape[at] }).collect();
    let (length, stride) = (of.shape[first..=last].iter().product(), of.shape[last + 1..].iter().product());
    Ok(step(shape, Reduce { of: of.value, length, stride, group: vec![0.0; length].into(), function }))
}

fn global(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let &[batch, channels, ref places @ ..] = of.shape else { return Err("needs channels".into()) };
    let mut shape = vec![1; of.shape.len()];
    (shape[0], shape[1]) = (batch, channels);
    let length: usize = places.iter().product();
    let mean = |values: &[f32]| sum(values) / values.len() as f32;
    Ok(step(shape, Reduce { of: of.value, length, stride: 1, group: Box::default(), function: mean }))
}
