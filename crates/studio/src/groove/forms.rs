//! What a template looks like to programs that know less: positions in beats, or a bar of notes.

use super::template::PPQ;
use super::{Cell, Note, Template, Voice, loudness};
use kmidi_engine::perform as live;

/// The note that a voice without a drum is written with.
const PITCHED: u8 = 60;
/// How often a note is there that a clip plays.
const USUAL: f64 = 0.5;
/// What a position without an amplitude counts as.
const USUAL_VELOCITY: f64 = 100.0;

/// Another grid must be nearer than sixteenths by this factor.
const CLEARLY: f64 = 0.75;
/// Positions this near to a beat, in beats, stand on every grid.
const ON_BEAT: f64 = 0.1;

/// Steps a quarter note of the grid that positions in quarter notes stand on: 4 for sixteenths, 3 for triplets, 6 for sixteenths of
/// triplets. Sixteenths, unless they are much nearer to the steps of another, against how far those are apart.
pub fn fitting(positions: &[f64]) -> u32 {
    let astray = |steps: u32| -> f64 {
        let place = |at: f64| f64::from(steps) * at;
        let between = positions.iter().filter(|at| (**at - libm::round(**at)).abs() > ON_BEAT);
        between.map(|&at| (place(at) - libm::round(place(at))).abs()).sum()
    };
    let sixteenths = CLEARLY * astray(4);
    let better = [3, 6].into_iter().filter(|&steps| astray(steps) < sixteenths);
    better.min_by(|a, b| astray(*a).total_cmp(&astray(*b))).unwrap_or(4)
}

impl Template {
    /// One position for all voices at each step that is played: where it is, in quarter notes from the start, and how loud,
    /// 0 to 1, in order. The mean of the voices' timing, each as often as it plays; the loudest velocity. The template goes round: what is
    /// early for its start stands at its end.
    pub fn positions(&self) -> Vec<(f64, f64)> {
        let beats = f64::from(self.bars * self.steps_per_bar) / f64::from(self.steps_per_quarter);
        let steps = self.cells.chunk_by(|a, b| a.step == b.step);
        let mut positions: Vec<(f64, f64)> = steps
            .map(|cells| {
                let weight: f64 = cells.iter().map(|cell| cell.probability).sum();
                let timing: f64 = cells.iter().map(|cell| cell.probability * cell.timing).sum();
                let loudest = cells.iter().map(|cell| cell.velocity).fold(0.0, f64::max);
                let at = f64::from(cells[0].step) / f64::from(self.steps_per_quarter);
                ((at + timing / weight.max(1e-9) / PPQ).rem_euclid(beats), loudest / 127.0)
            })
            .collect();
        positions.sort_by(|a, b| a.0.total_cmp(&b.0));
        positions
    }

    /// A template of anyone's notes over `beats` quarter notes, from positions in quarter notes with an amplitude, 0 to 1,
    /// where one is known. It stands on the grid that fits, see [`fitting`]; of several positions on a step the first counts. Bars are of four beats where those add up, else there is one.
    pub fn from_positions(name: &str, beats: u32, positions: &[(f64, Option<f64>)]) -> Self {
        let beats = beats.max(1);
        let steps = fitting(&positions.iter().map(|position| position.0).collect::<Vec<_>>());
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
    /// quarter note. A clip goes round: what is early for its start stands at its end.
    pub fn clip(&self) -> Vec<Note> {
        let step = self.step_ticks();
        let round = f64::from(self.bars * self.steps_per_bar) * step;
        let usual = self.cells.iter().filter(|cell| cell.probability >= USUAL);
        usual
            .map(|cell| {
                let onset = libm::round(f64::from(cell.step) * step + cell.timing).rem_euclid(round) as u64;
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

    /// The template as the audio thread plays it: the nine voices of the kit, and what is left for anyone. A flam is its first stroke; a
    /// spread has no place in it.
    ///
    /// # Errors
    ///
    /// [`live::TemplateError`] when it has more than 4 bars, or bars of more than 96 steps.
    pub fn live(&self) -> Result<live::Template, live::TemplateError> {
        let small = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
        let stroke = |cell: &Cell| live::Stroke {
            step: u16::try_from(cell.step).unwrap_or(u16::MAX),
            voice: cell.voice.drum().map_or(live::ANY, live::drum_voice) as u8,
            offset: (cell.timing / PPQ).clamp(-1.0, 1.0) as f32,
            velocity: loudness(cell.velocity),
        };
        let strokes: Vec<live::Stroke> =
            self.cells.iter().filter(|cell| cell.order == 0).map(stroke).collect();
        live::Template::new(
            small(self.bars),
            small(self.steps_per_bar),
            small(self.steps_per_quarter),
            &strokes,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::template::tests::cell;
    use super::*;

    #[test]
    fn what_is_early_for_the_start_stands_at_the_end_and_comes_back() {
        let mut template = Template::empty("early", 4, 16, 1);
        template.cells = vec![cell(0, Voice::Kick, -24.0, 90.0), cell(4, Voice::Snare, 12.0, 101.0)];
        assert_eq!(template.clip().iter().map(|note| note.onset).collect::<Vec<_>>(), [3816, 972]);
        let positions = template.positions();
        assert_eq!(positions.iter().map(|p| p.0).collect::<Vec<_>>(), [1.0125, 3.975]);
        let positions: Vec<_> = positions.into_iter().map(|(at, loud)| (at, Some(loud))).collect();
        let back = Template::from_positions("early", 4, &positions);
        let timing: Vec<(u32, f64)> =
            back.cells.iter().map(|cell| (cell.step, cell.timing.round())).collect();
        assert_eq!(timing, [(0, -24.0), (4, 12.0)]);
        let bars = super::super::Bars::common(960, 120.0);
        let options = super::super::Extract { bars: Some(1), ..Default::default() };
        let heard = super::super::extract(&template.clip(), &bars, &options);
        let timing: Vec<(u32, f64, f64)> =
            heard.cells.iter().map(|cell| (cell.step, cell.timing, cell.probability)).collect();
        assert_eq!(timing, [(0, -24.0, 1.0), (4, 12.0, 1.0)]);
    }

    #[test]
    fn the_live_form_has_the_strokes_and_refuses_what_is_too_long() {
        let mut template = Template::empty("late", 4, 16, 1);
        template.cells = vec![cell(4, Voice::Snare, 96.0, 101.0), cell(4, Voice::Bass, -48.0, 80.0)];
        let stroke = |voice, offset, velocity| live::Stroke { step: 4, voice, offset, velocity };
        let wanted = live::Template::new(1, 16, 4, &[stroke(1, 0.1, 101), stroke(9, -0.05, 80)]);
        assert_eq!(template.live(), wanted);
        assert!(Template::empty("long", 4, 16, 5).live().is_err());
    }
}
