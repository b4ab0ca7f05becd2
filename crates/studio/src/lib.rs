//! Whole pieces, offline and deterministic: same input, same bytes.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`analyze`] | samples or notes | chords, keys, beats, tempo of the whole piece |
//! | [`compose`] | an intent | a plan and a song |
//! | [`progression`] | a row of chords | its likely keys, a song of it |
//! | [`render`] | a song | stereo samples |
//! | [`plot`] | a song or an analysis | an SVG drawing |
//! | [`groove`] | notes, templates | templates, notes that groove |
//! | [`eval`] | truth and answers | figures |
//!
//! Nothing here opens a file: doors read with `kmidi-io` and pass values.
#![forbid(unsafe_code)]

pub mod analyze;
pub mod compose;
mod dice;
pub mod eval;
pub mod groove;
pub mod plot;
pub mod progression;
pub mod render;
