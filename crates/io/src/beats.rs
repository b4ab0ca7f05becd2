//! Beat files: a line a beat, `time<TAB>number`, the time in seconds and the beat's number in its bar from 1. Sonic
//! Visualiser and mir_eval (`io.load_labeled_events`) read them.

use crate::Result;
use std::fmt::Write;
use std::path::Path;

/// The text of beats (time, number in the bar).
pub fn print(beats: &[(f64, u32)]) -> String {
    beats.iter().fold(String::new(), |mut out, (time, number)| {
        let _ = writeln!(out, "{time:.6}\t{number}");
        out
    })
}

/// Writes beats to `path`, atomically.
///
/// # Errors
/// As [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, beats: &[(f64, u32)]) -> Result<()> {
    crate::write::atomic(path, print(beats).as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_a_beat() {
        assert_eq!(super::print(&[(0.5, 1), (1.0, 2)]), "0.500000\t1\n1.000000\t2\n");
    }
}
