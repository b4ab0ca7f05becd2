//! The fully connected layer, `y = activation(W x + b)`.
//!
//! It is the ONNX operator `Gemm` with `transB = 1` and one row of input, followed by an activation.

use crate::matrix::Matrix;
use crate::{ShapeError, curves};

/// The function that a layer applies to each output. NaN stays NaN in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activation {
    /// The output as it is.
    #[default]
    None,
    /// What is below 0 becomes 0.
    Relu,
    /// The hyperbolic tangent.
    Tanh,
    /// The logistic function.
    Sigmoid,
}

impl Activation {
    /// Puts the function's value in each number's place.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::None => {}
            // Not `f32::max`, which would turn a NaN into 0 and hide a fault upstream.
            Self::Relu => values.iter_mut().for_each(|x| *x = if *x <= 0.0 { 0.0 } else { *x }),
            Self::Tanh => curves::tanh(values),
            Self::Sigmoid => curves::sigmoid(values),
        }
    }
}

/// A fully connected layer with its weights.
#[derive(Debug, Clone)]
pub struct Dense {
    weights: Matrix,
    bias: Box<[f32]>,
    activation: Activation,
}

impl Dense {
    /// A layer from `inputs` to `outputs` numbers. `weights` holds a row of `inputs` numbers for each output, `bias` a
    /// number for each output.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless both sizes are from 1 to 16,384, [`ShapeError::Length`] when `weights` is not
    /// `inputs * outputs` long or `bias` not `outputs`.
    ///
    /// # Real-time safety
    ///
    /// Allocates. [`run`](Self::run) does not.
    pub fn new(
        inputs: usize,
        outputs: usize,
        weights: impl AsRef<[f32]>,
        bias: impl Into<Box<[f32]>>,
        activation: Activation,
    ) -> Result<Self, ShapeError> {
        let (weights, bias) = (weights.as_ref(), bias.into());
        ShapeError::check_width("dense inputs", inputs)?;
        ShapeError::check_width("dense outputs", outputs)?;
        ShapeError::check("dense weights", inputs * outputs, weights.len())?;
        ShapeError::check("dense bias", outputs, bias.len())?;
        Ok(Self { weights: Matrix::of_rows(inputs, outputs, weights)?, bias, activation })
    }

    /// How many numbers go in.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.weights.inputs()
    }

    /// How many numbers come out.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Applies the layer to `input` and writes `output`.
    ///
    /// Each output is the sum over the inputs in order, plus the bias, then the activation. A NaN in the input makes
    /// every output NaN.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length than the layer; then `output` is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; `inputs * outputs` multiplications.
    pub fn run(&self, input: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        ShapeError::check("dense input", self.inputs(), input.len())?;
        ShapeError::check("dense output", self.outputs(), output.len())?;
        self.weights.run(input, &self.bias, output)?;
        self.activation.apply(output);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    const ACTIVATIONS: [Activation; 4] =
        [Activation::None, Activation::Relu, Activation::Tanh, Activation::Sigmoid];

    fn twin(activation: Activation, x: f64) -> f64 {
        match activation {
            Activation::None => x,
            Activation::Relu => x.max(0.0),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        }
    }

    #[test]
    fn follows_the_definition() -> Result<(), ShapeError> {
        let mut random = Random(5);
        for (inputs, outputs) in [(1, 1), (1, 9), (7, 3), (8, 8), (13, 24), (128, 64), (300, 5)] {
            let (weights, bias) = (random.vector(inputs * outputs), random.vector(outputs));
            let input = random.vector(inputs);
            for activation in ACTIVATIONS {
                let layer = Dense::new(inputs, outputs, weights.clone(), bias.clone(), activation)?;
                assert_eq!((layer.inputs(), layer.outputs()), (inputs, outputs));
                let mut output = vec![f32::NAN; outputs];
                layer.run(&input, &mut output)?;
                for o in 0..outputs {
                    let mut total = f64::from(bias[o]);
                    for i in 0..inputs {
                        total += f64::from(weights[o * inputs + i]) * f64::from(input[i]);
                    }
                    assert_close(output[o], twin(activation, total), 2e-6 * (inputs as f64).sqrt());
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_nan_is_not_hidden() -> Result<(), ShapeError> {
        for activation in ACTIVATIONS {
            let layer = Dense::new(2, 2, [1.0, 0.0, 0.0, 1.0], [0.0; 2], activation)?;
            let mut output = [0.0; 2];
            layer.run(&[f32::NAN, 1.0], &mut output)?;
            assert!(output.iter().all(|o| o.is_nan()), "{activation:?}: {output:?}");
        }
        Ok(())
    }

    #[test]
    fn relu_gives_a_positive_zero() {
        let mut values = [-0.0, f32::NEG_INFINITY];
        Activation::Relu.apply(&mut values);
        assert_eq!(values.map(f32::to_bits), [0; 2]);
    }

    #[test]
    fn wrong_shapes_are_errors_and_leave_the_output_alone() -> Result<(), ShapeError> {
        let layer = |inputs, outputs, weights: usize, bias: usize| {
            Dense::new(inputs, outputs, vec![0.0; weights], vec![0.0; bias], Activation::None)
        };
        assert!(matches!(layer(0, 1, 0, 1), Err(ShapeError::Size { what: "dense inputs", .. })));
        assert!(matches!(layer(1, 0, 0, 0), Err(ShapeError::Size { what: "dense outputs", .. })));
        assert!(matches!(layer(usize::MAX, 2, 0, 2), Err(ShapeError::Size { .. })), "no overflow");
        assert!(matches!(
            layer(3, 2, 5, 2),
            Err(ShapeError::Length { what: "dense weights", expected: 6, .. })
        ));
        assert!(matches!(layer(3, 2, 6, 3), Err(ShapeError::Length { what: "dense bias", expected: 2, .. })));

        let layer = layer(3, 2, 6, 2)?;
        let mut output = [7.0; 2];
        assert!(layer.run(&[0.0; 4], &mut output).is_err());
        assert!(layer.run(&[0.0; 3], &mut output[..1]).is_err());
        assert_eq!(output, [7.0; 2]);
        Ok(())
    }
}
