//! The gated recurrent unit over a sequence.
//!
//! The equations are those of [`kmidi_kernels::gru`]; here the whole sequence's inputs meet their weights at once, and only what hangs on the
//! state is done step by step.

use super::node::{Made, Node, Outcome, step};
use super::{Step, Values};
use kmidi_kernels::gru::{Cell, Reset};
use kmidi_kernels::matrix::Matrix;

/// One direction.
struct Unit {
    weights: Matrix,
    bias: Box<[f32]>,
    cell: Cell,
    /// What the inputs of the whole sequence say to the gates and to the new state.
    seen: Box<[f32]>,
}

impl Unit {
    /// `weights`, `recurrent` and `bias` as ONNX has them, of one direction.
    fn new(
        length: usize,
        [inputs, hidden]: [usize; 2],
        weights: &[f32],
        recurrent: &[f32],
        bias: &[f32],
        reset: Reset,
    ) -> Result<Self, String> {
        let (bias, recurrent_bias) = bias.split_at(3 * hidden);
        let told = |error: kmidi_kernels::ShapeError| error.to_string();
        Ok(Self {
            weights: Matrix::of_rows(inputs, 3 * hidden, weights).map_err(told)?,
            bias: bias.into(),
            cell: Cell::new(hidden, recurrent, recurrent_bias, reset).map_err(told)?,
            seen: vec![0.0; 3 * hidden * length].into(),
        })
    }

    /// Goes through the sequence in the order of `times`, and hands each time with its state to `tell`.
    fn run(
        &mut self,
        input: &[f32],
        times: impl Iterator<Item = usize>,
        mut tell: impl FnMut(usize, &[f32]),
    ) {
        let seen = 3 * self.cell.state().len();
        // All lengths were checked when the unit was built.
        let checked = |done: Result<(), _>| debug_assert!(done.is_ok(), "{done:?}");
        checked(self.weights.run(input, &self.bias, &mut self.seen));
        for time in times {
            checked(self.cell.step(&self.seen[seen * time..][..seen]));
            tell(time, self.cell.state());
        }
    }
}

/// One or two directions over a sequence.
struct Recurrent {
    of: usize,
    initial: Option<usize>,
    /// The forward unit, then the backward one; a lone unit goes backward where `reverse` says so.
    units: Box<[Unit]>,
    reverse: bool,
}

impl Step for Recurrent {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        let numbers = values.of(self.of);
        let directions = self.units.len();
        for (direction, unit) in self.units.iter_mut().enumerate() {
            let (inputs, hidden) = (unit.weights.inputs(), unit.cell.state().len());
            unit.cell.reset();
            if let Some(initial) = self.initial {
                let set = unit.cell.set_state(&values.of(initial)[direction * hidden..][..hidden]);
                debug_assert!(set.is_ok());
            }
            let length = numbers.len() / inputs;
            let back = self.reverse || direction == 1;
            let times = (0..length).map(|turn| if back { length - 1 - turn } else { turn });
            unit.run(numbers, times, |time, state| {
                let place = (time * directions + direction) * hidden;
                out[place..place + hidden].copy_from_slice(state);
            });
        }
    }
}

pub(super) fn gru(node: &Node<'_>) -> Outcome {
    let of = node.operand(0)?;
    let (&[length, 1, inputs], (&[directions, rows, depth], weights)) = (of.shape, node.constant(1)?) else {
        return Err("needs a sequence of one item a batch".into());
    };
    let (_, recurrent) = node.constant(2)?;
    let hidden = rows / 3;
    let way = node.text("direction").unwrap_or(b"forward");
    let expected = if way == b"bidirectional" { 2 } else { 1 };
    let plain =
        node.optional(4).is_none() && node.int("layout", 0) == 0 && node.ints("activations").is_none();
    if depth != inputs
        || rows != 3 * hidden
        || directions != expected
        || !plain
        || node.float("clip", 0.0) != 0.0
    {
        return Err("weights, directions, activations or layout are not those of a plain GRU".into());
    }
    let zeros = vec![0.0; directions * 6 * hidden];
    let bias = if node.optional(3).is_some() { node.constant(3)?.1 } else { &zeros };
    let reset =
        if node.int("linear_before_reset", 0) != 0 { Reset::AfterLinear } else { Reset::BeforeLinear };
    fn part(all: &[f32], direction: usize, length: usize) -> Result<&[f32], String> {
        all.get(direction * length..(direction + 1) * length).ok_or_else(|| "too few weights".to_owned())
    }
    let unit = |direction| -> Result<Unit, String> {
        let weights = part(weights, direction, 3 * hidden * inputs)?;
        let recurrent = part(recurrent, direction, 3 * hidden * hidden)?;
        let bias = part(bias, direction, 6 * hidden)?;
        Unit::new(length, [inputs, hidden], weights, recurrent, bias, reset)
    };
    let initial = node.optional(5);
    if initial.is_some_and(|initial| initial.shape != [directions, 1, hidden]) {
        return Err("the initial state has another shape".into());
    }
    let units = (0..directions).map(unit).collect::<Result<_, _>>()?;
    let initial = initial.map(|initial| initial.value);
    let reverse = way == b"reverse";
    let mut made = step([length, directions, 1, hidden], Recurrent { of: of.value, initial, units, reverse });
    // The second output is each direction's last state, which lies among all states.
    if node.proto.output.get(1).is_some_and(|name| !name.is_empty()) {
        let ends = (0..directions).map(|direction| {
            let time = if reverse || direction == 1 { 0 } else { length - 1 };
            (time * directions + direction) * hidden
        });
        let ends = ends.collect();
        made.push(Made::OfFirst(
            vec![directions, 1, hidden],
            Box::new(move |first| Box::new(Ends { of: first, ends, hidden })),
        ));
    }
    Ok(made)
}

/// The states at the ends of a recurrent layer's sequences.
struct Ends {
    of: usize,
    ends: Box<[usize]>,
    hidden: usize,
}

impl Step for Ends {
    fn run(&mut self, values: &Values, out: &mut [f32]) {
        for (out, &end) in out.chunks_exact_mut(self.hidden).zip(&self.ends) {
            out.copy_from_slice(&values.of(self.of)[end..end + self.hidden]);
        }
    }
}
