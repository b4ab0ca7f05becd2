//! Bytes to [`SmfFile`]. The chunks are walked here, so that every fault has its byte; `midly` reads the events.

use super::{Division, Format, Message, Pedal, SmfEvent, SmfFile, SmfNote, SmfText, SmfTrack};
use crate::sound::{self, Kind};
use crate::{Error, Place, Result};
use kmidi_music::{Key, Meter, Mode, PitchName, Seconds, TempoMap, Ticks};
use midly::{EventIter, MetaMessage, MidiMessage, TrackEventKind};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files over this many bytes are refused: the largest MIDI files in use are a tenth of it.
pub const MAX_BYTES: u64 = 64 << 20;
/// Files with more channel messages, texts and signatures than this are refused.
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
    sound::expect(path, Kind::Midi)?; // the kind first: a huge file of another kind is told by what it is
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        let size = std::fs::metadata(path).map_or(bytes.len() as u64, |m| m.len());
        let reason = format!("{size} bytes are too many for a MIDI file; the limit is {MAX_BYTES}");
        return Err(Error::too_large(path, Place::File, reason));
    }
    parse(&bytes, path)
}

/// Reads a standard MIDI file from memory; `name` stands in errors as the file's name.
///
/// # Errors
/// [`Error::Kind`] for what is no MIDI file, [`Error::Truncated`] with the byte where it ends too early,
/// [`Error::Malformed`] with the byte of the fault, [`Error::Unsupported`] for type 2, [`Error::TooLarge`] above
/// [`MAX_EVENTS`] or [`MAX_HOURS`].
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<SmfFile> {
    let path = name.as_ref();
    sound::expect_bytes(bytes, path, Kind::Midi)?;
    let mut chunks = Chunks { bytes, at: 0, path };
    let (_, head_at, head) = chunks.next()?;
    let field = |i: usize| -> Result<u16> {
        let pair = head.get(i..i + 2).ok_or_else(|| {
            let reason = format!("the header has {} bytes; it must have at least 6", head.len());
            Error::malformed(path, Place::Byte(4), reason)
        })?;
        Ok(u16::from_be_bytes([pair[0], pair[1]]))
    };
    let (format, count, division) = (field(0)?, field(2)?, field(4)?);
    let format = match format {
        0 => Format::SingleTrack,
        1 => Format::Parallel,
        2 => {
            let reason = "type 2 (independent patterns) is not supported; save it as type 0 or 1";
            return Err(Error::unsupported(path, Place::Byte(head_at as u64), reason));
        }
        other => {
            let reason = format!("type {other} does not exist; it must be 0 or 1");
            return Err(Error::malformed(path, Place::Byte(head_at as u64), reason));
        }
    };
    let division = parse_division(division)
        .map_err(|reason| Error::malformed(path, Place::Byte(head_at as u64 + 4), reason))?;
    let mut content = Content::default();
    let mut tracks = Vec::new();
    while tracks.len() < usize::from(count) {
        if chunks.at == bytes.len() {
            let reason = format!("the header promises {count} tracks, and {} are there", tracks.len());
            return Err(Error::truncated(path, Place::Byte(bytes.len() as u64), reason));
        }
        let (id, at, data) = chunks.next()?;
        if id == *b"MTrk" {
            tracks.push(content.track(data, at, path)?);
        }
    }
    let tempo = match division {
        Division::TicksPerQuarter(ppq) => TempoMap::from_micros(ppq, content.tempos),
        // One "quarter" a second: the ticks of a second, and for 29.97 frames a second that lasts 1.001 s.
        Division::Smpte { frames_per_second, ticks_per_frame } => {
            let (frames, micros) = match frames_per_second {
                29 => (30, 1_001_000),
                n => (u16::from(n), 1_000_000),
            };
            TempoMap::from_micros(frames * u16::from(ticks_per_frame), vec![(Ticks(0), micros)])
        }
    };
    for (i, track) in tracks.iter().enumerate() {
        let hours = tempo.seconds(track.end).0 / 3_600.0;
        if hours > MAX_HOURS {
            let reason = format!(
                "track {} lasts {hours:.0} hours (tick {}); a delta time must be wrong, the limit is {MAX_HOURS} hours",
                i + 1,
                track.end.0
            );
            return Err(Error::too_large(path, Place::Byte(content.ends[i]), reason));
        }
    }
    content.meters.sort_by_key(|m| m.0);
    content.keys.sort_by_key(|k| k.0);
    content.markers.sort_by_key(|m| m.tick);
    content.texts.sort_by_key(|t| t.tick);
    let Content { meters, keys, markers, texts, .. } = content;
    Ok(SmfFile { format, division, tempo, meters, keys, markers, texts, tracks })
}

