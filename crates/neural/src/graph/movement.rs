//! Operators that move numbers and compute nothing.

use super::node::{Made, Node, Operand, Outcome, axis, step};
use super::reduce::of_columns;
use super::{Step, Values};
use crate::onnx::{MOST, NodeProto};

pub(super) fn build(node: &Node<'_>) -> Option<Outcome> {
    Some(match node.operator() {
        "Reshape" => reshape(node),
        "Flatten" => flatten(node),
        "Squeeze" => squeeze(node),
        "Unsqueeze" => unsqueeze(node),
        "Transpose" => transpose(node),
        "Slice" => slice(node),
        "Split" => split(node),
        "Concat" => concat(node),
        "Gather" => gather(node),
        // Shapes are known when the file is read.
        "Shape" => node.operand(0).map(|of| {
            let lengths = of.shape.iter().map(|&length| length as f32).collect();
            vec![Made::Constant(vec![of.shape.len()], lengths)]
        }),
        "ConstantOfShape" => filled(node),
        _ => return None,
    })
}

/// A tensor under another shape.
pub(super) struct Copy(pub(super) usize);

impl Step for Copy {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        out.copy_from_slice(values.of(self.0));
    }
}

fn renamed(of: Operand<'_>, shape: Vec<usize>) -> Outcome {
    if shape.iter().product::<usize>() != of.shape.iter().product() {
        return Err(format!("{:?} cannot take the shape {shape:?}", of.shape));
    }
    Ok(vec![Made::Alias(shape, of.value)])
}

fn reshape(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let (_, wanted) = node.constant(1)?;
    let mut shape = Vec::new();
    let mut open = None;
    for (place, &length) in wanted.iter().enumerate() {
        shape.push(match length as i64 {
            0 => *of.shape.get(place).ok_or("0 in the shape without an axis to keep")?,
            -1 => {
                open = Some(place);
                1
            }
            length => usize::try_from(length).map_err(|_| format!("an axis of length {length}"))?,
        });
    }
    if let Some(open) = open {
        let known = shape.iter().product::<usize>().max(1);
        shape[open] = of.shape.iter().product::<usize>() / known;
    }
    renamed(of, shape)
}

fn flatten(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let at = axis(node.int("axis", 1), of.shape.len() + 1)?;
    renamed(of, vec![of.shape[..at].iter().product(), of.shape[at..].iter().product()])
}

fn squeeze(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let gone = match node.ints_or("axes", 1)? {
        Some(axes) => axes.iter().map(|&at| axis(at, of.shape.len())).collect::<Result<Vec<_>, _>>()?,
        None => (0..of.shape.len()).filter(|&at| of.shape[at] == 1).collect(),
    };
    let kept = of.shape.iter().enumerate().filter(|(at, _)| !gone.contains(at));
    renamed(of, kept.map(|(_, &length)| length).collect())
}

fn unsqueeze(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let axes = node.ints_or("axes", 1)?.ok_or("no axes")?;
    let rank = of.shape.len() + axes.len();
    let new = axes.iter().map(|&at| axis(at, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut old = of.shape.iter().copied();
    renamed(of, (0..rank).map(|at| if new.contains(&at) { 1 } else { old.next().unwrap_or(1) }).collect())
}

/// Copies runs of numbers that lie one after the other: `runs` says where each begins.
struct Runs {
    of: usize,
    runs: Box<[u32]>,
    length: usize,
}

impl Step for Runs {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let numbers = values.of(self.of);
        if self.length == 1 {
            out.iter_mut().zip(&self.runs).for_each(|(out, &from)| *out = numbers[from as usize]);
            return;
        }
        for (out, &from) in out.chunks_exact_mut(self.length).zip(&self.runs) {
            out.copy_from_slice(&numbers[from as usize..][..self.length]);
        }
    }
}

/// Matrices, each turned: rows become columns.
struct Turned {
    of: usize,
    rows: usize,
    columns: usize,
}

impl Step for Turned {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let (rows, columns) = (self.rows, self.columns);
        let matrices = values.of(self.of).chunks_exact(rows * columns);
        for (from, out) in matrices.zip(out.chunks_exact_mut(rows * columns)) {
            for top in (0..rows).step_by(TILE) {
                for left in (0..columns).step_by(TILE) {
                    turn(from, out, [rows, columns], [top, left]);
                }
            }
        }
    }
}

/// Whole lines of the cache are read and written.
const TILE: usize = 8;

