//! A vague wish becomes an intent by seven questions.

use super::read::understood;
use super::{WishError, Wishes};
use crate::compose::{STYLES, Style};
use kmidi_music::{Affect, Intent};

/// A question, and the field of [`Wishes`] that its answer fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The field.
    pub field: &'static str,
    /// What is asked.
    pub text: &'static str,
    /// What may be answered.
    pub hint: &'static str,
    /// What is taken where nothing is answered; empty: nothing is wished.
    pub default: &'static str,
}

/// The questions in their order.
pub const QUESTIONS: [Question; 7] = [
    Question {
        field: "now",
        text: "What happened, and how does it feel now?",
        hint: "words for feelings: \"numb and tired\"",
        default: "calm",
    },
    Question {
        field: "longing",
        text: "What do you long for?",
        hint: "words for feelings, such as peaceful; Enter: nothing",
        default: "",
    },
    Question {
        field: "end",
        text: "How should it end?",
        hint: "words for feelings; Enter: as you long for it, else as it begins",
        default: "",
    },
    Question {
        field: "kept",
        text: "What must not be smoothed over?",
        hint: "words for feelings, such as angry; Enter: nothing",
        default: "",
    },
    Question {
        field: "style",
        text: "In which style?",
        hint: "a name of kmidi compose --styles",
        default: STYLES[0],
    },
    Question {
        field: "tempo",
        text: "How fast?",
        hint: "slow, middling, fast, or beats a minute; Enter: as the feeling asks",
        default: "",
    },
    Question {
        field: "bars",
        text: "How long?",
        hint: "short, middling, long, or bars",
        default: "middling",
    },
];

/// Where in the piece what is longed for shows, and where what is not smoothed over stands.
const LONGING: f32 = 0.4;
const KEPT: f32 = 0.7;

/// How near the longing comes to what is longed for: it is not there yet.
const NEAR: f32 = 0.7;

impl Question {
    /// Puts an answer into `wishes`; an empty one is the default.
    ///
    /// # Errors
    /// What of the answer cannot be understood, and what would be right.
    pub fn answer(&self, answer: &str, wishes: &mut Wishes) -> Result<(), WishError> {
        let answer = Some(answer.trim()).filter(|answer| !answer.is_empty()).unwrap_or(self.default);
        let wrong = |reason: &str| Err(WishError::about(self.field, format!("{answer:?}: {reason}")));
        if answer.is_empty() {
            return Ok(());
        }
        let words = Some(answer.to_owned());
        match self.field {
            "style" if answer.ends_with(".toml") => wishes.style = words,
            "style" => {
                let name = answer.to_lowercase().replace(' ', "-");
                let style = Style::named(&name).map_err(|e| WishError::about(self.field, e.to_string()))?;
                wishes.style = Some(style.name);
            }
            "tempo" => {
                let style = Style::named(wishes.style.as_deref().unwrap_or(STYLES[0]));
                let share = match answer.to_lowercase().as_str() {
                    "slow" | "low" => 0.12,
                    "middling" | "middle" | "medium" => 0.5,
                    "fast" | "high" => 0.88,
                    number => match number.trim_end_matches("bpm").trim().parse::<f64>() {
                        Ok(bpm) if (20.0..=400.0).contains(&bpm) => {
                            wishes.tempo = Some(bpm);
                            return Ok(());
                        }
                        _ => return wrong("use slow, middling, fast, or 20 to 400 beats a minute"),
                    },
                };
                // A style of the user's own may be slower or faster than this range; it is the usual style's.
                let Some(tempo) = style.or_else(|_| Style::named(STYLES[0])).ok().map(|style| style.tempo)
                else {
                    return wrong("use 20 to 400 beats a minute");
                };
                let ratio = libm::log2(tempo.fastest / tempo.slowest);
                wishes.tempo = Some(libm::round(tempo.slowest * libm::exp2(share * ratio)));
            }
            "bars" => {
                wishes.bars = Some(match answer.to_lowercase().as_str() {
                    "short" => 16,
                    "middling" | "middle" | "medium" => 32,
                    "long" => 64,
                    number => match number.trim_end_matches("bars").trim().parse() {
                        Ok(bars @ 1..=512) => bars,
                        _ => return wrong("use short, middling, long, or 1 to 512 bars"),
                    },
                });
            }
            field => {
                understood(field_name(field), answer)?;
                match field {
                    "now" => wishes.now = words,
                    "longing" => wishes.longing = words,
                    "kept" => wishes.kept = words,
                    _ => wishes.end = words,
                }
            }
        }
        Ok(())
    }
}

