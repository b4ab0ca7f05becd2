//! Themes: short ideas of rhythm and contour, and how sections with other letters derive theirs.
//!
//! An idea fills a bar. A phrase states it, answers it and closes, in one of a few orders, as a sentence or period does
//! (Caplin 1998, "Classical Form"). Rhythms of two beats and steps after steps are drawn as they were counted in songs (`usual`).

use super::grid::Grid;
use super::usual::{ON, OVER, STEPS};
use crate::dice::Dice;

/// A rhythm in one bar: (tick, ticks long), in order, without gaps.
pub(super) type Rhythm = Vec<(u64, u64)>;

/// A bar's rhythm with its contour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Idea {
    pub(super) rhythm: Rhythm,
    /// Scale steps from the note before; the first is not used.
    pub(super) steps: Vec<i32>,
}

/// What a bar of a phrase states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar {
    /// The main idea.
    Main,
    /// The other idea.
    Other,
    /// A way to the long note that ends the phrase.
    Cadence,
}

/// The material of one letter.
#[derive(Debug, Clone)]
pub(super) struct Theme {
    pub(super) main: Idea,
    pub(super) other: Idea,
    /// The order of ideas before the cadence.
    pub(super) order: [Bar; 3],
    /// Notes that lead into the next phrase: 0 to 2.
    pub(super) pickup: u32,
    /// Is the last bar of a phrase one long note?
    pub(super) long: bool,
}

/// Notes in two felt beats of songs, on the mean, and how many powers of two likelier a note more is for each that is wished beyond them.
const MEAN: f32 = 3.3;
const TILT: f64 = 0.75;

/// One felt beat in quarters of a beat.
const SINGLES: &[(u64, &[u64])] = &[(8, &[4]), (6, &[2, 2]), (2, &[3, 1])];

/// Two felt beats of three parts, in parts.
const PAIRS_OF_THREES: &[(u64, &[u64])] = &[
    (6, &[6]),
    (7, &[3, 3]),
    (6, &[2, 1, 3]),
    (4, &[3, 2, 1]),
    (6, &[2, 1, 2, 1]),
    (4, &[1, 1, 1, 3]),
    (3, &[3, 1, 1, 1]),
    (3, &[5, 1]),
    (2, &[2, 1, 1, 1, 1]),
    (2, &[1, 1, 1, 1, 1, 1]),
];

/// One felt beat of three parts.
const SINGLES_OF_THREES: &[(u64, &[u64])] = &[(8, &[3]), (7, &[2, 1]), (3, &[1, 1, 1])];

/// A drawn cell: the ticks at which notes begin in `beats` (1 or 2) felt beats, near `wish` notes. With `over` the note before may sound on into it.
fn cell(beats: u32, wish: f32, over: bool, grid: &Grid, dice: &mut Dice) -> Vec<u64> {
    // (how usual, onsets)
    let lengths = |table: &[(u64, &[u64])], unit: u64| -> Vec<(u64, Vec<u64>)> {
        let onsets = |lengths: &[u64]| {
            lengths.iter().scan(0, |at, l| Some(core::mem::replace(at, *at + l) * unit)).collect()
        };
        table.iter().map(|(usual, l)| (*usual, onsets(l))).collect()
    };
    let quarter = grid.beat / 4;
    let cells: Vec<(u64, Vec<u64>)> = match (beats, grid.parts) {
        (1, 2) => lengths(SINGLES, quarter),
        (1, _) => lengths(SINGLES_OF_THREES, grid.beat / 3),
        (_, 2) => {
            let cell = |(place, &usual): (usize, &u16), first: bool| {
                let later = (1..8).filter(|k| place >> (k - 1) & 1 == 1);
                (u64::from(usual), first.then_some(0).into_iter().chain(later).map(|k| k * quarter).collect())
            };
            // Two halves in a thousand and fewer are chance.
            let usual = |count: &u16| *count >= 20;
            let on = ON.iter().enumerate().filter(|c| usual(c.1)).map(|c| cell(c, true));
            let late = OVER.iter().enumerate().filter(|c| over && usual(c.1)).map(|c| cell(c, false));
            on.chain(late).collect()
        }
        _ => lengths(PAIRS_OF_THREES, grid.beat / 3),
    };
    let counted = (beats, grid.parts) == (2, 2);
    let weights: Vec<u64> = cells
        .iter()
        .map(|(usual, onsets)| {
            let notes = onsets.len() as f32;
            let fits = match counted {
                // As varied as songs are, tilted from the notes that they have on the mean towards more or fewer.
                true => TILT * f64::from((wish - MEAN) * (notes - MEAN)),
                false => -1.6 * f64::from((notes - wish) * (notes - wish)),
            };
            (*usual as f64 * 1e6 * libm::exp2(fits)) as u64
        })
        .collect();
    let chosen = dice.weighted(&weights);
    cells.into_iter().nth(chosen).map_or(Vec::new(), |cell| cell.1)
}

