//! What the live engine said, as it said it.

use super::report::{Analysis, ChordSegment, KeyAnswer, KeySegment, Meter, Stroke, Tempo};
use super::{Heard, groove};
use kmidi_engine::Event;
use kmidi_engine::groove::feel::Feel;
use kmidi_engine::groove::strokes::Kind;
use kmidi_engine::harmony::InKey;
use kmidi_music::notation::{harte, symbol};
use kmidi_music::roman::Function;
use kmidi_music::{Chord, Frames, Key, Mode};

/// The stream of decisions as an analysis: nothing smoothed, nothing taken back.
pub(super) fn analysis(heard: &Heard, feel: &Feel, duration: f64) -> Analysis {
    let mut answer = Analysis { duration, source: "engine", ..Analysis::default() };
    let (mut onsets_known, mut beats_known) = (Vec::new(), Vec::new());
    let mut key: Option<Key> = None;
    let mut tempos: Vec<(f64, f64, f64, [f32; 2])> = Vec::new();
    for &(event, known) in &heard.events {
        let known = heard.seconds(known);
        if heard.seconds(event.frame()) > duration {
            continue;
        }
        match event {
            Event::Onset { frame, .. } => {
                answer.onsets.push(heard.seconds(frame));
                onsets_known.push(known);
            }
            Event::Beat { frame, number, .. } => {
                let time = heard.seconds(frame);
                answer.beats.push(time);
                beats_known.push(known);
                if number == Some(1) {
                    answer.downbeats.push(time);
                }
            }
            Event::Tempo { frame, bpm, confidence, alternatives } => {
                tempos.push((heard.seconds(frame), f64::from(bpm), f64::from(confidence), alternatives));
            }
            Event::Meter { meter, confidence, .. } => {
                answer.meter = meter.map(|meter| Meter {
                    numerator: meter.numerator,
                    denominator: meter.denominator,
                    confidence: f64::from(confidence),
                });
            }
            Event::Key { frame, key: now, mode, confidence } => {
                let start = heard.seconds(frame);
                // A mode shows while its key holds.
                if now != key || answer.keys.is_empty() {
                    push_key(&mut answer.keys, start, duration, now, f64::from(confidence), Some(known));
                }
                key = now;
                if let Some(last) = answer.keys.last_mut() {
                    last.mode = mode.map(Mode::name).or(last.mode);
                }
            }
            Event::Chord { frame, chord, in_key, confidence, .. } => {
                let start = heard.seconds(frame);
                if let Some(last) = answer.chords.last_mut() {
                    last.end = start.max(last.start);
                }
                let confidence = f64::from(confidence);
                let named = segment((start, duration), chord, in_key, confidence, known);
                let key = key.map(|key| key.to_string());
                answer.chords.push(ChordSegment { key, ..named });
            }
            // The feel tells the swing; what is expected is no finding, and the listener asks for none.
            Event::Swing { .. } | Event::Expected { .. } => {}
            Event::Stroke(told) => answer.strokes.extend(stroke(told.kind).map(|kind| Stroke {
                time: heard.seconds(Frames(told.frame)),
                kind,
                note: told.note,
            })),
        }
    }
    answer.strokes.sort_by(|a, b| a.time.total_cmp(&b.time));
    answer.onsets_known = Some(onsets_known);
    answer.beats_known = Some(beats_known);
    answer.key = longest_key(&answer.keys);
    (answer.swing, answer.microtiming) = (groove::swing(feel), groove::microtiming(feel));
    answer.tempo = tempo(&tempos);
    answer
}

/// What a stroke is called, unless it is plain or a grace of what follows.
fn stroke(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Plain | Kind::Grace => None,
        Kind::Ghost => Some("ghost"),
        Kind::Accent => Some("accent"),
        Kind::Flam => Some("flam"),
        Kind::Drag => Some("drag"),
        Kind::Buzz => Some("buzz"),
    }
}

/// The tempo that was said most of the time, from (time, beats a minute, confidence, alternatives) by beat.
fn tempo(told: &[(f64, f64, f64, [f32; 2])]) -> Option<Tempo> {
    let bpm = super::median(told.iter().map(|t| t.1).collect())?;
    let last = told.last()?;
    Some(Tempo {
        bpm,
        confidence: told.iter().map(|t| t.2).sum::<f64>() / told.len() as f64,
        alternatives: last.3.iter().filter(|&&bpm| bpm > 0.0).map(|&bpm| f64::from(bpm)).collect(),
        curve: groove::curve(told.iter().map(|t| (t.0, t.1))),
    })
}

/// A chord with its names, those in the key as the engine told them.
fn segment(
    (start, end): (f64, f64),
    chord: Option<Chord>,
    in_key: Option<InKey>,
    confidence: f64,
    known: f64,
) -> ChordSegment {
    let label = chord.map_or(harte::Label::None, harte::Label::Chord);
    ChordSegment {
        start,
        end,
        label: harte::print_with_bass_note(label),
        symbol: chord.map(|chord| symbol::print(&chord)),
        roman: in_key.map(|named| named.numeral.to_string()),
        function: in_key.and_then(|named| named.function).map(Function::name),
        tension: in_key.map(|named| named.tension.total()),
        key: None,
        confidence,
        known: Some(known),
    }
}

/// A key from `start` on: what was before ends there.
pub(super) fn push_key(
    keys: &mut Vec<KeySegment>,
    start: f64,
    end: f64,
    key: Option<Key>,
    confidence: f64,
    known: Option<f64>,
) {
    if let Some(last) = keys.last_mut() {
        last.end = start.max(last.start);
    }
    let label = key.map(|key| key.to_string());
    keys.push(KeySegment { start, end, label, mode: None, confidence, known });
}

/// The key that holds for the longest time altogether, unless "not sure" holds longer.
fn longest_key(keys: &[KeySegment]) -> Option<KeyAnswer> {
    let time = |label: &Option<String>| -> f64 {
        keys.iter().filter(|k| k.label == *label).map(|k| k.end - k.start).sum()
    };
    let best = keys.iter().max_by(|a, b| time(&a.label).total_cmp(&time(&b.label)))?;
    let held: Vec<&KeySegment> = keys.iter().filter(|k| k.label == best.label).collect();
    let confidence = held.iter().map(|k| k.confidence).sum::<f64>() / held.len().max(1) as f64;
    // The mode that shows for longest, if it does for half of the time.
    let all: f64 = held.iter().map(|k| k.end - k.start).sum();
    let shown = |mode| held.iter().filter(|k| k.mode == mode).map(|k| k.end - k.start).sum::<f64>();
    let mode = held.iter().map(|k| k.mode).find(|&mode| mode.is_some() && 2.0 * shown(mode) > all).flatten();
    Some(KeyAnswer { label: best.label.clone()?, mode, confidence })
}
