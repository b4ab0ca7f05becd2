//! What a live engine said, and when: how soon it finds the beat, how late and how steadily it reports.
//!
//! **Convention**: `known` is the time at which an event was reported. It may lie before the event when that was
//! predicted. Lateness is what Böck, Krebs and Schedl (ISMIR 2012) ask of online onset detection; lock follows the habit
//! of counting correct beats in a row (Goto and Muraoka 1997). Figures over many pieces are medians and 95th percentiles
//! of all events together.

use super::audio::Tempo;
use super::chord::Segment;
use super::events::{finite, nearest, ordered};
use super::{Error, Ratio};

/// How near to a true beat a beat is right, in seconds.
pub const BEAT_WINDOW: f64 = 0.07;
/// How near to a true onset an onset is right, in seconds.
pub const ONSET_WINDOW: f64 = 0.05;
/// Right beats in a row that count as locked.
pub const LOCK: usize = 4;

/// Ratios of metrical levels, and how near to one a change of the told tempo is a flip to it, as a share.
const LEVELS: [f64; 3] = [1.5, 2.0, 3.0];
const NEAR_LEVEL: f64 = 0.08;

/// An onset that was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// The time given for it minus its true time, in milliseconds.
    pub bias_ms: f64,
    /// The time of the report minus the true time, in milliseconds.
    pub known_ms: f64,
}

/// Seconds from the first true beat to the fourth in a row that is matched; `None` when that never comes.
///
/// # Errors
/// [`Error::NotFinite`].
pub fn lock(reference: &[f64], beats: &[f64]) -> Result<Option<f64>, Error> {
    finite("truth beats", reference)?;
    let beats = ordered("answer beats", beats)?;
    let mut run = 0;
    for &beat in reference {
        run = if is_near(&beats, beat, BEAT_WINDOW) { run + 1 } else { 0 };
        if run == LOCK {
            return Ok(Some(beat - reference[0]));
        }
    }
    Ok(None)
}

/// How often a live answer told a tempo that is two, three or one and a half times the one before, or the inverse, of so many minutes.
/// Nothing is asked of an answer that does not say when its beats were known.
pub fn flips(end: f64, tempo: Option<&Tempo>, beats_known: &[f64]) -> Ratio {
    if beats_known.is_empty() {
        return Ratio::default();
    }
    let curve = tempo.map_or(&[][..], |tempo| &tempo.curve);
    let flips = curve.windows(2).filter(|told| {
        let ratio = told[1].1 / told[0].1;
        let ratio = ratio.max(1.0 / ratio);
        LEVELS.iter().any(|level| (ratio / level - 1.0).abs() < NEAR_LEVEL)
    });
    Ratio { part: flips.count() as f64, whole: end / 60.0 }
}

/// For each beat that is right: the time of its report minus its own time, in milliseconds; negative when predicted.
/// `known` stands beside `beats`; what has no partner is passed over.
///
/// # Errors
/// [`Error::NotFinite`].
pub fn beats_late_ms(reference: &[f64], beats: &[f64], known: &[f64]) -> Result<Vec<f64>, Error> {
    let reference = ordered("truth beats", reference)?;
    finite("answer beats", beats)?;
    finite("answer beats_known", known)?;
    let reports = beats.iter().zip(known).filter(|(beat, _)| is_near(&reference, **beat, BEAT_WINDOW));
    Ok(reports.map(|(beat, known)| 1e3 * (known - beat)).collect())
}

/// The onsets that are right, each measured from the nearest true onset. `known` stands beside `onsets`.
///
/// # Errors
/// [`Error::NotFinite`].
pub fn heard(reference: &[f64], onsets: &[f64], known: &[f64]) -> Result<Vec<Heard>, Error> {
    let reference = ordered("truth onsets", reference)?;
    finite("answer onsets", onsets)?;
    finite("answer onsets_known", known)?;
    let reports = onsets.iter().zip(known).filter_map(|(&onset, &known)| {
        let truth = reference[nearest(&reference, onset)?];
        let near = (onset - truth).abs() <= ONSET_WINDOW;
        near.then_some(Heard { bias_ms: 1e3 * (onset - truth), known_ms: 1e3 * (known - truth) })
    });
    Ok(reports.collect())
}

