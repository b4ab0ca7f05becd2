//! What the network of the next chord is shown: the last chord, the place, the melody so far, and what the piece itself did before.

use super::{Heard, Now};
use crate::chord::{Metre, PLACE, SLACK, TOKENS, Writer, shares, token};
use kmidi_engine::harmony::context::Family;
use kmidi_kernels::math;
use kmidi_music::PitchClass;

/// Numbers about the chord, the place and the melody.
pub const CONTEXT: usize = 3 + 2 * (12 + Family::COUNT + 1) + 12 + 9 + PLACE + 1 + 37 + ORDERS.len() * 2 + 1;
/// Numbers that the memory of the piece holds about one candidate.
pub const MEMORY: usize = ORDERS.len() + 1 + 1 + LAGS.len() + 2;
/// How many candidates the memory speaks of: those heard last.
pub const SLOTS: usize = 24;

/// Lengths of the row of chords that must agree.
const ORDERS: [usize; 7] = [0, 1, 2, 3, 4, 6, 9];
/// Bars back to the same place.
const LAGS: [f32; 4] = [2.0, 4.0, 8.0, 16.0];
/// Changes that are remembered; when they are full, the older half is forgotten.
const REMEMBERED: usize = 512;

#[derive(Debug, Clone, Copy)]
struct Past {
    token: usize,
    onset: f32,
    root: PitchClass,
    family: Family,
    bass: PitchClass,
}

