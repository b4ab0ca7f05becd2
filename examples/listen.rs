//! The engine where it belongs: in an audio callback. `cargo run --release -p kmidi --example listen -- song.wav`
//!
//! A host would call `process` from its audio thread with the samples of the moment; here a file stands for the sound
//! card. Everything that may wait (opening, reading, printing) is outside `process`.

use kmidi::engine::{Block, Config, Engine, Event};
use kmidi::io::wav::WavReader;
use kmidi::music::notation::symbol;
use std::error::Error;
use std::io::Write;

const BLOCK: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: listen FILE.wav")?;
    let mut sound = WavReader::open(&path)?;
    let rate = sound.sample_rate();
    // All the memory is taken here, before the stream starts.
    let mut engine = Engine::new(Config { sample_rate: rate, max_block: BLOCK })?;
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
                _ => {}
            }
        }
    }
}
