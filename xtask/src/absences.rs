//! What must not stand in a crate's sources. Some promises are about absence: a room that names no clock reads none.

/// Words that crates may not hold, and why.
#[derive(Debug, Clone, Copy)]
pub struct Absence {
    /// Folders under `crates`.
    pub rooms: &'static [&'static str],
    /// What may not stand in their sources.
    pub words: &'static [&'static str],
    /// Why.
    pub why: &'static str,
}

/// The absences of the house. Locks, allocations and system calls of the engine are counted while it runs
/// (`crates/engine/tests/realtime.rs`).
pub const ABSENCES: [Absence; 4] = [
    Absence {
        rooms: &["music", "kernels", "engine", "neural", "studio"],
        words: &["std::fs", "std::net", "std::process", "std::env", "std::io"],
        why: "values in, values out: files, devices and settings belong to io and the doors",
    },
    Absence {
        rooms: &["music", "kernels", "engine", "neural", "studio"],
        words: &["std::thread", "std::time", "Instant::now", "SystemTime"],
        why: "an answer is a function of its input, not of threads or the clock",
    },
    Absence {
        rooms: &["music", "kernels", "engine", "neural", "studio"],
        words: &["HashMap", "HashSet"],
        why: "their order differs from run to run; use BTreeMap or a sorted list",
    },
    Absence {
        rooms: &["music", "kernels", "engine", "neural", "studio"],
        words: &[
            ".sin(",
            ".cos(",
            ".tan(",
            ".sin_cos(",
            ".atan(",
            ".atan2(",
            ".exp(",
            ".exp2(",
            ".exp_m1(",
            ".ln(",
            ".ln_1p(",
            ".log(",
            ".log2(",
            ".log10(",
            ".powf(",
            ".powi(",
            ".sinh(",
            ".cosh(",
            ".tanh(",
            ".cbrt(",
            ".hypot(",
            ".mul_add(",
        ],
        why: "the platform's differ in the last bit; use kmidi_kernels::math or libm",
    },
];

/// What stands in the source `text` of `file` in `room` against `absences`: a line each, as `FILE:LINE: ...`. Comments
/// and the file's tests are not read.
pub fn faults(room: &str, file: &str, text: &str, absences: &[Absence]) -> Vec<String> {
    let mut faults = Vec::new();
    // A file's own tests stand at its end.
    let lines = text.lines().take_while(|line| *line != "mod tests {");
    for (number, line) in lines.enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for absence in absences.iter().filter(|absence| absence.rooms.contains(&room)) {
            let found = absence.words.iter().filter(|word| line.contains(**word));
            let place = number + 1;
            faults.extend(found.map(|word| format!("{file}:{place}: {word:?} in {room}; {}", absence.why)));
        }
    }
    faults
}
