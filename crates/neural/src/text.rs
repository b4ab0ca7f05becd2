//! What any text feels like: the model `text`, a table of words.
//!
//! Every word has a valence, arousal and dominance; a text has their mean, in which words with more feeling weigh more. Words after `not` and its like
//! count half and turned round, adverbs of degree strengthen or weaken the word after them. Where feelings are named, the vocabulary of
//! [`kmidi_music::emotion`] knows better; this answers for the rest of the language.
//!
//! The file `model.bin`: `KTX1`, the number of words (`u32`), then all words as 32-bit FNV-1a hashes (Fowler, Noll and Vo 1991) in rising order, then for each its
//! valence, arousal and dominance as `i8` in hundredths; little-endian.

use crate::{LoadError, shipped};
use kmidi_kernels::math;
use kmidi_music::emotion::{Reading, read_by};
use kmidi_music::{Affect, ParseError};

/// The bytes that a file begins with.
const MAGIC: &[u8; 4] = b"KTX1";
/// A word of this size counts half of what it could: words without feeling, the most of any text, hardly count.
const HALF: f32 = 0.15;
/// Feeling that is missing from a text of one word: what is said once is less sure than what is said again.
const PRIOR: f32 = 1.0;
/// Arousal that comes with a feeling of either sign: its relation to valence is a weak V (Kuppens, Tuerlinckx, Russell and Barrett 2013).
const V_SHAPE: f32 = 0.3;
/// Arousal that an exclamation mark adds, wherever it stands and however many there are: the marks speak for the whole text, and among many words they would hardly
/// count. That they heighten a feeling is in Hutto and Gilbert 2014 ("VADER").
const EXCLAIMED: f32 = 0.2;
/// The least feeling of a word that lets it speak for a text in which nothing else is understood.
const PLAIN: f32 = 0.3;
/// How much more a description means than a text: it has few words, and all for its feeling.
const SAID: f32 = 2.0;
/// What is left of a word that is denied, and how many words that reaches.
const DENIED: (f32, u8) = (-0.5, 3);

const DENIALS: [&str; 9] = ["not", "no", "never", "without", "cannot", "nor", "neither", "hardly", "barely"];
const DEGREES: [(&str, f32); 20] = [
    ("very", 1.3),
    ("so", 1.2),
    ("really", 1.3),
    ("extremely", 1.5),
    ("too", 1.2),
    ("absolutely", 1.5),
    ("totally", 1.4),
    ("most", 1.2),
    ("more", 1.1),
    ("such", 1.2),
    ("incredibly", 1.5),
    ("completely", 1.4),
    ("slightly", 0.6),
    ("little", 0.6),
    ("somewhat", 0.6),
    ("bit", 0.6),
    ("rather", 0.8),
    ("fairly", 0.8),
    ("less", 0.5),
    ("least", 0.4),
];

/// Endings of inflected words, and what the table's word has in their place. The first that leads to a word of the table counts.
const ENDINGS: [(&str, &str); 22] = [
    ("s", ""),
    ("es", ""),
    ("ed", ""),
    ("ed", "e"),
    ("d", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("ies", "y"),
    ("ied", "y"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("ness", ""),
    ("iness", "y"),
    ("ily", "y"),
    ("'s", ""),
    ("ment", ""),
    ("ful", ""),
    ("ers", ""),
    ("ings", ""),
    ("or", ""),
];

/// The words of a text in order, in lower case, each with how much it counts there: 1, less, more, or below 0 where it is denied. A word is a run
/// of the letters a to z with at most one apostrophe inside, of which the first 64 count; a run of `!` and `?` is one too.
///
/// # Real-time safety
///
/// Allocates nothing; the time grows with the text.
pub fn words(text: &str, mut each: impl FnMut(&str, f32)) {
    let (mut denied, mut degree) = (0_u8, 1.0_f32);
    tokens(text, |word| {
        each(word, degree * if denied > 0 { DENIED.0 } else { 1.0 });
        denied = denied.saturating_sub(1);
        degree = DEGREES.iter().find(|known| known.0 == word).map_or(1.0, |known| known.1);
        if DENIALS.contains(&word) || word.ends_with("n't") {
            denied = DENIED.1;
        } else if word == "but" || word.starts_with(['!', '?']) {
            denied = 0;
        }
    });
}

/// Letters of a word that are kept: no word is that long.
const LONGEST: usize = 64;

/// A word while its letters come; no memory is taken for it.
struct Word([u8; LONGEST], usize);

impl Word {
    fn push(&mut self, letter: char) {
        if let (Some(slot), Ok(letter)) = (self.0.get_mut(self.1), u8::try_from(letter)) {
            *slot = letter;
            self.1 += 1;
        }
    }

    fn text(&self) -> &str {
        core::str::from_utf8(&self.0[..self.1]).unwrap_or_default()
    }
}

fn tokens(text: &str, mut each: impl FnMut(&str)) {
    let mut word = Word([0; LONGEST], 0);
    let mut letters =
        text.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }).peekable();
    while let Some(letter) = letters.next() {
        let marks = |c: char| matches!(c, '!' | '?');
        let mut last = word.text().chars().next_back();
        let apart = match letter {
            'a'..='z' => last.is_some_and(marks),
            '!' | '?' => last.is_some_and(|last| !marks(last)),
            '\'' => {
                let inside =
                    last.is_some_and(|last| last.is_ascii_lowercase()) && !word.text().contains('\'');
                !(inside && letters.peek().is_some_and(char::is_ascii_lowercase))
            }
            _ => true,
        };
        if apart && last.take().is_some() {
            each(word.text());
            word.1 = 0;
        }
        let keeps = letter.is_ascii_lowercase() || marks(letter) || (letter == '\'' && !apart);
        if keeps {
            word.push(letter);
        }
    }
    if word.1 > 0 {
        each(word.text());
    }
}

