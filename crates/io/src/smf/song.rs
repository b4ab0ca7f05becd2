//! A song as the bytes of a standard MIDI file, type 1.

use super::write::MAX_NUMBER;
use super::{Division, Format, Message, RECIPE_PREFIX, SmfFile, SmfTrack, TrackEvent, meta, write};
use crate::{Error, Place, Result};
use kmidi_music::notation::symbol;
use kmidi_music::song::Song;
use kmidi_music::{Key, Meter, Note, Ticks};
use std::path::Path;

/// Writes `song` to `path`, atomically: see [`write_song`].
///
/// # Errors
/// As [`write_song`] and [`crate::write::atomic`].
pub fn save_song(path: impl AsRef<Path>, song: &Song) -> Result<()> {
    crate::write::atomic(path, &write_song(song)?)
}

/// The bytes of `song` as a standard MIDI file of type 1. The same song gives the same bytes.
///
/// Track 0 holds the title, the recipe (`kmidi:` and JSON, FF 01), tempo, time signatures, key signatures, sections as
/// markers (FF 06), as are marked places, and chords as lead-sheet symbols (FF 01). Each track of the song follows with its name, its program
/// and its notes; every note has a note-off of its own, and at equal ticks note-offs stand before note-ons. Where two notes
/// of one pitch overlap on a channel the earlier one is cut; of two that start together the longer one stays. All tracks
/// end with the song's last bar. A mode other than major and minor gets the signature that has its notes.
///
/// # Errors
/// [`Error::Unwritable`], with the bar, where a value does not fit the format: a channel above 15, a pitch or velocity
/// above 127, a velocity of 0, more than 32767 ticks a quarter note, a place beyond 2^28 ticks.
pub fn write_song(song: &Song) -> Result<Vec<u8>> {
    let ppq = song.tempo.ppq();
    if ppq > 0x7fff {
        let reason = format!("{ppq} ticks a quarter note; at most 32767 fit");
        return Err(Error::Unwritable { place: Place::File, reason });
    }
    let end = last_bar_end(song)?;
    let mut tracks = vec![conductor(song, end)];
    let kept = without_overlaps(song)?;
    for (track, notes) in song.tracks.iter().zip(&kept) {
        let mut events = vec![
            TrackEvent::meta(Ticks(0), meta::TRACK_NAME, track.name.as_bytes()),
            TrackEvent::channel(Ticks(0), track.channel & 0x0f, Message::Program(track.program & 0x7f)),
        ];
        let mut keys: Vec<(Ticks, bool, u8, u8)> = Vec::with_capacity(2 * notes.len());
        for note in notes {
            keys.push((note.onset, true, note.pitch, note.velocity));
            keys.push((note.end(), false, note.pitch, 64));
        }
        keys.sort_unstable(); // by tick, offs before ons, then by pitch
        events.extend(keys.into_iter().map(|(tick, on, key, velocity)| {
            let message =
                if on { Message::NoteOn { key, velocity } } else { Message::NoteOff { key, velocity } };
            TrackEvent::channel(tick, track.channel & 0x0f, message)
        }));
        tracks.push(SmfTrack { events, end });
    }
    write(&SmfFile::new(Format::Parallel, Division::TicksPerQuarter(ppq), tracks))
}

fn conductor(song: &Song, end: Ticks) -> SmfTrack {
    let at = TrackEvent::meta;
    let mut events = vec![at(Ticks(0), meta::TRACK_NAME, song.title.as_bytes())];
    if !song.recipe.is_empty() {
        events.push(at(Ticks(0), meta::TEXT, format!("{RECIPE_PREFIX}{}", song.recipe).as_bytes()));
    }
    let ppq = song.tempo.ppq();
    events
        .extend(song.meters.iter().map(|&(tick, m)| at(tick, meta::TIME_SIGNATURE, &time_signature(m, ppq))));
    events.extend(song.keys.iter().map(|&(tick, key)| at(tick, meta::KEY_SIGNATURE, &key_signature(key))));
    events.extend(song.tempo.changes().iter().map(|&(tick, micros)| {
        let [_, tempo @ ..] = micros.min(0x00ff_ffff).to_be_bytes();
        at(tick, meta::TEMPO, &tempo)
    }));
    events.extend(song.sections.iter().map(|s| at(s.onset, meta::MARKER, s.name.as_bytes())));
    events.extend(song.marks.iter().map(|m| at(m.onset, meta::MARKER, m.text.as_bytes())));
    let symbols = song.chords.iter().map(|c| (c.onset, symbol::print(&c.chord)));
    events.extend(symbols.map(|(tick, symbol)| at(tick, meta::TEXT, symbol.as_bytes())));
    events.retain(|e| e.tick <= end);
    events.sort_by_key(|e| e.tick); // stable: at one tick the order above stands
    SmfTrack { events, end }
}

