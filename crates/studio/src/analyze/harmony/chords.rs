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
const SHORTEST: f64 = 0.1;

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

/// What the live engine told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    /// From when, seconds.
    pub(super) begin: f64,
    /// The chord, where its keys were struck together.
    pub(super) struck: Option<Struck>,
    /// That nothing tonal sounds.
    pub(super) none: bool,
}

/// A chord that was struck together: its notes, bass and root, and how sure the root is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Struck {
    pub(super) set: PitchClassSet,
    pub(super) bass: PitchClass,
    pub(super) root: PitchClass,
    pub(super) confidence: f32,
}

impl Struck {
    /// The state that is nearest to it.
    fn state(&self) -> usize {
        chord::nearest(self.root, self.set)
    }

    fn same(&self, other: &Self) -> bool {
        (self.set, self.bass, self.root) == (other.set, other.bass, other.root)
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

    /// The stretch with what is known exactly of its chord.
    fn with(self, struck: Option<Struck>) -> Self {
        let Some(Struck { bass, confidence, .. }) = struck else { return Self { struck, ..self } };
        Self { bass, confidence, struck, ..self }
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

/// Cuts the stretches where chords were struck, and says what is known of each. `told` is what the live engine told, in order.
pub(super) fn strike(runs: Vec<Run>, told: &[Told], times: &[f64]) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::with_capacity(runs.len());
    for run in runs {
        let first = told.partition_point(|told| told.begin <= run.heard.0 + EARLY);
        let at_first = first.checked_sub(1).and_then(|n| told[n].struck);
        let mut rest = run.with(at_first.filter(|struck| struck.state() == run.state));
        for (n, next) in
            told.iter().enumerate().skip(first).take_while(|told| told.1.begin < run.heard.1 - EARLY)
        {
            let lasting = told.get(n + 1).map_or(run.heard.1, |after| after.begin) - next.begin;
            let cut = times.partition_point(|&time| time < next.begin);
            let new = match next.struck {
                Some(chord) if rest.struck.is_some_and(|before| before.same(&chord)) => continue,
                Some(chord) if lasting >= SHORTEST => Run { state: chord.state(), ..run }.with(Some(chord)),
                // What was struck where nothing sounds for long is over where the live engine says so.
                None if next.none && run.state == NONE && rest.state != NONE => run,
                _ => continue,
            };
            if rest.struck.is_none() && new.state == rest.state {
                // It is what the stretch is about, heard a little before it was struck.
                rest = Run { struck: new.struck, bass: new.bass, confidence: new.confidence, ..rest };
            } else if cut > rest.from && cut < rest.to {
                join(&mut out, Run { to: cut, heard: (rest.heard.0, next.begin), ..rest });
                rest = Run { from: cut, to: rest.to, heard: (next.begin, rest.heard.1), ..new };
            }
        }
        join(&mut out, rest);
    }
    out
}

/// Appends a stretch, or makes the last one longer where it is the same chord, struck.
fn join(out: &mut Vec<Run>, run: Run) {
    let same =
        |last: &Run| last.state == run.state && last.struck.zip(run.struck).is_some_and(|(a, b)| a.same(&b));
    match out.last_mut().filter(|last| same(last)) {
        Some(last) => (last.to, last.heard.1) = (run.to, run.heard.1),
        None => out.push(run),
    }
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
