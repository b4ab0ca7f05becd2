//! The belief over idiom, home key and local key, and the counted model that moves it.

use super::evidence::{BASSES, Candidate, Candidates, Evidence, Family, GROUPS};
use super::tables::{self, Counts};
use crate::harmony::key::KEYS;
use kmidi_kernels::math;
use kmidi_music::PitchClassSet;

/// A way of writing harmony, in which the same notes have other usual roots and keys other chords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idiom {
    /// Sonatas, chorales, art songs.
    CommonPractice,
    /// Songs as lead sheets tell them: pop, rock, jazz.
    Song,
}

impl Idiom {
    /// How many there are.
    pub const COUNT: usize = 2;
}

/// What a key moves with, by idiom.
#[derive(Debug, Clone, Copy)]
struct Motion {
    /// Probability that a chord leaves the home key.
    leave_home: f32,
    /// Probability that a chord leaves another key.
    leave: f32,
    /// Probability that a chord makes the local key a new home.
    settle: f32,
}

const MOTION: [Motion; Idiom::COUNT] = [
    Motion { leave_home: 0.034, leave: 0.2, settle: 0.000_8 },
    Motion { leave_home: 0.002, leave: 0.4, settle: 0.000_2 },
];
/// Probability that a chord changes the idiom.
const CHANGE_IDIOM: f32 = 0.000_1;
/// How much the usualness of the notes tells about the idiom: an exponent, for chords repeat and follow patterns.
const IDIOM_POWER: f32 = 0.3;
/// How much root and family tell about a key that stands, as an exponent.
const CHORD_POWER: f32 = 0.4;
/// The same for inversions.
const BASS_POWER: f32 = 0.7;
/// The same for the notes one by one.
const NOTE_POWER: f32 = 0.2;
/// How much the way between two keys counts, against the way from home.
const WAY_POWER: f32 = 0.675;
/// Imagined counts that smooth first chords of a piece, first chords of a key, and inversions.
const SMOOTH: (f32, f32, f32) = (17.0, 14.0, 4.0);
/// How much root and family tell about a key that begins, as an exponent.
const ENTER_POWER: f32 = 0.8;

/// Which keys are how likely: idiom, home key, local key. Sums to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief([[[f32; KEYS]; KEYS]; Idiom::COUNT]);

impl Belief {
    /// The probability of each local key.
    pub fn keys(&self) -> [f32; KEYS] {
        let mut keys = [0.0; KEYS];
        self.0.iter().flatten().for_each(|row| add(&mut keys, row));
        keys
    }

    fn scaled_to_one(mut self) -> Self {
        let rows = self.0.iter().flatten();
        let total: f32 = rows.map(|row| math::sum(row)).sum::<f32>().max(f32::MIN_POSITIVE);
        self.0.iter_mut().flatten().flatten().for_each(|p| *p /= total);
        self
    }

    /// The product with a belief from later on, by local key, scaled to sum to 1: what the whole piece says.
    pub fn with_later(&self, later: &Self) -> [f32; KEYS] {
        let mut both = *self;
        let pairs = both.0.iter_mut().flatten().flatten().zip(later.0.iter().flatten().flatten());
        pairs.for_each(|(p, q)| *p *= q);
        both.scaled_to_one().keys()
    }

    /// Nothing known of what follows.
    pub const OPEN: Self = Self([[[1.0; KEYS]; KEYS]; Idiom::COUNT]);
}

/// A belief carried to the next chord, before that chord is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Keys that stay.
    stay: Belief,
    /// Keys that begin.
    enter: Belief,
    /// Both by idiom and local key.
    keys: [[f32; KEYS]; Idiom::COUNT],
}

impl Expected {
    /// The probability of each idiom.
    pub(super) fn idioms(&self) -> [f32; Idiom::COUNT] {
        self.keys.map(|keys| math::sum(&keys))
    }
}

fn add(sum: &mut [f32; KEYS], row: &[f32; KEYS]) {
    sum.iter_mut().zip(row).for_each(|(a, b)| *a += b);
}

