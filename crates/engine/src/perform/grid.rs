//! Grids of note values, straight and swung.

/// The distance between the lines that notes are pulled to. Quintuplets are five in the time of four, triplets three in
/// the time of two. All grids have a line at beat 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Grid {
    /// Two beats.
    Half,
    /// One beat.
    Quarter,
    /// Three in two beats.
    QuarterTriplet,
    /// Half a beat.
    Eighth,
    /// Three in a beat.
    EighthTriplet,
    /// Five in two beats.
    EighthQuintuplet,
    /// A quarter of a beat.
    #[default]
    Sixteenth,
    /// Six in a beat.
    SixteenthTriplet,
    /// Five in a beat.
    SixteenthQuintuplet,
    /// An eighth of a beat.
    ThirtySecond,
    /// Twelve in a beat.
    ThirtySecondTriplet,
}

/// What swings: every second one of these comes late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SwingUnit {
    /// Eighths, in pairs of a beat.
    #[default]
    Eighth,
    /// Sixteenths, in pairs of half a beat.
    Sixteenth,
}

/// Swing: where in a pair its second note comes. Lines between are stretched with it. Grids of triplets and quintuplets
/// do not swing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Swing {
    /// What swings.
    pub unit: SwingUnit,
    /// The first note's share of its pair in per cent: 50 is straight, 66.7 a triplet, 75 dotted. Values outside of 50
    /// to 75 count as the nearer end.
    pub percent: f32,
}

/// The line next to a position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Where it is, in beats.
    pub(super) beat: f64,
    /// How far the two lines around the position lie apart, in beats.
    pub(super) gap: f64,
}

impl Grid {
    /// All of them, from coarse to fine.
    pub const ALL: [Self; 11] = [
        Self::Half,
        Self::Quarter,
        Self::QuarterTriplet,
        Self::Eighth,
        Self::EighthQuintuplet,
        Self::EighthTriplet,
        Self::Sixteenth,
        Self::SixteenthQuintuplet,
        Self::SixteenthTriplet,
        Self::ThirtySecond,
        Self::ThirtySecondTriplet,
    ];

    /// So many steps last so many beats.
    fn ratio(self) -> (f64, f64) {
        match self {
            Self::Half => (1.0, 2.0),
            Self::Quarter => (1.0, 1.0),
            Self::QuarterTriplet => (3.0, 2.0),
            Self::Eighth => (2.0, 1.0),
            Self::EighthTriplet => (3.0, 1.0),
            Self::EighthQuintuplet => (5.0, 2.0),
            Self::Sixteenth => (4.0, 1.0),
            Self::SixteenthTriplet => (6.0, 1.0),
            Self::SixteenthQuintuplet => (5.0, 1.0),
            Self::ThirtySecond => (8.0, 1.0),
            Self::ThirtySecondTriplet => (12.0, 1.0),
        }
    }

    /// A step of the straight grid, in beats (quarter notes).
    pub fn step(self) -> f64 {
        let (steps, beats) = self.ratio();
        beats / steps
    }

    /// The line nearest to `beat`, the earlier one of two at the same distance.
    pub(super) fn nearest(self, beat: f64, swing: Swing) -> Line {
        let (steps, beats) = self.ratio();
        let binary = !(steps.rem_euclid(3.0) == 0.0 || steps == 5.0);
        let at = |step: f64| {
            let straight = step * beats / steps;
            if binary { swing.of(straight) } else { straight }
        };
        let mut step = (beat * steps / beats).floor();
        // Swing makes lines later, by half an eighth at most: two steps of the finest grid that swings.
        for _ in 0..3 {
            if at(step) > beat {
                step -= 1.0;
            }
        }
        let (before, after) = (at(step), at(step + 1.0));
        Line { beat: if beat - before <= after - beat { before } else { after }, gap: after - before }
    }
}

impl Swing {
    /// Where a straight position goes.
    fn of(self, beat: f64) -> f64 {
        let percent = if self.percent >= 50.0 { self.percent.min(75.0) } else { 50.0 };
        let share = f64::from(percent) / 100.0;
        let pair = match self.unit {
            SwingUnit::Eighth => 1.0,
            SwingUnit::Sixteenth => 0.5,
        };
        let start = (beat / pair).floor();
        let within = beat / pair - start;
        let swung =
            if within < 0.5 { 2.0 * share * within } else { share + 2.0 * (1.0 - share) * (within - 0.5) };
        (start + swung) * pair
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swing(unit: SwingUnit, percent: f32) -> Swing {
        Swing { unit, percent }
    }

    #[test]
    fn every_grid_has_its_lines_and_no_others() {
        for grid in Grid::ALL {
            let step = grid.step();
            for n in -40..40 {
                let line = f64::from(n) * step;
                for off in [-0.49, -0.2, 0.0, 0.3, 0.49] {
                    let near = grid.nearest(line + off * step, Swing::default());
                    assert!((near.beat - line).abs() < 1e-12, "{grid:?} {n} {off}: {near:?}");
                    assert!((near.gap - step).abs() < 1e-12);
                }
            }
        }
        let mut steps = Grid::ALL.map(Grid::step).to_vec();
        steps.dedup();
        assert_eq!(steps.len(), 11);
        assert!(steps.is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn swing_makes_every_second_one_late() {
        let eighths = |beat, percent| Grid::Eighth.nearest(beat, swing(SwingUnit::Eighth, percent)).beat;
        assert_eq!((eighths(0.5, 50.0), eighths(0.5, 60.0_f32)), (0.5, f64::from(60.0_f32) / 100.0));
        assert_eq!((eighths(3.4, 75.0), eighths(3.6, 75.0), eighths(4.1, 75.0)), (3.75, 3.75, 4.0));
        assert_eq!(eighths(-0.5, 75.0), -0.25);
        // Beyond the range counts as its end, and what is no number as straight.
        assert_eq!((eighths(0.5, 99.0), eighths(0.5, -3.0), eighths(0.5, f32::NAN)), (0.75, 0.5, 0.5));
        let sixteenths = |beat| Grid::Sixteenth.nearest(beat, swing(SwingUnit::Sixteenth, 75.0)).beat;
        assert_eq!((sixteenths(0.25), sixteenths(0.5), sixteenths(0.77)), (0.375, 0.5, 0.875));
        // Thirty-seconds are stretched with the sixteenths around them, quarters and triplets stay.
        let fine = |beat| Grid::ThirtySecond.nearest(beat, swing(SwingUnit::Eighth, 75.0)).beat;
        assert_eq!([fine(0.2), fine(0.38), fine(0.74), fine(0.82)], [0.1875, 0.375, 0.75, 0.8125]);
        assert_eq!(Grid::Quarter.nearest(0.9, swing(SwingUnit::Eighth, 75.0)).beat, 1.0);
        let triplet = Grid::EighthTriplet.nearest(0.34, swing(SwingUnit::Eighth, 75.0)).beat;
        assert!((triplet - 1.0 / 3.0).abs() < 1e-12);
    }
}
