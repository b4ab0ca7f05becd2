//! From a plan to a song: every player's notes, the tempo map, markers, title and recipe.

use super::grid::{Grid, PPQ};
use super::material::song_in;
use super::{ComposeError, Material, Plan, Recipe, Style, accompany, advice, breaks, drummer, drums, tune};
use kmidi_music::song::{ChordSpan, Role, Section, Track};
use kmidi_music::{Affect, Intent, Note, Song, TempoMap, Ticks};

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
    let (intent, material) = (intent.clone(), material.clone());
    song.recipe = Recipe { intent, material, style: style.source.clone(), steps: Vec::new() }.to_json();
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
        tempo: tempo(plan, intent, bar, beat),
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
    advice::play_dynamics(&mut song, style.models.dynamics, plan.meter);
    drummer::play_strokes(&mut song, style);
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

/// The tempo of each section, and a slowing end unless a tempo was asked for or the piece ends with full force.
fn tempo(plan: &Plan, intent: &Intent, bar: u64, beat: u64) -> TempoMap {
    let quarters = beat as f64 / f64::from(PPQ);
    let micros = |felt: f64| libm::round(60e6 / (felt * quarters)).clamp(1.0, 16_777_215.0) as u32;
    let mut changes: Vec<(Ticks, u32)> = Vec::new();
    for section in &plan.sections {
        let m = micros(section.tempo.0);
        if changes.last().is_none_or(|c| c.1 != m) {
            changes.push((Ticks(u64::from(section.start_bar) * bar), m));
        }
    }
    let close = plan.sections.last().filter(|s| intent.tempo.is_none() && s.energy < 0.8 && plan.bars > 3);
    if let Some(section) = close {
        for (left, share) in [(2, 0.95), (1, 0.86)] {
            changes.push((Ticks(u64::from(plan.bars - left) * bar), micros(section.tempo.0 * share)));
        }
    }
    if changes.is_empty() {
        changes.push((Ticks(0), micros(plan.tempo.0)));
    }
    TempoMap::from_micros(PPQ, changes)
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
