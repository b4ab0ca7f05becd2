//! A file through the listener, in pieces: a long one never sits in memory.

use crate::cores::spread;
use crate::{Error, Result};
use kmidi_engine::{ConfigError, MidiEvent, MidiMessage};
use kmidi_io::Place;
use kmidi_io::smf::{self, Division, Loss, Message, SmfFile};
use kmidi_io::sound::{self, Kind, SoundReader};
use kmidi_music::{Meter, Ticks};
use kmidi_studio::analyze::{Listener, Study, Written};
use std::path::Path;

/// The longest piece that is heard, seconds: three hours. Evidence takes about 30 kB a second.
pub const MAX_SECONDS: f64 = 3.0 * 3600.0;
/// MIDI is heard at this rate.
const MIDI_RATE: u32 = 48_000;
/// Frames that are read and heard at a time.
const PIECE: usize = 8_192;

/// A file that was heard. Serialises as the evidence of `kmidi.features/1`.
#[derive(Debug)]
pub struct Heard {
    /// The listener with its evidence.
    pub listener: Listener,
    /// How long the piece is, in seconds: of MIDI, up to the last channel message.
    pub duration: f64,
}

/// How a MIDI file is taken; sound is always heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Of a file that is cut off or damaged what can be read is heard ([`smf::salvage`]).
    pub salvage: bool,
    /// The beats, the tempo, the metre and the keys of the whole piece are those that the file has, as far as it has any.
    pub trust_file: bool,
}

/// Analyses the MIDI, WAV, FLAC, MP3 or Ogg Vorbis file at `path`; which it is, its content tells. `progress` hears the share done, 0 to 1.
///
/// # Errors
///
/// [`Error::File`] for what cannot be read, is cut off, malformed, of another kind or longer than [`MAX_SECONDS`];
/// [`Error::Engine`] for a sample rate that the engine does not take.
pub fn analyze(path: impl AsRef<Path>, progress: &dyn Fn(f64)) -> Result<Study> {
    Ok(hear(path.as_ref(), progress, Listener::new)?.listener.finish())
}

/// As [`analyze`], reading as is asked for; with the study comes what was lost of a damaged MIDI file, nothing for a whole one and for sound.
///
/// # Errors
///
/// As [`analyze`]; with [`Reading::salvage`] where nothing can be read.
pub fn analyze_as(
    path: impl AsRef<Path>,
    reading: Reading,
    progress: &dyn Fn(f64),
) -> Result<(Study, Vec<Loss>)> {
    let path = path.as_ref();
    if sound::identify(path)? != Kind::Midi {
        return Ok((analyze(path, progress)?, Vec::new()));
    }
    let (file, lost) = match reading.salvage {
        true => smf::read_salvage(path).map(|read| (read.file, read.lost))?,
        false => (smf::read(path)?, Vec::new()),
    };
    let mut listener = hear_midi(&file, path, progress, Listener::new)?.listener;
    if reading.trust_file {
        listener = listener.trust(written(&file));
    }
    Ok((listener.finish(), lost))
}

/// Analyses many files with all cores. `take` gets each answer with the file's place in the list, on the thread that
/// made it and in any order; what it gives comes back in the order of the files.
///
/// ```
/// let reading = kmidi::Reading::default();
/// let problems = kmidi::analyze_each(&["no such file.mid"], reading, |_, study| study.err().map(|error| error.to_string()));
/// assert!(problems[0].as_ref().is_some_and(|text| text.starts_with("no such file.mid: cannot read")));
/// ```
pub fn analyze_each<P: AsRef<Path> + Sync, R: Send>(
    files: &[P],
    reading: Reading,
    take: impl Fn(usize, Result<(Study, Vec<Loss>)>) -> R + Sync,
) -> Vec<R> {
    spread(files, |n, file| take(n, analyze_as(file, reading, &|_| {})))
}

/// Hears the file at `path` and gives the listener with its evidence, and with what that was made of.
///
/// # Errors
///
/// As [`analyze`].
pub fn listen(path: impl AsRef<Path>, progress: &dyn Fn(f64)) -> Result<Heard> {
    hear(path.as_ref(), progress, |rate| Listener::new(rate).map(Listener::keep_hearing))
}

/// Makes the listener for a sample rate.
type Make = fn(u32) -> std::result::Result<Listener, ConfigError>;

fn hear(path: &Path, progress: &dyn Fn(f64), make: Make) -> Result<Heard> {
    match sound::identify(path)? {
        Kind::Midi => hear_midi(&smf::read(path)?, path, progress, make),
        Kind::Wav | Kind::Flac | Kind::Mp3 | Kind::Ogg => {
            hear_sound(SoundReader::open(path)?, path, progress, make)
        }
    }
}

fn hear_sound(mut reader: SoundReader, path: &Path, progress: &dyn Fn(f64), make: Make) -> Result<Heard> {
    let rate = reader.sample_rate();
    let seconds = |frames: u64| frames as f64 / f64::from(rate);
    let frames = reader.frames();
    check_length(seconds(frames.unwrap_or(0)), path)?;
    let mut listener = listener(rate, path, make)?;
    let mut channels = vec![Vec::new(); reader.channels()];
    let mut done = 0;
    loop {
        let count = reader.read(&mut channels, PIECE)?;
        if count == 0 {
            return Ok(Heard { listener, duration: seconds(done) });
        }
        let slices: Vec<&[f32]> = channels.iter().map(Vec::as_slice).collect();
        listener.push(count, &slices, &[]);
        done += count as u64;
        check_length(seconds(done), path)?; // a stream does not say how long it is
        progress(frames.map_or(0.0, |frames| done as f64 / frames as f64));
    }
}

