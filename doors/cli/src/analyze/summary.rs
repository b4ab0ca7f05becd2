//! An analysis as people read it.

use crate::show::{bold, dim};
use kmidi::Analysis;
use std::fmt::Write;
use std::path::Path;

/// What is said of a thing that is not known.
const UNSURE: &str = "not sure";

/// All about one file: the facts, and the chords with their times.
pub(super) fn page(file: &Path, answer: &Analysis) -> String {
    let mut out = format!("{}\n", bold(&file.display().to_string()));
    let tempo = answer.tempo.as_ref().map(|t| {
        let others: Vec<String> = t.alternatives.iter().map(|bpm| format!("{bpm:.0}")).collect();
        let others = if others.is_empty() { String::new() } else { format!("  or {}", others.join(", ")) };
        format!("{:.1} BPM  {}{}", t.bpm, sure(t.confidence), dim(&others))
    });
    let meter =
        answer.meter.as_ref().map(|m| format!("{}/{}  {}", m.numerator, m.denominator, sure(m.confidence)));
    let mode = |mode: Option<&str>| mode.map(|mode| format!(", {mode}")).unwrap_or_default();
    let key = answer.key.as_ref().map(|k| format!("{}  {}{}", k.label, sure(k.confidence), mode(k.mode)));
    let swing =
        answer.swing.as_ref().map(|s| format!("{:.1} % on {}s  {}", s.percent, s.unit, sure(s.confidence)));
    let _ = writeln!(out, "  length   {}", clock(answer.duration));
    for (name, value) in [("tempo", tempo), ("metre", meter), ("key", key), ("swing", swing)] {
        let _ = writeln!(out, "  {name:<8} {}", value.unwrap_or_else(|| dim(UNSURE)));
    }
    if let Some(e) = &answer.emotion {
        let near: Vec<&str> = e.categories.iter().take(3).map(|near| near.0.as_str()).collect();
        let near = dim(&format!("near {}", near.join(", ")));
        let (valence, arousal) = (e.valence, e.arousal);
        let _ = writeln!(
            out,
            "  emotion  valence {valence:.2}, arousal {arousal:.2}  {}  {near}",
            sure(e.confidence)
        );
    }
    let counts = [
        (answer.onsets.len(), "onsets"),
        (answer.beats.len(), "beats"),
        (answer.downbeats.len(), "downbeats"),
        (answer.chords.len(), "chords"),
    ];
    let counts: Vec<String> = counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    let _ = writeln!(out, "  found    {}", counts.join(", "));
    if !answer.chords.is_empty() {
        let _ = writeln!(out, "\n{}", dim("     start       end  chord        numeral    key"));
    }
    for chord in &answer.chords {
        let (symbol, roman) = (chord.symbol.as_deref().unwrap_or("-"), chord.roman.as_deref().unwrap_or(""));
        let key = chord.key.as_deref().unwrap_or("");
        let line =
            format!("  {:>8}  {:>8}  {symbol:<12} {roman:<10} {key}", clock(chord.start), clock(chord.end));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// One line about a file of many.
pub(super) fn line(file: &Path, answer: &Analysis) -> String {
    let tempo = answer.tempo.as_ref().map_or("-".to_owned(), |tempo| format!("{:.1} BPM", tempo.bpm));
    let meter =
        answer.meter.as_ref().map_or("-".to_owned(), |m| format!("{}/{}", m.numerator, m.denominator));
    let key = answer.key.as_ref().map_or("-", |key| key.label.as_str());
    let (length, chords) = (clock(answer.duration), format!("{} chords", answer.chords.len()));
    format!("{length:>8}  {tempo:>9}  {meter:>5}  {key:<7} {chords:>10}  {}\n", file.display())
}

fn sure(confidence: f64) -> String {
    dim(&format!("{:.0} % sure", 100.0 * confidence))
}

/// Seconds as minutes and seconds.
fn clock(seconds: f64) -> String {
    let hundredths = (seconds * 100.0).round() as u64;
    format!("{}:{:02}.{:02}", hundredths / 6_000, hundredths / 100 % 60, hundredths % 100)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_carry_into_minutes() {
        for (seconds, text) in
            [(0.0, "0:00.00"), (59.996, "1:00.00"), (61.5, "1:01.50"), (7_200.0, "120:00.00")]
        {
            assert_eq!(super::clock(seconds), text);
        }
    }
}
