//! Which chord may follow which: a weighted grammar of functions, sampled exactly.
//!
//! A phrase is a row of slots. Every pair of neighbours and every chord has a score in powers of two, a sum of named
//! terms; a whole phrase is drawn with probability proportional to two to the sum, by summing backward and drawing
//! forward, so that cadences at the end shape the way to them. What the model of the next chord says of the way so far is
//! added on the way forward.

use super::advice::ChordAdvice;
use super::feel::bittersweet;
use super::palette::Function::{self, Dominant as D, Subdominant as S, Tonic as T};
use super::palette::Row;
use super::usual::follows;
use crate::dice::Dice;
use kmidi_music::{Affect, Chord, Mode};

/// How much is made of the difference of two scores: less than 1 draws the less likely more often.
const FREEDOM: f32 = 0.6;
/// How much function and root motion say beside what is usual.
const RULES: f32 = 0.3;

/// A score's named parts.
pub(super) type Terms = Vec<(&'static str, f32)>;

/// What a slot of a phrase is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The start of a phrase.
    Opening,
    /// On the way.
    Middle,
    /// The chord before a cadence's last two.
    Approach,
    /// The dominant of an authentic cadence.
    Penultimate,
    /// The tonic that closes.
    Close,
    /// The dominant at which a half cadence stops.
    HalfClose,
    /// This chord and no other, for a phrase that starts as an earlier one did.
    Fixed(usize),
}

/// A mode's chords in a key, and the feeling that colours the choice.
#[derive(Debug)]
pub(super) struct Grammar<'a> {
    pub(super) rows: &'a [Row],
    /// The triads of `rows`.
    pub(super) chords: Vec<Chord>,
    /// What the style adds to the score of each.
    pub(super) weights: Vec<f32>,
    pub(super) affect: Affect,
    /// The mode of `rows`.
    pub(super) mode: Mode,
    /// How much a phrase wants to open on the tonic.
    pub(super) home: f32,
}

impl Grammar<'_> {
    /// The score of a chord in its place, without what precedes it; `None` where it may not stand.
    pub(super) fn standing(&self, i: usize, place: Place) -> Option<Terms> {
        let row = &self.rows[i];
        let allowed = match place {
            Place::Opening => !row.chromatic && row.function != D,
            Place::Middle | Place::Approach => true,
            Place::Penultimate => row.function == D && !row.chromatic,
            Place::HalfClose => row.function == D && !row.chromatic,
            Place::Close => i == 0,
            Place::Fixed(j) => i == j,
        };
        if !allowed {
            return None;
        }
        let mut terms = vec![("colour", 3.0 * row.colour * self.affect.valence)];
        if self.weights[i] != 0.0 {
            terms.push(("style", self.weights[i]));
        }
        if row.chromatic {
            // Applied dominants are rare spice; borrowed chords belong to mixed feelings.
            let mixed = if row.target.is_some() { -3.2 } else { 4.6 * bittersweet(self.affect) - 3.0 };
            terms.push(("outside the key", mixed));
        }
        match place {
            Place::Opening if i == 0 => terms.push(("opens at home", self.home)),
            Place::Penultimate | Place::HalfClose => {
                let major = self.chords[i].quality == kmidi_music::Quality::MAJ;
                terms.push(("cadence", if major { 2.0 } else { 0.0 }));
            }
            Place::Close => terms.push(("cadence", 2.0)),
            _ => {}
        }
        Some(terms)
    }

    /// The score of a step from one chord to the next; `None` where it may not be made.
    pub(super) fn step(&self, from: usize, to: usize, arrival: Place) -> Option<Terms> {
        let (a, b) = (&self.rows[from], &self.rows[to]);
        if a.target.is_some_and(|t| t != b.triad) {
            return None;
        }
        let function = match (a.function, b.function) {
            (T, S) => 1.0,
            (T, D) => 0.2,
            (T, T) => 0.0,
            (S, D) => 1.1,
            (S, S) => -0.2,
            (S, T) => -0.4,
            (D, T) => 1.4,
            (D, D) => -1.5,
            (D, S) => -2.0,
        };
        let mut terms = vec![("function", RULES * function)];
        terms.push(("usual", follows(self.mode, a.triad, b.triad)));
        let up = self.chords[to].root.pitch_class().above(self.chords[from].root.pitch_class());
        let motion = match up {
            5 => 0.7,     // a fifth down: the strongest
            8 | 9 => 0.5, // a third down: two common notes
            1 | 2 => 0.3, // a step up
            7 => 0.1,     // a fourth down
            3 | 4 | 10 | 11 => -0.2,
            0 => -1.6 - 1.2 * self.affect.arousal, // calm music may stay where it is
            _ => -1.5,                             // a tritone
        };
        terms.push(("root motion", if up == 0 { motion } else { RULES * motion }));
        if a.target.is_some() {
            terms.push(("resolution", 2.0));
        }
        if matches!(arrival, Place::HalfClose | Place::Penultimate) && a.function == D {
            terms.push(("arrives too early", -3.0));
        }
        if arrival == Place::Penultimate && b.function == D && a.function == S {
            terms.push(("prepares the cadence", 1.0));
        }
        Some(terms)
    }

    /// Draws chords for `places`; `before` is the chord that precedes the phrase. Gives for each slot the row and the
    /// terms of its score. Places that no chord can fill are left to the tonic.
    pub(super) fn draw(
        &self,
        places: &[Place],
        before: Option<usize>,
        dice: &mut Dice,
        mut advice: Option<(&mut ChordAdvice, &[u64])>,
    ) -> Vec<(usize, Terms)> {
        let n = self.rows.len();
        let total = |terms: Option<Terms>| {
            terms.map_or(0.0, |t| libm::exp2(f64::from(FREEDOM * t.iter().map(|x| x.1).sum::<f32>())))
        };
        // ahead[k][i]: the weight of all ways on from chord i at slot k.
        let mut ahead = vec![vec![1.0; n]; places.len()];
        for k in (1..places.len()).rev() {
            for i in 0..n {
                ahead[k - 1][i] = (0..n)
                    .map(|j| {
                        total(self.step(i, j, places[k])) * total(self.standing(j, places[k])) * ahead[k][j]
                    })
                    .sum();
            }
            let most = ahead[k - 1].iter().copied().fold(0.0, f64::max);
            if most > 0.0 {
                ahead[k - 1].iter_mut().for_each(|w| *w /= most); // long phrases stay in range
            }
        }
        let mut previous = before;
        places
            .iter()
            .enumerate()
            .map(|(k, &place)| {
                let told = advice.as_ref().map(|a| a.0.scores(self.rows, &self.chords, previous));
                let weights: Vec<f64> = (0..n)
                    .map(|j| {
                        let step = previous.map_or(1.0, |i| total(self.step(i, j, place)));
                        let model = told.as_ref().map_or(1.0, |told| libm::exp2(f64::from(told[j])));
                        step * total(self.standing(j, place)) * ahead[k][j] * model
                    })
                    .collect();
                let most = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
                let whole: Vec<u64> = weights.iter().map(|w| (w / most * 1e6) as u64).collect();
                let chosen = dice.weighted(&whole);
                let mut terms = self.standing(chosen, place).unwrap_or_default();
                terms.extend(previous.and_then(|i| self.step(i, chosen, place)).unwrap_or_default());
                terms.extend(told.map(|told| ("model", told[chosen])));
                if let Some((advice, nexts)) = &mut advice {
                    advice.hear(&self.chords[chosen], previous != Some(chosen), nexts[k]);
                }
                previous = Some(chosen);
                (chosen, terms)
            })
            .collect()
    }
}

