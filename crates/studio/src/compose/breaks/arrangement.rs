//! Breaks of arrangement: who plays, and where.

use super::{Place, part, tidy};
use crate::compose::Plan;
use crate::compose::grid::Grid;
use kmidi_music::song::Role;
use kmidi_music::{Note, Song, Ticks};

/// Takes the notes of some parts out of a place.
fn silence(song: &mut Song, roles: &[Role], grid: &Grid, place: Place) {
    let start = Ticks(place.start(grid));
    for track in song.tracks.iter_mut().filter(|track| roles.contains(&track.role)) {
        track.notes.retain(|n| !place.holds(n, grid));
        let held = track.notes.iter_mut().filter(|n| n.onset < start);
        held.for_each(|n| n.duration = n.duration.min(start - n.onset));
    }
}

pub(super) fn hollow_climax(
    song: &mut Song,
    _: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    silence(song, &[Role::Bass, Role::Drums], grid, place);
    Ok(())
}

pub(super) fn naked_start(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    part(song, Role::Melody)?;
    silence(song, &[Role::Chords, Role::Bass, Role::Drums], grid, place);
    Ok(())
}

pub(super) fn cut_off(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let end = Ticks(place.start(grid) + grid.beat);
    for track in &mut song.tracks {
        track.notes.retain(|n| n.onset < end);
        track.notes.iter_mut().for_each(|n| n.duration = n.duration.min(end - n.onset));
    }
    Ok(())
}

pub(super) fn melody_below(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    part(song, Role::Chords)?;
    let melody = part(song, Role::Melody)?;
    // By whole octaves: to about C3, below any voicing of the chords.
    for note in melody.notes.iter_mut().filter(|n| place.holds(n, grid)) {
        while note.pitch > 52 {
            note.pitch -= 12;
        }
    }
    let chords = part(song, Role::Chords)?;
    for note in chords.notes.iter_mut().filter(|n| place.holds(n, grid)) {
        while note.pitch < 60 {
            note.pitch += 12;
        }
    }
    tidy(&mut chords.notes);
    Ok(())
}

pub(super) fn everyone_unison(
    song: &mut Song,
    _: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let tune: Vec<Note> =
        part(song, Role::Melody)?.notes.iter().filter(|n| place.holds(n, grid)).copied().collect();
    if tune.is_empty() {
        return Err("there is no melody there");
    }
    silence(song, &[Role::Chords, Role::Bass], grid, place);
    for (role, low) in [(Role::Chords, 52), (Role::Bass, 28)] {
        let track = part(song, role)?;
        let octave = |n: &Note| {
            // The octave of the part: 52 to 63 and 28 to 39.
            let pitch = low + (i32::from(n.pitch) - low).rem_euclid(12);
            Note { pitch: pitch as u8, ..*n }
        };
        track.notes.extend(tune.iter().map(octave));
        tidy(&mut track.notes);
    }
    Ok(())
}
