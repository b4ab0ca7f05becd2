//! The machine: what it is, and whether it can prove anything.

use crate::measure::now;
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Whether a machine can prove a tail by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fit {
    /// It can.
    Ok,
    /// Others use it too, or its clock or frequency is not to be relied upon.
    Warn,
}

/// What is recorded of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    /// Bytes of memory.
    pub(crate) memory: Option<u64>,
    pub(crate) virtual_machine: Option<bool>,
    pub(crate) governor: Option<String>,
    pub(crate) kernel: Option<String>,
    pub(crate) steal_percent: Option<f64>,
    pub(crate) fit: Fit,
    /// Machines with the same fingerprint may be compared by time.
    pub(crate) fingerprint: String,
}

/// One thing that the doctor looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) fit: Fit,
    /// What to do about it, where something can be done.
    pub(crate) advice: Option<String>,
}

/// What is known of the system; `None` where it does not say.
#[derive(Debug, Default)]
struct Facts {
    cpu: Option<String>,
    memory: Option<u64>,
    virtual_machine: Option<bool>,
    governor: Option<String>,
    kernel: Option<String>,
    /// Ticks of all kinds, and those stolen by other machines.
    ticks: Option<(u64, u64)>,
    load: Option<f64>,
    isolated: Option<String>,
    clock_source: Option<String>,
    /// Bytes that may be locked into memory.
    lockable: Option<u64>,
    /// The highest real-time priority.
    priority: Option<u64>,
}

