//! What the shipped models say while a song is written: the model of the next chord at each chord that is drawn, the melody
//! model among lines that the rules find equally good, and the dynamics model of the finished notes.

use super::grid::PPQ;
use kmidi_engine::harmony::context::Family;
use kmidi_music::song::{Role, Song};
use kmidi_music::{Chord, Key, Meter, Note, PitchClass, Ticks};
use kmidi_neural::chord::{Home, Metre, TOKENS, token};
use kmidi_neural::dynamics::{self, Dynamics, Marks, Score};
use kmidi_neural::harmony::{Harmony, Heard, Now};
use kmidi_neural::melody::{self, Melody, Setting};

/// The model of the next chord, in one key and metre. It hears a section from its beginning, so that sections with the same
/// chords get the same advice.
pub(super) struct ChordAdvice {
    model: Harmony,
    /// How much it counts against the rules.
    weight: f32,
    key: Key,
    metre: Metre,
    expected: [f32; TOKENS],
    last: Option<Heard>,
}

impl ChordAdvice {
    /// `None` where it is not to be asked.
    pub(super) fn new(weight: f32, key: Key, meter: Meter) -> Option<Self> {
        let model = Harmony::new(kmidi_neural::shipped("harmony").filter(|_| weight > 0.0)?).ok()?;
        let metre = Metre::new(0.0, u32::from(meter.numerator), u32::from(meter.denominator));
        Some(Self { model, weight, key, metre, expected: [0.0; TOKENS], last: None })
    }

    /// A section in `key` begins.
    pub(super) fn begin(&mut self, key: Key) {
        self.key = key;
        self.model.reset();
        self.last = None;
        self.ask(0.0);
    }

    fn ask(&mut self, onset: f32) {
        let home = Home { tonic: self.key.tonic.pitch_class(), minor: Some(self.key.mode.is_minor()) };
        let now = Now { onset, home, metre: self.metre, melody: None };
        self.expected = self.model.step(self.last.as_ref(), &now).chords;
    }

    /// What it adds to the scores of `chords`, in powers of two: how much likelier each is than their mean. A chord that stays is
    /// no step, and gets nothing.
    pub(super) fn scores(&self, chords: &[Chord], previous: Option<usize>) -> Vec<f32> {
        let tonic = self.key.tonic.pitch_class();
        let share = |chord: &Chord| share_of(&self.expected, chord, tonic).max(1e-4);
        let shares: Vec<f32> = chords.iter().map(share).collect();
        let mean = shares.iter().sum::<f32>() / shares.len().max(1) as f32;
        let score = |(i, share): (usize, &f32)| match previous == Some(i) {
            true => 0.0,
            false => self.weight * libm::log2f(share / mean),
        };
        shares.iter().enumerate().map(score).collect()
    }

    /// A chord was chosen; the next one begins at `next`, in felt beats of `beat` ticks from the start of the section.
    pub(super) fn hear(&mut self, chord: &Chord, changed: bool, next: u64) {
        if changed {
            let root = chord.root.pitch_class();
            let family = Family::above(chord.pitch_classes(), root);
            self.last = Some(Heard { root, family, bass: chord.bass.pitch_class() });
            self.ask(next as f32 / f32::from(PPQ));
        }
    }
}

/// The probability of a triad among tokens above the tonic, with that of its sevenths: whether it takes one is decided later.
pub(super) fn share_of(shares: &[f32; TOKENS], chord: &Chord, tonic: PitchClass) -> f32 {
    // By the index of families: major, minor, dominant seventh, major seventh, minor seventh, diminished, half-diminished.
    let root = chord.root.pitch_class();
    let own = token(root, Family::above(chord.pitch_classes(), root), tonic);
    let first = own - own % Family::COUNT;
    let kin: &[usize] = match own % Family::COUNT {
        0 => &[0, 2, 3],
        1 => &[1, 4],
        5 => &[5, 6],
        _ => return shares[own],
    };
    kin.iter().map(|family| shares[first + family]).sum()
}

/// The melody model, at the end of what is sung so far.
pub(super) struct LineAdvice {
    model: Melody,
    meter: Meter,
}

impl LineAdvice {
    /// `None` where it is not to be asked.
    pub(super) fn new(candidates: u8, meter: Meter) -> Option<Self> {
        let model = Melody::new(kmidi_neural::shipped("melody").filter(|_| candidates > 1)?).ok()?;
        Some(Self { model, meter })
    }

