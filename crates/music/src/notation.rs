//! Chords as text. Each notation has one grammar, read and printed in one place. Roman numerals stand in
//! [`crate::roman`]; [`any`] tells the notations apart, and [`notes`] reads single notes.

pub mod any;
pub mod harte;
pub mod nashville;
pub mod notes;
pub mod symbol;
