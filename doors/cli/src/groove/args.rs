//! What the user may say to `kmidi groove`.

use clap::{Args, Subcommand};
use kmidi::studio::groove::Grid;
use std::path::PathBuf;

const EXTRACT_EXAMPLES: &str = "\
Examples:
  kmidi groove extract drums.mid -o drums.json            the whole performance, bar by bar
  kmidi groove extract drums.mid --bars 1 -o mine.json    one bar: the median over all of them
  kmidi groove extract drums.mid --grid 1/16T --bars 2 -o mine.rgt
  kmidi groove extract drums.mid --bars 1 --plot mine.svg";

const APPLY_EXAMPLES: &str = "\
Examples:
  kmidi groove apply funk song.mid -o funky.mid
  kmidi groove apply jazz-swing song.mid --amount 60% --velocity 30% -o light.mid
  kmidi groove apply mine.json song.mid --amount 130% --random 50% --seed 7 -o more.mid

A groove is one of `kmidi groove list`, or a file: JSON, .rgt of REAPER's SWS extension, MIDI.";

const HUMANIZE_EXAMPLES: &str = "\
Examples:
  kmidi groove humanize song.mid -o human.mid
  kmidi groove humanize song.mid --amount 50% --seed 3 -o lightly.mid";

const QUANTIZE_EXAMPLES: &str = "\
Examples:
  kmidi groove quantize take.mid -o tight.mid
  kmidi groove quantize take.mid --grid 1/8 --swing 62% --strength 80% -o swung.mid

Grids: 1/2, 1/4, 1/4T, 1/8, 1/8Q, 1/8T, 1/16, 1/16Q, 1/16T, 1/32, 1/32T, 1/64 (T triplets, Q quintuplets).";

const COMPARE_EXAMPLES: &str = "\
Examples:
  kmidi groove compare funk new-orleans-funk
  kmidi groove compare mine.json take.mid --json";

#[derive(Debug, Args)]
pub(crate) struct Groove {
    #[command(subcommand)]
    pub(crate) wish: Wish,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Wish {
    /// Take the groove of a MIDI file
    #[command(after_help = EXTRACT_EXAMPLES)]
    Extract(Extract),
    /// Give a groove to a MIDI file
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(Apply),
    /// Play a MIDI file as people would
    #[command(after_help = HUMANIZE_EXAMPLES)]
    Humanize(Humanize),
    /// Put the notes of a MIDI file on a grid
    #[command(after_help = QUANTIZE_EXAMPLES)]
    Quantize(Quantize),
    /// List the grooves that there are
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a groove: who plays where, how late, how loud
    Show(Show),
    /// Compare two grooves, position by position
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(Compare),
}

#[derive(Debug, Args)]
pub(crate) struct Extract {
    /// The MIDI file
    pub(crate) file: PathBuf,
    /// The grid that the groove deviates from
    #[arg(long, default_value = "1/16", value_parser = whole_grid)]
    pub(crate) grid: Grid,
    /// Fold into so many bars, 1 to 64; without it the whole performance is kept
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) bars: Option<u32>,
    /// What to call it; the file's name without it
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Write the groove: .json, .rgt or .mid
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Draw positions and velocities
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Print the groove as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The groove: a name or a file
    pub(crate) template: String,
    /// The MIDI file
    pub(crate) file: PathBuf,
    /// How much of its timing, 0 to 130 %
    #[arg(long, default_value = "100%", value_parser = |text: &str| percent(text, 0.0, 130.0))]
    pub(crate) amount: f64,
    /// How much of its velocities, -100 to 100 %; less than 0 moves away from them
    #[arg(long, default_value = "100%", allow_hyphen_values = true, value_parser = |text: &str| percent(text, -100.0, 100.0))]
    pub(crate) velocity: f64,
    /// How much of its note lengths, 0 to 100 %
    #[arg(long, default_value = "0%", value_parser = |text: &str| percent(text, 0.0, 100.0))]
    pub(crate) length: f64,
    /// How much of its spread is added by chance, 0 to 100 %
    #[arg(long, default_value = "0%", value_parser = |text: &str| percent(text, 0.0, 100.0))]
    pub(crate) random: f64,
    /// Move the notes from where they are instead of from the grid
    #[arg(long)]
    pub(crate) keep_timing: bool,
    /// What chance follows from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Where to write the MIDI file
    #[arg(short, long, value_name = "FILE.mid")]
    pub(crate) output: PathBuf,
    /// Print how far the notes went as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Humanize {
    /// The MIDI file
    pub(crate) file: PathBuf,
    /// How much, 0 to 130 %
    #[arg(long, default_value = "100%", value_parser = |text: &str| percent(text, 0.0, 130.0))]
    pub(crate) amount: f64,
    /// What chance follows from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Where to write the MIDI file
    #[arg(short, long, value_name = "FILE.mid")]
    pub(crate) output: PathBuf,
    /// Print how far the notes went as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Quantize {
    /// The MIDI file
    pub(crate) file: PathBuf,
    /// The grid
    #[arg(long, default_value = "1/16", value_parser = grid)]
    pub(crate) grid: Grid,
    /// How far towards it, 0 to 100 %
    #[arg(long, default_value = "100%", value_parser = |text: &str| percent(text, 0.0, 100.0))]
    pub(crate) strength: f64,
    /// Where the second of two steps falls: 50 % straight, 66.7 % a triplet's swing, 75 % at most
    #[arg(long, default_value = "50%", value_parser = |text: &str| percent(text, 50.0, 75.0))]
    pub(crate) swing: f64,
    /// Move only notes within this share of half a step from the grid, 0 to 100 %
    #[arg(long, default_value = "100%", value_parser = |text: &str| percent(text, 0.0, 100.0))]
    pub(crate) range: f64,
    /// Move no note farther than so many milliseconds
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    pub(crate) most: Option<f64>,
    /// Where to write the MIDI file
    #[arg(short, long, value_name = "FILE.mid")]
    pub(crate) output: PathBuf,
    /// Print how far the notes went as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The groove: a name or a file
    pub(crate) template: String,
    /// Draw positions and velocities
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Write the groove: .json, .rgt or .mid
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Print the groove as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The one: a name or a file
    pub(crate) a: String,
    /// The other
    pub(crate) b: String,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A share from a percentage, with or without its sign.
fn percent(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>();
    match number {
        Ok(value) if (least..=most).contains(&value) => Ok(value / 100.0),
        _ => Err(format!("use a percentage from {least} to {most}")),
    }
}

fn milliseconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=10_000.0).contains(&value) => Ok(value / 1e3),
        _ => Err("use milliseconds from 0 to 10000".into()),
    }
}

/// A grid that divides quarter notes.
fn whole_grid(text: &str) -> Result<Grid, String> {
    let grid = grid(text)?;
    match grid.steps.is_multiple_of(4) {
        true => Ok(grid),
        false => Err("use a grid that divides quarter notes, such as 1/8, 1/16 or 1/16T".into()),
    }
}

fn grid(text: &str) -> Result<Grid, String> {
    Grid::named(text).ok_or_else(|| {
        "use 1/2, 1/4, 1/8, 1/16, 1/32 or 1/64, with T for triplets or Q for quintuplets".into()
    })
}