fn time_signature(meter: Meter, ppq: u16) -> [u8; 4] {
    // The metronome clicks on felt beats, in MIDI clocks (24 a quarter); at least one.
    let clocks = (meter.felt_beat(ppq).0 * 24 / u64::from(ppq)).clamp(1, 255) as u8;
    [meter.numerator, meter.denominator.trailing_zeros() as u8, clocks, 8]
}

fn key_signature(key: Key) -> [u8; 2] {
    let fifths = match key.signature() {
        sharp @ 8.. => sharp - 12,
        flat @ ..=-8 => flat + 12,
        usual => usual,
    };
    [fifths.clamp(-7, 7) as u8, u8::from(key.mode.is_minor())]
}

/// Where the bar ends in which the song does.
fn last_bar_end(song: &Song) -> Result<Ticks> {
    let too_far = |tick: u64| Error::Unwritable {
        place: Place::File,
        reason: format!("a note or chord reaches tick {tick}; at most {MAX_NUMBER} fit"),
    };
    // Checked before the sums of `Song::end`, which may overflow on absurd values.
    let notes = song.tracks.iter().flat_map(|t| &t.notes).map(|n| n.onset.0.saturating_add(n.duration.0));
    let chords = song.chords.iter().map(|c| c.onset.0.saturating_add(c.duration.0));
    let last = notes.chain(chords).max().unwrap_or(0);
    if last > MAX_NUMBER {
        return Err(too_far(last));
    }
    let (bar_start, bar) = bar_at(song, last.saturating_sub(1));
    let end = if last == 0 { 0 } else { bar_start + bar };
    if end > MAX_NUMBER { Err(too_far(end)) } else { Ok(Ticks(end)) }
}

/// The start and length of the bar that holds `tick`.
fn bar_at(song: &Song, tick: u64) -> (u64, u64) {
    let (start, meter) = song
        .meters
        .iter()
        .rev()
        .find(|m| m.0.0 <= tick)
        .map_or((0, Meter::COMMON), |&(start, meter)| (start.0, meter));
    let bar = meter.bar(song.tempo.ppq()).0.max(1);
    (start + (tick - start) / bar * bar, bar)
}

/// The number of the bar that holds `tick`, from 1.
fn bar_number(song: &Song, tick: Ticks) -> u64 {
    let mut bars = 1;
    for (i, &(start, meter)) in song.meters.iter().enumerate() {
        let until = song.meters.get(i + 1).map_or(tick, |next| next.0.min(tick));
        bars += (until - start).0 / meter.bar(song.tempo.ppq()).0.max(1);
    }
    bars
}

/// Each track's notes, checked, and cut so that no two of one pitch sound at once on a channel.
fn without_overlaps(song: &Song) -> Result<Vec<Vec<Note>>> {
    let mut all: Vec<(u8, u8, Ticks, std::cmp::Reverse<Ticks>, usize, Note)> = Vec::new();
    for (i, track) in song.tracks.iter().enumerate() {
        for &note in &track.notes {
            let wrong =
                |reason| Error::Unwritable { place: Place::Bar(bar_number(song, note.onset)), reason };
            if track.channel > 15 || track.program > 127 {
                let reason = format!(
                    "track {:?} has channel {} and program {}; channels go from 0 to 15, programs from 0 to 127",
                    track.name, track.channel, track.program
                );
                return Err(wrong(reason));
            }
            if note.pitch > 127 || !(1..=127).contains(&note.velocity) {
                let reason = format!(
                    "a note of {:?} has pitch {} and velocity {}; pitches go from 0 to 127, velocities from 1 to 127",
                    track.name, note.pitch, note.velocity
                );
                return Err(wrong(reason));
            }
            let note = Note { duration: note.duration.max(Ticks(1)), ..note };
            all.push((track.channel, note.pitch, note.onset, std::cmp::Reverse(note.duration), i, note));
        }
    }
    all.sort_unstable_by_key(|n| (n.0, n.1, n.2, n.3, n.4));
    let mut kept = vec![Vec::new(); song.tracks.len()];
    let mut previous: Option<(u8, u8, usize, Note)> = None;
    for (channel, pitch, onset, _, track, note) in all {
        if let Some((c, p, t, mut earlier)) = previous.take() {
            if (c, p) == (channel, pitch) {
                if earlier.onset == onset {
                    previous = Some((c, p, t, earlier)); // together: the first is the longer one
                    continue;
                }
                earlier.duration = earlier.duration.min(onset - earlier.onset);
            }
            kept[t].push(earlier);
        }
        previous = Some((channel, pitch, track, note));
    }
    if let Some((_, _, track, note)) = previous {
        kept[track].push(note);
    }
    Ok(kept)
}
