//! Beats: a bar pointer over tempo and position in the beat.
//!
//! The state space of Krebs, Böck and Widmer (2015, "An efficient state-space model for joint tempo and meter
//! tracking"): for each beat interval of whole hops, one state a hop; the interval may change at a beat only. The filter
//! keeps the log-likelihood of the best way into each state (the forward half of Viterbi's algorithm), so that the live
//! engine reads its best state and a whole-piece pass follows its back pointers: one filter for both.
//!
//! Nothing moves in memory: each interval is a ring, and a hop turns it. Only the states on a beat change their score.

use crate::hops::PER_SECOND;
use kmidi_kernels::math;

/// Shortest beat interval, hops: 300 beats a minute.
pub const SHORTEST: u16 = 20;
/// Longest beat interval, hops: 30 beats a minute.
pub const LONGEST: u16 = 200;
/// How many intervals there are.
pub const INTERVALS: usize = (LONGEST - SHORTEST + 1) as usize;
/// Intervals that are looked at side by side.
const GROUP: usize = 8;

/// How many tempos the front end tells apart: a sixth of an octave each, from 30 beats a minute up.
pub const TEMPI: usize = 20;
/// Beats a minute where the first of them begins, and how many lie in an octave.
const SLOWEST: f32 = 30.0;
const PER_OCTAVE: f32 = 6.0;
/// How likely each tempo is, logarithms up to a constant.
pub type Tempi = [f32; TEMPI];

/// What the filter believes about beats in general.
#[derive(Debug, Clone, Copy)]
pub struct Belief {
    /// A beat fills this many hops of its interval. A share of the interval, as in the paper, would make the empty part
    /// of a wide beat cost as much as an empty beat between two, and every tempo would be read double.
    pub beat: u16,
    /// A tempo change by the ratio r costs this times |r - 1| nats.
    pub stiffness: f32,
    /// What a jump to any tempo costs at most, nats: so that a new tempo is found at all.
    pub jump: f32,
    /// How much of what is told of tempos ([`BeatFilter::expect`]) counts at each beat.
    pub trust: f32,
}

/// The belief of the engine, set on the `valid` pieces of the corpus.
pub const BELIEF: Belief = Belief { beat: 2, stiffness: 100.0, jump: 14.0, trust: 0.4 };

/// The best state of a [`BeatFilter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best {
    /// Hops a beat.
    pub interval: u16,
    /// Hops since the beat.
    pub position: u16,
}

/// The best state of a filter that has heard nothing.
const START: Best = Best { interval: SHORTEST, position: 0 };

/// The filter.
#[derive(Debug, Clone)]
pub struct BeatFilter {
    belief: Belief,
    /// A ring for each interval, one after the other.
    scores: Box<[f32]>,
    /// Where the ring of each interval begins in `scores`, and its end.
    starts: [usize; INTERVALS + 1],
    /// Where in its ring each interval has its position 0.
    heads: [u16; INTERVALS],
    /// For each interval the first from which a change costs less than a jump, and where the costs of that row, from there
    /// on, begin and end: groups of eight, what is too much in the last costs everything.
    bands: [(u8, u16, u16); INTERVALS],
    costs: Box<[[f32; GROUP]]>,
    /// What a beat of each interval costs for what was told of tempos, less than nothing.
    expected: [f32; INTERVALS],
    /// The tempo told below each interval, and how far the interval lies from it towards the next.
    between: [(u8, f32); INTERVALS],
    /// The best score in each ring, and where in the ring it is.
    peaks: [f32; INTERVALS],
    peak_slots: [u16; INTERVALS],
    best: Best,
    steps: u32,
}

impl BeatFilter {
    /// All states equally likely.
    ///
    /// *Real-time safety*: allocates.
    pub fn new(belief: Belief) -> Self {
        let mut starts = [0; INTERVALS + 1];
        for n in 0..INTERVALS {
            starts[n + 1] = starts[n] + interval(n) as usize;
        }
        let mut costs = Vec::new();
        let bands = std::array::from_fn(|to| {
            let cost = |from: usize| -change_cost(&belief, from, to);
            let near = |from: &usize| cost(*from) > -belief.jump;
            let first = (0..INTERVALS).find(near).unwrap_or(to);
            let near: Vec<f32> = (first..INTERVALS).take_while(near).map(cost).collect();
            let start = costs.len();
            costs.extend(near.chunks(GROUP).map(|part| {
                let mut group = [f32::NEG_INFINITY; GROUP];
                group[..part.len()].copy_from_slice(part);
                group
            }));
            (first as u8, start as u16, costs.len() as u16)
        });
        let between = std::array::from_fn(|n| {
            let octaves = math::ln(bpm(f32::from(interval(n))) / SLOWEST) / std::f32::consts::LN_2;
            let place = (octaves * PER_OCTAVE - 0.5).clamp(0.0, (TEMPI - 1) as f32);
            let below = (place as usize).min(TEMPI - 2);
            (below as u8, place - below as f32)
        });
        Self {
            belief,
            scores: vec![0.0; starts[INTERVALS]].into(),
            starts,
            heads: [0; INTERVALS],
            bands,
            costs: costs.into(),
            expected: [0.0; INTERVALS],
            between,
            peaks: [0.0; INTERVALS],
            peak_slots: [0; INTERVALS],
            best: START,
            steps: 0,
        }
    }

