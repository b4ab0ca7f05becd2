//! How the beats are divided: swung or straight eighths, swung sixteenths, or triplets.

use super::super::report::Swing;
use super::on_stroke;

/// Onsets spread this much around their place in the beat, as a share of the beat.
const SPREAD: f64 = 0.03;
/// The share of onsets that stand nowhere in particular.
const ASTRAY: f64 = 0.15;
/// Fewer onsets within the beats than this say nothing about their division.
const FEWEST: usize = 8;
/// Onsets nearer than this share of a beat to one of its ends belong to the end.
const EDGE: f64 = 0.1;

/// Into what the beats are divided.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Division {
    /// Pairs of eighths; the first takes this share of the beat.
    Eighths(f64),
    /// Pairs of sixteenths; the first takes this share of half the beat.
    Sixteenths(f64),
    Triplets,
}

impl Division {
    /// Where onsets within the beat stand, as shares of the beat.
    fn places(self) -> [Option<f64>; 3] {
        match self {
            Division::Eighths(share) => [Some(share), None, None],
            Division::Sixteenths(share) => [Some(0.5 * share), Some(0.5), Some(0.5 + 0.5 * share)],
            Division::Triplets => [Some(1.0 / 3.0), Some(2.0 / 3.0), None],
        }
    }

    /// All that are told apart: shares of 50 to 77 %.
    fn all() -> impl Iterator<Item = Division> {
        let shares = || (0..=54).map(|n| 0.5 + 0.005 * f64::from(n));
        let sixteenths = shares().skip(1).map(Division::Sixteenths);
        // Straight sixteenths come first among equals: they are what eighths and sixteenths share.
        [Division::Sixteenths(0.5), Division::Triplets]
            .into_iter()
            .chain(shares().map(Division::Eighths))
            .chain(sixteenths)
    }

    /// Log-likelihood of onsets at these shares of their beats.
    fn fits(self, onsets: &[f64]) -> f64 {
        let places = self.places();
        let count = places.iter().flatten().count() as f64;
        let density = |at: f64| {
            let near = places.iter().flatten().map(|place| {
                let away = (at - place) / SPREAD;
                libm::exp(-0.5 * away * away)
            });
            (1.0 - ASTRAY) * near.sum::<f64>() / (count * SPREAD * libm::sqrt(std::f64::consts::TAU))
        };
        onsets.iter().map(|&at| libm::log(ASTRAY + density(at))).sum()
    }
}

/// Where onsets stand within the beats, as shares of the beat.
fn shares(beats: &[f64], onsets: &[f64]) -> Vec<f64> {
    let mut shares = Vec::new();
    for beat in beats.windows(2) {
        let (start, end) = (on_stroke(beat[0], onsets), on_stroke(beat[1], onsets));
        if end <= start {
            continue;
        }
        let first = onsets.partition_point(|&onset| onset <= start + EDGE * (end - start));
        let inside = onsets[first..].iter().take_while(|&&onset| onset < end - 0.7 * EDGE * (end - start));
        shares.extend(inside.map(|onset| (onset - start) / (end - start)));
    }
    shares
}

fn division(shares: &[f64]) -> Option<Division> {
    if shares.len() < FEWEST {
        return None;
    }
    let all = Division::all().map(|division| (division.fits(shares), division));
    all.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|best| best.1)
}

/// The swing of a piece: 50 % where nothing is swung. `None` without beats.
pub(in crate::analyze) fn swing(beats: &[f64], onsets: &[f64]) -> Option<Swing> {
    let shares = shares(beats, onsets);
    let straight = |confidence| Swing { percent: 50.0, unit: "8th", confidence };
    if beats.len() < 2 {
        return None;
    }
    let (unit, first) = match division(&shares) {
        None => return Some(straight(0.0)),
        Some(Division::Triplets) => return Some(straight(0.5)),
        Some(Division::Eighths(share)) => ("8th", share),
        Some(Division::Sixteenths(share)) => ("16th", share),
    };
    // The grid found the place; the onsets around it tell it finely.
    let (offset, scale) = if unit == "8th" { (0.0, 1.0) } else { (0.5, 2.0) };
    let near = |share: &&f64| (**share - offset - first / scale).abs() < 2.0 * SPREAD;
    let early = |share: &&f64| unit == "16th" && (**share - first / scale).abs() < 2.0 * SPREAD;
    let late = shares.iter().filter(near).map(|share| (share - offset) * scale);
    let places: Vec<f64> = late.chain(shares.iter().filter(early).map(|share| share * scale)).collect();
    let percent = 100.0 * super::super::median(places.clone()).unwrap_or(first);
    let spread = super::super::median(places.iter().map(|place| (100.0 * place - percent).abs()).collect());
    let share = places.len() as f64 / beats.len() as f64;
    let confidence = share.min(1.0) * (1.0 - spread.unwrap_or(10.0) / 10.0).clamp(0.0, 1.0);
    Some(Swing { percent: percent.max(50.0), unit, confidence })
}

/// Are the beats divided in three?
pub(in crate::analyze) fn is_compound(beats: &[f64], onsets: &[f64]) -> bool {
    let shares = shares(beats, onsets);
    let thirds = shares.iter().filter(|&&share| (share - 1.0 / 3.0).abs() < 2.0 * SPREAD).count();
    // The first third tells triplets from swung eighths, which have only the second.
    division(&shares) == Some(Division::Triplets) && 4 * thirds > beats.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats half a second apart with onsets on them and at `places` within them, each a little off.
    fn played(places: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let beats: Vec<f64> = (0..40).map(|n| 1.0 + 0.5 * f64::from(n)).collect();
        let mut onsets = Vec::new();
        for (n, beat) in beats.iter().enumerate() {
            let slip = 0.004 * ((n * 7919 % 13) as f64 / 6.0 - 1.0);
            onsets.push(*beat);
            onsets.extend(places.iter().map(|place| beat + 0.5 * place + slip));
        }
        (beats, onsets)
    }

    #[test]
    fn swing_is_found_in_its_unit() {
        let cases: [(&[f64], f64, &str); 6] = [
            (&[0.5], 50.0, "8th"),
            (&[2.0 / 3.0], 66.7, "8th"),
            (&[0.6], 60.0, "8th"),
            (&[0.25, 0.5, 0.75], 50.0, "16th"),
            (&[0.29, 0.5, 0.79], 58.0, "16th"),
            (&[1.0 / 3.0, 2.0 / 3.0], 50.0, "8th"),
        ];
        for (places, percent, unit) in cases {
            let (beats, onsets) = played(places);
            let found = swing(&beats, &onsets).unwrap();
            assert!((found.percent - percent).abs() < 1.0 && found.unit == unit, "{places:?}: {found:?}");
            assert_eq!(is_compound(&beats, &onsets), places.len() == 2);
        }
    }

    #[test]
    fn without_strokes_between_the_beats_nothing_is_swung_and_nothing_is_sure() {
        let (beats, onsets) = played(&[]);
        let found = swing(&beats, &onsets).unwrap();
        assert_eq!((found.percent, found.confidence), (50.0, 0.0));
        assert!(swing(&[], &onsets).is_none());
    }
}
