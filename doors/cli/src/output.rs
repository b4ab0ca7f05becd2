//! Files that are asked for: checked before the work, written whole or not at all after it.

use crate::{Stop, show};
use serde::Serialize;
use std::fs::canonicalize;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Is it standard output that is meant?
pub(crate) fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Fails where writing must fail later, before anything is done: no such folder, a folder in place of a file, one file
/// for two things, or a file that is also read.
pub(crate) fn check<'a>(outputs: impl IntoIterator<Item = &'a Path>, inputs: &[&Path]) -> Result<(), Stop> {
    let inputs: Vec<PathBuf> = inputs.iter().filter_map(|path| canonicalize(path).ok()).collect();
    let mut taken = Vec::new();
    for path in outputs.into_iter().filter(|path| !is_stdout(path)) {
        let shown = path.display();
        if path.is_dir() {
            return Err(Stop::Input(format!("{shown}: this is a folder; give the path of a file")));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (Ok(parent), Some(name)) = (canonicalize(parent), path.file_name()) else {
            return Err(Stop::Input(format!(
                "{shown}: cannot write: there is no folder {}",
                parent.display()
            )));
        };
        if !parent.is_dir() {
            return Err(Stop::Input(format!("{shown}: cannot write: {} is no folder", parent.display())));
        }
        let place = parent.join(name);
        if inputs.contains(&place) {
            return Err(Stop::Usage(format!("{shown} would be overwritten, but is also read")));
        }
        if taken.contains(&place) {
            return Err(Stop::Usage(format!(
                "{shown} would be written twice; give each output its own file"
            )));
        }
        taken.push(place);
    }
    Ok(())
}

/// Fails where a folder cannot be made or is no folder.
pub(crate) fn check_folder(path: &Path) -> Result<(), Stop> {
    let shown = path.display();
    if path.exists() && !path.is_dir() {
        return Err(Stop::Input(format!("{shown}: this is no folder")));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match parent.is_dir() {
        true => Ok(()),
        false => Err(Stop::Input(format!("{shown}: cannot write: there is no folder {}", parent.display()))),
    }
}

/// Fails for `-`: of all outputs JSON alone may go to standard output.
pub(crate) fn no_stdout<'a>(outputs: impl IntoIterator<Item = &'a Option<PathBuf>>) -> Result<(), Stop> {
    match outputs.into_iter().flatten().any(|path| is_stdout(path)) {
        true => Err(Stop::Usage("only --json takes - for standard output; give this output a file".into())),
        false => Ok(()),
    }
}

/// A value as one line of JSON. Numbers that are not finite become null.
pub(crate) fn json_line(value: &impl Serialize) -> Result<String, Stop> {
    let text = serde_json::to_string(value).map_err(|error| Stop::Internal(error.to_string()))?;
    Ok(text + "\n")
}

/// A figure for JSON, rounded to four digits: more mean nothing.
pub(crate) fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

/// Writes a value as readable JSON to a file, or to standard output for `-`.
pub(crate) fn json(path: &Path, value: &impl Serialize) -> Result<(), Stop> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Stop::Internal(error.to_string()))?;
    text_file(path, &(text + "\n"))
}

/// Writes a large value as JSON on one line, piece by piece.
pub(crate) fn large_json(path: &Path, value: &impl Serialize) -> Result<(), Stop> {
    if is_stdout(path) {
        let mut out = BufWriter::new(std::io::stdout().lock());
        serde_json::to_writer(&mut out, value).map_err(std::io::Error::from)?;
        return Ok(out.write_all(b"\n").and_then(|()| out.flush())?);
    }
    Ok(kmidi::io::write::atomic_with(path, |file| {
        serde_json::to_writer(&mut *file, value)?;
        file.write_all(b"\n")
    })?)
}

/// Writes text to a file, or to standard output for `-`.
pub(crate) fn text_file(path: &Path, text: &str) -> Result<(), Stop> {
    if is_stdout(path) { show::print(text) } else { Ok(kmidi::io::write::atomic(path, text.as_bytes())?) }
}
