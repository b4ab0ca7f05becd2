//! JAMS, the JSON annotated music specification (Humphrey, Salamon, Nieto, Forsyth, Bittner and Bello 2014), version 0.3:
//! namespaces `beat`, `onset`, `tempo`, `chord_harte` and `key_mode`.

use crate::{Error, Place, Result};
use kmidi_music::Key;
use kmidi_music::notation::harte::{self, Label};
use serde_json::{Value, json};
use std::path::Path;

/// What a file is to hold. Times are seconds from the start; a confidence is 0 to 1, or `None` when it is not known. An
/// empty list gives no annotation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Annotations<'a> {
    /// The piece's title.
    pub title: &'a str,
    /// The length of the sound, in seconds.
    pub duration: f64,
    /// What made the annotations, such as a program and its version.
    pub tool: &'a str,
    /// Beats: time, number in the bar from 1.
    pub beats: &'a [(f64, u32)],
    /// Onset times.
    pub onsets: &'a [f64],
    /// Tempo: start, end, beats a minute, confidence.
    pub tempos: &'a [(f64, f64, f64, Option<f64>)],
    /// Chords: start, end, label in Harte's syntax (the bass as a degree or as a note), confidence. Chords that could not
    /// be named (`X`) are left out: the namespace has no word for them.
    pub chords: &'a [(f64, f64, &'a str, Option<f64>)],
    /// Keys: start, end, label such as `C:maj`, confidence.
    pub keys: &'a [(f64, f64, &'a str, Option<f64>)],
}

/// The JSON text.
///
/// # Errors
/// [`Error::Unwritable`] for a time or value that is not finite or is negative, a chord label that is not Harte's, or a
/// key label that is none.
pub fn print(annotations: &Annotations<'_>) -> Result<String> {
    let a = annotations;
    let mut all = Vec::new();
    let mut add = |namespace: &str, data: Vec<Value>| {
        if !data.is_empty() {
            all.push(json!({
                "namespace": namespace,
                "data": data,
                "annotation_metadata": { "annotation_tools": a.tool, "data_source": "program" },
                "sandbox": {},
                "time": 0.0,
                "duration": a.duration,
            }));
        }
    };
    finite(&[a.duration])?;
    let beats = a.beats.iter().map(|&(t, number)| observation(t, t, &json!(number), None));
    add("beat", beats.collect::<Result<_>>()?);
    let onsets = a.onsets.iter().map(|&t| observation(t, t, &Value::Null, None));
    add("onset", onsets.collect::<Result<_>>()?);
    let tempos = a.tempos.iter().map(|&(start, end, bpm, confidence)| {
        finite(&[bpm])?;
        observation(start, end, &json!(bpm), Some(confidence.unwrap_or(0.0))) // the schema wants a number here
    });
    add("tempo", tempos.collect::<Result<_>>()?);
    let chords = a.chords.iter().map(|c| Ok((c, chord(c.2)?)));
    let named = chords.collect::<Result<Vec<_>>>()?;
    let named = named.into_iter().filter_map(|(c, label)| Some(observation(c.0, c.1, &json!(label?), c.3)));
    add("chord_harte", named.collect::<Result<_>>()?);
    let keys =
        a.keys.iter().map(|&(start, end, label, sure)| observation(start, end, &json!(key(label)?), sure));
    add("key_mode", keys.collect::<Result<_>>()?);
    let document = json!({
        "file_metadata": {
            "title": a.title, "artist": "", "release": "", "duration": a.duration, "identifiers": {},
            "jams_version": "0.3.4",
        },
        "annotations": all,
        "sandbox": {},
    });
    Ok(format!("{document:#}\n"))
}

/// Writes annotations to `path`, atomically.
///
/// # Errors
/// As [`fn@print`] and [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, annotations: &Annotations<'_>) -> Result<()> {
    crate::write::atomic(path, print(annotations)?.as_bytes())
}

