//! Tension of a chord in a key, by Lerdahl's theory of tonal pitch space.
//!
//! A chord is as tense as it is far from the tonic, and as its surface is rough (Lerdahl 2001, "Tonal Pitch Space", chapters
//! 2 and 4; Lerdahl and Krumhansl 2007, "Modeling tonal tension", Music Perception 24, which measured that listeners agree).
//! The distance of two chords is i + j + k: steps on the circle of fifths from the region of one to that of the other, steps
//! on the circle of fifths of the seven degrees from root to root, and tones of the second chord's basic space that the
//! first lacks. A basic space has the root on its first level, root and fifth on its second, the triad on its third, and the
//! scale of the region on its fourth, so that a root counts more than a third.
//!
//! What the theory leaves to the analyst is settled here: a chord lies in the region whose scale holds most of its tones, of
//! several in the one nearest to the key, in the natural scale before the harmonic minor; the ascending melodic minor counts
//! in the key itself. Each chord is measured against the tonic (*sequential* tension); the tree of prolongations is no
//! matter of single chords.

use kmidi_music::chord::Degree;
use kmidi_music::{Chord, Key, PitchClass, PitchClassSet, PitchName, Quality};

/// How far one chord lies from another in tonal pitch space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Distance {
    /// Steps between the regions on the circle of fifths, 0 to 6: Lerdahl's i.
    pub region: u8,
    /// Steps between the roots on the diatonic circle of fifths, 0 to 3: j.
    pub root: u8,
    /// Tones of the basic space, level by level, that are new: k.
    pub tones: u8,
}

impl Distance {
    /// i + j + k.
    pub const fn total(self) -> u8 {
        self.region + self.root + self.tones
    }
}

/// How tense a chord is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tension {
    /// 2 where the root is not in the bass.
    pub inversion: u8,
    /// 1 for a seventh, 3 for every tone beside triad and seventh that belongs to the region, 4 for every other.
    pub added: u8,
    /// 1 where the melody has the third or fifth.
    pub melody: u8,
    /// The distance from the tonic.
    pub distance: Distance,
}

impl Tension {
    /// The sum of [`Tension::terms`]: 0 for the tonic triad in root position, 6 for V7, 10 for ii6.
    pub const fn total(self) -> u8 {
        self.inversion + self.added + self.melody + self.distance.total()
    }

    /// What the tension is made of.
    pub const fn terms(self) -> [(&'static str, u8); 6] {
        [
            ("inversion", self.inversion),
            ("added tones", self.added),
            ("melody", self.melody),
            ("region", self.distance.region),
            ("root", self.distance.root),
            ("new tones", self.distance.tones),
        ]
    }
}

/// The tension of `chord` in `key`, below `melody` where that is known.
///
/// *Real-time safety*: no allocation, no lock; about a microsecond.
pub fn tension(chord: &Chord, key: Key, melody: Option<PitchClass>) -> Tension {
    let place = Place::of(chord, key);
    let (mut inversion, mut added, mut on_top) = (0, 0, 0);
    if chord.bass != chord.root {
        inversion = 2;
    }
    let foreign = |pc: PitchClass| if place.levels[3].contains(pc) { 3 } else { 4 };
    let is_seventh = |interval: u8| (10..12).contains(&interval);
    let mut known = PitchClassSet::EMPTY;
    let above = |pc: PitchClass| pc.above(chord.root.pitch_class());
    for degree in chord.degrees().iter() {
        let pc = (chord.root + degree.interval()).pitch_class();
        known = known.with(pc);
        added += match degree.number {
            1 | 3 | 5 => 0,
            7 => 1,
            _ => foreign(pc),
        };
    }
    let outside = |pc: PitchClass| match is_seventh(above(pc)) {
        true => 1,
        false => foreign(pc),
    };
    let bass = chord.bass.pitch_class();
    if !known.contains(bass) {
        added += outside(bass);
        known = known.with(bass);
    }
    if let Some(melody) = melody {
        if !known.contains(melody) {
            added += outside(melody);
        } else if place.levels[2].contains(melody) && !place.levels[0].contains(melody) {
            on_top = 1;
        }
    }
    Tension { inversion, added, melody: on_top, distance: Place::tonic(key).to(&place) }
}

/// The distance from one chord to the next in `key`.
///
/// *Real-time safety*: no allocation, no lock; about a microsecond.
pub fn distance(from: &Chord, to: &Chord, key: Key) -> Distance {
    Place::of(from, key).to(&Place::of(to, key))
}

/// A chord in the region that supports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The signature of the region's scale.
    region: i8,
    root: PitchName,
    /// Root; root and fifth; triad; scale.
    levels: [PitchClassSet; 4],
}

