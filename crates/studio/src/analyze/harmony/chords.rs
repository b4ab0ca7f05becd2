//! Which chord sounds when: the best path through the evidence, where a change costs less on stronger beats.

use super::Tuning;
use crate::analyze::groove::is_near;
use crate::analyze::viterbi::{Kin, best_path_priced};
use kmidi_engine::HarmonyEvidence;
use kmidi_engine::harmony::chord::{self, NONE, QUALITIES, STATES};
use kmidi_engine::harmony::context::Sounding;
use kmidi_music::{Chord, PitchClass, PitchClassSet, PitchName, Quality};

/// How sharply the scores of single measurements are taken for a chord's confidence.
const CONFIDENCE: f32 = 1.0;

/// A chord that begins this close to the end of a stretch is that of the next, seconds.
const EARLY: f64 = 0.12;
/// What was struck for less than this within a stretch is no chord of its own, seconds.
const SHORTEST: f64 = 0.25;

/// A stretch of one chord state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// The state, [`NONE`] among them.
    pub(super) state: usize,
    /// The measurements that it covers.
    pub(super) from: usize,
    pub(super) to: usize,
    /// When it begins and ends by the measurements, seconds.
    pub(super) heard: (f64, f64),
    /// The same by the beats; `None` when nothing is left of it.
    pub(super) placed: Option<(f64, f64)>,
    /// The lowest note.
    pub(super) bass: PitchClass,
    /// 0 to 1.
    pub(super) confidence: f32,
    /// The notes, where they are known exactly.
    pub(super) struck: Option<Struck>,
}

/// A chord that was struck together, as the live engine told it: its notes, bass and root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Struck {
    pub(super) set: PitchClassSet,
    pub(super) bass: PitchClass,
    pub(super) root: PitchClass,
}

impl Struck {
    /// The state that is nearest to it.
    fn state(&self) -> usize {
        chord::nearest(self.root, self.set)
    }
}

impl Run {
    /// How it sounds; nothing for [`NONE`].
    pub(super) fn sounding(&self) -> Sounding {
        if let Some(Struck { set, bass, .. }) = self.struck {
            return Sounding { set, bass, duration: self.seconds() as f32 };
        }
        let set = match chord::parts(self.state) {
            Some((root, quality)) => Chord::new(PitchName::nearest(root, 0), quality).pitch_classes(),
            None => PitchClassSet::default(),
        };
        Sounding { set, bass: self.bass, duration: self.seconds() as f32 }
    }

    pub(super) fn seconds(&self) -> f64 {
        self.heard.1 - self.heard.0
    }
}

/// Does the chord divide the octave evenly, so that any of its notes may be the root?
pub(super) fn is_even(quality: Quality) -> bool {
    quality == Quality::DIM7 || quality == Quality::AUG
}

/// Where changes are likely, and what they cost there.
pub(super) struct Grid<'a> {
    tuning: &'a Tuning,
    downbeats: Vec<f64>,
    beats: Vec<f64>,
    halves: Vec<f64>,
}

impl<'a> Grid<'a> {
    pub(super) fn new(tuning: &'a Tuning, beats: &[f64], downbeats: &[f64]) -> Self {
        let halves = beats.windows(2).map(|w| (w[0] + w[1]) / 2.0).collect();
        Self { tuning, downbeats: downbeats.to_vec(), beats: beats.to_vec(), halves }
    }

    fn price(&self, time: f64) -> f32 {
        let reach = f64::from(self.tuning.on_beat);
        let places = [&self.downbeats, &self.beats, &self.halves];
        let place = places.iter().position(|place| is_near(place, time, reach)).unwrap_or(places.len());
        self.tuning.change[place]
    }

    /// The beat that a change belongs to, or its own time.
    fn boundary(&self, time: f64) -> f64 {
        let next = self.beats.partition_point(|&beat| beat < time);
        let around = self.beats[next.saturating_sub(1)..(next + 1).min(self.beats.len())].iter();
        let nearest = around.copied().min_by(|a, b| (a - time).abs().total_cmp(&(b - time).abs()));
        nearest.filter(|beat| (beat - time).abs() < f64::from(self.tuning.snap)).unwrap_or(time)
    }
}