fn observation(start: f64, end: f64, value: &Value, confidence: Option<f64>) -> Result<Value> {
    finite(&[start, end, confidence.unwrap_or(0.0)])?;
    let duration = (end - start).max(0.0);
    Ok(json!({ "time": start, "duration": duration, "value": value, "confidence": confidence }))
}

fn finite(numbers: &[f64]) -> Result<()> {
    match numbers.iter().find(|n| !(n.is_finite() && **n >= 0.0)) {
        Some(bad) => unwritable(format!("{bad} is no time or value; it must be finite and not negative")),
        None => Ok(()),
    }
}

fn unwritable<T>(reason: String) -> Result<T> {
    Err(Error::Unwritable { place: Place::File, reason })
}

/// The label as the namespace's grammar has it: the bass as a degree, and no word `sus2`. `None` for `X`.
fn chord(label: &str) -> Result<Option<String>> {
    match harte::parse(label) {
        Ok(Label::Unknown) => Ok(None),
        Ok(label) => {
            let text = harte::print(label);
            Ok(Some(match text.split_once(":sus2") {
                Some((root, rest)) => match rest.strip_prefix('(') {
                    Some(more) => format!("{root}:sus4(*4,2,{more}"),
                    None => format!("{root}:sus4(*4,2){rest}"),
                },
                None => text,
            }))
        }
        Err(e) => unwritable(format!("chord {label:?}: {e}")),
    }
}

fn key(label: &str) -> Result<String> {
    match label.parse::<Key>() {
        Ok(key) => Ok(key.words().replace(' ', ":")),
        Err(e) => unwritable(format!("key {label:?}: {e}")),
    }
}

/// What a file holds of what is read here. Times are seconds from the start; of several annotations of one kind the first
/// is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Jams {
    /// The piece's title; empty when it has none.
    pub title: String,
    /// The length of the sound, in seconds, where it is given.
    pub duration: Option<f64>,
    /// Beats: time, number in the bar where it is given.
    pub beats: Vec<(f64, Option<f64>)>,
    /// Onset times.
    pub onsets: Vec<f64>,
    /// Tempo: start, end, beats a minute.
    pub tempos: Vec<(f64, f64, f64)>,
    /// Chords (`chord_harte`, else `chord`): start, end, label.
    pub chords: Vec<(f64, f64, String)>,
    /// Keys (`key_mode`): start, end, label such as `C:minor`.
    pub keys: Vec<(f64, f64, String)>,
}

/// Reads the annotations of a file.
///
/// # Errors
/// As [`parse`], and [`Error::Io`], [`Error::Folder`].
pub fn read(path: impl AsRef<Path>) -> Result<Jams> {
    let path = path.as_ref();
    parse(&std::fs::read(path).map_err(Error::io(path, "read"))?, path)
}

