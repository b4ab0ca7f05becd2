//! From feeling to musical means: mode, tempo, loudness, density, register, articulation, instruments.
//!
//! Directions and their order of strength follow the reviews and experiments of Gabrielsson and Lindström (2010, "The
//! role of structure in the musical expression of emotions"), Eerola, Friberg and Bresin (2013, "Emotional expression
//! in music: contribution, linearity, and additivity of primary musical cues") and Livingstone et al. (2010, "Changing
//! musical emotion"): mode and register carry valence; tempo, loudness, density and short notes carry arousal. The
//! cues work by addition, so each is a straight line here. The numbers between the ends are the project's own.

use kmidi_music::{Affect, Mode};

/// Felt beats a minute where valence and arousal are 0.
const CENTRE_BPM: f64 = 92.0;

/// Felt beats a minute for a feeling: 56 (sad and calm) to 151 (glad and excited), rounded to whole beats.
pub(super) fn tempo(affect: Affect) -> f64 {
    let lift = 0.62 * f64::from(affect.arousal) + 0.1 * f64::from(affect.valence);
    libm::round(CENTRE_BPM * libm::exp2(lift))
}

/// The mode for a feeling.
///
/// The order from sad to happy is that of Temperley and Tan (2013, "Emotional connotations of diatonic modes"):
/// Phrygian, Aeolian, Dorian, Mixolydian, Lydian, Ionian. For a given arousal the mode climbs that order with valence.
/// The middle of the scale goes to major with borrowed chords, unless arousal asks for a modal colour.
pub(super) fn mode(affect: Affect) -> Mode {
    let Affect { valence: v, arousal: a, .. } = affect;
    let (steps, brightest): (&[(f32, Mode)], Mode) = if a >= 0.35 {
        let steps =
            &[(-0.6, Mode::Phrygian), (-0.2, Mode::Minor), (0.0, Mode::Dorian), (0.2, Mode::Mixolydian)];
        (steps, Mode::Major)
    } else if a >= -0.4 {
        (&[(-0.3, Mode::Minor), (-0.15, Mode::Dorian)], Mode::Major)
    } else {
        (&[(-0.2, Mode::Minor), (-0.05, Mode::Dorian), (0.25, Mode::Lydian)], Mode::Major)
    };
    steps.iter().find(|step| v < step.0).map_or(brightest, |step| step.1)
}

/// Place of a mode in the order from sad (0) to happy.
pub(super) fn brightness(mode: Mode) -> u8 {
    match mode {
        Mode::Locrian => 0,
        Mode::Phrygian => 1,
        Mode::Minor => 2,
        Mode::Dorian => 3,
        Mode::Mixolydian => 4,
        Mode::Lydian => 5,
        Mode::Major => 6,
    }
}

/// Why that mode, in words.
pub(super) fn mode_reason(mode: Mode) -> &'static str {
    match mode {
        Mode::Major => "major: the brightest of the modes to the ear; borrowed chords can still shade it",
        Mode::Lydian => "lydian: the raised fourth floats, calm and neither glad nor sad",
        Mode::Mixolydian => "mixolydian: major with a flat seventh, open and driving rather than sweet",
        Mode::Dorian => "dorian: minor with a bright sixth, wistful rather than sad",
        Mode::Minor => "minor: the lowered third and sixth carry low valence",
        Mode::Phrygian => "phrygian: the lowered second presses on the tonic, for threat and rage",
        Mode::Locrian => "locrian: no stable fifth above the tonic, nothing rests",
    }
}

/// How strongly mixed feelings show: 1 where valence is near 0, 0 where the feeling is clear.
pub(super) fn bittersweet(affect: Affect) -> f32 {
    (1.0 - (affect.valence + 0.02).abs() / 0.5).clamp(0.0, 1.0)
}

/// How a section is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Feel {
    /// 0 to 1: how much is going on.
    pub(super) energy: f32,
    /// Melody notes a felt beat, wished.
    pub(super) density: f32,
    /// The middle velocity.
    pub(super) velocity: i32,
    /// Sounding part of a note's time: 1 is legato.
    pub(super) gate: f32,
    /// 0 none, 1 brushes, 2 a plain beat, 3 a full beat, 4 a driving one.
    pub(super) drums: u8,
}

