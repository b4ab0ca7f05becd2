//! Tones by semitone over a moment, a while and a longer while: what the learned front end looks at.

use crate::dsp::semitones;

/// The lowest semitone, a MIDI note number.
pub const LOWEST: usize = semitones::LOWEST;
/// How many semitones there are.
pub const SEMITONES: usize = semitones::COUNT;
/// How many looks there are at each semitone: now, just begun, of late (0.3 s), and for longer (1.5 s).
pub const LOOKS: usize = 4;

/// The level of each semitone by look, 0 to about 1.
pub type Tones = [[f32; SEMITONES]; LOOKS];

/// How much one measurement moves the means of late and for longer.
const PACE: [f32; 2] = [0.125, 0.026];

/// Beats longer than this, seconds, lengthen the longer look, so that it holds more than two of them; to how much at most.
const SLOW: f32 = 0.65;
const SLOWEST: f32 = 0.4;

/// The running means of the tones.
#[derive(Debug, Clone)]
pub(crate) struct Trail([[f32; SEMITONES]; 2]);

impl Default for Trail {
    fn default() -> Self {
        Self([[0.0; SEMITONES]; 2])
    }
}

impl Trail {
    /// One measurement on, where a beat lasts so many seconds, if that is known: a chord that is broken slowly gathers for longer.
    pub(crate) fn step(
        &mut self,
        now: [f32; SEMITONES],
        begun: [f32; SEMITONES],
        beat: Option<f64>,
    ) -> Tones {
        let slower = beat.map_or(1.0, |beat| (SLOW / beat as f32).clamp(SLOWEST, 1.0));
        for (means, pace) in self.0.iter_mut().zip([PACE[0], PACE[1] * slower]) {
            means.iter_mut().zip(&now).for_each(|(mean, level)| *mean += pace * (level - *mean));
        }
        [now, begun, self.0[0], self.0[1]]
    }
}
