//! An idiom's probabilities, made from its counts.

use super::belief::Idiom;
use super::evidence::{BASSES, Family, GROUPS};
use super::tables::Counts;
use crate::harmony::key::KEYS;
use kmidi_kernels::math;
use kmidi_music::PitchClassSet;

/// How much counts tell in an idiom, as exponents: chords repeat and follow patterns, and idioms do so in their own way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Powers {
    /// Root and family about a key that stands.
    chord: f32,
    /// The same about a key that begins.
    enter: f32,
    /// A chord about the key that ends with it.
    exit: f32,
    /// Inversions.
    bass: f32,
    /// The notes one by one.
    note: f32,
    /// The way from home to a key, and the way between two keys.
    ways: (f32, f32),
}

/// By idiom. Found on `train` and `valid`, as are all constants here.
pub(super) const POWERS: [Powers; Idiom::COUNT] = [
    Powers { chord: 0.456, enter: 0.556, exit: 0.657, bass: 0.36, note: 0.135, ways: (1.58, 1.06) },
    Powers { chord: 0.416, enter: 0.463, exit: 0.456, bass: 0.52, note: 0.135, ways: (1.58, 1.06) },
    Powers { chord: 0.456, enter: 0.8, exit: 0.5, bass: 0.36, note: 0.135, ways: (1.0, 0.88) },
];
/// Imagined counts that smooth first chords of a piece, first chords of a key, inversions, and last chords of a key.
const SMOOTH: (f32, f32, f32, f32) = (48.0, 3.5, 6.0, 30.0);
/// The least and most that a chord may tell that the key ends with it.
const EXITS: (f32, f32) = (0.02, 8.0);

/// An idiom's probabilities, made from its counts.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// By mode of the key, root above the tonic, family.
    pub(super) chord: [[[f32; Family::COUNT]; 12]; 2],
    /// How likely a family is on any root.
    pub(super) family: [f32; Family::COUNT],
    /// `chord` to its power.
    pub(super) stay: [[[f32; Family::COUNT]; 12]; 2],
    pub(super) start: [[[f32; Family::COUNT]; 12]; 2],
    pub(super) enter: [[[f32; Family::COUNT]; 12]; 2],
    /// By mode, root above the tonic, group of families, kind of bass; to its power.
    pub(super) bass: [[[[f32; BASSES]; GROUPS]; 12]; 2],
    /// How much likelier than usual a chord is before the key ends, to its power.
    pub(super) exit: [[[f32; Family::COUNT]; 12]; 2],
    /// By mode, lower and upper half of the notes above the tonic: which of the six are present; to its power.
    notes: [[[f32; 64]; 2]; 2],
    /// By home and local key: the share of keys entered from that home, to its power.
    pub(super) to: [[f32; KEYS]; KEYS],
    /// By local key and next: the share of keys entered from that key, to its power; 0 to itself.
    pub(super) way: [[f32; KEYS]; KEYS],
    /// One over the sum of `to` times `way`, by home and local key.
    pub(super) norm: [[f32; KEYS]; KEYS],
}

pub(super) fn power(value: f32, exponent: f32) -> f32 {
    math::exp(exponent * math::ln(value))
}

impl Tables {
    /// How likely just these notes are in a key, whatever chord they make; `above` counts from the tonic.
    pub(super) fn notes(&self, mode: usize, above: PitchClassSet) -> f32 {
        let bits = usize::from(above.bits());
        self.notes[mode][0][bits & 63] * self.notes[mode][1][bits >> 6]
    }

    pub(super) fn new(counts: &Counts, powers: &Powers) -> Self {
        let mut out = Self {
            chord: [[[0.0; Family::COUNT]; 12]; 2],
            family: [0.0; Family::COUNT],
            stay: [[[0.0; Family::COUNT]; 12]; 2],
            start: [[[0.0; Family::COUNT]; 12]; 2],
            enter: [[[0.0; Family::COUNT]; 12]; 2],
            bass: [[[[0.0; BASSES]; GROUPS]; 12]; 2],
            exit: [[[0.0; Family::COUNT]; 12]; 2],
            notes: [[[1.0; 64]; 2]; 2],
            to: [[0.0; KEYS]; KEYS],
            way: [[0.0; KEYS]; KEYS],
            norm: [[0.0; KEYS]; KEYS],
        };
        out.chords(counts, powers);
        out.basses(counts, powers);
        for (mode, notes) in counts.notes.iter().enumerate() {
            let chords = counts.chords[mode].iter().flatten().map(|&n| n as f32).sum::<f32>() + 2.0;
            for (pc, &n) in notes.iter().enumerate() {
                let present = (n as f32 + 1.0) / chords;
                let likely = [power(1.0 - present, powers.note), power(present, powers.note)];
                for (six, product) in out.notes[mode][pc / 6].iter_mut().enumerate() {
                    *product *= likely[six >> (pc % 6) & 1];
                }
            }
        }
        out.ways(counts, powers);
        out
    }

