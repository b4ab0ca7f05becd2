//! From feeling to musical means: mode, tempo, loudness, density, register, articulation, instruments.
//!
//! Directions and their order of strength follow the reviews and experiments of Gabrielsson and Lindström (2010, "The
//! role of structure in the musical expression of emotions"), Eerola, Friberg and Bresin (2013, "Emotional expression
//! in music: contribution, linearity, and additivity of primary musical cues") and Livingstone et al. (2010, "Changing
//! musical emotion"): mode and register carry valence; tempo, loudness, density and short notes carry arousal. The
//! cues work by addition, so each is a straight line here. The numbers between the ends are the project's own.

use kmidi_music::{Affect, Mode};

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
            density: 1.2 + 0.6 * e,
            velocity: 38 + libm::roundf(62.0 * e) as i32,
            gate: 1.0 - 0.3 * e,
            drums,
        }
    }
}

/// Middle of the melody's range, a MIDI note number: higher for high valence, and a little for high arousal.
///
/// Among the cues that Eerola et al. (2013) vary, register tells glad from sad and ranks after mode and tempo. High pitch
/// goes with happy as well as with serene music, low pitch with sad music but also with agitation and anger (Gabrielsson
/// and Lindström 2010): arousal alone does not settle it.
pub(super) fn register(affect: Affect) -> i32 {
    67 + libm::roundf(5.0 * affect.valence + 2.0 * affect.arousal) as i32
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
            for style in super::super::styles() {
                let tempi: Vec<_> = grid().map(|a| style.bpm(Affect::new(fixed, a, 0.0))).collect();
                let ratio = style.tempo.fastest / style.tempo.slowest;
                let wide = tempi[20] / tempi[0] > 1.0 + 0.7 * (ratio - 1.0);
                assert!(tempi.is_sorted() && wide, "{}, valence {fixed}: {tempi:?}", style.name);
            }
        }
    }
}
