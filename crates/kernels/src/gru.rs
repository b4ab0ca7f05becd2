//! The gated recurrent unit, one time step a call.
//!
//! Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder"; gate order, weight layout and
//! equations are those of the ONNX operator `GRU` (version 22) with its default activations, one direction, a batch of
//! one and no sequence lengths. With `x` the input, `h` the state, `*` the product of elements:
//!
//! ```text
//! z  = sigmoid(Wz x + Wbz + Rz h + Rbz)                            update gate
//! r  = sigmoid(Wr x + Wbr + Rr h + Rbr)                            reset gate
//! n  = tanh(Wh x + Wbh + Rh (r * h) + Rbh)                         linear_before_reset = 0
//! n  = tanh(Wh x + Wbh + r * (Rh h + Rbh))                         linear_before_reset = 1
//! h' = (1 - z) * n + z * h
//! ```

use crate::ShapeError;
use crate::curves::{one_sigmoid, one_tanh};
use crate::matrix::{Matrix, Product};
use crate::wide::{self, Work};

/// Where the reset gate acts: the attribute `linear_before_reset` of the ONNX operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// On the state, before the recurrent weights: `linear_before_reset = 0`, as in the paper.
    BeforeLinear,
    /// On the recurrent weights' result: `linear_before_reset = 1`, as PyTorch and cuDNN compute it.
    AfterLinear,
}

/// What hangs on the state: the recurrent half of a gated recurrent unit, for inputs that met their weights elsewhere, a whole sequence at a
/// time.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Recurrent weights of the update gate, the reset gate and, for [`Reset::AfterLinear`], of what is new.
    recurrent: Matrix,
    /// Those of what is new, for [`Reset::BeforeLinear`].
    renewing: Option<Matrix>,
    bias: Box<[f32]>,
    state: Box<[f32]>,
    /// What the state says to the update gate, the reset gate and what is new, `hidden` numbers each; then these themselves.
    said: Box<[f32]>,
    /// The state times the reset gate, for [`Reset::BeforeLinear`].
    gated: Box<[f32]>,
}

impl Cell {
    /// A state of `hidden` numbers, which starts at 0. `recurrent` and `bias` are those of [`Gru::new`], the bias without its first half.
    ///
    /// # Errors
    ///
    /// As [`Gru::new`].
    ///
    /// # Real-time safety
    ///
    /// Allocates. The other methods do not.
    pub fn new(
        hidden: usize,
        recurrent: &[f32],
        bias: impl Into<Box<[f32]>>,
        reset: Reset,
    ) -> Result<Self, ShapeError> {
        let bias = bias.into();
        ShapeError::check_width("GRU hidden", hidden)?;
        ShapeError::check("GRU recurrent", 3 * hidden * hidden, recurrent.len())?;
        ShapeError::check("GRU bias", 3 * hidden, bias.len())?;
        let (gates, new) = recurrent.split_at(2 * hidden * hidden);
        let (recurrent, renewing) = match reset {
            Reset::AfterLinear => (Matrix::of_rows(hidden, 3 * hidden, recurrent)?, None),
            Reset::BeforeLinear => {
                (Matrix::of_rows(hidden, 2 * hidden, gates)?, Some(Matrix::of_rows(hidden, hidden, new)?))
            }
        };
        let zeros = |count| vec![0.0; count].into_boxed_slice();
        let (state, said, gated) = (zeros(hidden), zeros(3 * hidden), zeros(hidden));
        Ok(Self { recurrent, renewing, bias, state, said, gated })
    }

    /// The state, which is also the last output.
    #[must_use]
    pub fn state(&self) -> &[f32] {
        &self.state
    }

    /// Puts a state in place: ONNX `initial_h`.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when `state` has another length than the one it has.
    pub fn set_state(&mut self, state: &[f32]) -> Result<(), ShapeError> {
        ShapeError::check("GRU state", self.state.len(), state.len())?;
        self.state.copy_from_slice(state);
        Ok(())
    }

