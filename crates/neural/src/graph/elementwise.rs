//! Operators that take each number for itself, and those that pair numbers of two tensors.

use super::node::{Made, Node, Operand, Outcome, step};
use super::{Step, Values};
use crate::onnx::MOST;
use kmidi_kernels::curves;
use kmidi_kernels::math::{exp, ln, sqrt};

pub(super) fn build(node: &Node<'_>) -> Option<Outcome> {
    Some(match node.operator() {
        "Relu" => unary(node, |x| if x <= 0.0 { 0.0 } else { x }),
        "Tanh" => curve(node, curves::tanh),
        "Sigmoid" => curve(node, curves::sigmoid),
        "Exp" => unary(node, exp),
        "Log" => unary(node, ln),
        "Sqrt" => unary(node, sqrt),
        "Erf" => curve(node, curves::erf),
        "Neg" => unary(node, |x| -x),
        "Identity" | "Dropout" => node.operand(0).map(|of| vec![Made::Alias(of.shape.to_vec(), of.value)]),
        "Cast" => cast(node),
        "Add" => binary(node, |a, b| a + b),
        "Sub" => binary(node, |a, b| a - b),
        "Mul" => binary(node, |a, b| a * b),
        "Div" => binary(node, |a, b| a / b),
        "Equal" => binary(node, |a, b| f32::from(a == b)),
        "Less" => binary(node, |a, b| f32::from(a < b)),
        "Greater" => binary(node, |a, b| f32::from(a > b)),
        "Pow" => power(node),
        "Where" => choose(node),
        "Expand" => expand(node),
        "DequantizeLinear" => dequantize(node),
        _ => return None,
    })
}

struct Unary<F>(usize, F);

impl<F: Fn(f32) -> f32 + Send> Step for Unary<F> {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        out.iter_mut().zip(values.of(self.0)).for_each(|(out, &x)| *out = self.1(x));
    }
}

fn unary(node: &Node<'_>, function: impl Fn(f32) -> f32 + Send + 'static) -> Outcome {
    let x = node.operand(0)?;
    Ok(step(x.shape, Unary(x.value, function)))
}

/// A function of the whole tensor.
struct Curve(usize, fn(&mut [f32]));

impl Step for Curve {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        out.copy_from_slice(values.of(self.0));
        (self.1)(out);
    }
}

fn curve(node: &Node<'_>, function: fn(&mut [f32])) -> Outcome {
    let x = node.operand(0)?;
    Ok(step(x.shape, Curve(x.value, function)))
}

/// From fractions to whole numbers a cast cuts off; all else is as it was.
fn cast(node: &Node<'_>) -> Outcome {
    match node.int("to", 1) {
        1 | 9 | 10 | 11 => node.operand(0).map(|of| vec![Made::Alias(of.shape.to_vec(), of.value)]),
        3 | 6 | 7 => unary(node, |x| x as i32 as f32),
        other => Err(format!("a cast to type {other}")),
    }
}

fn power(node: &Node<'_>) -> Outcome {
    match node.constant(1)?.1 {
        [exponent] if *exponent == 2.0 => unary(node, |x| x * x),
        [exponent] if *exponent == 3.0 => unary(node, |x| x * x * x),
        [exponent] if *exponent == 0.5 => unary(node, sqrt),
        other => Err(format!("exponents {other:?}; 2, 3 and 0.5 are known")),
    }
}

/// How two shapes meet: the shape of the result, and for each of its axes the stride of either operand.
struct Meeting {
    shape: Vec<usize>,
    strides: Vec<[usize; 2]>,
}

fn meet(a: &[usize], b: &[usize]) -> Result<Meeting, String> {
    let rank = a.len().max(b.len());
    let (mut shape, mut strides) = (vec![1; rank], vec![[0, 0]; rank]);
    let mut step = [1, 1];
    for back in 1..=rank {
        let length = |of: &[usize]| if back <= of.len() { of[of.len() - back] } else { 1 };
        let lengths = [length(a), length(b)];
        let longest = lengths[0].max(lengths[1]);
        for (side, length) in lengths.into_iter().enumerate() {
            if length != 1 && length != longest {
                return Err(format!("shapes {a:?} and {b:?} do not fit"));
            }
            strides[rank - back][side] = if length == 1 { 0 } else { step[side] };
            step[side] *= length;
        }
        shape[rank - back] = longest;
    }
    Ok(Meeting { shape, strides })
}

/// Pairs two tensors. `rows` says where in either operand each row of the last axis begins.
struct Binary<F> {
    operands: [usize; 2],
    rows: Box<[[u32; 2]]>,
    /// The length of a row, and whether either operand moves along it.
    length: usize,
    moves: [bool; 2],
    function: F,
}

