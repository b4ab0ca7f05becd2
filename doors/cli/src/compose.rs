//! `kmidi compose`.

mod sheet;
mod wishes;

use crate::args::Compose;
use crate::show::bold;
use crate::{Stop, output, show};
use kmidi::studio::compose::{STYLES, intent_to_json};
use kmidi::studio::plot::piano_roll;
use kmidi::{Intent, Plan, Song, Sound, Style};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Compose) -> Result<(), Stop> {
    if args.styles {
        return show::print(&styles());
    }
    output::no_stdout([&args.output, &args.musicxml, &args.chordpro, &args.wav, &args.plot])?;
    let style = args.style.as_deref().unwrap_or(STYLES[0]);
    let file = style.ends_with(".toml").then(|| Path::new(style));
    let style = kmidi::style(style).map_err(|error| match file {
        Some(_) => error.into(),
        None => Stop::Usage(format!("--style: {error}")),
    })?;
    let asked = Intent { style: args.style.as_ref().map(|_| style.name.clone()), ..wishes::read(args)? };
    let named =
        |path: &Option<PathBuf>, number| path.as_ref().map(|path| numbered(path, number, args.variations));
    let takes: Vec<Take> = (1..=args.variations)
        .map(|number| Take {
            seed: args.seed.wrapping_add(u64::from(number) - 1),
            midi: named(&args.output, number),
            musicxml: named(&args.musicxml, number),
            chordpro: named(&args.chordpro, number),
            wav: named(&args.wav, number),
            plot: named(&args.plot, number),
            json: named(&args.json, number),
        })
        .collect();
    output::check(
        takes.iter().flat_map(Take::files),
        &args.soundfont.iter().map(PathBuf::as_path).chain(file).collect::<Vec<_>>(),
    )?;
    for take in &takes {
        let intent = Intent { seed: take.seed, ..asked.clone() };
        let (plan, song) =
            kmidi::compose_in(&intent, &style).map_err(|error| wishes::refused(args, &error))?;
        let played = kmidi::perform(&song, &style)?;
        save(take, args.soundfont.as_deref(), &song, &played)?;
        tell(take, takes.len() > 1, &intent, &plan, &song)?;
    }
    if takes.iter().all(|take| take.files().next().is_none()) {
        show::tell("nothing was written; -o song.mid keeps the song, --wav song.wav its sound", false);
    }
    Ok(())
}

/// A line a style: name, tempo, what it is.
fn styles() -> String {
    let line = |style: Style| {
        let name = bold(&format!("{:<12}", style.name));
        format!("{name} {:>3}-{:<3} BPM  {}\n", style.tempo.slowest, style.tempo.fastest, style.about)
    };
    kmidi::studio::compose::styles().into_iter().map(line).collect()
}

/// One song of those that are asked for.
struct Take {
    seed: u64,
    midi: Option<PathBuf>,
    musicxml: Option<PathBuf>,
    chordpro: Option<PathBuf>,
    wav: Option<PathBuf>,
    plot: Option<PathBuf>,
    json: Option<PathBuf>,
}

impl Take {
    fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.midi, &self.musicxml, &self.chordpro, &self.wav, &self.plot, &self.json]
            .into_iter()
            .filter_map(|file| file.as_deref())
    }
}

/// `song.mid` as `song-2.mid` when there are several.
fn numbered(path: &Path, number: u16, of: u16) -> PathBuf {
    if of == 1 || output::is_stdout(path) {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// Scores show `song`, everything else what is `played`.
fn save(take: &Take, soundfont: Option<&Path>, song: &Song, played: &Song) -> Result<(), Stop> {
    // The sound first: it is what may fail, and a song without it would be half an answer.
    if let Some(path) = &take.wav {
        kmidi::save_wav(played, path, soundfont.map_or(Sound::Synth, Sound::SoundFont))?;
    }
    if let Some(path) = &take.midi {
        kmidi::save_midi(played, path)?;
    }
    if let Some(path) = &take.musicxml {
        kmidi::save_musicxml(song, path)?;
    }
    if let Some(path) = &take.chordpro {
        kmidi::save_chordpro(song, path)?;
    }
    if let Some(path) = &take.plot {
        output::text_file(path, &piano_roll(played))?;
    }
    Ok(())
}

fn tell(take: &Take, short: bool, intent: &Intent, plan: &Plan, song: &Song) -> Result<(), Stop> {
    let plan_json = |plan: &Plan| document(plan, intent, song);
    match take.json.as_deref() {
        Some(path) if output::is_stdout(path) && short => {
            return show::print(&output::json_line(&plan_json(plan))?);
        }
        Some(path) if output::is_stdout(path) => return output::json(path, &plan_json(plan)),
        Some(path) => output::json(path, &plan_json(plan))?,
        None => {}
    }
    let mut text =
        if short { sheet::line(plan, song, intent.seed) } else { sheet::page(plan, song, intent.seed) };
    let files: Vec<String> = take.files().map(|file| file.display().to_string()).collect();
    if !files.is_empty() {
        text.push_str(&format!("{}  {}\n", show::bold("wrote"), files.join("  ")));
    }
    show::print(&text)
}

/// The plan as programs read it.
fn document(plan: &Plan, intent: &Intent, song: &Song) -> Value {
    let mut document = plan.to_json();
    document["schema"] = json!("kmidi.plan/1");
    document["title"] = json!(song.title);
    document["duration"] = json!(song.tempo.seconds(song.end()).0);
    document["seed"] = json!(intent.seed);
    document["intent"] = serde_json::from_str(&intent_to_json(intent)).unwrap_or_default();
    document
}
