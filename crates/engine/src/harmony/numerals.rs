//! A chord in the key in force: its Roman numeral, what it does there, and how tense it is.
//!
//! Naming a chord needs lists that grow; the audio thread looks it up. A numeral depends on the mode and on what lies above the
//! tonic alone, so the chord states of all keys make a table of 960, which [`Numerals::new`] asks [`kmidi_music::roman`] and
//! [`tension`](super::tension) to fill.

use super::chord::{self, NONE, QUALITIES};
use super::key::{self, KEYS};
use super::tension::{Tension, tension};
use core::fmt;
use kmidi_music::roman::{Function, RomanNumeral};
use kmidi_music::{Chord, Key, PitchName};

/// Chord tones that may be the bass: root, third, fifth, seventh.
const BASSES: usize = 4;
/// The longest numeral of a chord state takes this many bytes.
const LONGEST: usize = 20;

/// A Roman numeral as text, in a place of its own: `vi65`, `V7/V`, `viiø7`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Numeral {
    text: [u8; LONGEST],
    length: u8,
}

impl Numeral {
    /// `None` where the text is too long.
    fn new(text: &str) -> Option<Self> {
        let mut out = Self { text: [0; LONGEST], length: text.len() as u8 };
        out.text.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(out)
    }

    /// As [`kmidi_music::roman::of`] prints it.
    ///
    /// *Real-time safety*: no allocation.
    pub fn as_str(&self) -> &str {
        // It was made from a text.
        core::str::from_utf8(&self.text[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Numeral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// A chord in a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InKey {
    /// The key.
    pub key: Key,
    /// The chord's numeral there.
    pub numeral: Numeral,
    /// What it does there; of an applied chord, what it does to its target. `None` on chromatic degrees without a usual one.
    pub function: Option<Function>,
    /// How tense it is there.
    pub tension: Tension,
}

/// One chord, whatever the key.
type Row = (Numeral, Option<Function>, Tension);

/// All chord states above a tonic, by mode, root, quality, and which chord tone is the bass.
#[derive(Debug, Clone)]
pub(super) struct Numerals(Box<[Option<Row>]>);

impl Numerals {
    /// Makes the table.
    ///
    /// *Real-time safety*: allocates.
    pub(super) fn new() -> Self {
        let mut table = vec![None; 2 * NONE * BASSES].into_boxed_slice();
        for mode in 0..2 {
            let key = key::key(mode * KEYS / 2);
            for state in 0..NONE {
                for chord in (0..BASSES).filter_map(|bass| over(state, bass, key)) {
                    let numeral = RomanNumeral::of(&chord, key);
                    // The tests see that no numeral is too long.
                    let text = Numeral::new(&numeral.to_string());
                    if let (Some(text), Some(place)) = (text, place(mode, state, &chord)) {
                        table[place] = Some((text, numeral.function(key), tension(&chord, key, None)));
                    }
                }
            }
        }
        Self(table)
    }

    /// `chord`, which is the chord state `state` over one of its tones, in the key of that state.
    ///
    /// *Real-time safety*: no allocation.
    pub(super) fn of(&self, state: usize, chord: &Chord, in_key: usize) -> Option<InKey> {
        let (mode, tonic) = (in_key / (KEYS / 2), in_key % (KEYS / 2));
        let above = if state < NONE { (state + NONE - tonic * QUALITIES.len()) % NONE } else { return None };
        let (numeral, function, tension) = self.0.get(place(mode, above, chord)?).copied().flatten()?;
        Some(InKey { key: key::key(in_key), numeral, function, tension })
    }
}

/// Where the chord of a state above the tonic stands in the table; `None` over a bass that is no third, fifth or seventh of it.
fn place(mode: usize, above: usize, chord: &Chord) -> Option<usize> {
    let interval = chord.bass - chord.root;
    let bass = usize::from(interval.number() / 2);
    (interval.number() % 2 == 1).then_some((mode * NONE + above) * BASSES + bass)
}

/// A state spelled in a key, over its root, third, fifth or seventh if it has that.
fn over(state: usize, bass: usize, key: Key) -> Option<Chord> {
    let (root, quality) = chord::parts(state)?;
    let chord = Chord::new(key.spell_root(root), quality);
    let tones = quality.degrees();
    let number = 2 * bass as u8 + 1;
    let bass: PitchName = chord.root + tones.iter().find(|degree| degree.number == number)?.interval();
    Some(if bass == chord.root { chord } else { chord.over(bass) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::roman;

    #[test]
    fn the_table_says_what_naming_says_in_every_key() {
        let numerals = Numerals::new();
        let (mut asked, mut longest) = (0, 0);
        for in_key in 0..KEYS {
            let key = key::key(in_key);
            for state in 0..NONE {
                for chord in (0..BASSES).filter_map(|bass| over(state, bass, key)) {
                    let found = numerals.of(state, &chord, in_key).unwrap();
                    let name = roman::of(&chord, key);
                    assert_eq!(found.numeral.as_str(), name, "{chord:?} in {key}");
                    let numeral: RomanNumeral = name.parse().unwrap();
                    assert_eq!(found.function, numeral.function(key), "{name} in {key}");
                    assert_eq!(
                        (found.key, found.tension),
                        (key, tension(&chord, key, None)),
                        "{name} in {key}"
                    );
                    (asked, longest) = (asked + 1, longest.max(name.len()));
                }
            }
        }
        assert!(asked > KEYS * NONE * 3 && longest <= LONGEST, "{asked} {longest}");
    }

    #[test]
    fn nothing_is_made_up() {
        let numerals = Numerals::new();
        let c = over(0, 0, key::key(0)).unwrap();
        assert!(numerals.of(NONE, &c, 0).is_none());
        let on_d = c.over("D".parse().unwrap());
        assert!(numerals.of(0, &on_d, 0).is_none());
        assert!(Numeral::new(&"I".repeat(LONGEST + 1)).is_none());
    }
}
