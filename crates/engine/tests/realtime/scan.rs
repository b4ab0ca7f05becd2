//! The search through the sources.

use std::path::Path;

/// Names that have no business on the audio thread wherever they stand.
const NAMES: [&str; 17] = [
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
    // A lock made by hand.
    "compare_exchange",
    "compare_exchange_weak",
    "fetch_update",
    "spin_loop",
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
pub(crate) const CAUGHT: [(&str, &str); 13] = [
    ("while held.compare_exchange(0, 1, Acquire, Relaxed).is_err() {}", "compare_exchange"),
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
