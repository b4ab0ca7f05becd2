//! What the composer is compared with: the models without rules, chains of order 2, shuffled pieces.

use super::{BARS, Change, Sheet, intent};
use crate::dice::{Dice, Stream};
use kmidi_engine::harmony::context::Family;
use kmidi_music::{Key, Mode, PitchClass, PitchClassSet, PitchName};
use kmidi_neural::chord::{Home, Metre};
use kmidi_neural::harmony::{Harmony, Heard, LENGTHS, Now};
use kmidi_neural::melody::{self, Melody, STEPS, Setting};
use std::collections::BTreeMap;

/// Quarter notes of a song.
const END: f64 = 4.0 * BARS as f64;
/// The lowest and the highest note of a tune that is drawn.
const RANGE: (i32, i32) = (55, 84);

/// A place drawn as often as its share says.
fn drawn(shares: &[f32], dice: &mut Dice) -> usize {
    let weights: Vec<u64> = shares.iter().map(|share| (f64::from(*share) * 1e9) as u64).collect();
    dice.weighted(&weights)
}

/// What the models say without any rule: each chord and its length drawn as the model of the next chord says, each note as the melody model says over those chords. A song is in major
/// where its feeling is glad, else in minor. No songs where the models did not come with the program.
#[must_use]
pub fn models(count: usize) -> Vec<Sheet> {
    let (Some(harmony), Some(tune)) = (kmidi_neural::shipped("harmony"), kmidi_neural::shipped("melody"))
    else {
        return Vec::new();
    };
    let (Ok(mut harmony), Ok(mut tune)) = (Harmony::new(harmony), Melody::new(tune)) else {
        return Vec::new();
    };
    let song = |number: u64| {
        let minor = intent(number).affect_at(0.0).valence < 0.0;
        let mut dice = Dice::new(number, Stream::Pieces, 2);
        let chords = progression(&mut harmony, minor, &mut dice);
        let melody = sung(&mut tune, minor, &chords, &mut dice);
        let chords = chords
            .iter()
            .map(|&(onset, duration, root, set)| Change {
                onset,
                duration,
                root,
                minor: set.contains(root + 3),
            })
            .collect();
        Sheet { id: format!("models, seed {number}"), tonic: PitchClass::new(0), minor, melody, chords }
    };
    (0..count as u64).map(song).collect()
}

type Chords = Vec<(f64, f64, PitchClass, PitchClassSet)>;

fn progression(model: &mut Harmony, minor: bool, dice: &mut Dice) -> Chords {
    model.reset();
    let home = Home { tonic: PitchClass::new(0), minor: Some(minor) };
    let (mut at, mut last, mut chords) = (0.0, None, Vec::new());
    while at < END {
        let now = Now { onset: at as f32, home, metre: Metre::new(0.0, 4, 4), melody: None };
        let expected = model.step(last.as_ref(), &now);
        let (token, length) = (drawn(&expected.chords, dice), drawn(&expected.lengths, dice));
        let (root, family) =
            (PitchClass::new((token / Family::COUNT) as i32), Family::ALL[token % Family::COUNT]);
        let set = tones(family).iter().map(|&semitones| root + semitones).collect();
        let duration = f64::from(LENGTHS[length]);
        chords.push((at, duration, root, set));
        last = Some(Heard { root, family, bass: root });
        at += duration;
    }
    chords
}

/// Semitones of a family above its root.
fn tones(family: Family) -> &'static [i32] {
    match family {
        Family::Major => &[0, 4, 7],
        Family::Minor => &[0, 3, 7],
        Family::Dominant => &[0, 4, 7, 10],
        Family::MajorSeventh => &[0, 4, 7, 11],
        Family::MinorSeventh => &[0, 3, 7, 10],
        Family::Diminished => &[0, 3, 6],
        Family::HalfDiminished => &[0, 3, 6, 10],
        Family::Augmented => &[0, 4, 8],
        _ => &[0, 5, 7],
    }
}

fn sung(model: &mut Melody, minor: bool, chords: &Chords, dice: &mut Dice) -> Vec<(f64, f64, u8)> {
    model.reset();
    let key = Key::new(PitchName::C, if minor { Mode::Minor } else { Mode::Major });
    let mut note = melody::Note { onset: 0.0, duration: 0.5, pitch: 67 };
    let mut tune = Vec::new();
    while note.onset < END {
        tune.push((note.onset, note.duration, note.pitch));
        let chord = chords[..chords.partition_point(|chord| chord.0 <= note.onset)].last();
        let setting = Setting {
            key: Some(key),
            meter: melody::Meter { start: 0.0, numerator: 4, denominator: 4 },
            chord: chord.map(|&(onset, _, root, set)| melody::Chord { onset, root, set }),
        };
        model.hear(note, &setting);
        let next = model.next();
        let step = drawn(&next.steps, dice);
        // What would leave the range is not there to be drawn.
        let inside =
            |interval: usize| (RANGE.0..=RANGE.1).contains(&(i32::from(note.pitch) + interval as i32 - 24));
        let shares: Vec<f32> = next.intervals[step]
            .iter()
            .enumerate()
            .map(|(interval, &share)| if inside(interval) { share } else { 0.0 })
            .collect();
        let interval = drawn(&shares, dice) as i32 - 24;
        let duration = 1 + drawn(&next.durations[step], dice);
        note = melody::Note {
            onset: note.onset + (step + 1) as f64 / 4.0,
            duration: duration as f64 / 4.0,
            pitch: (i32::from(note.pitch) + interval).clamp(RANGE.0, RANGE.1) as u8,
        };
    }
    tune
}

/// What follows two tokens, and what two tokens may start with.
type Table<T> = BTreeMap<Vec<T>, Vec<(T, f64)>>;

