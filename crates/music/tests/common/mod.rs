//! What the tests over the data sets share.
#![allow(dead_code, reason = "each test file uses its own part")]

use flate2::read::GzDecoder;
use std::{fs::File, io::Read, path::PathBuf};

/// A file under `../shared`, or `None` with a line that says so.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    if !file.exists() {
        println!("skipped: ../shared/{path} is not there");
    }
    file.exists().then_some(file)
}

/// Every record of a set's three splits; empty with a line that says so when the set is not there.
pub(crate) fn records(set: &str) -> Vec<serde_json::Value> {
    let mut out = Vec::new();
    for split in ["train", "valid", "test"] {
        let Some(path) = shared(&format!("data/{set}.{split}.jsonl.gz")) else { continue };
        let mut text = String::new();
        GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        out.extend(text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()));
    }
    out
}

/// A small generator of pseudo-random numbers (SplitMix64, Steele, Lea and Flood 2014), so that every run is the same.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// 0 to `below - 1`.
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    /// One of `list`.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.next(list.len())]
    }

    /// Up to `most` pieces of `alphabet`, joined: text that is nearly right often enough to go deep.
    pub(crate) fn text(&mut self, alphabet: &[&str], most: usize) -> String {
        (0..self.next(most + 1)).map(|_| self.pick(alphabet)).collect()
    }
}
