//! Rhythm of the whole piece: the beat filter's best path over what is likely in the light of all of it, metre, tempo curve and swing.

mod feel;
mod pulse;

pub(super) use feel::{microtiming, swing};
pub(super) use pulse::Pulse;

use super::report::{Analysis, Meter, Tempo};
use super::viterbi::best_path;
use super::{Heard, median};
use feel::Stroke;
use kmidi_engine::groove::beat::{self, BELIEF, BeatFilter, Belief, INTERVALS, Tempi};
use kmidi_engine::groove::feel::Feel;
use kmidi_engine::groove::front::{Beatness, DELAYS};
use kmidi_engine::groove::meter::{
    CHANGING, METERS, MeterFilter, STATES, WITH_BEAT, change_evidence, downbeat_evidence, place,
};
use kmidi_engine::groove::salience::Salience;
use kmidi_engine::groove::{MERGE_SECONDS, note_values};
use kmidi_engine::{Event, HOP_SECONDS};

/// A beat and an onset this close are one stroke, seconds.
const SAME_STROKE: f64 = 0.030;
/// What it costs to lose count of the bar, nats.
const RECOUNT: f32 = 6.0;
/// Beats before the first stroke and after the last one are not told beyond this many beats.
const MARGIN: f64 = 0.6;
/// What the whole piece is believed to be like: tempos change less often than a live filter has to fear, and what is told of them is surer.
const WHOLE: Belief = Belief { jump: 30.0, trust: 0.8, ..BELIEF };

/// Everything about rhythm, smoothed; harmony is still empty. `live` brings the onsets.
pub(super) fn study(heard: &Heard, live: &Analysis, duration: f64) -> Analysis {
    let (onsets, strokes) = (live.onsets.clone(), live.strokes.clone());
    let mut answer = Analysis { duration, source: "engine", onsets, strokes, ..Analysis::default() };
    if let Some(written) = heard.written.as_ref().filter(|written| !written.beats.is_empty()) {
        written.rhythm(&mut answer);
        tell_feel(&mut answer, &written.beats, heard);
        return answer;
    }
    let whole = heard.pulse.answers().map(|answers| whole_answers(heard, answers));
    let (beatness, tempi): (Vec<_>, Vec<_>) =
        whole.unwrap_or_else(|| later_answers(heard)).into_iter().unzip();
    let hops = beat_hops(&beatness, &tempi);
    let times: Vec<f64> = hops.iter().map(|&hop| fine(heard, &beatness, hop)).collect();
    let (Some(&first), Some(&last)) = (answer.onsets.first(), answer.onsets.last()) else { return answer };
    let Some(gap) = median(times.windows(2).map(|w| w[1] - w[0]).collect()) else { return answer };
    let inside = |time: f64| time > first - MARGIN * gap && time < last + MARGIN * gap && time <= duration;
    let kept: Vec<(usize, f64)> = hops.into_iter().zip(times).filter(|&(_, time)| inside(time)).collect();
    answer.beats = kept.iter().map(|&(_, time)| on_stroke(time, &answer.onsets)).collect();
    answer.beats.dedup_by(|a, b| *a <= *b);
    let clues = clues(&beatness, &kept, &changes(heard));
    let places = count(&clues);
    let numbered: Vec<(f64, u8)> =
        answer.beats.iter().zip(&places).map(|(&time, place)| (time, place.1 as u8 + 1)).collect();
    let feel = tell_feel(&mut answer, &numbered, heard);
    answer.tempo = tempo(&answer.beats, live);
    let mut votes = [0_usize; METERS.len()];
    places.iter().for_each(|&(meter, _)| votes[meter] += 1);
    let most = (0..METERS.len()).fold(0, |best, n| if votes[n] > votes[best] { n } else { best });
    if places.len() >= 8 {
        let bpm = answer.tempo.as_ref().map_or(0.0, |tempo| tempo.bpm) as f32;
        let meter = note_values(METERS[most].0, bpm, feel.in_threes(), None);
        // A metre is no surer than its beats.
        let beats = answer.tempo.as_ref().map_or(0.0, |tempo| tempo.confidence);
        let confidence = beats * f64::from(sureness(&clues, most));
        answer.meter = Some(Meter { numerator: meter.numerator, denominator: meter.denominator, confidence });
    }
    answer
}

/// The downbeats and the feel of beats (time, number in the bar).
fn tell_feel(answer: &mut Analysis, numbered: &[(f64, u8)], heard: &Heard) -> Feel {
    let feel = feel::feel(numbered, &strokes(heard));
    let downbeats = numbered.iter().filter(|beat| beat.1 == 1 && beat.0 < answer.duration);
    answer.downbeats = downbeats.map(|beat| beat.0).collect();
    (answer.swing, answer.microtiming) = (swing(&feel), microtiming(&feel));
    feel
}

/// When chords changed, as the live engine told it.
fn changes(heard: &Heard) -> Vec<f64> {
    let mut changes: Vec<f64> = heard
        .events
        .iter()
        .filter_map(|&(event, _)| match event {
            Event::Chord { frame, chord: Some(_), .. } => Some(heard.seconds(frame)),
            _ => None,
        })
        .collect();
    changes.sort_by(f64::total_cmp);
    changes
}

