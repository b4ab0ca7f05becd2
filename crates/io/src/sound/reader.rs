//! One reader for every kind of sound file.

use super::packed::Packed;
use super::{Kind, SUPPORTED_SOUND, identify_head, refused};
use crate::wav::WavReader;
use crate::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use symphonia::core::io::MediaSource;

/// An open WAV, FLAC, MP3 or Ogg Vorbis file, read in chunks of frames. Which it is, its content tells.
///
/// FLAC gives the samples that were encoded, to the bit. What an MP3 or Vorbis encoder put before and after the sound is
/// left out where the file says how much it is.
pub struct SoundReader {
    kind: Kind,
    inner: Inner,
}

enum Inner {
    Wav(WavReader<BufReader<Box<dyn MediaSource>>>),
    Packed(Box<Packed>),
}

impl SoundReader {
    /// Opens the file at `path` and reads its header; of MP3 and Ogg all frames and pages are checked.
    ///
    /// # Errors
    /// [`Error::Kind`] for what is no sound that is read here; [`Error::Truncated`], [`Error::Malformed`],
    /// [`Error::Unsupported`] and [`Error::TooLarge`] with the place; [`Error::Io`], [`Error::Folder`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(Error::io(path, "read"))?;
        Self::new(Box::new(file), path)
    }

    /// As [`SoundReader::open`], for the content itself; `name` stands in errors as the file's name.
    ///
    /// # Errors
    /// As [`SoundReader::open`].
    pub fn from_bytes(bytes: Vec<u8>, name: impl AsRef<Path>) -> Result<Self> {
        Self::new(Box::new(Cursor::new(bytes)), name.as_ref())
    }

    fn new(mut input: Box<dyn MediaSource>, path: &Path) -> Result<Self> {
        let failed = |e: io::Error| Error::io(path, "read")(e);
        let mut head = Vec::new();
        (&mut *input).take(super::HEAD as u64).read_to_end(&mut head).map_err(failed)?;
        let kind = identify_head(&head).map_err(|found| refused(path, found, SUPPORTED_SOUND))?;
        let size = input.seek(SeekFrom::End(0)).map_err(failed)?;
        input.rewind().map_err(failed)?;
        let inner = match kind {
            Kind::Midi => return Err(refused(path, kind.words().into(), SUPPORTED_SOUND)),
            Kind::Wav => Inner::Wav(WavReader::new(BufReader::with_capacity(1 << 16, input), size, path)?),
            _ => Inner::Packed(Box::new(Packed::new(kind, input, size, path)?)),
        };
        Ok(Self { kind, inner })
    }

    /// What the file is: any but [`Kind::Midi`].
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Frames a second, 8,000 to 192,000.
    pub fn sample_rate(&self) -> u32 {
        match &self.inner {
            Inner::Wav(wav) => wav.sample_rate(),
            Inner::Packed(packed) => packed.rate,
        }
    }

    /// Channels, 1 to 64.
    pub fn channels(&self) -> usize {
        match &self.inner {
            Inner::Wav(wav) => wav.channels(),
            Inner::Packed(packed) => packed.channels,
        }
    }

    /// Frames in the whole file, at least 1; `None` for FLAC that was written as a stream and does not say.
    pub fn frames(&self) -> Option<u64> {
        match &self.inner {
            Inner::Wav(wav) => Some(wav.frames()),
            Inner::Packed(packed) => packed.frames,
        }
    }

    /// Reads up to `max_frames` frames, one slice of `channels` a channel: each vector is cleared and filled with samples
    /// (full scale is -1.0 to 1.0; lossy kinds may go a little beyond). Where `channels` is shorter than
    /// [`SoundReader::channels`] the others are skipped; where it is longer the rest is left empty. Gives how many frames
    /// were read; 0 at the end.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::Truncated`] with the frame, or the byte, at which the sound is damaged or ends too
    /// early; [`Error::Io`]. After an error there is nothing more to read.
    pub fn read(&mut self, channels: &mut [Vec<f32>], max_frames: usize) -> Result<usize> {
        match &mut self.inner {
            Inner::Wav(wav) => wav.read(channels, max_frames),
            Inner::Packed(packed) => packed.read(channels, max_frames),
        }
    }
}

impl fmt::Debug for SoundReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoundReader")
            .field("kind", &self.kind)
            .field("sample_rate", &self.sample_rate())
            .field("channels", &self.channels())
            .field("frames", &self.frames())
            .finish_non_exhaustive()
    }
}
