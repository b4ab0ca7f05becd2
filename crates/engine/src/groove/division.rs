//! Into what beats are divided: swung or straight eighths, swung sixteenths, or triplets.

use kmidi_kernels::math;

/// Onsets spread this much around their place in the beat, as a share of the beat.
const SPREAD: f32 = 0.03;
/// The share of onsets that stand nowhere in particular.
const ASTRAY: f32 = 0.15;
/// Fewer onsets within the beats than this say nothing about their division.
const FEWEST: f32 = 8.0;
/// Shares of 50 to 77 % in steps of half a per cent.
const SHARES: usize = 55;
/// Distances from a place for which its likelihood is kept, one in a thousand apart.
const FAR: usize = 120;
/// Straight sixteenths are the first of the swung ones, and what eighths and sixteenths share.
const ALL: usize = 1 + 2 * SHARES;
/// Swings that differ by this many steps are not the same.
const APART: usize = 12;

/// Into what a beat is divided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Division {
    /// Pairs of eighths; the first takes this share of the beat.
    Eighths(f32),
    /// Pairs of sixteenths; the first takes this share of half the beat.
    Sixteenths(f32),
    /// Three in a beat.
    Triplets,
}

impl Division {
    /// In the order of [`Divisions::scores`].
    fn of(n: usize) -> Self {
        let share = |n: usize| 0.5 + 0.005 * n as f32;
        match n {
            0 => Self::Triplets,
            1..=SHARES => Self::Sixteenths(share(n - 1)),
            _ => Self::Eighths(share(n - 1 - SHARES)),
        }
    }

    /// Where strokes within the beat stand, as shares of the beat, and how many of them there are.
    fn places(self) -> ([f32; 3], usize) {
        match self {
            Self::Eighths(share) => ([share; 3], 1),
            Self::Sixteenths(share) => ([0.5 * share, 0.5, 0.5 + 0.5 * share], 3),
            Self::Triplets => ([1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0], 2),
        }
    }

    /// The places that a stroke may stand at, the beat itself the first: four, where the beat has three the last twice.
    pub fn grid(self) -> [f32; 4] {
        match self {
            Self::Eighths(share) => [0.0, 0.5 * share, share, 0.5 + 0.5 * share],
            Self::Sixteenths(share) => [0.0, 0.5 * share, 0.5, 0.5 + 0.5 * share],
            Self::Triplets => [0.0, 1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0],
        }
    }
}

/// How likely each division is after the onsets heard so far.
#[derive(Debug, Clone)]
pub struct Divisions {
    /// What is kept of the past at each beat.
    keep: f32,
    /// Log-likelihood of a stroke at a distance from its place, for one place in the beat to three.
    fits: [[f32; FAR]; 3],
    /// Log-likelihood of each division against strokes that stand anywhere.
    scores: [f32; ALL],
    /// Beats, strokes within them, and those at the first third of one.
    beats: f32,
    strokes: f32,
    thirds: f32,
}

/// The likeliest division.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divided {
    /// Which.
    pub division: Division,
    /// 0 to 1: how far it stands above every other that is not nearly the same, and above none at all.
    pub confidence: f32,
}

impl Divisions {
    /// Nothing is known. `keep` of what was heard counts on at each beat: 1 remembers all.
    ///
    /// *Real-time safety*: no allocation.
    pub fn new(keep: f32) -> Self {
        let fits = core::array::from_fn(|places| {
            let scale = (1.0 - ASTRAY) / ((places + 1) as f32 * SPREAD * math::sqrt(core::f32::consts::TAU));
            core::array::from_fn(|n| {
                let away = 0.001 * n as f32 / SPREAD;
                math::ln(ASTRAY + scale * math::exp(-0.5 * away * away))
            })
        });
        Self { keep, fits, scores: [0.0; ALL], beats: 0.0, strokes: 0.0, thirds: 0.0 }
    }

    /// A beat is over.
    ///
    /// *Real-time safety*: no allocation.
    pub fn beat(&mut self) {
        self.scores.iter_mut().for_each(|score| *score *= self.keep);
        self.beats = self.keep * self.beats + 1.0;
        self.strokes *= self.keep;
        self.thirds *= self.keep;
    }

    /// A stroke within a beat, at this share of it from 0 to 1.
    ///
    /// *Real-time safety*: no allocation.
    pub fn stroke(&mut self, at: f32) {
        for (n, score) in self.scores.iter_mut().enumerate() {
            let (places, count) = Division::of(n).places();
            let away = places.iter().fold(1.0_f32, |least, place| least.min((at - place).abs()));
            *score += self.fits[count - 1][((1000.0 * away) as usize).min(FAR - 1)];
        }
        self.strokes += 1.0;
        self.thirds += f32::from((at - 1.0 / 3.0).abs() < 2.0 * SPREAD);
    }

