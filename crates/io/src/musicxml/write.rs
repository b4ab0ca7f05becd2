//! [`Score`] to MusicXML 4.0.

mod marks;

use super::bars::{self, Bar};
use super::value::{self, Value};
use super::voices::{Fragment, Voices};
use super::xml::Page;
use super::{Part, Score, ScoreNote, Tone, drum};
use crate::{Error, Place, Result};
use kmidi_music::{Meter, PitchName, Ticks};
use marks::Mark;
use std::path::Path;

/// Scores of more bars than this, all parts together, are refused.
pub const MAX_BARS: usize = 1_000_000;

/// Writes `score` to `path`, atomically: see [`write`](write()).
///
/// # Errors
/// As [`write`](write()) and [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, score: &Score) -> Result<()> {
    crate::write::atomic(path, &write(score)?)
}

/// The bytes of `score` as MusicXML 4.0, `score-partwise`, UTF-8. The same score gives the same bytes.
///
/// `divisions` are the score's ticks a quarter note, so that every `duration` is exact. Notes are cut at bar lines and tied;
/// those that overlap go to voices of their own. A length that is no note value is split and tied on the grid of twelfths
/// and sixteenths of a quarter; what falls on no grid is shown as the nearest value. A metre or a key that changes within a
/// bar cuts it in two. Chord symbols, tempo and rehearsal marks stand in the first part that is not percussion. Characters
/// that XML cannot hold are left out of names.
///
/// # Errors
/// [`Error::Unwritable`], with the bar, where the format has no place for a value: a pitch outside octaves 0 to 9, a drum
/// above 127, no duration, a score without parts, an upbeat of a bar or more, more than [`MAX_BARS`].
pub fn write(score: &Score) -> Result<Vec<u8>> {
    check(score)?;
    let bars = bars::of(score)?;
    let too_long = || Error::Unwritable { place: Place::File, reason: format!("more than {MAX_BARS} bars") };
    if bars.len().saturating_mul(score.parts.len()) > MAX_BARS {
        return Err(too_long());
    }
    let mut page = Page::default();
    page.raw(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    page.raw(concat!(
        r#"<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "#,
        r#""http://www.musicxml.org/dtds/partwise.dtd">"#
    ));
    page.open("score-partwise", &[("version", "4.0")]);
    if !score.title.is_empty() {
        page.open("work", &[]);
        page.leaf("work-title", &score.title);
        page.close();
    }
    page.open("identification", &[]);
    page.open("encoding", &[]);
    page.leaf("software", concat!("KmiDi ", env!("CARGO_PKG_VERSION")));
    page.close();
    page.close();
    page.open("part-list", &[]);
    for (i, part) in score.parts.iter().enumerate() {
        announce(&mut page, i, part);
    }
    page.close();
    let lead = score.parts.iter().position(|p| !p.is_percussion()).unwrap_or(0);
    for (i, part) in score.parts.iter().enumerate() {
        let voices = Voices::of(part, &bars, 8 * MAX_BARS).ok_or_else(too_long)?;
        page.open("part", &[("id", &id(i))]);
        let marks = if i == lead { Mark::of(score) } else { Vec::new() };
        let mut writer =
            PartWriter { page: &mut page, score, part, index: i, lead: i == lead, marks: &marks };
        writer.bars(&bars, &voices);
        page.close();
    }
    Ok(page.finish())
}

fn check(score: &Score) -> Result<()> {
    let fault = |place, reason: String| Err(Error::Unwritable { place, reason });
    if score.parts.is_empty() {
        return fault(Place::File, "a score without parts; it must have at least one".into());
    }
    for note in score.parts.iter().flat_map(|p| &p.notes) {
        let bar = |tick: Ticks| Place::Bar(tick.0 / score.meter_at(tick).bar(score.tempo.ppq()).0.max(1) + 1);
        if note.duration.0 == 0 || note.onset.0.checked_add(note.duration.0).is_none() {
            return fault(bar(note.onset), "a note without a length; it must last at least one tick".into());
        }
        match note.tone {
            Tone::Pitch(pitch) if !(0..=9).contains(&pitch.octave) => {
                let reason = format!("{}{} is out of reach; octaves 0 to 9 fit", pitch.name, pitch.octave);
                return fault(bar(note.onset), reason);
            }
            Tone::Drum(number @ 128..) => {
                return fault(bar(note.onset), format!("drum {number}; the numbers are 0 to 127"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn id(part: usize) -> String {
    format!("P{}", part + 1)
}

/// The instruments of a part: `None` for its pitches, and each drum that it plays.
fn instruments(part: &Part) -> Vec<Option<u8>> {
    let drum = |n: &ScoreNote| match n.tone {
        Tone::Drum(number) => Some(number),
        Tone::Pitch(_) => None,
    };
    let mut all: Vec<_> = part.notes.iter().map(drum).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { vec![None] } else { all }
}

fn instrument_id(part: usize, drum: Option<u8>) -> String {
    drum.map_or_else(
        || format!("{}-I1", id(part)),
        |number| format!("{}-X{}", id(part), u16::from(number) + 1),
    )
}

/// The entry of the list of parts.
fn announce(page: &mut Page, index: usize, part: &Part) {
    page.open("score-part", &[("id", &id(index))]);
    page.leaf("part-name", &part.name);
    if let Some(short) = &part.abbreviation {
        page.leaf("part-abbreviation", short);
    }
    let instruments = instruments(part);
    for &drum in &instruments {
        page.open("score-instrument", &[("id", &instrument_id(index, drum))]);
        page.leaf("instrument-name", drum.map_or_else(|| part.name.clone(), drum::name));
        page.close();
    }
    for drum in instruments {
        page.open("midi-instrument", &[("id", &instrument_id(index, drum))]);
        page.leaf("midi-channel", (part.channel & 15) + 1);
        page.leaf("midi-program", (part.program & 127) + 1);
        if let Some(number) = drum {
            page.leaf("midi-unpitched", u16::from(number) + 1);
        }
        page.close();
    }
    page.close();
}

/// One part on its way to the page.
#[derive(Debug)]
struct PartWriter<'a> {
    page: &'a mut Page,
    score: &'a Score,
    part: &'a Part,
    index: usize,
    /// Does it carry the signs of the whole score?
    lead: bool,
    /// The signs that are still to be written.
    marks: &'a [(u64, Mark<'a>)],
}

impl PartWriter<'_> {
    fn bars(&mut self, bars: &[Bar], voices: &Voices) {
        let upbeat = self.score.pickup.0 > 0;
        let mut rest = voices.fragments.as_slice();
        let mut meter = Meter::COMMON;
        for (i, bar) in bars.iter().enumerate() {
            meter = bar.meter.unwrap_or(meter);
            let number = (if upbeat { i } else { i + 1 }).to_string();
            let implicit: &[_] = if upbeat && i == 0 { &[("implicit", "yes")] } else { &[] };
            self.page.open("measure", &[&[("number", number.as_str())], implicit].concat());
            self.attributes(bar, i == 0);
            let (here, later) = rest.split_at(rest.partition_point(|f| f.bar == i));
            rest = later;
            let mut cursor = bar.start;
            let mut all = here.chunk_by(|a, b| a.voice == b.voice).peekable();
            let first = all.next_if(|f| f[0].voice == 0).unwrap_or_default();
            self.first_voice(bar, meter, first, voices, &mut cursor);
            for fragments in all {
                self.shift("backup", cursor - bar.start);
                cursor = bar.start;
                for fragment in fragments {
                    self.shift("forward", fragment.start - cursor);
                    self.sound(bar, meter, fragment, voices);
                    cursor = fragment.end;
                }
            }
            if i + 1 == bars.len() {
                self.page.open("barline", &[("location", "right")]);
                self.page.leaf("bar-style", "light-heavy");
                self.page.close();
            }
            self.page.close();
        }
    }

    fn shift(&mut self, name: &'static str, ticks: u64) {
        if ticks > 0 {
            self.page.open(name, &[]);
            self.page.leaf("duration", ticks);
            self.page.close();
        }
    }

    fn attributes(&mut self, bar: &Bar, first: bool) {
        let drums = self.part.is_percussion();
        let key = bar.key.filter(|_| self.lead || !drums);
        if !first && key.is_none() && bar.meter.is_none() {
            return;
        }
        self.page.open("attributes", &[]);
        if first {
            self.page.leaf("divisions", self.score.tempo.ppq());
        }
        if let Some(key) = key {
            self.page.open("key", &[]);
            self.page.leaf("fifths", key.signature());
            self.page.leaf("mode", key.mode.name());
            self.page.close();
        }
        if let Some(meter) = bar.meter {
            self.page.open("time", &[]);
            self.page.leaf("beats", meter.numerator);
            self.page.leaf("beat-type", meter.denominator);
            self.page.close();
        }
        if first {
            let pitches: Vec<i64> =
                self.part.notes.iter().filter_map(|n| n.tone.midi()).map(i64::from).collect();
            let low = pitches.iter().sum::<i64>() < 55 * pitches.len() as i64; // below G3 on the whole
            let (sign, line) = if drums {
                ("percussion", None)
            } else if low {
                ("F", Some(4))
            } else {
                ("G", Some(2))
            };
            self.page.open("clef", &[]);
            self.page.leaf("sign", sign);
            if let Some(line) = line {
                self.page.leaf("line", line);
            }
            self.page.close();
        }
        self.page.close();
    }

    /// The first voice fills the bar with rests, and carries the signs.
    fn first_voice(&mut self, bar: &Bar, meter: Meter, all: &[Fragment], voices: &Voices, cursor: &mut u64) {
        let whole = meter.bar(self.score.tempo.ppq()).0 == bar.end - bar.start;
        if all.is_empty() && whole {
            self.marks_before(bar.start, bar.end, meter);
            self.page.open("note", &[]);
            self.page.empty("rest", &[("measure", "yes")]); // whatever its length, this means the whole metre
            self.page.leaf("duration", bar.end - bar.start);
            self.page.leaf("voice", 1);
            self.page.close();
            *cursor = bar.end;
        }
        for fragment in all {
            self.silence(bar, meter, *cursor, fragment.start);
            self.sound(bar, meter, fragment, voices);
            *cursor = fragment.end;
        }
        self.silence(bar, meter, *cursor, bar.end);
        *cursor = bar.end;
    }

    fn silence(&mut self, bar: &Bar, meter: Meter, mut from: u64, to: u64) {
        for (ticks, value) in value::pieces(from - bar.start, to - from, self.score.tempo.ppq().into()) {
            self.marks_before(from, from + ticks, meter);
            self.page.open("note", &[]);
            self.page.empty("rest", &[]);
            self.page.leaf("duration", ticks);
            self.page.leaf("voice", 1);
            self.look(value);
            self.page.close();
            from += ticks;
        }
    }

    fn sound(&mut self, bar: &Bar, meter: Meter, fragment: &Fragment, voices: &Voices) {
        let length = fragment.end - fragment.start;
        let pieces = value::pieces(fragment.start - bar.start, length, self.score.tempo.ppq().into());
        let mut at = fragment.start;
        let last = pieces.len().saturating_sub(1);
        for (i, &(ticks, value)) in pieces.iter().enumerate() {
            if fragment.voice == 0 {
                self.marks_before(at, at + ticks, meter);
            }
            let ties = (i > 0 || fragment.from_before, i < last || fragment.goes_on);
            for (j, note) in voices.chords[fragment.chord].iter().enumerate() {
                self.note(note, j > 0, ticks, value, ties, fragment.voice);
            }
            at += ticks;
        }
    }

    fn note(
        &mut self,
        note: &ScoreNote,
        in_chord: bool,
        ticks: u64,
        value: Value,
        ties: (bool, bool),
        voice: usize,
    ) {
        // Dynamics are a percentage of velocity 90; the first of tied notes has them.
        let dynamics = note.velocity.filter(|_| !ties.0).map(|v| format!("{:.2}", f64::from(v) / 0.9));
        let dynamics: Vec<_> = dynamics.iter().map(|d| ("dynamics", d.as_str())).collect();
        self.page.open("note", &dynamics);
        if in_chord {
            self.page.empty("chord", &[]);
        }
        let drum = match note.tone {
            Tone::Pitch(pitch) => {
                self.page.open("pitch", &[]);
                self.name("step", "alter", pitch.name);
                self.page.leaf("octave", pitch.octave);
                None
            }
            Tone::Drum(number) => {
                let (step, octave) = drum::position(number);
                self.page.open("unpitched", &[]);
                self.page.leaf("display-step", step);
                self.page.leaf("display-octave", octave);
                Some(number)
            }
        };
        self.page.close();
        self.page.leaf("duration", ticks);
        let kinds = [(ties.0, "stop"), (ties.1, "start")].into_iter().filter(|t| t.0).map(|t| t.1);
        kinds.clone().for_each(|kind| self.page.empty("tie", &[("type", kind)]));
        if self.part.is_percussion() {
            self.page.empty("instrument", &[("id", &instrument_id(self.index, drum))]);
        }
        self.page.leaf("voice", voice + 1);
        self.look(value);
        if ties.0 || ties.1 {
            self.page.open("notations", &[]);
            kinds.for_each(|kind| self.page.empty("tied", &[("type", kind)]));
            self.page.close();
        }
        self.page.close();
    }

    fn look(&mut self, value: Value) {
        self.page.leaf("type", value.name);
        (0..value.dots).for_each(|_| self.page.empty("dot", &[]));
        if let Some((actual, normal)) = value.tuplet {
            self.page.open("time-modification", &[]);
            self.page.leaf("actual-notes", actual);
            self.page.leaf("normal-notes", normal);
            self.page.close();
        }
    }

    fn name(&mut self, step: &str, alter: &str, name: PitchName) {
        self.page.leaf(step, name.letter());
        if name.alteration() != 0 {
            self.page.leaf(alter, name.alteration());
        }
    }
}
