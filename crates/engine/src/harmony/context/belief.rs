//! The belief over idiom, home key and local key, and the counted model that moves it.

use super::calibration::KeyBelief;
use super::counted::{POWERS, Tables, power};
use super::evidence::{Candidate, Candidates, Evidence, Family};
use super::tables;
use crate::harmony::key::KEYS;
use kmidi_kernels::math;
use kmidi_music::{PitchClass, PitchClassSet};

/// A way of writing harmony, in which the same notes have other usual roots and keys other chords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idiom {
    /// Madrigals, psalms, chorales, fugues: music to 1750.
    Early,
    /// Sonatas, quartets, art songs: notated music after that.
    Later,
    /// Songs as lead sheets tell them: pop, rock, jazz.
    Song,
}

impl Idiom {
    /// How many there are.
    pub const COUNT: usize = 3;
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
    Motion { leave_home: 0.131, leave: 0.192, settle: 0.000_8 },
    Motion { leave_home: 0.026, leave: 0.167, settle: 0.000_6 },
    Motion { leave_home: 0.002, leave: 0.4, settle: 0.000_2 },
];
/// Probability that a chord changes the idiom.
const CHANGE_IDIOM: f32 = 0.000_08;
/// The same for each other idiom.
const OTHERS: f32 = CHANGE_IDIOM / (Idiom::COUNT - 1) as f32;
/// How much the usualness of the notes tells about the idiom: an exponent, for chords repeat and follow patterns.
const IDIOM_POWER: f32 = 0.26;
/// Factors of the likelihood of a key where two chords in a row belong together in it.
struct Cadence {
    /// A dominant seventh chord before the tonic: less than its parts, which tell the key already.
    resolved: f32,
    /// A dominant triad or a leading chord before the tonic.
    led: f32,
    /// A dominant seventh chord before anything but the tonic.
    evaded: f32,
    /// The second or fourth degree before the dominant.
    prepared: f32,
    /// The tonic before the dominant.
    half: f32,
}

/// Found on `train` and `valid`.
const CADENCE: Cadence = Cadence { resolved: 0.82, led: 1.49, evaded: 0.67, prepared: 1.22, half: 1.11 };
/// Homes and keys less likely than this are not looked at.
const LEAST: f32 = 1e-5;

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

    /// What is believed of the keys, as sure as it comes true.
    pub fn calibrated(&self) -> KeyBelief {
        KeyBelief::of(self.keys(), self.idioms())
    }

    /// The probability of each idiom.
    fn idioms(&self) -> [f32; Idiom::COUNT] {
        self.0.each_ref().map(|homes| homes.iter().map(|row| math::sum(row)).sum())
    }

    fn scaled_to_one(mut self) -> Self {
        let rows = self.0.iter().flatten();
        let total: f32 = rows.map(|row| math::sum(row)).sum::<f32>().max(f32::MIN_POSITIVE);
        self.0.iter_mut().flatten().flatten().for_each(|p| *p /= total);
        self
    }

    /// The product with a belief from later on, scaled to sum to 1: what the whole piece says.
    pub fn with_later(&self, later: &Self) -> Self {
        let mut both = *self;
        let pairs = both.0.iter_mut().flatten().flatten().zip(later.0.iter().flatten().flatten());
        pairs.for_each(|(p, q)| *p *= q);
        both.scaled_to_one()
    }

    const NONE: Self = Self([[[0.0; KEYS]; KEYS]; Idiom::COUNT]);

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
    /// Which homes are likely enough to be looked at.
    live: [[bool; KEYS]; Idiom::COUNT],
    /// Both by idiom and local key.
    keys: [[f32; KEYS]; Idiom::COUNT],
    /// How much leaves each local key.
    left: [f32; KEYS],
}

impl Expected {
    /// The probability of each idiom.
    pub(super) fn idioms(&self) -> [f32; Idiom::COUNT] {
        self.keys.map(|keys| math::sum(&keys))
    }
}

/// How the local keys of one chord came from those of the chord before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    /// The share of each key's probability that was in that key before.
    pub(super) stayed: [f32; KEYS],
    /// How much left each key.
    pub(super) left: [f32; KEYS],
}

impl Moved {
    /// Nothing came from before.
    pub(super) const NONE: Self = Self { stayed: [1.0; KEYS], left: [0.0; KEYS] };

