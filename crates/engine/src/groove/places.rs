//! When an onset was: the sound of a soft attack shows late, and how late the sound itself tells.

use super::ear::{Heard, MOMENT};
use super::front::STATE;
use kmidi_kernels::ShapeError;
use kmidi_kernels::dense::{Activation, Dense};
use kmidi_kernels::stored::Layers;

/// Hops that are looked at.
pub(crate) const LOOK_BACK: usize = 8;
/// What is looked at: how many hops ago the onset is told to be, the state of the strokes' network, and what was heard.
const INPUTS: usize = 1 + STATE + LOOK_BACK * MOMENT;
/// Width of the first layer.
const FIRST: usize = 16;
/// No onset is moved farther, in hops.
const REACH: f32 = 5.0;

const PLACES: &[u8] = include_bytes!("../../../../models/beat-front/places.bin");

/// A small network that is asked when an onset is told.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    first: Dense,
    last: Dense,
}

impl Places {
    pub(crate) fn new() -> Result<Self, ShapeError> {
        let mut weights = Layers::of(PLACES);
        let first = weights.dense(INPUTS, FIRST, Activation::Relu)?;
        Ok(Self { first, last: weights.dense(FIRST, 1, Activation::None)? })
    }

    /// How many hops ago an onset was that the strokes' network, in this state, has `hops_ago`. `heard` is newest first.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn place(&self, hops_ago: f32, state: &[f32; STATE], heard: &[Heard; LOOK_BACK]) -> f32 {
        let mut seen = [0.0; INPUTS];
        let (ago, rest) = seen.split_at_mut(1);
        let (states, rest) = rest.split_at_mut(STATE);
        ago[0] = hops_ago;
        states.copy_from_slice(state);
        for (moment, heard) in rest.chunks_exact_mut(MOMENT).zip(heard) {
            moment.copy_from_slice(&heard[..MOMENT]);
        }
        let (mut middle, mut earlier) = ([0.0; FIRST], [0.0; 1]);
        // The shapes were checked in `new`.
        let done = self.first.run(&seen, &mut middle);
        let done = done.and_then(|()| self.last.run(&middle, &mut earlier));
        debug_assert!(done.is_ok());
        (hops_ago + earlier[0].clamp(-REACH, REACH)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groove::ear::HEARD;

    #[test]
    fn the_file_holds_the_network_and_nothing_more() {
        assert_eq!(PLACES.len(), 4 * ((INPUTS + 1) * FIRST + FIRST + 1));
    }

    #[test]
    fn no_sound_moves_an_onset_far_or_into_what_is_to_come() {
        let places = Places::new().unwrap();
        for level in [0.0_f32, 0.3, 4.0, 1e6] {
            for hops_ago in [1.0, 2.5, 4.0] {
                let place = places.place(hops_ago, &[level.min(1.0); STATE], &[[level; HEARD]; LOOK_BACK]);
                assert!(place >= 0.0 && (place - hops_ago).abs() <= REACH, "{level} {hops_ago} {place}");
            }
        }
    }
}
