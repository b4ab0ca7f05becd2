//! Work in a child process under a gate, and what was counted there.

use super::count::{self, Report};
use super::gate::{self, Gate};
use crate::{Counted, Kind};
use std::sync::atomic::Ordering::Relaxed;

/// The inside of a child process, handed to the work that runs there.
#[derive(Debug)]
pub struct Child {
    gate: Gate,
    report: &'static Report,
}

impl Child {
    /// From here on everything counts, and no system call is carried out. All that the work needs must be prepared before.
    /// Once in the life of a child.
    ///
    /// # Errors
    ///
    /// The gate cannot be closed, or the C library lacks a function that is watched.
    pub fn arm(&self) -> Result<(), String> {
        count::find_originals().map_err(|name| format!("this C library has no {name}"))?;
        gate::close(self.gate)?;
        gate::call_kernel_directly();
        self.report.armed.store(true, Relaxed);
        Ok(())
    }

    /// From here on nothing counts; system calls stay stopped.
    pub fn disarm(&self) {
        self.report.armed.store(false, Relaxed);
        gate::call_kernel_directly();
        self.report.ended.store(true, Relaxed);
    }

    /// Adds to a figure of the child's own, which the parent finds in [`Counted::notes`]; beyond [`NOTES`](crate::NOTES) it is lost.
    pub fn note(&self, index: usize, more: u64) {
        if let Some(note) = self.report.notes.get(index) {
            note.fetch_add(more, Relaxed);
        }
    }

    /// Ends the child; the parent is told why.
    pub fn give_up(&self, reason: &str) -> ! {
        self.report.armed.store(false, Relaxed);
        self.report.tell(reason);
        gate::exit(1)
    }
}

/// Runs `work` in a child process; it calls [`Child::arm`], does what is to be watched, and calls [`Child::disarm`].
/// Call it while this program has one thread: the child has no other.
///
/// # Errors
///
/// The child gave up, panicked or ended early, or the gate was not closed before and after.
pub fn watch(gate: Gate, work: impl FnOnce(&Child)) -> Result<Counted, String> {
    let report = Report::shared()?;
    let result = gate::child(gate, report, || {
        std::panic::set_hook(Box::new(|panic| {
            report.armed.store(false, Relaxed);
            report.tell(&format!("panicked: {panic}"));
            gate::exit(1);
        }));
        count::count_into(report);
        work(&Child { gate, report });
    });
    let message: Vec<u8> =
        report.message.iter().map(|byte| byte.load(Relaxed)).take_while(|&byte| byte != 0).collect();
    let counted = Counted {
        counts: report.counts.each_ref().map(|count| count.load(Relaxed)),
        last_call: report.last_call.load(Relaxed),
        notes: report.notes.each_ref().map(|note| note.load(Relaxed)),
    };
    let (ended, caught) = (report.ended.load(Relaxed), report.caught_unarmed.load(Relaxed));
    if !message.is_empty() {
        return Err(format!("{}; {counted:?}", String::from_utf8_lossy(&message)));
    }
    result.map_err(|reason| format!("{reason}; {counted:?}"))?;
    if !ended || caught != 2 {
        return Err(format!("the gate was not closed before and after; {counted:?}"));
    }
    Ok(counted)
}

/// In a child: how often this was counted so far. For threads of the child that wait until something was.
pub fn counted_so_far(kind: Kind) -> u64 {
    count::report().map_or(0, |report| report.counts[kind as usize].load(Relaxed))
}

/// The gates that this machine has: under each an empty run comes to its end, and the calls made to try it are caught.
pub fn gates() -> Vec<Gate> {
    let works = |gate: &Gate| {
        watch(*gate, |child| match child.arm() {
            Ok(()) => child.disarm(),
            Err(reason) => child.give_up(&reason),
        })
        .is_ok()
    };
    [Gate::Seccomp, Gate::Ptrace].into_iter().filter(works).collect()
}
