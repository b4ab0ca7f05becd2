//! Which key is told.

use crate::harmony::key::KEYS;

/// How much a key must be worth to be told. Found on `valid`.
const TELL: f32 = 0.51;

/// Which key is told, given the probability of each (twelve major from C up, then twelve minor): the one that is worth
/// most, or `None` where none is worth enough.
///
/// A key near the right one is not all wrong: the fifth above counts half, the relative 0.3, the parallel 0.2, the
/// weights of MIREX's task of audio key detection. A key is worth what it is expected to count, so that between two
/// that are as likely the one nearer to the rest is told.
///
/// *Real-time safety*: no allocation.
pub fn key_told(keys: &[f32; KEYS]) -> Option<usize> {
    let (best, most) = (0..KEYS).fold((0, 0.0), |best, key| {
        let worth = worth(keys, key);
        if worth > best.1 { (key, worth) } else { best }
    });
    (most >= TELL).then_some(best)
}

/// What telling `key` is expected to count.
fn worth(keys: &[f32; KEYS], key: usize) -> f32 {
    let (mode, tonic) = (key / 12, key % 12);
    let of = |mode: usize, up: usize| keys[mode * 12 + (tonic + up) % 12];
    let relative = if mode == 0 { 9 } else { 3 };
    of(mode, 0) + 0.5 * of(mode, 5) + 0.3 * of(1 - mode, relative) + 0.2 * of(1 - mode, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(likely: &[(usize, f32)]) -> Option<usize> {
        let mut keys = [0.0; KEYS];
        likely.iter().for_each(|&(key, p)| keys[key] = p);
        key_told(&keys)
    }

    #[test]
    fn what_a_key_is_worth_decides() {
        // C and G, as likely: G counts half where C is right, C nothing where G is.
        assert_eq!(told(&[(0, 0.5), (7, 0.5)]), Some(7));
        // A minor and C: each is the other's relative, and F, which C is the fifth of, tips.
        assert_eq!(told(&[(21, 0.4), (0, 0.4), (5, 0.2)]), Some(0));
        assert_eq!(told(&[(21, 0.45), (0, 0.4), (14, 0.15)]), Some(21));
        // Four that have nothing to do with each other.
        assert_eq!(told(&[(0, 0.25), (1, 0.25), (2, 0.25), (3, 0.25)]), None);
    }
}
