//! Beats as numbers: `b2`, `b1.5`, `b2.66`, `b1.66.5`.

use super::TICKS_A_QUARTER;
use kmidi_music::{Meter, Ticks};

/// Divisions of a beat that two or more decimals are taken for, the usual ones first.
const DIVISIONS: [u64; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 5, 7, 9];

/// How a metre's beats are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pulse {
    /// Three units a beat where six or more come in threes.
    #[default]
    Usual,
    /// `slow 6/8`: each unit is a beat.
    Slow,
    /// `fast 3/8`: three units a beat.
    Fast,
}

/// Ticks in a beat.
pub(super) fn length(meter: Meter, pulse: Pulse) -> u64 {
    let unit = 4 * u64::from(TICKS_A_QUARTER) / u64::from(meter.denominator);
    let threes = meter.numerator.is_multiple_of(3);
    match pulse {
        Pulse::Usual if threes && meter.numerator > 3 => 3 * unit,
        Pulse::Fast if threes => 3 * unit,
        _ => unit,
    }
}

/// Ticks from the first beat of the measure, with beats of `beat` ticks, or `None` where `text` is no beat.
pub(super) fn read(text: &str, beat: u64) -> Option<Ticks> {
    let mut parts = text.split('.');
    let whole: u64 = parts.next()?.parse().ok().filter(|beat| (1..=64).contains(beat))?;
    let (numerator, denominator) = parts.next().map_or(Some((0, 1)), fraction)?;
    let within = parts.next().map_or(Some((0, 1)), fraction)?;
    if parts.next().is_some() {
        return None;
    }
    let part = (beat * numerator + denominator / 2) / denominator;
    // A second fraction divides what the first counts in.
    Some(Ticks((whole - 1) * beat + part + beat * within.0 / (denominator * within.1)))
}

/// Decimals as a fraction: one digit as it stands, more as the simplest division that they round or cut.
fn fraction(digits: &str) -> Option<(u64, u64)> {
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (value, of) = (digits.parse::<u64>().ok()?, 10u64.pow(digits.len() as u32));
    if digits.len() > 1 {
        for division in DIVISIONS {
            let near = (value * division + of / 2) / of;
            // |near / division - value / of| < 1 / of
            if (near * of).abs_diff(value * division) < division && near < division {
                return Some((near, division));
            }
        }
    }
    Some((value, of))
}

/// The beat as text.
pub(super) fn print(within: Ticks, beat: u64) -> String {
    let (whole, rest) = (within.0 / beat + 1, within.0 % beat);
    for digits in 0..=6 {
        let of = 10u64.pow(digits);
        // Cut first, as `b1.66` is written, then rounded.
        for value in [rest * of / beat, (rest * of + beat / 2) / beat] {
            let text = match digits {
                0 => format!("{whole}"),
                _ => format!("{whole}.{value:0width$}", width = digits as usize),
            };
            if read(&text, beat) == Some(within) {
                return text;
            }
        }
    }
    // The nearest beat that six decimals can say.
    format!("{whole}.{:06}", rest * 1_000_000 / beat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_are_read_and_printed() {
        let quarter = u64::from(TICKS_A_QUARTER);
        let beat = |text: &str, pulse| length(text.parse().unwrap(), pulse);
        for (text, metre, quarters) in [
            ("1", "4/4", (0, 1)),
            ("2", "3/4", (1, 1)),
            ("2", "6/8", (3, 2)),
            ("1.5", "2/2", (1, 1)),
            ("1.66", "6/8", (1, 1)),
            ("1.66.5", "6/8", (5, 4)),
            ("2.33", "4/4", (4, 3)),
            ("1.2", "4/4", (1, 5)),
            ("4.75", "4/4", (15, 4)),
            ("3.125", "4/4", (17, 8)),
            ("2", "3/8", (1, 2)),
        ] {
            let ticks = Ticks(quarter * quarters.0 / quarters.1);
            let beat = beat(metre, Pulse::Usual);
            assert_eq!(read(text, beat), Some(ticks), "b{text} in {metre}");
            assert_eq!(read(&print(ticks, beat), beat), Some(ticks), "b{text} in {metre}");
        }
        assert_eq!(beat("6/8", Pulse::Slow), quarter / 2);
        assert_eq!((beat("3/8", Pulse::Fast), beat("4/4", Pulse::Fast)), (3 * quarter / 2, quarter));
        for text in ["", "0", "x", "1.", "1.x", "1.5.5.5", "99", "-1"] {
            assert_eq!(read(text, quarter), None, "b{text}");
        }
    }
}
