//! The slowest blocks: `cargo bench -p kmidi-engine --bench tail`.
//!
//! Thread CPU time of each of 56,250 blocks of 512 frames at 48 kHz (ten minutes of sound): of the whole engine, and of the
//! Harmony Engine and the Groove Engine alone.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)] // it measures and prints

use kmidi_engine::{Block, Subjects};
use rustix::time::{ClockId, clock_gettime};

mod input;
use input::{FRAMES, engine_for, music, storms};

const BLOCKS: usize = 56_250;

/// What this thread has used of a core so far.
fn microseconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 * 1e-3
}

fn row(name: &str, mut call: impl FnMut(usize) -> usize) {
    let mut events = 0;
    let mut times: Vec<f64> = (0..BLOCKS)
        .map(|n| {
            let begun = microseconds();
            events += call(n);
            microseconds() - begun
        })
        .collect();
    let mean = times.iter().sum::<f64>() / BLOCKS as f64;
    times.sort_by(f64::total_cmp);
    // Nearest rank.
    let rank = |percent: f64| times[((BLOCKS as f64 * percent / 100.0).ceil() as usize).clamp(1, BLOCKS) - 1];
    println!(
        "{name:<34} mean {mean:7.2}  median {:7.2}  p99 {:7.2}  p99.9 {:7.2}  most {:8.2} us  {events} events",
        rank(50.0),
        rank(99.0),
        rank(99.9),
        rank(100.0)
    );
}

fn main() {
    rows("all", Subjects::ALL);
    rows("harmony", Subjects::HARMONY);
    rows("groove", Subjects::GROOVE);
}

fn rows(what: &str, subjects: Subjects) {
    let (storms, music) = (storms(1_000), music(470));
    let engine = || engine_for(subjects);
    let mut deaf = engine();
    row(&format!("{what}: silence"), |_| {
        deaf.process(&Block { frames: FRAMES, audio: &[], midi: &[] }).events.len()
    });
    let mut played = engine();
    row(&format!("{what}: 32 MIDI events a block"), |n| {
        played.process(&Block { frames: FRAMES, audio: &[], midi: &storms[n % storms.len()] }).events.len()
    });
    let mut heard = engine();
    row(&format!("{what}: sound"), |n| {
        heard.process(&Block { frames: FRAMES, audio: &[&music[n % music.len()]], midi: &[] }).events.len()
    });
    let mut both = engine();
    row(&format!("{what}: sound and MIDI"), |n| {
        let (sound, midi) = (&music[n % music.len()][..], &storms[n % storms.len()][..]);
        both.process(&Block { frames: FRAMES, audio: &[sound], midi }).events.len()
    });
    let mut pieces = engine();
    row(&format!("{what}: sound, calls of 64 frames"), |n| {
        let at = n % (8 * music.len());
        let piece = &music[at / 8][64 * (at % 8)..][..64];
        pieces.process(&Block { frames: 64, audio: &[piece], midi: &[] }).events.len()
    });
}
