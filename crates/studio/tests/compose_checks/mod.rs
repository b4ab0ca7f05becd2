//! Checks of a composed song: each gives the faults that it found, so that a planted fault can be shown to be caught.
#![allow(dead_code)] // each test file uses its own part

use kmidi_music::song::Role;
use kmidi_music::{Affect, Intent, Note, PitchClass, Song};
use kmidi_studio::compose::Plan;

pub(crate) fn feeling(valence: f32, arousal: f32, seed: u64) -> Intent {
    Intent { seed, ..Intent::feeling(Affect::new(valence, arousal, 0.0)) }
}

/// Metres of every kind that can be composed in.
pub(crate) const METERS: [&str; 8] = ["4/4", "3/4", "6/8", "2/4", "5/4", "12/8", "9/8", "2/2"];

/// The notes of the melody.
pub(crate) fn melody(song: &Song) -> &[Note] {
    song.track(Role::Melody).map_or(&[], |t| &t.notes)
}

/// Metrical and physical faults: bars that do not add up, overlaps, ranges, velocities, order, notes past the end.
pub(crate) fn shape_faults(plan: &Plan, song: &Song) -> Vec<String> {
    let mut faults = Vec::new();
    let bar = plan.meter.bar(480).0;
    let end = u64::from(plan.bars) * bar;
    let mut at = 0;
    for chord in &song.chords {
        if chord.onset.0 != at
            || chord.duration.0 == 0
            || chord.onset.0 / bar != (chord.onset.0 + chord.duration.0 - 1) / bar
        {
            faults.push(format!("chord at {} does not follow {at} within its bar", chord.onset.0));
        }
        at = chord.onset.0 + chord.duration.0;
    }
    if at != end || plan.sections.iter().map(|s| s.bars).sum::<u32>() != plan.bars {
        faults.push(format!("chords end at {at}, bars at {end}"));
    }
    for track in &song.tracks {
        let (low, high) = match track.role {
            Role::Melody => (40, 96),
            Role::Chords => (52, 79),
            Role::Bass => (28, 52),
            Role::Drums => (35, 81),
        };
        if (track.role == Role::Drums) != (track.channel == 9) || track.program > 127 {
            faults.push(format!("{} on channel {}", track.name, track.channel));
        }
        let mut sounding = [0u64; 128];
        let mut last = 0;
        for n in &track.notes {
            let place = format!("{} note {} at {}", track.role.name(), n.pitch, n.onset.0);
            if n.duration.0 == 0 || n.end().0 > end || n.onset.0 < last {
                faults.push(format!("{place}: empty, late or out of order"));
            }
            if !(low..=high).contains(&n.pitch) || !(1..=127).contains(&n.velocity) {
                faults.push(format!("{place}: out of range"));
            }
            let until = &mut sounding[usize::from(n.pitch.min(127))];
            if n.onset.0 < *until {
                faults.push(format!("{place}: overlaps"));
            }
            *until = n.end().0;
            last = n.onset.0;
        }
    }
    let melody = song.track(Role::Melody).map_or(&[][..], |t| &t.notes);
    if melody.windows(2).any(|w| w[0].end() > w[1].onset) {
        faults.push("the melody has two notes at once".into());
    }
    let (low, high) = (melody.iter().map(|n| n.pitch).min(), melody.iter().map(|n| n.pitch).max());
    if high.zip(low).is_some_and(|(h, l)| h - l > 18) {
        faults.push(format!("the melody spans {low:?} to {high:?}"));
    }
    faults
}

/// Notes outside the key in force and outside the chord that sounds; chords that sound a foreign note.
pub(crate) fn pitch_faults(song: &Song) -> Vec<String> {
    let mut faults = Vec::new();
    for track in song.tracks.iter().filter(|t| t.role != Role::Drums) {
        for n in &track.notes {
            let i = song.chords.partition_point(|c| c.onset <= n.onset).saturating_sub(1);
            let chord = &song.chords[i];
            let pc = PitchClass::new(i32::from(n.pitch));
            let in_chord = chord.chord.pitch_classes().contains(pc);
            if !(in_chord || track.role != Role::Chords && chord.key.scale().contains(pc)) {
                faults.push(format!(
                    "{} note {} at {} over {:?}",
                    track.role.name(),
                    n.pitch,
                    n.onset.0,
                    chord.roman
                ));
            }
            if n.end() > chord.onset + chord.duration
                && !song.chords[i + 1].chord.pitch_classes().contains(pc)
            {
                let other = &song.chords[i + 1];
                if !other.key.scale().contains(pc) {
                    faults.push(format!("{} note {} hangs into {}", track.role.name(), n.pitch, other.roman));
                }
            }
        }
    }
    faults
}

