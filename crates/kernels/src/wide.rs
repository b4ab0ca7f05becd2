//! The same work by wider registers where the CPU has them: the one module of this crate with `unsafe`.
//!
//! Work is written once, in plain arithmetic whose lanes and order are fixed. Compiled again with AVX2 or AVX-512 allowed it does eight or
//! sixteen lanes at once instead of four: the same additions and multiplications in the same order, none fused, so the same bits.
#![allow(unsafe_code)]

/// Work that may be compiled several times. `LANES` is how many numbers a register holds: 4, 8 or 16. It may change how much is kept in
/// registers, never what is added to what.
pub(crate) trait Work {
    /// Does it. Implementations are `#[inline(always)]`, with all that they call.
    fn run<const LANES: usize>(self);
}

/// Does the work in the widest way that the CPU has.
///
/// *Real-time safety*: no allocation, lock or system call; what the CPU has is looked up once in a process.
pub(crate) fn run(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the CPU has AVX-512, as was just asked.
            return unsafe { with_avx512(work) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has AVX2, as was just asked.
            return unsafe { with_avx2(work) };
        }
    }
    work.run::<4>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512(work: impl Work) {
    work.run::<16>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(work: impl Work) {
    work.run::<8>();
}

/// Does the same work in every way that the CPU has, the narrowest first: for tests that compare them.
#[cfg(test)]
pub(crate) fn run_every_way<W: Work>(mut make: impl FnMut() -> W) {
    make().run::<4>();
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has AVX2, as was just asked.
            unsafe { with_avx2(make()) };
        }
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the CPU has AVX-512, as was just asked.
            unsafe { with_avx512(make()) };
        }
    }
}
