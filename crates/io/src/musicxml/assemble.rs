//! What was collected, brought to ticks: places of bars, ties, keys, chords.

use super::raw::{Raw, RawHarmony, RawKey, RawNote, RawPart, RawRoot, Spot};
use super::read::MAX_QUARTERS;
use super::{Part, Score, ScoreNote, Tone};
use crate::{Error, Place, Result};
use kmidi_music::{Chord, Interval, Key, Meter, Mode, PitchName, TempoMap, Ticks, roman};
use std::collections::BTreeMap;
use std::path::Path;

/// Ticks a quarter note where the file's own have no common multiple that fits: divided by all numbers to 12.
const FALLBACK: u64 = 27_720;

/// Where each bar begins.
struct Grid {
    ppq: u16,
    starts: Vec<u64>,
}

impl Grid {
    fn ticks(&self, quarters: f64) -> u64 {
        (quarters * f64::from(self.ppq)).round() as u64
    }

    fn place(&self, spot: Spot) -> Ticks {
        let bar = self.starts.get(spot.bar as usize).or(self.starts.last());
        Ticks(bar.copied().unwrap_or(0) + self.ticks(spot.at))
    }

    fn all<T: Clone>(&self, list: &[(Spot, T)]) -> Vec<(Ticks, T)> {
        let mut placed: Vec<_> =
            list.iter().map(|(spot, value)| (self.place(*spot), value.clone())).collect();
        placed.sort_by_key(|p| p.0); // stable: in file order at one tick
        placed
    }
}

/// The score of a file.
pub(super) fn score(raw: &Raw, path: &Path) -> Result<Score> {
    let ppq = raw.multiple.filter(|&m| m > 0).unwrap_or(if raw.multiple.is_none() { 1 } else { FALLBACK });
    let meters = raw.parts.iter().map(|p| p.meters.as_slice()).find(|m| !m.is_empty()).unwrap_or_default();
    let mut grid = Grid { ppq: ppq as u16, starts: Vec::with_capacity(raw.lengths.len()) };
    let limit = grid.ticks(MAX_QUARTERS);
    let mut at = 0;
    let (mut meter, mut next) = (Meter::COMMON, meters.iter().peekable());
    for (bar, &length) in raw.lengths.iter().enumerate() {
        grid.starts.push(at);
        while let Some(change) = next.next_if(|m| m.0.bar as usize <= bar) {
            meter = change.1;
        }
        at += if length > 0.0 { grid.ticks(length) } else { meter.bar(grid.ppq).0 };
        if at > limit {
            let reason = format!("more than {MAX_QUARTERS} quarter notes");
            return Err(Error::too_large(path, Place::Bar(bar as u64 + 1), reason));
        }
    }
    let keys = raw.parts.iter().find(|p| !p.keys.is_empty()).map(|p| grid.all(&p.keys)).unwrap_or_default();
    let keys: Vec<_> = once_a_tick(keys).into_iter().map(|(tick, key)| (tick, key_of(&key))).collect();
    let harmonies =
        raw.parts.iter().map(|p| p.harmonies.as_slice()).find(|h| !h.is_empty()).unwrap_or_default();
    let mut harmonies: Vec<_> = harmonies.iter().map(|h| harmony(h, &grid, &keys)).collect();
    harmonies.sort_by_key(|h| h.0);
    let mut sections = grid.all(&raw.sections);
    sections.dedup();
    let meters = once_a_tick(grid.all(meters));
    let first = raw.lengths.first().map_or(0, |&l| grid.ticks(l));
    let whole = meters.first().filter(|m| m.0.0 == 0).map_or(Meter::COMMON, |m| m.1).bar(grid.ppq).0;
    let pickup = Ticks(if raw.upbeat && first < whole { first } else { 0 });
    let title = if raw.title.is_empty() { &raw.movement } else { &raw.title };
    Ok(Score {
        title: title.clone(),
        tempo: TempoMap::from_micros(grid.ppq, grid.all(&raw.tempos)),
        pickup,
        meters,
        keys,
        sections,
        harmonies,
        parts: raw.parts.iter().enumerate().map(|(i, p)| part(i, p, &grid)).collect(),
    })
}

