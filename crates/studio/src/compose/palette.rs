//! The chords of each mode as a table: function, colour, and what each does, in words.
//!
//! Functions are Riemann's (1893) tonic, subdominant and dominant; which chords stand for which follows the usage that
//! Rohrmeier (2011, "Towards a generative syntax of tonal harmony") formalises, and for the modal and borrowed chords
//! that which de Clercq and Temperley (2011, "A corpus analysis of rock harmony") count. The colours (how bright or
//! dark a chord is heard in its mode) are the project's own judgement.

use kmidi_music::Mode;

/// What a chord does in its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Tonic,
    Subdominant,
    Dominant,
}

/// A chord of a mode.
#[derive(Debug)]
pub(super) struct Row {
    /// The triad.
    pub(super) triad: &'static str,
    /// With its seventh.
    pub(super) seventh: &'static str,
    pub(super) function: Function,
    /// -1 dark to 1 bright.
    pub(super) colour: f32,
    /// A triad of this table that must follow, for chords that point somewhere.
    pub(super) target: Option<&'static str>,
    /// Not of the key: comes in with mixed feelings or with its target.
    pub(super) chromatic: bool,
    pub(super) why: &'static str,
}

use Function::{Dominant as D, Subdominant as S, Tonic as T};

const fn row(
    triad: &'static str,
    seventh: &'static str,
    function: Function,
    colour: f32,
    why: &'static str,
) -> Row {
    Row { triad, seventh, function, colour, target: None, chromatic: false, why }
}

const fn chromatic(
    triad: &'static str,
    seventh: &'static str,
    function: Function,
    colour: f32,
    target: Option<&'static str>,
    why: &'static str,
) -> Row {
    Row { triad, seventh, function, colour, target, chromatic: true, why }
}

static MAJOR: [Row; 11] = [
    row("I", "Imaj7", T, 0.3, "tonic, home"),
    row("ii", "ii7", S, -0.1, "subdominant of the minor kind, leans towards the dominant"),
    row("iii", "iii7", T, -0.45, "mediant, the tonic without its root, paler"),
    row("IV", "IVmaj7", S, 0.35, "subdominant, opens away from home"),
    row("V", "V7", D, 0.2, "dominant, wants to go home"),
    row("vi", "vi7", T, -0.35, "relative minor, darkens the tonic"),
    chromatic(
        "iv",
        "iv7",
        S,
        -0.5,
        None,
        "borrowed from minor, its flat sixth throws a shadow over the subdominant",
    ),
    chromatic(
        "bVI",
        "bVImaj7",
        S,
        -0.35,
        None,
        "borrowed from minor, a third below home: wide and dark at once",
    ),
    chromatic(
        "bVII",
        "bVII7",
        S,
        -0.1,
        None,
        "borrowed from mixolydian, steps up to home without a leading note",
    ),
    chromatic("V/V", "V7/V", S, 0.2, Some("V"), "dominant of the dominant, brightens the way to it"),
    chromatic(
        "V/vi",
        "V7/vi",
        T,
        -0.1,
        Some("vi"),
        "dominant of the relative minor, a pang on the way to it",
    ),
];

static MINOR: [Row; 10] = [
    row("i", "i7", T, -0.2, "tonic, home in minor"),
    row("iio", "iiø7", S, -0.5, "diminished subdominant, bitter, leans towards the dominant"),
    row("III", "IIImaj7", T, 0.5, "relative major, a window of light"),
    row("iv", "iv7", S, -0.35, "minor subdominant, sinks"),
    row("v", "v7", D, -0.3, "minor dominant, pulls little, resigned"),
    row("V", "V7", D, 0.0, "dominant with the raised leading note, wants to go home"),
    row("VI", "VImaj7", T, 0.3, "submediant major, consoles in place of the tonic"),
    row("VII", "VII7", D, 0.3, "subtonic, open, leads up to home or to the relative major"),
    chromatic("bII", "bIImaj7", S, -0.6, Some("V"), "neapolitan, the darkest way to the dominant"),
    chromatic("IV", "IV7", S, 0.3, None, "borrowed from dorian, the raised sixth lets light in"),
];

static DORIAN: [Row; 6] = [
    row("i", "i7", T, -0.1, "tonic, home in dorian"),
    row("ii", "ii7", S, -0.1, "supertonic, moves without weight"),
    row("III", "IIImaj7", T, 0.4, "mediant major, a window of light"),
    row("IV", "IV7", S, 0.35, "the dorian colour: a major subdominant in minor"),
    row("v", "v7", D, -0.2, "minor dominant, pulls softly"),
    row("VII", "VIImaj7", D, 0.2, "subtonic, steps up to home"),
];

