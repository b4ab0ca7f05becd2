//! What an evaluation over labelled records found: figures, their spread, baselines, calibration, answers.

use crate::dice::{Dice, Stream};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a task found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// How many pieces there were.
    pub pieces: usize,
    /// What an item is, in the plural: `chords`, `notes`.
    pub unit: &'static str,
    /// How many were asked.
    pub items: usize,
    /// The figures by name.
    pub metrics: BTreeMap<&'static str, f64>,
    /// Where a figure lies in 95 of 100 draws of as many pieces, for those figures that are worth it.
    pub intervals: BTreeMap<&'static str, (f64, f64)>,
    /// The same figures of simple systems on the same items.
    pub baselines: BTreeMap<&'static str, BTreeMap<&'static str, f64>>,
    /// How often answers of each confidence are right.
    pub calibration: Vec<Bin>,
    /// What was answered, item by item.
    pub predictions: Vec<Prediction>,
}

/// Answers given with a confidence from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// The least confidence.
    pub from: f32,
    /// The most.
    pub to: f32,
    /// How many answers there are.
    pub answers: usize,
    /// Their mean confidence.
    pub said: f64,
    /// The share of them that is right.
    pub right: f64,
}

/// Answers by confidence, in tenths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calibration([(usize, usize, f64); 10]);

/// How far confidence is from the share that is right: the mean distance of the two over bins, each bin weighing as many answers as it has (Naeini, Cooper and
/// Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning": the expected calibration error). `None` without answers.
#[must_use]
pub fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let answers: usize = bins.iter().map(|bin| bin.answers).sum();
    let apart: f64 = bins.iter().map(|bin| bin.answers as f64 * (bin.said - bin.right).abs()).sum();
    (answers > 0).then(|| apart / answers as f64)
}

impl Calibration {
    pub(crate) fn add(&mut self, confidence: f32, right: bool) {
        let bin = &mut self.0[((confidence * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += usize::from(right);
        bin.2 += f64::from(confidence);
    }

    pub(crate) fn bins(&self) -> Vec<Bin> {
        let bin = |(n, &(answers, right, said)): (usize, &(usize, usize, f64))| Bin {
            from: n as f32 / 10.0,
            to: (n + 1) as f32 / 10.0,
            answers,
            said: said / answers.max(1) as f64,
            right: right as f64 / answers.max(1) as f64,
        };
        self.0.iter().enumerate().map(bin).filter(|bin| bin.answers > 0).collect()
    }
}

/// One answer, as a line of `--predictions`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The piece.
    pub id: String,
    /// The item's place in it, from 0.
    pub index: usize,
    /// What was answered; `null` where the system was not sure.
    pub answer: Option<String>,
    /// The probability that the system gave to the truth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prob_of_truth: Option<f32>,
    /// The best answers with their probabilities.
    pub top: Vec<(String, f32)>,
}

/// Counts of right answers by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    right: BTreeMap<&'static str, f64>,
}

impl Tally {
    pub(crate) fn add(&mut self, name: &'static str, value: f64) {
        *self.right.entry(name).or_default() += value;
    }

    pub(crate) fn of(&self, items: usize) -> BTreeMap<&'static str, f64> {
        self.right.iter().map(|(&name, &sum)| (name, sum / items.max(1) as f64)).collect()
    }
}

/// Draws of pieces for an interval.
const DRAWS: usize = 1000;

/// Where the pooled ratio of pieces, each a part and a whole, lies in 95 of 100 draws of as many pieces: the percentile bootstrap of
/// Efron (1979), over pieces because items of one piece are alike. The seed is fixed.
pub(crate) fn interval(pieces: &[(f64, f64)]) -> (f64, f64) {
    let mut dice = Dice::new(1, Stream::Pieces, 0);
    let draw = |dice: &mut Dice| {
        let drawn = pieces.iter().map(|_| pieces[dice.below(pieces.len() as u32) as usize]);
        let (part, whole) = drawn.fold((0.0, 0.0), |sum, piece| (sum.0 + piece.0, sum.1 + piece.1));
        part / f64::max(whole, 1e-9)
    };
    if pieces.is_empty() {
        return (0.0, 0.0);
    }
    let mut draws: Vec<f64> = (0..DRAWS).map(|_| draw(&mut dice)).collect();
    draws.sort_by(f64::total_cmp);
    (draws[DRAWS / 40], draws[DRAWS - 1 - DRAWS / 40])
}

/// Pearson's correlation of pairs; 0 where one of the two does not vary.
pub(crate) fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let mean =
        |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len().max(1) as f64;
    let (a, b) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
    let (va, vb) = (mean(&|p| (p.0 - a) * (p.0 - a)), mean(&|p| (p.1 - b) * (p.1 - b)));
    let both = mean(&|pair| (pair.0 - a) * (pair.1 - b));
    if va > 1e-9 && vb > 1e-9 { both / libm::sqrt(va * vb) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_that_is_kept_is_no_error() {
        let error = |confidence: f32, right: usize| {
            let mut calibration = Calibration::default();
            (0..100).for_each(|n| calibration.add(confidence, n < right));
            calibration_error(&calibration.bins()).unwrap()
        };
        assert!(error(0.8, 80) < 1e-6 && (error(0.95, 45) - 0.5).abs() < 1e-6);
        assert_eq!(calibration_error(&[]), None);
    }

    #[test]
    fn an_interval_holds_the_figure_and_shrinks_with_pieces() {
        let pieces = |n: usize| -> Vec<(f64, f64)> {
            (0..n).map(|k| (f64::from(u8::from(k % 4 == 0)) * 10.0, 10.0)).collect()
        };
        let width = |n: usize| {
            let (low, high) = interval(&pieces(n));
            assert!(low < 0.25 && 0.25 < high, "{n}: {low} {high}");
            high - low
        };
        assert!(width(1600) < width(100) / 3.0);
        assert_eq!(interval(&[(3.0, 4.0)]), (0.75, 0.75));
        assert_eq!(interval(&[]), (0.0, 0.0));
    }
}
