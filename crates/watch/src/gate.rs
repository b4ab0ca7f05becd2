//! A child process that may make no system call: stopped by a seccomp filter, or by its parent through ptrace.

use super::count::{Report, report};
use std::ffi::{c_int, c_void};

/// Who stops the system calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A filter in the kernel turns each call into a signal of the child's own.
    Seccomp,
    /// Each call stops the child, and the parent skips the call.
    Ptrace,
}

/// Runs `work` in a child, which closes the gate by [`close`], and waits for it. `Ok` when the work came to its end.
pub(crate) fn child(gate: Gate, shared: &'static Report, work: impl FnOnce()) -> Result<(), String> {
    // SAFETY: this process has one thread, so the child may use everything that the parent had.
    match unsafe { libc::fork() } {
        -1 => Err("no child process".into()),
        0 => {
            // SAFETY: only asks for a signal later, so that a child that hangs does not hang the test.
            unsafe { libc::alarm(300) };
            work();
            exit(0)
        }
        process => match gate {
            Gate::Seccomp => match wait(process)? {
                0 => Ok(()),
                status => Err(format!("the child ended early, wait status {status:#x}")),
            },
            Gate::Ptrace => trace(process, shared),
        },
    }
}

/// From here on every system call of this child is stopped, except the one that ends it.
pub(crate) fn close(gate: Gate) -> Result<(), &'static str> {
    match gate {
        Gate::Seccomp => filter_calls(),
        Gate::Ptrace => {
            // SAFETY: asks that the parent may stop this process, then stops it until the parent has taken over.
            let traced = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) == 0 };
            // SAFETY: as above.
            if traced && unsafe { libc::raise(libc::SIGSTOP) } == 0 {
                Ok(())
            } else {
                Err("ptrace was refused")
            }
        }
    }
}

pub(crate) fn exit(status: c_int) -> ! {
    // SAFETY: ends the process at once; nothing of it is used afterwards.
    unsafe { libc::_exit(status) }
}

/// Asks for the process number without the C library.
pub fn call_kernel_directly() {
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

/// What a stopped call gives to its caller. A write seems to succeed, so that a print does not turn into a panic, and a
/// wait to have been for nothing; nothing else succeeds.
fn pretend(number: i64, length: u64) -> i64 {
    match number {
        libc::SYS_write => length as i64,
        libc::SYS_futex => -i64::from(libc::EAGAIN),
        _ => -i64::from(libc::ENOSYS),
    }
}

// Seccomp.

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// Notes the call that the filter stopped and lets its caller go on as if it had done something.
extern "C" fn on_stopped_call(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: a handler installed with SA_SIGINFO is given the context of the interrupted code, which is its own.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    #[cfg(target_arch = "x86_64")]
    let (number, result, length) = {
        let registers = &mut context.uc_mcontext.gregs;
        let (number, length) = (registers[libc::REG_RAX as usize], registers[libc::REG_RDX as usize]);
        (number, &mut registers[libc::REG_RAX as usize], length as u64)
    };
    #[cfg(target_arch = "aarch64")]
    let (number, result, length) = {
        let registers = &mut context.uc_mcontext.regs;
        let (number, length) = (registers[8] as i64, registers[2]);
        (number, &mut registers[0], length)
    };
    *result = pretend(number, length) as _;
    if let Some(report) = report() {
        report.caught(number as u64);
    }
}

fn filter_calls() -> Result<(), &'static str> {
    // SAFETY: all zeros is a valid `sigaction`, with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = on_stopped_call;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER;
    // SAFETY: the handler only touches atomics and the context that it is given.
    if unsafe { libc::sigaction(libc::SIGSYS, &raw const action, std::ptr::null_mut()) } != 0 {
        return Err("no handler for SIGSYS");
    }
    let allowed = [libc::SYS_rt_sigreturn, libc::SYS_exit_group];
    let step = |code: u32, k: u32, jt: u8| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    let load = |at| step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, at, 0);
    let skip_if = |value, skip| step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, value, skip);
    let end = |verdict| step(libc::BPF_RET | libc::BPF_K, verdict, 0);
    let mut filter = [
        // The number lies at 0 and the architecture at 4 of the data that the filter is given.
        load(4),
        skip_if(ARCHITECTURE, 1),
        end(libc::SECCOMP_RET_TRAP),
        load(0),
        skip_if(allowed[0] as u32, 2),
        skip_if(allowed[1] as u32, 1),
        end(libc::SECCOMP_RET_TRAP),
        end(libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: changes only what this process may do.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
        return Err("PR_SET_NO_NEW_PRIVS was refused");
    }
    // SAFETY: the program and its filter live until the call returns; the kernel copies them.
    if unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program, 0, 0) } != 0
    {
        return Err("seccomp was refused");
    }
    Ok(())
}

