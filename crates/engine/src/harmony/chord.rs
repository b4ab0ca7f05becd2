//! Chord states: a root and a quality, or none; and how one is spelled.

use super::context::Family;
use kmidi_kernels::math;
use kmidi_music::{Chord, Interval, Key, PitchClass, PitchClassSet, PitchName, Quality};

/// The qualities that are told apart.
pub const QUALITIES: [Quality; 10] = [
    Quality::MAJ,
    Quality::MIN,
    Quality::DOM7,
    Quality::MAJ7,
    Quality::MIN7,
    Quality::DIM,
    Quality::HDIM7,
    Quality::DIM7,
    Quality::AUG,
    Quality::SUS4,
];
/// How many states there are: root by root, each with [`QUALITIES`] in order, then [`NONE`].
pub const STATES: usize = 12 * QUALITIES.len() + 1;
/// The state in which nothing tonal sounds.
pub const NONE: usize = STATES - 1;

/// The root and quality of a state, `None` for [`NONE`].
pub fn parts(state: usize) -> Option<(PitchClass, Quality)> {
    let quality = QUALITIES[state % QUALITIES.len()];
    (state < NONE).then(|| (PitchClass::new((state / QUALITIES.len()) as i32), quality))
}

/// What the notes of `set` over `bass` make on `root`, spelled in the key if there is one. A chord that divides the octave evenly has a root by
/// courtesy: it is spelled without double accidentals.
///
/// *Real-time safety*: no allocation.
pub fn named(root: PitchClass, bass: PitchClass, set: PitchClassSet, key: Option<Key>) -> Chord {
    let chord = kmidi_music::chord::name::on_root(root, bass, set, key);
    let strange = |chord: &Chord| {
        let tones = chord.degrees().iter().map(|degree| chord.root + degree.interval());
        tones.chain([chord.bass]).map(|tone| tone.alteration().unsigned_abs()).max().unwrap_or(0)
    };
    if !matches!(chord.quality, Quality::DIM7 | Quality::AUG) || strange(&chord) < 2 {
        return chord;
    }
    let others = [-12, 12].map(|fifths| chord.transposed(Interval::from_fifths(fifths)));
    others.into_iter().fold(chord, |best, other| if strange(&other) < strange(&best) { other } else { best })
}

/// The state that is nearest to the notes of `set` on `root`.
pub fn nearest(root: PitchClass, set: PitchClassSet) -> usize {
    let quality = match Family::above(set, root) {
        Family::Major => Quality::MAJ,
        Family::Minor => Quality::MIN,
        Family::Dominant => Quality::DOM7,
        Family::MajorSeventh => Quality::MAJ7,
        Family::MinorSeventh => Quality::MIN7,
        Family::Diminished if set.contains(PitchClass::new(i32::from(root.value()) + 9)) => Quality::DIM7,
        Family::Diminished => Quality::DIM,
        Family::HalfDiminished => Quality::HDIM7,
        Family::Augmented => Quality::AUG,
        Family::Suspended => Quality::SUS4,
    };
    let place = QUALITIES.iter().position(|&other| other == quality).unwrap_or(0);
    usize::from(root.value()) * QUALITIES.len() + place
}

/// The spelled chord of a state: by key if there is one, over the bass when another chord tone clearly holds it.
/// `bass` is bass chroma summed over the chord.
pub fn spell(state: usize, bass: &[f32; 12], key: Option<Key>) -> Option<Chord> {
    let (root, quality) = parts(state)?;
    let root = key.map_or_else(|| PitchName::nearest(root, 0), |key| key.spell_root(root));
    let chord = Chord::new(root, quality);
    let total = math::sum(bass);
    let share = |name: PitchName| bass[name.pitch_class().index()] / total.max(1e-6);
    let lowest = quality.degrees().iter().map(|degree| root + degree.interval());
    let lowest = lowest.reduce(|a, b| if share(b) > share(a) { b } else { a }).unwrap_or(root);
    Some(if share(lowest) > 0.4 && share(root) < 0.25 { chord.over(lowest) } else { chord })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_that_divide_the_octave_are_spelled_plainly() {
        let seventh = Quality::DIM7.semitones().transposed(1);
        let chord = named(PitchClass::new(1), PitchClass::new(7), seventh, None);
        assert_eq!((chord.root.to_string(), chord.bass.to_string()), ("C#".into(), "G".into()));
    }

    #[test]
    fn every_state_is_nearest_to_itself() {
        for state in 0..NONE {
            let (root, quality) = parts(state).unwrap();
            assert_eq!(nearest(root, quality.semitones().transposed(root.value())), state, "{quality:?}");
        }
    }

    #[test]
    fn the_key_spells_and_the_bass_inverts() {
        let state = 10 * QUALITIES.len();
        let name = |bass: usize, key: &str| {
            let mut low = [0.0; 12];
            low[bass] = 1.0;
            kmidi_music::notation::harte::print(kmidi_music::notation::harte::Label::Chord(
                spell(state, &low, key.parse().ok()).unwrap(),
            ))
        };
        assert_eq!((name(10, "F"), name(2, "F")), ("Bb:maj".into(), "Bb:maj/3".into()));
        assert_eq!(name(10, "B"), "A#:maj");
        assert!(spell(NONE, &[0.0; 12], None).is_none());
    }
}
