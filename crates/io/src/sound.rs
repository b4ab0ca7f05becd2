//! Sound files: what a file is, told by its first bytes (its name may lie), and one reader for WAV, FLAC, MP3 and Ogg Vorbis.
//!
//! `symphonia` (MPL-2.0) decodes FLAC, MP3 and Vorbis; [`crate::wav`] reads WAV. Where a format gives no lengths or passes
//! over damage, its frames or pages are walked here first.

mod mp3;
mod ogg;
mod packed;
mod reader;

pub use reader::SoundReader;

use crate::{Error, Place, Result};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A kind of file that this release reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A standard MIDI file.
    Midi,
    /// A WAV file (RIFF or RF64).
    Wav,
    /// A FLAC file.
    Flac,
    /// An MP3 file: MPEG audio, layer III.
    Mp3,
    /// Vorbis in Ogg.
    Ogg,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Midi => "a MIDI file",
            Kind::Wav => "a WAV file",
            Kind::Flac => "a FLAC file",
            Kind::Mp3 => "an MP3 file",
            Kind::Ogg => "an Ogg Vorbis file",
        }
    }
}

const SUPPORTED: &str = "MIDI (.mid), WAV, FLAC, MP3 and Ogg Vorbis";
const SUPPORTED_SOUND: &str = "WAV, FLAC, MP3 and Ogg Vorbis here";

/// How many bytes are looked at.
const HEAD: usize = 64;

/// First bytes (at a place) of files that people take for music, by their published formats.
const OTHERS: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (28, b"OpusHead", "Opus in Ogg, which is not supported"),
    (28, b"\x7fFLAC", "FLAC in Ogg, which is not supported"),
    (28, b"Speex   ", "Speex in Ogg, which is not supported"),
    (0, b"OggS", "Ogg with something else than Vorbis first"),
    (4, b"ftyp", "MP4 or M4A audio"),
    (0, b"FORM", "AIFF audio"),
    (0, b"caff", "Core Audio (CAF)"),
    (0, b".snd", "Sun audio (AU)"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive (or a compressed MusicXML or office file)"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"\x7fELF", "a program"),
    (8, b"sfbk", "a SoundFont"),
    (8, b"RMID", "a MIDI file inside RIFF (RMID)"),
    (8, b"AVI ", "AVI video"),
    (0, b"<?xml", "an XML file (MusicXML, perhaps)"),
];

/// Tells what the file at `path` is by its content.
///
/// # Errors
/// [`Error::Kind`] for anything that is no [`Kind`], saying what it looks like; [`Error::Io`], [`Error::Folder`].
pub fn identify(path: impl AsRef<Path>) -> Result<Kind> {
    let path = path.as_ref();
    identify_head(&head(path)?).map_err(|looks_like| refused(path, looks_like, SUPPORTED))
}

/// As [`identify`], for the content itself; `name` stands in errors as the file's name.
///
/// # Errors
/// [`Error::Kind`] for anything that is no [`Kind`].
pub fn identify_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Kind> {
    identify_head(bytes).map_err(|looks_like| refused(name.as_ref(), looks_like, SUPPORTED))
}

/// Fails unless the file is of `kind`.
pub(crate) fn expect(path: &Path, kind: Kind) -> Result<()> {
    expect_bytes(&head(path)?, path, kind)
}

/// Fails unless the content is of `kind`. Content that is a beginning of the kind's mark is cut off, not foreign.
pub(crate) fn expect_bytes(bytes: &[u8], path: &Path, kind: Kind) -> Result<()> {
    let supported = match kind {
        Kind::Midi => "a MIDI file (.mid) here",
        Kind::Wav => "a WAV file here",
        _ => SUPPORTED_SOUND,
    };
    match identify_head(bytes) {
        Ok(found) if found == kind => Ok(()),
        Ok(other) => Err(refused(path, other.words().into(), supported)),
        Err(_) if kind == Kind::Midi && !bytes.is_empty() && b"MThd".starts_with(bytes) => Err(
            Error::truncated(path, Place::Byte(bytes.len() as u64), "the word MThd should stand at byte 0"),
        ),
        Err(looks_like) => Err(refused(path, looks_like, supported)),
    }
}

