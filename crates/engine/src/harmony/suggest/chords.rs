//! The chords that are suggested, as numerals by mode.

use super::follow::token;
use super::lead::Tones;
use crate::harmony::context::Family;
use crate::harmony::tension::{Place, Tension, tension};
use kmidi_kernels::math;
use kmidi_music::roman::Function;
use kmidi_music::{Affect, Chord, Key, Mode, PitchClass, PitchName, RomanNumeral};

/// The numerals of major: the seven degrees with triads and sevenths; applied dominants and leading-note chords; what is
/// borrowed from minor (mixture: Aldwell, Schachter and Cadwallader 2018, chapter 23); the Neapolitan, augmented sixths,
/// and the dominant a tritone away (Levine 1995). Of chords that sound on one root in one family each has its share, as
/// counted on the train split of When in Rome where that is known.
const MAJOR: &[(&str, f32)] = &[
    ("I", 1.0),
    ("IM7", 1.0),
    ("I+", 1.0),
    ("I[no3][add4]", 1.0),
    ("i", 1.0),
    ("V7/IV", 1.0),
    ("N6", 0.3),
    ("bII", 0.7),
    ("bIIM7", 1.0),
    ("bII7", 1.0),
    ("viio7/ii", 1.0),
    ("ii", 1.0),
    ("ii7", 1.0),
    ("V/V", 1.0),
    ("V7/V", 0.98),
    ("Fr43", 0.02),
    ("iio", 1.0),
    ("iiø7", 1.0),
    ("bIII", 1.0),
    ("bIIIM7", 1.0),
    ("viio7/iii", 1.0),
    ("iii", 1.0),
    ("iii7", 1.0),
    ("V/vi", 1.0),
    ("V7/vi", 1.0),
    ("IV", 1.0),
    ("IVM7", 1.0),
    ("IVd7", 1.0),
    ("iv", 1.0),
    ("iv7", 1.0),
    ("viio7/V", 1.0),
    ("viiø7/V", 1.0),
    ("Ger65", 0.7),
    ("It6", 0.3),
    ("V", 1.0),
    ("V7", 1.0),
    ("V+", 1.0),
    ("V[no3][add4]", 1.0),
    ("v", 1.0),
    ("v7", 1.0),
    ("bVI", 1.0),
    ("bVIM7", 1.0),
    ("bVI7", 1.0),
    ("viio7/vi", 1.0),
    ("vi", 1.0),
    ("vi7", 1.0),
    ("V/ii", 1.0),
    ("V7/ii", 1.0),
    ("bVII", 1.0),
    ("bVIIM7", 1.0),
    ("bVII7", 1.0),
    ("viio", 0.8),
    ("viio7", 0.2),
    ("viiø7", 1.0),
    ("V/iii", 1.0),
    ("V7/iii", 1.0),
];

/// The same of minor, with what comes from the melodic scale and from major.
const MINOR: &[(&str, f32)] = &[
    ("i", 1.0),
    ("i7", 1.0),
    ("i[no3][add4]", 1.0),
    ("I", 1.0),
    ("V7/iv", 1.0),
    ("N6", 0.7),
    ("bII", 0.3),
    ("bIIM7", 1.0),
    ("bII7", 1.0),
    ("iio", 1.0),
    ("iiø7", 1.0),
    ("ii", 1.0),
    ("ii7", 1.0),
    ("V/V", 1.0),
    ("V7/V", 0.88),
    ("Fr43", 0.12),
    ("III", 1.0),
    ("IIIM7", 1.0),
    ("III+", 1.0),
    ("V7/VI", 1.0),
    ("viio7/iv", 1.0),
    ("iv", 1.0),
    ("iv7", 1.0),
    ("IV", 1.0),
    ("IV7", 1.0),
    ("viio7/V", 1.0),
    ("Ger65", 0.6),
    ("It6", 0.4),
    ("V", 1.0),
    ("V7", 1.0),
    ("V+", 1.0),
    ("V[no3][add4]", 1.0),
    ("v", 1.0),
    ("v7", 1.0),
    ("VI", 1.0),
    ("VIM7", 1.0),
    ("VId7", 1.0),
    ("viø7", 1.0),
    ("VII", 1.0),
    ("VIIM7", 1.0),
    ("V7/III", 1.0),
    ("VII[no3][add4]", 1.0),
    ("viio", 0.4),
    ("viio7", 0.6),
];

