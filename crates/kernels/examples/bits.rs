//! Runs every kernel over 10,000 random inputs and prints a hash of all the bits that come out.
//!
//! `tests/bits.rs` builds this program in several ways and compares what it prints: the hash in hexadecimal, `debug` or
//! `release`, and whether it was compiled for a CPU with fused multiply-add.
//!
//! `--dot=copy` replaces the dot product by a copy of its algorithm, which must not change the hash. `--dot=fused`
//! fuses the copy's multiply-adds and `--dot=sequential` sums from left to right; each must change it.

use kmidi_kernels::ShapeError;
use kmidi_kernels::conv::DilatedConv;
use kmidi_kernels::dense::{Activation, Dense};
use kmidi_kernels::fft::RealFft;
use kmidi_kernels::gru::{Gru, Reset};
use kmidi_kernels::math::{self, LANES};
use kmidi_kernels::matrix::Matrix;

const ROUNDS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dot = match std::env::args().nth(1).as_deref() {
        None => math::dot,
        Some("--dot=copy") => |a: &[f32], b: &[f32]| in_lanes(a, b, |sum, a, b| sum + a * b),
        Some("--dot=fused") => |a: &[f32], b: &[f32]| in_lanes(a, b, |sum, a, b| a.mul_add(b, sum)),
        Some("--dot=sequential") => |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum(),
        Some(other) => return Err(format!("{other}: not --dot=copy, --dot=fused or --dot=sequential").into()),
    };
    let hash = run(dot)?;
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let fma = if cfg!(target_feature = "fma") { "fma" } else { "no-fma" };
    println!("{hash:016x} {profile} {fma}");
    Ok(())
}

fn run(dot: fn(&[f32], &[f32]) -> f32) -> Result<u64, ShapeError> {
    let mut random = Random(2024);
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);

    let mut transforms =
        [4, 8, 32, 64, 256, 1024, 2048].map(RealFft::new).into_iter().collect::<Result<Vec<_>, _>>()?;
    let layers = [Activation::None, Activation::Relu, Activation::Tanh, Activation::Sigmoid]
        .map(|activation| Dense::new(19, 12, random.vector(19 * 12), random.vector(12), activation))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let mut units = [Reset::BeforeLinear, Reset::AfterLinear]
        .map(|reset| {
            let hidden = 10;
            let (weights, recurrent) = (random.vector(3 * hidden * 12), random.vector(3 * hidden * hidden));
            Gru::new(12, hidden, weights, recurrent, random.vector(6 * hidden), reset)
        })
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;

    let matrix = Matrix::new(19, 21, &random.vector(19 * 21))?;
    let mut conv = DilatedConv::new((12, 10), (5, 4), random.vector(10 * 60), random.vector(10))?;

    let [mut re, mut im, mut magnitude] = [(); 3].map(|()| vec![0.0; 1025]);
    for round in 0..ROUNDS {
        scalars(&mut random, &mut hash);

        let length = random.below(200);
        let (a, b) = (random.vector(length), random.vector(length));
        hash.numbers(&[dot(&a, &b), math::sum(&a), math::max(&a), math::logsumexp(&a)]);
        let mut shares = b;
        math::softmax(&mut shares);
        hash.numbers(&shares);

        let mut hidden = [0.0; 12];
        let index = round % layers.len();
        layers[index].run(&random.vector(19), &mut hidden)?;
        hash.numbers(&hidden);
        let mut rows = [0.0; 3 * 21];
        matrix.run(&random.vector(3 * 19), &random.vector(21), &mut rows)?;
        hash.numbers(&rows);
        let mut mixed = [0.0; 10];
        conv.step(&hidden, &mut mixed)?;
        hash.numbers(&mixed);
        for unit in &mut units {
            let mut state = [0.0; 10];
            unit.step(&hidden, &mut state)?;
            hash.numbers(&state);
        }

        let index = round % transforms.len();
        let transform = &mut transforms[index];
        let (input, bins) = (random.vector(transform.length()), transform.bins());
        transform.process(&input, &mut re[..bins], &mut im[..bins])?;
        transform.magnitude(&input, &mut magnitude[..bins])?;
        hash.numbers(&re[..bins]);
        hash.numbers(&im[..bins]);
        hash.numbers(&magnitude[..bins]);
    }
    Ok(hash.0)
}

/// The scalar functions, each within its domain: the payload of a NaN is not part of the promise.
fn scalars(random: &mut Random, hash: &mut Hash) {
    let x = random.signed(110.0);
    // Every magnitude from subnormal to huge.
    let positive = f32::from_bits(1 + random.below(f32::INFINITY.to_bits() as usize - 1) as u32);
    hash.numbers(&[math::exp(x), math::tanh(x / 8.0), math::sigmoid(x), math::sin(x), math::cos(x)]);
    hash.numbers(&[math::erf(x / 16.0)]);
    hash.numbers(&[math::ln(positive), math::log10(positive), math::sqrt(positive)]);
    hash.numbers(&[math::sin(positive), math::cos(positive), math::tanh(positive)]);
}

/// The algorithm of [`math::dot`], with a multiply-add to choose.
fn in_lanes(a: &[f32], b: &[f32], multiply_add: fn(f32, f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    for (index, (&a, &b)) in a.iter().zip(b).enumerate() {
        lanes[index % LANES] = multiply_add(lanes[index % LANES], a, b);
    }
    for half in [4, 2, 1] {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
    }
    lanes[0]
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo), over the little-endian bytes of each number.
struct Hash(u64);

impl Hash {
    fn numbers(&mut self, numbers: &[f32]) {
        for number in numbers {
            debug_assert!(!number.is_nan());
            for byte in number.to_bits().to_le_bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn signed(&mut self, scale: f32) -> f32 {
        scale * ((self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0)
    }

    fn vector(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.signed(1.0)).collect()
    }
}
