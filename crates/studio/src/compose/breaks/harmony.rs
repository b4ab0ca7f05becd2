//! Breaks of harmony: chords that should not come, voices that should not move so.

use super::{Place, part, tidy};
use crate::compose::grid::Grid;
use crate::compose::{Plan, PlanChord};
use kmidi_music::song::Role;
use kmidi_music::{Chord, Interval, Key, Note, PitchClass, PitchName, Quality, Song, Ticks, roman};

/// Puts a chord in place of one of the plan.
fn put(plan: &mut Plan, index: usize, chord: Chord, why: &str) {
    let key = plan.section_at(plan.chords[index].bar).map_or(plan.key, |section| section.key);
    let numeral = roman::of(&chord, key);
    let slot = &mut plan.chords[index];
    slot.chord = chord;
    slot.why = format!("{numeral}: {why}");
    slot.roman = numeral;
    slot.terms.clear();
}

fn key_at(plan: &Plan, bar: u32) -> Key {
    plan.section_at(bar).map_or(plan.key, |section| section.key)
}

fn read(numeral: &str, key: Key) -> Result<Chord, &'static str> {
    roman::parse(numeral, key).map_err(|_| "the key has no such chord")
}

fn last(plan: &Plan) -> Result<usize, &'static str> {
    plan.chords.len().checked_sub(1).ok_or("there are no chords")
}

pub(super) fn open_ending(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let (index, key) = (last(plan)?, key_at(plan, place.bar));
    put(plan, index, read("V", key)?, "broken: the piece ends on the dominant and asks");
    Ok(place)
}

pub(super) fn deceptive_ending(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let (index, key) = (last(plan)?, key_at(plan, place.bar));
    let minor = key.mode.is_minor();
    put(plan, index, read(if minor { "VI" } else { "vi" }, key)?, "broken: not home but beside it");
    Ok(place)
}

pub(super) fn suspended_ending(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let index = last(plan)?;
    let root = key_at(plan, place.bar).tonic;
    let sus = kmidi_music::notation::symbol::parse(&format!("{root}sus4"))
        .map_err(|_| "the tonic has no such chord")?;
    put(plan, index, sus, "broken: the fourth stays in the air");
    Ok(place)
}

/// Sharps of a semitone up on the line of fifths: seven, or five flats.
const UP: [i8; 2] = [7, -5];

pub(super) fn sudden_key(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let section = plan.sections.last_mut().ok_or("there is no section")?;
    let key = section.key;
    // The spelling with the smaller signature.
    let shift = UP.into_iter().min_by_key(|shift| (key.signature() + shift).abs()).unwrap_or(-5);
    let moved = |name: PitchName| PitchName::from_fifths(name.fifths() + shift);
    section.key = Key::new(moved(key.tonic), key.mode);
    let key = section.key;
    for chord in plan.chords.iter_mut().filter(|chord| chord.bar >= place.bar) {
        let (root, bass) = (moved(chord.chord.root), moved(chord.chord.bass));
        chord.chord.root = root;
        chord.chord.bass = bass;
        chord.roman = roman::of(&chord.chord, key);
        chord.why.push_str("; a semitone higher, broken in without warning");
    }
    Ok(place)
}

/// The first chord in a place that passes.
fn find(plan: &Plan, place: Place, what: impl Fn(usize, &PlanChord) -> bool) -> Option<usize> {
    let inside = |chord: &PlanChord| (place.bar..place.bar + place.bars).contains(&chord.bar);
    (1..plan.chords.len()).find(|&i| inside(&plan.chords[i]) && what(i, &plan.chords[i]))
}

fn at(plan: &Plan, index: usize) -> Place {
    Place { bar: plan.chords[index].bar, bars: 1 }
}

pub(super) fn mode_flip(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let is_tonic = |_: usize, c: &PlanChord| c.chord.root == key_at(plan, c.bar).tonic;
    let index =
        find(plan, place, is_tonic).or_else(|| find(plan, place, |_, _| true)).ok_or("no chord to flip")?;
    let key = key_at(plan, plan.chords[index].bar);
    let quality = if key.mode.is_minor() { Quality::MAJ } else { Quality::MIN };
    put(plan, index, Chord::new(key.tonic, quality), "broken: the tonic in the other mode");
    Ok(at(plan, index))
}

