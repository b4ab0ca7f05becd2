//! Text to [`RomanText`].

use super::beat::{self, Pulse};
use super::line::{self, Line};
use super::{RomanText, Span, TICKS_A_QUARTER};
use crate::{Error, Place, Result};
use kmidi_music::{Key, Meter, ParseError, RomanNumeral, Ticks};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Files over this many bytes are refused: long analyses have a hundredth of it.
pub const MAX_BYTES: u64 = 4 << 20;
/// More numerals than this are refused: copies of measures may double a short text again and again.
pub const MAX_SPANS: usize = 100_000;
/// More faults than this are not listed.
pub const MAX_FAULTS: usize = 100;
/// Copies may give as many measures and as many numerals as this, and one more for each four bytes of the text: else a
/// short text that is copied again and again would fill the memory.
const COPIES: usize = 500;

/// Reads the analysis at `path`.
///
/// # Errors
///
/// As [`parse`], and [`Error::Io`], [`Error::Folder`], [`Error::TooLarge`] above [`MAX_BYTES`].
pub fn read(path: impl AsRef<Path>) -> Result<RomanText> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        let reason = format!("over {MAX_BYTES} bytes are too many for an analysis");
        return Err(Error::too_large(path, Place::File, reason));
    }
    parse(&bytes, path)
}

/// Reads an analysis from memory; `name` stands in errors as the file's name. Single faults are kept in
/// [`RomanText::faults`].
///
/// # Errors
///
/// [`Error::Malformed`] for what is no UTF-8 text or holds no measure that can be read, [`Error::TooLarge`] above
/// [`MAX_SPANS`].
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<RomanText> {
    let path = name.as_ref();
    let text =
        std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).map_err(|error| {
            let reason = "this is no UTF-8 text; a RomanText analysis should stand here";
            Error::malformed(path, Place::Byte(error.valid_up_to() as u64), reason)
        })?;
    let mut reader =
        Reader { copies_left: (COPIES + text.len() / 4).min(MAX_SPANS / 2), ..Reader::default() };
    let digit = |word: &str, at: usize| word.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let marks = |word: &&str| (word.starts_with(['m', 'b']) && digit(word, 1)) || word.ends_with(':');
    let numerals = text.split_whitespace().filter(|word| !marks(word)).count().min(text.len() / 7);
    reader.out.spans.reserve_exact(numerals);
    reader.placed.reserve_exact(numerals);
    for (number, line) in (1..).zip(text.lines()) {
        reader.line = number;
        reader.take(line.trim());
        if reader.out.spans.len() > MAX_SPANS {
            let reason = format!("more than {MAX_SPANS} numerals");
            return Err(Error::too_large(path, Place::Line(number.into()), reason));
        }
    }
    if reader.out.spans.is_empty() {
        let (line, reason) = match reader.out.faults.first() {
            Some((line, fault)) => (*line, fault.clone()),
            None => (1, "no measure with a numeral, such as `m1 C: I b3 V65`".to_owned()),
        };
        return Err(Error::malformed(path, Place::Line(line.into()), reason));
    }
    Ok(reader.finish())
}

/// A measure that was read: what a copy needs.
#[derive(Debug, Clone)]
struct Measure {
    number: u32,
    /// Where it starts, ticks; before the first beat of the piece is less than 0.
    start: i64,
    meter: Meter,
    /// Where its spans stand among all.
    spans: std::ops::Range<usize>,
    /// The span that sounds as it begins.
    held: Option<usize>,
}

/// A numeral (`None`: no chord) in its measure, with the key that is written before it.
type Token = (Ticks, Option<Key>, Option<Arc<RomanNumeral>>);

#[derive(Default)]
struct Reader {
    out: RomanText,
    line: u32,
    measures: Vec<Measure>,
    /// The last measure of each number.
    numbered: BTreeMap<u32, usize>,
    meter: Option<Meter>,
    pulse: Pulse,
    /// How many measures and numerals copies may still give.
    copies_left: usize,
    key: Option<Key>,
    /// Of each span: when it starts, and whether its key is written there.
    placed: Vec<(i64, bool)>,
    /// Each numeral once.
    known: BTreeMap<String, Arc<RomanNumeral>>,
}

impl Reader {
    fn fault(&mut self, reason: String) {
        match self.out.faults.len() {
            MAX_FAULTS => {}
            last if last + 1 == MAX_FAULTS => {
                self.out.faults.push((self.line, "further faults are not listed".into()));
            }
            _ => self.out.faults.push((self.line, reason)),
        }
    }

