//! Pitched voices: a table of sounds by General MIDI family, and how a note of one is made.

use super::{Cycle, NoteEvent, Stereo, pan_gains, step};
use std::f64::consts::PI;

/// A sound. Times are seconds.
struct Voice {
    /// Amplitude of partial 1, 2, 3… at the attack; more brightness follows from velocity.
    bright: fn(f64) -> f64,
    /// The same, once the attack has faded.
    dark: fn(f64) -> f64,
    /// How fast bright becomes dark: the time constant.
    fade: f64,
    attack: f64,
    /// Time constant of the decay to `sustain` at middle C; higher notes decay faster.
    decay: f64,
    /// Held level, 0 to 1.
    sustain: f64,
    release: f64,
    /// Two oscillators this many cents above and below, one more to each side; 0 is a single one.
    detune: f64,
    /// Depth of the vibrato in cents; it comes in after a quarter of a second.
    vibrato: f64,
    gain: f64,
    /// Where it stands: in the middle, or low notes left and high notes right.
    spread: f64,
}

fn falling(slope: f64) -> impl Fn(f64) -> f64 {
    move |n| libm::pow(n, -slope)
}

/// A string plucked at this share of its length (each partial with a node there is missing).
fn plucked(n: f64, at: f64, slope: f64) -> f64 {
    libm::fabs(libm::sin(PI * n * at)) * libm::pow(n, -slope)
}

/// Drawbars 16' to 1', in partials of the fundamental one octave down.
fn drawbars(n: f64) -> f64 {
    match n as u32 {
        1 => 1.0,
        2 => 0.8,
        3 => 0.6,
        4 => 0.35,
        6 => 0.15,
        8 => 0.2,
        _ => 0.0,
    }
}

const ELECTRIC_PIANO: Voice = Voice {
    bright: |n| if n == 1.0 { 1.0 } else { 0.55 * libm::exp(-0.28 * n) + if n == 7.0 { 0.12 } else { 0.0 } },
    dark: |n| if n == 1.0 { 1.0 } else { 0.45 * libm::exp(-0.8 * n) },
    fade: 0.35,
    attack: 0.003,
    decay: 1.6,
    sustain: 0.12,
    release: 0.18,
    detune: 0.0,
    vibrato: 0.0,
    gain: 0.2,
    spread: 0.35,
};
const BELL: Voice = Voice {
    bright: |n| match n as u32 {
        1 => 1.0,
        4 => 0.5,
        10 => 0.2,
        _ => 0.0,
    },
    dark: |n| if n == 1.0 { 1.0 } else { 0.0 },
    fade: 0.12,
    attack: 0.002,
    decay: 0.7,
    sustain: 0.0,
    release: 0.5,
    detune: 0.0,
    vibrato: 0.0,
    gain: 0.13,
    spread: 0.4,
};
const ORGAN: Voice = Voice {
    bright: drawbars,
    dark: drawbars,
    fade: 1.0,
    attack: 0.006,
    decay: 1.0,
    sustain: 1.0,
    release: 0.05,
    detune: 2.0,
    vibrato: 0.0,
    gain: 0.075,
    spread: 0.15,
};
const GUITAR: Voice = Voice {
    bright: |n| plucked(n, 0.17, 0.9),
    dark: |n| plucked(n, 0.17, 2.0),
    fade: 0.22,
    attack: 0.002,
    decay: 0.9,
    sustain: 0.05,
    release: 0.12,
    detune: 0.0,
    vibrato: 0.0,
    gain: 0.18,
    spread: 0.3,
};
const BASS: Voice = Voice {
    bright: |n| plucked(n, 0.22, 1.1) + if n == 1.0 { 0.5 } else { 0.0 },
    dark: |n| if n == 1.0 { 1.0 } else { 0.6 * libm::pow(n, -1.9) },
    fade: 0.14,
    attack: 0.004,
    decay: 1.2,
    sustain: 0.45,
    release: 0.07,
    detune: 0.0,
    vibrato: 0.0,
    gain: 0.21,
    spread: 0.0,
};
const STRINGS: Voice = Voice {
    bright: |n| falling(1.15)(n),
    dark: |n| falling(1.4)(n),
    fade: 0.5,
    attack: 0.05,
    decay: 1.0,
    sustain: 0.85,
    release: 0.25,
    detune: 5.0,
    vibrato: 0.0,
    gain: 0.075,
    spread: 0.3,
};
const BRASS: Voice = Voice {
    bright: |n| falling(0.95)(n),
    dark: |n| falling(1.5)(n),
    fade: 0.4,
    attack: 0.018,
    decay: 0.8,
    sustain: 0.75,
    release: 0.1,
    detune: 0.0,
    vibrato: 4.0,
    gain: 0.11,
    spread: 0.0,
};
const REED: Voice = Voice {
    bright: |n| if n as u32 % 2 == 1 { falling(0.9)(n) } else { 0.25 * falling(0.9)(n) },
    dark: |n| if n as u32 % 2 == 1 { falling(1.3)(n) } else { 0.2 * falling(1.3)(n) },
    fade: 0.3,
    attack: 0.015,
    decay: 0.8,
    sustain: 0.8,
    release: 0.09,
    detune: 0.0,
    vibrato: 5.0,
    gain: 0.12,
    spread: 0.0,
};
const FLUTE: Voice = Voice {
    bright: |n| falling(2.0)(n),
    dark: |n| falling(2.6)(n),
    fade: 0.2,
    attack: 0.025,
    decay: 0.8,
    sustain: 0.9,
    release: 0.1,
    detune: 0.0,
    vibrato: 5.0,
    gain: 0.15,
    spread: 0.0,
};
const LEAD: Voice = Voice {
    bright: |n| plucked(n, 0.31, 0.75),
    dark: |n| plucked(n, 0.31, 1.35),
    fade: 0.25,
    attack: 0.005,
    decay: 0.7,
    sustain: 0.7,
    release: 0.12,
    detune: 0.0,
    vibrato: 6.0,
    gain: 0.14,
    spread: 0.0,
};
const PAD: Voice = Voice {
    bright: |n| falling(1.6)(n),
    dark: |n| falling(1.9)(n),
    fade: 0.8,
    attack: 0.12,
    decay: 1.5,
    sustain: 0.9,
    release: 0.5,
    detune: 6.0,
    vibrato: 0.0,
    gain: 0.075,
    spread: 0.3,
};

