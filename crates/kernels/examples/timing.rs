//! Prints how long one call of a kernel takes on this machine: `cargo run --release -p kmidi-kernels --example timing`.
//!
//! Each figure is the median of 25 batches, in nanoseconds a call. These are not the engine's budgets, only a quick look
//! at the parts that they are made of.

use std::hint::black_box;
use std::time::{Duration, Instant};

use kmidi_kernels::ShapeError;
use kmidi_kernels::dense::{Activation, Dense};
use kmidi_kernels::fft::RealFft;
use kmidi_kernels::gru::{Gru, Reset};
use kmidi_kernels::math;

const BATCHES: usize = 25;
const BATCH: Duration = Duration::from_millis(4);

fn main() -> Result<(), ShapeError> {
    let wave: Vec<f32> =
        (0..8192).map(|n| math::sin(n as f32 * 0.37) + math::sin(n as f32 * 0.041)).collect();
    for length in [512, 1024, 2048, 4096, 8192] {
        let mut fft = RealFft::new(length)?;
        let mut power = vec![0.0; fft.bins()];
        let time = median(|| fft.magnitude(black_box(&wave[..length]), black_box(&mut power)))?;
        println!("real FFT and power, {length:>4} samples  {time:>9.0} ns");
    }

    let weights = |count: usize| -> Vec<f32> { (0..count).map(|n| 0.1 * math::sin(n as f32)).collect() };
    let (mut wide, mut narrow) = ([0.0; 128], [0.0; 64]);
    let dense = Dense::new(128, 128, weights(128 * 128), weights(128), Activation::Relu)?;
    let time = median(|| dense.run(black_box(&wave[..128]), black_box(&mut wide)))?;
    println!("dense 128 to 128, relu            {time:>9.0} ns");
    let mut gru =
        Gru::new(64, 64, weights(3 * 64 * 64), weights(3 * 64 * 64), weights(6 * 64), Reset::AfterLinear)?;
    let time = median(|| gru.step(black_box(&wave[..64]), black_box(&mut narrow)))?;
    println!("GRU 64 to 64, one step            {time:>9.0} ns");
    let time = median(|| {
        black_box(math::dot(black_box(&wave[..1024]), black_box(&wave[1024..2048])));
        Ok(())
    })?;
    println!("dot product, 1024 elements        {time:>9.0} ns");
    Ok(())
}

/// The median nanoseconds of one `call`, over batches of about [`BATCH`] each.
fn median(mut call: impl FnMut() -> Result<(), ShapeError>) -> Result<f64, ShapeError> {
    let mut calls = 1_u32;
    let mut timed = |calls: u32| -> Result<Duration, ShapeError> {
        let start = Instant::now();
        for _ in 0..calls {
            call()?;
        }
        Ok(start.elapsed())
    };
    while timed(calls)? < BATCH {
        calls *= 2;
    }
    let mut batches = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        batches.push(timed(calls)?.as_secs_f64() * 1e9 / f64::from(calls));
    }
    batches.sort_by(f64::total_cmp);
    Ok(batches[BATCHES / 2])
}