    fn chords(&mut self, counts: &Counts, powers: &Powers) {
        let of = |table: &[[u32; Family::COUNT]; 12]| table.iter().flatten().map(|&n| n as f32).sum::<f32>();
        let all = of(&counts.chords[0]) + of(&counts.chords[1]);
        for mode in 0..2 {
            let share = |root: usize, family: usize| {
                let other = (counts.chords[0][root][family] + counts.chords[1][root][family]) as f32;
                counts.chords[mode][root][family] as f32 + 2.5 * other / all + 0.02
            };
            let total: f32 =
                (0..12 * Family::COUNT).map(|n| share(n / Family::COUNT, n % Family::COUNT)).sum();
            let (starts, enters, exits) =
                (of(&counts.starts[mode]), of(&counts.enters[mode]), of(&counts.exits[mode]));
            for root in 0..12 {
                for family in 0..Family::COUNT {
                    let usual = share(root, family) / total;
                    let smooth = |n: u32, of: f32, by: f32| (n as f32 + by * usual) / (of + by);
                    self.chord[mode][root][family] = usual;
                    self.family[family] += usual / 24.0;
                    self.stay[mode][root][family] = power(usual, powers.chord);
                    self.start[mode][root][family] =
                        smooth(counts.starts[mode][root][family], starts, SMOOTH.0);
                    let enter = smooth(counts.enters[mode][root][family], enters, SMOOTH.1);
                    let exit = smooth(counts.exits[mode][root][family], exits, SMOOTH.3) / usual;
                    self.exit[mode][root][family] = power(exit, powers.exit).clamp(EXITS.0, EXITS.1);
                    self.enter[mode][root][family] =
                        power(enter, powers.enter) * power(usual, powers.chord - powers.enter);
                }
            }
        }
    }

    fn basses(&mut self, counts: &Counts, powers: &Powers) {
        let mut any = [[1.0; BASSES]; GROUPS];
        for (group, sums) in any.iter_mut().enumerate() {
            for roots in &counts.basses {
                for groups in roots {
                    sums.iter_mut().zip(groups[group]).for_each(|(sum, n)| *sum += n as f32);
                }
            }
            let total: f32 = sums.iter().sum();
            sums.iter_mut().for_each(|sum| *sum /= total);
        }
        for (mode, roots) in counts.basses.iter().enumerate() {
            for (root, groups) in roots.iter().enumerate() {
                for (group, basses) in groups.iter().enumerate() {
                    let total = basses.iter().sum::<u32>() as f32 + SMOOTH.2;
                    for (bass, &n) in basses.iter().enumerate() {
                        let share = (n as f32 + SMOOTH.2 * any[group][bass]) / total;
                        self.bass[mode][root][group][bass] = power(share, powers.bass);
                    }
                }
            }
        }
    }

    fn ways(&mut self, counts: &Counts, powers: &Powers) {
        let relative = |from: usize, to: usize| to / 12 * 12 + (to % 12 + 12 - from % 12) % 12;
        let share = |table: &[[u32; KEYS]; 2], from: usize, to: usize| {
            let total: f32 = table[from / 12].iter().map(|&n| n as f32 + 0.3).sum();
            (table[from / 12][relative(from, to)] as f32 + 0.3) / total
        };
        for from in 0..KEYS {
            for to in 0..KEYS {
                self.to[from][to] = power(share(&counts.from_home, from, to), powers.ways.0);
                self.way[from][to] =
                    if from == to { 0.0 } else { power(share(&counts.moves, from, to), powers.ways.1) };
            }
        }
        for home in 0..KEYS {
            for from in 0..KEYS {
                let total: f32 = (0..KEYS).map(|to| self.to[home][to] * self.way[from][to]).sum();
                self.norm[home][from] = 1.0 / total;
            }
        }
    }
}
