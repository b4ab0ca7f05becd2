//! The notes of a part as voices, cut at the bar lines: what one bar of one voice holds.

use super::bars::Bar;
use super::{Part, ScoreNote};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Notes that start and end together, within one bar of one voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fragment {
    /// Place of the bar.
    pub(super) bar: usize,
    /// The voice, from 0.
    pub(super) voice: usize,
    /// First tick.
    pub(super) start: u64,
    /// The tick after the last.
    pub(super) end: u64,
    /// Is it tied to what comes before?
    pub(super) from_before: bool,
    /// Is it tied to what comes after?
    pub(super) goes_on: bool,
    /// Which of [`Voices::chords`].
    pub(super) chord: usize,
}

/// A part's notes, laid out.
#[derive(Debug, Default)]
pub(super) struct Voices {
    /// Notes that start and end together, the lowest first.
    pub(super) chords: Vec<Vec<ScoreNote>>,
    /// By bar, voice and place.
    pub(super) fragments: Vec<Fragment>,
}

impl Voices {
    /// Lays out `part`; `None` where that takes more than `limit` fragments. Of notes that start together the higher ones
    /// come first, so that a tune stays in the first voice.
    pub(super) fn of(part: &Part, bars: &[Bar], limit: usize) -> Option<Self> {
        let mut notes = part.notes.clone();
        notes.sort_by_key(|n| (n.onset, n.duration, n.tone.midi(), *n));
        let together = |a: &ScoreNote, b: &ScoreNote| (a.onset, a.duration) == (b.onset, b.duration);
        let mut chords: Vec<Vec<ScoreNote>> = notes.chunk_by(together).map(<[_]>::to_vec).collect();
        chords.sort_by_key(|c| (c[0].onset, Reverse(c.last().and_then(|n| n.tone.midi()))));

        let mut fragments = Vec::new();
        let (mut busy, mut free, mut count) = (BinaryHeap::new(), BinaryHeap::new(), 0);
        for (chord, notes) in chords.iter().enumerate() {
            let (onset, end) = (notes[0].onset.0, notes[0].end().0);
            while let Some(&Reverse((until, voice))) = busy.peek() {
                if until > onset {
                    break;
                }
                busy.pop();
                free.push(Reverse(voice));
            }
            let voice = free.pop().map_or_else(
                || {
                    count += 1;
                    count - 1
                },
                |Reverse(voice)| voice,
            );
            busy.push(Reverse((end, voice)));
            let first = bars.partition_point(|b| b.end <= onset);
            for (bar, b) in bars.iter().enumerate().skip(first).take_while(|(_, b)| b.start < end) {
                if fragments.len() >= limit {
                    return None;
                }
                fragments.push(Fragment {
                    bar,
                    voice,
                    start: onset.max(b.start),
                    end: end.min(b.end),
                    from_before: onset < b.start,
                    goes_on: end > b.end,
                    chord,
                });
            }
        }
        fragments.sort_unstable();
        Some(Self { chords, fragments })
    }
}