    /// The likeliest division; `None` after too few strokes.
    ///
    /// *Real-time safety*: no allocation.
    pub fn best(&self) -> Option<Divided> {
        if self.strokes < FEWEST {
            return None;
        }
        let scores = &self.scores;
        let best = (1..ALL).fold(0, |best, n| if scores[n] > scores[best] { n } else { best });
        let found = Division::of(best);
        // Straight eighths are straight sixteenths without the others.
        let alike = |n: usize| match (best.checked_sub(1), n.checked_sub(1)) {
            (Some(best), Some(n)) => {
                let straight = |n: usize| n % SHARES < APART;
                (straight(best) && straight(n)) || (best / SHARES == n / SHARES && best.abs_diff(n) < APART)
            }
            (best, n) => best == n,
        };
        let rival = (0..ALL).filter(|&n| !alike(n)).map(|n| scores[n]).fold(0.0, f32::max);
        let confidence = 1.0 - math::exp(-(scores[best] - rival).max(0.0) / 5.0);
        Some(Divided { division: self.finer(best).unwrap_or(found), confidence })
    }

    /// The place of the best share between its neighbours: the top of the parabola through three scores.
    fn finer(&self, best: usize) -> Option<Division> {
        let step = best.checked_sub(1)? % SHARES;
        if step == 0 || step == SHARES - 1 {
            return None;
        }
        let (below, at, above) = (self.scores[best - 1], self.scores[best], self.scores[best + 1]);
        let bend = 2.0 * at - below - above;
        let by = if bend > 0.0 { (0.5 * (above - below) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        match Division::of(best) {
            Division::Eighths(share) => Some(Division::Eighths(share + 0.005 * by)),
            Division::Sixteenths(share) => Some(Division::Sixteenths(share + 0.005 * by)),
            Division::Triplets => None,
        }
    }

    /// Are the beats divided in three? The first third tells triplets from swung eighths, which have only the second.
    ///
    /// *Real-time safety*: no allocation.
    pub fn in_threes(&self) -> bool {
        let triplets = self.best().is_some_and(|best| best.division == Division::Triplets);
        triplets && 4.0 * self.thirds > self.beats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forty beats with strokes at these places, each a little off.
    fn played(places: &[f32], keep: f32) -> Divisions {
        let mut divisions = Divisions::new(keep);
        for n in 0..40_usize {
            divisions.beat();
            let slip = 0.008 * ((n * 7919 % 13) as f32 / 6.0 - 1.0);
            places.iter().for_each(|place| divisions.stroke(place + slip));
        }
        divisions
    }

    #[test]
    fn each_division_is_found() {
        let third = 1.0 / 3.0;
        let cases: [(&[f32], Division); 6] = [
            (&[0.5], Division::Eighths(0.5)),
            (&[2.0 * third], Division::Eighths(0.667)),
            (&[0.6], Division::Eighths(0.6)),
            (&[0.25, 0.5, 0.75], Division::Sixteenths(0.5)),
            (&[0.29, 0.5, 0.79], Division::Sixteenths(0.58)),
            (&[third, 2.0 * third], Division::Triplets),
        ];
        for keep in [1.0, 0.97] {
            for (places, wanted) in cases {
                let heard = played(places, keep);
                let found = heard.best().unwrap();
                let right = match (found.division, wanted) {
                    (Division::Eighths(a), Division::Eighths(b))
                    | (Division::Sixteenths(a), Division::Sixteenths(b)) => (a - b).abs() < 0.01,
                    (a, b) => a == b,
                };
                assert!(right && found.confidence > 0.9, "{places:?}: {found:?}");
                assert_eq!(heard.in_threes(), wanted == Division::Triplets);
            }
        }
    }

    #[test]
    fn strokes_anywhere_are_no_division_to_be_sure_of() {
        let mut divisions = Divisions::new(0.97);
        let mut state = 1_u32;
        for _ in 0..200 {
            divisions.beat();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                divisions.stroke((state >> 8) as f32 / (1 << 24) as f32);
            }
            let sure = divisions.best().map_or(0.0, |best| best.confidence);
            assert!(sure < 0.5, "{:?}", divisions.best());
        }
        assert_eq!(Divisions::new(1.0).best(), None);
    }
}
