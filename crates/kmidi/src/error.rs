use kmidi_engine::ConfigError;
use kmidi_io::Place;
use kmidi_studio::render::RenderError;
use std::path::PathBuf;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a file could not be heard, scored or written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed; the error names the file, the place and the reason.
    #[error(transparent)]
    File(#[from] kmidi_io::Error),
    /// The engine does not take this sound.
    #[error("{}: {source}", path.display())]
    Engine {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ConfigError,
    },
    /// The song could not be rendered.
    #[error("{}: {source}", path.display())]
    Render {
        /// The sound file, or the SoundFont when it is to blame.
        path: PathBuf,
        /// The reason.
        source: RenderError,
    },
    /// The truth about a piece is missing or cannot be read.
    #[error("{}: {reason}", path.display())]
    Truth {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A model's weights are missing or cannot be read.
    #[error("{0}")]
    Weights(String),
    /// The system has no thread for the models.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

impl Error {
    /// Where in the file it is; [`Place::File`] where the whole of it is meant.
    pub fn place(&self) -> Place {
        match self {
            Error::File(error) => error.place(),
            Error::Engine { .. }
            | Error::Render { .. }
            | Error::Truth { .. }
            | Error::Weights(_)
            | Error::Thread(_) => Place::File,
        }
    }
}