    /// Sets the state to 0.
    pub fn reset(&mut self) {
        self.state.fill(0.0);
    }

    /// One time step: `seen` is what the input says, with its bias, to the update gate, the reset gate and what is new.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] unless `seen` holds three times as many numbers as the state; then the state is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; `3 * hidden * hidden` multiplications.
    pub fn step(&mut self, seen: &[f32]) -> Result<(), ShapeError> {
        ShapeError::check("GRU input", 3 * self.state.len(), seen.len())?;
        wide::run(Step { cell: self, seen });
        Ok(())
    }
}

/// One call of [`Cell::step`]: all of it in registers of one width.
struct Step<'a> {
    cell: &'a mut Cell,
    seen: &'a [f32],
}

impl Work for Step<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Cell { recurrent, renewing, bias, state, said, gated } = self.cell;
        let hidden = state.len();
        let (count, new_bias) = (recurrent.outputs(), &bias[2 * hidden..]);
        Product { matrix: recurrent, input: state, bias: &bias[..count], output: &mut said[..count] }
            .run::<LANES>();
        let (gates, new) = said.split_at_mut(2 * hidden);
        let (seen_by_gates, seen) = self.seen.split_at(2 * hidden);
        gates.iter_mut().zip(seen_by_gates).for_each(|(gate, seen)| *gate = one_sigmoid(*gate + seen));
        let (update, reset) = gates.split_at(hidden);
        if let Some(renewing) = renewing {
            let kept = gated.iter_mut().zip(&*state).zip(reset);
            kept.for_each(|((gated, state), reset)| *gated = reset * state);
            Product { matrix: renewing, input: gated, bias: new_bias, output: new }.run::<LANES>();
            new.iter_mut().zip(seen).for_each(|(new, seen)| *new = one_tanh(seen + *new));
        } else {
            let parts = new.iter_mut().zip(reset).zip(seen);
            parts.for_each(|((new, reset), seen)| *new = one_tanh(seen + *new * reset));
        }
        let parts = state.iter_mut().zip(&*new).zip(update);
        parts.for_each(|((state, new), update)| *state = (1.0 - update) * new + update * *state);
    }
}

/// A gated recurrent unit with its weights, state and scratch.
#[derive(Debug, Clone)]
pub struct Gru {
    weights: Matrix,
    bias: Box<[f32]>,
    cell: Cell,
    /// What the input says to the update gate, the reset gate and what is new, `hidden` numbers each.
    seen: Box<[f32]>,
}

impl Gru {
    /// A unit from `inputs` numbers to a state of `hidden` numbers, which starts at 0.
    ///
    /// Tensors are row-major and stack the gates in the order update, reset, new (`z`, `r`, `h` in ONNX):
    ///
    /// - `weights`, ONNX `W`: `3 * hidden` rows of `inputs`;
    /// - `recurrent`, ONNX `R`: `3 * hidden` rows of `hidden`;
    /// - `bias`, ONNX `B`: `6 * hidden` numbers, the three input biases and then the three recurrent ones.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless both sizes are from 1 to 16,384, [`ShapeError::Length`] when a tensor has another
    /// length.
    ///
    /// # Real-time safety
    ///
    /// Allocates. The other methods do not.
    pub fn new(
        inputs: usize,
        hidden: usize,
        weights: impl AsRef<[f32]>,
        recurrent: impl AsRef<[f32]>,
        bias: impl AsRef<[f32]>,
        reset: Reset,
    ) -> Result<Self, ShapeError> {
        let (weights, recurrent, bias) = (weights.as_ref(), recurrent.as_ref(), bias.as_ref());
        ShapeError::check_width("GRU inputs", inputs)?;
        ShapeError::check_width("GRU hidden", hidden)?;
        ShapeError::check("GRU weights", 3 * hidden * inputs, weights.len())?;
        ShapeError::check("GRU bias", 6 * hidden, bias.len())?;
        let (input_bias, recurrent_bias) = bias.split_at(3 * hidden);
        Ok(Self {
            weights: Matrix::of_rows(inputs, 3 * hidden, weights)?,
            bias: input_bias.into(),
            cell: Cell::new(hidden, recurrent, recurrent_bias, reset)?,
            seen: vec![0.0; 3 * hidden].into(),
        })
    }