/// An idiom's probabilities, made from its counts.
#[derive(Debug, Clone)]
struct Tables {
    /// By mode of the key, root above the tonic, family.
    chord: [[[f32; Family::COUNT]; 12]; 2],
    /// How likely a family is on any root.
    family: [f32; Family::COUNT],
    /// `chord` to its power.
    stay: [[[f32; Family::COUNT]; 12]; 2],
    start: [[[f32; Family::COUNT]; 12]; 2],
    enter: [[[f32; Family::COUNT]; 12]; 2],
    /// By mode, root above the tonic, group of families, kind of bass; to its power.
    bass: [[[[f32; BASSES]; GROUPS]; 12]; 2],
    /// By mode and note above the tonic: absent, present; to its power.
    note: [[[f32; 2]; 12]; 2],
    /// By home and local key: the share of keys entered from that home.
    to: [[f32; KEYS]; KEYS],
    /// By local key and next: the share of keys entered from that key, to its power; 0 to itself.
    way: [[f32; KEYS]; KEYS],
    /// One over the sum of `to` times `way`, by home and local key.
    norm: [[f32; KEYS]; KEYS],
}

/// The counted model: what chords say about keys, and how keys follow each other.
#[derive(Debug, Clone)]
pub struct KeyModel {
    idioms: Box<[Tables; Idiom::COUNT]>,
}

impl Default for KeyModel {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyModel {
    /// Makes the tables from [`tables`].
    pub fn new() -> Self {
        Self { idioms: Box::new([&tables::COMMON_PRACTICE, &tables::SONG].map(Tables::new)) }
    }

    /// What `set` says about idiom and key. `weight` is how much it counts, `repeated` says that it is no new chord.
    pub(super) fn evidence(
        &self,
        set: PitchClassSet,
        candidates: &Candidates,
        weight: f32,
        repeated: bool,
    ) -> Evidence {
        let mut out = Evidence { start: [[0.0; KEYS]; 2], stay: [[0.0; KEYS]; 2], enter: [[0.0; KEYS]; 2] };
        for (idiom, tables) in self.idioms.iter().enumerate() {
            let usual =
                if repeated { 1.0 } else { math::exp(IDIOM_POWER * math::ln(candidates.usual[idiom])) };
            for key in 0..KEYS {
                let (mode, tonic) = (key / 12, key % 12);
                let rotated = set.transposed(((12 - tonic) % 12) as u8).bits();
                let notes: f32 =
                    (0..12).map(|pc| tables.note[mode][pc][usize::from(rotated >> pc & 1)]).product();
                let (mut start, mut stay, mut enter) = (0.0, 0.0, 0.0);
                for candidate in candidates.iter() {
                    let (root, family) =
                        ((candidate.root.index() + 12 - tonic) % 12, candidate.family.index());
                    let given = candidate.weight[idiom]
                        * tables.bass[mode][root][candidate.family.group()][candidate.bass];
                    start += given * tables.start[mode][root][family];
                    stay += given * tables.stay[mode][root][family];
                    enter += given * tables.enter[mode][root][family];
                }
                out.start[idiom][key] = usual * start * notes;
                for (place, sum) in [(&mut out.stay, stay), (&mut out.enter, enter)] {
                    let weighed = if weight == 1.0 {
                        sum * notes
                    } else {
                        math::exp(weight * math::ln((sum * notes).max(f32::MIN_POSITIVE)))
                    };
                    place[idiom][key] = usual * weighed;
                }
            }
        }
        let scale = |tables: &mut [&mut [[f32; KEYS]; 2]]| {
            let top =
                tables.iter().flat_map(|t| t.iter().flatten()).fold(f32::MIN_POSITIVE, |a, &b| a.max(b));
            tables.iter_mut().for_each(|t| t.iter_mut().flatten().for_each(|v| *v /= top));
        };
        scale(&mut [&mut out.start]);
        scale(&mut [&mut out.stay, &mut out.enter]);
        out
    }

    /// The belief after the first chord: its key is home.
    pub fn start(&self, evidence: &Evidence) -> Belief {
        let mut belief = Belief([[[0.0; KEYS]; KEYS]; 2]);
        for idiom in 0..Idiom::COUNT {
            for key in 0..KEYS {
                belief.0[idiom][key][key] = evidence.start[idiom][key];
            }
        }
        belief.scaled_to_one()
    }