/// What was struck: every note where notes were played, else what was heard to begin.
fn strokes(heard: &Heard) -> Vec<Stroke> {
    let mut first = f64::NEG_INFINITY;
    let mut strokes: Vec<Stroke> = heard
        .played
        .iter()
        .map(|&(frame, band)| {
            let time = heard.seconds(frame);
            let begins = time >= first + MERGE_SECONDS;
            first = if begins { time } else { first };
            (time, band, begins)
        })
        .collect();
    if strokes.is_empty() {
        strokes = heard
            .events
            .iter()
            .filter_map(|&(event, _)| match event {
                Event::Onset { frame, band, .. } => Some((heard.seconds(frame), band, true)),
                _ => None,
            })
            .collect();
        strokes.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    strokes
}

/// What the network that saw the whole piece says, record by record.
fn whole_answers(heard: &Heard, whole: Vec<(Beatness, Tempi)>) -> Vec<(Beatness, Tempi)> {
    // Records speak of the hop before the last.
    let earlier = std::iter::repeat_n(Default::default(), DELAYS[0]);
    let said = earlier.chain(whole).chain(std::iter::repeat_with(Default::default));
    said.take(heard.hops.len()).collect()
}

/// What the live front end says of each hop: with all that it was told 600 ms later, or, near the end, with what there was.
fn later_answers(heard: &Heard) -> Vec<(Beatness, Tempi)> {
    let wait = DELAYS[1] - DELAYS[0];
    let hops = &heard.hops;
    let answer =
        |n: usize| hops.get(n + wait).map_or((hops[n].now, hops[n].tempi), |hop| (hop.later, hop.tempi));
    (0..hops.len()).map(answer).collect()
}

/// The hops of the beats on the best path through the whole piece.
fn beat_hops(beatness: &[Beatness], tempi: &[Tempi]) -> Vec<usize> {
    let (mut filter, mut salience) = (BeatFilter::new(WHOLE), Salience::default());
    let mut trace = |hop: &Beatness, tempi: &Tempi| {
        filter.expect(tempi);
        filter.step_traced(salience.evidence(hop.beat))
    };
    let came_from: Vec<[u8; INTERVALS]> =
        beatness.iter().zip(tempi).map(|(hop, tempi)| trace(hop, tempi)).collect();
    let best = filter.best();
    let Some(last) = came_from.len().checked_sub(1 + usize::from(best.position)) else { return Vec::new() };
    let (mut at, mut row) = (last, usize::from(best.interval - beat::SHORTEST));
    let mut found = vec![at];
    loop {
        row = usize::from(came_from[at][row]);
        let Some(before) = at.checked_sub(beat::interval(row).into()) else { break };
        at = before;
        found.push(at);
    }
    found.reverse();
    found
}

/// The time of a beat, finer than its hop: the centre of what the front end says around it.
fn fine(heard: &Heard, beatness: &[Beatness], hop: usize) -> f64 {
    let around = hop.saturating_sub(2)..(hop + 3).min(beatness.len());
    let (mut sum, mut pull) = (0.0, 0.0);
    for n in around {
        let likely = f64::from(beatness[n].beat);
        sum += likely;
        pull += likely * (n as f64 - hop as f64);
    }
    heard.seconds(heard.hops[hop].frame) + pull / sum.max(1e-9) * HOP_SECONDS
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

/// What is known of a beat that tells where in the bar it stands.
#[derive(Debug, Clone, Copy)]
struct Clue {
    /// How likely the front end finds it that a bar begins with it.
    downbeat: f32,
    /// Whether a chord changed with it; `None` where chords do not change at all.
    changed: Option<bool>,
}

fn clues(beatness: &[Beatness], beats: &[(usize, f64)], changes: &[f64]) -> Vec<Clue> {
    let clue = |(n, &(hop, time)): (usize, &(usize, f64))| {
        let around = beats[(n + CHANGING).min(beats.len() - 1)].1 - beats[n.saturating_sub(CHANGING)].1;
        let changed = is_near(changes, time, around / 2.0).then(|| is_near(changes, time, WITH_BEAT));
        Clue { downbeat: beatness[hop].downbeat, changed }
    };
    beats.iter().enumerate().map(clue).collect()
}

/// (row of [`METERS`], number in the bar from 0) of each beat.
fn count(clues: &[Clue]) -> Vec<(usize, usize)> {
    let gains = clues.iter().enumerate().map(|(n, clue)| {
        let gain = downbeat_evidence(clue.downbeat);
        let mut scores = [0.0; STATES];
        for (state, score) in scores.iter_mut().enumerate() {
            let (row, place) = place(state);
            let usual = if n == 0 { libm::logf(METERS[row].1) } else { 0.0 };
            let chord = clue.changed.map_or(0.0, |changed| change_evidence(state, changed));
            *score = usual + chord + if place == 0 { gain } else { 0.0 };
        }
        (scores, RECOUNT)
    });
    let before = |state: usize| {
        let (row, at) = place(state);
        if at == 0 { state + usize::from(METERS[row].0) - 1 } else { state - 1 }
    };
    best_path(gains, before).into_iter().map(place).collect()
}

/// How likely a row of [`METERS`] is, beat after beat, for a filter that hears them in order: the mean.
fn sureness(clues: &[Clue], row: usize) -> f32 {
    let mut filter = MeterFilter::default();
    let mut before = None;
    let likely = clues.iter().map(|clue| {
        filter.beat(clue.downbeat);
        if let Some(changed) = std::mem::replace(&mut before, clue.changed) {
            filter.changed(changed);
        }
        filter.likelihood(row)
    });
    likely.sum::<f32>() / clues.len().max(1) as f32
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