/// The hash of a word, in parts.
#[must_use]
pub fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u32 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Felt {
    /// What readers feel, exclamation marks included.
    pub affect: Affect,
    /// The mean of the words: arousal without what comes with any feeling.
    pub mean: Affect,
    /// Does a word with a plain feeling stand in it?
    pub plain: bool,
}

/// The model.
#[derive(Debug, Clone)]
pub struct Text {
    hashes: Vec<u32>,
    scores: Vec<[i8; 3]>,
}

impl Text {
    /// Reads its file.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotTable`] where it is cut off, has another form, or its words are not in order.
    pub fn new(bytes: &[u8]) -> Result<Self, LoadError> {
        let wrong = |reason: &'static str| LoadError::NotTable(reason);
        let rest = bytes.strip_prefix(MAGIC).ok_or(wrong("it does not begin with KTX1"))?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(wrong("it is cut off"))?;
        let count = u32::from_le_bytes(*count) as usize;
        if Some(rest.len()) != count.checked_mul(7) {
            return Err(wrong("its length is not that of its words"));
        }
        let (hashes, scores) = rest.split_at(4 * count);
        let hashes: Vec<u32> =
            hashes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if !hashes.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(wrong("its words are not in rising order"));
        }
        let scores = scores.chunks_exact(3).map(|b| [b[0] as i8, b[1] as i8, b[2] as i8]).collect();
        Ok(Self { hashes, scores })
    }

    /// Valence, arousal and dominance of a word in lower case, as it stands or without an ending.
    #[must_use]
    pub fn word(&self, word: &str) -> Option<[f32; 3]> {
        let find = |hash: u32| self.hashes.binary_search(&hash).ok();
        let stem = |&(ending, instead): &(&str, &str)| {
            let stem = word.strip_suffix(ending).filter(|stem| stem.len() >= 3)?;
            find(hash([stem, instead]))
        };
        let place = find(hash([word])).or_else(|| ENDINGS.iter().find_map(stem))?;
        self.scores.get(place).map(|score| score.map(|x| f32::from(x) / 100.0))
    }

    /// What a text says; nothing where no word is known.
    #[must_use]
    pub fn feel(&self, text: &str) -> Felt {
        let (mut sum, mut weight, mut plain, mut exclaimed) = ([0.0_f32; 3], PRIOR, false, 0.0);
        words(text, |word, factor| {
            if word.contains('!') {
                exclaimed = EXCLAIMED;
            }
            let Some(score) = self.word(word) else { return };
            let size = score.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let share = size / (size + HALF);
            weight += factor.abs() * share;
            sum.iter_mut().zip(score).for_each(|(sum, x)| *sum += factor * share * x);
            plain |= score[0].abs().max(score[1].abs()) >= PLAIN && !word.starts_with(['!', '?']);
        });
        let [v, a, d] = sum.map(|x| x / weight);
        let arousal = a + V_SHAPE * math::sqrt(v * v) + exclaimed;
        Felt { affect: Affect::new(v, arousal, d), mean: Affect::new(v, a, d), plain }
    }
}

