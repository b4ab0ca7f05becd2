//! A song as a piano roll: form, harmony, notes by track, drums by name.

use super::{
    Anchor, GREY, INK, PALE, bold, fitted, label, line, percussion_name, printed, rectangle, sheet,
    text_width, with_tooltip,
};
use kmidi_music::notation::symbol;
use kmidi_music::song::{Role, Song, Track};
use kmidi_music::{Meter, Note, PitchClass, PitchName, Ticks};
use svg::Document;
use svg::node::element::Group;

const LEFT: f64 = 112.0;
const RIGHT: f64 = 28.0;
/// A semitone's and a drum's height.
const ROW: f64 = 8.0;
const LANE: f64 = 15.0;
const MELODY: [&str; 3] = ["#c8374a", "#d9822b", "#a23b8f"];
const CHORDS: [&str; 3] = ["#2f6fb0", "#3a9bb5", "#6b5fb5"];
const BASS: [&str; 2] = ["#2c8c57", "#7a9a2e"];
const DRUMS: &str = "#4b5563";

/// Draws `song` as an SVG piano roll: title, legend, sections, keys, chord symbols with Roman numerals, bars, the notes of
/// each track in its colour with velocity as opacity, and a lane for each drum. The width grows with the bars.
///
/// Pitches are named with C4 for middle C (60).
pub fn piano_roll(song: &Song) -> String {
    let plan = Layout::of(song);
    let title = if song.title.trim().is_empty() { "Untitled" } else { song.title.trim() };
    let mut sheet = sheet(plan.width, plan.height, title);
    sheet = heading(sheet, song, &plan, title);
    sheet = form_and_harmony(sheet, song, &plan);
    sheet = grid(sheet, &plan);
    sheet = notes(sheet, &plan);
    sheet = drums(sheet, song, &plan);
    printed(&sheet)
}

/// Where everything stands, in pixels.
struct Layout<'a> {
    ppq: u16,
    /// Bar lines with the metre of the bar; the last entry is the end.
    bars: Vec<(Ticks, Meter)>,
    per_tick: f64,
    width: f64,
    height: f64,
    sections_y: f64,
    keys_y: Option<f64>,
    chords_y: f64,
    numbers_y: f64,
    roll_y: f64,
    /// Lowest and highest pitch of the roll.
    pitches: (u8, u8),
    drums_y: f64,
    /// The drums that sound, highest note first.
    drums: Vec<u8>,
    /// The pitched tracks, drawn in this order, with their colours.
    tracks: Vec<(&'a Track, &'static str)>,
}

impl<'a> Layout<'a> {
    fn of(song: &'a Song) -> Self {
        let ppq = song.tempo.ppq();
        let bars = bar_lines(song);
        let end = bars.last().map_or(Ticks(1), |b| b.0);
        let quarters = end.beats(ppq).0.max(1.0);
        // Wide enough for every chord's label in its span, within reason, and for short songs as wide as a page.
        let needed = song.chords.iter().filter(|c| c.duration.0 > 0).map(|c| {
            let wide = text_width(&symbol::print(&c.chord), 12.0).max(text_width(&c.roman, 11.0));
            (wide + 8.0) / c.duration.beats(ppq).0
        });
        let per_quarter = needed.fold((1_100.0 / quarters).clamp(13.0, 40.0), f64::max).min(56.0);
        let is_drums = |t: &&Track| t.role == Role::Drums || t.channel == 9;
        let pitched: Vec<&Track> = song.tracks.iter().filter(|t| !is_drums(t)).collect();
        let used = pitched.iter().flat_map(|t| &t.notes).map(|n| n.pitch.min(127));
        let (low, high) = used.fold((127u8, 0u8), |(l, h), p| (l.min(p), h.max(p)));
        let pitches = if low > high { (55, 67) } else { (low.saturating_sub(2), (high + 2).min(127)) };
        let mut drums: Vec<u8> =
            song.tracks.iter().filter(is_drums).flat_map(|t| &t.notes).map(|n| n.pitch).collect();
        drums.sort_unstable_by(|a, b| b.cmp(a));
        drums.dedup();
        let sections_y = 92.0;
        let keys_y = (song.keys.len() > 1).then_some(sections_y + 24.0);
        let chords_y = sections_y + if keys_y.is_some() { 42.0 } else { 24.0 };
        let numbers_y = chords_y + 38.0;
        let roll_y = numbers_y + 18.0;
        let roll_height = f64::from(pitches.1 - pitches.0 + 1) * ROW;
        let drums_y = roll_y + roll_height + if drums.is_empty() { 0.0 } else { 14.0 };
        Self {
            ppq,
            per_tick: per_quarter / f64::from(ppq),
            width: (LEFT + quarters * per_quarter + RIGHT).max(720.0),
            height: drums_y + drums.len() as f64 * LANE + 24.0,
            bars,
            sections_y,
            keys_y,
            chords_y,
            numbers_y,
            roll_y,
            pitches,
            drums_y,
            drums,
            tracks: coloured(&pitched),
        }
    }

