//! What stands after the voices: a small room, and a limiter.

use super::Stereo;

/// Delays in seconds, with no common measure.
const DELAYS: [f64; 4] = [0.0297, 0.0371, 0.0411, 0.0437];
/// Seconds in which the room falls by 60 dB.
const REVERBERATION: f64 = 0.55;
/// Level of the room against the dry sound.
const WET: f32 = 0.11;

/// Adds a small room: four delay lines that feed each other through a Householder matrix (Jot 1991), darker at each turn.
pub(super) fn room(sound: &mut Stereo, rate: f64) {
    let mut lines = DELAYS.map(|seconds| {
        let frames = ((seconds * rate) as usize).max(1);
        let gain = libm::pow(10.0, -3.0 * seconds / REVERBERATION) as f32;
        (vec![0.0f32; frames], 0usize, gain, 0.0f32)
    });
    let damping = (1.0 - libm::exp(-std::f64::consts::TAU * (4_000.0 / rate).min(0.45))) as f32;
    for (left, right) in sound.left.iter_mut().zip(&mut sound.right) {
        let mut outs = [0.0f32; 4];
        for (out, (line, at, gain, dark)) in outs.iter_mut().zip(&mut lines) {
            *dark += damping * (line[*at] - *dark);
            *out = *dark * *gain;
        }
        let mixed = 0.5 * (outs[0] + outs[1] + outs[2] + outs[3]);
        let inputs = [*left, *right, *left, *right];
        for ((out, (line, at, ..)), input) in outs.iter().zip(&mut lines).zip(inputs) {
            line[*at] = input + out - mixed;
            *at = if *at + 1 == line.len() { 0 } else { *at + 1 };
        }
        *left += WET * (outs[0] + outs[2]);
        *right += WET * (outs[1] + outs[3]);
    }
}

/// No sample lies above this after [`limit`].
const CEILING: f32 = 0.95;
/// Frames that share one gain, and how many such blocks the gain takes to fall and to rise.
const BLOCK: usize = 64;
const REACH: usize = 24;

/// Brings the peaks below full scale: the gain that each block needs, the lowest of it around each block, smoothed. It
/// falls before the peak comes, so that nothing is clipped and nothing clicks.
pub(super) fn limit(sound: &mut Stereo) {
    let peaks = sound.left.chunks(BLOCK).zip(sound.right.chunks(BLOCK));
    let needed: Vec<f32> = peaks
        .map(|(l, r)| {
            let peak = l.iter().chain(r).fold(0.0f32, |p, x| p.max(x.abs()));
            if peak > CEILING { CEILING / peak } else { 1.0 }
        })
        .collect();
    if needed.iter().all(|&g| g == 1.0) {
        return;
    }
    let around = |i: usize, reach: usize| i.saturating_sub(reach)..(i + reach + 1).min(needed.len());
    // One block further than the smoothing: between two blocks the gain is a mixture of theirs.
    let lowest: Vec<f32> = (0..needed.len())
        .map(|i| needed[around(i, REACH + 1)].iter().fold(1.0f32, |a, &b| a.min(b)))
        .collect();
    let smooth: Vec<f32> = (0..needed.len())
        .map(|i| {
            let part = &lowest[around(i, REACH)];
            part.iter().sum::<f32>() / part.len() as f32
        })
        .collect();
    for channel in [&mut sound.left, &mut sound.right] {
        for (i, block) in channel.chunks_mut(BLOCK).enumerate() {
            let (here, next) = (smooth[i], smooth.get(i + 1).copied().unwrap_or(smooth[i]));
            for (j, x) in block.iter_mut().enumerate() {
                let gain = here + (next - here) * (j as f32 / BLOCK as f32);
                *x = (*x * gain).clamp(-1.0, 1.0); // the clamp is for rounding alone
            }
        }
    }
}
