//! From a template to a performance.

use super::chance::Chance;
use super::extract::placed;
use super::template::PPQ;
use super::{Bars, Cell, Note, Template, Voice, leaders, loudness, moved};

/// How much of a template is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amounts {
    /// Of its timing, 0 to 1.3; 1 is as it was played.
    pub timing: f64,
    /// Of its velocities, -1 to 1: 1 takes them, 0 leaves the notes' own, less than 0 moves away from them.
    pub velocity: f64,
    /// Put the notes on the grid first; else they are moved from where they are.
    pub quantise_first: bool,
    /// How much of the template's spread is added by chance, 0 to 1.
    pub random: f64,
    /// What chance follows from.
    pub seed: u64,
}

impl Default for Amounts {
    fn default() -> Self {
        Self { timing: 1.0, velocity: 1.0, quantise_first: true, random: 0.0, seed: 0 }
    }
}

/// Gives the groove to notes. Amounts beyond their range count as its end.
///
/// A note takes the cell of its voice on its step; a voice that the template has not takes that of [`Voice::Any`], else
/// the mean timing of all that play on the step. Where nobody plays, and in bars of another length than the template's,
/// notes stay as they are. The notes of a chord move together.
pub fn apply(template: &Template, notes: &[Note], bars: &Bars, amounts: &Amounts) -> Vec<Note> {
    let (timing, velocity) = (amounts.timing.clamp(0.0, 1.3), amounts.velocity.clamp(-1.0, 1.0));
    let random = amounts.random.clamp(0.0, 1.0);
    let scale = f64::from(bars.ppq()) / PPQ;
    let leaders = leaders(notes, bars);
    let places = placed(notes, bars, template.steps_per_quarter);
    let mut chance = Chance::new(amounts.seed, 0);
    let dice: Vec<(f64, f64)> = notes.iter().map(|_| (chance.normal(), chance.normal())).collect();
    let shift = |n: usize| {
        let place = &places[n];
        let fits = place.steps == template.steps_per_bar;
        let step = (place.bar % u64::from(template.bars.max(1))) as u32 * template.steps_per_bar + place.step;
        let cell = fits.then(|| heard(template, step, place.voice, place.order)).flatten()?;
        let late = timing * cell.timing + random * cell.timing_spread * dice[n].0;
        let from = if amounts.quantise_first { place.grid } else { notes[n].onset as f64 };
        Some((from + late * scale - notes[n].onset as f64, cell))
    };
    let shifts: Vec<Option<(f64, Cell)>> = (0..notes.len()).map(shift).collect();
    let give = |(n, &note): (usize, &Note)| {
        let Some((by, _)) = shifts[leaders[n]] else { return note };
        let mut given = moved(note, note.onset as f64 + by);
        // Nobody's own velocity is nobody's: only timing is shared.
        if let Some((_, cell)) = shifts[n].filter(|(_, cell)| cell.voice == places[n].voice || cell.voice == Voice::Any) {
            let own = f64::from(note.velocity);
            let wanted = own + velocity * (cell.velocity - own);
            given.velocity = loudness(wanted + random * cell.velocity_spread * dice[n].1);
        }
        given
    };
    notes.iter().enumerate().map(give).collect()
}

/// What a voice hears on a step: its own cell, that of anyone, or the mean timing of everyone.
fn heard(template: &Template, step: u32, voice: Voice, order: u16) -> Option<Cell> {
    let own = template.cell(step, voice, order).or_else(|| template.cell(step, Voice::Any, 0));
    own.copied().or_else(|| {
        let all = template.on_step(step);
        let weight: f64 = all.iter().map(|cell| cell.probability).sum();
        let mean = |value: fn(&Cell) -> f64| {
            all.iter().map(|cell| cell.probability * value(cell)).sum::<f64>() / weight
        };
        let other = all.iter().find(|cell| cell.voice != voice)?;
        (weight > 0.0).then(|| Cell {
            timing: mean(|cell| cell.timing),
            timing_spread: mean(|cell| cell.timing_spread),
            ..*other
        })
    })
}
