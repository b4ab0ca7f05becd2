//! Voice leading: each chord in the position that moves least from the one before.
//!
//! Candidates are enumerated and compared; the distance between chords is the sum of the voices' movements (Tymoczko
//! 2011, "A Geometry of Music", chapter 2).

use kmidi_music::{Chord, PitchClass};

/// E3, the lowest note of a voicing.
pub(super) const LOW: u8 = 52;
/// G5, the highest.
pub(super) const HIGH: u8 = 79;
/// The largest movement of a voice: a seventh.
const WIDEST_STEP: i32 = 11;

/// The pitch classes that `voices` voices should sound, those that define the chord first.
fn classes(chord: &Chord, voices: usize) -> Vec<PitchClass> {
    let mut degrees: Vec<_> = chord.degrees().iter().collect();
    let rank = |number: u8| match number {
        2..=4 => 0,
        7 | 6 => 1,
        1 => 2,
        9.. => 3,
        _ => 4, // the fifth goes first
    };
    degrees.sort_by_key(|d| (if d.number == 5 && d.alteration != 0 { 1 } else { rank(d.number) }, d.number));
    let mut classes: Vec<PitchClass> = Vec::new();
    for degree in degrees {
        let class = (chord.root + degree.interval()).pitch_class();
        if classes.len() < voices && !classes.contains(&class) {
            classes.push(class);
        }
    }
    if classes.is_empty() {
        classes.push(chord.root.pitch_class());
    }
    classes
}

/// All close and open positions of `chord` in `voices` voices, ascending.
fn positions(chord: &Chord, voices: usize) -> Vec<Vec<u8>> {
    let classes = classes(chord, voices);
    let tones: Vec<u8> = (LOW..=HIGH).filter(|&n| classes.contains(&PitchClass::new(i32::from(n)))).collect();
    let mut found = Vec::new();
    let mut stack: Vec<Vec<u8>> = tones.iter().map(|&t| vec![t]).collect();
    while let Some(partial) = stack.pop() {
        if partial.len() == voices {
            let complete =
                classes.iter().all(|c| partial.iter().any(|&n| PitchClass::new(i32::from(n)) == *c));
            if complete {
                found.push(partial);
            }
            continue;
        }
        let last = partial.last().copied().unwrap_or(LOW);
        for &tone in tones.iter().filter(|&&t| t > last && t - last <= 12) {
            let mut longer = partial.clone();
            longer.push(tone);
            stack.push(longer);
        }
    }
    found.sort_unstable();
    found
}

/// Voices for each chord, `voices` (3 or 4) notes each, ascending; `centre` is the MIDI note around which they lie.
pub(super) fn lead(chords: &[Chord], voices: usize, centre: i32) -> Vec<Vec<u8>> {
    let mut previous: Option<Vec<u8>> = None;
    let mut known: Vec<(Chord, Vec<Vec<u8>>)> = Vec::new();
    chords
        .iter()
        .map(|chord| {
            let place = known.iter().position(|k| k.0 == *chord).unwrap_or_else(|| {
                // A chord of one pitch class has too few notes in the range for all voices.
                let found = (1..=voices).rev().map(|v| positions(chord, v)).find(|p| !p.is_empty());
                known.push((*chord, found.unwrap_or_default()));
                known.len() - 1
            });
            let best = known[place].1.iter().min_by_key(|p| fault(p, previous.as_deref(), centre)).cloned();
            let best = best.or_else(|| previous.clone()).unwrap_or_else(|| vec![LOW]);
            previous = Some(best.clone());
            best
        })
        .collect()
}

/// What speaks against a position: movement, distance from the centre, wide gaps, mud, parallel fifths and octaves.
fn fault(position: &[u8], previous: Option<&[u8]>, centre: i32) -> i32 {
    let at = |i: usize| i32::from(position[i]);
    let mean = position.iter().map(|&n| i32::from(n)).sum::<i32>() / position.len().max(1) as i32;
    let mut fault = 2 * (mean - centre).abs();
    for i in 1..position.len() {
        let gap = at(i) - at(i - 1);
        fault += match gap {
            1 => 6,
            2 if at(i) < 57 => 5,
            0..=7 => 0,
            8..=9 => 3,
            _ => 8,
        };
    }
    let Some(before) = previous.filter(|b| b.len() == position.len()) else { return fault };
    let moved = |i: usize| at(i) - i32::from(before[i]);
    for i in 0..position.len() {
        fault += 3 * moved(i).abs() + if moved(i).abs() > WIDEST_STEP { 10_000 } else { 0 };
        for j in 0..i {
            let (now, then) = (at(i) - at(j), i32::from(before[i]) - i32::from(before[j]));
            if now % 12 == then % 12 && matches!(now % 12, 0 | 7) && moved(i) != 0 && moved(i) == moved(j) {
                fault += 10;
            }
        }
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::notation::symbol;

    #[test]
    fn voices_move_little_and_sound_the_chord() {
        let chords: Vec<Chord> = "C Am7 Fmaj7 G7 Fm Abmaj7 Bb7 C/E C#dim7 Dm7b5 G13 F#5 Caug Dbmaj9"
            .split(' ')
            .map(|c| symbol::parse(c).unwrap())
            .collect();
        for voices in [3, 4] {
            let led = lead(&chords, voices, 64);
            for (chord, notes) in chords.iter().zip(&led) {
                assert_eq!(notes.len(), voices, "{}", symbol::print(chord));
                assert!(notes.is_sorted() && notes[0] >= LOW && notes[voices - 1] <= HIGH);
                let set = chord.pitch_classes();
                assert!(notes.iter().all(|&n| set.contains(PitchClass::new(i32::from(n)))));
                let third = chord.notes()[1].pitch_class();
                assert!(
                    notes.iter().any(|&n| PitchClass::new(i32::from(n)) == third),
                    "{}",
                    symbol::print(chord)
                );
            }
            let moves: Vec<i32> = led
                .windows(2)
                .flat_map(|w| w[0].iter().zip(&w[1]).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()))
                .collect();
            assert!(moves.iter().all(|&m| m <= WIDEST_STEP), "{led:?}");
            assert!(moves.iter().sum::<i32>() < 4 * moves.len() as i32, "{led:?}");
        }
    }

    #[test]
    fn any_chord_can_follow_any_other() {
        let qualities: Vec<_> = kmidi_music::Quality::all().filter(|q| q.semitones().len() > 1).collect();
        let mut state = 1u32;
        let mut draw = |n: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % n
        };
        let mut chords: Vec<Chord> = (0..600)
            .map(|_| {
                let root = kmidi_music::PitchName::from_fifths(draw(15) as i8 - 7);
                Chord::new(root, qualities[draw(qualities.len())])
            })
            .collect();
        for voices in [3, 4] {
            for pair in lead(&chords, voices, 64).windows(2) {
                assert!(pair.iter().all(|v| v.len() == voices && v[0] >= LOW && v[voices - 1] <= HIGH));
                let widest = pair[0].iter().zip(&pair[1]).map(|(a, b)| a.abs_diff(*b)).max();
                assert!(widest.is_some_and(|w| i32::from(w) <= WIDEST_STEP), "{pair:?}");
            }
        }
        // One pitch class only: what the range holds of it.
        chords[0].omitted = chords[0].degrees().without(kmidi_music::chord::Degree::new(1, 0));
        let alone = lead(&chords[..1], 4, 64).remove(0);
        let root = chords[0].root.pitch_class();
        assert!(
            !alone.is_empty() && alone.iter().all(|&n| PitchClass::new(i32::from(n)) == root),
            "{alone:?}"
        );
    }
}
