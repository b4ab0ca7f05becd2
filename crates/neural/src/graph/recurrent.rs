//! The gated recurrent unit over a sequence.
//!
//! The equations are those of [`kmidi_kernels::gru`]; here the whole sequence's inputs meet their weights at once, and only what hangs on the
//! state is done step by step.

use super::node::{Made, Node, Outcome, step};
use super::{Step, Values};
use kmidi_kernels::curves::{sigmoid, tanh};
use kmidi_kernels::matrix::Matrix;

/// One direction.
struct Unit {
    weights: Matrix,
    bias: Box<[f32]>,
    /// The recurrent weights: of the gates, and of the new state.
    gates: Matrix,
    fresh: Matrix,
    recurrent_bias: Box<[f32]>,
    after_linear: bool,
    /// For the whole sequence, and for a step: gates, reset state, new state.
    inputs: Box<[f32]>,
    gate: Box<[f32]>,
    gated: Box<[f32]>,
    new: Box<[f32]>,
    state: Box<[f32]>,
}

/// `rows` rows of `columns` numbers, a column a row.
fn turned(numbers: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..rows * columns).map(|at| numbers[at % rows * columns + at / rows]).collect()
}

impl Unit {
    /// `weights`, `recurrent` and `bias` as ONNX has them, of one direction.
    fn new(
        length: usize,
        [inputs, hidden]: [usize; 2],
        weights: &[f32],
        recurrent: &[f32],
        bias: &[f32],
        after_linear: bool,
    ) -> Result<Self, String> {
        let matrix = |numbers: &[f32], rows: usize, columns: usize| {
            Matrix::new(columns, rows, &turned(numbers, rows, columns)).map_err(|error| error.to_string())
        };
        let zeros = |count: usize| vec![0.0; count].into_boxed_slice();
        let (gates, fresh) = recurrent.split_at(2 * hidden * hidden);
        Ok(Self {
            weights: matrix(weights, 3 * hidden, inputs)?,
            bias: bias[..3 * hidden].into(),
            gates: matrix(gates, 2 * hidden, hidden)?,
            fresh: matrix(fresh, hidden, hidden)?,
            recurrent_bias: bias[3 * hidden..].into(),
            after_linear,
            inputs: zeros(3 * hidden * length),
            gate: zeros(2 * hidden),
            gated: zeros(hidden),
            new: zeros(hidden),
            state: zeros(hidden),
        })
    }

    /// Goes through the sequence in the order of `times`, and hands each time with its state to `tell`.
    fn run(
        &mut self,
        input: &[f32],
        times: impl Iterator<Item = usize>,
        mut tell: impl FnMut(usize, &[f32]),
    ) {
        let hidden = self.state.len();
        // All lengths were checked when the unit was built.
        let checked = |done: Result<(), _>| debug_assert!(done.is_ok(), "{done:?}");
        checked(self.weights.run(input, &self.bias, &mut self.inputs));
        for time in times {
            let (of_gates, of_new) = self.inputs[3 * hidden * time..][..3 * hidden].split_at(2 * hidden);
            let (gate_bias, new_bias) = self.recurrent_bias.split_at(2 * hidden);
            checked(self.gates.run(&self.state, gate_bias, &mut self.gate));
            self.gate.iter_mut().zip(of_gates).for_each(|(gate, input)| *gate += input);
            sigmoid(&mut self.gate);
            let (update, reset) = self.gate.split_at(hidden);
            if self.after_linear {
                checked(self.fresh.run(&self.state, new_bias, &mut self.new));
                for ((new, reset), input) in self.new.iter_mut().zip(reset).zip(of_new) {
                    *new = *new * reset + input;
                }
            } else {
                for ((gated, state), reset) in self.gated.iter_mut().zip(&self.state).zip(reset) {
                    *gated = state * reset;
                }
                checked(self.fresh.run(&self.gated, new_bias, &mut self.new));
                self.new.iter_mut().zip(of_new).for_each(|(new, input)| *new += input);
            }
            tanh(&mut self.new);
            for ((state, new), update) in self.state.iter_mut().zip(&self.new).zip(update) {
                *state = (1.0 - update) * new + update * *state;
            }
            tell(time, &self.state);
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
            let (inputs, hidden) = (unit.weights.inputs(), unit.state.len());
            match self.initial {
                Some(initial) => {
                    unit.state.copy_from_slice(&values.of(initial)[direction * hidden..][..hidden]);
                }
                None => unit.state.fill(0.0),
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
    let after_linear = node.int("linear_before_reset", 0) != 0;
    fn part(all: &[f32], direction: usize, length: usize) -> Result<&[f32], String> {
        all.get(direction * length..(direction + 1) * length).ok_or_else(|| "too few weights".to_owned())
    }
    let unit = |direction| -> Result<Unit, String> {
        let weights = part(weights, direction, 3 * hidden * inputs)?;
        let recurrent = part(recurrent, direction, 3 * hidden * hidden)?;
        let bias = part(bias, direction, 6 * hidden)?;
        Unit::new(length, [inputs, hidden], weights, recurrent, bias, after_linear)
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