    fn take(&mut self, line: &str) {
        if line.is_empty() || line.starts_with('%') || line.starts_with("//") {
            return;
        }
        match line::read(line) {
            Line::Measure(number, rest) => self.measure(number, rest),
            Line::Copy(to, from, measures) => self.copy(to, from, measures),
            Line::Wrong(right) => self.fault(format!("{line:?}: {right}")),
            Line::Variant => {} // another reading of the measure
            Line::Other => self.other(line),
        }
    }

    /// A line that is no measure: `Name: text`.
    fn other(&mut self, line: &str) {
        let Some((name, text)) = line.split_once(':') else {
            return self
                .fault(format!("{line:?} is neither a measure (`m1 C: I`) nor a header (`Composer: ...`)"));
        };
        let (name, text) = (name.trim(), text.trim());
        if name.to_lowercase().replace(' ', "") == "timesignature" {
            let text = text.to_lowercase();
            let (plain, pulse) = match (text.strip_prefix("slow "), text.strip_prefix("fast ")) {
                (Some(plain), _) => (plain, Pulse::Slow),
                (_, Some(plain)) => (plain, Pulse::Fast),
                _ => (text.as_str(), Pulse::Usual),
            };
            let plain = match plain {
                "c" => "4/4",
                "cut" | "c|" => "2/2",
                other => other,
            };
            match plain.parse::<Meter>() {
                Ok(meter) => (self.meter, self.pulse) = (Some(meter), pulse),
                Err(error) => self.fault(error.to_string()),
            }
        } else if self.measures.is_empty() {
            self.out.headers.push((name.to_owned(), text.to_owned()));
        } else {
            let after = self.measures.last().map_or(0, |measure| measure.number);
            self.out.remarks.push((after, line.to_owned()));
        }
    }

    /// A measure after those that were read. Measures that are not written between them hold what sounds, in the metre
    /// before: a new one is written right before its first measure.
    fn begin(&mut self, number: u32) -> Measure {
        let bar = |meter: Meter| meter.bar(TICKS_A_QUARTER).0 as i64;
        let start = self.measures.last().map_or(0, |last| {
            // A second ending has the number of the first.
            let between = i64::from(number.saturating_sub(last.number + 1));
            last.start + (1 + between) * bar(last.meter)
        });
        let end = self.out.spans.len();
        let meter = self.meter.unwrap_or(Meter::COMMON);
        Measure { number, start, meter, spans: end..end, held: end.checked_sub(1) }
    }

    fn numeral(&mut self, text: &str) -> std::result::Result<Arc<RomanNumeral>, ParseError> {
        if let Some(known) = self.known.get(text) {
            return Ok(known.clone());
        }
        let numeral = Arc::new(text.parse::<RomanNumeral>()?);
        self.known.insert(text.to_owned(), numeral.clone());
        Ok(numeral)
    }

    fn measure(&mut self, number: u32, rest: &str) {
        let measure = self.begin(number);
        let beat = beat::length(measure.meter, self.pulse);
        let (mut at, mut key, mut tokens) = (Ticks(0), None, Vec::<Token>::new());
        for atom in line::words(rest) {
            if let Some(within) = atom.strip_prefix('b').and_then(|text| beat::read(text, beat)) {
                at = within;
            } else if let Some(name) = line::key_name(atom) {
                match name.parse::<Key>() {
                    Ok(new) => key = Some(new),
                    Err(error) => self.fault(format!("{atom}: {error}")),
                }
            } else if matches!(atom, "NC" | "N.C." | "nc") {
                tokens.push((at, key.take(), None));
            } else if !line::is_sign(atom) {
                match self.numeral(atom) {
                    Ok(numeral) => tokens.push((at, key.take(), Some(numeral))),
                    Err(error) => self.fault(format!("{atom}: {error}")),
                }
            }
        }
        self.place(measure, tokens);
        self.key = key.or(self.key); // a key at the end of a measure holds from the next
    }

