//! What strangers wrote: no input makes a reader panic, hang, or take memory out of proportion.
//!
//! The functions are those that `cargo fuzz` runs (`fuzz/`); here they get a bounded number of random changes of their
//! corpus in every run, always the same ones.

#[path = "../../../fuzz/targets.rs"]
#[allow(unreachable_pub, reason = "the fuzzing crate needs them public")]
mod targets;

use peak_alloc::PeakAlloc;
use std::path::Path;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Changed inputs a target.
const ROUNDS: usize = 3_000;
/// Memory that any reader may take, bytes: its tables and buffers.
const ROOM: usize = 16 << 10;
/// What a reader may take beyond it, against the length of its input.
const TIMES: f64 = 10.0;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }

    /// A seed with a few bytes changed, left out, doubled, moved or cut off; now and then nothing but noise.
    fn changed(&mut self, seed: &[u8]) -> Vec<u8> {
        if self.below(20) == 0 {
            return (0..self.below(300)).map(|_| self.below(256) as u8).collect();
        }
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(8) {
            let (at, length) = (self.below(bytes.len() + 1), self.below(40));
            let end = (at + length).min(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].to_vec();
                    let to = self.below(bytes.len() + 1);
                    bytes.splice(to..to, part);
                }
                3 => {
                    let part: Vec<u8> = (0..length % 5).map(|_| self.below(256) as u8).collect();
                    bytes.splice(at..at, part);
                }
                _ => {
                    let noise = self.below(256) as u8;
                    let kind = self.below(3);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = match kind {
                            0 => noise,
                            1 => *byte ^ 1 << (noise % 8),
                            _ => [0, 0x7f, 0x80, 0xff, b'9', b'#', b'/', b'<'][usize::from(noise % 8)],
                        };
                    }
                }
            }
        }
        bytes
    }
}

/// The longest time that an input took, and the most memory against its length.
#[derive(Debug, Default)]
struct Worst {
    time: Duration,
    memory: f64,
}

/// Reads the input, then runs the whole check.
fn run(read: fn(&[u8]), check: fn(&[u8]), input: &[u8], worst: &mut Worst) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    read(input);
    let taken = MEMORY.peak_usage().saturating_sub(before).saturating_sub(ROOM);
    worst.memory = worst.memory.max(taken as f64 / input.len().max(1) as f64);
    let start = Instant::now();
    check(input);
    worst.time = worst.time.max(start.elapsed());
}

/// One test, for the allocator counts what all threads take.
#[test]
fn no_input_is_too_much() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, read, check) in targets::TARGETS {
        let mut paths: Vec<_> =
            std::fs::read_dir(corpus.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert!(!seeds.is_empty(), "{name} has no corpus");
        let mut random = Random(3);
        let mut worst = Worst::default();
        seeds.iter().for_each(|seed| run(read, check, seed, &mut worst));
        for round in 0..ROUNDS {
            run(read, check, &random.changed(&seeds[round % seeds.len()]), &mut worst);
        }
        println!("{name}: {ROUNDS} inputs, at most {:?}, {:.1} times the input", worst.time, worst.memory);
        assert!(worst.time < Duration::from_secs(2), "{name}: {worst:?}");
        assert!(worst.memory <= TIMES, "{name}: {worst:?}");
    }
    // The measure sees a reader that hoards, and one that dawdles.
    let mut worst = Worst::default();
    let hoard: fn(&[u8]) = |input| drop(std::hint::black_box(vec![1u8; 20 * input.len() + ROOM]));
    run(hoard, |_| {}, &[0; 10_000], &mut worst);
    assert!(worst.memory > TIMES, "{worst:?}");
    run(|_| {}, |_| std::thread::sleep(Duration::from_millis(30)), &[], &mut worst);
    assert!(worst.time >= Duration::from_millis(30));
}
