//! What the piece itself says comes next: places where it went as it goes now, and what stood whole bars ago.
//!
//! Songs repeat. A network that must find the repetition by attention alone needs far more data than there is; here the matches of
//! the last notes with earlier ones are kept up note by note (the longest-suffix matching of variable-order models: Cleary and
//! Witten 1984, Conklin and Witten 1995), and what followed them is handed to the network, which learns how far to trust each.

use super::{INTERVALS, STEPS};

/// What may come next, by one way of looking back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Candidate {
    /// Semitones + 24, or [`INTERVALS`] for none.
    pub(crate) interval: u8,
    /// 16ths, or 0 for none.
    pub(crate) step: u8,
    /// How well the past fits: 0 none, below 16.
    pub(crate) quality: u8,
}

const NONE: Candidate = Candidate { interval: INTERVALS as u8, step: 0, quality: 0 };

/// Ways of looking back: the longest match and the next two that went elsewhere, the longest of the tune and of the rhythm alone, and one for
/// each of [`BARS`].
pub(crate) const WAYS: usize = 5 + BARS.len();

/// Bars back at the same place of the bar.
const BARS: [i64; 5] = [1, 2, 4, 8, 16];

/// Numbers of [`Candidate::quality`], rows of the network's table.
#[cfg(test)]
pub(crate) const QUALITIES: usize = 16;

/// Notes that are remembered: at least so many, at most twice.
const NOTES: usize = 1024;

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// 16ths from the start of the metre, rounded.
    at: i64,
    pitch: i16,
    /// The token from the note before to this one.
    interval: u8,
    step: u8,
    /// How many tokens up to here equal the last ones: both parts, intervals alone, steps alone.
    both: u16,
    tune: u16,
    rhythm: u16,
}

/// The notes so far. Takes all its memory when it is made.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    entries: Vec<Entry>,
    /// Of the places that went as the last two tokens: how many go on as the best match does, in fifths; 0 where there are none.
    pub(crate) agreement: u8,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::with_capacity(2 * NOTES), agreement: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.agreement = 0;
    }

    /// Adds a note at `at`, reached by a token (no matter which for the first), and says what may come next in a metre of `bar` 16ths.
    pub(crate) fn hear(&mut self, at: i64, pitch: u8, interval: u8, step: u8, bar: i64) -> [Candidate; WAYS] {
        if self.entries.len() == 2 * NOTES {
            self.entries.copy_within(NOTES.., 0);
            self.entries.truncate(NOTES);
        }
        let entry = Entry { at, pitch: pitch.into(), interval, step, both: 0, tune: 0, rhythm: 0 };
        self.entries.push(entry);
        // Backwards, so that each takes up what its neighbour said before this note. The first note was reached by no token.
        for place in (1..self.entries.len() - 1).rev() {
            let before = self.entries[place - 1];
            let here = &mut self.entries[place];
            let longer = |equal: bool, length: u16| if equal { length.saturating_add(1) } else { 0 };
            here.both = longer(here.interval == interval && here.step == step, before.both);
            here.tune = longer(here.interval == interval, before.tune);
            here.rhythm = longer(here.step == step, before.rhythm);
        }
        let mut found = [NONE; WAYS];
        found[0] = self.longest(|entry| entry.both, &[]);
        found[1] = self.longest(|entry| entry.both, &found[..1]);
        found[2] = self.longest(|entry| entry.both, &found[..2]);
        found[3] = self.longest(|entry| entry.tune, &[]);
        found[4] = self.longest(|entry| entry.rhythm, &[]);
        for (found, bars) in found[5..].iter_mut().zip(BARS) {
            *found = self.bars_ago(at - bars * bar, pitch);
        }
        self.agreement = self.agreement_with(found[0]);
        found
    }

    /// Pairs of a note and the one after it.
    fn pairs(&self) -> impl DoubleEndedIterator<Item = (&Entry, &Entry)> {
        self.entries.iter().zip(self.entries.iter().skip(1))
    }

    /// What followed the longest match, the latest of equal ones, among those that went on otherwise than `others`.
    fn longest(&self, length: impl Fn(&Entry) -> u16, others: &[Candidate]) -> Candidate {
        let known = |next: &Entry| {
            others.iter().any(|other| (other.interval, other.step) == (next.interval, next.step))
        };
        let mut best = (0, NONE);
        for (entry, next) in self.pairs().rev() {
            if length(entry) > best.0 && !known(next) {
                let quality = size(length(entry));
                best = (length(entry), Candidate { interval: next.interval, step: next.step, quality });
            }
        }
        best.1
    }

    /// What followed the time `then`, seen from `pitch`.
    fn bars_ago(&self, then: i64, pitch: u8) -> Candidate {
        let after = self.entries.partition_point(|entry| entry.at <= then);
        let (Some(before), Some(next)) =
            (after.checked_sub(1).map(|n| self.entries[n]), self.entries.get(after))
        else {
            return NONE;
        };
        let quality = match (before.at == then, before.pitch == i16::from(pitch)) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 3 + size(before.both),
        };
        let interval = (next.pitch - i16::from(pitch)).clamp(-24, 24) + 24;
        Candidate { interval: interval as u8, step: (next.at - then).clamp(1, STEPS as i64) as u8, quality }
    }

    fn agreement_with(&self, best: Candidate) -> u8 {
        let alike = |next: &Entry| (next.interval, next.step) == (best.interval, best.step);
        let (mut places, mut agreeing) = (0, 0);
        for (_, next) in self.pairs().filter(|(entry, _)| entry.both >= 2) {
            places += 1;
            agreeing += u32::from(alike(next));
        }
        (agreeing * 4).checked_div(places).map_or(0, |share: u32| 1 + share as u8)
    }
}

