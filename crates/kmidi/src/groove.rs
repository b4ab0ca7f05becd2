//! Grooves and files: MIDI in and out, templates as JSON, as clips and as `.rgt`.

mod library;

pub use library::grooves;

use crate::{Error, Result};
use kmidi_io::rgt::{self, RgtGroove};
use kmidi_io::smf::{self, Division, Event, Format, Message, Pedal, SmfFile, SmfTrack, TrackEvent, meta};
use kmidi_io::sound::{Kind, identify};
use kmidi_music::{TempoMap, Ticks};
use kmidi_studio::groove::{Bars, Cell, Extract, Note, Template, Voice, extract};
use std::path::Path;

/// Ticks a quarter note of the clips that are written.
const PPQ: u16 = 960;
/// The note that a voice without a drum is written with.
const PITCHED: u8 = 60;

/// A MIDI file whose notes are to be moved.
#[derive(Debug, Clone)]
pub struct Performance {
    /// The file; everything in it but notes stays as it is.
    pub file: SmfFile,
    /// Its notes, track by track.
    pub notes: Vec<Note>,
    /// The bars that they stand in.
    pub bars: Bars,
    /// The track of each note.
    tracks: Vec<usize>,
}

impl Performance {
    /// Reads the MIDI file at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for what cannot be read, and for a file in film time or of independent patterns, which has no bars.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::of(smf::read(path)?).ok_or_else(|| {
            let reason = "grooves need a MIDI file of type 0 or 1 in musical time".into();
            Error::Truth { path: path.to_owned(), reason }
        })
    }

    /// The notes of a file; `None` when it has no bars.
    pub fn of(file: SmfFile) -> Option<Self> {
        if file.format == Format::Independent || !matches!(file.division, Division::TicksPerQuarter(_)) {
            return None;
        }
        let mut found = file.notes(Pedal::Ignored);
        found.sort_by_key(|note| note.track);
        let notes = found
            .iter()
            .map(|note| Note {
                onset: note.onset.0,
                end: note.end.0,
                channel: note.channel,
                program: note.program,
                pitch: note.pitch,
                velocity: note.velocity,
            })
            .collect();
        let bars = Bars::new(file.tempo.clone(), &file.meters);
        Some(Self { tracks: found.iter().map(|note| note.track).collect(), notes, bars, file })
    }

    /// The file with other notes in place of its own, as many and in the same order. A note that would run into the next
    /// on its key ends where that begins.
    pub fn with(&self, notes: &[Note]) -> SmfFile {
        let mut file = self.file.clone();
        for (n, track) in file.tracks.iter_mut().enumerate() {
            let own = self.tracks.iter().zip(notes).filter(|(track, _)| **track == n).map(|(_, note)| *note);
            *track = retold(track, own.collect());
        }
        SmfFile::new(file.format, file.division, file.tracks)
    }
}

/// A track with these notes and all else that it held. At one tick notes end first, then other events stand in their
/// order, then notes begin.
fn retold(track: &SmfTrack, mut notes: Vec<Note>) -> SmfTrack {
    notes.sort_by_key(|note| (note.channel, note.pitch, note.onset));
    for n in 1..notes.len() {
        let next = notes[n];
        let note = &mut notes[n - 1];
        if (note.channel, note.pitch) == (next.channel, next.pitch) && note.end > next.onset {
            note.end = next.onset.max(note.onset + 1);
        }
    }
    let is_note = |event: &TrackEvent| {
        matches!(event.event, Event::Channel { message: Message::NoteOn { .. } | Message::NoteOff { .. }, .. })
    };
    let others = track.events.iter().filter(|event| !is_note(event)).map(|event| (event.tick, 1, event.clone()));
    let told = |tick: u64, turn: u8, channel: u8, message: Message| {
        (Ticks(tick), turn, TrackEvent::channel(Ticks(tick), channel, message))
    };
    let on = |note: &Note| {
        told(note.onset, 2, note.channel, Message::NoteOn { key: note.pitch, velocity: note.velocity })
    };
    let off = |note: &Note| told(note.end, 0, note.channel, Message::NoteOff { key: note.pitch, velocity: 64 });
    let mut events: Vec<_> = others.chain(notes.iter().flat_map(|note| [on(note), off(note)])).collect();
    events.sort_by_key(|event| (event.0, event.1));
    let events: Vec<TrackEvent> = events.into_iter().map(|event| event.2).collect();
    let end = events.last().map_or(track.end, |event| event.tick.max(track.end));
    SmfTrack { events, end }
}

/// The groove that `from` names: one of [`grooves`], or a file of JSON, `.rgt` or MIDI.
///
/// # Errors
///
/// [`Error::File`] and [`Error::Truth`] for what is no groove.
pub fn groove(from: &str) -> Result<Template> {
    if let Some(found) = grooves().into_iter().find(|groove| groove.name == from) {
        return Ok(found);
    }
    let path = Path::new(from);
    let wrong = |reason: String| Error::Truth { path: path.to_owned(), reason };
    if !path.exists() {
        return Err(wrong("neither a file nor a groove that there is; `kmidi groove list` shows those".into()));
    }
    let name = path.file_stem().map_or("groove".into(), |stem| stem.to_string_lossy().into_owned());
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("json") => {
            let bytes = std::fs::read(path).map_err(|source| kmidi_io::Error::Io {
                path: path.to_owned(),
                action: "read",
                source,
            })?;
            let text = String::from_utf8(bytes).map_err(|_| wrong("this is no text".into()))?;
            Template::from_json(&text).map_err(|error| wrong(error.to_string()))
        }
        Some("rgt") => Ok(from_rgt(&rgt::read(path)?, &name)),
        _ if identify(path)? == Kind::Midi => {
            let performance = Performance::read(path)?;
            let options = Extract { name, ..Extract::default() };
            Ok(extract(&performance.notes, &performance.bars, &options))
        }
        _ => Err(wrong("a groove is JSON (.json), a REAPER groove (.rgt) or a MIDI file".into())),
    }
}