fn field_name(field: &str) -> &'static str {
    QUESTIONS.iter().find(|question| question.field == field).map_or("now", |question| question.field)
}

impl Wishes {
    /// The arc from how it feels now, past what is longed for and what must not be smoothed over, to the end.
    pub(super) fn story(&self) -> Result<(Intent, Vec<String>), WishError> {
        let mut unknown = Vec::new();
        let mut felt =
            |field: &'static str, text: &Option<String>| -> Result<Option<Affect>, WishError> {
                let Some(text) = text else { return Ok(None) };
                let (intent, passed) = understood(field, text)?;
                unknown.extend(passed);
                // Several feelings at once are one that lies between them.
                let mean =
                    intent.arc.iter().enumerate().skip(1).fold(intent.arc[0].1, |mean, (n, point)| {
                        mean.towards(point.1, 1.0 / (n + 1) as f32)
                    });
                Ok(Some(mean))
            };
        let now = felt("now", &self.now)?.unwrap_or_default();
        let longing = felt("longing", &self.longing)?;
        let kept = felt("kept", &self.kept)?;
        let end = felt("end", &self.end)?.or(longing).unwrap_or(now);
        let mut intent = Intent::feeling(now);
        intent.arc.extend(longing.map(|longing| (LONGING, now.towards(longing, NEAR))));
        intent.arc.extend(kept.map(|kept| (KEPT, kept)));
        intent.arc.push((1.0, end));
        let last = self.end.as_ref().or(self.longing.as_ref());
        intent.text = [self.now.as_ref(), last]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", then ");
        Ok((intent, unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(answers: [&str; 7]) -> Result<Wishes, WishError> {
        let mut wishes = Wishes::default();
        QUESTIONS
            .iter()
            .zip(answers)
            .try_for_each(|(question, answer)| question.answer(answer, &mut wishes))?;
        Ok(wishes)
    }

    #[test]
    fn defaults_are_an_intent() {
        let wishes = answered([""; 7]).unwrap();
        assert_eq!((wishes.now.as_deref(), wishes.bars, wishes.tempo), (Some("calm"), Some(32), None));
        let intent = wishes.understand().unwrap().intent;
        assert_eq!((intent.arc.len(), intent.arc[0].1), (2, intent.arc[1].1));
    }

    #[test]
    fn the_arc_goes_from_now_to_the_end_and_keeps_what_must_stay() {
        let wishes =
            answered(["grieving", "peaceful", "hopeful", "furious", "ballad", "slow", "short"]).unwrap();
        let intent = wishes.understand().unwrap().intent;
        let affect = |text: &str| crate::compose::intent_from_text(text).unwrap().arc[0].1;
        assert_eq!(intent.arc.iter().map(|p| p.0).collect::<Vec<_>>(), [0.0, LONGING, KEPT, 1.0]);
        assert_eq!(
            [intent.arc[0].1, intent.arc[2].1, intent.arc[3].1],
            ["grieving", "furious", "hopeful"].map(affect)
        );
        let (from, to) = (affect("grieving").valence, affect("peaceful").valence);
        assert!((from..to).contains(&intent.arc[1].1.valence));
        let ballad = Style::named("ballad").unwrap().tempo;
        assert!(wishes.tempo.is_some_and(|t| t >= ballad.slowest && t < ballad.slowest * 1.2), "{wishes:?}");
        assert_eq!((wishes.bars, intent.text.as_str()), (Some(16), "grieving, then hopeful"));
        let plan = crate::compose::plan(&Intent { bars: Some(32), ..intent }).unwrap();
        let valence: Vec<f32> = plan.sections.iter().map(|s| s.affect.valence).collect();
        assert!(
            valence[2] < valence[1] && valence[2] < valence[3],
            "what is kept is not smoothed over: {valence:?}"
        );
    }

    #[test]
    fn wrong_answers_are_told() {
        for (at, answer, words) in [
            (0, "xyzzy", "xyzzy"),
            (3, "qwertz", "qwertz"),
            (4, "polka", "no style"),
            (5, "1000", "20 to 400"),
            (6, "endless", "1 to 512"),
        ] {
            let mut answers = [""; 7];
            answers[at] = answer;
            let error = answered(answers).unwrap_err();
            assert!(error.field == QUESTIONS[at].field && error.to_string().contains(words), "{error}");
        }
    }
}
