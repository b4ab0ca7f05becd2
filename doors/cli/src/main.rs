//! The `kmidi` command: parse, call, print. It holds no music.
#![forbid(unsafe_code)]

mod analyze;
mod args;
mod compose;
mod emotion;
mod eval;
mod features;
mod groove;
mod harmony;
mod models;
mod output;
mod show;

use args::{Args, Verb};
use clap::{Command, CommandFactory, Parser};
use std::io::Write;
use std::process::ExitCode;
use std::sync::Mutex;

/// What ends a run early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Wrong usage: exit code 2.
    Usage(String),
    /// Bad input, or a file that cannot be written: exit code 4.
    Input(String),
    /// An evaluation fell below what was asked: exit code 1.
    Below(String),
    /// A benchmark did not pass, as its output says: this exit code.
    Verdict(u8),
    /// A fault of our own: exit code 70.
    Internal(String),
    /// Whoever reads the output has gone: exit code 0.
    Unheard,
}

impl From<kmidi_bench::Stop> for Stop {
    fn from(stop: kmidi_bench::Stop) -> Self {
        match stop {
            kmidi_bench::Stop::Usage(text) => Stop::Usage(text),
            kmidi_bench::Stop::Input(text) => Stop::Input(text),
            kmidi_bench::Stop::Internal(text) => Stop::Internal(text),
            kmidi_bench::Stop::Unheard => Stop::Unheard,
        }
    }
}

impl From<kmidi::Error> for Stop {
    fn from(error: kmidi::Error) -> Self {
        Stop::Input(error.to_string())
    }
}

impl From<kmidi::io::Error> for Stop {
    fn from(error: kmidi::io::Error) -> Self {
        Stop::Input(error.to_string())
    }
}

impl From<std::io::Error> for Stop {
    /// Only standard output is written directly.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Stop::Unheard,
            _ => Stop::Input(format!("standard output: cannot write: {error}")),
        }
    }
}

fn main() -> ExitCode {
    // A fault of our own is told in one line, and told apart from bad input. Faults that a reader of strangers' files
    // catches are its own affair: only one that ends the run is told.
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut last) = FAULT.lock() {
            *last = info.to_string();
        }
    }));
    std::panic::catch_unwind(run).unwrap_or_else(|_| {
        let fault = FAULT.lock().map(|last| last.clone()).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "kmidi: internal error, please report it: {fault}");
        ExitCode::from(70)
    })
}

/// The last panic.
static FAULT: Mutex<String> = Mutex::new(String::new());

fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version that were asked for are no errors; a reader that has gone is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let result = match &args.verb {
        Verb::Compose(args) => compose::run(args),
        Verb::Analyze(args) => analyze::run(args),
        Verb::Harmony(args) => harmony::run(args),
        Verb::Groove(args) => groove::run(args),
        Verb::Emotion(args) => emotion::run(args),
        Verb::Features(args) => features::run(args),
        Verb::Eval(args) => eval::run(args),
        Verb::Models(args) => models::run(args),
        Verb::Bench(args) => bench(args),
        Verb::Completions { shell } => completions(*shell),
        Verb::Man => man(),
    };
    let (text, code) = match result {
        Ok(()) | Err(Stop::Unheard) => return ExitCode::SUCCESS,
        Err(Stop::Verdict(code)) => return ExitCode::from(code),
        Err(Stop::Below(text)) => (text, 1),
        Err(Stop::Usage(text)) => (text, 2),
        Err(Stop::Input(text)) => (text, 4),
        Err(Stop::Internal(text)) => (format!("internal error, please report it: {text}"), 70),
    };
    show::tell(&text, true);
    ExitCode::from(code)
}

fn bench(args: &kmidi_bench::Bench) -> Result<(), Stop> {
    match kmidi_bench::run(args)? {
        kmidi_bench::End::Well => Ok(()),
        kmidi_bench::End::Failed => Err(Stop::Verdict(1)),
        kmidi_bench::End::Regression => Err(Stop::Verdict(3)),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "kmidi", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}

/// One page for the program and one for each verb, in one stream.
fn man() -> Result<(), Stop> {
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    let mut text = Vec::new();
    pages(&command, &mut text)?;
    Ok(std::io::stdout().write_all(&text)?)
}

fn pages(command: &Command, out: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(out)?;
    command.get_subcommands().try_for_each(|verb| pages(verb, out))
}
