//! Styles by name or file, and songs given the groove of their style.

use crate::{Error, Result};
use kmidi_music::song::Role;
use kmidi_music::{Song, Ticks};
use kmidi_studio::compose::{Style, touches};
use kmidi_studio::groove::{Amounts, Bars, Note, apply};
use std::path::Path;

/// The style that `from` names: one that comes with the program, or a file whose name ends in `.toml`.
///
/// # Errors
///
/// [`Error::File`] and [`Error::Truth`], with the line that is wrong, for what is no style, and for a groove that it names and
/// that is none.
pub fn style(from: &str) -> Result<Style> {
    let path = Path::new(from);
    let wrong = |reason: String| Error::Truth { path: path.to_owned(), reason };
    if !from.ends_with(".toml") {
        return Style::named(from).map_err(|error| wrong(error.to_string()));
    }
    let read = |source| kmidi_io::Error::Io { path: path.to_owned(), action: "read", source };
    let bytes = std::fs::read(path).map_err(read)?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("this is no text".into()))?;
    let style = Style::own(&text).map_err(|error| wrong(error.to_string()))?;
    // A groove that is a file goes with the style, so that songs can be made again without it.
    let known = |name: &str| crate::grooves().iter().any(|groove| groove.name == name);
    match style.groove.clone().filter(|name| !known(name)) {
        Some(file) => {
            style.with_groove(&crate::groove(&file)?.to_json()).map_err(|error| wrong(error.to_string()))
        }
        None => Ok(style),
    }
}

/// The song with the timing of its style's groove, the drums with that of the groove model as far as the style says; without either it is as written. Each player hears the groove for
/// itself; loudness and length stay those of the composition.
///
/// # Errors
///
/// Those of [`groove()`](crate::groove()), when the style names none that there is.
pub fn perform(song: &Song, style: &Style) -> Result<Song> {
    perform_around(song, style, &[])
}

/// [`perform`] with parts that stay as they are.
///
/// # Errors
///
/// As [`perform`].
pub fn perform_around(song: &Song, style: &Style, kept: &[Role]) -> Result<Song> {
    let template = match style.template() {
        Some(own) => Some(own.clone()),
        None => style.groove.as_ref().map(|name| crate::groove(name)).transpose()?,
    };
    let touches = touches(song, style);
    if template.is_none() && touches.is_empty() {
        return Ok(song.clone());
    }
    let bars = Bars::new(song.tempo.clone(), &song.meters);
    let amounts = Amounts { velocity: 0.0, quantise_first: false, ..Amounts::default() };
    let (mut played, end) = (song.clone(), song.end());
    for track in played.tracks.iter_mut().filter(|track| !kept.contains(&track.role)) {
        let (channel, program) = (track.channel, track.program);
        let told = |n: &kmidi_music::Note| Note {
            onset: n.onset.0,
            end: n.end().0,
            channel,
            program,
            pitch: n.pitch,
            velocity: n.velocity,
        };
        let written: Vec<Note> = track.notes.iter().map(told).collect();
        let mut heard = match &template {
            Some(template) => apply(template, &written, &bars, &amounts),
            None => written.clone(),
        };
        // Drummers of the model play on 16ths; a groove of triplets keeps its own time.
        let straight = template.as_ref().is_none_or(|template| template.steps_per_quarter == 4);
        if track.role == Role::Drums && straight {
            let sixteenth = f32::from(song.tempo.ppq()) / 4.0;
            for ((note, heard), touch) in written.iter().zip(&mut heard).zip(&touches) {
                let Some(touch) = touch else { continue };
                let drummer = note.onset as f32 + touch.offset * sixteenth;
                let onset = heard.onset as f32 + style.models.groove * (drummer - heard.onset as f32);
                let moved = onset.round().max(0.0) as u64;
                (heard.onset, heard.end) = (moved, moved + (heard.end - heard.onset));
            }
        }
        for (note, heard) in track.notes.iter_mut().zip(heard) {
            note.onset = Ticks(heard.onset.min(end.0.saturating_sub(1)));
            note.duration = Ticks((heard.end.min(end.0) - note.onset.0).max(1));
        }
        // A note that comes early may not run into, or fall together with, the one before it on its key.
        track.notes.sort_by_key(|n| (n.pitch, n.onset));
        track.notes.dedup_by_key(|n| (n.pitch, n.onset));
        for k in 1..track.notes.len() {
            let (next, before) = (track.notes[k], &mut track.notes[k - 1]);
            if next.pitch == before.pitch && before.end() > next.onset {
                before.duration = next.onset - before.onset;
            }
        }
        track.notes.sort_by_key(|n| (n.onset, n.pitch));
    }
    Ok(played)
}