// Ptrace.

fn wait(process: libc::pid_t) -> Result<c_int, String> {
    let mut status = 0;
    // SAFETY: waits for a child of this process; the status is a local.
    if unsafe { libc::waitpid(process, &raw mut status, 0) } == process {
        Ok(status)
    } else {
        Err("the child was lost".into())
    }
}

/// Lets the child run up to each of its system calls, notes the call and skips it, until the child asks to end.
fn trace(process: libc::pid_t, report: &Report) -> Result<(), String> {
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    let mut deliver = 0;
    let mut status = wait(process)?;
    // A child that could not be traced ends by itself, and another stop than its own is handed on.
    if libc::WIFSTOPPED(status) {
        request(libc::PTRACE_SETOPTIONS, process, 0, options as usize)?;
    }
    while libc::WIFSTOPPED(status) {
        match libc::WSTOPSIG(status) {
            CALL => {
                let mut registers = Registers::of(process)?;
                let number = registers.call();
                if number == libc::SYS_exit_group {
                    let status = registers.argument(0);
                    // SAFETY: the child is this process's own, and not yet waited for.
                    unsafe { libc::kill(process, libc::SIGKILL) };
                    wait(process)?;
                    return if status == 0 { Ok(()) } else { Err(format!("the child ended with {status}")) };
                }
                report.caught(number as u64);
                registers.set_result(pretend(number, registers.argument(2)));
                registers.give(process)?;
            }
            libc::SIGSTOP => {}
            signal => deliver = signal as usize,
        }
        request(SYSEMU, process, 0, std::mem::take(&mut deliver))?;
        status = wait(process)?;
    }
    Err(format!("the child ended early, wait status {status:#x}"))
}

/// Run to the next system call and skip it (linux/ptrace.h; the `libc` crate has it for some architectures only).
const SYSEMU: Request = 31;
/// The stop at a system call, as PTRACE_O_TRACESYSGOOD marks it.
const CALL: c_int = libc::SIGTRAP | 0x80;

fn request(what: Request, process: libc::pid_t, address: usize, data: usize) -> Result<(), String> {
    // SAFETY: the requests made here read or write at most the memory that `data` points to, which outlives the call.
    if unsafe { libc::ptrace(what, process, address as *mut c_void, data as *mut c_void) } == -1 {
        return Err(format!("ptrace request {what:#x} was refused"));
    }
    Ok(())
}

#[cfg(target_env = "musl")]
type Request = c_int;
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

/// The general registers of a stopped child.
struct Registers(libc::user_regs_struct);

impl Registers {
    /// The set of general registers.
    const SET: usize = 1;

    fn of(process: libc::pid_t) -> Result<Self, String> {
        // SAFETY: registers are numbers; all zeros is a valid value.
        let mut registers = Self(unsafe { std::mem::zeroed() });
        registers.transfer(libc::PTRACE_GETREGSET, process)?;
        Ok(registers)
    }

    fn give(&mut self, process: libc::pid_t) -> Result<(), String> {
        self.transfer(libc::PTRACE_SETREGSET, process)
    }

    fn transfer(&mut self, what: Request, process: libc::pid_t) -> Result<(), String> {
        let (start, length) = ((&raw mut self.0).cast(), size_of_val(&self.0));
        let mut place = libc::iovec { iov_base: start, iov_len: length };
        request(what, process, Self::SET, &raw mut place as usize)
    }

    #[cfg(target_arch = "x86_64")]
    fn call(&self) -> i64 {
        self.0.orig_rax as i64
    }

    #[cfg(target_arch = "x86_64")]
    fn argument(&self, index: usize) -> u64 {
        [self.0.rdi, self.0.rsi, self.0.rdx][index]
    }

    #[cfg(target_arch = "x86_64")]
    fn set_result(&mut self, value: i64) {
        self.0.rax = value as u64;
    }

    #[cfg(target_arch = "aarch64")]
    fn call(&self) -> i64 {
        self.0.regs[8] as i64
    }

    #[cfg(target_arch = "aarch64")]
    fn argument(&self, index: usize) -> u64 {
        self.0.regs[index]
    }

    #[cfg(target_arch = "aarch64")]
    fn set_result(&mut self, value: i64) {
        self.0.regs[0] = value as u64;
    }
}
