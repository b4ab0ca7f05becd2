//! What the network is shown after each note.

use super::memory::{Candidate, Memory, WAYS};
use super::{INTERVALS, Note, STEPS, Setting};

/// What is told of each note, with the number of its values: the network's table has them one after the other.
pub(crate) const TRAITS: [usize; 15] = [
    INTERVALS + 1, // interval to this note, none
    STEPS + 1,     // step to it, 0 none
    36,            // degree in the key, by mode: major, minor, none told
    64,            // pitch, from 32
    25,            // pitch against the mean of the last notes, -12 to 12
    PLACES,        // metre and 16th in the bar
    STRENGTHS,     // how strong that place is
    8,             // bar
    97,            // root of the chord in the key, by kind; none
    97,            // pitch above the root, by kind; none
    16,            // how long the chord has sounded
    12,            // how many notes there were
    STEPS + 1,     // how long the note before was held, 0 none
    5,             // how far off the 16th the note begins
    6,             // how far earlier places agree
];

/// Metres that are told apart, with their bars and beats in 16ths. The last stands for all others.
const METERS: [(u32, u32, i64, i64); 9] = [
    (4, 4, 16, 4),
    (3, 4, 12, 4),
    (2, 4, 8, 4),
    (2, 2, 16, 8),
    (6, 8, 12, 6),
    (3, 8, 6, 2),
    (9, 8, 18, 6),
    (12, 8, 24, 6),
    (0, 0, 0, 4),
];

/// 16ths of a bar that are told apart.
const LONGEST: i64 = 48;
const PLACES: usize = METERS.len() * LONGEST as usize;
/// The first of a bar, its half, a beat, the third and the second 8th of a beat, the rest.
const STRENGTHS: usize = 6;

/// What the network is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The note and where it stands, one number each of `TRAITS`.
    pub traits: [f32; TRAITS.len()],
    /// What may come next: intervals, steps and qualities.
    pub candidates: [[f32; WAYS]; 3],
    /// For each step from 1 on, the place that the next note would have: metre and 16th in the bar, and its strength.
    pub arrivals: [[f32; STEPS]; 2],
}

/// Hears notes and says what the network is shown. Takes all its memory when it is made.
#[derive(Debug, Clone)]
pub struct Encoder {
    memory: Memory,
    last: Option<Note>,
    /// The mean pitch of the last notes.
    mean: f32,
    heard: u32,
    shown: Shown,
}

impl Default for Encoder {
    fn default() -> Self {
        let shown =
            Shown { traits: [0.0; TRAITS.len()], candidates: [[0.0; WAYS]; 3], arrivals: [[0.0; STEPS]; 2] };
        Self { memory: Memory::new(), last: None, mean: 0.0, heard: 0, shown }
    }
}

impl Encoder {
    /// How many numbers [`Shown`] has: traits, candidates, arrivals.
    pub const WIDTHS: [usize; 3] = [TRAITS.len(), 3 * WAYS, 2 * STEPS];

    /// Forgets the piece. Real-time safe.
    pub fn reset(&mut self) {
        self.memory.clear();
        (self.last, self.mean, self.heard) = (None, 0.0, 0);
    }

