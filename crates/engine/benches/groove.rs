//! What the Groove Engine costs: `cargo bench -p kmidi-engine --bench groove`.
//!
//! Each row is the mean cost of one block of 512 frames at 48 kHz, or of one call. `--bench tail` has the slowest blocks.

use criterion::{Criterion, criterion_group, criterion_main};
use kmidi_engine::{Block, Subjects};
use std::hint::black_box;

mod input;
use input::{FRAMES, engine_for, music, storms};

fn blocks(c: &mut Criterion) {
    let (music, storms) = (music(470), storms(1_000));
    let engine = || engine_for(Subjects::GROOVE);
    c.bench_function("groove: block, silence", |b| {
        let mut engine = engine();
        b.iter(|| black_box(engine.process(&Block { frames: FRAMES, audio: &[], midi: &[] }).end));
    });
    c.bench_function("groove: block, sound", |b| {
        let (mut engine, mut at) = (engine(), 0);
        b.iter(|| {
            at = (at + 1) % music.len();
            black_box(engine.process(&Block { frames: FRAMES, audio: &[&music[at]], midi: &[] }).end)
        });
    });
    c.bench_function("groove: block, sound and 32 MIDI events", |b| {
        let (mut engine, mut at) = (engine(), 0);
        b.iter(|| {
            at = (at + 1) % music.len();
            let block = Block { frames: FRAMES, audio: &[&music[at]], midi: &storms[at] };
            black_box(engine.process(&block).end)
        });
    });
    c.bench_function("groove: call of 64 frames, sound", |b| {
        let (mut engine, mut at) = (engine(), 0);
        b.iter(|| {
            at = (at + 1) % (8 * music.len());
            let piece = &music[at / 8][64 * (at % 8)..][..64];
            black_box(engine.process(&Block { frames: 64, audio: &[piece], midi: &[] }).end)
        });
    });
}

criterion_group!(benches, blocks);
criterion_main!(benches);
