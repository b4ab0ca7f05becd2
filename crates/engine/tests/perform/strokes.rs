//! Drum strokes: what is planted is found, and what is found in real performances is plausible.

use super::stream::{Chance, RATE};
use kmidi_engine::groove::strokes::{Kind, LATEST_SECONDS, Strokes, Told};
use std::collections::BTreeMap;

/// Strokes by frame, note and velocity, in order.
type Played = Vec<(u64, u8, u8)>;

/// What is told when `tick` is called every `hop` frames.
fn told(played: &Played, rate: u32, hop: u64) -> Vec<Told> {
    let (mut strokes, mut told) = (Strokes::new(rate), Vec::new());
    let (mut next, end) = (0, played.last().map_or(0, |stroke| stroke.0) + u64::from(rate));
    for now in (0..=end).step_by(hop as usize) {
        while let Some(&(frame, note, velocity)) = played.get(next).filter(|stroke| stroke.0 < now) {
            strokes.note_on(frame, note, velocity);
            next += 1;
        }
        strokes.tick(now, |stroke| {
            let latest = (LATEST_SECONDS * f64::from(rate)) as u64 + 1 + hop;
            assert!(stroke.frame <= now && now - stroke.frame <= latest, "{stroke:?} told at {now}");
            told.push(stroke);
        });
    }
    assert_eq!(strokes.dropped(), 0);
    told
}

fn count(told: &[Told], kind: Kind) -> usize {
    told.iter().filter(|stroke| stroke.kind == kind).count()
}

/// Milliseconds in frames.
fn ms(milliseconds: u64) -> u64 {
    milliseconds * u64::from(RATE) / 1_000
}

/// Snare strokes every 400 ms, hats between; what a bar has besides is planted: the kinds by frame.
fn planted(seed: u64) -> (Played, BTreeMap<u64, Kind>) {
    let mut chance = Chance(seed);
    let (mut played, mut kinds) = (Vec::new(), BTreeMap::new());
    for n in 0..400_u64 {
        let main = ms(400 * n + 300);
        let loud = 80 + chance.below(16) as u8;
        let mut plant = |frame: u64, velocity: u8, kind: Kind| {
            played.push((frame, 38, velocity));
            kinds.insert(frame, kind);
        };
        // A grace is at most three quarters as loud.
        let soft = 20 + chance.below(37) as u8;
        match if n < 8 { 0 } else { chance.below(7) } {
            0 | 1 => plant(main, loud, Kind::Plain),
            2 => plant(main, 12 + chance.below(20) as u8, Kind::Ghost),
            3 => {
                plant(main - ms(8) - chance.below(ms(32)), soft, Kind::Grace);
                plant(main, loud, Kind::Flam);
            }
            4 => {
                let near = ms(10) + chance.below(ms(15));
                plant(main - near - ms(9) - chance.below(ms(20)), soft, Kind::Grace);
                plant(main - near, soft + 3, Kind::Grace);
                plant(main, loud, Kind::Drag);
            }
            5 => {
                let gap = ms(15) + chance.below(ms(11));
                (0..9).for_each(|k| plant(main + k * gap, loud - 2 * k as u8, Kind::Buzz));
            }
            _ => plant(main, 127, Kind::Accent),
        }
        // Other voices come close and are no ornaments.
        played.push((main + chance.below(ms(30)), 42, 70));
    }
    played.sort_unstable();
    (played, kinds)
}

#[test]
fn planted_ornaments_are_found_exactly() {
    for seed in 1..=5 {
        let (played, kinds) = planted(seed);
        let told = told(&played, RATE, 480);
        assert_eq!(told.len(), played.len());
        for stroke in told.iter().filter(|stroke| stroke.voice == 1) {
            assert_eq!(Some(&stroke.kind), kinds.get(&stroke.frame), "{stroke:?}");
        }
        for kind in [Kind::Plain, Kind::Ghost, Kind::Accent, Kind::Grace, Kind::Flam, Kind::Drag, Kind::Buzz]
        {
            assert!(count(&told, kind) > 20, "few of {kind:?}");
        }
        assert!(told.iter().all(|stroke| stroke.voice == 1 || stroke.kind == Kind::Plain));
    }
}

#[test]
fn what_is_told_does_not_depend_on_when_it_is_asked() {
    let mut chance = Chance(17);
    let mut played: Played = planted(9).0;
    // And strokes anywhere, some at one frame.
    let end = played.last().map_or(1, |stroke| stroke.0);
    played.extend((0..2_000).map(|_| {
        (chance.below(end), [36, 38, 40, 42][chance.below(4) as usize], 1 + chance.below(127) as u8)
    }));
    played.sort_unstable();
    let by_voice = |hop| {
        let mut told = told(&played, RATE, hop);
        told.sort_by_key(|stroke| (stroke.voice, stroke.frame));
        told
    };
    let reference = by_voice(480);
    for hop in [1, 100, 479, 700] {
        assert!(by_voice(hop) == reference, "asked every {hop} frames");
    }
}

