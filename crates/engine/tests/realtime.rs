//! Proves that, after `Engine::new`, `Engine::process` and `Engine::reset` take no memory, give none back, take no lock
//! and make no system call, whatever they hear.
//!
//! Each check runs in a child process of its own. The child prepares everything, forbids itself every system call (a
//! seccomp filter turns each into a signal that is counted, and the call is skipped), arms the counters, runs the
//! engine, and leaves its counts in memory shared with the parent. Four things are watched at once:
//!
//! * memory: the allocator of this program counts;
//! * locks: the pthread functions that lock or wait are replaced by ones that count and then call the real ones;
//! * system calls: the filter sees every one of them, also those made by an instruction without the C library;
//! * sources: a lock of the Rust standard library that nobody else holds is an instruction or two inlined into its
//!   user, and the clock may be read without entering the kernel. No call betrays them, so the sources of every crate
//!   that runs on the audio thread are searched for their names. A lock that is held by another thread does enter the
//!   kernel, and is seen there.
//!
//! A proof is worth what it can catch: planted faults run through the very same code, in the midst of the engine's
//! work, and each must be reported as what it is, and as nothing else.
//!
//! What is proved holds for the inputs given here and the machine it runs on; that is why they are many and ugly.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_macros, clippy::disallowed_types, clippy::disallowed_methods)]

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod watched {
    //! The engine under watch, for Linux.

    use kmidi_engine::{Block, Config, Engine, MidiEvent, MidiMessage};
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::ffi::CStr;
    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};

    /// While set, everything counts.
    static ARMED: AtomicBool = AtomicBool::new(false);
    static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
    static FREES: AtomicU64 = AtomicU64::new(0);
    static LOCKS: AtomicU64 = AtomicU64::new(0);
    static SYSTEM_CALLS: AtomicU64 = AtomicU64::new(0);
    /// The number of the last system call that counted.
    static LAST_CALL: AtomicU64 = AtomicU64::new(0);
    /// System calls caught while not armed: shows that the filter is in force.
    static CAUGHT_UNARMED: AtomicU64 = AtomicU64::new(0);

    fn count(counter: &AtomicU64) {
        if ARMED.load(Relaxed) {
            counter.fetch_add(1, Relaxed);
        }
    }

    // Memory.

    struct Counting;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    // SAFETY: every call goes unchanged to the system's allocator; counting is an atomic addition and takes no memory.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            count(&ALLOCATIONS);
            // SAFETY: the caller's promises are passed on.
            unsafe { System.alloc(layout) }
        }
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            count(&ALLOCATIONS);
            // SAFETY: the caller's promises are passed on.
            unsafe { System.alloc_zeroed(layout) }
        }
        unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            count(&ALLOCATIONS);
            // SAFETY: the caller's promises are passed on.
            unsafe { System.realloc(old, layout, size) }
        }
        unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
            count(&FREES);
            // SAFETY: the caller's promises are passed on.
            unsafe { System.dealloc(old, layout) }
        }
    }

    // Locks.

    /// The address of the C library's own function of this name.
    fn original(cache: &AtomicUsize, name: &CStr) -> usize {
        if cache.load(Relaxed) == 0 {
            // SAFETY: the name is a C string; looking a symbol up changes nothing else.
            let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
            cache.store(found as usize, Relaxed);
        }
        cache.load(Relaxed)
    }

    /// Defines functions of the C library anew: each counts, then calls the one it stands for. And `find_originals`,
    /// which looks all of them up, as that may itself take memory and locks.
    macro_rules! watch {
        ($($name:ident($($argument:ident: $kind:ty),+);)+) => {
            $(
                #[unsafe(no_mangle)]
                unsafe extern "C" fn $name($($argument: $kind),+) -> libc::c_int {
                    count(&LOCKS);
                    let address = $name::find();
                    if address == 0 {
                        return libc::ENOSYS;
                    }
                    // SAFETY: the address is that of the C library's function of this name, whose signature this is.
                    let real: unsafe extern "C" fn($($kind),+) -> libc::c_int = unsafe { std::mem::transmute(address) };
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
            fn find_originals() -> bool {
                [$($name::find()),+].iter().all(|&address| address != 0)
            }
        };
    }

    watch! {
        pthread_mutex_lock(lock: *mut libc::pthread_mutex_t);
        pthread_mutex_trylock(lock: *mut libc::pthread_mutex_t);
        pthread_rwlock_rdlock(lock: *mut libc::pthread_rwlock_t);
        pthread_rwlock_wrlock(lock: *mut libc::pthread_rwlock_t);
        pthread_cond_wait(condition: *mut libc::pthread_cond_t, lock: *mut libc::pthread_mutex_t);
        pthread_cond_signal(condition: *mut libc::pthread_cond_t);
    }

    // System calls.

    /// Notes the call that the filter stopped and lets its caller go on as if it had done something.
    extern "C" fn on_stopped_call(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: a handler installed with SA_SIGINFO is given the context of the interrupted code, which is its own.
        let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
        #[cfg(target_arch = "x86_64")]
        let (number, result, length) = {
            let registers = &mut context.uc_mcontext.gregs;
            let (number, length) = (registers[libc::REG_RAX as usize], registers[libc::REG_RDX as usize]);
            (number, &mut registers[libc::REG_RAX as usize], length)
        };
        #[cfg(target_arch = "aarch64")]
        let (number, result, length) = {
            let registers = &mut context.uc_mcontext.regs;
            let (number, length) = (registers[8] as i64, registers[2]);
            (number, &mut registers[0], length)
        };
        // Writing succeeds, so that a print does not turn into a panic; nothing else does.
        *result = if number == libc::SYS_write { length } else { -i64::from(libc::ENOSYS) as _ };
        if ARMED.load(Relaxed) {
            SYSTEM_CALLS.fetch_add(1, Relaxed);
            LAST_CALL.store(number as u64, Relaxed);
        } else {
            CAUGHT_UNARMED.fetch_add(1, Relaxed);
        }
    }

    /// From here on every system call of this process is stopped, except those that end it or a signal handler.
    fn forbid_system_calls() -> Result<(), &'static str> {
        // SAFETY: all zeros is a valid `sigaction`, with an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_stopped_call;
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
        // SAFETY: the handler only touches atomics and the context that it is given.
        if unsafe { libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut()) } != 0 {
            return Err("no handler for SIGSYS");
        }
        let allowed = [libc::SYS_rt_sigreturn, libc::SYS_exit, libc::SYS_exit_group];
        let load = |at| step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, at, 0, 0);
        let skip_if = |value, skip| step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value, skip, 0);
        let end = |verdict| step(libc::BPF_RET | libc::BPF_K, verdict, 0, 0);
        let mut filter = [
            // The number lies at 0 and the architecture at 4 of the data that the filter is given.
            load(4),
            skip_if(ARCHITECTURE, 1),
            end(libc::SECCOMP_RET_TRAP),
            load(0),
            skip_if(allowed[0] as u32, 3),
            skip_if(allowed[1] as u32, 2),
            skip_if(allowed[2] as u32, 1),
            end(libc::SECCOMP_RET_TRAP),
            end(libc::SECCOMP_RET_ALLOW),
        ];
        let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
        // SAFETY: changes only what this process may do.
        if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
            return Err("PR_SET_NO_NEW_PRIVS was refused");
        }
        // SAFETY: the program and its filter live until the call returns; the kernel copies them.
        if unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program, 0, 0) }
            != 0
        {
            return Err("seccomp was refused");
        }
        Ok(())
    }

    #[cfg(target_arch = "x86_64")]
    const ARCHITECTURE: u32 = 0xc000_003e;
    #[cfg(target_arch = "aarch64")]
    const ARCHITECTURE: u32 = 0xc000_00b7;

    fn step(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
        libc::sock_filter { code: code as u16, jt, jf, k }
    }

    /// Asks for the process number without the C library.
    fn call_kernel_directly() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: getpid takes nothing and changes nothing; the kernel overwrites rax, rcx and r11 only.
        unsafe {
            std::arch::asm!("syscall", inout("rax") libc::SYS_getpid => _, out("rcx") _, out("r11") _);
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: getpid takes nothing and changes nothing; the kernel overwrites x0 only.
        unsafe {
            std::arch::asm!("svc 0", in("x8") libc::SYS_getpid, out("x0") _);
        }
    }

    // The child and what it leaves.

    /// What a child leaves in the memory that it shares with its parent.
    #[repr(C)]
    struct Report {
        ended: AtomicU64,
        blocks: AtomicU64,
        said: AtomicU64,
        counts: [AtomicU64; 5],
        caught_unarmed: AtomicU64,
        message: [AtomicU8; 400],
    }

    impl Report {
        fn tell(&self, message: &str) {
            for (to, from) in self.message.iter().zip(message.bytes()) {
                to.store(from, Relaxed);
            }
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Counts {
        allocations: u64,
        frees: u64,
        locks: u64,
        system_calls: u64,
        last_call: u64,
    }

    const NOTHING: Counts = Counts { allocations: 0, frees: 0, locks: 0, system_calls: 0, last_call: 0 };

    #[derive(Debug)]
    struct Outcome {
        blocks: u64,
        /// Events and evidence that the engine put out.
        said: u64,
        counts: Counts,
    }

    /// Runs a fault, or nothing, in the midst of the engine's work. It is given a piece of memory taken beforehand.
    type Fault = fn(&mut Option<Box<u64>>);

    /// Hears `blocks` blocks in a child of its own, with the fault at the middle one, and says what was counted.
    fn watch_child(rate: u32, size: usize, blocks: u64, fault: Fault) -> Result<Outcome, String> {
        // SAFETY: a fresh anonymous mapping.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size_of::<Report>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err("not proven: no shared memory".into());
        }
        // SAFETY: the mapping is large enough, aligned to a page, never unmapped, and all zeros is a valid `Report`.
        let report: &'static Report = unsafe { &*memory.cast::<Report>() };
        // SAFETY: this process has one thread, so the child may use everything that the parent had.
        match unsafe { libc::fork() } {
            -1 => Err("not proven: no child process".into()),
            0 => child(report, rate, size, blocks, fault),
            process => {
                let mut status = 0;
                // SAFETY: waits for the child just made; the status is a local.
                let waited = unsafe { libc::waitpid(process, &raw mut status, 0) };
                outcome(report, waited == process, status)
            }
        }
    }

    fn outcome(report: &Report, waited: bool, status: libc::c_int) -> Result<Outcome, String> {
        let message: Vec<u8> =
            report.message.iter().map(|byte| byte.load(Relaxed)).take_while(|&byte| byte != 0).collect();
        if !message.is_empty() {
            return Err(String::from_utf8_lossy(&message).into_owned());
        }
        if !waited || status != 0 || report.ended.load(Relaxed) != 1 {
            return Err(format!("not proven: the child ended early, status {status:#x}"));
        }
        if report.caught_unarmed.load(Relaxed) != 2 {
            return Err("not proven: the filter was not in force before and after".into());
        }
        let [allocations, frees, locks, system_calls, last_call] =
            report.counts.each_ref().map(|count| count.load(Relaxed));
        Ok(Outcome {
            blocks: report.blocks.load(Relaxed),
            said: report.said.load(Relaxed),
            counts: Counts { allocations, frees, locks, system_calls, last_call },
        })
    }

    fn exit(status: libc::c_int) -> ! {
        // SAFETY: ends the process at once; nothing of it is used afterwards.
        unsafe { libc::_exit(status) }
    }

    /// The whole life of a child.
    fn child(report: &'static Report, rate: u32, size: usize, blocks: u64, fault: Fault) -> ! {
        // SAFETY: only asks for a signal later, so that a child that hangs does not hang the test.
        unsafe { libc::alarm(300) };
        std::panic::set_hook(Box::new(|panic| {
            ARMED.store(false, Relaxed);
            report.tell(&format!("panicked: {panic}"));
            exit(1);
        }));
        let mut engine =
            Engine::new(Config { sample_rate: rate, max_block: size }).expect("a valid configuration");
        let input = Input::new(rate, size, blocks);
        let mut spare = Some(Box::new(7));
        if !find_originals() {
            report.tell("not proven: the C library's locks were not found");
            exit(1);
        }
        if let Err(reason) = forbid_system_calls() {
            report.tell(&format!("not proven: {reason}"));
            exit(1);
        }
        call_kernel_directly();
        ARMED.store(true, Relaxed);
        let mut said = 0;
        for index in 0..blocks {
            if index == blocks / 2 {
                fault(&mut spare);
            }
            said += hear(&mut engine, &input, index);
        }
        ARMED.store(false, Relaxed);
        call_kernel_directly();
        report.blocks.store(blocks, Relaxed);
        report.said.store(said, Relaxed);
        for (to, from) in report.counts.iter().zip([&ALLOCATIONS, &FREES, &LOCKS, &SYSTEM_CALLS, &LAST_CALL])
        {
            to.store(from.load(Relaxed), Relaxed);
        }
        report.caught_unarmed.store(CAUGHT_UNARMED.load(Relaxed), Relaxed);
        report.ended.store(1, Relaxed);
        exit(0)
    }

    // What the engine hears.

    /// Sound and MIDI, made before the counters are armed.
    struct Input {
        size: usize,
        /// How many frames a kind of sound lasts.
        part: usize,
        /// After how many blocks the engine is reset.
        reset_every: u64,
        sound: [Vec<f32>; 2],
        midi: Vec<Vec<MidiEvent>>,
    }

    /// Kinds of sound; each lasts half a second.
    const PARTS: usize = 10;

    /// Numbers that look like chance: xorshift.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }
        fn sample(&mut self) -> f32 {
            self.below(65_536) as f32 / 32_768.0 - 1.0
        }
    }

    fn sample(part: usize, n: usize, rate: u32, chance: &mut Chance) -> f32 {
        let t = n as f64 / f64::from(rate);
        let tone = |pitch: f64| (std::f64::consts::TAU * pitch * t).sin();
        match part % PARTS {
            0 => (0.2 * (tone(130.8) + tone(261.6) + tone(329.6) + tone(392.0))) as f32,
            1 => (0.6 * tone(1_000.0) * (-(t % 0.125) / 0.006).exp()) as f32,
            2 => chance.sample(),
            3 => 0.0,
            4 => f32::NAN,
            5 => [f32::INFINITY, f32::NEG_INFINITY][n % 2],
            6 => f32::from_bits((n % 0x007f_ffff) as u32 | ((n as u32 & 1) << 31)),
            7 => [f32::MAX, f32::MIN, 1.0, f32::from_bits(chance.below(1 << 32) as u32)][n % 4],
            8 => (0.3 * (tone(220.0) + tone(261.6) + tone(329.6))) as f32,
            _ => f32::from(u8::from(n.is_multiple_of(rate as usize / 8))),
        }
    }

    impl Input {
        fn new(rate: u32, size: usize, blocks: u64) -> Self {
            let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
            let part = rate as usize / 2;
            let frames = PARTS * part + 2 * size;
            // The second channel is a part ahead, so that every kind also meets another.
            let mut channel = |ahead: usize| -> Vec<f32> {
                (0..frames).map(|n| sample(n / part + ahead, n, rate, &mut chance)).collect()
            };
            let sound = [channel(0), channel(1)];
            let midi = [0, 0, 1, 0, 3, 0, 0, 40, 0, 2, 1_000, 0, 0]
                .map(|events| (0..events).map(|_| message(size, &mut chance)).collect());
            Self { size, part, reset_every: blocks / 4, sound, midi: midi.to_vec() }
        }
    }

    /// Anything that may come down a cable, and some that may not.
    fn message(size: usize, chance: &mut Chance) -> MidiEvent {
        let mut byte = |end| chance.below(end) as u8;
        let (channel, note, velocity) = (byte(20), byte(140), byte(256));
        let message = match byte(8) {
            0..=2 => MidiMessage::NoteOn { channel, note, velocity },
            3 | 4 => MidiMessage::NoteOff { channel, note },
            kind => {
                let controller =
                    [64, 120, 123, note, 64, 255][usize::from(kind - 5) + usize::from(byte(2)) * 3];
                MidiMessage::Control { channel, controller, value: velocity }
            }
        };
        let offset = match chance.below(6) {
            0 => u32::MAX,
            1 => chance.below(2 * size as u64) as u32,
            _ => chance.below(size as u64) as u32,
        };
        MidiEvent { offset, message }
    }

    /// One block, and now and then a reset. Returns how many events and records of evidence came.
    fn hear(engine: &mut Engine, input: &Input, index: u64) -> u64 {
        if index % input.reset_every == input.reset_every - 1 {
            engine.reset();
        }
        let turn = index as usize;
        // Every now and then a jump, or short blocks would never leave the first kind of sound.
        let jumps = turn / 200 * (input.part + 77);
        let start = (turn * input.size + jumps) % (PARTS * input.part);
        let frames = match turn % 101 {
            7 => 0,
            // Longer than announced.
            50 => 2 * input.size,
            _ => input.size,
        };
        let [left, right] = input.sound.each_ref().map(|channel| &channel[start..start + frames]);
        let channels = [left, &right[..if turn % 37 == 36 { frames / 2 } else { frames }]];
        let audio = &channels[..if turn % 41 == 40 { turn % 2 } else { 2 }];
        let midi = &input.midi[(turn + turn / 150) % input.midi.len()];
        // Storms in each block of one frame would be most of the work, and nothing new.
        let midi = if turn.is_multiple_of(3) || midi.len() < 100 { &midi[..] } else { &[] };
        let output = black_box(engine.process(black_box(&Block { frames, audio, midi })));
        (output.events.len() + output.hops.len() + output.harmony.len()) as u64
    }

    // Faults.

    fn none(_: &mut Option<Box<u64>>) {}

    fn take_memory(_: &mut Option<Box<u64>>) {
        std::mem::forget(black_box(Box::new(black_box(1_u64))));
    }

    fn give_memory_back(spare: &mut Option<Box<u64>>) {
        drop(black_box(spare.take()));
    }

    fn take_mutex(_: &mut Option<Box<u64>>) {
        let mut lock = libc::PTHREAD_MUTEX_INITIALIZER;
        // SAFETY: the lock is initialised, ours alone, and unlocked by the one who locked it.
        unsafe {
            libc::pthread_mutex_lock(&raw mut lock);
            libc::pthread_mutex_unlock(&raw mut lock);
        }
    }

    fn try_mutex(_: &mut Option<Box<u64>>) {
        let mut lock = libc::PTHREAD_MUTEX_INITIALIZER;
        // SAFETY: the lock is initialised, ours alone, and unlocked by the one who locked it.
        unsafe {
            libc::pthread_mutex_trylock(&raw mut lock);
            libc::pthread_mutex_unlock(&raw mut lock);
        }
    }

    fn take_read_lock(_: &mut Option<Box<u64>>) {
        let mut lock = libc::PTHREAD_RWLOCK_INITIALIZER;
        // SAFETY: the lock is initialised, ours alone, and unlocked by the one who locked it.
        unsafe {
            libc::pthread_rwlock_rdlock(&raw mut lock);
            libc::pthread_rwlock_unlock(&raw mut lock);
        }
    }

    fn take_write_lock(_: &mut Option<Box<u64>>) {
        let mut lock = libc::PTHREAD_RWLOCK_INITIALIZER;
        // SAFETY: the lock is initialised, ours alone, and unlocked by the one who locked it.
        unsafe {
            libc::pthread_rwlock_wrlock(&raw mut lock);
            libc::pthread_rwlock_unlock(&raw mut lock);
        }
    }

    fn signal(_: &mut Option<Box<u64>>) {
        let mut condition = libc::PTHREAD_COND_INITIALIZER;
        // SAFETY: the condition is initialised and ours alone; nobody waits for it.
        unsafe { libc::pthread_cond_signal(&raw mut condition) };
    }

    fn write(_: &mut Option<Box<u64>>) {
        // SAFETY: the bytes are a constant.
        unsafe { libc::write(1, c"x".as_ptr().cast(), 1) };
    }

    fn call_directly(_: &mut Option<Box<u64>>) {
        call_kernel_directly();
    }

    fn read_clock(_: &mut Option<Box<u64>>) {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the kernel writes one `timespec` to the address given.
        unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, &raw mut time) };
    }

    fn print(_: &mut Option<Box<u64>>) {
        println!("a print that must not come out");
    }

    /// What every lock does when another thread holds it: asks the kernel to wait.
    fn wait_in_kernel(_: &mut Option<Box<u64>>) {
        let word = 0_u32;
        // SAFETY: the word is a local; as it is not 1, the kernel would not wait even if it were asked.
        unsafe {
            libc::syscall(libc::SYS_futex, &raw const word, libc::FUTEX_WAIT, 1, std::ptr::null::<u8>())
        };
    }

    // The checks.

    pub(super) fn run(checks: &mut super::Checks) {
        // The first print takes memory for the buffer; it has happened by now.
        let call = |number: libc::c_long| Counts { system_calls: 1, last_call: number as u64, ..NOTHING };
        let lock = Counts { locks: 1, ..NOTHING };
        let faults: [(&str, Fault, Counts); 12] = [
            ("memory taken", take_memory, Counts { allocations: 1, ..NOTHING }),
            ("memory given back", give_memory_back, Counts { frees: 1, ..NOTHING }),
            ("mutex locked", take_mutex, lock),
            ("mutex tried", try_mutex, lock),
            ("read lock", take_read_lock, lock),
            ("write lock", take_write_lock, lock),
            ("condition signalled", signal, lock),
            ("write", write, call(libc::SYS_write)),
            ("system call by instruction", call_directly, call(libc::SYS_getpid)),
            ("clock read in the kernel", read_clock, call(libc::SYS_clock_gettime)),
            ("wait in the kernel", wait_in_kernel, call(libc::SYS_futex)),
            ("print", print, call(libc::SYS_write)),
        ];
        for (name, fault, expected) in faults {
            let result = watch_child(48_000, 64, 200, fault).and_then(|outcome| {
                if outcome.counts == expected {
                    Ok("caught".into())
                } else {
                    Err(format!("not caught as what it is: {:?}", outcome.counts))
                }
            });
            checks.line(&format!("planted, {name}"), result);
        }
        for rate in [44_100, 48_000, 96_000] {
            for size in [1, 17, 64, 512, 4_096] {
                let begun = std::time::Instant::now();
                let blocks = blocks(size);
                let result = watch_child(rate, size, blocks, none).and_then(|outcome| {
                    let seconds = begun.elapsed().as_secs_f64();
                    match outcome {
                        Outcome { counts, .. } if counts != NOTHING => Err(format!("{counts:?}")),
                        Outcome { said: 0, .. } => Err("not proven: the engine said nothing".into()),
                        Outcome { blocks, said, .. } => {
                            Ok(format!("{blocks} blocks, {said} records, nothing counted, {seconds:.1} s"))
                        }
                    }
                });
                checks.line(&format!("{rate} Hz, blocks of {size}"), result);
            }
        }
    }

    /// How many blocks are heard: more of the short ones, or the engine would hear next to nothing.
    fn blocks(size: usize) -> u64 {
        if size < 64 { 200_000 } else { 10_000 }
    }
}

