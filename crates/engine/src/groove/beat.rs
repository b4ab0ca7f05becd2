//! Beats: a bar pointer over tempo and position in the beat.
//!
//! The state space of Krebs, Böck and Widmer (2015, "An efficient state-space model for joint tempo and meter
//! tracking"): for each beat interval of whole hops, one state a hop; the interval may change at a beat only. The filter
//! keeps the log-likelihood of the best way into each state (the forward half of Viterbi's algorithm), so that the live
//! engine reads its best state and a whole-piece pass follows its back pointers: one filter for both.

use kmidi_kernels::math;

/// Shortest beat interval, hops: 214 beats a minute.
pub const SHORTEST: u16 = 28;
/// Longest beat interval, hops: 55 beats a minute.
pub const LONGEST: u16 = 109;
/// How many intervals there are.
pub const INTERVALS: usize = (LONGEST - SHORTEST + 1) as usize;

/// A beat fills this many hops of its interval. A share of the interval, as in the paper, would make the empty part of
/// a wide beat cost as much as an empty beat between two, and every tempo would be read double.
const BEAT: u16 = 2;
/// How much likelier a hop outside a beat is to be quiet.
const CONTRAST: f32 = 8.0;
/// A tempo change by the ratio r costs this times |r - 1| nats.
const STIFFNESS: f32 = 100.0;
/// What a jump to any tempo costs at most, nats: so that a new tempo is found at all.
const JUMP: f32 = 14.0;
/// The activation is trusted between these.
const TRUSTED: (f32, f32) = (0.01, 0.98);

/// The best state of a [`BeatFilter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best {
    /// Hops a beat.
    pub interval: u16,
    /// Hops since the beat.
    pub position: u16,
    /// Is the position inside the part of the interval that a beat fills?
    pub on_beat: bool,
}

/// The filter.
#[derive(Debug, Clone)]
pub struct BeatFilter {
    /// A ring for each interval, one after the other.
    scores: Box<[f32]>,
    /// Where the ring of each interval begins in `scores`, and its end.
    starts: [usize; INTERVALS + 1],
    /// Where in its ring each interval has its position 0.
    heads: [u16; INTERVALS],
    /// Cost of going from one interval to another, by row of the one before.
    change: Box<[f32]>,
    /// The best score in each ring, and its position.
    peaks: [(f32, u16); INTERVALS],
    steps: u32,
}

impl Default for BeatFilter {
    fn default() -> Self {
        Self::new()
    }
}

impl BeatFilter {
    /// All states equally likely.
    ///
    /// *Real-time safety*: allocates.
    pub fn new() -> Self {
        let mut starts = [0; INTERVALS + 1];
        for n in 0..INTERVALS {
            starts[n + 1] = starts[n] + interval(n) as usize;
        }
        let change = (0..INTERVALS * INTERVALS).map(|cell| {
            let (from, to) = (interval(cell / INTERVALS), interval(cell % INTERVALS));
            -(STIFFNESS * (f32::from(to) / f32::from(from) - 1.0).abs()).min(JUMP)
        });
        Self {
            scores: vec![0.0; starts[INTERVALS]].into(),
            starts,
            heads: [0; INTERVALS],
            change: change.collect(),
            peaks: [(0.0, 0); INTERVALS],
            steps: 0,
        }
    }

    /// Forgets everything.
    ///
    /// *Real-time safety*: no allocation.
    pub fn reset(&mut self) {
        self.scores.fill(0.0);
        self.heads = [0; INTERVALS];
        self.peaks = [(0.0, 0); INTERVALS];
        self.steps = 0;
    }

    /// One hop on, with a beat activation from 0 to 1.
    ///
    /// `came_from` takes, for each interval whose beat falls on this hop, the row of the interval before it: the back
    /// pointers of Viterbi's algorithm. It holds [`INTERVALS`] values, or none when they are not wanted.
    ///
    /// *Real-time safety*: no allocation.
    pub fn step(&mut self, activation: f32, came_from: &mut [u8]) {
        // Every ring turns by one: what was its last position makes room for position 0.
        let mut ends = [0.0; INTERVALS];
        for (n, end) in ends.iter_mut().enumerate() {
            let head = &mut self.heads[n];
            *head = if *head == 0 { interval(n) - 1 } else { *head - 1 };
            *end = self.scores[self.starts[n] + usize::from(*head)];
        }
        let mut beats = [f32::NEG_INFINITY; INTERVALS];
        let mut origin = [0_u8; INTERVALS];
        for (from, (&end, costs)) in ends.iter().zip(self.change.chunks_exact(INTERVALS)).enumerate() {
            for ((beat, origin), cost) in beats.iter_mut().zip(&mut origin).zip(costs) {
                let score = end + cost;
                if score > *beat {
                    (*beat, *origin) = (score, from as u8);
                }
            }
        }
        came_from.iter_mut().zip(origin).for_each(|(slot, from)| *slot = from);
        // Observation: v on the beat and (1 - v) / 15 elsewhere; the latter, common to all, is left out.
        let v = activation.clamp(TRUSTED.0, TRUSTED.1);
        let gain = math::ln(CONTRAST * v / (1.0 - v));
        for (n, beat) in beats.into_iter().enumerate() {
            let ring = &mut self.scores[self.starts[n]..self.starts[n + 1]];
            let head = usize::from(self.heads[n]);
            ring[head] = beat;
            for position in 0..usize::from(BEAT) {
                let slot = if head + position >= ring.len() {
                    head + position - ring.len()
                } else {
                    head + position
                };
                ring[slot] += gain;
            }
        }
        self.steps += 1;
        if self.steps.is_multiple_of(128) {
            let top = math::max(&self.scores);
            self.scores.iter_mut().for_each(|score| *score -= top);
        }
        for (n, peak) in self.peaks.iter_mut().enumerate() {
            let ring = &self.scores[self.starts[n]..self.starts[n + 1]];
            let top = math::max(ring);
            let slot = ring.iter().position(|&score| score >= top).unwrap_or(0);
            let head = usize::from(self.heads[n]);
            let position = if slot >= head { slot - head } else { slot + ring.len() - head };
            *peak = (top, position as u16);
        }
    }

