//! The sound of late at one sample rate, whatever the rate it comes at.

use super::history::{History, Place};
use super::resample::{QUICK, Resampler};
use crate::hops::PER_SECOND;
use kmidi_kernels::ShapeError;

/// Samples a second of what the engine looks at: other rates are brought to it, so that the same sound looks the same.
pub(crate) const RATE: u32 = 48_000;
const HOP: u64 = RATE as u64 / PER_SECOND;

/// Sound as it comes, and the latest of it at [`RATE`].
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    resampler: Resampler,
    history: History,
    /// How many samples at [`RATE`] there were.
    came: u64,
}

impl Stream {
    /// For sound at `sample_rate`, of which the latest `memory` samples at [`RATE`] are wanted.
    pub(crate) fn new(sample_rate: u32, memory: usize) -> Result<Self, ShapeError> {
        // No band that is looked at reaches beyond 17 kHz.
        let resampler = Resampler::new(sample_rate, RATE, QUICK)?;
        // Room for what is told ahead of its time.
        Ok(Self { resampler, history: History::new(memory + HOP as usize), came: 0 })
    }

    pub(crate) fn clear(&mut self) {
        self.resampler.reset();
        self.history.clear();
        self.came = 0;
    }

    pub(crate) fn push(&mut self, sample: f32) {
        let Self { resampler, history, came } = self;
        resampler.push(f64::from(sample), |sample| {
            history.push(sample as f32);
            *came += 1;
        });
    }

    /// Adds `count` samples of silence.
    pub(crate) fn push_silence(&mut self, count: usize) {
        if self.resampler.is_idle() {
            self.came += count as u64;
            return self.history.push_silence(count);
        }
        (0..count).for_each(|_| self.push(0.0));
    }

    /// The latest sound up to the end of hop number `hop`, which is now; `look` sees it. A filter that brings sound to another rate needs to
    /// know what follows: the last half of it (0.2 ms at 44.1 kHz, 1 ms at 8 kHz), of which no window makes much, is told as if the last sample went on.
    pub(crate) fn up_to<T>(&mut self, hop: u64, look: impl FnOnce(&History) -> T) -> T {
        let place: Place = self.history.place();
        let Self { resampler, history, came } = self;
        resampler.ahead((hop * HOP).saturating_sub(*came).min(HOP), |sample| history.push(sample as f32));
        let seen = look(history);
        self.history.back_to(place);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_kernels::math;

    #[test]
    fn the_same_sound_is_the_same_at_every_rate_to_the_end_of_the_hop() {
        let hertz = |n: u32| 220.0 * 1.7_f64.powi(n as i32);
        let sound = |t: f64| {
            (0..8).map(|n| 0.1 * math::sin((std::f64::consts::TAU * hertz(n) * t) as f32)).sum::<f32>()
        };
        let latest = |rate: u32, hop: u64| {
            let mut stream = Stream::new(rate, 2048).unwrap();
            (0..hop * u64::from(rate) / 100).for_each(|n| stream.push(sound(n as f64 / f64::from(rate))));
            stream.up_to(hop, |history| history.latest(2048).to_vec())
        };
        for hop in [5, 37] {
            let plain = latest(48_000, hop);
            for rate in [44_100, 88_200, 96_000, 192_000] {
                let other = latest(rate, hop);
                let off = |range: std::ops::Range<usize>| {
                    plain[range.clone()]
                        .iter()
                        .zip(&other[range])
                        .fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()))
                };
                // The last ones are told ahead.
                assert!(off(0..2036) < 1e-3, "{rate}: {}", off(0..2036));
                assert!(off(2036..2048) < 0.02, "{rate}: {}", off(2036..2048));
            }
        }
    }

    #[test]
    fn what_is_looked_at_keeps_its_level() {
        for rate in [44_100, 88_200, 96_000, 192_000] {
            for hertz in [1_000.0, 10_000.0, 16_000.0, 17_000.0] {
                let mut stream = Stream::new(rate, 2048).unwrap();
                let angle = |n: u32| (std::f64::consts::TAU * hertz * f64::from(n) / f64::from(rate)) as f32;
                (0..rate / 10).for_each(|n| stream.push(math::sin(angle(n) % std::f32::consts::TAU)));
                let power = stream
                    .up_to(10, |history| history.latest(2048)[..2000].iter().map(|s| s * s).sum::<f32>());
                let decibels = 10.0 * math::log10(power / 1000.0);
                assert!(decibels.abs() < 0.6, "{rate}: {hertz} Hz {decibels} dB");
            }
        }
    }

    #[test]
    fn silence_stays_silence() {
        for rate in [44_100, 48_000] {
            let mut stream = Stream::new(rate, 100).unwrap();
            stream.push(1.0);
            stream.push_silence(rate as usize / 100 * 3);
            assert!(stream.up_to(3, |history| history.is_silent(100)), "{rate}");
        }
    }
}
