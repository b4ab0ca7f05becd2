//! A piece with everything in it, and what an engine says about it.

use kmidi_engine::{Block, Config, Engine, MidiEvent, MidiMessage, Output};
use std::f64::consts::TAU;

/// Numbers that look like chance: xorshift.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// A piece: two channels of sound, and MIDI by frame.
pub(crate) struct Piece {
    pub(crate) rate: u32,
    pub(crate) sound: [Vec<f32>; 2],
    pub(crate) midi: Vec<(usize, MidiMessage)>,
}

impl Piece {
    /// A kick on every beat at 120 a minute, noise between, and four chords of two beats each, sounded or played.
    pub(crate) fn new(rate: u32, seconds: usize) -> Self {
        let mut chance = Chance(0x2545_f491_4f6c_dd1d);
        let frames = rate as usize * seconds;
        let beat = rate as usize / 2;
        let chords = [[48, 64, 67, 72], [45, 64, 69, 72], [41, 65, 69, 72], [43, 62, 67, 71]];
        let mut sound = [vec![0.0; frames], vec![0.0; frames]];
        let mut midi = Vec::new();
        for n in 0..frames {
            let (t, since_beat) = (n as f64 / f64::from(rate), (n % beat) as f64 / f64::from(rate));
            let chord = chords[n / (2 * beat) % 4];
            let tones = chord.map(|note| (TAU * t * 440.0 * ((f64::from(note) - 69.0) / 12.0).exp2()).sin());
            let kick = (TAU * 60.0 * since_beat).sin() * (-since_beat / 0.04).exp();
            let noise = chance.below(2_001) as f64 / 1_000.0 - 1.0;
            let click = noise * (-since_beat / 0.004).exp();
            sound[0][n] = (0.08 * tones.iter().sum::<f64>() + 0.5 * kick + 0.3 * click) as f32;
            sound[1][n] = (0.06 * tones.iter().sum::<f64>() + 0.4 * kick + 0.01 * noise) as f32;
            // Some frames late, so that no event falls on the beginning of a block by itself.
            if n % beat == 13 {
                let drum = [36, 38][n / beat % 2];
                midi.push((n, MidiMessage::NoteOn { channel: 9, note: drum, velocity: 110 }));
                midi.push((n, MidiMessage::NoteOff { channel: 9, note: drum }));
            }
            if n % (2 * beat) == 29 {
                midi.extend(
                    chords.concat().iter().map(|&note| (n, MidiMessage::NoteOff { channel: 0, note })),
                );
                let play = |&note: &u8| (n, MidiMessage::NoteOn { channel: 0, note, velocity: 90 });
                midi.extend(chord.iter().map(play));
            }
            if n % beat == beat - 7 {
                let value = [127, 0][n / beat % 2];
                midi.push((n, MidiMessage::Control { channel: 0, controller: 64, value }));
            }
            if n % (beat / 5) == 101 {
                let note = 60 + chance.below(24) as u8;
                midi.push((
                    n,
                    MidiMessage::NoteOn { channel: 1, note, velocity: 1 + chance.below(127) as u8 },
                ));
            }
            if n % (7 * beat) == 3 {
                let controller = [123, 120][chance.below(2)];
                midi.push((n, MidiMessage::Control { channel: 1, controller, value: 0 }));
            }
        }
        // A stretch of the sound is spoilt.
        for n in frames / 2..frames / 2 + beat / 3 {
            sound[0][n] = [f32::NAN, f32::INFINITY, f32::from_bits(1 + n as u32 % 1_000), 1e30][n % 4];
        }
        Self { rate, sound, midi }
    }

    pub(crate) fn engine(&self, max_block: usize) -> Engine {
        Engine::new(Config { sample_rate: self.rate, max_block }).unwrap()
    }

    /// The first frame of each block, and the end; each block is as long as `next` says.
    pub(crate) fn cuts(&self, mut next: impl FnMut() -> usize) -> Vec<usize> {
        let mut cuts = vec![0];
        while let Some(&start) = cuts.last().filter(|&&start| start < self.sound[0].len()) {
            cuts.push((start + next()).min(self.sound[0].len()));
        }
        cuts
    }

    /// Hears the piece in these blocks; `between` runs before each.
    pub(crate) fn play(&self, engine: &mut Engine, cuts: &[usize], mut between: impl FnMut()) -> Said {
        let mut said = Said::default();
        for pair in cuts.windows(2) {
            between();
            said.add(self.hear(engine, pair[0], pair[1]));
        }
        said
    }

    /// Hears the frames from `start` to `end` as one block.
    pub(crate) fn hear<'e>(&self, engine: &'e mut Engine, start: usize, end: usize) -> &'e Output {
        let index = |frame| self.midi.partition_point(|event| event.0 < frame);
        let place = |&(frame, message): &(usize, _)| MidiEvent { offset: (frame - start) as u32, message };
        let midi: Vec<MidiEvent> = self.midi[index(start)..index(end)].iter().map(place).collect();
        let audio = self.sound.each_ref().map(|channel| &channel[start..end]);
        let output = engine.process(&Block { frames: end - start, audio: &audio, midi: &midi });
        assert_eq!((output.start.0, output.end.0), (start as u64, end as u64));
        output
    }
}

/// Everything that was said. Rust writes a float with as many digits as tell it from every other, and the sign of 0, so
/// equal text means equal bits.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) events: Vec<String>,
    pub(crate) hops: Vec<String>,
    pub(crate) harmony: Vec<String>,
}

impl Said {
    pub(crate) fn add(&mut self, output: &Output) {
        let dropped = (output.events.dropped(), output.hops.dropped(), output.harmony.dropped());
        assert_eq!(dropped, (0, 0, 0), "no room from {:?} to {:?}", output.start, output.end);
        self.add_what_fits(output);
    }

    pub(crate) fn add_what_fits(&mut self, output: &Output) {
        self.events.extend(output.events.iter().map(|item| format!("{item:?}")));
        self.hops.extend(output.hops.iter().map(|item| format!("{item:?}")));
        self.harmony.extend(output.harmony.iter().map(|item| format!("{item:?}")));
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event.starts_with(kind)).count()
    }

    /// Two sayings are the same, or the first difference is shown.
    #[track_caller]
    pub(crate) fn assert_same(&self, other: &Self, what: &str) {
        let lists = [
            (&self.events, &other.events, "event"),
            (&self.hops, &other.hops, "hop"),
            (&self.harmony, &other.harmony, "harmony record"),
        ];
        for (one, two, name) in lists {
            if let Some(at) = (0..one.len().max(two.len())).find(|&at| one.get(at) != two.get(at)) {
                panic!("{what}: {name} {at} differs:\n{:?}\n{:?}", one.get(at), two.get(at));
            }
        }
    }

    #[track_caller]
    pub(crate) fn assert_finite(&self) {
        for text in self.events.iter().chain(&self.hops).chain(&self.harmony) {
            let bad = |word: &str| matches!(word, "NaN" | "inf");
            assert!(!text.split(|c: char| !c.is_alphanumeric()).any(bad), "not finite: {text}");
        }
    }

    /// There is something to compare: the piece is long and plain enough for every kind of answer.
    #[track_caller]
    pub(crate) fn assert_rich(&self) {
        for kind in ["Onset", "Beat", "Tempo", "Chord"] {
            assert!(
                self.count(kind) > 3,
                "only {} of {kind} in {} events",
                self.count(kind),
                self.events.len()
            );
        }
        assert!(self.hops.len() > 500 && self.harmony.len() > 20, "little evidence");
    }
}
