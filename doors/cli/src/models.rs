//! `kmidi models`.

use crate::{Stop, output, show};
use clap::{Args, Subcommand};
use kmidi::{ModelRow, Tensors};
use serde::{Deserialize, Serialize};
use serde_json::json;
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
    /// Run a network of your own and print what it answers, as JSON
    Run {
        /// The network
        #[arg(value_name = "FILE.onnx")]
        network: PathBuf,
        /// What goes in: `inputs` of one or more pairs, numbers by name, in the form of a model's io.json
        #[arg(value_name = "PAIRS.json")]
        pairs: PathBuf,
        /// Run it with this ONNX Runtime (libonnxruntime.so) in place of our own kernels
        #[cfg(feature = "onnxruntime")]
        #[arg(long, value_name = "FILE")]
        library: Option<PathBuf>,
    },
}

/// The numbers for a run, and others beside them as `io.json` has them.
#[derive(Deserialize)]
struct Pair {
    inputs: Tensors,
}

#[derive(Deserialize)]
struct Pairs {
    pairs: Vec<Pair>,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    models: &'a [ModelRow],
}

pub(crate) fn run(args: &Models) -> Result<(), Stop> {
    match &args.verb {
        Some(Verb::Verify { folder }) => verify(folder.as_deref()),
        #[cfg(not(feature = "onnxruntime"))]
        Some(Verb::Run { network, pairs }) => run_network(network, pairs, None),
        #[cfg(feature = "onnxruntime")]
        Some(Verb::Run { network, pairs, library }) => run_network(network, pairs, library.as_deref()),
        None => list(args.json.as_deref()),
    }
}

fn run_network(network: &Path, pairs: &Path, library: Option<&Path>) -> Result<(), Stop> {
    let at = |error: &dyn std::fmt::Display| Stop::Input(format!("{}: {error}", pairs.display()));
    let text = std::fs::read(pairs).map_err(|error| at(&error))?;
    let given: Pairs = serde_json::from_slice(&text).map_err(|error| at(&error))?;
    let inputs: Vec<Tensors> = given.pairs.into_iter().map(|pair| pair.inputs).collect();
    let told = match library {
        None => kmidi::run_network(network, &inputs)?,
        Some(library) => by_library(network, library, &inputs)?,
    };
    let pairs: Vec<_> = told.iter().map(|outputs| json!({ "outputs": outputs })).collect();
    output::large_json(Path::new("-"), &json!({ "schema": "kmidi.run/1", "pairs": pairs }))
}

#[cfg(feature = "onnxruntime")]
fn by_library(network: &Path, library: &Path, inputs: &[Tensors]) -> Result<Vec<Tensors>, Stop> {
    let mut external = kmidi::External::open(network, library)?;
    Ok(inputs.iter().map(|given| external.run(given)).collect::<kmidi::Result<_>>()?)
}

#[cfg(not(feature = "onnxruntime"))]
fn by_library(_: &Path, _: &Path, _: &[Tensors]) -> Result<Vec<Tensors>, Stop> {
    Err(Stop::Usage("this build has no ONNX Runtime".into()))
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
