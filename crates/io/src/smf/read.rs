//! Bytes to [`SmfFile`], strictly ([`parse`]) or as far as it goes ([`salvage`]): one walk, which either stops at the first
//! fault or writes it down and goes on.

use super::track::{Events, Fault};
use super::{Division, Event, Format, Message, SmfFile, SmfTrack, TrackEvent};
use crate::sound::{self, Kind};
use crate::{Error, Place, Result};
use kmidi_music::Ticks;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files over this many bytes are refused: the largest MIDI files in use are a tenth of it.
pub const MAX_BYTES: u64 = 64 << 20;
/// Files with more events than this are refused.
pub const MAX_EVENTS: usize = 8_000_000;
/// Files that last longer than this many hours are refused: a damaged delta time, not music.
pub const MAX_HOURS: f64 = 24.0;

/// Reads the standard MIDI file at `path`.
///
/// # Errors
/// As [`parse`], and [`Error::Io`] or [`Error::Folder`] where the file cannot be read, [`Error::TooLarge`] above
/// [`MAX_BYTES`].
pub fn read(path: impl AsRef<Path>) -> Result<SmfFile> {
    let path = path.as_ref();
    parse(&bytes_of(path)?, path)
}

/// Reads what can be read of the file at `path`: see [`salvage`].
///
/// # Errors
/// As [`salvage`] and [`read`].
pub fn read_salvage(path: impl AsRef<Path>) -> Result<Salvaged> {
    let path = path.as_ref();
    salvage(&bytes_of(path)?, path)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    sound::expect(path, Kind::Midi)?; // the kind first: a huge file of another kind is told by what it is
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        let size = std::fs::metadata(path).map_or(bytes.len() as u64, |m| m.len());
        let reason = format!("{size} bytes are too many for a MIDI file; the limit is {MAX_BYTES}");
        return Err(Error::too_large(path, Place::File, reason));
    }
    Ok(bytes)
}

/// Reads a standard MIDI file from memory; `name` stands in errors as the file's name.
///
/// # Errors
/// [`Error::Kind`] for what is no MIDI file, [`Error::Truncated`] with the byte where it ends too early,
/// [`Error::Malformed`] with the byte of the fault, [`Error::TooLarge`] above [`MAX_EVENTS`] or [`MAX_HOURS`].
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<SmfFile> {
    Walk { bytes, path: name.as_ref(), lost: None, tracks: Vec::new(), lasts: Vec::new(), count: 0 }
        .file()
        .map(|s| s.file)
}

/// What was read of a damaged file.
#[derive(Debug, Clone, PartialEq)]
pub struct Salvaged {
    /// All that could be read. Tracks that are damaged end where the damage begins, and notes that sound there get a
    /// note-off there.
    pub file: SmfFile,
    /// What was lost, by place; empty for a sound file.
    pub lost: Vec<Loss>,
}

/// Something of a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Where the damage was met: bytes from the start of the file, from 0.
    pub byte: u64,
    /// What is missing, and what was kept.
    pub reason: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Place::Byte(self.byte), self.reason)
    }
}

/// Reads what can be read of a cut-off or damaged MIDI file, and tells what was lost. Of a damaged track the events before
/// the damage are kept; the walk goes on with the next track that can be found. `name` stands in errors.
///
/// # Errors
/// As [`parse`], where nothing can be kept: what is no MIDI file, a header that is cut off or wrong, [`MAX_EVENTS`].
pub fn salvage(bytes: &[u8], name: impl AsRef<Path>) -> Result<Salvaged> {
    let lost = Some(Vec::new());
    Walk { bytes, path: name.as_ref(), lost, tracks: Vec::new(), lasts: Vec::new(), count: 0 }.file()
}

struct Walk<'a> {
    bytes: &'a [u8],
    path: &'a Path,
    /// What was lost so far; `None`: the first fault ends the walk.
    lost: Option<Vec<Loss>>,
    tracks: Vec<SmfTrack>,
    /// The byte of each track's last event.
    lasts: Vec<u64>,
    count: usize,
}

/// Where a track's events ended.
struct Stop {
    /// The byte after the last event that was kept.
    at: usize,
    /// Did the track say that it ends here?
    said: bool,
    fault: Option<Fault>,
}