/// Turns the tile of a matrix that begins at row `top` and column `left`.
#[inline]
fn turn(from: &[f32], out: &mut [f32], [rows, columns]: [usize; 2], [top, left]: [usize; 2]) {
    if top + TILE > rows || left + TILE > columns {
        for row in top..(top + TILE).min(rows) {
            for column in left..(left + TILE).min(columns) {
                out[column * rows + row] = from[row * columns + column];
            }
        }
        return;
    }
    let mut tile = [[0.0; TILE]; TILE];
    for (row, line) in (top..).zip(&mut tile) {
        line.copy_from_slice(&from[row * columns + left..][..TILE]);
    }
    for (at, column) in (left..left + TILE).enumerate() {
        let line: [f32; TILE] = std::array::from_fn(|row| tile[row][at]);
        out[column * rows + top..][..TILE].copy_from_slice(&line);
    }
}

/// A step that takes from `of` a tensor of `shape` which begins at `first` and moves by `strides`.
fn strided(of: Operand<'_>, shape: Vec<usize>, strides: &[i64], first: i64) -> Vec<Made> {
    let mut rank = shape.len();
    let mut length = 1;
    while rank > 0 && (shape[rank - 1] == 1 || strides[rank - 1] == length as i64) {
        rank -= 1;
        length *= shape[rank];
    }
    let count: usize = shape[..rank].iter().product();
    let runs = (0..count).map(|mut number| {
        let mut from = first;
        for at in (0..rank).rev() {
            from += (number % shape[at]) as i64 * strides[at];
            number /= shape[at];
        }
        from as u32
    });
    let runs = runs.collect();
    step(shape, Runs { of: of.value, runs, length })
}

fn strides(shape: &[usize]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for at in (1..shape.len()).rev() {
        strides[at - 1] = strides[at] * shape[at] as i64;
    }
    strides
}

