//! From a plan to a song: every player's notes, the tempo map, markers, title and recipe.

use super::grid::{Grid, PPQ};
use super::material::song_in;
use super::style::hashes;
use super::{
    ComposeError, Material, Plan, Recipe, Style, accompany, advice, breaks, build, drummer, drums, tune,
};
use crate::groove::Template;
use kmidi_music::song::{ChordSpan, Role, Section, Track};
use kmidi_music::{Affect, Intent, Meter, Note, Song, TempoMap, Ticks};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 60;

/// Writes the notes of `plan` in the style that it was made in: melody, chords, bass and, unless the piece is too quiet for them, drums.
///
/// `intent` gives the seed, the title and the recipe; it should be the one that the plan was made from. A plan whose
/// metre cannot be composed in gives a song without notes.
///
/// # Errors
/// [`ComposeError::Break`] when a rule cannot be broken as the plan says.
pub fn write(plan: &Plan, intent: &Intent, style: &Style) -> Result<Song, ComposeError> {
    around(plan, intent, style, &Material::default())
}

/// [`write()`] around what is brought: its parts stand in place of the players', its tempo in place of the plan's.
pub(super) fn around(
    plan: &Plan,
    intent: &Intent,
    style: &Style,
    material: &Material,
) -> Result<Song, ComposeError> {
    let ppq = material.song_ppq();
    let mut song = song_in(written(plan, intent, style)?, ppq);
    for part in &material.parts {
        let Some(mut part) = material.played(part.role, plan.meter, plan.bars) else { continue };
        part.channel = channel(part.role);
        match song.tracks.iter_mut().find(|track| track.role == part.role) {
            Some(track) => *track = part,
            None => song.tracks.push(part),
        }
    }
    if let Some(tempo) = &material.tempo {
        song.tempo = tempo.clone();
    }
    let drawn = material.chords.is_empty() && intent.progression.is_none();
    let own = |role| material.part(role).is_none() && song.track(role).is_some();
    let took_part = |model: &&str| match *model {
        "groove" => own(Role::Drums) && plan.meter == Meter::COMMON,
        "melody" => own(Role::Melody),
        "harmony" => drawn && material.tune().is_none(),
        "harmonizer" => drawn && material.tune().is_some(),
        _ => true,
    };
    let models: Vec<&str> = style.models_asked().into_iter().filter(took_part).collect();
    let recipe = Recipe {
        intent: intent.clone(),
        material: material.clone(),
        style: style.source.clone(),
        groove: style.template.as_ref().map(Template::to_json),
        models: hashes(&models),
        steps: Vec::new(),
    };
    song.recipe = recipe.to_json();
    Ok(song)
}

/// The channel on which a role plays.
fn channel(role: Role) -> u8 {
    match role {
        Role::Melody => 0,
        Role::Chords => 1,
        Role::Bass => 2,
        Role::Drums => 9,
    }
}

pub(super) fn written(plan: &Plan, intent: &Intent, style: &Style) -> Result<Song, ComposeError> {
    let bar = Grid::of(plan.meter).map_or(plan.meter.bar(PPQ).0, |g| g.bar());
    let beat = plan.meter.felt_beat(PPQ).0;
    let tick = |bars: u32| Ticks(u64::from(bars) * bar);
    let mut keys = vec![];
    for section in &plan.sections {
        if keys.last().is_none_or(|&(_, key)| key != section.key) {
            keys.push((tick(section.start_bar), section.key));
        }
    }
    if keys.is_empty() {
        keys.push((Ticks(0), plan.key));
    }
    let chords = plan.chords.iter().map(|c| ChordSpan {
        onset: tick(c.bar) + Ticks(u64::from(c.beat) * beat),
        duration: Ticks(u64::from(c.beats) * beat),
        chord: c.chord,
        roman: c.roman.clone(),
        key: plan.section_at(c.bar).map_or(plan.key, |s| s.key),
    });
    let mut song = Song {
        title: title(plan, intent),
        tempo: tempo(plan, intent, style, bar, beat),
        meters: vec![(Ticks(0), plan.meter)],
        keys,
        marks: Vec::new(),
        sections: plan
            .sections
            .iter()
            .map(|s| Section { onset: tick(s.start_bar), name: s.name.clone(), bars: s.bars })
            .collect(),
        chords: chords.collect(),
        tracks: Grid::of(plan.meter).map(|grid| tracks(plan, intent, style, &grid)).unwrap_or_default(),
        recipe: String::new(),
    };
    let planned = |tick: Ticks| plan.loudness(tick.0, bar);
    advice::play_dynamics(&mut song, style.models.dynamics, plan.meter, &planned);
    drummer::play_strokes(&mut song, style, &planned);
    if let Some(grid) = Grid::of(plan.meter) {
        breaks::in_song(&mut song, plan, &grid)?;
    }
    Ok(song)
}

