//! Everything that is linked, or used to build and test, has a licence that `deny.toml` allows.

use std::path::Path;
use xtask::licences::{allowed, faults};
use xtask::tree::{Tree, of_workspace};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn house(target: Option<&str>) -> Tree {
    of_workspace(root(), "normal,build,dev", target).unwrap_or_else(|error| panic!("{error}"))
}

fn allow() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap_or_else(|e| panic!("deny.toml: {e}"));
    allowed(&text).unwrap_or_else(|error| panic!("{error}"))
}

fn check(tree: &Tree) {
    let faults = faults(tree, &allow());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("{} packages, all under {}", tree.packages.len(), allow().join(", "));
}

#[test]
fn all_licences_are_allowed() {
    check(&house(None));
}

#[test]
#[ignore = "needs the packages of every system: cargo fetch --locked"]
fn all_licences_of_every_system_are_allowed() {
    check(&house(Some("all")));
}

#[test]
fn a_planted_licence_is_caught() {
    for licence in
        ["GPL-3.0-only", "MIT AND AGPL-3.0-or-later", "LGPL-2.1-or-later", "Apache-2.0 AND SSPL-1.0", ""]
    {
        let mut tree = house(None);
        tree.packages.insert("planted".to_owned(), licence.to_owned());
        let caught = faults(&tree, &allow());
        assert_eq!(caught.len(), 1, "{caught:?}");
        assert!(caught[0].starts_with("planted: "), "{caught:?}");
    }
}
