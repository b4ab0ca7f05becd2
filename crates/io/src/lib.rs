//! Files, whole or not at all. What blocks lives here; nothing here is called from an audio thread.
//!
//! | module | reads | writes |
//! |---|---|---|
//! | [`smf`] | standard MIDI files, types 0 and 1 | type 1, from a [`kmidi_music::Song`] |
//! | [`wav`] | PCM and float WAV, in chunks of frames | 16-bit and float stereo WAV |
//! | [`sound`] | what a file is, by its content | |
//! | [`lab`], [`beats`], [`jams`] | | annotations for Sonic Visualiser, mir_eval and JAMS |
//! | [`mod@write`] | | any bytes, atomically |
//!
//! Every function that touches a file gives an [`Error`] with the file, the place and the reason. A reader never
//! panics, whatever the bytes. A writer leaves the whole new file or the old one, never half.
#![forbid(unsafe_code)]

pub mod beats;
pub mod jams;
pub mod lab;
pub mod smf;
pub mod sound;
pub mod wav;
pub mod write;

mod error;

pub use error::{Error, Place, Result};
