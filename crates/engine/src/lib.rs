//! The audio thread: blocks of sound and MIDI in, musical events and evidence out.
//!
//! ```
//! use kmidi_engine::{Block, Config, Engine};
//!
//! let mut engine = Engine::new(Config { sample_rate: 48_000, max_block: 512 })?;
//! let left = [0.0_f32; 512];
//! let output = engine.process(&Block { frames: 512, audio: &[&left], midi: &[] });
//! assert_eq!(output.end.0, 512);
//! # Ok::<(), kmidi_engine::ConfigError>(())
//! ```
//!
//! What the crate promises, and `tests/realtime.rs` proves: after [`Engine::new`] no allocation, no lock, no system
//! call. What it says is a function of the samples and events alone: not of the block size, the number of threads or
//! the features of the CPU. It knows no file, no thread and no clock.

pub mod block;
mod dsp;
pub mod emotion;
mod engine;
pub mod exchange;
mod float_mode;
pub mod groove;
pub mod harmony;
mod hops;
pub mod mel;
pub mod perform;

pub use block::{
    Band, Block, Bounded, Event, HarmonyEvidence, Hearing, HopEvidence, MidiEvent, MidiMessage, Output,
};
pub use engine::{Config, ConfigError, Engine, Subjects};
pub use hops::HOP_SECONDS;