pub(super) fn retrogression(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let degree = |plan: &Plan, i: usize| {
        let chord = &plan.chords[i];
        chord.chord.root.pitch_class().above(key_at(plan, chord.bar).tonic.pitch_class())
    };
    // After a dominant where there is one, and where it does not go there anyway.
    let after = find(plan, place, |i, _| degree(plan, i - 1) == 7 && degree(plan, i) != 5);
    let free = || find(plan, place, |i, _| degree(plan, i) != 5);
    let index = after.or_else(free).ok_or("every chord is a subdominant already")?;
    let key = key_at(plan, plan.chords[index].bar);
    put(plan, index - 1, read("V", key)?, "broken: about to go home, and does not");
    let minor = key.mode.is_minor();
    put(plan, index, read(if minor { "iv" } else { "IV" }, key)?, "broken: the dominant goes back");
    Ok(at(plan, index))
}

/// A major chord in a bar.
fn intrude(plan: &mut Plan, place: Place, root: PitchName, why: &str) -> Result<Place, &'static str> {
    let index = find(plan, place, |_, _| true).ok_or("there is no chord")?;
    put(plan, index, Chord::new(root, Quality::MAJ), why);
    Ok(at(plan, index))
}

pub(super) fn chromatic_mediant(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let tonic = key_at(plan, place.bar).tonic;
    intrude(plan, place, tonic + Interval::new(3, 0), "broken: a third away, from outside the key")
}

pub(super) fn tritone_jump(plan: &mut Plan, _: &Grid, place: Place) -> Result<Place, &'static str> {
    let index = find(plan, place, |_, _| true).ok_or("there is no chord")?;
    let before = plan.chords[index - 1].chord.root;
    let shift = if before.fifths() > 2 { -6 } else { 6 };
    intrude(
        plan,
        place,
        PitchName::from_fifths(before.fifths() + shift),
        "broken: a tritone from the chord before",
    )
}

pub(super) fn parallel_fifths(
    song: &mut Song,
    plan: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let track = part(song, Role::Chords)?;
    let velocity = track.notes.iter().find(|n| place.holds(n, grid)).map_or(70, |n| n.velocity);
    track.notes.retain(|n| !place.holds(n, grid));
    for chord in plan.chords.iter().filter(|c| (place.bar..place.bar + place.bars).contains(&c.bar)) {
        let onset = u64::from(chord.bar) * grid.bar() + u64::from(chord.beat) * grid.beat;
        // C3 to B3, then the fifth and the octave above: every voice moves as the root does.
        let root = 48 + chord.chord.root.pitch_class().value();
        let duration = Ticks(u64::from(chord.beats) * grid.beat);
        track.notes.extend([0, 7, 12].map(|up| Note {
            onset: Ticks(onset),
            duration,
            pitch: root + up,
            velocity,
        }));
    }
    tidy(&mut track.notes);
    Ok(())
}

pub(super) fn pedal_clash(
    song: &mut Song,
    plan: &Plan,
    grid: &Grid,
    place: Place,
) -> Result<(), &'static str> {
    let tonic = i32::from(key_at(plan, place.bar).tonic.pitch_class().value());
    let pitch = (28..40).find(|&n| PitchClass::new(n) == PitchClass::new(tonic)).unwrap_or(36) as u8;
    let track = part(song, Role::Bass)?;
    let velocity = track.notes.iter().find(|n| place.holds(n, grid)).map_or(70, |n| n.velocity);
    track.notes.retain(|n| !place.holds(n, grid));
    for bar in place.bar..place.bar + place.bars {
        let onset = Ticks(u64::from(bar) * grid.bar());
        track.notes.push(Note { onset, duration: Ticks(grid.bar()), pitch, velocity });
    }
    tidy(&mut track.notes);
    Ok(())
}

pub(super) fn cluster(song: &mut Song, _: &Plan, grid: &Grid, place: Place) -> Result<(), &'static str> {
    let track = part(song, Role::Chords)?;
    let before = track.notes.iter().find(|n| place.holds(n, grid)).copied();
    let (middle, velocity) =
        before.map_or((64, 80), |n| (n.pitch.clamp(56, 74), n.velocity.saturating_add(12).min(127)));
    track.notes.retain(|n| !place.holds(n, grid));
    let start = place.start(grid);
    track
        .notes
        .iter_mut()
        .filter(|n| n.onset.0 < start)
        .for_each(|n| n.duration = n.duration.min(Ticks(start) - n.onset));
    let duration = Ticks(grid.bar());
    track.notes.extend((0..4).map(|up| Note { onset: Ticks(start), duration, pitch: middle + up, velocity }));
    tidy(&mut track.notes);
    Ok(())
}