/// How a region's scale differs from its signature: nothing, raised seventh, raised sixth and seventh of its minor key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Natural,
    Harmonic,
    Melodic,
}

impl Form {
    /// The scale's places on the line of fifths. In fifths above the major tonic, the relative minor has its sixth at -1
    /// and its seventh at 1; a raised tone lies seven fifths up.
    fn scale(self, signature: i8) -> [i8; 7] {
        let mut fifths = [-1, 0, 1, 2, 3, 4, 5];
        if self != Form::Natural {
            fifths[2] += 7;
        }
        if self == Form::Melodic {
            fifths[0] += 7;
        }
        fifths.map(|fifth| fifth + signature)
    }
}

/// Regions farther away on the circle of fifths are nearer from the other side.
const FARTHEST: i8 = 6;
/// Roots farther from the tonic than this on the line of fifths are meant enharmonically.
const SPELLED: core::ops::RangeInclusive<i8> = -9..=11;

impl Place {
    /// The tonic triad.
    pub(crate) fn tonic(key: Key) -> Self {
        let quality = if key.mode.is_minor() { Quality::MIN } else { Quality::MAJ };
        Self::of(&Chord::new(key.tonic, quality), key)
    }

    pub(crate) fn of(chord: &Chord, key: Key) -> Self {
        let root = match SPELLED.contains(&(chord.root - key.tonic).fifths()) {
            true => chord.root,
            false => key.spell_root(chord.root.pitch_class()),
        };
        let degrees = chord.degrees();
        let core = || degrees.iter().filter(|d| matches!(d.number, 1 | 3 | 5 | 7));
        let mut best = (0, key.signature(), Form::Natural);
        for step in 0..=2 * FARTHEST {
            let shift = if step % 2 == 0 { step / 2 } else { -(step / 2) - 1 };
            let signature = key.signature() + shift;
            // Elsewhere than at home a raised sixth is better heard as the scale of a major key.
            let at_home = shift == 0 && key.mode.is_minor();
            let forms = [Form::Natural, Form::Harmonic, Form::Melodic];
            for &form in &forms[..if at_home { 3 } else { 2 }] {
                let scale = form.scale(signature);
                let held = core().filter(|d| scale.contains(&(root + d.interval()).fifths())).count();
                // Of two regions at one distance the first stands: the flat side, where borrowed chords come from.
                if held > best.0 {
                    best = (held, signature, form);
                }
            }
        }
        let (_, region, form) = best;
        let pc = |degree: Degree| (root + degree.interval()).pitch_class();
        let below =
            |number: u8| degrees.iter().filter(move |d| d.number <= number && d.number % 2 == 1).map(pc);
        let first = PitchClassSet::EMPTY.with(root.pitch_class());
        let fifth = degrees.iter().filter(|d| d.number == 5).map(pc).fold(first, PitchClassSet::with);
        let triad = below(5).fold(first, PitchClassSet::with);
        let scale = form.scale(region).map(|fifths| PitchName::from_fifths(fifths).pitch_class());
        Self { region, root, levels: [first, fifth, triad, scale.into_iter().collect()] }
    }

