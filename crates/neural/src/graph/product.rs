//! Products of matrices.

use super::node::{Node, Operand, Outcome, step};
use super::{Step, Values};
use kmidi_kernels::math::dot;
use kmidi_kernels::matrix::Matrix;

pub(super) fn build(node: &Node<'_>) -> Option<Outcome> {
    Some(match node.operator() {
        "MatMul" => matmul(node),
        "Gemm" => gemm(node),
        _ => return None,
    })
}

/// Rows times a constant matrix.
struct Constant {
    of: usize,
    matrix: Matrix,
    bias: Box<[f32]>,
}

impl Step for Constant {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        // The shapes were checked when the step was built.
        let done = self.matrix.run(values.of(self.of), &self.bias, out);
        debug_assert!(done.is_ok(), "{done:?}");
    }
}

/// Matrices times matrices, both new in every run.
struct Both {
    operands: [usize; 2],
    /// The lengths of one product: rows, inner, columns.
    rows: usize,
    inner: usize,
    columns: usize,
    /// Whether the second operand holds a row for each column of the matrix.
    swapped: bool,
    /// Whether all first matrices meet one and the same second matrix.
    shared: bool,
}

impl Step for Both {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let [a, b] = self.operands.map(|operand| values.of(operand));
        let (inner, columns) = (self.inner, self.columns);
        let products = out.chunks_exact_mut(self.rows * columns).zip(a.chunks_exact(self.rows * inner));
        for (number, (out, a)) in products.enumerate() {
            let b = &b[if self.shared { 0 } else { number } * inner * columns..][..inner * columns];
            for (out, a) in out.chunks_exact_mut(columns).zip(a.chunks_exact(inner)) {
                if self.swapped {
                    out.iter_mut().zip(b.chunks_exact(inner)).for_each(|(out, row)| *out = dot(a, row));
                } else {
                    times(a, b, columns, out);
                }
            }
        }
    }
}

/// A row times a matrix, some columns at a time so that their sums stay in registers.
fn times(a: &[f32], b: &[f32], columns: usize, out: &mut [f32]) {
    const SIDE: usize = 32;
    let (wide, narrow) = out.as_chunks_mut::<SIDE>();
    let first = wide.len() * SIDE;
    for (out, first) in wide.iter_mut().zip((0..).step_by(SIDE)) {
        let mut sums = [0.0; SIDE];
        for (&a, row) in a.iter().zip(b.chunks_exact(columns)) {
            let Some(row) = row[first..].first_chunk::<SIDE>() else { continue };
            sums.iter_mut().zip(row).for_each(|(sum, &b)| *sum += a * b);
        }
        *out = sums;
    }
    narrow.fill(0.0);
    for (&a, row) in a.iter().zip(b.chunks_exact(columns)) {
        narrow.iter_mut().zip(&row[first..]).for_each(|(out, &b)| *out += a * b);
    }
}

fn matmul(node: &Node<'_>) -> Outcome {
    let (a, b) = (node.operand(0)?, node.operand(1)?);
    let (&[ref front @ .., inner], &[ref behind @ .., depth, columns]) = (a.shape, b.shape) else {
        return Err(format!("{:?} times {:?}: the second needs two axes", a.shape, b.shape));
    };
    if inner != depth {
        return Err(format!("{:?} times {:?}", a.shape, b.shape));
    }
    let shape = [front, &[columns]].concat();
    if let (Some(numbers), []) = (b.constant, behind) {
        return constant(a, numbers, [inner, columns], Box::default(), shape);
    }
    let (batch, rows) = front.split_at(front.len().saturating_sub(1));
    if !behind.is_empty() && batch != behind {
        return Err(format!("{:?} times {:?}: the axes before the last two must be equal", a.shape, b.shape));
    }
    let rows = if behind.is_empty() { front.iter().product() } else { rows.iter().product() };
    let operands = [a.value, b.swapped.unwrap_or(b.value)];
    let both =
        Both { operands, rows, inner, columns, swapped: b.swapped.is_some(), shared: behind.is_empty() };
    Ok(step(shape, both))
}

fn constant(
    a: Operand<'_>,
    numbers: &[f32],
    [inner, columns]: [usize; 2],
    bias: Box<[f32]>,
    shape: Vec<usize>,
) -> Outcome {
    let matrix = Matrix::new(inner, columns, numbers).map_err(|error| error.to_string())?;
    Ok(step(shape, Constant { of: a.value, matrix, bias }))
}

fn gemm(node: &Node<'_>) -> Outcome {
    let a = node.operand(0)?;
    let (&[rows, inner], (&[first, second], numbers)) = (a.shape, node.constant(1)?) else {
        return Err("operands must have two axes".into());
    };
    if node.int("transA", 0) != 0 || node.float("alpha", 1.0) != 1.0 || node.float("beta", 1.0) != 1.0 {
        return Err("transA, alpha and beta must be 0, 1 and 1".into());
    }
    let turned = node.int("transB", 0) != 0;
    let (depth, columns) = if turned { (second, first) } else { (first, second) };
    if depth != inner {
        return Err(format!("{:?} times {:?}", a.shape, [first, second]));
    }
    let weights: Vec<f32> = match turned {
        true => (0..inner * columns).map(|at| numbers[at % columns * inner + at / columns]).collect(),
        false => numbers.to_vec(),
    };
    let bias: Box<[f32]> = match node.optional(2) {
        None => Box::default(),
        Some(_) => match node.constant(2)?.1 {
            [one] => vec![*one; columns].into(),
            all if all.len() == columns => all.into(),
            other => return Err(format!("a bias of {} numbers for {columns} columns", other.len())),
        },
    };
    constant(a, &weights, [inner, columns], bias, vec![rows, columns])
}
