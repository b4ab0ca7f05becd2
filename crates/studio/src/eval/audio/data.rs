//! What is compared: truth and answer as their JSON has them.

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The truth of one piece: the scored fields of `../shared/eval/audio/*.json`. A list that is missing or `null` is empty,
/// and what is empty is not asked of the answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Truth {
    /// The piece's name, such as `S01_pop`.
    pub id: String,
    /// The set it belongs to, such as `S`.
    pub set: String,
    /// The end of the piece in seconds.
    pub end: f64,
    /// Onset times in seconds.
    #[serde(default, deserialize_with = "or_default")]
    pub onsets: Vec<f64>,
    /// Beat times in seconds.
    #[serde(default, deserialize_with = "or_default")]
    pub beats: Vec<f64>,
    /// Downbeat times in seconds.
    #[serde(default, deserialize_with = "or_default")]
    pub downbeats: Vec<f64>,
    /// Felt beats a bar.
    #[serde(default)]
    pub meter: Option<u8>,
    /// Beats a minute.
    #[serde(default)]
    pub tempo: Option<f64>,
    /// Whether the tempo is stable, so that one number tells it.
    #[serde(default, deserialize_with = "or_default")]
    pub tempo_exact: bool,
    /// The key, such as `C# major`.
    #[serde(default)]
    pub key: Option<String>,
    /// The chords.
    #[serde(default, deserialize_with = "or_default")]
    pub chords: Vec<TrueChord>,
    /// The swing by construction; none in pieces that do not swing.
    #[serde(default)]
    pub swing: Option<TrueSwing>,
}

/// A chord of the truth, in JSON `[start, end, label]`.
#[derive(Debug, Clone, PartialEq)]
pub struct TrueChord {
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Label in Harte's syntax.
    pub label: String,
}

/// The swing of a generated piece.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct TrueSwing {
    /// How many times longer the first of two subdivisions is.
    pub ratio: f64,
}

/// The scored fields of what `kmidi analyze --json` writes. A field that is missing or `null` is no answer, and scores 0
/// where the truth asks for it. The `known` fields come with `--causal`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// Onset times in seconds.
    #[serde(deserialize_with = "or_default")]
    pub onsets: Vec<f64>,
    /// When each onset was reported, in seconds.
    #[serde(deserialize_with = "or_default")]
    pub onsets_known: Vec<f64>,
    /// Beat times in seconds.
    #[serde(deserialize_with = "or_default")]
    pub beats: Vec<f64>,
    /// When each beat was reported, in seconds.
    #[serde(deserialize_with = "or_default")]
    pub beats_known: Vec<f64>,
    /// Downbeat times in seconds.
    #[serde(deserialize_with = "or_default")]
    pub downbeats: Vec<f64>,
    /// The tempo.
    pub tempo: Option<Tempo>,
    /// The metre.
    pub meter: Option<Meter>,
    /// The key of the piece.
    pub key: Option<Key>,
    /// The chords.
    #[serde(deserialize_with = "or_default")]
    pub chords: Vec<Chord>,
    /// The swing.
    pub swing: Option<Swing>,
}

/// A tempo answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Tempo {
    /// Beats a minute; `None` when unsure.
    #[serde(default)]
    pub bpm: Option<f64>,
    /// (seconds, beats a minute) wherever another was told.
    #[serde(default, deserialize_with = "or_default")]
    pub curve: Vec<(f64, f64)>,
}

/// A metre answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Meter {
    /// The upper number.
    pub numerator: u8,
    /// The lower number.
    pub denominator: u8,
}

/// A key answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Key {
    /// Tonic and mode, such as `C:maj`; `None` when unsure.
    #[serde(default)]
    pub label: Option<String>,
}

/// A chord answer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Chord {
    /// Start in seconds.
    pub start: f64,
    /// End in seconds.
    pub end: f64,
    /// Label in Harte's syntax; a bass may be a note name.
    pub label: String,
    /// When it was reported, in seconds.
    #[serde(default)]
    pub known: Option<f64>,
    /// How sure it is, 0 to 1.
    #[serde(default)]
    pub confidence: Option<f64>,
}

/// A swing answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub struct Swing {
    /// 50 straight, 66.7 triplet; `None` when unsure.
    #[serde(default)]
    pub percent: Option<f64>,
}

