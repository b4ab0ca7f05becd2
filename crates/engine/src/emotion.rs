//! Feelings that music expresses: cues that are counted note by note, and a fixed map from them to valence and arousal.
//!
//! Nothing here was learned from people's ratings of music. Which cue speaks for what, and in which order of strength, is taken from published
//! findings: Gabrielsson and Lindström 2010 ("The role of structure in the musical expression of emotions"), Eerola, Friberg and Bresin 2013 ("Emotional
//! expression in music: contribution, linearity, and additivity of primary musical cues") and Livingstone et al. 2010 ("Changing musical emotion"):
//!
//! | cue | valence | arousal |
//! |---|---|---|
//! | density (tempo and note rate) | a little | the most |
//! | loudness | a little, downwards: loud is scary as well as glad | nearly as much |
//! | short notes | | some |
//! | register | second: low is sad or scary, high glad or serene | |
//! | mode | the most | |
//!
//! Cues add up (Eerola et al. 2013 found no interactions), so the map is linear; its numbers are the project's own. What is neutral, and how wide a cue ranges,
//! comes from piano arrangements of songs (POP909, Wang et al. 2020): 35 s windows of the training split.

use crate::harmony::key::PROFILES;
use kmidi_kernels::math;
use kmidi_music::Affect;

/// Key profiles of Krumhansl and Kessler (1982), from Krumhansl 1990, "Cognitive foundations of musical pitch", table 2.1: major, minor.
const PROBES: [[f32; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// A cue's neutral value, and the distance from it that counts 1.
#[derive(Debug, Clone, Copy)]
struct Scale(f32, f32);

impl Scale {
    fn of(self, value: f32) -> f32 {
        ((value - self.0) / self.1).clamp(-MOST, MOST)
    }
}

/// Cues beyond this say no more.
const MOST: f32 = 4.0;
/// Logarithm of notes a second: 6.6 in the middle of POP909; slow and fast music lie about 0.45 away (a factor of 1.6).
const DENSITY: Scale = Scale(1.89, 0.45);
/// Logarithm of onsets a second, chords counting once: 3.1 in the middle of POP909.
const ONSETS: Scale = Scale(1.14, 0.40);
/// MIDI velocity: its middle, between *mp* and *mf*. POP909 has its own (85), set by hand, not by playing.
const LOUDNESS: Scale = Scale(64.0, 14.0);
/// Logarithm of the mean duration, seconds.
const LENGTH: Scale = Scale(-0.57, 0.45);
/// MIDI note number: D#4 in the middle of POP909.
const REGISTER: Scale = Scale(63.0, 4.0);
/// By how much major fits better than minor, as a difference of correlations: halfway between songs in major (0.18) and in minor (-0.10), which lie 1 away.
const MODE: Scale = Scale(0.04, 0.14);

/// How uncertain valence and arousal are, as a standard deviation: cues alone explain 77 to 89 % of the variance where only cues vary (Eerola et al. 2013),
/// less in pieces that were not made for it.
const SPREAD: f32 = 0.4;

/// What is heard of a piece, each cue as a distance from what is neutral; 0 also for what is not known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cues {
    /// Many notes.
    pub density: f32,
    /// Loud.
    pub loudness: f32,
    /// Short notes.
    pub shortness: f32,
    /// High.
    pub register: f32,
    /// Major rather than minor.
    pub mode: f32,
}

impl Cues {
    /// Of sound whose notes and level are not known: onsets a second, and how long each pitch class belonged to what sounded. `None` where there is
    /// no onset or nothing tonal.
    #[must_use]
    pub fn of_sound(onset_rate: f32, classes: &[f32; 12]) -> Option<Self> {
        let heard = onset_rate > 0.0 && classes.iter().any(|&time| time > 0.0);
        heard.then(|| Self {
            density: ONSETS.of(math::ln(onset_rate)),
            mode: MODE.of(majorness(classes)),
            ..Self::default()
        })
    }

    /// Of means that somebody counted, or estimated: notes a second, their velocity, their duration in seconds, their MIDI note number, and how much there
    /// was of each pitch class, as [`Tally`] weighs them. 0 where a number is none.
    #[must_use]
    pub fn of_means(rate: f32, velocity: f32, duration: f32, pitch: f32, classes: &[f32; 12]) -> Self {
        let known = |cue: f32| if cue.is_finite() { cue } else { 0.0 };
        Self {
            density: known(DENSITY.of(math::ln(rate.max(1e-3)))),
            loudness: known(LOUDNESS.of(velocity)),
            shortness: known(-LENGTH.of(math::ln(duration.max(0.01)))),
            register: known(REGISTER.of(pitch)),
            mode: known(MODE.of(majorness(classes))),
        }
    }

    /// Valence and arousal that they express; dominance, of which cues say little, goes half the way with valence.
    #[must_use]
    pub fn affect(self) -> Affect {
        let valence = 0.35 * self.mode + 0.14 * self.register + 0.05 * self.density - 0.08 * self.loudness;
        let arousal = 0.35 * self.density + 0.30 * self.loudness + 0.10 * self.shortness;
        Affect::new(valence, arousal, 0.5 * valence.clamp(-1.0, 1.0))
    }
}

/// How likely a point's quadrant is, 1/4 to 1: that chance carries it over neither axis.
#[must_use]
pub fn confidence(affect: Affect) -> f32 {
    math::max(&quadrants(affect))
}

/// How likely each quadrant is, the first one's first: valence and arousal err by chance, each for itself.
#[must_use]
pub fn quadrants(affect: Affect) -> [f32; 4] {
    let above = |value: f32| 0.5 + 0.5 * math::erf(value / (SPREAD * core::f32::consts::SQRT_2));
    let (pleasant, excited) = (above(affect.valence), above(affect.arousal));
    [
        pleasant * excited,
        (1.0 - pleasant) * excited,
        (1.0 - pleasant) * (1.0 - excited),
        pleasant * (1.0 - excited),
    ]
}

/// Counts notes as they end; their order does not matter.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    notes: u32,
    /// First onset, last end, seconds.
    from: f32,
    to: f32,
    duration: f64,
    velocity: f64,
    /// Least and greatest velocity.
    least: u8,
    greatest: u8,
    pitch: f64,
    /// Sums of the square roots of durations: a long note of a class says less than several short ones of its length.
    classes: [f32; 12],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            notes: 0,
            from: f32::INFINITY,
            to: 0.0,
            duration: 0.0,
            velocity: 0.0,
            least: u8::MAX,
            greatest: 0,
            pitch: 0.0,
            classes: [0.0; 12],
        }
    }
}

