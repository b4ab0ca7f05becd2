//! The live parts, which a host runs beside the engine on the audio thread.

use kmidi_engine::groove::strokes::Strokes;
use kmidi_engine::perform::{
    Amounts, BeatClock, Quantizer, Settings, Setup, Stroke, Swing, SwingUnit, Template, TemplatePlayer,
    Transport,
};
use kmidi_engine::{MidiEvent, MidiMessage, Output};
use std::hint::black_box;

/// All of them, and MIDI made beforehand.
pub(crate) struct Live {
    quantizer: Quantizer,
    player: TemplatePlayer,
    strokes: Strokes,
    clock: BeatClock,
    midi: Vec<Vec<MidiEvent>>,
    now: u64,
    /// How many messages left the parts, and how many strokes were told.
    left: [u64; 3],
    /// How many found no room.
    passed: u64,
}

impl Live {
    pub(crate) fn new(sample_rate: u32, size: usize) -> Result<Self, String> {
        let setup = Setup { sample_rate, lookahead_ms: 20.0, capacity: 256 };
        let swing = Swing { unit: SwingUnit::Eighth, percent: 62.0 };
        let quantizer = Quantizer::new(setup, Settings { swing, ..Settings::default() });
        let template = template(0.02)?;
        let player = TemplatePlayer::new(setup, &template, Amounts::default());
        // Some blocks are empty, one overruns every list; the keys of one block come up in the next.
        let message = |block: usize, n: usize| {
            let (channel, note) = ([0, 9][n % 2], ((block / 2 * 29 + n * 7) % 128) as u8);
            match (block % 2, n % 40) {
                (_, 39) => MidiMessage::Control { channel, controller: [64, 123][block % 2], value: note },
                (0, _) => MidiMessage::NoteOn { channel, note, velocity: 1 + note % 127 },
                _ => MidiMessage::NoteOff { channel, note },
            }
        };
        let offset = |n: usize, of: usize| (n * size / of) as u32;
        let sizes = [3, 3, 0, 0, 16, 16, 1, 1, 1_000, 1_000, 0, 0, 128, 128, 2, 0];
        let events = |(block, &of): (usize, &usize)| {
            (0..of).map(|n| MidiEvent { offset: offset(n, of), message: message(block, n) }).collect()
        };
        Ok(Self {
            quantizer: quantizer.map_err(|error| error.to_string())?,
            player: player.map_err(|error| error.to_string())?,
            strokes: Strokes::new(sample_rate),
            clock: BeatClock::new(sample_rate),
            midi: sizes.iter().enumerate().map(events).collect(),
            now: 0,
            left: [0; 3],
            passed: 0,
        })
    }

    /// One block on. Now and then the transport jumps or stops, all is reset, or other settings hold.
    pub(crate) fn step(&mut self, index: u64, size: usize, heard: &Output) {
        heard.events.iter().for_each(|event| self.clock.hear(event));
        let tracked = self.clock.transport(heard.end);
        let transport = match index / 64 % 8 {
            0..=3 => Transport { beat: index as f64 * 0.01, bpm: 96.0, playing: true },
            4 => Transport { beat: (index % 50) as f64, bpm: 300.0, playing: true },
            5 => Transport { beat: f64::NAN, ..tracked },
            _ => tracked,
        };
        if index % 9_001 == 9_000 {
            self.passed += self.quantizer.passed() + self.player.passed();
            self.quantizer.reset();
            self.player.reset();
            self.strokes.reset();
            self.clock.reset();
            self.now = 0;
        }
        if index % 501 == 500 {
            self.quantizer.set(Settings { strength: (index % 7) as f32 / 6.0, ..self.quantizer.settings() });
            self.player.set(Amounts { velocity: -0.5, ..Amounts::default() });
            if let Ok(template) = template((index % 9) as f32 / 100.0) {
                self.player.set_template(&template);
            }
        }
        // Long storms rarely: they would be most of the work.
        let midi = &self.midi[(index % self.midi.len() as u64) as usize];
        let midi = if midi.len() < 100 || (index / 16).is_multiple_of(31) { &midi[..] } else { &[] };
        let [quantized, played, told] = &mut self.left;
        self.quantizer.process(size, midi, &transport, |event| {
            *quantized += u64::from(black_box(event).offset < u32::MAX);
        });
        self.player.process(size, midi, &transport, |event| {
            *played += u64::from(black_box(event).offset < u32::MAX);
        });
        for event in midi {
            if let MidiMessage::NoteOn { note, velocity, .. } = event.message {
                self.strokes.note_on(self.now + u64::from(event.offset), note, velocity);
            }
        }
        self.now += size as u64;
        self.strokes.tick(self.now, |stroke| *told += u64::from(black_box(stroke).velocity > 0));
    }

    /// Did every part do something?
    pub(crate) fn worked(&self) -> bool {
        self.left.iter().all(|&count| count > 0)
            && self.passed + self.quantizer.passed() + self.player.passed() > 0
    }
}

fn template(offset: f32) -> Result<Template, String> {
    let stroke = |step: u16| Stroke { step, voice: (step % 10) as u8, offset, velocity: 1 + step as u8 };
    let mut strokes = [stroke(0); 64];
    (0..).zip(&mut strokes).for_each(|(step, place)| *place = stroke(step));
    Template::new(4, 16, 4, &strokes).map_err(|error| error.to_string())
}
