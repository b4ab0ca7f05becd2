//! Layer normalisation.
//!
//! Source: Ba, Kiros and Hinton 2016, "Layer normalization"; the ONNX operator `LayerNormalization`.

use crate::ShapeError;
use crate::math::{sqrt, sum};
use crate::wide::{self, Work};

/// Writes each row of `input` less its mean, over its standard deviation, times `scale`, plus `bias`; `epsilon` is added to the variance.
///
/// # Errors
///
/// [`ShapeError::Length`] unless `bias` is as long as `scale`, `output` as long as `input`, and both a whole number of such rows; then
/// `output` is as it was.
///
/// # Real-time safety
///
/// No allocation, lock or system call.
pub fn layer_norm(
    input: &[f32],
    scale: &[f32],
    bias: &[f32],
    epsilon: f32,
    output: &mut [f32],
) -> Result<(), ShapeError> {
    ShapeError::check_width("norm row", scale.len())?;
    ShapeError::check("norm bias", scale.len(), bias.len())?;
    ShapeError::check("norm input", input.len() / scale.len() * scale.len(), input.len())?;
    ShapeError::check("norm output", input.len(), output.len())?;
    wide::run(Norm { input, scale, bias, epsilon, output });
    Ok(())
}

/// As [`layer_norm`] of columns: of `scale.len()` rows of `places` numbers each, the numbers at one place are normalised.
///
/// # Errors
///
/// [`ShapeError::Length`] unless `bias` is as long as `scale`, and `input` and `output` are a whole number of such matrices; then `output`
/// is as it was.
///
/// # Real-time safety
///
/// No allocation, lock or system call.
pub fn layer_norm_of_columns(
    input: &[f32],
    places: usize,
    scale: &[f32],
    bias: &[f32],
    epsilon: f32,
    output: &mut [f32],
) -> Result<(), ShapeError> {
    ShapeError::check_width("norm column", scale.len())?;
    ShapeError::check_width("norm places", places)?;
    ShapeError::check("norm bias", scale.len(), bias.len())?;
    let matrix = scale.len() * places;
    ShapeError::check("norm input", input.len() / matrix * matrix, input.len())?;
    ShapeError::check("norm output", input.len(), output.len())?;
    wide::run(Columns { places, norm: Norm { input, scale, bias, epsilon, output } });
    Ok(())
}

struct Columns<'a> {
    places: usize,
    norm: Norm<'a>,
}

impl Work for Columns<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Norm { input, scale, bias, epsilon, output } = self.norm;
        let (places, matrix) = (self.places, self.places * scale.len());
        for (input, output) in input.chunks_exact(matrix).zip(output.chunks_exact_mut(matrix)) {
            let whole = places / LANES * LANES;
            for first in (0..whole).step_by(LANES) {
                columns::<LANES>(input, (places, first), scale, bias, epsilon, output);
            }
            for first in whole..places {
                columns::<1>(input, (places, first), scale, bias, epsilon, output);
            }
        }
    }
}

/// Normalises `SIDE` columns that lie side by side. Each sums its numbers in order, so that their number changes no sum.
#[inline(always)]
fn columns<const SIDE: usize>(
    input: &[f32],
    (places, first): (usize, usize),
    scale: &[f32],
    bias: &[f32],
    epsilon: f32,
    output: &mut [f32],
) {
    let count = scale.len() as f32;
    let rows = || input.chunks_exact(places).filter_map(|row| row[first..].first_chunk::<SIDE>());
    let mut mean = [0.0; SIDE];
    for row in rows() {
        mean = core::array::from_fn(|n| mean[n] + row[n]);
    }
    mean = mean.map(|sum| sum / count);
    let mut spread = [0.0; SIDE];
    for row in rows() {
        spread = core::array::from_fn(|n| spread[n] + (row[n] - mean[n]) * (row[n] - mean[n]));
    }
    let spread = spread.map(|sum| sqrt(sum / count + epsilon));
    let outputs = output.chunks_exact_mut(places);
    for (((out, row), scale), bias) in outputs.zip(rows()).zip(scale).zip(bias) {
        if let Some(out) = out[first..].first_chunk_mut::<SIDE>() {
            *out = core::array::from_fn(|n| (row[n] - mean[n]) / spread[n] * scale + bias);
        }
    }
}

