//! The same work by wider registers where the CPU has them: the one module of this crate with `unsafe`.
//!
//! Work is written once, in plain arithmetic whose lanes and order are fixed. Compiled a second time with AVX2 allowed it does eight
//! lanes at once instead of four: the same additions and multiplications in the same order, none fused, so the same bits.
#![allow(unsafe_code)]

/// Work that may be compiled twice. `WIDE` says that there are sixteen registers of eight numbers; it may change how much is kept in
/// registers, never what is added to what.
pub(crate) trait Work {
    /// Does it. Implementations are `#[inline(always)]`, with all that they call.
    fn run<const WIDE: bool>(self);
}

/// Does the work in the widest way that the CPU has.
///
/// *Real-time safety*: no allocation, lock or system call; what the CPU has is looked up once in a process.
pub(crate) fn run(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has AVX2, as was just asked.
        return unsafe { with_avx2(work) };
    }
    work.run::<false>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2(work: impl Work) {
    work.run::<true>();
}

/// Does the work as a CPU without wide registers does: for tests that compare both.
#[cfg(test)]
pub(crate) fn run_narrow(work: impl Work) {
    work.run::<false>();
}
