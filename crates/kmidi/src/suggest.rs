//! What may follow a row of chords, as text.

use kmidi_engine::harmony::suggest::{Suggester, Wish};
use kmidi_music::chord::name::{Term, readings};
use kmidi_music::notation::symbol;
use kmidi_music::{Chord, Key, Mode, roman};

/// The lowest note of a chord when it is named by its sound: C3.
const LOWEST: u8 = 48;

/// A chord that may come next.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggested {
    /// The chord, spelled in the key.
    pub chord: Chord,
    /// Its lead-sheet symbol; an augmented sixth has none and is called by its sound (`Ab7`).
    pub symbol: String,
    /// Its numeral in the key.
    pub roman: String,
    /// Its tension in Lerdahl's measure, see [`kmidi_engine::harmony::tension`].
    pub tension: u8,
    /// The reasons; their sum is the score, in nats. See [`kmidi_engine::harmony::suggest`] for what each says.
    pub terms: Vec<Term>,
}

/// What may follow `row` in `key`, the best first, at most `count`. Each chord of the row stands in its own key.
///
/// ```
/// use kmidi::engine::harmony::suggest::Wish;
/// use kmidi::music::{Key, notation::symbol};
///
/// let key: Key = "C".parse()?;
/// let row = [(key, symbol::parse("Dm7")?), (key, symbol::parse("G7")?)];
/// let next = kmidi::suggest(&row, key, &Wish::default(), 3);
/// assert_eq!((next.len(), next[0].roman.as_str()), (3, "I"));
/// # Ok::<(), kmidi::music::ParseError>(())
/// ```
pub fn suggest(row: &[(Key, Chord)], key: Key, wish: &Wish, count: usize) -> Vec<Suggested> {
    let mut suggester = Suggester::new();
    row.iter().for_each(|(key, chord)| suggester.hear(chord, *key));
    let told = suggester.suggest(key, wish).iter().take(count);
    told.map(|next| Suggested {
        chord: next.chord,
        symbol: written(&next.chord),
        roman: match key.mode {
            Mode::Major | Mode::Minor => next.numeral.to_owned(),
            _ => roman::of(&next.chord, key),
        },
        tension: next.tension,
        terms: next.terms().to_vec(),
    })
    .collect()
}

/// A chord that no quality of the table names in full is called by what it sounds like.
fn written(chord: &Chord) -> String {
    let pitches: Vec<u8> = chord.close_position(LOWEST).iter().map(|(_, pitch)| *pitch).collect();
    let heard = readings(&pitches, None).first().map(|reading| reading.chord);
    symbol::print(&heard.filter(|_| !chord.omitted.is_empty()).unwrap_or(*chord))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn augmented_sixths_are_written_as_they_sound() {
        let c: Key = "C".parse().unwrap();
        for (numeral, expected) in
            [("Ger65", "Ab7"), ("V7/V", "D7"), ("I[no3][add4]", "Csus4"), ("N6", "Db/F")]
        {
            assert_eq!(written(&roman::parse(numeral, c).unwrap()), expected, "{numeral}");
        }
        let row = [(c, symbol::parse("F").unwrap())];
        let dorian = suggest(&row, "D dor".parse().unwrap(), &Wish::default(), 100);
        assert!(dorian.iter().any(|next| next.symbol == "G" && next.roman == "IV"));
    }
}
