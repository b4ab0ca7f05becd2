//! Builds: a section that rises into the next, thin below and ever denser above, with a silence before what it leads to
//! (Butler 2006, "Unlocking the groove"; Solberg 2014, "Waiting for the bass to drop").

use super::drums::{KICK, Kit, SNARE};
use super::form::{BUILD, DROP};
use super::grid::Grid;
use super::voicing::HIGH;
use super::{Plan, PlanSection};
use kmidi_music::{Note, PitchClass, Ticks};

impl PlanSection {
    /// Does it rise into the next?
    pub(super) fn builds(&self) -> bool {
        self.name == BUILD
    }

    /// Do all come in at once with it?
    pub(super) fn drops(&self) -> bool {
        self.name == DROP
    }
}

/// A build in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Build {
    start: u64,
    end: u64,
    /// Where the silence before the next section begins.
    hush: u64,
}

impl Build {
    /// The build that holds a bar, if one does. At the end of a piece nothing follows, and it plays on.
    pub(super) fn around(plan: &Plan, bar: u32, grid: &Grid) -> Option<Self> {
        let section = plan.section_at(bar).filter(|s| s.builds() && s.start_bar + s.bars < plan.bars)?;
        let (start, end) = (section.start_bar, section.start_bar + section.bars);
        let [start, end] = [start, end].map(|bar| u64::from(bar) * grid.bar());
        Some(Self { start, end, hush: end - grid.beat })
    }

    /// How far it has come at a tick: 0 to 1.
    pub(super) fn progress(&self, tick: u64) -> f32 {
        tick.saturating_sub(self.start) as f32 / (self.end - self.start) as f32
    }

    /// Ticks from one stroke to the next: beats, then parts of beats, halves and quarters of parts.
    fn step(&self, tick: u64, grid: &Grid) -> u64 {
        let part = grid.beat / grid.parts;
        match self.progress(tick) {
            ..0.5 => grid.beat,
            ..0.75 => part,
            ..0.875 => part / 2,
            _ => part / 4,
        }
    }

    /// The drums of a bar: a roll of the snare that grows closer and louder; the kick leaves half-way.
    pub(super) fn roll(&self, kit: &mut Kit, bar: u64, grid: &Grid) {
        let mut at = bar;
        while at < (bar + grid.bar()).min(self.hush) {
            let progress = self.progress(at);
            if progress < 0.5 && grid.is_beat(at - bar) {
                kit.hit(at, KICK, 0);
            }
            kit.hit(at, SNARE, -18 + (20.0 * progress) as i32);
            at += self.step(at, grid);
        }
    }

    /// The strokes of the chord player in a stretch, from tick to tick: on beats, later between them too; from half-way on one
    /// of the lower `voices` stands an octave higher, at last two.
    pub(super) fn stabs(
        &self,
        (from, to): (u64, u64),
        voices: &[u8],
        grid: &Grid,
    ) -> Vec<(u64, u64, Vec<u8>)> {
        let mut strokes = Vec::new();
        let mut at = from;
        while at < to.min(self.hush.max(from + 1)) {
            let step = self.step(at, grid).max(grid.beat / grid.parts);
            let mut sounding = voices.to_vec();
            let raised = match self.progress(at) {
                ..0.5 => 0,
                ..0.75 => 1,
                _ => 2,
            };
            (0..raised).for_each(|_| raise(&mut sounding));
            strokes.push((at, at + step * 5 / 8, sounding));
            at += step;
        }
        strokes
    }
}

/// Puts the lowest voice that can go there an octave higher.
fn raise(voices: &mut [u8]) {
    let fits = |low: u8| low + 12 <= HIGH && !voices.contains(&(low + 12));
    if let Some(k) = (0..voices.len().saturating_sub(1)).find(|&k| fits(voices[k])) {
        voices[k] += 12;
        voices.sort_unstable();
    }
}

/// The pitch class that the bass holds under a build: the fifth degree of its key.
pub(super) fn pedal(section: &PlanSection) -> PitchClass {
    let tonic = i32::from(section.key.tonic.pitch_class().value());
    let fifth = PitchClass::new(tonic + 7);
    if section.key.scale().contains(fifth) { fifth } else { PitchClass::new(tonic + 6) }
}

/// Silences a part in the last beat of each build that leads on.
pub(super) fn hush(notes: &mut Vec<Note>, plan: &Plan, grid: &Grid) {
    for section in plan.sections.iter().filter(|section| section.builds()) {
        let Some(build) = Build::around(plan, section.start_bar, grid) else { continue };
        let (from, to) = (Ticks(build.hush), Ticks(build.end));
        notes.retain(|n| !(from..to).contains(&n.onset));
        let held = notes.iter_mut().filter(|n| n.onset < from && n.end() > from);
        held.for_each(|n| n.duration = from - n.onset);
    }
}
