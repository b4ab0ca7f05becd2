//! The line: which pitches carry the themes over the chords.
//!
//! Each section is solved whole by dynamic programming over pairs of notes. The costs are the regularities of sung
//! melody that Huron (2006, "Sweet Anticipation", chapter 5) and Temperley (2008, "A probabilistic model of melody
//! perception") measure: small intervals, chord tones where the metre is strong, non-chord tones reached and left by
//! step, leaps that turn back, a middle register, one highest point. The contour of the theme pulls every interval, so
//! that the motif stays itself wherever the chords put it.

use super::theme::Rhythm;
use super::usual::surprise;
use kmidi_music::{Chord, Key, Mode, PitchName};

/// A note to be found.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// Ticks from the start of the piece.
    pub(super) onset: u64,
    pub(super) duration: u64,
    /// The chord that sounds, as a place in the list given to [`Line::solve`].
    pub(super) chord: usize,
    /// Starts a group of the bar.
    pub(super) strong: bool,
    /// Scale steps that the theme makes from the note before.
    pub(super) wish: Option<i32>,
    /// What the note must do.
    pub(super) goal: Goal,
    /// Where the line should be, in scale steps around the middle of the range.
    pub(super) height: f32,
    /// Which jitter applies: notes of one idea have the same.
    pub(super) taste: usize,
}

/// What stands before and after the notes to be found, as MIDI notes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seams {
    pub(super) before: Option<i32>,
    pub(super) after: Option<i32>,
    /// Where the line was cut open it goes on by step.
    pub(super) tight: [bool; 2],
}

impl Seams {
    /// A line that goes on after a note, as a new section does.
    pub(super) fn after(before: Option<i32>) -> Self {
        Self { before, after: None, tight: [false; 2] }
    }

    /// What the way over a seam costs.
    fn leap(&self, side: usize, pitch: i32) -> i32 {
        let Some(other) = [self.before, self.after][side] else { return 0 };
        match ((pitch - other).abs(), self.tight[side]) {
            (semitones @ 0..=12, true) => 400 * (semitones - 2).max(0) + 4 * semitones,
            (semitones @ 0..=12, false) => 3 * (semitones - 5).max(0),
            (_, true) => 6_000,
            (_, false) => 3_000,
        }
    }
}

/// What a note must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// Nothing special.
    Free,
    /// Rest on the chord: its fifth, root or third.
    Ask,
    /// Close on the chord: its root, or its third.
    Answer,
    /// End the piece on the chord's root.
    End,
    /// Be the highest note of the section.
    Climax,
}

/// Who hears a line while it is found, and says what it thinks of what may come next.
pub(super) trait Listener {
    /// What a MIDI note costs at a slot, after the notes heard so far.
    fn cost(&self, slot: &Slot, pitch: i32) -> i32;
    /// The note that was chosen for a slot.
    fn hear(&mut self, slot: &Slot, pitch: u8);
}

/// The notes of a key in a range, as steps on a ladder; a chord may alter its rungs.
#[derive(Debug)]
pub(super) struct Line {
    low: i32,
    high: i32,
    /// The lowest rung, counted in letters from C of octave -1.
    first: i32,
    rungs: usize,
    scale: [i32; 7],
    tonic: i32,
    mode: Mode,
}

/// Semitones of the letters C to B above C.
const NATURAL: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
/// What a note costs for each nat by which it is less usual in its key than the most usual one.
const UNUSUAL: f32 = 12.0;
/// What only happens when nothing else is possible.
const NEVER: i32 = 100_000;

/// A chord on the ladder.
#[derive(Debug)]
struct Rungs {
    /// MIDI note of each rung while the chord sounds.
    pitch: Vec<i32>,
    /// Place of each rung in the chord: 0 none, else the degree's number.
    degree: Vec<u8>,
}

fn letter(name: PitchName) -> usize {
    "CDEFGAB".find(name.letter()).unwrap_or(0)
}

impl Line {
    /// The ladder of `key` between two MIDI notes.
    pub(super) fn new(key: Key, low: i32, high: i32) -> Self {
        let mut scale = NATURAL;
        for name in (1..=7).map(|n| key.degree(n)) {
            scale[letter(name)] = NATURAL[letter(name)] + i32::from(name.alteration());
        }
        // Seven letters to twelve semitones, and room for alterations at both ends.
        let first = (7 * (low - 2)).div_euclid(12);
        let rungs = ((7 * (high + 2)).div_euclid(12) + 2 - first).max(1) as usize;
        Self {
            low,
            high,
            first,
            rungs,
            scale,
            tonic: i32::from(key.tonic.pitch_class().value()),
            mode: key.mode,
        }
    }

