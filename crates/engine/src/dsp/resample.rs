//! Another sample rate: band-limited interpolation by a windowed sinc (Smith and Gossett 1984, "A flexible sampling-rate conversion method").

use kmidi_kernels::ShapeError;
use kmidi_kernels::precise;

/// Zero crossings of the sinc at each side: with these the level stays within 0.1 dB up to 19 kHz of sound at 44.1 kHz.
pub(crate) const PRECISE: f64 = 16.0;
/// With these within 0.6 dB up to 17 kHz, for four tenths of the work.
pub(crate) const QUICK: f64 = 6.0;
/// The share of the lower rate's band that passes.
const PASS: f64 = 0.95;
/// The most tables of weights; where the rates' ratio has more, the nearest serves.
const MOST_PHASES: usize = 1024;
/// Products are summed in this many lanes, so that they can be computed side by side.
const LANES: usize = 8;

/// Samples at one rate into samples at another, as they come.
#[derive(Debug, Clone)]
pub(crate) struct Resampler {
    /// Input samples and output samples in the same time, without a common divisor.
    ratio: (u64, u64),
    /// `phases` rows of `taps` weights; none where the rates are equal.
    weights: Box<[f64]>,
    phases: usize,
    taps: usize,
    /// The latest samples, twice as many as `taps`, written twice, so that they are always one slice.
    past: Box<[f64]>,
    at: usize,
    /// How many samples came, and when the next output is due: input samples and a part, in parts of the ratio's second number.
    came: u64,
    due: (u64, u64),
    /// How many of the latest samples were exactly zero, up to `taps`.
    zeros: usize,
}

impl Resampler {
    /// From one rate to another, by a sinc of so many zero crossings at each side.
    pub(crate) fn new(from: u32, to: u32, crossings: f64) -> Result<Self, ShapeError> {
        if !(4_000..=768_000).contains(&from) || to == 0 {
            let rule = "from 4000 to 768000";
            return Err(ShapeError::Size { what: "sample rate", rule, found: from as usize });
        }
        let divisor = gcd(from.into(), to.into());
        let ratio = (u64::from(from) / divisor, u64::from(to) / divisor);
        if ratio == (1, 1) {
            return Ok(Self {
                ratio,
                weights: [].into(),
                phases: 0,
                taps: 0,
                past: [].into(),
                at: 0,
                came: 0,
                due: (0, 0),
                zeros: 0,
            });
        }
        let cutoff = PASS * f64::min(1.0, f64::from(to) / f64::from(from));
        let half = crossings / cutoff;
        let taps = (2 * half as usize + 2).next_multiple_of(LANES);
        let phases = (ratio.1 as usize).min(MOST_PHASES);
        let mut weights = Vec::with_capacity(phases * taps);
        for phase in 0..phases {
            // The output lies this far after the sample in the middle.
            let offset = phase as f64 / phases as f64;
            let row = weights.len();
            weights.extend((0..taps).map(|tap| {
                let distance = tap as f64 - (taps / 2 - 1) as f64 - offset;
                let inside = distance.abs() < half;
                let window = 0.5 + 0.5 * precise::cos(core::f64::consts::PI * distance / half);
                if inside { cutoff * sinc(cutoff * distance) * window } else { 0.0 }
            }));
            // A constant stays what it is.
            let sum: f64 = weights[row..].iter().sum();
            weights[row..].iter_mut().for_each(|weight| *weight /= sum);
        }
        let due = (taps as u64 / 2 + 1, 0);
        Ok(Self {
            ratio,
            weights: weights.into(),
            phases,
            taps,
            past: vec![0.0; 4 * taps].into(),
            at: 0,
            came: 0,
            due,
            zeros: taps,
        })
    }

    /// Are the rates equal, so that samples go through as they are?
    pub(crate) fn is_idle(&self) -> bool {
        self.taps == 0
    }

    /// Takes a sample, and tells those that it completes. The output begins with the input; it comes half the filter later.
    pub(crate) fn push(&mut self, sample: f64, mut tell: impl FnMut(f64)) {
        if self.taps == 0 {
            return tell(sample);
        }
        let kept = 2 * self.taps;
        self.past[self.at] = sample;
        self.past[self.at + kept] = sample;
        self.at = if self.at + 1 == kept { 0 } else { self.at + 1 };
        self.zeros = if sample == 0.0 { (self.zeros + 1).min(self.taps) } else { 0 };
        self.came += 1;
        while self.due.0 == self.came {
            let phase = self.due.1 as usize * self.phases / self.ratio.1 as usize;
            let weights = &self.weights[phase * self.taps..][..self.taps];
            let past = &self.past[self.at + kept - self.taps..][..self.taps];
            tell(if self.zeros == self.taps { 0.0 } else { dot(past, weights) });
            self.due.1 += self.ratio.0;
            self.due.0 += self.due.1 / self.ratio.1;
            self.due.1 %= self.ratio.1;
        }
    }