    /// `m5-8 = m1-4`: the same numerals; the key is the one in force until the copied measures change it.
    fn copy(&mut self, to: u32, from: u32, measures: u32) {
        for nth in 0..measures {
            // A measure that is not written holds what sounds before it.
            let Some((&number, &at)) = self.numbered.range(..=from + nth).next_back() else {
                return self.fault(format!("measure {} is not there to be copied", from + nth));
            };
            let source = &self.measures[at];
            let (copied, held) = match number == from + nth {
                true => (source.spans.clone(), source.held),
                false => (0..0, source.spans.end.checked_sub(1)),
            };
            let Some(left) = self.copies_left.checked_sub(1 + copied.len()) else {
                return self.fault("the copies of measures give too many numerals".into());
            };
            self.copies_left = left;
            let mut tokens = Vec::with_capacity(copied.len() + 1);
            // What is held into the measure belongs to it, unless it sounds already.
            let first = copied.clone().next().map(|at| self.out.spans[at].within);
            if let Some(held) = held.filter(|_| first != Some(Ticks(0))) {
                let (held, now) = (&self.out.spans[held].numeral, self.out.spans.last());
                if now.is_none_or(|now| now.numeral != *held || Some(now.key) != self.key) {
                    tokens.push((Ticks(0), None, held.clone()));
                }
            }
            for at in copied {
                let span = &self.out.spans[at];
                let before = span.pivot.as_deref();
                tokens
                    .extend(before.map(|(_, numeral)| (span.within, None, Some(Arc::new(numeral.clone())))));
                tokens.push((span.within, self.placed[at].1.then_some(span.key), span.numeral.clone()));
            }
            let measure = self.begin(to + nth);
            self.place(measure, tokens);
        }
    }

    /// Puts the measure's numerals into time.
    fn place(&mut self, mut measure: Measure, tokens: Vec<Token>) {
        let start = Ticks(measure.start.max(0) as u64);
        if self.out.meters.last().is_none_or(|last| last.1 != measure.meter) && self.meter.is_some() {
            self.out.meters.push((start, measure.meter));
        }
        let first = self.out.spans.len();
        for (within, written, numeral) in tokens {
            self.key = written.or(self.key);
            let Some(key) = self.key else {
                return self.fault("a key, such as C: or f#:, must stand before the first numeral".into());
            };
            if within >= measure.meter.bar(TICKS_A_QUARTER) {
                let (number, meter) = (measure.number, measure.meter);
                self.fault(format!("measure {number}: a measure in {meter} ends before its last beats"));
                break;
            }
            let at = measure.start + within.0 as i64;
            let mut pivot = None;
            match self.placed.last() {
                Some(last) if last.0 > at => {
                    self.fault(format!("measure {}: the beats must ascend", measure.number));
                    continue;
                }
                // One chord, two readings: in the old key and in the new one.
                Some(last) if last.0 == at && written.is_none() => {
                    self.fault(format!("measure {}: a beat has one numeral, or two keys", measure.number));
                    continue;
                }
                Some(last) if last.0 == at => {
                    self.placed.pop();
                    let before = self.out.spans.pop();
                    let plain = |numeral: Arc<RomanNumeral>| Arc::unwrap_or_clone(numeral);
                    pivot = before.and_then(|span| Some(Box::new((span.key, plain(span.numeral?)))));
                }
                _ => {}
            }
            self.placed.push((at, written.is_some()));
            self.out.spans.push(Span {
                onset: Ticks(0),
                duration: Ticks(0),
                measure: measure.number,
                within,
                key,
                numeral,
                pivot,
            });
        }
        measure.spans = first.min(self.out.spans.len())..self.out.spans.len();
        self.numbered.insert(measure.number, self.measures.len());
        self.measures.push(measure);
    }

    /// Onsets from the first numeral, and durations to the next.
    fn finish(mut self) -> RomanText {
        // An upbeat begins where its first numeral stands; a full measure begins on its first beat.
        let upbeat = self.measures.first().is_some_and(|measure| measure.number == 0);
        let first = self.placed.first().filter(|_| upbeat).map_or(0, |first| first.0);
        let end =
            self.measures.last().map_or(0, |last| last.start + last.meter.bar(TICKS_A_QUARTER).0 as i64);
        for (at, span) in self.out.spans.iter_mut().enumerate() {
            let until = self.placed.get(at + 1).map_or(end, |next| next.0);
            span.onset = Ticks((self.placed[at].0 - first) as u64);
            span.duration = Ticks((until - self.placed[at].0).max(1) as u64);
        }
        for meter in &mut self.out.meters {
            meter.0 = Ticks(meter.0.0.saturating_sub(first.max(0) as u64));
        }
        self.out
    }
}