impl Tally {
    /// A note: onset and duration in seconds, MIDI note number, velocity. Times that are no numbers pass it over.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; constant time.
    pub fn hear(&mut self, onset: f32, duration: f32, pitch: u8, velocity: u8) {
        if !onset.is_finite() || !duration.is_finite() {
            return;
        }
        let duration = duration.max(0.0);
        self.notes += 1;
        self.from = self.from.min(onset);
        self.to = self.to.max(onset + duration);
        self.duration += f64::from(duration);
        self.velocity += f64::from(velocity);
        self.least = self.least.min(velocity);
        self.greatest = self.greatest.max(velocity);
        self.pitch += f64::from(pitch);
        self.classes[usize::from(pitch % 12)] += math::sqrt(duration);
    }

    /// The cues of all notes so far; `None` before the first. A single velocity for all notes says nothing of loudness.
    ///
    /// # Real-time safety
    ///
    /// Allocates nothing; constant time.
    #[must_use]
    pub fn cues(&self) -> Option<Cues> {
        let count = f64::from(self.notes);
        let mean = |sum: f64| (sum / count) as f32;
        let lasts = (self.to - self.from).max(0.5);
        (self.notes > 0).then(|| {
            let rate = self.notes as f32 / lasts;
            let [velocity, duration, pitch] = [self.velocity, self.duration, self.pitch].map(mean);
            let cues = Cues::of_means(rate, velocity, duration, pitch, &self.classes);
            Cues { loudness: if self.least < self.greatest { cues.loudness } else { 0.0 }, ..cues }
        })
    }
}

/// How much better the best major key fits than the best minor one: the mean over two tables of profiles of the difference of Pearson's correlations.
#[must_use]
pub fn majorness(classes: &[f32; 12]) -> f32 {
    fits(classes).iter().map(|fit| fit[0] - fit[1]).sum::<f32>() / 2.0
}

/// How well the best major and the best minor key fit, as Pearson's correlations: by the profiles of Krumhansl and Kessler, then by those of Albrecht and
/// Shanahan.
#[must_use]
pub fn fits(classes: &[f32; 12]) -> [[f32; 2]; 2] {
    let fit = |profile: &[f32; 12]| {
        (0..12).map(|tonic| correlation(classes, &turned(profile, tonic))).fold(-1.0, f32::max)
    };
    [&PROBES, &PROFILES].map(|table| [fit(&table[0]), fit(&table[1])])
}

/// The tonic, 0 to 11, of the major key that fits best together with its relative minor: which seven notes are at home, whichever of them is the home.
#[must_use]
pub fn collection(classes: &[f32; 12]) -> usize {
    let centred = |x: &[f32; 12]| {
        let mean = math::sum(x) / 12.0;
        x.map(|value| value - mean)
    };
    let (heard, major, minor) = (centred(classes), centred(&PROBES[0]), centred(&PROBES[1]));
    let both = |tonic: usize| {
        math::dot(&heard, &turned(&major, tonic)) + math::dot(&heard, &turned(&minor, (tonic + 9) % 12))
    };
    (1..12).fold(0, |best, tonic| if both(tonic) > both(best) { tonic } else { best })
}

