//! Metre and downbeats: a small filter that steps once a beat.

use kmidi_kernels::math;

/// The metres that are told apart, in beats a bar, with how usual they are.
pub const METERS: [(u8, f32); 6] = [(4, 0.62), (3, 0.2), (2, 0.08), (5, 0.03), (6, 0.02), (7, 0.05)];
/// States: each metre's beats, metre by metre.
pub const STATES: usize = 27;
/// How likely the metre changes, or the count is lost, at a barline.
const CHANGE: f32 = 0.01;
/// What the front end says of a beat that says nothing. Above the share of downbeats: a strong third beat would
/// else pass for one.
const USUAL: f32 = 0.35;
/// What the front end says of one beat is much what it said of the beat before: it counts this much.
const WEIGHT: f32 = 0.3;

/// Log-likelihood ratio that a beat begins a bar, from the front end's probability that it does.
pub fn downbeat_evidence(downbeat: f32) -> f32 {
    let p = downbeat.clamp(0.01, 0.99);
    WEIGHT * (math::ln(p / (1.0 - p)) - math::ln(USUAL / (1.0 - USUAL)))
}

/// A chord that changes this near to a beat changes with it, seconds.
pub const WITH_BEAT: f64 = 0.080;
/// Where no chord has changed for so many beats, none is expected to.
pub const CHANGING: usize = 12;
/// How often a chord changes with each beat of a bar, for each of [`METERS`]. Counted in rendered pieces that nothing was trained on (V, K and D
/// of `models/beat-front/card.md`, `benchmarks/peers/beats.py --changes`) and rounded, with less trust in what is rare: never below 5 %. Set higher by hand: the
/// third beat of four (counted: 13 to 28 %), for pieces whose chords last half a bar are not in two. Those of six beats are a guess.
const CHANGES: [&[f32]; METERS.len()] = [
    &[0.68, 0.12, 0.35, 0.10],
    &[0.60, 0.18, 0.06],
    &[0.72, 0.09],
    &[0.60, 0.12, 0.08, 0.05, 0.05],
    &[0.60, 0.10, 0.10, 0.30, 0.10, 0.06],
    &[0.70, 0.12, 0.06, 0.06, 0.08, 0.05, 0.05],
];

/// The front end hears harmony too: what chords say counts this much.
const CHORDS: f32 = 0.6;

/// Log-likelihood of a state below [`STATES`], from whether a chord changed with the beat.
pub fn change_evidence(state: usize, changed: bool) -> f32 {
    let (row, beat) = place(state);
    let often = CHANGES[row][beat];
    CHORDS * math::ln(if changed { often } else { 1.0 - often })
}

/// (row of [`METERS`], beat of the bar from 0) of a state below [`STATES`].
pub fn place(state: usize) -> (usize, usize) {
    let mut rest = state;
    for (row, &(beats, _)) in METERS.iter().enumerate() {
        if rest < usize::from(beats) {
            return (row, rest);
        }
        rest -= usize::from(beats);
    }
    (0, 0)
}

/// The filter: probability of each metre and beat number.
#[derive(Debug, Clone)]
pub struct MeterFilter {
    /// Metre by metre, beat by beat.
    states: [f32; STATES],
}

impl Default for MeterFilter {
    fn default() -> Self {
        let mut states = [0.0; STATES];
        for (row, share) in rows() {
            states[row.clone()].fill(share / row.len() as f32);
        }
        Self { states }
    }
}

/// The states of each metre, and how usual it is.
fn rows() -> impl Iterator<Item = (std::ops::Range<usize>, f32)> {
    METERS.iter().scan(0, |start, &(beats, share)| {
        let row = *start..*start + usize::from(beats);
        *start = row.end;
        Some((row, share))
    })
}

impl MeterFilter {
    /// A beat, and how likely the front end finds it that a bar begins with it.
    ///
    /// *Real-time safety*: no allocation.
    pub fn beat(&mut self, downbeat: f32) {
        let mut next = [0.0; STATES];
        let mut barlines = 0.0;
        for (row, _) in rows() {
            barlines += self.states[row.end - 1];
            next[row.start + 1..row.end].copy_from_slice(&self.states[row.start..row.end - 1]);
            next[row.start] = (1.0 - CHANGE) * self.states[row.end - 1];
        }
        let gain = math::exp(downbeat_evidence(downbeat));
        for (row, share) in rows() {
            next[row.start] = gain * (next[row.start] + CHANGE * share * barlines);
        }
        let sum = math::sum(&next).max(f32::MIN_POSITIVE);
        self.states = next.map(|p| p / sum);
    }

    /// Did a chord change with the beat before the last?
    ///
    /// *Real-time safety*: no allocation.
    pub fn changed(&mut self, changed: bool) {
        for (row, _) in rows() {
            for at in 0..row.len() {
                // What is told of the beat before counts for where it led.
                let now = row.start + (at + 1) % row.len();
                self.states[now] *= math::exp(change_evidence(row.start + at, changed));
            }
        }
        let sum = math::sum(&self.states).max(f32::MIN_POSITIVE);
        self.states.iter_mut().for_each(|p| *p /= sum);
    }

    /// The likeliest number in the bar, from 1.
    pub fn number(&self) -> u8 {
        let best = (1..STATES).fold(0, |best, n| if self.states[n] > self.states[best] { n } else { best });
        place(best).1 as u8 + 1
    }

    /// The likeliest beats a bar, with their probability.
    pub fn meter(&self) -> (u8, f32) {
        let all = METERS.iter().enumerate().map(|(row, &(beats, _))| (beats, self.likelihood(row)));
        all.fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best })
    }

    /// The probability of a row of [`METERS`]; 0 beyond them.
    pub fn likelihood(&self, row: usize) -> f32 {
        rows().nth(row).map_or(0.0, |(states, _)| self.states[states].iter().sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_downbeats_give_the_metre() {
        for (beats, _) in METERS {
            let mut filter = MeterFilter::default();
            (0..90).for_each(|n| filter.beat(if n % beats == 0 { 0.9 } else { 0.1 }));
            let (found, probability) = filter.meter();
            assert_eq!((found, filter.number(), probability > 0.9), (beats, 89 % beats + 1, true));
        }
        let mut filter = MeterFilter::default();
        (0..90).for_each(|_| filter.beat(USUAL));
        assert!(filter.meter().1 < 0.7, "equal beats are no metre: {:?}", filter.meter());
    }
}
