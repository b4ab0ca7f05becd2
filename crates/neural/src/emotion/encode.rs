//! What the model is shown of notes: 95 numbers over each passage.

use kmidi_engine::emotion::{fits, majorness};
use kmidi_kernels::math;

/// How many numbers the model is shown.
pub const CUES: usize = 95;
/// Notes that begin within this of the first of them are one stroke, seconds.
const STROKE: f32 = 0.05;
/// Of how many earlier notes it is asked whether they sound still.
const BEFORE: usize = 12;
/// Fewer different velocities than that are those of a program, not of a player: how loud the notes are is then not known.
const VELOCITIES_PLAYED: u32 = 5;
/// Length of the stretches whose mode, density and loudness are compared, seconds, and the notes that one needs.
const STRETCH: (f32, u32) = (8.0, 4);

/// A note that was played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Played {
    /// Seconds.
    pub onset: f32,
    /// Seconds.
    pub duration: f32,
    /// MIDI note number.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// Borders of the histograms: pitch, logarithm of durations and of gaps (seconds), velocity.
const PITCHES: [f32; 8] = [36.0, 43.0, 50.0, 57.0, 64.0, 71.0, 78.0, 85.0];
const DURATIONS: [f32; 7] = [-2.77, -2.08, -1.39, -0.69, 0.0, 0.69, 1.39];
const GAPS: [f32; 8] = [-2.77, -2.08, -1.73, -1.39, -1.04, -0.69, -0.35, 0.0];
const VELOCITIES: [f32; 7] = [32.0, 44.0, 52.0, 60.0, 68.0, 76.0, 88.0];

/// Mean and spread of numbers as they come.
#[derive(Default, Clone, Copy)]
struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f32) {
        let value = f64::from(value);
        *self =
            Self { count: self.count + 1.0, sum: self.sum + value, squares: self.squares + value * value };
    }

    fn mean(self) -> f32 {
        (self.sum / self.count.max(1.0)) as f32
    }

    /// Population standard deviation.
    fn spread(self) -> f32 {
        let mean = self.sum / self.count.max(1.0);
        math::sqrt((self.squares / self.count.max(1.0) - mean * mean).max(0.0) as f32)
    }
}

/// Fills the row from its start.
struct Row([f32; CUES], usize);

impl Row {
    fn push(&mut self, values: &[f32]) {
        self.0[self.1..][..values.len()].copy_from_slice(values);
        self.1 += values.len();
    }

    /// Shares of counts.
    fn shares<const N: usize>(&mut self, counts: [u32; N]) {
        let total = counts.iter().sum::<u32>().max(1) as f32;
        self.push(&counts.map(|count| count as f32 / total));
    }
}

/// The bin of a value: how many borders it has reached.
fn bin(value: f32, borders: &[f32]) -> usize {
    borders.partition_point(|&border| border <= value)
}

/// What strokes, notes that begin together, are like.
#[derive(Default)]
struct Strokes {
    size: Moments,
    chords: u32,
    low: Moments,
    high: Moments,
    leaps: Moments,
    gap: Moments,
    log_gap: Moments,
    gaps: [u32; GAPS.len() + 1],
    last: Option<(f32, u8)>,
}

impl Strokes {
    fn of(notes: &[Played]) -> Self {
        let mut strokes = Self::default();
        let mut rest = notes;
        while let Some(first) = rest.first() {
            let (stroke, later) =
                rest.split_at(rest.partition_point(|note| note.onset - first.onset < STROKE));
            rest = later;
            strokes.add(stroke, first.onset);
        }
        strokes
    }

    fn add(&mut self, stroke: &[Played], onset: f32) {
        let pitches = || stroke.iter().map(|note| note.pitch);
        let (low, high) = (pitches().min().unwrap_or(0), pitches().max().unwrap_or(0));
        self.size.add(stroke.len() as f32);
        self.chords += u32::from(stroke.len() >= 3);
        self.low.add(low.into());
        self.high.add(high.into());
        if let Some((before, top)) = self.last.replace((onset, high)) {
            let gap = (onset - before).max(0.01);
            self.gap.add(gap);
            self.log_gap.add(math::ln(gap));
            self.gaps[bin(math::ln(gap), &GAPS)] += 1;
            self.leaps.add(f32::from(high.abs_diff(top)));
        }
    }
}

/// Mode, density and loudness of stretches.
fn stretches(notes: &[Played], lasts: f32) -> [f32; 6] {
    let (mut mode, mut density, mut loudness) = (Moments::default(), Moments::default(), Moments::default());
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    let mut rest = notes;
    let from = notes.first().map_or(0.0, |note| note.onset);
    for n in 0..(lasts / STRETCH.0).min(4096.0) as usize + 1 {
        let end = from + (n + 1) as f32 * STRETCH.0;
        let (here, later) = rest.split_at(rest.partition_point(|note| note.onset < end));
        rest = later;
        if (here.len() as u32) < STRETCH.1 {
            continue;
        }
        let (mut classes, mut velocity) = ([0.0; 12], Moments::default());
        for note in here {
            classes[usize::from(note.pitch % 12)] += math::sqrt(note.duration);
            velocity.add(note.velocity.into());
        }
        let major = majorness(&classes);
        (least, most) = (least.min(major), most.max(major));
        mode.add(major);
        density.add(here.len() as f32 / STRETCH.0);
        loudness.add(velocity.mean());
    }
    if mode.count < 1.0 {
        return [0.0; 6];
    }
    [mode.mean(), mode.spread(), density.spread(), loudness.spread(), least, most]
}

