//! Several files and folders, with all cores.

use super::{Document, chosen, files, reading, summary, unheard, warn};
use crate::args::Analyze;
use crate::{Stop, output, show};
use kmidi::io::smf::Loss;
use std::collections::HashMap;
use std::fs::create_dir_all;
use std::path::{Path, PathBuf};

/// Endings of the files that are taken from a folder.
const ENDINGS: [&str; 7] = ["mid", "midi", "wav", "flac", "mp3", "ogg", "oga"];

/// A file to be heard, and the path of its answer below the folder of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Job {
    file: PathBuf,
    answer: PathBuf,
}

/// A file that cannot be heard does not keep the others from it; all that went wrong is told at the end.
pub(super) fn run(args: &Analyze) -> Result<(), Stop> {
    if let Some((option, _)) = files(args).iter().find(|(_, path)| path.is_some()) {
        return Err(Stop::Usage(format!("{option} takes a single file; for several use --json FOLDER")));
    }
    let mut jobs = jobs(&args.files)?;
    let folder = args.json.as_deref().filter(|path| !output::is_stdout(path));
    if let Some(folder) = folder {
        name_answers(&mut jobs)?;
        make_folder(folder)?;
    }
    let bar = show::bar(jobs.len() as u64, "listening");
    let files: Vec<&Path> = jobs.iter().map(|job| job.file.as_path()).collect();
    let take = |n: usize, heard: Heard| {
        let told = answer(args, folder, &jobs[n], heard);
        bar.inc(1);
        told
    };
    let told = kmidi::analyze_each(&files, reading(args), take);
    bar.finish_and_clear();
    let mut bad = Vec::new();
    for (result, job) in told.into_iter().zip(&jobs) {
        match result {
            Ok((text, lost)) => {
                warn(&job.file, &lost);
                show::print(&text)?;
            }
            Err(Stop::Input(reason)) => bad.push(reason),
            Err(stop) => return Err(stop),
        }
    }
    match bad.pop() {
        None => Ok(()),
        Some(last) => {
            bad.iter().for_each(|reason| show::tell(reason, true));
            Err(Stop::Input(last))
        }
    }
}

/// A study and what was lost of its file.
type Heard = kmidi::Result<(kmidi::Study, Vec<Loss>)>;

/// Writes a file's answer and gives what is to be printed about it, and what was lost.
fn answer(
    args: &Analyze,
    folder: Option<&Path>,
    job: &Job,
    heard: Heard,
) -> Result<(String, Vec<Loss>), Stop> {
    let (study, lost) = heard.map_err(|error| unheard(args, &job.file, &error))?;
    let answer = chosen(args, study);
    let document = Document::new(args, &job.file, &answer, &lost);
    let text = match folder {
        Some(folder) => {
            let path = folder.join(&job.answer);
            make_folder(path.parent().unwrap_or(folder))?;
            output::json(&path, &document)?;
            summary::line(&job.file, &answer)
        }
        None if args.json.is_some() => output::json_line(&document)?,
        None => summary::line(&job.file, &answer),
    };
    Ok((text, lost))
}

fn make_folder(folder: &Path) -> Result<(), Stop> {
    let failed = |error| Stop::Input(format!("{}: cannot create this folder: {error}", folder.display()));
    create_dir_all(folder).map_err(failed)
}

/// What is to be done, each answer with the name of its file so far.
fn jobs(paths: &[PathBuf]) -> Result<Vec<Job>, Stop> {
    let mut jobs = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = jobs.len();
            walk(path, Path::new(""), &mut jobs)?;
            if jobs.len() == before {
                let endings = ENDINGS.map(|ending| format!(".{ending}")).join(", ");
                return Err(Stop::Input(format!(
                    "{}: no file ending in {endings} is in this folder",
                    path.display()
                )));
            }
        } else {
            jobs.push(Job { file: path.clone(), answer: path.file_name().unwrap_or_default().into() });
        }
    }
    Ok(jobs)
}

/// An answer is called as its file, `.json` in place of the ending, and lies below the folder of answers as the file
/// below the folder that was named; where two would be called the same, both keep their endings.
fn name_answers(jobs: &mut [Job]) -> Result<(), Stop> {
    let mut count = HashMap::new();
    for job in jobs.iter() {
        *count.entry(job.answer.with_extension("json")).or_insert(0) += 1;
    }
    let mut taken: HashMap<PathBuf, PathBuf> = HashMap::new();
    for job in jobs {
        let short = job.answer.with_extension("json");
        if count[&short] == 1 {
            job.answer = short;
        } else {
            job.answer.as_mut_os_string().push(".json");
        }
        if let Some(other) = taken.insert(job.answer.clone(), job.file.clone()) {
            let (other, file) = (other.display(), job.file.display());
            return Err(Stop::Usage(format!(
                "the answers for {other} and {file} would have one name; name their folder"
            )));
        }
    }
    Ok(())
}

/// The files below `folder` that are heard, by name. Hidden ones are left out, links to folders are not followed.
fn walk(folder: &Path, below: &Path, jobs: &mut Vec<Job>) -> Result<(), Stop> {
    let failed = |error: std::io::Error| Stop::Input(format!("{}: cannot read: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (file, name) = (entry.path(), entry.file_name());
        let ending = file.extension().unwrap_or_default().to_ascii_lowercase();
        let below = below.join(&name);
        if name.to_string_lossy().starts_with('.') {
            continue;
        } else if entry.file_type().map_err(failed)?.is_dir() {
            walk(&file, &below, jobs)?;
        } else if ENDINGS.iter().any(|known| ending == *known) {
            jobs.push(Job { file, answer: below });
        }
    }
    Ok(())
}
