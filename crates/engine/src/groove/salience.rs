//! How much a hop stands out as a beat, in music of any kind.

use kmidi_kernels::math;

/// Turns what the front end says into evidence for a [`BeatFilter`](super::beat::BeatFilter).
///
/// How sure the front end is of beats depends on the music: what counts is how a hop compares with the surest of late.
#[derive(Debug, Clone)]
pub struct Salience {
    level: f32,
    mean: f32,
}

/// The surest hop of late is forgotten by this factor a hop.
const FORGET: f32 = 0.998;
/// How fast the mean follows: two seconds.
const FOLLOW: f32 = 0.005;
/// The front end is never less sure of beats than this.
const UNSURE: f32 = 0.05;
/// A hop that is this share of the surest one is neither a beat nor none.
const NEUTRAL: f32 = 0.25;
/// What the whole of the scale is worth, nats.
const SLOPE: f32 = 4.0;

impl Default for Salience {
    fn default() -> Self {
        Self { level: UNSURE, mean: UNSURE }
    }
}

impl Salience {
    /// How sure the front end was of its surest beat of late, 0 to 1.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// How far its surest beat of late stands above what it says of any hop, nats: high where it hears beats and what is between
    /// them, low in noise.
    pub fn contrast(&self) -> f32 {
        math::ln(self.level / self.mean.max(1e-4))
    }

    /// The evidence of a hop that is a beat with probability `beat`.
    pub fn evidence(&mut self, beat: f32) -> f32 {
        self.level = (self.level * FORGET).max(beat).max(UNSURE);
        self.mean += FOLLOW * (beat - self.mean);
        SLOPE * (beat / self.level - NEUTRAL)
    }
}
