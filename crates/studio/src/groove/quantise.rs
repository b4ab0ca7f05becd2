//! Notes onto a grid.

use super::{Bars, Note, leaders, moved};

/// A grid: its name and how many steps a whole note it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// As musicians write it: `1/16`, `1/8T` for triplets (three in the time of two), `1/16Q` for quintuplets (five in the
    /// time of four).
    pub name: &'static str,
    /// Steps a whole note.
    pub steps: u32,
}

/// The grids that there are.
pub const GRIDS: [Grid; 12] = [
    Grid { name: "1/2", steps: 2 },
    Grid { name: "1/4", steps: 4 },
    Grid { name: "1/4T", steps: 6 },
    Grid { name: "1/8", steps: 8 },
    Grid { name: "1/8Q", steps: 10 },
    Grid { name: "1/8T", steps: 12 },
    Grid { name: "1/16", steps: 16 },
    Grid { name: "1/16Q", steps: 20 },
    Grid { name: "1/16T", steps: 24 },
    Grid { name: "1/32", steps: 32 },
    Grid { name: "1/32T", steps: 48 },
    Grid { name: "1/64", steps: 64 },
];

impl Grid {
    /// The grid of a name.
    pub fn named(name: &str) -> Option<Self> {
        GRIDS.into_iter().find(|grid| grid.name.eq_ignore_ascii_case(name))
    }
}

/// How notes are put on a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantise {
    /// The grid.
    pub grid: Grid,
    /// How far towards it, 0 to 1.
    pub strength: f64,
    /// Where the second of two steps falls, as a share of both: 0.5 straight, 2/3 a triplet's swing; 0.5 to 0.75.
    pub swing: f64,
    /// Only notes within this share of half the way between the lines around them are moved, 0 to 1.
    pub range: f64,
    /// The farthest that a note is moved, seconds.
    pub most: f64,
}

impl Default for Quantise {
    fn default() -> Self {
        Self { grid: GRIDS[6], strength: 1.0, swing: 0.5, range: 1.0, most: f64::INFINITY }
    }
}

/// Puts notes on a grid. The notes of a chord move together, each note keeps its length.
pub fn quantise(notes: &[Note], bars: &Bars, how: &Quantise) -> Vec<Note> {
    let leaders = leaders(notes, bars);
    let step = 4.0 * f64::from(bars.ppq()) / f64::from(how.grid.steps.max(1));
    let (strength, swing) = (how.strength.clamp(0.0, 1.0), how.swing.clamp(0.5, 0.75));
    let late = (2.0 * swing - 1.0) * step;
    let shift = |lead: usize| {
        let onset = notes[lead].onset;
        let bar = bars.at(onset);
        let inside = (onset - bar.start) as f64;
        // The steps around the onset, as they lie when swung; the bar's end is the next bar's first.
        let first = (inside / step).floor() as i64 - 1;
        let place = |n: i64| {
            let at = n as f64 * step + if n.rem_euclid(2) == 1 { late } else { 0.0 };
            at.min(bar.length as f64)
        };
        let lines = (first.max(0)..first + 4).map(place);
        let (before, after) = lines.fold((0.0_f64, f64::INFINITY), |(before, after), line| {
            if line <= inside { (before.max(line), after) } else { (before, after.min(line)) }
        });
        // Half way between two steps is early for the later one, as in `extract`.
        let target = if inside - before < after - inside { before } else { after };
        let by = target - inside;
        if by.abs() > how.range.clamp(0.0, 1.0) * 0.5 * (after - before) {
            return 0.0;
        }
        let most = bars.ticks(how.most.min(1e6), onset);
        (strength * by).clamp(-most, most)
    };
    let give = |(n, &note): (usize, &Note)| moved(note, note.onset as f64 + shift(leaders[n]));
    notes.iter().enumerate().map(give).collect()
}
