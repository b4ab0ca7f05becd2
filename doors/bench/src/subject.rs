//! What is called: the engines and the parts around them, each behind one call.

use crate::definition::{Called, Definition};
use crate::feel::{Frames, Notes, Words};
use crate::input::{MOST_MESSAGES, Piece};
use kmidi::engine::groove::strokes::Strokes;
use kmidi::engine::harmony::context::{Context, Sounding};
use kmidi::engine::harmony::suggest::{Suggester, Wish};
use kmidi::engine::harmony::voicing::{Rules, Voicer};
use kmidi::engine::perform::{
    Amounts, Quantizer, Settings, Setup, Stroke, Swing, SwingUnit, Template, TemplatePlayer, Transport,
};
use kmidi::engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage, Subjects};
use kmidi::music::{Chord, Key, Mode, PitchName};
use kmidi::neural::{Graph, Port};
use std::fmt::Write;

/// All that was told: events for those who ask music of it, and a number over everything.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) events: Vec<Event>,
    hash: u64,
    line: String,
}

impl Default for Told {
    fn default() -> Self {
        Self { events: Vec::new(), hash: 0xcbf2_9ce4_8422_2325, line: String::new() }
    }
}

impl Told {
    /// Takes one answer into the number over everything: FNV-1a over its text (Fowler, Noll and Vo 1991).
    pub(crate) fn take(&mut self, answer: std::fmt::Arguments<'_>) {
        self.line.clear();
        let _ = self.line.write_fmt(answer);
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Replaces what was told by something else: a planted fault.
    pub(crate) fn spoil(&mut self, with: Event) {
        self.take(format_args!("spoiled"));
        match self.events.is_empty() {
            true => self.events.push(with),
            false => self.events.clear(),
        }
    }

    /// The number over everything, in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        format!("{:016x}", self.hash)
    }
}

/// Something that is called again and again.
pub(crate) trait Subject {
    /// Makes the `n`th call ready; not timed. Takes no memory.
    fn prepare(&mut self, n: usize);
    /// The call; where `told` is given the answers are put there, which takes memory. The number says how much was answered,
    /// and is the same whenever the same calls came before.
    fn call(&mut self, told: Option<&mut Told>) -> u64;
}

/// A fresh one.
pub(crate) fn subject<'p>(
    definition: &Definition,
    piece: &'p Piece,
) -> Result<Box<dyn Subject + 'p>, String> {
    let subjects = match definition.call {
        Called::Harmony => Subjects::HARMONY,
        Called::Groove => Subjects::GROOVE,
        Called::Block => Subjects::ALL,
        Called::Context => {
            return Ok(Box::new(InContext { context: Context::new(), chord: chord(piece, 0)?, piece }));
        }
        Called::Suggest => {
            return Ok(Box::new(Suggesting { suggester: Suggester::new(), chord: chord(piece, 0)?, piece }));
        }
        Called::Voice => return Ok(Box::new(Voicing::new(piece)?)),
        Called::Model => return Ok(Box::new(Inferring::new(&definition.model, &definition.weights)?)),
        Called::Text => return Ok(Box::new(Words::new()?)),
        Called::Notes => return Ok(Box::new(Notes::default())),
        Called::Sound => return Ok(Box::new(Frames::new()?)),
        Called::Quantize | Called::Template | Called::Strokes => {
            return Ok(Box::new(Playing {
                part: part(definition.call, piece.rate)?,
                messages: Vec::with_capacity(MOST_MESSAGES),
                piece,
                now: 0,
            }));
        }
    };
    let config = Config { sample_rate: piece.rate, max_block: piece.block };
    let engine = Engine::for_subjects(config, subjects).map_err(|error| error.to_string())?;
    Ok(Box::new(Listening { engine, sound: &[], messages: Vec::with_capacity(MOST_MESSAGES), piece }))
}

/// An engine that hears one block after the other.
struct Listening<'p> {
    engine: Engine,
    sound: &'p [f32],
    messages: Vec<MidiEvent>,
    piece: &'p Piece,
}

