//! What the user brings: parts and chords that stay as they are while the rest is written around them.

use super::ComposeError;
use super::grid::PPQ;
use kmidi_engine::harmony::key::{KEYS, KeyScorer, key};
use kmidi_music::song::{ChordSpan, Role, Track};
use kmidi_music::{Key, Meter, Note, PitchClass, Song, TempoMap, Ticks};

/// Parts and chords that stay. The song that is written around them has their ticks, so that their notes stay the same
/// to the byte.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Material {
    /// Ticks a quarter note of everything here; 0 where nothing is brought.
    pub ppq: u16,
    /// Parts, at most one a role.
    pub parts: Vec<Track>,
    /// The harmony; empty leaves it to the composer.
    pub chords: Vec<ChordSpan>,
    /// The tempo over time; `None` leaves it to the composer.
    pub tempo: Option<TempoMap>,
}

impl Material {
    /// What is kept of `song`: the parts of these roles, and with `harmony` its chords.
    pub fn of(song: &Song, roles: &[Role], harmony: bool) -> Self {
        let parts = song.tracks.iter().filter(|track| roles.contains(&track.role)).cloned().collect();
        let chords = if harmony { song.chords.clone() } else { Vec::new() };
        Self { ppq: song.tempo.ppq(), parts, chords, tempo: None }
    }

    /// With the parts of `other` beside its own. Both then have the least ticks in which neither is rounded.
    ///
    /// # Errors
    /// [`ComposeError::Material`] where a MIDI file has no such ticks.
    pub fn joined(self, other: Material) -> Result<Self, ComposeError> {
        if self.is_empty() || other.is_empty() {
            return Ok(if self.is_empty() { other } else { self });
        }
        let (mut a, mut b) = (u32::from(self.ppq.max(1)), u32::from(other.ppq.max(1)));
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let common = u32::from(self.ppq) / a * u32::from(other.ppq);
        let ppq = u16::try_from(common).ok().filter(|&ppq| ppq <= 0x7fff).ok_or_else(|| {
            ComposeError::Material {
                reason: format!(
                    "what you bring has {} and {} ticks a quarter note, which no MIDI file can hold together",
                    self.ppq, other.ppq
                ),
            }
        })?;
        let (mut all, other) = (self.in_ticks(ppq), other.in_ticks(ppq));
        all.parts.extend(other.parts);
        if all.chords.is_empty() {
            all.chords = other.chords;
        }
        all.tempo = all.tempo.or(other.tempo);
        Ok(all)
    }

    fn in_ticks(mut self, ppq: u16) -> Self {
        let (old, at) = (self.ppq, |tick| rescaled(tick, self.ppq, ppq));
        self.parts.iter_mut().flat_map(|part| &mut part.notes).for_each(|n| *n = scaled(*n, old, ppq));
        for chord in &mut self.chords {
            let end = at(chord.onset + chord.duration);
            chord.onset = at(chord.onset);
            chord.duration = end - chord.onset;
        }
        self.tempo = self.tempo.map(|map| {
            TempoMap::from_micros(
                ppq,
                map.changes().iter().map(|&(t, m)| (rescaled(t, old, ppq), m)).collect(),
            )
        });
        self.ppq = ppq;
        self
    }

    /// Is nothing brought?
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.chords.is_empty() && self.tempo.is_none()
    }

    /// The part of a role.
    pub fn part(&self, role: Role) -> Option<&Track> {
        self.parts.iter().find(|part| part.role == role)
    }

    /// Ticks a quarter note of the song.
    pub(super) fn song_ppq(&self) -> u16 {
        if self.ppq == 0 { PPQ } else { self.ppq }
    }

    /// How many bars it fills; 0 where nothing is brought. Drums count only where they are longer than a pattern of eight bars:
    /// shorter ones are played again and again.
    pub(super) fn bars(&self, meter: Meter) -> u32 {
        let bar = meter.bar(self.song_ppq()).0.max(1);
        let of = |track: &Track| track.notes.iter().map(|n| n.end().0).max().unwrap_or(0).div_ceil(bar);
        let tuned = self.parts.iter().filter(|p| p.role != Role::Drums).map(of);
        let drums = self.part(Role::Drums).map(of).filter(|&bars| bars > LOOP);
        let chords = self.chords.iter().map(|c| (c.onset + c.duration).0.div_ceil(bar));
        u32::try_from(tuned.chain(drums).chain(chords).max().unwrap_or(0)).unwrap_or(u32::MAX)
    }

    /// The notes of the melody in the composer's own ticks; of notes that begin together the highest.
    pub(super) fn tune(&self) -> Option<Vec<Note>> {
        let part = self.part(Role::Melody)?;
        let mut notes: Vec<Note> = part.notes.iter().map(|&n| scaled(n, self.song_ppq(), PPQ)).collect();
        notes.sort_by_key(|n| (n.onset, u8::MAX - n.pitch));
        notes.dedup_by_key(|n| n.onset);
        (!notes.is_empty()).then_some(notes)
    }

    /// The part of a role as the song of `bars` bars has it: drums of a few bars are repeated, and nothing of them begins
    /// after the end.
    pub(super) fn played(&self, role: Role, meter: Meter, bars: u32) -> Option<Track> {
        let mut part = self.part(role)?.clone();
        let bar = meter.bar(self.song_ppq()).0.max(1);
        let (length, end) = (self.bars_of(&part, bar), u64::from(bars) * bar);
        if role == Role::Drums {
            let first = part.notes.clone();
            let times = if length > 0 && length <= LOOP { end.div_ceil(length * bar) } else { 1 };
            for time in 1..times {
                let shift = Ticks(time * length * bar);
                part.notes.extend(first.iter().map(|n| Note { onset: n.onset + shift, ..*n }));
            }
            part.notes.retain(|n| n.onset.0 < end);
        }
        Some(part)
    }

    fn bars_of(&self, part: &Track, bar: u64) -> u64 {
        // A stroke that rings over the bar line does not make the pattern longer.
        part.notes.iter().map(|n| n.onset.0 / bar + 1).max().unwrap_or(0)
    }
}

