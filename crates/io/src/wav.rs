//! WAV files: read in chunks of frames, so that a huge file never sits in memory; written whole, atomically.
//!
//! Read: RIFF and RF64 (EBU Tech 3306), PCM of 8, 16, 24 and 32 bits and 32-bit float, plain or
//! `WAVE_FORMAT_EXTENSIBLE`, 1 to 64 channels, 8 to 192 kHz. A length of all ones (a stream that was never closed) means
//! "to the end of the file".

mod header;

use crate::{Error, Place, Result};
use header::Header;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// The sample rates that are read, in hertz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// How a file holds a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Whole numbers of so many bits: 8 (unsigned), 16, 24 or 32.
    Int(u16),
    /// 32-bit floating point; 1.0 is full scale.
    Float,
}

impl Encoding {
    fn bytes(self) -> usize {
        match self {
            Encoding::Int(bits) => usize::from(bits / 8),
            Encoding::Float => 4,
        }
    }
}

/// An open WAV file.
#[derive(Debug)]
pub struct WavReader<R = BufReader<File>> {
    input: R,
    path: PathBuf,
    header: Header,
    frame: u64,
    buffer: Vec<u8>,
}

/// Frames that are decoded at a time inside [`WavReader::read`].
const CHUNK: usize = 4_096;

impl WavReader {
    /// Opens the file at `path` and reads its header.
    ///
    /// # Errors
    /// [`Error::Kind`] for what is no WAV file; [`Error::Truncated`], with the byte where it ends, for a file that is
    /// shorter than its header says; [`Error::Malformed`] and [`Error::Unsupported`] with the byte of the field;
    /// [`Error::Io`], [`Error::Folder`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        crate::sound::expect(path, crate::sound::Kind::Wav)?;
        let file = File::open(path).map_err(Error::io(path, "read"))?;
        let size = file.metadata().map_err(Error::io(path, "read"))?.len();
        WavReader::new(BufReader::with_capacity(1 << 16, file), size, path)
    }
}

impl<R: Read> WavReader<R> {
    /// Reads the header from `input`, which has `size` bytes; `name` stands in errors as the file's name.
    ///
    /// # Errors
    /// As [`WavReader::open`].
    pub fn new(mut input: R, size: u64, name: impl AsRef<Path>) -> Result<Self> {
        let path = name.as_ref().to_owned();
        let header = header::read(&mut input, size, &path)?;
        Ok(Self { input, path, header, frame: 0, buffer: Vec::new() })
    }

    /// Frames a second.
    pub fn sample_rate(&self) -> u32 {
        self.header.rate
    }

    /// Channels, 1 to 64.
    pub fn channels(&self) -> usize {
        usize::from(self.header.channels)
    }

    /// Frames in the whole file, at least 1.
    pub fn frames(&self) -> u64 {
        self.header.frames
    }

    /// How samples are held.
    pub fn encoding(&self) -> Encoding {
        self.header.encoding
    }

    /// Reads up to `max_frames` frames, one slice of `channels` a channel: each vector is cleared and filled with samples
    /// (full scale is -1.0 to 1.0). Where `channels` is shorter than [`WavReader::channels`] the others are skipped; where
    /// it is longer the rest is left empty. Gives how many frames were read; 0 at the end.
    ///
    /// # Errors
    /// [`Error::Malformed`] with the frame of a sample that is not a finite number, [`Error::Truncated`] when the file
    /// has become shorter, [`Error::Io`].
    pub fn read(&mut self, channels: &mut [Vec<f32>], max_frames: usize) -> Result<usize> {
        channels.iter_mut().for_each(Vec::clear);
        let wanted = (self.header.frames - self.frame).min(max_frames as u64) as usize;
        let (sample_bytes, count) = (self.header.encoding.bytes(), self.channels());
        let frame_bytes = sample_bytes * count;
        let mut done = 0;
        while done < wanted {
            let now = (wanted - done).min(CHUNK);
            self.buffer.resize(now * frame_bytes, 0);
            let frame = Place::Frame(self.frame);
            self.input.read_exact(&mut self.buffer).map_err(|e| match e.kind() {
                io::ErrorKind::UnexpectedEof => {
                    Error::truncated(&self.path, frame, "it was longer when it was opened")
                }
                _ => Error::io(&self.path, "read")(e),
            })?;
            for (c, out) in channels.iter_mut().enumerate().take(count) {
                let samples =
                    self.buffer.chunks_exact(frame_bytes).map(|f| &f[c * sample_bytes..][..sample_bytes]);
                decode(self.header.encoding, samples, out);
                if let Some(bad) = out[done..].iter().position(|x| !x.is_finite()) {
                    let place = Place::Frame(self.frame + bad as u64);
                    let reason = format!("channel {} is not a number here; samples must be finite", c + 1);
                    return Err(Error::malformed(&self.path, place, reason));
                }
            }
            done += now;
            self.frame += now as u64;
        }
        Ok(done)
    }
}