    /// The likeliest of some lines, in nats a note; the first of equals. It has then been heard.
    pub(super) fn choose(
        &mut self,
        lines: &[Vec<Note>],
        key: Key,
        chord: &dyn Fn(u64) -> Option<(u64, Chord)>,
    ) -> usize {
        let start = self.model.snapshot();
        let mut best = (f64::MIN, 0);
        for (i, line) in lines.iter().enumerate() {
            self.model.restore(&start);
            let score = self.hear(line, key, chord);
            if score > best.0 {
                best = (score, i);
            }
        }
        self.model.restore(&start);
        if let Some(line) = lines.get(best.1) {
            self.hear(line, key, chord);
        }
        best.1
    }

    fn hear(&mut self, line: &[Note], key: Key, chord: &dyn Fn(u64) -> Option<(u64, Chord)>) -> f64 {
        let quarters = |ticks: u64| ticks as f64 / f64::from(PPQ);
        let note = |n: &Note| melody::Note {
            onset: quarters(n.onset.0),
            duration: quarters(n.duration.0),
            pitch: n.pitch,
        };
        let mut sum = 0.0;
        for (i, n) in line.iter().enumerate() {
            if i > 0 {
                let share = self.model.next().of(melody::token(note(&line[i - 1]), note(n)));
                sum += libm::log(f64::from(share.max(1e-9)));
            }
            let setting = Setting {
                key: Some(key),
                meter: melody::Meter {
                    start: 0.0,
                    numerator: u32::from(self.meter.numerator),
                    denominator: u32::from(self.meter.denominator),
                },
                chord: chord(n.onset.0).map(|(onset, chord)| melody::Chord {
                    onset: quarters(onset),
                    root: chord.root.pitch_class(),
                    set: chord.pitch_classes(),
                }),
            };
            self.model.hear(note(n), &setting);
        }
        sum / line.len().max(1) as f64
    }
}

/// Gives the notes of a song but the drums the loudness that players would, `part` of the way: each section and player stays as loud as it was
/// planned to be, and how notes differ within it comes from the model.
pub(super) fn play_dynamics(song: &mut Song, part: f32, meter: Meter) {
    let Some(Ok(mut model)) = kmidi_neural::shipped("dynamics").filter(|_| part > 0.0).map(Dynamics::new)
    else {
        return;
    };
    let quarters = |ticks: Ticks| ticks.0 as f32 / f32::from(PPQ);
    let mut notes = Vec::new();
    let mut places = Vec::new();
    for (track, of) in song.tracks.iter().enumerate().filter(|(_, track)| track.role != Role::Drums) {
        let role = match of.role {
            Role::Melody => dynamics::Role::Melody,
            _ => dynamics::Role::Accompaniment,
        };
        for (at, note) in of.notes.iter().enumerate() {
            let section = song.sections.partition_point(|section| section.onset <= note.onset);
            let (onset, duration) = (quarters(note.onset), quarters(note.duration));
            notes.push(dynamics::Note { onset, duration, pitch: note.pitch, role, marks: Marks::default() });
            places.push((track, section, at));
        }
    }
    let root = |chord: &Chord| Some(chord.root.pitch_class().value());
    let chords: Vec<dynamics::Chord> = song
        .chords
        .iter()
        .map(|span| dynamics::Chord { onset: quarters(span.onset), root: root(&span.chord) })
        .collect();
    let metres = [Metre::new(0.0, u32::from(meter.numerator), u32::from(meter.denominator))];
    let tempo = song.tempo.changes().first().map(|change| 60e6 / change.1 as f32);
    let played = model.perform(&Score { notes: &notes, chords: &chords, metres: &metres, tempo });
    let mut rest = &places[..];
    let mut done = 0;
    while let Some(&(track, section, _)) = rest.first() {
        let count = rest.iter().take_while(|place| (place.0, place.1) == (track, section)).count();
        let (group, after) = rest.split_at(count);
        let velocity = |place: &(usize, usize, usize)| f32::from(song.tracks[track].notes[place.2].velocity);
        let planned = group.iter().map(velocity).sum::<f32>() / count as f32;
        let mean = played[done..done + count].iter().sum::<f32>() / count as f32;
        for (&(_, _, at), &loud) in group.iter().zip(&played[done..]) {
            let note = &mut song.tracks[track].notes[at];
            let now = f32::from(note.velocity);
            let new = now + part * (planned + loud - mean - now);
            note.velocity = libm::roundf(new).clamp(1.0, 127.0) as u8;
        }
        (rest, done) = (after, done + count);
    }
}