/// The voices, with the program at which each one's range begins (General MIDI level 1 sound set, by family).
static FAMILIES: [(u8, Voice); 13] = [
    (0, ELECTRIC_PIANO),
    (8, BELL),
    (16, ORGAN),
    (24, GUITAR),
    (32, BASS),
    (40, STRINGS),
    (56, BRASS),
    (64, REED),
    (72, FLUTE),
    (80, LEAD),
    (88, PAD),
    (104, GUITAR),
    (112, BELL),
];

/// Partials a note has at most.
const PARTIALS: u32 = 64;
/// Frames between two settings of brightness and vibrato.
const BLOCK: usize = 32;

/// The bright and the dark cycle of one voice at one pitch.
type Pair = (Cycle, Cycle);

pub(super) struct Voices {
    rate: f64,
    /// By family and pitch, made when first needed.
    cycles: Vec<Option<Pair>>,
    sine: Cycle,
}

fn family(program: u8) -> usize {
    FAMILIES.partition_point(|f| f.0 <= program) - 1
}

/// Equal temperament, A4 = 440 Hz.
fn hertz(pitch: u8) -> f64 {
    kmidi_music::pitch::frequency(f64::from(pitch), 440.0)
}

impl Voices {
    pub(super) fn new(rate: f64) -> Self {
        Self { rate, cycles: vec![None; FAMILIES.len() * 128], sine: Cycle::sine() }
    }

    /// When the note has faded, in seconds.
    pub(super) fn end(&self, note: &NoteEvent) -> f64 {
        let voice = &FAMILIES[family(note.program & 0x7f)].1;
        note.end.max(note.start + voice.attack) + voice.release
    }

