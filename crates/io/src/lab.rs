//! Label files: a line a segment, `start<TAB>end<TAB>label`, times in seconds. Sonic Visualiser and mir_eval
//! (`io.load_labeled_intervals`) read them.

use crate::Result;
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

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_a_segment() {
        let text = super::print(&[(0.0, 1.5, "C:maj"), (1.5, 2.0, "a\tb")]);
        assert_eq!(text, "0.000000\t1.500000\tC:maj\n1.500000\t2.000000\ta b\n");
    }
}