    /// Forgets everything.
    ///
    /// *Real-time safety*: no allocation.
    pub fn reset(&mut self) {
        self.scores.fill(0.0);
        self.heads = [0; INTERVALS];
        self.expected = [0.0; INTERVALS];
        self.peaks = [0.0; INTERVALS];
        self.peak_slots = [0; INTERVALS];
        self.best = START;
        self.steps = 0;
    }

    /// How likely tempos are from now on, as logarithms up to a constant: those that lie `n + 1/2` sixths of an octave above 30 beats a minute.
    ///
    /// *Real-time safety*: no allocation.
    pub fn expect(&mut self, tempi: &Tempi) {
        let top = math::max(tempi);
        for (n, expected) in self.expected.iter_mut().enumerate() {
            let (below, part) = self.between[n];
            let (low, high) = (tempi[usize::from(below)], tempi[usize::from(below) + 1]);
            *expected = self.belief.trust * (low + part * (high - low) - top);
        }
    }

    /// One hop on. `evidence` is how much likelier the hop is heard in a beat than outside one, in nats.
    ///
    /// *Real-time safety*: no allocation.
    pub fn step(&mut self, evidence: f32) {
        let ends = self.turn();
        let arrivals = self.arrivals(&ends);
        self.arrive(&arrivals, evidence);
    }

    /// [`step`](Self::step), which also gives, for each interval whose beat falls on this hop, the row of the interval before it: the
    /// back pointers of Viterbi's algorithm.
    ///
    /// *Real-time safety*: no allocation.
    pub fn step_traced(&mut self, evidence: f32) -> [u8; INTERVALS] {
        let ends = self.turn();
        let arrivals = self.arrivals(&ends);
        let top = highest(&ends[..INTERVALS]);
        let came_from = std::array::from_fn(|to| {
            let (first, start, end) = self.bands[to];
            let near = self.costs[usize::from(start)..usize::from(end)].as_flattened();
            let came = ends[usize::from(first)..]
                .iter()
                .zip(near)
                .position(|(score, cost)| score + cost >= arrivals[to]);
            came.map_or(top as u8, |place| first + place as u8)
        });
        self.arrive(&arrivals, evidence);
        came_from
    }

    /// Every ring turns by one: what was its last position makes room for position 0. The scores that were there; beyond them, in the
    /// last group, there is nothing.
    fn turn(&mut self) -> [f32; INTERVALS + GROUP] {
        let mut ends = [f32::NEG_INFINITY; INTERVALS + GROUP];
        for (n, (end, head)) in ends.iter_mut().zip(&mut self.heads).enumerate() {
            *head = if *head == 0 { interval(n) - 1 } else { *head - 1 };
            *end = self.scores[self.starts[n] + usize::from(*head)];
        }
        ends
    }

    /// The best score with which each interval can begin: after a near one, or by a jump.
    fn arrivals(&self, ends: &[f32; INTERVALS + GROUP]) -> [f32; INTERVALS] {
        let jump = ends[highest(&ends[..INTERVALS])] - self.belief.jump;
        std::array::from_fn(|to| {
            let (first, start, end) = self.bands[to];
            let mut best = [jump; GROUP];
            let near = ends[usize::from(first)..].as_chunks::<GROUP>().0.iter();
            for (scores, costs) in near.zip(&self.costs[usize::from(start)..usize::from(end)]) {
                for ((best, score), cost) in best.iter_mut().zip(scores).zip(costs) {
                    let arrival = score + cost;
                    *best = if arrival > *best { arrival } else { *best };
                }
            }
            best.into_iter().fold(jump, |best, arrival| if arrival > best { arrival } else { best })
        })
    }

    /// Beats begin with these scores, and all that are on a beat take the evidence.
    fn arrive(&mut self, arrivals: &[f32; INTERVALS], evidence: f32) {
        for (n, arrival) in arrivals.iter().enumerate() {
            let ring = &mut self.scores[self.starts[n]..self.starts[n + 1]];
            let head = usize::from(self.heads[n]);
            ring[head] = arrival + self.expected[n];
            let (mut peak, mut at) = (self.peaks[n], usize::from(self.peak_slots[n]));
            let mut stale = at == head;
            for position in 0..usize::from(self.belief.beat) {
                let slot = head + position;
                let slot = if slot >= ring.len() { slot - ring.len() } else { slot };
                ring[slot] += evidence;
                stale |= slot == at;
                if ring[slot] > peak {
                    (peak, at) = (ring[slot], slot);
                }
            }
            // The best state was on the beat and may have lost: look at the whole ring.
            if stale {
                peak = math::max(ring);
                at = ring.iter().position(|&score| score >= peak).unwrap_or(0);
            }
            (self.peaks[n], self.peak_slots[n]) = (peak, at as u16);
        }
        self.steps += 1;
        if self.steps.is_multiple_of(128) {
            let top = self.peaks[highest(&self.peaks)];
            self.scores.iter_mut().chain(&mut self.peaks).for_each(|score| *score -= top);
        }
        self.find_best();
    }

