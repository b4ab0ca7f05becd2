//! `kmidi features`.

use crate::args::{Features, Shown};
use crate::{Stop, output, show};
use kmidi::studio::eval::{
    Columns, dynamics, emotion_audio, emotion_midi, emotion_text, groove, harmonize, next_chord, next_note,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: String,
    #[serde(flatten)]
    heard: &'a kmidi::Heard,
}

pub(crate) fn run(args: &Features) -> Result<(), Stop> {
    match args.task {
        Some(Shown::NextNote) => columns(args, next_note::examples),
        Some(Shown::NextChord) => columns(args, next_chord::examples),
        Some(Shown::Harmonize) => columns(args, harmonize::examples),
        Some(Shown::Groove) => columns(args, groove::examples),
        Some(Shown::Dynamics) => columns(args, dynamics::examples),
        Some(Shown::EmotionMidi) => columns(args, emotion_midi::examples),
        Some(Shown::EmotionAudio) => mel(args),
        Some(Shown::EmotionText) => columns(args, emotion_text::examples),
        None => heard(args),
    }
}

/// The columns of a model's task.
fn columns<T: DeserializeOwned>(args: &Features, examples: fn(&[T]) -> Columns) -> Result<(), Stop> {
    save(args, || Ok(examples(&kmidi::labelled::<T>(&args.file)?)))
}

/// Mel frames: of a set of clips, or of a sound file.
fn mel(args: &Features) -> Result<(), Stop> {
    let name = args.file.to_string_lossy();
    let is_set = [".u8.gz", ".u8", ".index.csv"].iter().any(|ending| name.ends_with(ending));
    save(args, || {
        let clips = match is_set {
            true => kmidi::mel_clips(&args.file)?,
            false => {
                let frames = kmidi::mel_frames(&args.file)?;
                vec![emotion_audio::Clip { frames, ..emotion_audio::Clip::default() }]
            }
        };
        Ok(emotion_audio::examples(&clips))
    })
}

fn save(args: &Features, columns: impl FnOnce() -> Result<Columns, Stop>) -> Result<(), Stop> {
    let folder = args.output.as_deref().unwrap_or(Path::new("-"));
    if output::is_stdout(folder) {
        return Err(Stop::Usage("--task writes a folder; give it with --output".into()));
    }
    let columns = columns()?;
    if columns.rows() == 0 {
        return Err(Stop::Input(format!("{}: no example in it", args.file.display())));
    }
    Ok(kmidi::save_columns(&columns, folder)?)
}

fn heard(args: &Features) -> Result<(), Stop> {
    let to = args.output.as_deref().unwrap_or(Path::new("-"));
    output::check([to], &[&args.file])?;
    let bar = show::bar(100, "listening");
    let heard = kmidi::listen(&args.file, &|share| bar.set_position((share * 100.0) as u64));
    bar.finish_and_clear();
    let file = args.file.display().to_string();
    output::large_json(to, &Document { schema: "kmidi.features/1", file, heard: &heard? })
}