/// A bar's rhythm with about `density` notes a felt beat.
fn rhythm(density: f32, grid: &Grid, dice: &mut Dice) -> Rhythm {
    let (mut onsets, mut from) = (Vec::new(), 0);
    for &group in grid.groups {
        let sizes: &[u32] = match group {
            3 if dice.chance(70) => &[2, 1],
            3 => &[1, 2],
            _ => &[2],
        };
        for &beats in sizes {
            let cell = cell(beats, density * beats as f32, from > 0, grid, dice);
            onsets.extend(cell.into_iter().map(|at| from + at));
            from += u64::from(beats) * grid.beat;
        }
    }
    let ends: Vec<u64> = onsets.iter().skip(1).copied().chain([from]).collect();
    onsets.into_iter().zip(ends).map(|(at, end)| (at, end - at)).collect()
}

/// A rhythm, another than `unlike` where a few draws give one.
fn another(density: f32, unlike: Option<&Rhythm>, grid: &Grid, dice: &mut Dice) -> Rhythm {
    let mut drawn = rhythm(density, grid, dice);
    for _ in 0..4 {
        if unlike != Some(&drawn) {
            break;
        }
        drawn = rhythm(density, grid, dice);
    }
    drawn
}

/// A contour for `n` notes, as steps from note to note: drawn as steps follow steps in songs. Rising ones are likelier when valence is high.
fn contour(n: usize, valence: f32, dice: &mut Dice) -> Vec<i32> {
    let lift = |column: usize| libm::exp2(f64::from(valence) * (column as f64 - 4.0) / 8.0);
    let mut row = 0;
    let step = |i: usize| {
        if i == 0 {
            return 0;
        }
        let weights: Vec<u64> =
            STEPS[row].iter().enumerate().map(|(c, &w)| (w as f64 * 1e3 * lift(c)) as u64).collect();
        let column = dice.weighted(&weights);
        row = column + 1;
        // Four steps and more: mostly a fifth, at times wider.
        let wider = [0, 0, 0, 1, 3];
        match column {
            0 => -4 - wider[dice.below(5) as usize],
            8 => 4 + wider[dice.below(5) as usize],
            _ => column as i32 - 4,
        }
    };
    (0..n).map(step).collect()
}

impl Idea {
    fn new(density: f32, valence: f32, unlike: Option<&Rhythm>, grid: &Grid, dice: &mut Dice) -> Self {
        let rhythm = another(density, unlike, grid, dice);
        let steps = contour(rhythm.len(), valence, dice);
        Self { rhythm, steps }
    }

    /// This rhythm with the contour of `other` upside down.
    fn mirroring(&self, other: &Idea) -> Self {
        let wrap = other.steps.len().max(2) - 1;
        let turned =
            |i: usize| other.steps.get(1 + i.saturating_sub(1) % wrap).map_or(0, |s| -(*s).clamp(-2, 3));
        let steps = (0..self.rhythm.len()).map(|i| if i == 0 { 0 } else { turned(i) }).collect();
        Self { rhythm: self.rhythm.clone(), steps }
    }

    /// With its longest note split in two, the second a step on; unchanged when nothing is long enough.
    #[must_use]
    pub(super) fn ornamented(&self, grid: &Grid) -> Self {
        let longest = (0..self.rhythm.len()).rev().max_by_key(|&i| self.rhythm[i].1);
        let Some(i) = longest.filter(|&i| self.rhythm[i].1 >= grid.beat) else { return self.clone() };
        let (at, length) = self.rhythm[i];
        // A beat splits in its middle, or two and one in threes; longer notes split at a beat.
        let first = match length / grid.beat {
            1 if grid.parts == 3 => 2 * length / 3,
            1 => length / 2,
            beats => beats.div_ceil(2) * grid.beat,
        };
        let mut idea = self.clone();
        idea.rhythm[i].1 = first;
        if first < length {
            idea.rhythm.insert(i + 1, (at + first, length - first));
            let on = idea.steps.get(i + 1).map_or(1, |&s| if s < 0 { -1 } else { 1 });
            idea.steps.insert(i + 1, on);
            if let Some(next) = idea.steps.get_mut(i + 2) {
                *next -= on;
            }
        }
        idea
    }

