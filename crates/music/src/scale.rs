//! Scales: one table, each with its degrees, its other names and its source.

use crate::chord::{Degree, Degrees};
use crate::pitch::{PitchClassSet, PitchName};
use alloc::vec::Vec;

/// A named scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// The usual English name, lower case.
    pub name: &'static str,
    /// Other names, lower case.
    pub aliases: &'static [&'static str],
    /// The spelled degrees, against the major scale on the same tonic.
    pub degrees: Degrees,
    /// Semitones above the root, as a set on root 0.
    pub steps: PitchClassSet,
    /// Where the scale is described under this name.
    pub source: &'static str,
}

/// Glarean, "Dodekachordon", 1547.
const GLAREAN: &str = "Glarean 1547";
/// Levine, "The Jazz Theory Book", 1995.
const LEVINE: &str = "Levine 1995";
/// Persichetti, "Twentieth-Century Harmony", 1961, chapter 2.
const PERSICHETTI: &str = "Persichetti 1961";
/// Kostka, "Materials and Techniques of Twentieth-Century Music", 3rd edition, 2006, chapter 2.
const KOSTKA: &str = "Kostka 2006";
/// Slonimsky, "Thesaurus of Scales and Melodic Patterns", 1947.
const SLONIMSKY: &str = "Slonimsky 1947";
/// Messiaen, "Technique de mon langage musical", 1944, chapter 16.
const MESSIAEN: &str = "Messiaen 1944";
/// Baker, "How to Play Bebop", 1985.
const BAKER: &str = "Baker 1985";
/// Aebersold, "Scale Syllabus", in "Jazz Handbook", 2000.
const AEBERSOLD: &str = "Aebersold 2000";
/// Rimsky-Korsakov, "Practical Manual of Harmony", 1884.
const RIMSKY: &str = "Rimsky-Korsakov 1884";
/// Malm, "Japanese Music and Musical Instruments", 1959.
const MALM: &str = "Malm 1959";

/// Reads degrees such as `1 b3 #4`, when the crate is compiled.
const fn degrees(text: &str) -> Degrees {
    let bytes = text.as_bytes();
    let (mut set, mut alteration, mut i) = (Degrees::NONE, 0, 0);
    while i < bytes.len() {
        match bytes[i] {
            b'b' => alteration -= 1,
            b'#' => alteration += 1,
            b' ' => alteration = 0,
            digit => set = set.with(Degree::new(digit - b'0', alteration)),
        }
        i += 1;
    }
    set
}

const fn scale(
    name: &'static str,
    aliases: &'static [&'static str],
    text: &'static str,
    source: &'static str,
) -> Scale {
    let degrees = degrees(text);
    Scale { name, aliases, degrees, steps: degrees.on_root(), source }
}

