//! Wishes become an intent.

use super::{MOST_VARIATIONS, Wishes};
use crate::compose::{ComposeError, Kept, intent_from_text};
use kmidi_music::intent::Progression;
use kmidi_music::notation::symbol;
use kmidi_music::{Affect, Bpm, Intent, Key, Mode, ParseError, PitchName, roman};
use kmidi_neural::text::read;

/// What music feels like when nobody says: calm and content.
const UNASKED: (f32, f32, f32) = (0.4, -0.4, 0.1);

/// A wish that cannot be read or met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", .error.message)]
pub struct WishError {
    /// The field of [`Wishes`] that is to blame.
    pub field: &'static str,
    /// Its text; empty for numbers.
    pub text: String,
    /// What is wrong, and where in the text.
    pub error: ParseError,
}

impl WishError {
    /// What is wrong with a field, where no place in its text is to blame.
    pub fn about(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, text: String::new(), error: ParseError::new(0, reason.into()) }
    }

    pub(super) fn in_text(field: &'static str, text: &str) -> impl Fn(ParseError) -> Self {
        move |error| Self { field, text: text.to_owned(), error }
    }
}

/// An intent with the words that were passed over when it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Understanding {
    /// What was understood.
    pub intent: Intent,
    /// Words of the description that were not understood, in order.
    pub unknown: Vec<String>,
}

impl Wishes {
    /// The intent that is wished for; calm and content where no feeling is said. The style is left out: it may be a file.
    ///
    /// # Errors
    /// The field that cannot be read, and where in it.
    pub fn understand(&self) -> Result<Understanding, WishError> {
        self.check()?;
        let (mut intent, unknown) = self.feeling()?;
        if let Some(text) = &self.key {
            intent.key = Some(text.parse().map_err(WishError::in_text("key", text))?);
        }
        if let Some(text) = &self.meter {
            intent.meter = Some(text.parse().map_err(WishError::in_text("meter", text))?);
        }
        intent.tempo = self.tempo.map(Bpm);
        intent.bars = self.bars;
        intent.form.clone_from(&self.form);
        if let Some(text) = &self.progression {
            let bars = bars(text).map_err(WishError::in_text("progression", text))?;
            let bar = |bar: Vec<(usize, &str)>| bar.into_iter().map(|token| token.1.to_owned()).collect();
            intent.progression = Some(Progression::Numerals(bars.into_iter().map(bar).collect()));
        }
        if let Some(text) = &self.chords {
            let wrong = WishError::in_text("chords", text);
            let chord = |(at, token)| symbol::parse(token).map_err(|error: ParseError| error.shifted(at));
            let bar = |bar: Vec<_>| bar.into_iter().map(chord).collect::<Result<Vec<_>, _>>();
            let bars = bars(text).map_err(&wrong)?;
            let chords = bars.into_iter().map(bar).collect::<Result<_, _>>();
            intent.progression = Some(Progression::Chords(chords.map_err(wrong)?));
        }
        intent.breaks.clone_from(&self.breaks);
        intent.seed = self.seed.unwrap_or(0);
        Ok(Understanding { intent, unknown })
    }

