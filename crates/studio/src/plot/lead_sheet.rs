//! A song as a lead sheet: its melody on a staff, with chord symbols and sections, on one long page.

mod glyphs;
mod measure;

use super::{Anchor, GREY, INK, bold, fitted, label, line, printed, rectangle, sheet, text_width};
use glyphs::{accidental, clef, flag, head, rest};
use kmidi_music::notation::symbol;
use kmidi_music::song::{Role, Song, Track};
use kmidi_music::{Key, Note, Ticks};
use measure::{Measure, Sign, measures, rounded};
use svg::Document;

/// The page, in pixels.
const WIDTH: f64 = 1_040.0;
const MARGIN: f64 = 48.0;
/// Between two lines of the staff.
pub(super) const SPACE: f64 = 9.0;
/// From one staff to the next.
const SYSTEM: f64 = 132.0;
const BARS: usize = 4;
/// Where the first staff begins.
const TOP: f64 = 172.0;

/// Draws the melody of `song` as an SVG lead sheet: title, tempo, clef, key and time signatures, notes with ties, beams and rests,
/// chord symbols, sections and bar numbers, four bars a line. Notes are written to the nearest 16th; a short rest after a note
/// that is sung off is read as part of it.
pub fn lead_sheet(song: &Song) -> String {
    let bars = measures(song);
    let systems = bars.len().div_ceil(BARS).max(1);
    let title = if song.title.trim().is_empty() { "Untitled" } else { song.title.trim() };
    let mut page = sheet(WIDTH, TOP + systems as f64 * SYSTEM, title);
    page = page.add(bold(
        WIDTH / 2.0,
        52.0,
        26.0,
        INK,
        Anchor::Middle,
        &fitted(title, 26.0, WIDTH - 2.0 * MARGIN),
    ));
    page = page.add(label(MARGIN, 92.0, 13.0, GREY, Anchor::Start, &heading(song)));
    if let Some(track) = song.track(Role::Melody) {
        page = page.add(label(WIDTH - MARGIN, 92.0, 13.0, GREY, Anchor::End, &track.name));
    }
    for (row, measures) in bars.chunks(BARS).enumerate() {
        // A note that is held over the end of the row before.
        let held = row > 0 && bars[row * BARS - 1].signs.last().is_some_and(|sign| sign.tied);
        page = system(page, song, measures, held, row, systems);
    }
    printed(&page)
}

/// The melody of `song` as a lead sheet has it, with the chords and nothing else: on the grid of 16ths, one note at a time, and no
/// rest where the singer only takes breath.
pub fn lead_song(song: &Song) -> Song {
    let written = |(start, end, pitch, velocity)| Note {
        onset: Ticks(start),
        duration: Ticks(end - start),
        pitch,
        velocity,
    };
    let notes = rounded(song).into_iter().map(written).collect();
    let melody =
        Track { name: "Melody".into(), role: Role::Melody, channel: 0, program: 0, notes: Vec::new() };
    let track = Track { notes, ..song.track(Role::Melody).cloned().unwrap_or(melody) };
    Song { tracks: vec![track], ..song.clone() }
}

/// Tempo and key in words.
fn heading(song: &Song) -> String {
    let meter = song.meters.first().map_or(kmidi_music::Meter::COMMON, |m| m.1);
    let ppq = song.tempo.ppq();
    let quarters = meter.felt_beat(ppq).0 as f64 / f64::from(ppq);
    let bpm = libm::round(song.tempo.at(Ticks(0)).0 / quarters);
    let beat = if meter.is_compound() {
        "dotted quarter"
    } else if meter.denominator == 2 {
        "half"
    } else {
        "quarter"
    };
    let key = song.keys.first().map_or(String::new(), |k| format!("{}, ", k.1.words()));
    format!("{key}{beat} = {bpm}")
}

