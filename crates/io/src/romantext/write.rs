//! [`RomanText`] to text.

use super::beat::{self, Pulse};
use super::{RomanText, TICKS_A_QUARTER};
use crate::Result;
use kmidi_music::{Key, Meter, Mode, RomanNumeral};
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

/// The analysis as text: headers, then a line a measure. Where nothing changes in a measure it is not written.
///
/// The format knows major and minor. A numeral in another mode is written as the same chord in the major or minor key on
/// the same tonic.
pub fn print(analysis: &RomanText) -> String {
    let mut page = Page { out: String::new(), meter: Meter::COMMON, measure: None, key: None };
    for (name, text) in &analysis.headers {
        let _ = writeln!(page.out, "{}: {}", line(name).replace(':', " "), line(text));
    }
    let (mut meters, mut remarks) = (analysis.meters.iter().peekable(), analysis.remarks.iter().peekable());
    for span in &analysis.spans {
        // Two measures may have one number: first and second endings.
        let start = span.onset.0 as i64 - span.within.0 as i64;
        if page.measure != Some((span.measure, start)) {
            while let Some(remark) = remarks.next_if(|r| r.0 < span.measure && page.measure.is_some()) {
                let _ = write!(page.out, "\n{}", line(&remark.1));
            }
            let mut reached = false;
            while let Some((tick, meter)) = meters.next_if(|meter| meter.0 <= span.onset) {
                reached = tick.0 as i64 == start;
                page.change(tick.0 as i64, (span.measure, start), *meter);
            }
            if !reached {
                page.reach(start, span.measure);
            }
            page.open(span.measure, start);
        }
        if span.within.0 > 0 {
            let beat = beat::length(page.meter, Pulse::Usual);
            let _ = write!(page.out, " b{}", beat::print(span.within, beat));
        }
        if let Some((before, numeral)) = span.pivot.as_deref() {
            page.numeral(*before, Some(numeral));
        }
        page.numeral(span.key, span.numeral.as_deref());
    }
    let end = analysis.spans.last().map_or(0, |last| (last.onset + last.duration).0 as i64);
    for (tick, meter) in meters {
        page.change(tick.0 as i64, (0, end), *meter);
    }
    page.reach(end, 0);
    for (_, remark) in remarks {
        let _ = write!(page.out, "\n{}", line(remark));
    }
    page.out.push('\n');
    page.out
}

/// What is written, and what holds there.
struct Page {
    out: String,
    meter: Meter,
    /// The number of the last measure that is written, and where it starts.
    measure: Option<(u32, i64)>,
    key: Option<Key>,
}

impl Page {
    fn open(&mut self, number: u32, start: i64) {
        let feed = if self.out.is_empty() || self.out.ends_with('\n') { "" } else { "\n" };
        let _ = write!(self.out, "{feed}m{number}");
        self.measure = Some((number, start));
    }

    /// Writes empty measures where else measure `number` (0: the end of the piece) would not start at `start`.
    fn reach(&mut self, start: i64, number: u32) {
        if self.measure.is_none() && start > 0 {
            self.open(1, 0);
        }
        let Some((last, from)) = self.measure else { return };
        let bars = (start - from) / self.bar();
        if bars > i64::from(number.saturating_sub(last)).max(1) {
            let filler = i64::from(last) + bars - 1;
            self.open(filler as u32, from + (bars - 1) * self.bar());
        }
    }

    /// Writes a metre that holds from `tick` on; the next measure with a numeral follows there, or later.
    fn change(&mut self, tick: i64, next: (u32, i64), meter: Meter) {
        let before = tick < next.1;
        if tick > 0 {
            self.reach(tick, if before { 0 } else { next.0 });
        }
        let feed = if self.out.is_empty() || self.out.ends_with('\n') { "" } else { "\n" };
        let _ = writeln!(self.out, "{feed}Time Signature: {meter}");
        if tick > 0 && before {
            let number = self.measure.map_or(1, |last| last.0 + 1);
            self.open(number, tick);
        }
        self.meter = meter;
    }

    fn bar(&self) -> i64 {
        (self.meter.bar(TICKS_A_QUARTER).0 as i64).max(1)
    }

    /// A numeral (`None`: no chord), with its key where that is new.
    fn numeral(&mut self, key: Key, numeral: Option<&RomanNumeral>) {
        let written = match key.mode {
            Mode::Major | Mode::Minor => key,
            mode => Key::new(key.tonic, if mode.is_minor() { Mode::Minor } else { Mode::Major }),
        };
        if self.key != Some(written) {
            let tonic = written.tonic.to_string();
            let name = if written.mode == Mode::Minor { tonic.to_lowercase() } else { tonic };
            let _ = write!(self.out, " {name}:");
            self.key = Some(written);
        }
        let _ = match numeral {
            Some(numeral) if written == key => write!(self.out, " {numeral}"),
            Some(numeral) => write!(self.out, " {}", RomanNumeral::of(&numeral.chord(key), written)),
            None => write!(self.out, " NC"),
        };
    }
}

/// On one line.
fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
