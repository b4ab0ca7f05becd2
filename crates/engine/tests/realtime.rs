//! Proves that, after `Engine::new`, `Engine::process` and `Engine::reset` take no memory, give none back, take no lock,
//! read no clock and make no system call, whatever they hear.
//!
//! Each check runs in a child process of its own, watched by `kmidi-watch`: memory, locks, clocks and system calls are
//! counted. Where system calls cannot be stopped the test fails with "not proven". Beside that the sources are read:
//!
//! * a lock of the Rust standard library that nobody else holds is an instruction or two inlined into its
//!   user, and so is a spin lock made by hand. No call betrays them, so the sources of every crate of this workspace
//!   that runs on the audio thread are searched for their names, and the crates beneath are held to a list of those
//!   that were searched by hand. A lock that is held by another thread does enter the kernel, and is seen there.
//!
//! A proof is worth what it can catch: planted faults run through the very same code, in the midst of the engine's
//! work, and each must be reported as what it is, and as nothing else.
//!
//! What is proved holds for the inputs given here and the machine it runs on; that is why they are many and ugly, and
//! why every kind of decision must have been made under watch. Memory that C code takes by itself and the processor's
//! own counters are out of sight; the crates that run here hold neither.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_macros, clippy::disallowed_types, clippy::disallowed_methods)]

#[path = "realtime/scan.rs"]
mod scan;

#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "realtime"]
mod linux {
    pub(crate) mod faults;
    pub(crate) mod input;
    pub(crate) mod live;
    pub(crate) mod watched;
}
#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
use linux::{faults, input, live, watched};

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

/// The crates of others that run on the audio thread. They were searched for locks, also made by hand, clocks and code
/// in C, and hold none; search a new one, and what it depends on, before it is added here.
const SEARCHED: [&str; 2] = ["libm", "thiserror"];

fn crates_beneath(checks: &mut Checks) {
    let arguments = ["tree", "--offline", "--package", "kmidi-engine", "--edges", "normal,no-proc-macro"];
    let output = std::process::Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--prefix", "none", "--format", "{p}", "--manifest-path"])
        .arg(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output();
    let text = output.map_or_else(|error| error.to_string(), |o| String::from_utf8_lossy(&o.stdout).into());
    let name = |line: &'_ str| line.split(' ').next().unwrap_or("").to_owned();
    let names: std::collections::BTreeSet<String> = text.lines().map(name).collect();
    let unread: Vec<_> =
        names.iter().filter(|n| !n.starts_with("kmidi-") && !SEARCHED.contains(&n.as_str())).collect();
    let result = match (names.contains("kmidi-engine"), unread.is_empty()) {
        (false, _) => Err(format!("not proven: no dependencies told: {text}")),
        (_, false) => Err(format!("not searched for locks: {unread:?}")),
        _ => Ok("all searched for locks".into()),
    };
    checks.line("crates beneath", result);
}

fn main() -> std::process::ExitCode {
    // What test runners other than `cargo test` ask first.
    if std::env::args().any(|argument| argument == "--list") {
        if !std::env::args().any(|argument| argument == "--ignored") {
            println!("realtime: test");
        }
        return std::process::ExitCode::SUCCESS;
    }
    let mut checks = Checks { failed: 0 };
    scan_sources(&mut checks);
    crates_beneath(&mut checks);
    #[cfg(all(
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    watched::run(&mut checks);
    #[cfg(not(all(
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )))]
    checks
        .line("watch", Err("not proven: it takes Linux with the GNU C library on x86_64 or aarch64".into()));
    match checks.failed {
        0 => println!("all checks passed"),
        failed => println!("{failed} checks failed"),
    }
    std::process::ExitCode::from(u8::from(checks.failed > 0))
}
