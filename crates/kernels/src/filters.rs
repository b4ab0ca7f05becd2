//! Filters over many places at once: what a convolution is when the numbers under its taps lie in columns.
//!
//! Each output is its bias plus weight times number, tap by tap in order, so that neither the place nor the vector width changes a sum.

use crate::ShapeError;
use crate::wide::{self, Work};

/// Filters that are summed side by side.
const ROWS: usize = 4;
/// Places that are summed side by side.
const WIDTH: usize = 32;

/// Filters of some taps each.
#[derive(Debug, Clone)]
pub struct Filters {
    taps: usize,
    bias: Box<[f32]>,
    /// For each four filters their weights, tap by tap; what is too much in the last four is 0.
    weights: Box<[[f32; ROWS]]>,
}

impl Filters {
    /// Filters of `taps` weights: `weights` holds a row of them for each number of `bias`.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Size`] unless there are from 1 to 16,384 taps and filters, [`ShapeError::Length`] when `weights` has another length.
    ///
    /// # Real-time safety
    ///
    /// Allocates. [`run`](Self::run) does not.
    pub fn new(taps: usize, weights: &[f32], bias: &[f32]) -> Result<Self, ShapeError> {
        ShapeError::check_width("filter taps", taps)?;
        ShapeError::check_width("filters", bias.len())?;
        ShapeError::check("filter weights", taps * bias.len(), weights.len())?;
        let groups = weights.chunks(ROWS * taps).flat_map(|rows| {
            (0..taps).map(move |tap| {
                let mut four = [0.0; ROWS];
                four.iter_mut().zip(rows.chunks_exact(taps)).for_each(|(slot, row)| *slot = row[tap]);
                four
            })
        });
        Ok(Self { taps, bias: bias.into(), weights: groups.collect() })
    }

    /// How long a row of `columns` is for so many places: whole groups of thirty-two.
    #[must_use]
    pub fn stride(places: usize) -> usize {
        places.next_multiple_of(WIDTH)
    }

    /// Writes a row of `places` numbers for each filter. `columns` holds a row of [`stride`](Self::stride) numbers for each tap; those beyond
    /// `places` count for nothing.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length; then `output` is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn run(&self, columns: &[f32], places: usize, output: &mut [f32]) -> Result<(), ShapeError> {
        ShapeError::check("filter columns", self.taps * Self::stride(places), columns.len())?;
        ShapeError::check("filter output", self.bias.len() * places, output.len())?;
        wide::run(Filtering { filters: self, columns, places, output });
        Ok(())
    }
}

/// One call of [`Filters::run`].
struct Filtering<'a> {
    filters: &'a Filters,
    columns: &'a [f32],
    places: usize,
    output: &'a mut [f32],
}

impl Work for Filtering<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let (stride, places, taps) = (Filters::stride(self.places), self.places, self.filters.taps);
        // Some places, all filters: what lies under the taps of few places stays near.
        for first in (0..places).step_by(2 * LANES) {
            let groups = self.filters.weights.chunks_exact(taps).zip(self.filters.bias.chunks(ROWS));
            for ((weights, bias), out) in groups.zip(self.output.chunks_mut(ROWS * places)) {
                let mut biases = [0.0; ROWS];
                biases.iter_mut().zip(bias).for_each(|(slot, bias)| *slot = *bias);
                // Two registers of places for each filter keep the adders busy. Named sums: those of an array that a loop walks would live in
                // memory.
                let [mut p, mut q, mut r, mut s] = biases.map(|bias| [bias; LANES]);
                let [mut t, mut u, mut v, mut w] = [p, q, r, s];
                for (row, four) in self.columns.chunks_exact(stride).zip(weights) {
                    let Some((near, rest)) = row[first..].split_first_chunk::<LANES>() else { continue };
                    let Some(far) = rest.first_chunk::<LANES>() else { continue };
                    add(&mut p, four[0], near);
                    add(&mut q, four[1], near);
                    add(&mut r, four[2], near);
                    add(&mut s, four[3], near);
                    add(&mut t, four[0], far);
                    add(&mut u, four[1], far);
                    add(&mut v, four[2], far);
                    add(&mut w, four[3], far);
                }
                for (sums, first) in [([p, q, r, s], first), ([t, u, v, w], first + LANES)] {
                    let count = LANES.min(places.saturating_sub(first));
                    for (out, sums) in out.chunks_exact_mut(places).zip(&sums) {
                        out[first.min(places)..][..count].copy_from_slice(&sums[..count]);
                    }
                }
            }
        }
    }
}

/// Adds a weight times the numbers under a tap.
#[inline(always)]
fn add<const LANES: usize>(sums: &mut [f32; LANES], weight: f32, numbers: &[f32; LANES]) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += weight * number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, assert_close};

    #[test]
    fn filters_follow_their_twin_and_wide_registers_give_the_same_bits() {
        let mut random = Random(12);
        for (taps, outputs, places) in [(1, 1, 1), (9, 4, 16), (6, 5, 33), (30, 7, 50)] {
            let stride = Filters::stride(places);
            let (columns, weights, bias) =
                (random.vector(taps * stride), random.vector(taps * outputs), random.vector(outputs));
            let filters = Filters::new(taps, &weights, &bias).unwrap();
            let mut found = vec![0.0; outputs * places];
            filters.run(&columns, places, &mut found).unwrap();
            let mut ways = [(); 3].map(|()| found.clone());
            let mut rest = ways.iter_mut();
            wide::run_every_way(|| {
                let output = rest.next().unwrap();
                output.fill(f32::NAN);
                Filtering { filters: &filters, columns: &columns, places, output }
            });
            ways.iter().for_each(|way| assert_eq!(*way, found));
            for (at, &y) in found.iter().enumerate() {
                let (filter, place) = (at / places, at % places);
                let products = (0..taps).map(|tap| {
                    f64::from(weights[filter * taps + tap]) * f64::from(columns[tap * stride + place])
                });
                assert_close(y, f64::from(bias[filter]) + products.sum::<f64>(), 1e-5);
            }
            assert!(filters.run(&columns[1..], places, &mut found).is_err());
        }
        assert!(Filters::new(0, &[], &[1.0]).is_err() && Filters::new(2, &[1.0; 3], &[1.0]).is_err());
    }
}
