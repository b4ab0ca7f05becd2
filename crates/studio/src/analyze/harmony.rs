//! Chords and keys of the whole piece: the best path through the engine's evidence, with changes on beats.
//!
//! Chords are found, keys are found in the chords and in what sounds, and then the chords are found again by what the
//! keys expect; at last each chord is named in its key.

mod chords;
mod keys;

use super::live::push_key;
use super::report::{Analysis, ChordSegment, KeyAnswer};
use super::{Heard, roman};
use chords::{Grid, Run, Struck, Told};
use kmidi_engine::harmony::chord::{self, NONE};
use kmidi_engine::harmony::context::{Context, KeyBelief, Sounding};
use kmidi_engine::harmony::key;
use kmidi_engine::harmony::tension::tension;
use kmidi_engine::{Event, HarmonyEvidence};
use kmidi_music::PitchClass;
use kmidi_music::notation::{harte, symbol};
use kmidi_music::roman::Function;

/// What the pass over the whole piece was tuned to. Nats unless told otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tuning {
    /// The price of a chord change on a downbeat, on a beat, halfway between two, and elsewhere.
    pub(super) change: [f32; 4],
    /// How much dearer a change is that keeps the root.
    pub(super) same_root: f32,
    /// How much the chords that a key expects are cheaper to change to, as an exponent of their odds.
    pub(super) expected: f32,
    /// How much of the chroma's evidence counts for the keys.
    pub(super) chroma: f32,
    /// How much each of the [`keys::signs`] counts for the key of the piece.
    pub(super) signs: [f32; keys::SIGNS],
    /// Measurements this close to a beat are on it, seconds.
    pub(super) on_beat: f32,
    /// A change this close to a beat happened on it, seconds.
    pub(super) snap: f32,
}

/// Found on pieces outside the evaluation, in the order of the fields.
pub(super) const TUNING: Tuning = Tuning {
    change: [16.0, 22.0, 36.0, 36.0],
    same_root: 2.0,
    expected: 1.2,
    chroma: 0.13,
    signs: [1.13, 0.6, 4.1, 0.43],
    on_beat: 0.021,
    snap: 0.090,
};

/// Adds chords and keys to what is known about rhythm.
pub(super) fn study(heard: &Heard, answer: Analysis, duration: f64) -> Analysis {
    study_by(&TUNING, heard, answer, duration)
}

/// [`study`] with another tuning.
pub(super) fn study_by(tuning: &Tuning, heard: &Heard, mut answer: Analysis, duration: f64) -> Analysis {
    let evidence: Vec<&HarmonyEvidence> =
        heard.harmony.iter().filter(|e| heard.seconds(e.frame) <= duration).collect();
    let times: Vec<f64> = evidence.iter().map(|e| heard.seconds(e.frame)).collect();
    let mut context = Context::new();
    let (grid, mut runs, mut beliefs) =
        found(tuning, (&evidence, &times), &told(heard), &answer, &mut context);
    let written = heard.written.as_ref().filter(|written| !written.keys.is_empty());
    if let Some(written) = written {
        let sung = runs.iter().filter(|run| run.state != NONE);
        for (belief, run) in beliefs.iter_mut().zip(sung) {
            written.key_at(run.heard.0).into_iter().for_each(|key| *belief = KeyBelief::certain(key));
        }
    }
    chords::place(&mut runs, &grid, duration);
    name(&mut answer, &runs, &beliefs, &mut context, duration);
    answer.key = keys::of_piece(tuning, &runs, &beliefs, &evidence).map(|(state, confidence)| KeyAnswer {
        label: key::key(state).to_string(),
        mode: None,
        confidence: f64::from(confidence),
    });
    if let Some(written) = written {
        written.tell_keys(&mut answer);
    }
    if answer.keys.is_empty() {
        // A tune without chords, or nothing at all.
        let (label, sure) = match &answer.key {
            Some(key) => (key.label.parse().ok(), key.confidence),
            None => (None, 0.0),
        };
        push_key(&mut answer.keys, 0.0, duration, label, sure, None);
    }
    keys::tell_modes(&runs, &mut answer);
    answer
}

