//! Drums: each one swept or fixed partials, and filtered noise.

use super::{Cycle, DRUM_CHANNEL, NoteEvent, Stereo, pan_gains, step};

/// A drum. Times are time constants in seconds, frequencies hertz.
struct Drum {
    /// General MIDI percussion notes (General MIDI level 1 percussion key map).
    notes: &'static [u8],
    /// Frequency of the tone at the stroke and after it, and how fast it falls.
    sweep: (f64, f64, f64),
    /// Partials as multiples of the tone, with their levels.
    partials: &'static [(f64, f64)],
    /// How fast the tone fades.
    tone: f64,
    /// Noise: level, how fast it fades, low and high limit of its band.
    noise: (f64, f64, f64, f64),
    gain: f64,
    /// -1 left to 1 right.
    place: f64,
}

/// Modes of a circular membrane relative to its lowest (Rossing, Science of Percussion Instruments, 2000, table 2.1).
const SKIN: &[(f64, f64)] = &[(1.0, 1.0), (1.59, 0.35), (2.14, 0.15)];
const PLAIN: &[(f64, f64)] = &[(1.0, 1.0)];
/// Partials of a thin plate, crowded and without harmony: six square-like tones as cymbal machines use.
const METAL: &[(f64, f64)] = &[(2.0, 0.3), (3.0, 0.3), (4.16, 0.35), (5.43, 0.4), (6.79, 0.4), (8.21, 0.4)];
const BELL: &[(f64, f64)] = &[(1.0, 1.0), (1.504, 0.7), (2.67, 0.3)];

const fn drum(
    notes: &'static [u8],
    sweep: (f64, f64, f64),
    partials: &'static [(f64, f64)],
    tone: f64,
    noise: (f64, f64, f64, f64),
    gain: f64,
    place: f64,
) -> Drum {
    Drum { notes, sweep, partials, tone, noise, gain, place }
}

static KIT: &[Drum] = &[
    drum(&[35, 36], (190.0, 48.0, 0.022), PLAIN, 0.13, (0.35, 0.003, 800.0, 6e3), 0.62, 0.0), // kick
    drum(&[38, 40], (260.0, 185.0, 0.015), SKIN, 0.07, (0.85, 0.085, 1_100.0, 11e3), 0.36, 0.03), // snare
    drum(&[37], (1_700.0, 1_650.0, 0.01), BELL, 0.012, (0.5, 0.008, 1_500.0, 8e3), 0.3, 0.05), // side stick
    drum(&[39], (1_000.0, 1_000.0, 1.0), PLAIN, 0.001, (1.0, 0.07, 900.0, 3_500.0), 0.36, -0.1), // clap
    drum(&[42, 44], (420.0, 420.0, 1.0), METAL, 0.022, (0.9, 0.028, 7e3, 15e3), 0.17, 0.28), // closed hi-hat, pedal
    drum(&[46], (420.0, 420.0, 1.0), METAL, 0.18, (0.9, 0.2, 6_500.0, 15e3), 0.16, 0.28),    // open hi-hat
    drum(&[41], (120.0, 74.0, 0.05), SKIN, 0.2, (0.15, 0.02, 500.0, 4e3), 0.42, 0.45),       // floor toms
    drum(&[43], (135.0, 86.0, 0.05), SKIN, 0.19, (0.15, 0.02, 500.0, 4e3), 0.42, 0.35),
    drum(&[45], (155.0, 102.0, 0.05), SKIN, 0.18, (0.15, 0.02, 500.0, 4e3), 0.4, 0.15), // rack toms
    drum(&[47], (175.0, 120.0, 0.05), SKIN, 0.17, (0.15, 0.02, 500.0, 4e3), 0.4, 0.0),
    drum(&[48], (200.0, 142.0, 0.05), SKIN, 0.16, (0.15, 0.02, 500.0, 4e3), 0.38, -0.15),
    drum(&[50], (230.0, 168.0, 0.05), SKIN, 0.15, (0.15, 0.02, 500.0, 4e3), 0.38, -0.3),
    drum(&[49, 57, 52], (390.0, 390.0, 1.0), METAL, 0.5, (1.0, 0.65, 3_200.0, 15e3), 0.22, -0.4), // crash, china
    drum(&[55], (460.0, 460.0, 1.0), METAL, 0.25, (1.0, 0.3, 4_000.0, 15e3), 0.2, -0.3),          // splash
    drum(&[51, 59], (520.0, 520.0, 1.0), METAL, 0.4, (0.35, 0.3, 6_000.0, 14e3), 0.17, 0.4),      // ride
    drum(&[53], (780.0, 780.0, 1.0), BELL, 0.35, (0.2, 0.1, 6_000.0, 14e3), 0.14, 0.4),           // ride bell
    drum(&[54], (900.0, 900.0, 1.0), METAL, 0.05, (0.8, 0.07, 6_000.0, 15e3), 0.15, -0.25), // tambourine
    drum(&[56], (562.0, 562.0, 1.0), BELL, 0.08, (0.0, 0.01, 1e3, 5e3), 0.18, 0.2),         // cowbell
    drum(&[60], (420.0, 390.0, 0.02), SKIN, 0.06, (0.15, 0.01, 1e3, 7e3), 0.26, -0.3),      // bongos
    drum(&[61], (310.0, 290.0, 0.02), SKIN, 0.08, (0.15, 0.01, 1e3, 7e3), 0.26, -0.2),
    drum(&[62], (340.0, 330.0, 0.02), SKIN, 0.035, (0.3, 0.01, 1e3, 7e3), 0.26, 0.2), // congas
    drum(&[63], (250.0, 235.0, 0.02), SKIN, 0.13, (0.1, 0.01, 1e3, 7e3), 0.28, 0.2),
    drum(&[64], (180.0, 168.0, 0.02), SKIN, 0.15, (0.1, 0.01, 1e3, 7e3), 0.3, 0.3),
    drum(&[65], (420.0, 400.0, 0.02), SKIN, 0.12, (0.3, 0.05, 2e3, 9e3), 0.26, -0.3), // timbales
    drum(&[66], (300.0, 285.0, 0.02), SKIN, 0.14, (0.3, 0.05, 2e3, 9e3), 0.26, -0.3),
    drum(&[67], (1_150.0, 1_150.0, 1.0), BELL, 0.12, (0.0, 0.01, 1e3, 5e3), 0.14, 0.3), // agogos
    drum(&[68], (850.0, 850.0, 1.0), BELL, 0.12, (0.0, 0.01, 1e3, 5e3), 0.14, 0.3),
    drum(&[69, 70, 82], (1e3, 1e3, 1.0), PLAIN, 0.001, (1.0, 0.035, 5e3, 13e3), 0.15, -0.35), // cabasa, maracas, shaker
    drum(&[75], (2_500.0, 2_500.0, 1.0), PLAIN, 0.025, (0.0, 0.01, 1e3, 5e3), 0.2, -0.2),     // claves
    drum(&[76], (1_050.0, 1_000.0, 0.01), BELL, 0.03, (0.0, 0.01, 1e3, 5e3), 0.2, 0.15),      // wood blocks
    drum(&[77], (760.0, 720.0, 0.01), BELL, 0.035, (0.0, 0.01, 1e3, 5e3), 0.2, 0.15),
    drum(&[80, 81], (1_900.0, 1_900.0, 1.0), METAL, 0.35, (0.0, 0.01, 1e3, 5e3), 0.08, 0.35), // triangle
];

