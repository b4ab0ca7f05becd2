//! How much memory the program holds, byte by byte, as its allocator sees it.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

static KEPT: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicI64 = AtomicI64::new(0);
static PEAK: AtomicI64 = AtomicI64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// The books at one moment. Memory that was taken before [`keep`] counts only when it is given back, so `live` tells
/// differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Books {
    /// Bytes taken and not given back since [`keep`].
    pub live: i64,
    /// The most that `live` was since [`keep`] or [`new_peak`].
    pub peak: i64,
    /// How often memory was taken or grown.
    pub allocations: u64,
}

/// Keeps books from here on. Until it is called an allocation costs no more than a load.
pub fn keep() {
    KEPT.store(true, Relaxed);
}

/// The books now.
pub fn books() -> Books {
    Books { live: LIVE.load(Relaxed), peak: PEAK.load(Relaxed), allocations: TAKEN.load(Relaxed) }
}

/// Begins a new peak at what is held now.
pub fn new_peak() {
    PEAK.store(LIVE.load(Relaxed), Relaxed);
}

pub(crate) fn changed(bytes: i64) {
    if KEPT.load(Relaxed) {
        let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
        if bytes > 0 {
            TAKEN.fetch_add(1, Relaxed);
            PEAK.fetch_max(live, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_see_what_is_taken_kept_and_given_back() {
        keep();
        let before = books();
        let kept: Vec<u8> = Vec::with_capacity(1 << 20);
        drop(Vec::<u8>::with_capacity(1 << 22));
        let after = books();
        let grown = after.live - before.live;
        assert!((1 << 20..1 << 21).contains(&grown), "{grown}");
        assert!(after.peak >= before.live + (1 << 22) + (1 << 20), "{after:?}");
        assert!(after.allocations >= before.allocations + 2);
        new_peak();
        assert!(books().peak < after.peak);
        drop(kept);
        assert!(books().live < after.live);
    }
}