    /// What excludes each other, and numbers out of range.
    fn check(&self) -> Result<(), WishError> {
        let feelings =
            [("text", &self.text), ("emotion", &self.emotion), ("arc", &self.arc), ("now", &self.now)]
                .map(|f| (f.0, f.1.is_some()));
        let numbers = [("valence", self.valence), ("arousal", self.arousal)];
        let said: Vec<&'static str> = feelings
            .into_iter()
            .chain([("valence", self.valence.is_some())])
            .filter(|f| f.1)
            .map(|f| f.0)
            .collect();
        if let [first, second, ..] = said[..] {
            return Err(WishError::about(
                second,
                format!("{first} says the feeling already; give one of them"),
            ));
        }
        for ((field, value), (other, its)) in numbers.into_iter().zip([numbers[1], numbers[0]]) {
            if value.is_some() && its.is_none() {
                return Err(WishError::about(field, format!("goes with {other}, which is missing")));
            }
            if value.is_some_and(|value| !(-1.0..=1.0).contains(&value)) {
                return Err(WishError::about(field, "use a number from -1 to 1"));
            }
        }
        let later = [("longing", &self.longing), ("kept", &self.kept), ("end", &self.end)];
        if let Some((field, _)) = later.iter().find(|f| f.1.is_some() && self.now.is_none()) {
            return Err(WishError::about(field, "goes with now, which is missing"));
        }
        if self.progression.is_some() && self.chords.is_some() {
            return Err(WishError::about("chords", "progression says the harmony already; give one of them"));
        }
        let of_song = [
            ("lock", self.lock.is_some()),
            ("bars_again", self.bars_again.is_some()),
            ("continue", self.go_on.is_some()),
        ];
        if let Some((field, _)) = of_song.into_iter().find(|f| f.1 && self.from.is_none()) {
            return Err(WishError::about(
                field,
                format!("{field} goes with from, the song that is worked on"),
            ));
        }
        if self.bars_again.is_some() && self.go_on.is_some() {
            return Err(WishError::about("continue", "bars_again asks for something else; give one of them"));
        }
        if self.variations.is_some_and(|count| !(1..=MOST_VARIATIONS).contains(&count)) {
            return Err(WishError::about(
                "variations",
                format!("use a whole number from 1 to {MOST_VARIATIONS}"),
            ));
        }
        Ok(())
    }

    /// What of the song stays.
    ///
    /// # Errors
    /// The word that is wrong.
    pub fn kept(&self) -> Result<Vec<Kept>, WishError> {
        let text = self.lock.as_deref().unwrap_or_default();
        let names =
            words(text, |c| c.is_whitespace() || c == ',').map(|(at, word)| (at, word.trim_end_matches(',')));
        let read = |(at, word): (usize, &str)| word.parse().map_err(|error: ParseError| error.shifted(at));
        names
            .filter(|word| !word.1.is_empty())
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(WishError::in_text("lock", text))
    }

    /// The first and the last bar that are written anew, from 1.
    ///
    /// # Errors
    /// Where it is no range.
    pub fn again(&self) -> Result<Option<(u32, u32)>, WishError> {
        let Some(text) = &self.bars_again else { return Ok(None) };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first @ 1..), Ok(last)) if first <= last => Ok(Some((first, last))),
            _ => Err(WishError::in_text("bars_again", text)(ParseError::new(
                0,
                "use bars from 1, such as 5-6",
            ))),
        }
    }

    fn feeling(&self) -> Result<(Intent, Vec<String>), WishError> {
        if let Some(text) = &self.text {
            return understood("text", text);
        }
        if let Some(name) = &self.emotion {
            let (intent, unknown) = understood("emotion", name)?;
            return match intent.arc.len() {
                1 => Ok((intent, unknown)),
                n => Err(WishError::about(
                    "emotion",
                    format!("takes one feeling, not {n}; give several as text"),
                )),
            };
        }
        if let Some((valence, arousal)) = self.valence.zip(self.arousal) {
            return Ok((Intent::feeling(Affect::new(valence, arousal, 0.0)), Vec::new()));
        }
        if self.now.is_some() {
            return self.story();
        }
        let (valence, arousal, dominance) = UNASKED;
        let mut intent = Intent::feeling(Affect::new(valence, arousal, dominance));
        if let Some(text) = &self.arc {
            intent.arc = arc(text).map_err(WishError::in_text("arc", text))?;
        }
        Ok((intent, Vec::new()))
    }

    /// The wish that the composer refused; a wrong numeral is pointed at.
    pub fn refused(&self, error: &ComposeError) -> WishError {
        if let (ComposeError::Progression { index, .. }, Some(text)) = (error, &self.progression)
            && let Some((at, token)) = bars(text).unwrap_or_default().concat().get(*index).copied()
            && let Err(error) = roman::parse(token, Key::new(PitchName::C, Mode::Major))
        {
            return WishError::in_text("progression", text)(error.shifted(at));
        }
        let field = match error {
            ComposeError::Meter { .. } => "meter",
            ComposeError::Tempo { .. } => "tempo",
            ComposeError::Bars { .. } => "bars",
            ComposeError::Form { .. } => "form",
            ComposeError::Style { .. } | ComposeError::StyleFile { .. } => "style",
            ComposeError::Progression { .. } if self.chords.is_some() => "chords",
            ComposeError::Progression { .. } => "progression",
            ComposeError::Material { .. } => "bars",
            ComposeError::Break { .. } => "breaks",
            ComposeError::Arc { .. } | ComposeError::Recipe { .. } => "arc",
        };
        WishError::about(field, error.to_string())
    }
}

