//! The engine where it belongs: in an audio callback. `cargo run --release -p kmidi --example listen -- song.wav`
//!
//! A host would call `process` from its audio thread with the samples of the moment; here a file stands for the sound
//! card. Everything that may wait (opening, reading, printing) is outside `process`.

use kmidi::engine::exchange::{Expected, Source, link};
use kmidi::engine::{Block, Config, Engine, Event};
use kmidi::io::wav::WavReader;
use kmidi::music::notation::symbol;
use kmidi::neural::worker::Worker;
use std::error::Error;
use std::io::Write;

const BLOCK: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: listen FILE.wav")?;
    let mut sound = WavReader::open(&path)?;
    let rate = sound.sample_rate();
    // All the memory is taken here, before the stream starts.
    let (link, desk) = link();
    let mut engine = Engine::new(Config { sample_rate: rate, max_block: BLOCK })?.advised_by(Some(link));
    // Live, `kmidi::WorkerThread::start(desk)` runs the model beside the audio thread. A file is heard faster than it sounds, so the
    // model takes its turn after each block.
    let mut worker = Worker::new(desk)?;
    let mut out = std::io::stdout().lock();
    let mut channels = vec![Vec::new(); sound.channels()];
    loop {
        let frames = sound.read(&mut channels, BLOCK)?;
        if frames == 0 {
            return Ok(());
        }
        let audio: Vec<&[f32]> = channels.iter().map(Vec::as_slice).collect();
        let output = engine.process(&Block { frames, audio: &audio, midi: &[] });
        for event in output.events.iter() {
            let time = event.frame().seconds(rate).0;
            match event {
                Event::Chord { chord: Some(chord), .. } => {
                    writeln!(out, "{time:8.2}  {}", symbol::print(chord))?;
                }
                Event::Key { key: Some(key), .. } => writeln!(out, "{time:8.2}  in {}", key.words())?,
                Event::Beat { number: Some(1), .. } => writeln!(out, "{time:8.2}  | bar")?,
                Event::Expected { chords, source: Source::Model, .. } => {
                    let chance = |next: &Expected| 100.0 * next.probability;
                    let name =
                        |next: &Expected| format!("{} {:.0} %", symbol::print(&next.chord), chance(next));
                    let next: Vec<String> = chords.iter().flatten().map(name).collect();
                    writeln!(out, "{time:8.2}    next: {}", next.join(", "))?;
                }
                _ => {}
            }
        }
        while worker.step() {}
    }
}