/// Reads a description as [`kmidi_music::emotion::read`] does; a stage in which no word is a known feeling is told by the model that ships, where a word with a
/// plain feeling stands in it.
///
/// # Errors
/// When a stage, or the whole, says nothing to either.
pub fn read(text: &str) -> Result<Reading, ParseError> {
    let model = shipped("text").and_then(|bytes| Text::new(bytes).ok());
    read_by(text, |said| {
        let Felt { mean, plain, .. } = model.as_ref()?.feel(said);
        let strong = Affect::new(SAID * mean.valence, SAID * mean.arousal, SAID * mean.dominance);
        plain.then_some(strong)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<(String, f32)> {
        let mut all = Vec::new();
        words(text, |word, factor| all.push((word.to_owned(), factor)));
        all
    }

    fn table(words: &[(&str, [i8; 3])]) -> Vec<u8> {
        let mut rows: Vec<(u32, [i8; 3])> =
            words.iter().map(|&(word, score)| (hash([word]), score)).collect();
        rows.sort_unstable();
        let mut bytes = MAGIC.to_vec();
        bytes.extend((rows.len() as u32).to_le_bytes());
        rows.iter().for_each(|row| bytes.extend(row.0.to_le_bytes()));
        rows.iter().for_each(|row| bytes.extend(row.1.map(|x| x as u8)));
        bytes
    }

    #[test]
    fn words_are_runs_of_letters_and_of_marks() {
        let found: Vec<String> =
            listed("I’m  'fine'—isn't it?! O'Neil's 3rd café").into_iter().map(|word| word.0).collect();
        assert_eq!(found, ["i'm", "fine", "isn't", "it", "?!", "o'neil", "s", "rd", "caf"]);
        assert!(listed("").is_empty() && listed("' 12 ''").is_empty());
    }

    #[test]
    fn denial_reaches_three_words_and_degrees_one() {
        let factors = |text: &str| listed(text).into_iter().map(|word| word.1).collect::<Vec<_>>();
        assert_eq!(factors("not a good day today"), [1.0, -0.5, -0.5, -0.5, 1.0]);
        assert_eq!(factors("isn't very good but fine"), [1.0, -0.5, -0.65, -0.5, 1.0]);
        assert_eq!(factors("no! slightly sad"), [1.0, -0.5, 1.0, 0.6]);
    }

    #[test]
    fn feelings_outweigh_plain_words_and_inflections_share_one() {
        let model = Text::new(&table(&[
            ("storm", [-60, 50, -30]),
            ("garden", [50, -40, 10]),
            ("the", [1, 0, 0]),
            ("happy", [80, 50, 40]),
        ]))
        .unwrap();
        assert_eq!(model.word("storms"), model.word("storm"));
        assert_eq!(model.word("happiness"), model.word("happy"));
        assert_eq!((model.word("stormy"), model.word("xs")), (None, None));
        let storm = model.feel("the storm and the storms").affect;
        assert!(storm.valence < -0.35 && storm.arousal > 0.35, "{storm:?}");
        assert_eq!(model.feel("The garden").affect.quadrant(), 4);
        assert!(model.feel("not a storm").affect.valence > 0.0);
        assert!(model.feel("the").affect.valence < 0.01 && !model.feel("the").plain);
        assert!(model.feel("a garden").plain);
        let [calm, loud, louder] =
            ["a garden", "a garden! yes", "a garden!! yes!"].map(|text| model.feel(text).affect);
        assert!(
            loud.arousal > calm.arousal + 0.15 && loud == louder && loud.valence == calm.valence,
            "{loud:?}"
        );
        assert_eq!(model.feel("xyzzy"), Felt::default());
    }

    #[test]
    fn what_the_vocabulary_knows_stays_and_the_rest_is_guessed() {
        for text in ["not very sad, rainy, then triumphant", "a song to my happy friends", "a calm funeral"] {
            assert_eq!(read(text), kmidi_music::emotion::read(text), "{text}");
        }
        let reading = read("a funeral in the rain, then we won the championship").unwrap();
        assert_eq!(reading.len(), 2);
        assert!(reading.unknown.is_empty() && reading.iter().all(|stage| stage.words.is_empty()));
        assert!(reading[0].affect.valence < -0.2 && reading[1].affect.valence > 0.2, "{reading:?}");
        assert_eq!(
            (reading[0].text.as_str(), reading[1].text.as_str()),
            ("a funeral in the rain", "we won the championship")
        );
        for text in ["hapy", "bittersweet, then xyzzy", "42", "", "the table"] {
            assert_eq!(read(text).map(drop), kmidi_music::emotion::read(text).map(drop), "{text}");
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let whole = table(&[("a", [1, 2, 3]), ("b", [4, 5, 6])]);
        assert!(Text::new(&whole).is_ok());
        assert!((0..whole.len()).all(|end| Text::new(&whole[..end]).is_err()));
        let mut crossed = whole.clone();
        crossed.copy_within(8..12, 12);
        assert!(Text::new(&crossed).is_err());
        let endless = [&MAGIC[..], &u32::MAX.to_le_bytes(), &[0; 70]].concat();
        assert!(Text::new(&endless).is_err());
    }
}