fn turned(profile: &[f32; 12], tonic: usize) -> [f32; 12] {
    core::array::from_fn(|pc| profile[(pc + 12 - tonic) % 12])
}

/// Pearson's; 0 where one of the two does not vary.
fn correlation(a: &[f32; 12], b: &[f32; 12]) -> f32 {
    let centred = |x: &[f32; 12]| {
        let mean = math::sum(x) / 12.0;
        x.map(|value| value - mean)
    };
    let (a, b) = (centred(a), centred(b));
    let norm = math::sqrt(math::dot(&a, &a) * math::dot(&b, &b));
    if norm > 1e-9 { math::dot(&a, &b) / norm } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chords of a progression, each struck `rate` times a second for 24 s.
    fn piece(chords: &[[u8; 3]], rate: f32, velocity: u8) -> Affect {
        let mut tally = Tally::default();
        let strokes = (24.0 * rate) as usize;
        for n in 0..strokes {
            let onset = n as f32 / rate;
            let chord = chords[n * 4 / strokes % chords.len()];
            for pitch in chord {
                let loud = velocity + (n % 2) as u8;
                tally.hear(onset, 0.9 / rate, pitch, loud);
            }
        }
        tally.cues().unwrap().affect()
    }

    const MAJOR: [[u8; 3]; 4] = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [60, 64, 67]];
    const MINOR: [[u8; 3]; 4] = [[60, 63, 67], [65, 68, 72], [67, 71, 74], [60, 63, 67]];

    #[test]
    fn tempo_loudness_and_mode_make_the_quadrants() {
        let of = |chords: &[[u8; 3]; 4], lively: bool| match lively {
            true => piece(chords, 5.0, 96),
            false => piece(chords, 0.8, 40),
        };
        let found = [of(&MAJOR, true), of(&MINOR, true), of(&MINOR, false), of(&MAJOR, false)];
        assert_eq!(found.map(Affect::quadrant), [1, 2, 3, 4], "{found:?}");
        assert!(found.iter().all(|&affect| confidence(affect) > 0.5), "{found:?}");
        assert!((confidence(Affect::default()) - 0.25).abs() < 1e-6);
        let shares = quadrants(Affect::new(0.3, -0.6, 0.0));
        assert!((math::sum(&shares) - 1.0).abs() < 1e-6 && shares[3] == math::max(&shares), "{shares:?}");
    }

    #[test]
    fn what_is_transposed_keeps_its_mode() {
        for chords in [MAJOR, MINOR] {
            let mode = |by: u8| {
                let mut tally = Tally::default();
                chords.iter().flatten().for_each(|&pitch| tally.hear(0.0, 1.0, pitch + by, 64));
                majorness(&tally.classes)
            };
            let home = mode(0);
            assert!((home > 0.1) == (chords == MAJOR), "{home}");
            assert!((1..12).all(|by| (mode(by) - home).abs() < 1e-5));
        }
        assert_eq!(majorness(&[1.0; 12]), 0.0);
        // A minor and C major share their notes.
        let white = core::array::from_fn(|pc| f32::from(u8::from([0, 2, 4, 5, 7, 9, 11].contains(&pc))));
        assert_eq!(collection(&white), 0);
        assert_eq!(collection(&turned(&white, 9)), 9);
    }

    #[test]
    fn one_velocity_is_no_loudness_and_nothing_is_no_feeling() {
        let cues = |velocities: [u8; 2]| {
            let mut tally = Tally::default();
            velocities.into_iter().for_each(|velocity| tally.hear(0.0, 1.0, 60, velocity));
            tally.cues().unwrap()
        };
        assert_eq!(cues([100, 100]).loudness, 0.0);
        assert!(cues([100, 101]).loudness > 2.0);
        let mut tally = Tally::default();
        tally.hear(f32::NAN, 1.0, 60, 64);
        tally.hear(0.0, f32::INFINITY, 60, 64);
        assert_eq!(tally.cues(), None);
        assert_eq!(Cues::of_sound(0.0, &[1.0; 12]), None);
        assert_eq!(Cues::of_sound(2.0, &[0.0; 12]), None);
        let means = Cues::of_means(f32::NAN, f32::NAN, 0.0, f32::INFINITY, &[0.0; 12]);
        assert!(means.density.is_finite() && (means.loudness, means.register) == (0.0, MOST), "{means:?}");
        let triad = core::array::from_fn(|pc| f32::from(u8::from([0, 4, 7].contains(&pc))));
        let sound = Cues::of_sound(6.0, &triad).unwrap().affect();
        assert_eq!(sound.quadrant(), 1);
    }
}