/// The chord state of each measurement. `odds` makes changes to some states cheaper, by measurement.
pub(super) fn path(
    evidence: &[&HarmonyEvidence],
    times: &[f64],
    grid: &Grid<'_>,
    odds: Option<&[[f32; STATES]]>,
) -> Vec<usize> {
    let steps = evidence.iter().zip(times).enumerate().map(|(n, (measured, &time))| {
        let mut price = [grid.price(time); STATES];
        if let Some(odds) = odds {
            price.iter_mut().zip(&odds[n]).for_each(|(price, odds)| *price -= odds);
        }
        (measured.chords, price)
    });
    let kin = Kin { size: QUALITIES.len(), factor: grid.tuning.same_root };
    best_path_priced::<STATES>(steps, |state| state, kin)
}

/// The stretches of a path.
pub(super) fn runs(path: &[usize], evidence: &[&HarmonyEvidence], times: &[f64]) -> Vec<Run> {
    let mut from = 0;
    let mut out = Vec::new();
    for run in path.chunk_by(|a, b| a == b) {
        let (state, to) = (run[0], from + run.len());
        let mut bass = [0.0; 12];
        let mut sure = 0.0;
        for measured in &evidence[from..to] {
            bass.iter_mut().zip(&measured.bass).for_each(|(sum, b)| *sum += b);
            sure += probability(&measured.chords, state);
        }
        let lowest = chord::spell(state, &bass, None).map(|chord| chord.bass.pitch_class());
        let end = times.get(to).or(times.last()).copied().unwrap_or(0.0);
        out.push(Run {
            state,
            from,
            to,
            heard: (times[from], end),
            placed: None,
            bass: lowest.unwrap_or(PitchClass::new(0)),
            confidence: sure / run.len() as f32,
            struck: None,
        });
        from = to;
    }
    out
}

/// Cuts the stretches of chords where others were struck, and says what is known of each. `told` are all chords of the live engine with
/// their beginnings, in order.
pub(super) fn strike(runs: Vec<Run>, told: &[(f64, Option<Struck>)], times: &[f64]) -> Vec<Run> {
    let mut out = Vec::with_capacity(runs.len());
    for run in runs {
        if run.state == NONE {
            out.push(run);
            continue;
        }
        let (after, before) = (run.heard.0 + EARLY, run.heard.1 - EARLY);
        let first = told.partition_point(|told| told.0 <= after);
        let at_first =
            first.checked_sub(1).and_then(|n| told[n].1).filter(|struck| struck.state() == run.state);
        let mut rest = Run { struck: at_first, ..run };
        for (n, &(begin, struck)) in told.iter().enumerate().skip(first).take_while(|told| told.1.0 < before)
        {
            let Some(chord) = struck.filter(|_| struck != rest.struck) else { continue };
            let lasting = told.get(n + 1).map_or(run.heard.1, |next| next.0).min(run.heard.1) - begin;
            let cut = times.partition_point(|&time| time < begin);
            match rest.struck {
                // It is what the stretch is about, heard a little before it was struck.
                None if chord.state() == run.state => rest.struck = struck,
                _ if lasting < SHORTEST || cut <= rest.from || cut >= rest.to => {}
                _ => {
                    out.push(Run { to: cut, heard: (rest.heard.0, begin), ..rest });
                    let heard = (begin, rest.heard.1);
                    rest = Run { from: cut, state: chord.state(), bass: chord.bass, heard, struck, ..rest };
                }
            }
        }
        out.push(rest);
    }
    out
}

/// Puts the stretches on beats: they follow each other until `duration`.
pub(super) fn place(runs: &mut [Run], grid: &Grid<'_>, duration: f64) {
    let mut begin = 0.0;
    let last = runs.len().saturating_sub(1);
    for (n, run) in runs.iter_mut().enumerate() {
        // Two changes may belong to one beat: then the first chord has no length.
        let end =
            if n == last { duration } else { grid.boundary(run.heard.1) }.clamp(begin, duration.max(begin));
        run.placed = (end > begin).then_some((begin, end));
        begin = end;
    }
}

/// The probability of one state by one measurement.
fn probability(scores: &[f32; STATES], wanted: usize) -> f32 {
    let top = scores.iter().fold(f32::MIN, |a, &b| a.max(b));
    let weight = |score: f32| libm::expf(CONFIDENCE * (score - top));
    weight(scores[wanted]) / scores.iter().map(|&score| weight(score)).sum::<f32>()
}

/// Does anything tonal sound in this measurement?
pub(super) fn is_tonal(measured: &HarmonyEvidence) -> bool {
    (0..NONE).any(|state| measured.chords[state] > measured.chords[NONE])
}
