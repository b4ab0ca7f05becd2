//! Descriptions in words, read as feelings in time: `bittersweet, then hopeful`.

mod phrase;

use super::words::{Word, nearest};
use super::{Affect, Suggestions};
use crate::ParseError;
use alloc::{format, string::String, vec::Vec};
use phrase::{FILLERS, Meaning, Token, Turn, meaning, tokens};

/// What a description says.
///
/// It is the list of its stages, at least one; [`Reading::unknown`] holds what was passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The feelings in time, at least one.
    pub stages: Vec<Stage>,
    /// The words that were not understood, in order. Words that carry no feeling (`the`, `song`) are not among them.
    pub unknown: Vec<Unknown>,
}

impl core::ops::Deref for Reading {
    type Target = [Stage];
    fn deref(&self) -> &[Stage] {
        &self.stages
    }
}

/// A stretch of a description that asks for one feeling.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Byte offset of `text` in the description.
    pub at: usize,
    /// The words of this stage as they were written.
    pub text: String,
    /// The words that were understood, in order; none where the stage was guessed as a whole, see [`read_by`].
    pub words: Vec<Understood>,
    /// The mean of what was understood.
    pub affect: Affect,
}

impl Stage {
    /// The named emotions that are meant, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.words.iter().map(|word| word.name).collect()
    }
}

/// A word for a feeling, as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    /// Byte offset of `text` in the description.
    pub at: usize,
    /// The word as it was written: `joyfully`.
    pub text: String,
    /// The named emotion that it is a form of: `joyful`.
    pub word: &'static str,
    /// The named emotion that is meant: `word`, or, when that is denied, the one closest to what is left.
    pub name: &'static str,
    /// Was it turned round, as by `not`?
    pub denied: bool,
    /// How much adverbs strengthen it; 1 without any.
    pub strength: f32,
}

/// A word that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Byte offset of `text` in the description.
    pub at: usize,
    /// The word as it was written.
    pub text: String,
    /// The named emotions that are spelled most like it, the nearest first; at most four.
    pub near: Vec<&'static str>,
}

/// What is left of a denied word: who is not sad need not be glad.
const DENIED: f32 = -0.5;

/// Reads a description as stages in time.
///
/// Stages are parted by `then`, `->`, `to`, `ends` and the like; words within one are averaged, each weighed by its
/// adverb (`very`, `a little`), and turned round by `not`, `never`, `without`.
///
/// # Errors
/// When no word was understood, or none of a stage that `then` and its like part from the others. The error stands at
/// the word that looks most like a feeling and suggests the named emotions that are spelled most like it.
pub fn read(text: &str) -> Result<Reading, ParseError> {
    read_by(text, |_| None)
}

/// As [`read`], but where that fails for want of a word that is understood, in the whole or in a stage, `guess` is asked about what was written
/// there.
///
/// # Errors
/// As [`read`], where nothing is guessed.
pub fn read_by(text: &str, guess: impl Fn(&str) -> Option<Affect>) -> Result<Reading, ParseError> {
    let tokens = tokens(text);
    let mut drafts: Vec<Draft> = alloc::vec![Draft::default()];
    let mut tone = Tone::default();
    let mut i = 0;
    while i < tokens.len() {
        let (meaning, used) = meaning(&tokens[i..]);
        let (first, last) = (&tokens[i], &tokens[i + used - 1]);
        let span = (first.at, last.end);
        i += used;
        if let Meaning::Turn(turn) = meaning {
            tone = Tone::default();
            drafts.push(Draft { apart: turn == Turn::Always, ..Draft::default() });
            continue;
        }
        let Some(draft) = drafts.last_mut() else { break };
        match meaning {
            Meaning::Feeling(word) => draft.feel(word, tone.take(false), &text[span.0..span.1], span.0),
            Meaning::Denied(word) => draft.feel(word, tone.take(true), &text[span.0..span.1], span.0),
            Meaning::Strength(factor) => tone.strength *= factor,
            Meaning::Negation => tone.denied = true,
            // "not sad or angry" denies both
            Meaning::Both => tone = Tone { denied: tone.was_denied, strength: 1.0, ..tone },
            Meaning::But => tone = Tone::default(),
            Meaning::Nothing if first.is_word() && !FILLERS.contains(&first.text.as_str()) => {
                draft.unknown.push(span);
            }
            Meaning::Turn(_) | Meaning::Nothing => {}
        }
        if first.is_word() {
            draft.cover(span);
        }
    }
    drafts.chunk_by_mut(|_, next| !next.apart).for_each(|stage| guessed(text, stage, &guess));
    if drafts.iter().all(|draft| draft.is_empty()) {
        return Err(not_understood(text, &tokens));
    }
    every_stage_understood(text, &drafts)?;
    let unknown = drafts.iter().flat_map(|draft| &draft.unknown).map(|&span| unknown(text, span)).collect();
    let stages = merged(drafts).into_iter().filter_map(|draft| draft.finish(text)).collect();
    Ok(Reading { stages, unknown })
}

