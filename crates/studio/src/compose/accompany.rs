//! The accompaniment: chords and bass, from held notes to driving ones, and what they do in a build.

use super::build::{Build, pedal};
use super::feel::Feel;
use super::grid::Grid;
use super::style::{ByEnergy, Line};
use super::{Plan, PlanChord, PlanSection, Style, voicing};
use crate::dice::{Dice, Stream};
use kmidi_music::{Note, PitchClass, Ticks};

/// A chord with its place in ticks and the section around it.
struct Span<'a> {
    start: u64,
    end: u64,
    chord: &'a PlanChord,
    section: &'a PlanSection,
    feel: Feel,
    /// The last chord of the piece.
    last: bool,
}

fn spans<'a>(plan: &'a Plan, grid: &Grid) -> Vec<Span<'a>> {
    let count = plan.chords.len();
    let span = |(i, chord): (usize, &'a PlanChord)| {
        let start = u64::from(chord.bar) * grid.bar() + u64::from(chord.beat) * grid.beat;
        plan.section_at(chord.bar).map(|section| Span {
            start,
            end: start + u64::from(chord.beats) * grid.beat,
            chord,
            section,
            feel: plan.feel(chord.bar),
            last: i + 1 == count,
        })
    };
    plan.chords.iter().enumerate().filter_map(span).collect()
}

fn note(onset: u64, duration: u64, pitch: i32, velocity: i32) -> Note {
    Note {
        onset: Ticks(onset),
        duration: Ticks(duration.max(1)),
        pitch: pitch.clamp(0, 127) as u8,
        velocity: velocity.clamp(1, 127) as u8,
    }
}

/// The chord track: held, broken, on the beats, or pulsing, as the energy of the section asks.
pub(super) fn chords(plan: &Plan, style: &Style, grid: &Grid) -> Vec<Note> {
    let spans = spans(plan, grid);
    let n = plan.sections.len().max(1) as f32;
    let energy = plan.sections.iter().map(|s| s.energy).sum::<f32>() / n;
    let voices = style.voicing.voices.map_or(if energy < 0.4 { 3 } else { 4 }, |voices| voices.0);
    let list: Vec<_> = plan.chords.iter().map(|c| c.chord).collect();
    // Below the tune, as far as the range of the voicings allows.
    let (low, high) = super::tune::range(plan);
    let centre = style.voicing.centre.unwrap_or((low + high) / 2 - 8).clamp(58, 64);
    let led = voicing::lead(&list, voices, centre);
    let mut notes = Vec::new();
    for (span, voices) in spans.iter().zip(&led) {
        let velocity = span.feel.velocity - 12;
        let mut play = |at: u64, until: u64, which: &[u8], louder: i32| {
            notes.extend(which.iter().map(|&p| note(at, until - at, i32::from(p), velocity + louder)));
        };
        let part = grid.beat / grid.parts;
        if let Some(build) = Build::around(plan, span.chord.bar, grid) {
            for (at, until, which) in build.stabs((span.start, span.end), voices, grid) {
                play(at, until, &which, if grid.is_strong(at % grid.bar()) { 3 } else { -3 });
            }
            continue;
        }
        if let Some(line) = Line::choose(&style.chords, span.feel.energy, plan).filter(|_| !span.last) {
            let start = span.start - span.start % grid.bar();
            for (at, until, what) in line.steps.between(span.start - start, span.end - start, grid.bar(), 'x')
            {
                let top = voices.len() - 1;
                let which = match what {
                    'u' => &voices[1.min(top)..],
                    'l' => &voices[..1],
                    digit @ '1'..='4' => {
                        let voice = (digit as usize - '1' as usize).min(top);
                        &voices[voice..=voice]
                    }
                    _ => &voices[..],
                };
                let louder = match what {
                    'X' => 7,
                    _ if grid.is_strong(at) => 3,
                    _ => -3,
                };
                play(start + at, start + until, which, louder);
            }
            continue;
        }
        match span.feel.energy {
            _ if span.last => play(span.start, span.end, voices, 0),
            e if e < 0.25 => play(span.start, span.end, voices, -2),
            e if e < 0.55 => {
                // Broken upward and back; every note rings on to the end of the chord.
                let step = if e < 0.38 && grid.parts == 2 { grid.beat } else { part };
                let cycle: Vec<usize> = (0..voices.len()).chain((1..voices.len() - 1).rev()).collect();
                for (k, at) in (span.start..span.end).step_by(step as usize).enumerate() {
                    let voice = cycle[k % cycle.len()];
                    play(at, span.end, &voices[voice..=voice], if k == 0 { 3 } else { -3 });
                }
            }
            e if e < 0.8 => {
                for at in (span.start..span.end).step_by(grid.beat as usize) {
                    let strong = grid.is_strong(at % grid.bar());
                    let which = if strong { &voices[..] } else { &voices[1..] };
                    play(at, at + grid.beat * 7 / 8, which, if strong { 3 } else { -4 });
                }
            }
            _ => {
                for at in (span.start..span.end).step_by(part as usize) {
                    let louder = match at % grid.bar() {
                        t if grid.is_strong(t) => 5,
                        t if grid.is_beat(t) => 0,
                        _ => -7,
                    };
                    play(at, at + part * 5 / 8, if grid.is_beat(at) { voices } else { &voices[1..] }, louder);
                }
            }
        }
    }
    notes
}

/// E1, the lowest note of a bass guitar and of a double bass.
const BASS_LOW: i32 = 28;
/// E3.
const BASS_HIGH: i32 = 52;

