//! The hop: 10 ms, whatever the sample rate and the block size.

/// Hops a second.
pub(crate) const PER_SECOND: u64 = 100;
/// How long a hop is, seconds.
pub const HOP_SECONDS: f64 = 1.0 / PER_SECOND as f64;

/// Where in the stream the engine is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    sample_rate: u32,
    /// Hops completed.
    hop: u64,
}

impl Clock {
    pub(crate) fn new(sample_rate: u32) -> Self {
        Self { sample_rate, hop: 0 }
    }

    pub(crate) fn reset(&mut self) {
        self.hop = 0;
    }

    /// The number of the hop that was completed last, counted from 1.
    pub(crate) fn hop(&self) -> u64 {
        self.hop
    }

    /// The frame at which the next hop is complete. Hop `k` ends at frame `floor(k * rate / 100)`, so that rates which
    /// are no multiple of 100 do not drift.
    pub(crate) fn next(&self) -> u64 {
        (self.hop + 1) * u64::from(self.sample_rate) / PER_SECOND
    }

    pub(crate) fn advance(&mut self) {
        self.hop += 1;
    }

    /// The frame at which the last hop ended.
    pub(crate) fn now(&self) -> u64 {
        self.hop * u64::from(self.sample_rate) / PER_SECOND
    }

    /// `frame` in seconds.
    pub(crate) fn seconds(&self, frame: u64) -> f64 {
        frame as f64 / f64::from(self.sample_rate)
    }

    /// `seconds` in frames.
    pub(crate) fn frames(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.sample_rate)).round() as u64
    }

    /// The frame that lies `seconds` before the end of the last hop, not before the start of the stream.
    pub(crate) fn frame_before_hop(&self, seconds: f64) -> u64 {
        self.now().saturating_sub(self.frames(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_do_not_drift_at_any_rate() {
        let mut clock = Clock::new(22_050);
        let mut ends = Vec::new();
        for _ in 0..100 {
            ends.push(clock.next());
            clock.advance();
        }
        assert_eq!((ends[0], ends[1], ends[99]), (220, 441, 22_050));
        assert_eq!((clock.hop(), clock.frame_before_hop(0.1), clock.frame_before_hop(9.0)), (100, 19_845, 0));
    }
}
