use alloc::string::String;
use core::fmt;

/// Why a text could not be read as a chord, key, numeral or other musical value.
///
/// The message names what was wrong and what would be right; `at` is the byte offset of the first character that
/// could not be understood, so that a door can point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What was wrong, and what would be right.
    pub message: String,
    /// Byte offset into the text that was given.
    pub at: usize,
}

impl ParseError {
    /// An error at byte `at`.
    pub fn new(at: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), at }
    }

    /// The same error, moved `by` bytes: for a text that is part of a longer one.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.at += by;
        self
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.message, self.at + 1)
    }
}

impl core::error::Error for ParseError {}
