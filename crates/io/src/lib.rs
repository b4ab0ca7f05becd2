//! Files, whole or not at all. What blocks lives here; nothing here is called from an audio thread.
//!
//! | module | reads | writes |
//! |---|---|---|
//! | [`smf`] | standard MIDI files, types 0, 1 and 2; what is left of damaged ones | the same; type 1 from a [`kmidi_music::Song`] |
//! | [`musicxml`] | MusicXML up to 4.0: notes, chord symbols, metre, key, tempo | MusicXML 4.0, whole scores and lead sheets |
//! | [`wav`] | PCM and float WAV, in chunks of frames | 16-bit and float stereo WAV |
//! | [`sound`] | what a file is, by its content; WAV, FLAC, MP3 and Ogg Vorbis by one reader | |
//! | [`romantext`] | analyses in Roman numerals | the same |
//! | [`chordpro`] | lyrics with chords | the same; the chords of a song |
//! | [`rgt`] | grooves of the SWS extension | the same |
//! | [`lab`], [`beats`], [`jams`] | annotations of Sonic Visualiser, mir_eval and JAMS | the same |
//! | [`mod@write`] | | any bytes, atomically |
//!
//! Every function that touches a file gives an [`Error`] with the file, the place and the reason. A reader never
//! panics, whatever the bytes. A writer leaves the whole new file or the old one, never half.
#![forbid(unsafe_code)]

pub mod beats;
pub mod chordpro;
pub mod jams;
pub mod lab;
pub mod musicxml;
pub mod rgt;
pub mod romantext;
pub mod smf;
pub mod sound;
pub mod wav;
pub mod write;

mod error;

pub use error::{Error, Place, Result};