fn parse_division(raw: u16) -> std::result::Result<Division, String> {
    let [high, low] = raw.to_be_bytes();
    if raw & 0x8000 == 0 {
        return match raw {
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

/// The file's chunks: a four-byte name, a length, so many bytes.
struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
    path: &'a Path,
}

impl<'a> Chunks<'a> {
    /// The next chunk's name, the place of its content, and the content.
    fn next(&mut self) -> Result<([u8; 4], usize, &'a [u8])> {
        let end = Place::Byte(self.bytes.len() as u64);
        let Some((&[a, b, c, d, l0, l1, l2, l3], rest)) = self.bytes[self.at..].split_first_chunk() else {
            let reason = format!("a chunk's 8-byte head should stand at byte {}", self.at);
            return Err(Error::truncated(self.path, end, reason));
        };
        let (id, length) = ([a, b, c, d], u32::from_be_bytes([l0, l1, l2, l3]) as usize);
        if !id.iter().all(|c| (0x20..0x7f).contains(c)) {
            let reason = "a chunk's name, such as MTrk, should stand here";
            return Err(Error::malformed(self.path, Place::Byte(self.at as u64), reason));
        }
        let start = self.at + 8;
        let Some(data) = rest.get(..length) else {
            let name = String::from_utf8_lossy(&id).into_owned();
            let reason =
                format!("the chunk {name} at byte {} should go on to byte {}", self.at, start + length);
            return Err(Error::truncated(self.path, end, reason));
        };
        self.at = start + length;
        Ok((id, start, data))
    }
}

/// What the tracks hold beside their own messages.
#[derive(Default)]
struct Content {
    tempos: Vec<(Ticks, u32)>,
    meters: Vec<(Ticks, Meter)>,
    keys: Vec<(Ticks, Key)>,
    markers: Vec<SmfText>,
    texts: Vec<SmfText>,
    /// The byte of each track's last event.
    ends: Vec<u64>,
    count: usize,
}

impl Content {
    fn track(&mut self, data: &[u8], start: usize, path: &Path) -> Result<SmfTrack> {
        let mut track = SmfTrack::default();
        let mut events = EventIter::new(data);
        let mut last = start as u64;
        loop {
            let at = start + data.len() - events.unread().len();
            let Some(event) = events.next() else { break };
            last = at as u64;
            let event = event.map_err(|_| {
                let found = data[at - start..].iter().take(8).map(|b| format!("{b:02x}"));
                let found = found.collect::<Vec<_>>().join(" ");
                let reason = format!("a delta time and a MIDI event should stand here, not {found}");
                Error::malformed(path, Place::Byte(last), reason)
            })?;
            self.count += 1;
            if self.count > MAX_EVENTS {
                let reason = format!("more than {MAX_EVENTS} events");
                return Err(Error::too_large(path, Place::Byte(last), reason));
            }
            // At most 2^24 events of less than 2^28 ticks each: the sum stays far below 2^64.
            track.end = track.end + Ticks(u64::from(event.delta.as_int()));
            match event.kind {
                TrackEventKind::Midi { channel, message } => track.events.push(SmfEvent {
                    tick: track.end,
                    channel: channel.as_int(),
                    message: message_of(message),
                }),
                TrackEventKind::Meta(MetaMessage::EndOfTrack) => break,
                TrackEventKind::Meta(meta) => self.meta(meta, track.end, &mut track.name),
                TrackEventKind::SysEx(_) | TrackEventKind::Escape(_) => {}
            }
        }
        self.ends.push(last);
        Ok(track)
    }

    fn meta(&mut self, meta: MetaMessage<'_>, tick: Ticks, name: &mut String) {
        match meta {
            MetaMessage::TrackName(bytes) if name.is_empty() => *name = text(bytes),
            MetaMessage::Text(bytes) => self.texts.push(SmfText { tick, text: text(bytes) }),
            MetaMessage::Marker(bytes) => self.markers.push(SmfText { tick, text: text(bytes) }),
            MetaMessage::Tempo(micros) if micros.as_int() > 0 => self.tempos.push((tick, micros.as_int())),
            MetaMessage::TimeSignature(numerator, power, ..) => {
                let denominator = 1u8.checked_shl(u32::from(power)).unwrap_or(0);
                self.meters.extend(Meter::new(numerator, denominator).map(|m| (tick, m)));
            }
            MetaMessage::KeySignature(fifths @ -7..=7, minor) => {
                let (shift, mode) = if minor { (3, Mode::Minor) } else { (0, Mode::Major) };
                self.keys.push((tick, Key::new(PitchName::from_fifths(fifths + shift), mode)));
            }
            _ => {}
        }
    }
}

fn message_of(message: MidiMessage) -> Message {
    match message {
        MidiMessage::NoteOn { key, vel } if vel == 0 => Message::NoteOff { key: key.as_int(), velocity: 64 },
        MidiMessage::NoteOn { key, vel } => Message::NoteOn { key: key.as_int(), velocity: vel.as_int() },
        MidiMessage::NoteOff { key, vel } => Message::NoteOff { key: key.as_int(), velocity: vel.as_int() },
        MidiMessage::Aftertouch { key, vel } => {
            Message::KeyPressure { key: key.as_int(), pressure: vel.as_int() }
        }
        MidiMessage::Controller { controller, value } => {
            Message::Control { controller: controller.as_int(), value: value.as_int() }
        }
        MidiMessage::ProgramChange { program } => Message::Program(program.as_int()),
        MidiMessage::ChannelAftertouch { vel } => Message::Pressure(vel.as_int()),
        MidiMessage::PitchBend { bend } => Message::Bend(bend.as_int()),
    }
}

fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(), // Latin-1, the usual other encoding
    }
}

