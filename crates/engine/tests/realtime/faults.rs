//! Planted faults, each with the kinds of count that must betray it.

use kmidi_watch::Kind::{self, Allocation, Clock, Free, Lock, SystemCall};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Something that the audio thread must not do.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// Runs before the gate closes.
    pub(crate) prepare: fn(),
    /// Runs in the midst of the engine's work. It is given memory taken beforehand.
    pub(crate) act: fn(&mut Option<Vec<u64>>),
    /// Exactly these kinds must be counted.
    pub(crate) kinds: &'static [Kind],
    /// The number of the system call that must be caught.
    pub(crate) call: Option<libc::c_long>,
}

/// No fault at all.
pub(crate) const NONE: Fault = fault("nothing", |_| (), &[], None);

const fn fault(
    name: &'static str,
    act: fn(&mut Option<Vec<u64>>),
    kinds: &'static [Kind],
    call: Option<libc::c_long>,
) -> Fault {
    Fault { name, prepare: || (), act, kinds, call }
}

/// What every planted fault is.
pub(crate) const PLANTED: [Fault; 20] = [
    fault("a box made", |_| std::mem::forget(black_box(Box::new(black_box(1_u64)))), &[Allocation], None),
    fault("zeroed memory taken", |_| std::mem::forget(black_box(vec![0_u8; 64])), &[Allocation], None),
    fault("a vector grown", |spare| spare.iter_mut().for_each(|v| v.reserve(64)), &[Allocation], None),
    fault("memory given back", |spare| drop(black_box(spare.take())), &[Free], None),
    fault("a mutex locked", |_| mutex(libc::pthread_mutex_lock), &[Lock], None),
    fault("a mutex tried", |_| mutex(libc::pthread_mutex_trylock), &[Lock], None),
    fault("a read lock taken", |_| read_write_lock(libc::pthread_rwlock_rdlock), &[Lock], None),
    fault("a read lock tried", |_| read_write_lock(libc::pthread_rwlock_tryrdlock), &[Lock], None),
    fault("a write lock taken", |_| read_write_lock(libc::pthread_rwlock_wrlock), &[Lock], None),
    fault("a write lock tried", |_| read_write_lock(libc::pthread_rwlock_trywrlock), &[Lock], None),
    fault("a condition signalled", |_| condition(libc::pthread_cond_signal), &[Lock], None),
    fault("a condition broadcast", |_| condition(libc::pthread_cond_broadcast), &[Lock], None),
    fault("a semaphore waited for", |_| semaphore(), &[Lock], None),
    Fault {
        prepare: hold_in_another_thread,
        ..fault("a held std mutex", |_| drop(HELD.lock()), &[SystemCall], Some(libc::SYS_futex))
    },
    fault("a write", |_| write(), &[SystemCall], Some(libc::SYS_write)),
    fault("a print", |_| println!("this must not be seen"), &[SystemCall], Some(libc::SYS_write)),
    fault(
        "a system call by instruction",
        |_| kmidi_watch::call_kernel_directly(),
        &[SystemCall],
        Some(libc::SYS_getpid),
    ),
    fault("the clock asked of the kernel", |_| kernel_clock(), &[SystemCall], Some(libc::SYS_clock_gettime)),
    fault("the clock read", |_| _ = black_box(std::time::Instant::now()), &[Clock], None),
    fault("a file opened", |_| drop(std::fs::File::open("/")), &[SystemCall], Some(libc::SYS_openat)),
];

fn mutex(take: unsafe extern "C" fn(*mut libc::pthread_mutex_t) -> libc::c_int) {
    let mut lock = libc::PTHREAD_MUTEX_INITIALIZER;
    // SAFETY: the lock is initialised, this thread's alone, and unlocked by the one who locked it.
    unsafe {
        take(&raw mut lock);
        libc::pthread_mutex_unlock(&raw mut lock);
    }
}

fn read_write_lock(take: unsafe extern "C" fn(*mut libc::pthread_rwlock_t) -> libc::c_int) {
    let mut lock = libc::PTHREAD_RWLOCK_INITIALIZER;
    // SAFETY: the lock is initialised, this thread's alone, and unlocked by the one who locked it.
    unsafe {
        take(&raw mut lock);
        libc::pthread_rwlock_unlock(&raw mut lock);
    }
}

fn condition(wake: unsafe extern "C" fn(*mut libc::pthread_cond_t) -> libc::c_int) {
    let mut condition = libc::PTHREAD_COND_INITIALIZER;
    // SAFETY: the condition is initialised and this thread's alone; nobody waits for it.
    unsafe { wake(&raw mut condition) };
}

fn semaphore() {
    // SAFETY: all zeros is storage for a semaphore, which is initialised to 1 before it is waited for.
    unsafe {
        let mut semaphore: libc::sem_t = std::mem::zeroed();
        libc::sem_init(&raw mut semaphore, 0, 1);
        libc::sem_wait(&raw mut semaphore);
    }
}

fn write() {
    // SAFETY: the bytes are a constant.
    unsafe { libc::write(1, c"x".as_ptr().cast(), 1) };
}

fn kernel_clock() {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one `timespec` to the address given.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, &raw mut time) };
}

static HELD: Mutex<()> = Mutex::new(());

/// Another thread takes the lock, and gives it back when the one under watch has asked the kernel to wait.
fn hold_in_another_thread() {
    static READY: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        let held = HELD.lock();
        READY.store(true, Relaxed);
        while kmidi_watch::counted_so_far(SystemCall) == 0 {
            std::hint::spin_loop();
        }
        drop(held);
        // Its end would be counted as well.
        loop {
            std::thread::park();
        }
    });
    while !READY.load(Relaxed) {
        std::hint::spin_loop();
    }
}