    /// Adds the note to `out`.
    pub(super) fn add(&mut self, out: &mut Stereo, note: &NoteEvent) {
        let (which, pitch) = (family(note.program & 0x7f), note.pitch & 0x7f);
        let (voice, rate, hz) = (&FAMILIES[which].1, self.rate, hertz(pitch));
        if hz > 0.45 * rate {
            return; // above what this sample rate can hold
        }
        let sine = &self.sine;
        let slot = &mut self.cycles[which * 128 + usize::from(pitch)];
        let (bright, dark) = slot
            .get_or_insert_with(|| (cycle(voice.bright, hz, rate, sine), cycle(voice.dark, hz, rate, sine)));
        let first = (note.start * rate) as usize;
        let held = ((note.end.max(note.start + voice.attack) - note.start) * rate) as usize;
        let release = (voice.release * rate) as usize;
        let frames = (held + release).min(out.left.len().saturating_sub(first));
        let force = f64::from(note.velocity.min(127)) / 127.0;
        let place = match voice.spread {
            0.0 => f64::from(i16::from(note.channel) * 5 % 7 - 3) * 0.03,
            spread => (f64::from(pitch) - 62.0) / 40.0 * spread,
        };
        let (pan_left, pan_right) = pan_gains(place);
        let gain = (voice.gain * libm::pow(force, 1.6) * 1.41) as f32;
        let decay = voice.decay * libm::exp2((60.0 - f64::from(pitch)) / 24.0).clamp(0.3, 2.5);
        // Level: an attack that begins and ends flat, then an exponential from 1 to the held level.
        let attack = ((voice.attack * rate) as usize).max(1);
        let falls = libm::exp(-1.0 / (decay * rate)) as f32;
        let sustain = voice.sustain as f32;
        let mut above = 1.0 - sustain;
        let cents = |c: f64| step(hz * libm::exp2(c / 1_200.0), rate);
        let mut phases = [0u32, if voice.detune > 0.0 { 0x5555_5555 } else { 0 }];
        let mut block = [(0.0f32, 0.0f32); BLOCK];
        for start in (0..frames).step_by(BLOCK) {
            let seconds = start as f64 / rate;
            let shine = ((0.35 + 0.65 * force) * libm::exp(-seconds / voice.fade)) as f32;
            let wobble = match voice.vibrato {
                0.0 => 0.0,
                depth => {
                    let swell = ((seconds - 0.25) / 0.3).clamp(0.0, 1.0);
                    depth * swell * f64::from(sine.at(step(5.2 * seconds, 1.0)))
                }
            };
            let now = BLOCK.min(frames - start);
            let tone = |phase: u32| {
                let low = dark.at(phase);
                low + (bright.at(phase) - low) * shine
            };
            if voice.detune > 0.0 {
                let steps = [cents(wobble + voice.detune), cents(wobble - voice.detune)];
                for slot in &mut block[..now] {
                    let (a, b) = (tone(phases[0]), tone(phases[1]));
                    *slot = (0.8 * a + 0.4 * b, 0.4 * a + 0.8 * b);
                    phases = [phases[0].wrapping_add(steps[0]), phases[1].wrapping_add(steps[1])];
                }
            } else {
                let step = cents(wobble);
                for slot in &mut block[..now] {
                    let x = tone(phases[0]);
                    *slot = (x, x);
                    phases[0] = phases[0].wrapping_add(step);
                }
            }
            let places = out.left[first + start..].iter_mut().zip(&mut out.right[first + start..]);
            for (i, ((left, right), &(a, b))) in places.zip(&block[..now]).enumerate() {
                let frame = start + i;
                let mut level = (sustain + above) * gain;
                if frame < attack {
                    let x = frame as f32 / attack as f32;
                    level *= x * x * (3.0 - 2.0 * x);
                } else {
                    above *= falls;
                }
                if frame >= held {
                    let x = 1.0 - (frame - held) as f32 / release as f32;
                    level *= x * x * x;
                }
                *left += a * level * pan_left;
                *right += b * level * pan_right;
            }
        }
    }
}

/// One cycle with all partials that fit below 0.45 of the sample rate, at an effective value of 0.5. The phases are
/// spread (Schroeder 1970), so that no partials pile up to a peak; they depend on the partial alone, so that two cycles
/// can be faded into each other.
fn cycle(amplitude: fn(f64) -> f64, hz: f64, rate: f64, sine: &Cycle) -> Cycle {
    let count = ((0.45 * rate / hz) as u32).clamp(1, PARTIALS);
    let mut samples = vec![0.0f32; Cycle::LEN + 1];
    let mut power = 0.0;
    for n in 1..=count {
        let level = amplitude(f64::from(n));
        // Partials near the limit fade out, so that neighbouring pitches sound alike.
        let room = (1.2 * (1.0 - f64::from(n) * hz / (0.5 * rate)) + 0.1).clamp(0.05, 1.0);
        let level = level * room;
        if level < 1e-5 {
            continue;
        }
        power += level * level / 2.0;
        let turns = f64::from(n * (n - 1)) / f64::from(2 * PARTIALS);
        let (mut phase, step) = (step(turns - libm::floor(turns), 1.0), n << (32 - Cycle::BITS));
        for sample in &mut samples[..Cycle::LEN] {
            *sample += level as f32 * sine.at(phase);
            phase = phase.wrapping_add(step);
        }
    }
    let scale = (0.5 / libm::sqrt(power.max(1e-12))) as f32;
    samples.iter_mut().for_each(|s| *s *= scale);
    samples[Cycle::LEN] = samples[0];
    Cycle(samples.into())
}
