//! `kmidi compose`.

pub(crate) mod args;
mod ask;
mod sheet;
mod wishes;
mod work;

use crate::show::bold;
use crate::{Stop, output, show};
use args::Compose;
use kmidi::io::smf;
use kmidi::studio::compose::{BREAKS, Break, Score, intent_to_json};
use kmidi::studio::plot::piano_roll;
use kmidi::{Sound, Style};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use wishes::Asked;
use work::{Made, Work};

pub(crate) fn run(args: &Compose) -> Result<(), Stop> {
    if args.styles {
        return show::print(&styles());
    }
    if args.list_breaks {
        return show::print(&breaks());
    }
    output::no_stdout([
        &args.output,
        &args.musicxml,
        &args.chordpro,
        &args.wav,
        &args.plot,
        &args.stems,
        &args.lead_sheet,
        &args.intent,
        &args.save_intent,
    ])?;
    if let Some(path) = &args.output {
        is_midi(path)?;
    }
    let mut asked = Asked::read(args)?;
    let kept = match args.ask {
        true => Some(asked.ask(args.save_intent.clone())?),
        false => args.save_intent.clone(),
    };
    let work = Work::read(&asked)?;
    let count = asked.wishes.variations.unwrap_or(1);
    let named = |path: &Option<PathBuf>, number| path.as_ref().map(|path| numbered(path, number, count));
    let takes: Vec<Take> = (1..=count)
        .map(|number| Take {
            seed: work.intent.seed.wrapping_add(u64::from(number) - 1),
            midi: named(&args.output, number),
            musicxml: named(&args.musicxml, number),
            chordpro: named(&args.chordpro, number),
            wav: named(&args.wav, number),
            plot: named(&args.plot, number),
            stems: named(&args.stems, number),
            lead_sheet: named(&args.lead_sheet, number),
            json: named(&args.json, number),
        })
        .collect();
    let mut files = asked.wishes.clone();
    let read = [&args.soundfont, &args.intent].into_iter().flatten().map(|path| path.display().to_string());
    let inputs: Vec<String> = read.chain(files.files().into_iter().map(|file| file.clone())).collect();
    output::check(
        takes.iter().flat_map(Take::files).chain(kept.as_deref()),
        &inputs.iter().map(|path| Path::new(path.as_str())).collect::<Vec<_>>(),
    )?;
    for folder in takes.iter().filter_map(|take| take.stems.as_deref()) {
        output::check_folder(folder)?;
    }
    let mut best: Option<(f64, u64)> = None;
    for take in &takes {
        let made = work.make(take.seed, &asked)?;
        save(take, args.soundfont.as_deref(), &made)?;
        let total = tell(take, takes.len() > 1, &made)?;
        best = best.filter(|best| best.0 >= total).or(Some((total, take.seed)));
    }
    let printed = !args.json.as_deref().is_some_and(output::is_stdout);
    if let Some((total, seed)) = best.filter(|_| takes.len() > 1 && printed) {
        show::print(&format!("highest score: {total:.2}, seed {seed}; your ear decides\n"))?;
    }
    if let Some(path) = &kept {
        kmidi::save_intent(&asked.wishes, path)?;
        show::tell(
            &format!("the intent is in {}; edit it and run: kmidi compose --intent {0}", path.display()),
            false,
        );
    }
    if takes.iter().all(|take| take.files().next().is_none() && take.stems.is_none()) {
        show::tell("nothing was written; -o song.mid keeps the song, --wav song.wav its sound", false);
    }
    Ok(())
}

/// Fails for a song that is to go into a file of another kind by its name: `-o song.wav` would hold MIDI.
fn is_midi(path: &Path) -> Result<(), Stop> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let option = match ending.as_str() {
        "wav" => "--wav",
        "musicxml" | "mxl" | "xml" => "--musicxml",
        "svg" => "--plot (a piano roll) or --lead-sheet",
        "json" => "--json",
        "cho" | "chordpro" | "chopro" => "--chordpro",
        "flac" | "mp3" | "ogg" => "--wav, and a converter",
        _ => return Ok(()),
    };
    let shown = path.display();
    Err(Stop::Usage(format!("-o writes MIDI, and {shown} is named as something else; for that use {option}")))
}

/// A line a style: name, tempo, what it is.
fn styles() -> String {
    let line = |style: Style| {
        let name = bold(&format!("{:<12}", style.name));
        format!("{name} {:>3}-{:<3} BPM  {}\n", style.tempo.slowest, style.tempo.fastest, style.about)
    };
    kmidi::studio::compose::styles().into_iter().map(line).collect()
}