/// Every scale with a name, the commonest first.
#[rustfmt::skip] // a row a scale
pub static SCALES: &[Scale] = &[
    scale("major", &["ionian"], "1 2 3 4 5 6 7", GLAREAN),
    scale("natural minor", &["minor", "aeolian"], "1 2 b3 4 5 b6 b7", GLAREAN),
    scale("harmonic minor", &[], "1 2 b3 4 5 b6 7", RIMSKY),
    scale("melodic minor", &["jazz minor", "ascending melodic minor"], "1 2 b3 4 5 6 7", LEVINE),
    scale("dorian", &[], "1 2 b3 4 5 6 b7", GLAREAN),
    scale("phrygian", &[], "1 b2 b3 4 5 b6 b7", GLAREAN),
    scale("lydian", &[], "1 2 3 #4 5 6 7", GLAREAN),
    scale("mixolydian", &[], "1 2 3 4 5 6 b7", GLAREAN),
    scale("locrian", &[], "1 b2 b3 4 b5 b6 b7", PERSICHETTI),
    scale("major pentatonic", &["pentatonic"], "1 2 3 5 6", KOSTKA),
    scale("minor pentatonic", &[], "1 b3 4 5 b7", LEVINE),
    scale("blues", &["minor blues"], "1 b3 4 b5 5 b7", LEVINE),
    scale("major blues", &[], "1 2 b3 3 5 6", AEBERSOLD),
    scale("whole-tone", &["whole tone", "messiaen mode 1"], "1 2 3 #4 #5 b7", MESSIAEN),
    scale("octatonic half-whole", &["diminished half-whole", "messiaen mode 2", "dominant diminished"], "1 b2 b3 3 #4 5 6 b7", RIMSKY),
    scale("octatonic whole-half", &["diminished", "diminished whole-half"], "1 2 b3 4 b5 b6 6 7", RIMSKY),
    // modes of melodic minor
    scale("dorian b2", &["phrygian #6"], "1 b2 b3 4 5 6 b7", LEVINE),
    scale("lydian augmented", &[], "1 2 3 #4 #5 6 7", LEVINE),
    scale("lydian dominant", &["acoustic", "overtone", "lydian b7"], "1 2 3 #4 5 6 b7", LEVINE),
    scale("mixolydian b6", &["aeolian dominant", "hindu"], "1 2 3 4 5 b6 b7", LEVINE),
    scale("locrian #2", &["half-diminished", "aeolian b5"], "1 2 b3 4 b5 b6 b7", LEVINE),
    scale("altered", &["super locrian", "diminished whole-tone"], "1 b2 b3 b4 b5 b6 b7", LEVINE),
    // modes of harmonic minor
    scale("locrian 6", &["locrian natural 6"], "1 b2 b3 4 b5 6 b7", AEBERSOLD),
    scale("ionian augmented", &["ionian #5"], "1 2 3 4 #5 6 7", AEBERSOLD),
    scale("dorian #4", &["ukrainian dorian", "romanian minor"], "1 2 b3 #4 5 6 b7", AEBERSOLD),
    scale("phrygian dominant", &["spanish gypsy", "phrygian major"], "1 b2 3 4 5 b6 b7", AEBERSOLD),
    scale("lydian #2", &[], "1 #2 3 #4 5 6 7", AEBERSOLD),
    scale("ultralocrian", &["super locrian bb7"], "1 b2 b3 b4 b5 b6 bb7", AEBERSOLD),
    // harmonic major and its modes
    scale("harmonic major", &[], "1 2 3 4 5 b6 7", RIMSKY),
    scale("dorian b5", &[], "1 2 b3 4 b5 6 b7", SLONIMSKY),
    scale("phrygian b4", &[], "1 b2 b3 b4 5 b6 b7", SLONIMSKY),
    scale("lydian b3", &["melodic minor #4"], "1 2 b3 #4 5 6 7", SLONIMSKY),
    scale("mixolydian b2", &[], "1 b2 3 4 5 6 b7", SLONIMSKY),
    scale("lydian augmented #2", &[], "1 #2 3 #4 #5 6 7", SLONIMSKY),
    scale("locrian bb7", &[], "1 b2 b3 4 b5 b6 bb7", SLONIMSKY),
    // bebop
    scale("bebop dominant", &["bebop"], "1 2 3 4 5 6 b7 7", BAKER),
    scale("bebop major", &[], "1 2 3 4 5 #5 6 7", BAKER),
    scale("bebop dorian", &["bebop minor"], "1 2 b3 3 4 5 6 b7", BAKER),
    scale("bebop melodic minor", &[], "1 2 b3 4 5 #5 6 7", LEVINE),
    // pentatonic
    scale("suspended pentatonic", &["egyptian"], "1 2 4 5 b7", SLONIMSKY),
    scale("yo", &["ritusen"], "1 2 4 5 6", MALM),
    scale("man gong", &["blues minor pentatonic"], "1 b3 4 b6 b7", SLONIMSKY),
    scale("in", &["miyako-bushi", "japanese"], "1 b2 4 5 b6", MALM),
    scale("hirajoshi", &[], "1 2 b3 5 b6", KOSTKA),
    scale("kumoi", &[], "1 2 b3 5 6", KOSTKA),
    scale("iwato", &[], "1 b2 4 b5 b7", MALM),
    scale("insen", &[], "1 b2 4 5 b7", MALM),
    scale("pelog", &["balinese"], "1 b2 b3 5 b6", PERSICHETTI),
    scale("dominant pentatonic", &[], "1 2 3 5 b7", LEVINE),
    // symmetric
    scale("augmented", &["hexatonic"], "1 b3 3 5 b6 7", KOSTKA),
    scale("inverse augmented", &["six-tone symmetrical"], "1 b2 3 4 #5 6", PERSICHETTI),
    scale("tritone", &["petrushka"], "1 b2 3 b5 5 b7", SLONIMSKY),
    scale("chromatic", &[], "1 b2 2 b3 3 4 #4 5 b6 6 b7 7", KOSTKA),
    scale("messiaen mode 3", &[], "1 2 b3 3 #4 5 b6 b7 7", MESSIAEN),
    scale("messiaen mode 4", &[], "1 b2 2 4 #4 5 b6 7", MESSIAEN),
    scale("messiaen mode 5", &[], "1 b2 4 #4 5 7", MESSIAEN),
    scale("messiaen mode 6", &[], "1 2 3 4 #4 #5 b7 7", MESSIAEN),
    scale("messiaen mode 7", &[], "1 b2 2 b3 4 #4 5 b6 6 7", MESSIAEN),
    // others
    scale("hungarian minor", &["gypsy minor"], "1 2 b3 #4 5 b6 7", PERSICHETTI),
    scale("hungarian major", &[], "1 #2 3 #4 5 6 b7", PERSICHETTI),
    scale("double harmonic", &["byzantine", "arabic"], "1 b2 3 4 5 b6 7", PERSICHETTI),
    scale("neapolitan minor", &[], "1 b2 b3 4 5 b6 7", PERSICHETTI),
    scale("neapolitan major", &[], "1 b2 b3 4 5 6 7", PERSICHETTI),
    scale("oriental", &[], "1 b2 3 4 b5 6 b7", PERSICHETTI),
    scale("persian", &[], "1 b2 3 4 b5 b6 7", SLONIMSKY),
    scale("enigmatic", &[], "1 b2 3 #4 #5 #6 7", PERSICHETTI),
    scale("leading whole-tone", &[], "1 2 3 #4 #5 #6 7", PERSICHETTI),
    scale("major locrian", &["arabian"], "1 2 3 4 b5 b6 b7", PERSICHETTI),
    scale("prometheus", &["mystic"], "1 2 3 #4 6 b7", PERSICHETTI),
    scale("eight-tone spanish", &["spanish"], "1 b2 #2 3 4 b5 b6 b7", PERSICHETTI),
];

