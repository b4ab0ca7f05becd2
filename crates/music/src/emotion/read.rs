//! Descriptions in words, read as feelings in time: `bittersweet, then hopeful`.

use super::words::{FORMS, Word, nearest, words};
use super::{Affect, Suggestions};
use crate::ParseError;
use alloc::{format, string::String, vec::Vec};

/// A stretch of a description that asks for one feeling.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Byte offset of `text` in the description.
    pub at: usize,
    /// The words of this stage as they were written.
    pub text: String,
    /// The named emotions that were understood, in order; a negated word gives the emotion closest to what is meant.
    pub names: Vec<&'static str>,
    /// The mean of what was understood.
    pub affect: Affect,
}

/// How much an adverb strengthens or weakens the word that follows.
const STRENGTHS: &[(&str, f32)] = &[
    ("a bit", 0.5),
    ("a little", 0.5),
    ("a touch", 0.4),
    ("absolutely", 1.4),
    ("almost", 0.7),
    ("barely", 0.3),
    ("completely", 1.4),
    ("deeply", 1.4),
    ("extremely", 1.5),
    ("fairly", 0.8),
    ("faintly", 0.4),
    ("highly", 1.3),
    ("incredibly", 1.5),
    ("intensely", 1.4),
    ("kind of", 0.6),
    ("mildly", 0.5),
    ("more", 1.1),
    ("most", 1.2),
    ("profoundly", 1.5),
    ("quite", 1.1),
    ("rather", 0.9),
    ("really", 1.3),
    ("slightly", 0.4),
    ("so", 1.2),
    ("somewhat", 0.6),
    ("sort of", 0.6),
    ("totally", 1.4),
    ("truly", 1.3),
    ("utterly", 1.5),
    ("vaguely", 0.4),
    ("very", 1.3),
];

/// Words that turn the next feeling round. What is left is weaker than what was denied: who is not sad need not be glad.
const NEGATIONS: &[&str] = &[
    "aren't",
    "doesn't",
    "don't",
    "hardly",
    "isn't",
    "lacking",
    "neither",
    "never",
    "no",
    "no longer",
    "nor",
    "not",
    "without",
];
const DENIED: f32 = -0.5;

/// Words and signs at which a new stage may begin. `to` and its like count only between two understood stages.
const TURNS: &[&str] = &[
    "after that",
    "afterwards",
    "and then",
    "becomes",
    "becoming",
    "before",
    "building to",
    "builds to",
    "ending",
    "ends",
    "eventually",
    "fades into",
    "fades to",
    "fading into",
    "finally",
    "finishes",
    "followed by",
    "giving way to",
    "gives way to",
    "growing",
    "grows",
    "into",
    "later",
    "leading to",
    "moves to",
    "opens into",
    "rising to",
    "then",
    "to",
    "towards",
    "turning",
    "turns",
    "until",
];

/// Words that are about the music or the telling, though a rule of inflection would find a feeling in them.
const PLAIN: &[&str] = &[
    "a", "an", "and", "as", "be", "begin", "close", "end", "feel", "feeling", "feelings", "feels", "long",
    "longer", "mean", "mood", "moods", "more", "number", "numbers", "play", "played", "playing", "plays",
    "slowly", "sweets", "the", "use", "wants",
];