    fn x(&self, tick: Ticks) -> f64 {
        LEFT + tick.0 as f64 * self.per_tick
    }

    /// The top of a pitch's row.
    fn y(&self, pitch: u8) -> f64 {
        self.roll_y + f64::from(self.pitches.1.saturating_sub(pitch.min(127))) * ROW
    }

    fn end(&self) -> Ticks {
        self.bars.last().map_or(Ticks(0), |b| b.0)
    }

    fn bottom(&self) -> f64 {
        self.drums_y + self.drums.len() as f64 * LANE
    }
}

/// Chords below, then bass, then melodies on top; each role has its own family of colours.
fn coloured<'a>(tracks: &[&'a Track]) -> Vec<(&'a Track, &'static str)> {
    let palettes: [(Role, &[&'static str]); 3] =
        [(Role::Chords, &CHORDS), (Role::Bass, &BASS), (Role::Melody, &MELODY)];
    let of_role = |(role, palette): (Role, &'static [&'static str])| {
        let own =
            tracks.iter().filter(move |t| t.role == role || (role == Role::Melody && t.role == Role::Drums));
        own.enumerate().map(move |(i, &t)| (t, palette[i % palette.len()])).collect::<Vec<_>>()
    };
    palettes.into_iter().flat_map(of_role).collect()
}

/// Bar lines from the start to the end of the last bar; a metre change begins a bar.
fn bar_lines(song: &Song) -> Vec<(Ticks, Meter)> {
    const MOST: usize = 20_000; // a drawing of more would not open anywhere
    let end = song.end();
    let (mut at, mut bars) = (Ticks(0), Vec::new());
    loop {
        let next = song.meters.partition_point(|m| m.0 <= at);
        let meter = next.checked_sub(1).map_or(Meter::COMMON, |i| song.meters[i].1);
        bars.push((at, meter));
        if (at >= end && at > Ticks(0)) || bars.len() > MOST {
            return bars;
        }
        let change = song.meters.get(next).map_or(Ticks(u64::MAX), |m| m.0);
        at = (at + meter.bar(song.tempo.ppq()).max(Ticks(1))).min(change);
    }
}

fn heading(sheet: Document, song: &Song, plan: &Layout<'_>, title: &str) -> Document {
    let mut facts = Vec::new();
    facts.extend(song.keys.first().map(|k| k.1.words()));
    let tempi = song.tempo.changes();
    let bpm = |micros: u32| format!("{}", (600e6 / f64::from(micros)).round() / 10.0);
    let (slow, fast) = tempi.iter().fold((0, u32::MAX), |(s, f), t| (s.max(t.1), f.min(t.1)));
    facts.push(match bpm(slow) == bpm(fast) {
        true => format!("{} BPM", bpm(slow)),
        false => format!("{} to {} BPM", bpm(slow), bpm(fast)),
    });
    facts.extend(song.meters.first().map(|m| m.1.to_string()));
    facts.push(format!("{} bars", plan.bars.len().saturating_sub(1)));
    let seconds = song.tempo.seconds(plan.end()).0.round() as u64;
    facts.push(format!("{}:{:02}", seconds / 60, seconds % 60));
    let room = plan.width - LEFT - RIGHT;
    let mut sheet = sheet
        .add(bold(LEFT, 30.0, 20.0, INK, Anchor::Start, &fitted(title, 20.0, room)))
        .add(label(LEFT, 50.0, 12.0, GREY, Anchor::Start, &facts.join("  ·  ")));
    let mut x = LEFT;
    for track in &song.tracks {
        let own = plan.tracks.iter().find(|(t, _)| std::ptr::eq(*t, track));
        let colour = own.map_or(DRUMS, |&(_, colour)| colour);
        let name = fitted(&track.name, 12.0, 220.0);
        if x + 18.0 + text_width(&name, 12.0) > plan.width - RIGHT {
            break;
        }
        sheet = sheet.add(rectangle(x, 63.0, 12.0, 12.0, colour).set("rx", 2.5)).add(label(
            x + 17.0,
            73.0,
            12.0,
            INK,
            Anchor::Start,
            &name,
        ));
        x += 17.0 + text_width(&name, 12.0) + 20.0;
    }
    sheet
}

fn form_and_harmony(mut sheet: Document, song: &Song, plan: &Layout<'_>) -> Document {
    let caption = |y: f64, text: &str| label(LEFT - 10.0, y, 10.0, GREY, Anchor::End, text);
    for (i, section) in song.sections.iter().enumerate() {
        let until = song.sections.get(i + 1).map_or(plan.end(), |next| next.onset);
        let (x, width) = (plan.x(section.onset), plan.x(until) - plan.x(section.onset));
        let fill = ["#dbe4f0", "#ece3d4", "#dcebdd", "#ecdde6"]
            [song.sections.iter().position(|s| s.name == section.name).unwrap_or(i) % 4];
        let band = rectangle(x + 1.0, plan.sections_y, width - 2.0, 18.0, fill).set("rx", 3.0);
        let name = fitted(&section.name, 12.0, width - 12.0);
        sheet = sheet.add(with_tooltip(band, &format!("{}: {} bars", section.name, section.bars))).add(bold(
            x + 7.0,
            plan.sections_y + 13.0,
            12.0,
            INK,
            Anchor::Start,
            &name,
        ));
    }
    if !song.sections.is_empty() {
        sheet = sheet.add(caption(plan.sections_y + 13.0, "form"));
    }
    if let Some(y) = plan.keys_y {
        sheet = sheet.add(caption(y + 10.0, "key"));
        for (i, &(tick, key)) in song.keys.iter().enumerate() {
            let until = song.keys.get(i + 1).map_or(plan.end(), |next| next.0);
            let (x, room) = (plan.x(tick), plan.x(until) - plan.x(tick));
            let words = fitted(&key.words(), 11.0, room - 10.0);
            sheet = sheet.add(line(x, y, x, y + 14.0, GREY, 1.0)).add(label(
                x + 5.0,
                y + 10.0,
                11.0,
                INK,
                Anchor::Start,
                &words,
            ));
        }
    }
    if !song.chords.is_empty() {
        sheet =
            sheet.add(caption(plan.chords_y + 13.0, "chord")).add(caption(plan.chords_y + 30.0, "numeral"));
    }
    let mut free = LEFT;
    for span in &song.chords {
        let (symbol, x) = (symbol::print(&span.chord), plan.x(span.onset));
        let wide = text_width(&symbol, 12.0).max(text_width(&span.roman, 11.0));
        if x + 3.0 < free {
            continue; // no room: the chord before it is still being named
        }
        free = x + 3.0 + wide;
        sheet = sheet
            .add(line(x, plan.chords_y + 1.0, x, plan.roll_y, "#c4c9d2", 0.8))
            .add(bold(x + 4.0, plan.chords_y + 13.0, 12.0, INK, Anchor::Start, &symbol))
            .add(label(x + 4.0, plan.chords_y + 30.0, 11.0, "#2f6fb0", Anchor::Start, &span.roman));
    }
    sheet
}

/// Is the pitch a black key?
fn is_black(pitch: u8) -> bool {
    matches!(pitch % 12, 1 | 3 | 6 | 8 | 10)
}

fn grid(sheet: Document, plan: &Layout<'_>) -> Document {
    let (left, right) = (LEFT, plan.x(plan.end()));
    let mut rows = Group::new();
    for pitch in plan.pitches.0..=plan.pitches.1 {
        let y = plan.y(pitch);
        if is_black(pitch) {
            rows = rows.add(rectangle(left, y, right - left, ROW, "#f3f4f6"));
        }
        // The keyboard, and the names of the white keys beside it.
        let key = if is_black(pitch) { ("#374151", 16.0) } else { ("#ffffff", 26.0) };
        rows = rows.add(
            rectangle(left - 30.0, y, key.1, ROW, key.0).set("stroke", "#c4c9d2").set("stroke-width", 0.5),
        );
        if matches!(pitch % 12, 0 | 4 | 7) {
            let name = PitchName::nearest(PitchClass::new(i32::from(pitch)), 0);
            let text = format!("{name}{}", i32::from(pitch) / 12 - 1);
            let (fill, size) = if pitch % 12 == 0 { (INK, 10.0) } else { (GREY, 8.0) };
            rows = rows.add(label(left - 34.0, y + ROW - 1.0, size, fill, Anchor::End, &text));
        }
        if pitch % 12 == 0 {
            rows = rows.add(line(left, y + ROW, right, y + ROW, "#d1d5db", 0.7));
        }
    }
    let bottom = plan.bottom();
    let mut lines = Group::new();
    let mut free = 0.0;
    for (i, &(at, meter)) in plan.bars.iter().enumerate() {
        let x = plan.x(at);
        lines = lines.add(line(x, plan.roll_y, x, bottom, "#9ca3af", 0.9));
        let Some(&(next, _)) = plan.bars.get(i + 1) else { break };
        let beat = meter.felt_beat(plan.ppq).0.max(1);
        if beat as f64 * plan.per_tick > 6.0 {
            for k in 1..(next - at).0.div_ceil(beat) {
                let x = plan.x(at + Ticks(k * beat));
                lines = lines.add(line(x, plan.roll_y, x, bottom, PALE, 0.7));
            }
        }
        let changed = i > 0 && plan.bars[i - 1].1 != meter;
        let text = if changed { format!("{} ({meter})", i + 1) } else { format!("{}", i + 1) };
        // Narrow bars are numbered where the bars in front leave room; every fourth bar counts most.
        let every =
            [1, 2, 4, 8, 16].into_iter().find(|&n| f64::from(n) * (plan.x(next) - x) > 26.0).unwrap_or(32);
        if (changed || i % every as usize == 0) && x + 2.0 > free {
            lines = lines.add(label(x + 3.0, plan.numbers_y + 13.0, 9.5, GREY, Anchor::Start, &text));
            free = x + 8.0 + text_width(&text, 9.5);
        }
    }
    let frame = rectangle(
        left,
        plan.roll_y,
        right - left,
        f64::from(plan.pitches.1 - plan.pitches.0 + 1) * ROW,
        "none",
    );
    sheet
        .add(label(LEFT - 10.0, plan.numbers_y + 13.0, 10.0, GREY, Anchor::End, "bar"))
        .add(rows)
        .add(lines)
        .add(frame.set("stroke", "#9ca3af").set("stroke-width", 0.9))
}

fn opacity(velocity: u8) -> f64 {
    ((0.3 + 0.7 * f64::from(velocity.min(127)) / 127.0) * 100.0).round() / 100.0
}

fn notes(mut sheet: Document, plan: &Layout<'_>) -> Document {
    for &(track, colour) in &plan.tracks {
        let mut group = Group::new().set("fill", colour).set("stroke", colour).set("stroke-width", 0.6);
        for note in &track.notes {
            let (x, width) = extent(plan, note);
            let shape = svg::node::element::Rectangle::new()
                .set("x", super::short(x))
                .set("y", super::short(plan.y(note.pitch) + 0.6))
                .set("width", super::short(width))
                .set("height", ROW - 1.2)
                .set("rx", 1.6)
                .set("fill-opacity", opacity(note.velocity));
            group = group.add(shape);
        }
        sheet = sheet.add(with_tooltip(group, &track.name));
    }
    sheet
}

/// A note's left edge and width: at least two pixels, and a hair less than its length, so that repeated notes part.
fn extent(plan: &Layout<'_>, note: &Note) -> (f64, f64) {
    let x = plan.x(note.onset) + 0.4;
    (x, (note.duration.0 as f64 * plan.per_tick - 1.0).max(2.0))
}

fn drums(mut sheet: Document, song: &Song, plan: &Layout<'_>) -> Document {
    let (left, right) = (LEFT, plan.x(plan.end()));
    for (i, &drum) in plan.drums.iter().enumerate() {
        let y = plan.drums_y + i as f64 * LANE;
        let name = percussion_name(drum).map_or_else(|| format!("Note {drum}"), Into::into);
        sheet = sheet.add(label(
            left - 8.0,
            y + LANE - 4.5,
            9.5,
            INK,
            Anchor::End,
            &fitted(&name, 9.5, LEFT - 12.0),
        ));
        if i % 2 == 0 {
            sheet = sheet.add(rectangle(left, y, right - left, LANE, "#9ca3af").set("fill-opacity", 0.12));
        }
        let mut group = Group::new().set("fill", DRUMS);
        let tracks = song.tracks.iter().filter(|t| t.role == Role::Drums || t.channel == 9);
        for note in tracks.flat_map(|t| &t.notes).filter(|n| n.pitch == drum) {
            // As tall as it is loud.
            let height = (LANE - 4.0) * (0.35 + 0.65 * f64::from(note.velocity.min(127)) / 127.0);
            let x = plan.x(note.onset);
            let stroke = svg::node::element::Rectangle::new()
                .set("x", super::short(x))
                .set("y", super::short(y + (LANE - height) / 2.0))
                .set("width", 4)
                .set("height", super::short(height))
                .set("rx", 1.2)
                .set("fill-opacity", opacity(note.velocity));
            group = group.add(stroke);
        }
        sheet = sheet.add(group);
    }
    if !plan.drums.is_empty() {
        let frame = rectangle(left, plan.drums_y, right - left, plan.drums.len() as f64 * LANE, "none");
        sheet = sheet.add(frame.set("stroke", "#9ca3af").set("stroke-width", 0.9));
    }
    sheet
}
