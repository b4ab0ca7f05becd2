//! The benchmark suite behind `kmidi bench`: it times the engines, checks their answers, counts what the audio thread may
//! not do, and tells a regression from noise.
//!
//! Benchmarks are data (`benchmarks/definitions/*.toml`). Every call is kept. A benchmark whose answer is wrong fails, however
//! fast it was. [`run`] is all that a program needs.
#![forbid(unsafe_code)]

mod args;
mod baseline;
mod calibrate;
mod check;
mod compare;
mod definition;
mod feel;
mod html;
mod input;
mod long;
mod machine;
mod measure;
mod memory;
mod plant;
mod recorder;
mod report;
mod rounds;
mod run;
mod search;
mod stats;
mod subject;
mod synth;
mod table;
mod trend;
mod verdict;

pub use args::Bench;
pub use run::{each, run};

use serde::Serialize;
use std::path::Path;

/// How a run ends that did what it should. The exit codes are those of `docs/contract.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// PASS, WARN or INSUFFICIENT, or nothing was judged: 0.
    Well,
    /// FAIL, or a warning where warnings are denied: 1.
    Failed,
    /// REGRESSION: 3.
    Regression,
}

/// What ends a run early.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// Wrong usage.
    #[error("{0}")]
    Usage(String),
    /// Bad input, or a file that cannot be written.
    #[error("{0}")]
    Input(String),
    /// A fault of our own.
    #[error("{0}")]
    Internal(String),
    /// Whoever reads the output has gone.
    #[error("nobody reads the output")]
    Unheard,
}

/// Readable JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Stop> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Stop::Internal(error.to_string()))
}

/// Writes text whole or not at all, to standard output for `-`; makes the folder where it is missing.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Stop> {
    if path.as_os_str() == "-" {
        return print(text);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| Stop::Input(format!("{}: {error}", folder.display())))?;
    }
    kmidi::io::write::atomic(path, text.as_bytes()).map_err(|error| Stop::Input(error.to_string()))
}

/// Prints text.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Stop::Unheard,
        _ => Stop::Input(format!("standard output: {error}")),
    })
}