/// The function's name.
pub(super) fn function_name(function: Function) -> &'static str {
    match function {
        T => "tonic",
        S => "subdominant",
        D => "dominant",
    }
}

#[cfg(test)]
mod tests {
    use super::super::palette;
    use super::*;
    use crate::dice::Stream;
    use kmidi_music::{Key, PitchName, roman};

    fn grammar(mode: Mode, valence: f32) -> Grammar<'static> {
        let (rows, key) = (palette::of(mode), Key::new(PitchName::C, mode));
        let chords = rows.iter().map(|r| roman::parse(r.triad, key).unwrap()).collect();
        Grammar {
            rows,
            chords,
            weights: vec![0.0; rows.len()],
            affect: Affect::new(valence, 0.0, 0.0),
            mode,
            home: 3.0,
        }
    }

    #[test]
    fn phrases_reach_their_cadence_and_targets() {
        use Place::*;
        for mode in [
            Mode::Major,
            Mode::Minor,
            Mode::Dorian,
            Mode::Mixolydian,
            Mode::Lydian,
            Mode::Phrygian,
            Mode::Locrian,
        ] {
            let g = grammar(mode, 0.0);
            for seed in 0..200 {
                let mut dice = Dice::new(seed, Stream::Harmony, 0);
                let drawn = g.draw(&[Opening, Middle, Approach, Penultimate, Close], None, &mut dice, None);
                let rows: Vec<_> = drawn.iter().map(|d| &g.rows[d.0]).collect();
                assert_eq!((rows[3].function, rows[4].triad), (D, g.rows[0].triad), "{mode:?} {seed}");
                for pair in rows.windows(2) {
                    assert!(pair[0].target.is_none_or(|t| t == pair[1].triad), "{mode:?} {seed}");
                }
            }
        }
    }

    #[test]
    fn mixed_feelings_borrow_and_dark_ones_darken() {
        let count = |valence: f32, what: &dyn Fn(&Row) -> bool| {
            let g = grammar(Mode::Major, valence);
            (0..400)
                .flat_map(|seed| {
                    let places = [Place::Opening, Place::Middle, Place::Middle, Place::Close];
                    g.draw(&places, None, &mut Dice::new(seed, Stream::Harmony, 0), None)
                })
                .filter(|d| what(&g.rows[d.0]))
                .count()
        };
        let borrowed = |r: &Row| r.chromatic && r.target.is_none();
        assert!(count(0.0, &borrowed) > 3 * count(0.9, &borrowed));
        let minor = |r: &Row| r.triad.starts_with(['i', 'v']);
        assert!(count(-0.5, &minor) > count(0.8, &minor) * 3 / 2);
    }
}
