//! The words of music, as plain values.
//!
//! Pitches, chords, scales, keys, Roman numerals, time, tempo, notes, emotion and whole songs. Nothing here keeps
//! state, reads a clock, opens a file or knows about audio: the crate is `no_std`, and every other crate of KmiDi
//! speaks in its types. Facts of music stand in tables, once, each with its source.
//!
//! | question | module |
//! |---|---|
//! | what is a spelled note, an interval, a set of pitch classes | [`pitch`] |
//! | which chords exist, and what are they made of | [`chord`] |
//! | what are these notes called, and why | [`chord::name`] |
//! | which scales exist | [`scale`] |
//! | keys, key signatures, spelling within a key | [`key`] |
//! | a chord's function in a key | [`roman`] |
//! | chord text: Harte, lead-sheet symbols, Nashville numbers, or any of these; notes as text | [`notation`] |
//! | frames, seconds, ticks, beats, tempo maps, metre | [`time`], [`tempo`] |
//! | notes, tracks, sections, songs | [`note`], [`song`] |
//! | valence, arousal, words for feelings, what a user wants | [`emotion`], [`intent`] |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod chord;
pub mod emotion;
pub mod intent;
pub mod key;
pub mod notation;
pub mod note;
pub mod pitch;
pub mod roman;
pub mod scale;
pub mod song;
pub mod tempo;
pub mod time;

mod error;

pub use chord::{Chord, Quality};
pub use emotion::Affect;
pub use error::ParseError;
pub use intent::Intent;
pub use key::{Key, Mode};
pub use note::Note;
pub use pitch::{Interval, PitchClass, PitchClassSet, PitchName};
pub use roman::RomanNumeral;
pub use song::Song;
pub use tempo::{Meter, TempoMap};
pub use time::{Beats, Bpm, Frames, Seconds, Ticks};
