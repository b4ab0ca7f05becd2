//! The graph of packages, as `cargo tree` tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Packages and who uses whom, by name. Two versions of a package are one here.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The packages, each with its licence expression; empty where a package states none.
    pub packages: BTreeMap<String, String>,
    /// Those that lie in this repository.
    pub ours: BTreeSet<String>,
    /// (user, used).
    pub edges: BTreeSet<(String, String)>,
}

/// Asks `cargo tree` about the workspace at `root`, without the network. `edges` are the kinds that it follows, such as
/// `normal,build`; `target` is a triple, or `all` for every system, whose packages must have been fetched.
///
/// # Errors
/// What cargo says when it fails, or the line of its answer that is not understood.
pub fn of_workspace(root: &Path, edges: &str, target: Option<&str>) -> Result<Tree, String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--workspace", "--locked", "--offline", "--charset", "ascii", "--prefix", "depth"]);
    cargo.args(["--format", "|{p}|{l}", "--edges", edges]).current_dir(root);
    if let Some(target) = target {
        cargo.args(["--target", target]);
    }
    let output = cargo.output().map_err(|e| format!("cargo tree: {e}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Reads lines of `cargo tree --prefix depth --format '|{p}|{l}'`.
///
/// # Errors
/// The first line that is not of this form.
pub fn parse(text: &str) -> Result<Tree, String> {
    let mut tree = Tree::default();
    let mut above: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('[')) {
        let wrong = || format!("cargo tree: {line:?} is not DEPTH|PACKAGE|LICENCE");
        let mut fields = line.splitn(3, '|');
        let (Some(depth), Some(package), Some(licence)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(wrong());
        };
        let depth: usize = depth.parse().map_err(|_| wrong())?;
        let name = package.split_whitespace().next().ok_or_else(wrong)?.to_owned();
        if depth > above.len() {
            return Err(wrong());
        }
        above.truncate(depth);
        if let Some(user) = above.last() {
            tree.edges.insert((user.clone(), name.clone()));
        }
        // A package of this repository is printed with its folder.
        if package.contains("(/") || package.contains(":\\") {
            tree.ours.insert(name.clone());
        }
        // "(*)": its dependencies stand at an earlier line.
        let licence = licence.trim_end().trim_end_matches("(*)").trim();
        tree.packages.insert(name.clone(), licence.to_owned());
        above.push(name);
    }
    if tree.packages.is_empty() { Err("cargo tree: no package".to_owned()) } else { Ok(tree) }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn depth_makes_edges() {
        let text = "0|door v0.1.0 (/home/door)|MIT\n1|room v0.1.0 (/home/room)|MIT\n2|libm v0.2.1|MIT\n1|clap v4.5.0|MIT OR Apache-2.0\n\n0|room v0.1.0 (/home/room)|MIT (*)\n";
        let tree = parse(text).unwrap();
        let edges: Vec<_> = tree.edges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(edges, [("door", "clap"), ("door", "room"), ("room", "libm")]);
        assert_eq!(tree.ours.iter().collect::<Vec<_>>(), ["door", "room"]);
        assert_eq!(tree.packages["clap"], "MIT OR Apache-2.0");
        assert_eq!(tree.packages["room"], "MIT");
    }

    #[test]
    fn other_text_is_refused() {
        for text in
            ["", "error: no such command", "x|a v1|MIT", "1|a v1|MIT", "0|a v1", "0||MIT", "0|a|\n2|b|"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
