//! Emotion of texts: the task `emotion-text` of `kmidi eval`.
//!
//! Records are those of EmoBank (Buechel and Hahn 2017): sentences with the mean valence, arousal and dominance that readers saw in them. The figures
//! `valence_r`, `arousal_r` and `dominance_r` are Pearson's correlations, 0 for a constant. The baseline `vocabulary` is the mean of the feelings that
//! [`kmidi_music::emotion::read`] understands, neutral where it understands none.

use super::report::correlation;
use super::{Columns, Prediction, Report};
use kmidi_music::Affect;
use kmidi_music::emotion::read;
use kmidi_neural::LoadError;
use kmidi_neural::text::{Text, hash, words};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Written {
    /// Its words.
    pub text: String,
}

/// A text with what readers felt.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sentence {
    /// Its name, unique in its set.
    pub id: String,
    /// Its words.
    pub text: String,
    /// -1 to 1.
    pub valence: f32,
    /// -1 to 1.
    pub arousal: f32,
    /// -1 to 1.
    pub dominance: f32,
}

/// A row a word: the text's number, the upper and lower half of the word's hash, how much it counts.
#[must_use]
pub fn examples(texts: &[Written]) -> Columns {
    let mut columns = Columns::new(&[("text", 1), ("word", 2), ("weight", 1)]);
    for (number, written) in texts.iter().enumerate() {
        words(&written.text, |word, weight| {
            let code = hash([word]);
            let halves = [(code >> 16) as f32, (code & 0xffff) as f32];
            columns.push(&[&[number as f32], &halves, &[weight]]);
        });
    }
    columns
}

/// Scores the model of that file.
///
/// # Errors
///
/// A [`LoadError`] where it is no table of words.
pub fn evaluate(
    sentences: &[Sentence],
    _train: Option<&[Sentence]>,
    table: &[u8],
) -> Result<Report, LoadError> {
    let model = Text::new(table)?;
    let answers: Vec<Affect> = sentences.iter().map(|sentence| model.feel(&sentence.text).affect).collect();
    let vocabulary: Vec<Affect> = sentences.iter().map(|sentence| by_vocabulary(&sentence.text)).collect();
    let predictions = sentences.iter().zip(&answers).map(|(sentence, affect)| Prediction {
        id: sentence.id.clone(),
        index: 0,
        answer: Some(format!("{:.3} {:.3} {:.3}", affect.valence, affect.arousal, affect.dominance)),
        prob_of_truth: None,
        top: Vec::new(),
    });
    Ok(Report {
        pieces: sentences.len(),
        unit: "texts",
        items: sentences.len(),
        metrics: figures(sentences, &answers),
        baselines: [("vocabulary", figures(sentences, &vocabulary))].into(),
        predictions: predictions.collect(),
        ..Report::default()
    })
}

fn by_vocabulary(text: &str) -> Affect {
    let Ok(reading) = read(text) else { return Affect::default() };
    let mean = |of: fn(&Affect) -> f32| {
        reading.iter().map(|stage| of(&stage.affect)).sum::<f32>() / reading.len() as f32
    };
    Affect::new(mean(|a| a.valence), mean(|a| a.arousal), mean(|a| a.dominance))
}

fn figures(sentences: &[Sentence], answers: &[Affect]) -> BTreeMap<&'static str, f64> {
    let r = |truth: fn(&Sentence) -> f32, answer: fn(&Affect) -> f32| {
        let pairs = sentences.iter().zip(answers);
        correlation(pairs.map(|(sentence, affect)| (f64::from(truth(sentence)), f64::from(answer(affect)))))
    };
    [
        ("valence_r", r(|s| s.valence, |a| a.valence)),
        ("arousal_r", r(|s| s.arousal, |a| a.arousal)),
        ("dominance_r", r(|s| s.dominance, |a| a.dominance)),
    ]
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str, valence: f32, arousal: f32) -> Sentence {
        Sentence { id: text.to_owned(), text: text.to_owned(), valence, arousal, dominance: valence }
    }

    #[test]
    fn plain_texts_are_ordered_and_turned_truth_is_noticed() {
        let sentences = [
            sentence("The terrorists attacked and killed many people.", -0.8, 0.7),
            sentence("She felt lonely and tired.", -0.5, -0.4),
            sentence("The committee read the report.", 0.0, -0.2),
            sentence("A quiet garden by the peaceful lake.", 0.5, -0.6),
            sentence("We won! What a fantastic celebration!", 0.8, 0.7),
        ];
        let table = kmidi_neural::shipped("text").unwrap();
        let report = evaluate(&sentences, None, table).unwrap();
        assert!(
            report.metrics["valence_r"] > 0.9 && report.metrics["arousal_r"] > 0.8,
            "{:?}",
            report.metrics
        );
        assert!(report.baselines["vocabulary"]["valence_r"] < report.metrics["valence_r"]);
        let turned = sentences.clone().map(|s| Sentence { valence: -s.valence, ..s });
        let other = evaluate(&turned, None, table).unwrap();
        assert!((other.metrics["valence_r"] + report.metrics["valence_r"]).abs() < 1e-6);
        assert!(evaluate(&sentences, None, b"no table").is_err());
    }

    #[test]
    fn a_word_is_a_row() {
        let texts = [
            Written { text: "Not sad".into() },
            Written { text: "…".into() },
            Written { text: "ok!".into() },
        ];
        let columns = examples(&texts);
        let [text, word, weight] = columns.columns() else { panic!() };
        assert_eq!(
            (&text.values[..], &weight.values[..]),
            (&[0.0, 0.0, 2.0, 2.0][..], &[1.0, -0.5, 1.0, 1.0][..])
        );
        let code = (word.values[2] as u32) << 16 | word.values[3] as u32;
        assert_eq!(code, hash(["sad"]));
    }
}
