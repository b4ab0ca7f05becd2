//! What the user may say after `kmidi bench`.

use crate::plant::Plant;
use clap::{Args as Arguments, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  kmidi bench                                        everything, in under a minute
  kmidi bench harmony --html harmony.html            one component, ten minutes of blocks, as a page
  kmidi bench block --paced --minutes 5              called as an audio device would
  kmidi bench doctor                                 can this machine prove anything?
  kmidi bench baseline save main                     keep what it costs now ...
  kmidi bench --baseline main                        ... and be told when it costs more
  kmidi bench compare --against old/kmidi            two programs, in turn
  kmidi bench trend --svg trend.svg                  what changed over the runs kept with --keep

Verdicts: PASS the mean is below its budget; WARN the slowest are far above the mean, or something could not be
proved; INSUFFICIENT too few calls for a percentile that has a budget; REGRESSION slower than before, beyond doubt;
FAIL a budget is not kept, an answer is wrong, or the audio thread took memory, a lock or a system call.

Exit codes: 0 PASS, WARN or INSUFFICIENT; 1 FAIL (with --deny-warnings also WARN and INSUFFICIENT); 2 wrong usage;
3 REGRESSION; 4 bad input.";

/// `kmidi bench`.
#[derive(Debug, Arguments)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = false)]
pub struct Bench {
    #[command(subcommand)]
    pub(crate) what: Option<What>,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// Options that every kind of run takes.
#[derive(Debug, Arguments)]
pub(crate) struct Options {
    /// Write the results as JSON; - is standard output
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page: tables, curves, worst calls, the machine
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write a line for each benchmark
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Print in the format of another program instead of a table
    #[arg(long, global = true, value_enum)]
    pub(crate) format: Option<Format>,
    /// Compare with a baseline that was saved
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) baseline: Option<String>,
    /// How much slower is a regression
    #[arg(long, global = true, value_name = "SHARE", default_value = "10%", value_parser = share)]
    pub(crate) threshold: f64,
    /// How many calls to time of each benchmark
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) blocks: Option<u64>,
    /// Only benchmarks with this in their name; may be given more than once
    #[arg(long = "name", global = true, value_name = "PART")]
    pub(crate) names: Vec<String>,
    /// A folder of definitions (*.toml) in place of those that come with the program
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) definitions: Option<PathBuf>,
    /// The folder of baselines, calibrations and runs
    #[arg(long, global = true, value_name = "FOLDER", default_value = "benchmarks/record")]
    pub(crate) record: PathBuf,
    /// How long a paced run or a soak lasts
    #[arg(long, global = true, value_name = "MINUTES", default_value_t = 1.0, value_parser = minutes)]
    pub(crate) minutes: f64,
    /// Keep this run for the trend
    #[arg(long, global = true)]
    pub(crate) keep: bool,
    /// Let WARN and INSUFFICIENT end with exit code 1
    #[arg(long, global = true)]
    pub(crate) deny_warnings: bool,
    /// Plant a fault, to see that it is caught: allocation, lock, system-call, wrong-answer, stall, leak, busy=SHARE
    #[arg(long, global = true, value_name = "FAULT")]
    pub(crate) plant: Option<Plant>,
}

/// What to run.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Everything, with few calls each: under a minute
    Quick,
    /// The Harmony Engine, and chords in words
    Harmony,
    /// The Groove Engine, and what plays beside it
    Groove,
    /// Every model that ships
    Models,
    /// Both engines together, block by block
    Block {
        /// Call once a block, as an audio device would, and count missed deadlines
        #[arg(long)]
        paced: bool,
    },
    /// Memory by phase
    Memory,
    /// Everything over and over: answers, time and memory must stay the same
    Soak,
    /// Tell whether this machine can prove anything
    Doctor,
    /// List the benchmarks
    List,
    /// Find out by how much this machine differs from itself
    Calibrate {
        /// How many comparisons of this program with itself
        #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=1000))]
        comparisons: u32,
    },
    /// Save and list baselines
    Baseline {
        #[command(subcommand)]
        what: Baseline,
    },
    /// Compare two baselines, or this program with another
    Compare {
        /// Two baselines: names, or files
        #[arg(num_args = 0..=2, value_names = ["A", "B"])]
        baselines: Vec<String>,
        /// Another kmidi: both run in turn
        #[arg(long, value_name = "BINARY", conflicts_with = "baselines")]
        against: Option<PathBuf>,
        /// How many rounds each
        #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1000))]
        rounds: u32,
    },
    /// Tell where the runs kept with --keep step up or down
    Trend {
        /// The runs; those of the record when left out
        runs: Option<PathBuf>,
        /// Draw them
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Search for the input that costs most
    Search {
        /// How many inputs to try
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        tries: u32,
    },
    /// Make a page of results that were written as JSON
    Report {
        /// What `--json` wrote
        results: PathBuf,
    },
    /// One round of each benchmark, for comparisons
    #[command(hide = true)]
    Round {
        /// Only run so many calls, for an instruction counter
        #[arg(long)]
        count: Option<usize>,
    },
}

/// What to do with baselines.
#[derive(Debug, Subcommand)]
pub(crate) enum Baseline {
    /// Measure now and keep it under a name
    Save {
        /// The name
        name: String,
    },
    /// List what is kept
    List,
}

/// Formats of other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Bencher Metric Format
    Bencher,
    /// github-action-benchmark, customSmallerIsBetter
    GithubActionBenchmark,
    /// A Markdown table
    Markdown,
}

fn share(text: &str) -> Result<f64, String> {
    let (number, factor) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 0.01));
    match number.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && (0.001..=10.0).contains(&(number * factor)) => Ok(number * factor),
        _ => Err("a share such as 10% or 0.1".into()),
    }
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if (0.01..=10_000.0).contains(&minutes) => Ok(minutes),
        _ => Err("minutes from 0.01 to 10000".into()),
    }
}
