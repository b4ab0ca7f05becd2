//! What speaks for a song beside others of the same wish: named terms that add up.
//!
//! The measures are the regularities that the rules of `melody` and `harmony` strive for, taken from the finished song;
//! how much each counts is the project's own judgement. The score compares variations, it does not say how good music is.

use super::Plan;
use kmidi_music::song::Role;
use kmidi_music::{Chord, Note, PitchClass, Song};

/// A score.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What it is made of.
    pub terms: Vec<Term>,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What was looked at.
    pub name: &'static str,
    /// Points, in hundredths: 0 or more, but for the harmony.
    pub points: f64,
    /// What was found, in words.
    pub why: String,
}

impl Score {
    /// The score of a song; its chords count by their terms where the plan is known.
    pub fn of(song: &Song, plan: Option<&Plan>) -> Self {
        let tune = song.track(Role::Melody).map_or(&[][..], |t| &t.notes);
        let mut terms = vec![motif(song, tune), strong(song, tune)];
        terms.extend([steps(tune), recovery(tune), climax(song, tune), voices(song), variety(song)]);
        terms.extend(plan.and_then(harmony));
        Self { terms }
    }

    /// The sum of the terms.
    pub fn total(&self) -> f64 {
        // Hundredths add up without a rest.
        self.terms.iter().map(|term| libm::round(100.0 * term.points)).sum::<f64>() / 100.0
    }
}

fn term(name: &'static str, points: f64, why: String) -> Term {
    let points = if points.is_finite() { points } else { 0.0 };
    Term { name, points: libm::round(100.0 * points) / 100.0, why }
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

/// 1 within a range, falling to 0 at `slope` beside it.
fn within(x: f64, low: f64, high: f64, slope: f64) -> f64 {
    let off = (low - x).max(x - high).max(0.0);
    (1.0 - off / slope).max(0.0)
}

fn percent(x: f64) -> f64 {
    libm::round(100.0 * x)
}

/// How much bars come back: rhythm and direction of the most alike earlier bar.
fn motif(song: &Song, tune: &[Note]) -> Term {
    let bar = song.meters.first().map_or(1, |m| m.1.bar(song.tempo.ppq()).0.max(1));
    let mut bars: Vec<Vec<(u64, i32)>> = Vec::new();
    for note in tune {
        let place = (note.onset.0 / bar) as usize;
        bars.resize(bars.len().max(place + 1), Vec::new());
        bars[place].push((note.onset.0 % bar, i32::from(note.pitch)));
    }
    bars.retain(|bar| bar.len() > 1);
    let alike = |a: &[(u64, i32)], b: &[(u64, i32)]| {
        let common: Vec<(i32, i32)> =
            a.iter().filter_map(|x| b.iter().find(|y| y.0 == x.0).map(|y| (x.1, y.1))).collect();
        let rhythm = share(common.len(), a.len() + b.len() - common.len());
        let same = common.windows(2).filter(|w| (w[1].0 - w[0].0).signum() == (w[1].1 - w[0].1).signum());
        let contour = if common.len() > 1 { share(same.count(), common.len() - 1) } else { 0.5 };
        rhythm * contour
    };
    let best = |i: usize| bars[..i].iter().map(|b| alike(b, &bars[i])).fold(0.0, f64::max);
    let mean = (1..bars.len()).map(best).sum::<f64>() / (bars.len().max(2) - 1) as f64;
    let why = format!(
        "bars are like an earlier one by {} %; neither all new nor all the same is best",
        percent(mean)
    );
    term("motif returns", 2.0 * within(mean, 0.6, 0.92, 0.4), why)
}

/// The chord at a note.
fn chord_at<'a>(song: &'a Song, note: &Note) -> Option<&'a Chord> {
    let after = song.chords.partition_point(|c| c.onset <= note.onset);
    song.chords.get(after.checked_sub(1)?).map(|c| &c.chord)
}

/// Chord tones where bars begin, against what people write (0.6 to 0.95).
fn strong(song: &Song, tune: &[Note]) -> Term {
    let bar = song.meters.first().map_or(1, |m| m.1.bar(song.tempo.ppq()).0.max(1));
    let strong: Vec<&Note> = tune.iter().filter(|n| n.onset.0 % bar == 0).collect();
    let fits = |n: &&&Note| {
        chord_at(song, n).is_some_and(|c| c.pitch_classes().contains(PitchClass::new(i32::from(n.pitch))))
    };
    let inside = share(strong.iter().filter(fits).count(), strong.len());
    term(
        "chord tones",
        1.5 * within(inside, 0.6, 0.95, 0.4),
        format!("{} % of the first beats", percent(inside)),
    )
}

fn leaps(tune: &[Note]) -> Vec<i32> {
    tune.windows(2).map(|w| i32::from(w[1].pitch) - i32::from(w[0].pitch)).collect()
}