#[test]
fn two_sensors_are_one_stroke_and_storms_are_counted() {
    let played = vec![(100, 38, 50), (150, 40, 60), (9_000, 38, 1)];
    let frames: Vec<_> = told(&played, RATE, 480).iter().map(|s| (s.frame, s.note, s.velocity)).collect();
    assert_eq!(frames, [(100, 40, 60), (9_000, 38, 1)]);
    let mut strokes = Strokes::new(RATE);
    for n in 0..10_000 {
        strokes.note_on(n * 300, (n % 256) as u8, (n * 31 % 256) as u8);
    }
    assert!(strokes.dropped() > 0);
    strokes.note_on(0, 38, 90);
    strokes.note_on(u64::MAX, 38, 90);
    let mut count = 0;
    strokes.tick(u64::MAX, |_| count += 1);
    assert!(count > 0);
    strokes.reset();
    assert_eq!(strokes.dropped(), 0);
    strokes.tick(u64::MAX, |stroke| panic!("{stroke:?} after a reset"));
}

/// The number that follows `"name":` in a line of JSON, and the text after it.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(&format!("\"{name}\":")).map(|(_, rest)| rest.trim_start())
}

fn number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-')).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// A performance of the Groove MIDI Dataset: style, seconds, and strokes at 48 kHz.
fn performance(line: &str) -> Option<(String, f64, Played)> {
    let style = field(line, "style")?.trim_start_matches('"').split(['"', '/']).next()?.to_owned();
    let frames_a_tick = f64::from(RATE) * 60.0 / (number(field(line, "bpm")?)? * 480.0);
    let notes = field(line, "notes")?.trim_start_matches('[').split("]]").next()?;
    let stroke = |text: &str| {
        let mut numbers = text.trim_matches(['[', ']', ',']).split(',').map(|n| n.trim().parse::<u64>().ok());
        let (onset, _, note) = (numbers.next()??, numbers.next()??, numbers.next()??);
        Some(((onset as f64 * frames_a_tick) as u64, note as u8, numbers.next()?? as u8))
    };
    let mut played: Played = notes.split("],").filter_map(stroke).collect();
    played.sort_unstable();
    Some((style, number(field(line, "duration_s")?)?, played))
}

/// Ornaments a minute by style. Prints the table; `cargo test -p kmidi-engine --test perform -- --nocapture real`.
#[test]
fn real_performances_are_plausible() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/groove/gmd.train.jsonl.gz");
    let text = std::process::Command::new("gzip").args(["-dc", path]).output();
    let Some(text) = text.ok().filter(|output| output.status.success()) else {
        println!("skipped: there is no ../shared/data/groove, or no gzip");
        return;
    };
    let text = String::from_utf8(text.stdout).unwrap();
    // By style: seconds, snare strokes, snare ghosts, then ghosts, accents, flams, drags, buzzes of all voices.
    let mut styles: BTreeMap<String, [f64; 8]> = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains("\"beat_type\":\"beat\"")) {
        let (style, seconds, played) = performance(line).unwrap();
        let told = told(&played, RATE, 480);
        let snare: Vec<Told> = told.iter().copied().filter(|stroke| stroke.voice == 1).collect();
        let kinds = [Kind::Ghost, Kind::Accent, Kind::Flam, Kind::Drag, Kind::Buzz];
        let counts = kinds.map(|kind| count(&told, kind) as f64);
        let row =
            [[seconds, snare.len() as f64, count(&snare, Kind::Ghost) as f64].to_vec(), counts.to_vec()]
                .concat();
        styles.entry(style).or_default().iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    println!(
        "{:<12} minutes  snare/min  of it ghosts | a minute: ghosts accents flams drags buzzes",
        "style"
    );
    for (style, [seconds, snare, soft, rest @ ..]) in &styles {
        let minutes = seconds / 60.0;
        let rest: String = rest.iter().map(|count| format!(" {:7.2}", count / minutes)).collect();
        println!("{style:<13} {minutes:7.1} {:10.1} {:12.3}  | {rest}", snare / minutes, soft / snare);
    }
    // On the snare. What is soft in jazz is usual there, so that fewer strokes stand out as ghosts than in funk.
    let ghosts = |style: &str| styles[style][2] / styles[style][0];
    for (style, times) in [("funk", 1.9), ("neworleans", 3.0), ("jazz", 1.15)] {
        assert!(ghosts(style) > times * ghosts("rock"), "few ghost notes in {style}");
    }
    let total = styles.values().fold([0.0; 8], |sum, row| std::array::from_fn(|n| sum[n] + row[n]));
    let minutes = total[0] / 60.0;
    assert!((1.0..30.0).contains(&(total[5] / minutes)), "{} flams a minute", total[5] / minutes);
}
