//! Triangular bands, spaced evenly in pitch, over a spectrum.

use kmidi_kernels::math;

/// A bank of triangular bands.
#[derive(Debug, Clone)]
pub(crate) struct Bands {
    rows: Box<[Row]>,
    weights: Box<[f32]>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    centre: f32,
    first_bin: usize,
    first_weight: usize,
    count: usize,
}

impl Bands {
    /// Triangles with `per_octave` centres an octave from `low` to `high` hertz, each reaching to its neighbours'
    /// centres. Centres lie on multiples of `grid` hertz, so that low bands are not narrower than the window resolves;
    /// weights sum to the same at every spacing of the bins.
    pub(crate) fn new(
        (low, high): (f32, f32),
        per_octave: u32,
        grid: f32,
        bin_hertz: f32,
        bins: usize,
    ) -> Self {
        let high = high.min(bin_hertz * (bins - 1) as f32);
        let mut edges: Vec<f32> = Vec::new();
        for step in 0.. {
            let hertz = low * math::exp(std::f32::consts::LN_2 * step as f32 / per_octave as f32);
            if hertz > high {
                break;
            }
            let snapped = (hertz / grid).round().max(1.0) * grid;
            if edges.last().is_none_or(|&last| snapped > last) {
                edges.push(snapped);
            }
        }
        let (mut rows, mut weights) = (Vec::new(), Vec::new());
        for edge in edges.windows(3) {
            let (left, centre, right) = (edge[0], edge[1], edge[2]);
            let first_bin = (left / bin_hertz).floor() as usize + 1;
            let end = ((right / bin_hertz).ceil() as usize).min(bins);
            let first_weight = weights.len();
            weights.extend((first_bin..end).map(|bin| {
                let hertz = bin as f32 * bin_hertz;
                let height = if hertz <= centre {
                    (hertz - left) / (centre - left)
                } else {
                    (right - hertz) / (right - centre)
                };
                height.max(0.0) * bin_hertz / grid
            }));
            rows.push(Row { centre, first_bin, first_weight, count: weights.len() - first_weight });
        }
        Self { rows: rows.into(), weights: weights.into() }
    }

    /// How many bands have their centre below `hertz`.
    pub(crate) fn below(&self, hertz: f32) -> usize {
        self.rows.partition_point(|row| row.centre < hertz)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The weighted sum of `magnitudes` in each band.
    pub(crate) fn apply(&self, magnitudes: &[f32], output: &mut [f32]) {
        for (row, slot) in self.rows.iter().zip(output) {
            let weights = &self.weights[row.first_weight..row.first_weight + row.count];
            *slot = math::dot(&magnitudes[row.first_bin..row.first_bin + row.count], weights);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_the_same_at_every_bin_spacing() {
        let bank = |hertz: f32, bins| Bands::new((30.0, 16_000.0), 24, 23.4375, hertz, bins);
        let (wide, narrow) = (bank(23.4375, 1025), bank(21.533, 1025));
        assert_eq!(wide.len(), narrow.len());
        let (mut a, mut b) = (vec![0.0; wide.len()], vec![0.0; narrow.len()]);
        wide.apply(&[1.0; 1025], &mut a);
        narrow.apply(&[1.0; 1025], &mut b);
        for (band, (x, y)) in a.iter().zip(&b).enumerate().skip(20) {
            assert!((x / y - 1.0).abs() < 0.15, "{band}: {x} {y}");
        }
        assert!(a.iter().all(|v| *v > 0.0));
    }
}
