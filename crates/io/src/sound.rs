//! What a file is, told by its first bytes; its name may lie.

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
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::Midi => "a MIDI file",
            Kind::Wav => "a WAV file",
        }
    }
}

/// How many bytes are looked at.
const HEAD: usize = 64;

/// First bytes (at a place) of files that people take for music, by their published formats.
const OTHERS: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"fLaC", "FLAC audio"),
    (0, b"OggS", "Ogg audio (Vorbis or Opus)"),
    (0, b"ID3", "MP3 audio"),
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
/// [`Error::Kind`] for anything but MIDI and WAV, saying what it looks like; [`Error::Io`], [`Error::Folder`].
pub fn identify(path: impl AsRef<Path>) -> Result<Kind> {
    let path = path.as_ref();
    kind_of(&head(path)?).map_err(|looks_like| refused(path, looks_like, "MIDI (.mid) and WAV"))
}

/// As [`identify`], for the content itself; `name` stands in errors as the file's name.
///
/// # Errors
/// [`Error::Kind`] for anything but MIDI and WAV.
pub fn identify_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Kind> {
    kind_of(bytes).map_err(|looks_like| refused(name.as_ref(), looks_like, "MIDI (.mid) and WAV"))
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
    };
    match kind_of(bytes) {
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

fn kind_of(bytes: &[u8]) -> std::result::Result<Kind, String> {
    let is = |at: usize, mark: &[u8]| bytes.get(at..).is_some_and(|b| b.starts_with(mark));
    if is(0, b"MThd") {
        return Ok(Kind::Midi);
    }
    if (is(0, b"RIFF") || is(0, b"RF64")) && is(8, b"WAVE") {
        return Ok(Kind::Wav);
    }
    if let Some((_, _, words)) = OTHERS.iter().find(|(at, mark, _)| is(*at, mark)) {
        return Err((*words).into());
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    Err(match head {
        [] => "an empty file".into(),
        _ if head.iter().all(|&b| b == 0) => "a file of zeros".into(),
        // An MPEG audio frame: eleven set bits, a version and a layer that exist.
        [0xff, b, ..] if b & 0xe0 == 0xe0 && b & 0x18 != 0x08 && b & 0x06 != 0 => "MP3 audio".into(),
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
                assert!(error.to_string().contains("MIDI (.mid) and WAV"), "{error}");
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
        check(b"ID3\x04", Err("MP3"));
        check(b"\xff\xfb\x90\x64", Err("MP3"));
        check(b"fLaC\0", Err("FLAC"));
        check(b"OggS\0\x02", Err("Ogg"));
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