/// What any other note sounds like: a short click of wood.
static OTHER: Drum = drum(&[], (900.0, 850.0, 0.01), BELL, 0.03, (0.3, 0.02, 1_500.0, 8e3), 0.2, 0.0);

/// The drum of a note, and its place in the kit.
fn of(note: u8) -> (usize, &'static Drum) {
    let place = KIT.iter().position(|d| d.notes.contains(&note));
    place.map_or((KIT.len(), &OTHER), |i| (i, &KIT[i]))
}

impl Drum {
    /// How long it sounds.
    fn seconds(&self) -> f64 {
        FADES * if self.noise.0 > 0.0 { self.tone.max(self.noise.1) } else { self.tone }
    }
}

/// Time constants until a drum is taken as silent: exp(-8) is -69 dB.
const FADES: f64 = 8.0;
/// The rise at the stroke and the fall of a choked drum, in seconds.
const RISE: f64 = 0.000_8;
const CHOKE: f64 = 0.012;

/// For each note (sorted by start) when something cuts it: a hi-hat stroke ends an open hi-hat. Infinity for the others.
pub(super) fn chokes(notes: &[NoteEvent]) -> Vec<f64> {
    let mut chokes = vec![f64::INFINITY; notes.len()];
    let mut next = f64::INFINITY;
    for (note, choke) in notes.iter().zip(&mut chokes).rev() {
        if note.channel == DRUM_CHANNEL && matches!(note.pitch, 42 | 44 | 46) {
            if note.pitch == 46 {
                *choke = next;
            }
            next = note.start;
        }
    }
    chokes
}

/// When the drum has faded, in seconds.
pub(super) fn end(note: &NoteEvent, choke: f64) -> f64 {
    (note.start + of(note.pitch).1.seconds()).min(choke + CHOKE)
}

/// How many strokes of a drum there are before the first one comes again: equal strokes sound like a machine.
const STROKES: usize = 4;

