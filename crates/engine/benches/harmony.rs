//! What the Harmony Engine costs: `cargo bench -p kmidi-engine --bench harmony`.
//!
//! Each row is the mean cost of one block of 512 frames at 48 kHz, or of one call. `--bench tail` has the slowest blocks.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kmidi_engine::harmony::context::{Context, Sounding};
use kmidi_engine::harmony::suggest::{Suggester, Wish};
use kmidi_engine::harmony::voicing::{Rules, Voicer};
use kmidi_engine::{Block, Subjects};
use kmidi_music::Key;
use kmidi_music::notation::harte::{self, Label};
use std::hint::black_box;

mod input;
use input::{FRAMES, engine_for, music, storms};

fn blocks(c: &mut Criterion) {
    let storms = storms(1_000);
    let engine = || engine_for(Subjects::HARMONY);
    c.bench_function("block, 32 MIDI events, every chord new", |b| {
        let (mut engine, mut at) = (engine(), 0);
        b.iter(|| {
            at = (at + 1) % storms.len();
            black_box(engine.process(&Block { frames: FRAMES, audio: &[], midi: &storms[at] }).end)
        });
    });
    c.bench_function("block, silence", |b| {
        let mut engine = engine();
        b.iter(|| black_box(engine.process(&Block { frames: FRAMES, audio: &[], midi: &[] }).end));
    });
    let music = music(470);
    c.bench_function("block, sound", |b| {
        let (mut engine, mut at) = (engine(), 0);
        b.iter(|| {
            at = (at + 1) % music.len();
            black_box(engine.process(&Block { frames: FRAMES, audio: &[&music[at]], midi: &[] }).end)
        });
    });
    c.bench_function("call of 64 frames, sound", |b| {
        let (mut engine, mut at) = (engine(), 0);
        b.iter(|| {
            at = (at + 1) % (8 * music.len());
            let piece = &music[at / 8][64 * (at % 8)..][..64];
            black_box(engine.process(&Block { frames: 64, audio: &[piece], midi: &[] }).end)
        });
    });
}

fn words(c: &mut Criterion) {
    let key: Key = "C:maj".parse().expect("a key");
    let chords: Vec<_> =
        ["C:maj", "A:min7", "D:min7", "G:7", "C:maj", "E:7", "A:min", "F:maj/3", "G:sus4", "G:7"]
            .iter()
            .filter_map(|label| match harte::parse(label) {
                Ok(Label::Chord(chord)) => Some(chord),
                _ => None,
            })
            .collect();
    let sounding = |n: usize| {
        let chord = &chords[n % chords.len()];
        Sounding { set: chord.pitch_classes(), bass: chord.bass.pitch_class(), duration: 1.0 }
    };
    c.bench_function("a chord in context", |b| {
        let (mut context, mut n) = (Context::new(), 0);
        b.iter(|| {
            n += 1;
            black_box(context.hear(sounding(n)))
        });
    });
    c.bench_function("suggestions for the next chord", |b| {
        let mut suggester = Suggester::new();
        b.iter_batched_ref(
            || {
                suggester.reset();
                chords.iter().for_each(|chord| suggester.hear(chord, key));
                suggester.clone()
            },
            |suggester| suggester.suggest(key, &Wish::default()).len(),
            BatchSize::SmallInput,
        );
    });
    c.bench_function("a chord voiced for four", |b| {
        let voicer = Voicer::new(Rules::chorale(4));
        let before = voicer.step(None, &chords[0]).expect("a plain triad");
        b.iter(|| voicer.step(Some((before.notes(), &chords[0])), black_box(&chords[1])).is_ok());
    });
}

criterion_group!(benches, blocks, words);
criterion_main!(benches);
