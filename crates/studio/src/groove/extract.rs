//! From a performance to a template.

use super::template::PPQ;
use super::voice::voices;
use super::{Bars, Cell, Note, Template, Voice, leaders};
use std::collections::BTreeMap;

/// How a groove is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// What it is to be called.
    pub name: String,
    /// Steps a quarter note, 1 to 96.
    pub steps_per_quarter: u32,
    /// Fold into so many bars: the median over the repetitions. `None` keeps the whole performance, bar by bar.
    pub bars: Option<u32>,
    /// Leave out what is there in less than this share of the repetitions.
    pub least: f64,
}

impl Default for Extract {
    fn default() -> Self {
        Self { name: "groove".into(), steps_per_quarter: 4, bars: None, least: 0.0 }
    }
}

/// A note with its place on the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    /// The bar of its step, from 0.
    pub(super) bar: u64,
    /// Its step in the bar.
    pub(super) step: u32,
    /// Where the step is, ticks.
    pub(super) grid: f64,
    /// How many steps the bar has.
    pub(super) steps: u32,
    pub(super) voice: Voice,
    /// Which note of its voice on this step it is.
    pub(super) order: u16,
}

/// The places of notes on a grid. The notes of a chord share the place of the one that leads it.
pub(super) fn placed(notes: &[Note], bars: &Bars, steps_per_quarter: u32) -> Vec<Placed> {
    let leaders = leaders(notes, bars);
    let voices = voices(notes, &leaders);
    let step = f64::from(bars.ppq()) / f64::from(steps_per_quarter.max(1));
    let mut places: Vec<Placed> = leaders
        .iter()
        .zip(&voices)
        .map(|(&lead, &voice)| {
            let onset = notes[lead].onset;
            let bar = bars.at(onset);
            let steps = (bar.length as f64 / step).round().max(1.0);
            let inside = ((onset - bar.start) as f64 / step).round().min(steps);
            let grid = bar.start as f64 + inside * step;
            // Early for the next bar.
            let (number, inside) = if inside >= steps { (bar.number + 1, 0.0) } else { (bar.number, inside) };
            Placed { bar: number, step: inside as u32, grid, steps: steps as u32, voice, order: 0 }
        })
        .collect();
    // Notes of a voice on one step count up in the order of their onsets, and as they were given where those are equal.
    let mut order: Vec<usize> = (0..notes.len()).collect();
    order.sort_by_key(|&n| (places[n].bar, places[n].step, places[n].voice, notes[n].onset, n));
    for pair in 1..order.len() {
        let (before, now) = (places[order[pair - 1]], &mut places[order[pair]]);
        if (before.bar, before.step, before.voice) == (now.bar, now.step, now.voice) {
            now.order = before.order.saturating_add(1);
        }
    }
    places
}

/// The groove of a performance. Bars of another length than most notes stand in are left out.
///
/// Without [`Extract::bars`] the template has as many bars as the performance (up to 2^20 steps), a cell a note, and
/// `apply(&extract(x), &quantise(x))` gives `x` back: every onset and velocity, for all notes that are no chords' (the notes
/// of a chord keep their distance from the one that leads it) and that have fewer than 64 others of their voice on their step.
pub fn extract(notes: &[Note], bars: &Bars, options: &Extract) -> Template {
    let scale = PPQ / f64::from(bars.ppq());
    let places = placed(notes, bars, options.steps_per_quarter);
    let steps = usual(&places).unwrap_or(4 * options.steps_per_quarter);
    let all = places.iter().map(|place| place.bar + 1).max().unwrap_or(1);
    // Folded, a note that is early for the bar after the last one is early for the first.
    let played = notes.iter().map(|note| bars.at(note.onset).number + 1).max().unwrap_or(1);
    let played = if options.bars.is_some() { played } else { all };
    let length = options.bars.map_or(all, u64::from).clamp(1, (1 << 20) / u64::from(steps.max(1)));
    let mut template = Template::empty(&options.name, options.steps_per_quarter, steps, length as u32);
    let bpm = bars.tempo.changes().iter().map(|&(_, micros)| 60e6 / f64::from(micros.max(1)));
    let (slow, fast) = bpm.fold((1000.0_f64, 1.0_f64), |(slow, fast), bpm| (slow.min(bpm), fast.max(bpm)));
    template.tempo = [slow.clamp(1.0, 1000.0), fast.clamp(slow.max(1.0), 1000.0)];
    let step_ticks = template.step_ticks();
    let mut seen: Vec<((u32, Voice, u16), [f64; 3])> = places
        .iter()
        .zip(notes)
        .filter(|(place, _)| place.steps == steps && place.order < 64)
        .map(|(place, note)| {
            let step = (place.bar % length) as u32 * steps + place.step;
            let timing = (note.onset as f64 - place.grid) * scale;
            let long = (note.end - note.onset) as f64 * scale / step_ticks;
            ((step, place.voice, place.order), [timing, f64::from(note.velocity), long])
        })
        .collect();
    seen.sort_by_key(|one| one.0);
    let bar = places.iter().zip(notes).find(|(place, _)| place.steps == steps);
    let ticks = bar.map_or(1, |(_, note)| bars.at(note.onset).length);
    for same in seen.chunk_by(|a, b| a.0 == b.0) {
        let column = |n: usize| same.iter().map(|one| one.1[n]).collect::<Vec<_>>();
        let repetitions = bars.count(played, ticks, length, u64::from(same[0].0.0 / steps)).max(1);
        let probability = (same.len() as f64 / repetitions as f64).min(1.0);
        if probability < options.least {
            continue;
        }
        let ((timing, timing_spread), (velocity, velocity_spread)) = (middle(column(0)), middle(column(1)));
        let (step, voice, order) = same[0].0;
        template.cells.push(Cell {
            step,
            voice,
            order,
            timing: timing.clamp(-4.0 * PPQ, 4.0 * PPQ),
            velocity: velocity.clamp(1.0, 127.0),
            duration: middle(column(2)).0.min(f64::from(1 << 20)),
            probability,
            timing_spread,
            velocity_spread,
        });
    }
    template
}

/// How many steps the bars have that most notes stand in.
fn usual(places: &[Placed]) -> Option<u32> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    places.iter().for_each(|place| *counts.entry(place.steps).or_default() += 1);
    counts.into_iter().rev().max_by_key(|count| count.1).map(|count| count.0)
}

/// The median, and half the distance between the quartiles.
pub(super) fn middle(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * values.len().saturating_sub(1) as f64;
        let (low, part) = (place as usize, place.fract());
        let next = values.get(low + 1).or(values.last()).copied().unwrap_or(0.0);
        values.get(low).map_or(0.0, |value| value + part * (next - value))
    };
    (at(0.5), (at(0.75) - at(0.25)) / 2.0)
}
