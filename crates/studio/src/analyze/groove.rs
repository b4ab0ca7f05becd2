//! Rhythm of the whole piece: the beat filter's best path, metre, tempo curve and swing.

use super::report::{Analysis, Meter, Swing, Tempo};
use super::viterbi::best_path;
use super::{Heard, median};
use kmidi_engine::groove::beat;
use kmidi_engine::groove::meter::{METERS, STATES, downbeat_evidence, place};

/// A beat and an onset this close are one stroke, seconds.
const SAME_STROKE: f64 = 0.030;
/// What it costs to lose count of the bar, nats.
const RECOUNT: f32 = 6.0;
/// Beats before the first stroke and after the last one are not told beyond this many beats.
const MARGIN: f64 = 0.6;

/// Everything about rhythm, smoothed; harmony is still empty. `live` brings the onsets and the chords' changes.
pub(super) fn study(heard: &Heard, live: &Analysis, duration: f64) -> Analysis {
    let onsets = live.onsets.clone();
    let mut answer = Analysis { duration, source: "engine", onsets, ..Analysis::default() };
    let hops = beat_hops(heard);
    let times: Vec<f64> = hops.iter().map(|&hop| heard.seconds(heard.hops[hop].frame)).collect();
    let (Some(&first), Some(&last)) = (answer.onsets.first(), answer.onsets.last()) else { return answer };
    let Some(gap) = median(times.windows(2).map(|w| w[1] - w[0]).collect()) else { return answer };
    let inside = |time: f64| time > first - MARGIN * gap && time < last + MARGIN * gap && time <= duration;
    let kept: Vec<(usize, f64)> = hops.into_iter().zip(times).filter(|&(_, time)| inside(time)).collect();
    answer.beats = kept.iter().map(|&(_, time)| on_stroke(time, &answer.onsets)).collect();
    answer.beats.dedup_by(|a, b| *a <= *b);
    let places = count(heard, &kept, live);
    let meter = places.iter().fold([0_usize; METERS.len()], |mut counts, &(meter, _)| {
        counts[meter] += 1;
        counts
    });
    let most = (0..METERS.len()).fold(0, |best, n| if meter[n] > meter[best] { n } else { best });
    if places.len() >= 8 {
        answer.meter = Some(Meter {
            numerator: METERS[most].0,
            denominator: 4,
            confidence: meter[most] as f64 / places.len() as f64,
        });
    }
    let downbeats = answer.beats.iter().zip(&places).filter(|(_, place)| place.1 == 0);
    answer.downbeats = downbeats.map(|(&time, _)| time).collect();
    answer.swing = swing(&answer.beats, &answer.onsets);
    answer.tempo = tempo(&answer.beats, live);
    answer
}

/// The hops of the beats on the best path through the whole piece.
fn beat_hops(heard: &Heard) -> Vec<usize> {
    let Some(best) = heard.hops.last().map(|hop| hop.beat) else { return Vec::new() };
    let Some(last) = heard.hops.len().checked_sub(1 + usize::from(best.position)) else { return Vec::new() };
    let (mut at, mut row) = (last, usize::from(best.interval - beat::SHORTEST));
    let mut found = vec![at];
    loop {
        row = usize::from(heard.hops[at].came_from[row]);
        let Some(before) = at.checked_sub(beat::interval(row).into()) else { break };
        at = before;
        found.push(at);
    }
    found.reverse();
    found
}

/// The onset that the beat falls on, if there is one.
fn on_stroke(time: f64, onsets: &[f64]) -> f64 {
    let near = onsets.partition_point(|&onset| onset < time - SAME_STROKE);
    let close = onsets[near..].iter().take_while(|&&onset| onset <= time + SAME_STROKE);
    close.copied().min_by(|a, b| (a - time).abs().total_cmp(&(b - time).abs())).unwrap_or(time)
}

/// Is there a beat within `reach` seconds?
pub(super) fn is_near(beats: &[f64], time: f64, reach: f64) -> bool {
    let first = beats.partition_point(|&beat| beat < time - reach);
    beats.get(first).is_some_and(|&beat| beat <= time + reach)
}

