//! What a groove is like in figures: swing, and how each voice plays.

use super::{Swing, Template, Voice};
use serde::Serialize;
use std::collections::BTreeMap;

/// A groove in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feel {
    /// The swing of all voices together.
    pub swing: Swing,
    /// Each voice that plays.
    pub voices: Vec<VoiceFeel>,
}

/// How a voice plays.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VoiceFeel {
    /// Who.
    pub voice: Voice,
    /// Notes a bar.
    pub notes: f64,
    /// How late on average, ticks of 960 a quarter note.
    pub timing: f64,
    /// How loud on average.
    pub velocity: f64,
    /// The share of its notes that are ghosts: softer than half of its accents.
    pub ghosts: f64,
    /// Its own swing.
    pub swing: Swing,
}

/// Measures a template.
pub fn feel(template: &Template) -> Feel {
    let voices = Voice::ALL.into_iter().filter_map(|voice| {
        let cells: Vec<_> = template.cells.iter().filter(|cell| cell.voice == voice).collect();
        let weight: f64 = cells.iter().map(|cell| cell.probability).sum();
        let mean = |value: &dyn Fn(&super::Cell) -> f64| {
            cells.iter().map(|cell| cell.probability * value(cell)).sum::<f64>() / weight
        };
        let mut loud: Vec<f64> = cells.iter().map(|cell| cell.velocity).collect();
        loud.sort_by(f64::total_cmp);
        let accent = *loud.get(loud.len() * 9 / 10)?;
        (weight > 0.0).then(|| VoiceFeel {
            voice,
            notes: weight / f64::from(template.bars),
            timing: mean(&|cell| cell.timing),
            velocity: mean(&|cell| cell.velocity),
            ghosts: mean(&|cell| f64::from(u8::from(cell.velocity < 0.5 * accent))),
            swing: Swing::of(template, Some(voice)),
        })
    });
    Feel { swing: Swing::of(template, None), voices: voices.collect() }
}

/// How two grooves differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Cells (position and voice) that both have.
    pub shared: usize,
    /// Cells that only one of them has.
    pub alone: usize,
    /// Mean distance of timing over the shared cells, ticks of 960 a quarter note; `None` where there are none.
    pub timing: Option<f64>,
    /// Mean distance of velocity over the shared cells; `None` where there are none.
    pub velocity: Option<f64>,
    /// Correlation of timing over the shared cells; `None` where it is not defined.
    pub timing_r: Option<f64>,
    /// Correlation of velocity over the shared cells.
    pub velocity_r: Option<f64>,
}

/// Compares two grooves position by position, over the shorter of the two; positions are matched in time, whatever the grids. Where one of
/// them tells no voices apart, voices are not matched: of a position with several the mean counts.
pub fn compare(a: &Template, b: &Template) -> Difference {
    let bars = a.bars.min(b.bars);
    let places = |template: &Template| -> BTreeMap<(u64, Voice), [f64; 2]> {
        let within =
            template.cells.iter().filter(|cell| cell.step < bars * template.steps_per_bar && cell.order == 0);
        within
            .map(|cell| {
                let tick = (f64::from(cell.step) * template.step_ticks()).round() as u64;
                ((tick, cell.voice), [cell.timing, cell.velocity])
            })
            .collect()
    };
    let (mut a, mut b) = (places(a), places(b));
    let any = |places: &BTreeMap<(u64, Voice), [f64; 2]>| places.keys().all(|place| place.1 == Voice::Any);
    if any(&a) != any(&b) {
        (a, b) = (together(&a), together(&b));
    }
    let shared: Vec<[[f64; 2]; 2]> =
        a.iter().filter_map(|(place, one)| Some([*one, *b.get(place)?])).collect();
    let distance = |n: usize| {
        let sum: f64 = shared.iter().map(|pair| (pair[0][n] - pair[1][n]).abs()).sum();
        (!shared.is_empty()).then(|| sum / shared.len() as f64)
    };
    let r = |n: usize| correlation(&shared.iter().map(|pair| (pair[0][n], pair[1][n])).collect::<Vec<_>>());
    Difference {
        shared: shared.len(),
        alone: a.len() + b.len() - 2 * shared.len(),
        timing: distance(0),
        velocity: distance(1),
        timing_r: r(0),
        velocity_r: r(1),
    }
}

/// The positions of a groove whoever plays: the mean of all voices.
fn together(places: &BTreeMap<(u64, Voice), [f64; 2]>) -> BTreeMap<(u64, Voice), [f64; 2]> {
    let mut sums: BTreeMap<u64, ([f64; 2], f64)> = BTreeMap::new();
    for (&(tick, _), values) in places {
        let (sum, count) = sums.entry(tick).or_default();
        (sum[0], sum[1], *count) = (sum[0] + values[0], sum[1] + values[1], *count + 1.0);
    }
    sums.into_iter()
        .map(|(tick, (sum, count))| ((tick, Voice::Any), sum.map(|value| value / count)))
        .collect()
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| pairs.iter().map(value).sum::<f64>() / count;
    let (a, b) = (mean(|p| p.0), mean(|p| p.1));
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
        ab += (x - a) * (y - b);
    }
    (pairs.len() > 2 && aa > 0.0 && bb > 0.0).then(|| ab / libm::sqrt(aa * bb))
}