/// The grid of the beats, the chords, and the keys at each that is one.
fn found<'a>(
    tuning: &'a Tuning,
    (evidence, times): (&[&HarmonyEvidence], &[f64]),
    told: &[Told],
    rhythm: &Analysis,
    context: &mut Context,
) -> (Grid<'a>, Vec<Run>, Vec<KeyBelief>) {
    let grid = Grid::new(tuning, &rhythm.beats, &rhythm.downbeats);
    let runs = |path: &[usize]| chords::strike(chords::runs(path, evidence, times), told, times);
    let mut found = runs(&chords::path(evidence, times, &grid, None));
    let mut beliefs = keys::beliefs(tuning, context, &found, evidence);
    if tuning.expected > 0.0 && !beliefs.is_empty() {
        let odds = keys::expectations(tuning, &found, &beliefs, evidence.len());
        found = runs(&chords::path(evidence, times, &grid, Some(&odds)));
        beliefs = keys::beliefs(tuning, context, &found, evidence);
    }
    (grid, found, beliefs)
}

/// What the live engine told of chords.
fn told(heard: &Heard) -> Vec<Told> {
    let told = heard.events.iter().filter_map(|&(event, _)| match event {
        Event::Chord { frame, chord, struck, confidence, .. } => Some(Told {
            begin: heard.seconds(frame),
            struck: struck.zip(chord).map(|(set, chord)| Struck {
                set,
                bass: chord.bass.pitch_class(),
                root: chord.root.pitch_class(),
                confidence,
            }),
            none: chord.is_none(),
        }),
        _ => None,
    });
    let mut told: Vec<Told> = told.collect();
    told.sort_by(|a, b| a.begin.total_cmp(&b.begin));
    told
}

/// Chord and key segments.
fn name(answer: &mut Analysis, runs: &[Run], beliefs: &[KeyBelief], context: &mut Context, duration: f64) {
    let sung: Vec<&Run> = runs.iter().filter(|run| run.state != NONE).collect();
    let chords: Vec<Sounding> = sung.iter().map(|run| run.sounding()).collect();
    // The evidence knows no root of the chords that divide the octave evenly: key and neighbours do.
    let (_, heard) = roman::hear(context, &chords);
    let root = |n: usize| -> PitchClass {
        if let Some(struck) = sung[n].struck {
            return struck.root;
        }
        match chord::parts(sung[n].state) {
            Some((root, quality)) if !chords::is_even(quality) => root,
            _ => heard[n].0,
        }
    };
    let mut n = 0;
    for run in runs {
        let Some((begin, end)) = run.placed else {
            n += usize::from(run.state != NONE);
            continue;
        };
        let segment = ChordSegment {
            start: begin,
            end,
            label: harte::print(harte::Label::None),
            symbol: None,
            roman: None,
            function: None,
            tension: None,
            key: answer.keys.last().and_then(|last| last.label.clone()),
            confidence: f64::from(run.confidence),
            known: None,
        };
        if run.state == NONE {
            answer.chords.push(segment);
            continue;
        }
        let (state, sure) = beliefs[n].best();
        let key = key::key(state);
        let label = key.to_string();
        if answer.keys.last().is_none_or(|last| last.label.as_ref() != Some(&label)) {
            let start = if answer.keys.is_empty() { 0.0 } else { begin };
            push_key(&mut answer.keys, start, duration, Some(key), f64::from(sure), None);
        }
        let next = (n + 1 < chords.len()).then(|| (chords[n + 1], root(n + 1)));
        let (chord, numeral) = roman::name(chords[n], root(n), key, next);
        answer.chords.push(ChordSegment {
            label: harte::print_with_bass_note(harte::Label::Chord(chord)),
            symbol: Some(symbol::print(&chord)),
            roman: Some(numeral.to_string()),
            function: numeral.function(key).map(Function::name),
            tension: Some(tension(&chord, key, None).total()),
            key: Some(label),
            ..segment
        });
        n += 1;
    }
    // Before the first and after the last chord there is no music to have none.
    let is_chord = |chord: &ChordSegment| chord.symbol.is_some();
    let first = answer.chords.iter().position(is_chord).unwrap_or(answer.chords.len());
    answer.chords.drain(..first);
    answer.chords.truncate(answer.chords.iter().rposition(is_chord).map_or(0, |last| last + 1));
}
