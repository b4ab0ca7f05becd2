//! Where the mode turns between two sections: the chord before the turn belongs to both keys, or is the dominant of the one
//! that comes.

use super::{PlanChord, PlanSection};
use kmidi_music::roman;

/// Leads over from each section to the next where their keys differ: a last chord of both keys is told to be the pivot, any
/// other gives its place to the dominant of the key that follows.
pub(super) fn lead_over(chords: &mut [PlanChord], sections: &[PlanSection]) {
    for pair in sections.windows(2).filter(|pair| pair[0].key != pair[1].key) {
        let (old, new) = (pair[0].key, pair[1].key);
        let Some(chord) = chords.iter_mut().rfind(|chord| chord.bar < pair[1].start_bar) else { continue };
        let common =
            chord.chord.pitch_classes().iter().all(|pc| old.scale().contains(pc) && new.scale().contains(pc));
        if common {
            let numeral = roman::of(&chord.chord, new);
            chord.why.push_str(&format!("; pivot: {numeral} in {}, which follows", new.words()));
        } else if let Ok(dominant) = roman::parse("V", new) {
            chord.chord = dominant;
            chord.roman = roman::of(&dominant, old);
            chord.why = format!("{}: the dominant of {}, which follows", chord.roman, new.words());
            chord.terms.clear();
        }
    }
}
