//! Breaks of production: how loud, how long, with which sound.

use super::{Place, part};
use crate::compose::Plan;
use crate::compose::grid::Grid;
use kmidi_music::song::Role;
use kmidi_music::{Note, Song, Ticks};

/// Changes the velocity of every note of a place.
fn louder(song: &mut Song, grid: &Grid, place: Place, change: impl Fn(Role, i32) -> i32) {
    for track in &mut song.tracks {
        let role = track.role;
        for note in track.notes.iter_mut().filter(|n| place.holds(n, grid)) {
            note.velocity = change(role, i32::from(note.velocity)).clamp(1, 127) as u8;
        }
    }
}

pub(super) fn flat_dynamics(
    song: &mut Song,
    _: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let notes = || song.tracks.iter().flat_map(|t| &t.notes);
    let mean = notes().map(|n| i32::from(n.velocity)).sum::<i32>() / notes().count().max(1) as i32;
    louder(song, grid, place, |_, _| mean);
    Ok(())
}

pub(super) fn whisper_climax(
    song: &mut Song,
    _: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    louder(song, grid, place, |_, velocity| velocity * 9 / 20);
    Ok(())
}

pub(super) fn clipped(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    louder(song, grid, place, |_, _| 127);
    Ok(())
}

pub(super) fn buried_lead(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    part(song, Role::Melody)?;
    louder(song, grid, place, |role, velocity| match role {
        Role::Melody => velocity * 11 / 20,
        Role::Chords | Role::Bass => velocity + 10,
        Role::Drums => velocity,
    });
    Ok(())
}

pub(super) fn gated(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let short = Ticks(grid.beat / 8);
    let track = part(song, Role::Chords)?;
    let inside = |n: &&mut Note| place.holds(n, grid);
    track.notes.iter_mut().filter(inside).for_each(|n| n.duration = n.duration.min(short));
    Ok(())
}

/// General MIDI's music box and overdriven guitar, from 0.
const TOY: u8 = 10;
const SCREAM: u8 = 29;

pub(super) fn wrong_instrument(song: &mut Song, plan: &Plan, _: &Grid, _: Place) -> Result<(), &'static str> {
    let n = plan.sections.len().max(1) as f32;
    let excited = plan.sections.iter().map(|s| s.affect.arousal).sum::<f32>() / n > 0.0;
    let track = part(song, Role::Melody)?;
    (track.program, track.name) = match excited {
        true => (TOY, "Music Box".into()),
        false => (SCREAM, "Overdriven Guitar".into()),
    };
    Ok(())
}
