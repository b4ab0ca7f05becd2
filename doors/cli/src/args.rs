//! What the user may say.

use clap::builder::styling;
use clap::{Args as Arguments, Parser, Subcommand};
use std::path::PathBuf;

const COLOURS: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// A music engine that listens and composes.
#[derive(Debug, Parser)]
#[command(name = "kmidi", version, styles = COLOURS, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  kmidi compose \"bittersweet, then hopeful\" -o song.mid --wav song.wav --plot song.svg
  kmidi analyze song.mid --json song.json
  kmidi analyze recordings/ --json answers/
  kmidi eval audio rendered/ --min chord_majmin=0.7
  kmidi completions bash > kmidi.bash

Exit codes: 0 done, 1 an evaluation fell below --min or a budget failed, 2 wrong usage, 3 a regression, 4 bad input,
70 internal error.
Colours are for terminals only; NO_COLOR turns them off.";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  kmidi analyze song.wav                     a summary and the chords
  kmidi analyze song.mid --json -            everything as JSON
  kmidi analyze song.wav --lab song.lab --beats song.txt --plot song.svg
  kmidi analyze song.mid --romantext song.rntxt --musicxml song.musicxml
  kmidi analyze recordings/ --json answers/  a JSON file for each, with all cores";

const AUDIO_EXAMPLES: &str = "\
Examples:
  kmidi eval audio rendered/ --causal
  kmidi eval audio rendered/ --json figures.json --min onset_f50=0.8 --min swing_mae=0.1";

const CHORDS_EXAMPLES: &str = "\
Examples:
  kmidi eval chord-name when_in_rome.test.jsonl.gz
  kmidi eval key-track when_in_rome.test.jsonl.gz --min exact=0.79 --min mirex=0.8
  kmidi eval roman when_in_rome.test.jsonl.gz --json figures.json --predictions answers.jsonl";

const SONGS_EXAMPLES: &str = "\
The training split beside the file (NAME.train.jsonl.gz) gives the chains, the shuffled pieces, and what songs may not copy.

Examples:
  kmidi eval songs pop909.test.jsonl.gz
  kmidi eval songs pop909.valid.jsonl.gz --style mine.toml --songs 40 --predictions runs.jsonl";

const NOTES_EXAMPLES: &str = "\
Examples:
  kmidi eval next-note pop909.test.jsonl.gz
  kmidi eval next-note openewld.test.jsonl.gz --min nats=3.6 --json figures.json";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Turn words or a feeling into music
    Compose(Box<crate::compose::args::Compose>),
    /// Tell chords, keys, beats and tempo of MIDI, WAV, FLAC, MP3 and OGG files
    #[command(after_help = ANALYZE_EXAMPLES)]
    Analyze(Analyze),
    /// Name, read and explain chords
    Harmony(crate::harmony::args::Harmony),
    /// Take, give, list and compare grooves; quantise and humanise
    Groove(crate::groove::args::Groove),
    /// Tell which feelings words describe
    Emotion(crate::emotion::Emotion),
    /// Write what the engine measures, for training and study
    Features(Features),
    /// Score the engine against labelled data
    Eval(Eval),
    /// List the models, and check that they are the registered ones
    Models(crate::models::Models),
    /// Time the engines, check their answers, find regressions
    Bench(Box<kmidi_bench::Bench>),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
}

fn pieces(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "use a whole number from 1".into())
}

#[derive(Debug, Arguments)]
pub(crate) struct Analyze {
    /// MIDI, WAV, FLAC, MP3 and OGG (Vorbis) files, and folders of them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the analysis as JSON ("-": standard output); for several files into this folder, a file each
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// What the live engine said, with no smoothing
    #[arg(long)]
    pub(crate) causal: bool,
    /// Take beats, tempo, metre and keys of a MIDI file from the file itself, where it has them, instead of listening
    #[arg(long, conflicts_with = "causal")]
    pub(crate) trust_file: bool,
    /// Of a cut-off or damaged MIDI file analyse what can be read, and say what was lost
    #[arg(long)]
    pub(crate) salvage: bool,
    /// Write beats, onsets, tempo, chords and keys as JAMS
    #[arg(long, value_name = "FILE")]
    pub(crate) jams: Option<PathBuf>,
    /// Write the chords as a .lab file
    #[arg(long, value_name = "FILE")]
    pub(crate) lab: Option<PathBuf>,
    /// Write the Roman numerals, bar by bar, as RomanText
    #[arg(long, value_name = "FILE")]
    pub(crate) romantext: Option<PathBuf>,
    /// Write a lead sheet: chord symbols over bars
    #[arg(long, value_name = "FILE.musicxml")]
    pub(crate) musicxml: Option<PathBuf>,
    /// Write the beats as text, a time and a number in the bar a line
    #[arg(long, value_name = "FILE")]
    pub(crate) beats: Option<PathBuf>,
    /// Draw chords, keys, beats, tempo and onsets
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
}