static MIXOLYDIAN: [Row; 6] = [
    row("I", "I7", T, 0.3, "tonic, home in mixolydian"),
    row("ii", "ii7", S, -0.1, "supertonic, moves without weight"),
    row("IV", "IVmaj7", S, 0.3, "subdominant, opens away from home"),
    row("v", "v7", D, -0.3, "minor dominant, pulls softly"),
    row("vi", "vi7", T, -0.35, "relative minor, darkens the tonic"),
    row("VII", "VIImaj7", D, 0.3, "the mixolydian colour: the flat seventh steps up to home"),
];

static LYDIAN: [Row; 6] = [
    row("I", "Imaj7", T, 0.3, "tonic, home in lydian"),
    row("II", "II7", S, 0.5, "the lydian colour: a major chord with the raised fourth floats over home"),
    row("iii", "iii7", T, -0.2, "mediant, the tonic without its root, paler"),
    row("V", "Vmaj7", D, 0.2, "dominant, without the fourth of home to push against, falls gently"),
    row("vi", "vi7", T, -0.3, "relative minor, darkens the tonic"),
    row("vii", "vii7", D, -0.1, "leading minor chord, slips up to home"),
];

static PHRYGIAN: [Row; 6] = [
    row("i", "i7", T, -0.4, "tonic, home in phrygian"),
    row("II", "IImaj7", D, -0.3, "the phrygian colour: presses down on home from a half step above"),
    row("III", "III7", T, 0.2, "mediant major, stands against the tonic"),
    row("iv", "iv7", S, -0.4, "minor subdominant, sinks"),
    row("VI", "VImaj7", T, 0.1, "submediant major, holds off the tonic"),
    row("vii", "vii7", D, -0.3, "subtonic minor, hollow, falls home"),
];

static LOCRIAN: [Row; 6] = [
    row("io", "iø7", T, -0.8, "tonic of locrian, a home that does not rest"),
    row("II", "IImaj7", D, 0.0, "presses down on home from a half step above"),
    row("iii", "iii7", T, -0.3, "mediant, shares two notes with home"),
    row("iv", "iv7", S, -0.4, "minor subdominant, sinks"),
    row("VI", "VI7", S, 0.2, "submediant major, holds off the tonic"),
    row("vii", "vii7", D, -0.3, "subtonic minor, falls home"),
];

/// The chords of a mode; the first is the tonic.
pub(super) fn of(mode: Mode) -> &'static [Row] {
    match mode {
        Mode::Major => &MAJOR,
        Mode::Minor => &MINOR,
        Mode::Dorian => &DORIAN,
        Mode::Mixolydian => &MIXOLYDIAN,
        Mode::Lydian => &LYDIAN,
        Mode::Phrygian => &PHRYGIAN,
        Mode::Locrian => &LOCRIAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::{Key, PitchName, roman};

    #[test]
    fn every_row_reads_and_fits_its_mode() {
        for (mode, name) in [
            (Mode::Major, "maj"),
            (Mode::Minor, "min"),
            (Mode::Dorian, "dor"),
            (Mode::Phrygian, "phr"),
            (Mode::Lydian, "lyd"),
            (Mode::Mixolydian, "mix"),
            (Mode::Locrian, "loc"),
        ] {
            let key = Key::new(PitchName::C, mode);
            let rows = of(mode);
            assert_eq!(rows[0].function, T, "{name}");
            assert!(rows.iter().any(|r| r.function == D && !r.chromatic), "{name}");
            for row in rows {
                let triad = roman::parse(row.triad, key).unwrap();
                let seventh = roman::parse(row.seventh, key).unwrap();
                assert_eq!(triad.root, seventh.root, "{} in {name}", row.seventh);
                let inside = |c: &kmidi_music::Chord| {
                    c.notes().iter().all(|n| {
                        key.scale().contains(n.pitch_class())
                            || (mode == Mode::Minor && n.pitch_class().value() == 11)
                    })
                };
                assert_eq!(inside(&triad), !row.chromatic, "{} in {name}", row.triad);
                assert!(row.chromatic || inside(&seventh), "{} in {name}", row.seventh);
                assert!(
                    row.target.is_none_or(|t| rows.iter().any(|r| r.triad == t)),
                    "{} in {name}",
                    row.triad
                );
            }
        }
    }
}
