//! Counts the tables of `crates/engine/src/harmony/suggest/moves.rs` and prints them.
//!
//! `cargo run --release -p xtask --example count-moves -- ../shared/data > moves.rs`
#![forbid(unsafe_code)]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: count-moves FOLDER, the folder of the data sets")?;
    print!("{}", xtask::move_counts::count(folder.as_ref())?);
    Ok(())
}