fn tracks(plan: &Plan, intent: &Intent, style: &Style, grid: &Grid) -> Vec<Track> {
    let (low, high) = tune::range(plan);
    let last = plan.sections.last().map_or(Affect::default(), |s| s.affect);
    let [lead, keys, bass] = style.players(last, intent.seed % 2 == 1, low, high);
    let end = Ticks(u64::from(plan.bars) * grid.bar());
    let track = |name: &str, role, program, notes| Track {
        name: name.to_owned(),
        role,
        channel: channel(role),
        program,
        notes: separated(notes, end),
    };
    let mut tracks = vec![
        track(lead.name, Role::Melody, lead.program, tune::write(plan, intent, style.models, grid)),
        track(keys.name, Role::Chords, keys.program, accompany::chords(plan, style, grid)),
        track(bass.name, Role::Bass, bass.program, accompany::bass(plan, style, intent.seed, grid)),
    ];
    let beats = drums::write(plan, style, intent.seed, grid);
    if !beats.is_empty() {
        tracks.push(track("Drums", Role::Drums, 0, beats));
    }
    tracks.iter_mut().for_each(|track| build::hush(&mut track.notes, plan, grid));
    tracks
}

/// The notes in order, none past `end`, and no two of one pitch at a time: the earlier one stops where the later starts,
/// and of two at once the longer stays.
fn separated(mut notes: Vec<Note>, end: Ticks) -> Vec<Note> {
    notes.retain(|n| n.onset < end);
    notes.sort_by_key(|n| (n.pitch, n.onset, u64::MAX - n.duration.0));
    notes.dedup_by_key(|n| (n.pitch, n.onset));
    for i in 0..notes.len() {
        let limit = notes
            .get(i + 1)
            .filter(|next| next.pitch == notes[i].pitch)
            .map_or(end, |next| next.onset.min(end));
        notes[i].duration = notes[i].duration.min(limit - notes[i].onset);
    }
    notes.sort_by_key(|n| (n.onset, n.pitch));
    notes
}

/// The tempo of each bar, and an end that slows down unless a tempo was asked for, the piece ends with full force, or the
/// style keeps its tempo.
fn tempo(plan: &Plan, intent: &Intent, style: &Style, bar: u64, beat: u64) -> TempoMap {
    let quarters = beat as f64 / f64::from(PPQ);
    let micros = |felt: f64| libm::round(60e6 / (felt * quarters)).clamp(1.0, 16_777_215.0) as u32;
    let mut changes: Vec<(Ticks, u32)> = Vec::new();
    let mut change = |tick: u64, felt: f64| {
        if changes.last().is_none_or(|c| c.1 != micros(felt)) {
            changes.push((Ticks(tick), micros(felt)));
        }
    };
    let free = intent.tempo.is_none() && !style.steady;
    let slows = free && plan.bars > SLOWING + 1 && plan.sections.last().is_some_and(|s| s.energy < 0.8);
    let moving = if slows { plan.bars - SLOWING + 1 } else { plan.bars };
    for b in 0..moving {
        change(u64::from(b) * bar, plan.bar(b).tempo.0);
    }
    if slows {
        let start = plan.bars - SLOWING;
        let (length, step) = (u64::from(SLOWING) * bar, beat / 2);
        for at in (step..length).step_by(step as usize) {
            let share = slowing(at as f64 / length as f64);
            change(u64::from(start) * bar + at, plan.bar(start).tempo.0 * share);
        }
    }
    if changes.is_empty() {
        changes.push((Ticks(0), micros(plan.tempo.0)));
    }
    TempoMap::from_micros(PPQ, changes)
}

/// The bars in which a piece slows down to its end.
const SLOWING: u32 = 2;

/// The share of the tempo that is left at a place of a slowing end, from 0 to 1: that of a runner who stops with constant
/// braking power (Friberg and Sundberg 1999, "Does music performance allude to locomotion?"), to four fifths.
fn slowing(place: f64) -> f64 {
    libm::cbrt(1.0 + (0.8 * 0.8 * 0.8 - 1.0) * place)
}

/// The user's words with capitals, or the key.
fn title(plan: &Plan, intent: &Intent) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        first + chars.as_str()
    };
    let words = intent.text.split_whitespace().map(capital).collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|c| !c.is_control()).take(LONGEST_TITLE).collect();
    let words = words.trim_end_matches([',', ';', '.', ' ']);
    if words.is_empty() { format!("Song in {}", plan.key.words()) } else { words.to_owned() }
}