/// Puts notes in order of onset.
pub(super) fn sort(notes: &mut [Played]) {
    notes.sort_unstable_by(|a, b| {
        a.onset
            .total_cmp(&b.onset)
            .then((a.pitch, a.velocity).cmp(&(b.pitch, b.velocity)))
            .then(a.duration.total_cmp(&b.duration))
    });
}

/// How long it takes from the first onset to the last end: `notes` in order.
pub(super) fn lasts(notes: &[Played]) -> f32 {
    let end = notes.iter().fold(0.0_f32, |end, note| end.max(note.onset + note.duration));
    notes.first().map_or(0.0, |first| end - first.onset).max(0.5)
}

/// What the model is shown of a passage: the notes are put in order of onset first, and durations below 10 ms are drawn out to that. Where there are fewer
/// than five different velocities, all numbers about loudness are 0. `None` without a note, and where a time is no number.
///
/// # Real-time safety
///
/// Allocates nothing.
pub fn encode(notes: &mut [Played], pedals: f32) -> Option<[f32; CUES]> {
    if notes.is_empty() || notes.iter().any(|note| !note.onset.is_finite() || !note.duration.is_finite()) {
        return None;
    }
    sort(notes);
    notes.iter_mut().for_each(|note| note.duration = note.duration.max(0.01));
    let notes = &*notes;
    let lasts = lasts(notes);
    let count = notes.len() as f32;
    let (mut velocity, mut pitch, mut length, mut log_length) =
        (Moments::default(), Moments::default(), Moments::default(), Moments::default());
    let (mut by_time, mut by_root) = ([0.0_f32; 12], [0.0_f32; 12]);
    let (mut keys, mut intervals) = ([0_u32; 128], [0_u32; 12]);
    let (mut registers, mut durations, mut velocities) =
        ([0; PITCHES.len() + 1], [0; DURATIONS.len() + 1], [0; VELOCITIES.len() + 1]);
    for (n, note) in notes.iter().enumerate() {
        velocity.add(note.velocity.into());
        pitch.add(note.pitch.into());
        length.add(note.duration);
        log_length.add(math::ln(note.duration));
        let class = usize::from(note.pitch % 12);
        by_time[class] += note.duration;
        by_root[class] += math::sqrt(note.duration);
        keys[usize::from(note.pitch & 127)] += 1;
        registers[bin(note.pitch.into(), &PITCHES)] += 1;
        durations[bin(math::ln(note.duration), &DURATIONS)] += 1;
        velocities[bin(note.velocity.into(), &VELOCITIES)] += 1;
        for before in &notes[n.saturating_sub(BEFORE)..n] {
            if before.onset + before.duration > note.onset + 0.02 {
                intervals[usize::from(note.pitch.abs_diff(before.pitch) % 12)] += 1;
            }
        }
    }
    let played = different(notes.iter().map(|note| note.velocity)) >= VELOCITIES_PLAYED;
    let loud = |number: f32| if played { number } else { 0.0 };
    let strokes = Strokes::of(notes);
    let (krumhansl, albrecht) = (fits(&by_time)[0], fits(&by_root)[1]);
    let rate = strokes.size.count as f32 / lasts;
    let mut row = Row([0.0; CUES], 0);
    row.push(&[
        math::ln(count / lasts),
        count / lasts,
        loud(velocity.mean()),
        loud(velocity.spread()),
        pitch.mean(),
        pitch.spread(),
    ]);
    row.push(&[
        length.mean(),
        log_length.mean(),
        quantile(&keys, 0.05 * count),
        quantile(&keys, 0.95 * count),
    ]);
    row.push(&[krumhansl[0], krumhansl[1], albrecht[0], albrecht[1], majorness(&by_root)]);
    row.push(&[strokes.gap.mean(), strokes.gap.spread(), strokes.log_gap.mean()]);
    row.push(&[pedals / lasts, count * length.mean() / lasts]);
    row.push(&from_tonic(&by_root));
    row.shares(registers);
    row.shares(durations);
    row.shares(strokes.gaps);
    row.shares(if played { velocities } else { [0; VELOCITIES.len() + 1] });
    row.push(&[rate, math::ln(rate), strokes.size.mean(), strokes.chords as f32 / strokes.size.count as f32]);
    row.push(&[
        strokes.low.mean(),
        strokes.high.mean(),
        strokes.leaps.mean(),
        strokes.high.spread(),
        strokes.low.spread(),
    ]);
    row.shares(intervals);
    let [mode, modes, densities, loudnesses, least, most] = stretches(notes, lasts);
    row.push(&[mode, modes, densities, loud(loudnesses), least, most]);
    let different = keys.iter().filter(|&&count| count > 0).count() as f32;
    row.push(&[math::ln(length.mean() * rate), different / 12.0]);
    debug_assert_eq!(row.1, CUES, "every number has its place");
    Some(row.0)
}

