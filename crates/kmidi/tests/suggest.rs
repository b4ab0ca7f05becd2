//! Is the chord that follows in real pieces among the suggestions?
//!
//! Asked of the valid splits of three sets, `../shared/data/harmony`: which chord (root and family) comes next, each time that
//! it changes, with the key in force and all chords so far. Beside it stands the
//! plain table of its own train split: the commonest chords after the last one.

use kmidi::engine::harmony::context::Family;
use kmidi::engine::harmony::suggest::{Suggester, Wish};
use kmidi::music::chord::{Degree, Degrees};
use kmidi::music::notation::harte::{self, Label};
use kmidi::music::{Chord, Key, PitchClass, PitchClassSet, PitchName};
use kmidi::studio::eval::harmony::{Piece, key_at};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Root above the tonic, and family.
type Token = (u8, Family);

/// A chord that differs from the one before, in its key.
struct Step {
    key: Key,
    chord: Chord,
    token: Token,
}

fn steps(piece: &Piece) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for labelled in &piece.chords {
        let (Some(sounding), Some(root)) = (labelled.sounding, labelled.root) else { continue };
        let Some(key) = key_at(piece, labelled).and_then(|key| key.parse::<Key>().ok()) else { continue };
        let token = (root.above(key.tonic.pitch_class()), Family::above(sounding.set, root));
        if steps.last().is_some_and(|last| last.token == token && last.key == key) {
            continue;
        }
        let chord = match harte::parse(&labelled.label) {
            Ok(Label::Chord(chord)) if chord.root.pitch_class() == root => chord,
            _ => plain(key.spell_root(root), sounding.set),
        };
        steps.push(Step { key, chord, token });
    }
    steps
}

/// A chord of these notes, whatever they are.
fn plain(root: PitchName, set: PitchClassSet) -> Chord {
    const NAMES: [(u8, i8); 12] =
        [(1, 0), (9, -1), (9, 0), (3, -1), (3, 0), (4, 0), (5, -1), (5, 0), (5, 1), (6, 0), (7, -1), (7, 0)];
    let names = set.iter().map(|pc| NAMES[usize::from(pc.above(root.pitch_class()))]);
    Chord::from_degrees(root, names.fold(Degrees::NONE, |all, (n, a)| all.with(Degree::new(n, a))))
}

/// Counts of next chords by the chord before: the plain table that suggestions are compared with.
#[derive(Default)]
struct OrderOne {
    after: HashMap<Token, HashMap<Token, u32>>,
    all: HashMap<Token, u32>,
}

impl OrderOne {
    fn count(pieces: &[Piece]) -> Self {
        let mut counts = Self::default();
        for steps in pieces.iter().map(steps) {
            for (at, step) in steps.iter().enumerate() {
                *counts.all.entry(step.token).or_default() += 1;
                if let Some(last) = at.checked_sub(1) {
                    let row = counts.after.entry(steps[last].token).or_default();
                    *row.entry(step.token).or_default() += 1;
                }
            }
        }
        counts
    }

    /// The five commonest, filled up with those that are common everywhere.
    fn best(&self, last: Option<Token>) -> Vec<Token> {
        let ranked = |counts: &HashMap<Token, u32>| {
            let mut ranked: Vec<_> = counts.iter().map(|(&(root, family), &n)| (n, root, family)).collect();
            ranked.sort_by_key(|&(n, root, family)| (std::cmp::Reverse(n), root, family.index()));
            ranked.into_iter().map(|(_, root, family)| (root, family)).collect::<Vec<_>>()
        };
        let mut best = last.and_then(|last| self.after.get(&last)).map_or(Vec::new(), ranked);
        for token in ranked(&self.all) {
            if !best.contains(&token) && Some(token) != last {
                best.push(token);
            }
        }
        best.truncate(5);
        best
    }
}

/// Shares of the next chords that were first, or among the first five.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    chords: u32,
    top1: u32,
    top5: u32,
}

impl Found {
    fn add(&mut self, ranked: &[Token], token: Token) {
        self.chords += 1;
        self.top1 += u32::from(ranked.first() == Some(&token));
        self.top5 += u32::from(ranked.iter().take(5).any(|t| *t == token));
    }

    fn shares(&self) -> (f64, f64) {
        let share = |n: u32| f64::from(n) / f64::from(self.chords.max(1));
        (share(self.top1), share(self.top5))
    }
}

fn sounding(chord: &Chord) -> Family {
    Family::above(chord.pitch_classes(), chord.root.pitch_class())
}

fn score(pieces: &[Piece], table: &OrderOne, suggester: &mut Suggester) -> (Found, Found) {
    let (mut suggested, mut counted) = (Found::default(), Found::default());
    for steps in pieces.iter().map(steps) {
        suggester.reset();
        for (at, step) in steps.iter().enumerate() {
            let tonic: PitchClass = step.key.tonic.pitch_class();
            let ranked: Vec<Token> = suggester
                .suggest(step.key, &Wish::default())
                .iter()
                .take(5)
                .map(|s| (s.chord.root.pitch_class().above(tonic), sounding(&s.chord)))
                .collect();
            suggested.add(&ranked, step.token);
            counted.add(&table.best(at.checked_sub(1).map(|last| steps[last].token)), step.token);
            suggester.hear(&step.chord, step.key);
        }
    }
    (suggested, counted)
}

fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/harmony");
    folder.is_dir().then_some(folder)
}

/// (set, the least share among five, the least share first).
const FLOORS: [(&str, f64, f64); 3] =
    [("when_in_rome", 0.755, 0.455), ("billboard", 0.885, 0.73), ("jazz_standards", 0.69, 0.49)];

#[test]
fn the_next_chord_is_among_the_suggestions() {
    let Some(folder) = shared() else {
        println!("skipped: ../shared/data/harmony is not there");
        return;
    };
    let mut suggester = Suggester::new();
    let read =
        |set: &str, split: &str| kmidi::labelled(folder.join(format!("{set}.{split}.jsonl.gz"))).unwrap();
    for (set, least5, least1) in FLOORS {
        let table = OrderOne::count(&read(set, "train"));
        let (suggested, counted) = score(&read(set, "valid"), &table, &mut suggester);
        let ((top1, top5), (base1, base5)) = (suggested.shares(), counted.shares());
        println!(
            "{set} valid: {} chords, top1 {top1:.3} top5 {top5:.3}; counts of its own train split {base1:.3} {base5:.3}",
            suggested.chords
        );
        assert!(top5 >= least5 && top1 >= least1, "{set}: {top1} {top5}");
        assert!(top5 > base5 && top1 > base1, "{set}: plain counts of its own train split are better");
    }
}
