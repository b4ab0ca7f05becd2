//! Analyses as the files of other programs: labels, beats, JAMS, sheets, pictures.

mod bars;
mod sheet;

pub use sheet::{lead_sheet, romantext, save_lead_sheet, save_romantext};

use crate::Result;
use kmidi_io::jams::{self, Annotations};
use kmidi_io::{beats, lab};
use kmidi_studio::analyze::Analysis;
use kmidi_studio::plot::{AnalysisPlot, analysis_plot};
use std::path::Path;

/// Writes the chords as a label file, whole or not at all: `start<TAB>end<TAB>label`, seconds and Harte labels.
///
/// # Errors
///
/// [`crate::Error::File`] when the file cannot be written.
pub fn save_lab(analysis: &Analysis, path: impl AsRef<Path>) -> Result<()> {
    let chords: Vec<_> = analysis.chords.iter().map(|c| (c.start, c.end, c.label.as_str())).collect();
    Ok(lab::save(path, &chords)?)
}

/// Writes the beats as text, whole or not at all: `time<TAB>number`, see [`numbered_beats`].
///
/// # Errors
///
/// [`crate::Error::File`] when the file cannot be written.
pub fn save_beats(analysis: &Analysis, path: impl AsRef<Path>) -> Result<()> {
    Ok(beats::save(path, &numbered_beats(analysis))?)
}

/// Writes beats, onsets, tempo, chords and keys as JAMS, whole or not at all. Keys that are not sure are left out.
///
/// # Errors
///
/// [`crate::Error::File`] when the file cannot be written.
pub fn save_jams(analysis: &Analysis, title: &str, path: impl AsRef<Path>) -> Result<()> {
    let chords = analysis.chords.iter().map(|c| (c.start, c.end, c.label.as_str(), Some(c.confidence)));
    let keys =
        analysis.keys.iter().filter_map(|k| Some((k.start, k.end, k.label.as_deref()?, Some(k.confidence))));
    let tempos = analysis.tempo.iter().map(|t| (0.0, analysis.duration, t.bpm, Some(t.confidence)));
    let annotations = Annotations {
        title,
        duration: analysis.duration,
        tool: concat!("kmidi ", env!("CARGO_PKG_VERSION")),
        beats: &numbered_beats(analysis),
        onsets: &analysis.onsets,
        tempos: &tempos.collect::<Vec<_>>(),
        chords: &chords.collect::<Vec<_>>(),
        keys: &keys.collect::<Vec<_>>(),
    };
    Ok(jams::save(path, &annotations)?)
}

/// The analysis as an SVG picture: chords, keys, beats, tempo and onsets over time.
pub fn draw(analysis: &Analysis, title: &str) -> String {
    let chords: Vec<_> = analysis.chords.iter().map(|c| (c.start, c.end, c.label.as_str())).collect();
    let keys: Vec<_> =
        analysis.keys.iter().filter_map(|k| Some((k.start, k.end, k.label.as_deref()?))).collect();
    let beats: Vec<_> = numbered_beats(analysis).iter().map(|&(time, number)| (time, number == 1)).collect();
    let onsets: Vec<_> = analysis.onsets.iter().map(|&time| (time, 1.0)).collect();
    analysis_plot(&AnalysisPlot {
        title,
        duration: analysis.duration,
        beats: &beats,
        chords: &chords,
        keys: &keys,
        tempo: analysis.tempo.as_ref().map_or(&[], |tempo| &tempo.curve),
        onsets: &onsets,
    })
}

/// Each beat with its number in the bar: 1 at a downbeat, counted on from there, and back to the beats before the first
/// downbeat where the metre is known. 0 is "not known".
pub fn numbered_beats(analysis: &Analysis) -> Vec<(f64, u32)> {
    let is_down = |time: &f64| analysis.downbeats.contains(time);
    let upbeat = analysis.beats.iter().position(is_down).unwrap_or(0) as u32;
    let length = analysis.meter.as_ref().map_or(0, |meter| u32::from(meter.written().felt_beats()));
    // One before the first beat's number; 0 also stands for "not known" and then stays until a downbeat comes.
    let counted_back = upbeat > 0 && upbeat < length;
    let mut number = if counted_back { length - upbeat } else { 0 };
    let count = |&time: &f64| {
        number = match number {
            _ if is_down(&time) => 1,
            0 => 0,
            n => n + 1,
        };
        (time, number)
    };
    analysis.beats.iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_studio::analyze::Meter;

    fn check(beats: usize, downbeats: &[usize], numerator: Option<u8>, expected: &[u32]) {
        let analysis = Analysis {
            beats: (0..beats).map(|n| n as f64).collect(),
            downbeats: downbeats.iter().map(|&n| n as f64).collect(),
            meter: numerator.map(|numerator| Meter { numerator, denominator: 4, confidence: 1.0 }),
            ..Analysis::default()
        };
        let numbers: Vec<u32> = numbered_beats(&analysis).iter().map(|beat| beat.1).collect();
        assert_eq!(numbers, expected);
    }

    #[test]
    fn beats_are_counted_from_the_downbeats() {
        check(6, &[0, 4], Some(4), &[1, 2, 3, 4, 1, 2]);
        check(6, &[2], Some(4), &[3, 4, 1, 2, 3, 4]);
        check(5, &[3], Some(3), &[0, 0, 0, 1, 2]); // a bar of pickup is none
        check(4, &[1], None, &[0, 1, 2, 3]);
        check(2, &[], Some(4), &[0, 0]);
        check(0, &[], None, &[]);
    }
}