impl Answer {
    /// What a metronome says of any piece: a beat every half second from 0 to `end`, four to the bar, 120 beats a minute,
    /// straight, C major throughout, no onsets. Whatever listens must beat it.
    pub fn metronome(end: f64) -> Answer {
        let count = if end.is_finite() { (2.0 * end.clamp(0.0, super::MAX_TIME)) as u32 + 1 } else { 0 };
        let beats: Vec<f64> = (0..count).map(|beat| 0.5 * f64::from(beat)).collect();
        Answer {
            downbeats: beats.iter().step_by(4).copied().collect(),
            beats_known: beats.clone(),
            beats,
            tempo: Some(Tempo { bpm: Some(120.0), ..Tempo::default() }),
            key: Some(Key { label: Some("C:maj".into()) }),
            chords: vec![Chord {
                start: 0.0,
                end,
                label: "C:maj".into(),
                known: Some(0.0),
                confidence: None,
            }],
            swing: Some(Swing { percent: Some(50.0) }),
            ..Answer::default()
        }
    }
}

/// The value, or the default one for `null`.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

impl<'de> Deserialize<'de> for TrueChord {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = TrueChord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a chord as [start, end, label]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<TrueChord, A::Error> {
                let missing = |at| serde::de::Error::invalid_length(at, &Row);
                let start = row.next_element()?.ok_or_else(|| missing(0))?;
                let end = row.next_element()?.ok_or_else(|| missing(1))?;
                let label = row.next_element()?.ok_or_else(|| missing(2))?;
                while row.next_element::<IgnoredAny>()?.is_some() {} // a row may go on with other columns
                Ok(TrueChord { start, end, label })
            }
        }
        input.deserialize_seq(Row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_contract_are_read() {
        let json = r#"{"schema":"kmidi.analysis/1","file":"song.mid","duration":93.2,
            "tempo":{"bpm":92.0,"confidence":0.93,"alternatives":[184.0,46.0],"curve":[[0.0,92.0]]},
            "onsets":[0.012],"beats":[0.012],"downbeats":null,"swing":{"percent":50.4,"unit":"8th","confidence":0.8},
            "key":{"label":"C:maj","confidence":0.8},
            "chords":[{"start":0.012,"end":2.61,"label":"A:min7/C","symbol":"Am7/C","known":0.25}],"source":"engine"}"#;
        let answer: Answer = serde_json::from_str(json).unwrap();
        assert_eq!((answer.onsets.len(), answer.downbeats.len()), (1, 0));
        assert_eq!(answer.tempo.and_then(|t| t.bpm), Some(92.0));
        assert_eq!(answer.swing.and_then(|s| s.percent), Some(50.4));
        assert_eq!(answer.key.and_then(|k| k.label).as_deref(), Some("C:maj"));
        assert_eq!((answer.chords[0].label.as_str(), answer.chords[0].known), ("A:min7/C", Some(0.25)));
        assert_eq!(serde_json::from_str::<Answer>("{}").unwrap(), Answer::default());
        let nulls = r#"{"tempo":null,"key":null,"chords":null,"swing":{"percent":null},"onsets_known":null}"#;
        let nulls: Answer = serde_json::from_str(nulls).unwrap();
        assert_eq!(nulls, Answer { swing: Some(Swing::default()), ..Answer::default() });
    }

    #[test]
    fn malformed_json_is_refused() {
        for json in
            ["", "[", "[1]", r#"{"beats":"no"}"#, r#"{"beats":[null]}"#, r#"{"chords":[{"start":0}]}"#]
        {
            assert!(serde_json::from_str::<Answer>(json).is_err(), "{json}");
        }
        let truth = |rest: &str| {
            serde_json::from_str::<Truth>(&format!(r#"{{"id":"a","set":"S","end":9.0,"chords":{rest}}}"#))
        };
        assert_eq!(truth(r#"[[0,1,"C"],[1,2,"N",5]]"#).unwrap().chords.len(), 2);
        assert_eq!(truth("null").unwrap().chords, []);
        assert!(truth(r#"[[0,1]]"#).is_err());
        assert!(truth(r#"[{"start":0}]"#).is_err());
        assert!(serde_json::from_str::<Truth>("{}").is_err());
    }

    #[test]
    fn the_metronome_ends_with_the_piece() {
        let answer = Answer::metronome(2.2);
        assert_eq!(answer.beats, [0.0, 0.5, 1.0, 1.5, 2.0]);
        assert_eq!(answer.downbeats, [0.0, 2.0]);
        for end in [f64::NAN, f64::INFINITY, f64::MAX, -1.0] {
            assert!(Answer::metronome(end).beats.len() <= 60_001, "{end}");
        }
    }
}