/// How many different numbers there are.
fn different(of: impl Iterator<Item = u8>) -> u32 {
    of.fold([0_u128; 2], |mut seen, number| {
        seen[usize::from(number / 128)] |= 1 << (number % 128);
        seen
    })
    .map(u128::count_ones)
    .iter()
    .sum()
}

/// The lowest key at or below which `count` notes lie.
fn quantile(keys: &[u32; 128], count: f32) -> f32 {
    let mut below = 0;
    let reached = |&notes: &u32| {
        below += notes;
        below as f32 >= count
    };
    keys.iter().position(reached).unwrap_or(127) as f32
}

/// Shares of the pitch classes above the tonic of the major key that fits best together with its relative minor.
fn from_tonic(classes: &[f32; 12]) -> [f32; 12] {
    let tonic = kmidi_engine::emotion::collection(classes);
    let total = math::sum(classes).max(1e-9);
    std::array::from_fn(|pc| classes[(pc + tonic) % 12] / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(onset: f32, duration: f32, pitch: u8, velocity: u8) -> Played {
        Played { onset, duration, pitch, velocity }
    }

    #[test]
    fn numbers_of_a_small_piece() {
        let mut notes = [
            note(1.0, 0.5, 64, 80),
            note(0.0, 1.0, 60, 60),
            note(0.02, 1.0, 67, 70),
            note(0.0, 1.5, 48, 50),
            note(3.0, 1.0, 72, 90),
        ];
        let row = encode(&mut notes, 8.0).unwrap();
        assert_eq!(notes.map(|note| note.pitch), [48, 60, 67, 64, 72]);
        let near =
            |at: usize, value: f32| assert!((row[at] - value).abs() < 1e-5, "{at}: {} {value}", row[at]);
        near(1, 5.0 / 4.0);
        near(2, 70.0);
        near(6, 1.0);
        assert_eq!((row[8], row[9]), (48.0, 72.0));
        near(15, 1.5);
        near(18, 2.0);
        // Tonic C: C three times, then E and G.
        assert!(row[20] > 0.5 && row[24] > 0.05 && row[27] > 0.1 && row[21] == 0.0, "{:?}", &row[20..32]);
        near(66, 3.0 / 4.0);
        near(68, 5.0 / 3.0);
        near(69, 1.0 / 3.0);
        near(70, (48.0 + 64.0 + 72.0) / 3.0);
        near(72, (3.0 + 8.0) / 2.0);
        // Octave, fifths over both, and the third over what was struck at 0 and holds: C3 alone, for 1.5 s.
        near(75, 1.0 / 4.0);
        near(79, 1.0 / 4.0);
        near(82, 2.0 / 4.0);
        near(94, 5.0 / 12.0);
        assert!(row.iter().all(|x| x.is_finite()));
    }

    /// The places of the numbers about loudness.
    fn loudness(row: &[f32; CUES]) -> impl Iterator<Item = f32> {
        row[2..4].iter().chain(&row[58..66]).chain(&row[90..91]).copied()
    }

    #[test]
    fn the_loudness_of_a_program_is_not_known() {
        let notes = |levels: u8| -> Vec<Played> {
            (0..96_u8)
                .map(|n| note(f32::from(n) * 0.25, 0.2, 40 + n % 40, 30 + n / 3 % levels * 12))
                .collect()
        };
        for levels in [1, 4] {
            let mut first = notes(levels);
            let row = encode(&mut first, 0.0).unwrap();
            assert!(loudness(&row).all(|number| number == 0.0), "{row:?}");
            let mut louder = first.clone();
            louder.iter_mut().for_each(|note| note.velocity += 40);
            assert_eq!(encode(&mut louder, 0.0), Some(row), "louder, and nothing else");
        }
        let mut played = notes(5);
        let row = encode(&mut played, 0.0).unwrap();
        assert!(loudness(&row).filter(|&number| number > 0.0).count() >= 6, "{row:?}");
        played.iter_mut().for_each(|note| note.velocity += 40);
        assert_ne!(encode(&mut played, 0.0), Some(row));
    }

    #[test]
    fn any_order_is_the_same_and_nothing_is_nothing() {
        let mut notes: Vec<Played> =
            (0..200_u8).map(|n| note(f32::from(n / 3) * 0.3, 0.4, 40 + n % 40, 30 + n % 80)).collect();
        let row = encode(&mut notes, 0.0).unwrap();
        notes.reverse();
        assert_eq!(encode(&mut notes, 0.0), Some(row));
        assert_eq!(encode(&mut [], 0.0), None);
        assert_eq!(encode(&mut [note(f32::NAN, 1.0, 60, 60)], 0.0), None);
        let one = encode(&mut [note(1e9, 0.0, 127, 127)], 0.0).unwrap();
        assert!(one.iter().all(|x| x.is_finite()), "{one:?}");
    }
}