/// How a melody fits its chords and its key.
#[derive(Debug, Default)]
pub(crate) struct Fit {
    /// Notes that begin a bar, and those of them that are chord tones.
    pub(crate) strong: [usize; 2],
    /// Intervals, in semitones, from notes that begin a bar outside its chord, and from notes outside chord and key, to the next.
    pub(crate) resolved: Vec<i32>,
    /// The longest run of one pitch.
    pub(crate) run: usize,
    /// The lowest and the highest note.
    pub(crate) range: (u8, u8),
}

pub(crate) fn fit(plan: &Plan, song: &Song) -> Fit {
    let bar = plan.meter.bar(480).0;
    let melody = &song.track(Role::Melody).unwrap().notes;
    let mut fit = Fit { range: (127, 0), ..Fit::default() };
    let mut run = 0;
    for (i, note) in melody.iter().enumerate() {
        let class = PitchClass::new(i32::from(note.pitch));
        let at = song.chords.partition_point(|c| c.onset <= note.onset).saturating_sub(1);
        let fits = song.chords[at].chord.pitch_classes().contains(class);
        let key = plan.sections.iter().rfind(|s| u64::from(s.start_bar) * bar <= note.onset.0).unwrap().key;
        let strong = note.onset.0 % bar == 0;
        fit.strong[0] += usize::from(strong);
        fit.strong[1] += usize::from(strong && fits);
        if let Some(next) = melody.get(i + 1).filter(|_| !fits && (strong || !key.scale().contains(class))) {
            fit.resolved.push((i32::from(next.pitch) - i32::from(note.pitch)).abs());
        }
        run = if i > 0 && melody[i - 1].pitch == note.pitch { run + 1 } else { 1 };
        fit.run = fit.run.max(run);
        fit.range = (fit.range.0.min(note.pitch), fit.range.1.max(note.pitch));
    }
    fit
}

/// The bars of the melody as (tick in the bar, pitch).
pub(crate) fn bars(plan: &Plan, notes: &[(u64, u8)]) -> Vec<Vec<(u64, i32)>> {
    let bar = plan.meter.bar(480).0;
    let mut bars = vec![Vec::new(); plan.bars as usize];
    for &(onset, pitch) in notes {
        bars[(onset / bar) as usize].push((onset % bar, i32::from(pitch)));
    }
    bars
}

/// How much two bars are alike, 0 to 1: shared onsets, and among them intervals of the same direction and about the same
/// size. Transposition does not matter.
pub(crate) fn likeness(a: &[(u64, i32)], b: &[(u64, i32)]) -> f64 {
    let common: Vec<(i32, i32)> =
        a.iter().filter_map(|x| b.iter().find(|y| y.0 == x.0).map(|y| (x.1, y.1))).collect();
    let rhythm = common.len() as f64 / (a.len() + b.len() - common.len()).max(1) as f64;
    let steps: Vec<f64> = common
        .windows(2)
        .map(|w| {
            let (s, t) = (w[1].0 - w[0].0, w[1].1 - w[0].1);
            if s.signum() != t.signum() { 0.0 } else { (1.0 - f64::from((s - t).abs()) / 6.0).max(0.0) }
        })
        .collect();
    let contour = if steps.is_empty() { 0.5 } else { steps.iter().sum::<f64>() / steps.len() as f64 };
    rhythm * contour
}

/// How much the melody comes back to what it said: the mean over bars of the likeness to the most alike earlier bar.
pub(crate) fn return_of_motif(bars: &[Vec<(u64, i32)>]) -> f64 {
    let spoken: Vec<_> = bars.iter().filter(|b| b.len() > 1).collect();
    let best = |i: usize| spoken[..i].iter().map(|b| likeness(b, spoken[i])).fold(0.0, f64::max);
    (1..spoken.len()).map(best).sum::<f64>() / (spoken.len().max(2) - 1) as f64
}

/// How much the contour is kept where a rhythm comes back at another pitch: the mean over such pairs of bars of the share
/// of intervals that go the same way.
pub(crate) fn contour_kept(bars: &[Vec<(u64, i32)>]) -> Option<f64> {
    let onsets = |b: &[(u64, i32)]| b.iter().map(|n| n.0).collect::<Vec<_>>();
    let ways = |b: &[(u64, i32)]| b.windows(2).map(|w| (w[1].1 - w[0].1).signum()).collect::<Vec<_>>();
    let mut shares = Vec::new();
    for (i, a) in bars.iter().enumerate().filter(|b| b.1.len() > 2) {
        for b in bars[..i].iter().filter(|b| onsets(b) == onsets(a) && b[0].1 != a[0].1) {
            let same = ways(a).iter().zip(ways(b)).filter(|(x, y)| **x == *y).count();
            shares.push(same as f64 / (a.len() - 1) as f64);
        }
    }
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
}
