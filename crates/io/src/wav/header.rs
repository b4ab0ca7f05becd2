//! The chunks before a WAV file's samples. They are walked here and not by `hound`, so that every fault has its byte,
//! chunks of odd length are stepped over with their padding, and RF64 is read.

use super::{Encoding, RATES};
use crate::{Error, Place, Result};
use std::io::{self, Read};
use std::path::Path;

/// What the header says, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) encoding: Encoding,
    pub(super) frames: u64,
}

const MAX_CHANNELS: u16 = 64;
/// Format chunks are 16, 18 or 40 bytes.
const MAX_FORMAT: u32 = 1_024;

struct Walk<'a, R> {
    input: &'a mut R,
    at: u64,
    size: u64,
    path: &'a Path,
}

impl<R: Read> Walk<'_, R> {
    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<()> {
        self.input.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => self.cut(what),
            _ => Error::io(self.path, "read")(e),
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn skip(&mut self, bytes: u64, what: &str) -> Result<()> {
        if bytes > self.size.saturating_sub(self.at) {
            return Err(self.cut(what)); // told at once, not after reading gigabytes
        }
        let skipped = io::copy(&mut self.input.take(bytes), &mut io::sink());
        if skipped.map_err(Error::io(self.path, "read"))? < bytes {
            return Err(self.cut(what));
        }
        self.at += bytes;
        Ok(())
    }

    fn cut(&self, what: &str) -> Error {
        let reason = format!("{what} should stand at byte {}", self.at);
        Error::truncated(self.path, Place::Byte(self.size), reason)
    }
}

pub(super) fn read<R: Read>(input: &mut R, size: u64, path: &Path) -> Result<Header> {
    let mut walk = Walk { input, at: 0, size, path };
    let riff: [u8; 12] = walk.bytes("the 12 bytes of a RIFF header")?;
    crate::sound::expect_bytes(&riff, path, crate::sound::Kind::Wav)?;
    let (mut format, mut long_data) = (None, None);
    loop {
        let [a, b, c, d, length @ ..]: [u8; 8] =
            walk.bytes("a chunk head before the samples (chunk data)")?;
        let (start, length) = (walk.at, u32::from_le_bytes(length));
        match &[a, b, c, d] {
            b"fmt " => {
                format = Some(parse_format(&mut walk, length)?);
                let rest = u64::from(length) + u64::from(length & 1) - (walk.at - start);
                walk.skip(rest, "the rest of the format chunk")?;
            }
            // RF64: RIFF size, then the data chunk's size, as 64 bits each.
            b"ds64" if length >= 16 => {
                let sizes: [u8; 16] = walk.bytes("the sizes of chunk ds64")?;
                let [.., a, b, c, d, e, f, g, h] = sizes;
                long_data = Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
                walk.skip(u64::from(length) - 16 + u64::from(length & 1), "the rest of chunk ds64")?;
            }
            b"data" => {
                let Some((rate, channels, encoding)) = format else {
                    let reason = "the samples come before the format chunk (fmt )";
                    return Err(Error::malformed(path, Place::Byte(start - 8), reason));
                };
                let frame = encoding.bytes() as u64 * u64::from(channels);
                let there = size.saturating_sub(start);
                let bytes = match (length, long_data) {
                    (u32::MAX, Some(long)) => long,
                    (u32::MAX, None) => there - there % frame,
                    (plain, _) => u64::from(plain),
                };
                if bytes > there {
                    let reason =
                        format!("{bytes} bytes of samples should follow byte {start}, and {there} do");
                    return Err(Error::truncated(path, Place::Byte(size), reason));
                }
                if bytes == 0 || bytes % frame != 0 {
                    let reason = match bytes {
                        0 => "there are no samples".into(),
                        _ => {
                            format!("{bytes} bytes of samples are no whole number of frames of {frame} bytes")
                        }
                    };
                    return Err(Error::malformed(path, Place::Byte(start - 4), reason));
                }
                return Ok(Header { rate, channels, encoding, frames: bytes / frame });
            }
            _ => walk.skip(u64::from(length) + u64::from(length & 1), "the rest of a chunk")?,
        }
    }
}

fn parse_format<R: Read>(walk: &mut Walk<'_, R>, length: u32) -> Result<(u32, u16, Encoding)> {
    let (start, path) = (walk.at, walk.path);
    let malformed = |offset: u64, reason: String| Error::malformed(path, Place::Byte(start + offset), reason);
    if !(16..=MAX_FORMAT).contains(&length) {
        let reason = format!("the format chunk has {length} bytes; it must have 16, 18 or 40");
        return Err(Error::malformed(path, Place::Byte(start - 4), reason));
    }
    let head: [u8; 16] = walk.bytes("the format chunk")?;
    let short = |i: usize| u16::from_le_bytes([head[i], head[i + 1]]);
    let (mut tag, channels, align, bits) = (short(0), short(2), short(12), short(14));
    let rate = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    if tag == 0xfffe && length >= 40 {
        // WAVE_FORMAT_EXTENSIBLE: the true tag begins the sub-format at offset 24.
        walk.skip(8, "the format chunk")?;
        tag = u16::from_le_bytes(walk.bytes("the format chunk")?);
    }
    if !(1..=MAX_CHANNELS).contains(&channels) {
        return Err(malformed(2, format!("{channels} channels; there must be 1 to {MAX_CHANNELS}")));
    }
    if !RATES.contains(&rate) {
        let (low, high) = (RATES.start(), RATES.end());
        let reason = format!("{rate} frames a second; rates from {low} to {high} are read");
        return Err(Error::unsupported(path, Place::Byte(start + 4), reason));
    }
    let encoding = match (tag, bits) {
        (1, 8 | 16 | 24 | 32) => Encoding::Int(bits),
        (3, 32) => Encoding::Float,
        _ => {
            let reason = format!(
                "samples of {bits} bits in format {tag:#06x}; PCM of 8, 16, 24 or 32 bits and 32-bit float are read"
            );
            return Err(Error::unsupported(path, Place::Byte(start), reason));
        }
    };
    let expected = usize::from(channels) * encoding.bytes();
    if usize::from(align) != expected {
        let reason = format!("frames of {align} bytes; {channels} channels of {bits} bits make {expected}");
        return Err(malformed(12, reason));
    }
    Ok((rate, channels, encoding))
}
