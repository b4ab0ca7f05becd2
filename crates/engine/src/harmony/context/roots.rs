//! Which root a set of notes over a bass usually has.

use super::belief::Idiom;
use super::evidence::{Candidate, Candidates, Family, bass_kind};
use super::tables;
use kmidi_kernels::math;
use kmidi_music::chord::name::readings;
use kmidi_music::{PitchClass, PitchClassSet};

/// Imagined counts by which the chord table speaks where the counts are thin.
const TEMPLATES: f32 = 2.0;
/// Roots less likely than this in all idioms are not looked at.
const LEAST: f32 = 1e-3;
/// How likely each idiom is for the root of a chord alone.
pub(super) const IDIOMS: [f32; Idiom::COUNT] = [0.15, 0.15, 0.7];
/// Imagined counts that smooth the steps from root to root.
const SMOOTH: f32 = 20.0;

/// One set over one bass.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// Probability of each root above the bass, by idiom.
    roots: [[f32; 12]; Idiom::COUNT],
    /// How usual the set is, by idiom.
    usual: [f32; Idiom::COUNT],
}

/// Roots of all 2,048 sets above a bass, and the steps from root to root.
#[derive(Debug, Clone)]
pub struct RootTable {
    rows: Box<[Row]>,
    /// Log-odds of the interval between roots, by family before and after.
    motion: Box<[[[f32; Family::COUNT]; 12]; Family::COUNT]>,
}

impl Default for RootTable {
    fn default() -> Self {
        Self::new()
    }
}

impl RootTable {
    /// Makes the tables from counts, and from the chord table where those are thin.
    pub fn new() -> Self {
        let counted = [tables::EARLY.roots, tables::LATER.roots, tables::SONG.roots];
        let totals = counted.map(|rows| rows.iter().map(|row| row.1.iter().sum::<u32>()).sum::<u32>() as f32);
        let row = |set: u16| {
            let notes = (0..12).filter(|pc| set >> pc & 1 == 1).map(|pc| 48 + pc as u8);
            let notes: Vec<u8> = notes.collect();
            let mut row = Row { roots: [[0.0; 12]; Idiom::COUNT], usual: [0.0; Idiom::COUNT] };
            for idiom in 0..Idiom::COUNT {
                let counts = counted[idiom].binary_search_by_key(&set, |r| r.0);
                let counts = counts.map_or([0; 12], |at| counted[idiom][at].1);
                row.usual[idiom] = (counts.iter().sum::<u32>() as f32 + 0.5) / totals[idiom];
                let roots = &mut row.roots[idiom];
                for reading in readings(&notes, None).iter() {
                    roots[reading.chord.root.pitch_class().index()] += TEMPLATES * reading.confidence;
                }
                roots.iter_mut().zip(counts).for_each(|(r, n)| *r += n as f32);
                let total = roots.iter().sum::<f32>();
                roots.iter_mut().for_each(|r| *r /= total);
            }
            row
        };
        Self { rows: (0..2048).map(|above| row(above << 1 | 1)).collect(), motion: Box::new(motion()) }
    }

    pub(super) fn candidates(&self, set: PitchClassSet, bass: PitchClass) -> Candidates {
        let above = set.with(bass).transposed((12 - bass.value()) % 12).bits();
        let row = &self.rows[usize::from(above >> 1)];
        let mut out = Candidates::new(row.usual);
        for interval in 0..12u8 {
            let weight = row.roots.map(|roots| roots[usize::from(interval)]);
            if math::max(&weight) < LEAST {
                continue;
            }
            let root = PitchClass::new(i32::from(bass.value() + interval));
            let family = Family::above(set, root);
            out.add(Candidate { root, family, bass: bass_kind(bass.above(root)), weight });
        }
        out
    }

    /// The roots above the bass by probability, each chord alone.
    pub fn alone(&self, set: PitchClassSet, bass: PitchClass) -> [(PitchClass, f32); 3] {
        let mut out = [(PitchClass::new(0), 0.0f32); 3];
        let candidates = self.candidates(set, bass);
        for candidate in candidates.iter() {
            let in_idiom = |idiom: usize| IDIOMS[idiom] * candidates.usual[idiom] * candidate.weight[idiom];
            let likely = (0..Idiom::COUNT).map(in_idiom).sum();
            let _ = rank(&mut out, candidate.root, likely);
        }
        out
    }

    /// Log-odds of a step between roots, `interval` semitones up, against any interval.
    pub(super) fn motion(&self, from: Family, interval: u8, to: Family) -> f32 {
        self.motion[from.index()][usize::from(interval)][to.index()]
    }
}

/// Puts a root among the best three; its place there, if it has one.
pub(super) fn rank(best: &mut [(PitchClass, f32); 3], root: PitchClass, likely: f32) -> Option<usize> {
    let place = best.partition_point(|other| other.1 >= likely);
    let rest = best.get_mut(place..).filter(|rest| !rest.is_empty())?;
    rest.rotate_right(1);
    rest[0] = (root, likely);
    Some(place)
}

fn motion() -> [[[f32; Family::COUNT]; 12]; Family::COUNT] {
    let counts = &tables::STEPS;
    let mut out = [[[0.0; Family::COUNT]; 12]; Family::COUNT];
    for to in 0..Family::COUNT {
        let mut any = [1.0f32; 12];
        for from in counts {
            any.iter_mut().zip(from).for_each(|(sum, row)| *sum += row[to] as f32);
        }
        let all: f32 = any.iter().sum();
        for (from, rows) in counts.iter().enumerate() {
            let total = rows.iter().map(|row| row[to] as f32).sum::<f32>() + SMOOTH;
            for (interval, row) in rows.iter().enumerate() {
                let share = (row[to] as f32 + SMOOTH * any[interval] / all) / total;
                out[from][interval][to] = math::ln(12.0 * share);
            }
        }
    }
    out
}
