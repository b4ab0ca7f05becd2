//! A plain synthesiser: enough overtones for chords to be heard, and a drum kit of three.

use crate::input::{Drum, Input, Part, drums, notes};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::f64::consts::TAU;

/// One turn of it.
pub(crate) fn render(input: &Input, parts: &[Part], length: usize) -> Vec<f32> {
    let rate = f64::from(input.rate);
    let mut sound = vec![0.0_f32; length];
    let mut chance = ChaCha8Rng::seed_from_u64(input.seed ^ 0x5eed);
    let mut noise = || f64::from(chance.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0;
    let beat = 60.0 / input.tempo;
    if input.sound {
        let wave = wave();
        for part in parts {
            let notes = notes(&part.chord);
            let from = (part.start * rate) as usize;
            let to = (((part.start + input.beats * beat) * rate) as usize).min(length);
            for note in &notes {
                let step = 440.0 * ((f64::from(*note) - 69.0) / 12.0).exp2() / rate * wave.len() as f64;
                for (n, sample) in sound[from.min(to)..to].iter_mut().enumerate() {
                    let time = n as f64 / rate;
                    // In over 5 ms, out over a second and more.
                    let level = (time / 0.005).min(1.0) * (-time / 1.5).exp() / notes.len() as f64;
                    *sample += (0.5 * level * wave[(n as f64 * step) as usize % wave.len()]) as f32;
                }
            }
        }
    }
    if input.drums {
        for (start, drum) in drums(length as f64 / rate, beat) {
            let from = (start * rate) as usize;
            let mut last = 0.0;
            for (n, sample) in sound.iter_mut().skip(from).take((0.25 * rate) as usize).enumerate() {
                let time = n as f64 / rate;
                let drawn = noise();
                let value = match drum {
                    Drum::Kick => {
                        0.8 * (TAU * (50.0 * time + 3.0 * (1.0 - (-time / 0.02).exp()))).sin()
                            * (-time / 0.08).exp()
                    }
                    Drum::Snare => (0.3 * drawn + 0.3 * (TAU * 190.0 * time).sin()) * (-time / 0.06).exp(),
                    Drum::Hat => 0.15 * (drawn - last) * (-time / 0.02).exp(),
                };
                last = drawn;
                *sample += value as f32;
            }
        }
    }
    if input.noise > 0.0 {
        sound.iter_mut().for_each(|sample| *sample += (input.noise * noise()) as f32);
    }
    sound
}

/// One period with eight overtones.
fn wave() -> Vec<f64> {
    const POINTS: usize = 2_048;
    let sample = |n: usize| {
        let angle = TAU * n as f64 / POINTS as f64;
        (1..=8).map(|overtone| (angle * f64::from(overtone)).sin() / f64::from(overtone)).sum()
    };
    (0..POINTS).map(sample).collect()
}