    /// Hears a note, and says what the network is shown then; `None` for a note at no finite time, which is not heard. One before the last is heard
    /// at its onset. Real-time safe.
    pub fn hear(&mut self, note: Note, setting: &Setting) -> Option<&Shown> {
        if !note.onset.is_finite() || note.onset.abs() > super::MAX_TIME {
            return None;
        }
        let note = Note { pitch: note.pitch.min(127), ..note };
        let note = self.last.map_or(note, |last| Note { onset: note.onset.max(last.onset), ..note });
        let token = self.last.map(|last| token(last, note));
        let (interval, step) =
            token.map_or((INTERVALS as u8, 0), |(interval, step)| (interval as u8, step as u8));
        let meter = Meter::of(setting);
        let at = sixteenths(note.onset - setting.meter.start);
        let candidates = self.memory.hear(sixteenths(note.onset), note.pitch, interval, step, meter.bar);
        let pitch = f32::from(note.pitch);
        self.mean = if self.heard == 0 { pitch } else { self.mean + (pitch - self.mean) / 16.0 };
        self.heard = self.heard.saturating_add(1);

        let tonic = setting.key.map(|key| key.tonic.pitch_class());
        let mode = setting.key.map_or(2, |key| usize::from(key.mode.is_minor()));
        let above = |tonic: u8| usize::from((note.pitch + 120 - tonic) % 12);
        let tonic = tonic.map_or(0, |tonic| tonic.value());
        let (root, relation) = setting.chord.map_or((96, 96), |chord| {
            let kind = chord.kind() * 12;
            (kind + usize::from((chord.root.value() + 12 - tonic) % 12), kind + above(chord.root.value()))
        });
        let since = setting.chord.map_or(15, |chord| since(sixteenths(note.onset - chord.onset)));
        let held = self.last.map_or(0, |last| held(last.duration));
        let off = note.onset * 4.0 - sixteenths(note.onset) as f64;
        let traits = [
            interval.into(),
            step.into(),
            mode * 12 + above(tonic),
            usize::from(note.pitch.clamp(32, 95) - 32),
            ((pitch - self.mean).clamp(-12.0, 12.0) + 12.5) as usize,
            meter.place(at),
            meter.strength(at),
            at.div_euclid(meter.bar).rem_euclid(8) as usize,
            root,
            relation,
            since,
            (32 - self.heard.leading_zeros()).min(11) as usize,
            held,
            ((off * 5.0).round_ties_even() as i64 + 2).clamp(0, 4) as usize,
            usize::from(self.memory.agreement),
        ];
        self.shown.traits = traits.map(|value| value as f32);
        let column = |of: fn(&Candidate) -> u8| core::array::from_fn(|way| f32::from(of(&candidates[way])));
        self.shown.candidates = [column(|c| c.interval), column(|c| c.step), column(|c| c.quality)];
        for step in 1..=STEPS {
            let then = at + step as i64;
            self.shown.arrivals[0][step - 1] = meter.place(then) as f32;
            self.shown.arrivals[1][step - 1] = meter.strength(then) as f32;
        }
        self.last = Some(note);
        Some(&self.shown)
    }
}

/// The token from one note to the next: semitones + 24, and 16ths.
#[must_use]
pub fn token(from: Note, to: Note) -> (usize, usize) {
    let interval = (i32::from(to.pitch) - i32::from(from.pitch)).clamp(-24, 24) + 24;
    (interval as usize, sixteenths(to.onset - from.onset).clamp(1, STEPS as i64) as usize)
}

/// A duration in 16ths, 1 to 32; 0 where it is not known.
#[must_use]
pub fn held(duration: f64) -> usize {
    match duration.is_finite() {
        true => sixteenths(duration).clamp(1, STEPS as i64) as usize,
        false => 0,
    }
}

/// 16ths, half to even.
fn sixteenths(quarters: f64) -> i64 {
    (quarters * 4.0).round_ties_even() as i64
}

/// 16ths since something began in 15 numbers.
fn since(sixteenths: i64) -> usize {
    const ENDS: [i64; 14] = [0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48];
    ENDS.iter().filter(|&&end| sixteenths > end).count()
}

/// A metre as it is told.
struct Meter {
    class: usize,
    bar: i64,
    beat: i64,
}

impl Meter {
    fn of(setting: &Setting) -> Self {
        let (numerator, denominator) = (setting.meter.numerator, setting.meter.denominator.max(1));
        let known = METERS.iter().position(|&(n, d, ..)| (n, d) == (numerator, denominator));
        let class = known.unwrap_or(METERS.len() - 1);
        let bar = (16 * i64::from(numerator) / i64::from(denominator)).max(1);
        Self { class, bar, beat: METERS[class].3 }
    }

    fn place(&self, at: i64) -> usize {
        self.class * LONGEST as usize + at.rem_euclid(self.bar).min(LONGEST - 1) as usize
    }

