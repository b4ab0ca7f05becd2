//! A long piece is heard passage by passage, each as long as what the model learned from.

use super::encode::{CUES, Played, encode, lasts, sort};

/// What a passage lasts at least, where the piece does, seconds. A piece of less than twice that is one passage.
const PASSAGE: f32 = 30.0;

/// Hands what the model is shown of each passage to `tell`, and says how many there are: stretches of the same length, in as many of which notes begin. The
/// notes are put in order of onset first; the moves of the pedal are taken to be spread evenly. `None` without a note, and where a time is no number.
///
/// # Real-time safety
///
/// Allocates nothing.
pub fn passages(notes: &mut [Played], pedals: usize, mut tell: impl FnMut(&[f32; CUES])) -> Option<u32> {
    if notes.is_empty() || notes.iter().any(|note| !note.onset.is_finite() || !note.duration.is_finite()) {
        return None;
    }
    sort(notes);
    let (from, whole) = (notes[0].onset, lasts(notes));
    let parts = (whole / PASSAGE).floor().max(1.0);
    let length = whole / parts;
    let (mut count, mut rest) = (0, notes);
    while let Some(first) = rest.first() {
        // Passages in which no note begins are passed over; the last one takes what is left.
        let part = ((first.onset - from) / length).floor();
        let end = if part + 1.5 > parts { f32::INFINITY } else { from + (part + 1.0) * length };
        let notes = rest.partition_point(|note| note.onset < end).max(1);
        let (here, later) = rest.split_at_mut(notes);
        rest = later;
        let seconds = if parts > 1.0 { lasts(here) } else { whole };
        tell(&encode(here, pedals as f32 * seconds / whole)?);
        count += 1;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes of a second, one after the other, from `first` on.
    fn steady(first: f32, count: u8, pitch: u8) -> Vec<Played> {
        let note =
            |n: u8| Played { onset: first + f32::from(n), duration: 1.0, pitch, velocity: 40 + n % 50 };
        (0..count).map(note).collect()
    }

    fn rows(notes: &mut [Played], pedals: usize) -> Vec<[f32; CUES]> {
        let mut rows = Vec::new();
        let count = passages(notes, pedals, |row| rows.push(*row));
        assert_eq!(count, Some(rows.len() as u32));
        rows
    }

    #[test]
    fn a_short_piece_is_one_passage() {
        let mut notes = steady(3.0, 59, 60);
        let row = encode(&mut notes.clone(), 20.0).unwrap();
        assert_eq!(rows(&mut notes, 20), [row]);
        assert_eq!(passages(&mut [], 0, |_| ()), None);
        notes[7].duration = f32::NAN;
        assert_eq!(passages(&mut notes, 0, |_| ()), None);
    }

    #[test]
    fn a_long_piece_is_heard_passage_by_passage() {
        // A minute high, then a minute low.
        let mut notes = steady(0.0, 60, 80);
        notes.extend(steady(60.0, 60, 40));
        notes.reverse();
        let rows = rows(&mut notes, 240);
        let pitches: Vec<f32> = rows.iter().map(|row| row[4]).collect();
        assert_eq!(pitches.len(), 4, "{pitches:?}");
        assert!(
            pitches[..2].iter().all(|&p| p > 79.0) && pitches[2..].iter().all(|&p| p < 41.0),
            "{pitches:?}"
        );
        // Density and moves of the pedal are those of the whole.
        assert!(rows.iter().all(|row| (row[1] - 1.0).abs() < 0.05 && (row[18] - 2.0).abs() < 0.02));
    }

    #[test]
    fn silence_has_no_passages_and_any_times_end() {
        let mut notes = steady(0.0, 20, 60);
        notes.extend(steady(3600.0, 20, 60));
        assert_eq!(rows(&mut notes, 0).len(), 2);
        let mut notes = steady(0.0, 2, 60);
        notes[1].onset = f32::MAX / 4.0;
        notes.push(Played { onset: -1e30, ..notes[0] });
        assert!(passages(&mut notes, 0, |_| ()).is_some_and(|count| count <= 3));
    }
}
