//! A folder of sound and truth, heard and scored.

use crate::cores::spread;
use crate::{Error, Result, analyze};
use kmidi_studio::analyze::Analysis;
use kmidi_studio::eval::audio::{self, Answer, Report, Scores, Truth};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the evaluation of a folder gives.
#[derive(Debug)]
pub struct Evaluation {
    /// The pieces, by name.
    pub pieces: Vec<Piece>,
    /// Figures over all pieces and by set.
    pub report: Report,
    /// The simple baselines on the same pieces.
    pub baselines: Vec<(&'static str, Report)>,
    /// Truths of the folder beside which nothing can be heard, and which so were not asked.
    pub silent: Vec<PathBuf>,
}

/// One piece that was heard.
#[derive(Debug)]
pub struct Piece {
    /// Its name in the truth.
    pub id: String,
    /// What was answered.
    pub answer: Analysis,
    /// Its figures.
    pub scores: Scores,
}

/// What is heard of a folder, and which answer is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ask {
    /// What the live engine said, not what is said of the whole piece.
    pub causal: bool,
    /// The notes (`.mid`), not the sound (`.wav`).
    pub midi: bool,
    /// At most so many pieces, the first by name.
    pub limit: Option<usize>,
}

impl Ask {
    fn extension(self) -> &'static str {
        if self.midi { "mid" } else { "wav" }
    }
}

/// Hears every WAV or MIDI file of `folder` beside which a truth of the same name (`.json`) stands, with all cores, and scores
/// the answers. `progress` hears (pieces done, pieces).
///
/// # Errors
///
/// [`Error::Truth`] for a folder without such pairs and for a truth that cannot be read, [`Error::File`] for sound that
/// cannot be read. The first error by name is given.
pub fn evaluate_audio(
    folder: impl AsRef<Path>,
    ask: Ask,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Evaluation> {
    let folder = folder.as_ref();
    let (mut with_sound, silent) = truths(folder, ask.extension())?;
    with_sound.truncate(ask.limit.unwrap_or(usize::MAX));
    let done = AtomicUsize::new(0);
    let heard = spread(&with_sound, |_, path| {
        let piece = hear(path, ask);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, with_sound.len());
        piece
    });
    let (truths, pieces): (Vec<Truth>, Vec<Piece>) =
        heard.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let scores: Vec<Scores> = pieces.iter().map(|piece| piece.scores.clone()).collect();
    let baselines =
        audio::baselines(&truths, true).map_err(|error| wrong_truth(folder, error.to_string()))?;
    Ok(Evaluation { report: audio::aggregate(&scores, true), baselines, pieces, silent })
}

/// The truths of a folder by name: those with something to hear, and those without.
fn truths(folder: &Path, extension: &str) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let failed = |source| kmidi_io::Error::Io { path: folder.to_owned(), action: "read", source };
    let entries =
        std::fs::read_dir(folder).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    let mut truths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).collect();
    truths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    truths.sort();
    let found = truths.len();
    let (with_sound, silent): (Vec<_>, Vec<_>) =
        truths.into_iter().partition(|truth| truth.with_extension(extension).is_file());
    if with_sound.is_empty() {
        let reason = match found {
            0 => "no truth (NAME.json) in this folder".to_owned(),
            n => format!("none of its truths (NAME.json, {n} found) has its NAME.{extension} beside it"),
        };
        return Err(wrong_truth(folder, reason));
    }
    Ok((with_sound, silent))
}

fn hear(path: &Path, ask: Ask) -> Result<(Truth, Piece)> {
    let sound = path.with_extension(ask.extension());
    let read = |source| kmidi_io::Error::Io { path: path.to_owned(), action: "read", source };
    let text = std::fs::read_to_string(path).map_err(read)?;
    let truth: Truth = serde_json::from_str(&text).map_err(|error| wrong_truth(path, error.to_string()))?;
    let study = analyze(&sound, &|_| {})?;
    let answer = if ask.causal { study.causal } else { study.whole };
    // The scorer takes what other programs read: the JSON.
    let told: Answer = serde_json::to_value(&answer)
        .and_then(serde_json::from_value)
        .map_err(|error| wrong_truth(&sound, error.to_string()))?;
    let scores = audio::score(&truth, &told).map_err(|error| wrong_truth(path, error.to_string()))?;
    let id = truth.id.clone();
    Ok((truth, Piece { id, answer, scores }))
}

fn wrong_truth(path: &Path, reason: String) -> Error {
    Error::Truth { path: path.to_owned(), reason }
}