    /// The likeliest state.
    pub fn best(&self) -> Best {
        let mut best = 0;
        for n in 1..INTERVALS {
            if self.peaks[n].0 > self.peaks[best].0 {
                best = n;
            }
        }
        let position = self.peaks[best].1;
        Best { interval: interval(best), position, on_beat: position < BEAT }
    }

    /// How far the best tempo stands above every tempo that is not within 8 % of it, as 0 to 1.
    pub fn confidence(&self) -> f32 {
        let best = self.best().interval;
        let rival =
            self.rival(|ratio| (ratio - 1.0).abs() > 0.08).map_or(f32::NEG_INFINITY, |n| self.peaks[n].0);
        let margin = self.peaks[usize::from(best - SHORTEST)].0 - rival;
        1.0 - math::exp(-margin.max(0.0) / 20.0)
    }

    /// The likeliest slower and faster tempos in beats a minute; 0 where none is in range.
    pub fn alternatives(&self) -> [f32; 2] {
        let tempo = |n: Option<usize>| n.map_or(0.0, |n| 6000.0 / f32::from(interval(n)));
        [tempo(self.rival(|ratio| ratio > 1.25)), tempo(self.rival(|ratio| ratio < 0.8))]
    }

    /// The best interval among those whose ratio to the best of all is `wanted`.
    fn rival(&self, wanted: impl Fn(f32) -> bool) -> Option<usize> {
        let best = f32::from(self.best().interval);
        (0..INTERVALS)
            .filter(|&n| wanted(f32::from(interval(n)) / best))
            .reduce(|a, b| if self.peaks[b].0 > self.peaks[a].0 { b } else { a })
    }
}

/// The interval of a row, hops.
pub fn interval(row: usize) -> u16 {
    SHORTEST + row as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same filter, with every state moved by hand each hop.
    fn slow(activations: &[f32]) -> (u16, u16) {
        let mut states: Vec<Vec<f32>> = (0..INTERVALS).map(|n| vec![0.0; interval(n) as usize]).collect();
        for &activation in activations {
            let ends: Vec<f32> = states.iter().map(|s| *s.last().unwrap()).collect();
            let v = activation.clamp(TRUSTED.0, TRUSTED.1);
            for (to, row) in states.iter_mut().enumerate() {
                row.rotate_right(1);
                row[0] = (0..INTERVALS)
                    .map(|from| {
                        let ratio = f32::from(interval(to)) / f32::from(interval(from));
                        ends[from] - (STIFFNESS * (ratio - 1.0).abs()).min(JUMP)
                    })
                    .fold(f32::NEG_INFINITY, f32::max);
                for (position, score) in row.iter_mut().enumerate() {
                    *score += if position < BEAT as usize { v.ln() } else { ((1.0 - v) / CONTRAST).ln() };
                }
            }
        }
        let all = states.iter().enumerate().flat_map(|(n, row)| {
            row.iter().enumerate().map(move |(p, &score)| (score, interval(n), p as u16))
        });
        let best = all.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        (best.1, best.2)
    }

    #[test]
    fn rings_agree_with_states_moved_by_hand() {
        let mut noise = 1_u32;
        let activations: Vec<f32> = (0..400)
            .map(|hop| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let beat = if hop % 47 == 11 { 0.8 } else { 0.0 };
                beat + 0.15 * (noise >> 8) as f32 / (1 << 24) as f32
            })
            .collect();
        let mut filter = BeatFilter::new();
        for length in [90, 233, 400] {
            filter.reset();
            activations[..length].iter().for_each(|&v| filter.step(v, &mut []));
            let best = filter.best();
            assert_eq!((best.interval, best.position), slow(&activations[..length]), "{length} hops");
        }
        assert_eq!(filter.best().interval, 47);
    }

    #[test]
    fn back_pointers_lead_through_the_beats() {
        let mut filter = BeatFilter::new();
        let beats: Vec<usize> = (0..21).map(|n| 13 + n * 60).collect();
        let mut trace = vec![[0_u8; INTERVALS]; 1250];
        for (hop, row) in trace.iter_mut().enumerate() {
            filter.step(if beats.contains(&hop) { 0.9 } else { 0.02 }, row);
        }
        let best = filter.best();
        let (mut at, mut row) = (1249 - best.position as usize, usize::from(best.interval - SHORTEST));
        let mut found = vec![at];
        loop {
            row = usize::from(trace[at][row]);
            let Some(before) = at.checked_sub(interval(row).into()) else { break };
            at = before;
            found.push(at);
        }
        found.reverse();
        assert_eq!(found, beats);
    }
}
