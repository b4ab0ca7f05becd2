//! Six histograms of a lead sheet, and how far two sets of them are apart.

use super::Sheet;
use std::collections::BTreeMap;

/// How many histograms are taken.
pub const KINDS: usize = 6;
/// What each is called.
pub const NAMES: [&str; KINDS] =
    ["pitch_class", "interval", "inter_onset", "length", "chords", "self_similarity"];
/// Their bins.
const BINS: [usize; KINDS] = [12, 25, 33, 33, 576, LAGS.len() * LIKE];
/// Bars of these distances are compared with each other.
const LAGS: [u32; 5] = [1, 2, 4, 8, 16];
/// Classes of likeness: fifths.
const LIKE: usize = 5;

/// Counts of pitch classes above the tonic; of intervals of an octave down to an octave up; of steps between onsets, up to 32 16ths; of lengths, 1 to 32 16ths; of pairs of
/// neighbouring chords that differ, as root above the tonic and minor or not; of pairs of bars 1, 2, 4, 8 and 16 bars apart, by
/// the share of notes (16th and pitch) that both have among those that either has.
#[derive(Debug, Clone, PartialEq)]
pub struct Histograms([Vec<f64>; KINDS]);

impl Default for Histograms {
    fn default() -> Self {
        Self(BINS.map(|bins| vec![0.0; bins]))
    }
}

impl Histograms {
    /// Of one lead sheet.
    #[must_use]
    pub fn of(sheet: &Sheet) -> Self {
        let mut counts = Self::default();
        let mut count = |which: usize, bin: usize| counts.0[which][bin.min(BINS[which] - 1)] += 1.0;
        let class = |x: f64| libm::round(x).max(0.0) as usize;
        for &(_, duration, pitch) in &sheet.melody {
            count(0, kmidi_music::PitchClass::new(i32::from(pitch)).above(sheet.tonic).into());
            count(3, class(4.0 * duration).max(1));
        }
        for pair in sheet.melody.windows(2) {
            let interval = (i32::from(pair[1].2) - i32::from(pair[0].2)).clamp(-12, 12) + 12;
            count(1, interval as usize);
            count(2, class(4.0 * (pair[1].0 - pair[0].0)));
        }
        let chord = |c: &super::Change| 2 * usize::from(c.root.above(sheet.tonic)) + usize::from(c.minor);
        for pair in sheet.chords.windows(2).filter(|pair| chord(&pair[0]) != chord(&pair[1])) {
            count(4, 24 * chord(&pair[0]) + chord(&pair[1]));
        }
        let mut bars = BTreeMap::<usize, Vec<(usize, u8)>>::new();
        for &(onset, _, pitch) in &sheet.melody {
            let step = class(4.0 * onset);
            bars.entry(step / 16).or_default().push((step % 16, pitch));
        }
        bars.values_mut().for_each(|bar| {
            bar.sort_unstable();
            bar.dedup();
        });
        for (&at, bar) in &bars {
            for (k, lag) in LAGS.into_iter().enumerate() {
                let Some(other) = bars.get(&(at + lag as usize)) else { continue };
                let both = bar.iter().filter(|note| other.contains(note)).count();
                let either = bar.len() + other.len() - both;
                count(5, LIKE * k + (LIKE * both / either).min(LIKE - 1));
            }
        }
        counts
    }

    /// With the counts of another.
    pub fn add(&mut self, other: &Self) {
        for (to, from) in self.0.iter_mut().zip(&other.0) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }
}

/// The Jensen-Shannon distance of two histograms, 0 to 1: 1 where one of the two is empty.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let (of_a, of_b) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    if of_a == 0.0 || of_b == 0.0 {
        return 1.0;
    }
    let part = |x: f64, mean: f64| if x > 0.0 { x * libm::log2(x / mean) } else { 0.0 };
    let sum: f64 = a
        .iter()
        .zip(b)
        .map(|(x, y)| {
            let (x, y) = (x / of_a, y / of_b);
            part(x, (x + y) / 2.0) + part(y, (x + y) / 2.0)
        })
        .sum();
    libm::sqrt((sum / 2.0).max(0.0))
}

/// The distances between all that is in one set and all that is in another.
#[must_use]
pub fn pooled(songs: &[Histograms], pieces: &[Histograms]) -> [f64; KINDS] {
    let all = |set: &[Histograms]| {
        let mut all = Histograms::default();
        set.iter().for_each(|of| all.add(of));
        all
    };
    let (songs, pieces) = (all(songs), all(pieces));
    core::array::from_fn(|k| distance(&songs.0[k], &pieces.0[k]))
}