/// The longest drum pattern that is repeated, in bars.
const LOOP: u64 = 8;

/// A note in other ticks, to the nearest; at least one tick long.
pub(super) fn scaled(note: Note, from: u16, to: u16) -> Note {
    let onset = rescaled(note.onset, from, to);
    let end = rescaled(note.end(), from, to);
    Note { onset, duration: Ticks(end.0.saturating_sub(onset.0).max(1)), ..note }
}

/// A time in other ticks, to the nearest.
pub(super) fn rescaled(tick: Ticks, from: u16, to: u16) -> Ticks {
    let (from, to) = (u64::from(from.max(1)), u64::from(to));
    Ticks((tick.0 * to + from / 2) / from)
}

/// A song of the composer's ticks in other ones.
pub(super) fn song_in(mut song: Song, ppq: u16) -> Song {
    let old = song.tempo.ppq();
    if old == ppq {
        return song;
    }
    let at = |tick: Ticks| rescaled(tick, old, ppq);
    song.tempo = TempoMap::from_micros(ppq, song.tempo.changes().iter().map(|&(t, m)| (at(t), m)).collect());
    song.meters.iter_mut().for_each(|m| m.0 = at(m.0));
    song.keys.iter_mut().for_each(|k| k.0 = at(k.0));
    song.sections.iter_mut().for_each(|s| s.onset = at(s.onset));
    song.marks.iter_mut().for_each(|m| m.onset = at(m.onset));
    for chord in &mut song.chords {
        let end = at(chord.onset + chord.duration);
        chord.onset = at(chord.onset);
        chord.duration = end - chord.onset;
    }
    song.tracks.iter_mut().flat_map(|t| &mut t.notes).for_each(|n| *n = scaled(*n, old, ppq));
    song
}

/// The key in which notes are likeliest, by the profiles of Albrecht and Shanahan (2013); the last note counts as a bass
/// that rests on the tonic.
pub(super) fn key_of(notes: &[Note]) -> Option<Key> {
    let last = notes.iter().max_by_key(|n| (n.onset, n.pitch))?;
    let (mut treble, mut bass) = ([0.0f32; 12], [0.0f32; 12]);
    let total: f32 = notes.iter().map(|n| n.duration.0 as f32).sum();
    for note in notes {
        treble[usize::from(note.pitch % 12)] += note.duration.0 as f32 / total.max(1.0);
    }
    bass[usize::from(PitchClass::new(i32::from(last.pitch)).value())] = 0.3;
    let scores = KeyScorer::default().score(&treble, &bass);
    (0..KEYS).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).map(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(onset: u64, duration: u64, pitch: u8) -> Note {
        Note { onset: Ticks(onset), duration: Ticks(duration), pitch, velocity: 80 }
    }

    #[test]
    fn tunes_tell_their_key() {
        for (pitches, expected) in [
            // Twinkle, Twinkle; Greensleeves' first phrases; both public domain.
            (&[60, 60, 67, 67, 69, 69, 67, 65, 65, 64, 64, 62, 62, 60][..], "C:maj"),
            (&[69, 72, 74, 76, 77, 76, 74, 71, 67, 69, 71, 72, 69, 69, 68, 69, 71, 68, 64, 69], "A:min"),
        ] {
            for shift in 0..12 {
                let notes: Vec<Note> =
                    pitches.iter().enumerate().map(|(i, p)| note(480 * i as u64, 480, p + shift)).collect();
                let wanted: Key = expected.parse().unwrap();
                let found = key_of(&notes).unwrap();
                let up = PitchClass::new(i32::from(wanted.tonic.pitch_class().value()) + i32::from(shift));
                assert_eq!(
                    (found.tonic.pitch_class(), found.mode),
                    (up, wanted.mode),
                    "{expected} + {shift}"
                );
            }
        }
        assert_eq!(key_of(&[]), None);
    }

    #[test]
    fn short_drums_are_played_again_and_long_ones_once() {
        let track = |notes| Track { name: "d".into(), role: Role::Drums, channel: 9, program: 0, notes };
        let short = Material {
            ppq: 96,
            parts: vec![track(vec![note(0, 10, 36), note(700, 90, 38)])],
            ..Material::default()
        };
        let meter = Meter::COMMON;
        let played = short.played(Role::Drums, meter, 5).unwrap().notes;
        assert_eq!(played.iter().map(|n| n.onset.0).collect::<Vec<_>>(), [0, 700, 768, 1468, 1536]);
        assert_eq!(short.bars(meter), 0);
        let long = Material {
            ppq: 96,
            parts: vec![track(vec![note(0, 10, 36), note(384 * 9, 9, 38)])],
            ..Material::default()
        };
        assert_eq!((long.bars(meter), long.played(Role::Drums, meter, 10).unwrap().notes.len()), (10, 2));
    }

    #[test]
    fn ticks_are_rounded_once() {
        assert_eq!(
            [(480, 96), (96, 480), (480, 960)].map(|(f, t)| rescaled(Ticks(f.into()), f, t).0),
            [96, 480, 960]
        );
        assert_eq!(scaled(note(10, 1, 60), 480, 96), note(2, 1, 60));
    }
}
