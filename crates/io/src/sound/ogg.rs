//! The pages of an Ogg file (RFC 3533, 2003). They are checked here before `symphonia` decodes what they hold: it passes
//! over damaged pages, and what is missing would not be told.

use crate::{Error, Place, Result};
use std::io::{self, Read};
use std::path::Path;

/// Walks the pages of `input`, which has `size` bytes, from its start. Gives the sample frames of the one Vorbis stream.
pub(super) fn walk<R: Read + ?Sized>(input: &mut R, size: u64, path: &Path) -> Result<u64> {
    let malformed = |at: u64, reason: String| Error::malformed(path, Place::Byte(at), reason);
    let (mut at, mut page) = (0, Vec::new());
    let (mut stream, mut sequence, mut frames, mut ended) = (None, 0u32, 0i64, false);
    while at < size && !(ended && size - at < 27) {
        page.resize(27, 0);
        fill(input, &mut page, path, at, size)?;
        if !page.starts_with(b"OggS\0") {
            if ended {
                break; // what stands behind the last page is a tag, or room
            }
            return Err(malformed(at, "an Ogg page should begin here".into()));
        }
        let (flags, granule) = (page[5], i64::from_le_bytes(eight(&page[6..])));
        let (serial, number, sum) = (four(&page[14..]), four(&page[18..]), four(&page[22..]));
        let segments = usize::from(page[26]);
        page.resize(27 + segments, 0);
        fill(input, &mut page[27..], path, at, size)?;
        let body: usize = page[27..].iter().map(|&length| usize::from(length)).sum();
        page.resize(27 + segments + body, 0);
        fill(input, &mut page[27 + segments..], path, at, size)?;
        page[22..26].fill(0);
        if crc(&page) != sum {
            return Err(malformed(at, format!("page {number} is damaged: its checksum is wrong")));
        }
        if flags & 2 != 0 {
            if stream.is_some() {
                let reason = "a second stream begins here; files with one Vorbis stream are read";
                return Err(Error::unsupported(path, Place::Byte(at), reason));
            }
            stream = Some(serial);
        } else if stream != Some(serial) || ended {
            return Err(malformed(at, "this page belongs to no stream".into()));
        } else if number != sequence.wrapping_add(1) {
            return Err(malformed(
                at,
                format!("page {} should stand here, not {number}", sequence.wrapping_add(1)),
            ));
        }
        sequence = number;
        if granule != -1 {
            frames = granule; // -1: no packet ends in the page
        }
        ended = flags & 4 != 0;
        at += page.len() as u64;
    }
    if !ended {
        let reason = format!("page {} should follow", sequence.wrapping_add(1));
        return Err(Error::truncated(path, Place::Byte(size), reason));
    }
    match u64::try_from(frames) {
        Ok(frames @ 1..) => Ok(frames),
        _ => Err(malformed(at, format!("the sound ends at frame {frames}; there are no samples"))),
    }
}

fn fill<R: Read + ?Sized>(input: &mut R, out: &mut [u8], path: &Path, page: u64, size: u64) -> Result<()> {
    input.read_exact(out).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::truncated(path, Place::Byte(size), format!("the Ogg page at byte {page} should go on"))
        }
        _ => Error::io(path, "read")(e),
    })
}

fn four(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_le_bytes(*four))
}

fn eight(bytes: &[u8]) -> [u8; 8] {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// RFC 3533, section 6: polynomial 0x04c11db7, no reflection, from 0.
fn crc(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    bytes.iter().fold(0, |crc, &byte| crc << 8 ^ TABLE[usize::from((crc >> 24) as u8 ^ byte)])
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = ((byte as u32) << 24, 0);
        while bit < 8 {
            value = if value & 0x8000_0000 == 0 { value << 1 } else { value << 1 ^ 0x04c1_1db7 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}
