//! A stretch of a MIDI file written anew, and nothing else touched.

use super::{Event, Message, RECIPE_PREFIX, SmfFile, SmfTrack, TrackEvent, meta};
use kmidi_music::notation::symbol;
use kmidi_music::{Chord, Note, Ticks};

/// What takes the place of a stretch. Times are ticks of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Patch {
    /// Where it begins; what begins here or later, before `to`, is replaced.
    pub from: Ticks,
    /// Where it ends.
    pub to: Ticks,
    /// Notes by track of the file and channel; other tracks keep theirs.
    pub notes: Vec<(usize, u8, Vec<Note>)>,
    /// Chords that take the place of the chord texts; `None` keeps those.
    pub chords: Option<Vec<(Ticks, Chord)>>,
    /// Markers that are added.
    pub markers: Vec<(Ticks, String)>,
    /// Tempo changes that are added, in microseconds a quarter note.
    pub tempos: Vec<(Ticks, u32)>,
    /// The recipe that takes the place of the file's; `None` keeps that.
    pub recipe: Option<String>,
}

impl SmfFile {
    /// The file with `patch` in it. All events outside the stretch, and all in it that are not replaced, stay as they are. A
    /// note of before that sounds into the stretch keeps its length: a new one of its pitch begins after it, or is left
    /// out. New notes end before the next one of their pitch.
    pub fn patched(&self, patch: &Patch) -> SmfFile {
        let mut tracks = self.tracks.clone();
        for (index, channel, notes) in &patch.notes {
            if let Some(track) = tracks.get_mut(*index) {
                *track = refilled(track, *channel, notes, patch);
            }
        }
        if let Some(conductor) = tracks.first_mut() {
            retell(conductor, patch);
        }
        let end = patch.to;
        tracks.iter_mut().for_each(|track| track.end = track.end.max(end));
        SmfFile::new(self.format, self.division, tracks)
    }
}

fn refilled(track: &SmfTrack, channel: u8, notes: &[Note], patch: &Patch) -> SmfTrack {
    let inside = |tick: Ticks| tick >= patch.from && tick < patch.to;
    // Notes that stay, as (onset, end, key), and the events that make those that go.
    let mut open: Vec<(u8, Ticks, usize)> = Vec::new();
    let (mut gone, mut stay) = (vec![false; track.events.len()], Vec::new());
    for (i, placed) in track.events.iter().enumerate() {
        let Event::Channel { channel: on, message } = placed.event else { continue };
        if on != channel {
            continue;
        }
        match message {
            Message::NoteOn { key, velocity: 1.. } => {
                gone[i] = inside(placed.tick);
                open.push((key, placed.tick, i));
            }
            Message::NoteOn { key, .. } | Message::NoteOff { key, .. } => {
                if let Some(at) = open.iter().position(|o| o.0 == key) {
                    let (_, onset, _) = open.remove(at);
                    gone[i] = inside(onset);
                    if !gone[i] {
                        stay.push((onset, placed.tick, key));
                    }
                }
            }
            _ => {}
        }
    }
    let mut fresh: Vec<Note> = Vec::new();
    for note in notes {
        let held = stay.iter().filter(|s| s.2 == note.pitch && s.0 < note.end() && s.1 > note.onset);
        let onset = held.clone().filter(|s| s.0 <= note.onset).map(|s| s.1).max().unwrap_or(note.onset);
        let later = fresh.iter().filter(|n| n.pitch == note.pitch && n.onset >= onset).map(|n| n.onset);
        let end = held
            .filter(|s| s.0 > onset)
            .map(|s| s.0)
            .chain(later)
            .min()
            .unwrap_or(note.end())
            .min(note.end());
        if onset < end && inside(onset) {
            fresh.push(Note { onset, duration: end - onset, ..*note });
        }
    }
    let kept = track.events.iter().zip(&gone).filter(|e| !e.1).map(|e| {
        let rank =
            if matches!(e.0.event, Event::Channel { message: Message::NoteOff { .. }, .. }) { 0 } else { 2 };
        (e.0.tick, rank, e.0.clone())
    });
    let new = fresh.iter().flat_map(|note| {
        let (key, velocity) = (note.pitch, note.velocity);
        let on = TrackEvent::channel(note.onset, channel, Message::NoteOn { key, velocity });
        let off = TrackEvent::channel(note.end(), channel, Message::NoteOff { key, velocity: 64 });
        [(note.onset, 3, on), (note.end(), 1, off)]
    });
    // Kept events stand in their order: only where a new one lies at their tick does the rank count.
    let mut events: Vec<TrackEvent> = Vec::new();
    let mut new: Vec<_> = new.collect();
    new.sort_by_key(|n| (n.0, n.1));
    let mut new = new.into_iter().peekable();
    for (tick, rank, event) in kept {
        events.extend(std::iter::from_fn(|| new.next_if(|n| (n.0, n.1) < (tick, rank)).map(|n| n.2)));
        events.push(event);
    }
    events.extend(new.map(|n| n.2));
    SmfTrack { end: events.last().map_or(track.end, |last| track.end.max(last.tick)), events }
}

fn retell(conductor: &mut SmfTrack, patch: &Patch) {
    let inside = |tick: Ticks| tick >= patch.from && tick < patch.to;
    if let Some(chords) = &patch.chords {
        conductor.events.retain(|e| match &e.event {
            Event::Meta { kind: meta::TEXT, data } if inside(e.tick) => {
                std::str::from_utf8(data).map_or(true, |text| symbol::parse(text).is_err())
            }
            _ => true,
        });
        for (tick, chord) in chords {
            insert(conductor, TrackEvent::meta(*tick, meta::TEXT, symbol::print(chord).as_bytes()));
        }
    }
    for (tick, micros) in &patch.tempos {
        let [_, tempo @ ..] = micros.min(&0x00ff_ffff).to_be_bytes();
        insert(conductor, TrackEvent::meta(*tick, meta::TEMPO, &tempo));
    }
    for (tick, text) in &patch.markers {
        insert(conductor, TrackEvent::meta(*tick, meta::MARKER, text.as_bytes()));
    }
    if let Some(recipe) = &patch.recipe {
        let is_recipe = |e: &&mut TrackEvent| matches!(&e.event, Event::Meta { kind: meta::TEXT, data } if data.starts_with(RECIPE_PREFIX.as_bytes()));
        let new = TrackEvent::meta(Ticks(0), meta::TEXT, format!("{RECIPE_PREFIX}{recipe}").as_bytes());
        match conductor.events.iter_mut().find(is_recipe) {
            Some(event) => event.event = new.event,
            None => conductor.events.insert(0, new),
        }
    }
}

/// After what stands at its tick.
fn insert(track: &mut SmfTrack, event: TrackEvent) {
    let at = track.events.partition_point(|e| e.tick <= event.tick);
    track.end = track.end.max(event.tick);
    track.events.insert(at, event);
}
