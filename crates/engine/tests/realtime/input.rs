//! What the engine hears while it is watched: music, so that every kind of decision is made, and everything ugly.

use kmidi_engine::{Block, Engine, Event, MidiEvent, MidiMessage, Output};
use std::hint::black_box;

/// The sound and music of one sample rate.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) rate: u32,
    /// How many frames a kind of ugly sound lasts, and a beat of the music.
    part: usize,
    music: Vec<f32>,
    /// The same music as MIDI, by frame.
    score: Vec<(usize, MidiMessage)>,
    ugly: [Vec<f32>; 2],
}

/// The longest block of the proof, in frames.
pub(crate) const LONGEST: usize = 4_096;

impl Sound {
    pub(crate) fn new(rate: u32) -> Self {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let part = rate as usize / 2;
        // A block may begin with the last frame, and is sometimes twice as long as announced.
        let ahead = 2 * LONGEST;
        let mut channel = |shift: usize| -> Vec<f32> {
            let sample = |n| ugly_sample(n / part + shift, n, rate, &mut chance);
            (0..PARTS * part + ahead).map(sample).collect()
        };
        let ugly = [channel(0), channel(1)];
        Self { rate, part, music: music(rate, BEATS * part + ahead), score: score(rate), ugly }
    }
}

/// What is heard in blocks of one size, made before the counters are armed.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    sound: &'a Sound,
    size: usize,
    /// How many blocks an act lasts.
    act: u64,
    storms: Vec<Vec<MidiEvent>>,
    /// The MIDI of one block.
    now: [MidiEvent; 64],
}

/// Kinds of ugly sound; each lasts half a second.
const PARTS: usize = 10;

/// Numbers that look like chance: xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
    fn sample(&mut self) -> f32 {
        self.below(65_536) as f32 / 32_768.0 - 1.0
    }
}

fn ugly_sample(part: usize, n: usize, rate: u32, chance: &mut Chance) -> f32 {
    let t = n as f64 / f64::from(rate);
    let tone = |pitch: f64| (std::f64::consts::TAU * pitch * t).sin();
    match part % PARTS {
        0 => (0.2 * (tone(130.8) + tone(261.6) + tone(329.6) + tone(392.0))) as f32,
        1 => (0.6 * tone(1_000.0) * (-(t % 0.125) / 0.006).exp()) as f32,
        2 => chance.sample(),
        3 => 0.0,
        4 => f32::NAN,
        5 => [f32::INFINITY, f32::NEG_INFINITY][n % 2],
        6 => f32::from_bits((n % 0x007f_ffff) as u32 | ((n as u32 & 1) << 31)),
        7 => [f32::MAX, f32::MIN, 1.0, f32::from_bits(chance.below(1 << 32) as u32)][n % 4],
        8 => (0.3 * (tone(220.0) + tone(261.6) + tone(329.6))) as f32,
        _ => f32::from(u8::from(n.is_multiple_of(rate as usize / 8))),
    }
}

/// I vi IV V, four beats each at 120 a minute, twice in C and twice a tritone away.
const CHORDS: [[u8; 4]; 4] = [[48, 60, 64, 67], [45, 60, 64, 69], [41, 60, 65, 69], [43, 59, 62, 67]];
/// How long the music is until it begins again, in beats.
const BEATS: usize = 64;

fn chord(beat: usize) -> [u8; 4] {
    CHORDS[beat / 4 % 4].map(|note| note + if beat < BEATS / 2 { 0 } else { 6 })
}

fn music(rate: u32, frames: usize) -> Vec<f32> {
    let beat = rate as usize / 2;
    let sample = |n: usize| {
        let (at, since) = (n / beat % BEATS, (n % beat) as f64 / f64::from(rate));
        let tone = |hertz: f64, t: f64| (std::f64::consts::TAU * hertz * t).sin();
        let t = n as f64 / f64::from(rate);
        let tones = chord(at).map(|note| tone(440.0 * ((f64::from(note) - 69.0) / 12.0).exp2(), t));
        let (kick, click) = if at.is_multiple_of(4) { (0.8, 0.3) } else { (0.0, 0.2) };
        let strokes = kick * tone(60.0, since) * (-since / 0.05).exp()
            + click * tone(1_000.0, since) * (-since / 0.006).exp();
        (0.06 * tones.iter().sum::<f64>() + strokes) as f32
    };
    (0..frames).map(sample).collect()
}

fn score(rate: u32) -> Vec<(usize, MidiMessage)> {
    let mut score = Vec::new();
    for at in 0..BEATS {
        let frame = at * (rate as usize / 2) + 13;
        let drum = if at.is_multiple_of(4) { 36 } else { 42 };
        score.push((frame, MidiMessage::NoteOn { channel: 9, note: drum, velocity: 110 }));
        if at.is_multiple_of(4) {
            let before = chord((at + BEATS - 1) % BEATS);
            score.extend(before.map(|note| (frame, MidiMessage::NoteOff { channel: 0, note })));
            let play = |note| (frame, MidiMessage::NoteOn { channel: 0, note, velocity: 90 });
            score.extend(chord(at).map(play));
        }
    }
    score
}

