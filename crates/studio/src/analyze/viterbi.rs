//! Viterbi's algorithm where a state goes on as it must, or jumps to any other at one price.
//!
//! That shape (Felzenszwalb and Huttenlocher 2004 call it the Potts model) costs time linear in the number of states,
//! and fits chords, keys and places in the bar alike.

use std::ops::Range;

/// The best path through `steps`. Each step brings the score of every state and the price of a jump into it, in nats;
/// `before` says which state goes on to become the given one without a jump.
pub(super) fn best_path<const N: usize>(
    steps: impl Iterator<Item = ([f32; N], f32)>,
    before: impl Fn(usize) -> usize,
) -> Vec<usize> {
    best_path_priced(steps.map(|(gain, price)| (gain, [price; N])), before, Kin { size: N, factor: 1.0 })
}

/// States in a row that are kin, such as the chords on one root, and how much dearer it is to jump among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kin {
    pub(super) size: usize,
    pub(super) factor: f32,
}

/// [`best_path`] where a jump has its price by the state that it goes to, and another among kin.
pub(super) fn best_path_priced<const N: usize>(
    steps: impl Iterator<Item = ([f32; N], [f32; N])>,
    before: impl Fn(usize) -> usize,
    kin: Kin,
) -> Vec<usize> {
    let mut scores = [0.0_f64; N];
    let mut trace: Vec<[u8; N]> = Vec::new();
    const { assert!(N <= 256) };
    for (gain, price) in steps {
        // The best of each kin, the best of all, and the best that is no kin of it.
        let family = |n: usize| n * kin.size..((n + 1) * kin.size).min(N);
        let mut bests = [0; N];
        let families = N.div_ceil(kin.size);
        (0..families).for_each(|n| bests[n] = best_of(&scores, family(n)));
        let top = best_of(&scores, 0..N);
        let others = bests[..families].iter().copied().filter(|best| best / kin.size != top / kin.size);
        let second = others.reduce(|a, b| if scores[b] > scores[a] { b } else { a });
        let mut row = [0; N];
        let mut next = [0.0; N];
        for state in 0..N {
            let from = before(state);
            let own = bests[state / kin.size];
            let stranger = if own == top { second } else { Some(top) };
            let price = f64::from(price[state]);
            let mut jump = scores[own] - f64::from(kin.factor) * price;
            row[state] = own as u8;
            if let Some(other) = stranger.filter(|&other| scores[other] - price >= jump) {
                jump = scores[other] - price;
                row[state] = other as u8;
            }
            next[state] = f64::from(gain[state]) + jump.max(scores[from]);
            if scores[from] >= jump {
                row[state] = from as u8;
            }
        }
        scores = next;
        trace.push(row);
    }
    let mut state = best_of(&scores, 0..N);
    let mut path = vec![0; trace.len()];
    for (slot, row) in path.iter_mut().zip(&trace).rev() {
        *slot = state;
        state = usize::from(row[state]);
    }
    path
}

/// The place of the greatest score among `places`, the first of equals.
fn best_of(scores: &[f64], mut places: Range<usize>) -> usize {
    let first = places.next().unwrap_or(0);
    places.fold(first, |best, n| if scores[n] > scores[best] { n } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_same_path_as_trying_all() {
        let mut seed = 7_u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 24) as f32
        };
        for (size, factor) in [(1, 1.0), (2, 1.7), (2, 0.4), (3, 2.0)].repeat(6) {
            let mut three = || [random(), random(), random()];
            let steps: Vec<([f32; 3], [f32; 3])> = (0..6).map(|_| (three(), three())).collect();
            let before = |state: usize| (state + 2) % 3;
            let worth = |path: &[usize]| -> f32 {
                let moves = path.windows(2).zip(&steps[1..]);
                let jump = |from: usize, to: usize| if from / size == to / size { factor } else { 1.0 };
                let paid: f32 = moves
                    .map(|(m, step)| if m[0] == before(m[1]) { 0.0 } else { jump(m[0], m[1]) * step.1[m[1]] })
                    .sum();
                path.iter().zip(&steps).map(|(&state, step)| step.0[state]).sum::<f32>() - paid
            };
            let found = best_path_priced(steps.iter().copied(), before, Kin { size, factor });
            let best = (0..3_usize.pow(6))
                .map(|code| worth(&(0..6).map(|n| code / 3_usize.pow(n) % 3).collect::<Vec<_>>()))
                .fold(f32::MIN, f32::max);
            assert!((worth(&found) - best).abs() < 1e-5);
        }
        assert!(best_path::<2>(std::iter::empty(), |s| s).is_empty());
    }
}
