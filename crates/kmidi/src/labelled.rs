//! Labelled data: pieces as JSON, a line each, plain or compressed with gzip.

use crate::{Error, Result};
use kmidi_studio::eval::harmony::Piece;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The longest line that is read, bytes: the pieces in use are a hundredth of it.
const MAX_LINE: u64 = 64 << 20;

/// Reads the chord sequences of `path` (`.jsonl`, `.jsonl.gz`).
///
/// # Errors
///
/// [`Error::File`] where the file cannot be read, [`Error::Truth`] with the line that is no piece.
pub fn labelled(path: impl AsRef<Path>) -> Result<Vec<Piece>> {
    let path = path.as_ref();
    let failed = |source| kmidi_io::Error::Io { path: path.to_owned(), action: "read", source };
    let mut head = [0; 2];
    let zipped = File::open(path).and_then(|mut file| file.read(&mut head)).map_err(failed)? == 2
        && head == [0x1f, 0x8b];
    let file = File::open(path).map_err(failed)?;
    let mut lines: Box<dyn BufRead> = match zipped {
        true => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file))),
        false => Box::new(BufReader::new(file)),
    };
    let mut pieces = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            let wrong =
                |error| Error::Truth { path: path.to_owned(), reason: format!("line {number}: {error}") };
            pieces.push(serde_json::from_slice(&line).map_err(wrong)?);
        }
    }
    Ok(pieces)
}
