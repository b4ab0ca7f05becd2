//! N-grams: the simple baseline of tasks that ask what comes next.

use std::collections::BTreeMap;

/// Counts of tokens after contexts of up to `order` tokens, interpolated by Witten and Bell (1991, method C).
///
/// `p_k(t|h) = (c(h, t) + u(h) p_{k-1}(t|h')) / (n(h) + u(h))`: `c` counts `t` after `h`, `n` all tokens after it, `u` how many different ones there
/// are, `h'` is `h` without its oldest token. A context that was never seen says what the shorter one says; below order 0 all tokens have the
/// probability `floor`.
#[derive(Debug)]
pub(crate) struct Ngram {
    order: usize,
    floor: f64,
    after: BTreeMap<Vec<u32>, Counts>,
}

/// What followed a context.
#[derive(Debug, Default)]
struct Counts {
    total: u32,
    /// How often each token came, and when it first did.
    tokens: BTreeMap<u32, (u32, u32)>,
}

impl Ngram {
    /// Counts sequences. Contexts cross none of their ends.
    pub(crate) fn count<'a>(
        order: usize,
        floor: f64,
        sequences: impl IntoIterator<Item = &'a [u32]>,
    ) -> Self {
        let mut after: BTreeMap<Vec<u32>, Counts> = BTreeMap::new();
        let mut met = 0;
        for sequence in sequences {
            for (at, &token) in sequence.iter().enumerate() {
                for length in 0..=order.min(at) {
                    let counts = after.entry(sequence[at - length..at].to_vec()).or_default();
                    counts.total += 1;
                    counts.tokens.entry(token).or_insert((0, met)).0 += 1;
                }
                met += 1;
            }
        }
        Self { order, floor, after }
    }

    fn context<'a>(&self, past: &'a [u32]) -> &'a [u32] {
        &past[past.len() - past.len().min(self.order)..]
    }

    /// The probability of `token` after `past`.
    pub(crate) fn probability(&self, past: &[u32], token: u32) -> f64 {
        let context = self.context(past);
        (0..=context.len()).fold(self.floor, |shorter, length| {
            let Some(counts) = self.after.get(&context[context.len() - length..]) else { return shorter };
            let different = counts.tokens.len() as f64;
            let seen = counts.tokens.get(&token).map_or(0, |seen| seen.0);
            (f64::from(seen) + different * shorter) / (f64::from(counts.total) + different)
        })
    }

    /// The token that came most often after the longest part of `past` that was seen; of equals the one that was met first.
    pub(crate) fn likeliest(&self, past: &[u32]) -> Option<u32> {
        let context = self.context(past);
        let counts = (0..=context.len()).find_map(|skip| self.after.get(&context[skip..]))?;
        let best = counts.tokens.iter().max_by_key(|(_, seen)| (seen.0, core::cmp::Reverse(seen.1)))?;
        Some(*best.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_worked_out_by_hand() {
        let model = Ngram::count(1, 0.25, [&[0, 1, 0, 2][..]]);
        // Order 0: 4 tokens, 3 different: (1 + 3 / 4) / 7 for 1. After 0: 1 and 2 once each.
        let shorter = (1.0 + 3.0 * 0.25) / 7.0;
        assert_eq!(model.probability(&[], 1), shorter);
        assert_eq!(model.probability(&[0], 1), (1.0 + 2.0 * shorter) / 4.0);
        assert_eq!(model.probability(&[3], 1), shorter, "never seen");
        let sum: f64 = (0..4).map(|token| model.probability(&[0], token)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        assert_eq!((model.likeliest(&[5, 0]), model.likeliest(&[2])), (Some(1), Some(0)));
    }
}