mod scan {
    //! The search through the sources.

    use std::path::Path;

    /// Names that have no business on the audio thread wherever they stand.
    const NAMES: [&str; 13] = [
        "Mutex",
        "RwLock",
        "Condvar",
        "Barrier",
        "mpsc",
        "Once",
        "OnceLock",
        "LazyLock",
        "ReentrantLock",
        "Instant",
        "SystemTime",
        "thread_local",
        "park_timeout",
    ];
    /// Modules of the standard library; as words of their own they are harmless.
    const MODULES: [&str; 5] = ["thread", "fs", "net", "process", "io"];
    /// Macros that print.
    const MACROS: [&str; 5] = ["println", "eprintln", "print", "eprint", "dbg"];

    /// The forbidden names in a source, each with its line, comments left out.
    pub(crate) fn findings(source: &str) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        let mut in_std_group = false;
        for (index, line) in source.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            in_std_group |= code.contains("std::{");
            let mut rest = code;
            let mut before = "";
            while let Some(start) = rest.find(is_word) {
                before = if start > 0 { &rest[..start] } else { before };
                let tail = &rest[start..];
                let end = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
                let (word, after) = tail.split_at(end);
                let is_module = MODULES.contains(&word)
                    && (in_std_group
                        || (code.contains("std::") && before.ends_with("::"))
                        || after.starts_with("::"));
                if NAMES.contains(&word) || is_module || (MACROS.contains(&word) && after.starts_with('!')) {
                    found.push((index + 1, word.to_owned()));
                }
                (rest, before) = (after, "");
            }
            in_std_group &= !code.contains(';');
        }
        found
    }

    /// Appends what stands in the sources under `folder`, and returns how many sources there were.
    pub(crate) fn folder(folder: &Path, found: &mut Vec<String>) -> usize {
        let mut sources = 0;
        for entry in std::fs::read_dir(folder).expect("the sources are beside the tests") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                sources += self::folder(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += 1;
                let source = std::fs::read_to_string(&path).expect("a readable source");
                let places = findings(&source).into_iter();
                found.extend(places.map(|(line, name)| format!("{}:{line}: {name}", path.display())));
            }
        }
        sources
    }

    /// Sources that must be caught, and the name that must be found in each.
    pub(crate) const CAUGHT: [(&str, &str); 12] = [
        ("use std::sync::Mutex;", "Mutex"),
        ("use std::sync::{Arc, RwLock};", "RwLock"),
        ("static READY: std::sync::Once = std::sync::Once::new();", "Once"),
        ("use std::sync::{\n    Arc,\n    Condvar,\n};", "Condvar"),
        ("let (sender, receiver) = mpsc::channel();", "mpsc"),
        ("static TABLE: LazyLock<Vec<f32>> = LazyLock::new(table);", "LazyLock"),
        ("std::thread::yield_now();", "thread"),
        ("use std::{\n    fs,\n};", "fs"),
        ("use std::net::UdpSocket;", "net"),
        ("let now = Instant::now();", "Instant"),
        ("fn now() -> std::time::SystemTime {", "SystemTime"),
        ("    println!(\"here\"); // not even for a moment", "println"),
    ];

    /// Sources that must pass.
    pub(crate) const PASSED: [&str; 4] = [
        "// A Mutex would wait here; see std::sync::Mutex.",
        "use std::sync::Arc;",
        "fn print(net: f32, thread: f32) -> f32 { net + thread }",
        "const ONCE_MORE: u8 = 1; let println = notation::print(0);",
    ];
}

