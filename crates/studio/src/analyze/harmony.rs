//! Chords and keys of the whole piece: the best path through the engine's evidence, with changes on beats.

use super::live::{push_key, segment};
use super::report::{Analysis, ChordSegment, KeyAnswer};
use super::viterbi::best_path;
use super::{Heard, groove};
use kmidi_engine::HarmonyEvidence;
use kmidi_engine::harmony::chord::{self, NONE, STATES};
use kmidi_engine::harmony::key::{self, KEYS, KeyScorer};
use kmidi_music::Key;

/// What a chord change costs on a beat and elsewhere, nats.
const CHANGE: (f32, f32) = (7.0, 12.0);
/// What a key change costs, nats.
const MODULATE: f32 = 9.0;
/// Measurements this close to a beat are on it, seconds: half the time between two.
const ON_BEAT: f64 = 0.021;
/// A change this close to a beat happened on it, seconds.
const SNAP: f64 = 0.090;

/// Adds chords and keys to what is known about rhythm.
pub(super) fn study(heard: &Heard, mut answer: Analysis, duration: f64) -> Analysis {
    let evidence: Vec<&HarmonyEvidence> =
        heard.harmony.iter().filter(|e| heard.seconds(e.frame) <= duration).collect();
    let times: Vec<f64> = evidence.iter().map(|e| heard.seconds(e.frame)).collect();
    let keys = keys(&evidence);
    let mut start = 0;
    for run in keys.chunk_by(|a, b| a == b) {
        let (label, confidence) =
            (run[0].map(key::key), confidence_of_key(&evidence[start..start + run.len()], run[0]));
        push_key(
            &mut answer.keys,
            if start == 0 { 0.0 } else { times[start] },
            duration,
            label,
            confidence,
            None,
        );
        start += run.len();
    }
    answer.key = key_of_piece(&evidence);

    let chords = chords(&evidence, &times, &answer.beats);
    let mut start = 0;
    for run in chords.chunk_by(|a, b| a == b) {
        let (state, end) = (run[0], start + run.len());
        let mut bass = [0.0; 12];
        let mut sure = 0.0;
        for measured in &evidence[start..end] {
            bass.iter_mut().zip(&measured.bass).for_each(|(sum, b)| *sum += b);
            sure += probability(&measured.chords, state);
        }
        let key: Option<Key> = keys[start + run.len() / 2].map(key::key);
        let begin = answer.chords.last().map_or(0.0, |last| last.end);
        // Two changes may belong to one beat: then the first chord has no length, and is left out below.
        let stop =
            times.get(end).map_or(duration, |&time| boundary(time, &answer.beats)).clamp(begin, duration);
        let confidence = f64::from(sure / run.len() as f32);
        answer.chords.push(segment((begin, stop), chord::spell(state, &bass, key), key, confidence, None));
        start = end;
    }
    answer.chords.retain(|chord| chord.end > chord.start);
    // Before the first and after the last chord there is no music to have none.
    let is_chord = |chord: &ChordSegment| chord.symbol.is_some();
    let first = answer.chords.iter().position(is_chord).unwrap_or(answer.chords.len());
    answer.chords.drain(..first);
    answer.chords.truncate(answer.chords.iter().rposition(is_chord).map_or(0, |last| last + 1));
    answer
}

/// The chord state of each measurement.
fn chords(evidence: &[&HarmonyEvidence], times: &[f64], beats: &[f64]) -> Vec<usize> {
    let steps = evidence.iter().zip(times).map(|(measured, &time)| {
        let price = if groove::is_near(beats, time, ON_BEAT) { CHANGE.0 } else { CHANGE.1 };
        (measured.chords, price)
    });
    best_path::<STATES>(steps, |state| state)
}

/// The key state of each measurement; `None` where nothing tonal sounds in the whole piece.
fn keys(evidence: &[&HarmonyEvidence]) -> Vec<Option<usize>> {
    let scorer = KeyScorer::default();
    let steps = evidence.iter().map(|measured| (scorer.score(&measured.chroma, &measured.bass), MODULATE));
    let tonal = evidence.iter().any(|measured| is_tonal(measured));
    best_path::<KEYS>(steps, |state| state).into_iter().map(|state| tonal.then_some(state)).collect()
}

fn is_tonal(measured: &HarmonyEvidence) -> bool {
    (0..NONE).any(|state| measured.chords[state] > measured.chords[NONE])
}

/// The key that fits the piece as a whole.
fn key_of_piece(evidence: &[&HarmonyEvidence]) -> Option<KeyAnswer> {
    let sums = key_scores(evidence)?;
    let best = (1..KEYS).fold(0, |best, n| if sums[n] > sums[best] { n } else { best });
    Some(KeyAnswer { label: key::key(best).to_string(), confidence: share(&sums, best) })
}

/// Summed scores of each key over the tonal measurements.
fn key_scores(evidence: &[&HarmonyEvidence]) -> Option<[f64; KEYS]> {
    let mut sums = [0.0; KEYS];
    let scorer = KeyScorer::default();
    let mut tonal = 0;
    for measured in evidence.iter().filter(|measured| is_tonal(measured)) {
        let scores = scorer.score(&measured.chroma, &measured.bass);
        sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += f64::from(score));
        tonal += 1;
    }
    (tonal > 0).then_some(sums)
}

fn confidence_of_key(evidence: &[&HarmonyEvidence], key: Option<usize>) -> f64 {
    key.and_then(|key| key_scores(evidence).map(|sums| share(&sums, key))).unwrap_or(0.0)
}

/// The probability of one of the summed scores; the sum over a piece says less than that many single ones would.
fn share(sums: &[f64; KEYS], wanted: usize) -> f64 {
    let top = sums.iter().fold(f64::MIN, |a, &b| a.max(b));
    let weight = |sum: f64| libm::exp((sum - top) / 4.0);
    weight(sums[wanted]) / sums.iter().map(|&sum| weight(sum)).sum::<f64>()
}

/// The probability of one state by one measurement.
fn probability(scores: &[f32; STATES], wanted: usize) -> f32 {
    let top = scores.iter().fold(f32::MIN, |a, &b| a.max(b));
    let weight = |score: f32| libm::expf(2.0 * (score - top));
    weight(scores[wanted]) / scores.iter().map(|&score| weight(score)).sum::<f32>()
}

/// The beat that a change belongs to, or its own time.
fn boundary(time: f64, beats: &[f64]) -> f64 {
    let next = beats.partition_point(|&beat| beat < time);
    let around = beats[next.saturating_sub(1)..(next + 1).min(beats.len())].iter();
    let nearest = around.copied().min_by(|a, b| (a - time).abs().total_cmp(&(b - time).abs()));
    nearest.filter(|beat| (beat - time).abs() < SNAP).unwrap_or(time)
}