/// See [`SmfFile::notes`].
pub(super) fn notes(file: &SmfFile, pedal: Pedal) -> Vec<SmfNote> {
    let mut notes: Vec<SmfNote> = Vec::new();
    // By channel and key: notes whose key is down, and notes that only the pedal still holds (indices into `notes`).
    let mut down = vec![VecDeque::<usize>::new(); 16 * 128];
    let mut ringing: Vec<Vec<usize>> = vec![Vec::new(); 16];
    let (mut program, mut held) = ([0u8; 16], [false; 16]);
    let end = |note: &mut SmfNote, at: Ticks| note.end = at.max(note.onset + Ticks(1));
    for (track, event) in file.merged() {
        let (tick, channel) = (event.tick, usize::from(event.channel & 0x0f));
        match event.message {
            Message::NoteOn { key, velocity } => {
                ringing[channel].retain(|&i| {
                    let again = notes[i].pitch == key;
                    if again {
                        end(&mut notes[i], tick);
                    }
                    !again
                });
                down[channel * 128 + usize::from(key & 0x7f)].push_back(notes.len());
                notes.push(SmfNote {
                    onset: tick,
                    end: Ticks(u64::MAX),
                    start_seconds: Seconds(0.0),
                    end_seconds: Seconds(0.0),
                    track,
                    channel: event.channel,
                    program: program[channel],
                    pitch: key,
                    velocity,
                });
            }
            Message::NoteOff { key, .. } => {
                if let Some(i) = down[channel * 128 + usize::from(key & 0x7f)].pop_front() {
                    if held[channel] {
                        ringing[channel].push(i);
                    } else {
                        end(&mut notes[i], tick);
                    }
                }
            }
            Message::Control { controller: 64, value } if pedal == Pedal::Held => {
                held[channel] = value >= 64;
                if !held[channel] {
                    ringing[channel].drain(..).for_each(|i| end(&mut notes[i], tick));
                }
            }
            Message::Program(chosen) => program[channel] = chosen,
            _ => {}
        }
    }
    let last = file.end();
    let mut order: Vec<(Ticks, usize, bool)> = Vec::with_capacity(2 * notes.len());
    for (i, note) in notes.iter_mut().enumerate() {
        if note.end == Ticks(u64::MAX) {
            end(note, last);
        }
        order.extend([(note.onset, i, true), (note.end, i, false)]);
    }
    order.sort_unstable();
    let seconds = file.tempo.seconds_of(order.iter().map(|o| o.0));
    for ((_, i, starts), at) in order.into_iter().zip(seconds) {
        *if starts { &mut notes[i].start_seconds } else { &mut notes[i].end_seconds } = at;
    }
    notes
}
