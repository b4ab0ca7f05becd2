//! A file through the listener, in pieces: a long one never sits in memory.

use crate::cores::spread;
use crate::{Error, Result};
use kmidi_engine::{ConfigError, MidiEvent, MidiMessage};
use kmidi_io::Place;
use kmidi_io::smf::{self, Loss, Message, SmfFile};
use kmidi_io::sound::{self, Kind, SoundReader};
use kmidi_studio::analyze::{Listener, Study};
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

/// Analyses the MIDI, WAV, FLAC, MP3 or Ogg Vorbis file at `path`; which it is, its content tells. `progress` hears the share done, 0 to 1.
///
/// # Errors
///
/// [`Error::File`] for what cannot be read, is cut off, malformed, of another kind or longer than [`MAX_SECONDS`];
/// [`Error::Engine`] for a sample rate that the engine does not take.
pub fn analyze(path: impl AsRef<Path>, progress: &dyn Fn(f64)) -> Result<Study> {
    Ok(hear(path.as_ref(), progress, Listener::new)?.listener.finish())
}

/// As [`analyze`], but of a MIDI file that is cut off or damaged what can be read is heard ([`smf::salvage`]); with it comes
/// what was lost, nothing for a whole file and for sound.
///
/// # Errors
///
/// As [`analyze`], where nothing can be read.
pub fn salvage(path: impl AsRef<Path>, progress: &dyn Fn(f64)) -> Result<(Study, Vec<Loss>)> {
    let path = path.as_ref();
    if sound::identify(path)? != Kind::Midi {
        return Ok((analyze(path, progress)?, Vec::new()));
    }
    let salvaged = smf::read_salvage(path)?;
    Ok((hear_midi(&salvaged.file, path, progress, Listener::new)?.listener.finish(), salvaged.lost))
}

/// Analyses many files with all cores. `take` gets each answer with the file's place in the list, on the thread that
/// made it and in any order; what it gives comes back in the order of the files.
///
/// ```
/// let problems = kmidi::analyze_each(&["no such file.mid"], |_, study| study.err().map(|error| error.to_string()));
/// assert!(problems[0].as_ref().is_some_and(|text| text.starts_with("no such file.mid: cannot read")));
/// ```
pub fn analyze_each<P: AsRef<Path> + Sync, R: Send>(
    files: &[P],
    take: impl Fn(usize, Result<Study>) -> R + Sync,
) -> Vec<R> {
    spread(files, |n, file| take(n, analyze(file, &|_| {})))
}

/// As [`analyze_each`], by [`salvage`].
pub fn salvage_each<P: AsRef<Path> + Sync, R: Send>(
    files: &[P],
    take: impl Fn(usize, Result<(Study, Vec<Loss>)>) -> R + Sync,
) -> Vec<R> {
    spread(files, |n, file| take(n, salvage(file, &|_| {})))
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