/// The length of a match in few numbers, 0 to 11.
fn size(length: u16) -> u8 {
    const ENDS: [u16; 11] = [0, 1, 2, 3, 4, 6, 8, 12, 20, 40, 80];
    ENDS.iter().filter(|&&end| length > end).count() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hears notes of these steps and pitches; the answers after the last.
    fn heard(notes: &[(u8, u8)]) -> [Candidate; WAYS] {
        let mut memory = Memory::new();
        let (mut at, mut last) = (0, notes[0].1);
        let mut found = [NONE; WAYS];
        for &(step, pitch) in notes {
            at += i64::from(step);
            found = memory.hear(at, pitch, pitch + 24 - last, step, 16);
            last = pitch;
        }
        found
    }

    #[test]
    fn what_followed_the_longest_match_is_found() {
        // C D E G, then C D E again, a third higher the second time would be no other tune.
        let tune = [(0, 60), (4, 62), (4, 64), (4, 67), (4, 60), (4, 62), (4, 64)];
        let found = heard(&tune);
        assert_eq!(found[0], Candidate { interval: 27, step: 4, quality: 2 });
        assert_eq!(found[5], Candidate { interval: 27, step: 4, quality: 5 }, "a bar ago");
        assert_eq!(found[6], NONE, "two bars ago there was nothing");
        let moved = [(0, 60), (4, 62), (4, 64), (4, 67), (4, 63), (4, 65), (4, 67)];
        assert_eq!(heard(&moved)[0], found[0], "transposed");
        assert_eq!(heard(&moved)[5].interval, 24, "a bar ago G followed, where we are now");
    }

    #[test]
    fn a_tune_in_another_rhythm_is_found_by_its_intervals_alone() {
        let found = heard(&[(0, 60), (4, 62), (4, 64), (2, 67), (2, 60), (3, 62), (1, 64)]);
        assert_eq!((found[3].interval, found[3].quality), (27, 2));
        assert_eq!(found[0], NONE);
    }

    #[test]
    fn a_long_piece_stays_within_its_memory() {
        let mut memory = Memory::new();
        let place = memory.entries.as_ptr();
        for n in 0..10_000_u32 {
            memory.hear(i64::from(n) * 2, 60 + (n % 7) as u8, 25, 2, 16);
        }
        assert_eq!(place, memory.entries.as_ptr());
        assert!(memory.entries.len() >= NOTES);
    }
}
