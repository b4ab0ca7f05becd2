//! FLAC, MP3 and Vorbis through `symphonia`'s decoders.

use super::{Kind, mp3, ogg};
use crate::wav::RATES;
use crate::{Error, Place, Result};
use std::io::{self, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Fault;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::packet::PacketBuilder;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::{FlacDecoder, MpaDecoder, VorbisDecoder};
use symphonia::default::formats::{FlacReader, OggReader};

/// A stream of packets with its decoder.
enum Source {
    Flac { reader: FlacReader<'static>, decoder: FlacDecoder },
    Vorbis { reader: OggReader<'static>, decoder: VorbisDecoder },
    Mp3 { input: Box<dyn MediaSource>, at: u64, end: u64, trim: u64, decoder: MpaDecoder },
}

/// A packed sound that is being read.
pub(super) struct Packed {
    path: PathBuf,
    source: Source,
    pub(super) rate: u32,
    pub(super) channels: usize,
    pub(super) frames: Option<u64>,
    /// Frames that were decoded so far.
    decoded: u64,
    /// Decoded and not yet read, a vector a channel; the first `taken` frames are read.
    part: Vec<Vec<f32>>,
    taken: usize,
    done: bool,
}

type Decoded<T> = std::result::Result<T, Fault>;

impl Packed {
    /// Opens a sound of `kind` in `input`, which has `size` bytes and stands at its start.
    pub(super) fn new(kind: Kind, mut input: Box<dyn MediaSource>, size: u64, path: &Path) -> Result<Self> {
        let gapless = AudioDecoderOptions::default();
        let rewound = |input: &mut Box<dyn MediaSource>, at: u64| {
            input.seek(SeekFrom::Start(at)).map(drop).map_err(Error::io(path, "read"))
        };
        let opening = |fault| told(fault, path, Place::File);
        let (source, rate, channels, frames) = match kind {
            Kind::Mp3 => {
                let found = mp3::walk(&mut io::BufReader::new(&mut *input), size, path)?;
                let mut params = AudioCodecParameters::new();
                params.for_codec(CODEC_ID_MP3).with_sample_rate(found.head.rate);
                let decoder = MpaDecoder::try_new(&params, &gapless).map_err(opening)?;
                rewound(&mut input, found.first)?;
                let source =
                    Source::Mp3 { input, at: found.first, end: found.end, trim: found.delay, decoder };
                (source, found.head.rate, if found.head.mono { 1 } else { 2 }, Some(found.frames))
            }
            Kind::Ogg => {
                let frames = ogg::walk(&mut io::BufReader::new(&mut *input), size, path)?;
                rewound(&mut input, 0)?;
                let stream = MediaSourceStream::new(input, Default::default());
                let opened = || {
                    let reader = OggReader::try_new(stream, FormatOptions::default())?;
                    let params = params_of(reader.tracks())?;
                    let decoder = VorbisDecoder::try_new(&params, &gapless)?;
                    Ok((Source::Vorbis { reader, decoder }, shape(&params)))
                };
                let (source, (rate, channels)) = guarded(opened, path, Place::File)?;
                (source, rate, channels, Some(frames))
            }
            _ => {
                let stream = MediaSourceStream::new(input, Default::default());
                let opened = || {
                    let reader = FlacReader::try_new(stream, FormatOptions::default())?;
                    let params = params_of(reader.tracks())?;
                    let frames = reader.tracks().first().and_then(|track| track.num_frames);
                    let decoder = FlacDecoder::try_new(&params, &gapless.verify(true))?;
                    Ok((Source::Flac { reader, decoder }, shape(&params), frames))
                };
                let (source, (rate, channels), frames) = guarded(opened, path, Place::File)?;
                (source, rate, channels, frames)
            }
        };
        if !RATES.contains(&rate) {
            let (low, high) = (RATES.start(), RATES.end());
            let reason = format!("{rate} frames a second; rates from {low} to {high} are read");
            return Err(Error::unsupported(path, Place::File, reason));
        }
        if !(1..=64).contains(&channels) {
            let reason = format!("{channels} channels; there must be 1 to 64");
            return Err(Error::malformed(path, Place::File, reason));
        }
        let part = vec![Vec::new(); channels];
        Ok(Self {
            path: path.to_owned(),
            source,
            rate,
            channels,
            frames,
            decoded: 0,
            part,
            taken: 0,
            done: false,
        })
    }

    /// As [`super::SoundReader::read`].
    pub(super) fn read(&mut self, channels: &mut [Vec<f32>], max_frames: usize) -> Result<usize> {
        channels.iter_mut().for_each(Vec::clear);
        let mut count = 0;
        while count < max_frames {
            let there = self.part[0].len() - self.taken;
            if there == 0 {
                if !self.more()? {
                    break;
                }
                continue;
            }
            let now = there.min(max_frames - count);
            for (out, part) in channels.iter_mut().zip(&self.part) {
                out.extend_from_slice(&part[self.taken..][..now]);
            }
            (self.taken, count) = (self.taken + now, count + now);
        }
        Ok(count)
    }

    /// Decodes the next packet; `false` at the end.
    fn more(&mut self) -> Result<bool> {
        if self.done {
            return Ok(false);
        }
        self.done = true; // after an error there is nothing more
        self.taken = 0;
        let (path, place) = (&self.path, Place::Frame(self.decoded));
        let (source, part) = (&mut self.source, &mut self.part);
        part.iter_mut().for_each(Vec::clear);
        let there = match source {
            Source::Flac { reader, decoder } => {
                let at = self.decoded;
                match guarded(|| Ok(flac(reader, decoder, at, part)), path, place)? {
                    Ok(there) => there,
                    Err(Fault::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => false, // told below
                    Err(fault) => return Err(told(fault, path, place)),
                }
            }
            Source::Vorbis { reader, decoder } => guarded(|| vorbis(reader, decoder, part), path, place)?,
            Source::Mp3 { input, at, end, trim, decoder } => {
                let there = *at < *end;
                if there {
                    let frame = mpeg_frame(input.as_mut(), path)?;
                    let place = Place::Byte(*at);
                    *at += frame.len() as u64;
                    guarded(|| mpeg(frame, decoder, part), path, place)?;
                    let cut = (*trim).min(part[0].len() as u64);
                    *trim -= cut;
                    part.iter_mut().for_each(|channel| drop(channel.drain(..cut as usize)));
                }
                there
            }
        };
        if !there {
            return self.end().map(|()| false);
        }
        if part.len() != self.channels || part.iter().any(|channel| channel.len() != part[0].len()) {
            return Err(Error::malformed(path, place, "the number of channels changes here"));
        }
        if let (Source::Mp3 { .. } | Source::Vorbis { .. }, Some(frames)) = (&self.source, self.frames) {
            let rest = frames.saturating_sub(self.decoded).min(part[0].len() as u64);
            part.iter_mut().for_each(|channel| channel.truncate(rest as usize)); // padding
        }
        for (c, channel) in part.iter().enumerate() {
            if let Some(bad) = channel.iter().position(|x| !x.is_finite()) {
                let place = Place::Frame(self.decoded + bad as u64);
                let reason = format!("channel {} is not a number here; samples must be finite", c + 1);
                return Err(Error::malformed(path, place, reason));
            }
        }
        self.decoded += part[0].len() as u64;
        self.done = false;
        Ok(true)
    }

    /// Is it the end that was promised?
    fn end(&mut self) -> Result<()> {
        let (decoded, place) = (self.decoded, Place::Frame(self.decoded));
        match self.frames {
            Some(frames) if decoded < frames => {
                let reason =
                    format!("{frames} frames should be there, and the sound ends here or is damaged");
                return Err(Error::truncated(&self.path, place, reason));
            }
            Some(frames) if decoded > frames => {
                let reason = format!("{frames} frames should be there, not {decoded}");
                return Err(Error::malformed(&self.path, place, reason));
            }
            _ if decoded == 0 => {
                return Err(Error::malformed(&self.path, Place::File, "there are no samples"));
            }
            _ => {}
        }
        if let Source::Flac { decoder, .. } = &mut self.source
            && decoder.finalize().verify_ok == Some(false)
        {
            let reason = "the samples are not those that were encoded: their checksum (MD5) is wrong";
            return Err(Error::malformed(&self.path, Place::File, reason));
        }
        Ok(())
    }
}

fn flac(
    reader: &mut FlacReader<'static>,
    decoder: &mut FlacDecoder,
    at: u64,
    part: &mut Vec<Vec<f32>>,
) -> Decoded<bool> {
    let Some(packet) = reader.next_packet()? else { return Ok(false) };
    // The reader passes over damaged frames; the numbers of those that follow tell.
    if packet.pts.get() != at as i64 {
        return Err(Fault::DecodeError("the FLAC frame that should begin here is missing or damaged"));
    }
    decoder.decode(&packet).map(|sound| sound.copy_to_vecs_planar(part)).map(|()| true)
}

fn vorbis(
    reader: &mut OggReader<'static>,
    decoder: &mut VorbisDecoder,
    part: &mut Vec<Vec<f32>>,
) -> Decoded<bool> {
    let Some(packet) = reader.next_packet()? else { return Ok(false) };
    decoder.decode(&packet).map(|sound| sound.copy_to_vecs_planar(part)).map(|()| true)
}

fn mpeg(frame: Vec<u8>, decoder: &mut MpaDecoder, part: &mut Vec<Vec<f32>>) -> Decoded<()> {
    let packet =
        PacketBuilder::new().track_id(0).pts(Timestamp::ZERO).dur(Duration::ZERO).data(frame).build();
    decoder.decode(&packet).map(|sound: GenericAudioBufferRef<'_>| sound.copy_to_vecs_planar(part))
}

/// The frame at which `input` stands; [`mp3::walk`] has seen it.
fn mpeg_frame(input: &mut dyn MediaSource, path: &Path) -> Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    let gone = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::truncated(path, Place::File, "it was longer when it was opened")
        }
        _ => Error::io(path, "read")(e),
    };
    input.read_exact(&mut frame).map_err(gone)?;
    let head = mp3::Head::parse(&frame)
        .ok_or_else(|| Error::malformed(path, Place::File, "it was another one when it was opened"))?;
    frame.resize(head.length, 0);
    input.read_exact(&mut frame[4..]).map_err(gone)?;
    Ok(frame)
}

fn params_of(tracks: &[Track]) -> Decoded<AudioCodecParameters> {
    let params = tracks.first().and_then(|track| track.codec_params.as_ref()?.audio().cloned());
    params.ok_or(Fault::DecodeError("there is no sound in it"))
}

fn shape(params: &AudioCodecParameters) -> (u32, usize) {
    (params.sample_rate.unwrap_or(0), params.channels.as_ref().map_or(0, |channels| channels.count()))
}

/// Runs a decoder that is not ours over bytes that are nobody's: an error, or a panic, is a fault of the file.
fn guarded<T>(run: impl FnOnce() -> Decoded<T>, path: &Path, place: Place) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(answer) => answer.map_err(|fault| told(fault, path, place)),
        Err(_) => {
            Err(Error::malformed(path, place, "the decoder cannot go on here; the file must be damaged"))
        }
    }
}

fn told(fault: Fault, path: &Path, place: Place) -> Error {
    match fault {
        Fault::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            Error::truncated(path, place, "more should follow")
        }
        Fault::IoError(e) => Error::io(path, "read")(e),
        Fault::Unsupported(what) => Error::unsupported(path, place, what),
        Fault::LimitError(what) => Error::too_large(path, place, what),
        Fault::DecodeError(what) => Error::malformed(path, place, what),
        other => Error::malformed(path, place, other.to_string()),
    }
}