impl Scale {
    /// The scale of that name or alias.
    pub fn named(name: &str) -> Option<&'static Scale> {
        SCALES.iter().find(|s| s.name == name).or_else(|| SCALES.iter().find(|s| s.aliases.contains(&name)))
    }

    /// The scales that hold every tone of `steps` (a set on root 0), the commonest first.
    pub fn holding(steps: PitchClassSet) -> impl Iterator<Item = &'static Scale> {
        SCALES.iter().filter(move |s| s.steps.intersection(steps) == steps)
    }

    /// The spelled notes on `tonic`, from the tonic up, by degree.
    pub fn notes(&self, tonic: PitchName) -> Vec<PitchName> {
        self.degrees.iter().map(|degree| tonic + degree.interval()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn check(name: &str, tonic: &str, notes: &str) {
        let scale = Scale::named(name).unwrap_or_else(|| panic!("{name}"));
        let spelled = scale.notes(tonic.parse().unwrap());
        let spelled = spelled.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(spelled, notes, "{tonic} {name}");
    }

    #[test]
    fn scales_hold_their_root_and_differ() {
        assert!(SCALES.len() >= 40);
        for (i, a) in SCALES.iter().enumerate() {
            assert_eq!(a.steps.bits() & 1, 1, "{}", a.name);
            assert_eq!(a.steps.len(), a.degrees.len(), "{}: a tone twice", a.name);
            assert!(!a.source.is_empty() && a.steps.len() >= 5, "{}", a.name);
            assert!(SCALES[..i].iter().all(|b| b.steps != a.steps), "{}", a.name);
            for name in a.aliases.iter().chain([&a.name]) {
                assert_eq!(Scale::named(name), Some(a), "{name}");
            }
        }
    }

    #[test]
    fn scales_are_spelled_by_degree() {
        check("dorian", "D", "D E F G A B C");
        check("harmonic minor", "c", "C D Eb F G Ab B");
        check("altered", "G", "G Ab Bb Cb Db Eb F");
        check("lydian dominant", "Bb", "Bb C D E F G Ab");
        check("phrygian dominant", "E", "E F G# A B C D");
        check("bebop", "C", "C D E F G A Bb B");
        check("whole tone", "C", "C D E F# G# Bb");
        check("octatonic half-whole", "C", "C Db Eb E F# G A Bb");
        check("hungarian minor", "a", "A B C D# E F G#");
        check("blues", "A", "A C D Eb E G");
    }

    /// The modes of a scale are its rotations.
    #[test]
    fn modes_are_rotations() {
        let families: &[(&str, &[&str])] = &[
            ("major", &["dorian", "phrygian", "lydian", "mixolydian", "aeolian", "locrian"]),
            (
                "melodic minor",
                &[
                    "dorian b2",
                    "lydian augmented",
                    "lydian dominant",
                    "mixolydian b6",
                    "locrian #2",
                    "altered",
                ],
            ),
            (
                "harmonic minor",
                &[
                    "locrian 6",
                    "ionian augmented",
                    "dorian #4",
                    "phrygian dominant",
                    "lydian #2",
                    "ultralocrian",
                ],
            ),
            (
                "harmonic major",
                &[
                    "dorian b5",
                    "phrygian b4",
                    "lydian b3",
                    "mixolydian b2",
                    "lydian augmented #2",
                    "locrian bb7",
                ],
            ),
            ("major pentatonic", &["suspended pentatonic", "man gong", "yo", "minor pentatonic"]),
            ("octatonic half-whole", &["octatonic whole-half"]),
            ("augmented", &["inverse augmented"]),
        ];
        for (parent, modes) in families {
            let steps = Scale::named(parent).unwrap().steps;
            for (mode, root) in modes.iter().zip(steps.iter().skip(1)) {
                let rotated = steps.transposed((12 - root.value()) % 12);
                assert_eq!(Scale::named(mode).unwrap().steps, rotated, "{mode} of {parent}");
            }
        }
    }

    #[test]
    fn scales_are_found_by_their_tones() {
        let names = |text: &str| {
            let steps = degrees(text).semitones();
            Scale::holding(steps).take(2).map(|s| s.name).collect::<Vec<_>>()
        };
        assert_eq!(names("1 3 5 7"), ["major", "lydian"]);
        assert_eq!(names("1 b2 3 5 b7"), ["octatonic half-whole", "phrygian dominant"]);
    }
}