/// What the words before a feeling do to it.
struct Tone {
    strength: f32,
    denied: bool,
    /// Was the last feeling denied?
    was_denied: bool,
}

impl Default for Tone {
    fn default() -> Self {
        Self { strength: 1.0, denied: false, was_denied: false }
    }
}

impl Tone {
    /// Strength and denial of the feeling that comes now; `turned` when the word itself says its contrary.
    fn take(&mut self, turned: bool) -> (f32, bool) {
        let (strength, denied) = (self.strength, self.denied);
        *self = Self { was_denied: denied, ..Self::default() };
        (strength, denied != turned)
    }
}

/// A stage while it is read.
#[derive(Default)]
struct Draft {
    /// Parted from what is before it by a word that always begins a stage.
    apart: bool,
    span: Option<(usize, usize)>,
    words: Vec<Understood>,
    /// What a stage without words was guessed to say.
    guessed: Option<Affect>,
    unknown: Vec<(usize, usize)>,
    sum: [f32; 3],
}

/// Guesses a stage in which nothing was understood, as a whole.
fn guessed(text: &str, stage: &mut [Draft], guess: &impl Fn(&str) -> Option<Affect>) {
    let spans = || stage.iter().filter_map(|draft| draft.span);
    if stage.iter().any(|draft| !draft.words.is_empty()) || stage.iter().all(|draft| draft.unknown.is_empty())
    {
        return;
    }
    let (Some(at), Some(end)) = (spans().map(|span| span.0).min(), spans().map(|span| span.1).max()) else {
        return;
    };
    let Some(affect) = guess(&text[at..end]) else { return };
    for (n, draft) in stage.iter_mut().enumerate() {
        draft.unknown.clear();
        if n == 0 {
            (draft.span, draft.guessed) = (Some((at, end)), Some(affect));
        }
    }
}

impl Draft {
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.guessed.is_none()
    }

    fn cover(&mut self, (at, end): (usize, usize)) {
        self.span = Some((self.span.map_or(at, |s| s.0.min(at)), end));
    }

    fn feel(&mut self, word: &'static Word, (strength, denied): (f32, bool), text: &str, at: usize) {
        // Denial of a strong word leaves more room than denial of a plain one: "not very sad" is milder than "not sad".
        let factor = if denied { DENIED / strength.max(0.5) } else { strength };
        let a = word.affect;
        let scaled = Affect::new(a.valence * factor, a.arousal * factor, a.dominance * factor);
        let name = if denied { nearest(scaled).name } else { word.name };
        self.words.push(Understood { at, text: text.into(), word: word.name, name, denied, strength });
        for (sum, x) in self.sum.iter_mut().zip([scaled.valence, scaled.arousal, scaled.dominance]) {
            *sum += x;
        }
    }

    fn finish(self, text: &str) -> Option<Stage> {
        let (at, end) = self.span.filter(|_| !self.is_empty())?;
        let [v, a, d] = self.sum.map(|x| x / self.words.len().max(1) as f32);
        let affect = self.guessed.unwrap_or(Affect::new(v, a, d));
        Some(Stage { at, text: text[at..end].into(), words: self.words, affect })
    }
}

/// Fails for a stage that stands apart and has words, but none that is understood.
fn every_stage_understood(text: &str, drafts: &[Draft]) -> Result<(), ParseError> {
    let mut number = 0;
    for stage in drafts.chunk_by(|_, next| !next.apart) {
        let spans = || stage.iter().flat_map(|draft| &draft.unknown);
        let understood = stage.iter().filter(|draft| !draft.is_empty()).count();
        if understood > 0 || spans().next().is_none() {
            number += understood;
            continue;
        }
        let (Some(first), Some(last)) = (spans().next(), spans().last()) else { continue };
        let words = spans().map(|&span| unknown(text, span));
        let meant = words.min_by_key(|word| Suggestions::for_word(&word.text.to_lowercase()).share);
        let (at, near) = meant.map_or((first.0, Vec::new()), |word| (word.at, word.near));
        let (said, near) = (&text[first.0..last.1], near.join(", "));
        let number = number + 1;
        return Err(ParseError::new(
            at,
            format!("nothing understood in stage {number}: {said}; did you mean one of {near}?"),
        ));
    }
    Ok(())
}

fn unknown(text: &str, (at, end): (usize, usize)) -> Unknown {
    let word = &text[at..end];
    Unknown { at, text: word.into(), near: Suggestions::for_word(&word.to_lowercase()).names }
}

/// Joins stages in which nothing was understood to a neighbour: a turn counts only between two feelings.
fn merged(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut out: Vec<Draft> = Vec::new();
    let mut lead = None; // the span of what stands before the first feeling
    for mut draft in drafts {
        if !draft.is_empty() {
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

fn not_understood(text: &str, tokens: &[Token]) -> ParseError {
    let mut spelled = tokens.iter().filter(|t| t.is_word());
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
    ParseError::new(best.0.at, format!("no feeling was understood in {text:?}; did you mean one of {named}?"))
}
