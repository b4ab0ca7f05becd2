//! Which chord usually follows which: counted moves, and those of the piece itself.

use super::moves;
use crate::harmony::context::Family;
use kmidi_kernels::math;
use kmidi_music::PitchClass;

/// How many chords there are: a root above the tonic and a family.
pub(super) const TOKENS: usize = 12 * Family::COUNT;
/// What stands before the first chord.
const START: usize = TOKENS;
/// Common practice, pop, standards.
const IDIOMS: usize = 3;
/// How likely each idiom is before anything is heard.
const PRIOR: [f32; IDIOMS] = [0.3, 0.4, 0.3];
/// How much a move tells about the idiom, as an exponent.
const IDIOM_POWER: f32 = 0.5;
/// How much is remembered of the idiom from move to move.
const REMEMBERED: f32 = 0.95;
/// How much of what was never counted is told by the step between the roots, whatever the key; the rest by how usual the
/// chord is in the key.
const STEP_SHARE: f32 = 0.5;
/// How many chords of a piece are remembered.
const MEMORY: usize = 256;
/// A place that is equal for one chord more counts so many times as much.
const LONGER: f32 = 4.0;
/// The most chords that are compared.
const LONGEST: usize = 4;
/// Imagined counts for the tables, against the counts of the piece itself.
const PATIENCE: f32 = 6.0;

/// A chord by its sounding root and family.
pub(super) type Sound = (PitchClass, Family);

/// The place of a chord in the tables, 0 to [`TOKENS`] - 1.
pub(super) fn token(sound: Sound, tonic: PitchClass) -> usize {
    usize::from(sound.0.above(tonic)) * Family::COUNT + sound.1.index()
}

/// Probabilities by idiom and mode.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// By the chord before ([`START`] before the first) and the chord after.
    moves: Box<[[Vec<f32>; 2]; IDIOMS]>,
}

impl Tables {
    pub(super) fn new() -> Self {
        let counted = [&moves::COMMON_PRACTICE, &moves::POP, &moves::STANDARDS];
        let steps = steps(&counted);
        Self { moves: Box::new(counted.map(|modes| [0, 1].map(|mode| filled(modes[mode], &steps)))) }
    }

    fn after(&self, idiom: usize, mode: usize, last: Option<usize>) -> &[f32] {
        let last = last.unwrap_or(START);
        &self.moves[idiom][mode][last * TOKENS..(last + 1) * TOKENS]
    }
}

/// The rows of a table: the chord before, all its moves, its different moves, and the common ones with their counts.
fn rows(mut table: &[u16]) -> impl Iterator<Item = (usize, f32, f32, &[u16])> {
    core::iter::from_fn(move || {
        let (&[from, all, kinds, pairs], rest) = table.split_first_chunk()?;
        let (pairs, rest) = rest.split_at_checked(2 * usize::from(pairs))?;
        table = rest;
        Some((from.into(), all.into(), kinds.into(), pairs))
    })
}

/// By family before, interval between the roots and family after: the share of moves, whatever the key and idiom.
fn steps(tables: &[&[&[u16]; 2]]) -> Vec<[f32; TOKENS]> {
    let mut steps = vec![[0.2f32; TOKENS]; Family::COUNT];
    let moves = tables.iter().flat_map(|modes| modes.iter()).flat_map(|table| rows(table));
    for (from, _, _, pairs) in moves.filter(|row| row.0 != START) {
        for pair in pairs.chunks_exact(2) {
            let to = usize::from(pair[0]);
            let interval = (to / Family::COUNT + 12 - from / Family::COUNT) % 12;
            steps[from % Family::COUNT][interval * Family::COUNT + to % Family::COUNT] += f32::from(pair[1]);
        }
    }
    for (family, row) in steps.iter_mut().enumerate() {
        row[family] = 0.0; // the same chord again is no move
        let all: f32 = row.iter().sum();
        row.iter_mut().for_each(|share| *share /= all);
    }
    steps
}

