//! Metre and tempo maps: from ticks to seconds and back.

use crate::ParseError;
use crate::time::{Bpm, Seconds, Ticks};
use alloc::{format, vec, vec::Vec};
use core::fmt;

/// A time signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Meter {
    /// Beats a bar as written, 1 to 64.
    pub numerator: u8,
    /// The note value that is counted: 1, 2, 4, 8, 16, 32 or 64.
    pub denominator: u8,
}

impl Meter {
    /// Common time.
    pub const COMMON: Self = Self { numerator: 4, denominator: 4 };

    /// A time signature, or `None` when the numerator is 0 or over 64, or the denominator is no power of two up to 64.
    pub fn new(numerator: u8, denominator: u8) -> Option<Self> {
        ((1..=64).contains(&numerator) && denominator.is_power_of_two() && denominator <= 64)
            .then_some(Self { numerator, denominator })
    }

    /// Ticks in a bar at `ppq` ticks a quarter note.
    pub fn bar(self, ppq: u16) -> Ticks {
        Ticks(u64::from(self.numerator) * 4 * u64::from(ppq) / u64::from(self.denominator))
    }

    /// Ticks in one felt beat: a dotted unit in compound metres (6/8, 9/8, 12/8), else the written unit.
    pub fn felt_beat(self, ppq: u16) -> Ticks {
        let unit = 4 * u64::from(ppq) / u64::from(self.denominator);
        Ticks(if self.is_compound() { 3 * unit } else { unit })
    }

    /// Felt beats in a bar: 2 in 6/8, 4 in 12/8, 7 in 7/8.
    pub fn felt_beats(self) -> u8 {
        if self.is_compound() { self.numerator / 3 } else { self.numerator }
    }

    /// Are the beats felt in threes (6/8, 9/8, 12/8)?
    pub fn is_compound(self) -> bool {
        self.denominator >= 8 && self.numerator > 3 && self.numerator.is_multiple_of(3)
    }
}

impl core::str::FromStr for Meter {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::new(0, format!("{text:?} is not a metre; write one as 4/4, 3/4 or 6/8"));
        let (n, d) = text.split_once('/').ok_or_else(wrong)?;
        let number = |t: &str| t.trim().parse::<u8>().map_err(|_| wrong());
        Meter::new(number(n)?, number(d)?).ok_or_else(wrong)
    }
}

impl fmt::Display for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// Tempo over time: each entry holds from its tick until the next.
///
/// Never empty, starts at tick 0, sorted, no two entries at one tick, every tempo finite and above 0.
#[derive(Debug, Clone, PartialEq)]
pub struct TempoMap {
    ppq: u16,
    /// (tick, microseconds a quarter note): the unit of the file format, so that reading and writing lose nothing.
    changes: Vec<(Ticks, u32)>,
}

impl TempoMap {
    /// One tempo throughout. `ppq` is ticks a quarter note; 0 is taken as 1.
    pub fn constant(ppq: u16, bpm: Bpm) -> Self {
        Self::from_micros(ppq, vec![(Ticks(0), micros(bpm))])
    }

    /// From (tick, microseconds a quarter note). Sorted here; of several at one tick the last counts; a missing start
    /// is 120 beats a minute, as the file format says; 0 microseconds counts as 1.
    pub fn from_micros(ppq: u16, mut changes: Vec<(Ticks, u32)>) -> Self {
        changes.sort_by_key(|c| c.0);
        let mut kept: Vec<(Ticks, u32)> = Vec::with_capacity(changes.len() + 1);
        kept.push((Ticks(0), 500_000));
        for (tick, micros) in changes {
            if kept.last().is_some_and(|last| last.0 == tick) {
                kept.pop();
            }
            kept.push((tick, micros.max(1)));
        }
        Self { ppq: ppq.max(1), changes: kept }
    }

    /// Ticks a quarter note.
    pub fn ppq(&self) -> u16 {
        self.ppq
    }

    /// The entries: (tick, microseconds a quarter note).
    pub fn changes(&self) -> &[(Ticks, u32)] {
        &self.changes
    }

    /// The tempo in force at `tick`.
    pub fn at(&self, tick: Ticks) -> Bpm {
        let i = self.changes.partition_point(|c| c.0 <= tick);
        Bpm(60e6 / f64::from(self.changes[i - 1].1))
    }

    /// When `tick` sounds.
    pub fn seconds(&self, tick: Ticks) -> Seconds {
        let mut total = 0.0;
        for (i, &(start, micros)) in self.changes.iter().enumerate() {
            if start >= tick {
                break;
            }
            let end = self.changes.get(i + 1).map_or(tick, |next| next.0.min(tick));
            total += (end.0 - start.0) as f64 * f64::from(micros);
        }
        Seconds(total / f64::from(self.ppq) * 1e-6)
    }

    /// All of `ticks` (ascending) in seconds, in one walk.
    pub fn seconds_of(&self, ticks: impl IntoIterator<Item = Ticks>) -> Vec<Seconds> {
        let (mut i, mut base) = (0, 0.0);
        let scale = 1e-6 / f64::from(self.ppq);
        ticks
            .into_iter()
            .map(|tick| {
                while i + 1 < self.changes.len() && self.changes[i + 1].0 <= tick {
                    base +=
                        (self.changes[i + 1].0.0 - self.changes[i].0.0) as f64 * f64::from(self.changes[i].1);
                    i += 1;
                }
                Seconds((base + (tick - self.changes[i].0).0 as f64 * f64::from(self.changes[i].1)) * scale)
            })
            .collect()
    }
}

fn micros(bpm: Bpm) -> u32 {
    libm::round(60e6 / bpm.0).clamp(1.0, 16_777_215.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_follow_the_changes() {
        let map = TempoMap::from_micros(
            480,
            vec![(Ticks(960), 1_000_000), (Ticks(0), 500_000), (Ticks(960), 250_000)],
        );
        assert_eq!(map.seconds(Ticks(960)), Seconds(1.0));
        assert_eq!(map.seconds(Ticks(1_440)), Seconds(1.25));
        assert_eq!(map.at(Ticks(959)).0, 120.0);
        assert_eq!(map.at(Ticks(960)).0, 240.0);
        let walk = map.seconds_of([Ticks(0), Ticks(960), Ticks(1_440)]);
        assert_eq!(walk, [Seconds(0.0), Seconds(1.0), Seconds(1.25)]);
    }

    #[test]
    fn metres_parse_and_measure() {
        let six: Meter = "6/8".parse().unwrap();
        assert_eq!((six.bar(480), six.felt_beat(480), six.is_compound()), (Ticks(1_440), Ticks(720), true));
        let felt = |text: &str| text.parse::<Meter>().unwrap().felt_beats();
        assert_eq!(["4/4", "6/8", "12/8", "7/8", "3/8"].map(felt), [4, 2, 4, 7, 3]);
        let waltz: Meter = "3/4".parse().unwrap();
        assert_eq!((waltz.bar(960), waltz.felt_beat(960)), (Ticks(2_880), Ticks(960)));
        for wrong in ["", "4", "4/5", "0/4", "x/4", "300/4"] {
            assert!(wrong.parse::<Meter>().is_err(), "{wrong}");
        }
    }
}
