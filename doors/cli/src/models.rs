//! `kmidi models`.

use crate::{Stop, output, show};
use clap::{Args, Subcommand};
use kmidi::ModelRow;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Models {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Write the registry as JSON ("-": standard output, instead of the table)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check hashes, licences and sizes, and that each network gives its recorded answers (exit code 1 where one does not)
    Verify {
        /// A folder of models with its registry.json; without it what is built in, and `models` where that folder is here
        #[arg(value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    models: &'a [ModelRow],
}

pub(crate) fn run(args: &Models) -> Result<(), Stop> {
    match &args.verb {
        Some(Verb::Verify { folder }) => verify(folder.as_deref()),
        None => list(args.json.as_deref()),
    }
}

fn list(json: Option<&Path>) -> Result<(), Stop> {
    let rows = kmidi::models(None)?;
    if let Some(path) = json {
        output::check([path], &[])?;
        output::large_json(path, &Document { schema: "kmidi.models/1", models: &rows })?;
        if output::is_stdout(path) {
            return Ok(());
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<14} {:<26} {:<8} {:>10} {:>9} {:>9}  licence",
        "model", "file", "set", "parameters", "KB", "step µs"
    )?;
    for row in &rows {
        let step = row.step_us.map_or("-".to_owned(), |us| format!("{us:.1}"));
        let kilobytes = row.bytes as f64 / 1e3;
        writeln!(
            out,
            "{:<14} {:<26} {:<8} {:>10} {kilobytes:>9.1} {step:>9}  {}",
            row.name, row.file, row.set, row.parameters, row.licence
        )?;
    }
    Ok(())
}

fn verify(folder: Option<&Path>) -> Result<(), Stop> {
    let rows = kmidi::models(None)?;
    let mut faults = kmidi::built_in_faults(&rows);
    let here = Path::new("models");
    let folder = folder.or_else(|| here.join("registry.json").is_file().then_some(here));
    if let Some(folder) = folder {
        faults.extend(kmidi::model_faults(folder)?);
    }
    if faults.is_empty() {
        let beside =
            folder.map_or(String::new(), |folder| format!("; the files of {} too", folder.display()));
        let built_in = kmidi::neural::all_shipped().chain(kmidi::neural::shipped_tables()).count();
        writeln!(std::io::stdout(), "{built_in} built in, as registered{beside}")?;
        return Ok(());
    }
    faults.iter().for_each(|fault| show::tell(fault, true));
    Err(Stop::Below(format!("{} of the models are not as registered", faults.len())))
}