impl Subject for Listening<'_> {
    fn prepare(&mut self, n: usize) {
        self.sound = self.piece.sound(n);
        self.piece.messages(n, &mut self.messages);
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let channel = [self.sound];
        let audio = if self.sound.is_empty() { &[][..] } else { &channel[..] };
        let output = self.engine.process(&Block { frames: self.piece.block, audio, midi: &self.messages });
        if let Some(told) = told {
            for event in output.events.iter() {
                told.take(format_args!("{event:?}"));
                told.events.push(*event);
            }
        }
        output.events.len() as u64
    }
}

/// The chord of the `n`th call.
fn chord(piece: &Piece, n: usize) -> Result<Chord, String> {
    let parts = &piece.parts;
    parts.get(n % parts.len().max(1)).map(|part| part.chord).ok_or("no chords are given".into())
}

/// Chords heard in context.
struct InContext<'p> {
    context: Context,
    chord: Chord,
    piece: &'p Piece,
}

impl Subject for InContext<'_> {
    fn prepare(&mut self, n: usize) {
        self.chord = self.piece.parts[n % self.piece.parts.len()].chord;
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let set = self.chord.pitch_classes();
        let heard = self.context.hear(Sounding { set, bass: self.chord.bass.pitch_class(), duration: 1.0 });
        if let Some(told) = told {
            told.take(format_args!("{:?} {:?}", heard.roots, heard.keys));
        }
        u64::from(heard.roots[0].0.value())
    }
}

/// Suggestions for the chord after each.
struct Suggesting<'p> {
    suggester: Suggester,
    chord: Chord,
    piece: &'p Piece,
}

impl Subject for Suggesting<'_> {
    fn prepare(&mut self, n: usize) {
        if n.is_multiple_of(self.piece.parts.len()) {
            self.suggester.reset();
        }
        self.chord = self.piece.parts[n % self.piece.parts.len()].chord;
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let key = Key::new(PitchName::C, Mode::Major);
        self.suggester.hear(&self.chord, key);
        let suggestions = self.suggester.suggest(key, &Wish::default());
        if let Some(told) = told {
            suggestions.iter().for_each(|one| told.take(format_args!("{one:?}")));
        }
        suggestions.len() as u64
    }
}

/// Each chord voiced for four from the one before.
struct Voicing<'p> {
    voicer: Voicer,
    from: [u8; 4],
    before: Chord,
    chord: Chord,
    piece: &'p Piece,
}

impl<'p> Voicing<'p> {
    fn new(piece: &'p Piece) -> Result<Self, String> {
        let voicer = Voicer::new(Rules::chorale(4));
        let chord = chord(piece, 0)?;
        let first = voicer.step(None, &chord).map_err(|_| "the first chord cannot be voiced for four")?;
        let from = first.notes().try_into().map_err(|_| "not four voices")?;
        Ok(Self { voicer, from, before: chord, chord, piece })
    }
}

impl Subject for Voicing<'_> {
    fn prepare(&mut self, n: usize) {
        self.before = self.chord;
        self.chord = self.piece.parts[n % self.piece.parts.len()].chord;
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        let voiced = self.voicer.step(Some((&self.from, &self.before)), &self.chord);
        if let Some(told) = told {
            told.take(format_args!("{:?}", voiced.as_ref().map(|voicing| voicing.notes().to_vec()).ok()));
        }
        if let Some(Ok(notes)) = voiced.as_ref().ok().map(|voicing| voicing.notes().try_into()) {
            self.from = notes;
        }
        self.from.iter().map(|&note| u64::from(note)).sum()
    }
}

/// A network that runs on numbers which the call's number makes.
struct Inferring {
    graph: Graph,
    inputs: Vec<(Port, bool)>,
    outputs: Vec<Port>,
    n: usize,
}

