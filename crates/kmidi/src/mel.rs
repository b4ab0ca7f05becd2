//! Mel frames: of sound files, and of sets of clips that somebody labelled.

use crate::{Error, Result};
use kmidi_engine::mel::{BANDS, MelFrames};
use kmidi_io::sound::SoundReader;
use kmidi_studio::eval::emotion_audio::Clip;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes of frames that are read: a hundred hours.
const MOST: u64 = 1 << 29;
/// Samples that are read at a time.
const PIECE: usize = 8_192;
/// The columns that an index must have.
const COLUMNS: [&str; 7] = ["id", "offset_frames", "n_frames", "group", "quadrant", "valence", "arousal"];

/// Reads a set of labelled clips: `NAME.u8.gz` (or `NAME.u8`) with a byte a band, frame by frame, and beside it `NAME.index.csv` with the columns `id`,
/// `offset_frames`, `n_frames`, `group`, `quadrant`, `valence`, `arousal`. Either file may be named.
///
/// # Errors
///
/// [`Error::File`] where a file cannot be read, [`Error::Truth`] for an index that is none, with its line, and for clips beyond the frames.
pub fn mel_clips(path: impl AsRef<Path>) -> Result<Vec<Clip>> {
    let path = path.as_ref();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let wrong = |path: &Path, reason: String| Error::Truth { path: path.to_owned(), reason };
    let Some(stem) = [".u8.gz", ".u8", ".index.csv"].iter().find_map(|ending| name.strip_suffix(ending))
    else {
        return Err(wrong(path, "a set of mel frames is NAME.u8.gz with NAME.index.csv beside it".into()));
    };
    let index = path.with_file_name(format!("{stem}.index.csv"));
    let plain = path.with_file_name(format!("{stem}.u8"));
    let packed = path.with_file_name(format!("{stem}.u8.gz"));
    let frames = if packed.is_file() || !plain.is_file() {
        read(&packed, |file| Box::new(flate2::read::MultiGzDecoder::new(file)))?
    } else {
        read(&plain, |file| Box::new(file))?
    };
    let (frames, _) = frames.as_chunks::<BANDS>();
    let text = String::from_utf8(read(&index, |file| Box::new(file))?)
        .map_err(|_| wrong(&index, "the index is no text".into()))?;
    let mut rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let head = rows.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let mut at = [0; COLUMNS.len()];
    for (at, name) in at.iter_mut().zip(COLUMNS) {
        let found = head.iter().position(|cell| cell == name);
        *at = found.ok_or_else(|| wrong(&index, format!("line 1: no column {name}")))?;
    }
    let clip = |(number, line): (usize, &str)| {
        let row = cells(line);
        let bad = |what: &str| wrong(&index, format!("line {}: {what}", number + 1));
        let cell = |n: usize| row.get(at[n]).map_or("", String::as_str);
        let whole = |n: usize| {
            cell(n).parse::<usize>().map_err(|_| bad(&format!("{} {:?} is no number", COLUMNS[n], cell(n))))
        };
        let point = |n: usize| {
            let value = cell(n).parse().ok().filter(|value: &f32| (-1.0..=1.0).contains(value));
            value.ok_or_else(|| bad(&format!("{} {:?} is not from -1 to 1", COLUMNS[n], cell(n))))
        };
        let (offset, count) = (whole(1)?, whole(2)?);
        let inside = offset.checked_add(count).and_then(|end| frames.get(offset..end));
        let quadrant = match cell(4) {
            "" => None,
            "1" | "2" | "3" | "4" => cell(4).parse().ok(),
            other => return Err(bad(&format!("quadrant {other:?} is not 1, 2, 3 or 4"))),
        };
        Ok(Clip {
            id: cell(0).to_owned(),
            group: cell(3).to_owned(),
            quadrant,
            valence: point(5)?,
            arousal: point(6)?,
            frames: inside.ok_or_else(|| bad(&format!("there are only {} frames", frames.len())))?.to_vec(),
        })
    };
    rows.map(clip).collect()
}

/// The frames of a sound file, all channels together.
///
/// # Errors
///
/// [`Error::File`] for what cannot be read and is not sound, [`Error::Truth`] for a sample rate that frames cannot be made of.
pub fn mel_frames(path: impl AsRef<Path>) -> Result<Vec<[u8; BANDS]>> {
    let path = path.as_ref();
    let mut reader = SoundReader::open(path)?;
    let mut mel = MelFrames::new(reader.sample_rate())
        .map_err(|error| Error::Truth { path: path.to_owned(), reason: error.to_string() })?;
    let mut channels = vec![Vec::new(); reader.channels()];
    let mut frames = Vec::new();
    loop {
        let count = reader.read(&mut channels, PIECE)?;
        if count == 0 {
            return Ok(frames);
        }
        for n in 0..count {
            let sum: f64 = channels.iter().map(|channel| f64::from(channel[n])).sum();
            mel.push(sum / channels.len() as f64, |frame| frames.push(*frame));
        }
    }
}

fn read(path: &PathBuf, open: fn(File) -> Box<dyn Read>) -> Result<Vec<u8>> {
    let failed = |source| kmidi_io::Error::Io { path: path.clone(), action: "read", source };
    let mut bytes = Vec::new();
    File::open(path).map(open).and_then(|file| file.take(MOST).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// The cells of a line of CSV (RFC 4180): commas between them, quotes around those that hold one.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(folder: &Path, index: &str) -> PathBuf {
        let frames: Vec<u8> = (0..5).flat_map(|frame| [frame; BANDS]).collect();
        std::fs::write(folder.join("a.u8"), frames).unwrap();
        std::fs::write(folder.join("a.index.csv"), index).unwrap();
        folder.join("a.u8")
    }

    #[test]
    fn clips_are_cut_where_the_index_says() {
        let folder = tempfile::tempdir().unwrap();
        let head = "id,offset_frames,n_frames,group,quadrant,valence,arousal\r\n";
        let path =
            set(folder.path(), &format!("{head}\"a, \"\"b\"\"\",1,2,g,3,-1,-1\r\nc,3,2,h,,0.25,-0.5\r\n"));
        for path in [path.clone(), folder.path().join("a.index.csv")] {
            let clips = mel_clips(path).unwrap();
            assert_eq!((clips[0].id.as_str(), clips[0].quadrant), ("a, \"b\"", Some(3)));
            assert_eq!(clips[0].frames, [[1; BANDS], [2; BANDS]]);
            assert_eq!((clips[1].quadrant, clips[1].valence, clips[1].arousal), (None, 0.25, -0.5));
        }
        for (line, words) in [
            ("c,3,3,h,,0,0", "line 2: there are only 5 frames"),
            ("c,18446744073709551615,3,h,,0,0", "only 5 frames"),
            ("c,x,3,h,,0,0", "offset_frames \"x\" is no number"),
            ("c,0,3,h,5,0,0", "quadrant \"5\""),
            ("c,0,3,h,,2,0", "valence \"2\" is not from -1 to 1"),
            ("c,0", "n_frames \"\" is no number"),
        ] {
            let error = mel_clips(set(folder.path(), &format!("{head}{line}\n"))).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let error = mel_clips(set(folder.path(), "id\n")).unwrap_err().to_string();
        assert!(error.contains("no column offset_frames"), "{error}");
        assert!(mel_clips(folder.path().join("a.jsonl")).unwrap_err().to_string().contains("NAME.u8.gz"));
        assert!(mel_clips(folder.path().join("b.u8.gz")).is_err());
    }
}
