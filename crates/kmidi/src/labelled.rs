//! Labelled data: records as JSON, a line each, plain or compressed with gzip.

use crate::{Error, Result};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line that is read, bytes: the pieces in use are a hundredth of it.
const MAX_LINE: u64 = 64 << 20;

/// Reads the records of `path` (`.jsonl`, `.jsonl.gz`).
///
/// # Errors
///
/// [`Error::File`] where the file cannot be read, [`Error::Truth`] with the line that is no such record.
pub fn labelled<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<Vec<T>> {
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
    let mut records = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        if !line.trim_ascii().is_empty() {
            let wrong =
                |error| Error::Truth { path: path.to_owned(), reason: format!("line {number}: {error}") };
            records.push(serde_json::from_slice(&line).map_err(wrong)?);
        }
    }
    Ok(records)
}

/// The training split beside an evaluation's file: `NAME.train.jsonl.gz` for `NAME.test.jsonl.gz`, where there is one. Simple baselines are
/// counted on it.
#[must_use]
pub fn training_split(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let split = [".test.", ".valid."].into_iter().find(|split| name.contains(split))?;
    let train = path.with_file_name(name.replace(split, ".train."));
    train.is_file().then_some(train)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_training_split_stands_beside() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.train.jsonl"), "").unwrap();
        assert_eq!(training_split(&at("a.test.jsonl")), Some(at("a.train.jsonl")));
        assert_eq!(training_split(&at("b.test.jsonl")), None);
        assert_eq!(training_split(&at("a.train.jsonl")), None);
    }
}
