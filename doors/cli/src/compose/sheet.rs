//! The plan as people read it.

use crate::show::{bold, dim, wrapped};
use kmidi::music::notation::symbol;
use kmidi::studio::compose::{PlanChord, PlanSection, Score};
use kmidi::{Plan, Song};
use std::fmt::Write;

/// Bars on a line.
const ROW: usize = 4;

/// Title and facts, the chords of each section, and the reasons.
pub(super) fn page(plan: &Plan, song: &Song, seed: u64) -> String {
    let mut out = format!("{}\n{}\n\n", bold(&song.title), facts(plan, song, seed));
    for (n, section) in plan.sections.iter().enumerate() {
        let _ = writeln!(out, "{}  {}", bold(&head(section)), dim(&about(section)));
        let cells = cells(plan, section);
        let earlier = plan.sections[..n].iter().find(|earlier| self::cells(plan, earlier) == cells);
        match earlier {
            Some(earlier) => {
                let _ = writeln!(out, "  chords as in {}", range(earlier));
            }
            None => rows(&mut out, &cells),
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", bold("why"));
    for reason in &plan.reasons {
        let _ = writeln!(out, "  {:<8} {}", reason.about, wrapped(&reason.text, 11));
    }
    out.push('\n');
    let heads: Vec<String> =
        plan.sections.iter().map(|section| format!("{} {}", section.name, range(section))).collect();
    let width = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0);
    for (n, head) in heads.iter().enumerate() {
        let _ = writeln!(out, "  {head:<width$}  {}", wrapped(&plan.why_section(n), width + 4));
    }
    out.push('\n');
    let whys = whys(&plan.chords);
    let width = whys.iter().map(|(names, _)| names.chars().count()).max().unwrap_or(0);
    for (names, why) in whys {
        let _ = writeln!(out, "  {names:<width$}  {}", wrapped(why, width + 4));
    }
    out.push('\n');
    out
}

/// One line for one of several songs.
pub(super) fn line(plan: &Plan, song: &Song, seed: u64) -> String {
    let first = plan.sections.first().map(|section| cells(plan, section)).unwrap_or_default();
    let chords: Vec<&str> = first.iter().take(ROW).map(|cell| cell.0.as_str()).collect();
    format!("{}  {}  {}\n", bold(&song.title), facts(plan, song, seed), dim(&chords.join(" | ")))
}

/// What was done to a song that is there: its new bars with their chords.
pub(super) fn reworked(song: &Song, bars: Option<(u32, u32)>, seed: u64) -> String {
    let (first, last) = bars.unwrap_or((1, 0));
    let new = if first == last { format!("bar {first} is") } else { format!("bars {first}-{last} are") };
    let mut out = format!("{}\n{new} new, everything else is as it was; seed {seed}\n\n", bold(&song.title));
    for row in self::bars(song, bars).chunks(ROW) {
        let cells: Vec<String> =
            row.iter().map(|(bar, symbols)| format!("{bar}: {}", symbols.join(" "))).collect();
        let _ = writeln!(out, "  {}", cells.join(" | "));
    }
    out.push('\n');
    out
}

/// A score with its terms, under the line of its song.
pub(super) fn score(score: &Score) -> String {
    let terms: Vec<String> =
        score.terms.iter().map(|term| format!("{} {:.2}", term.name, term.points)).collect();
    let head = format!("  score {:.2}: ", score.total());
    format!("{head}{}\n", wrapped(&terms.join(", "), head.len()))
}

/// The chord symbols of some bars.
pub(super) fn bars(song: &Song, bars: Option<(u32, u32)>) -> Vec<(u32, Vec<String>)> {
    let length = song.meters.first().map_or(1, |m| m.1.bar(song.tempo.ppq()).0.max(1));
    let (first, last) = bars.unwrap_or((1, 0));
    let of = |bar: u32| {
        let chords = song.chords.iter().filter(|c| c.onset.0 / length + 1 == u64::from(bar));
        (bar, chords.map(|c| symbol::print(&c.chord)).collect())
    };
    (first..=last).map(of).collect()
}

fn facts(plan: &Plan, song: &Song, seed: u64) -> String {
    let seconds = song.tempo.seconds(song.end()).0.round() as u64;
    let (key, tempo) = (plan.key.words(), plan.tempo.0.round());
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!(
        "{key}, {tempo} BPM, {}, {} bars, {minutes}:{seconds:02}, style {}, seed {seed}",
        plan.meter, plan.bars, plan.style
    )
}

fn head(section: &PlanSection) -> String {
    let letter = section.letter.to_string();
    if section.name == letter { letter } else { format!("{} ({letter})", section.name) }
}

fn range(section: &PlanSection) -> String {
    match section.bars {
        1 => format!("bar {}", section.start_bar + 1),
        bars => format!("bars {}-{}", section.start_bar + 1, section.start_bar + bars),
    }
}

fn about(section: &PlanSection) -> String {
    format!("{}, {}, {:.0} BPM", range(section), section.key.words(), section.tempo.0)
}

/// Symbols and numerals, bar by bar.
fn cells(plan: &Plan, section: &PlanSection) -> Vec<(String, String)> {
    let joined = |bar: u32, name: fn(&PlanChord) -> String| {
        plan.chords.iter().filter(|chord| chord.bar == bar).map(name).collect::<Vec<_>>().join(" ")
    };
    (section.start_bar..section.start_bar + section.bars)
        .map(|bar| {
            (joined(bar, |chord| symbol::print(&chord.chord)), joined(bar, |chord| chord.roman.clone()))
        })
        .collect()
}

fn rows(out: &mut String, cells: &[(String, String)]) {
    let width =
        cells.iter().map(|cell| cell.0.chars().count().max(cell.1.chars().count())).max().unwrap_or(0);
    for row in cells.chunks(ROW) {
        let line = |name: fn(&(String, String)) -> &str| {
            let padded: Vec<String> = row.iter().map(|cell| format!("{:<width$}", name(cell))).collect();
            format!("| {} |", padded.join(" | "))
        };
        let _ = writeln!(out, "  {}\n  {}", line(|cell| &cell.0), dim(&line(|cell| &cell.1)));
    }
}

/// Each reason once, in order, with the chords that it speaks about.
fn whys(chords: &[PlanChord]) -> Vec<(String, &str)> {
    let mut told: Vec<(Vec<String>, &str)> = Vec::new();
    for chord in chords {
        let name = symbol::print(&chord.chord);
        match told.iter_mut().find(|entry| entry.1 == chord.why) {
            Some(entry) if entry.0.contains(&name) => {}
            Some(entry) => entry.0.push(name),
            None => told.push((vec![name], &chord.why)),
        }
    }
    told.into_iter().map(|(names, why)| (names.join(" "), why)).collect()
}
