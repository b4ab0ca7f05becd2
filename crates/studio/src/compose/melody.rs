//! The line: which pitches carry the themes over the chords.
//!
//! Each section is solved whole by dynamic programming over pairs of notes. The costs are the regularities of sung
//! melody that Huron (2006, "Sweet Anticipation", chapter 5) and Temperley (2008, "A probabilistic model of melody
//! perception") measure: small intervals, chord tones where the metre is strong, non-chord tones reached and left by
//! step, leaps that turn back, a middle register, one highest point. The contour of the theme pulls every interval, so
//! that the motif stays itself wherever the chords put it.

use super::theme::Rhythm;
use kmidi_music::{Chord, Key, PitchName};

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
}

/// Semitones of the letters C to B above C.
const NATURAL: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
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
        Self { low, high, first, rungs, scale, tonic: i32::from(key.tonic.pitch_class().value()) }
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
    pub(super) fn solve(&self, slots: &[Slot], chords: &[Chord], seams: &Seams, jitter: &[u8]) -> Vec<u8> {
        let n = self.rungs;
        let ladder: Vec<Rungs> = chords.iter().map(|c| self.rungs(c)).collect();
        let top = self.top(slots, &ladder);
        let at = |k: usize| &ladder[slots[k].chord];
        let alone = |k: usize, i: usize| self.alone(&slots[k], at(k), i, top, jitter);
        if slots.is_empty() {
            return Vec::new();
        }
        // cost[p * n + c]: the cheapest way to end with rungs p, c. The first note counts as its own predecessor.
        let mut cost = vec![NEVER; n * n];
        for c in 0..n {
            cost[c * n + c] = alone(0, c) + seams.leap(0, at(0).pitch[c]);
        }
        let mut back: Vec<Vec<u8>> = Vec::with_capacity(slots.len());
        for (k, slot) in slots.iter().enumerate().skip(1) {
            let (here, there) = (at(k - 1), at(k));
            let mut next = vec![i32::MAX / 2; n * n];
            let mut from = vec![0u8; n * n];
            for c in 0..n {
                let own = alone(k, c);
                for p in 0..n {
                    let pair = own + self.pair(slot, (here, p), (there, c));
                    for o in 0..n {
                        let turn =
                            if k == 1 { 0 } else { turn(p as i32 - o as i32, c as i32 - p as i32, slot) };
                        let total = cost[o * n + p].saturating_add(pair + turn);
                        if total < next[p * n + c] {
                            next[p * n + c] = total;
                            from[p * n + c] = o as u8;
                        }
                    }
                }
            }
            cost = next;
            back.push(from);
        }
        let end = slots.len() - 1;
        let last = |s: usize| cost[s].saturating_add(seams.leap(1, at(end).pitch[s % n]));
        let mut state = (0..n * n).min_by_key(|&s| last(s)).unwrap_or(0);
        let mut notes = vec![0u8; slots.len()];
        for k in (0..slots.len()).rev() {
            let (p, c) = (state / n, state % n);
            notes[k] = at(k).pitch[c].clamp(0, 127) as u8;
            if k > 0 {
                state = usize::from(back[k - 1][state]) * n + p;
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
            (0, true) => 2_000,
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
        let middle = (self.low + self.high) as f32 / 2.0;
        let off = (pitch as f32 - middle) / 12.0 * 7.0 - slot.height;
        cost + (1.1 * off * off) as i32 + i32::from(jitter[(slot.taste * 7 + i) % jitter.len().max(1)])
    }

    fn pair(&self, slot: &Slot, (here, p): (&Rungs, usize), (there, c): (&Rungs, usize)) -> i32 {
        let steps = c as i32 - p as i32;
        let semitones = there.pitch[c] - here.pitch[p];
        let mut cost = match semitones.abs() {
            0 if steps == 0 => 24,
            0 => 200,
            1 | 2 => 0,
            3 | 4 => {
                if steps.abs() == 1 {
                    250
                } else {
                    7
                }
            }
            5 => 12,
            6 => 120,
            7 => 20,
            8 | 9 => 45,
            10 | 11 => 150,
            12 => 70,
            _ => 3_000,
        };
        // Non-chord tones come and go by step.
        if (here.degree[p] == 0 || there.degree[c] == 0) && steps.abs() > 1 {
            cost += 260;
        }
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
                let against = if steps.signum() * wish.signum() < 0 { 30 } else { 0 };
                let kept = if wish == 0 && steps == 0 { -20 } else { 0 };
                cost + 20 * off + against + kept
            }
            None => cost,
        }
    }
}

/// What it costs to go on by `second` after `first` steps: leaps turn back by step.
fn turn(first: i32, second: i32, slot: &Slot) -> i32 {
    let free = if slot.wish.is_none() { 2 } else { 1 };
    match (first.abs(), second.abs()) {
        (0, 0) => 30,
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
