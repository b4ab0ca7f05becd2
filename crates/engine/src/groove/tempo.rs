//! The tempo that is told: one that several beats in a row agree on.
//!
//! Before the filter is sure, its best state goes from a tempo to its double or half and back. Whoever follows the tempo with a delay line or
//! a display is better served by the old one until the new one has lasted.

/// Beats in a row that must agree on a new tempo.
const AGREE: u8 = 5;
/// Tempos within this share of each other agree.
const NEAR: f32 = 0.1;

/// The tempo told, and the one that may take its place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Steady {
    told: Option<f32>,
    next: f32,
    beats: u8,
}

impl Steady {
    /// A beat came at `bpm`; gives the tempo to tell, `None` until there is one.
    pub(crate) fn beat(&mut self, bpm: f32) -> Option<f32> {
        let agree = |other: f32| (bpm / other - 1.0).abs() < NEAR;
        if self.told.is_some_and(agree) {
            (self.told, self.beats) = (Some(bpm), 0);
            return self.told;
        }
        self.beats = if self.beats > 0 && agree(self.next) { self.beats + 1 } else { 1 };
        self.next = bpm;
        if self.beats >= AGREE {
            (self.told, self.beats) = (Some(bpm), 0);
        }
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tempo_is_told_when_it_has_lasted_and_then_followed() {
        let mut steady = Steady::default();
        let mut told = |tempos: &[f32]| tempos.iter().fold(None, |_, &bpm| steady.beat(bpm));
        assert_eq!(told(&[100.0, 200.0, 100.0, 101.0, 99.0, 100.0]), None);
        assert_eq!(told(&[102.0]), Some(102.0));
        assert_eq!(told(&[105.0, 110.0, 118.0]), Some(118.0), "a drift is followed at once");
        assert_eq!(told(&[59.0, 236.0, 59.0, 59.0, 59.0, 59.0]), Some(118.0), "doubles and halves wait");
        assert_eq!(told(&[119.0, 59.0, 59.0, 59.0, 59.0]), Some(119.0), "the count began anew");
        assert_eq!(told(&[59.0]), Some(59.0));
    }
}
