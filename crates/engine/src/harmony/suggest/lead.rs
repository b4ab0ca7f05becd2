//! The least movement between two sets of pitch classes.

use kmidi_music::PitchClassSet;

/// How far the voices go at least, in semitones, when every tone of `from` moves to a tone of `to` and every tone of `to`
/// is reached; tones may be doubled.
///
/// After Tymoczko (2006, "The Geometry of Musical Chords", supporting text): some least movement crosses no voices. It is
/// then a closed path through the table of steps between the tones in ascending order, and one for each tone of `to` as
/// the first of `from` is tried. 0 where a set is empty.
pub(super) fn movement(from: &Tones, to: &Tones) -> u8 {
    let (rows, columns) = (from.count, to.count);
    if rows == 0 || columns == 0 {
        return 0;
    }
    // How far each tone of `to` lies from each of `from`, twice round; the row of the first tone stands at both ends.
    let mut steps = [[0u8; 25]; 13];
    for (row, steps) in steps.iter_mut().enumerate().take(rows + 1) {
        let low = from.classes[if row == rows { 0 } else { row }];
        for column in 0..columns {
            let step = STEPS[usize::from(12 + to.classes[column] - low)];
            (steps[column], steps[column + columns]) = (step, step);
        }
    }
    let mut least = u8::MAX;
    for first in 0..columns {
        // From the pair (0, first) once round to itself; it is counted at the end alone.
        let mut line = [0u8; 13];
        for column in 1..=columns {
            line[column] = line[column - 1] + steps[0][first + column];
        }
        for steps in &steps[1..=rows] {
            let mut diagonal = line[0];
            line[0] += steps[first];
            for column in 1..=columns {
                let best = diagonal.min(line[column]).min(line[column - 1]);
                diagonal = line[column];
                line[column] = best + steps[first + column];
            }
        }
        least = least.min(line[columns]);
    }
    least
}

/// Semitones between two pitch classes, by their difference plus 12.
const STEPS: [u8; 24] = [0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1];

/// The tones of a set in ascending order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tones {
    classes: [u8; 12],
    count: usize,
}

impl From<PitchClassSet> for Tones {
    fn from(set: PitchClassSet) -> Self {
        let mut tones = Self { classes: [0; 12], count: set.len() as usize };
        tones.classes.iter_mut().zip(set.iter()).for_each(|(place, pc)| *place = pc.value());
        tones
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::Quality;

    fn led(from: PitchClassSet, to: PitchClassSet) -> u8 {
        movement(&from.into(), &to.into())
    }

    /// The slow twin: every way to pair the tones so that none is left out.
    fn brute(from: PitchClassSet, to: PitchClassSet) -> u8 {
        let (from, to): (Vec<_>, Vec<_>) = (from.iter().collect(), to.iter().collect());
        let pairs = from.len() * to.len();
        let costs = (0u32..1 << pairs).filter_map(|pairing| {
            let is = |row: usize, column: usize| pairing >> (row * to.len() + column) & 1 == 1;
            let covered = (0..from.len()).all(|row| (0..to.len()).any(|column| is(row, column)))
                && (0..to.len()).all(|column| (0..from.len()).any(|row| is(row, column)));
            let step = |row: usize, column: usize| {
                let up = to[column].above(from[row]);
                up.min(12 - up)
            };
            let all = (0..from.len()).flat_map(|row| (0..to.len()).map(move |column| (row, column)));
            covered.then(|| all.filter(|&(r, c)| is(r, c)).map(|(r, c)| step(r, c)).sum::<u8>())
        });
        costs.min().unwrap_or(0)
    }

    #[test]
    fn movement_is_the_least_there_is() {
        let qualities =
            [Quality::MAJ, Quality::MIN, Quality::DOM7, Quality::DIM7, Quality::HDIM7, Quality::POWER];
        for from in qualities.map(Quality::semitones) {
            for to in qualities.map(Quality::semitones) {
                for up in 0..12 {
                    let to = to.transposed(up);
                    assert_eq!(led(from, to), brute(from, to), "{from:?} {to:?}");
                    assert_eq!(led(from, to), led(to, from));
                }
            }
        }
    }

    /// Known from the textbooks (Tymoczko 2011, "A Geometry of Music", chapter 2).
    #[test]
    fn usual_steps_cost_what_they_should() {
        let triad = |quality: Quality, root| quality.semitones().transposed(root);
        for (from, to, expected) in [
            (triad(Quality::MAJ, 0), triad(Quality::MAJ, 5), 3), // G to A, E to F
            (triad(Quality::MAJ, 0), triad(Quality::MIN, 4), 1),
            (triad(Quality::MAJ, 0), triad(Quality::MIN, 9), 2),
            (triad(Quality::MAJ, 0), triad(Quality::MIN, 0), 1),
            (triad(Quality::MAJ, 0), triad(Quality::MAJ, 8), 2),
            (triad(Quality::DOM7, 7), triad(Quality::DOM7, 1), 2),
            (triad(Quality::MAJ, 0), triad(Quality::MAJ, 0), 0),
            (PitchClassSet::EMPTY, triad(Quality::MAJ, 0), 0),
        ] {
            assert_eq!(led(from, to), expected, "{from:?} {to:?}");
        }
        let all = PitchClassSet::from_bits(0xfff);
        assert_eq!(led(all, all), 0);
        assert_eq!(led(all, PitchClassSet::from_bits(1)), 36);
    }
}
