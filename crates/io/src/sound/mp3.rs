//! The frames of an MP3 file: MPEG-1 and MPEG-2 audio, layer III (ISO/IEC 11172-3, 1993, and 13818-3, 1998; MPEG-2.5 as
//! encoders write it). They are walked here, so that a frame that is missing or cut has its byte and the length is known
//! before the first sample; `symphonia` decodes them.

use crate::{Error, Place, Result};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// What was found on the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream {
    /// The first frame of sound.
    pub(super) first: u64,
    /// The byte after the last one.
    pub(super) end: u64,
    /// Its shape, the same for all.
    pub(super) head: Head,
    /// Sample frames that the encoder put before the sound, the decoder's own delay included.
    pub(super) delay: u64,
    /// Sample frames of sound.
    pub(super) frames: u64,
}

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// MPEG version as the header has it: 3 is MPEG-1, 2 MPEG-2, 0 MPEG-2.5.
    version: u8,
    pub(super) rate: u32,
    pub(super) mono: bool,
    /// Bytes, the header included.
    pub(super) length: usize,
}

impl Head {
    /// The header of a layer III frame; `None` for anything else and for free bit rates.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, b, c, d] = bytes.first_chunk()? else { return None };
        let (version, layer, index) = (b >> 3 & 3, b >> 1 & 3, usize::from(c >> 4));
        let base = *[44_100u32, 48_000, 32_000].get(usize::from(c >> 2 & 3))?;
        if b & 0xe0 != 0xe0 || version == 1 || layer != 1 || !(1..=14).contains(&index) {
            return None;
        }
        // Kilobits a second: ISO/IEC 11172-3, 2.4.2.3, and 13818-3, 2.4.2.3.
        const MPEG_1: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const MPEG_2: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let (kilobits, rate) = match version {
            3 => (MPEG_1[index - 1], base),
            2 => (MPEG_2[index - 1], base / 2),
            _ => (MPEG_2[index - 1], base / 4),
        };
        let slots = if version == 3 { 144_000 } else { 72_000 };
        let length = (slots * kilobits / rate) as usize + usize::from(c >> 1 & 1);
        Some(Self { version, rate, mono: d >> 6 == 3, length })
    }

    /// Sample frames in a frame.
    pub(super) fn samples(&self) -> u64 {
        if self.version == 3 { 1_152 } else { 576 }
    }

    fn like(&self, other: &Self) -> bool {
        (self.version, self.rate, self.mono) == (other.version, other.rate, other.mono)
    }

    /// Where the side information ends, and an encoder's own frame says what it is.
    fn side_end(&self) -> usize {
        match (self.version, self.mono) {
            (3, false) => 36,
            (3, true) | (_, false) => 21,
            (_, true) => 13,
        }
    }
}

/// What an encoder tells in a frame of its own before the sound (the Xing, LAME and VBRI headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Told {
    frames: Option<u64>,
    /// Does the count hold to the frame? Some encoders count this frame too.
    exact: bool,
    delay: u64,
    padding: u64,
}

impl Told {
    fn parse(frame: &[u8], head: &Head) -> Option<Self> {
        let number = |at: usize| {
            let bytes = frame.get(at..)?.first_chunk()?;
            Some(u32::from_be_bytes(*bytes))
        };
        if frame.get(36..40) == Some(b"VBRI") {
            return Some(Self { frames: number(50).map(u64::from), ..Self::default() });
        }
        let tag = head.side_end();
        if !matches!(frame.get(tag..tag + 4), Some(b"Xing" | b"Info")) {
            return None;
        }
        let flags = number(tag + 4)?;
        let mut at = tag + 8;
        let frames = if flags & 1 != 0 { number(at).map(u64::from) } else { None };
        for (flag, bytes) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
            at += if flags & flag != 0 { bytes } else { 0 };
        }
        let mut told = Self { frames, ..Self::default() };
        // The LAME extension: nine bytes of name; twelve bits each of delay and padding at byte 21. A decoder adds 529
        // frames of its own (528 of the filter bank and 1 of the transform).
        if let (Some(b"LAME" | b"Lavf" | b"Lavc"), Some(&[a, b, c])) =
            (frame.get(at..at + 4), frame.get(at + 21..).and_then(|rest| rest.first_chunk()))
        {
            told.exact = true;
            told.delay = 529 + (u64::from(a) << 4 | u64::from(b) >> 4);
            told.padding = (u64::from(b & 0x0f) << 8 | u64::from(c)).saturating_sub(529);
        }
        Some(told)
    }
}

/// How far the first frame may lie behind a tag: some programs leave room there.
const MAX_GAP: u64 = 1 << 16;