/// Chords as a listener to the live engine has them: each from the moment when it is known until the next one is, with
/// no grace. `chords` pairs each segment with its `known` time; one that was over before it was known is left out.
///
/// # Errors
/// [`Error::NotFinite`].
pub fn as_known<'a>(chords: &[(Segment<'a>, f64)]) -> Result<Vec<Segment<'a>>, Error> {
    let times: Vec<f64> = chords.iter().flat_map(|(c, known)| [c.end, *known]).collect();
    finite("answer chords", &times)?;
    let heard = chords.iter().filter(|(c, known)| c.end > *known);
    let mut heard: Vec<Segment<'_>> = heard.map(|&(c, known)| Segment { start: known, ..c }).collect();
    heard
        .sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)).then(a.label.cmp(b.label)));
    for at in 1..heard.len() {
        heard[at - 1].end = heard[at - 1].end.max(heard[at].start);
    }
    Ok(heard)
}

/// The value below which `percent` of the values lie, interpolated; `None` of no values. 50 is the median.
pub(super) fn percentile(values: impl IntoIterator<Item = f64>, percent: f64) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let at = values.len().checked_sub(1)? as f64 * (percent / 100.0);
    let (below, above) = (values[at as usize], values[(at as usize + 1).min(values.len() - 1)]);
    Some(below + (above - below) * (at - libm::floor(at)))
}

fn is_near(ordered: &[f64], time: f64, window: f64) -> bool {
    nearest(ordered, time).is_some_and(|at| (ordered[at] - time).abs() <= window)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEATS: [f64; 8] = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0];

    #[test]
    fn lock_is_the_fourth_right_beat_in_a_row() {
        assert_eq!(lock(&BEATS, &BEATS), Ok(Some(1.5)));
        assert_eq!(lock(&BEATS, &[0.5, 1.0, 1.2, 2.0, 2.5, 3.05, 3.5]), Ok(Some(3.0)));
        assert_eq!(lock(&BEATS, &BEATS.map(|b| b + 0.1)), Ok(None));
        assert_eq!(lock(&BEATS, &[]), Ok(None));
        assert_eq!(lock(&[], &BEATS), Ok(None));
        assert!(lock(&BEATS, &[f64::NAN]).is_err());
    }

    #[test]
    fn lateness_and_bias_by_hand() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} should be {b}");
        let late = beats_late_ms(&BEATS, &[1.02, 1.3, 2.0], &[1.0, 1.3, 2.03]).unwrap();
        assert_eq!(late.len(), 2, "1.3 is no beat");
        close(late[0], -20.0);
        close(late[1], 30.0);
        let heard = heard(&BEATS, &[1.01, 1.2, 2.0], &[1.04, 1.2]).unwrap();
        assert_eq!(heard.len(), 1, "1.2 is no onset, and 2.0 has no report");
        close(heard[0].bias_ms, 10.0);
        close(heard[0].known_ms, 40.0);
        assert_eq!(beats_late_ms(&[], &BEATS, &BEATS), Ok(vec![]));
        assert!(beats_late_ms(&BEATS, &BEATS, &[f64::NAN]).is_err());
    }

    #[test]
    fn a_chord_stands_from_when_it_is_known_until_the_next_is() {
        let chord = |start, end, label| Segment { start, end, label };
        let told = [
            (chord(0.0, 2.0, "C"), 0.5),
            (chord(2.0, 4.0, "G"), 2.5),
            (chord(4.0, 4.2, "F"), 4.4),
            (chord(4.2, 6.0, "C"), 4.6),
        ];
        let expected = [chord(0.5, 2.5, "C"), chord(2.5, 4.6, "G"), chord(4.6, 6.0, "C")];
        assert_eq!(as_known(&told).unwrap(), expected);
        assert!(as_known(&[(chord(0.0, 1.0, "C"), f64::NAN)]).is_err());
    }

    #[test]
    fn percentiles() {
        assert_eq!(percentile([], 50.0), None);
        assert_eq!(percentile([3.0], 95.0), Some(3.0));
        assert_eq!(percentile([4.0, 1.0, 2.0, 3.0], 50.0), Some(2.5));
        assert_eq!(percentile((0..=100).map(f64::from), 95.0), Some(95.0));
    }
}
