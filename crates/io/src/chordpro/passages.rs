//! What a sheet sounds: its chords by passage, transposed where it says so.

use super::{Above, ChordPro, Line};
use kmidi_music::notation::symbol;
use kmidi_music::{Chord, PitchName};

/// The most chords that are given: `{chorus}` may recall a long chorus again and again.
pub const MAX_CHORDS: usize = 100_000;

/// A verse, a chorus, or what stands between them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Passage {
    /// Its label, else its kind, such as `chorus`; empty outside of all.
    pub name: String,
    /// Its chords in order, as they sound.
    pub chords: Vec<Chord>,
}

/// The chords of a sheet by passage; see [`ChordPro::passages`].
pub(super) fn of(sheet: &ChordPro) -> Vec<Passage> {
    let mut reader = Reader::default();
    for line in &sheet.lines {
        match line {
            Line::Directive { name, value } => reader.directive(name, value),
            Line::Lyrics(segments) => {
                for segment in segments {
                    if let Some(Above::Chord(text)) = &segment.above {
                        reader.chord(text);
                    }
                }
            }
            Line::Verbatim(line) if reader.kind == "grid" => {
                // Cells stand between strokes; `A~B` is two chords in one cell.
                let cells = line.split(|c: char| c.is_whitespace() || matches!(c, '|' | ':' | '~'));
                cells.filter(|cell| !cell.is_empty()).for_each(|cell| reader.chord(cell));
            }
            _ => {}
        }
    }
    reader.close();
    reader.out
}

#[derive(Default)]
struct Reader {
    out: Vec<Passage>,
    now: Passage,
    /// `verse`, `grid` and so on; empty outside.
    kind: String,
    /// The last chorus as it was written.
    chorus: Vec<Chord>,
    written: Vec<Chord>,
    /// Semitones, and the names that they want: more than 0 for sharps, less for flats. The last one holds.
    transposed: Vec<(i32, i32)>,
    given: usize,
}

impl Reader {
    fn close(&mut self) {
        if self.kind == "chorus" {
            self.chorus = std::mem::take(&mut self.written);
        }
        self.written.clear();
        self.kind.clear();
        let passage = std::mem::take(&mut self.now);
        if !passage.chords.is_empty() {
            self.out.push(passage);
        }
    }

    fn directive(&mut self, name: &str, value: &str) {
        if let Some(kind) = name.strip_prefix("start_of_") {
            self.close();
            let label = label(value);
            self.now.name = if label.is_empty() { kind } else { label }.to_owned();
            self.kind = kind.to_owned();
        } else if name.starts_with("end_of_") {
            self.close();
        } else if name == "chorus" {
            self.close();
            let label = label(value);
            self.now.name = if label.is_empty() { "chorus" } else { label }.to_owned();
            let recalled = std::mem::take(&mut self.chorus);
            let left = MAX_CHORDS.saturating_sub(self.given);
            recalled.iter().take(left).for_each(|chord| self.give(*chord));
            self.chorus = recalled;
            self.close();
        } else if name == "transpose" {
            let (number, names) = match value.strip_suffix(['s', 'f']) {
                Some(number) => (number, if value.ends_with('s') { 1 } else { -1 }),
                None => (value, 0),
            };
            let (sum, _) = self.transposed.last().copied().unwrap_or_default();
            match number.parse::<i32>() {
                // A transposition is added to the one in force, and an empty one ends the last.
                Ok(by) if by.abs() < 1_000 && self.transposed.len() < 100 => {
                    let names = if names == 0 { by.signum() } else { names };
                    self.transposed.push(((sum + by) % 12, names));
                }
                _ if value.is_empty() => drop(self.transposed.pop()),
                _ => {}
            }
        }
    }

    fn chord(&mut self, text: &str) {
        if let Ok(chord) = symbol::parse(text) {
            if self.kind == "chorus" && self.written.len() < MAX_CHORDS {
                self.written.push(chord);
            }
            self.give(chord);
        }
    }

    fn give(&mut self, chord: Chord) {
        self.given += 1;
        if self.given > MAX_CHORDS {
            return;
        }
        let (by, names) = self.transposed.last().copied().unwrap_or_default();
        // The plain names with sharps lie around E on the line of fifths, those with flats around F.
        let centre = if names < 0 { -1 } else { 4 };
        let sounding = i32::from(chord.root.pitch_class().value()) + by;
        let root = PitchName::nearest(kmidi_music::PitchClass::new(sounding), centre);
        self.now.chords.push(if by == 0 { chord } else { chord.transposed(root - chord.root) });
    }
}

/// The label in `Verse 1` and `label="Verse 1"`.
fn label(value: &str) -> &str {
    let Some((name, rest)) = value.split_once('=').filter(|(name, _)| !name.contains(char::is_whitespace))
    else {
        return value;
    };
    if name != "label" {
        return "";
    }
    match rest.strip_prefix(['"', '\'']) {
        Some(inside) => inside.split(['"', '\'']).next().unwrap_or_default(),
        None => rest.split_whitespace().next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found() {
        for (value, expected) in [
            ("", ""),
            ("Verse 1", "Verse 1"),
            (r#"label="Verse 1""#, "Verse 1"),
            ("label=A x=1", "A"),
            ("x=1", ""),
        ] {
            assert_eq!(label(value), expected, "{value}");
        }
    }
}