fn steps(tune: &[Note]) -> Term {
    let leaps = leaps(tune);
    let steps = share(leaps.iter().filter(|l| (1..=2).contains(&l.abs())).count(), leaps.len());
    term("steps", within(steps, 0.4, 0.75, 0.4), format!("{} % of the intervals", percent(steps)))
}

/// Leaps of a fourth and more that turn back.
fn recovery(tune: &[Note]) -> Term {
    let leaps = leaps(tune);
    let wide: Vec<_> = leaps.windows(2).filter(|w| w[0].abs() >= 5).collect();
    let turned = wide.iter().filter(|w| w[1].signum() == -w[0].signum()).count();
    let (points, why) = match wide.len() {
        0 => (0.5, "there are none".to_owned()),
        all => (share(turned, all), format!("{turned} of {all} turn back")),
    };
    term("leaps recovered", points, why)
}

fn climax(song: &Song, tune: &[Note]) -> Term {
    let top = tune.iter().map(|n| n.pitch).max().unwrap_or(0);
    let tops: Vec<&Note> = tune.iter().filter(|n| n.pitch == top).collect();
    let place = tops.first().map_or(0.0, |n| n.onset.0 as f64 / song.end().0.max(1) as f64);
    let points = within(place, 0.5, 0.9, 0.5) / tops.len().max(1) as f64;
    let why = format!("the highest note comes {} times, first at {} %", tops.len(), percent(place));
    term("one climax", points, why)
}

/// How far the voices of the chord track move from chord to chord.
fn voices(song: &Song) -> Term {
    let notes = song.track(Role::Chords).map_or(&[][..], |t| &t.notes);
    let voicings: Vec<Vec<u8>> = song
        .chords
        .iter()
        .map(|c| {
            let inside = notes.iter().filter(|n| n.onset >= c.onset && n.onset < c.onset + c.duration);
            let mut pitches: Vec<u8> = inside.map(|n| n.pitch).collect();
            pitches.sort_unstable();
            pitches.dedup();
            pitches
        })
        .collect();
    let pairs = voicings.windows(2).filter(|w| w[0].len() == w[1].len());
    let moves: Vec<f64> = pairs
        .flat_map(|w| w[0].iter().zip(&w[1]).map(|(a, b)| f64::from(a.abs_diff(*b))).collect::<Vec<_>>())
        .collect();
    let mean = moves.iter().sum::<f64>() / moves.len().max(1) as f64;
    let why = format!("a voice moves by {mean:.1} semitones from chord to chord");
    term("voices lead", within(mean, 0.0, 2.0, 3.0), why)
}

fn variety(song: &Song) -> Term {
    let mut kinds: Vec<&str> = song.chords.iter().map(|c| c.roman.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let count = kinds.len();
    term("variety", within(count as f64, 4.0, 10.0, 4.0), format!("{count} different chords"))
}

/// The mean of what the chords were chosen by.
fn harmony(plan: &Plan) -> Option<Term> {
    let sums: Vec<f64> = plan
        .chords
        .iter()
        .filter(|c| !c.terms.is_empty())
        .map(|c| c.terms.iter().map(|t| f64::from(t.1)).sum())
        .collect();
    let mean = sums.iter().sum::<f64>() / sums.len().max(1) as f64;
    (!sums.is_empty()).then(|| {
        term(
            "harmony",
            (mean / 3.0).clamp(-1.0, 1.5),
            format!("the chords score {mean:.1} on the way and in their places"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::{compose, intent_from_text};
    use super::*;
    use kmidi_music::Ticks;

    #[test]
    fn terms_add_up_and_tell_a_song_from_a_spoilt_one() {
        let mut better = 0;
        for seed in 0..20 {
            let mut intent = intent_from_text("hopeful").unwrap();
            intent.seed = seed;
            let (plan, song) = compose(&intent).unwrap();
            let score = Score::of(&song, Some(&plan));
            let sum: f64 = score.terms.iter().map(|t| t.points).sum();
            assert!((sum - score.total()).abs() < 1e-9 && score.terms.len() == 8, "{score:?}");
            assert!(score.terms.iter().all(|t| !t.why.is_empty() && t.points.is_finite()), "{score:?}");
            // A planted fault: every other note of the tune somewhere else.
            let mut spoilt = song.clone();
            for (i, note) in spoilt.tracks[0].notes.iter_mut().enumerate().filter(|n| n.0.is_multiple_of(2)) {
                note.pitch = 40 + (i * 37 % 50) as u8;
                note.onset = Ticks(note.onset.0 + 60);
            }
            better += usize::from(Score::of(&spoilt, Some(&plan)).total() < score.total());
        }
        assert!(better > 17, "{better} of 20");
        let empty =
            Song { tracks: vec![], chords: vec![], ..compose(&intent_from_text("calm").unwrap()).unwrap().1 };
        assert!(Score::of(&empty, None).total().is_finite());
    }
}