/// Anything that may come down a cable, and some that may not.
fn message(size: usize, chance: &mut Chance) -> MidiEvent {
    let mut byte = |end| chance.below(end) as u8;
    let (channel, note, velocity) = (byte(20), byte(140), byte(256));
    let message = match byte(8) {
        0..=2 => MidiMessage::NoteOn { channel, note, velocity },
        3 | 4 => MidiMessage::NoteOff { channel, note },
        kind => {
            let controller = [64, 120, 123, note, 64, 255][usize::from(kind - 5) + usize::from(byte(2)) * 3];
            MidiMessage::Control { channel, controller, value: velocity }
        }
    };
    let offset = match chance.below(6) {
        0 => u32::MAX,
        1 => chance.below(2 * size as u64) as u32,
        _ => chance.below(size as u64) as u32,
    };
    MidiEvent { offset, message }
}

impl<'a> Input<'a> {
    pub(crate) fn new(sound: &'a Sound, size: usize, blocks: u64) -> Self {
        let mut chance = Chance(0x2545_f491_4f6c_dd1d);
        let storms = [0, 0, 1, 0, 3, 0, 0, 40, 0, 2, 1_000, 0, 0]
            .map(|events| (0..events).map(|_| message(size, &mut chance)).collect());
        let rest = MidiMessage::NoteOff { channel: 0, note: 0 };
        let now = [MidiEvent { offset: 0, message: rest }; 64];
        Self { sound, size, act: blocks.div_ceil(4), storms: storms.to_vec(), now }
    }

    /// Four acts: music as sound, storms, music as MIDI, storms. The engine is reset before each.
    pub(crate) fn hear<'e>(&mut self, engine: &'e mut Engine, index: u64) -> &'e Output {
        let (act, turn) = (index / self.act, (index % self.act) as usize);
        if turn == 0 {
            engine.reset();
        }
        match act {
            0 => {
                let start = turn * self.size % (BEATS * self.sound.part);
                let sound = &self.sound.music[start..start + self.size];
                process(engine, self.size, &[sound, sound], &[])
            }
            2 => {
                let start = turn * self.size % (BEATS * self.sound.part);
                let after = |(frame, _): &(usize, MidiMessage)| *frame < start;
                let mut count = 0;
                let coming = &self.sound.score[self.sound.score.partition_point(after)..];
                for (place, &(frame, message)) in self.now.iter_mut().zip(coming) {
                    if frame >= start + self.size {
                        break;
                    }
                    *place = MidiEvent { offset: (frame - start) as u32, message };
                    count += 1;
                }
                process(engine, self.size, &[], &self.now[..count])
            }
            _ => self.storm(engine, turn),
        }
    }

    fn storm<'e>(&self, engine: &'e mut Engine, turn: usize) -> &'e Output {
        // Every now and then a jump, or short blocks would never leave the first kind of sound.
        let jumps = turn / 200 * (self.sound.part + 77);
        let start = (turn * self.size + jumps) % (PARTS * self.sound.part);
        let frames = match turn % 101 {
            7 => 0,
            // Longer than announced.
            50 => 2 * self.size,
            _ => self.size,
        };
        let [left, right] = self.sound.ugly.each_ref().map(|channel| &channel[start..start + frames]);
        let channels = [left, &right[..if turn % 37 == 36 { frames / 2 } else { frames }]];
        let audio = &channels[..if turn % 41 == 40 { turn % 2 } else { 2 }];
        let midi = &self.storms[(turn + turn / 150) % self.storms.len()];
        // The longest storm in every thirteenth block would be most of the work, and nothing new.
        let midi = if turn.is_multiple_of(3) || midi.len() < 100 { &midi[..] } else { &[] };
        process(engine, frames, audio, midi)
    }
}

fn process<'e>(engine: &'e mut Engine, frames: usize, audio: &[&[f32]], midi: &[MidiEvent]) -> &'e Output {
    black_box(engine.process(black_box(&Block { frames, audio, midi })))
}

/// The kinds of event, in the order of [`kind_of`].
pub(crate) const KINDS: [&str; 10] = [
    "onset",
    "beat",
    "tempo",
    "metre",
    "chord",
    "key",
    "expected",
    "chord with its numeral",
    "swing",
    "stroke",
];

pub(crate) fn kind_of(event: &Event) -> usize {
    match event {
        Event::Onset { .. } => 0,
        Event::Beat { .. } => 1,
        Event::Tempo { .. } => 2,
        Event::Meter { .. } => 3,
        Event::Chord { in_key: None, .. } => 4,
        Event::Chord { in_key: Some(_), .. } => 7,
        Event::Key { .. } => 5,
        Event::Expected { .. } => 6,
        Event::Swing { .. } => 8,
        Event::Stroke(_) => 9,
    }
}