fn hear_midi(file: &SmfFile, path: &Path, progress: &dyn Fn(f64), make: Make) -> Result<Heard> {
    let events = file.events();
    let duration = events.last().map_or(0.0, |event| event.0.0);
    check_length(duration, path)?;
    let frame = |seconds: f64| (seconds * f64::from(MIDI_RATE)).round() as usize;
    let heard: Vec<(usize, MidiMessage)> = events
        .iter()
        .filter_map(|(at, event)| Some((frame(at.0), message(event.channel, event.message)?)))
        .collect();
    let mut listener = listener(MIDI_RATE, path, make)?;
    // The last message falls into the piece; what follows it in silence, the listener's end waits for.
    let (total, mut rest) = (frame(duration) + 1, &heard[..]);
    for start in (0..total).step_by(PIECE) {
        let count = PIECE.min(total - start);
        let (now, later) = rest.split_at(rest.partition_point(|event| event.0 < start + count));
        rest = later;
        let offset =
            |&(frame, message): &(usize, MidiMessage)| MidiEvent { offset: (frame - start) as u32, message };
        listener.push(count, &[], &now.iter().map(offset).collect::<Vec<_>>());
        progress((start + count) as f64 / total as f64);
    }
    Ok(Heard { listener, duration })
}

/// More beats than this are no beats: a million in the three hours that are heard.
const MOST_BEATS: u64 = 1_000_000;

/// The beats and keys that the file has; no beats where its ticks are no part of one.
fn written(file: &SmfFile) -> Written {
    let seconds = |tick: Ticks| file.seconds(tick).0;
    let keys = file.keys.iter().map(|&(tick, key)| (seconds(tick), key)).collect();
    let ticks = file.starts().into_iter().zip(&file.tracks);
    let ticks = ticks.flat_map(|(start, track)| track.channel_events().map(move |event| start + event.tick));
    let end = ticks.max().unwrap_or_default().0;
    let Division::TicksPerQuarter(ppq) = file.division else { return Written { keys, ..Written::default() } };
    let mut meters = file.meters.clone();
    if meters.first().is_none_or(|first| first.0.0 > 0) {
        meters.insert(0, (Ticks(0), Meter::COMMON));
    }
    let length = |meter: Meter| meter.felt_beat(ppq).0.max(1);
    let ends = meters.iter().skip(1).map(|meter| meter.0.0.min(end)).chain([end]);
    let spans: Vec<(u64, u64, Meter)> =
        meters.iter().zip(ends).map(|(&(start, meter), end)| (start.0, end, meter)).collect();
    let count: u64 =
        spans.iter().map(|(start, end, meter)| end.saturating_sub(*start) / length(*meter)).sum();
    if count > MOST_BEATS {
        return Written { keys, ..Written::default() };
    }
    let (mut ticks, mut numbers) = (Vec::new(), Vec::new());
    for (start, end, meter) in spans {
        let at = (start..end).step_by(length(meter) as usize);
        for (tick, number) in at.zip((1..=meter.felt_beats().max(1)).cycle()) {
            ticks.push(Ticks(tick));
            numbers.push(number);
        }
    }
    let beats = file.tempo.seconds_of(ticks).into_iter().map(|time| time.0).zip(numbers).collect();
    let meter_at = |tick: Ticks| meters[meters.partition_point(|meter| meter.0 <= tick).max(1) - 1].1;
    let tempo_changes = file.tempo.changes().iter().map(|change| change.0);
    let mut changes: Vec<Ticks> = tempo_changes.chain(meters.iter().map(|meter| meter.0)).collect();
    changes.sort();
    let mut tempos: Vec<(f64, f64)> = Vec::new();
    for (&tick, time) in changes.iter().zip(file.tempo.seconds_of(changes.iter().copied())) {
        let felt = file.tempo.at(tick).0 * f64::from(ppq) / length(meter_at(tick)) as f64;
        match tempos.last_mut() {
            Some(last) if last.0 == time.0 => last.1 = felt,
            Some(last) if last.1 == felt => {}
            _ => tempos.push((time.0, felt)),
        }
    }
    let meters = meters.iter().map(|&(tick, meter)| (seconds(tick), meter)).collect();
    Written { beats, tempos, meters, keys }
}

/// What the engine understands of a message.
fn message(channel: u8, message: Message) -> Option<MidiMessage> {
    match message {
        Message::NoteOn { key, velocity } => Some(MidiMessage::NoteOn { channel, note: key, velocity }),
        Message::NoteOff { key, .. } => Some(MidiMessage::NoteOff { channel, note: key }),
        Message::Control { controller, value } => Some(MidiMessage::Control { channel, controller, value }),
        Message::KeyPressure { .. } | Message::Program(_) | Message::Pressure(_) | Message::Bend(_) => None,
    }
}

fn listener(sample_rate: u32, path: &Path, make: Make) -> Result<Listener> {
    make(sample_rate).map_err(|source| Error::Engine { path: path.to_owned(), source })
}

fn check_length(seconds: f64, path: &Path) -> Result<()> {
    if seconds <= MAX_SECONDS {
        return Ok(());
    }
    let reason = format!("lasts {:.1} hours; at most {} are heard", seconds / 3600.0, MAX_SECONDS / 3600.0);
    Err(kmidi_io::Error::TooLarge { path: path.to_owned(), place: Place::File, reason }.into())
}