#[cfg(target_os = "linux")]
impl Facts {
    fn gather() -> Self {
        use procfs::{Current, CurrentSI};
        let line = |path: &str| {
            std::fs::read_to_string(path)
                .ok()
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let cpu = procfs::CpuInfo::current().ok();
        let limits = procfs::process::Process::myself().and_then(|me| me.limits()).ok();
        let value = |limit: procfs::process::LimitValue| match limit {
            procfs::process::LimitValue::Unlimited => u64::MAX,
            procfs::process::LimitValue::Value(value) => value,
        };
        let ticks = procfs::KernelStats::current().ok().map(|stats| {
            let all = stats.total;
            let stolen = all.steal.unwrap_or(0);
            (all.user + all.nice + all.system + all.idle + all.iowait.unwrap_or(0) + stolen, stolen)
        });
        Self {
            cpu: cpu.as_ref().and_then(|cpu| cpu.model_name(0)).map(str::to_owned),
            memory: procfs::Meminfo::current().ok().map(|memory| memory.mem_total),
            virtual_machine: cpu
                .as_ref()
                .and_then(|cpu| cpu.flags(0))
                .map(|flags| flags.contains(&"hypervisor")),
            governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            kernel: line("/proc/sys/kernel/osrelease"),
            ticks,
            load: procfs::LoadAverage::current().ok().map(|load| f64::from(load.one)),
            isolated: line("/sys/devices/system/cpu/isolated"),
            clock_source: line("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
            lockable: limits.as_ref().map(|limits| value(limits.max_locked_memory.soft_limit)),
            priority: limits.as_ref().map(|limits| value(limits.max_realtime_priority.soft_limit)),
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Facts {
    fn gather() -> Self {
        Self::default()
    }
}

impl Facts {
    fn model(&self) -> String {
        self.cpu.clone().unwrap_or_else(|| std::env::consts::ARCH.into())
    }

    /// The same for machines whose times may be compared. Memory counts in whole GiB: a kernel update changes the last bytes.
    fn fingerprint(&self, cores: usize) -> String {
        let memory = self.memory.map_or(0, |bytes| bytes >> 30);
        let same = format!("{}|{cores}|{memory}|{:?}", self.model(), self.virtual_machine);
        let mix = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        format!("{:08x}", same.bytes().fold(0x811c_9dc5, mix))
    }
}

/// The fingerprint of this machine; at once, unlike [`examine`].
pub(crate) fn fingerprint() -> String {
    Facts::gather().fingerprint(cores())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Resident and peak memory of this process, in bytes; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub(crate) fn resident() -> Option<(u64, u64)> {
    let status = procfs::process::Process::myself().and_then(|me| me.status()).ok()?;
    Some((status.vmrss? * 1_024, status.vmhwm? * 1_024))
}

/// Resident and peak memory of this process, in bytes; `None` where the system does not say.
#[cfg(not(target_os = "linux"))]
pub(crate) fn resident() -> Option<(u64, u64)> {
    None
}

/// How late this thread wakes up from a sleep to a given moment: median and worst of `times`, in nanoseconds.
fn wake_ups(times: usize) -> (u64, u64) {
    let mut late: Vec<u64> = (0..times)
        .map(|_| {
            let until = Instant::now() + Duration::from_micros(2_000);
            std::thread::sleep(until - Instant::now());
            Instant::now().saturating_duration_since(until).as_nanos() as u64
        })
        .collect();
    late.sort_unstable();
    (late[times / 2], late[times - 1])
}

/// The smallest step of the wall clock that is seen, in nanoseconds.
fn resolution() -> u64 {
    let step = |_| {
        let begun = now(ClockId::Monotonic);
        loop {
            let passed = now(ClockId::Monotonic) - begun;
            if passed > 0 {
                break passed;
            }
        }
    };
    (0..1_000).map(step).min().unwrap_or(0)
}

/// Looks at everything; takes about half a second.
pub(crate) fn examine() -> (Machine, Vec<Finding>) {
    let before = Facts::gather();
    let (usual, worst) = wake_ups(200);
    let facts = Facts::gather();
    let steal_percent = match (before.ticks, facts.ticks) {
        (Some((all, stolen)), Some((all_now, stolen_now))) if all_now > all => {
            Some(((stolen_now - stolen) as f64 / (all_now - all) as f64 * 1_000.0).round() / 10.0)
        }
        _ => None,
    };
    let (cores, resolution) = (cores(), resolution());
    let mut findings = Vec::new();
    let mut find = |name: &str, value: Option<String>, ok: bool, advice: &str| {
        let fit = if ok { Fit::Ok } else { Fit::Warn };
        let value = value.unwrap_or_else(|| "not told".into());
        let advice = (!ok).then(|| advice.to_owned()).filter(|advice| !advice.is_empty());
        findings.push(Finding { name: name.into(), value, fit, advice });
    };
    find(
        "virtual machine",
        facts.virtual_machine.map(|it_is| if it_is { "yes" } else { "no" }.into()),
        facts.virtual_machine == Some(false),
        "others may use the same cores: tails are judged by thread CPU time; use a machine of your own to prove them",
    );
    find(
        "frequency governor",
        facts.governor.clone(),
        facts.governor.as_deref() == Some("performance"),
        "sudo cpupower frequency-set -g performance",
    );
    find(
        "time stolen by other machines",
        steal_percent.map(|percent| format!("{percent} %")),
        steal_percent.is_some_and(|percent| percent < 0.5),
        "run again when the host is quieter",
    );
    find(
        "load",
        facts.load.map(|load| format!("{load:.2} over {cores} cores")),
        facts.load.is_some_and(|load| load < 0.5 * cores as f64),
        "end other programs, then run again",
    );
    find(
        "clock",
        Some(format!(
            "{resolution} ns{}",
            facts.clock_source.as_ref().map_or(String::new(), |s| format!(", {s}"))
        )),
        resolution < 200,
        "a coarse clock: short calls are not told apart",
    );
    find(
        "isolated cores",
        Some(facts.isolated.clone().unwrap_or_else(|| "none".into())),
        facts.isolated.is_some(),
        "start the kernel with isolcpus=N and run under taskset -c N",
    );
    find(
        "memory that may be locked",
        facts
            .lockable
            .map(|bytes| if bytes == u64::MAX { "all".into() } else { format!("{} kB", bytes >> 10) }),
        facts.lockable.is_some_and(|bytes| bytes >= 256 << 20),
        "raise memlock in /etc/security/limits.conf",
    );
    find(
        "real-time priority",
        facts
            .priority
            .map(|priority| if priority == 0 { "not allowed".into() } else { format!("up to {priority}") }),
        facts.priority.is_some_and(|priority| priority > 0),
        "raise rtprio in /etc/security/limits.conf",
    );
    find(
        "wake-up",
        Some(format!("{} µs late, at worst {} µs", usual / 1_000, worst / 1_000)),
        worst < 1_000_000,
        "the scheduler wakes threads late: an audio device with short blocks would miss them",
    );
    // What a paced run needs beside is no matter of the figures.
    let counts = ["virtual machine", "frequency governor", "time stolen by other machines", "load", "clock"];
    let fit = findings
        .iter()
        .filter(|finding| counts.contains(&finding.name.as_str()))
        .map(|finding| finding.fit)
        .max()
        .unwrap_or(Fit::Warn);
    let fingerprint = facts.fingerprint(cores);
    let machine = Machine {
        cpu: facts.model(),
        cores,
        memory: facts.memory,
        virtual_machine: facts.virtual_machine,
        governor: facts.governor,
        kernel: facts.kernel,
        steal_percent,
        fit,
        fingerprint,
    };
    (machine, findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_machine_is_itself_again() {
        let (one, findings) = examine();
        assert_eq!(one.fingerprint, fingerprint());
        assert!(
            findings.iter().all(|finding| finding.fit == Fit::Ok || finding.advice.is_some()),
            "{findings:?}"
        );
        assert_eq!(findings.len(), 9);
    }
}
