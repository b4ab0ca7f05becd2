//! Counters in the memory that a child shares with its parent, and what they count: memory, locks and clocks.

use crate::{Kind, NOTES};
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// What a child leaves in the memory that it shares with its parent. All zeros is a valid value.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Report {
    /// While set, everything counts.
    pub(crate) armed: AtomicBool,
    pub(crate) ended: AtomicBool,
    /// How often each [`Kind`] was met while armed.
    pub(crate) counts: [AtomicU64; 5],
    /// The number of the last system call that counted.
    pub(crate) last_call: AtomicU64,
    /// System calls caught while not armed, before the end: shows that the gate is in force.
    pub(crate) caught_unarmed: AtomicU64,
    /// Figures of the child's own.
    pub(crate) notes: [AtomicU64; NOTES],
    /// Why the child gave up, in UTF-8, ended by 0.
    pub(crate) message: [AtomicU8; 400],
}

impl Report {
    /// One in memory that children share.
    pub(crate) fn shared() -> Result<&'static Self, String> {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a fresh anonymous mapping.
        let memory = unsafe { libc::mmap(std::ptr::null_mut(), size_of::<Self>(), access, kind, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err("no shared memory".into());
        }
        // SAFETY: the mapping is large enough, aligned to a page, never unmapped, and all zeros is a valid `Report`.
        Ok(unsafe { &*memory.cast::<Self>() })
    }

    pub(crate) fn tell(&self, message: &str) {
        for (to, from) in self.message.iter().zip(message.bytes()) {
            to.store(from, Relaxed);
        }
    }

    /// A system call was caught.
    pub(crate) fn caught(&self, number: u64) {
        if self.armed.load(Relaxed) {
            self.counts[Kind::SystemCall as usize].fetch_add(1, Relaxed);
            self.last_call.store(number, Relaxed);
        } else if !self.ended.load(Relaxed) {
            self.caught_unarmed.fetch_add(1, Relaxed);
        }
    }
}

/// Where this process counts: set in a child, null in the parent.
static REPORT: AtomicPtr<Report> = AtomicPtr::new(std::ptr::null_mut());

/// From here on this process counts into `report`, while that is armed.
pub(crate) fn count_into(report: &'static Report) {
    REPORT.store(std::ptr::from_ref(report).cast_mut(), Relaxed);
}

pub(crate) fn report() -> Option<&'static Report> {
    // SAFETY: null, or a reference given to `count_into`; all that is written through it is atomic.
    unsafe { REPORT.load(Relaxed).as_ref() }
}

pub(crate) fn count(kind: Kind) {
    if let Some(report) = report().filter(|report| report.armed.load(Relaxed)) {
        report.counts[kind as usize].fetch_add(1, Relaxed);
    }
}

/// The address of the C library's own function of this name.
fn original(cache: &AtomicUsize, name: &CStr) -> usize {
    if cache.load(Relaxed) == 0 {
        // SAFETY: the name is a C string; looking a symbol up changes nothing else.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        cache.store(found as usize, Relaxed);
    }
    cache.load(Relaxed)
}

/// Defines functions of the C library anew: each counts, then calls the one it stands for. And `find_originals`, which
/// looks all of them up, as that may itself take memory and locks.
macro_rules! watch {
    ($($kind:ident $name:ident($($argument:ident: $type:ty),+);)+) => {
        $(
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name($($argument: $type),+) -> libc::c_int {
                count(Kind::$kind);
                let address = $name::find();
                if address == 0 {
                    return libc::ENOSYS;
                }
                // SAFETY: the address is that of the C library's function of this name, whose signature this is.
                let real: unsafe extern "C" fn($($type),+) -> libc::c_int = unsafe { std::mem::transmute(address) };
                // SAFETY: the caller's promises are passed on.
                unsafe { real($($argument),+) }
            }
            mod $name {
                static ORIGINAL: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
                pub(super) fn find() -> usize {
                    let name = concat!(stringify!($name), "\0").as_bytes();
                    super::original(&ORIGINAL, std::ffi::CStr::from_bytes_with_nul(name).unwrap_or_default())
                }
            }
        )+
        /// The first function that this C library lacks.
        pub(crate) fn find_originals() -> Result<(), &'static str> {
            let all = [$((stringify!($name), $name::find())),+];
            all.iter().find(|(_, address)| *address == 0).map_or(Ok(()), |(name, _)| Err(*name))
        }
    };
}

type Mutex = libc::pthread_mutex_t;
type RwLock = libc::pthread_rwlock_t;
type Condition = libc::pthread_cond_t;
type Time = libc::timespec;

// Every function by which POSIX threads lock, wait or wake, and those that read a clock, often without the kernel.
watch! {
    Lock pthread_mutex_lock(lock: *mut Mutex);
    Lock pthread_mutex_trylock(lock: *mut Mutex);
    Lock pthread_mutex_timedlock(lock: *mut Mutex, until: *const Time);
    Lock pthread_rwlock_rdlock(lock: *mut RwLock);
    Lock pthread_rwlock_wrlock(lock: *mut RwLock);
    Lock pthread_rwlock_tryrdlock(lock: *mut RwLock);
    Lock pthread_rwlock_trywrlock(lock: *mut RwLock);
    Lock pthread_rwlock_timedrdlock(lock: *mut RwLock, until: *const Time);
    Lock pthread_rwlock_timedwrlock(lock: *mut RwLock, until: *const Time);
    Lock pthread_spin_lock(lock: *mut libc::pthread_spinlock_t);
    Lock pthread_spin_trylock(lock: *mut libc::pthread_spinlock_t);
    Lock pthread_cond_wait(condition: *mut Condition, lock: *mut Mutex);
    Lock pthread_cond_timedwait(condition: *mut Condition, lock: *mut Mutex, until: *const Time);
    Lock pthread_cond_signal(condition: *mut Condition);
    Lock pthread_cond_broadcast(condition: *mut Condition);
    Lock pthread_barrier_wait(barrier: *mut libc::pthread_barrier_t);
    Lock sem_wait(semaphore: *mut libc::sem_t);
    Lock sem_trywait(semaphore: *mut libc::sem_t);
    Lock sem_timedwait(semaphore: *mut libc::sem_t, until: *const Time);
    Lock sem_post(semaphore: *mut libc::sem_t);
    Clock clock_gettime(clock: libc::clockid_t, time: *mut Time);
    Clock gettimeofday(time: *mut libc::timeval, zone: *mut libc::c_void);
}