/// A line a break, by what the rule is about.
fn breaks() -> String {
    let line = |rule: &Break| {
        let name = bold(&format!("{:<18}", rule.name));
        let about = format!("{:?}: {}; {}", rule.rule, rule.what, rule.why).to_lowercase();
        format!("{name} {}\n", show::wrapped(&about, 19))
    };
    BREAKS.iter().map(line).collect()
}

/// One song of those that are asked for.
struct Take {
    seed: u64,
    midi: Option<PathBuf>,
    musicxml: Option<PathBuf>,
    chordpro: Option<PathBuf>,
    wav: Option<PathBuf>,
    plot: Option<PathBuf>,
    stems: Option<PathBuf>,
    lead_sheet: Option<PathBuf>,
    json: Option<PathBuf>,
}

impl Take {
    fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.midi, &self.musicxml, &self.chordpro, &self.wav, &self.plot, &self.lead_sheet, &self.json]
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

/// Scores show the song as it is written, everything else how it is played.
fn save(take: &Take, soundfont: Option<&Path>, made: &Made) -> Result<(), Stop> {
    // The sound first: it is what may fail, and a song without it would be half an answer.
    if let Some(path) = &take.wav {
        kmidi::save_wav(&made.played, path, soundfont.map_or(Sound::Synth, Sound::SoundFont))?;
    }
    if let Some(path) = &take.midi {
        smf::save(path, &made.midi)?;
    }
    if let Some(path) = &take.musicxml {
        kmidi::save_musicxml(&made.song, path)?;
    }
    if let Some(path) = &take.chordpro {
        kmidi::save_chordpro(&made.song, path)?;
    }
    if let Some(path) = &take.plot {
        output::text_file(path, &piano_roll(&made.played))?;
    }
    if let Some(path) = &take.lead_sheet {
        kmidi::save_song_sheet(&made.song, path)?;
    }
    if let Some(folder) = &take.stems {
        kmidi::save_stems(&made.midi, folder)?;
    }
    Ok(())
}

/// Tells what was made; gives its score.
fn tell(take: &Take, short: bool, made: &Made) -> Result<f64, Stop> {
    let score = Score::of(&made.song, made.plan.as_ref());
    let total = score.total();
    match take.json.as_deref() {
        Some(path) if output::is_stdout(path) && short => {
            show::print(&output::json_line(&document(made))?)?;
            return Ok(total);
        }
        Some(path) if output::is_stdout(path) => {
            output::json(path, &document(made))?;
            return Ok(total);
        }
        Some(path) => output::json(path, &document(made))?,
        None => {}
    }
    let mut text = match (&made.plan, short) {
        (Some(plan), true) => sheet::line(plan, &made.song, take.seed),
        (Some(plan), false) => sheet::page(plan, &made.song, take.seed),
        (None, _) => sheet::reworked(&made.song, made.bars, take.seed),
    };
    if short {
        text.push_str(&sheet::score(&score));
    }
    let files: Vec<String> =
        take.files().chain(take.stems.as_deref()).map(|file| file.display().to_string()).collect();
    if !files.is_empty() {
        text.push_str(&format!("{}  {}\n", show::bold("wrote"), files.join("  ")));
    }
    show::print(&text)?;
    Ok(total)
}

/// A score as programs read it: terms as name, points and reason, that add up to the total.
fn score_json(score: &Score) -> Value {
    let terms: Vec<Value> =
        score.terms.iter().map(|term| json!([term.name, term.points, term.why])).collect();
    json!({"total": score.total(), "terms": terms})
}

/// The plan as programs read it; of work on a song that is there, the bars that are new.
fn document(made: &Made) -> Value {
    let song = &made.song;
    let mut document = match &made.plan {
        Some(plan) => plan.to_json(),
        None => {
            let chords = sheet::bars(song, made.bars);
            let told = |(bar, symbols): &(u32, Vec<String>)| json!({"bar": bar, "symbols": symbols});
            json!({"bars_new": made.bars, "chords": chords.iter().map(told).collect::<Vec<_>>()})
        }
    };
    document["schema"] = json!(if made.plan.is_some() { "kmidi.plan/1" } else { "kmidi.rework/1" });
    document["title"] = json!(song.title);
    document["duration"] = json!(song.tempo.seconds(song.end()).0);
    document["score"] = score_json(&Score::of(&made.song, made.plan.as_ref()));
    document["seed"] = json!(made.intent.seed);
    document["intent"] = serde_json::from_str(&intent_to_json(&made.intent)).unwrap_or_default();
    document
}