    fn rungs(&self, chord: &Chord) -> Rungs {
        let (mut scale, mut degrees) = (self.scale, [0; 7]);
        for degree in chord.degrees().iter() {
            let name = chord.root + degree.interval();
            scale[letter(name)] = NATURAL[letter(name)] + i32::from(name.alteration());
            degrees[letter(name)] = degree.number;
        }
        let rung = |i: usize| {
            let place = self.first + i as i32;
            (place.div_euclid(7), place.rem_euclid(7) as usize)
        };
        let pitch = (0..self.rungs).map(|i| 12 * rung(i).0 + scale[rung(i).1]).collect();
        let degree = (0..self.rungs).map(|i| degrees[rung(i).1]).collect();
        Rungs { pitch, degree }
    }

    /// Finds the notes between `seams`; `jitter` is small and random, so that equal choices
    /// fall differently by seed. Gives one MIDI note a slot.
    ///
    /// What each choice costs further on is known exactly before the first note is chosen; the choices are then made from the first note to the last, so that `listener`, who hears
    /// the notes before, can have its say at each. Without one the line is the cheapest of all.
    pub(super) fn solve(
        &self,
        slots: &[Slot],
        chords: &[Chord],
        seams: &Seams,
        jitter: &[u8],
        mut listener: Option<&mut dyn Listener>,
    ) -> Vec<u8> {
        let n = self.rungs;
        let ladder: Vec<Rungs> = chords.iter().map(|c| self.rungs(c)).collect();
        let top = self.top(slots, &ladder);
        let at = |k: usize| &ladder[slots[k].chord];
        if slots.is_empty() {
            return Vec::new();
        }
        let alone: Vec<Vec<i32>> = (0..slots.len())
            .map(|k| (0..n).map(|i| self.alone(&slots[k], at(k), i, top, jitter)).collect())
            .collect();
        // What each step after each other costs: steps from 1 - n to n - 1, a row for each first one. Where a pitch is wished for, turns cost otherwise.
        let steps = 2 * n - 1;
        let turns = [false, true].map(|wished| -> Vec<i32> {
            let steps = 1 - n as i32..n as i32;
            steps
                .clone()
                .flat_map(|first| steps.clone().map(move |second| turn(first, second, wished)))
                .collect()
        });
        // What it costs to go on from rung c to each, by the rung before it.
        let onward = |k: usize, p: usize, c: usize| {
            let row = (c + n - 1 - p) * steps + n - 1 - c;
            &turns[usize::from(slots[k].wish.is_some())][row..row + n]
        };
        // ahead[k][p * n + c]: the cheapest way on from rungs p, c at slots k - 1, k. The first note counts as its own predecessor.
        let end = slots.len() - 1;
        let mut ahead = vec![vec![i32::MAX / 2; n * n]; slots.len()];
        for (s, cost) in ahead[end].iter_mut().enumerate() {
            *cost = seams.leap(1, at(end).pitch[s % n]);
        }
        for k in (1..slots.len()).rev() {
            // All that does not depend on the rung before the last.
            let ways: Vec<i32> = (0..n * n)
                .map(|s| {
                    self.pair(&slots[k], (at(k - 1), s / n), (at(k), s % n)) + alone[k][s % n] + ahead[k][s]
                })
                .collect();
            for p in 0..n {
                for c in 0..n {
                    let ways = &ways[c * n..][..n];
                    // The first note has none before it, and turns from nothing.
                    ahead[k - 1][p * n + c] = match k {
                        1 => ways.iter().copied().fold(i32::MAX, i32::min),
                        _ => ways
                            .iter()
                            .zip(onward(k, p, c))
                            .fold(i32::MAX, |least, (way, turn)| least.min(way + turn)),
                    };
                }
            }
        }
        let mut notes: Vec<u8> = Vec::with_capacity(slots.len());
        let (mut p, mut c) = (0, 0);
        for (k, slot) in slots.iter().enumerate() {
            let mut best = (i32::MAX, 0);
            for d in 0..n {
                let own = match k {
                    0 => alone[0][d].saturating_add(seams.leap(0, at(0).pitch[d])),
                    _ => {
                        let turn = if k == 1 { 0 } else { onward(k, p, c)[d] };
                        alone[k][d].saturating_add(self.pair(slot, (at(k - 1), c), (at(k), d)) + turn)
                    }
                };
                let before = if k == 0 { d } else { c };
                let said = listener.as_ref().map_or(0, |says| says.cost(slot, at(k).pitch[d]));
                let cost = own.saturating_add(ahead[k][before * n + d]).saturating_add(said);
                if cost < best.0 {
                    best = (cost, d);
                }
            }
            (p, c) = (if k == 0 { best.1 } else { c }, best.1);
            let pitch = at(k).pitch[c].clamp(0, 127) as u8;
            notes.push(pitch);
            if let Some(says) = &mut listener {
                says.hear(slot, pitch);
            }
        }
        notes
    }

    /// The rung of the climax, if there is one: the highest chord tone that its slot can reach.
    fn top(&self, slots: &[Slot], ladder: &[Rungs]) -> Option<usize> {
        let climax = slots.iter().find(|s| s.goal == Goal::Climax)?;
        let rungs = &ladder[climax.chord];
        (0..self.rungs)
            .rev()
            .find(|&i| rungs.degree[i] > 0 && rungs.pitch[i] <= self.high - self.reserve(climax))
    }

