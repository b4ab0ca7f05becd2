//! The course of a piece, bar by bar: feeling, energy and tempo follow the arc, where sections alone would go in steps.

use super::feel::Feel;
use super::form::{phrases, swell_of};
use super::{Plan, PlanBar, PlanSection, Style};
use kmidi_music::{Affect, Bpm, Intent};

/// The most by which the tempo of a bar differs from that of the one before, as a share: between what is just noticed of a
/// regular sequence, 2 %, and of one interval, 6 % (Drake and Botte 1993, "Tempo sensitivity in auditory sequences").
pub(super) const MOST_CHANGE: f64 = 0.04;

/// Feeling, energy and tempo of each bar. The arc starts in the middle of the first section and arrives in that of the last;
/// energy has the steps of the form besides. `tempo` gives the felt beats a minute of a feeling; where bars cannot follow it that fast,
/// sections are told the tempo that they reach.
pub(super) fn course(
    intent: &Intent,
    style: &Style,
    sections: &mut [PlanSection],
    tempo: impl Fn(Affect) -> f64,
) -> Vec<PlanBar> {
    let centre = |s: &PlanSection| s.start_bar as f32 + s.bars as f32 / 2.0;
    let (from, to) = (sections.first().map_or(0.0, centre), sections.last().map_or(0.0, centre));
    // Sections may be alike where the arc comes back.
    let moves = sections.len() > 1 && intent.arc.windows(2).any(|pair| pair[0].1 != pair[1].1);
    let mut bars = Vec::new();
    for section in sections.iter() {
        let swell = swell_of(&section.name);
        for b in 0..section.bars {
            let middle = (section.start_bar + b) as f32 + 0.5;
            let affect = if moves { intent.affect_at((middle - from) / (to - from)) } else { section.affect };
            let along = 0.45 * (affect.arousal - section.affect.arousal);
            let within = if section.bars > 1 { b as f32 / (section.bars - 1) as f32 - 0.5 } else { 0.0 };
            let energy = (section.energy + along + swell * within).clamp(0.0, 1.0);
            let bpm = match moves && intent.tempo.is_none() && !style.steady {
                true => tempo(affect),
                false => section.tempo.0,
            };
            bars.push(PlanBar { affect, energy, tempo: Bpm(bpm) });
        }
    }
    let mut logs: Vec<f64> = bars.iter().map(|bar| libm::log2(bar.tempo.0)).collect();
    let most = libm::log2(1.0 + MOST_CHANGE);
    if logs.windows(2).any(|pair| (pair[1] - pair[0]).abs() > most) {
        evened(&mut logs, most);
        for (bar, log) in bars.iter_mut().zip(logs) {
            bar.tempo = Bpm(libm::exp2(log));
        }
        // A section says what is played in its middle.
        for section in sections {
            let middle = (section.start_bar + section.bars / 2) as usize;
            section.tempo = bars.get(middle).map_or(section.tempo, |bar| bar.tempo);
        }
    }
    bars
}

/// Makes neighbours differ by `most` at most: the middle between the lowest curve above `values` that does, and the highest
/// below them.
fn evened(values: &mut [f64], most: f64) {
    let (mut above, mut below) = (values.to_vec(), values.to_vec());
    for i in 1..values.len() {
        above[i] = above[i].max(above[i - 1] - most);
        below[i] = below[i].min(below[i - 1] + most);
    }
    for i in (1..values.len()).rev() {
        above[i - 1] = above[i - 1].max(above[i] - most);
        below[i - 1] = below[i - 1].min(below[i] + most);
    }
    for (value, (a, b)) in values.iter_mut().zip(above.iter().zip(&below)) {
        *value = (a + b) / 2.0;
    }
}

impl Plan {
    /// A bar's place in the course of the piece; beyond the course as the section says.
    pub fn bar(&self, bar: u32) -> PlanBar {
        let section = || {
            let section = self.section_at(bar);
            PlanBar {
                affect: section.map_or_else(Affect::default, |s| s.affect),
                energy: section.map_or(0.5, |s| s.energy),
                tempo: section.map_or(self.tempo, |s| s.tempo),
            }
        };
        self.course.get(bar as usize).copied().unwrap_or_else(section)
    }

    /// How a bar is played: what is going on changes where a phrase begins, loudness with each bar.
    pub(super) fn feel(&self, bar: u32) -> Feel {
        let here = self.bar(bar);
        let Some(section) = self.section_at(bar) else { return Feel::of(here.energy) };
        let mut start = section.start_bar;
        let mut energy = here.energy;
        for length in phrases(section.bars) {
            if (start..start + length).contains(&bar) {
                let sum: f32 = (start..start + length).map(|bar| self.bar(bar).energy).sum();
                energy = sum / length as f32;
            }
            start += length;
        }
        // A section in which nothing moves is what its energy says, to the bit.
        if (energy - section.energy).abs() < 1e-4 {
            energy = section.energy;
        }
        Feel { velocity: Feel::of(here.energy).velocity, ..Feel::of(energy) }
    }

    /// The middle velocity that is planned for a tick of a song with bars of so many ticks.
    pub(super) fn loudness(&self, tick: u64, bar: u64) -> f32 {
        let bar = u32::try_from(tick / bar.max(1)).unwrap_or(u32::MAX).min(self.bars.saturating_sub(1));
        Feel::of(self.bar(bar).energy).velocity as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_evened_keeps_its_ends_and_moves_little_from_one_to_the_next() {
        let mut values = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0];
        evened(&mut values, 0.2);
        assert!(values.windows(2).all(|w| (w[1] - w[0]).abs() <= 0.2 + 1e-12), "{values:?}");
        assert!(values.is_sorted() && values[0] < 0.11 && values[7] > 0.89, "{values:?}");
        let mut still = vec![0.3, 0.4, 0.5];
        evened(&mut still, 0.2);
        assert_eq!(still, [0.3, 0.4, 0.5], "what is even already stays");
    }
}
