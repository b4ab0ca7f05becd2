//! Which crate may use which. A crate is what its code may do; an arrow the wrong way gives it what it may not.

use crate::tree::Tree;

/// A crate of this repository, and all that it may use directly, outside its tests.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The package.
    pub name: &'static str,
    /// Packages of this repository.
    pub inside: &'static [&'static str],
    /// Packages of others. A new one is a decision: it is written down here.
    pub outside: &'static [&'static str],
}

/// The house.
pub const ROOMS: [Room; 11] = [
    Room { name: "kmidi-music", inside: &[], outside: &["libm"] },
    Room { name: "kmidi-kernels", inside: &[], outside: &["libm"] },
    // Replaces the allocator and traps system calls: tests and the benchmark suite link it, no crate that makes music.
    Room { name: "kmidi-watch", inside: &[], outside: &["libc"] },
    // The audio thread: no file format, no serialiser, no thread pool.
    Room { name: "kmidi-engine", inside: &["kmidi-music", "kmidi-kernels"], outside: &["thiserror"] },
    // Networks: bytes in, numbers out. The reader of ONNX is the one file format here.
    Room {
        name: "kmidi-neural",
        inside: &["kmidi-music", "kmidi-kernels", "kmidi-engine"],
        outside: &["prost", "thiserror"],
    },
    // Values in, values out: no file format but SVG text and the SoundFont bytes that it is handed.
    Room {
        name: "kmidi-studio",
        inside: &["kmidi-music", "kmidi-kernels", "kmidi-engine", "kmidi-neural"],
        outside: &["libm", "rand_chacha", "rustysynth", "serde", "serde_json", "svg", "thiserror", "toml"],
    },
    // Files; it never sees the engine.
    Room {
        name: "kmidi-io",
        inside: &["kmidi-music"],
        outside: &["hound", "quick-xml", "serde", "serde_json", "symphonia", "tempfile", "thiserror"],
    },
    Room {
        name: "kmidi",
        inside: &["kmidi-music", "kmidi-engine", "kmidi-neural", "kmidi-studio", "kmidi-io"],
        // `ort` with the feature `onnxruntime` alone.
        outside: &["flate2", "ort", "serde", "serde_json", "sha2", "thiserror"],
    },
    // A part of the command that times; it links what counts.
    Room {
        name: "kmidi-bench",
        inside: &["kmidi", "kmidi-watch"],
        outside: &[
            "clap",
            "hdrhistogram",
            "libm",
            "procfs",
            "rand_chacha",
            "rustix",
            "serde",
            "serde_json",
            "svg",
            "thiserror",
            "toml",
        ],
    },
    // Doors see the facade alone.
    Room {
        name: "kmidi-cli",
        inside: &["kmidi", "kmidi-bench"],
        outside: &[
            "clap",
            "clap_complete",
            "clap_mangen",
            "indicatif",
            "serde",
            "serde_json",
            "unicode-width",
        ],
    },
    // It counts the tables that the engine is built with.
    Room { name: "xtask", inside: &["kmidi"], outside: &[] },
];

/// What is wrong with `tree`, followed along normal and build edges, against `rooms`: a line each.
pub fn faults(tree: &Tree, rooms: &[Room]) -> Vec<String> {
    let room = |name: &str| rooms.iter().find(|room| room.name == name);
    let unknown = tree.ours.iter().filter(|name| room(name).is_none());
    let mut faults: Vec<String> =
        unknown.map(|name| format!("{name}: not in the table of rooms; say there what it may use")).collect();
    let gone = rooms.iter().filter(|room| !tree.ours.contains(room.name));
    faults.extend(gone.map(|room| format!("{}: in the table of rooms, but not in the workspace", room.name)));
    for (user, used) in &tree.edges {
        let Some(room) = room(user) else { continue };
        let may = if tree.ours.contains(used) { room.inside } else { room.outside };
        if !may.contains(&used.as_str()) {
            faults.push(format!("{user} -> {used}: wrong arrow; {user} may use {}", list(room)));
        }
    }
    faults
}

fn list(room: &Room) -> String {
    let all = [room.inside, room.outside].concat();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
