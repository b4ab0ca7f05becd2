//! What the shipped models say while a song is written: the model of the next chord at each chord that is drawn, the melody
//! model at each note of a line, and the dynamics model of the finished notes.

use super::grid::PPQ;
use super::melody::{Listener, Slot};
use super::palette::Row;
use super::usual;
use kmidi_engine::harmony::context::Family;
use kmidi_music::song::{Role, Song};
use kmidi_music::{Chord, Key, Meter, PitchClass, Ticks};
use kmidi_neural::chord::{Home, Metre, TOKENS, token};
use kmidi_neural::dynamics::{self, Dynamics, Marks, Score};
use kmidi_neural::harmony::{Harmony, Heard, Now};
use kmidi_neural::melody::{self, Melody, Setting};

/// The most that the model of the next chord adds or takes, in powers of two.
const MOST_BITS: f32 = 2.0;

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
    pub(super) fn scores(&self, rows: &[Row], chords: &[Chord], previous: Option<usize>) -> Vec<f32> {
        let tonic = self.key.tonic.pitch_class();
        let share = |chord: &Chord| share_of(&self.expected, chord, tonic).max(1e-4);
        let shares: Vec<f32> = chords.iter().map(share).collect();
        let mean = shares.iter().sum::<f32>() / shares.len().max(1) as f32;
        let score = |(i, share): (usize, &f32)| match previous {
            Some(previous) if previous == i => 0.0,
            Some(previous) => {
                let usual = usual::follows(self.key.mode, rows[previous].triad, rows[i].triad);
                (self.weight * (libm::log2f(share / mean) - usual)).clamp(-MOST_BITS, MOST_BITS)
            }
            None => 0.0,
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
    /// How much it counts against the rules.
    weight: f32,
    meter: Meter,
    last: Option<melody::Note>,
}

/// What the rules of the line take for a nat: as much as a third costs more than a step, with the theme against it.
const NAT: f32 = 8.0;
/// The most that the model can hold against a note, in nats: what the rules forbid stays forbidden, and what it never heard stays possible.
const MOST_NATS: f32 = 7.0;

impl LineAdvice {
    /// `None` where it is not to be asked.
    pub(super) fn new(weight: f32, meter: Meter) -> Option<Self> {
        let model = Melody::new(kmidi_neural::shipped("melody").filter(|_| weight > 0.0)?).ok()?;
        Some(Self { model, weight, meter, last: None })
    }

    /// In a key, over chords: when the one that sounds at a tick began, and which it is.
    pub(super) fn on<'a>(&'a mut self, key: Key, chord: &'a dyn Fn(u64) -> Option<(u64, Chord)>) -> Says<'a> {
        Says { advice: self, key, chord }
    }
}

/// The melody model in a section.
pub(super) struct Says<'a> {
    advice: &'a mut LineAdvice,
    key: Key,
    chord: &'a dyn Fn(u64) -> Option<(u64, Chord)>,
}

fn quarters(ticks: u64) -> f64 {
    ticks as f64 / f64::from(PPQ)
}

impl Listener for Says<'_> {
    fn cost(&self, slot: &Slot, pitch: i32) -> i32 {
        let Some(last) = self.advice.last else { return 0 };
        let next = melody::Note {
            onset: quarters(slot.onset),
            duration: f64::NAN,
            pitch: pitch.clamp(0, 127) as u8,
        };
        let (interval, step) = melody::token(last, next);
        let share = self.advice.model.next().intervals[step - 1][interval];
        let usual = usual::interval(interval as i32 - 24);
        let nats = libm::logf(usual / share.max(1e-9));
        (self.advice.weight * NAT * nats.clamp(-MOST_NATS, MOST_NATS)) as i32
    }

    fn hear(&mut self, slot: &Slot, pitch: u8) {
        let Meter { numerator, denominator } = self.advice.meter;
        let (numerator, denominator) = (u32::from(numerator), u32::from(denominator));
        let setting = Setting {
            key: Some(self.key),
            meter: melody::Meter { start: 0.0, numerator, denominator },
            chord: (self.chord)(slot.onset).map(|(onset, chord)| melody::Chord {
                onset: quarters(onset),
                root: chord.root.pitch_class(),
                set: chord.pitch_classes(),
            }),
        };
        let note = melody::Note { onset: quarters(slot.onset), duration: quarters(slot.duration), pitch };
        self.advice.model.hear(note, &setting);
        self.advice.last = Some(note);
    }
}

/// Gives the notes of a song but the drums the loudness that players would, `part` of the way: each section and player stays as loud as it was
/// planned to be and grows as `planned` says, and how notes differ beside that comes from the model.
pub(super) fn play_dynamics(song: &mut Song, part: f32, meter: Meter, planned: &dyn Fn(Ticks) -> f32) {
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
        let level = group.iter().map(velocity).sum::<f32>() / count as f32;
        let mean = played[done..done + count].iter().sum::<f32>() / count as f32;
        let course = |place: &(usize, usize, usize)| planned(song.tracks[track].notes[place.2].onset);
        let middle = group.iter().map(course).sum::<f32>() / count as f32;
        for (&(_, _, at), &loud) in group.iter().zip(&played[done..]) {
            let note = &mut song.tracks[track].notes[at];
            let now = f32::from(note.velocity);
            let here = level + (planned(note.onset) - middle);
            let new = now + part * (here + loud - mean - now);
            note.velocity = libm::roundf(new).clamp(1.0, 127.0) as u8;
        }
        (rest, done) = (after, done + count);
    }
}
