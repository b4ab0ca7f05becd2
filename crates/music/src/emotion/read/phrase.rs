//! The words around feelings: which there are, and what a run of them means.

use crate::emotion::words::{FORMS, Word, words};
use alloc::{format, string::String, vec::Vec};

/// How much an adverb strengthens or weakens the word that follows.
#[rustfmt::skip] // several to a row
const STRENGTHS: &[(&str, f32)] = &[
    ("a bit", 0.5), ("a little", 0.5), ("a touch", 0.4), ("absolutely", 1.4), ("almost", 0.7),
    ("barely", 0.3), ("completely", 1.4), ("deeply", 1.4), ("extremely", 1.5), ("fairly", 0.8),
    ("faintly", 0.4), ("highly", 1.3), ("incredibly", 1.5), ("intensely", 1.4), ("kind of", 0.6),
    ("mildly", 0.5), ("more", 1.1), ("most", 1.2), ("profoundly", 1.5), ("quite", 1.1), ("rather", 0.9),
    ("really", 1.3), ("slightly", 0.4), ("so", 1.2), ("somewhat", 0.6), ("sort of", 0.6), ("totally", 1.4),
    ("truly", 1.3), ("utterly", 1.5), ("vaguely", 0.4), ("very", 1.3),
];

/// Words that turn the next feeling round.
#[rustfmt::skip] // several to a row
const NEGATIONS: &[&str] = &[
    "aren't", "doesn't", "don't", "hardly", "isn't", "lacking", "neither", "never", "no", "no longer",
    "nor", "not", "without",
];

/// Words and signs at which a new stage begins.
#[rustfmt::skip] // several to a row
const TURNS: &[&str] = &[
    "after that", "afterwards", "and then", "becomes", "becoming", "building to", "builds to", "eventually",
    "fades into", "fades to", "fading into", "finally", "followed by", "giving way to", "gives way to",
    "leading to", "moves to", "opens into", "rising to", "then",
];

/// Words that have other uses too: a stage begins there only between two feelings.
const WEAK_TURNS: &[&str] = &[
    "before", "ending", "ends", "finishes", "growing", "grows", "into", "later", "to", "towards", "turning",
    "turns", "until",
];

/// Words that carry no feeling and are passed over without a word: those of grammar and time, and those for a piece.
#[rustfmt::skip] // several to a row
pub(super) const FILLERS: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "always", "am", "an", "another", "any", "are", "around",
    "as", "at", "atmosphere", "be", "because", "become", "been", "begin", "beginning", "begins", "being",
    "between", "both", "bring", "brings", "by", "can", "close", "closes", "come", "comes", "could", "day",
    "did", "do", "does", "down", "each", "end", "even", "ever", "every", "everything", "feel", "feeling",
    "feelings", "feels", "first", "for", "from", "full", "get", "gets", "give", "go", "goes", "going",
    "had", "has", "have", "he", "her", "here", "him", "his", "how", "i", "if", "in", "is", "it", "it's",
    "its", "itself", "just", "last", "let", "like", "little", "long", "longer", "made", "make", "makes",
    "mean", "melody", "me", "moment", "moments", "mood", "moods", "more", "much", "music", "musical",
    "must", "my", "of", "off", "on", "once", "one", "only", "other", "our", "out", "over", "own", "part",
    "passage", "piece", "play", "played", "playing", "plays", "please", "same", "second", "see", "she",
    "should", "slowly", "some", "something", "sometimes", "song", "soon", "sound", "sounding", "sounds",
    "start", "starting", "starts", "still", "such", "suddenly", "than", "that", "the", "their", "them",
    "there", "these", "they", "thing", "things", "this", "those", "through", "time", "tone", "track",
    "tune", "two", "under", "up", "us", "use", "want", "wants", "was", "we", "were", "what", "when",
    "where", "which", "while", "who", "will", "with", "would", "write", "you", "your",
];

/// Words that are about the music or the telling, though a rule of inflection would find a feeling in them.
const PLAIN: &[&str] = &[
    "a", "an", "and", "as", "be", "begin", "close", "end", "feel", "feeling", "feelings", "feels", "long",
    "longer", "mean", "mood", "moods", "more", "number", "numbers", "play", "played", "playing", "plays",
    "slowly", "sweets", "the", "use", "wants",
];

