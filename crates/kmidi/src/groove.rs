//! Grooves and files: MIDI in and out, templates as JSON, as clips and as `.rgt`.

mod library;

pub use library::grooves;

use crate::{Error, Result};
use kmidi_io::rgt::{self, RgtGroove};
use kmidi_io::smf::{self, Division, Event, Format, Message, Pedal, SmfFile, SmfTrack, TrackEvent, meta};
use kmidi_io::sound::{Kind, identify};
use kmidi_music::Ticks;
use kmidi_studio::groove::{Bars, Extract, Note, Template, extract, fitting};
use std::path::Path;

/// Ticks a quarter note of the clips that are written.
const PPQ: u16 = 960;

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
    /// on its key ends where that begins. Release velocities are not kept: they become 64.
    pub fn with(&self, notes: &[Note]) -> SmfFile {
        let mut file = self.file.clone();
        let mut rest = self.tracks.iter().zip(notes).peekable();
        for (n, track) in file.tracks.iter_mut().enumerate() {
            let own = std::iter::from_fn(|| rest.next_if(|(track, _)| **track == n)).map(|(_, note)| *note);
            *track = retold(track, own.collect());
        }
        SmfFile::new(file.format, file.division, file.tracks)
    }
}

/// A track with these notes and all else that it held. At one tick notes end first, then other events stand in their
/// order, then notes begin, in the order in which they are given.
fn retold(track: &SmfTrack, mut notes: Vec<Note>) -> SmfTrack {
    let mut order: Vec<usize> = (0..notes.len()).collect();
    order.sort_by_key(|&n| (notes[n].channel, notes[n].pitch, notes[n].onset));
    for pair in order.windows(2).rev() {
        let next = notes[pair[1]];
        let note = &mut notes[pair[0]];
        if (note.channel, note.pitch) == (next.channel, next.pitch) && note.end > next.onset {
            // Of two that begin together neither may silence the other.
            note.end = if note.onset == next.onset { next.end } else { next.onset };
        }
    }
    let is_note = |event: &TrackEvent| {
        matches!(
            event.event,
            Event::Channel { message: Message::NoteOn { .. } | Message::NoteOff { .. }, .. }
        )
    };
    let others =
        track.events.iter().filter(|event| !is_note(event)).map(|event| (event.tick, 1, event.clone()));
    let told = |tick: u64, turn: u8, channel: u8, message: Message| {
        (Ticks(tick), turn, TrackEvent::channel(Ticks(tick), channel, message))
    };
    let on = |note: &Note| {
        told(note.onset, 2, note.channel, Message::NoteOn { key: note.pitch, velocity: note.velocity })
    };
    let off =
        |note: &Note| told(note.end, 0, note.channel, Message::NoteOff { key: note.pitch, velocity: 64 });
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
        return Err(wrong(
            "neither a file nor a groove that there is; `kmidi groove list` shows those".into(),
        ));
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
            // A clip goes round: what is early for the bar after the last one is early for the first.
            let last = performance.notes.iter().map(|note| performance.bars.number(note.onset)).max();
            let bars = last.and_then(|last| u32::try_from(last + 1).ok());
            let quarter = f64::from(performance.bars.ppq());
            let onsets: Vec<f64> = performance.notes.iter().map(|note| note.onset as f64 / quarter).collect();
            let steps_per_quarter = fitting(&onsets);
            let options = Extract { name, bars, steps_per_quarter, ..Extract::default() };
            Ok(extract(&performance.notes, &performance.bars, &options))
        }
        _ => Err(wrong("a groove is JSON (.json), a REAPER groove (.rgt) or a MIDI file".into())),
    }
}

/// A groove of REAPER's as a template of anyone's notes.
pub fn from_rgt(groove: &RgtGroove, name: &str) -> Template {
    let mut template = Template::from_positions(name, groove.beats, &groove.positions);
    template.source = "REAPER groove".into();
    template
}

/// A template as REAPER keeps it: a position and an amplitude for all voices of a step.
pub fn to_rgt(template: &Template) -> RgtGroove {
    let steps = template.steps_per_bar.saturating_mul(template.bars);
    let positions = template.positions().into_iter().map(|(at, loud)| (at, Some(loud))).collect();
    RgtGroove { beats: steps.div_ceil(template.steps_per_quarter.max(1)), positions }
}

/// A template as a clip: what it usually plays ([`Template::clip`]), with its tempo, metre, name and whom to thank.
pub fn to_clip(template: &Template) -> SmfFile {
    // Eighths say every metre that a grid has.
    let eighths = (template.steps_per_bar.saturating_mul(2)).div_ceil(template.steps_per_quarter.max(1));
    let eighths = eighths.clamp(1, 64) as u8;
    let (numerator, power) = if eighths.is_multiple_of(2) { (eighths / 2, 2) } else { (eighths, 3) };
    let bpm = (template.tempo[0] * template.tempo[1]).sqrt();
    let micros = (60e6 / bpm).round().clamp(1.0, 16_777_215.0) as u32;
    let head = [
        TrackEvent::meta(Ticks(0), meta::TRACK_NAME, template.name.as_bytes()),
        TrackEvent::meta(Ticks(0), meta::TEMPO, &micros.to_be_bytes()[1..]),
        TrackEvent::meta(Ticks(0), meta::TIME_SIGNATURE, &[numerator, power, 24, 8]),
        TrackEvent::meta(Ticks(0), meta::TEXT, template.attribution.as_bytes()),
    ];
    let bars = f64::from(template.steps_per_bar) * f64::from(template.bars);
    let length = (bars * f64::from(PPQ) / f64::from(template.steps_per_quarter.max(1))).round() as u64;
    let conductor = SmfTrack { events: head.into(), end: Ticks(length) };
    let players = retold(&SmfTrack { events: Vec::new(), end: Ticks(length) }, template.clip());
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
