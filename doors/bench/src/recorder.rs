//! Every call is kept: in a histogram, as windows over time, and the worst by name. No memory is taken while recording.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest time that is told apart: a minute.
const LONGEST_NS: u64 = 60_000_000_000;
/// Windows of the course over time.
const WINDOWS: usize = 300;
/// How many of the slowest calls are remembered.
const WORST: usize = 10;
/// How many samples each percentile needs before it is more than a guess: ten beyond it.
const NEEDED: [(f64, u64); 4] = [(0.95, 20), (0.99, 100), (0.999, 1_000), (0.999_9, 10_000)];

/// Times of calls, in nanoseconds.
#[derive(Debug)]
pub(crate) struct Recorder {
    histogram: Histogram<u64>,
    sum: f64,
    count: u64,
    worst: Vec<(u64, u64)>,
    windows: Vec<u64>,
    window: u64,
}

/// What was recorded. Percentiles are nearest-rank over every call, to three digits; `None` where too few calls carry one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Calls.
    pub(crate) samples: u64,
    pub(crate) mean: Option<f64>,
    pub(crate) median: Option<f64>,
    pub(crate) p95: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) p999: Option<f64>,
    pub(crate) p9999: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Recorder {
    /// For about `calls` calls; more are recorded as well.
    pub(crate) fn new(calls: usize) -> Result<Self, String> {
        let histogram = Histogram::new_with_bounds(1, LONGEST_NS, 3).map_err(|error| error.to_string())?;
        let window = calls.div_ceil(WINDOWS).max(1) as u64;
        Ok(Self {
            histogram,
            sum: 0.0,
            count: 0,
            worst: Vec::with_capacity(WORST + 1),
            windows: vec![0; WINDOWS],
            window,
        })
    }

    /// Takes one call.
    pub(crate) fn record(&mut self, ns: u64) {
        self.histogram.saturating_record(ns);
        self.sum += ns as f64;
        let at = (self.count / self.window).min(WINDOWS as u64 - 1) as usize;
        self.windows[at] = self.windows[at].max(ns);
        if self.worst.len() < WORST || self.worst.last().is_some_and(|(least, _)| ns > *least) {
            let place = self.worst.partition_point(|(other, _)| *other >= ns);
            self.worst.insert(place, (ns, self.count));
            self.worst.truncate(WORST);
        }
        self.count += 1;
    }

    /// The figures so far.
    pub(crate) fn figures(&self) -> Figures {
        let samples = self.histogram.len();
        let some = |value: f64| (self.count > 0).then_some((value * 10.0).round() / 10.0);
        let percentile = |(share, needed): (f64, u64)| {
            (samples >= needed).then(|| self.histogram.value_at_quantile(share) as f64)
        };
        Figures {
            samples,
            mean: some(self.sum / self.count.max(1) as f64),
            median: (samples > 0).then(|| self.histogram.value_at_quantile(0.5) as f64),
            p95: percentile(NEEDED[0]),
            p99: percentile(NEEDED[1]),
            p999: percentile(NEEDED[2]),
            p9999: percentile(NEEDED[3]),
            min: some(self.histogram.min() as f64),
            max: some(self.worst.first().map_or(0, |(ns, _)| *ns) as f64),
        }
    }

    /// The curve of percentiles: how many nines (0 the median's half, 1 for 90 %, 2 for 99 %), and the time.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let samples = self.histogram.len() as f64;
        let nines =
            (0..).map(|step| f64::from(step) * 0.1).take_while(|nines| 10_f64.powf(*nines) <= samples);
        nines
            .map(|nines| {
                let share = 1.0 - 10_f64.powf(-nines);
                ((nines * 10.0).round() / 10.0, self.histogram.value_at_quantile(share) as f64)
            })
            .collect()
    }

    /// The longest call of each window in turn.
    pub(crate) fn course(&self) -> Vec<u64> {
        let used = self.count.div_ceil(self.window).min(WINDOWS as u64) as usize;
        self.windows[..used].to_vec()
    }

    /// The slowest calls: nanoseconds and number, the slowest first.
    pub(crate) fn worst(&self) -> &[(u64, u64)] {
        &self.worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(values: impl IntoIterator<Item = u64>) -> Recorder {
        let mut recorder = Recorder::new(1_000).expect("bounds");
        values.into_iter().for_each(|value| recorder.record(value));
        recorder
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let figures = recorded((1..=1_000).rev()).figures();
        assert_eq!(figures.median, Some(500.0));
        assert_eq!(figures.p95, Some(950.0));
        assert_eq!(figures.p99, Some(990.0));
        assert_eq!(figures.p999, Some(999.0));
        assert_eq!((figures.min, figures.max, figures.mean), (Some(1.0), Some(1_000.0), Some(500.5)));
    }

    #[test]
    fn too_few_calls_carry_no_tail() {
        let figures = recorded(1..=500).figures();
        assert!(figures.p99.is_some() && figures.p999.is_none() && figures.p9999.is_none());
        assert_eq!(recorded([]).figures(), Figures::default());
    }

    #[test]
    fn the_worst_are_remembered_by_number() {
        let recorder = recorded((0..2_000).map(|n| if n == 777 { 90 } else { n % 7 }));
        assert_eq!(recorder.worst()[0], (90, 777));
        assert_eq!(recorder.worst().len(), WORST);
        assert_eq!(recorder.course().iter().filter(|&&ns| ns == 90).count(), 1);
    }
}
