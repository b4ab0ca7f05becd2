//! Feelings as numbers (valence, arousal, dominance) and as words.

mod read;
mod words;

pub use read::{Reading, Stage, Understood, Unknown, read, read_by};
pub use words::{Word, by_closeness, nearest, words};

use alloc::vec::Vec;

/// A point in the space of feelings (Russell 1980; Mehrabian and Russell 1974).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Affect {
    /// Unpleasant -1 to pleasant 1.
    pub valence: f32,
    /// Calm -1 to excited 1.
    pub arousal: f32,
    /// Powerless -1 to in control 1.
    pub dominance: f32,
}

impl Affect {
    /// A point, each coordinate clamped to -1..=1; anything that is not a number becomes 0.
    pub fn new(valence: f32, arousal: f32, dominance: f32) -> Self {
        let clean = |x: f32| if x.is_finite() { x.clamp(-1.0, 1.0) } else { 0.0 };
        Self { valence: clean(valence), arousal: clean(arousal), dominance: clean(dominance) }
    }

    /// Quadrant of the valence-arousal plane: 1 happy and excited, 2 unhappy and excited, 3 unhappy and calm, 4 happy
    /// and calm.
    pub fn quadrant(self) -> u8 {
        match (self.valence >= 0.0, self.arousal >= 0.0) {
            (true, true) => 1,
            (false, true) => 2,
            (false, false) => 3,
            (true, false) => 4,
        }
    }

    /// The point `share` (0 to 1) of the way to `other`.
    #[must_use]
    pub fn towards(self, other: Affect, share: f32) -> Affect {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Affect::new(
            mix(self.valence, other.valence),
            mix(self.arousal, other.arousal),
            mix(self.dominance, other.dominance),
        )
    }
}

/// Named emotions that are spelled most like a word that was not understood.
pub(crate) struct Suggestions {
    /// Edit distance (Levenshtein 1966) of the nearest name, in percent of the word's length.
    pub(crate) share: usize,
    /// The nearest names, at most four.
    pub(crate) names: Vec<&'static str>,
}

impl Suggestions {
    pub(crate) fn for_word(word: &str) -> Self {
        let mut ranked: Vec<_> = words().iter().map(|w| (edits(word, w.name), w.name)).collect();
        ranked.sort_unstable();
        Self {
            share: ranked[0].0 * 100 / word.len().max(1),
            names: ranked.iter().take(4).map(|r| r.1).collect(),
        }
    }
}

/// Those of `names` that are spelled most like `word`, in their order: at most a third of its letters differ, or two neighbours are swapped, from the whole name
/// or from one of the words in it, or the name begins with it.
pub fn nearest_names<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let most = (word.chars().count() / 3).max(1);
    let near = |name: &str| {
        let alike =
            |part: &str| part.chars().count() > 1 && (edits(&word, part) <= most || are_swapped(&word, part));
        word.chars().count() > 1 && (name.starts_with(&word) || alike(name) || name.split('-').any(alike))
    };
    names.into_iter().filter(|name| near(name)).collect()
}

/// Is `b` `a` with two neighbouring letters in each other's place?
fn are_swapped(a: &str, b: &str) -> bool {
    let mut differ = a.chars().zip(b.chars()).filter(|(a, b)| a != b);
    let (first, second) = (differ.next(), differ.next());
    let swapped = first.zip(second).is_some_and(|(first, second)| first == (second.1, second.0));
    swapped && differ.next().is_none() && a.chars().count() == b.chars().count()
}

/// Edit distance; of a very long word only the start is compared.
fn edits(a: &str, b: &str) -> usize {
    let mut row: [usize; 33] = core::array::from_fn(|i| i);
    let b: Vec<char> = b.chars().take(32).collect();
    for (i, x) in a.chars().take(32).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
