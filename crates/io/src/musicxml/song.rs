//! Songs as scores, and back.

use super::{Part, Pitch, Score, ScoreNote, Tone, bars};
use kmidi_music::song::{ChordSpan, Role, Section, Song, Track};
use kmidi_music::{Chord, Key, Meter, Mode, Note, PitchClass, PitchName, Ticks, roman};

/// What a note without a velocity is played with: mezzo-forte.
const VELOCITY: u8 = 80;

impl Score {
    /// The score of a song. Each note is spelled by the chord that sounds when it begins, if it is one of its tones, else
    /// by the key. Where no chord sounds the score says "N.C.".
    pub fn of(song: &Song) -> Score {
        let spell = Spelling { song };
        let part = |track: &Track| {
            let drums = track.role == Role::Drums || track.channel == 9;
            let tone = |n: &Note| if drums { Tone::Drum(n.pitch) } else { Tone::Pitch(spell.pitch(n)) };
            let note = |n: &Note| ScoreNote {
                onset: n.onset,
                tone: tone(n),
                duration: n.duration,
                velocity: Some(n.velocity),
            };
            let mut notes: Vec<_> = track.notes.iter().map(note).collect();
            notes.sort_unstable();
            let (channel, program) = (track.channel, track.program);
            Part { name: track.name.clone(), abbreviation: None, channel, program, notes }
        };
        let mut harmonies: Vec<(Ticks, Option<Chord>)> = Vec::new();
        for (i, span) in song.chords.iter().enumerate() {
            harmonies.push((span.onset, Some(span.chord)));
            let end = span.onset + span.duration;
            let next = song.chords.get(i + 1).map_or(song.end(), |n| n.onset);
            if end < next {
                harmonies.push((end, None));
            }
        }
        Score {
            title: song.title.clone(),
            tempo: song.tempo.clone(),
            pickup: Ticks(0),
            meters: song.meters.clone(),
            keys: song.keys.clone(),
            sections: song.sections.iter().map(|s| (s.onset, s.name.clone())).collect(),
            harmonies,
            parts: song.tracks.iter().map(part).collect(),
        }
    }

    /// The song of a score: spelling is lost, each chord lasts until the next sign, an upbeat becomes a short first metre
    /// (where one has its length). A part's role is taken from its name, else the first that is not percussion is the
    /// melody. Notes beyond MIDI's reach are left out; notes without a velocity get 80.
    pub fn song(&self) -> Song {
        // The last chord lasts to the end of its bar.
        let bars = bars::of(self).unwrap_or_default();
        let end = bars.last().map_or(self.end(), |bar| Ticks(bar.end));
        let next = |list: &mut dyn Iterator<Item = Ticks>| list.next().unwrap_or(end);
        let key = |tick| self.key_at(tick).unwrap_or(Key::new(PitchName::C, Mode::Major));
        let mut chords = Vec::new();
        for (i, &(onset, chord)) in self.harmonies.iter().enumerate() {
            let until = next(&mut self.harmonies[i + 1..].iter().map(|h| h.0));
            let key = key(onset);
            let overwritten = self.harmonies.get(i + 1).is_some_and(|h| h.0 == onset);
            chords.extend(chord.filter(|_| !overwritten).map(|chord| ChordSpan {
                onset,
                duration: until - onset,
                chord,
                roman: roman::of(&chord, key),
                key,
            }));
        }
        let lines: Vec<u64> = bars.iter().map(|bar| bar.start).collect();
        let sections = self.sections.iter().enumerate().map(|(i, (onset, name))| {
            let until = self.sections.get(i + 1).map_or(Ticks(u64::MAX), |s| s.0);
            let count = |tick: Ticks| lines.partition_point(|&l| l < tick.0);
            Section {
                onset: *onset,
                name: name.clone(),
                bars: count(until).saturating_sub(count(*onset)) as u32,
            }
        });
        let mut keys = self.keys.clone();
        if keys.first().is_none_or(|k| k.0.0 > 0) {
            keys.insert(0, (Ticks(0), Key::new(PitchName::C, Mode::Major)));
        }
        let melody = self.melody();
        Song {
            title: self.title.clone(),
            tempo: self.tempo.clone(),
            meters: self.song_meters(),
            keys,
            sections: sections.collect(),
            marks: Vec::new(),
            chords,
            tracks: self.parts.iter().enumerate().map(|(i, p)| track(p, melody == Some(i))).collect(),
            recipe: String::new(),
        }
    }