impl Walk<'_> {
    fn file(mut self) -> Result<Salvaged> {
        sound::expect_bytes(self.bytes, self.path, Kind::Midi)?;
        let (_, start, head) = self.chunk(0)?;
        let (format, count, division) = self.header(start, head)?;
        let mut at = start + head.len();
        while self.tracks.len() < count {
            if at == self.bytes.len() {
                let there = self.tracks.len();
                let reason = format!("the header promises {count} tracks, and {there} are there");
                let error = Error::truncated(self.path, Place::Byte(at as u64), reason);
                self.lose(error, || format!("{} of {count} tracks are missing", count - there))?;
                break;
            }
            at = match self.chunk(at) {
                Ok((id, start, data)) if id == *b"MTrk" => self.track(start, start + data.len(), true)?,
                Ok((_, start, data)) => start + data.len(),
                Err(error) => self.past(at, error)?,
            };
        }
        let mut file = SmfFile::new(format, division, std::mem::take(&mut self.tracks));
        if self.shorten(&mut file)? {
            file = SmfFile::new(format, division, file.tracks);
        }
        Ok(Salvaged { file, lost: self.lost.unwrap_or_default() })
    }

    /// A fault: the end of the walk, or a loss that is written down.
    fn lose(&mut self, error: Error, reason: impl FnOnce() -> String) -> Result<()> {
        let (Some(lost), Place::Byte(byte)) = (&mut self.lost, error.place()) else { return Err(error) };
        lost.push(Loss { byte, reason: reason() });
        Ok(())
    }

    fn header(&self, start: usize, head: &[u8]) -> Result<(Format, usize, Division)> {
        let malformed =
            |offset: usize, reason| Error::malformed(self.path, Place::Byte((start + offset) as u64), reason);
        let Some(&[f0, f1, n0, n1, d0, d1]) = head.first_chunk() else {
            let reason = format!("the header has {} bytes; it must have at least 6", head.len());
            return Err(Error::malformed(self.path, Place::Byte(4), reason));
        };
        let format = match u16::from_be_bytes([f0, f1]) {
            0 => Format::SingleTrack,
            1 => Format::Parallel,
            2 => Format::Independent,
            other => return Err(malformed(0, format!("type {other} does not exist; it must be 0, 1 or 2"))),
        };
        let division = division([d0, d1]).map_err(|reason| malformed(4, reason))?;
        Ok((format, usize::from(u16::from_be_bytes([n0, n1])), division))
    }

    /// The chunk at a byte: a four-byte name, a length, so many bytes. Gives the name, the place of the content, and it.
    fn chunk(&self, at: usize) -> Result<([u8; 4], usize, &[u8])> {
        let end = Place::Byte(self.bytes.len() as u64);
        let Some((&[a, b, c, d, l0, l1, l2, l3], rest)) = self.bytes[at..].split_first_chunk() else {
            let reason = format!("a chunk's 8-byte head should stand at byte {at}");
            return Err(Error::truncated(self.path, end, reason));
        };
        let (id, length) = ([a, b, c, d], u32::from_be_bytes([l0, l1, l2, l3]) as usize);
        if !id.iter().all(|c| (0x20..0x7f).contains(c)) {
            let reason = "a chunk's name, such as MTrk, should stand here";
            return Err(Error::malformed(self.path, Place::Byte(at as u64), reason));
        }
        let start = at + 8;
        let Some(data) = rest.get(..length) else {
            let name = String::from_utf8_lossy(&id);
            let reason = format!("the chunk {name} at byte {at} should go on to byte {}", start + length);
            return Err(Error::truncated(self.path, end, reason));
        };
        Ok((id, start, data))
    }

    /// Past a chunk that cannot be read whole: gives where to go on.
    fn past(&mut self, at: usize, error: Error) -> Result<usize> {
        let (bytes, number) = (self.bytes, self.tracks.len() + 1);
        if self.lost.is_some() && bytes[at..].starts_with(b"MTrk") && bytes.len() >= at + 8 {
            return self.track(at + 8, bytes.len(), false);
        }
        let next = self.next_track(at + 1);
        let skipped = next - at;
        self.lose(error, || format!("{skipped} bytes where track {number} should stand cannot be read"))?;
        Ok(next)
    }

    /// Where the next track's name stands, or the end.
    fn next_track(&self, from: usize) -> usize {
        let end = self.bytes.len();
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.windows(4).position(|name| name == b"MTrk").map_or(end, |found| from + found)
    }

    /// Reads the track from `start` to `end`, which is its true end where it is `whole`. Gives where to go on.
    fn track(&mut self, start: usize, end: usize, whole: bool) -> Result<usize> {
        let number = self.tracks.len() + 1;
        let stop = self.events(start, end)?;
        let Some(track) = self.tracks.last_mut() else { return Ok(end) };
        let (kept, at) = (track.events.len(), stop.at);
        if stop.fault.is_none() && (whole || stop.said) {
            let hides_another = at < end && self.bytes[at..].starts_with(b"MTrk");
            if self.lost.is_none() || whole && !hides_another {
                return Ok(end);
            }
            // The length is wrong: another track begins inside it, or it leads past the end of the file.
            let error = Error::malformed(self.path, Place::Byte(start as u64 - 4), "");
            self.lose(error, || format!("the length of track {number} is wrong; it was read up to its end"))?;
            return Ok(at);
        }
        let cut = !whole && stop.fault != Some(Fault::Wrong);
        let error = match stop.fault {
            Some(_) => self.no_event(at, end),
            None => Error::truncated(self.path, Place::Byte(end as u64), ""),
        };
        if self.lost.is_none() {
            return Err(error);
        }
        let ended = close(&mut self.tracks[number - 1]);
        let next = if cut { end } else { self.next_track(at).min(end) };
        let (place, what) = match cut {
            true => (end, "cut off".to_owned()),
            false => (at, format!("damaged, {} bytes are lost", next - at)),
        };
        let notes = match ended {
            0 => String::new(),
            n => format!("; {n} sounding notes were ended there"),
        };
        let error = Error::truncated(self.path, Place::Byte(place as u64), "");
        self.lose(error, || format!("track {number} is {what} after {kept} events{notes}"))?;
        Ok(next)
    }

    fn no_event(&self, at: usize, end: usize) -> Error {
        let found = self.bytes[at..end].iter().take(8).map(|b| format!("{b:02x}"));
        let found = found.collect::<Vec<_>>().join(" ");
        let reason = format!("a delta time and a MIDI event should stand here, not {found}");
        Error::malformed(self.path, Place::Byte(at as u64), reason)
    }

    /// Adds a track with the events from `start` to `end`, up to its end-of-track or the first fault.
    fn events(&mut self, start: usize, end: usize) -> Result<Stop> {
        let data = &self.bytes[start..end];
        let mut track = SmfTrack { events: Vec::with_capacity(Events::new(data).count()), end: Ticks(0) };
        let (mut events, mut last) = (Events::new(data), start);
        let mut stop = Stop { at: start, said: false, fault: None };
        loop {
            let here = start + events.at;
            stop.at = here;
            let (delta, raw) = match events.next() {
                None => break,
                Some(Ok(read)) => read,
                Some(Err(fault)) => {
                    stop.fault = Some(fault);
                    break;
                }
            };
            (last, stop.at) = (here, start + events.at);
            self.count += 1;
            if self.count > MAX_EVENTS {
                let reason = format!("more than {MAX_EVENTS} events");
                return Err(Error::too_large(self.path, Place::Byte(here as u64), reason));
            }
            // At most 2^23 events of less than 2^28 ticks each: sums stay far below 2^64.
            track.end = track.end + Ticks(u64::from(delta));
            match raw.event() {
                Some(event) => track.events.push(TrackEvent { tick: track.end, event }),
                None => {
                    stop.said = true;
                    break;
                }
            }
        }
        self.tracks.push(track);
        self.lasts.push(last as u64);
        Ok(stop)
    }

    /// Tracks that last for days have a wrong delta time: a fault, or what follows it is dropped. Tells if it did.
    fn shorten(&mut self, file: &mut SmfFile) -> Result<bool> {
        let (starts, mut shortened) = (file.starts(), false);
        for (i, start) in starts.into_iter().enumerate() {
            let hours = |tick: Ticks| file.tempo.seconds(start + tick).0 / 3_600.0;
            let end = file.tracks[i].end;
            if hours(end) <= MAX_HOURS {
                continue;
            }
            let kept = file.tracks[i].events.partition_point(|e| hours(e.tick) <= MAX_HOURS);
            let reason = format!(
                "track {} lasts {:.0} hours (tick {}); a delta time must be wrong, the limit is {MAX_HOURS} hours",
                i + 1,
                hours(end),
                end.0
            );
            let error = Error::too_large(self.path, Place::Byte(self.lasts[i]), reason.clone());
            self.lose(error, || format!("{reason}; {kept} events before it were kept"))?;
            let track = &mut file.tracks[i];
            track.events.truncate(kept);
            track.end = track.events.last().map_or(Ticks(0), |e| e.tick);
            close(track);
            shortened = true;
        }
        Ok(shortened)
    }
}

