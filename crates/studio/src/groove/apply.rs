//! From a template to a performance.

use super::extract::{Placed, placed};
use super::template::PPQ;
use super::{Bars, Cell, Note, Template, Voice, leaders, loudness, moved, straight};
use crate::dice::{Dice, Stream};

/// The farthest that chance goes, in spreads.
const MOST_SPREADS: f64 = 2.5;

/// How much of a template is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amounts {
    /// Of its timing, 0 to 1.3; 1 is as it was played.
    pub timing: f64,
    /// Of its velocities, -1 to 1: 1 takes them, 0 leaves the notes' own, less than 0 moves away from them.
    pub velocity: f64,
    /// Put the notes on the grid first; else they are moved from where they are.
    pub quantise_first: bool,
    /// Of its lengths, 0 to 1: 0 leaves the notes' own.
    pub length: f64,
    /// How much of the template's spread is added by chance, 0 to 1.
    pub random: f64,
    /// What chance follows from.
    pub seed: u64,
}

impl Default for Amounts {
    fn default() -> Self {
        Self { timing: 1.0, velocity: 1.0, length: 0.0, quantise_first: true, random: 0.0, seed: 0 }
    }
}

/// Gives the groove to notes. Amounts beyond their range count as its end.
///
/// A note takes the cell of its voice on its step; a voice that the template has not takes that of [`Voice::Any`], else
/// the mean timing of all that play on the step. Where nobody plays, and in bars of another length than the template's,
/// notes stay as they are. The notes of a chord move together.
///
/// Straight notes under a template in triplets are swung: their off-beat eighths go where its last triplets are.
pub fn apply(template: &Template, notes: &[Note], bars: &Bars, amounts: &Amounts) -> Vec<Note> {
    let (timing, velocity) = (amounts.timing.clamp(0.0, 1.3), amounts.velocity.clamp(-1.0, 1.0));
    let (length, random) = (amounts.length.clamp(0.0, 1.0), amounts.random.clamp(0.0, 1.0));
    let scale = f64::from(bars.ppq()) / PPQ;
    let leaders = leaders(notes, bars);
    let mut places = placed(notes, bars, template.steps_per_quarter);
    let ppq = f64::from(bars.ppq());
    let fits = |place: &Placed| place.steps == template.steps_per_bar;
    let insides = places.iter().zip(&leaders).filter(|(place, _)| fits(place));
    let insides =
        insides.map(|(place, &n)| (notes[n].onset as f64 - straight::start(place, template, ppq)) / ppq);
    let mut swung = vec![0.0; notes.len()];
    if straight::is_for(template, insides) {
        for (n, place) in places.iter_mut().enumerate().filter(|(_, place)| fits(place)) {
            swung[n] = straight::swung(place, notes[leaders[n]].onset, template, ppq);
        }
    }
    let mut dice = Dice::new(amounts.seed, Stream::Groove, 0);
    let mut chance = || random * dice.normal().clamp(-MOST_SPREADS, MOST_SPREADS);
    let chances: Vec<(f64, f64)> = notes.iter().map(|_| (chance(), chance())).collect();
    let cell = |place: &Placed| {
        let bar = (place.bar % u64::from(template.bars.max(1))) as u32;
        let step = bar.saturating_mul(template.steps_per_bar).saturating_add(place.step);
        fits(place).then(|| heard(template, step, place.voice, place.order)).flatten()
    };
    let cells: Vec<Option<Cell>> = places.iter().map(cell).collect();
    let shift = |n: usize| {
        let late = match cells[n] {
            Some(cell) => timing * cell.timing + chances[n].0 * cell.timing_spread,
            None if swung[n] == 0.0 => return None,
            None => 0.0,
        };
        let onset = notes[n].onset as f64;
        let from = if amounts.quantise_first { places[n].grid } else { onset };
        Some(from + late * scale + timing * swung[n] - onset)
    };
    let give = |(n, &note): (usize, &Note)| {
        let Some(by) = shift(leaders[n]) else { return note };
        let mut given = moved(note, note.onset as f64 + by);
        // Another voice's velocity and length are its own: only timing is shared.
        let own = |cell: &Cell| cell.voice == places[n].voice || cell.voice == Voice::Any;
        if let Some(cell) = cells[n].filter(own) {
            let loud = f64::from(note.velocity);
            given.velocity =
                loudness(loud + velocity * (cell.velocity - loud) + chances[n].1 * cell.velocity_spread);
            let long = (given.end - given.onset) as f64;
            let wanted = long + length * (cell.duration * template.step_ticks() * scale - long);
            given.end = given.onset + wanted.round().max(1.0) as u64;
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