/// Follows a piece and fills the network's inputs.
///
/// # Real-time safety
///
/// [`new`](Self::new) allocates; [`reset`](Self::reset) and [`step`](Self::step) do not, and their time is bounded.
#[derive(Debug, Clone)]
pub struct Encoder {
    past: Vec<Past>,
    /// For each change but the first, how many changes before it agree with the last ones.
    agree: Vec<usize>,
    last_now: Option<(PitchClass, f32)>,
    heard: usize,
    /// The numbers about chord, place and melody.
    pub context: [f32; CONTEXT],
    /// What is remembered of each candidate, a row a slot; and which candidate it is ([`TOKENS`]: none).
    pub memory: [[f32; MEMORY]; SLOTS],
    /// The candidates of the slots, the latest heard first.
    pub slots: [usize; SLOTS],
    /// The last chord above the tonic now in force; [`TOKENS`] before the first.
    pub last: usize,
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoder {
    /// Allocates what it remembers.
    #[must_use]
    pub fn new() -> Self {
        Self {
            past: Vec::with_capacity(REMEMBERED),
            agree: Vec::with_capacity(REMEMBERED),
            last_now: None,
            heard: 0,
            context: [0.0; CONTEXT],
            memory: [[0.0; MEMORY]; SLOTS],
            slots: [TOKENS; SLOTS],
            last: TOKENS,
        }
    }

    /// Forgets the piece.
    pub fn reset(&mut self) {
        self.past.clear();
        self.last_now = None;
        self.heard = 0;
    }

    /// Corrects the place of the chord that will be heard next.
    pub fn place(&mut self, now: &Now<'_>) {
        if now.onset.is_finite() {
            self.last_now = Some((now.home.tonic, now.onset));
        }
    }

    /// Hears what stood at the last `now` (nothing, at the start of a piece), and looks at the next place.
    pub fn step(&mut self, heard: Option<&Heard>, now: &Now<'_>) {
        let onset = if now.onset.is_finite() { now.onset } else { self.last_now.map_or(0.0, |last| last.1) };
        if let (Some(heard), Some((tonic, from))) = (heard, self.last_now) {
            if self.past.len() == REMEMBERED {
                self.past.drain(..REMEMBERED / 2);
            }
            self.past.push(Past {
                token: token(heard.root, heard.family, tonic),
                onset: from,
                root: heard.root,
                family: heard.family,
                bass: heard.bass,
            });
            self.heard += 1;
        }
        self.last_now = Some((now.home.tonic, onset));
        self.last = self.past.last().map_or(TOKENS, |past| token(past.root, past.family, now.home.tonic));
        self.remember(onset, now.metre);
        self.look(onset, now);
    }

    /// Fills the slots, and leaves in `agree` how long each earlier row agrees.
    fn remember(&mut self, onset: f32, metre: Metre) {
        self.slots.fill(TOKENS);
        self.memory = [[0.0; MEMORY]; SLOTS];
        self.agree.clear();
        let past = &self.past;
        let Some(last) = past.last() else { return };
        let mut filled = 0;
        for change in past.iter().rev() {
            if !self.slots[..filled].contains(&change.token) && filled < SLOTS {
                self.slots[filled] = change.token;
                filled += 1;
            }
        }
        let longest = ORDERS[ORDERS.len() - 1];
        let length = past.len();
        for follower in 1..length {
            let most = follower.min(longest);
            let equal =
                (1..=most).take_while(|&back| past[follower - back].token == past[length - back].token);
            self.agree.push(equal.count());
        }
        let (slots, memory) = (&self.slots, &mut self.memory);
        let slot = |wanted: usize| slots.iter().position(|&token| token == wanted);
        for (place, order) in ORDERS.into_iter().enumerate() {
            let all = self.agree.iter().filter(|&&agree| agree >= order).count().max(1) as f32;
            for (index, _) in self.agree.iter().enumerate().filter(|(_, agree)| **agree >= order) {
                if let Some(slot) = slot(past[index + 1].token) {
                    memory[slot][place] += 1.0 / all;
                }
            }
        }
        let mut column = ORDERS.len();
        let best = self.agree.iter().copied().max().unwrap_or(0);
        let latest = self.agree.iter().rposition(|&agree| agree == best && best > 0);
        if let Some(slot) = latest.and_then(|index| slot(past[index + 1].token)) {
            memory[slot][column] = 1.0;
        }
        column += 1;
        // Those that came after the same chord of the same length.
        let lasted = onset - last.onset;
        let same = |index: &usize| {
            let before = &past[*index];
            self.agree[*index] > 0 && (past[index + 1].onset - before.onset - lasted).abs() < 0.1
        };
        let all = (0..self.agree.len()).filter(same).count().max(1) as f32;
        for index in (0..self.agree.len()).filter(same) {
            if let Some(slot) = slot(past[index + 1].token) {
                memory[slot][column] += 1.0 / all;
            }
        }
        column += 1;
        for lag in LAGS {
            let then = onset - lag * metre.bar;
            let sounded = past.iter().rev().find(|change| change.onset <= then + SLACK);
            if let Some((slot, change)) = sounded.and_then(|change| Some((slot(change.token)?, change))) {
                memory[slot][column] = if change.onset >= then - SLACK { 1.0 } else { 0.3 };
            }
            column += 1;
        }
        for (rank, memory) in memory[..filled].iter_mut().enumerate() {
            memory[column] = 1.0 / (1.0 + rank as f32);
            memory[column + 1] = f32::from(u8::from(rank == 0));
        }
    }

    fn look(&mut self, onset: f32, now: &Now<'_>) {
        let mut write = Writer::new(&mut self.context);
        write.mode(now.home);
        for back in 1..=2 {
            let past = self.past.len().checked_sub(back).map(|index| &self.past[index]);
            write.one_of(12, past.map(|past| past.root.above(now.home.tonic).into()));
            write.one_of(Family::COUNT, past.map(|past| past.family.index()));
            write.number(f32::from(u8::from(past.is_none())));
        }
        let last = self.past.last();
        write.one_of(12, last.map(|past| past.bass.above(past.root).into()));
        let lasted = last.map(|past| onset - past.onset);
        let class = |lasted: f32| {
            [0.75, 1.25, 1.75, 2.5, 3.5, 5.0, 7.0, 10.0].iter().filter(|&&edge| lasted > edge).count()
        };
        write.one_of(9, lasted.map(class));
        write.place(now.metre, onset);
        write.number(math::ln(1.0 + self.heard as f32) / 5.0);
        melody(&mut write, onset, now);
        for order in ORDERS {
            let found = self.agree.iter().filter(|&&agree| agree >= order).count();
            write.number(f32::from(u8::from(found > 0)));
            write.number(math::ln(1.0 + found as f32) / 4.0);
        }
        write.number(self.agree.iter().copied().max().unwrap_or(0) as f32 / 9.0);
        debug_assert_eq!(write.written(), CONTEXT);
    }
}

/// Whether there is a melody; pitch classes of the last two quarters and the last bars; the last note. Notes not yet begun do not count.
fn melody(write: &mut Writer<'_>, onset: f32, now: &Now<'_>) {
    let mut spans = [[0.0; 12]; 2];
    let mut latest: Option<(f32, usize)> = None;
    for note in now.melody.unwrap_or_default() {
        let is_time = note.onset.is_finite() && note.duration.is_finite();
        if !is_time || note.onset >= onset - SLACK || note.duration <= 0.0 {
            continue;
        }
        let class = usize::from(PitchClass::new(note.pitch.into()).above(now.home.tonic));
        for (span, back) in spans.iter_mut().zip([2.0, 8.0]) {
            let sounds = (note.onset + note.duration).min(onset) - note.onset.max(onset - back);
            span[class] += sounds.max(0.0);
        }
        if latest.is_none_or(|latest| note.onset >= latest.0) && note.onset > onset - 8.0 {
            latest = Some((note.onset, class));
        }
    }
    write.number(f32::from(u8::from(now.melody.is_some())));
    spans.into_iter().for_each(|span| write.all(&shares(span)));
    write.one_of(12, latest.map(|latest| latest.1));
}