/// The intent that words describe, and the words that were passed over.
pub(super) fn understood(field: &'static str, text: &str) -> Result<(Intent, Vec<String>), WishError> {
    let wrong = WishError::in_text(field, text);
    let unknown = read(text).map_err(&wrong)?.unknown.into_iter().map(|word| word.text).collect();
    Ok((intent_from_text(text).map_err(wrong)?, unknown))
}

/// The bars of a progression, each with its words and their places: a word is a bar, and words in square brackets share one.
/// Bar lines are spaces, and commas may follow words.
fn bars(text: &str) -> Result<Vec<Vec<(usize, &str)>>, ParseError> {
    let mut bars: Vec<Vec<(usize, &str)>> = Vec::new();
    // Where the bracket that is open stands.
    let mut open: Option<usize> = None;
    for (mut at, word) in words(text, |c| c.is_whitespace() || c == '|') {
        let mut word = word.trim_end_matches(',');
        if let Some(rest) = word.strip_prefix('[') {
            if open.is_some() {
                return Err(ParseError::new(at, "a bracket in a bracket; close the first with ]"));
            }
            (open, at, word) = (Some(at), at + 1, rest);
            bars.push(Vec::new());
        }
        // Numerals have brackets of their own, such as V7[no5].
        let count = |sign: char| word.matches(sign).count();
        let closes = word.ends_with(']') && count(']') > count('[');
        if closes {
            if open.is_none() {
                return Err(ParseError::new(at + word.len() - 1, "no bracket is open here"));
            }
            word = word[..word.len() - 1].trim_end_matches(',');
        }
        match bars.last_mut().filter(|_| open.is_some()) {
            _ if word.is_empty() => {}
            Some(bar) => bar.push((at, word)),
            None => bars.push(vec![(at, word)]),
        }
        if let Some(start) = open.take_if(|_| closes)
            && bars.last().is_some_and(Vec::is_empty)
        {
            return Err(ParseError::new(start, "a bar without a chord; write [C G] for two in a bar"));
        }
    }
    match open {
        Some(at) => {
            Err(ParseError::new(at, "this bracket is not closed; write [C G] for two chords in a bar"))
        }
        None => Ok(bars),
    }
}

/// The pieces of a text between separators, with their places in bytes.
fn words(text: &str, apart: impl Fn(char) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive(apart).map(move |piece| {
        let start = at;
        at += piece.len();
        // Only the separator, if any, ends a piece.
        let word = piece.trim_end_matches(|c: char| c.is_whitespace() || c == '|');
        (start, word)
    })
}

