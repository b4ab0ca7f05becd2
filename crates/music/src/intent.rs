//! What a user wants of a piece, before any note is chosen.

use crate::chord::Chord;
use crate::emotion::Affect;
use crate::key::Key;
use crate::tempo::Meter;
use crate::time::Bpm;
use alloc::{string::String, vec::Vec};

/// The harmony that a user asks for: a list of bars, each with one chord or more, repeated as needed.
#[derive(Debug, Clone, PartialEq)]
pub enum Progression {
    /// Roman numerals, read in the key of the piece.
    Numerals(Vec<Vec<String>>),
    /// Chords.
    Chords(Vec<Vec<Chord>>),
}

impl Progression {
    /// Chords, one a bar.
    pub fn chord_a_bar(chords: impl IntoIterator<Item = Chord>) -> Self {
        Self::Chords(chords.into_iter().map(|chord| alloc::vec![chord]).collect())
    }

    /// Roman numerals, one a bar.
    pub fn numeral_a_bar(numerals: impl IntoIterator<Item = String>) -> Self {
        Self::Numerals(numerals.into_iter().map(|numeral| alloc::vec![numeral]).collect())
    }
}

/// A wish for a piece. What is `None` is left to the composer.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The words that the user gave; empty when there were none.
    pub text: String,
    /// Feeling over time: (place in the piece 0..=1, feeling), ascending, never empty.
    pub arc: Vec<(f32, Affect)>,
    /// The key.
    pub key: Option<Key>,
    /// The tempo, in felt beats a minute.
    pub tempo: Option<Bpm>,
    /// The metre.
    pub meter: Option<Meter>,
    /// Length in bars.
    pub bars: Option<u32>,
    /// Form as section letters, such as `AABA`.
    pub form: Option<String>,
    /// The style's name.
    pub style: Option<String>,
    /// The harmony.
    pub progression: Option<Progression>,
    /// Names of rules that are to be broken on purpose.
    pub breaks: Vec<String>,
    /// All choices follow from this number.
    pub seed: u64,
}

impl Intent {
    /// An intent that asks for one feeling throughout.
    pub fn feeling(affect: Affect) -> Self {
        Self {
            text: String::new(),
            arc: alloc::vec![(0.0, affect)],
            key: None,
            tempo: None,
            meter: None,
            bars: None,
            form: None,
            style: None,
            progression: None,
            breaks: Vec::new(),
            seed: 0,
        }
    }

    /// The feeling at `place` (0 start to 1 end) of the piece, between the two nearest points of the arc.
    pub fn affect_at(&self, place: f32) -> Affect {
        let after = self.arc.partition_point(|p| p.0 <= place);
        match (after.checked_sub(1).map(|i| self.arc[i]), self.arc.get(after)) {
            (Some((a, from)), Some(&(b, to))) => from.towards(to, (place - a) / (b - a)),
            (Some((_, only)), None) => only,
            (None, Some(&(_, only))) => only,
            (None, None) => Affect::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arc_is_read_between_its_points() {
        let mut intent = Intent::feeling(Affect::new(-0.5, 0.0, 0.0));
        intent.arc.push((1.0, Affect::new(0.5, 1.0, 0.0)));
        assert_eq!(intent.affect_at(0.5), Affect::new(0.0, 0.5, 0.0));
        assert_eq!(intent.affect_at(2.0), Affect::new(0.5, 1.0, 0.0));
    }
}
