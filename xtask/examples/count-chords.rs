//! Counts the tables of `crates/engine/src/harmony/context/tables.rs` and prints them.
//!
//! `cargo run --release -p xtask --example count-chords -- ../shared/data > tables.rs`
#![forbid(unsafe_code)]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: count-chords FOLDER, the folder of the data sets")?;
    print!("{}", xtask::chord_counts::count(folder.as_ref())?);
    Ok(())
}
