//! What a template looks like to programs that know less: positions in beats, or a bar of notes.

use super::template::PPQ;
use super::{Cell, Note, Template, Voice, loudness};

/// The note that a voice without a drum is written with.
const PITCHED: u8 = 60;
/// How often a note is there that a clip plays.
const USUAL: f64 = 0.5;
/// What a position without an amplitude counts as.
const USUAL_VELOCITY: f64 = 100.0;

impl Template {
    /// One position for all voices at each step that is played: where it is, in quarter notes from the start, and how loud,
    /// 0 to 1. The mean of the voices' timing, each as often as it plays; the loudest velocity.
    pub fn positions(&self) -> Vec<(f64, f64)> {
        let steps = self.cells.chunk_by(|a, b| a.step == b.step);
        steps
            .map(|cells| {
                let weight: f64 = cells.iter().map(|cell| cell.probability).sum();
                let timing: f64 = cells.iter().map(|cell| cell.probability * cell.timing).sum();
                let loudest = cells.iter().map(|cell| cell.velocity).fold(0.0, f64::max);
                let at = f64::from(cells[0].step) / f64::from(self.steps_per_quarter);
                (at + timing / weight.max(1e-9) / PPQ, loudest / 127.0)
            })
            .collect()
    }

    /// A template of anyone's notes over `beats` quarter notes, from positions in quarter notes with an amplitude, 0 to 1,
    /// where one is known. It stands on sixteenths, or on triplet sixteenths where these are twice as near; of several
    /// positions on a step the first counts. Bars are of four beats where those add up, else there is one.
    pub fn from_positions(name: &str, beats: u32, positions: &[(f64, Option<f64>)]) -> Self {
        let beats = beats.max(1);
        let astray = |steps: f64| -> f64 {
            positions.iter().map(|p| (p.0 * steps - libm::round(p.0 * steps)).abs() / steps).sum()
        };
        let steps = if astray(6.0) < 0.5 * astray(4.0) { 6 } else { 4 };
        let (per_bar, bars) = if beats.is_multiple_of(4) { (4, beats / 4) } else { (beats, 1) };
        let mut template = Self::empty(name, steps, per_bar * steps, bars);
        for &(at, amplitude) in positions {
            let nearest = libm::round(at * f64::from(steps));
            let velocity =
                amplitude.map_or(USUAL_VELOCITY, |amplitude| (127.0 * amplitude).clamp(1.0, 127.0));
            template.cells.push(Cell {
                // A position at the end is early for the start of the next round.
                step: (nearest.max(0.0) as u32) % (beats * steps),
                voice: Voice::Any,
                order: 0,
                timing: (at - nearest / f64::from(steps)) * PPQ,
                velocity,
                duration: 1.0,
                probability: 1.0,
                timing_spread: 0.0,
                velocity_spread: 0.0,
            });
        }
        template.sort();
        template.cells.dedup_by_key(|cell| cell.step);
        template
    }

    /// What it usually plays (in half of the repetitions or more), as loud, as late and as long as it does, at 960 ticks a
    /// quarter note. Nothing can sound before the start: what is early for the first step stands on it.
    pub fn clip(&self) -> Vec<Note> {
        let step = self.step_ticks();
        let usual = self.cells.iter().filter(|cell| cell.probability >= USUAL);
        usual
            .map(|cell| {
                let onset = libm::round(f64::from(cell.step) * step + cell.timing).max(0.0) as u64;
                let long = libm::round(cell.duration * step).max(1.0) as u64;
                let (channel, pitch) =
                    cell.voice.drum().map_or((0, PITCHED), |drum| (super::voice::DRUMS, drum));
                Note {
                    onset,
                    end: onset + long,
                    channel,
                    program: 0,
                    pitch,
                    velocity: loudness(cell.velocity),
                }
            })
            .collect()
    }
}
