//! Chords that the user asks for: bars of one chord or more.

use super::{ComposeError, PlanChord, palette};
use kmidi_music::{Chord, Key, Meter, roman};

/// `list` bar by bar, repeated to the end of the piece. Chords share a bar evenly, the first ones with what is left over: three
/// in a bar of four beats have two beats, one and one.
pub(super) fn chords(
    list: &[Vec<Chord>],
    bars: u32,
    meter: Meter,
    beats: u32,
    key: Key,
) -> Result<Vec<PlanChord>, ComposeError> {
    let mut index = 0;
    for (bar, chords) in list.iter().enumerate() {
        let reason = match chords.len() {
            0 => format!("bar {} has no chord", bar + 1),
            count if count > beats as usize => {
                let s = if beats == 1 { "" } else { "s" };
                format!("bar {} has {count} chords, and a bar of {meter} has {beats} felt beat{s}", bar + 1)
            }
            count => {
                index += count;
                continue;
            }
        };
        return Err(ComposeError::Progression { index, reason });
    }
    let rows = palette::of(key.mode);
    let mut told = Vec::new();
    for (bar, chords) in (0..bars).zip(list.iter().cycle()) {
        let count = chords.len() as u32;
        let mut beat = 0;
        for (k, chord) in (0..count).zip(chords) {
            let length = beats / count + u32::from(k < beats % count);
            let fits =
                |text| roman::parse(text, key).is_ok_and(|c| c.pitch_classes() == chord.pitch_classes());
            let numeral = roman::of(chord, key);
            let inside = chord.pitch_classes().iter().all(|pc| key.scale().contains(pc));
            let what = match rows.iter().find(|row| fits(row.triad) || fits(row.seventh)) {
                Some(row) => row.why,
                None if inside => "a chord of the key",
                None => "outside the key; the melody takes its notes while it sounds",
            };
            told.push(PlanChord {
                bar,
                beat,
                beats: length,
                chord: *chord,
                why: format!("{numeral}: asked for; {what}"),
                roman: numeral,
                terms: Vec::new(),
            });
            beat += length;
        }
    }
    Ok(told)
}
