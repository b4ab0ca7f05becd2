//! Where drums stand on the staff, and what they are called.

/// (General MIDI note, name, step, octave): the General MIDI percussion map (MIDI Manufacturers Association 1991) at the
/// staff positions that Weinberg proposes ("Guide to Standardized Drumset Notation", 1998).
const DRUMS: [(u8, &str, &str, u8); 18] = [
    (35, "Acoustic Bass Drum", "E", 4),
    (36, "Bass Drum", "F", 4),
    (37, "Side Stick", "C", 5),
    (38, "Snare Drum", "C", 5),
    (39, "Hand Clap", "C", 5),
    (40, "Electric Snare", "C", 5),
    (41, "Low Floor Tom", "G", 4),
    (42, "Closed Hi-Hat", "G", 5),
    (43, "High Floor Tom", "A", 4),
    (44, "Pedal Hi-Hat", "D", 4),
    (45, "Low Tom", "B", 4),
    (46, "Open Hi-Hat", "G", 5),
    (47, "Low-Mid Tom", "D", 5),
    (48, "Hi-Mid Tom", "D", 5),
    (49, "Crash Cymbal", "A", 5),
    (50, "High Tom", "E", 5),
    (51, "Ride Cymbal", "F", 5),
    (53, "Ride Bell", "F", 5),
];

/// The instrument's name.
pub(super) fn name(number: u8) -> String {
    let row = DRUMS.iter().find(|d| d.0 == number);
    row.map_or_else(|| format!("Percussion {number}"), |d| d.1.to_owned())
}

/// Its line or space, as the step and octave of a treble clef; those outside the table stand in the middle.
pub(super) fn position(number: u8) -> (&'static str, u8) {
    DRUMS.iter().find(|d| d.0 == number).map_or(("B", 4), |d| (d.2, d.3))
}

/// The first drum that stands there; the snare drum where none does.
pub(super) fn at(step: &str, octave: i64) -> u8 {
    let usual = [36, 38].into_iter().find(|&n| position(n).0 == step && i64::from(position(n).1) == octave);
    let any = || DRUMS.iter().find(|d| d.2 == step && i64::from(d.3) == octave).map(|d| d.0);
    usual.or_else(any).unwrap_or(38)
}