/// Prints one line and remembers whether everything went well so far.
struct Checks {
    failed: usize,
}

impl Checks {
    fn line(&mut self, name: &str, result: Result<String, String>) {
        match result {
            Ok(detail) => println!("ok      {name}: {detail}"),
            Err(detail) => {
                println!("FAILED  {name}: {detail}");
                self.failed += 1;
            }
        }
    }
}

fn scan_sources(checks: &mut Checks) {
    for (source, name) in scan::CAUGHT {
        let found = scan::findings(source);
        let caught = !found.is_empty() && found.iter().all(|(_, found)| found == name);
        let result = if caught { Ok("caught".into()) } else { Err(format!("{source:?} gave {found:?}")) };
        checks.line(&format!("planted in a source, {name}"), result);
    }
    for source in scan::PASSED {
        let found = scan::findings(source);
        if !found.is_empty() {
            checks.line("harmless source", Err(format!("{source:?} gave {found:?}")));
        }
    }
    for name in ["engine", "kernels", "music"] {
        let mut found = Vec::new();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let sources = scan::folder(&folder, &mut found);
        let result = match (sources, found.is_empty()) {
            (0, _) => Err("no sources found".into()),
            (_, true) => Ok(format!("no lock, thread, file, socket, clock or print in {sources} files")),
            (_, false) => Err(found.join(", ")),
        };
        checks.line(&format!("sources of {name}"), result);
    }
}

fn main() -> std::process::ExitCode {
    let mut checks = Checks { failed: 0 };
    scan_sources(&mut checks);
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    watched::run(&mut checks);
    #[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    println!("not proven here: counting memory, locks and system calls needs Linux on x86_64 or aarch64");
    println!(
        "{}",
        if checks.failed == 0 {
            "all checks passed".into()
        } else {
            format!("{} checks failed", checks.failed)
        }
    );
    std::process::ExitCode::from(u8::from(checks.failed > 0))
}