impl<F: Fn(f32, f32) -> f32 + Send> Step for Binary<F> {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let [a, b] = self.operands.map(|operand| values.of(operand));
        for (out, &[from_a, from_b]) in out.chunks_exact_mut(self.length).zip(&self.rows) {
            let (a, b) = (&a[from_a as usize..], &b[from_b as usize..]);
            let function = &self.function;
            match self.moves {
                [true, true] => {
                    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                        *out = function(a, b);
                    }
                }
                [true, false] => out.iter_mut().zip(a).for_each(|(out, &a)| *out = function(a, b[0])),
                [false, true] => out.iter_mut().zip(b).for_each(|(out, &b)| *out = function(a[0], b)),
                [false, false] => out.fill(function(a[0], b[0])),
            }
        }
    }
}

fn binary(node: &Node<'_>, function: impl Fn(f32, f32) -> f32 + Send + 'static) -> Outcome {
    pair(node.operand(0)?, node.operand(1)?, function)
}

fn pair(a: Operand<'_>, b: Operand<'_>, function: impl Fn(f32, f32) -> f32 + Send + 'static) -> Outcome {
    let Meeting { shape, strides } = meet(a.shape, b.shape)?;
    // Axes at the end along which both operands lie one after the other, or neither moves, make one row.
    let mut row = shape.len();
    let (mut length, mut moves) = (1, [false; 2]);
    while row > 0 {
        let next = strides[row - 1];
        let goes_on = [0, 1].map(|side| next[side] == if moves[side] { length } else { 0 });
        if length == 1 {
            moves = next.map(|stride| stride == 1);
        } else if shape[row - 1] != 1 && goes_on != [true, true] {
            break;
        }
        length *= shape[row - 1];
        row -= 1;
    }
    let count: usize = shape[..row].iter().product();
    let rows = (0..count).map(|mut number| {
        let mut from = [0_u32; 2];
        for axis in (0..row).rev() {
            let place = number % shape[axis];
            number /= shape[axis];
            from.iter_mut().zip(strides[axis]).for_each(|(from, stride)| *from += (place * stride) as u32);
        }
        from
    });
    let rows = rows.collect();
    Ok(step(shape, Binary { operands: [a.value, b.value], rows, length, moves, function }))
}

/// A tensor said again along axes of length 1.
fn expand(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let shape: Vec<usize> = node.constant(1)?.1.iter().map(|&length| length as usize).collect();
    let Meeting { shape: met, strides } = meet(of.shape, &shape)?;
    let count = met.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis));
    let count =
        count.filter(|&count| count <= MOST).ok_or_else(|| format!("the shape {met:?} is too large"))?;
    let from = (0..count).map(|mut number| {
        let mut from = 0;
        for axis in (0..met.len()).rev() {
            from += number % met[axis] * strides[axis][0];
            number /= met[axis];
        }
        from as u32
    });
    let from = from.collect();
    Ok(step(met, Picked(of.value, from)))
}

/// Numbers by their places.
struct Picked(usize, Box<[u32]>);

impl Step for Picked {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let numbers = values.of(self.0);
        out.iter_mut().zip(&self.1).for_each(|(out, &from)| *out = numbers[from as usize]);
    }
}

struct Choose([usize; 3]);

impl Step for Choose {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let [when, yes, no] = self.0.map(|operand| values.of(operand));
        let at = |of: &[f32], place: usize| if of.len() == 1 { of[0] } else { of[place] };
        for (place, out) in out.iter_mut().enumerate() {
            *out = if at(when, place) != 0.0 { at(yes, place) } else { at(no, place) };
        }
    }
}

fn choose(node: &Node<'_>) -> Outcome {
    let operands = [node.operand(0)?, node.operand(1)?, node.operand(2)?];
    let count = |of: &Operand<'_>| of.shape.iter().product::<usize>();
    let Some(largest) = operands.iter().max_by_key(|of| count(of)) else { return Err("no operands".into()) };
    if operands.iter().any(|of| of.shape != largest.shape && count(of) != 1) {
        return Err("operands must have one shape, or one number".into());
    }
    Ok(step(largest.shape, Choose(operands.map(|of| of.value))))
}

/// Weights of eight bits with a scale for all, or for each place along an axis.
fn dequantize(node: &Node<'_>) -> Outcome {
    let (shape, numbers) = node.constant(0)?;
    let (_, scale) = node.constant(1)?;
    let zero = if node.optional(2).is_some() { node.constant(2)?.1 } else { &[] };
    let axis = super::node::axis(node.int("axis", 1), shape.len().max(1)).unwrap_or(0);
    let inner: usize = shape.iter().skip(axis + 1).product();
    let along = shape.get(axis).copied().unwrap_or(1);
    if scale.len() != 1 && scale.len() != along || !matches!(zero.len(), 0) && zero.len() != scale.len() {
        return Err(format!("{} scales for an axis of {along}", scale.len()));
    }
    let at = |place: usize| if scale.len() == 1 { 0 } else { place / inner % along };
    let one = |(place, &number): (usize, &f32)| {
        (number - zero.get(at(place)).copied().unwrap_or(0.0)) * scale[at(place)]
    };
    Ok(vec![Made::Constant(shape.to_vec(), numbers.iter().enumerate().map(one).collect())])
}