#[derive(Debug, Arguments)]
pub(crate) struct Features {
    /// A MIDI, WAV, FLAC, MP3 or OGG (Vorbis) file; with --task, labelled records (.jsonl, .jsonl.gz)
    pub(crate) file: PathBuf,
    /// Where to write the JSON; standard output without it. With --task the folder that gets the columns, NAME.npy each
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write what the model of this task is shown, and what it should answer, for every item of the records
    #[arg(long, value_name = "TASK", requires = "output")]
    pub(crate) task: Option<Shown>,
}

/// Tasks whose models are trained on what `features` writes.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Shown {
    /// The next note of a tune
    NextNote,
    /// The chord that comes next
    NextChord,
    /// Chords for a melody
    Harmonize,
    /// Strokes on a grid, and how they were played
    Groove,
    /// Scores, and how loud each note was played
    Dynamics,
    /// The feeling of played notes
    EmotionMidi,
    /// The feeling of sound: mel frames of a sound file, or of a set NAME.u8.gz with NAME.index.csv
    EmotionAudio,
    /// The words of texts
    EmotionText,
}

#[derive(Debug, Arguments)]
pub(crate) struct Eval {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Onsets, beats, tempo, key and chords of a folder of WAV files with their truth as JSON
    #[command(after_help = AUDIO_EXAMPLES)]
    Audio(EvalAudio),
    /// Roots of labelled chords, each alone and in sequence
    #[command(after_help = CHORDS_EXAMPLES)]
    ChordName(EvalLabelled),
    /// The key after each labelled chord, later chords unseen
    #[command(after_help = CHORDS_EXAMPLES)]
    KeyTrack(EvalLabelled),
    /// Keys and Roman numerals of labelled chords, the whole piece in view
    #[command(after_help = CHORDS_EXAMPLES)]
    Roman(EvalLabelled),
    /// How late and how loud drummers play the strokes of a score
    Groove(EvalModel),
    /// How loud the notes of a score were played
    Dynamics(EvalModel),
    /// The feeling of played notes: quadrant, valence, arousal
    EmotionMidi(EvalModel),
    /// The feeling of sound, as mel frames (NAME.u8.gz with NAME.index.csv): quadrant, valence, arousal
    EmotionAudio(EvalModel),
    /// The feeling of texts: valence, arousal, dominance
    EmotionText(EvalModel),
    /// The next note of a tune, from the notes so far, key, metre and chord
    #[command(after_help = NOTES_EXAMPLES)]
    NextNote(EvalModel),
    /// The next chord and its length, from the chords and the melody so far
    NextChord(EvalModel),
    /// A chord for each given stretch of a melody, the whole piece in view
    Harmonize(EvalModel),
    /// How near composed songs are to pieces that people wrote, and whether they copy any
    #[command(after_help = SONGS_EXAMPLES)]
    Songs(EvalSongs),
}

#[derive(Debug, Arguments)]
pub(crate) struct EvalSongs {
    #[command(flatten)]
    pub(crate) labelled: EvalLabelled,
    /// How many songs are composed
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    pub(crate) songs: u16,
    /// In which style: a name, or a file that ends in .toml
    #[arg(long, value_name = "STYLE", default_value = "pop")]
    pub(crate) style: String,
}

#[derive(Debug, Arguments)]
pub(crate) struct EvalLabelled {
    /// Records with their truth, a JSON line each; gzip is understood
    #[arg(value_name = "FILE.jsonl[.gz]")]
    pub(crate) file: PathBuf,
    /// Write the figures as JSON ("-": standard output, instead of the table)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write one line of JSON an answer
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) predictions: Option<PathBuf>,
    /// Fail (exit code 1) when a figure is below X; of errors (nats, *_mae, *_mse) X is the most. Repeatable
    #[arg(long, value_name = "METRIC=X")]
    pub(crate) min: Vec<String>,
    /// At most this many pieces, the first of the file
    #[arg(long, value_name = "N", value_parser = pieces)]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Arguments)]
pub(crate) struct EvalModel {
    #[command(flatten)]
    pub(crate) labelled: EvalLabelled,
    /// Which weights: default, nc (may not be used commercially), or what else lies in models/
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) weights: String,
}

#[derive(Debug, Arguments)]
pub(crate) struct EvalAudio {
    /// A folder with NAME.wav and NAME.json pairs
    pub(crate) folder: PathBuf,
    /// Score what the live engine said
    #[arg(long)]
    pub(crate) causal: bool,
    /// Hear the notes (NAME.mid) in place of the sound
    #[arg(long)]
    pub(crate) midi: bool,
    /// Write the figures as JSON ("-": standard output, instead of the table)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write one line of JSON a piece
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) predictions: Option<PathBuf>,
    /// Fail (exit code 1) when a figure is below X; of errors, times and flips (*_mae, *_ms, *_s, *_a_minute) X is the most. Repeatable
    #[arg(long, value_name = "METRIC=X")]
    pub(crate) min: Vec<String>,
    /// At most this many pieces, the first by name
    #[arg(long, value_name = "N", value_parser = pieces)]
    pub(crate) limit: Option<usize>,
}
