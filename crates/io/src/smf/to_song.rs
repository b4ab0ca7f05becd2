//! A MIDI file as a song: tracks with their roles, form and harmony where the file tells them.

use super::{Division, Format, Pedal, SmfFile, SmfNote};
use kmidi_music::notation::symbol;
use kmidi_music::song::{ChordSpan, Mark, Role, Section, Song, Track};
use kmidi_music::{Key, Meter, Mode, Note, PitchName, Ticks, roman};

/// What the text of a marked place begins with; other markers are sections.
pub const MARK_PREFIX: &str = "break: ";

/// General MIDI's basses, from 0: 32 to 39.
const BASSES: std::ops::Range<u8> = 32..40;

/// The song that a file holds, and for each of its tracks the track of the file; `None` for film time and independent
/// patterns, which have no bars.
///
/// A track of the file that plays on several channels becomes several tracks. Channel 10 is the drums. Of the others in a file that
/// this project wrote the channels tell the roles; else a bass is what has a bass program or lies lowest, the melody what
/// is not played in chords and lies highest, and the rest are chords. Sections are markers; chords are texts that can be
/// read as lead-sheet symbols, each lasting until the next or the end.
pub fn song_of(file: &SmfFile) -> Option<(Song, Vec<usize>)> {
    if file.format == Format::Independent || !matches!(file.division, Division::TicksPerQuarter(_)) {
        return None;
    }
    let ours = file.recipe().is_some();
    let mut groups: Vec<(usize, u8, Vec<SmfNote>)> = Vec::new();
    for note in file.notes(Pedal::Ignored) {
        match groups.iter_mut().find(|g| (g.0, g.1) == (note.track, note.channel)) {
            Some(group) => group.2.push(note),
            None => groups.push((note.track, note.channel, vec![note])),
        }
    }
    groups.sort_by_key(|group| (group.0, group.1));
    let roles = if ours { groups.iter().map(|g| our_role(g.1)).collect() } else { roles(&groups) };
    let places = groups.iter().map(|group| group.0).collect();
    let tracks = groups.into_iter().zip(roles).map(|((track, channel, notes), role)| {
        let name = file.tracks[track].name();
        Track {
            name: if name.is_empty() { role.name().to_owned() } else { name },
            role,
            channel,
            program: notes.first().map_or(0, |note| note.program),
            notes: notes
                .iter()
                .map(|n| Note {
                    onset: n.onset,
                    duration: n.end - n.onset,
                    pitch: n.pitch,
                    velocity: n.velocity,
                })
                .collect(),
        }
    });
    let mut meters = file.meters.clone();
    if meters.first().is_none_or(|m| m.0.0 > 0) {
        meters.insert(0, (Ticks(0), Meter::COMMON));
    }
    let mut keys = file.keys.clone();
    if keys.first().is_none_or(|k| k.0.0 > 0) {
        keys.insert(0, (Ticks(0), Key::new(PitchName::C, Mode::Major)));
    }
    let (marks, sections): (Vec<_>, Vec<_>) =
        file.markers.iter().partition(|m| m.text.starts_with(MARK_PREFIX));
    let bars = |from: Ticks, to: Ticks| {
        bar_lines(&meters, file.tempo.ppq(), to).filter(|&line| line >= from.0).count()
    };
    let sections = sections.iter().enumerate().map(|(i, marker)| Section {
        onset: marker.tick,
        name: marker.text.clone(),
        bars: bars(marker.tick, sections.get(i + 1).map_or(file.end(), |next| next.tick)) as u32,
    });
    let song = Song {
        title: file.tracks.first().map(super::SmfTrack::name).unwrap_or_default(),
        tempo: file.tempo.clone(),
        sections: sections.collect(),
        marks: marks.iter().map(|m| Mark { onset: m.tick, text: m.text.clone() }).collect(),
        chords: chords(file, &keys),
        tracks: tracks.collect(),
        recipe: file.recipe().unwrap_or_default().to_owned(),
        meters,
        keys,
    };
    Some((song, places))
}

/// Where bars begin before `to`.
fn bar_lines(meters: &[(Ticks, Meter)], ppq: u16, to: Ticks) -> impl Iterator<Item = u64> {
    meters.iter().enumerate().flat_map(move |(i, &(start, meter))| {
        let until = meters.get(i + 1).map_or(to, |next| next.0.min(to));
        (start.0..until.0).step_by(meter.bar(ppq).0.max(1) as usize)
    })
}

fn our_role(channel: u8) -> Role {
    match channel {
        0 => Role::Melody,
        2 => Role::Bass,
        9 => Role::Drums,
        _ => Role::Chords,
    }
}

fn roles(groups: &[(usize, u8, Vec<SmfNote>)]) -> Vec<Role> {
    let mean =
        |notes: &[SmfNote]| notes.iter().map(|n| f64::from(n.pitch)).sum::<f64>() / notes.len().max(1) as f64;
    let alone = |notes: &[SmfNote]| {
        let together = notes.windows(2).filter(|w| w[1].onset < w[0].end && w[1].onset.0 < w[0].onset.0 + 10);
        together.count() * 5 < notes.len()
    };
    let tuned: Vec<usize> = (0..groups.len()).filter(|&i| groups[i].1 != 9).collect();
    let by_height = |a: &&usize, b: &&usize| mean(&groups[**a].2).total_cmp(&mean(&groups[**b].2));
    let melody =
        tuned.iter().filter(|&&i| alone(&groups[i].2)).max_by(by_height).or(tuned.iter().max_by(by_height));
    let lowest = tuned.iter().filter(|&i| Some(i) != melody && mean(&groups[*i].2) < 52.0).min_by(by_height);
    groups
        .iter()
        .enumerate()
        .map(|(i, (_, channel, notes))| match () {
            () if *channel == 9 => Role::Drums,
            () if Some(&i) == melody => Role::Melody,
            () if Some(&i) == lowest || notes.first().is_some_and(|n| BASSES.contains(&n.program)) => {
                Role::Bass
            }
            () => Role::Chords,
        })
        .collect()
}

fn chords(file: &SmfFile, keys: &[(Ticks, Key)]) -> Vec<ChordSpan> {
    let told: Vec<_> =
        file.texts.iter().filter_map(|t| Some((t.tick, symbol::parse(&t.text).ok()?))).collect();
    let end = file.end();
    let span = |(i, &(onset, chord)): (usize, &(Ticks, kmidi_music::Chord))| {
        let until = told.get(i + 1).map_or(end, |next| next.0);
        let key = keys.iter().rev().find(|key| key.0 <= onset).or(keys.first())?.1;
        (until > onset).then(|| ChordSpan {
            onset,
            duration: until - onset,
            chord,
            roman: roman::of(&chord, key),
            key,
        })
    };
    told.iter().enumerate().filter_map(span).collect()
}