    /// Semitones that a section keeps below the top of the range: quieter sections do not use it up.
    fn reserve(&self, climax: &Slot) -> i32 {
        (3.0 - climax.height).clamp(0.0, 5.0) as i32
    }

    fn alone(&self, slot: &Slot, rungs: &Rungs, i: usize, top: Option<usize>, jitter: &[u8]) -> i32 {
        let (pitch, degree) = (rungs.pitch[i], rungs.degree[i]);
        if !(self.low..=self.high).contains(&pitch) {
            return NEVER;
        }
        let mut cost = match (degree, slot.strong) {
            // A phrase rests on the chord and nothing else.
            (0, true) if matches!(slot.goal, Goal::Ask | Goal::Answer | Goal::End) => 2_000,
            // An appoggiatura.
            (0, true) => 28,
            (0, false) => 14,
            (7 | 9.., true) => 18,
            _ => 0,
        };
        // A long note off the beat is heard as an accent too.
        if degree == 0 && slot.duration >= 480 {
            cost += 120;
        }
        cost += match (slot.goal, degree) {
            (Goal::Ask, 5) | (Goal::Answer | Goal::End, 1) | (Goal::Free | Goal::Climax, _) => 0,
            (Goal::Ask, 1 | 3) => 14,
            (Goal::Answer, 3) => 45,
            (Goal::Answer, 5) => 160,
            (Goal::End, _) => NEVER / 2,
            _ => 1_500,
        };
        match (slot.goal == Goal::Climax, top) {
            (true, Some(top)) if i != top => cost += 5_000,
            (false, Some(top)) if i >= top => cost += 5_000,
            _ => {}
        }
        cost += (UNUSUAL * surprise(self.mode, pitch - self.tonic)) as i32;
        let middle = (self.low + self.high) as f32 / 2.0;
        let off = (pitch as f32 - middle) / 12.0 * 7.0 - slot.height;
        cost + (1.1 * off * off) as i32 + i32::from(jitter[(slot.taste * 31 + i) % jitter.len().max(1)])
    }

    fn pair(&self, slot: &Slot, (here, p): (&Rungs, usize), (there, c): (&Rungs, usize)) -> i32 {
        let steps = c as i32 - p as i32;
        let semitones = there.pitch[c] - here.pitch[p];
        let mut cost = match semitones.abs() {
            0 if steps == 0 => 22,
            0 => 200,
            1 | 2 => 12,
            3 | 4 => {
                if steps.abs() == 1 {
                    250
                } else if semitones.abs() == 3 {
                    16
                } else {
                    36
                }
            }
            5 => 0,
            6 => 120,
            7 => 4,
            8 | 9 => 22,
            10 | 11 => 150,
            12 => 24,
            _ => 3_000,
        };
        // Non-chord tones come and go by step; over weak notes a third is often sung all the same.
        let foreign = (here.degree[p] == 0 || there.degree[c] == 0) && steps.abs() > 1;
        let apart = match (foreign, steps.abs() == 2 && !slot.strong) {
            (false, _) => 0,
            (true, true) => 40,
            (true, false) => 260,
        };
        // The leading note of a dominant rises to the tonic.
        if (here.pitch[p] - self.tonic).rem_euclid(12) == 11
            && here.degree[p] == 3
            && there.degree[c] == 1
            && steps != 1
        {
            cost += 25;
        }
        match slot.wish {
            Some(wish) => {
                let off = (steps - wish).abs().min(5);
                // What the theme asks for is not held against it, as long as it can be sung.
                let cost = if off == 0 { cost.min(20) } else { cost };
                let against = if steps.signum() * wish.signum() < 0 { 30 } else { 0 };
                let kept = if wish == 0 && steps == 0 { -17 } else { 0 };
                cost + apart + 30 * off + against + kept
            }
            None => cost + apart,
        }
    }
}

/// What it costs to go on by `second` after `first` steps: leaps turn back by step.
fn turn(first: i32, second: i32, wished: bool) -> i32 {
    let free = if wished { 1 } else { 2 };
    match (first.abs(), second.abs()) {
        (0, 0) => 28,
        (3.., 3..) if first.signum() == second.signum() => 130,
        (3.., 3..) => 45,
        (3.., _) if second == 0 => 12 / free,
        (3.., _) if first.signum() == second.signum() => 70 / free,
        (3.., 2) => 12,
        (2, 2..) if first.signum() == second.signum() => 14,
        _ => 0,
    }
}

/// Where the note that ends a phrase starts in its bar, and the notes that lead to it: the first `lead` ticks of
/// `rhythm`, then one note.
pub(super) fn cadence(rhythm: &Rhythm, lead: u64, bar: u64) -> Rhythm {
    let mut notes: Rhythm = rhythm.iter().copied().filter(|n| n.0 < lead).collect();
    if let Some(last) = notes.last_mut() {
        last.1 = last.1.min(lead - last.0);
    }
    notes.push((lead, bar - lead));
    notes
}