/// (row of [`METERS`], number in the bar from 0) of each beat.
fn count(heard: &Heard, beats: &[(usize, f64)], live: &Analysis) -> Vec<(usize, usize)> {
    let low: Vec<f32> = beats
        .iter()
        .map(|&(hop, _)| {
            let around = hop.saturating_sub(3)..(hop + 4).min(heard.hops.len());
            heard.hops[around].iter().fold(0.0_f32, |top, hop| top.max(hop.flux[0]))
        })
        .collect();
    let usual = low.iter().sum::<f32>() / low.len().max(1) as f32;
    let gains = beats.iter().enumerate().map(|(n, &(_, time))| {
        let before = n.checked_sub(1).map_or(time - 0.5, |n| beats[n].1);
        let after = beats.get(n + 1).map_or(time + 0.5, |b| b.1);
        // From the middle of the beat before to the middle of this one.
        let window = (time + before) / 2.0..(time + after) / 2.0;
        let changed = live.chords.iter().any(|chord| window.contains(&chord.start));
        let gain = downbeat_evidence(if usual > 1e-3 { low[n] / usual } else { 1.0 }, changed);
        let mut scores = [0.0; STATES];
        for (state, score) in scores.iter_mut().enumerate() {
            let (row, place) = place(state);
            let usual = if n == 0 { libm::logf(METERS[row].1) } else { 0.0 };
            *score = usual + if place == 0 { gain } else { 0.0 };
        }
        (scores, RECOUNT)
    });
    let before = |state: usize| {
        let (row, at) = place(state);
        if at == 0 { state + usize::from(METERS[row].0) - 1 } else { state - 1 }
    };
    best_path(gains, before).into_iter().map(place).collect()
}

fn tempo(beats: &[f64], live: &Analysis) -> Option<Tempo> {
    // Over eight beats at a time, a single late stroke says little.
    let span = 8.min(beats.len().checked_sub(1)?).max(1);
    let spans = || beats.windows(span + 1).map(|w| (w[0], 60.0 * span as f64 / (w[span] - w[0])));
    let bpm = median(spans().map(|s| s.1).collect())?;
    let told = live.tempo.as_ref();
    let mut alternatives: Vec<f64> = [2.0, 0.5].iter().map(|ratio| bpm * ratio).collect();
    alternatives.retain(|bpm| (30.0..=300.0).contains(bpm));
    Some(Tempo { bpm, confidence: told.map_or(0.0, |t| t.confidence), alternatives, curve: curve(spans()) })
}

/// The values of a tempo that changes: those that differ from the last one kept by more than 2 %.
pub(super) fn curve(tempos: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for (time, bpm) in tempos {
        if kept.last().is_none_or(|last| (bpm / last.1 - 1.0).abs() > 0.02) {
            kept.push((time, bpm));
        }
    }
    kept
}

/// Where the off-beat eighth falls: the median place of the strokes in the middle of the beats, when most beats have
/// one. `None` when too few do.
pub(super) fn swing(beats: &[f64], onsets: &[f64]) -> Option<Swing> {
    let mut places = Vec::new();
    for beat in beats.windows(2) {
        let (start, end) = (on_stroke(beat[0], onsets), on_stroke(beat[1], onsets));
        let first = onsets.partition_point(|&onset| onset < start + 0.42 * (end - start));
        let inside = onsets[first..].iter().take_while(|&&onset| onset < start + 0.76 * (end - start));
        // Two strokes there are a triplet or sixteenths, and tell no swing of eighths.
        if let [only] = inside.copied().collect::<Vec<f64>>()[..] {
            places.push((only - start) / (end - start));
        }
    }
    let share = places.len() as f64 / beats.len().saturating_sub(1).max(1) as f64;
    if places.len() < 8 || share < 0.2 {
        return None;
    }
    let percent = 100.0 * median(places.clone())?;
    let spread = median(places.iter().map(|place| (100.0 * place - percent).abs()).collect())?;
    Some(Swing { percent, unit: "8th", confidence: share.min(1.0) * (1.0 - spread / 10.0).clamp(0.0, 1.0) })
}