    /// Without its least important note: the shortest of those that start no group.
    #[must_use]
    pub(super) fn thinned(&self, grid: &Grid) -> Self {
        let weight = |i: &usize| (grid.is_beat(self.rhythm[*i].0), self.rhythm[*i].1);
        let least = (1..self.rhythm.len()).filter(|&i| !grid.is_strong(self.rhythm[i].0)).min_by_key(weight);
        let Some(i) = least.filter(|_| self.rhythm.len() > 2) else { return self.clone() };
        let mut idea = self.clone();
        let (_, length) = idea.rhythm.remove(i);
        idea.rhythm[i - 1].1 += length;
        let step = idea.steps.remove(i);
        if let Some(next) = idea.steps.get_mut(i) {
            *next += step;
        }
        idea
    }

    /// Thinned or ornamented, up to two notes, towards so many times its notes.
    #[must_use]
    pub(super) fn towards(&self, times: f32, grid: &Grid) -> Self {
        let wish = times * self.rhythm.len() as f32;
        let mut idea = self.clone();
        for _ in 0..2 {
            let off = wish - idea.rhythm.len() as f32;
            idea = match () {
                () if off > 1.1 => idea.ornamented(grid),
                () if off < -1.1 => idea.thinned(grid),
                () => break,
            };
        }
        idea
    }
}

impl Theme {
    /// The first theme of a piece.
    pub(super) fn new(density: f32, valence: f32, grid: &Grid, dice: &mut Dice) -> Self {
        let main = Idea::new(density, valence, None, grid, dice);
        let other = Idea::new(density, valence, Some(&main.rhythm), grid, dice);
        // A bar of one or two notes is no motif yet: two bars together make one.
        let order = if main.rhythm.len() < 3 || dice.chance(45) {
            [Bar::Main, Bar::Other, Bar::Main]
        } else if dice.chance(70) {
            [Bar::Main, Bar::Main, Bar::Other]
        } else {
            [Bar::Main, Bar::Main, Bar::Main]
        };
        let pickup = if density > 0.8 { dice.below(3) } else { 0 };
        let long = dice.chance(50);
        Self { main, other, order, pickup, long }
    }

    /// A theme that contrasts with `self` but is made of it: its contour turned over on its other rhythm, and its main
    /// idea as the answer.
    pub(super) fn contrast(&self) -> Self {
        let order = [Bar::Main, Bar::Main, Bar::Other];
        Self {
            main: self.other.mirroring(&self.main),
            other: self.main.clone(),
            order,
            pickup: self.pickup,
            long: self.long,
        }
    }

    /// A theme of its own that answers with the main idea of `self`.
    pub(super) fn departure(&self, density: f32, valence: f32, grid: &Grid, dice: &mut Dice) -> Self {
        let fresh = Theme::new(density, valence, grid, dice);
        Self { other: self.main.clone(), order: [Bar::Main, Bar::Other, Bar::Main], ..fresh }
    }

    /// What bar `i` of a phrase of `length` bars states.
    pub(super) fn bar(&self, i: u32, length: u32) -> Bar {
        if i + 1 == length { Bar::Cadence } else { self.order[(i % 3) as usize] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Stream;
    use kmidi_music::Meter;

    #[test]
    fn ideas_fill_their_bar_however_they_are_varied() {
        for (n, d) in [(2, 2), (2, 4), (3, 4), (4, 4), (5, 4), (6, 8), (9, 8), (12, 8)] {
            let grid = Grid::of(Meter::new(n, d).unwrap()).unwrap();
            for seed in 0..60 {
                let mut dice = Dice::new(seed, Stream::Theme, 0);
                let density = 0.4 + seed as f32 / 40.0;
                let first = Theme::new(density, 0.0, &grid, &mut dice);
                let second = first.contrast();
                for idea in [&first.main, &first.other, &second.main] {
                    for idea in
                        [idea.clone(), idea.ornamented(&grid), idea.thinned(&grid), idea.towards(0.3, &grid)]
                    {
                        let mut at = 0;
                        for &(start, length) in &idea.rhythm {
                            assert!(start == at && length > 0, "{n}/{d} {idea:?}");
                            at += length;
                        }
                        assert_eq!(
                            (at, idea.steps.len()),
                            (grid.bar(), idea.rhythm.len()),
                            "{n}/{d} {idea:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn density_is_followed() {
        let grid = Grid::of(Meter::COMMON).unwrap();
        let notes = |density: f32| -> usize {
            (0..100).map(|s| rhythm(density, &grid, &mut Dice::new(s, Stream::Theme, 0)).len()).sum()
        };
        let counts: Vec<_> = [0.4, 0.7, 1.0, 1.3, 1.6].map(notes).to_vec();
        assert!(counts.is_sorted() && counts[4] > 2 * counts[0], "{counts:?}");
    }
}