/// The bass: roots, fifths and steps into the next chord.
pub(super) fn bass(plan: &Plan, style: &Style, seed: u64, grid: &Grid) -> Vec<Note> {
    let spans = spans(plan, grid);
    let mut dice = Dice::new(seed, Stream::Players, 0);
    let (mut notes, mut previous) = (Vec::new(), 38);
    for (i, span) in spans.iter().enumerate() {
        let velocity = span.feel.velocity - 2;
        let root = near(span.chord.chord.bass.pitch_class(), (previous + 38) / 2);
        let fifth = tone(span, 5, root);
        let next = spans.get(i + 1).map(|s| near(s.chord.chord.bass.pitch_class(), (root + 38) / 2));
        let part = grid.beat / grid.parts;
        let energy = span.feel.energy;
        let mut play = |at: u64, until: u64, pitch: i32, louder: i32| {
            notes.push(note(at, until - at, pitch, velocity + louder));
        };
        if Build::around(plan, span.chord.bar, grid).is_some() {
            // A pedal point, a note a bar.
            previous = near(pedal(span.section), 38);
            if span.start.is_multiple_of(grid.bar()) {
                play(span.start, span.start + grid.bar(), previous, 0);
            }
            continue;
        }
        previous = root;
        if let Some(line) = Line::choose(&style.bass, energy, plan).filter(|_| !span.last) {
            let approach = next.filter(|&n| n != root).and_then(|n| step_to(span, n, root));
            let start = span.start - span.start % grid.bar();
            let strokes = line.steps.between(span.start - start, span.end - start, grid.bar(), 'r');
            for (k, (at, until, what)) in strokes.into_iter().enumerate() {
                let pitch = match what {
                    _ if k == 0 => root,
                    't' => tone(span, 3, root),
                    'f' => fifth,
                    'v' => tone(span, 7, root),
                    'o' if root + 12 <= BASS_HIGH => root + 12,
                    'a' => approach.unwrap_or(root),
                    _ => root,
                };
                let louder = if grid.is_strong(at) { 3 } else { -3 };
                play(start + at, start + until, pitch, louder);
            }
            continue;
        }
        if span.last || energy < 0.3 {
            play(span.start, span.end, root, 0);
            continue;
        }
        let beats: Vec<u64> = (span.start..span.end).step_by(grid.beat as usize).collect();
        let approach = next.filter(|&n| n != root).and_then(|n| step_to(span, n, root));
        let approach = approach.filter(|_| beats.len() > 1 && dice.chance(35 + (50.0 * energy) as u32));
        for (k, &at) in beats.iter().enumerate() {
            let strong = grid.is_strong(at % grid.bar());
            let (end, closing) = (at + grid.beat, k + 1 == beats.len());
            match energy {
                e if e < 0.55 => {
                    // Two feel: a note a group, and a step into the next chord.
                    let until = beats[k + 1..].iter().copied().find(|&b| grid.is_strong(b % grid.bar()));
                    let until = until.unwrap_or(span.end);
                    let leading = approach.is_some() && until == span.end && until - at > grid.beat;
                    if strong || k == 0 {
                        let stop = if leading { until - grid.beat } else { until };
                        play(at, stop, if k == 0 { root } else { fifth }, if k == 0 { 3 } else { -2 });
                    } else if let (Some(pitch), true) = (approach, closing) {
                        play(at, end, pitch, -4);
                    }
                }
                e if e < 0.8 => {
                    let pitch = if k == 0 || strong {
                        root
                    } else if k % 2 == 1 {
                        fifth
                    } else {
                        root
                    };
                    match approach.filter(|_| closing) {
                        Some(step) => {
                            let pitch = if pitch == step { root } else { pitch };
                            play(at, at + (grid.parts - 1) * part, pitch, 0);
                            play(at + (grid.parts - 1) * part, end, step, -4);
                        }
                        None => play(at, end - part / 4, pitch, if k == 0 { 4 } else { 0 }),
                    }
                }
                _ => {
                    for p in 0..grid.parts {
                        let here = at + p * part;
                        let pitch = match approach {
                            Some(step) if closing && p + 1 == grid.parts => step,
                            _ if p + 1 == grid.parts && k % 2 == 1 => fifth,
                            _ => root,
                        };
                        let louder = if p > 0 {
                            -6
                        } else if strong {
                            5
                        } else {
                            0
                        };
                        play(here, here + part * 3 / 4, pitch, louder);
                    }
                }
            }
        }
    }
    notes
}

/// The note of a pitch class that lies nearest to `centre`, in the range of the bass.
fn near(pc: PitchClass, centre: i32) -> i32 {
    (BASS_LOW..=BASS_HIGH)
        .filter(|&n| PitchClass::new(n) == pc)
        .min_by_key(|&n| (n - centre).abs())
        .unwrap_or(BASS_LOW)
}

/// The chord's third, fifth or seventh next to `root`, or the root where the chord has none.
fn tone(span: &Span, number: u8, root: i32) -> i32 {
    let chord = &span.chord.chord;
    let tone = chord.degrees().iter().find(|d| d.number == number);
    tone.map_or(root, |d| near((chord.root + d.interval()).pitch_class(), root))
}

/// A note a step from `next`, of the key or the chord, from the side of `root`.
fn step_to(span: &Span, next: i32, root: i32) -> Option<i32> {
    let side = if root < next { -1 } else { 1 };
    let allowed = |n: &i32| {
        let pc = PitchClass::new(*n);
        (BASS_LOW..=BASS_HIGH).contains(n)
            && (span.section.key.scale().contains(pc) || span.chord.chord.pitch_classes().contains(pc))
    };
    [next + side, next + 2 * side, next - side, next - 2 * side]
        .into_iter()
        .find(allowed)
        .filter(|&n| n != root)
}