/// (ending of the word, what to put in its place); tried in this order.
#[rustfmt::skip] // several to a row
const INFLECTIONS: &[(&str, &str)] = &[
    ("iness", "y"), ("ness", ""), ("fulness", "ful"), ("ically", "ic"), ("ily", "y"), ("ably", "able"),
    ("ly", ""), ("ly", "le"), ("ement", "ed"), ("ment", "ed"), ("ment", ""), ("ity", "e"), ("ity", ""),
    ("ity", "ous"), ("ility", "ile"), ("ence", "ent"), ("ance", "ant"), ("ancy", "ant"), ("ation", "ated"),
    ("ation", "ing"), ("ion", "ed"), ("ion", "e"), ("ion", "ive"), ("ism", "ic"), ("ery", "ed"),
    ("ier", "y"), ("iest", "y"), ("er", ""), ("er", "e"), ("est", ""), ("ating", "ated"), ("ing", "ed"),
    ("ing", "e"), ("ing", ""), ("ying", "ied"), ("es", "ing"), ("ed", "ing"), ("ed", ""), ("ful", ""),
    ("e", "ing"), ("e", "ed"), ("", "ful"), ("", "ed"), ("", "ing"), ("", "y"), ("", "ous"), ("s", ""),
];

/// A word of the description: where it stands, and itself in lower case with its apostrophes made plain.
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

impl Token {
    /// A word, and not a stop.
    pub(super) fn is_word(&self) -> bool {
        self.text != ","
    }
}

/// What a run of tokens is.
pub(super) enum Meaning {
    Feeling(&'static Word),
    Denied(&'static Word),
    Strength(f32),
    Negation,
    Both,
    But,
    Turn(Turn),
    Nothing,
}

/// Where a new stage begins.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Turn {
    Always,
    BetweenFeelings,
}

/// The words of a text and its signs: `,` stands for any stop, `then` for an arrow.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut arrow = false; // a '-' or '=' that a '>' may complete
    let mut open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c.is_alphabetic() || (matches!(c, '\'' | '’') && open) {
            if !open {
                out.push(Token { at, end, text: String::new() });
            }
            if let Some(token) = out.last_mut() {
                token.text.extend(if c == '’' { '\''.to_lowercase() } else { c.to_lowercase() });
                token.end = end;
            }
            open = true;
        } else {
            if matches!(c, ',' | ';' | '.' | ':' | '!' | '?') {
                out.push(Token { at, end, text: ",".into() });
            }
            if c == '→' || c == '⇒' || (c == '>' && arrow) {
                out.push(Token { at, end, text: "then".into() });
            }
            open = false;
        }
        arrow = matches!(c, '-' | '=');
    }
    out
}

/// What the longest run at the start of `tokens` (not empty) means, and how many tokens it takes.
pub(super) fn meaning(tokens: &[Token]) -> (Meaning, usize) {
    for used in (1..=tokens.len().min(4)).rev() {
        let joined;
        let text = if used == 1 {
            tokens[0].text.as_str()
        } else {
            joined = tokens[..used].iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
            joined.as_str()
        };
        let found = match text {
            "or" | "nor" => Some(Meaning::Both),
            "," | "and" | "but" | "yet" | "though" | "not only" | "not just" => Some(Meaning::But),
            _ if TURNS.contains(&text) => Some(Meaning::Turn(Turn::Always)),
            _ if WEAK_TURNS.contains(&text) => Some(Meaning::Turn(Turn::BetweenFeelings)),
            _ if NEGATIONS.contains(&text) => Some(Meaning::Negation),
            _ => STRENGTHS.iter().find(|s| s.0 == text).map(|s| Meaning::Strength(s.1)),
        };
        let found =
            found.or_else(|| if used == 1 { inflected(text) } else { exact(text).map(Meaning::Feeling) });
        if let Some(found) = found {
            return (found, used);
        }
    }
    (Meaning::Nothing, 1)
}

fn exact(text: &str) -> Option<&'static Word> {
    let name = FORMS.iter().find(|f| f.0 == text).map_or(text, |f| f.1);
    words().iter().find(|w| w.name == name)
}

/// The word itself, or what its ending is a form of: `sadness`, `joyfully`, `unafraid`, `joyless`.
fn inflected(text: &str) -> Option<Meaning> {
    if PLAIN.contains(&text) {
        return None;
    }
    if let Some(word) = exact(text) {
        return Some(Meaning::Feeling(word));
    }
    let base = |text: &str| {
        if PLAIN.contains(&text) || text.len() < 4 {
            return exact(text);
        }
        exact(text).or_else(|| {
            INFLECTIONS.iter().find_map(|(ending, instead)| {
                let stem = text.strip_suffix(ending).filter(|stem| stem.len() >= 3)?;
                exact(&format!("{stem}{instead}"))
            })
        })
    };
    let positive = if text.len() >= 4 { base(text) } else { None };
    let lost = || text.strip_suffix("less").or_else(|| text.strip_prefix("un")).and_then(base);
    positive.map(Meaning::Feeling).or_else(|| lost().map(Meaning::Denied))
}
