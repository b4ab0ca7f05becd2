//! Drums: a beat by energy, fills where sections end, rolls that build, one stroke to finish.

use super::build::Build;
use super::feel::Feel;
use super::grid::Grid;
use super::style::{Beat, ByEnergy};
use super::{Plan, Style};
use crate::dice::{Dice, Stream};
use kmidi_music::{Note, Ticks};

// General MIDI percussion (MIDI Manufacturers Association 1991, General MIDI Level 1, table 3).
pub(super) const KICK: u8 = 36;
const SIDE_STICK: u8 = 37;
pub(super) const SNARE: u8 = 38;
const CLOSED_HAT: u8 = 42;
const OPEN_HAT: u8 = 46;
const CRASH: u8 = 49;
const RIDE: u8 = 51;
/// High to low.
const TOMS: [u8; 4] = [50, 48, 45, 43];

/// The strokes of a bar under construction.
pub(super) struct Kit<'a> {
    notes: &'a mut Vec<Note>,
    length: u64,
    velocity: i32,
}

impl Kit<'_> {
    pub(super) fn hit(&mut self, at: u64, drum: u8, louder: i32) {
        let velocity = (self.velocity + louder).clamp(1, 127) as u8;
        self.notes.push(Note { onset: Ticks(at), duration: Ticks(self.length), pitch: drum, velocity });
    }
}

/// The drum track; empty when every section is too quiet for drums.
pub(super) fn write(plan: &Plan, style: &Style, seed: u64, grid: &Grid) -> Vec<Note> {
    let mut notes = Vec::new();
    let part = grid.beat / grid.parts;
    for (i, section) in plan.sections.iter().enumerate() {
        let mut dice = Dice::new(seed, Stream::Players, 1 + section.letter as u32);
        // A kick that some bars have off the beat belongs to the letter, so that the groove comes back with it.
        let pushed = dice.chance(60);
        for b in 0..section.bars {
            let bar = section.start_bar + b;
            let start = u64::from(bar) * grid.bar();
            let feel = plan.feel(bar);
            let piece_ends = i + 1 == plan.sections.len() && b + 1 == section.bars;
            let settling = i == 0 && b < 4 && plan.sections.len() > 2;
            let (pattern, level) = playing(plan, style, &feel, settling);
            let mut kit = Kit { notes: &mut notes, length: part / 2, velocity: feel.velocity - 4 };
            if let Some(build) = Build::around(plan, bar, grid) {
                // There is a roll where what it leads to has drums.
                let next = plan.feel(section.start_bar + section.bars);
                if playing(plan, style, &next, false).1 > 0 {
                    build.roll(&mut kit, start, grid);
                }
                continue;
            }
            if level == 0 {
                continue;
            }
            if piece_ends {
                kit.length = grid.bar();
                kit.hit(start, if level > 1 { CRASH } else { RIDE }, -4);
                kit.hit(start, KICK, -2);
                continue;
            }
            let fill = b + 1 == section.bars && level > 1;
            let until = if fill { fill_start(grid, level) } else { grid.bar() };
            match pattern {
                Some(pattern) => patterned(&mut kit, start, until, pattern, grid),
                None => beat(&mut kit, start, until, level, pushed, grid),
            }
            if fill {
                fill_in(&mut kit, start + until, start + grid.bar(), part, level);
            } else if (b + 1) % 4 == 0 && level > 2 && pattern.is_none() {
                kit.hit(start + grid.bar() - part, SNARE, -12);
            }
            if b == 0 && (level > 2 || section.drops()) {
                kit.hit(start, CRASH, 0);
            }
        }
    }
    notes
}

/// The pattern that is played, if the style has one, and how much of a beat there is: 0 none to 4 driving.
fn playing<'a>(plan: &Plan, style: &'a Style, feel: &Feel, settling: bool) -> (Option<&'a Beat>, u8) {
    let pattern = Beat::choose(&style.drums, feel.energy, plan);
    // A style with patterns says itself from which energy on there are drums.
    let level = match (pattern, style.drums.is_empty()) {
        (Some(_), _) => feel.drums.max(1),
        (None, false) => 0,
        (None, true) => feel.drums.saturating_sub(u8::from(settling)),
    };
    (pattern, level)
}

/// The plain beat of a bar up to `until`: kick where groups start, snare on their last beat, cymbals between.
fn beat(kit: &mut Kit, start: u64, until: u64, level: u8, pushed: bool, grid: &Grid) {
    let part = grid.beat / grid.parts;
    let backbeats: Vec<u64> =
        grid.group_starts().zip(grid.groups).map(|(s, g)| u64::from(s + g - 1)).collect();
    for beat in 0..u64::from(grid.beats) {
        let at = beat * grid.beat;
        if at >= until {
            break;
        }
        let (strong, back) = (grid.is_strong(at), backbeats.contains(&beat));
        match level {
            1 => {
                kit.hit(start + at, RIDE, if strong { -14 } else { -20 });
                if back {
                    kit.hit(start + at, SIDE_STICK, -16);
                }
                continue;
            }
            2 if back => kit.hit(start + at, SIDE_STICK, -4),
            _ if back => kit.hit(start + at, SNARE, 4),
            _ => {}
        }
        if strong || (level == 4 && !back) {
            kit.hit(start + at, KICK, 4);
        }
        if pushed && level > 2 && strong && beat > 0 {
            kit.hit(start + at - part, KICK, -6);
        }
        for p in 0..grid.parts {
            let here = at + p * part;
            if here < until {
                let open = level == 4 && p + 1 == grid.parts && beat + 1 == u64::from(grid.beats);
                kit.hit(
                    start + here,
                    if open { OPEN_HAT } else { CLOSED_HAT },
                    if p == 0 { -8 } else { -16 },
                );
            }
        }
    }
}

/// A bar of the style's own up to `until`.
fn patterned(kit: &mut Kit, start: u64, until: u64, pattern: &Beat, grid: &Grid) {
    for (drum, steps) in &pattern.voices {
        for (at, _, stroke) in steps.between(0, until, grid.bar(), '.') {
            let louder = match stroke {
                'X' => 7,
                'g' => -22,
                _ if grid.is_beat(at) => 0,
                _ => -6,
            };
            kit.hit(start + at, *drum, louder);
        }
    }
}

/// Where a fill starts in its bar: the last beat, or the last group when there is much going on.
fn fill_start(grid: &Grid, level: u8) -> u64 {
    let group = grid.group_starts().last().filter(|&g| level > 3 && g > 0);
    u64::from(group.unwrap_or(grid.beats - 1)) * grid.beat
}

/// Strokes down the drums, growing louder.
fn fill_in(kit: &mut Kit, from: u64, to: u64, part: u64, level: u8) {
    let step = if level > 2 && part.is_multiple_of(2) && part <= 240 { part / 2 } else { part };
    let strokes = ((to - from) / step).max(1);
    for k in 0..strokes {
        let drum = match (level, k * 5 / strokes) {
            (2, _) | (_, 0) => SNARE,
            (_, place) => TOMS[(place as usize - 1).min(3)],
        };
        kit.hit(from + k * step, drum, -8 + (12 * k / strokes) as i32);
    }
}
