//! A small song that uses every part of the file format.
#![allow(dead_code)] // each test file takes what it needs

use kmidi_music::notation::symbol;
use kmidi_music::song::{ChordSpan, Role, Section, Song, Track};
use kmidi_music::{Bpm, Key, Meter, Note, TempoMap, Ticks, roman};

pub(crate) fn note(onset: u64, duration: u64, pitch: u8, velocity: u8) -> Note {
    Note { onset: Ticks(onset), duration: Ticks(duration), pitch, velocity }
}

/// Two bars of 4/4 in C, one of 3/4 in D minor, at 480 ticks a quarter note.
pub(crate) fn song() -> Song {
    let c: Key = "C".parse().unwrap();
    let d: Key = "d".parse().unwrap();
    let chords = [(0, 1_920, "C", c), (1_920, 1_920, "G7/B", c), (3_840, 1_440, "Dm", d)];
    let chords = chords.map(|(onset, duration, text, key)| {
        let chord = symbol::parse(text).unwrap();
        let roman = roman::of(&chord, key);
        ChordSpan { onset: Ticks(onset), duration: Ticks(duration), chord, roman, key }
    });
    let track = |name: &str, role, channel, program, notes: &[Note]| Track {
        name: name.into(),
        role,
        channel,
        program,
        notes: notes.to_vec(),
    };
    Song {
        title: "Prüfstück".into(),
        tempo: TempoMap::from_micros(480, vec![(Ticks(0), 500_000), (Ticks(3_840), 600_000)]),
        meters: vec![(Ticks(0), Meter::COMMON), (Ticks(3_840), Meter::new(3, 4).unwrap())],
        keys: vec![(Ticks(0), c), (Ticks(3_840), d)],
        marks: Vec::new(),
        sections: vec![
            Section { onset: Ticks(0), name: "verse".into(), bars: 2 },
            Section { onset: Ticks(3_840), name: "coda".into(), bars: 1 },
        ],
        chords: chords.to_vec(),
        tracks: vec![
            track(
                "lead",
                Role::Melody,
                0,
                80,
                &[note(0, 480, 72, 100), note(480, 480, 72, 90), note(3_840, 960, 74, 80)],
            ),
            track("bass", Role::Bass, 1, 33, &[note(0, 1_900, 36, 90), note(1_920, 1_900, 35, 90)]),
            track("drums", Role::Drums, 9, 0, &[note(0, 60, 36, 110), note(480, 60, 38, 100)]),
        ],
        recipe: r#"{"seed":7,"version":"0.1.0"}"#.into(),
    }
}

pub(crate) fn one_note_song() -> Song {
    let track = Track {
        name: "a".into(),
        role: Role::Melody,
        channel: 0,
        program: 5,
        notes: vec![note(0, 480, 60, 64)],
    };
    Song {
        title: "t".into(),
        tempo: TempoMap::constant(480, Bpm(120.0)),
        meters: vec![(Ticks(0), Meter::COMMON)],
        keys: vec![(Ticks(0), "Eb".parse().unwrap())],
        marks: Vec::new(),
        sections: Vec::new(),
        chords: Vec::new(),
        tracks: vec![track],
        recipe: String::new(),
    }
}

/// A header and tracks as bytes.
pub(crate) fn smf(format: u16, division: u16, tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06".to_vec();
    bytes.extend([format, tracks.len() as u16, division].into_iter().flat_map(u16::to_be_bytes));
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32).to_be_bytes());
        bytes.extend(*track);
    }
    bytes
}

/// Numbers from a fixed seed (splitmix64; Steele, Lea and Flood 2014).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// One to four random faults: bytes changed, cut out, put in, or the end cut off.
pub(crate) fn mutate(original: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=numbers.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, numbers.below(256) as u8),
            3 => bytes[at] = [0, 0x7f, 0x80, 0xff][numbers.below(4)],
            _ => bytes[at] ^= 1 << numbers.below(8),
        }
    }
    bytes
}
