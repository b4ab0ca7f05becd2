//! Notes as text: names with octaves (`Eb4`, C4 is middle C), names alone (`Eb`), MIDI numbers (`63`).

use crate::ParseError;
use crate::pitch::{PitchClass, PitchName};
use alloc::{format, string::String, vec::Vec};

/// Reads notes that are parted by spaces or commas, as MIDI numbers, the lowest first.
///
/// With octaves, or as numbers, they are sorted. Names alone ascend in the order in which they stand, from the octave
/// of middle C: the first is the lowest.
///
/// # Errors
/// When there is no note, one cannot be read or lies outside 0 to 127, or only some have octaves.
pub fn read(text: &str) -> Result<Vec<u8>, ParseError> {
    let mut placed = Vec::new();
    let mut names = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let at = word.as_ptr().addr() - text.as_ptr().addr(); // where the word stands in the text
        match note(word).map_err(|error| error.shifted(at))? {
            (_, Some(pitch)) => placed.push(pitch),
            (name, None) => names.push(name),
        }
        if !placed.is_empty() && !names.is_empty() {
            return Err(ParseError::new(at, "give every note an octave (C4), or none"));
        }
    }
    if placed.is_empty() && names.is_empty() {
        return Err(ParseError::new(text.len(), "expected notes, such as C4 Eb4 G4, or 60 63 67"));
    }
    placed.sort_unstable();
    let mut last = 59;
    for name in names {
        last += 1 + i32::from(name.pitch_class().above(PitchClass::new(last + 1)));
        let pitch = u8::try_from(last).ok().filter(|&p| p < 128);
        placed
            .push(pitch.ok_or_else(|| ParseError::new(text.len(), "more notes than the MIDI range holds"))?);
    }
    Ok(placed)
}

/// A note by name or number; names alone have no pitch.
fn note(word: &str) -> Result<(PitchName, Option<u8>), ParseError> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        let number = word.parse::<u8>().ok().filter(|&n| n < 128);
        let number = number
            .ok_or_else(|| ParseError::new(0, format!("{word:?} is not a MIDI number; use 0 to 127")))?;
        return Ok((PitchName::nearest(PitchClass::new(number.into()), 0), Some(number)));
    }
    let (name, used) = PitchName::parse_prefix(word)?;
    let rest = &word[used..];
    if rest.is_empty() {
        return Ok((name, None));
    }
    let wrong = || format!("{rest:?} is not an octave; use -1 to 9, as in C4 (middle C)");
    let octave: i32 = match rest.parse() {
        Ok(octave @ -2..=10) if !rest.starts_with('+') => octave,
        _ => return Err(ParseError::new(used, wrong())),
    };
    let natural = i32::from(name.pitch_class().value()) - i32::from(name.alteration());
    let number = 12 * (octave + 1) + natural.rem_euclid(12) + i32::from(name.alteration());
    match u8::try_from(number).ok().filter(|&n| n < 128) {
        Some(number) => Ok((name, Some(number))),
        None => Err(ParseError::new(0, format!("{word} is outside the MIDI range, C-1 to G9"))),
    }
}

/// Prints a spelled MIDI number with its octave: `Eb4`. B# and Cb belong to the octave of their letter.
pub fn print(name: PitchName, pitch: u8) -> String {
    let letter = i32::from(pitch) - i32::from(name.alteration());
    format!("{name}{}", letter.div_euclid(12) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_lowest_first() {
        for (text, pitches) in [
            ("C4 E4 G4", &[60, 64, 67][..]),
            ("G4, C4,E4", &[60, 64, 67]),
            ("67 60 64", &[60, 64, 67]),
            ("E G C", &[64, 67, 72]),
            ("Eb G Bb C", &[63, 67, 70, 72]),
            ("B#3 Cb4 C-1 G9", &[0, 59, 60, 127]),
            ("c eb f♯", &[60, 63, 66]),
            ("C C", &[60, 72]),
            ("A0 21", &[21, 21]),
        ] {
            assert_eq!(read(text).as_deref(), Ok(pitches), "{text}");
        }
    }

    #[test]
    fn wrong_notes_point_at_the_fault() {
        for (text, at) in [
            ("", 0),
            (" , ", 3),
            ("C4 H4", 3),
            ("C4 E", 3),
            ("C E4", 2),
            ("60 E", 3),
            ("C4 E10", 3),
            ("C4 E+4", 4),
            ("60 128", 3),
            ("60 6x", 3),
            ("G#9", 0),
            ("Cb-1", 0),
            ("C####", 4),
            ("C C C C C C C", 13),
        ] {
            assert_eq!(read(text).map_err(|error| error.at), Err(at), "{text}");
        }
    }

    #[test]
    fn every_pitch_prints_and_reads_back() {
        for pitch in 0..128 {
            for centre in [-9, 0, 9] {
                let text = print(PitchName::nearest(PitchClass::new(pitch.into()), centre), pitch);
                assert_eq!(read(&text), Ok(alloc::vec![pitch]), "{text}");
            }
        }
    }
}
