//! Layers as small networks are stored: one after the other, weights and then biases, `f32`, little-endian.

use crate::ShapeError;
use crate::dense::{Activation, Dense};

/// Takes the layers of a file one after the other.
#[derive(Debug, Clone)]
pub struct Layers<'a>(&'a [[u8; 4]]);

impl<'a> Layers<'a> {
    /// The layers in these bytes; what is left over of the last number is nothing.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    /// The next numbers; fewer at the end of the file, which a layer then refuses.
    pub fn take(&mut self, count: usize) -> Vec<f32> {
        let (now, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        now.iter().copied().map(f32::from_le_bytes).collect()
    }

    /// A fully connected layer.
    ///
    /// # Errors
    ///
    /// As [`Dense::new`], also where the file ends too soon.
    pub fn dense(
        &mut self,
        inputs: usize,
        outputs: usize,
        activation: Activation,
    ) -> Result<Dense, ShapeError> {
        let weights = self.take(inputs * outputs);
        Dense::new(inputs, outputs, weights, self.take(outputs), activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_come_one_after_the_other_and_end_with_the_file() {
        let bytes: Vec<u8> = [1.0_f32, 2.0, 0.5, 3.0].iter().flat_map(|n| n.to_le_bytes()).collect();
        let mut layers = Layers::of(&bytes);
        let mut out = [0.0];
        layers.dense(2, 1, Activation::None).unwrap().run(&[10.0, 20.0], &mut out).unwrap();
        assert_eq!((out, layers.take(9)), ([50.5], vec![3.0]));
        assert!(layers.dense(2, 1, Activation::None).is_err());
    }
}
