//! Matrices that many rows are multiplied with, `y = x W`.
//!
//! It is the ONNX operator `MatMul` with a constant second operand. Sixteen outputs are summed side by side, each over its inputs in
//! order, so that the vector width changes no sum.

use crate::ShapeError;

/// Outputs that are summed side by side.
const WIDTH: usize = 16;

/// A matrix with its weights in panels of sixteen columns.
#[derive(Debug, Clone)]
pub struct Matrix {
    inputs: usize,
    outputs: usize,
    /// For each panel of sixteen outputs a row for each input; what is too much in the last panel is 0.
    panels: Box<[[f32; WIDTH]]>,
}

impl Matrix {
    /// A matrix from `inputs` to `outputs` numbers. `weights` holds a row of `outputs` numbers for each input.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless both sizes are from 1 to 16,384, [`ShapeError::Length`] when `weights` is not `inputs * outputs` long.
    ///
    /// # Real-time safety
    ///
    /// Allocates. [`run`](Self::run) does not.
    pub fn new(inputs: usize, outputs: usize, weights: &[f32]) -> Result<Self, ShapeError> {
        ShapeError::check_width("matrix inputs", inputs)?;
        ShapeError::check_width("matrix outputs", outputs)?;
        ShapeError::check("matrix weights", inputs * outputs, weights.len())?;
        let panels = (0..outputs).step_by(WIDTH).flat_map(|first| {
            weights.chunks_exact(outputs).map(move |row| {
                let mut panel = [0.0; WIDTH];
                let part = &row[first..(first + WIDTH).min(outputs)];
                panel[..part.len()].copy_from_slice(part);
                panel
            })
        });
        Ok(Self { inputs, outputs, panels: panels.collect() })
    }

    /// How many numbers a row of the input has.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many numbers a row of the output has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies the rows of `input` and adds to each output what `bias` holds for it; an empty `bias` is 0.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when `input` is no whole number of rows, when `output` has another number of rows, or when `bias` is neither
    /// empty nor `outputs` long; then `output` is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call; `rows * inputs * outputs` multiplications.
    pub fn run(&self, input: &[f32], bias: &[f32], output: &mut [f32]) -> Result<(), ShapeError> {
        let rows = input.len() / self.inputs;
        ShapeError::check("matrix input", rows * self.inputs, input.len())?;
        ShapeError::check("matrix output", rows * self.outputs, output.len())?;
        if !bias.is_empty() {
            ShapeError::check("matrix bias", self.outputs, bias.len())?;
        }
        let panels = || self.panels.chunks_exact(self.inputs).zip((0..).step_by(WIDTH));
        // Two rows share what is read of a panel.
        let mut pairs = input.chunks_exact(2 * self.inputs);
        let mut answers = output.chunks_exact_mut(2 * self.outputs);
        for (pair, answer) in pairs.by_ref().zip(answers.by_ref()) {
            let (x, y) = pair.split_at(self.inputs);
            let (of_x, of_y) = answer.split_at_mut(self.outputs);
            for (panel, first) in panels() {
                let [x, y] = products([x, y], panel);
                put(x, bias, of_x, first);
                put(y, bias, of_y, first);
            }
        }
        if let (last, answer @ [_, ..]) = (pairs.remainder(), answers.into_remainder()) {
            for (panel, first) in panels() {
                let [sums] = products([last], panel);
                put(sums, bias, answer, first);
            }
        }
        Ok(())
    }
}

/// The sums of one panel for each of some rows.
#[inline]
fn products<const ROWS: usize>(rows: [&[f32]; ROWS], panel: &[[f32; WIDTH]]) -> [[f32; WIDTH]; ROWS] {
    let mut sums = [[0.0; WIDTH]; ROWS];
    let rows = rows.map(|row| &row[..panel.len()]);
    for (input, weights) in panel.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let x = row[input];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += x * weight;
            }
        }
    }
    sums
}

#[inline]
fn put(sums: [f32; WIDTH], bias: &[f32], row: &mut [f32], first: usize) {
    let last = (first + WIDTH).min(row.len());
    let row = &mut row[first..last];
    match bias.get(first..last) {
        Some(bias) => row.iter_mut().zip(sums).zip(bias).for_each(|((y, sum), bias)| *y = sum + bias),
        None => row.iter_mut().zip(sums).for_each(|(y, sum)| *y = sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    #[test]
    fn a_matrix_follows_its_twin() {
        let mut random = Random(5);
        for (rows, inputs, outputs) in [(1, 1, 1), (1, 7, 16), (2, 33, 17), (3, 16, 40), (5, 3, 129)] {
            let (x, w, b) =
                (random.vector(rows * inputs), random.vector(inputs * outputs), random.vector(outputs));
            let matrix = Matrix::new(inputs, outputs, &w).unwrap();
            for bias in [&b[..], &[]] {
                let mut y = vec![0.0; rows * outputs];
                matrix.run(&x, bias, &mut y).unwrap();
                for (row, y) in y.chunks(outputs).enumerate() {
                    for (column, &y) in y.iter().enumerate() {
                        let products = (0..inputs)
                            .map(|k| f64::from(x[row * inputs + k]) * f64::from(w[k * outputs + column]));
                        assert_close(
                            y,
                            products.sum::<f64>() + f64::from(bias.get(column).copied().unwrap_or(0.0)),
                            1e-5,
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_alone_gives_the_same_bits_as_in_company() {
        let mut random = Random(6);
        let (x, w) = (random.vector(3 * 50), random.vector(50 * 20));
        let matrix = Matrix::new(50, 20, &w).unwrap();
        let (mut together, mut alone) = (vec![0.0; 60], vec![0.0; 20]);
        matrix.run(&x, &[], &mut together).unwrap();
        for row in 0..3 {
            matrix.run(&x[row * 50..][..50], &[], &mut alone).unwrap();
            assert_eq!(alone, together[row * 20..][..20]);
        }
    }

    #[test]
    fn wrong_lengths_change_nothing() {
        let matrix = Matrix::new(2, 3, &[1.0; 6]).unwrap();
        let mut y = [9.0; 3];
        assert!(
            matrix.run(&[1.0; 3], &[], &mut y).is_err() && matrix.run(&[1.0; 2], &[0.0; 2], &mut y).is_err()
        );
        assert!(matrix.run(&[1.0; 4], &[], &mut y).is_err());
        assert_eq!(y, [9.0; 3]);
        assert!(Matrix::new(0, 3, &[]).is_err() && Matrix::new(2, 3, &[0.0; 5]).is_err());
    }
}
