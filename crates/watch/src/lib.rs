//! Counts what code does that the audio thread may not: memory taken or given back, locks, clocks, system calls.
//!
//! A program that links this crate gets three things:
//!
//! * a global allocator that counts, into a [`watch`] while one is armed, and into [`memory`] when that is asked for; else
//!   it costs one load for each call;
//! * the C library's functions that lock, wait, wake or tell the time, replaced by ones that count and then call the real
//!   ones (Linux with the GNU C library);
//! * [`watch`], which runs code in a child process of its own where every system call is stopped, by a seccomp filter or,
//!   where there is none, by the parent through ptrace, and says what was counted.
//!
//! Where no system call can be stopped [`gates`] is empty: then nothing is proved. A lock of the Rust standard library that
//! nobody else holds, and a spin lock made by hand, are an instruction or two inlined into their user: no call betrays
//! them; one that is held by another thread does enter the kernel, and is seen there.
//!
//! It is its own crate because of what it may do: it holds the `unsafe` code that replaces an allocator and traps calls.
#![allow(unsafe_code)]

mod allocator;
pub mod memory;

#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "linux.rs"]
mod system;
#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "elsewhere.rs"]
mod system;

pub use system::*;

/// What is counted, in the order of [`Counted::counts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Memory taken.
    Allocation,
    /// Memory given back.
    Free,
    /// A lock, wait or wake of POSIX threads.
    Lock,
    /// A clock read through the C library.
    Clock,
    /// A system call.
    SystemCall,
}

/// How many figures of its own a child may leave, see [`Child::note`].
pub const NOTES: usize = 12;

/// What was counted in a child while it was armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// How often each [`Kind`] was met.
    pub counts: [u64; 5],
    /// The number of the last system call that counted; 0 where none did.
    pub last_call: u64,
    /// The child's own figures.
    pub notes: [u64; NOTES],
}

impl Counted {
    /// Whether nothing at all was met.
    pub fn is_clean(&self) -> bool {
        self.counts == [0; 5]
    }

    /// How often this was met.
    pub fn of(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }
}

/// Takes a lock that nobody else holds and gives it back: a planted fault for those who want to see it counted.
pub fn lock_once() {
    #[cfg(unix)]
    {
        let mut lock = libc::PTHREAD_MUTEX_INITIALIZER;
        // SAFETY: the lock is initialised, this thread's alone, and unlocked by the one who locked it.
        unsafe {
            libc::pthread_mutex_lock(&raw mut lock);
            libc::pthread_mutex_unlock(&raw mut lock);
        }
    }
}
