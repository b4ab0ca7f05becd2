//! A node of the file with what is known of its operands.

use super::Step;
use crate::LoadError;
use crate::onnx::{Attribute, NodeProto};
use std::sync::Arc;

/// A node whose operands have shapes.
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
    /// The operands; `None` where the file leaves an optional one out.
    pub(super) operands: Vec<Option<Operand<'a>>>,
}

/// A tensor that a node takes.
#[derive(Clone, Copy)]
pub(super) struct Operand<'a> {
    pub(super) value: usize,
    pub(super) shape: &'a [usize],
    /// Its numbers, where no run can change them.
    pub(super) constant: Option<&'a [f32]>,
    /// The step that makes it does nothing but swap the last two axes of that value.
    pub(super) swapped: Option<usize>,
    /// The step that makes it does nothing but normalise the rows of such a swapped value.
    pub(super) normed: Option<&'a Normed>,
}

/// Layer normalisation over the axis before the last of a value.
#[derive(Clone)]
pub(super) struct Normed {
    pub(super) of: usize,
    pub(super) scale: Arc<[f32]>,
    pub(super) bias: Arc<[f32]>,
    pub(super) epsilon: f32,
}

/// What a node becomes: a step for each output that is used, or another name for a value of the same numbers.
pub(super) enum Made {
    Step(Vec<usize>, Box<dyn Step>),
    Alias(Vec<usize>, usize),
    Constant(Vec<usize>, Box<[f32]>),
    /// A step that takes those values instead of the node's operands.
    StepOf(Vec<usize>, Box<dyn Step>, Vec<usize>),
    /// A step that takes what the node's first output is, given its number.
    OfFirst(Vec<usize>, Box<dyn FnOnce(usize) -> Box<dyn Step>>),
}

/// What building gives: the outputs in the node's order, or the reason why not.
pub(super) type Outcome = Result<Vec<Made>, String>;

pub(super) fn step(shape: impl Into<Vec<usize>>, step: impl Step + 'static) -> Vec<Made> {
    vec![Made::Step(shape.into(), Box::new(step))]
}

impl<'a> Node<'a> {
    pub(super) fn operator(&self) -> &'a str {
        &self.proto.op_type
    }

    /// The operand at `place`.
    pub(super) fn operand(&self, place: usize) -> Result<Operand<'a>, String> {
        self.optional(place).ok_or_else(|| format!("operand {place} is missing"))
    }

    pub(super) fn optional(&self, place: usize) -> Option<Operand<'a>> {
        self.operands.get(place).copied().flatten()
    }

    /// The operand at `place`, which must not change from run to run.
    pub(super) fn constant(&self, place: usize) -> Result<(&'a [usize], &'a [f32]), String> {
        let operand = self.operand(place)?;
        let numbers = operand.constant.ok_or_else(|| format!("operand {place} must be constant"))?;
        Ok((operand.shape, numbers))
    }

    fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |attribute| attribute.i)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |attribute| attribute.f)
    }

    pub(super) fn ints(&self, name: &str) -> Option<&'a [i64]> {
        self.attribute(name).map(|attribute| &attribute.ints[..])
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a [u8]> {
        self.attribute(name).map(|attribute| &attribute.s[..])
    }

    pub(super) fn tensor(&self, name: &str) -> Result<(Vec<usize>, Box<[f32]>), LoadError> {
        let tensor = self.attribute(name).and_then(|attribute| attribute.t.as_ref());
        let missing = || LoadError::Tensor {
            name: self.proto.name.clone(),
            reason: format!("attribute {name} is no tensor"),
        };
        tensor.ok_or_else(missing)?.values()
    }

    /// Whole numbers from an attribute, or from the constant operand at `place` in later versions.
    pub(super) fn ints_or(&self, name: &str, place: usize) -> Result<Option<Vec<i64>>, String> {
        if let Some(ints) = self.ints(name) {
            return Ok(Some(ints.to_vec()));
        }
        if self.optional(place).is_none() {
            return Ok(None);
        }
        Ok(Some(self.constant(place)?.1.iter().map(|&value| value as i64).collect()))
    }
}

/// An axis counted from the front; the file may count from the back.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    let inside = usize::try_from(counted).ok().filter(|&axis| axis < rank);
    inside.ok_or_else(|| format!("axis {axis} of a tensor with {rank} axes"))
}
