//! Groove files of the SWS extension for REAPER (`.rgt`): positions in beats, with an amplitude in version 1.
//!
//! ```text
//! Version: 1
//! Number of beats in groove: 4
//! Groove: 2 positions
//! 0.00000000 1.000000
//! 0.58000000 0.700000
//! ```

use crate::lab::lines;
use crate::{Error, Place, Result};
use std::fmt::Write;
use std::path::Path;

/// The longest groove, beats.
const MOST_BEATS: u32 = 4096;

/// A groove as such a file holds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RgtGroove {
    /// How many beats it lasts.
    pub beats: u32,
    /// Places in beats from its start, with an amplitude from 0 to 1 where one is given.
    pub positions: Vec<(f64, Option<f64>)>,
}

/// The text of a groove: version 1 where all positions have amplitudes, else version 0. A groove goes round: positions before the start,
/// where the format knows none, stand as far before its end.
pub fn print(groove: &RgtGroove) -> String {
    let loud = !groove.positions.is_empty() && groove.positions.iter().all(|position| position.1.is_some());
    let (beats, count) = (groove.beats, groove.positions.len());
    let head = format!(
        "Version: {}\nNumber of beats in groove: {beats}\nGroove: {count} positions\n",
        u8::from(loud)
    );
    let around = |at: f64| if at < 0.0 { at + f64::from(beats) } else { at };
    let mut positions: Vec<(f64, Option<f64>)> =
        groove.positions.iter().map(|&(at, amplitude)| (around(at), amplitude)).collect();
    positions.sort_by(|a, b| a.0.total_cmp(&b.0));
    positions.into_iter().fold(head, |mut out, (at, amplitude)| {
        let _ = match amplitude.filter(|_| loud) {
            Some(amplitude) => writeln!(out, "{at:.8} {amplitude:.6}"),
            None => writeln!(out, "{at:.8}"),
        };
        out
    })
}

/// Writes a groove to `path`, atomically.
///
/// # Errors
/// As [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, groove: &RgtGroove) -> Result<()> {
    crate::write::atomic(path, print(groove).as_bytes())
}

/// Reads the groove of a file.
///
/// # Errors
/// As [`parse`], and [`Error::Io`], [`Error::Folder`].
pub fn read(path: impl AsRef<Path>) -> Result<RgtGroove> {
    let path = path.as_ref();
    parse(&std::fs::read(path).map_err(Error::io(path, "read"))?, path)
}

/// Reads a groove from memory; `name` stands in errors as the file's name. The count of positions and the version are not
/// believed: what stands there counts.
///
/// # Errors
/// [`Error::Malformed`] with the line that is neither a heading nor a position, or when the number of beats is missing or
/// not from 1 to 4096.
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<RgtGroove> {
    let name = name.as_ref();
    let wrong = |line: u64, reason: String| Error::malformed(name, Place::Line(line), reason);
    let (mut beats, mut positions) = (None, Vec::new());
    for (number, line) in lines(bytes, name)? {
        if let Some((heading, value)) = line.split_once(':') {
            if heading.trim().eq_ignore_ascii_case("number of beats in groove") {
                let count = value.trim().parse::<u32>().ok().filter(|count| (1..=MOST_BEATS).contains(count));
                beats = Some(count.ok_or_else(|| {
                    wrong(number, format!("{:?} beats; a groove has 1 to {MOST_BEATS}", value.trim()))
                })?);
            }
            continue;
        }
        let mut words =
            line.split_whitespace().map(|word| word.parse::<f64>().ok().filter(|n| n.is_finite()));
        let position = words.next().flatten().filter(|at| (-1.0..=f64::from(MOST_BEATS)).contains(at));
        let at = position.ok_or_else(|| wrong(number, format!("{line:?} is no position in beats")))?;
        positions.push((at, words.next().flatten().map(|amplitude| amplitude.clamp(0.0, 1.0))));
    }
    let beats = beats.ok_or_else(|| {
        Error::malformed(name, Place::File, "no line says \"Number of beats in groove: N\"")
    })?;
    positions.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(RgtGroove { beats, positions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_come_back() {
        let loud = RgtGroove { beats: 4, positions: vec![(0.0, Some(1.0)), (0.58, Some(0.75))] };
        let text = print(&loud);
        assert!(text.starts_with(
            "Version: 1\nNumber of beats in groove: 4\nGroove: 2 positions\n0.00000000 1.000000\n"
        ));
        assert_eq!(parse(text.as_bytes(), "x.rgt").unwrap(), loud);
        let plain = RgtGroove { beats: 2, positions: vec![(0.0, None), (1.25, None)] };
        assert_eq!(parse(print(&plain).as_bytes(), "x.rgt").unwrap(), plain);
        let early = RgtGroove { beats: 4, positions: vec![(-0.02, None), (1.0, None)] };
        let wrapped = parse(print(&early).as_bytes(), "x.rgt").unwrap();
        assert_eq!(wrapped.positions, [(1.0, None), (3.98, None)]);
        // As another program writes a first position.
        let other = "Version: 0\r\nNumber of beats in groove: 4\r\nGroove: 9 positions\r\n1e-007\r\n";
        assert_eq!(parse(other.as_bytes(), "x.rgt").unwrap().positions.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, reason) in [
            ("Groove: 1 positions\n0.5\n", "no line says"),
            ("Number of beats in groove: 0\n", "line 1: \"0\" beats"),
            ("Number of beats in groove: 4\nhalf\n", "line 2: \"half\" is no position"),
            ("Number of beats in groove: 4\nnan\n", "is no position"),
        ] {
            let error = parse(text.as_bytes(), "x.rgt").unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
