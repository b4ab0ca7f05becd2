//! Makes the templates of `grooves/` from the Groove MIDI Dataset:
//!
//! ```text
//! cargo run --release -p kmidi --example make_grooves -- ../shared/data/groove grooves
//! ```
//!
//! Each template is a median over performances of one style, with the spread between them. Those on triplets are drawn from
//! performances that swing, the others from those that do not: a median of both would be neither. The split `train` is drawn from,
//! and where it has fewer than three of a style, `valid` too.

use flate2::read::GzDecoder;
use kmidi::studio::groove::{Bars, Cell, Extract, Note, Swing, Template, Voice, extract};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

#[derive(Deserialize)]
struct Take {
    id: String,
    style: String,
    beat_type: String,
    bpm: f64,
    meter: [u32; 2],
    duration_s: f64,
    notes: Vec<(u64, u64, u8, u8, u8, i64, i64)>,
}

/// The templates: name, the styles they are drawn from, steps a quarter note, bars.
const WANTED: [(&str, &[&str], u32, u32); 33] = [
    ("rock", &["rock"], 4, 1),
    ("rock-indie", &["rock/indie", "rock/folk"], 4, 1),
    ("rock-shuffle", &["rock/shuffle"], 3, 1),
    ("punk", &["punk"], 4, 1),
    ("pop", &["pop", "pop/soft"], 4, 1),
    ("country", &["country"], 4, 1),
    ("soul", &["soul"], 4, 1),
    ("soul-motown", &["soul/motown"], 4, 1),
    ("funk", &["funk"], 4, 1),
    ("funk-latin", &["funk/latin"], 4, 1),
    ("hip-hop", &["hiphop"], 4, 1),
    ("disco", &["dance/disco"], 4, 1),
    ("breakbeat", &["dance/breakbeat"], 4, 1),
    ("blues-shuffle", &["blues/shuffle"], 3, 1),
    ("jazz", &["jazz"], 3, 1),
    ("jazz-swing", &["jazz/swing"], 3, 1),
    ("jazz-medium-fast", &["jazz/mediumfast", "jazz/fast"], 3, 1),
    ("jazz-march", &["jazz/march"], 4, 1),
    ("jazz-funk", &["jazz/funk", "jazz/fusion", "jazz/linear"], 4, 1),
    ("second-line", &["neworleans/secondline"], 4, 1),
    ("new-orleans-funk", &["neworleans/funk"], 4, 1),
    ("reggae", &["reggae", "reggae/slow"], 4, 1),
    ("afrobeat", &["afrobeat"], 4, 1),
    ("afro-cuban", &["afrocuban", "afrocuban/rhumba"], 4, 2),
    ("bembe", &["afrocuban", "afrocuban/bembe"], 3, 1),
    ("calypso", &["afrocuban/calypso"], 4, 1),
    ("latin", &["latin"], 4, 2),
    ("songo", &["latin/brazilian-songo"], 4, 2),
    ("samba", &["latin/brazilian-samba", "latin/brazilian-sambareggae"], 4, 1),
    ("bossa-nova", &["latin/brazilian-bossa"], 4, 2),
    ("ijexa", &["latin/brazilian-ijexa"], 4, 2),
    ("baiao", &["latin/brazilian-baiao"], 4, 1),
    ("brazilian", &["latin/brazilian"], 4, 2),
];
/// What fewer of the bars have is left out.
const LEAST: f64 = 0.15;
/// Where the second of two eighths falls, per cent of both: at least in a template on triplets, at most in a straight one.
const SWUNG: f64 = 57.0;
const STRAIGHT: f64 = 60.0;
/// Fewer performances than this are no median; with fewer than the other, `valid` is drawn from too.
const FEWEST: usize = 2;
const ENOUGH: usize = 3;
/// A performance is at least this many bars long.
const BARS: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(data), Some(folder)) = (args.next(), args.next()) else {
        return Err(
            "give the folder of gmd.train.jsonl.gz and gmd.valid.jsonl.gz, and one to write to".into()
        );
    };
    let (train, valid) = (takes(&data, "train")?, takes(&data, "valid")?);
    let mut few = Vec::new();
    for (name, styles, steps, bars) in WANTED {
        let fits = |take: &&Take| styles.contains(&take.style.as_str()) && fits_grid(take, steps);
        let mut chosen: Vec<&Take> = train.iter().filter(fits).collect();
        if chosen.len() < ENOUGH {
            chosen.extend(valid.iter().filter(fits));
        }
        if chosen.len() < FEWEST {
            few.push(name);
            continue;
        }
        let template = median(name, styles, steps, bars, &chosen);
        template.check()?;
        let path = Path::new(&folder).join(format!("{name}.json"));
        kmidi::save_groove(&template, &path)?;
        println!("{name}: {} performances, {} cells", chosen.len(), template.cells.len());
    }
    match few.is_empty() {
        true => Ok(()),
        false => Err(format!("one performance is no median: {}", few.join(", ")).into()),
    }
}

