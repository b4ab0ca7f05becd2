//! Analyses as sheets: RomanText, and lead sheets as MusicXML.

use super::bars::Bars;
use crate::Result;
use kmidi_io::musicxml::{self, Part, Score};
use kmidi_io::romantext::{self, RomanText, Span, TICKS_A_QUARTER};
use kmidi_music::notation::harte::{self, Label};
use kmidi_music::{Chord, Key, Mode, PitchClass, RomanNumeral, TempoMap, Ticks};
use kmidi_studio::analyze::{Analysis, ChordSegment};
use std::path::Path;
use std::sync::Arc;

/// Ticks a quarter note of a lead sheet.
const PPQ: u16 = 480;

/// Writes the Roman numerals as RomanText, whole or not at all: see [`romantext()`].
///
/// # Errors
///
/// [`crate::Error::File`] when the file cannot be written.
pub fn save_romantext(analysis: &Analysis, title: &str, path: impl AsRef<Path>) -> Result<()> {
    Ok(romantext::save(path, &romantext(analysis, title))?)
}

/// The numerals of an analysis, measure by measure: bars reach from downbeat to downbeat, an upbeat is measure 0, and
/// chords begin at quarters of a beat. What had to be assumed about the metre, a header `Note` says.
pub fn romantext(analysis: &Analysis, title: &str) -> RomanText {
    let bars = Bars::new(analysis, TICKS_A_QUARTER);
    let mut headers = vec![("Title".to_owned(), title.to_owned())];
    headers.push(("Analyst".to_owned(), concat!("kmidi ", env!("CARGO_PKG_VERSION")).to_owned()));
    headers.extend(bars.assumed.map(|assumed| ("Note".to_owned(), assumed.to_owned())));
    let placed = placed(analysis, &bars);
    // The text begins with measure 1, or with the first numeral of an upbeat.
    let second = bars.bar(Ticks(0)).2;
    let origin = match placed.first() {
        Some(first) if bars.has_upbeat() => first.0.min(second),
        _ => Ticks(0),
    };
    let since = |tick: Ticks| Ticks(tick.0.saturating_sub(origin.0));
    let ends = placed.iter().skip(1).map(|chord| chord.0).map(Some).chain([None]);
    let spans = placed.iter().zip(ends).map(|(&(tick, chord, key), end)| {
        let (place, start, stop) = bars.bar(tick);
        Span {
            onset: since(tick),
            duration: Ticks(end.unwrap_or(stop).0 - tick.0),
            measure: place as u32 + u32::from(!bars.has_upbeat()),
            within: Ticks(tick.0 - start.0),
            key,
            numeral: numeral(chord, key).map(Arc::new),
            pivot: None,
        }
    });
    let spans = spans.collect();
    let meters = bars.meters().into_iter().map(|(tick, meter)| (since(tick), meter)).collect();
    RomanText { headers, meters, spans, ..RomanText::default() }
}

/// Writes a lead sheet as MusicXML, whole or not at all: see [`lead_sheet`].
///
/// # Errors
///
/// [`crate::Error::File`] when the file cannot be written.
pub fn save_lead_sheet(analysis: &Analysis, title: &str, path: impl AsRef<Path>) -> Result<()> {
    Ok(musicxml::save(path, &lead_sheet(analysis, title))?)
}

/// The chords of an analysis above empty bars, with metre, keys and the tempo of each bar. A key begins with the bar in
/// which it was heard first.
pub fn lead_sheet(analysis: &Analysis, title: &str) -> Score {
    let bars = Bars::new(analysis, PPQ);
    let skipped = bars.heard();
    let since = |tick: Ticks| Ticks(tick.0.saturating_sub(skipped.0));
    let placed = placed(analysis, &bars);
    let mut keys: Vec<(Ticks, Key)> = Vec::new();
    for &(tick, _, key) in placed.iter().filter(|chord| chord.1.key.is_some()) {
        let bar = if keys.is_empty() { Ticks(0) } else { since(bars.bar(tick).1) };
        if keys.last().is_some_and(|last| last.0 == bar) {
            continue;
        }
        if keys.last().is_none_or(|last| last.1 != key) {
            keys.push((bar, key));
        }
    }
    let tempos = bars.tempos().into_iter().map(|(tick, micros)| (since(tick), micros));
    Score {
        title: title.to_owned(),
        tempo: TempoMap::from_micros(PPQ, tempos.collect()),
        pickup: if bars.has_upbeat() { since(bars.bar(Ticks(0)).2) } else { Ticks(0) },
        meters: bars.meters().into_iter().map(|(tick, meter)| (since(tick), meter)).collect(),
        keys,
        sections: Vec::new(),
        harmonies: placed.iter().map(|&(tick, segment, _)| (since(tick), chord(segment))).collect(),
        parts: vec![Part { name: "Chords".to_owned(), ..Part::default() }],
    }
}

/// The chords with their ticks, which rise, and the key in force: where that is not sure, the one before, the one of the
/// piece, or C major. Of several chords that fall on one tick the last stands.
fn placed<'a>(analysis: &'a Analysis, bars: &Bars) -> Vec<(Ticks, &'a ChordSegment, Key)> {
    let read = |label: &str| label.parse::<Key>().ok();
    let first = analysis.chords.iter().find_map(|chord| chord.key.as_deref());
    let piece = analysis.key.as_ref().map(|key| key.label.as_str()).or(first);
    let mut key = piece.and_then(read).unwrap_or(Key::from_pitch_class(PitchClass::new(0), Mode::Major));
    let mut out: Vec<(Ticks, &ChordSegment, Key)> = Vec::with_capacity(analysis.chords.len());
    for chord in &analysis.chords {
        key = chord.key.as_deref().and_then(read).unwrap_or(key);
        let tick = bars.tick(chord.start);
        while out.last().is_some_and(|last| last.0 >= tick) {
            out.pop();
        }
        out.push((tick, chord, key));
    }
    out
}

/// The chord of a segment; `None` for no chord.
fn chord(segment: &ChordSegment) -> Option<Chord> {
    match harte::parse(&segment.label) {
        Ok(Label::Chord(chord)) => Some(chord),
        _ => None,
    }
}

/// The numeral of a segment in `key`.
fn numeral(segment: &ChordSegment, key: Key) -> Option<RomanNumeral> {
    let told = segment.roman.as_deref().filter(|_| segment.key.is_some());
    told.and_then(|text| text.parse().ok()).or_else(|| Some(RomanNumeral::of(&chord(segment)?, key)))
}
