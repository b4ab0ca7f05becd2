//! Fixed-shape arithmetic on slices. No music, no state beyond the layers' own, no clock, no files.
//!
//! The listening engine needs spectra; its learned front ends and the models need small neural layers. Both get them
//! here, one operator a file:
//!
//! | module | operator | shape |
//! |---|---|---|
//! | [`fft`] | discrete Fourier transform of real samples | `N` samples to `N / 2 + 1` bins |
//! | [`math`] | `exp`, `ln`, `tanh`, `sin` and the like; dot product, sum, maximum, softmax | scalars and slices |
//! | [`dense`] | fully connected layer, `activation(W x + b)` | `inputs` to `outputs` |
//! | [`conv`] | causal dilated convolution, one time step a call | `inputs` to `outputs`, past kept |
//! | [`gru`] | gated recurrent unit, one time step a call | `inputs` to `hidden`, state kept |
//! | [`filters`] | filters over columns of taps: a convolution of any kind, many places a call | `taps` to `outputs` |
//! | [`curves`] | `exp`, `sigmoid`, `tanh`, `erf` of whole slices, fast | slices |
//! | [`stored`] | layers read one after the other from a file | bytes |
//! | [`matrix`] | matrix with many rows to multiply | rows of `inputs` to rows of `outputs` |
//! | [`precise`] | power spectrum in double precision | `N` samples to `N / 2 + 1` bins |
//!
//! # The same bits on every CPU
//!
//! An answer of the engine must not depend on the machine that computes it: a song composed from one seed is the same
//! file everywhere, and a regression test can compare bytes. Three things usually break this, and each is excluded:
//!
//! - **The order of a sum.** Floating-point addition is not associative, and a compiler or a library may regroup it for
//!   the vector width at hand. Here every sum runs in eight lanes that are joined by a fixed tree ([`math::dot`]), so
//!   a compiler may use any vector width up to eight and still has to give the same bits.
//! - **Fused multiply-add.** It rounds once where two operations round twice. Nothing here calls it, and Rust never
//!   contracts `a * b + c` on its own.
//! - **Transcendental functions.** The platform's `sin` and `exp` differ from system to system, and within one by CPU.
//!   Here they come from the `libm` crate, which is Rust code compiled with the rest. `sqrt` is exact to the last bit
//!   by IEEE 754-2019, section 5.4.1, and needs no such care.
//!
//! The FFT is our own for that reason: [`fft`] says which.
//!
//! `tests/bits.rs` hashes the outputs of every kernel over 10,000 random inputs, in a debug build, a release build and
//! a release build for the CPU at hand, and compares each with one recorded number. The promise needs an IEEE 754
//! `f32`: it leaves out 32-bit x86 without SSE2. It covers every finite value and the infinities, but not the payload of
//! a NaN. It assumes the float mode that a thread starts with: rounding to nearest, subnormal numbers kept.
//!
//! # Real-time safety
//!
//! `new` of a type allocates its tables and scratch. Everything else takes slices, allocates nothing, takes no lock,
//! makes no system call, and runs in a time that its shapes alone bound. No function panics: a slice of the wrong
//! length is a [`ShapeError`], and then no output and no state has been touched.
//!
//! ```
//! use kmidi_kernels::fft::RealFft;
//!
//! // One period of a cosine in eight samples: all of it is in bin 1.
//! let mut fft = RealFft::new(8)?;
//! let wave: Vec<f32> = (0..8).map(|n| kmidi_kernels::math::cos(core::f32::consts::TAU * n as f32 / 8.0)).collect();
//! let mut heights = vec![0.0; fft.bins()];
//! fft.magnitude(&wave, &mut heights)?;
//! assert!((heights[1] - 4.0).abs() < 1e-4 && heights[0] < 1e-5 && heights[2] < 1e-5);
//! # Ok::<(), kmidi_kernels::ShapeError>(())
//! ```
pub mod columns;
pub mod conv;
pub mod curves;
pub mod dense;
pub mod fft;
pub mod filters;
pub mod gru;
pub mod math;
pub mod matrix;
pub mod norm;
pub mod precise;
pub mod stored;

mod error;
#[cfg(test)]
mod testing;
mod wide;

pub use error::ShapeError;
