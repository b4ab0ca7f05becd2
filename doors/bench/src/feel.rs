//! What tells feelings, as subjects: of a text, of played notes, of sound.

use crate::subject::{Subject, Told};
use kmidi::engine::emotion::Tally;
use kmidi::engine::mel::MelFrames;
use kmidi::neural::emotion::sound::Sound;
use kmidi::neural::shipped;
use kmidi::neural::text::Text;

/// Texts that are felt one after the other.
const TEXTS: [&str; 4] = [
    "a funeral in the rain",
    "we danced all night and nobody wanted to go home",
    "nothing is wrong, I am just very tired and a little afraid of tomorrow morning",
    "not sad, then very calm",
];
/// Notes of a piece.
const NOTES: usize = 400;
/// Samples a second, and a call.
const RATE: u32 = 48_000;
const BLOCK: usize = 512;

/// The table of words.
pub(crate) struct Words {
    model: Text,
    n: usize,
}

impl Words {
    pub(crate) fn new() -> Result<Self, String> {
        let bytes = shipped("text").ok_or("no model text ships")?;
        Ok(Self { model: Text::new(bytes).map_err(|error| error.to_string())?, n: 0 })
    }
}

impl Subject for Words {
    fn prepare(&mut self, n: usize) {
        self.n = n;
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let felt = self.model.feel(TEXTS[self.n % TEXTS.len()]).mean;
        if let Some(told) = told {
            told.take(format_args!("{felt:?}"));
        }
        u64::from(felt.valence.to_bits())
    }
}

/// The cues of a piece's notes, and what they express.
#[derive(Default)]
pub(crate) struct Notes(usize);

impl Subject for Notes {
    fn prepare(&mut self, n: usize) {
        self.0 = n;
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let mut tally = Tally::default();
        for note in 0..NOTES {
            let mixed = (self.0 * 31 + note).wrapping_mul(0x9e37_79b9) >> 8;
            let pitch = 36 + (mixed % 48) as u8;
            tally.hear(note as f32 * 0.2, 0.3, pitch, 30 + (mixed / 48 % 90) as u8);
        }
        let affect = tally.cues().map(|cues| cues.affect()).unwrap_or_default();
        if let Some(told) = told {
            told.take(format_args!("{affect:?}"));
        }
        u64::from(affect.valence.to_bits())
    }
}

/// Sound at 48 kHz into mel frames and through the model, a block a call.
pub(crate) struct Frames {
    mel: MelFrames,
    model: Sound,
    sound: Box<[f64]>,
    at: usize,
}

impl Frames {
    pub(crate) fn new() -> Result<Self, String> {
        let onnx = shipped("emotion-sound").ok_or("no model emotion-sound ships")?;
        // Half a second of a saw tooth that falls off: 110 Hz and its overtones.
        let saw = |n: usize| {
            let t = n as f64 / f64::from(RATE);
            0.3 * ((t * 110.0).fract() - 0.5) * (1.0 - 2.0 * t)
        };
        Ok(Self {
            mel: MelFrames::new(RATE).map_err(|error| error.to_string())?,
            model: Sound::new(onnx).map_err(|error| error.to_string())?,
            sound: (0..RATE as usize / 2).map(saw).collect(),
            at: 0,
        })
    }
}

impl Subject for Frames {
    fn prepare(&mut self, n: usize) {
        if n == 0 {
            self.mel.reset();
            self.model.reset();
        }
        self.at = n * BLOCK % self.sound.len();
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let Self { mel, model, sound, at } = self;
        for n in 0..BLOCK {
            mel.push(sound[(*at + n) % sound.len()], |frame| model.hear(frame));
        }
        let affect = model.feel().map(|felt| felt.affect).unwrap_or_default();
        if let Some(told) = told {
            told.take(format_args!("{affect:?}"));
        }
        u64::from(affect.arousal.to_bits())
    }
}
