//! A layer that adds up columns: for inputs most of which are 0.
//!
//! It is `y = W x + b` as [`dense`](crate::dense) has it, in another order: what begins with the biases takes in the column of one input after the
//! other, so that an input that is left out costs nothing. The whole row of outputs stays in registers.

use crate::ShapeError;
use crate::wide::{self, Work};

/// A layer with `N` outputs.
#[derive(Debug, Clone)]
pub struct Columns<const N: usize> {
    /// What each input adds to the outputs.
    columns: Box<[[f32; N]]>,
    start: [f32; N],
}

impl<const N: usize> Columns<N> {
    /// A layer from `inputs` numbers. `weights` holds a row of `inputs` numbers for each output, `bias` a number for each output. Where there
    /// are fewer than `N` rows, the outputs beyond are 0.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless `inputs` and `N` are from 1 to 16,384 and there are at most `N` biases, [`ShapeError::Length`] when `weights` has
    /// not as many rows as there are biases.
    ///
    /// # Real-time safety
    ///
    /// Allocates. [`sum`](Self::sum) does not.
    pub fn new(inputs: usize, weights: &[f32], bias: &[f32]) -> Result<Self, ShapeError> {
        ShapeError::check_width("columns inputs", inputs)?;
        ShapeError::check_width("columns outputs", N)?;
        if bias.len() > N {
            return Err(ShapeError::Size {
                what: "columns bias",
                rule: "at most the outputs",
                found: bias.len(),
            });
        }
        ShapeError::check("columns weights", inputs * bias.len(), weights.len())?;
        let weight = |output: usize, input: usize| match output < bias.len() {
            true => weights[output * inputs + input],
            false => 0.0,
        };
        Ok(Self {
            columns: (0..inputs).map(|input| std::array::from_fn(|output| weight(output, input))).collect(),
            start: std::array::from_fn(|output| bias.get(output).copied().unwrap_or(0.0)),
        })
    }

    /// The outputs for inputs that are told as their places, `from` places before they stand, and their values, in this order. Places that there are
    /// not are passed over.
    ///
    /// *Real-time safety*: no allocation.
    #[must_use]
    pub fn sum(&self, from: usize, inputs: impl Iterator<Item = (usize, f32)>) -> [f32; N] {
        let mut out = self.start;
        let columns = self.columns.get(from..).unwrap_or_default();
        wide::run(Sum { out: &mut out, columns, inputs });
        out
    }

    /// The outputs for the rectified values: of those above 0 each in its place.
    ///
    /// *Real-time safety*: no allocation.
    #[must_use]
    pub fn sum_rectified(&self, values: &[f32]) -> [f32; N] {
        self.sum(0, values.iter().copied().enumerate().filter(|(_, value)| *value > 0.0))
    }
}

struct Sum<'a, const N: usize, I> {
    out: &'a mut [f32; N],
    columns: &'a [[f32; N]],
    inputs: I,
}

impl<const N: usize, I: Iterator<Item = (usize, f32)>> Work for Sum<'_, N, I> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let mut sum = *self.out;
        for (place, value) in self.inputs {
            let Some(column) = self.columns.get(place) else { continue };
            for (sum, weight) in sum.iter_mut().zip(column) {
                *sum += value * weight;
            }
        }
        *self.out = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|n| ((n * 31 + seed * 17) % 97) as f32 / 48.0 - 1.0).collect()
    }

    #[test]
    fn it_is_the_product_of_matrix_and_vector() {
        let (inputs, outputs) = (37, 11);
        let (weights, bias) = (numbers(inputs * outputs, 1), numbers(outputs, 2));
        let layer = Columns::<12>::new(inputs, &weights, &bias).unwrap();
        let mut values = numbers(inputs, 3);
        values[7] = 0.0;
        let found = layer.sum(0, values.iter().copied().enumerate().filter(|(_, value)| *value != 0.0));
        let rectified = layer.sum_rectified(&values);
        for output in 0..outputs {
            let row = &weights[output * inputs..(output + 1) * inputs];
            let product =
                |f: fn(f32) -> f32| row.iter().zip(&values).fold(bias[output], |sum, (w, &v)| sum + w * f(v));
            assert_eq!(found[output], product(|v| v));
            assert_eq!(rectified[output], product(|v| v.max(0.0)));
        }
        assert_eq!(found[11], 0.0);
        let later = layer.sum(5, [(0, 1.0), (40, 1.0)].into_iter());
        assert_eq!(later[0], bias[0] + weights[5]);
        assert_eq!(layer.sum(99, [(0, 1.0)].into_iter())[..outputs], bias);
    }

    #[test]
    fn every_way_gives_the_same_bits() {
        let layer = Columns::<48>::new(300, &numbers(300 * 48, 4), &numbers(48, 5)).unwrap();
        let inputs: Vec<(usize, f32)> =
            numbers(80, 6).into_iter().enumerate().map(|(n, v)| (n * 3, v)).collect();
        let mut outs = vec![layer.start; 3];
        let mut at = outs.iter_mut();
        wide::run_every_way(|| Sum {
            out: at.next().unwrap(),
            columns: &layer.columns,
            inputs: inputs.iter().copied(),
        });
        for out in outs.iter().filter(|out| **out != layer.start) {
            assert_eq!(out.map(f32::to_bits), layer.sum(0, inputs.iter().copied()).map(f32::to_bits));
        }
    }

    #[test]
    fn wrong_shapes_are_refused() {
        assert!(Columns::<4>::new(0, &[], &[]).is_err());
        assert!(Columns::<4>::new(2, &[0.0; 10], &[0.0; 5]).is_err());
        assert!(Columns::<4>::new(2, &[0.0; 7], &[0.0; 4]).is_err());
        assert!(Columns::<4>::new(2, &[0.0; 6], &[0.0; 3]).is_ok());
    }
}
