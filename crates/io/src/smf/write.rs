//! [`SmfFile`] to bytes.

use super::track::data_bytes;
use super::{Division, Event, Format, Message, SmfFile, SmfTrack, TrackEvent, meta};
use crate::{Error, Place, Result};
use std::path::Path;

/// The largest number that the format can hold in its variable-length form: a delta time, a length.
pub(super) const MAX_NUMBER: u64 = (1 << 28) - 1;

/// Writes `file` to `path`, atomically: see [`write()`].
///
/// # Errors
/// As [`write()`] and [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, file: &SmfFile) -> Result<()> {
    crate::write::atomic(path, &write(file)?)
}

/// The bytes of `file` in its own type and division, with running status. Reading them gives an equal file.
///
/// # Errors
/// [`Error::Unwritable`], saying which event of which track, where a value does not fit the format: a channel above 15, a
/// data byte above 127, a note-on of velocity 0 (that is a note-off), a delta time of 2^28 ticks and more, events that are
/// not in order or lie after the track's end, an end-of-track among the events, more than 65535 tracks.
pub fn write(file: &SmfFile) -> Result<Vec<u8>> {
    let kind = match file.format {
        Format::SingleTrack => 0u16,
        Format::Parallel => 1,
        Format::Independent => 2,
    };
    let count = u16::try_from(file.tracks.len())
        .map_err(|_| wrong(format!("{} tracks; at most 65535 fit", file.tracks.len())))?;
    let division = match file.division {
        Division::TicksPerQuarter(ppq @ 1..=0x7fff) => ppq.to_be_bytes(),
        Division::Smpte { frames_per_second: fps @ (24 | 25 | 29 | 30), ticks_per_frame: ticks @ 1.. } => {
            [fps.wrapping_neg(), ticks]
        }
        other => return Err(wrong(format!("{other:?} does not fit the header"))),
    };
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    bytes.extend(kind.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    bytes.extend(division);
    for (i, track) in file.tracks.iter().enumerate() {
        bytes.extend(b"MTrk\0\0\0\0");
        let start = bytes.len();
        events(track, i + 1, &mut bytes)?;
        let length = u32::try_from(bytes.len() - start)
            .map_err(|_| wrong(format!("track {} has more than 4 GiB", i + 1)))?;
        bytes[start - 4..start].copy_from_slice(&length.to_be_bytes());
    }
    Ok(bytes)
}

fn wrong(reason: String) -> Error {
    Error::Unwritable { place: Place::File, reason }
}

fn events(track: &SmfTrack, number: usize, out: &mut Vec<u8>) -> Result<()> {
    let (mut now, mut running) = (0, None);
    for (i, TrackEvent { tick, event }) in track.events.iter().enumerate() {
        let place = |reason: &str| wrong(format!("event {} of track {number}: {reason}", i + 1));
        let delta = tick.0.checked_sub(now).ok_or_else(|| place("it lies before the one before it"))?;
        put_number(delta, out).ok_or_else(|| place("more than 2^28 ticks after the one before it"))?;
        now = tick.0;
        put_event(event, &mut running, out).map_err(place)?;
    }
    let delta = track.end.0.checked_sub(now);
    delta
        .and_then(|delta| put_number(delta, out))
        .ok_or_else(|| wrong(format!("track {number} ends before its last event, or 2^28 ticks after it")))?;
    out.extend([0xff, meta::END_OF_TRACK, 0]);
    Ok(())
}

fn put_event(
    event: &Event,
    running: &mut Option<u8>,
    out: &mut Vec<u8>,
) -> std::result::Result<(), &'static str> {
    let (head, data): (&[u8], &[u8]) = match event {
        Event::Channel { channel, message } => {
            let [status, data @ ..] = checked(*channel, *message)?;
            if running.replace(status) != Some(status) {
                out.push(status);
            }
            out.extend(&data[..data_bytes(status)]);
            return Ok(());
        }
        Event::SysEx(data) => (&[0xf0], data),
        Event::Escape(data) => (&[0xf7], data),
        Event::Meta { kind: meta::END_OF_TRACK, .. } => return Err("an end-of-track stands in `end` alone"),
        Event::Meta { kind, data } => (&[0xff, *kind], data),
    };
    *running = None; // only channel messages may follow a status
    out.extend(head);
    put_number(data.len() as u64, out).ok_or("more than 2^28 bytes")?;
    out.extend(data);
    Ok(())
}

fn checked(channel: u8, message: Message) -> std::result::Result<[u8; 3], &'static str> {
    let fits = match message {
        Message::NoteOn { velocity: 0, .. } => return Err("a note-on of velocity 0 is a note-off"),
        Message::Bend(bend) => (-8_192..=8_191).contains(&bend),
        other => other.bytes(channel)[1..].iter().all(|&byte| byte < 0x80),
    };
    match (channel, fits) {
        (0..=15, true) => Ok(message.bytes(channel)),
        (0..=15, false) => Err("a data byte is above 127, or a bend beyond -8192 to 8191"),
        _ => Err("channels go from 0 to 15"),
    }
}

/// Seven bits a byte, the top bit set on all but the last; `None` for what needs more than four.
fn put_number(number: u64, out: &mut Vec<u8>) -> Option<()> {
    if number > MAX_NUMBER {
        return None;
    }
    for shift in [21, 14, 7] {
        if number >> shift > 0 {
            out.push((number >> shift) as u8 | 0x80);
        }
    }
    out.push((number & 0x7f) as u8);
    Some(())
}
