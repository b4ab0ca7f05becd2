//! Label files: a line a segment, `start<TAB>end<TAB>label`, times in seconds. Sonic Visualiser and mir_eval
//! (`io.load_labeled_intervals`) read them.

use crate::{Error, Place, Result};
use std::fmt::Write;
use std::path::Path;

/// The text of segments (start, end, label). Tabs and line ends inside labels become spaces.
pub fn print(segments: &[(f64, f64, &str)]) -> String {
    segments.iter().fold(String::new(), |mut out, (start, end, label)| {
        let _ = writeln!(out, "{start:.6}\t{end:.6}\t{}", label.replace(['\t', '\n', '\r'], " "));
        out
    })
}

/// Writes segments to `path`, atomically.
///
/// # Errors
/// As [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, segments: &[(f64, f64, &str)]) -> Result<()> {
    crate::write::atomic(path, print(segments).as_bytes())
}

/// Reads the segments of a file: start, end, label.
///
/// # Errors
/// As [`parse`], and [`Error::Io`], [`Error::Folder`].
pub fn read(path: impl AsRef<Path>) -> Result<Vec<(f64, f64, String)>> {
    let path = path.as_ref();
    parse(&std::fs::read(path).map_err(Error::io(path, "read"))?, path)
}

/// Reads segments from memory; `name` stands in errors as the file's name. Columns are parted by tabs or spaces, and a
/// label may hold spaces. Empty lines and lines that begin with `#` are passed over.
///
/// # Errors
/// [`Error::Malformed`] with the line that is no segment, or ends before it starts.
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<Vec<(f64, f64, String)>> {
    let mut segments = Vec::new();
    for (number, line) in lines(bytes, name.as_ref())? {
        let wrong = || {
            let reason = format!("{line:?} is no segment; one such as `0.0 1.5 C:maj` should stand here");
            Error::malformed(name.as_ref(), Place::Line(number), reason)
        };
        let (start, rest) = line.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let rest = rest.trim_start();
        let (end, label) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let time = |text: &str| text.parse::<f64>().ok().filter(|time| time.is_finite());
        let (start, end) =
            time(start).zip(time(end)).filter(|(start, end)| start <= end).ok_or_else(wrong)?;
        segments.push((start, end, label.trim().to_owned()));
    }
    Ok(segments)
}

/// The lines of a text with their numbers, without empty ones and remarks.
pub(crate) fn lines<'a>(bytes: &'a [u8], path: &Path) -> Result<Vec<(u64, &'a str)>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::malformed(path, Place::Byte(error.valid_up_to() as u64), "this is no UTF-8 text")
    })?;
    let numbered = (1..).zip(text.lines().map(str::trim));
    Ok(numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_a_segment() {
        let text = super::print(&[(0.0, 1.5, "C:maj"), (1.5, 2.0, "a\tb")]);
        assert_eq!(text, "0.000000\t1.500000\tC:maj\n1.500000\t2.000000\ta b\n");
        let read = super::parse(text.as_bytes(), "x.lab").unwrap();
        assert_eq!(read, [(0.0, 1.5, "C:maj".into()), (1.5, 2.0, "a b".into())]);
        for wrong in ["0 1 C\nx", "0", "1 0 C", "0 nan C"] {
            assert!(super::parse(wrong.as_bytes(), "x.lab").is_err(), "{wrong}");
        }
    }
}
