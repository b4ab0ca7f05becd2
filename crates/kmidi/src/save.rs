//! Songs as files.

use crate::{Error, Result};
use kmidi_io::smf::SmfFile;
use kmidi_io::wav::{self, Encoding};
use kmidi_music::Song;
use kmidi_studio::plot::{lead_sheet, lead_song};
use kmidi_studio::render::{notes_of, render, render_with_soundfont};
use std::path::{Path, PathBuf};

/// Songs are rendered at this rate.
pub const SAMPLE_RATE: u32 = 48_000;

/// What a song is played with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound<'a> {
    /// The small synthesiser, which needs no file.
    Synth,
    /// A SoundFont 2 file.
    SoundFont(&'a Path),
}

/// Writes a song as a standard MIDI file, whole or not at all.
///
/// # Errors
///
/// [`Error::File`] when the song does not fit the format or the file cannot be written.
pub fn save_midi(song: &Song, path: impl AsRef<Path>) -> Result<()> {
    Ok(kmidi_io::smf::save_song(path, song)?)
}

/// Writes each part of a MIDI file as a file of its own into `folder`, which is made where it is missing; gives the files.
///
/// # Errors
///
/// [`Error::File`] when the folder cannot be made or a file cannot be written.
pub fn save_stems(file: &SmfFile, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let folder = folder.as_ref();
    let made = |source| kmidi_io::Error::Io { path: folder.to_owned(), action: "make", source };
    std::fs::create_dir_all(folder).map_err(made)?;
    let mut written = Vec::new();
    for (name, stem) in kmidi_io::smf::stems(file) {
        let path = folder.join(name + ".mid");
        kmidi_io::smf::save(&path, &stem)?;
        written.push(path);
    }
    Ok(written)
}

/// Writes a song as MusicXML 4.0, with its chords, whole or not at all. Notes are spelled by chord and key.
///
/// # Errors
///
/// [`Error::File`] when the song does not fit the format or the file cannot be written.
pub fn save_musicxml(song: &Song, path: impl AsRef<Path>) -> Result<()> {
    Ok(kmidi_io::musicxml::save(path, &kmidi_io::musicxml::Score::of(song))?)
}

/// Writes the lead sheet of a song, whole or not at all: melody, chord symbols and sections as MusicXML where the name ends in
/// `.musicxml` or `.xml`, else as an SVG page.
///
/// # Errors
///
/// [`Error::File`] when the song does not fit the format or the file cannot be written.
pub fn save_song_sheet(song: &Song, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("musicxml" | "xml") => save_musicxml(&lead_song(song), path),
        _ => Ok(kmidi_io::write::atomic(path, lead_sheet(song).as_bytes())?),
    }
}

/// Writes the chords of a song as a ChordPro sheet, whole or not at all.
///
/// # Errors
///
/// [`Error::File`] when the file cannot be written.
pub fn save_chordpro(song: &Song, path: impl AsRef<Path>) -> Result<()> {
    Ok(kmidi_io::chordpro::save(path, &kmidi_io::chordpro::ChordPro::of(song))?)
}

/// Renders a song and writes it as a 16-bit stereo WAV file at [`SAMPLE_RATE`], whole or not at all.
///
/// # Errors
///
/// [`Error::Render`] when the song is too long or the SoundFont cannot be used, [`Error::File`] when a file cannot be
/// read or written.
pub fn save_wav(song: &Song, path: impl AsRef<Path>, sound: Sound<'_>) -> Result<()> {
    let path = path.as_ref();
    let stereo = match sound {
        Sound::Synth => {
            render(song, SAMPLE_RATE).map_err(|source| Error::Render { path: path.to_owned(), source })
        }
        Sound::SoundFont(font) => {
            let read = |source| kmidi_io::Error::Io { path: font.to_owned(), action: "read", source };
            let bytes = std::fs::read(font).map_err(read)?;
            render_with_soundfont(&notes_of(song), &bytes, SAMPLE_RATE)
                .map_err(|source| Error::Render { path: font.to_owned(), source })
        }
    }?;
    Ok(wav::write_stereo(path, SAMPLE_RATE, &stereo.left, &stereo.right, Encoding::Int(16))?)
}
