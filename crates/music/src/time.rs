//! Units of time, one type each, so that frames are never added to ticks.

use core::ops::{Add, Sub};

/// Audio frames since the start of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Frames(pub u64);

/// Seconds since the start of the stream or file.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Seconds(pub f64);

/// MIDI ticks since the start of the piece; how many make a quarter note is the song's `ppq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ticks(pub u64);

/// Quarter notes since the start of the piece.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Beats(pub f64);

/// Quarter notes a minute.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bpm(pub f64);

impl Frames {
    /// When this frame sounds, at `sample_rate` frames a second.
    pub fn seconds(self, sample_rate: u32) -> Seconds {
        Seconds(self.0 as f64 / f64::from(sample_rate))
    }
}

impl Seconds {
    /// The nearest frame at `sample_rate`; negative times give frame 0.
    pub fn frames(self, sample_rate: u32) -> Frames {
        Frames(libm::round(self.0 * f64::from(sample_rate)).max(0.0) as u64)
    }
}

impl Bpm {
    /// Seconds that a quarter note lasts.
    pub fn seconds_per_beat(self) -> f64 {
        60.0 / self.0
    }
}

impl Ticks {
    /// Quarter notes, at `ppq` ticks each.
    pub fn beats(self, ppq: u16) -> Beats {
        Beats(self.0 as f64 / f64::from(ppq))
    }
}

impl Beats {
    /// The nearest tick, at `ppq` ticks a quarter; negative positions give tick 0.
    pub fn ticks(self, ppq: u16) -> Ticks {
        Ticks(libm::round(self.0 * f64::from(ppq)).max(0.0) as u64)
    }
}

impl Add for Ticks {
    type Output = Ticks;
    fn add(self, other: Ticks) -> Ticks {
        Ticks(self.0 + other.0)
    }
}

impl Sub for Ticks {
    type Output = Ticks;
    /// The distance; 0 when `other` is later.
    fn sub(self, other: Ticks) -> Ticks {
        Ticks(self.0.saturating_sub(other.0))
    }
}

impl Add<u64> for Frames {
    type Output = Frames;
    fn add(self, frames: u64) -> Frames {
        Frames(self.0 + frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert_and_clamp() {
        assert_eq!(Frames(24_000).seconds(48_000), Seconds(0.5));
        assert_eq!(Seconds(0.5).frames(44_100), Frames(22_050));
        assert_eq!(Seconds(-1.0).frames(44_100), Frames(0));
        assert_eq!(Beats(1.5).ticks(960), Ticks(1_440));
        assert_eq!(Ticks(720).beats(480), Beats(1.5));
        assert_eq!(Ticks(3) - Ticks(5), Ticks(0));
    }
}
