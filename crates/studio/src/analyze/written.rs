//! What a MIDI file itself says of its beats and keys, taken instead of what is heard where that is asked for.

use super::report::{Analysis, KeyAnswer, KeySegment, Meter, Tempo};
use kmidi_music::Key;

/// The tempo map, metres and key signatures of a file, in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    /// Each felt beat, with its number in the bar, from 1.
    pub beats: Vec<(f64, u8)>,
    /// (seconds, felt beats a minute) wherever the tempo is set.
    pub tempos: Vec<(f64, f64)>,
    /// The metres, from when on.
    pub meters: Vec<(f64, kmidi_music::Meter)>,
    /// The keys, from when on; empty where the file has no key signature.
    pub keys: Vec<(f64, Key)>,
}

impl Written {
    /// The beats up to the end, with the tempo and the metre that hold longest.
    pub(super) fn rhythm(&self, answer: &mut Analysis) {
        let duration = answer.duration;
        answer.beats = self.beats.iter().map(|beat| beat.0).filter(|time| *time < duration).collect();
        answer.tempo = longest(&self.tempos, duration).map(|bpm| {
            let alternatives = [2.0, 0.5].map(|ratio| bpm * ratio);
            let alternatives = alternatives.into_iter().filter(|bpm| (30.0..=300.0).contains(bpm)).collect();
            Tempo { bpm, confidence: 1.0, alternatives, curve: self.tempos.clone() }
        });
        answer.meter = longest(&self.meters, duration).map(|meter| Meter {
            numerator: meter.numerator,
            denominator: meter.denominator,
            confidence: 1.0,
        });
    }

    /// The key signatures as segments, and the key that holds longest.
    pub(super) fn tell_keys(&self, answer: &mut Analysis) {
        let mut keys = self.keys.clone();
        // What comes before the first signature has it too.
        keys.iter_mut().take(1).for_each(|first| first.0 = 0.0);
        keys.dedup_by_key(|key| key.1);
        let ends = keys.iter().skip(1).map(|key| key.0).chain([answer.duration]);
        answer.keys = keys
            .iter()
            .zip(ends)
            .filter(|(key, end)| key.0 < *end)
            .map(|(key, end)| KeySegment {
                start: key.0,
                end,
                label: Some(key.1.to_string()),
                mode: None,
                confidence: 1.0,
                known: None,
            })
            .collect();
        answer.key = longest(&self.keys, answer.duration).map(|key| KeyAnswer {
            label: key.to_string(),
            mode: None,
            confidence: 1.0,
        });
    }

    /// The key at a time; that of the first signature before it.
    pub(super) fn key_at(&self, time: f64) -> Option<Key> {
        let before = self.keys.partition_point(|key| key.0 <= time);
        self.keys.get(before.saturating_sub(1)).map(|key| key.1)
    }
}

/// The value that holds for the longest time altogether, the first of those that are equal; each holds until the next.
fn longest<T: Copy + PartialEq>(values: &[(f64, T)], end: f64) -> Option<T> {
    let ends = values.iter().skip(1).map(|value| value.0).chain([end]);
    let held: Vec<(T, f64)> =
        values.iter().zip(ends).map(|(value, end)| (value.1, (end - value.0).max(0.0))).collect();
    let time = |value: T| held.iter().filter(|other| other.0 == value).map(|other| other.1).sum::<f64>();
    let mut best = held.first()?.0;
    for (value, _) in &held {
        best = if time(*value) > time(best) { *value } else { best };
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_longest_altogether_is_told() {
        assert_eq!(longest(&[(0.0, 'a'), (2.0, 'b'), (5.0, 'a'), (6.5, 'c')], 7.0), Some('a'));
        assert_eq!(longest(&[(0.0, 'a'), (2.0, 'b')], 9.0), Some('b'));
        assert_eq!(longest::<char>(&[], 9.0), None);
    }
}
