//! Seeded chance, the only one there is: the same seed gives the same numbers on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a run of chance decides. Each has its own stream, so that a wish about one thing leaves the others alone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Key = 1,
    Meter,
    Harmony,
    Colour,
    Theme,
    Line,
    Players,
    Groove,
    Band,
    Pieces,
    Touch,
}

/// A stream of chance. ChaCha8 is value-stable; ranges are cut with integer arithmetic.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The numbers of `stream` under `seed`; `part` tells apart the letters, sections or players that one stream serves.
    pub(crate) fn new(seed: u64, stream: Stream, part: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream((stream as u64) << 32 | u64::from(part));
        Self(rng)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// True in `percent` of the cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// A place in `weights`, as often as its weight says; 0 when all weights are 0.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let total: u128 = weights.iter().map(|&w| u128::from(w)).sum();
        let mut left = (u128::from(self.0.next_u64()) * total) >> 64;
        for (i, &w) in weights.iter().enumerate() {
            if left < u128::from(w) {
                return i;
            }
            left -= u128::from(w);
        }
        0
    }

    /// About normal, with mean 0 and deviation 1, from -6 to 6: the sum of twelve numbers, less their mean.
    pub(crate) fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| u64::from(self.0.next_u32())).sum();
        sum as f64 / f64::from(u32::MAX) - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_and_apart() {
        let draw = |seed, stream, part| {
            let mut dice = Dice::new(seed, stream, part);
            [dice.below(1000), dice.below(1000), dice.below(1000)]
        };
        assert_eq!(draw(7, Stream::Key, 0), draw(7, Stream::Key, 0));
        assert_ne!(draw(7, Stream::Key, 0), draw(7, Stream::Key, 1));
        assert_ne!(draw(7, Stream::Key, 0), draw(7, Stream::Line, 0));
        assert_ne!(draw(7, Stream::Key, 0), draw(8, Stream::Key, 0));
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(1, Stream::Line, 0);
        let mut counts = [0; 3];
        for _ in 0..4_000 {
            counts[dice.weighted(&[1, 0, 3])] += 1;
        }
        assert!(counts[1] == 0 && (900..1_100).contains(&counts[0]), "{counts:?}");
        assert_eq!((dice.weighted(&[]), dice.weighted(&[0, 0]), dice.below(0)), (0, 0, 0));
    }

    #[test]
    fn normal_numbers_are_about_normal() {
        let mut dice = Dice::new(1, Stream::Band, 2);
        let values: Vec<f64> = (0..4000).map(|_| dice.normal()).collect();
        let mean = values.iter().sum::<f64>() / 4000.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4000.0).sqrt();
        assert!(mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
    }
}