/// A groove of REAPER's as a template of anyone's notes, on sixteenths, or on triplet sixteenths where they fit better.
pub fn from_rgt(groove: &RgtGroove, name: &str) -> Template {
    let astray = |steps: f64| -> f64 {
        groove.positions.iter().map(|p| (p.0 * steps - (p.0 * steps).round()).abs() / steps).sum()
    };
    let steps = if astray(6.0) < 0.5 * astray(4.0) { 6 } else { 4 };
    let (per_bar, bars) = if groove.beats % 4 == 0 { (4, groove.beats / 4) } else { (groove.beats, 1) };
    let mut template = Template::empty(name, steps, per_bar * steps, bars);
    template.source = "REAPER groove".into();
    let total = groove.beats * steps;
    for &(at, amplitude) in &groove.positions {
        let nearest = (at * f64::from(steps)).round();
        let step = (nearest.max(0.0) as u32) % total.max(1);
        if template.cells.iter().any(|cell| cell.step == step) {
            continue;
        }
        template.cells.push(Cell {
            step,
            voice: Voice::Any,
            order: 0,
            timing: (at - nearest / f64::from(steps)) * 960.0,
            velocity: amplitude.map_or(100.0, |amplitude| (127.0 * amplitude).max(1.0)),
            duration: 1.0,
            probability: 1.0,
            timing_spread: 0.0,
            velocity_spread: 0.0,
        });
    }
    template.cells.sort_by_key(|cell| cell.step);
    template
}

/// A template as REAPER keeps it: the mean timing of all voices at each position, and the loudest velocity.
pub fn to_rgt(template: &Template) -> RgtGroove {
    let positions = template.cells.chunk_by(|a, b| a.step == b.step).map(|cells| {
        let weight: f64 = cells.iter().map(|cell| cell.probability).sum();
        let timing: f64 = cells.iter().map(|cell| cell.probability * cell.timing).sum();
        let loudest = cells.iter().map(|cell| cell.velocity).fold(0.0, f64::max);
        let at = f64::from(cells[0].step) / f64::from(template.steps_per_quarter)
            + timing / weight.max(1e-9) / 960.0;
        (at, Some(loudest / 127.0))
    });
    let positions = positions.collect();
    let steps = template.steps_per_bar * template.bars;
    RgtGroove { beats: steps.div_ceil(template.steps_per_quarter), positions }
}

/// A template as a clip: what it usually plays (a probability of a half or more), as loud and as late as it does.
pub fn to_clip(template: &Template) -> SmfFile {
    let step = f64::from(PPQ) / f64::from(template.steps_per_quarter);
    let mut notes = Vec::new();
    for cell in template.cells.iter().filter(|cell| cell.probability >= 0.5) {
        let at = f64::from(cell.step) * step + cell.timing;
        let onset = at.round().max(0.0) as u64;
        let long = (cell.duration * step).round().max(1.0) as u64;
        let (channel, pitch) = cell.voice.drum().map_or((0, PITCHED), |drum| (9, drum));
        let velocity = cell.velocity.round().clamp(1.0, 127.0) as u8;
        notes.push(Note { onset, end: onset + long, channel, program: 0, pitch, velocity });
    }
    // Eighths say every metre that a grid has.
    let eighths = (template.steps_per_bar * 2).div_ceil(template.steps_per_quarter).clamp(1, 255) as u8;
    let (numerator, power) = if eighths.is_multiple_of(2) { (eighths / 2, 2) } else { (eighths, 3) };
    let bpm = (template.tempo[0] * template.tempo[1]).sqrt();
    let micros = (60e6 / bpm).round().clamp(1.0, 16_777_215.0) as u32;
    let head = [
        TrackEvent::meta(Ticks(0), meta::TRACK_NAME, template.name.as_bytes()),
        TrackEvent::meta(Ticks(0), meta::TEMPO, &micros.to_be_bytes()[1..]),
        TrackEvent::meta(Ticks(0), meta::TIME_SIGNATURE, &[numerator, power, 24, 8]),
        TrackEvent::meta(Ticks(0), meta::TEXT, template.attribution.as_bytes()),
    ];
    let length = (f64::from(template.steps_per_bar * template.bars) * step).round() as u64;
    let conductor = SmfTrack { events: head.into(), end: Ticks(length) };
    let players = retold(&SmfTrack { events: Vec::new(), end: Ticks(length) }, notes);
    SmfFile::new(Format::Parallel, Division::TicksPerQuarter(PPQ), vec![conductor, players])
}

/// Writes a template to `path`: a MIDI clip for `.mid`, REAPER's text for `.rgt`, else JSON.
///
/// # Errors
///
/// [`Error::File`] when it cannot be written.
pub fn save_groove(template: &Template, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("mid" | "midi") => smf::save(path, &to_clip(template))?,
        Some("rgt") => rgt::save(path, &to_rgt(template))?,
        _ => kmidi_io::write::atomic(path, template.to_json().as_bytes())?,
    }
    Ok(())
}

/// Bars of 4/4 at `bpm` with `ppq` ticks a quarter note.
pub fn common_bars(ppq: u16, bpm: f64) -> Bars {
    Bars::new(TempoMap::constant(ppq, kmidi_music::Bpm(bpm)), &[])
}

