//! The moves between chords in the engine are what the data says, where the data is at hand.

use std::path::Path;

const MOVES: &str = include_str!("../../crates/engine/src/harmony/suggest/moves.rs");

/// The text without its layout.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect()
}

#[test]
fn moves_are_as_counted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        println!("skipped: ../shared/data is not there");
        return;
    }
    let counted = xtask::move_counts::count(&folder).unwrap();
    assert!(bare(&counted) == bare(MOVES), "moves.rs is not what count-moves prints");
    assert!(bare(&counted.replacen("16", "17", 1)) != bare(MOVES), "a wrong count must show");
}