/// Gives the notes that still sound at the end of a track a note-off there, and tells how many there were.
fn close(track: &mut SmfTrack) -> usize {
    let mut sounding = vec![0usize; 16 * 128];
    for event in track.channel_events() {
        let at = |key: u8| usize::from(event.channel) * 128 + usize::from(key);
        match event.message {
            Message::NoteOn { key, .. } => sounding[at(key)] += 1,
            Message::NoteOff { key, .. } => sounding[at(key)] = sounding[at(key)].saturating_sub(1),
            _ => {}
        }
    }
    let before = track.events.len();
    for (at, &count) in sounding.iter().enumerate() {
        let message = Message::NoteOff { key: (at % 128) as u8, velocity: 64 };
        let event = Event::Channel { channel: (at / 128) as u8, message };
        track.events.extend(std::iter::repeat_n(TrackEvent { tick: track.end, event }, count));
    }
    track.events.len() - before
}

fn division(raw: [u8; 2]) -> std::result::Result<Division, String> {
    let [high, low] = raw;
    if high < 0x80 {
        return match u16::from_be_bytes(raw) {
            0 => Err("0 ticks a quarter note; it must be 1 to 32767".into()),
            ppq => Ok(Division::TicksPerQuarter(ppq)),
        };
    }
    match (high.wrapping_neg(), low) {
        (fps @ (24 | 25 | 29 | 30), 1..) => {
            Ok(Division::Smpte { frames_per_second: fps, ticks_per_frame: low })
        }
        (fps, ticks) => Err(format!(
            "{fps} frames a second with {ticks} ticks each; it must be 24, 25, 29 or 30 with 1 to 255"
        )),
    }
}
