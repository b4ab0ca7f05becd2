//! [`RomanText`] to text.

use super::{RomanText, beat};
use crate::Result;
use kmidi_music::{Key, Mode};
use std::fmt::Write;
use std::path::Path;

/// Writes the analysis to `path`, whole or not at all.
///
/// # Errors
///
/// As [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, analysis: &RomanText) -> Result<()> {
    crate::write::atomic(path, print(analysis).as_bytes())
}

/// The analysis as text: headers, then a line a measure. Modes other than minor are written as major, for the format has
/// two.
pub fn print(analysis: &RomanText) -> String {
    let mut out = String::new();
    for (name, text) in &analysis.headers {
        let _ = writeln!(out, "{name}: {text}");
    }
    let (mut meters, mut key, mut measure) = (analysis.meters.iter().peekable(), None, None);
    let mut remarks = analysis.remarks.iter().peekable();
    for span in &analysis.spans {
        // Two measures may have one number: first and second endings.
        let starts = (span.measure, span.onset.0.wrapping_sub(span.within.0));
        if measure != Some(starts) {
            if measure.is_some() {
                out.push('\n');
            }
            while let Some(remark) = remarks.next_if(|remark| remark.0 < span.measure && measure.is_some()) {
                let _ = writeln!(out, "{}", remark.1);
            }
            while let Some((_, meter)) = meters.next_if(|meter| meter.0 <= span.onset) {
                let _ = writeln!(out, "Time Signature: {meter}");
            }
            let _ = write!(out, "m{}", span.measure);
            measure = Some(starts);
        }
        if span.within.0 > 0 {
            let _ = write!(out, " b{}", beat::print(span.within, analysis.meter_at(span.onset)));
        }
        if let Some((before, numeral)) = span.pivot.as_deref() {
            if key != Some(*before) {
                out.push_str(&format!(" {}", name(*before)));
                key = Some(*before);
            }
            out.push_str(&format!(" {numeral}"));
        }
        if key != Some(span.key) {
            out.push_str(&format!(" {}", name(span.key)));
            key = Some(span.key);
        }
        match &span.numeral {
            Some(numeral) => out.push_str(&format!(" {numeral}")),
            None => out.push_str(" NC"),
        }
    }
    out.push('\n');
    for (_, line) in remarks {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// `Bb:` for major, `bb:` for minor.
fn name(key: Key) -> String {
    let tonic = key.tonic.to_string();
    if key.mode == Mode::Minor { format!("{}:", tonic.to_lowercase()) } else { format!("{tonic}:") }
}
