//! The causal dilated convolution, one time step a call.
//!
//! It is the ONNX operator `Conv` in one dimension with `dilations`, padded on the left alone, so that no output looks at
//! what comes later. With `x(t)` the input at step `t`, `K` taps and a dilation of `d` steps:
//!
//! ```text
//! y(t) = bias + W(0) x(t - (K - 1) d) + ... + W(K - 2) x(t - d) + W(K - 1) x(t)
//! ```
//!
//! Before the first step all inputs are 0.

use crate::ShapeError;
use crate::matrix::Matrix;

/// A causal dilated convolution with its weights and past inputs.
#[derive(Debug, Clone)]
pub struct DilatedConv {
    inputs: usize,
    dilation: usize,
    weights: Matrix,
    bias: Box<[f32]>,
    /// The last inputs, one after the other, in a ring of `(taps - 1) * dilation + 1` of them.
    past: Box<[f32]>,
    /// Where in `past` the newest input begins.
    newest: usize,
    /// The inputs under the taps, oldest first.
    window: Box<[f32]>,
}

impl DilatedConv {
    /// A convolution from `inputs` to `outputs` channels over `taps` steps that lie `dilation` apart.
    ///
    /// `weights` holds for each output a row of `taps * inputs` numbers, the oldest tap first (ONNX `W` with its last two
    /// axes swapped); `bias` a number for each output.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless all sizes are from 1 to 16,384, [`ShapeError::Length`] when `weights` or `bias` has
    /// another length.
    ///
    /// # Real-time safety
    ///
    /// Allocates. The other methods do not.
    pub fn new(
        (inputs, outputs): (usize, usize),
        (taps, dilation): (usize, usize),
        weights: impl AsRef<[f32]>,
        bias: impl Into<Box<[f32]>>,
    ) -> Result<Self, ShapeError> {
        let (weights, bias) = (weights.as_ref(), bias.into());
        ShapeError::check_width("convolution inputs", inputs)?;
        ShapeError::check_width("convolution outputs", outputs)?;
        ShapeError::check_width("convolution taps", taps)?;
        ShapeError::check_width("convolution dilation", dilation)?;
        ShapeError::check("convolution weights", inputs * taps * outputs, weights.len())?;
        ShapeError::check("convolution bias", outputs, bias.len())?;
        let weights = Matrix::of_rows(inputs * taps, outputs, weights)?;
        let past = vec![0.0; ((taps - 1) * dilation + 1) * inputs].into();
        Ok(Self { inputs, dilation, weights, bias, past, newest: 0, window: vec![0.0; taps * inputs].into() })
    }

    /// Forgets all inputs.
    pub fn reset(&mut self) {
        self.past.fill(0.0);
        self.newest = 0;
    }

    /// One time step: takes `input` and writes `output`.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length than the layer; then nothing has changed.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; `taps * inputs * outputs` multiplications.
    pub fn step(&mut self, input: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        ShapeError::check("convolution input", self.inputs, input.len())?;
        ShapeError::check("convolution output", self.bias.len(), output.len())?;
        self.newest += self.inputs;
        if self.newest == self.past.len() {
            self.newest = 0;
        }
        self.past[self.newest..self.newest + self.inputs].copy_from_slice(input);
        let (apart, length) = (self.dilation * self.inputs, self.past.len());
        let mut at = self.newest;
        for slot in self.window.chunks_exact_mut(self.inputs).rev() {
            slot.copy_from_slice(&self.past[at..at + self.inputs]);
            at = if at >= apart { at - apart } else { at + length - apart };
        }
        self.weights.run(&self.window, &self.bias, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    #[test]
    fn follows_the_equation_at_every_step() -> Result<(), ShapeError> {
        let mut random = Random(9);
        for (inputs, outputs, taps, dilation) in [(1, 1, 1, 1), (3, 2, 2, 1), (4, 5, 3, 2), (16, 16, 5, 8)] {
            let (weights, bias) = (random.vector(outputs * taps * inputs), random.vector(outputs));
            let mut layer =
                DilatedConv::new((inputs, outputs), (taps, dilation), weights.clone(), bias.clone())?;
            for turn in 0..2 {
                let past: Vec<Vec<f32>> = (0..70).map(|_| random.vector(inputs)).collect();
                let mut output = vec![f32::NAN; outputs];
                for t in 0..past.len() {
                    layer.step(&past[t], &mut output)?;
                    for (row, &found) in output.iter().enumerate() {
                        let mut expected = f64::from(bias[row]);
                        for tap in 0..taps {
                            let Some(then) = t.checked_sub((taps - 1 - tap) * dilation) else { continue };
                            for (n, &x) in past[then].iter().enumerate() {
                                expected +=
                                    f64::from(weights[(row * taps + tap) * inputs + n]) * f64::from(x);
                            }
                        }
                        assert_close(found, expected, 2e-5);
                    }
                }
                assert!(
                    turn == 1 || {
                        layer.reset();
                        true
                    }
                );
            }
        }
        Ok(())
    }

    #[test]
    fn wrong_shapes_are_errors_and_leave_the_past_alone() -> Result<(), ShapeError> {
        let make = |inputs, taps, dilation, weights: usize, bias: usize| {
            DilatedConv::new((inputs, 3), (taps, dilation), vec![1.0; weights], vec![0.0; bias])
        };
        assert!(matches!(make(0, 2, 1, 0, 3), Err(ShapeError::Size { what: "convolution inputs", .. })));
        assert!(matches!(make(2, 0, 1, 0, 3), Err(ShapeError::Size { what: "convolution taps", .. })));
        assert!(matches!(make(2, 2, 0, 12, 3), Err(ShapeError::Size { what: "convolution dilation", .. })));
        assert!(matches!(make(2, 2, 1, 11, 3), Err(ShapeError::Length { what: "convolution weights", .. })));
        assert!(matches!(make(2, 2, 1, 12, 2), Err(ShapeError::Length { what: "convolution bias", .. })));
        let mut layer = make(2, 2, 1, 12, 3)?;
        let mut output = [0.0; 3];
        layer.step(&[1.0, 2.0], &mut output)?;
        assert!(
            layer.step(&[1.0], &mut output).is_err() && layer.step(&[1.0, 2.0], &mut output[..2]).is_err()
        );
        layer.step(&[10.0, 20.0], &mut output)?;
        assert_eq!(output, [33.0; 3], "the refused steps left no trace");
        Ok(())
    }
}