/// A chord that may be suggested, on the tonic C.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) numeral: &'static str,
    pub(super) chord: Chord,
    /// Its place in the tables of moves.
    pub(super) token: usize,
    /// The logarithm of its share of that place.
    pub(super) share: f32,
    pub(super) tones: Tones,
    pub(super) place: Place,
    pub(super) tension: Tension,
    /// What it does at home; `None` where it points away or has no usual function.
    pub(super) function: Option<Function>,
    pub(super) affect: Affect,
}

/// The key in which candidates are kept.
pub(super) fn home(mode: usize) -> Key {
    Key::new(PitchName::C, if mode == 0 { Mode::Major } else { Mode::Minor })
}

/// All candidates of a mode. Allocates.
pub(super) fn candidates(mode: usize) -> Vec<Candidate> {
    let key = home(mode);
    let made = |&(numeral, share): &(&'static str, f32)| {
        let read: RomanNumeral = numeral.parse().ok()?;
        let chord = read.chord(key);
        let set = chord.pitch_classes();
        let tension = tension(&chord, key, None);
        let family = Family::above(set, chord.root.pitch_class());
        Some(Candidate {
            numeral,
            chord,
            token: token((chord.root.pitch_class(), family), PitchClass::new(0)),
            share: math::ln(share),
            tones: set.into(),
            place: Place::of(&chord, key),
            tension,
            function: read.function(key).filter(|_| read.target.is_none()),
            affect: affect(&chord, family, tension, key),
        })
    };
    [MAJOR, MINOR][mode].iter().filter_map(made).collect()
}

/// How a chord feels in its key. That major is heard as glad and minor as sad, and dissonance as unrest, is Hevner's (1936)
/// and, of single chords, Lahdelma and Eerola's (2016, "Single chords convey distinct emotional qualities"); that flats
/// darken and sharps brighten is Temperley and Tan's (2013). The sizes are the project's own judgement.
fn affect(chord: &Chord, family: Family, tension: Tension, key: Key) -> Affect {
    let quality = match family {
        Family::Major => 0.4,
        Family::MajorSeventh => 0.25,
        Family::Dominant | Family::Suspended => 0.1,
        Family::MinorSeventh => -0.25,
        Family::Augmented => -0.3,
        Family::Minor => -0.4,
        Family::HalfDiminished => -0.5,
        Family::Diminished => -0.6,
    };
    // The middle of the scale on the line of fifths, and how far the chord's tones lie to the sharp side of it.
    let middle = f32::from(key.signature()) + 2.0;
    let tones = || chord.degrees().iter().map(|degree| f32::from((chord.root + degree.interval()).fifths()));
    let sharper = tones().sum::<f32>() / chord.degrees().len().max(1) as f32 - middle;
    let unrest = (f32::from(tension.total()) - 7.0) / 12.0;
    Affect::new(quality + 0.06 * sharper, unrest, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::roman;

    #[test]
    fn every_numeral_is_read_and_said_again() {
        for (mode, list) in [MAJOR, MINOR].into_iter().enumerate() {
            let made = candidates(mode);
            assert_eq!(made.len(), list.len());
            for candidate in &made {
                let back = roman::parse(candidate.numeral, home(mode)).unwrap();
                assert_eq!(back, candidate.chord, "{}", candidate.numeral);
                let same = made.iter().filter(|other| other.token == candidate.token);
                let shares: f32 = same.clone().map(|other| math::exp(other.share)).sum();
                assert!((shares - 1.0).abs() < 1e-3, "{}: {shares}", candidate.numeral);
                assert_eq!(
                    made.iter().filter(|other| other.chord == candidate.chord).count(),
                    1,
                    "{}",
                    candidate.numeral
                );
            }
        }
    }

    #[test]
    fn feelings_go_the_usual_way() {
        let major = candidates(0);
        let feels = |numeral| major.iter().find(|c| c.numeral == numeral).unwrap().affect;
        assert!(feels("I").valence > feels("vi").valence && feels("IV").valence > feels("iv").valence);
        assert!(feels("V/V").valence > feels("bVI").valence);
        assert!(feels("viio7").arousal > feels("V").arousal && feels("V").arousal > feels("I").arousal);
    }
}
