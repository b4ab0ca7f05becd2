use core::fmt;

/// A slice or a size that does not fit the operator.
///
/// Two words and a name, no heap: making one is safe on the audio thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeError {
    /// A slice has the wrong number of elements.
    Length {
        /// Which slice, as the operator's documentation names it.
        what: &'static str,
        /// The length that the operator's shape asks for.
        expected: usize,
        /// The length that was given.
        found: usize,
    },
    /// An operator cannot be made in this size.
    Size {
        /// Which size, as the operator's documentation names it.
        what: &'static str,
        /// The sizes that are possible.
        rule: &'static str,
        /// The size that was given.
        found: usize,
    },
}

impl ShapeError {
    /// `Ok` when a slice called `what` has the length that it should have.
    pub(crate) fn check(what: &'static str, expected: usize, found: usize) -> Result<(), Self> {
        if expected == found { Ok(()) } else { Err(Self::Length { what, expected, found }) }
    }

    /// `Ok` when a layer can have `found` of `what`. The bound keeps the product of any two sizes, times the six rows
    /// of a GRU's bias, within 32 bits.
    pub(crate) fn check_width(what: &'static str, found: usize) -> Result<(), Self> {
        if (1..=WIDEST_LAYER).contains(&found) {
            Ok(())
        } else {
            Err(Self::Size { what, rule: "from 1 to 16384", found })
        }
    }
}

const WIDEST_LAYER: usize = 16_384;

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { what, expected, found } => {
                write!(f, "{what}: expected {expected} elements, found {found}")
            }
            Self::Size { what, rule, found } => write!(f, "{what}: must be {rule}, found {found}"),
        }
    }
}

impl core::error::Error for ShapeError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_slice_and_what_would_be_right() {
        let error = ShapeError::check("input", 3, 4).unwrap_err();
        assert_eq!(error.to_string(), "input: expected 3 elements, found 4");
        assert_eq!(
            ShapeError::check_width("outputs", 0).unwrap_err().to_string(),
            "outputs: must be from 1 to 16384, found 0"
        );
        assert!(ShapeError::check_width("outputs", WIDEST_LAYER).is_ok());
        assert!(ShapeError::check_width("outputs", WIDEST_LAYER + 1).is_err());
    }
}