/// (ending of the word, what to put in its place); tried in this order.
const INFLECTIONS: &[(&str, &str)] = &[
    ("iness", "y"),
    ("ness", ""),
    ("fulness", "ful"),
    ("ically", "ic"),
    ("ily", "y"),
    ("ably", "able"),
    ("ly", ""),
    ("ly", "le"),
    ("ement", "ed"),
    ("ment", "ed"),
    ("ment", ""),
    ("ity", "e"),
    ("ity", ""),
    ("ity", "ous"),
    ("ility", "ile"),
    ("ence", "ent"),
    ("ance", "ant"),
    ("ancy", "ant"),
    ("ation", "ated"),
    ("ation", "ing"),
    ("ion", "ed"),
    ("ion", "e"),
    ("ion", "ive"),
    ("ism", "ic"),
    ("ery", "ed"),
    ("ier", "y"),
    ("iest", "y"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("ating", "ated"),
    ("ing", "ed"),
    ("ing", "e"),
    ("ing", ""),
    ("ying", "ied"),
    ("es", "ing"),
    ("ed", "ing"),
    ("ed", ""),
    ("ful", ""),
    ("e", "ing"),
    ("e", "ed"),
    ("", "ful"),
    ("", "ed"),
    ("", "ing"),
    ("", "y"),
    ("", "ous"),
    ("s", ""),
];

/// A word of the description: where it stands, and itself in lower case with its apostrophes made plain.
struct Token {
    at: usize,
    end: usize,
    text: String,
}

/// What a run of tokens is.
enum Meaning {
    Feeling(&'static Word),
    Denied(&'static Word),
    Strength(f32),
    Negation,
    Both,
    But,
    Turn,
    Nothing,
}

/// Reads a description as stages in time, at least one.
///
/// Stages are parted by `then`, `->`, `to`, `ends` and the like; words within one are averaged, each weighed by its
/// adverb (`very`, `a little`), and turned round by `not`, `never`, `without`. Fails when no word was understood: the
/// error stands at the first word and suggests the named emotions that are spelled most like it.
pub fn read(text: &str) -> Result<Vec<Stage>, ParseError> {
    let tokens = tokens(text);
    let mut stages: Vec<Draft> = alloc::vec![Draft::default()];
    let (mut strength, mut denied, mut was_denied) = (1.0, false, false);
    let mut i = 0;
    while i < tokens.len() {
        let (meaning, used) = meaning(&tokens[i..]);
        let token = (tokens[i].at, tokens[i + used - 1].end);
        i += used;
        if matches!(meaning, Meaning::Turn) {
            (strength, denied, was_denied) = (1.0, false, false);
            stages.push(Draft::default());
            continue;
        }
        let Some(stage) = stages.last_mut() else { break };
        match meaning {
            Meaning::Feeling(word) => stage.feel(word, strength, denied),
            Meaning::Denied(word) => stage.feel(word, strength, !denied),
            Meaning::Strength(factor) => strength *= factor,
            Meaning::Negation => denied = true,
            Meaning::Both => {
                // "not sad or angry" denies both
                denied = was_denied;
                strength = 1.0;
            }
            Meaning::But => (strength, denied, was_denied) = (1.0, false, false),
            Meaning::Turn | Meaning::Nothing => {}
        }
        if matches!(meaning, Meaning::Feeling(_) | Meaning::Denied(_)) {
            (was_denied, denied, strength) = (denied, false, 1.0);
        }
        if !(matches!(meaning, Meaning::But) && token.1 - token.0 == 1) {
            stage.cover(token);
        }
    }
    let stages = merged(stages).into_iter().filter_map(|draft| draft.finish(text)).collect::<Vec<_>>();
    if stages.is_empty() { Err(not_understood(text, &tokens)) } else { Ok(stages) }
}

/// A stage while it is read.
#[derive(Default)]
struct Draft {
    span: Option<(usize, usize)>,
    names: Vec<&'static str>,
    sum: [f32; 3],
    weight: f32,
}

impl Draft {
    fn cover(&mut self, (at, end): (usize, usize)) {
        self.span = Some((self.span.map_or(at, |s| s.0.min(at)), end));
    }

    fn feel(&mut self, word: &'static Word, strength: f32, denied: bool) {
        // Denial of a strong word leaves more room than denial of a plain one: "not very sad" is milder than "not sad".
        let factor = if denied { DENIED / strength.max(0.5) } else { strength };
        let a = word.affect;
        let scaled = Affect::new(a.valence * factor, a.arousal * factor, a.dominance * factor);
        self.names.push(if denied { nearest(scaled).name } else { word.name });
        for (sum, x) in self.sum.iter_mut().zip([scaled.valence, scaled.arousal, scaled.dominance]) {
            *sum += x;
        }
        self.weight += 1.0;
    }

    fn finish(self, text: &str) -> Option<Stage> {
        let (at, end) = self.span.filter(|_| self.weight > 0.0)?;
        let [v, a, d] = self.sum.map(|x| x / self.weight);
        Some(Stage { at, text: text[at..end].into(), names: self.names, affect: Affect::new(v, a, d) })
    }
}

/// Joins stages in which nothing was understood to a neighbour: a turn counts only between two feelings.
fn merged(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut out: Vec<Draft> = Vec::new();
    let mut lead = None; // the span of what stands before the first feeling
    for mut draft in drafts {
        if draft.weight > 0.0 {
            if let Some(start) = lead.take() {
                draft.span = draft.span.map(|(_, end)| (start, end));
            }
            out.push(draft);
        } else if let (Some(last), Some(span)) = (out.last_mut(), draft.span) {
            last.cover(span);
        } else if out.is_empty() {
            lead = lead.or(draft.span.map(|s| s.0));
        }
    }
    out
}

fn tokens(text: &str) -> Vec<Token> {
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
fn meaning(tokens: &[Token]) -> (Meaning, usize) {
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
            _ if TURNS.contains(&text) => Some(Meaning::Turn),
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

fn not_understood(text: &str, tokens: &[Token]) -> ParseError {
    let mut spelled = tokens.iter().filter(|t| t.text != ",");
    let Some(first) = spelled.next() else {
        return ParseError::new(
            text.len(),
            "expected words for a feeling, such as: calm, bittersweet, very happy",
        );
    };
    // The word that is spelled most like a feeling is the one that was meant.
    let near = |t: &Token| Suggestions::for_word(&t.text);
    let mut best = (first, near(first));
    for token in spelled {
        let candidate = near(token);
        if candidate.share < best.1.share {
            best = (token, candidate);
        }
    }
    let named = best.1.names.join(", ");
    ParseError::new(best.0.at, format!("no feeling was understood in {text:?}; near words: {named}"))
}
