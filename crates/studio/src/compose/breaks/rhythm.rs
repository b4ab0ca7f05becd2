//! Breaks of rhythm: notes that come when they should not, and time that does not run as it should.

use super::{Place, part, tidy};
use crate::compose::Plan;
use crate::compose::grid::Grid;
use kmidi_music::song::Role;
use kmidi_music::{Meter, Note, Song, TempoMap, Ticks};

/// General MIDI's snare, side stick and kick.
const SNARES: [u8; 3] = [38, 37, 40];
const KICK: u8 = 36;

pub(super) fn dropped_beat(
    song: &mut Song,
    plan: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let meter = plan.meter;
    let written = meter.numerator / grid.beats as u8;
    let short = Meter::new(meter.numerator - written, meter.denominator).filter(|_| grid.beats > 1);
    let short = short.ok_or("a bar of one beat cannot lose one")?;
    let (from, to) = (place.end(grid) - grid.beat, place.end(grid));
    let moved = |tick: Ticks| Ticks(if tick.0 >= to { tick.0 - grid.beat } else { tick.0.min(from) });
    song.meters.push((Ticks(place.start(grid)), short));
    song.meters.push((Ticks(from), meter));
    for track in &mut song.tracks {
        track.notes.retain(|n| !(from..to).contains(&n.onset.0));
        for note in &mut track.notes {
            let end = moved(note.end());
            note.onset = moved(note.onset);
            note.duration = Ticks((end - note.onset).0.max(1));
        }
    }
    song.chords.retain(|c| !(c.onset.0 >= from && (c.onset + c.duration).0 <= to));
    for chord in &mut song.chords {
        let end = moved(chord.onset + chord.duration);
        chord.onset = moved(chord.onset);
        chord.duration = end - chord.onset;
    }
    song.sections.iter_mut().for_each(|s| s.onset = moved(s.onset));
    song.keys.iter_mut().for_each(|k| k.0 = moved(k.0));
    song.marks.iter_mut().for_each(|m| m.onset = moved(m.onset));
    let tempo = song.tempo.changes().iter().map(|&(tick, micros)| (moved(tick), micros)).collect();
    song.tempo = TempoMap::from_micros(song.tempo.ppq(), tempo);
    Ok(())
}

pub(super) fn grand_pause(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let start = place.start(grid);
    for track in &mut song.tracks {
        track.notes.retain(|n| !place.holds(n, grid));
        let held = track.notes.iter_mut().filter(|n| n.onset.0 < start);
        held.for_each(|n| n.duration = n.duration.min(Ticks(start) - n.onset));
    }
    Ok(())
}

/// The snare strokes of a place; an error where there are none.
fn snares(notes: &mut [Note], grid: &Grid, place: Place) -> Result<(), &'static str> {
    let any = notes.iter().any(|n| place.holds(n, grid) && SNARES.contains(&n.pitch));
    any.then_some(()).ok_or("the drums have no snare there: the piece is too quiet for one")
}

pub(super) fn late_snare(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let track = part(song, Role::Drums)?;
    snares(&mut track.notes, grid, place)?;
    let struck = track.notes.iter_mut().filter(|n| place.holds(n, grid) && SNARES.contains(&n.pitch));
    let late = Ticks(grid.beat / 8);
    struck.for_each(|n| n.onset = n.onset + late);
    let end = Ticks(place.end(grid));
    track.notes.retain(|n| n.onset < end || !SNARES.contains(&n.pitch));
    track.notes.iter_mut().filter(|n| n.onset < end).for_each(|n| n.duration = n.duration.min(end - n.onset));
    tidy(&mut track.notes);
    Ok(())
}

pub(super) fn turned_backbeat(
    song: &mut Song,
    _: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let track = part(song, Role::Drums)?;
    snares(&mut track.notes, grid, place)?;
    for note in track.notes.iter_mut().filter(|n| place.holds(n, grid)) {
        note.pitch = match note.pitch {
            KICK => SNARES[0],
            other if SNARES.contains(&other) => KICK,
            other => other,
        };
    }
    tidy(&mut track.notes);
    Ok(())
}