impl Inferring {
    fn new(model: &str, weights: &str) -> Result<Self, String> {
        let onnx = kmidi::weights(model, weights).map_err(|error| error.to_string())?;
        let graph = Graph::read(&onnx).map_err(|error| error.to_string())?;
        let inputs = graph.inputs().filter_map(|name| graph.input(name));
        // Whole numbers from 0 to 1 are right for indices too.
        let inputs = inputs.map(|port| (port, graph.is_whole(port))).collect();
        let outputs = graph.outputs().filter_map(|name| graph.output(name)).collect();
        Ok(Self { graph, inputs, outputs, n: 0 })
    }
}

impl Subject for Inferring {
    fn prepare(&mut self, n: usize) {
        if n == 0 {
            self.graph.reset();
        }
        self.n = n;
        for (at, &(port, whole)) in self.inputs.iter().enumerate() {
            for (place, slot) in self.graph.set(port).iter_mut().enumerate() {
                let mixed = (n * 31 + at * 17 + place).wrapping_mul(0x9e37_79b9) >> 8 & 0xff;
                *slot = if whole { (mixed & 1) as f32 } else { mixed as f32 / 128.0 - 1.0 };
            }
        }
    }
    fn call(&mut self, told: Option<&mut Told>) -> u64 {
        self.graph.run();
        if let Some(told) = told {
            for &port in &self.outputs {
                self.graph.get(port).iter().for_each(|x| told.take(format_args!("{:08x}", x.to_bits())));
            }
        }
        self.outputs.iter().map(|&port| u64::from(self.graph.get(port)[0].to_bits())).sum()
    }
}

/// What a host runs beside the engine.
enum Part {
    Quantize(Box<Quantizer>),
    Template(Box<TemplatePlayer>),
    Strokes(Box<Strokes>),
}

fn part(called: Called, sample_rate: u32) -> Result<Part, String> {
    let setup = Setup { sample_rate, lookahead_ms: 20.0, capacity: 4_096 };
    Ok(match called {
        Called::Quantize => {
            let swing = Swing { unit: SwingUnit::Sixteenth, percent: 60.0 };
            let part = Quantizer::new(setup, Settings { swing, ..Settings::default() });
            Part::Quantize(Box::new(part.map_err(|error| error.to_string())?))
        }
        Called::Template => {
            let stroke = |step: u16| Stroke { step, voice: (step % 10) as u8, offset: 0.02, velocity: 90 };
            let strokes: Vec<Stroke> = (0..64).map(stroke).collect();
            let template = Template::new(4, 16, 4, &strokes).map_err(|error| error.to_string())?;
            let part = TemplatePlayer::new(setup, &template, Amounts::default());
            Part::Template(Box::new(part.map_err(|error| error.to_string())?))
        }
        _ => Part::Strokes(Box::new(Strokes::new(sample_rate))),
    })
}

/// A live part over a transport at 120 beats a minute.
struct Playing<'p> {
    part: Part,
    messages: Vec<MidiEvent>,
    piece: &'p Piece,
    now: u64,
}

impl Subject for Playing<'_> {
    fn prepare(&mut self, n: usize) {
        self.piece.messages(n, &mut self.messages);
        self.now = (n * self.piece.block) as u64;
    }
    fn call(&mut self, mut told: Option<&mut Told>) -> u64 {
        let transport =
            Transport { beat: self.now as f64 / f64::from(self.piece.rate) * 2.0, bpm: 120.0, playing: true };
        let (frames, midi, mut count) = (self.piece.block, &self.messages[..], 0);
        let mut left = |event: MidiEvent| {
            count += 1;
            if let Some(told) = &mut told {
                told.take(format_args!("{event:?}"));
            }
        };
        match &mut self.part {
            Part::Quantize(part) => part.process(frames, midi, &transport, &mut left),
            Part::Template(part) => part.process(frames, midi, &transport, &mut left),
            Part::Strokes(part) => {
                for event in midi {
                    if let MidiMessage::NoteOn { note, velocity, .. } = event.message {
                        part.note_on(self.now + u64::from(event.offset), note, velocity);
                    }
                }
                part.tick(self.now + frames as u64, |stroke| {
                    count += 1;
                    if let Some(told) = &mut told {
                        told.take(format_args!("{stroke:?}"));
                    }
                });
            }
        }
        count
    }
}
