//! Swing: where the second of two notes falls.

use super::extract::middle;
use super::template::PPQ;
use super::{Cell, Template, Voice};
use serde::Serialize;
use std::collections::BTreeMap;

/// The second of two notes is looked for in these shares of the pair; what is later is a dotted note's.
const SECOND: std::ops::Range<f64> = 0.40..0.72;
/// What is this near to the start of a pair, as a share of it, begins it.
const EDGE: f64 = 0.1;

/// Where the second of two notes falls, as a percentage of both: 50 is straight, 66.7 a triplet's swing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Swing {
    /// Of eighths: the median over their pairs, or `None` where fewer than two are divided so.
    pub eighths: Option<f64>,
    /// Of sixteenths.
    pub sixteenths: Option<f64>,
    /// Of eighths in each place of the bar: the first beat, the second and so on.
    pub eighths_at: Vec<Option<f64>>,
    /// Of sixteenths in each place of the bar.
    pub sixteenths_at: Vec<Option<f64>>,
}

impl Swing {
    /// The swing of a voice, or of all of them.
    ///
    /// A pair is measured from where notes that begin pairs usually fall, so that being late as a whole is no swing. It
    /// counts by its most frequent second note; where another one is half as frequent, the pair is divided more finely, and
    /// tells no swing of this division.
    pub fn of(template: &Template, voice: Option<Voice>) -> Self {
        let (eighths, eighths_at) = pairs(template, voice, PPQ);
        let (sixteenths, sixteenths_at) = pairs(template, voice, PPQ / 2.0);
        Self { eighths, sixteenths, eighths_at, sixteenths_at }
    }
}

/// A stroke in its pair: where, as a share of the pair, and how often.
type Stroke = (f64, f64);

/// The median over all pairs of so many ticks, and that of each place in the bar.
fn pairs(template: &Template, voice: Option<Voice>, long: f64) -> (Option<f64>, Vec<Option<f64>>) {
    let mut strokes: BTreeMap<(u32, i64), Vec<Stroke>> = BTreeMap::new();
    let heard = |cell: &&Cell| voice.is_none_or(|voice| cell.voice == voice);
    let bar = f64::from(template.steps_per_bar) * template.step_ticks();
    let last = libm::ceil(bar / long - 1e-9) as i64 - 1;
    for cell in template.cells.iter().filter(heard) {
        let inside = f64::from(cell.step % template.steps_per_bar) * template.step_ticks() + cell.timing;
        let number = libm::floor(inside / long + EDGE);
        let stroke = ((inside - number * long) / long, cell.probability);
        let bar = cell.step / template.steps_per_bar;
        // What is early for a bar ends the last pair of the one before; the first bar follows the last.
        let place = if number < 0.0 {
            ((bar + template.bars - 1) % template.bars, last)
        } else {
            (bar, number as i64)
        };
        strokes.entry(place).or_default().push(stroke);
    }
    let begins = strokes.values().flatten().filter(|stroke| stroke.0.abs() < EDGE).map(|stroke| stroke.0);
    let early = middle(begins.collect()).0;
    let mut at = vec![Vec::new(); libm::floor(bar / long + 1e-9) as usize];
    for (&(_, number), pair) in &strokes {
        let place = usize::try_from(number).ok().and_then(|number| at.get_mut(number));
        if let (Some(places), Some(second)) = (place, second(pair)) {
            places.push(second - early);
        }
    }
    let percent = |places: &Vec<f64>| (!places.is_empty()).then(|| 100.0 * middle(places.clone()).0);
    let all: Vec<f64> = at.iter().flatten().copied().collect();
    (percent(&all).filter(|_| all.len() >= 2), at.iter().map(percent).collect())
}

/// Where the second stroke of a pair is, when there is one: the mean of those that are near to the most frequent (the
/// earliest of equals), each as often as it is there.
fn second(pair: &[Stroke]) -> Option<f64> {
    let inside = || pair.iter().filter(|stroke| SECOND.contains(&stroke.0));
    let more = |a: &Stroke, b: &Stroke| b.1.total_cmp(&a.1).then(a.0.total_cmp(&b.0));
    let &(most, often) = inside().min_by(|a, b| more(a, b))?;
    let near = |stroke: &&Stroke| (stroke.0 - most).abs() <= EDGE;
    if inside().any(|stroke| !near(&stroke) && 2.0 * stroke.1 > often) {
        return None;
    }
    let (sum, weight) =
        inside().filter(near).fold((0.0, 0.0), |(sum, weight), one| (sum + one.0 * one.1, weight + one.1));
    (weight > 0.0).then(|| sum / weight)
}