    /// The probability of each key before, given that of each now and what followed. Of the ways between keys and of
    /// the home only counts how much left each key.
    pub(super) fn before(&self, now: &[f32; KEYS]) -> [f32; KEYS] {
        let all = math::sum(&self.left);
        if all <= 0.0 {
            return *now;
        }
        // What entered a key comes from the others by how much left them.
        let entered: [f32; KEYS] = std::array::from_fn(|key| {
            now[key] * (1.0 - self.stayed[key]) / (all - self.left[key]).max(1e-6 * all)
        });
        let total = math::sum(&entered);
        let before: [f32; KEYS] = std::array::from_fn(|key| {
            now[key] * self.stayed[key] + self.left[key] * (total - entered[key]).max(0.0)
        });
        let whole = math::sum(&before);
        if whole > 0.0 { before.map(|p| p / whole) } else { *now }
    }
}

fn add(sum: &mut [f32; KEYS], row: &[f32; KEYS]) {
    sum.iter_mut().zip(row).for_each(|(a, b)| *a += b);
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
        let counts = [&tables::EARLY, &tables::LATER, &tables::SONG];
        let tables = |idiom: usize| Tables::new(counts[idiom], &POWERS[idiom]);
        Self { idioms: Box::new(std::array::from_fn(tables)) }
    }

    /// What `set` says about idiom and key. `weight` is how much it counts, `repeated` says that it is no new chord,
    /// `last` is the chord before.
    pub(super) fn evidence(
        &self,
        set: PitchClassSet,
        candidates: &Candidates,
        weight: f32,
        repeated: bool,
        last: Option<(PitchClass, Family)>,
    ) -> Evidence {
        let mut out = Evidence::NONE;
        for (idiom, tables) in self.idioms.iter().enumerate() {
            let usual = if repeated { 1.0 } else { power(candidates.usual[idiom], IDIOM_POWER) };
            for key in 0..KEYS {
                let (mode, tonic) = (key / 12, key % 12);
                let notes = tables.notes(mode, set.transposed(((12 - tonic) % 12) as u8));
                let (mut start, mut stay, mut enter) = (0.0, 0.0, 0.0);
                for candidate in candidates.iter() {
                    let (root, family) =
                        ((candidate.root.index() + 12 - tonic) % 12, candidate.family.index());
                    let given = candidate.weight[idiom]
                        * tables.bass[mode][root][candidate.family.group()][candidate.bass];
                    start += given * tables.start[mode][root][family];
                    let before = last.map(|(was, family)| ((was.index() + 12 - tonic) % 12, family));
                    let given =
                        given * before.map_or(1.0, |before| cadence(mode, before, (root, candidate.family)));
                    stay += given * tables.stay[mode][root][family];
                    enter += given * tables.enter[mode][root][family];
                }
                let weighed = |sum: f32| {
                    let likely = (sum * notes).max(f32::MIN_POSITIVE);
                    usual * if weight == 1.0 { likely } else { power(likely, weight) }
                };
                out.start[idiom][key] = usual * start * notes;
                out.stay[idiom][key] = weighed(stay);
                out.enter[idiom][key] = weighed(enter);
                if let Some((root, family)) = last {
                    let root = (root.index() + 12 - tonic) % 12;
                    out.ended[idiom][key] = tables.exit[mode][root][family.index()];
                }
            }
        }
        let scale = |tables: &mut [&mut [[f32; KEYS]; Idiom::COUNT]]| {
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
        let mut belief = Belief::NONE;
        for idiom in 0..Idiom::COUNT {
            for key in 0..KEYS {
                belief.0[idiom][key][key] = evidence.start[idiom][key];
            }
        }
        belief.scaled_to_one()
    }

    /// The belief one chord later.
    pub fn next(&self, belief: &Belief, evidence: &Evidence) -> Belief {
        self.update(&self.expect(belief, evidence), evidence).0
    }

    /// The belief carried on. Of `evidence` only counts how the last chord ends keys.
    pub(super) fn expect(&self, belief: &Belief, evidence: &Evidence) -> Expected {
        let mut out = Expected {
            stay: Belief::NONE,
            enter: Belief::NONE,
            live: [[false; KEYS]; Idiom::COUNT],
            keys: [[0.0; KEYS]; Idiom::COUNT],
            left: [0.0; KEYS],
        };
        for home in 0..KEYS {
            let mut all = [0.0; KEYS];
            belief.0.iter().for_each(|rows| add(&mut all, &rows[home]));
            for (idiom, tables) in self.idioms.iter().enumerate() {
                let row = &belief.0[idiom][home];
                let mut came = [0.0; KEYS];
                for ((p, same), all) in came.iter_mut().zip(row).zip(&all) {
                    *p = (1.0 - CHANGE_IDIOM - OTHERS) * same + OTHERS * all;
                }
                if math::sum(&came) < LEAST {
                    continue;
                }
                out.live[idiom][home] = true;
                let (stay, enter) = (&mut out.stay.0[idiom][home], &mut out.enter.0[idiom][home]);
                for (from, &p) in came.iter().enumerate() {
                    let leaving = p * leaving(idiom, home, from, evidence);
                    stay[from] = p - leaving;
                    out.left[from] += leaving;
                    if p < LEAST * LEAST {
                        continue;
                    }
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

    /// The belief once the chord is looked at, and how it came from that before.
    pub(super) fn update(&self, expected: &Expected, evidence: &Evidence) -> (Belief, Moved) {
        let mut belief = Belief::NONE;
        let mut stayed = [0.0; KEYS];
        for (idiom, motion) in MOTION.iter().enumerate() {
            let recalled = |table: &[f32; KEYS]| -> [f32; KEYS] {
                std::array::from_fn(|key| table[key] * evidence.recalled[key])
            };
            let (stays, enters) = (recalled(&evidence.stay[idiom]), recalled(&evidence.enter[idiom]));
            let mut settled = [0.0; KEYS];
            for home in (0..KEYS).filter(|&home| expected.live[idiom][home]) {
                let row = &mut belief.0[idiom][home];
                let (stay, enter) = (&expected.stay.0[idiom][home], &expected.enter.0[idiom][home]);
                for key in 0..KEYS {
                    let here = stay[key] * stays[key];
                    stayed[key] += here;
                    row[key] = here + enter[key] * enters[key];
                    settled[key] += row[key] * motion.settle;
                    row[key] *= 1.0 - motion.settle;
                }
            }
            settled.iter().enumerate().for_each(|(key, p)| belief.0[idiom][key][key] += p);
        }
        let keys = belief.keys();
        let share = |key: usize| if keys[key] > 0.0 { (stayed[key] / keys[key]).min(1.0) } else { 1.0 };
        (belief.scaled_to_one(), Moved { stayed: std::array::from_fn(share), left: expected.left })
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
                    let after = after * evidence.recalled[key];
                    stays[key] = after * evidence.stay[idiom][key];
                    enters[key] = after * evidence.enter[idiom][key] * tables.to[home][key];
                }
                for (from, stay) in stays.iter().enumerate() {
                    let leaving = leaving(idiom, home, from, evidence);
                    let entered: f32 = enters.iter().zip(&tables.way[from]).map(|(e, way)| e * way).sum();
                    out.0[idiom][home][from] =
                        (1.0 - leaving) * stay + leaving * tables.norm[home][from] * entered;
                }
            }
        }
        let mut all = [[0.0; KEYS]; KEYS];
        for rows in &out.0 {
            all.iter_mut().zip(rows).for_each(|(all, row)| add(all, row));
        }
        for rows in &mut out.0 {
            for (p, all) in rows.iter_mut().flatten().zip(all.iter().flatten()) {
                *p = (1.0 - CHANGE_IDIOM - OTHERS) * *p + OTHERS * all;
            }
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

/// How much likelier two chords in a row make a key than each alone says: roots above its tonic, families. Chords are
/// counted one by one, but a leading chord that resolves, or a dominant that is prepared, tells more than its parts.
fn cadence(mode: usize, before: (usize, Family), now: (usize, Family)) -> f32 {
    let tonic = match mode {
        0 => matches!(now, (0, Family::Major | Family::MajorSeventh)),
        _ => matches!(now, (0, Family::Minor | Family::MinorSeventh)),
    };
    let dominant = matches!(now, (7, Family::Major | Family::Dominant));
    match before {
        (7, Family::Dominant) if tonic => CADENCE.resolved,
        (7, Family::Major) | (11, _) if tonic => CADENCE.led,
        (7, Family::Dominant) if now.0 != 7 => CADENCE.evaded,
        (2 | 5, _) if dominant => CADENCE.prepared,
        (0, _) if dominant => CADENCE.half,
        _ => 1.0,
    }
}

/// Probability that a chord leaves `from`.
fn leaving(idiom: usize, home: usize, from: usize, evidence: &Evidence) -> f32 {
    let usual = if home == from { MOTION[idiom].leave_home } else { MOTION[idiom].leave };
    (usual * evidence.ended[idiom][from]).min(0.5)
}
