use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Where in a file, or in a song, something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The whole file.
    File,
    /// Bytes from the start of the file, from 0.
    Byte(u64),
    /// Lines from the start of a text, from 1.
    Line(u64),
    /// Sample frames from the start of the sound, from 0.
    Frame(u64),
    /// Bars from the start of the song, from 1.
    Bar(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File => Ok(()),
            Place::Byte(at) => write!(f, "byte {at}: "),
            Place::Line(at) => write!(f, "line {at}: "),
            Place::Frame(at) => write!(f, "frame {at}: "),
            Place::Bar(at) => write!(f, "bar {at}: "),
        }
    }
}

/// Why a file could not be read or written: which file, where in it, what was wrong and what would be right.
///
/// A command-line program answers each of these with exit code 4.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused: no such file, no permission, a full disk.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, such as `read`.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A folder stands where a file should.
    #[error("{}: this is a folder; give the path of a file", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The content is of a kind that is not read here, whatever the file's name says.
    #[error("{}: this looks like {looks_like}; this release reads {supported}", path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// What the first bytes look like.
        looks_like: String,
        /// What would be read.
        supported: &'static str,
    },
    /// The file ends before its content does.
    #[error("{}: {place}the file is cut off: {reason}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where it ends.
        place: Place,
        /// What should have followed.
        reason: String,
    },
    /// The content breaks its format's rules.
    #[error("{}: {place}{reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where the fault is.
        place: Place,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// The content is well-formed, but this release does not handle it.
    #[error("{}: {place}{reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Where it is asked for.
        place: Place,
        /// What is not supported, and what is.
        reason: String,
    },
    /// More than a limit that keeps memory and time bounded.
    #[error("{}: {place}{reason}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Where the limit was passed.
        place: Place,
        /// How large it is, and the limit.
        reason: String,
    },
    /// A value that the file format cannot hold.
    #[error("cannot be written: {place}{reason}")]
    Unwritable {
        /// Where in the song or sound.
        place: Place,
        /// What does not fit, and what would.
        reason: String,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::IsADirectory => Error::Folder { path },
            _ => Error::Io { path, action, source },
        }
    }

    pub(crate) fn truncated(path: &Path, place: Place, reason: impl Into<String>) -> Error {
        Error::Truncated { path: path.to_owned(), place, reason: reason.into() }
    }

    pub(crate) fn malformed(path: &Path, place: Place, reason: impl Into<String>) -> Error {
        Error::Malformed { path: path.to_owned(), place, reason: reason.into() }
    }

    pub(crate) fn unsupported(path: &Path, place: Place, reason: impl Into<String>) -> Error {
        Error::Unsupported { path: path.to_owned(), place, reason: reason.into() }
    }

    pub(crate) fn too_large(path: &Path, place: Place, reason: impl Into<String>) -> Error {
        Error::TooLarge { path: path.to_owned(), place, reason: reason.into() }
    }

    /// Where in the file or song; [`Place::File`] where the whole of it is meant.
    pub fn place(&self) -> Place {
        match self {
            Error::Io { .. } | Error::Folder { .. } | Error::Kind { .. } => Place::File,
            Error::Truncated { place, .. }
            | Error::Malformed { place, .. }
            | Error::Unsupported { place, .. }
            | Error::TooLarge { place, .. }
            | Error::Unwritable { place, .. } => *place,
        }
    }
}
