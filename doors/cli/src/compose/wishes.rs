//! Options become an intent.

use crate::args::Compose;
use crate::{Stop, show};
use kmidi::music::intent::Progression;
use kmidi::music::notation::symbol;
use kmidi::music::{Affect, Bpm, Key, Mode, ParseError, PitchName, roman};
use kmidi::{ComposeError, Intent, intent_from_text};

/// What music feels like when nobody says: calm and content.
const UNASKED: (f32, f32, f32) = (0.4, -0.4, 0.1);

/// The intent that the options ask for.
pub(super) fn read(args: &Compose) -> Result<Intent, Stop> {
    let mut intent = feeling(args)?;
    if let Some(text) = &args.key {
        intent.key = Some(text.parse().map_err(|error| show::pointed("--key", text, &error))?);
    }
    if let Some(text) = &args.meter {
        intent.meter = Some(text.parse().map_err(|error| show::pointed("--meter", text, &error))?);
    }
    intent.tempo = args.tempo.map(Bpm);
    intent.bars = args.bars;
    intent.form.clone_from(&args.form);
    if let Some(text) = &args.progression {
        intent.progression =
            Some(Progression::Numerals(tokens(text).map(|token| token.1.to_owned()).collect()));
    }
    if let Some(text) = &args.chords {
        let chord = |(at, token)| symbol::parse(token).map_err(|error: ParseError| error.shifted(at));
        let chords = tokens(text).map(chord).collect::<Result<_, _>>();
        intent.progression =
            Some(Progression::Chords(chords.map_err(|error| show::pointed("--chords", text, &error))?));
    }
    Ok(intent)
}

fn feeling(args: &Compose) -> Result<Intent, Stop> {
    if let Some(text) = &args.text {
        return understood("TEXT", text);
    }
    if let Some(name) = &args.emotion {
        let intent = understood("--emotion", name)?;
        return match intent.arc.len() {
            1 => Ok(intent),
            n => Err(Stop::Usage(format!("--emotion takes one feeling, not {n}; give several as TEXT"))),
        };
    }
    if let Some((valence, arousal)) = args.valence.zip(args.arousal) {
        return Ok(Intent::feeling(Affect::new(valence, arousal, 0.0)));
    }
    let (valence, arousal, dominance) = UNASKED;
    let mut intent = Intent::feeling(Affect::new(valence, arousal, dominance));
    if let Some(text) = &args.arc {
        intent.arc = arc(text).map_err(|error| show::pointed("--arc", text, &error))?;
    }
    Ok(intent)
}

/// The intent that words describe; words that were passed over are told.
fn understood(what: &str, text: &str) -> Result<Intent, Stop> {
    let wrong = |error| Stop::Input(show::picture(what, text, &error));
    let unknown = kmidi::neural::text::read(text).map_err(wrong)?.unknown;
    if !unknown.is_empty() {
        let words: Vec<&str> = unknown.iter().map(|word| word.text.as_str()).collect();
        show::tell(&format!("not understood: {}", words.join(", ")), false);
    }
    intent_from_text(text).map_err(wrong)
}

/// The words of a list with their places; bar lines are spaces, and commas may follow words.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    words(text, |c| c.is_whitespace() || c == '|')
        .map(|(at, word)| (at, word.trim_end_matches(',')))
        .filter(|(_, word)| !word.is_empty())
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
            let (valence, arousal) = feeling.split_once(',')?;
            Some((number(place)?, number(valence)?, number(arousal)?))
        });
        let (place, valence, arousal) = point.ok_or_else(|| ParseError::new(at, form))?;
        if !(0.0..=1.0).contains(&place) || valence.abs() > 1.0 || arousal.abs() > 1.0 {
            return Err(ParseError::new(at, "places go from 0 to 1, valence and arousal from -1 to 1"));
        }
        if points.last().is_some_and(|last| last.0 >= place) {
            return Err(ParseError::new(at, "places must ascend"));
        }
        points.push((place, Affect::new(valence, arousal, 0.0)));
    }
    if points.is_empty() { Err(ParseError::new(0, form)) } else { Ok(points) }
}

/// A wish that cannot be met; a wrong numeral is pointed at.
pub(super) fn refused(args: &Compose, error: &ComposeError) -> Stop {
    if let (ComposeError::Progression { index, .. }, Some(text)) = (error, &args.progression)
        && let Some((at, token)) = tokens(text).nth(*index)
        && let Err(error) = roman::parse(token, Key::new(PitchName::C, Mode::Major))
    {
        return show::pointed("--progression", text, &error.shifted(at));
    }
    Stop::Usage(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_their_places() {
        let found: Vec<_> = tokens("| Cmaj7  A7/C#, |日 G").collect();
        assert_eq!(found, [(2, "Cmaj7"), (9, "A7/C#"), (17, "日"), (21, "G")]);
        assert_eq!(tokens(" , | ").count(), 0);
    }

    #[test]
    fn an_arc_is_read_or_pointed_at() {
        let points = arc(" 0:-0.6,-0.4  1:0.7,0.3 ").unwrap();
        assert_eq!(points.iter().map(|p| (p.0, p.1.valence)).collect::<Vec<_>>(), [(0.0, -0.6), (1.0, 0.7)]);
        for (text, at) in [
            ("", 0),
            ("0:1", 0),
            ("0:0,0 1:2,0", 6),
            ("0:0,0 1:nan,0", 6),
            ("0.5:0,0  0.5:0,0", 9),
            ("0:0,0 x", 6),
        ] {
            assert_eq!(arc(text).map_err(|error| error.at), Err(at), "{text}");
        }
    }
}