/// The performances of a split that have bars enough, in 4/4.
fn takes(folder: &str, split: &str) -> Result<Vec<Take>, Box<dyn Error>> {
    let path = Path::new(folder).join(format!("gmd.{split}.jsonl.gz"));
    let mut takes: Vec<Take> = Vec::new();
    for line in BufReader::new(GzDecoder::new(File::open(path)?)).lines() {
        let take: Take = serde_json::from_str(&line?)?;
        let bars = take.duration_s * take.bpm / 240.0;
        if take.beat_type == "beat" && take.meter == [4, 4] && bars >= BARS {
            takes.push(take);
        }
    }
    Ok(takes)
}

/// Does it swing where the grid is one of triplets, and not where it is straight? Measured on a fine grid, note by note.
fn fits_grid(take: &Take, steps: u32) -> bool {
    let swing = Swing::of(&taken(take, 12, None), None).eighths;
    if steps == 3 {
        swing.is_some_and(|percent| percent >= SWUNG)
    } else {
        swing.is_none_or(|percent| percent < STRAIGHT)
    }
}

fn taken(take: &Take, steps: u32, bars: Option<u32>) -> Template {
    let notes: Vec<Note> = take
        .notes
        .iter()
        .map(|&(onset, long, pitch, velocity, ..)| Note {
            onset,
            end: onset + long.max(1),
            channel: 9,
            program: 0,
            pitch,
            velocity: velocity.clamp(1, 127),
        })
        .collect();
    let options = Extract { steps_per_quarter: steps, bars, ..Extract::default() };
    extract(&notes, &Bars::common(480, take.bpm), &options)
}

/// The median over performances, and half the distance between the quartiles.
fn median(name: &str, styles: &[&str], steps: u32, bars: u32, takes: &[&Take]) -> Template {
    let mut template = Template::empty(name, steps, 4 * steps, bars);
    let mut cells: BTreeMap<(u32, Voice), Vec<Cell>> = BTreeMap::new();
    for take in takes {
        for cell in taken(take, steps, Some(bars)).cells.into_iter().filter(|cell| cell.order == 0) {
            cells.entry((cell.step, cell.voice)).or_default().push(cell);
        }
    }
    for ((step, voice), same) in cells {
        let probability = same.iter().map(|cell| cell.probability).sum::<f64>() / takes.len() as f64;
        if probability < LEAST {
            continue;
        }
        let column = |value: fn(&Cell) -> f64| middle(same.iter().map(value).collect());
        let (timing, timing_spread) = column(|cell| cell.timing);
        let (velocity, velocity_spread) = column(|cell| cell.velocity);
        // Within a performance players vary too: where there are few performances, that says more.
        let within = |value: fn(&Cell) -> f64| middle(same.iter().map(value).collect()).0;
        template.cells.push(Cell {
            step,
            voice,
            order: 0,
            timing: tenths(timing),
            velocity: tenths(velocity),
            duration: 0.5,
            probability: (100.0 * probability).round() / 100.0,
            timing_spread: tenths(timing_spread.max(within(|cell| cell.timing_spread))),
            velocity_spread: tenths(velocity_spread.max(within(|cell| cell.velocity_spread))),
        });
    }
    let tempos = || takes.iter().map(|take| take.bpm);
    template.tempo = [tempos().fold(f64::MAX, f64::min), tempos().fold(0.0, f64::max)];
    template.style = styles.join(", ");
    template.performances = takes.len() as u32;
    template.source = sources(takes);
    template.licence = "CC BY 4.0".into();
    template.attribution = "Groove MIDI Dataset 1.0.0, Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck and David Bamman \
         (Magenta, 2019), https://magenta.tensorflow.org/datasets/groove; median over its performances by the KmiDi project"
        .into();
    template
}

fn sources(takes: &[&Take]) -> String {
    let ids: Vec<&str> = takes.iter().map(|take| take.id.trim_start_matches("gmd/")).collect();
    match ids.len() {
        0..=8 => ids.join(", "),
        _ => format!("{} and {} more", ids[..8].join(", "), ids.len() - 8),
    }
}

fn tenths(value: f64) -> f64 {
    (10.0 * value).round() / 10.0
}

fn middle(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
    let count = values.len();
    let median = (values[(count - 1) / 2] + values[count / 2]) / 2.0;
    (median, (at(0.75) - at(0.25)) / 2.0)
}
