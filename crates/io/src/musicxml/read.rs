//! MusicXML to [`Score`]: the walk over the elements.

mod signs;

use super::raw::{AttributesDraft, DirectionDraft, HarmonyDraft, NoteDraft, Raw, RawNote, RawPart, Spot};
use super::xml::{self, Elements, Item, Tag};
use super::{Pitch, Score, Tone, assemble, drum};
use crate::{Error, Place, Result};
use kmidi_music::PitchName;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files over this many bytes are refused: an opera's full score is a third of it.
pub const MAX_BYTES: u64 = 64 << 20;
/// Scores of more quarter notes than this are refused: a damaged duration, not music.
pub const MAX_QUARTERS: f64 = 400_000.0;
/// Files with more parts than this are refused.
const MAX_PARTS: usize = 4_096;
/// What this module reads, for errors.
const READ: &str = "MusicXML: score-partwise or score-timewise, unpacked";

/// Reads the MusicXML file at `path`.
///
/// # Errors
/// As [`parse`], and [`Error::Io`] or [`Error::Folder`] where the file cannot be read, [`Error::TooLarge`] above
/// [`MAX_BYTES`].
pub fn read(path: impl AsRef<Path>) -> Result<Score> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    parse(&bytes, path)
}

/// Reads MusicXML from memory; `name` stands in errors as the file's name.
///
/// # Errors
/// [`Error::Kind`] for what is no MusicXML score, [`Error::Malformed`] and [`Error::Truncated`] with the line of the
/// fault, [`Error::Unsupported`] for a compressed file, [`Error::TooLarge`] above [`MAX_BYTES`] or [`MAX_QUARTERS`].
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<Score> {
    let path = name.as_ref();
    if bytes.len() as u64 > MAX_BYTES {
        let reason = format!("too many bytes for a MusicXML file; the limit is {MAX_BYTES}");
        return Err(Error::too_large(path, Place::File, reason));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        let reason = "a compressed MusicXML file (.mxl); unpack it and give the .musicxml or .xml inside";
        return Err(Error::unsupported(path, Place::File, reason));
    }
    let text = xml::decode(bytes, path)?;
    let kind = |looks_like: String| Error::Kind { path: path.to_owned(), looks_like, supported: READ };
    if !text.trim_start().starts_with('<') {
        return Err(kind("no XML".into()));
    }
    let mut elements = Elements::new(&text, path);
    match elements.next()? {
        Item::Start(root) if matches!(root.name(), "score-partwise" | "score-timewise") => {
            let mut walk = Walk::new(elements, root.name().to_owned());
            walk.run()?;
            assemble::score(&walk.raw, path)
        }
        Item::Start(root) => Err(kind(format!("XML of another kind ({})", root.name()))),
        _ => Err(kind("XML without content".into())),
    }
}

/// The state of the walk.
struct Walk<'a> {
    elements: Elements<'a>,
    raw: Raw,
    /// The names of the elements that are open.
    stack: Vec<String>,
    parts: BTreeMap<String, usize>,
    /// The part in hand, and how many bars of it have begun.
    part: usize,
    bars: u32,
    timewise: bool,
    /// Quarter notes since the bar line, and where the last note began.
    at: f64,
    last: f64,
    /// The `score-part` entry's instrument that is being described.
    instrument: String,
    note: NoteDraft,
    harmony: HarmonyDraft,
    direction: DirectionDraft,
    attributes: AttributesDraft,
    shift: f64,
}

impl<'a> Walk<'a> {
    fn new(elements: Elements<'a>, root: String) -> Self {
        Self {
            timewise: root == "score-timewise",
            elements,
            raw: Raw::default(),
            stack: vec![root],
            parts: BTreeMap::new(),
            part: 0,
            bars: 0,
            at: 0.0,
            last: 0.0,
            instrument: String::new(),
            note: NoteDraft::default(),
            harmony: HarmonyDraft::default(),
            direction: DirectionDraft::default(),
            attributes: AttributesDraft::default(),
            shift: 0.0,
        }
    }

    fn run(&mut self) -> Result<()> {
        loop {
            match self.elements.next()? {
                Item::Start(tag) => {
                    self.start(&tag)?;
                    self.stack.push(tag.name().to_owned());
                }
                Item::End(name, text) => {
                    self.stack.pop();
                    let parent = self.stack.pop();
                    self.end(parent.as_deref().unwrap_or_default(), &name, text.trim())?;
                    self.stack.extend(parent);
                }
                Item::Eof => return Ok(()),
            }
        }
    }

    fn parent(&self) -> &str {
        self.stack.last().map_or("", String::as_str)
    }

    fn current(&mut self) -> &mut RawPart {
        if self.raw.parts.is_empty() {
            self.raw.parts.push(RawPart::default());
        }
        let last = self.raw.parts.len() - 1;
        &mut self.raw.parts[self.part.min(last)]
    }

