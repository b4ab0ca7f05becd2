//! KmiDi: files in, musical answers and songs out.
//!
//! This crate is what a program adds. It joins the rooms of the house behind plain functions and holds no algorithm:
//!
//! | want | use |
//! |---|---|
//! | chords, keys, beats, tempo of a MIDI or sound file | [`analyze()`], of many [`analyze_each`]; of a damaged MIDI file, or as a MIDI file has them, [`analyze_as`] |
//! | a song from words or a feeling | [`intent_from_text`], [`compose()`], [`save_midi`], [`save_musicxml`], [`save_song_sheet`], [`save_wav`] |
//! | a song around a melody or drums; bars written anew | [`melody()`], [`drums`], [`Source`], [`replay`] |
//! | the wishes of an intent file | [`IntentFile`], [`save_intent`] |
//! | a style by name or file; a song given its groove | [`style()`], [`compose_in`], [`perform()`] |
//! | an analysis for other programs | [`save_lab`], [`save_beats`], [`save_jams`], [`save_romantext`], [`save_lead_sheet`], [`draw`] |
//! | what the engine measures, for training | [`listen`], [`mel_frames`], [`mel_clips`] |
//! | a groove taken, given, listed, written | [`groove()`], [`grooves`], [`Performance`], [`save_groove`], [`studio::groove`] |
//! | what may follow a row of chords | [`suggest()`] |
//! | the live engine for an audio callback; a model that says what comes next | [`engine::Engine`], [`WorkerThread`] |
//! | chords, keys, numerals, notations as values | [`music`] |
//! | a network of your own | [`run_network`]; with the feature `onnxruntime`, `External` |
//! | figures against a folder of truth | [`evaluate_audio`] |
//!
//! ```
//! let mut intent = kmidi::intent_from_text("calm, then triumphant")?;
//! intent.bars = Some(8);
//! let (plan, song) = kmidi::compose(&intent)?;
//! assert_eq!(plan.bars, 8);
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("song.mid");
//! kmidi::save_midi(&song, &path)?;
//! let study = kmidi::analyze(&path, &|_| {})?;
//! assert!(!study.whole.chords.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub use kmidi_engine as engine;
pub use kmidi_io as io;
pub use kmidi_music as music;
pub use kmidi_neural as neural;
pub use kmidi_studio as studio;

mod annotate;
mod columns;
mod cores;
mod error;
mod evaluate;
mod external;
mod features;
mod groove;
mod intent;
mod labelled;
mod listen;
mod mel;
mod models;
mod perform;
mod rework;
mod save;
mod suggest;
mod weights;
mod worker;

pub use annotate::{
    draw, lead_sheet, numbered_beats, romantext, save_beats, save_jams, save_lab, save_lead_sheet,
    save_romantext,
};
pub use columns::save_columns;
pub use error::{Error, Result};
pub use evaluate::{Ask, Evaluation, Piece, evaluate_audio};
#[cfg(feature = "onnxruntime")]
pub use external::External;
pub use external::{Tensors, run_network};
pub use groove::{Performance, from_rgt, groove, grooves, save_groove, to_clip, to_rgt};
pub use intent::{IntentFile, save_intent};
pub use kmidi_music::{Intent, Song};
pub use kmidi_studio::analyze::{Analysis, Study};
pub use kmidi_studio::compose::{
    ComposeError, Plan, Style, Wishes, compose, compose_around, compose_in, intent_from_text,
};
pub use labelled::{labelled, training_split};
pub use listen::{Heard, MAX_SECONDS, Reading, analyze, analyze_as, analyze_each, listen};
pub use mel::{mel_clips, mel_frames};
pub use models::{MOST_BYTES, ModelData, ModelPort, ModelRow, built_in_faults, model_faults, models};
pub use perform::{perform, perform_around, style};
pub use rework::{Source, drums, melody, replay, roles};
pub use save::{
    SAMPLE_RATE, Sound, save_chordpro, save_midi, save_musicxml, save_song_sheet, save_stems, save_wav,
};
pub use suggest::{Suggested, suggest};
pub use weights::weights;
pub use worker::WorkerThread;
