//! When a change of chord is told, and from when on it holds.
//!
//! A belief changes its mind more often than the harmony does: a new chord is heard tone by tone, and a tune over a chord that
//! stands touches sevenths, sixths and the other third. What was told cannot be taken back; but it can be told better, from
//! the same moment on, until that moment lies [`LONGEST_LAG`] in the past. Later on, the kind of chord on a root is open for as
//! long as it usually takes to show: a third for longer than a seventh, for sevenths are what tunes touch. What comes
//! after that must last. A chord that has most of its tones in common with the one that stands is looked at more sharply
//! than another (C and Am7 differ by one tone).

use super::chord::{self, NONE, QUALITIES, STATES};
use crate::hops::Clock;
use kmidi_kernels::math;
use kmidi_music::{Frames, PitchClassSet};

/// A chord or key is never said to have begun longer before it was told than this, seconds: 250 ms, less a block of 512 frames
/// at whose end it is known.
pub(super) const LONGEST_LAG: f64 = 0.239;
/// How likely another root must be to be told.
const ROOT: f32 = 0.6;
/// This many tones in common make a chord akin to the one that stands, and it must be so many times likelier.
const AKIN: (u32, f32) = (3, 160_000.0);
/// Another third or fifth on the same root.
const TRIAD: Kind = Kind { odds: 400.0, open: 1.2, lasting: 1.0 };
/// The same triad with another seventh.
const SEVENTH: Kind = Kind { odds: 55.0, open: 0.4, lasting: 3.0 };
/// A chord that begins this close to a beat begins on it, seconds.
const ON_BEAT: f64 = 0.120;

/// A change that keeps the root.
struct Kind {
    /// How many times likelier than what stands the other must be.
    odds: f32,
    /// For how long after the chord began it may show, seconds.
    open: f64,
    /// How long it must have been the likeliest where it shows later, seconds.
    lasting: f64,
}

/// When a measurement was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// The frame that it speaks about.
    pub(super) frame: u64,
    /// What is likeliest now has sounded for as long as this before it became so, seconds.
    pub(super) noticing: f64,
    /// The frames of the last beats that were told.
    pub(super) beats: [Option<u64>; 2],
    /// Nothing is to be told but silence: what sounds is known exactly.
    pub(super) hold: bool,
}

/// What was told last, and what may be next.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    /// The chord state that was told last, [`NONE`] before any, and its frame.
    told: (usize, u64),
    /// The root (12: none) and the state that are likeliest, and the measurements since which they have been.
    root: (usize, u64),
    state: (usize, u64),
    /// The bass since then, summed.
    bass: [f32; 12],
}

impl Default for Teller {
    fn default() -> Self {
        Self { told: (NONE, 0), root: (root(NONE), 0), state: (NONE, 0), bass: [0.0; 12] }
    }
}

impl Teller {
    /// The bass register's chroma, summed while the likeliest root has been so.
    pub(super) fn bass(&self) -> &[f32; 12] {
        &self.bass
    }

    /// One measurement on: `chords` are the states' probabilities, `bass` is chroma. Gives the state that is now told and the
    /// frame from which on it holds.
    ///
    /// *Real-time safety*: no allocation.
    pub(super) fn step(
        &mut self,
        chords: &[f32; STATES],
        bass: &[f32; 12],
        clock: &Clock,
        moment: &Moment,
    ) -> Option<(usize, Frames)> {
        let best = (0..STATES).fold(NONE, |best, n| if chords[n] > chords[best] { n } else { best });
        if root(best) == self.root.0 {
            self.bass.iter_mut().zip(bass).for_each(|(sum, b)| *sum += b);
        } else {
            (self.root, self.bass) = ((root(best), moment.frame), *bass);
        }
        if best != self.state.0 {
            self.state = (best, moment.frame);
        }
        let (told, begun) = self.told;
        let earliest = clock.frame_before_hop(LONGEST_LAG);
        if (moment.hold && best != NONE) || best == told || !self.shows(best, chords, clock, moment, earliest)
        {
            return None;
        }
        let frame = if begun >= earliest {
            begun
        } else {
            let since = if root(best) == root(told) { self.state.1 } else { self.root.1 };
            let heard = since.saturating_sub(clock.frames(moment.noticing)).max(earliest);
            on_beat(heard, clock, moment, earliest)
        };
        self.told = (best, frame);
        Some((best, Frames(frame)))
    }

    /// The frame from which on what was told last holds.
    pub(super) fn begun(&self) -> u64 {
        self.told.1
    }

    /// A state was told from `frame` on, by other means.
    pub(super) fn tell(&mut self, state: usize, frame: u64) {
        self.told = (state, frame);
    }

    /// Is it time to tell that `best` sounds?
    fn shows(
        &self,
        best: usize,
        chords: &[f32; STATES],
        clock: &Clock,
        moment: &Moment,
        earliest: u64,
    ) -> bool {
        let (told, begun) = self.told;
        let surer = |odds: f32| chords[best] >= odds * chords[told];
        if root(best) != root(told) {
            let first = root(best) * QUALITIES.len();
            let likely = math::sum(&chords[first..(first + QUALITIES.len()).min(STATES)]);
            let akin = tones(best).intersection(tones(told)).len() >= AKIN.0;
            return likely >= ROOT && (!akin || surer(AKIN.1));
        }
        if begun >= earliest {
            return true;
        }
        let kind = if triad(best) == triad(told) { SEVENTH } else { TRIAD };
        let passed = |since: u64, seconds: f64| moment.frame.saturating_sub(since) >= clock.frames(seconds);
        surer(kind.odds) && (!passed(begun, kind.open) || passed(self.state.1, kind.lasting))
    }
}