    fn find_best(&mut self) {
        let best = highest(&self.peaks);
        let (slot, head) = (self.peak_slots[best], self.heads[best]);
        let position = if slot >= head { slot - head } else { slot + interval(best) - head };
        self.best = Best { interval: interval(best), position };
    }

    /// The likeliest state.
    pub fn best(&self) -> Best {
        self.best
    }

    /// How far the best tempo stands above every tempo that is not within 8 % of it, nats.
    pub fn margin(&self) -> f32 {
        let best = self.best().interval;
        let rival =
            self.rival(|ratio| (ratio - 1.0).abs() > 0.08).map_or(f32::NEG_INFINITY, |n| self.peaks[n]);
        (self.peaks[usize::from(best - SHORTEST)] - rival).max(0.0)
    }

    /// The likeliest slower and faster tempos in beats a minute; 0 where none is in range.
    pub fn alternatives(&self) -> [f32; 2] {
        let tempo = |n: Option<usize>| n.map_or(0.0, |n| bpm(f32::from(interval(n))));
        [tempo(self.rival(|ratio| ratio > 1.25)), tempo(self.rival(|ratio| ratio < 0.8))]
    }

    /// The best interval among those whose ratio to the best of all is `wanted`.
    fn rival(&self, wanted: impl Fn(f32) -> bool) -> Option<usize> {
        let best = f32::from(self.best().interval);
        (0..INTERVALS)
            .filter(|&n| wanted(f32::from(interval(n)) / best))
            .reduce(|a, b| if self.peaks[b] > self.peaks[a] { b } else { a })
    }
}

/// Beats a minute at so many hops a beat.
pub fn bpm(hops: f32) -> f32 {
    60.0 * PER_SECOND as f32 / hops
}

/// What going from one row to another costs at a beat, nats.
fn change_cost(belief: &Belief, from: usize, to: usize) -> f32 {
    belief.stiffness * (f32::from(interval(to)) / f32::from(interval(from)) - 1.0).abs()
}

/// The place of the greatest value, the first of equals.
fn highest(values: &[f32]) -> usize {
    let greatest = math::max(values);
    values.iter().position(|&value| value >= greatest).unwrap_or(0)
}

/// The interval of a row, hops.
pub fn interval(row: usize) -> u16 {
    SHORTEST + row as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same filter, with every state moved by hand each hop. Each tempo of a sixth of an octave is less likely than the one below it by
    /// `fall` nats.
    fn slow(belief: &Belief, fall: f32, evidence: &[f32]) -> (u16, u16) {
        let mut states: Vec<Vec<f32>> = (0..INTERVALS).map(|n| vec![0.0; interval(n) as usize]).collect();
        let sixths = |row: usize| 6.0 * (bpm(f32::from(interval(row))) / 30.0).log2() - 0.5;
        let expected = |row: usize| -belief.trust * fall * sixths(row).clamp(0.0, 19.0);
        for &evidence in evidence {
            let ends: Vec<f32> = states.iter().map(|s| *s.last().unwrap()).collect();
            for (to, row) in states.iter_mut().enumerate() {
                row.rotate_right(1);
                row[0] = expected(to)
                    + (0..INTERVALS)
                        .map(|from| ends[from] - change_cost(belief, from, to).min(belief.jump))
                        .fold(f32::NEG_INFINITY, f32::max);
                row[..belief.beat as usize].iter_mut().for_each(|score| *score += evidence);
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
        let evidence: Vec<f32> = (0..400)
            .map(|hop| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let beat = if hop % 47 == 11 { 3.0 } else { -1.0 };
                beat + (noise >> 8) as f32 / (1 << 24) as f32
            })
            .collect();
        let mut filter = BeatFilter::new(BELIEF);
        let fall = 0.05;
        for length in [90, 233, 400] {
            filter.reset();
            filter.expect(&std::array::from_fn(|n| 1.0 - fall * n as f32));
            evidence[..length].iter().for_each(|&nats| filter.step(nats));
            let best = filter.best();
            assert_eq!(
                (best.interval, best.position),
                slow(&BELIEF, fall, &evidence[..length]),
                "{length} hops"
            );
        }
        assert_eq!(filter.best().interval, 47);
    }

    #[test]
    fn back_pointers_lead_through_the_beats() {
        let mut filter = BeatFilter::new(BELIEF);
        let beats: Vec<usize> = (0..21).map(|n| 13 + n * 60).collect();
        // A beat fills two hops, and begins in the first.
        let heard = |hop: usize| {
            if beats.contains(&hop) {
                3.0
            } else if beats.contains(&(hop - 1)) {
                1.0
            } else {
                -1.0
            }
        };
        let trace: Vec<[u8; INTERVALS]> = (1..1251).map(|hop| filter.step_traced(heard(hop))).collect();
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
        // The trace begins with hop 1.
        assert_eq!(found.iter().map(|hop| hop + 1).collect::<Vec<_>>(), beats);
    }
}
