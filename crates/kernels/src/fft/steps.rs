//! The steps of a transform: butterflies over real and imaginary parts that lie apart, written so that a compiler does several side by side.

use super::{Parts, Pass};

/// Even samples are real parts, odd ones imaginary parts.
#[inline(always)]
pub(super) fn unravel(pairs: &[[f32; 2]], re: &mut [f32], im: &mut [f32]) {
    for ((pair, re), im) in pairs.iter().zip(re).zip(im) {
        (*re, *im) = (pair[0], pair[1]);
    }
}

/// A butterfly of four points, turned by their factors `w`, `w^2`, `w^3`: the real parts, the imaginary parts.
#[inline(always)]
fn butterfly(re: [f32; 4], im: [f32; 4], w: [f32; 6]) -> ([f32; 4], [f32; 4]) {
    let (even_re, even_im) = (re[0] + re[2], im[0] + im[2]);
    let (odd_re, odd_im) = (re[1] + re[3], im[1] + im[3]);
    let (level_re, level_im) = (re[0] - re[2], im[0] - im[2]);
    // Times -i.
    let (steep_re, steep_im) = (im[1] - im[3], re[3] - re[1]);
    let (one_re, one_im) = (level_re + steep_re, level_im + steep_im);
    let (two_re, two_im) = (even_re - odd_re, even_im - odd_im);
    let (three_re, three_im) = (level_re - steep_re, level_im - steep_im);
    (
        [
            even_re + odd_re,
            one_re * w[0] - one_im * w[1],
            two_re * w[2] - two_im * w[3],
            three_re * w[4] - three_im * w[5],
        ],
        [
            even_im + odd_im,
            one_re * w[1] + one_im * w[0],
            two_re * w[3] + two_im * w[2],
            three_re * w[5] + three_im * w[4],
        ],
    )
}

/// The numbers of each quarter, `at` into it, as many as there is room for: arrays where that is known.
macro_rules! quarters {
    ($numbers:expr, $at:expr, $count:expr) => {{
        let (numbers, quarter) = (&$numbers[..], $numbers.len() / 4);
        [
            &numbers[$at..][..$count],
            &numbers[quarter + $at..][..$count],
            &numbers[2 * quarter + $at..][..$count],
            &numbers[3 * quarter + $at..][..$count],
        ]
    }};
}

/// The first pass: each butterfly has factors of its own, and its four answers stand together.
#[inline(always)]
pub(super) fn first(pass: &Pass, from: &Parts, to: &mut Parts) {
    let count = from.re.len() / 4;
    let [re, im] = [quarters!(from.re, 0, count), quarters!(from.im, 0, count)];
    let [a, b, c, d, e, f] = &pass.twiddles;
    let [a, b, c, d, e, f] = [&a[..count], &b[..count], &c[..count], &d[..count], &e[..count], &f[..count]];
    let (to_re, to_im) = (&mut to.re[..4 * count], &mut to.im[..4 * count]);
    for p in 0..count {
        let (re, im) = ([re[0][p], re[1][p], re[2][p], re[3][p]], [im[0][p], im[1][p], im[2][p], im[3][p]]);
        let (re, im) = butterfly(re, im, [a[p], b[p], c[p], d[p], e[p], f[p]]);
        to_re[4 * p..4 * p + 4].copy_from_slice(&re);
        to_im[4 * p..4 * p + 4].copy_from_slice(&im);
    }
}

/// A later pass: `W` neighbours at a time, which share their factors.
#[inline(always)]
pub(super) fn later<const W: usize>(pass: &Pass, from: &Parts, to: &mut Parts) {
    let stride = pass.stride;
    let [a, b, c, d, e, f] = &pass.twiddles;
    let to = to.re.chunks_exact_mut(4 * stride).zip(to.im.chunks_exact_mut(4 * stride));
    for (p, (to_re, to_im)) in to.enumerate() {
        let w = [a[p], b[p], c[p], d[p], e[p], f[p]];
        for q in (0..stride).step_by(W) {
            let [re, im] = [quarters!(from.re, stride * p + q, W), quarters!(from.im, stride * p + q, W)];
            // In registers first: what is written there cannot be what is read.
            let (mut done_re, mut done_im) = ([[0.0; W]; 4], [[0.0; W]; 4]);
            for n in 0..W {
                let (re, im) =
                    ([re[0][n], re[1][n], re[2][n], re[3][n]], [im[0][n], im[1][n], im[2][n], im[3][n]]);
                let (re, im) = butterfly(re, im, w);
                for m in 0..4 {
                    (done_re[m][n], done_im[m][n]) = (re[m], im[m]);
                }
            }
            for m in 0..4 {
                to_re[m * stride + q..][..W].copy_from_slice(&done_re[m]);
                to_im[m * stride + q..][..W].copy_from_slice(&done_im[m]);
            }
        }
    }
}

/// The last pass: sums and differences of points half of all apart.
#[inline(always)]
pub(super) fn last(from: &[f32], to: &mut [f32]) {
    let (a, b) = from.split_at(from.len() / 2);
    let (sums, differences) = to.split_at_mut(a.len());
    for (((sum, difference), a), b) in sums.iter_mut().zip(differences).zip(a).zip(b) {
        (*sum, *difference) = (a + b, a - b);
    }
}

/// With Z the packed transform and M its length, the even samples' transform is E[k] = (Z[k] + conj Z[M-k]) / 2, the odd samples' is
/// O[k] = (Z[k] - conj Z[M-k]) / 2i, and X[k] = E[k] + w^k O[k], X[M-k] = conj(E[k] - w^k O[k]): the bins from 1 to M - 1, but for that in the
/// middle. `W` at a time; the last ones may be done twice.
#[inline(always)]
pub(super) fn untangle<const W: usize>(z: &Parts, w: &Parts, bins: &mut Parts) {
    let half = z.re.len();
    let count = (half / 2).saturating_sub(1);
    for k in (0..count).step_by(W).map(|k| 1 + k.min(count.saturating_sub(W))) {
        // From here up, and from their mirrors' end down.
        let far = half + 1 - W - k;
        let (near_re, near_im, far_re, far_im) =
            (&z.re[k..][..W], &z.im[k..][..W], &z.re[far..][..W], &z.im[far..][..W]);
        let (w_re, w_im) = (&w.re[k..][..W], &w.im[k..][..W]);
        let [mut low_re, mut low_im, mut high_re, mut high_im] = [[0.0; W]; 4];
        for n in 0..W {
            let m = W - 1 - n;
            let (even_re, even_im) = (0.5 * (near_re[n] + far_re[m]), 0.5 * (near_im[n] - far_im[m]));
            let (odd_re, odd_im) = (0.5 * (near_im[n] + far_im[m]), 0.5 * (far_re[m] - near_re[n]));
            let turned_re = w_re[n] * odd_re - w_im[n] * odd_im;
            let turned_im = w_re[n] * odd_im + w_im[n] * odd_re;
            (low_re[n], low_im[n]) = (even_re + turned_re, even_im + turned_im);
            (high_re[m], high_im[m]) = (even_re - turned_re, turned_im - even_im);
        }
        bins.re[k..][..W].copy_from_slice(&low_re);
        bins.im[k..][..W].copy_from_slice(&low_im);
        bins.re[far..][..W].copy_from_slice(&high_re);
        bins.im[far..][..W].copy_from_slice(&high_im);
    }
}
