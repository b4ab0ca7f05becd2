//! Straight notes under a swung template: where the eighths and sixteenths of a beat go.

use super::Template;
use super::extract::Placed;

/// Where the sixteenths of a beat go when it is swung, as shares of it: the off-beat eighth on the last triplet, the
/// sixteenths half way between (the beat is stretched before its middle and shortened after it).
const SWUNG: [f64; 4] = [0.0, 1.0 / 3.0, 2.0 / 3.0, 5.0 / 6.0];

/// The step of a sixteenth on a grid that has none for it.
const NOWHERE: u32 = u32::MAX;

/// What counts for straight, what for triplets.
#[derive(Debug, Default)]
struct Lean(f64);

impl Lean {
    /// Something at this share of a beat, so often.
    fn heard(&mut self, share: f64, often: f64) {
        match libm::round(12.0 * share) as u32 % 12 {
            3 | 6 | 9 => self.0 += often,
            2 | 4 | 8 | 10 => self.0 -= often,
            _ => {}
        }
    }
}

/// Is the template played in triplets, and are these notes straight? `insides` are places in their bars, in quarter notes.
pub(super) fn is_for(template: &Template, insides: impl Iterator<Item = f64>) -> bool {
    let steps = template.steps_per_quarter;
    if !steps.is_multiple_of(3) {
        return false;
    }
    let mut played = Lean::default();
    for cell in &template.cells {
        let inside = cell.step % template.steps_per_bar % steps;
        played.heard(f64::from(inside) / f64::from(steps), cell.probability);
    }
    let mut given = Lean::default();
    insides.for_each(|inside| given.heard(inside.fract(), 1.0));
    played.0 < 0.0 && given.0 > 0.0
}

/// Where the bar of a place begins, ticks.
pub(super) fn start(place: &Placed, template: &Template, ppq: f64) -> f64 {
    place.grid - f64::from(place.step) * ppq / f64::from(template.steps_per_quarter)
}

/// Puts a note that begins at `onset` on the straight grid, and says how far its swung place is from there, ticks.
pub(super) fn swung(place: &mut Placed, onset: u64, template: &Template, ppq: f64) -> f64 {
    let start = start(place, template, ppq);
    let sixteenth = libm::round(4.0 * (onset as f64 - start) / ppq).max(0.0);
    let (beat, share) = (libm::floor(sixteenth / 4.0), SWUNG[sixteenth as usize % 4]);
    let step = (beat + share) * f64::from(template.steps_per_quarter);
    let whole = libm::round(step);
    place.grid = start + sixteenth / 4.0 * ppq;
    if (step - whole).abs() > 0.01 {
        place.step = NOWHERE;
    } else if whole < f64::from(place.steps) {
        place.step = whole as u32;
    } else {
        // Early for the next bar.
        (place.bar, place.step) = (place.bar + 1, 0);
    }
    start + (beat + share) * ppq - place.grid
}