/// The energy distances of two sets: twice the mean distance between a song and a piece, less the mean distance between two songs, less that
/// between two pieces. 0 for sets from one source, on average; a song or piece without notes of a kind is left out of that kind.
#[must_use]
pub fn energy(songs: &[Histograms], pieces: &[Histograms]) -> [f64; KINDS] {
    core::array::from_fn(|k| {
        let some = |set: &'_ [Histograms]| -> Vec<Vec<f64>> {
            set.iter().map(|of| of.0[k].clone()).filter(|bins| bins.iter().sum::<f64>() > 0.0).collect()
        };
        let (songs, pieces) = (some(songs), some(pieces));
        let across = |a: &[Vec<f64>], b: &[Vec<f64>]| {
            let sum: f64 = a.iter().map(|x| b.iter().map(|y| distance(x, y)).sum::<f64>()).sum();
            sum / (a.len() * b.len()).max(1) as f64
        };
        // No song is paired with itself.
        let within = |a: &[Vec<f64>]| across(a, a) * a.len() as f64 / (a.len() as f64 - 1.0).max(1.0);
        2.0 * across(&songs, &pieces) - within(&songs) - within(&pieces)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::songs::{Change, intent, others};
    use kmidi_music::PitchClass;

    /// Four bars of quarters from the pitches, over two chords.
    fn sheet(pitches: [u8; 4]) -> Sheet {
        let note = |k: usize| (k as f64, 1.0, pitches[k % 4]);
        let chord = |onset, root, minor| Change { onset, duration: 8.0, root: PitchClass::new(root), minor };
        Sheet {
            id: "a".into(),
            tonic: PitchClass::new(2),
            minor: false,
            melody: (0..16).map(note).collect(),
            chords: vec![chord(0.0, 2, false), chord(8.0, 11, true)],
        }
    }

    #[test]
    fn counts_are_those_worked_out_by_hand() {
        let found = Histograms::of(&sheet([62, 64, 66, 62]));
        assert_eq!((found.0[0][0], found.0[0][2], found.0[0][4]), (8.0, 4.0, 4.0));
        assert_eq!((found.0[1][14], found.0[1][8], found.0[1][12]), (8.0, 4.0, 3.0));
        assert_eq!((found.0[2][4], found.0[3][4]), (15.0, 16.0));
        // I to vi: major on 0, then minor on 9.
        assert_eq!(found.0[4][2 * 9 + 1], 1.0);
        // All bars are alike: three pairs one bar apart, two two bars apart.
        assert_eq!((found.0[5][4], found.0[5][9], found.0[5].iter().sum::<f64>()), (3.0, 2.0, 5.0));
    }

    #[test]
    fn distances_are_those_of_the_definition() {
        assert_eq!(distance(&[2.0, 0.0], &[1.0, 0.0]), 0.0);
        assert_eq!(distance(&[1.0, 0.0], &[0.0, 3.0]), 1.0);
        // p = (1, 0), q = (1/2, 1/2), m = (3/4, 1/4): (log2(4/3) + log2(2/3)/2 + 1/2) / 2.
        let half = (libm::log2(4.0 / 3.0) + 0.5 * libm::log2(2.0 / 3.0) + 0.5) / 2.0;
        assert!((distance(&[1.0, 0.0], &[1.0, 1.0]) - libm::sqrt(half)).abs() < 1e-12);
    }

    #[test]
    fn noise_is_farther_than_another_half_of_the_same() {
        // Pieces of two kinds, and the same with their notes in another order.
        let sheets: Vec<Sheet> = (0..12).map(|k| sheet([62, 64, 66 + k % 3, 62 + k % 5])).collect();
        let of = |sheets: &[Sheet]| -> Vec<Histograms> { sheets.iter().map(Histograms::of).collect() };
        let noise = of(&others::shuffled(&sheets, 12));
        let (a, b) = (of(&sheets[..6]), of(&sheets[6..]));
        assert!(pooled(&a, &b)[1] < pooled(&a, &noise)[1] && pooled(&a, &b)[5] < pooled(&a, &noise)[5]);
        assert!(energy(&a, &b)[1] < energy(&a, &noise)[1]);
    }

    #[test]
    fn feelings_are_spread_over_the_plane() {
        let mut quadrants = [0; 4];
        for number in 0..80 {
            quadrants[usize::from(intent(number).affect_at(0.0).quadrant()) - 1] += 1;
        }
        assert!(quadrants.iter().all(|count| (18..=22).contains(count)), "{quadrants:?}");
    }

    #[test]
    fn chains_say_what_was_counted() {
        // Every tune goes round the same four notes: so does the chain, wherever it begins.
        let sheets = [sheet([62, 64, 66, 62])];
        for keyed in [false, true] {
            let song = &others::markov(&sheets, 1, keyed)[0];
            let intervals: Vec<i32> =
                song.melody.windows(2).map(|p| i32::from(p[1].2) - i32::from(p[0].2)).collect();
            let known = intervals.iter().filter(|i| [2, -4, 0].contains(i)).count();
            assert!(10 * known > 8 * intervals.len() && song.melody.iter().all(|n| n.1 == 1.0), "{keyed}");
        }
    }
}
