//! The longest run of notes that two tunes share, wherever it stands and in whatever key.

use super::Sheet;
use std::collections::BTreeMap;

/// What lies between two notes: semitones, and 16ths.
type Step = (i32, u32);

fn steps(sheet: &Sheet) -> Vec<Step> {
    let step = |pair: &[(f64, f64, u8)]| {
        let sixteenths = libm::round(4.0 * (pair[1].0 - pair[0].0)).max(0.0) as u32;
        (i32::from(pair[1].2) - i32::from(pair[0].2), sixteenths)
    };
    sheet.melody.windows(2).map(step).collect()
}

/// All that stands in a tune, as a suffix automaton (Blumer et al. 1985): what stands in another is found in time that grows with the other alone.
#[derive(Debug)]
struct Automaton {
    states: Vec<State>,
}

#[derive(Debug, Default, Clone)]
struct State {
    length: usize,
    link: Option<usize>,
    next: BTreeMap<Step, usize>,
}

impl Automaton {
    fn new(steps: &[Step]) -> Self {
        let mut states = vec![State::default()];
        let mut last = 0;
        for &step in steps {
            let here = states.len();
            states.push(State { length: states[last].length + 1, ..State::default() });
            let mut at = Some(last);
            while let Some(state) = at.filter(|&state| !states[state].next.contains_key(&step)) {
                states[state].next.insert(step, here);
                at = states[state].link;
            }
            let link = at.map_or(0, |state| {
                let goal = states[state].next[&step];
                if states[goal].length == states[state].length + 1 {
                    return goal;
                }
                let copy = states.len();
                states.push(State { length: states[state].length + 1, ..states[goal].clone() });
                let mut back = Some(state);
                while let Some(from) = back.filter(|&from| states[from].next.get(&step) == Some(&goal)) {
                    states[from].next.insert(step, copy);
                    back = states[from].link;
                }
                states[goal].link = Some(copy);
                copy
            });
            states[here].link = Some(link);
            last = here;
        }
        Self { states }
    }

    /// The longest run of `other` that stands in the tune, in steps.
    fn longest(&self, other: &[Step]) -> usize {
        let (mut at, mut length, mut most) = (0, 0, 0);
        for step in other {
            while at > 0 && !self.states[at].next.contains_key(step) {
                at = self.states[at].link.unwrap_or(0);
                length = self.states[at].length;
            }
            if let Some(&next) = self.states[at].next.get(step) {
                (at, length) = (next, length + 1);
            }
            most = most.max(length);
        }
        most
    }
}

/// The longest run of notes that two tunes share: 0 where not even one step is common.
#[must_use]
pub fn shared(a: &Sheet, b: &Sheet) -> usize {
    notes(Automaton::new(&steps(a)).longest(&steps(b)))
}

/// A run of steps joins one note more.
fn notes(steps: usize) -> usize {
    if steps > 0 { steps + 1 } else { 0 }
}

/// For each song the longest run that it shares with any of `pieces`, and with which.
#[must_use]
pub fn longest(songs: &[Sheet], pieces: &[Sheet]) -> Vec<(usize, String)> {
    let pieces: Vec<(&str, Vec<Step>)> = pieces.iter().map(|piece| (&piece.id[..], steps(piece))).collect();
    let of_song = |song: &Sheet| {
        let automaton = Automaton::new(&steps(song));
        let runs = pieces.iter().map(|(id, steps)| (notes(automaton.longest(steps)), *id));
        let best = runs.fold((0, ""), |best, run| if run.0 > best.0 { run } else { best });
        (best.0, best.1.to_owned())
    };
    songs.iter().map(of_song).collect()
}

/// The nearest-rank percentile of the lengths of runs.
#[must_use]
pub fn percentile(runs: &[(usize, String)], share: f64) -> usize {
    let mut lengths: Vec<usize> = runs.iter().map(|run| run.0).collect();
    lengths.sort_unstable();
    let rank = libm::ceil(share * lengths.len() as f64) as usize;
    lengths.get(rank.max(1) - 1).copied().unwrap_or(0)
}

/// What pieces of people share with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    /// The 99th percentile, over the pieces, of the longest run that each shares with any of the training split.
    pub of_pieces: usize,
    /// The 99th percentile over all pairs of a piece and one of the training split.
    pub of_pairs: usize,
}

impl Runs {
    /// Of `pieces` with those of `train`.
    #[must_use]
    pub fn of(pieces: &[Sheet], train: &[Sheet]) -> Self {
        let all: Vec<Vec<Step>> = train.iter().map(steps).collect();
        let mut pairs = Vec::new();
        for piece in pieces {
            let automaton = Automaton::new(&steps(piece));
            pairs.extend(all.iter().map(|steps| (notes(automaton.longest(steps)), String::new())));
        }
        Self { of_pieces: percentile(&longest(pieces, train), 0.99), of_pairs: percentile(&pairs, 0.99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::PitchClass;

    /// A tune of these pitches, each with its 16ths to the next.
    fn sheet(notes: &[(u8, u32)]) -> Sheet {
        let mut at = 0.0;
        let note = |&(pitch, steps): &(u8, u32)| {
            at += f64::from(steps) / 4.0;
            (at - f64::from(steps) / 4.0, 0.2, pitch)
        };
        let melody = notes.iter().map(note).collect();
        Sheet { id: "a".into(), tonic: PitchClass::new(0), minor: false, melody, chords: Vec::new() }
    }

    /// Notes that follow from a number.
    fn random(count: usize, from: u64) -> Vec<(u8, u32)> {
        let mut dice = crate::dice::Dice::new(from, crate::dice::Stream::Pieces, 0);
        (0..count).map(|_| (50 + dice.below(30) as u8, 1 + dice.below(4))).collect()
    }

    /// The obvious way.
    fn slow(a: &[Step], b: &[Step]) -> usize {
        let run = |i: usize, j: usize| a[i..].iter().zip(&b[j..]).take_while(|(x, y)| x == y).count();
        (0..a.len())
            .flat_map(|i| (0..b.len()).map(move |j| (i, j)))
            .map(|(i, j)| run(i, j))
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn a_planted_copy_is_found_in_another_key() {
        let (mut ours, theirs) = (random(300, 1), random(300, 2));
        let before = shared(&sheet(&ours), &sheet(&theirs));
        for k in 0..24 {
            ours[100 + k] = (theirs[40 + k].0 + 5, theirs[40 + k].1);
        }
        let (song, piece) = (sheet(&ours), sheet(&theirs));
        assert!(before < 8, "{before}");
        assert!((24..28).contains(&shared(&song, &piece)));
        let found = longest(&[song], &[sheet(&random(300, 3)), Sheet { id: "theirs".into(), ..piece }]);
        assert_eq!((found[0].0 >= 24, &found[0].1[..]), (true, "theirs"));
    }

    #[test]
    fn runs_are_those_of_the_obvious_way() {
        for seed in 0..40 {
            // Few kinds of steps, so that runs are long and come back.
            let tune = |seed| -> Vec<Step> {
                random(60, seed).iter().map(|n| (i32::from(n.0 % 2), n.1 % 2)).collect()
            };
            let (a, b) = (tune(2 * seed), tune(2 * seed + 1));
            assert_eq!(Automaton::new(&a).longest(&b), slow(&a, &b), "{seed}");
        }
        assert_eq!(Automaton::new(&[]).longest(&[(0, 1)]), 0);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let runs: Vec<(usize, String)> = (1..=200).map(|n| (n, String::new())).collect();
        assert_eq!((percentile(&runs, 0.99), percentile(&runs, 1.0), percentile(&[], 0.5)), (198, 200, 0));
    }
}