/// Reads annotations from memory; `name` stands in errors as the file's name. Namespaces beside those above are passed
/// over.
///
/// # Errors
/// [`Error::Malformed`] for what is no JSON or has no list of annotations, and for an observation without a time.
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<Jams> {
    let wrong = |reason: String| Error::malformed(name.as_ref(), Place::File, reason);
    let document: Value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let all = document["annotations"].as_array();
    let all = all.ok_or_else(|| wrong("no list of annotations; this is no JAMS file".into()))?;
    let of = |namespace: &str| -> Result<Vec<(f64, f64, &Value)>> {
        let found = all.iter().find(|annotation| annotation["namespace"] == namespace);
        let Some(data) = found.and_then(|annotation| annotation["data"].as_array()) else {
            return Ok(Vec::new());
        };
        let observation = |(at, one): (usize, &'_ Value)| {
            let time = one["time"]
                .as_f64()
                .ok_or_else(|| wrong(format!("{namespace}: observation {at} has no time")))?;
            Ok((time, time + one["duration"].as_f64().unwrap_or(0.0)))
        };
        data.iter()
            .enumerate()
            .map(|(at, one)| observation((at, one)).map(|(start, end)| (start, end, &one["value"])))
            .collect()
    };
    let texts = |namespace: &str| -> Result<Vec<(f64, f64, String)>> {
        let text = |(start, end, value): (f64, f64, &Value)| Some((start, end, value.as_str()?.to_owned()));
        Ok(of(namespace)?.into_iter().filter_map(text).collect())
    };
    let mut chords = texts("chord_harte")?;
    if chords.is_empty() {
        chords = texts("chord")?;
    }
    Ok(Jams {
        title: document["file_metadata"]["title"].as_str().unwrap_or_default().to_owned(),
        duration: document["file_metadata"]["duration"].as_f64(),
        beats: of("beat")?.into_iter().map(|(time, _, value)| (time, value.as_f64())).collect(),
        onsets: of("onset")?.into_iter().map(|(time, ..)| time).collect(),
        tempos: of("tempo")?
            .into_iter()
            .filter_map(|(start, end, value)| Some((start, end, value.as_f64()?)))
            .collect(),
        chords,
        keys: texts("key_mode")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Annotations<'static> {
        Annotations {
            title: "A \"song\"",
            duration: 4.0,
            tool: "kmidi 0.1.0",
            beats: &[(0.0, 1), (0.5, 2)],
            onsets: &[0.01, 0.52],
            tempos: &[(0.0, 4.0, 120.0, Some(0.9))],
            chords: &[(0.0, 2.0, "C:min7/Eb", Some(0.8)), (2.0, 3.0, "X", None), (3.0, 4.0, "N", None)],
            keys: &[(0.0, 4.0, "C:min", None)],
        }
    }

    #[test]
    fn annotations_follow_the_schema() {
        let json: Value = serde_json::from_str(&print(&full()).unwrap()).unwrap();
        let of = |namespace: &str| {
            let all = json["annotations"].as_array().unwrap();
            all.iter().find(|a| a["namespace"] == namespace).unwrap()["data"].clone()
        };
        assert_eq!(of("chord_harte")[0]["value"], "C:min7/b3");
        assert_eq!(of("chord_harte")[1]["value"], "N");
        assert_eq!(of("key_mode")[0]["value"], "C:minor");
        assert_eq!((of("beat")[1]["value"].as_u64(), of("beat")[1]["time"].as_f64()), (Some(2), Some(0.5)));
        assert_eq!(of("onset")[0]["value"], Value::Null);
        assert_eq!(of("tempo")[0]["duration"], 4.0);
        assert_eq!(json["file_metadata"]["title"], "A \"song\"");
        assert_eq!(chord("D:sus2/5").unwrap().unwrap(), "D:sus4(*4,2)/5");
    }

    #[test]
    fn what_is_written_is_read() {
        let read = parse(print(&full()).unwrap().as_bytes(), "x.jams").unwrap();
        assert_eq!((read.title.as_str(), read.duration), ("A \"song\"", Some(4.0)));
        assert_eq!((read.beats, read.onsets), (vec![(0.0, Some(1.0)), (0.5, Some(2.0))], vec![0.01, 0.52]));
        assert_eq!(read.tempos, [(0.0, 4.0, 120.0)]);
        assert_eq!(read.chords, [(0.0, 2.0, "C:min7/b3".into()), (3.0, 4.0, "N".into())]);
        assert_eq!(read.keys, [(0.0, 4.0, "C:minor".into())]);
        for wrong in ["", "{}", "[]", r#"{"annotations":[{"namespace":"beat","data":[{}]}]}"#] {
            assert!(matches!(parse(wrong.as_bytes(), "x.jams"), Err(Error::Malformed { .. })), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_number_or_label_is_refused() {
        let refused = |a: Annotations<'_>| matches!(print(&a), Err(Error::Unwritable { .. }));
        assert!(refused(Annotations { onsets: &[f64::NAN], ..full() }));
        assert!(refused(Annotations { duration: -1.0, ..full() }));
        assert!(refused(Annotations { chords: &[(0.0, 1.0, "Q:maj", None)], ..full() }));
        assert!(refused(Annotations { keys: &[(0.0, 1.0, "H", None)], ..full() }));
    }
}