/// The beat that a chord heard from `frame` on begins on, or `frame`.
fn on_beat(frame: u64, clock: &Clock, moment: &Moment, earliest: u64) -> u64 {
    let near = moment.beats.into_iter().flatten().min_by_key(|beat| beat.abs_diff(frame));
    let (reach, now) = (clock.frames(ON_BEAT), clock.frame_before_hop(0.0));
    near.filter(|beat| beat.abs_diff(frame) < reach && (earliest..=now).contains(beat)).unwrap_or(frame)
}

/// Which root a state has; 12 for none.
fn root(state: usize) -> usize {
    state / QUALITIES.len()
}

/// The tones of a state.
fn tones(state: usize) -> PitchClassSet {
    chord::parts(state)
        .map_or(PitchClassSet::EMPTY, |(root, quality)| quality.semitones().transposed(root.value()))
}

/// Third and fifth above the root.
fn triad(state: usize) -> u16 {
    const THIRD_TO_FIFTH: u16 = 0b1_1111_1000;
    QUALITIES[state % QUALITIES.len()].semitones().bits() & THIRD_TO_FIFTH
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 48_000;
    const C: usize = 0;
    const C_MINOR: usize = 1;
    const C7: usize = 2;
    const C_MAJOR_7: usize = 3;
    const G: usize = 7 * QUALITIES.len();
    const A_MINOR_7: usize = 9 * QUALITIES.len() + 4;

    /// Hears each state for some hundredths of a second, so many times likelier than all others together, a measurement every
    /// 40 ms; `beat` was told at the start. Gives what is told with its frame and the end of the hop, in ms.
    fn hear(parts: &[(usize, u64, f32)], beat: Option<u64>) -> Vec<(usize, u64, u64)> {
        let (mut teller, mut clock) = (Teller::default(), Clock::new(RATE));
        let mut told = Vec::new();
        let ms = |frame: u64| frame * 1000 / u64::from(RATE);
        for &(state, hundredths, odds) in parts {
            for hop in 0..hundredths {
                clock.advance();
                if hop % 4 != 0 {
                    continue;
                }
                let mut chords = [1.0 / (odds + 1.0) / (STATES - 1) as f32; STATES];
                chords[state] = odds / (odds + 1.0);
                let beats = [beat, None];
                let moment =
                    Moment { frame: clock.frame_before_hop(0.0), noticing: 0.030, beats, hold: false };
                if let Some((state, frame)) = teller.step(&chords, &[0.0; 12], &clock, &moment) {
                    told.push((state, ms(frame.0), ms(moment.frame)));
                }
            }
        }
        told
    }

    #[test]
    fn what_was_told_a_moment_ago_is_told_better_from_the_same_moment_on() {
        let told = hear(&[(C, 200, 1e6), (C_MINOR, 8, 1e6), (G, 8, 1e6), (A_MINOR_7, 100, 1e6)], None);
        // The third has to last where a chord is old; another root does not.
        let states: Vec<usize> = told.iter().map(|told| told.0).collect();
        assert_eq!(states, [C, G, A_MINOR_7]);
        assert_eq!(told[1].1, told[2].1);
        assert!(told[2].2 > told[1].2);
    }

    #[test]
    fn a_seventh_that_the_tune_touches_is_no_change_and_one_that_stays_is() {
        let touched =
            hear(&[(C, 100, 1e6), (C_MAJOR_7, 40, 1e6), (C, 40, 1e6), (C7, 40, 1e6), (C, 100, 1e6)], None);
        assert_eq!(touched.len(), 1, "{touched:?}");
        let stays = hear(&[(C, 100, 1e6), (C7, 400, 1e6)], None);
        assert_eq!(stays.iter().map(|told| told.0).collect::<Vec<_>>(), [C, C7]);
        // At first it is part of the chord that is heard tone by tone.
        let soon = hear(&[(C, 32, 1e6), (C7, 100, 1e6)], None);
        assert_eq!(soon.iter().map(|told| told.0).collect::<Vec<_>>(), [C, C7]);
    }

    #[test]
    fn another_third_is_told_where_it_lasts() {
        let states = |hundredths| hear(&[(C, 200, 1e6), (C_MINOR, hundredths, 1e6)], None).len();
        assert_eq!((states(80), states(120)), (1, 2));
    }

    #[test]
    fn what_has_its_tones_in_common_must_be_surer() {
        let states = |other, odds| hear(&[(C, 200, 1e6), (other, 200, odds)], None).len();
        // Am7 holds C E G; G has one tone of them.
        assert_eq!((states(A_MINOR_7, 1e2), states(A_MINOR_7, 1e5)), (1, 2));
        assert_eq!((states(G, 1e2), states(G, 1.0)), (2, 1));
    }

    #[test]
    fn nothing_starts_earlier_than_it_may_and_what_is_near_a_beat_starts_on_it() {
        let told = hear(&[(C, 200, 1e6), (G, 100, 1e6)], Some(u64::from(RATE) * 2 - 2_400));
        assert_eq!(told[1], (G, 1950, 2010));
        for (_, frame, known) in hear(&[(C, 200, 1e6), (G, 100, 1.0), (G, 100, 1e6)], None) {
            assert!(known - frame <= 239, "{frame} {known}");
        }
    }
}