fn system(
    mut page: Document,
    song: &Song,
    bars: &[Measure],
    held: bool,
    row: usize,
    systems: usize,
) -> Document {
    let top = TOP + row as f64 * SYSTEM;
    let bottom = top + 4.0 * SPACE;
    let key = bars[0].key;
    let mut x = MARGIN + 30.0;
    let (signature, shown) = key_signature(key, top, x);
    x += 9.0 * f64::from(shown) + 12.0;
    let meter = bars[0].meter;
    if row == 0 || bars[0].meter_changes {
        let place = |y: f64, number: u8| bold(x + 4.0, y, 21.0, INK, Anchor::Middle, &number.to_string());
        page = page
            .add(place(top + 1.8 * SPACE, meter.numerator))
            .add(place(top + 3.85 * SPACE, meter.denominator));
        x += 22.0;
    }
    // A last row that is not full keeps the width of its bars.
    let width = (WIDTH - MARGIN - x) / BARS as f64;
    let end = x + width * bars.len() as f64;
    for i in 0..5 {
        page = page.add(line(MARGIN, top + f64::from(i) * SPACE, end, top + f64::from(i) * SPACE, INK, 0.8));
    }
    page = page.add(clef(MARGIN + 6.0, top));
    for sign in signature {
        page = page.add(sign);
    }
    page = page.add(label(MARGIN, top - 16.0, 10.0, GREY, Anchor::Start, &bars[0].number.to_string()));
    for (i, bar) in bars.iter().enumerate() {
        let left = x + i as f64 * width;
        if i > 0 && bar.meter_changes {
            let text = bar.meter.to_string();
            page = page.add(bold(left + 2.0, bottom + 16.0, 12.0, INK, Anchor::Start, &text));
        }
        page = over(page, song, bar, left, width, top);
        page = notes(page, bar, held && i == 0, left, width, top);
        let right = left + width;
        page = page.add(line(right, top, right, bottom, INK, 1.0));
    }
    if row + 1 == systems {
        page = page.add(rectangle(end - 1.0, top, 4.0, 4.0 * SPACE, INK)).add(line(
            end - 5.0,
            top,
            end - 5.0,
            bottom,
            INK,
            1.0,
        ));
    }
    page
}

/// Chord symbols and the names of sections over a bar.
fn over(mut page: Document, song: &Song, bar: &Measure, left: f64, width: f64, top: f64) -> Document {
    let inside = |tick: Ticks| (bar.start..bar.end).contains(&tick.0);
    let x = |tick: Ticks| place(bar, tick.0, left, width);
    let here: Vec<_> = song.chords.iter().filter(|c| inside(c.onset)).collect();
    for (i, chord) in here.iter().enumerate() {
        let at = x(chord.onset) - 6.0;
        let room = here.get(i + 1).map_or(left + width, |next| x(next.onset) - 6.0) - at - 2.0;
        page = page.add(bold(
            at,
            top - 26.0,
            15.0,
            INK,
            Anchor::Start,
            &fitted(&symbol::print(&chord.chord), 15.0, room),
        ));
    }
    for section in song.sections.iter().filter(|s| inside(s.onset)) {
        let wide = text_width(&section.name, 11.0) + 10.0;
        let frame = rectangle(left + 4.0, top - 62.0, wide, 17.0, "#ffffff")
            .set("stroke", INK)
            .set("stroke-width", 0.8);
        page = page.add(frame).add(bold(left + 9.0, top - 49.5, 11.0, INK, Anchor::Start, &section.name));
    }
    for mark in song.marks.iter().filter(|m| inside(m.onset)) {
        page =
            page.add(label(x(mark.onset), top + 4.0 * SPACE + 30.0, 10.0, GREY, Anchor::Start, &mark.text));
    }
    page
}

/// Where a tick stands in its bar.
fn place(bar: &Measure, tick: u64, left: f64, width: f64) -> f64 {
    let share = (tick - bar.start) as f64 / (bar.end - bar.start).max(1) as f64;
    left + 18.0 + share * (width - 26.0)
}

/// The accidentals of a key in their usual places; how many there are.
fn key_signature(key: Key, top: f64, x: f64) -> (Vec<svg::node::element::Path>, u8) {
    // Steps above the lowest line: F C G D A E B and back, as engravers set them in the treble clef.
    const SHARPS: [i32; 7] = [8, 5, 9, 6, 3, 7, 4];
    const FLATS: [i32; 7] = [4, 7, 3, 6, 2, 5, 1];
    let count = key.signature().clamp(-7, 7);
    let (steps, alteration) = if count > 0 { (SHARPS, 1) } else { (FLATS, -1) };
    let signs = steps.iter().take(usize::from(count.unsigned_abs())).enumerate();
    let drawn = signs.map(|(i, &step)| accidental(alteration, x + 9.0 * i as f64, height(step, top)));
    (drawn.collect(), count.unsigned_abs())
}