/// Of several at one tick the last counts.
fn once_a_tick<T>(list: Vec<(Ticks, T)>) -> Vec<(Ticks, T)> {
    let mut out: Vec<(Ticks, T)> = Vec::with_capacity(list.len());
    for entry in list {
        if out.last().is_some_and(|last| last.0 == entry.0) {
            out.pop();
        }
        out.push(entry);
    }
    out
}

fn key_of(raw: &RawKey) -> Key {
    let mode = Key::new(PitchName::C, raw.mode).signature();
    Key::new(PitchName::from_fifths(raw.fifths.saturating_sub(mode)) + raw.transposition, raw.mode)
}

fn harmony(raw: &RawHarmony, grid: &Grid, keys: &[(Ticks, Key)]) -> (Ticks, Option<Chord>) {
    let tick = grid.place(raw.spot);
    let key = keys[..keys.partition_point(|k| k.0 <= tick)]
        .last()
        .map_or(Key::new(PitchName::C, Mode::Major), |k| k.1);
    let root = match &raw.root {
        None => return (tick, None),
        Some(RawRoot::Name(name)) => *name + raw.transposition,
        Some(RawRoot::Numeral(degree, alteration)) => key.degree(*degree) + Interval::new(1, *alteration),
        Some(RawRoot::Function(text)) => roman::parse(text, key).map_or(key.tonic, |chord| chord.root),
    };
    let chord = Chord::from_degrees(root, raw.degrees);
    let turned = raw.degrees.iter().nth(raw.inversion.into()).filter(|_| raw.inversion > 0);
    let bass = raw.bass.map(|b| b + raw.transposition).or(turned.map(|d| root + d.interval()));
    (tick, Some(chord.over(bass.unwrap_or(root))))
}

fn part(index: usize, raw: &RawPart, grid: &Grid) -> Part {
    let drums = raw.percussion_clef || raw.notes.iter().any(|n| matches!(n.tone, Tone::Drum(_)));
    // Without a channel: one after the other, past the one that is kept for drums.
    let usual = if drums { 9 } else { [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15][index % 15] };
    Part {
        name: raw.name.clone(),
        abbreviation: raw.abbreviation.clone(),
        channel: raw.channel.unwrap_or(usual),
        program: raw.program.unwrap_or(0),
        notes: joined(&raw.notes, grid),
    }
}

/// The notes with their ties joined: a note that is tied on takes in the one that begins where it ends and is tied back,
/// of the same pitch; one of the same voice first.
fn joined(raw: &[RawNote], grid: &Grid) -> Vec<ScoreNote> {
    let ends = |n: &RawNote| {
        let onset = grid.place(n.spot);
        let end = grid.place(Spot { at: n.spot.at + n.length, ..n.spot });
        (onset, end.max(onset + Ticks(1)))
    };
    let mut order: Vec<(Ticks, Ticks, &RawNote)> = raw.iter().map(|n| (ends(n).0, ends(n).1, n)).collect();
    order.sort_by_key(|n| n.0);
    let mut notes: Vec<ScoreNote> = Vec::with_capacity(order.len());
    // (tone, where it ends, voice) of those that go on, with their places in `notes`.
    let mut waiting: BTreeMap<(Tone, Ticks, u32), Vec<usize>> = BTreeMap::new();
    for (onset, end, note) in order {
        let same = (note.tone, onset, note.voice);
        let before = if note.from_before {
            let any =
                || waiting.range((note.tone, onset, 0)..=(note.tone, onset, u32::MAX)).next().map(|w| *w.0);
            let key = if waiting.contains_key(&same) { Some(same) } else { any() };
            key.and_then(|key| {
                let list = waiting.get_mut(&key)?;
                let place = list.pop();
                if list.is_empty() {
                    waiting.remove(&key);
                }
                place
            })
        } else {
            None
        };
        let place = before.unwrap_or_else(|| {
            notes.push(ScoreNote { onset, tone: note.tone, duration: Ticks(1), velocity: note.velocity });
            notes.len() - 1
        });
        notes[place].duration = end - notes[place].onset;
        if note.goes_on {
            waiting.entry((note.tone, end, note.voice)).or_default().push(place);
        }
    }
    notes.sort_unstable();
    notes
}
