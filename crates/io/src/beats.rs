//! Beat files: a line a beat, `time<TAB>number`, the time in seconds and the beat's number in its bar from 1. Sonic
//! Visualiser and mir_eval (`io.load_labeled_events`) read them.

use crate::lab::lines;
use crate::{Error, Place, Result};
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

/// Reads the beats of a file: time, and the number in the bar where it is given.
///
/// # Errors
/// As [`parse`], and [`Error::Io`], [`Error::Folder`].
pub fn read(path: impl AsRef<Path>) -> Result<Vec<(f64, Option<u32>)>> {
    let path = path.as_ref();
    parse(&std::fs::read(path).map_err(Error::io(path, "read"))?, path)
}

/// Reads beats from memory; `name` stands in errors as the file's name. What follows the time is a number in the bar or,
/// as in other programs' files, any text, which is passed over.
///
/// # Errors
/// [`Error::Malformed`] with the line that does not begin with a time.
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<Vec<(f64, Option<u32>)>> {
    let mut beats = Vec::new();
    for (number, line) in lines(bytes, name.as_ref())? {
        let mut words = line.split_whitespace();
        let time = words.next().and_then(|word| word.parse::<f64>().ok()).filter(|time| time.is_finite());
        let time = time.ok_or_else(|| {
            let reason = format!("{line:?} is no beat; a time in seconds should stand here");
            Error::malformed(name.as_ref(), Place::Line(number), reason)
        })?;
        beats.push((time, words.next().and_then(|word| word.parse().ok())));
    }
    Ok(beats)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_a_beat() {
        let text = super::print(&[(0.5, 1), (1.0, 2)]);
        assert_eq!(text, "0.500000\t1\n1.000000\t2\n");
        assert_eq!(super::parse(text.as_bytes(), "x.txt").unwrap(), [(0.5, Some(1)), (1.0, Some(2))]);
        assert_eq!(super::parse(b"0.25\n\n# x\n0.5 beat\n", "x.txt").unwrap(), [(0.25, None), (0.5, None)]);
        assert!(super::parse(b"one\n", "x.txt").is_err());
    }
}
