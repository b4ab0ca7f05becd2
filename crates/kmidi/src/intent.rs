//! Song intents as files.

use crate::{Error, Result};
use kmidi_studio::compose::{FileFormat, WishError, Wishes};
use std::path::{Path, PathBuf};

/// An intent file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentFile {
    /// The file.
    pub path: PathBuf,
    /// What it wishes; files that it names are given from the working folder on.
    pub wishes: Wishes,
    text: String,
}

impl IntentFile {
    /// Reads wishes as TOML, or as JSON where the name ends in `.json`. Files that it names lie beside it.
    ///
    /// # Errors
    ///
    /// [`Error::File`] where it cannot be read, [`Error::Truth`] with line and field for what is no intent.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let read = |source| kmidi_io::Error::Io { path: path.clone(), action: "read", source };
        let bytes = std::fs::read(&path).map_err(read)?;
        let wrong = |reason| Error::Truth { path: path.clone(), reason };
        let text = String::from_utf8(bytes).map_err(|_| wrong("this is no text".into()))?;
        let mut wishes = format(&path).read(&text).map_err(wrong)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        for file in wishes.files() {
            if let Some(folder) = folder {
                *file = folder.join(&*file).display().to_string();
            }
        }
        Ok(Self { path, wishes, text })
    }

    /// A wish of the file that cannot be read or met, with its line.
    pub fn wrong(&self, error: &WishError) -> Error {
        Error::Truth { path: self.path.clone(), reason: format(&self.path).wrong(&self.text, error) }
    }

    /// Does the file say something about `field`?
    pub fn has(&self, field: &str) -> bool {
        format(&self.path).line_of(&self.text, field).is_some()
    }
}

/// Writes wishes as an intent file, whole or not at all: JSON where the name ends in `.json`, else TOML. Files that they
/// name are written so that they are found from there.
///
/// # Errors
///
/// [`Error::File`] when the file cannot be written.
pub fn save_intent(wishes: &Wishes, path: impl AsRef<Path>) -> Result<()> {
    let (path, mut wishes) = (path.as_ref(), wishes.clone());
    let elsewhere = path.parent().is_some_and(|folder| !folder.as_os_str().is_empty());
    for file in wishes.files().into_iter().filter(|_| elsewhere) {
        // What is not there cannot be named from elsewhere; it stays as it was given.
        if let Ok(whole) = std::fs::canonicalize(&*file) {
            *file = whole.display().to_string();
        }
    }
    Ok(kmidi_io::write::atomic(path, format(path).write(&wishes).as_bytes())?)
}

fn format(path: &Path) -> FileFormat {
    match path.extension() {
        Some(ending) if ending.eq_ignore_ascii_case("json") => FileFormat::Json,
        _ => FileFormat::Toml,
    }
}
