//! Filters over many places at once: what a convolution is where the numbers under a tap lie side by side.
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

    /// How many numbers are read under each tap for so many places: whole groups of thirty-two.
    #[must_use]
    pub fn stride(places: usize) -> usize {
        places.next_multiple_of(WIDTH)
    }

    /// Writes a row of `places` numbers for each filter. What lies under tap `n` begins at `starts[n]` of `numbers` and is
    /// [`stride`](Self::stride) long; what is beyond `places` counts for nothing.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Length`] when a slice has another length, or ends before what lies under a tap does; then `output` is as it was.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call.
    pub fn run(
        &self,
        numbers: &[f32],
        starts: &[usize],
        places: usize,
        output: &mut [f32],
    ) -> Result<(), ShapeError> {
        ShapeError::check("filter taps", self.taps, starts.len())?;
        ShapeError::check("filter output", self.bias.len() * places, output.len())?;
        let end = starts.iter().map(|start| start.saturating_add(Self::stride(places))).max().unwrap_or(0);
        ShapeError::check("filter numbers", end.max(numbers.len()), numbers.len())?;
        wide::run(Filtering { filters: self, numbers, starts, places, output });
        Ok(())
    }
}

/// One call of [`Filters::run`].
struct Filtering<'a> {
    filters: &'a Filters,
    numbers: &'a [f32],
    starts: &'a [usize],
    places: usize,
    output: &'a mut [f32],
}

/// Sums up four filters over groups of places: a name for the numbers of each group, how far after the first place it begins, and a name for the
/// sums of each filter. Those of an array that a loop walks would live in memory.
macro_rules! sums {
    ($call:expr, $weights:expr, $biases:expr, $out:expr, $first:expr, $lanes:expr,
     $($group:ident $after:tt $p:ident $q:ident $r:ident $s:ident),+) => {{
        let places = $call.places;
        $(let [mut $p, mut $q, mut $r, mut $s] = $biases.map(|bias| [bias; $lanes]);)+
        for (start, four) in $call.starts.iter().zip($weights) {
            let under = $call.numbers.get(start + $first..).unwrap_or_default();
            $(let Some($group) = under.get($after..).and_then(|under| under.first_chunk()) else { continue };)+
            $(
                add(&mut $p, four[0], $group);
                add(&mut $q, four[1], $group);
                add(&mut $r, four[2], $group);
                add(&mut $s, four[3], $group);
            )+
        }
        $(
            let first = $first + $after;
            let count = $lanes.min(places.saturating_sub(first));
            for (out, sums) in $out.chunks_exact_mut(places).zip(&[$p, $q, $r, $s]) {
                out[first..][..count].copy_from_slice(&sums[..count]);
            }
        )+
    }};
}

impl Work for Filtering<'_> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let (places, taps) = (self.places, self.filters.taps);
        // Some places, all filters: what lies under the taps of few places stays near.
        for first in (0..places).step_by(2 * LANES) {
            let groups = self.filters.weights.chunks_exact(taps).zip(self.filters.bias.chunks(ROWS));
            for ((weights, bias), out) in groups.zip(self.output.chunks_mut(ROWS * places)) {
                let mut biases = [0.0; ROWS];
                biases.iter_mut().zip(bias).for_each(|(slot, bias)| *slot = *bias);
                // Two registers of places for each filter keep the adders busy; the last places may need but one.
                let (at, out) = (first, &mut *out);
                if places - first > LANES {
                    sums!(self, weights, biases, out, at, LANES, near 0 p q r s, far LANES t u v w);
                } else {
                    sums!(self, weights, biases, out, at, LANES, near 0 p q r s);
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
            // Taps that lie three numbers apart, as those of a dilated convolution.
            let starts: Vec<usize> = (0..taps).map(|tap| 3 * tap).collect();
            let (numbers, weights, bias) = (
                random.vector(3 * (taps - 1) + Filters::stride(places)),
                random.vector(taps * outputs),
                random.vector(outputs),
            );
            let filters = Filters::new(taps, &weights, &bias).unwrap();
            let mut found = vec![0.0; outputs * places];
            filters.run(&numbers, &starts, places, &mut found).unwrap();
            let mut ways = [(); 3].map(|()| found.clone());
            let mut rest = ways.iter_mut();
            wide::run_every_way(|| {
                let output = rest.next().unwrap();
                output.fill(f32::NAN);
                Filtering { filters: &filters, numbers: &numbers, starts: &starts, places, output }
            });
            ways.iter().for_each(|way| assert_eq!(*way, found));
            for (at, &y) in found.iter().enumerate() {
                let (filter, place) = (at / places, at % places);
                let products = (0..taps)
                    .map(|tap| f64::from(weights[filter * taps + tap]) * f64::from(numbers[3 * tap + place]));
                assert_close(y, f64::from(bias[filter]) + products.sum::<f64>(), 1e-5);
            }
            assert!(filters.run(&numbers[1..], &starts, places, &mut found).is_err());
            assert!(filters.run(&numbers, &starts[1..], places, &mut found).is_err());
        }
        assert!(Filters::new(0, &[], &[1.0]).is_err() && Filters::new(2, &[1.0; 3], &[1.0]).is_err());
    }
}
