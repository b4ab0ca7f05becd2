//! Chords as text. Each notation has one grammar, read and printed in one place. Roman numerals stand in
//! [`crate::roman`].

pub mod harte;
pub mod nashville;
pub mod symbol;
