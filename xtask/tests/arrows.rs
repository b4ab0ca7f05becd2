//! Dependencies point one way.

use std::path::Path;
use xtask::arrows::{ROOMS, faults};
use xtask::tree::{Tree, of_workspace};

fn house() -> Tree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    of_workspace(&root, "normal,build", None).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_arrow_points_the_right_way() {
    let faults = faults(&house(), &ROOMS);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The house with one arrow more.
#[test]
fn a_planted_arrow_is_caught() {
    for (user, used) in [
        ("kmidi-music", "kmidi-engine"),
        ("kmidi-kernels", "kmidi-music"),
        ("kmidi-engine", "kmidi-io"),
        ("kmidi-engine", "kmidi-studio"),
        ("kmidi-engine", "serde_json"),
        ("kmidi-studio", "kmidi-io"),
        ("kmidi-studio", "midly"),
        ("kmidi-io", "kmidi-engine"),
        ("kmidi", "kmidi-cli"),
        ("kmidi-cli", "kmidi-engine"),
        ("kmidi", "xtask"),
    ] {
        let mut tree = house();
        assert!(tree.edges.insert((user.to_owned(), used.to_owned())), "{user} -> {used} is there already");
        let caught = faults(&tree, &ROOMS);
        let told = format!("{user} -> {used}: wrong arrow");
        assert!(caught.iter().any(|fault| fault.starts_with(&told)), "{told} not in {caught:?}");
    }
}

#[test]
fn a_crate_without_a_place_is_caught() {
    let mut tree = house();
    tree.ours.insert("kmidi-cellar".to_owned());
    assert_eq!(faults(&tree, &ROOMS), ["kmidi-cellar: not in the table of rooms; say there what it may use"]);
    let mut tree = house();
    tree.ours.remove("xtask");
    assert_eq!(faults(&tree, &ROOMS), ["xtask: in the table of rooms, but not in the workspace"]);
}