    /// How many numbers go in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.weights.inputs()
    }

    /// How many numbers the state has.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.cell.state.len()
    }

    /// The state, which is also the last output.
    #[must_use]
    pub fn state(&self) -> &[f32] {
        self.cell.state()
    }

    /// Puts a state in place: ONNX `initial_h`.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when `state` has another length than [`hidden`](Self::hidden).
    pub fn set_state(&mut self, state: &[f32]) -> Result<(), ShapeError> {
        self.cell.set_state(state)
    }

    /// Sets the state to 0.
    pub fn reset(&mut self) {
        self.cell.reset();
    }

    /// One time step: takes `input`, moves the state on and copies it to `output`.
    ///
    /// A NaN in the input makes the whole state NaN, and it stays so until [`reset`](Self::reset) or
    /// [`set_state`](Self::set_state).
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length than the unit; then state and `output` are as they were.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; `3 * hidden * (inputs + hidden)` multiplications.
    pub fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        ShapeError::check("GRU input", self.inputs(), input.len())?;
        ShapeError::check("GRU output", self.hidden(), output.len())?;
        self.weights.run(input, &self.bias, &mut self.seen)?;
        self.cell.step(&self.seen)?;
        output.copy_from_slice(self.state());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    /// The equations of the ONNX operator, in double precision, with the tensors as plain lists.
    struct Twin<'a> {
        weights: &'a [f32],
        recurrent: &'a [f32],
        bias: &'a [f32],
        reset: Reset,
    }

    impl Twin<'_> {
        fn step(&self, x: &[f64], h: &[f64]) -> Vec<f64> {
            let (inputs, hidden) = (x.len(), h.len());
            let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
            let w = |gate: usize, j: usize| -> f64 {
                (0..inputs).map(|i| f64::from(self.weights[(gate * hidden + j) * inputs + i]) * x[i]).sum()
            };
            let r = |gate: usize, j: usize, h: &[f64]| -> f64 {
                (0..hidden).map(|i| f64::from(self.recurrent[(gate * hidden + j) * hidden + i]) * h[i]).sum()
            };
            let wb = |gate: usize, j: usize| f64::from(self.bias[gate * hidden + j]);
            let rb = |gate: usize, j: usize| f64::from(self.bias[(3 + gate) * hidden + j]);
            let gate = |gate: usize| -> Vec<f64> {
                (0..hidden).map(|j| sigmoid(w(gate, j) + r(gate, j, h) + wb(gate, j) + rb(gate, j))).collect()
            };
            let (zt, rt) = (gate(0), gate(1));
            let rh: Vec<f64> = (0..hidden).map(|j| rt[j] * h[j]).collect();
            (0..hidden)
                .map(|j| {
                    let ht = match self.reset {
                        Reset::BeforeLinear => w(2, j) + r(2, j, &rh) + rb(2, j) + wb(2, j),
                        Reset::AfterLinear => w(2, j) + rt[j] * (r(2, j, h) + rb(2, j)) + wb(2, j),
                    };
                    (1.0 - zt[j]) * ht.tanh() + zt[j] * h[j]
                })
                .collect()
        }
    }

    #[test]
    fn follows_the_onnx_equations_over_many_steps() -> Result<(), ShapeError> {
        let mut random = Random(6);
        for reset in [Reset::BeforeLinear, Reset::AfterLinear] {
            for (inputs, hidden) in [(1, 1), (3, 5), (8, 8), (17, 24)] {
                let weights = random.vector(3 * hidden * inputs);
                let recurrent = random.vector(3 * hidden * hidden);
                let bias = random.vector(6 * hidden);
                let twin = Twin { weights: &weights, recurrent: &recurrent, bias: &bias, reset };
                let mut gru =
                    Gru::new(inputs, hidden, weights.clone(), recurrent.clone(), bias.clone(), reset)?;
                assert_eq!((gru.inputs(), gru.hidden()), (inputs, hidden));
                let mut output = vec![f32::NAN; hidden];
                for _ in 0..50 {
                    // The twin starts each step from the unit's own state, so that chaos does not add up.
                    let input = random.vector(inputs);
                    let before: Vec<f64> = gru.state().iter().map(|&h| f64::from(h)).collect();
                    let expected =
                        twin.step(&input.iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), &before);
                    gru.step(&input, &mut output)?;
                    for (&found, &expected) in output.iter().zip(&expected) {
                        assert_close(found, expected, 5e-6);
                    }
                    assert_eq!(gru.state(), output);
                }
            }
        }
        Ok(())
    }

    fn unit(reset: Reset) -> Result<Gru, ShapeError> {
        let mut random = Random(8);
        Gru::new(4, 6, random.vector(72), random.vector(108), random.vector(36), reset)
    }

    #[test]
    fn the_two_reset_rules_differ() -> Result<(), ShapeError> {
        let run = |reset| -> Result<Vec<f32>, ShapeError> {
            let mut output = vec![0.0; 6];
            unit(reset)?.step(&[0.5; 4], &mut output)?;
            Ok(output)
        };
        assert_ne!(run(Reset::BeforeLinear)?, run(Reset::AfterLinear)?);
        Ok(())
    }

    #[test]
    fn reset_and_set_state_bring_a_state_back() -> Result<(), ShapeError> {
        let mut gru = unit(Reset::AfterLinear)?;
        let (mut first, mut second, mut again) = ([0.0; 6], [0.0; 6], [0.0; 6]);
        gru.step(&[0.5; 4], &mut first)?;
        gru.step(&[0.5; 4], &mut second)?;
        assert_ne!(first, second, "the state has moved on");
        gru.set_state(&first)?;
        gru.step(&[0.5; 4], &mut again)?;
        assert_eq!(again, second);

        gru.step(&[f32::NAN; 4], &mut again)?;
        gru.step(&[0.5; 4], &mut again)?;
        assert!(again.iter().all(|h| h.is_nan()), "a NaN stays in the state");
        gru.reset();
        gru.step(&[0.5; 4], &mut again)?;
        assert_eq!(again, first);
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_errors_and_leave_the_state_alone() -> Result<(), ShapeError> {
        let make = |inputs, hidden, weights: usize, recurrent: usize, bias: usize| {
            let zeros = |count| vec![0.0; count];
            Gru::new(inputs, hidden, zeros(weights), zeros(recurrent), zeros(bias), Reset::AfterLinear)
        };
        assert!(make(2, 3, 18, 27, 18).is_ok());
        assert!(matches!(make(0, 3, 0, 27, 18), Err(ShapeError::Size { what: "GRU inputs", .. })));
        assert!(matches!(make(2, usize::MAX, 0, 0, 0), Err(ShapeError::Size { what: "GRU hidden", .. })));
        assert!(matches!(make(2, 3, 17, 27, 18), Err(ShapeError::Length { what: "GRU weights", .. })));
        assert!(matches!(make(2, 3, 18, 26, 18), Err(ShapeError::Length { what: "GRU recurrent", .. })));
        assert!(matches!(make(2, 3, 18, 27, 9), Err(ShapeError::Length { what: "GRU bias", .. })));

        let mut gru = unit(Reset::BeforeLinear)?;
        let mut output = [0.0; 6];
        gru.step(&[0.5; 4], &mut output)?;
        let before = gru.state().to_vec();
        assert!(gru.step(&[0.5; 3], &mut output).is_err());
        assert!(gru.step(&[0.5; 4], &mut output[..5]).is_err());
        assert!(gru.set_state(&[0.0; 7]).is_err());
        assert_eq!(gru.state(), before);
        Ok(())
    }
}