/// Reads `0:-0.6,-0.4 1:0.7,0.3`.
fn arc(text: &str) -> Result<Vec<(f32, Affect)>, ParseError> {
    let form = "use PLACE:VALENCE,AROUSAL, such as 0:-0.6,-0.4 1:0.7,0.3";
    let mut points: Vec<(f32, Affect)> = Vec::new();
    for (at, word) in words(text, char::is_whitespace).filter(|(_, word)| !word.is_empty()) {
        let number = |text: &str| text.parse::<f32>().ok().filter(|value| value.is_finite());
        let point = word.split_once(':').and_then(|(place, feeling)| {
            let numbers = feeling.split(',').map(number).collect::<Option<Vec<f32>>>()?;
            match numbers[..] {
                [valence, arousal] => Some((number(place)?, [valence, arousal, 0.0])),
                [valence, arousal, dominance] => Some((number(place)?, [valence, arousal, dominance])),
                _ => None,
            }
        });
        let (place, feeling) = point.ok_or_else(|| ParseError::new(at, form))?;
        if !(0.0..=1.0).contains(&place) || feeling.iter().any(|x| x.abs() > 1.0) {
            return Err(ParseError::new(at, "places go from 0 to 1, valence and arousal from -1 to 1"));
        }
        if points.last().is_some_and(|last| last.0 >= place) {
            return Err(ParseError::new(at, "places must ascend"));
        }
        points.push((place, Affect::new(feeling[0], feeling[1], feeling[2])));
    }
    if points.is_empty() { Err(ParseError::new(0, form)) } else { Ok(points) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_their_places() {
        let found = bars("| Cmaj7  A7/C#, |日 G").unwrap();
        assert_eq!(found, [[(2, "Cmaj7")], [(9, "A7/C#")], [(17, "日")], [(21, "G")]]);
        assert_eq!(bars(" , | "), Ok(vec![]));
    }

    #[test]
    fn brackets_hold_the_chords_of_a_bar() {
        let names = |text: &str| -> Vec<Vec<String>> {
            let bar = |bar: Vec<(usize, &str)>| bar.into_iter().map(|token| token.1.to_owned()).collect();
            bars(text).unwrap().into_iter().map(bar).collect()
        };
        assert_eq!(names("[C G/B], Am | [F,  G]"), [&["C", "G/B"][..], &["Am"], &["F", "G"]]);
        assert_eq!(names("[ Dm7 G7 ] C"), [&["Dm7", "G7"][..], &["C"]]);
        assert_eq!(names("[I V7[no5]] V7[no5]"), [&["I", "V7[no5]"][..], &["V7[no5]"]]);
        assert_eq!(bars("C [G/B Am]").unwrap()[1], [(3, "G/B"), (7, "Am")]);
        for (text, at) in [("C [G", 2), ("C] G", 1), ("[C [G]]", 3), ("C []", 2), ("[ , ]", 0), ("[", 0)] {
            assert_eq!(bars(text).map_err(|error| error.at), Err(at), "{text}");
        }
    }

    #[test]
    fn an_arc_is_read_or_pointed_at() {
        let points = arc(" 0:-0.6,-0.4  1:0.7,0.3,-0.5 ").unwrap();
        assert_eq!(points.iter().map(|p| (p.0, p.1.valence)).collect::<Vec<_>>(), [(0.0, -0.6), (1.0, 0.7)]);
        assert_eq!((points[0].1.dominance, points[1].1.dominance), (0.0, -0.5));
        for (text, at) in [
            ("", 0),
            ("0:1", 0),
            ("0:0,0,0,0", 0),
            ("0:0,0 1:2,0", 6),
            ("0:0,0 1:nan,0", 6),
            ("0.5:0,0  0.5:0,0", 9),
            ("0:0,0 x", 6),
        ] {
            assert_eq!(arc(text).map_err(|error| error.at), Err(at), "{text}");
        }
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        let text = |field: &str| Some(field.to_owned());
        let base = Wishes::default();
        for (wishes, field, at) in [
            (Wishes { key: text("H"), ..base.clone() }, "key", 0),
            (Wishes { meter: text("4/5"), ..base.clone() }, "meter", 0),
            (Wishes { chords: text("C | Hm7"), ..base.clone() }, "chords", 4),
            (Wishes { text: text("xyzzy"), ..base.clone() }, "text", 0),
            (Wishes { emotion: text("sad, then glad"), ..base.clone() }, "emotion", 0),
            (Wishes { arc: text("0:0,0 x"), ..base.clone() }, "arc", 6),
            (Wishes { valence: Some(0.1), ..base.clone() }, "valence", 0),
            (Wishes { valence: Some(2.0), arousal: Some(0.0), ..base.clone() }, "valence", 0),
            (Wishes { text: text("calm"), arc: text("0:0,0"), ..base.clone() }, "arc", 0),
            (Wishes { chords: text("C"), progression: text("I"), ..base.clone() }, "chords", 0),
            (Wishes { variations: Some(0), ..base.clone() }, "variations", 0),
        ] {
            let error = wishes.understand().unwrap_err();
            assert_eq!((error.field, error.error.at), (field, at), "{error}");
        }
        let wrong = Wishes { progression: text("I | IX"), ..base };
        let refused = crate::compose::compose(&wrong.understand().unwrap().intent).unwrap_err();
        let error = wrong.refused(&refused);
        assert_eq!((error.field, error.error.at > 3), ("progression", true), "{error}");
    }
}