impl Feel {
    /// The means for a section of that energy (0 to 1). All rise with energy but the gate, which falls.
    pub(super) fn of(energy: f32) -> Self {
        let e = energy.clamp(0.0, 1.0);
        let drums = [0.2, 0.38, 0.62, 0.85].iter().filter(|&&limit| e >= limit).count() as u8;
        Self {
            energy: e,
            density: 0.55 + 1.1 * e,
            velocity: 38 + libm::roundf(62.0 * e) as i32,
            gate: 1.0 - 0.3 * e,
            drums,
        }
    }
}

/// Middle of the melody's range, a MIDI note number: higher for high arousal, and a little for high valence.
pub(super) fn register(affect: Affect) -> i32 {
    67 + libm::roundf(5.0 * affect.arousal + 2.0 * affect.valence) as i32
}

/// An instrument: its General MIDI program (0 to 127) and the lowest and highest MIDI note it plays well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Player {
    pub(super) name: &'static str,
    pub(super) program: u8,
    pub(super) low: u8,
    pub(super) high: u8,
}

const fn player(name: &'static str, program: u8, low: u8, high: u8) -> Player {
    Player { name, program, low, high }
}

/// Melody, chords and bass by quadrant of the valence-arousal plane; two melody players to choose from. Soft attacks
/// and dark timbres for low arousal, sharp and bright ones for high (Gabrielsson and Lindström 2010, timbre). Ranges
/// are the written practice of Adler (2002), "The Study of Orchestration".
const BANDS: [([Player; 2], Player, Player); 4] = [
    (
        [player("Piano", 0, 21, 108), player("Vibraphone", 11, 53, 89)],
        player("Acoustic Guitar", 25, 40, 84),
        player("Electric Bass", 33, 28, 67),
    ),
    (
        [player("Saw Lead", 81, 36, 96), player("Violin", 40, 55, 100)],
        player("Electric Piano", 4, 28, 96),
        player("Picked Bass", 34, 28, 67),
    ),
    (
        [player("Viola", 41, 48, 88), player("Clarinet", 71, 50, 91)],
        player("Piano", 0, 21, 108),
        player("Acoustic Bass", 32, 28, 67),
    ),
    (
        [player("Flute", 73, 60, 96), player("Piano", 0, 21, 108)],
        player("Nylon Guitar", 24, 40, 84),
        player("Acoustic Bass", 32, 28, 67),
    ),
];

/// Melody, chords and bass for a feeling; `second` takes the other melody instrument where the range allows it.
pub(super) fn band(affect: Affect, second: bool, low: i32, high: i32) -> [Player; 3] {
    let (leads, chords, bass) = &BANDS[usize::from(affect.quadrant() - 1)];
    let fits = |p: &&Player| i32::from(p.low) <= low && high <= i32::from(p.high);
    let wanted = &leads[usize::from(second)];
    let lead = [wanted, &leads[0], &leads[1]].into_iter().find(fits).unwrap_or(&BANDS[0].0[0]);
    [*lead, *chords, *bass]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_and_tempo_climb() {
        let grid = || (0..=20).map(|i| i as f32 / 10.0 - 1.0);
        for fixed in grid() {
            let modes: Vec<_> = grid().map(|v| brightness(mode(Affect::new(v, fixed, 0.0)))).collect();
            assert!(modes.is_sorted() && modes[0] <= 2 && modes[20] == 6, "arousal {fixed}: {modes:?}");
            let tempi: Vec<_> = grid().map(|a| tempo(Affect::new(fixed, a, 0.0))).collect();
            assert!(tempi.is_sorted() && tempi[20] > 2.0 * tempi[0], "valence {fixed}: {tempi:?}");
        }
    }

    #[test]
    fn every_band_can_play_its_range() {
        for v in [-1.0, -0.1, 0.1, 1.0] {
            for a in [-1.0, -0.1, 0.1, 1.0] {
                let affect = Affect::new(v, a, 0.0);
                let (low, high) = (register(affect) - 9, register(affect) + 9);
                for second in [false, true] {
                    let lead = band(affect, second, low, high)[0];
                    assert!(
                        i32::from(lead.low) <= low && high <= i32::from(lead.high),
                        "{affect:?} {lead:?}"
                    );
                }
            }
        }
    }
}