fn refused(path: &Path, looks_like: String, supported: &'static str) -> Error {
    Error::Kind { path: path.to_owned(), looks_like, supported }
}

fn head(path: &Path) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head).map_err(Error::io(path, "read"))?;
    Ok(head)
}

fn identify_head(bytes: &[u8]) -> std::result::Result<Kind, String> {
    let is = |at: usize, mark: &[u8]| bytes.get(at..).is_some_and(|b| b.starts_with(mark));
    if is(0, b"MThd") {
        return Ok(Kind::Midi);
    }
    if (is(0, b"RIFF") || is(0, b"RF64")) && is(8, b"WAVE") {
        return Ok(Kind::Wav);
    }
    if is(0, b"fLaC") {
        return Ok(Kind::Flac);
    }
    if is(0, b"OggS") && is(28, b"\x01vorbis") {
        return Ok(Kind::Ogg);
    }
    if is(0, b"ID3") || mp3::Head::parse(bytes).is_some() {
        return Ok(Kind::Mp3);
    }
    if let Some((_, _, words)) = OTHERS.iter().find(|(at, mark, _)| is(*at, mark)) {
        return Err((*words).into());
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    Err(match head {
        [] => "an empty file".into(),
        _ if head.iter().all(|&b| b == 0) => "a file of zeros".into(),
        // Eleven set bits, a version and a layer that exist, and no header of layer III with a bit rate.
        [0xff, b, ..] if b & 0xe0 == 0xe0 && b & 0x18 != 0x08 && b & 0x06 != 0 => {
            "MPEG audio of another layer or with a free bit rate, which is not supported".into()
        }
        _ if head.iter().all(|&b| b >= 0x20 || matches!(b, b'\t' | b'\n' | b'\r')) => "a text file".into(),
        _ => {
            let shown = head.iter().take(4).map(|b| format!("{b:02x}")).collect::<Vec<_>>();
            format!("no known kind of file (it begins with the bytes {})", shown.join(" "))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: std::result::Result<Kind, &str>) {
        match (identify_bytes(bytes, "some.mid"), expected) {
            (Ok(kind), Ok(wanted)) => assert_eq!(kind, wanted),
            (Err(error @ Error::Kind { .. }), Err(words)) => {
                assert!(error.to_string().contains(words), "{error}");
                assert!(error.to_string().contains("MIDI (.mid), WAV, FLAC"), "{error}");
            }
            (found, wanted) => panic!("{bytes:?}: {found:?}, expected {wanted:?}"),
        }
    }

    #[test]
    fn content_decides() {
        check(b"MThd\0\0\0\x06", Ok(Kind::Midi));
        check(b"RIFF\0\0\0\0WAVEfmt ", Ok(Kind::Wav));
        check(b"RF64\xff\xff\xff\xffWAVEds64", Ok(Kind::Wav));
        check(b"\x89PNG\r\n\x1a\n\0\0", Err("a PNG picture"));
        check(b"ID3\x04", Ok(Kind::Mp3));
        check(b"\xff\xfb\x90\x64", Ok(Kind::Mp3));
        check(b"\xff\xfb\x00\x64", Err("free bit rate"));
        check(b"\xff\xfd\x90\x64", Err("another layer"));
        check(b"fLaC\0", Ok(Kind::Flac));
        check(b"OggS\0\x02", Err("Ogg"));
        let first = |packet: &[u8]| [b"OggS\0\x02", &[0; 21][..], &[0x13], packet].concat();
        check(&first(b"\x01vorbis\0"), Ok(Kind::Ogg));
        check(&first(b"OpusHead"), Err("Opus in Ogg, which is not supported"));
        check(b"RIFF\0\0\0\0sfbkLIST", Err("a SoundFont"));
        check(b"", Err("an empty file"));
        check(b"do re mi\n", Err("a text file"));
        check(&[0; 100], Err("a file of zeros"));
        check(b"\x01\x02\x03\x04", Err("01 02 03 04"));
        check(b"RIFF\0\0\0\0", Err("no known kind"));
    }

    #[test]
    fn folders_and_missing_files_are_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(identify(folder.path()), Err(Error::Folder { .. })));
        assert!(matches!(identify(folder.path().join("none.mid")), Err(Error::Io { action: "read", .. })));
    }
}
