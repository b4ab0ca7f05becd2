//! What the shipped models say while a song is written: the model of the next chord at each chord that is drawn, the melody
//! model among lines that the rules find equally good.

use super::grid::PPQ;
use kmidi_engine::harmony::context::Family;
use kmidi_music::{Chord, Key, Meter, Note, PitchClass};
use kmidi_neural::chord::{Home, Metre, TOKENS, token};
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