    pub(crate) fn to(&self, next: &Self) -> Distance {
        let circle = |steps: i8, around: i8| {
            let up = steps.rem_euclid(around);
            up.min(around - up) as u8
        };
        let new = |(from, to): (&PitchClassSet, &PitchClassSet)| to.len() - to.intersection(*from).len();
        Distance {
            region: circle(next.region - self.region, 12),
            root: circle((next.root - self.root).fifths(), 7),
            tones: self.levels.iter().zip(&next.levels).map(new).sum::<u32>() as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::RomanNumeral;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn chord(numeral: &str, of: &str) -> Chord {
        numeral.parse::<RomanNumeral>().unwrap().chord(key(of))
    }

    /// Lerdahl 2001, chapter 2: distances from the tonic to the triads of its region.
    #[test]
    fn triads_lie_as_far_from_the_tonic_as_published() {
        for of in ["C", "F#", "Eb"] {
            for (numeral, expected) in
                [("I", 0), ("V", 5), ("IV", 5), ("vi", 7), ("iii", 7), ("ii", 8), ("viio", 8)]
            {
                let found = distance(&chord("I", of), &chord(numeral, of), key(of));
                assert_eq!(found.total(), expected, "{numeral} in {of}: {found:?}");
            }
        }
        let five = distance(&chord("I", "C"), &chord("V", "C"), key("C"));
        assert_eq!(five, Distance { region: 0, root: 1, tones: 4 });
    }

    /// Lerdahl 2001, chapter 2: distances from a tonic to the tonics of other regions. The space of regions has the
    /// dominant, the subdominant, the relative and the parallel at 7, the mediant at 9 and the supertonic at 10.
    #[test]
    fn regions_lie_as_far_as_published() {
        let tonic = Place::tonic(key("C"));
        for (other, expected) in [("G", 7), ("F", 7), ("a", 7), ("c", 7), ("e", 9), ("d", 10)] {
            assert_eq!(tonic.to(&Place::tonic(key(other))).total(), expected, "{other}");
        }
    }

    /// The rules of surface dissonance (Lerdahl and Krumhansl 2007): inversion 2, seventh 1, foreign tone 3 in the region
    /// and 4 outside, third or fifth in the melody 1.
    #[test]
    fn the_surface_adds_to_the_distance() {
        for (numeral, expected) in [
            ("I", 0),
            ("I6", 2),
            ("V", 5),
            ("V7", 6),
            ("V65", 8),
            ("V6", 7),
            ("ii6", 10),
            ("ii65", 11),
            ("viio6", 10),
            ("I[add6]", 3),
            ("I[addb6]", 4),
        ] {
            let found = tension(&chord(numeral, "C"), key("C"), None);
            assert_eq!(found.total(), expected, "{numeral}: {found:?}");
            assert_eq!(found.terms().iter().map(|term| term.1).sum::<u8>(), found.total());
        }
        let melody = |pc| tension(&chord("I", "C"), key("C"), Some(PitchClass::new(pc))).total();
        assert_eq!([0, 4, 7, 10, 11, 9, 2, 6].map(melody), [0, 1, 1, 1, 1, 3, 3, 4]);
    }

    #[test]
    fn chromatic_chords_lie_in_regions_of_their_own() {
        let region = |numeral, of| Place::of(&chord(numeral, of), key(of)).region - key(of).signature();
        for (numeral, of, expected) in [
            ("V7/V", "C", 1),
            ("V7/IV", "C", -1),
            ("V7/ii", "C", -1), // the leading note of D minor
            ("V7/vi", "C", 0),  // the harmonic minor on the same signature
            ("iv", "C", -3),
            ("bVI", "C", -3),
            ("viio7", "C", -3),
            ("N6", "c", -1),
            ("V7", "a", 0),
            ("viio7", "a", 0),
            ("IV", "a", 0),
        ] {
            assert_eq!(region(numeral, of), expected, "{numeral} in {of}");
        }
        // Nearer chords are calmer.
        let total = |numeral| tension(&chord(numeral, "C"), key("C"), None).total();
        assert!(total("V") < total("V7/V") && total("V7/V") < total("Ger65") && total("vi") < total("bVI"));
    }

    #[test]
    fn transposing_changes_nothing() {
        for numeral in ["V7/V", "N6", "Ger65", "viio7", "bVII", "ii65", "I+"] {
            let plain = tension(&chord(numeral, "C"), key("C"), None);
            for of in ["G", "Bb", "F#", "Db", "E"] {
                assert_eq!(tension(&chord(numeral, of), key(of), None), plain, "{numeral} in {of}");
            }
        }
    }

    #[test]
    fn every_chord_in_every_key_has_a_bounded_tension() {
        for quality in Quality::all() {
            for root in -15..=19 {
                for fifths in -8..=8 {
                    let key = Key::new(PitchName::from_fifths(fifths), kmidi_music::Mode::Minor);
                    let found = tension(&Chord::new(PitchName::from_fifths(root), quality), key, None);
                    let Distance { region, root, tones } = found.distance;
                    assert!(region <= 6 && root <= 3 && tones <= 13 && found.total() <= 40, "{found:?}");
                }
            }
        }
    }
}
