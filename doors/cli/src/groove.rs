//! `kmidi groove`.

pub(crate) mod args;

use crate::show::{bold, dim};
use crate::{Stop, output, show};
use args::{Apply, Compare, Extract, Groove, Humanize, Quantize, Show, Wish};
use kmidi::Performance;
use kmidi::studio::groove::{self as grooves, Amounts, Difference, Feel, Habits, Note, SCHEMA, Template};
use kmidi::studio::plot;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Groove) -> Result<(), Stop> {
    match &args.wish {
        Wish::Extract(args) => extract(args),
        Wish::Apply(args) => apply(args),
        Wish::Humanize(args) => humanize(args),
        Wish::Quantize(args) => quantize(args),
        Wish::List { json } => list(*json),
        Wish::Show(args) => show_groove(args),
        Wish::Compare(args) => compare(args),
    }
}

/// Fails for files whose names promise what is not written into them.
fn endings(groove: Option<&Path>, drawing: Option<&Path>) -> Result<(), Stop> {
    for (path, known) in [(groove, &["json", "rgt", "mid", "midi"][..]), (drawing, &["svg"])] {
        let Some(path) = path else { continue };
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if !ending.is_empty() && !known.contains(&ending.as_str()) {
            let known: Vec<String> = known.iter().map(|ending| format!(".{ending}")).collect();
            return Err(Stop::Usage(format!(
                "{}: use a name that ends in {}",
                path.display(),
                known.join(", ")
            )));
        }
    }
    Ok(())
}

fn extract(args: &Extract) -> Result<(), Stop> {
    endings(args.output.as_deref(), args.plot.as_deref())?;
    check(args.output.iter().chain(&args.plot), &args.file)?;
    let name = args.name.clone().or_else(|| Some(args.file.file_stem()?.to_string_lossy().into_owned()));
    let steps_per_quarter = args.grid.steps / 4;
    let options = grooves::Extract {
        name: name.unwrap_or_else(|| "groove".into()),
        steps_per_quarter,
        bars: args.bars,
        ..grooves::Extract::default()
    };
    let performance = Performance::read(&args.file)?;
    let template = grooves::extract(&performance.notes, &performance.bars, &options);
    tell(&template, args.output.as_deref(), args.plot.as_deref(), args.json)
}

fn show_groove(args: &Show) -> Result<(), Stop> {
    endings(args.output.as_deref(), args.plot.as_deref())?;
    check(args.output.iter().chain(&args.plot), Path::new(&args.template))?;
    tell(&kmidi::groove(&args.template)?, args.output.as_deref(), args.plot.as_deref(), args.json)
}

/// Writes what was asked for, and prints the groove.
fn tell(template: &Template, file: Option<&Path>, drawing: Option<&Path>, json: bool) -> Result<(), Stop> {
    if let Some(path) = file {
        kmidi::save_groove(template, path)?;
    }
    if let Some(path) = drawing {
        output::text_file(path, &plot::groove(template))?;
    }
    show::print(&if json { template.to_json() } else { page(template) })
}

fn apply(args: &Apply) -> Result<(), Stop> {
    check([&args.output], &args.file)?;
    let template = kmidi::groove(&args.template)?;
    let amounts = Amounts {
        timing: args.amount,
        velocity: args.velocity,
        length: args.length,
        quantise_first: !args.keep_timing,
        random: args.random,
        seed: args.seed,
    };
    rewrite(&args.file, &args.output, args.json, |performance| {
        grooves::apply(&template, &performance.notes, &performance.bars, &amounts)
    })
}

fn humanize(args: &Humanize) -> Result<(), Stop> {
    check([&args.output], &args.file)?;
    let habits = Habits { amount: args.amount, ..Habits::default() };
    rewrite(&args.file, &args.output, args.json, |performance| {
        grooves::humanise(&performance.notes, &performance.bars, &habits, args.seed)
    })
}

fn quantize(args: &Quantize) -> Result<(), Stop> {
    check([&args.output], &args.file)?;
    let how = grooves::Quantise {
        grid: args.grid,
        strength: args.strength,
        swing: args.swing,
        range: args.range,
        most: args.most.unwrap_or(f64::INFINITY),
    };
    rewrite(&args.file, &args.output, args.json, |performance| {
        grooves::quantise(&performance.notes, &performance.bars, &how)
    })
}

/// Reads a file, moves its notes, writes it and says how far they went.
fn rewrite(
    from: &Path,
    to: &Path,
    json: bool,
    moved: impl Fn(&Performance) -> Vec<Note>,
) -> Result<(), Stop> {
    let performance = Performance::read(from)?;
    let notes = moved(&performance);
    kmidi::io::smf::save(to, &performance.with(&notes))?;
    let ppq = f64::from(performance.bars.ppq());
    let quarters = |pair: (&Note, &Note)| pair.0.onset.abs_diff(pair.1.onset) as f64 / ppq;
    let far: Vec<f64> = notes.iter().zip(&performance.notes).map(quarters).collect();
    let mean = far.iter().sum::<f64>() / far.len().max(1) as f64;
    let most = far.iter().copied().fold(0.0, f64::max);
    if json {
        let answer =
            serde_json::json!({ "schema": SCHEMA, "notes": notes.len(), "moved": mean, "moved_most": most });
        return show::print(&output::json_line(&answer)?);
    }
    show::print(&format!(
        "{}: {} notes, moved by {:.1} % of a quarter note on average, {:.1} % at most\n",
        to.display(),
        notes.len(),
        100.0 * mean,
        100.0 * most,
    ))
}