    /// Tells the next `count` samples as if the last one that came went on, and forgets that it told them. No more than half the filter
    /// can be told so.
    pub(crate) fn ahead(&mut self, count: u64, mut tell: impl FnMut(f64)) {
        if self.taps == 0 {
            return;
        }
        let (at, came, due, zeros) = (self.at, self.came, self.due, self.zeros);
        let kept = 2 * self.taps;
        let last = self.past[self.at + kept - 1];
        let mut left = count;
        for _ in 0..=self.taps / 2 {
            self.push(last, |sample| {
                if left > 0 {
                    left -= 1;
                    tell(sample);
                }
            });
        }
        // What was written lies where the oldest samples are, which no filter reaches.
        (self.at, self.came, self.due, self.zeros) = (at, came, due, zeros);
    }

    /// Forgets all that came.
    pub(crate) fn reset(&mut self) {
        self.past.fill(0.0);
        (self.at, self.came, self.zeros) = (0, 0, self.taps);
        self.due = (self.taps as u64 / 2 + 1, 0);
    }
}

/// The sum of products, in [`LANES`] sums of its own; the lengths are equal and multiples of that.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    let angle = core::f64::consts::PI * x;
    if angle.abs() < 1e-9 { 1.0 } else { precise::sin(angle) / angle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_is_the_same_sine_at_another_rate_and_what_lies_above_is_gone() {
        for (from, to) in
            [(48_000, 22_050), (44_100, 22_050), (11_025, 22_050), (8_000, 22_050), (192_000, 22_050)]
        {
            let told = |hertz: f64| {
                let mut resampler = Resampler::new(from, to, PRECISE).unwrap();
                let mut told = Vec::new();
                for n in 0..from / 4 {
                    let angle = core::f64::consts::TAU * hertz * f64::from(n) / f64::from(from);
                    resampler.push(precise::sin(angle), |sample| told.push(sample));
                }
                told
            };
            let slow = told(1000.0);
            let expected = f64::from(to) / 4.0;
            assert!((slow.len() as f64 - expected).abs() < 60.0, "{from}: {}", slow.len());
            for (n, &sample) in slow.iter().enumerate().skip(200) {
                let right = precise::sin(core::f64::consts::TAU * 1000.0 * n as f64 / f64::from(to));
                assert!((sample - right).abs() < 2e-3, "{from}: {n} {sample} {right}");
            }
            if from > 30_000 {
                assert!(told(14_000.0).iter().skip(200).all(|sample| sample.abs() < 2e-3), "{from}");
            }
        }
    }

    #[test]
    fn what_is_told_ahead_is_near_what_comes_and_leaves_no_trace() {
        for from in [8_000, 44_100, 96_000, 192_000] {
            let sine = |n: u32| precise::sin(core::f64::consts::TAU * 300.0 * f64::from(n) / f64::from(from));
            let (mut plain, mut looking) = (
                Resampler::new(from, 48_000, PRECISE).unwrap(),
                Resampler::new(from, 48_000, PRECISE).unwrap(),
            );
            let (mut told, mut again, mut ahead) = (Vec::new(), Vec::new(), Vec::new());
            for n in 0..from / 10 {
                plain.push(sine(n), |sample| told.push(sample));
                looking.push(sine(n), |sample| again.push(sample));
                if n % 100 == 99 {
                    let from = again.len();
                    looking.ahead(12, |sample| ahead.push((from + ahead.len() % 12, sample)));
                }
            }
            assert_eq!(told, again, "{from}");
            assert!(ahead.len() >= 12 * 7, "{from}: {}", ahead.len());
            let seen = ahead.iter().filter(|(at, _)| *at > 200 && *at < told.len());
            seen.for_each(|(at, sample)| assert!((told[*at] - sample).abs() < 0.06, "{from}: {at}"));
        }
    }

    #[test]
    fn equal_rates_change_nothing_and_odd_rates_are_taken() {
        let mut same = Resampler::new(22_050, 22_050, QUICK).unwrap();
        let mut told = Vec::new();
        (0..5).for_each(|n| same.push(f64::from(n), |sample| told.push(sample)));
        assert_eq!(told, [0.0, 1.0, 2.0, 3.0, 4.0]);
        let mut odd = Resampler::new(47_999, 22_050, PRECISE).unwrap();
        let mut last = 0.0;
        (0..9000).for_each(|_| odd.push(1.0, |sample| last = sample));
        assert!((last - 1.0).abs() < 1e-9, "{last}");
        assert!(Resampler::new(100, 22_050, QUICK).is_err());
    }
}
