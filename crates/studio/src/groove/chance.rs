//! Seeded chance: the same seed gives the same numbers on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A stream of chance under a seed.
#[derive(Debug)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The numbers of a stream; streams do not know of each other.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// About normal, with mean 0 and deviation 1, from -6 to 6: the sum of twelve numbers, less their mean.
    pub(super) fn normal(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| u64::from(self.0.next_u32())).sum();
        sum as f64 / f64::from(u32::MAX) - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_about_normal_and_the_same_for_a_seed() {
        let draw = |seed, stream| {
            let mut chance = Chance::new(seed, stream);
            (0..4000).map(|_| chance.normal()).collect::<Vec<_>>()
        };
        let values = draw(1, 2);
        assert_eq!(values, draw(1, 2));
        assert!(values != draw(1, 3) && values != draw(2, 2));
        let mean = values.iter().sum::<f64>() / 4000.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4000.0).sqrt();
        assert!(mean.abs() < 0.05 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
    }
}
