//! What a crate's sources must not name.

use std::fs;
use std::path::{Path, PathBuf};
use xtask::absences::{ABSENCES, faults};

/// The sources of a crate but its tests, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap_or_else(|e| panic!("{e}")).path()).collect();
    paths.sort();
    let inside = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    let all = paths.into_iter().flat_map(inside);
    all.filter(|path| !["tests.rs", "testing.rs"].iter().any(|name| path.ends_with(name))).collect()
}

#[test]
fn nothing_stands_where_it_must_not() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut found = Vec::new();
    let mut rooms: Vec<&str> = ABSENCES.iter().flat_map(|absence| absence.rooms).copied().collect();
    rooms.sort_unstable();
    rooms.dedup();
    for room in rooms {
        let files = sources(&crates.join(room).join("src"));
        assert!(files.len() > 3, "{room}: {} files", files.len());
        for file in files {
            let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            let name = file.strip_prefix(&crates).unwrap_or(&file).display().to_string();
            found.extend(faults(room, &name, &text, &ABSENCES));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn planted_words_are_caught() {
    for (room, line) in [
        ("engine", "    let text = std::fs::read_to_string(path);"),
        ("studio", "use std::fs;"),
        ("studio", "    let seed = std::time::SystemTime::now();"),
        ("studio", "    let mut seen: HashMap<u8, u8> = HashMap::new();"),
        ("studio", "    let weight = (x / 4.0).exp();"),
        ("kernels", "        sum = x.mul_add(y, sum);"),
        ("music", "    let ratio = 2_f64.powf(steps / 12.0);"),
    ] {
        let text = format!("//! Head.\nfn f() {{\n{line}\n}}\n");
        let caught = faults(room, "a.rs", &text, &ABSENCES);
        assert!(
            !caught.is_empty() && caught.iter().all(|fault| fault.starts_with("a.rs:3: ")),
            "{line}: {caught:?}"
        );
        assert!(faults("io", "a.rs", &text, &ABSENCES).is_empty(), "{line}");
    }
    let quiet = "//! Says std::fs.\nfn f() {}\n// x.exp()\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    assert!(faults("studio", "a.rs", quiet, &ABSENCES).is_empty());
}