struct Walk<'a, R: ?Sized> {
    input: &'a mut R,
    size: u64,
    path: &'a Path,
}

/// Walks the frames of `input`, which has `size` bytes.
pub(super) fn walk<R: Read + Seek + ?Sized>(input: &mut R, size: u64, path: &Path) -> Result<Stream> {
    let mut walk = Walk { input, size, path };
    let start = walk.past_tags()?;
    let Some((mut at, first)) = walk.find(start, start + MAX_GAP, None)? else {
        let reason = "no MPEG audio frame of layer III begins here, or its bit rate is a free one";
        return Err(Error::malformed(path, Place::Byte(start), reason));
    };
    let frame = walk.bytes(at, first.length)?;
    let told = Told::parse(&frame, &first);
    if told.is_some() {
        at += first.length as u64;
    }
    let (start, mut count) = (at, 0u64);
    loop {
        let head = walk.bytes(at, 4)?;
        match Head::parse(&head) {
            Some(head) if head.like(&first) => {
                let end = at + head.length as u64;
                if end > size {
                    let reason = format!("the MPEG frame at byte {at} should go on to byte {end}");
                    return Err(Error::truncated(path, Place::Byte(size), reason));
                }
                (at, count) = (end, count + 1);
            }
            _ => break,
        }
    }
    // What follows the sound are tags, or damage with more sound behind it.
    if let Some((next, _)) = walk.find(at, size, Some(&first))? {
        let reason = format!("an MPEG audio frame should begin here; the next one begins at byte {next}");
        return Err(Error::malformed(path, Place::Byte(at), reason));
    }
    let told = told.unwrap_or_default();
    let promised = told.frames.unwrap_or(0).saturating_sub(u64::from(!told.exact));
    if count < promised {
        let reason =
            format!("the first frame promises {promised} MPEG frames of sound, and {count} are there");
        return Err(Error::truncated(path, Place::Byte(at), reason));
    }
    let frames = (count * first.samples()).saturating_sub(told.delay + told.padding);
    if frames == 0 {
        return Err(Error::malformed(path, Place::Byte(start), "there are no samples"));
    }
    Ok(Stream { first: start, end: at, head: first, delay: told.delay, frames })
}

impl<R: Read + Seek + ?Sized> Walk<'_, R> {
    /// Up to `count` bytes at a place, fewer at the end of the file.
    fn bytes(&mut self, at: u64, count: usize) -> Result<Vec<u8>> {
        let failed = |e: io::Error| Error::io(self.path, "read")(e);
        let mut bytes = Vec::with_capacity(count);
        self.input.seek(SeekFrom::Start(at)).map_err(failed)?;
        (&mut *self.input).take(count as u64).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// Past the ID3v2 tags at the start (ID3v2.4 main structure, 3.1 and 3.4).
    fn past_tags(&mut self) -> Result<u64> {
        let mut at = 0;
        loop {
            let head = self.bytes(at, 10)?;
            let &[b'I', b'D', b'3', _, _, flags, a, b, c, d] = head.as_slice() else { return Ok(at) };
            let length = [a, b, c, d].iter().fold(0, |sum, &seven| sum << 7 | u64::from(seven & 0x7f));
            let end = at + 10 + length + if flags & 0x10 != 0 { 10 } else { 0 };
            if end >= self.size {
                let reason =
                    format!("the ID3 tag at byte {at} should go on to byte {end}, and sound should follow");
                return Err(Error::truncated(self.path, Place::Byte(self.size), reason));
            }
            at = end;
        }
    }

    /// The next frame that begins between `from` and `to` and that another one follows, or the end of the file. `like`:
    /// of this shape.
    fn find(&mut self, from: u64, to: u64, like: Option<&Head>) -> Result<Option<(u64, Head)>> {
        let mut base = from;
        while base < to.min(self.size) {
            let piece = self.bytes(base, 1 << 16)?;
            let last = piece.len().saturating_sub(3);
            for i in 0..last {
                let Some(head) = Head::parse(&piece[i..]) else { continue };
                let at = base + i as u64;
                if at >= to {
                    return Ok(None);
                }
                if like.is_some_and(|shape| !head.like(shape)) {
                    continue;
                }
                let end = at + head.length as u64;
                let next = self.bytes(end.min(self.size), 4)?;
                let follows = Head::parse(&next).is_some_and(|next| next.like(&head));
                if follows || (like.is_none() && end >= self.size) {
                    return Ok(Some((at, head)));
                }
            }
            if last == 0 {
                break;
            }
            base += last as u64;
        }
        Ok(None)
    }
}
