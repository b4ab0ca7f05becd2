//! Matrices that many rows are multiplied with, `y = x W`.
//!
//! It is the ONNX operator `MatMul` with a constant second operand. Sixteen outputs are summed side by side, each over its inputs in
//! order, so that the vector width changes no sum.

use crate::ShapeError;
use crate::wide::{self, Work};

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

    /// A matrix whose `weights` hold a row of `inputs` numbers for each output.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Real-time safety
    ///
    /// Allocates.
    pub fn of_rows(inputs: usize, outputs: usize, weights: &[f32]) -> Result<Self, ShapeError> {
        ShapeError::check("matrix weights", inputs * outputs, weights.len())?;
        let turned = (0..inputs).flat_map(|n| weights.iter().skip(n).step_by(inputs).copied());
        Self::new(inputs, outputs, &turned.collect::<Vec<_>>())
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
        wide::run(Product { matrix: self, input, bias, output });
        Ok(())
    }
}

/// One call of [`Matrix::run`], its lengths checked.
pub(crate) struct Product<'a> {
    pub(crate) matrix: &'a Matrix,
    pub(crate) input: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) output: &'a mut [f32],
}

/// Multiplies rows in groups: a name for each row of a group, and one for its sums. Those of an array that a loop walks would live in memory.
macro_rules! company {
    ($product:expr, $rows:expr, $answers:expr, $($row:ident $sums:ident),+) => {{
        let (inputs, outputs) = ($product.matrix.inputs, $product.matrix.outputs);
        let together = [$(stringify!($row)),+].len();
        let answers = $answers.chunks_exact_mut(together * outputs);
        for (rows, answer) in $rows.chunks_exact(together * inputs).zip(answers) {
            let mut each = rows.chunks_exact(inputs);
            $(let $row = each.next().unwrap_or_default();)+
            let panels = $product.matrix.panels.chunks_exact(inputs);
            for (panel, first) in panels.zip((0..).step_by(WIDTH)) {
                let panel = &panel[..inputs];
                $(let (mut $sums, $row) = ([0.0; WIDTH], &$row[..inputs]);)+
                for input in 0..inputs {
                    $(add(&mut $sums, $row[input], &panel[input]);)+
                }
                let mut each = answer.chunks_exact_mut(outputs);
                $(put(&$sums, $product.bias, each.next().unwrap_or_default(), first);)+
            }
        }
    }};
}

/// Multiplies a row with the next panels, side by side: a name for each of them, and one for its sums.
macro_rules! alone {
    ($product:expr, $row:expr, $answer:expr, $panels:ident, $first:ident, $($panel:ident $sums:ident),+) => {{
        let inputs = $product.matrix.inputs;
        let (group, rest) = $panels.split_at([$(stringify!($panel)),+].len() * inputs);
        let mut each = group.chunks_exact(inputs);
        let row = &$row[..inputs];
        $(let $panel = &each.next().unwrap_or_default()[..inputs];)+
        $(let mut $sums = [0.0; WIDTH];)+
        for input in 0..inputs {
            $(add(&mut $sums, row[input], &$panel[input]);)+
        }
        $(put(&$sums, $product.bias, $answer, $first); $first += WIDTH;)+
        $panels = rest;
    }};
}

impl Work for Product<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(mut self) {
        // Rows share what is read of a panel; a row alone goes through panels side by side. Either keeps the adders busy.
        let (rows, output) = (self.input, core::mem::take(&mut self.output));
        let together = if LANES == 16 { 8 } else { LANES / 2 };
        let whole = rows.len() / self.matrix.inputs / together * together;
        let (rows, last) = rows.split_at(whole * self.matrix.inputs);
        let (answers, last_answers) = output.split_at_mut(whole * self.matrix.outputs);
        match LANES {
            16 => company!(self, rows, answers, a p, b q, c r, d s, e t, f u, g v, h w),
            8 => company!(self, rows, answers, a p, b q, c r, d s),
            _ => company!(self, rows, answers, a p, b q),
        }
        let answers = last_answers.chunks_exact_mut(self.matrix.outputs);
        for (row, answer) in last.chunks_exact(self.matrix.inputs).zip(answers) {
            let (mut panels, mut first) = (&self.matrix.panels[..], 0);
            // As many side by side as the registers hold sums, and as evenly as can be: a lone panel waits for its own additions.
            let most = if LANES == 16 { 9 } else { LANES / 2 };
            let mut left = panels.len() / self.matrix.inputs;
            while left > 0 {
                let group = left.div_ceil(left.div_ceil(most));
                match group {
                    1 => alone!(self, row, answer, panels, first, a p),
                    2 => alone!(self, row, answer, panels, first, a p, b q),
                    3 if LANES >= 8 => alone!(self, row, answer, panels, first, a p, b q, c r),
                    4 if LANES >= 8 => alone!(self, row, answer, panels, first, a p, b q, c r, d s),
                    5 if LANES == 16 => alone!(self, row, answer, panels, first, a p, b q, c r, d s, e t),
                    6 if LANES == 16 => {
                        alone!(self, row, answer, panels, first, a p, b q, c r, d s, e t, f u);
                    }
                    7 if LANES == 16 => {
                        alone!(self, row, answer, panels, first, a p, b q, c r, d s, e t, f u, g v);
                    }
                    8 if LANES == 16 => {
                        alone!(self, row, answer, panels, first, a p, b q, c r, d s, e t, f u, g v, h w);
                    }
                    _ => {
                        alone!(self, row, answer, panels, first, a p, b q, c r, d s, e t, f u, g v, h w, i x);
                    }
                }
                left -= group;
            }
        }
    }
}

#[inline(always)]
fn add(sums: &mut [f32; WIDTH], x: f32, weights: &[f32; WIDTH]) {
    *sums = core::array::from_fn(|n| sums[n] + x * weights[n]);
}

/// Writes the sums of a panel, whose first output is `first`. All sixteen are looked at in turn: were a part of them copied whose length is known only
/// at run time, they would live in memory and be stored again after every addition, for twice the time.
#[inline(always)]
fn put(sums: &[f32; WIDTH], bias: &[f32], row: &mut [f32], first: usize) {
    let out = &mut row[first..];
    let bias = bias.get(first..).unwrap_or_default();
    if let (Some(out), Some(bias)) = (out.first_chunk_mut::<WIDTH>(), bias.first_chunk::<WIDTH>()) {
        *out = core::array::from_fn(|n| sums[n] + bias[n]);
        return;
    }
    for (n, &sum) in sums.iter().enumerate() {
        if let Some(out) = out.get_mut(n) {
            *out = bias.get(n).map_or(sum, |bias| sum + bias);
        }
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
    fn wide_registers_give_the_bits_of_narrow_ones() {
        let mut random = Random(7);
        for (rows, inputs, outputs) in [(1, 40, 150), (7, 33, 90), (2, 5, 3), (19, 12, 48)] {
            let (x, w, b) =
                (random.vector(rows * inputs), random.vector(inputs * outputs), random.vector(outputs));
            let matrix = Matrix::new(inputs, outputs, &w).unwrap();
            let mut found = vec![0.0; rows * outputs];
            matrix.run(&x, &b, &mut found).unwrap();
            let mut ways = [(); 3].map(|()| found.clone());
            let mut rest = ways.iter_mut();
            wide::run_every_way(|| {
                let output = rest.next().unwrap();
                output.fill(f32::NAN);
                Product { matrix: &matrix, input: &x, bias: &b, output }
            });
            ways.iter().for_each(|way| assert_eq!(*way, found));
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