    fn spot(&self, offset: f64) -> Spot {
        Spot { bar: self.bars.saturating_sub(1), at: (self.at + offset).max(0.0) }
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<()> {
        match (self.parent(), tag.name()) {
            ("part-list", "score-part") => self.select(&tag.get("id").unwrap_or_default())?,
            ("score-partwise" | "measure", "part") => {
                self.select(&tag.get("id").unwrap_or_default())?;
                if !self.timewise {
                    self.bars = 0;
                }
                (self.at, self.last) = (0.0, 0.0);
            }
            ("part" | "score-timewise", "measure") => {
                self.bars = self.bars.saturating_add(1);
                (self.at, self.last) = (0.0, 0.0);
                if self.bars as usize > self.raw.lengths.len() {
                    self.raw.lengths.push(0.0);
                }
                if self.bars == 1 {
                    let number = tag.get("number");
                    self.raw.upbeat |=
                        tag.get("implicit").as_deref() == Some("yes") || number.as_deref() == Some("0");
                }
            }
            (_, "midi-instrument" | "score-instrument") => {
                self.instrument = tag.get("id").unwrap_or_default();
            }
            ("measure" | "part", "note") => {
                // Dynamics are a percentage of velocity 90.
                let dynamics = tag.get("dynamics").and_then(|d| d.trim().parse::<f64>().ok());
                let velocity =
                    dynamics.filter(|d| d.is_finite()).map(|d| (d * 0.9).round().clamp(1.0, 127.0) as u8);
                self.note = NoteDraft { velocity, ..NoteDraft::default() };
            }
            ("note", name) => self.start_in_note(name, tag),
            ("notations", "tied") => Self::tie(&mut self.note.tied, tag),
            (_, "harmony") => self.harmony = HarmonyDraft::default(),
            ("harmony", "kind") => self.harmony.text = tag.get("text"),
            (_, "direction") => self.direction = DirectionDraft::default(),
            (parent, "sound") => {
                let tempo = tag.get("tempo").and_then(|t| t.trim().parse::<f64>().ok());
                match parent {
                    "direction" => self.direction.tempo = tempo,
                    _ => self.tempo(tempo, 0.0),
                }
            }
            (_, "backup" | "forward") => self.shift = 0.0,
            ("attributes", "key" | "time" | "transpose") => {
                let other_staff = tag.get("number").is_some_and(|n| n != "1");
                self.attributes = AttributesDraft { other_staff, ..AttributesDraft::default() };
            }
            _ => {}
        }
        Ok(())
    }

    fn start_in_note(&mut self, name: &str, tag: &Tag<'_>) {
        match name {
            "chord" => self.note.chord = true,
            "grace" => self.note.grace = true,
            "cue" => self.note.cue = true,
            "rest" => self.note.rest = true,
            "unpitched" => self.note.unpitched = true,
            "tie" => Self::tie(&mut self.note.tie, tag),
            "instrument" => self.note.instrument = tag.get("id").unwrap_or_default(),
            _ => {}
        }
    }

    fn tie(ties: &mut (bool, bool), tag: &Tag<'_>) {
        match tag.get("type").as_deref() {
            Some("stop") => ties.0 = true,
            Some("start") => ties.1 = true,
            Some("continue") => *ties = (true, true),
            _ => {} // let-ring
        }
    }

    /// The part of that id, new if it has not occurred.
    fn select(&mut self, id: &str) -> Result<()> {
        if let Some(&known) = self.parts.get(id) {
            self.part = known;
            return Ok(());
        }
        if self.raw.parts.len() >= MAX_PARTS {
            return Err(self.elements.fault(format!("more than {MAX_PARTS} parts")));
        }
        self.part = self.raw.parts.len();
        self.parts.insert(id.to_owned(), self.part);
        self.raw.parts.push(RawPart::default());
        Ok(())
    }

    fn number<T: std::str::FromStr>(&self, name: &str, text: &str) -> Result<T> {
        text.parse().map_err(|_| self.elements.fault(format!("<{name}> is {text:?}; it must be a number")))
    }

    /// A decimal number of at least `least`.
    fn decimal(&self, name: &str, text: &str, least: f64) -> Result<f64> {
        let number: f64 = self.number(name, text)?;
        if number.is_finite() && number >= least {
            return Ok(number);
        }
        Err(self.elements.fault(format!("<{name}> is {text}; it must be a number of at least {least}")))
    }

    fn end(&mut self, parent: &str, name: &str, text: &str) -> Result<()> {
        match (parent, name) {
            ("work", "work-title") => self.raw.title = text.to_owned(),
            (_, "movement-title") => self.raw.movement = text.to_owned(),
            ("score-part", "part-name") => self.current().name = text.to_owned(),
            ("score-part", "part-abbreviation") => self.current().abbreviation = Some(text.to_owned()),
            ("midi-instrument", _) => self.end_in_instrument(name, text)?,
            ("attributes" | "key" | "time" | "transpose" | "clef", _) => {
                self.end_in_attributes(parent, name, text)?;
            }
            ("note", _) => self.end_in_note(name, text)?,
            ("pitch" | "unpitched", _) => self.end_in_pitch(name, text)?,
            ("harmony" | "root" | "bass" | "degree" | "numeral", _) => self.end_in_harmony(name, text)?,
            ("direction" | "direction-type" | "metronome", _) => self.end_in_direction(name, text)?,
            ("backup" | "forward", "duration") => self.shift = self.decimal(name, text, 0.0)?,
            ("measure" | "part", "note") => self.finish_note()?,
            ("measure" | "part", "backup") => self.at = (self.at - self.quarters(self.shift)).max(0.0),
            ("measure" | "part", "forward") => {
                self.at += self.quarters(self.shift);
                self.reach(self.at)?;
            }
            ("measure" | "part", "harmony") => self.finish_harmony(),
            ("measure" | "part", "direction") => self.finish_direction(),
            _ => {}
        }
        Ok(())
    }

    fn end_in_instrument(&mut self, name: &str, text: &str) -> Result<()> {
        match name {
            "midi-channel" => {
                let channel: u8 = self.number(name, text)?;
                self.current().channel.get_or_insert(channel.wrapping_sub(1) & 15);
            }
            "midi-program" => {
                let program: u8 = self.number(name, text)?;
                self.current().program.get_or_insert(program.wrapping_sub(1) & 127);
            }
            "midi-unpitched" => {
                let number: u8 = self.number(name, text)?;
                let id = self.instrument.clone();
                self.current().drums.insert(id, number.wrapping_sub(1) & 127);
            }
            _ => {}
        }
        Ok(())
    }

    fn end_in_note(&mut self, name: &str, text: &str) -> Result<()> {
        match name {
            "duration" => self.note.duration = self.decimal(name, text, 0.0)?,
            "voice" => {
                self.note.voice =
                    text.bytes().fold(0, |sum: u32, b| sum.wrapping_mul(131).wrapping_add(b.into()));
            }
            _ => {}
        }
        Ok(())
    }

    fn end_in_pitch(&mut self, name: &str, text: &str) -> Result<()> {
        match name {
            "step" => {
                let place = "FCGDAEB".find(text).filter(|_| text.len() == 1);
                let reason =
                    || self.elements.fault(format!("<step> is {text:?}; it must be a letter from A to G"));
                self.note.step = Some(place.ok_or_else(reason)? as i32 - 1);
            }
            "alter" => self.note.alter = self.decimal(name, text, -12.0)?.min(12.0),
            "octave" => self.note.octave = Some(self.number::<i8>(name, text)?.into()),
            "display-step" => self.note.display.0 = text.to_owned(),
            "display-octave" => self.note.display.1 = self.number::<i8>(name, text)?.into(),
            _ => {}
        }
        Ok(())
    }

    fn quarters(&mut self, divisions: f64) -> f64 {
        let unit = self.current().divisions;
        if unit > 0.0 { divisions / unit } else { divisions }
    }

    fn reach(&mut self, at: f64) -> Result<()> {
        if at > MAX_QUARTERS {
            return Err(self.elements.fault(format!("a bar of more than {MAX_QUARTERS} quarter notes")));
        }
        if let Some(length) = self.raw.lengths.get_mut((self.bars as usize).saturating_sub(1)) {
            *length = length.max(at);
        }
        Ok(())
    }

    fn finish_note(&mut self) -> Result<()> {
        let note = std::mem::take(&mut self.note);
        if note.grace {
            return Ok(());
        }
        let length = self.quarters(note.duration);
        let at = if note.chord { self.last } else { self.at };
        if !note.chord {
            (self.last, self.at) = (at, at + length);
        }
        self.reach(at + length)?;
        if note.rest || note.cue || length == 0.0 {
            return Ok(());
        }
        let tone = if note.unpitched {
            let known = self.current().drums.get(&note.instrument).copied();
            Tone::Drum(known.unwrap_or_else(|| drum::at(&note.display.0, note.display.1)))
        } else {
            let (Some(letter), Some(octave)) = (note.step, note.octave) else {
                return Err(self.elements.fault("a note without <pitch>, <unpitched> or <rest>"));
            };
            let (steps, semitones) = self.current().transpose;
            let plain = Pitch { octave: octave as i8, name: PitchName::from_fifths(letter as i8) };
            let alter = note.alter.round() as i32;
            let named = letter + 7 * alter;
            let written = match i8::try_from(named).map(PitchName::from_fifths) {
                Ok(name) if i32::from(name.fifths()) == named => Pitch { name, ..plain },
                _ => Pitch::sounding(plain.midi() + alter),
            };
            Tone::Pitch(written.moved(steps, semitones))
        };
        let ties = if note.tie == (false, false) { note.tied } else { note.tie };
        let spot = Spot { at, ..self.spot(0.0) };
        let raw = RawNote {
            spot,
            length,
            tone,
            velocity: note.velocity,
            voice: note.voice,
            from_before: ties.0,
            goes_on: ties.1,
        };
        self.current().notes.push(raw);
        Ok(())
    }
}