struct Norm<'a> {
    input: &'a [f32],
    scale: &'a [f32],
    bias: &'a [f32],
    epsilon: f32,
    output: &'a mut [f32],
}

impl Work for Norm<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let length = self.scale.len();
        for (out, row) in self.output.chunks_exact_mut(length).zip(self.input.chunks_exact(length)) {
            let mean = sum(row) / length as f32;
            out.iter_mut().zip(row).for_each(|(out, &value)| *out = (value - mean) * (value - mean));
            let spread = sqrt(sum(out) / length as f32 + self.epsilon);
            for (((out, &value), scale), bias) in out.iter_mut().zip(row).zip(self.scale).zip(self.bias) {
                *out = (value - mean) / spread * scale + bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    #[test]
    fn rows_follow_their_twin_and_wide_registers_give_the_same_bits() {
        let mut random = Random(21);
        for (rows, length) in [(1, 1), (3, 7), (5, 48), (2, 130)] {
            let (input, scale, bias) =
                (random.vector(rows * length), random.vector(length), random.vector(length));
            let mut found = vec![0.0; rows * length];
            layer_norm(&input, &scale, &bias, 1e-5, &mut found).unwrap();
            for (row, found) in input.chunks(length).zip(found.chunks(length)) {
                let numbers = || row.iter().map(|&x| f64::from(x));
                let mean = numbers().sum::<f64>() / length as f64;
                let variance = numbers().map(|x| (x - mean) * (x - mean)).sum::<f64>() / length as f64;
                for (at, &y) in found.iter().enumerate() {
                    let normal = (f64::from(row[at]) - mean) / (variance + 1e-5).sqrt();
                    assert_close(y, normal * f64::from(scale[at]) + f64::from(bias[at]), 1e-4);
                }
            }
            let mut ways = [(); 3].map(|()| found.clone());
            let mut rest = ways.iter_mut();
            wide::run_every_way(|| {
                let output = rest.next().unwrap();
                output.fill(f32::NAN);
                Norm { input: &input, scale: &scale, bias: &bias, epsilon: 1e-5, output }
            });
            ways.iter().for_each(|way| assert_eq!(*way, found));
        }
        let (input, scale, bias) = (random.vector(2 * 9 * 37), random.vector(9), random.vector(9));
        let mut found = vec![0.0; input.len()];
        layer_norm_of_columns(&input, 37, &scale, &bias, 1e-5, &mut found).unwrap();
        for (place, (input, found)) in (0..2 * 37).map(|n| (n, (&input, &found))) {
            let at = |row: usize| place / 37 * 9 * 37 + row * 37 + place % 37;
            let row: Vec<f32> = (0..9).map(|row| input[at(row)]).collect();
            let mut alone = [0.0; 9];
            layer_norm(&row, &scale, &bias, 1e-5, &mut alone).unwrap();
            (0..9).for_each(|row| assert_close(found[at(row)], f64::from(alone[row]), 1e-5));
        }
        let mut ways = [(); 3].map(|()| found.clone());
        let mut rest = ways.iter_mut();
        wide::run_every_way(|| {
            let output = rest.next().unwrap();
            output.fill(f32::NAN);
            let norm = Norm { input: &input, scale: &scale, bias: &bias, epsilon: 1e-5, output };
            Columns { places: 37, norm }
        });
        ways.iter().for_each(|way| assert_eq!(*way, found));
        let mut y = [9.0; 4];
        assert!(layer_norm_of_columns(&[1.0; 4], 3, &[1.0; 2], &[0.0; 2], 1e-5, &mut y).is_err());
        assert!(layer_norm(&[1.0; 4], &[1.0; 3], &[0.0; 3], 1e-5, &mut y).is_err());
        assert!(layer_norm(&[1.0; 4], &[1.0; 2], &[0.0; 3], 1e-5, &mut y).is_err());
        assert!(layer_norm(&[1.0; 4], &[], &[], 1e-5, &mut y).is_err());
        assert_eq!(y, [9.0; 4]);
    }
}
