//! Networks read from ONNX and run without allocation.
//!
//! [`Graph`] reads a file, takes all the memory that it will ever need, and then runs: no allocation, no lock, no system call, the
//! same bits on every CPU, as [`kmidi_kernels`] promises. What a file asks for beyond the operators that it knows is an error that names
//! the operator.
#![forbid(unsafe_code)]

pub mod chord;
pub mod dynamics;
pub mod emotion;
mod error;
pub mod graph;
pub mod groove;
pub mod harmonizer;
pub mod harmony;
pub mod melody;
mod onnx;
mod ports;
mod shipped;
pub mod text;
pub mod worker;

pub use error::LoadError;
pub use graph::{Graph, Port};
pub use shipped::{REGISTRY, all_shipped, shipped, shipped_tables};