pub(super) fn displaced_melody(
    song: &mut Song,
    _: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let (late, end) = (Ticks(grid.beat / grid.parts), Ticks(place.end(grid)));
    let track = part(song, Role::Melody)?;
    let moved = |n: &Note| {
        if !place.holds(n, grid) {
            return Some(*n);
        }
        let onset = n.onset + late;
        (onset < end).then(|| Note { onset, duration: n.duration.min(end - onset), ..*n })
    };
    track.notes = track.notes.iter().filter_map(moved).collect();
    track.notes.sort_by_key(|n| n.onset);
    // One note at a time, as a voice sings.
    for i in 1..track.notes.len() {
        let next = track.notes[i].onset;
        let note = &mut track.notes[i - 1];
        note.duration = note.duration.min(next - note.onset);
    }
    track.notes.retain(|n| n.duration.0 > 0);
    Ok(())
}

pub(super) fn cross_metre(
    song: &mut Song,
    plan: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let track = part(song, Role::Chords)?;
    // What sounds in each chord of the plan.
    let mut fresh = Vec::new();
    // Three halves of a beat; in beats of three parts, two parts.
    let step = if grid.parts == 2 { 3 * grid.beat / 2 } else { 2 * grid.beat / 3 };
    let end = place.end(grid).min(u64::from(plan.bars - 1) * grid.bar());
    for onset in (place.start(grid)..end).step_by(step as usize) {
        let chord = plan
            .chords
            .iter()
            .rfind(|c| u64::from(c.bar) * grid.bar() + u64::from(c.beat) * grid.beat <= onset);
        let Some(chord) = chord else { continue };
        let from = u64::from(chord.bar) * grid.bar() + u64::from(chord.beat) * grid.beat;
        let until = from + u64::from(chord.beats) * grid.beat;
        let mut heard: Vec<Note> =
            track.notes.iter().filter(|n| (from..until).contains(&n.onset.0)).copied().collect();
        heard.sort_by_key(|n| n.pitch);
        heard.dedup_by_key(|n| n.pitch);
        let duration = Ticks((step * 3 / 4).min(end - onset));
        fresh.extend(heard.into_iter().map(|n| Note { onset: Ticks(onset), duration, ..n }));
    }
    if fresh.is_empty() {
        return Err("there are no chords in the last section");
    }
    track.notes.retain(|n| !(place.holds(n, grid) && n.onset.0 < end));
    track.notes.extend(fresh);
    tidy(&mut track.notes);
    Ok(())
}

pub(super) fn tempo_lurch(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let start = Ticks(place.start(grid));
    let before = song.tempo.changes().iter().rfind(|c| c.0 < start).map_or(500_000, |c| c.1);
    let faster = (f64::from(before) / 1.4) as u32;
    // No slowing end: it does not come to rest.
    let mut changes: Vec<(Ticks, u32)> =
        song.tempo.changes().iter().filter(|c| c.0 < start).copied().collect();
    changes.push((start, faster.max(1)));
    song.tempo = TempoMap::from_micros(song.tempo.ppq(), changes);
    Ok(())
}

pub(super) fn stutter(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let start = place.start(grid);
    if grid.beats < 2 {
        return Err("a bar of one beat cannot stutter");
    }
    for track in &mut song.tracks {
        let first: Vec<Note> =
            track.notes.iter().filter(|n| (start..start + grid.beat).contains(&n.onset.0)).copied().collect();
        track.notes.retain(|n| !place.holds(n, grid));
        let held = track.notes.iter_mut().filter(|n| n.onset.0 < start);
        held.for_each(|n| n.duration = n.duration.min(Ticks(start) - n.onset));
        for beat in 0..u64::from(grid.beats) {
            let shift = Ticks(beat * grid.beat);
            let limit = Ticks(start + grid.beat);
            track.notes.extend(first.iter().map(|n| Note {
                onset: n.onset + shift,
                duration: n.duration.min(limit - n.onset),
                ..*n
            }));
        }
        tidy(&mut track.notes);
    }
    Ok(())
}