/// Probabilities of all moves: Witten and Bell's (1991) estimate, as the counts are, and below it a mixture of how usual the
/// chord and how usual the step is.
fn filled(table: &[u16], steps: &[[f32; TOKENS]]) -> Vec<f32> {
    let mut usual = [0.1f32; TOKENS];
    for (.., pairs) in rows(table) {
        pairs.chunks_exact(2).for_each(|pair| usual[usize::from(pair[0])] += f32::from(pair[1]));
    }
    let all: f32 = usual.iter().sum();
    let mut out = vec![0.0; (TOKENS + 1) * TOKENS];
    out[START * TOKENS..].iter_mut().zip(usual).for_each(|(share, n)| *share = n / all);
    for from in 0..TOKENS {
        let row = &mut out[from * TOKENS..(from + 1) * TOKENS];
        let (root, family) = (from / Family::COUNT, from % Family::COUNT);
        let others = all - usual[from];
        for (to, share) in row.iter_mut().enumerate().filter(|(to, _)| *to != from) {
            let interval = (to / Family::COUNT + 12 - root) % 12;
            let step = steps[family][interval * Family::COUNT + to % Family::COUNT];
            *share = STEP_SHARE * step + (1.0 - STEP_SHARE) * usual[to] / others;
        }
    }
    for (from, moves, kinds, pairs) in rows(table) {
        let row = &mut out[from * TOKENS..(from + 1) * TOKENS];
        let common: f32 = pairs.chunks_exact(2).map(|pair| f32::from(pair[1])).sum();
        let rest = kinds + moves - common;
        row.iter_mut().for_each(|share| *share *= rest);
        pairs.chunks_exact(2).for_each(|pair| row[usize::from(pair[0])] += f32::from(pair[1]));
        row.iter_mut().for_each(|share| *share /= moves + kinds);
    }
    out
}

/// What a piece has told: its chords of late, and how likely each idiom is.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    chords: [Sound; MEMORY],
    count: usize,
    /// Logarithms, up to a common summand.
    idioms: [f32; IDIOMS],
}

impl Default for Heard {
    fn default() -> Self {
        Self { chords: [(PitchClass::new(0), Family::Major); MEMORY], count: 0, idioms: PRIOR.map(math::ln) }
    }
}

impl Heard {
    /// The chord that was heard `back` chords ago.
    pub(super) fn ago(&self, back: usize) -> Option<Sound> {
        (back < self.count.min(MEMORY)).then(|| self.chords[(self.count - 1 - back) % MEMORY])
    }

    /// One chord on. A chord that is told again is none.
    pub(super) fn add(&mut self, tables: &Tables, sound: Sound, mode: usize, tonic: PitchClass) {
        let last = self.ago(0);
        if last == Some(sound) {
            return;
        }
        let (from, to) = (last.map(|last| token(last, tonic)), token(sound, tonic));
        for (idiom, log) in self.idioms.iter_mut().enumerate() {
            let told = IDIOM_POWER * math::ln(tables.after(idiom, mode, from)[to].max(1e-6));
            *log = REMEMBERED * *log + (1.0 - REMEMBERED) * math::ln(PRIOR[idiom]) + told;
        }
        let top = math::max(&self.idioms);
        self.idioms.iter_mut().for_each(|log| *log -= top);
        self.chords[self.count % MEMORY] = sound;
        self.count += 1;
    }

    /// By chord: how likely it comes next by the tables, and how often the piece itself went on so, with the sum of that.
    pub(super) fn next(&self, tables: &Tables, mode: usize, tonic: PitchClass) -> Next {
        let mut shares = self.idioms;
        math::softmax(&mut shares);
        let last = self.ago(0).map(|last| token(last, tonic));
        let mut next = Next { usual: [0.0; TOKENS], here: [0.0; TOKENS], total: 0.0 };
        for (idiom, share) in shares.iter().enumerate() {
            let row = tables.after(idiom, mode, last);
            next.usual.iter_mut().zip(row).for_each(|(sum, p)| *sum += share * p);
        }
        for back in 1..self.count.min(MEMORY) {
            let equal = (0..LONGEST)
                .take_while(|&n| self.ago(n).is_some() && self.ago(back + n) == self.ago(n))
                .count();
            if let Some(after) = self.ago(back - 1).filter(|_| equal > 0) {
                let weight = (1..equal).fold(1.0, |weight, _| weight * LONGER);
                next.here[token(after, tonic)] += weight;
                next.total += weight;
            }
        }
        next
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    usual: [f32; TOKENS],
    here: [f32; TOKENS],
    total: f32,
}

impl Next {
    /// The logarithm of the probability by the tables, and what the piece itself adds to it.
    pub(super) fn terms(&self, token: usize) -> (f32, f32) {
        let usual = self.usual[token].max(1e-7);
        let both = (self.here[token] + PATIENCE * usual) / (self.total + PATIENCE);
        (math::ln(usual), math::ln(both / usual))
    }
}