    /// The belief one chord later.
    pub fn next(&self, belief: &Belief, evidence: &Evidence) -> Belief {
        self.update(&self.expect(belief), evidence)
    }

    pub(super) fn expect(&self, belief: &Belief) -> Expected {
        let nothing = Belief([[[0.0; KEYS]; KEYS]; 2]);
        let mut out = Expected { stay: nothing, enter: nothing, keys: [[0.0; KEYS]; 2] };
        for (idiom, tables) in self.idioms.iter().enumerate() {
            for home in 0..KEYS {
                let mut row = [0.0; KEYS];
                let other = &belief.0[1 - idiom][home];
                for ((p, same), other) in row.iter_mut().zip(&belief.0[idiom][home]).zip(other) {
                    *p = (1.0 - CHANGE_IDIOM) * same + CHANGE_IDIOM * other;
                }
                let (stay, enter) = (&mut out.stay.0[idiom][home], &mut out.enter.0[idiom][home]);
                for (from, &p) in row.iter().enumerate() {
                    let leaving = p * leaving(idiom, home, from);
                    stay[from] = p - leaving;
                    let share = leaving * tables.norm[home][from];
                    enter.iter_mut().zip(&tables.way[from]).for_each(|(e, way)| *e += share * way);
                }
                enter.iter_mut().zip(&tables.to[home]).for_each(|(e, to)| *e *= to);
                add(&mut out.keys[idiom], stay);
                add(&mut out.keys[idiom], enter);
            }
        }
        out
    }

    pub(super) fn update(&self, expected: &Expected, evidence: &Evidence) -> Belief {
        let mut belief = Belief([[[0.0; KEYS]; KEYS]; 2]);
        for (idiom, motion) in MOTION.iter().enumerate() {
            let (stays, enters) = (&evidence.stay[idiom], &evidence.enter[idiom]);
            let mut settled = [0.0; KEYS];
            for home in 0..KEYS {
                let row = &mut belief.0[idiom][home];
                let (stay, enter) = (&expected.stay.0[idiom][home], &expected.enter.0[idiom][home]);
                for key in 0..KEYS {
                    row[key] = stay[key] * stays[key] + enter[key] * enters[key];
                    settled[key] += row[key] * motion.settle;
                    row[key] *= 1.0 - motion.settle;
                }
            }
            settled.iter().enumerate().for_each(|(key, p)| belief.0[idiom][key][key] += p);
        }
        belief.scaled_to_one()
    }

    /// How likely all that follows `evidence`'s chord, and that chord, are given the state before it, up to a factor:
    /// the backward pass (Rabiner 1989). `later` is the same for the chord after, or [`Belief::OPEN`].
    pub fn before(&self, later: &Belief, evidence: &Evidence) -> Belief {
        let mut out = Belief::OPEN;
        for (idiom, tables) in self.idioms.iter().enumerate() {
            let settle = MOTION[idiom].settle;
            for home in 0..KEYS {
                let (mut stays, mut enters) = ([0.0; KEYS], [0.0; KEYS]);
                for key in 0..KEYS {
                    let after =
                        (1.0 - settle) * later.0[idiom][home][key] + settle * later.0[idiom][key][key];
                    stays[key] = after * evidence.stay[idiom][key];
                    enters[key] = after * evidence.enter[idiom][key] * tables.to[home][key];
                }
                for (from, stay) in stays.iter().enumerate() {
                    let leaving = leaving(idiom, home, from);
                    let entered: f32 = enters.iter().zip(&tables.way[from]).map(|(e, way)| e * way).sum();
                    out.0[idiom][home][from] =
                        (1.0 - leaving) * stay + leaving * tables.norm[home][from] * entered;
                }
            }
        }
        let mixed = out;
        for (idiom, rows) in out.0.iter_mut().enumerate() {
            let pairs = rows.iter_mut().flatten().zip(mixed.0[1 - idiom].iter().flatten());
            pairs.for_each(|(p, other)| *p = (1.0 - CHANGE_IDIOM) * *p + CHANGE_IDIOM * other);
        }
        out.scaled_to_one()
    }

