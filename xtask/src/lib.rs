//! The checks of the house, as functions from text to a list of faults; `tests/` applies them to the house itself.
//!
//! | module | asks | test |
//! |---|---|---|
//! | [`arrows`] | does every crate use only what it may? | `tests/arrows.rs` |
//! | [`licences`] | may everything that is linked be linked? | `tests/licences.rs` |
//! | [`absences`] | do sources name what they must not? | `tests/absences.rs` |
//! | [`chord_counts`] | are the counts in the engine those of the data? | `tests/chord_counts.rs` |
//! | [`move_counts`] | are the counts of moves in the engine those of the data? | `tests/move_counts.rs` |
//! | [`floors`] | has a figure fallen? | `tests/score.rs` |
//!
//! [`tree`] reads what `cargo tree` prints. Nothing depends on this crate, and it builds no program, so that `cargo run`
//! means the `kmidi` command.
#![forbid(unsafe_code)]

pub mod absences;
pub mod arrows;
pub mod chord_counts;
pub mod floors;
pub mod licences;
pub mod move_counts;
pub mod tree;
