//! The slowest blocks: `cargo bench -p kmidi-engine --bench tail`.
//!
//! Time of each of 56,250 blocks of 512 frames at 48 kHz (ten minutes of sound), of the whole engine. A block that the machine
//! took away from us counts as it came: read the percentiles, not the most.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)] // it measures and prints

use kmidi_engine::Block;
use std::time::Instant;

mod input;
use input::{FRAMES, engine, music, storms};

const BLOCKS: usize = 56_250;

fn row(name: &str, mut call: impl FnMut(usize) -> usize) {
    let mut events = 0;
    let mut times: Vec<f64> = (0..BLOCKS)
        .map(|n| {
            let begun = Instant::now();
            events += call(n);
            begun.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    let mean = times.iter().sum::<f64>() / BLOCKS as f64;
    times.sort_by(f64::total_cmp);
    // Nearest rank.
    let rank = |percent: f64| times[((BLOCKS as f64 * percent / 100.0).ceil() as usize).clamp(1, BLOCKS) - 1];
    println!(
        "{name:<28} mean {mean:7.2}  median {:7.2}  p99 {:7.2}  p99.9 {:7.2}  most {:8.2} us  {events} events",
        rank(50.0),
        rank(99.0),
        rank(99.9),
        rank(100.0)
    );
}

fn main() {
    let (storms, music) = (storms(1_000), music(470));
    let mut deaf = engine();
    row("silence", |_| deaf.process(&Block { frames: FRAMES, audio: &[], midi: &[] }).events.len());
    let mut played = engine();
    row("32 MIDI events a block", |n| {
        played.process(&Block { frames: FRAMES, audio: &[], midi: &storms[n % storms.len()] }).events.len()
    });
    let mut heard = engine();
    row("sound", |n| {
        heard.process(&Block { frames: FRAMES, audio: &[&music[n % music.len()]], midi: &[] }).events.len()
    });
    let mut both = engine();
    row("sound and MIDI", |n| {
        let (sound, midi) = (&music[n % music.len()][..], &storms[n % storms.len()][..]);
        both.process(&Block { frames: FRAMES, audio: &[sound], midi }).events.len()
    });
    let mut pieces = engine();
    row("sound, calls of 64 frames", |n| {
        let at = n % (8 * music.len());
        let piece = &music[at / 8][64 * (at % 8)..][..64];
        pieces.process(&Block { frames: 64, audio: &[piece], midi: &[] }).events.len()
    });
}