fn order(node: &Node<'_>, rank: usize) -> Result<Vec<usize>, String> {
    let order = match node.ints("perm") {
        Some(order) => order.iter().map(|&at| axis(at, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..rank) {
        Ok(order)
    } else {
        Err(format!("{order:?} is no order of {rank} axes"))
    }
}

fn transpose(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let order = order(node, of.shape.len())?;
    if let [.., rows, columns] = *of.shape
        && swaps_last_two(order.iter().copied())
    {
        let shape: Vec<usize> = order.iter().map(|&at| of.shape[at]).collect();
        return Ok(match of.normed {
            Some(normed) => of_columns(normed, shape),
            None => step(shape, Turned { of: of.value, rows, columns }),
        });
    }
    let all = strides(of.shape);
    let strides: Vec<i64> = order.iter().map(|&at| all[at]).collect();
    Ok(strided(of, order.iter().map(|&at| of.shape[at]).collect(), &strides, 0))
}

/// The operand of a transposition that swaps the last two axes alone.
pub(super) fn swapped(proto: &NodeProto, operands: &[Option<Operand<'_>>]) -> Option<usize> {
    let of = operands.first().copied().flatten().filter(|_| proto.op_type == "Transpose")?;
    let rank = of.shape.len();
    let order = &proto.attribute.iter().find(|attribute| attribute.name == "perm")?.ints;
    let order = order.iter().map(|&at| usize::try_from(at).unwrap_or(usize::MAX));
    (order.len() == rank && swaps_last_two(order)).then_some(of.value)
}

/// Are all axes where they were but the last two, which change places?
fn swaps_last_two(order: impl ExactSizeIterator<Item = usize>) -> bool {
    let rank = order.len();
    rank >= 2 && order.eq((0..rank).map(|at| if at + 2 < rank { at } else { 2 * rank - 3 - at }))
}

fn slice(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let (starts, ends) = (node.constant(1)?.1, node.constant(2)?.1);
    let axes = match node.optional(3) {
        Some(_) => {
            node.constant(3)?.1.iter().map(|&at| axis(at as i64, of.shape.len())).collect::<Result<_, _>>()?
        }
        None => (0..starts.len()).collect::<Vec<_>>(),
    };
    let steps =
        if node.optional(4).is_some() { node.constant(4)?.1.to_vec() } else { vec![1.0; starts.len()] };
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3]
        || axes.iter().any(|&at| at >= of.shape.len())
    {
        return Err("starts, ends, axes and steps do not fit".into());
    }
    let (mut shape, mut moves, mut first) = (of.shape.to_vec(), strides(of.shape), 0);
    for (place, &at) in axes.iter().enumerate() {
        let (length, by) = (of.shape[at] as i64, steps[place] as i64);
        if by == 0 {
            return Err("a step of 0".into());
        }
        let from_end =
            |place: f32| if place < 0.0 { (place as i64).saturating_add(length) } else { place as i64 };
        let (low, high) = if by > 0 { (0, length) } else { (-1, length - 1) };
        let (start, end) = (from_end(starts[place]).clamp(0, high), from_end(ends[place]).clamp(low, high));
        let count = (end - start + by - by.signum()) / by;
        shape[at] = usize::try_from(count).unwrap_or(0);
        first += start * moves[at];
        moves[at] *= by;
    }
    if shape.contains(&0) {
        return Err(format!("leaves nothing of {:?}", of.shape));
    }
    Ok(strided(of, shape, &moves, first))
}

fn split(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let at = axis(node.int("axis", 0), of.shape.len())?;
    let outputs = node.proto.output.len();
    let lengths = match node.ints_or("split", 1)? {
        Some(lengths) => lengths.iter().map(|&length| usize::try_from(length).unwrap_or(0)).collect(),
        None => {
            let each = of.shape[at].div_ceil(outputs.max(1));
            (0..outputs).map(|part| each.min(of.shape[at].saturating_sub(part * each))).collect::<Vec<_>>()
        }
    };
    if lengths.iter().sum::<usize>() != of.shape[at] || lengths.contains(&0) {
        return Err(format!("an axis of {} in parts of {lengths:?}", of.shape[at]));
    }
    let moves = strides(of.shape);
    let mut first = 0;
    let mut made = Vec::new();
    for length in lengths {
        let mut shape = of.shape.to_vec();
        shape[at] = length;
        made.extend(strided(of, shape, &moves, first));
        first += length as i64 * moves[at];
    }
    Ok(made)
}

/// Tensors one after the other along an axis: each gives a run of numbers in turn.
struct Concat {
    /// The operands, and how many numbers each gives at a time.
    parts: Box<[(usize, usize)]>,
    together: usize,
}

impl Step for Concat {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let mut begin = 0;
        for &(of, length) in &self.parts {
            let from = values.of(of).chunks_exact(length);
            for (out, part) in out.chunks_exact_mut(self.together).zip(from) {
                out[begin..begin + length].copy_from_slice(part);
            }
            begin += length;
        }
    }
}

fn concat(node: &Node<'_>) -> Outcome {
    let first = node.operand(0)?;
    let at = axis(node.int("axis", 0), first.shape.len())?;
    let mut shape = first.shape.to_vec();
    shape[at] = 0;
    let mut parts = Vec::new();
    for place in 0..node.operands.len() {
        let of = node.operand(place)?;
        let fits =
            of.shape.len() == shape.len() && (0..shape.len()).all(|n| n == at || of.shape[n] == shape[n]);
        if !fits {
            return Err(format!("{:?} beside {:?}", of.shape, first.shape));
        }
        shape[at] += of.shape[at];
        parts.push((of.value, of.shape[at..].iter().product()));
    }
    let together = shape[at..].iter().product();
    Ok(step(shape, Concat { parts: parts.into(), together }))
}

fn filled(node: &Node<'_>) -> Outcome {
    let shape: Vec<usize> = node.constant(0)?.1.iter().map(|&length| length as usize).collect();
    let value = node.tensor("value").map_or(0.0, |(_, numbers)| numbers.first().copied().unwrap_or(0.0));
    let count = shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis));
    let count =
        count.filter(|&count| count <= MOST).ok_or_else(|| format!("the shape {shape:?} is too large"))?;
    Ok(vec![Made::Constant(shape, vec![value; count].into())])
}

/// Rows of a table by number. A number outside the table takes its nearest row.
struct Gather {
    table: usize,
    index: usize,
    /// The rows of the table, and how long one is.
    rows: usize,
    length: usize,
}

impl Step for Gather {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let (table, index) = (values.of(self.table), values.of(self.index));
        let tables = table.chunks_exact(self.rows * self.length);
        let answers = out.chunks_exact_mut(index.len() * self.length);
        for (table, out) in tables.zip(answers) {
            for (out, &row) in out.chunks_exact_mut(self.length).zip(index) {
                let row = if row < 0.0 { row + self.rows as f32 } else { row };
                let row = (row as usize).min(self.rows - 1);
                out.copy_from_slice(&table[row * self.length..][..self.length]);
            }
        }
    }
}

fn gather(node: &Node<'_>) -> Outcome {
    let (table, index) = (node.operand(0)?, node.operand(1)?);
    let at = axis(node.int("axis", 0), table.shape.len())?;
    let shape = [&table.shape[..at], index.shape, &table.shape[at + 1..]].concat();
    let length = table.shape[at + 1..].iter().product();
    Ok(step(shape, Gather { table: table.value, index: index.value, rows: table.shape[at], length }))
}
