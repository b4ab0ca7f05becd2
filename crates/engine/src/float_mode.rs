//! The processor's float mode: denormals flushed while the engine runs, and the host's mode given back after.
//!
//! Decaying filters end in denormal numbers, which some processors handle many times slower. Results stay the same bits
//! on every host because the mode is the engine's own, whatever the host had set.
#![allow(unsafe_code)]

/// Flushes denormals for as long as it lives; the mode found is restored when it is dropped.
///
/// *Real-time safety*: one register is read and written.
#[derive(Debug)]
pub(crate) struct FloatMode {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    found: Register,
}

#[cfg(target_arch = "x86_64")]
type Register = u32;
#[cfg(target_arch = "aarch64")]
type Register = u64;

/// All exceptions masked, round to nearest, flush to zero, denormals are zero (Intel SDM volume 1, 10.2.3).
#[cfg(target_arch = "x86_64")]
const MODE: Register = 0x9fc0;
/// Flush to zero (Arm ARM, FPCR bit 24), round to nearest, no trap, no default NaN.
#[cfg(target_arch = "aarch64")]
const MODE: Register = 1 << 24;

#[cfg(target_arch = "x86_64")]
fn read() -> Register {
    let mut value: Register = 0;
    // SAFETY: SSE is part of x86_64, and `stmxcsr` writes the four bytes of `value`.
    unsafe { core::arch::asm!("stmxcsr [{}]", in(reg) &mut value, options(nostack, preserves_flags)) };
    value
}

#[cfg(target_arch = "x86_64")]
fn write(value: Register) {
    // SAFETY: SSE is part of x86_64; `value` is a mode that was read from the register or `MODE`, so no reserved bit
    // is set. The arithmetic in between is the engine's, which asks for exactly this mode.
    unsafe { core::arch::asm!("ldmxcsr [{}]", in(reg) &value, options(nostack, preserves_flags)) };
}

#[cfg(target_arch = "aarch64")]
fn read() -> Register {
    let value: Register;
    // SAFETY: every aarch64 processor with floating point has FPCR, readable in user mode.
    unsafe { core::arch::asm!("mrs {}, fpcr", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

#[cfg(target_arch = "aarch64")]
fn write(value: Register) {
    // SAFETY: FPCR is writable in user mode; `value` was read from it or is `MODE`, which sets no reserved bit.
    unsafe { core::arch::asm!("msr fpcr, {}", in(reg) value, options(nomem, nostack, preserves_flags)) };
}

impl FloatMode {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    pub(crate) fn flush_denormals() -> Self {
        let found = read();
        write(MODE);
        Self { found }
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn flush_denormals() -> Self {
        Self {}
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl Drop for FloatMode {
    fn drop(&mut self) {
        write(self.found);
    }
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;
    use core::hint::black_box;

    /// The lowest six bits of MXCSR only record which exceptions have happened.
    fn mode() -> Register {
        if cfg!(target_arch = "x86_64") { read() & !0x3f } else { read() }
    }

    #[test]
    fn denormals_are_flushed_inside_and_the_mode_is_given_back() {
        let half_of_smallest = || black_box(f32::MIN_POSITIVE) * black_box(0.5);
        let before = mode();
        assert!(half_of_smallest() > 0.0);
        {
            let _mode = FloatMode::flush_denormals();
            assert_eq!(half_of_smallest(), 0.0);
        }
        assert_eq!(mode(), before);
        assert!(half_of_smallest() > 0.0);
    }
}
