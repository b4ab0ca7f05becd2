//! What the live parts cost: `cargo bench -p kmidi-engine --bench perform`.
//!
//! Each row is the mean cost of one block of 512 frames at 48 kHz. The MIDI is that of the other benches: each block
//! sixteen keys come up and sixteen go down.
#![allow(clippy::disallowed_macros)] // names are put together before anything is measured

use criterion::{Criterion, criterion_group, criterion_main};
use kmidi_engine::groove::strokes::Strokes;
use kmidi_engine::perform::{
    Amounts, Quantizer, Settings, Setup, Stroke, Swing, SwingUnit, Template, TemplatePlayer, Transport,
};
use kmidi_engine::{MidiEvent, MidiMessage};
use std::hint::black_box;

#[allow(dead_code, reason = "other benches play sound too")]
mod input;
use input::{FRAMES, storms};

const SETUP: Setup = Setup { sample_rate: 48_000, lookahead_ms: 20.0, capacity: 4_096 };

/// Runs one block after the other over a transport at 120 beats a minute.
fn blocks(mut block: impl FnMut(&[MidiEvent], &Transport) -> u64, storms: &[Vec<MidiEvent>]) -> impl FnMut() {
    let mut at = 0_usize;
    move || {
        let beat = (at * FRAMES) as f64 / 24_000.0;
        black_box(block(&storms[at % storms.len()], &Transport { beat, bpm: 120.0, playing: true }));
        at += 1;
    }
}

fn live(c: &mut Criterion) {
    let swing = Swing { unit: SwingUnit::Sixteenth, percent: 60.0 };
    let settings = Settings { swing, ..Settings::default() };
    let stroke = |step: u16| Stroke { step, voice: (step % 10) as u8, offset: 0.02, velocity: 90 };
    let strokes: Vec<Stroke> = (0..64).map(stroke).collect();
    let template = Template::new(4, 16, 4, &strokes).expect("a usual template");
    let silence = [Vec::new()];
    let storms = storms(1_000);
    for (name, midi) in [("no MIDI", &silence[..]), ("32 MIDI events", &storms)] {
        c.bench_function(&format!("quantizer: block, {name}"), |b| {
            let mut part = Quantizer::new(SETUP, settings).expect("a usual rate");
            let block = |midi: &[MidiEvent], transport: &Transport| {
                let mut left = 0;
                part.process(FRAMES, midi, transport, |event| left += u64::from(event.offset));
                left
            };
            b.iter(blocks(block, midi));
        });
        c.bench_function(&format!("template: block, {name}"), |b| {
            let mut part = TemplatePlayer::new(SETUP, &template, Amounts::default()).expect("a usual rate");
            let block = |midi: &[MidiEvent], transport: &Transport| {
                let mut left = 0;
                part.process(FRAMES, midi, transport, |event| left += u64::from(event.offset));
                left
            };
            b.iter(blocks(block, midi));
        });
        c.bench_function(&format!("strokes: block, {name}"), |b| {
            let (mut strokes, mut now) = (Strokes::new(48_000), 0);
            let block = |midi: &[MidiEvent], _: &Transport| {
                for event in midi {
                    if let MidiMessage::NoteOn { note, velocity, .. } = event.message {
                        strokes.note_on(now + u64::from(event.offset), note, velocity);
                    }
                }
                now += FRAMES as u64;
                let mut told = 0;
                strokes.tick(now, |stroke| told += stroke.frame);
                told
            };
            b.iter(blocks(block, midi));
        });
    }
}

criterion_group!(benches, live);
criterion_main!(benches);