    /// How much more likely than on any root the chord is in the keys that are expected.
    pub(super) fn fit(&self, expected: &Expected, candidate: &Candidate) -> f32 {
        let family = candidate.family.index();
        let mut fit = 0.0;
        for (idiom, tables) in self.idioms.iter().enumerate() {
            for (key, p) in expected.keys[idiom].iter().enumerate() {
                let root = (candidate.root.index() + 24 - key) % 12;
                fit += p * tables.chord[key / 12][root][family] / tables.family[family];
            }
        }
        fit
    }
}

fn leaving(idiom: usize, home: usize, from: usize) -> f32 {
    if home == from { MOTION[idiom].leave_home } else { MOTION[idiom].leave }
}

fn power(value: f32, exponent: f32) -> f32 {
    math::exp(exponent * math::ln(value))
}

impl Tables {
    fn new(counts: &Counts) -> Self {
        let mut out = Self {
            chord: [[[0.0; Family::COUNT]; 12]; 2],
            family: [0.0; Family::COUNT],
            stay: [[[0.0; Family::COUNT]; 12]; 2],
            start: [[[0.0; Family::COUNT]; 12]; 2],
            enter: [[[0.0; Family::COUNT]; 12]; 2],
            bass: [[[[0.0; BASSES]; GROUPS]; 12]; 2],
            note: [[[0.0; 2]; 12]; 2],
            to: [[0.0; KEYS]; KEYS],
            way: [[0.0; KEYS]; KEYS],
            norm: [[0.0; KEYS]; KEYS],
        };
        out.chords(counts);
        out.basses(counts);
        for (mode, notes) in counts.notes.iter().enumerate() {
            let chords = counts.chords[mode].iter().flatten().map(|&n| n as f32).sum::<f32>() + 2.0;
            for (pc, &n) in notes.iter().enumerate() {
                let present = (n as f32 + 1.0) / chords;
                out.note[mode][pc] = [power(1.0 - present, NOTE_POWER), power(present, NOTE_POWER)];
            }
        }
        out.ways(counts);
        out
    }

    fn chords(&mut self, counts: &Counts) {
        let of = |table: &[[u32; Family::COUNT]; 12]| table.iter().flatten().map(|&n| n as f32).sum::<f32>();
        let all = of(&counts.chords[0]) + of(&counts.chords[1]);
        for mode in 0..2 {
            let share = |root: usize, family: usize| {
                let other = (counts.chords[0][root][family] + counts.chords[1][root][family]) as f32;
                counts.chords[mode][root][family] as f32 + 2.5 * other / all + 0.02
            };
            let total: f32 =
                (0..12 * Family::COUNT).map(|n| share(n / Family::COUNT, n % Family::COUNT)).sum();
            let (starts, enters) = (of(&counts.starts[mode]), of(&counts.enters[mode]));
            for root in 0..12 {
                for family in 0..Family::COUNT {
                    let usual = share(root, family) / total;
                    let smooth = |n: u32, of: f32, by: f32| (n as f32 + by * usual) / (of + by);
                    self.chord[mode][root][family] = usual;
                    self.family[family] += usual / 24.0;
                    self.stay[mode][root][family] = power(usual, CHORD_POWER);
                    self.start[mode][root][family] =
                        smooth(counts.starts[mode][root][family], starts, SMOOTH.0);
                    let enter = smooth(counts.enters[mode][root][family], enters, SMOOTH.1);
                    self.enter[mode][root][family] =
                        power(enter, ENTER_POWER) * power(usual, CHORD_POWER - ENTER_POWER);
                }
            }
        }
    }

    fn basses(&mut self, counts: &Counts) {
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
                        self.bass[mode][root][group][bass] = power(share, BASS_POWER);
                    }
                }
            }
        }
    }

    fn ways(&mut self, counts: &Counts) {
        let relative = |from: usize, to: usize| to / 12 * 12 + (to % 12 + 12 - from % 12) % 12;
        let share = |table: &[[u32; KEYS]; 2], from: usize, to: usize| {
            let total: f32 = table[from / 12].iter().map(|&n| n as f32 + 0.3).sum();
            (table[from / 12][relative(from, to)] as f32 + 0.3) / total
        };
        for from in 0..KEYS {
            for to in 0..KEYS {
                self.to[from][to] = share(&counts.from_home, from, to);
                self.way[from][to] =
                    if from == to { 0.0 } else { power(share(&counts.moves, from, to), WAY_POWER) };
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