pub(super) struct Kit {
    rate: f64,
    sine: Cycle,
    /// By drum (the last is [`OTHER`]) and stroke, made when first needed.
    strokes: Vec<Option<Box<[f32]>>>,
    /// How often each drum was struck.
    struck: Vec<usize>,
}

impl Kit {
    pub(super) fn new(rate: f64) -> Self {
        let drums = KIT.len() + 1;
        Self { rate, sine: Cycle::sine(), strokes: vec![None; drums * STROKES], struck: vec![0; drums] }
    }

    /// Adds the stroke to `out`; at `choke` seconds something cuts it.
    pub(super) fn add(&mut self, out: &mut Stereo, note: &NoteEvent, choke: f64) {
        let (which, drum) = of(note.pitch);
        let which_stroke = which * STROKES + self.struck[which] % STROKES;
        self.struck[which] += 1;
        let stroke = self.strokes[which_stroke]
            .get_or_insert_with(|| stroke(drum, self.rate, &self.sine, which_stroke as u32));
        let first = (note.start * self.rate) as usize;
        let last = (end(note, choke) * self.rate) as usize;
        let force = f64::from(note.velocity.min(127)) / 127.0;
        let gain = (drum.gain * libm::pow(force, 1.5) * 1.41) as f32;
        let (left_gain, right_gain) = pan_gains(drum.place);
        let choked = ((choke - note.start) * self.rate).min(1e12) as usize;
        let choke_frames = (CHOKE * self.rate).max(1.0) as f32;
        let range = first..last.min(first + stroke.len()).min(out.left.len()).max(first);
        let places = out.left[range.clone()].iter_mut().zip(&mut out.right[range]);
        for (frame, ((left, right), &x)) in places.zip(stroke.iter()).enumerate() {
            let mut level = gain;
            if frame > choked {
                level *= (1.0 - (frame - choked) as f32 / choke_frames).max(0.0);
            }
            *left += x * level * left_gain;
            *right += x * level * right_gain;
        }
    }
}

/// One stroke at full force; `seed` chooses its noise.
fn stroke(drum: &Drum, rate: f64, sine: &Cycle, seed: u32) -> Box<[f32]> {
    let fades = |constant: f64| libm::exp(-1.0 / (constant * rate)) as f32;
    let (from, to, fall) = drum.sweep;
    let heard = drum.partials.iter().filter(|&&(ratio, _)| ratio * from < 0.45 * rate);
    let mut partials: Vec<(u32, f32, f32)> =
        heard.map(|&(ratio, level)| (0, ratio as f32, level as f32)).collect();
    let (noise_level, noise_fade, low, high) = drum.noise;
    let (mut noise, mut band) = (seed.wrapping_mul(0x9e37_79b9) | 1, Band::new(low, high, rate));
    let (tone_falls, noise_falls, sweep_falls) = (fades(drum.tone), fades(noise_fade), fades(fall));
    let (mut tone_now, mut noise_now, mut sweep) = (1.0f32, noise_level as f32, 1.0f32);
    let rise = (RISE * rate).max(1.0) as usize;
    let (base, extra) = (step(to, rate) as f32, step(from, rate) as f32 - step(to, rate) as f32);
    (0..(drum.seconds() * rate) as usize)
        .map(|frame| {
            let hz = base + extra * sweep;
            let mut x = 0.0;
            for (phase, ratio, level) in &mut partials {
                x += sine.at(*phase) * *level;
                *phase = phase.wrapping_add((hz * *ratio) as u32);
            }
            // xorshift (Marsaglia 2003), as a number from -1 to 1
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let hiss = band.pass(noise as i32 as f32 * (1.0 / 2_147_483_648.0));
            let y = x * tone_now + hiss * noise_now;
            tone_now *= tone_falls;
            noise_now *= noise_falls;
            sweep *= sweep_falls;
            if frame < rise { y * (frame as f32 / rise as f32) } else { y }
        })
        .collect()
}

/// A band of noise: two one-pole high-passes and one low-pass.
struct Band {
    low: f32,
    high: f32,
    state: [f32; 3],
}

impl Band {
    fn new(low: f64, high: f64, rate: f64) -> Self {
        let pole = |hz: f64| (1.0 - libm::exp(-std::f64::consts::TAU * (hz / rate).min(0.45))) as f32;
        Self { low: pole(low), high: pole(high), state: [0.0; 3] }
    }

    #[inline]
    fn pass(&mut self, x: f32) -> f32 {
        let [a, b, c] = &mut self.state;
        *a += self.low * (x - *a);
        let y = x - *a;
        *b += self.low * (y - *b);
        let z = y - *b;
        *c += self.high * (z - *c);
        *c
    }
}