#[derive(Serialize)]
struct Listed {
    name: String,
    style: String,
    tempo: [f64; 2],
    performances: u32,
    steps_per_quarter: u32,
    bars: u32,
    source: String,
    licence: String,
    feel: Feel,
}

fn list(json: bool) -> Result<(), Stop> {
    let all = kmidi::grooves();
    if json {
        let grooves: Vec<Listed> = all
            .iter()
            .map(|groove| Listed {
                name: groove.name.clone(),
                style: groove.style.clone(),
                tempo: groove.tempo,
                performances: groove.performances,
                steps_per_quarter: groove.steps_per_quarter,
                bars: groove.bars,
                source: groove.source.clone(),
                licence: groove.licence.clone(),
                feel: grooves::feel(groove),
            })
            .collect();
        return show::print(&output::json_line(
            &serde_json::json!({ "schema": SCHEMA, "grooves": grooves }),
        )?);
    }
    let mut text = format!(
        "{}\n",
        bold(&format!("{:<18}{:>12}{:>7}{:>8}{:>8}  from", "groove", "tempo", "bars", "8th", "16th"))
    );
    for groove in &all {
        let feel = grooves::feel(groove);
        let tempo = format!("{:.0} to {:.0}", groove.tempo[0], groove.tempo[1]);
        let _ = writeln!(
            text,
            "{:<18}{tempo:>12}{:>7}{:>8}{:>8}  {}",
            groove.name,
            groove.bars,
            swing(feel.swing.eighths),
            swing(feel.swing.sixteenths),
            dim(&format!("{} performances of {}", groove.performances, groove.style)),
        );
    }
    let _ = writeln!(
        text,
        "\n8th, 16th: where the second of two falls; 50 % is straight. {}",
        dim("Groove MIDI Dataset, CC BY 4.0")
    );
    show::print(&text)
}

fn swing(percent: Option<f64>) -> String {
    percent.map_or("-".into(), |percent| format!("{percent:.0} %"))
}

/// A groove as people read it.
fn page(template: &Template) -> String {
    let feel = grooves::feel(template);
    let bars = if template.bars == 1 { "bar" } else { "bars" };
    let mut text = format!(
        "{}  {} {bars} of {} steps, {} a quarter note; {:.0} to {:.0} beats a minute\n",
        bold(&template.name),
        template.bars,
        template.steps_per_bar,
        template.steps_per_quarter,
        template.tempo[0],
        template.tempo[1],
    );
    let _ = writeln!(
        text,
        "swing: eighths {}, sixteenths {}",
        swing(feel.swing.eighths),
        swing(feel.swing.sixteenths)
    );
    let places = |at: &[Option<f64>]| at.iter().map(|&percent| swing(percent)).collect::<Vec<_>>().join("  ");
    if template.bars == 1 && feel.swing.eighths.is_some() {
        let _ = writeln!(text, "eighths by beat: {}", places(&feel.swing.eighths_at));
    }
    let heads = ["voice", "notes a bar", "late (ticks)", "velocity", "ghosts", "8th", "16th"];
    let [voice, notes, late, velocity, ghosts, eighths, sixteenths] = heads;
    let head =
        format!("{voice:<11}{notes:>12}{late:>14}{velocity:>10}{ghosts:>9}{eighths:>8}{sixteenths:>8}");
    let _ = writeln!(text, "\n{}", bold(&head));
    for voice in &feel.voices {
        let _ = writeln!(
            text,
            "{:<11}{:>12.1}{:>14.1}{:>10.0}{:>7.0} %{:>8}{:>8}",
            voice.voice.name(),
            voice.notes,
            voice.timing,
            voice.velocity,
            100.0 * voice.ghosts,
            swing(voice.swing.eighths),
            swing(voice.swing.sixteenths),
        );
    }
    for (what, said) in
        [("from", &template.source), ("licence", &template.licence), ("by", &template.attribution)]
    {
        if !said.is_empty() {
            let _ = writeln!(text, "{}", dim(&format!("{what}: {said}")));
        }
    }
    text
}

fn compare(args: &Compare) -> Result<(), Stop> {
    let (a, b) = (kmidi::groove(&args.a)?, kmidi::groove(&args.b)?);
    let difference = grooves::compare(&a, &b);
    if args.json {
        let (a, b) = (grooves::feel(&a), grooves::feel(&b));
        let answer = serde_json::json!({ "schema": SCHEMA, "difference": difference, "a": a, "b": b });
        return show::print(&output::json_line(&answer)?);
    }
    let Difference { shared, alone, timing, velocity, timing_r, velocity_r } = difference;
    let r = |r: Option<f64>| r.map_or("not defined".into(), |r| format!("{r:.2}"));
    let apart = |apart: Option<f64>| apart.map_or("not defined".into(), |apart| format!("{apart:.1}"));
    show::print(&format!(
        "{} and {}: {shared} positions in both, {alone} in one alone\n\
         timing    {} ticks apart on average, correlation {}\n\
         velocity  {} apart on average, correlation {}\n",
        bold(&a.name),
        bold(&b.name),
        apart(timing),
        r(timing_r),
        apart(velocity),
        r(velocity_r),
    ))
}

fn check<'a>(outputs: impl IntoIterator<Item = &'a PathBuf>, input: &Path) -> Result<(), Stop> {
    let outputs: Vec<&PathBuf> = outputs.into_iter().collect();
    if outputs.iter().any(|path| output::is_stdout(path)) {
        return Err(Stop::Usage("this output needs a file; --json prints on standard output".into()));
    }
    output::check(outputs.into_iter().map(PathBuf::as_path), &[input])
}