/// The y of a step above the lowest line of the staff.
fn height(step: i32, top: f64) -> f64 {
    top + 4.0 * SPACE - f64::from(step) * SPACE / 2.0
}

/// The notes and rests of a bar.
fn notes(mut page: Document, bar: &Measure, held: bool, left: f64, width: f64, top: f64) -> Document {
    let mut i = 0;
    while i < bar.signs.len() {
        let group = bar.beamed(i);
        let signs = &bar.signs[i..i + group];
        let steps: Vec<i32> = signs.iter().filter_map(|s| s.step).collect();
        // Stems of a group go the same way, away from the middle line.
        let up = steps.iter().map(|s| s - 4).sum::<i32>() < 0;
        let tip = match (up, group > 1) {
            (true, true) => steps.iter().map(|&s| height(s, top)).fold(f64::MAX, f64::min) - 3.3 * SPACE,
            (false, true) => steps.iter().map(|&s| height(s, top)).fold(f64::MIN, f64::max) + 3.3 * SPACE,
            _ => 0.0,
        };
        let mut stems: Vec<(f64, u64)> = Vec::new();
        for sign in signs {
            let x = place(bar, sign.start, left, width);
            let Some(step) = sign.step else {
                page = page.add(rest(sign, x, top, left + width / 2.0));
                continue;
            };
            let y = height(step, top);
            page = head_and_lines(page, sign, x, y, step, top);
            if held && sign.start == bar.start {
                page = page.add(glyphs::tie(left - 2.0, x, y, !up));
            }
            if sign.units < 16 {
                let side = if up { x + 5.2 } else { x - 5.2 };
                let end = if group > 1 {
                    tip
                } else if up {
                    y - 3.4 * SPACE
                } else {
                    y + 3.4 * SPACE
                };
                page = page.add(line(side, y, side, end, INK, 1.3));
                stems.push((side, sign.units));
                if group == 1 && sign.units < 4 {
                    for n in 0..sign.flags() {
                        page = page.add(flag(side, end, up, n));
                    }
                }
            }
            if sign.tied {
                let to = bar.signs.iter().find(|next| next.start >= sign.end && next.step.is_some());
                let to = to.map_or(left + width + 10.0, |next| place(bar, next.start, left, width));
                page = page.add(glyphs::tie(x, to, y, !up));
            }
        }
        if let (true, Some(first), Some(last)) = (group > 1, stems.first(), stems.last()) {
            let thick = if up { 4.5 } else { -4.5 };
            page = page.add(glyphs::beam(first.0, last.0, tip, thick));
            for (n, stem) in stems.iter().enumerate().filter(|s| s.1.1 == 1) {
                let other = stems.get(n + 1).filter(|s| s.1 == 1);
                let half = 7.0;
                let (from, to) = match other {
                    Some(next) => (stem.0, next.0),
                    None if n > 0 => (stem.0 - half, stem.0),
                    None => (stem.0, stem.0 + half),
                };
                page = page.add(glyphs::beam(from, to, tip + 1.6 * thick, thick));
            }
        }
        i += group;
    }
    page
}

/// The head with its ledger lines, accidental and dot.
fn head_and_lines(mut page: Document, sign: &Sign, x: f64, y: f64, step: i32, top: f64) -> Document {
    let below = (step.min(0)..=-2).rev().filter(|s| s % 2 == 0);
    let above = (10..=step.max(9)).filter(|s| s % 2 == 0);
    for ledger in below.chain(above) {
        let at = height(ledger, top);
        page = page.add(line(x - 9.0, at, x + 9.0, at, INK, 0.9));
    }
    page = page.add(head(x, y, sign.units >= 8));
    if let Some(alteration) = sign.accidental {
        page = page.add(accidental(alteration, x - 17.0, y));
    }
    if sign.is_dotted() {
        // A dot stands in a space.
        let up = if step % 2 == 0 { SPACE / 2.0 } else { 0.0 };
        page = page.add(glyphs::dot(x + 10.0, y - up));
    }
    page
}