    fn strength(&self, at: i64) -> usize {
        let at = at.rem_euclid(self.bar);
        let in_beat = at % self.beat;
        match () {
            () if at == 0 => 0,
            () if at * 2 == self.bar => 1,
            () if in_beat == 0 => 2,
            () if in_beat == 4 => 3,
            () if in_beat == 2 => 4,
            () => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::melody::{Chord, Meter as Told};
    use kmidi_music::{PitchClass, PitchClassSet};

    fn setting(up: i32) -> Setting {
        let tones = [0, 4, 7].map(|tone| PitchClass::new(tone + up));
        Setting {
            key: Some(kmidi_music::Key::from_pitch_class(PitchClass::new(up), kmidi_music::Mode::Major)),
            meter: Told { start: 0.0, numerator: 6, denominator: 8 },
            chord: Some(Chord {
                onset: 0.0,
                root: tones[0],
                set: tones.into_iter().collect::<PitchClassSet>(),
            }),
        }
    }

    const TUNE: [(f64, f64, u8); 6] =
        [(0.0, 0.5, 60), (1.0, 0.5, 64), (1.5, 0.5, 67), (2.0, 1.0, 65), (3.5, 0.5, 62), (4.0, 1.0, 60)];

    fn shown(tune: &[(f64, f64, u8)], setting: &Setting) -> Vec<Shown> {
        let mut encoder = Encoder::default();
        let notes = tune.iter().map(|&(onset, duration, pitch)| Note { onset, duration, pitch });
        notes.filter_map(|note| encoder.hear(note, setting).cloned()).collect()
    }

    #[test]
    fn a_tune_in_another_key_differs_in_its_pitch_alone() {
        let transposed = TUNE.map(|(onset, duration, pitch)| (onset, duration, pitch + 3));
        let (here, there) = (shown(&TUNE, &setting(0)), shown(&transposed, &setting(3)));
        for (mut here, there) in here.into_iter().zip(there) {
            assert_eq!(here.traits[3] + 3.0, there.traits[3]);
            here.traits[3] += 3.0;
            assert_eq!(here, there);
        }
        assert_ne!(shown(&TUNE, &setting(0)), shown(&TUNE, &setting(3)), "the key counts");
    }

    #[test]
    fn a_duration_is_shown_when_the_next_note_has_come_and_not_before() {
        let mut held = TUNE;
        held[2].1 = 0.25;
        let (here, there) = (shown(&TUNE, &setting(0)), shown(&held, &setting(0)));
        assert_eq!(here[..3], there[..3]);
        assert_eq!((here[3].traits[12], there[3].traits[12]), (2.0, 1.0));
    }

    #[test]
    fn every_number_is_within_its_table() {
        let mut state = 5_u64;
        let mut encoder = Encoder::default();
        // Knuth's linear congruential generator: from -size to size.
        let mut any = |size: f64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0) * size
        };
        for _ in 0..5000 {
            let mut at = setting(0);
            at.meter = Told {
                start: any(9.0),
                numerator: any(9.0).abs() as u32,
                denominator: any(9.0).abs() as u32,
            };
            let note = Note { onset: any(300.0), duration: any(9.0), pitch: any(255.0).abs() as u8 };
            let shown = encoder.hear(note, &at).expect("a finite time");
            assert!(
                shown.traits.iter().zip(TRAITS).all(|(&x, size)| x >= 0.0 && x < size as f32),
                "{shown:?}"
            );
            let sizes = [INTERVALS + 1, STEPS + 1, super::super::memory::QUALITIES];
            for (row, size) in shown.candidates.iter().zip(sizes) {
                assert!(row.iter().all(|&x| x >= 0.0 && x < size as f32), "{shown:?}");
            }
            for (row, size) in shown.arrivals.iter().zip([PLACES, STRENGTHS]) {
                assert!(row.iter().all(|&x| x >= 0.0 && x < size as f32), "{shown:?}");
            }
        }
        for onset in [f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(encoder.hear(Note { onset, duration: 1.0, pitch: 60 }, &setting(0)), None);
        }
    }

    #[test]
    fn a_jig_falls_on_its_beats() {
        let strengths: Vec<f32> = shown(&TUNE, &setting(0)).iter().map(|shown| shown.traits[6]).collect();
        assert_eq!(strengths, [0.0, 3.0, 1.0, 4.0, 4.0, 3.0]);
    }
}