    /// The tune and the chords alone. The tune is the part called melody, lead, voice or vocal, else the first that is
    /// not percussion; where there is none, an empty part.
    pub fn lead_sheet(&self) -> Score {
        let tune = self.melody().map(|i| self.parts[i].clone());
        let tune = tune.unwrap_or_else(|| Part { name: "Melody".into(), ..Part::default() });
        Score { parts: vec![tune], ..self.clone() }
    }

    fn melody(&self) -> Option<usize> {
        let named =
            |p: &Part| ["melody", "lead", "voice", "vocal"].iter().any(|w| p.name.to_lowercase().contains(w));
        let tunes = || self.parts.iter().enumerate().filter(|(_, p)| !p.is_percussion());
        tunes().find(|(_, p)| named(p)).or_else(|| tunes().next()).map(|(i, _)| i)
    }

    /// The metres, with one for the upbeat.
    fn song_meters(&self) -> Vec<(Ticks, Meter)> {
        let ppq = self.tempo.ppq();
        let mut meters = self.meters.clone();
        if meters.first().is_none_or(|m| m.0.0 > 0) {
            meters.insert(0, (Ticks(0), Meter::COMMON));
        }
        let short = [4, 8, 16, 32].into_iter().find_map(|unit| {
            let exact = |n: u8| Meter::new(n, unit).filter(|m| m.bar(ppq) == self.pickup);
            (1..=64).find_map(exact)
        });
        if let Some(short) = short.filter(|_| self.pickup.0 > 0) {
            meters[0].0 = self.pickup;
            meters.insert(0, (Ticks(0), short));
        }
        meters
    }
}

fn track(part: &Part, melody: bool) -> Track {
    let name = part.name.to_lowercase();
    let role = match () {
        () if part.is_percussion() => Role::Drums,
        () if melody => Role::Melody,
        () if name.contains("bass") => Role::Bass,
        () => Role::Chords,
    };
    let note = |n: &ScoreNote| {
        let velocity = n.velocity.unwrap_or(VELOCITY);
        n.tone.midi().map(|pitch| Note { onset: n.onset, duration: n.duration, pitch, velocity })
    };
    let notes = part.notes.iter().filter_map(note).collect();
    Track { name: part.name.clone(), role, channel: part.channel, program: part.program, notes }
}

/// How the notes of a song are spelled.
struct Spelling<'a> {
    song: &'a Song,
}

impl Spelling<'_> {
    fn pitch(&self, note: &Note) -> Pitch {
        let pc = PitchClass::new(note.pitch.into());
        let chords = &self.song.chords;
        let sounding = chords[..chords.partition_point(|c| c.onset <= note.onset)].last();
        let sounding = sounding.filter(|c| note.onset < c.onset + c.duration);
        let tone = sounding.and_then(|span| chord_tone(&span.chord, pc));
        let name = tone.unwrap_or_else(|| self.key(note.onset).spell(pc));
        let pitch = Pitch::of_midi(note.pitch, name);
        if pitch.midi() == i32::from(note.pitch) { pitch } else { Pitch::sounding(note.pitch.into()) }
    }

    fn key(&self, tick: Ticks) -> Key {
        let keys = &self.song.keys;
        let found = keys[..keys.partition_point(|k| k.0 <= tick)].last();
        found.map_or(Key::new(PitchName::C, Mode::Major), |k| k.1)
    }
}

/// The chord's own name for a pitch class; the bass counts.
fn chord_tone(chord: &Chord, pc: PitchClass) -> Option<PitchName> {
    let tones = chord.degrees().iter().map(|d| chord.root + d.interval());
    std::iter::once(chord.bass).chain(tones).find(|name| name.pitch_class() == pc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::notation::symbol;

    #[test]
    fn notes_are_spelled_by_chord_and_key() {
        let chord = |text: &str| symbol::parse(text).unwrap();
        let name = |text: &str, pc| chord_tone(&chord(text), PitchClass::new(pc)).map(|n| n.to_string());
        assert_eq!(name("E7", 8).as_deref(), Some("G#"));
        assert_eq!(name("Fm", 8).as_deref(), Some("Ab"));
        assert_eq!(name("C/Bb", 10).as_deref(), Some("Bb"));
        assert_eq!(name("C", 10), None);
        assert_eq!(Pitch::of_midi(59, "Cb".parse().unwrap()).octave, 4);
    }
}