fn decode<'a>(encoding: Encoding, samples: impl Iterator<Item = &'a [u8]>, out: &mut Vec<f32>) {
    let four = |s: &[u8]| [s[0], s[1], s[2], s[3]];
    match encoding {
        Encoding::Int(8) => out.extend(samples.map(|s| (f32::from(s[0]) - 128.0) / 128.0)),
        Encoding::Int(16) => {
            out.extend(samples.map(|s| f32::from(i16::from_le_bytes([s[0], s[1]])) / 32_768.0));
        }
        Encoding::Int(24) => {
            let whole = |s: &[u8]| i32::from_le_bytes([0, s[0], s[1], s[2]]) >> 8;
            out.extend(samples.map(|s| whole(s) as f32 / 8_388_608.0));
        }
        Encoding::Int(_) => out.extend(samples.map(|s| i32::from_le_bytes(four(s)) as f32 / 2_147_483_648.0)),
        Encoding::Float => out.extend(samples.map(|s| f32::from_le_bytes(four(s)))),
    }
}

/// Writes stereo sound to `path`, atomically. `encoding` is [`Encoding::Int`] of 16 (usual) or [`Encoding::Float`].
/// Samples of 16 bits are clamped to full scale and rounded to the nearest step, without dither.
///
/// # Errors
/// [`Error::Unwritable`] where the channels differ in length, a sample is not finite (with its frame), the encoding is
/// another one, or the sound is too long for the format (4 GiB); [`Error::Folder`] and [`Error::Io`] as
/// [`crate::write::atomic`].
pub fn write_stereo(
    path: impl AsRef<Path>,
    sample_rate: u32,
    left: &[f32],
    right: &[f32],
    encoding: Encoding,
) -> Result<()> {
    let unwritable = |place, reason: String| Err(Error::Unwritable { place, reason });
    let spec = match encoding {
        Encoding::Int(16) => (16, hound::SampleFormat::Int),
        Encoding::Float => (32, hound::SampleFormat::Float),
        Encoding::Int(bits) => {
            return unwritable(Place::File, format!("{bits}-bit samples are not written; use 16 or float"));
        }
    };
    let shorter = left.len().min(right.len());
    if left.len() != right.len() {
        let reason = format!("{} frames on the left and {} on the right", left.len(), right.len());
        return unwritable(Place::Frame(shorter as u64), reason);
    }
    if let Some(bad) = left.iter().zip(right).position(|(l, r)| !(l.is_finite() && r.is_finite())) {
        return unwritable(Place::Frame(bad as u64), "the sound is not a number here".into());
    }
    if left.len() as u64 * 8 > u64::from(u32::MAX) - 1_024 {
        return unwritable(Place::File, format!("{} frames do not fit a WAV file of 4 GiB", left.len()));
    }
    let spec = hound::WavSpec { channels: 2, sample_rate, bits_per_sample: spec.0, sample_format: spec.1 };
    let mut bytes =
        io::Cursor::new(Vec::with_capacity(80 + left.len() * 2 * usize::from(spec.bits_per_sample / 8)));
    encode(&mut bytes, spec, left, right).map_err(|e| match e {
        hound::Error::IoError(source) => {
            Error::Io { path: path.as_ref().to_owned(), action: "write", source }
        }
        other => Error::Unwritable { place: Place::File, reason: other.to_string() },
    })?;
    crate::write::atomic(path, bytes.get_ref())
}

fn encode(
    bytes: &mut io::Cursor<Vec<u8>>,
    spec: hound::WavSpec,
    left: &[f32],
    right: &[f32],
) -> std::result::Result<(), hound::Error> {
    let mut writer = hound::WavWriter::new(bytes, spec)?;
    for (&l, &r) in left.iter().zip(right) {
        for x in [l, r] {
            match spec.sample_format {
                hound::SampleFormat::Float => writer.write_sample(x)?,
                hound::SampleFormat::Int => {
                    writer.write_sample((x * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16)?;
                }
            }
        }
    }
    writer.finalize()
}