/// Chains of order 2 counted on pieces. A token of the tune is an interval and a step in 16ths, as `kmidi eval next-note` counts them; `keyed`: a pitch above the tonic and a
/// step, counted for major and minor apart. A token of the chords is root above the tonic and minor or not. The length of a note or chord is drawn from those that the
/// token had there. Songs are in major and minor as often as the pieces are.
#[must_use]
pub fn markov(pieces: &[Sheet], count: usize, keyed: bool) -> Vec<Sheet> {
    let mut tunes: [Table<(i32, u32)>; 2] = Default::default();
    let mut rows: [Table<(i32, u32)>; 2] = Default::default();
    for piece in pieces {
        let tonic = i32::from(piece.tonic.value());
        let from = |pair: &[(f64, f64, u8)]| if keyed { tonic } else { i32::from(pair[0].2) };
        let steps = |pair: &[(f64, f64, u8)]| {
            libm::round(4.0 * (pair[1].0 - pair[0].0)).clamp(1.0, STEPS as f64) as u32
        };
        let notes = piece.melody.windows(2);
        let notes = notes.map(|pair| ((i32::from(pair[1].2) - from(pair), steps(pair)), pair[1].1));
        learn(&mut tunes[usize::from(keyed && piece.minor)], notes);
        let chords = piece
            .chords
            .iter()
            .map(|c| ((i32::from(c.root.above(piece.tonic)), u32::from(c.minor)), c.duration));
        learn(&mut rows[usize::from(piece.minor)], chords);
    }
    let song = |number: u64| {
        let mut dice = Dice::new(number, Stream::Pieces, 3);
        let minor = pieces[dice.below(pieces.len() as u32) as usize].minor;
        let (mut melody, mut at, mut pitch) = (Vec::new(), 0.0, 67);
        let mut past = Vec::new();
        while at < END {
            let ((interval, step), duration) =
                next(&tunes[usize::from(keyed && minor)], &mut past, &mut dice);
            at += f64::from(step) / 4.0;
            pitch = if keyed { interval } else { pitch + interval };
            // A tune that leaves the range comes back an octave away.
            while !keyed && pitch > RANGE.1 {
                pitch -= 12;
            }
            while !keyed && pitch < RANGE.0 {
                pitch += 12;
            }
            melody.push((at, duration, pitch.clamp(0, 127) as u8));
        }
        let (mut chords, mut onset) = (Vec::new(), 0.0);
        past.clear();
        while onset < END {
            let ((root, third), duration) = next(&rows[usize::from(minor)], &mut past, &mut dice);
            chords.push(Change { onset, duration, root: PitchClass::new(root), minor: third == 1 });
            onset += duration.max(0.25);
        }
        Sheet { id: format!("chain, seed {number}"), tonic: PitchClass::new(0), minor, melody, chords }
    };
    match pieces.is_empty() {
        true => Vec::new(),
        false => (0..count as u64).map(song).collect(),
    }
}

fn learn(table: &mut Table<(i32, u32)>, tokens: impl Iterator<Item = ((i32, u32), f64)>) {
    let mut past = Vec::new();
    for (token, length) in tokens {
        table.entry(past.clone()).or_default().push((token, length));
        past.push(token);
        if past.len() > 2 {
            past.remove(0);
        }
    }
}

/// The next token: drawn from what followed the last two, or a new start where nothing did.
fn next(table: &Table<(i32, u32)>, past: &mut Vec<(i32, u32)>, dice: &mut Dice) -> ((i32, u32), f64) {
    if !table.contains_key(past) {
        past.clear();
    }
    let known = table.get(past).map_or(&[][..], Vec::as_slice);
    let token = known.get(dice.below(known.len() as u32) as usize).copied().unwrap_or(((0, 4), 1.0));
    past.push(token.0);
    if past.len() > 2 {
        past.remove(0);
    }
    token
}

/// Pieces, each with its pitches, its steps between onsets, its lengths and its chords in another order.
#[must_use]
pub fn shuffled(pieces: &[Sheet], count: usize) -> Vec<Sheet> {
    let song = |number: usize| {
        let mut dice = Dice::new(number as u64, Stream::Pieces, 4);
        let piece = &pieces[number * pieces.len() / count.max(1) % pieces.len()];
        let mut steps: Vec<f64> = piece.melody.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        let mut pitches: Vec<u8> = piece.melody.iter().map(|note| note.2).collect();
        let mut lengths: Vec<f64> = piece.melody.iter().map(|note| note.1).collect();
        shuffle(&mut steps, &mut dice);
        shuffle(&mut pitches, &mut dice);
        shuffle(&mut lengths, &mut dice);
        let mut at = piece.melody.first().map_or(0.0, |note| note.0);
        let mut melody = Vec::with_capacity(pitches.len());
        for (k, (&pitch, &length)) in pitches.iter().zip(&lengths).enumerate() {
            melody.push((at, length, pitch));
            at += steps.get(k).copied().unwrap_or(0.0);
        }
        let mut kinds: Vec<(PitchClass, bool)> = piece.chords.iter().map(|c| (c.root, c.minor)).collect();
        shuffle(&mut kinds, &mut dice);
        let chords = piece.chords.iter().zip(kinds).map(|(c, (root, minor))| Change { root, minor, ..*c });
        Sheet { melody, chords: chords.collect(), ..piece.clone() }
    };
    match pieces.is_empty() {
        true => Vec::new(),
        false => (0..count).map(song).collect(),
    }
}

/// Another order, every one as likely (Fisher and Yates 1938).
fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for last in (1..list.len()).rev() {
        list.swap(last, dice.below(last as u32 + 1) as usize);
    }
}
