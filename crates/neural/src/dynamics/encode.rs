//! What the network of the dynamics is shown of a score.

use super::{Chord, NOTE, Note, PIECE, Role, Score};
use crate::chord::{Metre, SLACK, Writer};
use kmidi_kernels::math::{self, ln};

/// Ticks a quarter note: onsets of one tick are struck together.
const TICKS: f32 = 24.0;
/// Half widths of the stretches of time over which density and height are counted, quarter notes.
const REACHES: [f32; 3] = [2.0, 8.0, 32.0];
/// How long a gap is taken to be before the first note and after the last, and what is added to a piece's length, quarter notes.
const EDGE: f32 = 4.0;
/// Lengths of notes that are counted apart, quarter notes; the longest class has no end.
const LENGTHS: [f32; 8] = [0.1, 0.2, 0.3, 0.45, 0.55, 0.95, 1.05, 1.95];
/// Gaps between strokes that are counted apart, quarter notes.
const GAPS: [f32; 4] = [0.1, 0.3, 0.55, 1.1];

/// A score as the network sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// [`NOTE`] numbers a note, in order of onset and pitch.
    pub notes: Vec<[f32; NOTE]>,
    /// For each of them its place among the notes of the score.
    pub order: Vec<usize>,
    /// What the whole piece tells.
    pub piece: [f32; PIECE],
}

/// Encodes a score. Allocates; the time grows with n log n of the notes.
#[must_use]
pub fn encode(score: &Score<'_>) -> Encoded {
    let Some(page) = Page::new(score) else {
        return Encoded { notes: Vec::new(), order: Vec::new(), piece: [0.0; PIECE] };
    };
    let notes = (0..page.notes.len()).map(|at| page.note(at)).collect();
    Encoded { notes, piece: page.piece(), order: page.order }
}

/// Notes that are struck together.
struct Stroke {
    tick: i64,
    /// The first and the one after the last, of the sorted notes.
    from: usize,
    to: usize,
    /// Does melody or second voice take part?
    sung: bool,
}

/// Notes of one role, or all, for counting between two times.
struct Line {
    onsets: Vec<f32>,
    /// Sums of the pitches before each.
    sums: Vec<u32>,
    /// Tick and highest pitch of each stroke.
    tops: Vec<(i64, u8)>,
}

impl Line {
    fn new<'a>(notes: impl Iterator<Item = &'a (i64, Note)>) -> Self {
        let mut line = Self { onsets: Vec::new(), sums: vec![0], tops: Vec::new() };
        let mut sum = 0;
        for (tick, note) in notes {
            sum += u32::from(note.pitch);
            line.onsets.push(note.onset);
            line.sums.push(sum);
            match line.tops.last_mut() {
                Some(last) if last.0 == *tick => last.1 = last.1.max(note.pitch),
                _ => line.tops.push((*tick, note.pitch)),
            }
        }
        line
    }

    /// How many lie within `reach` of a time, and their mean pitch where there is one.
    fn around(&self, time: f32, reach: f32) -> (usize, Option<f32>) {
        let from = self.onsets.partition_point(|&onset| onset < time - reach);
        let to = self.onsets.partition_point(|&onset| onset < time + reach).max(from);
        let sum = self.sums[to] - self.sums[from];
        (to - from, (to > from).then(|| sum as f32 / (to - from) as f32))
    }

    fn mean(&self) -> Option<f32> {
        let count = self.onsets.len();
        (count > 0).then(|| self.sums[count] as f32 / count as f32)
    }
}

/// A sorted score with what is counted once.
struct Page<'a> {
    notes: Vec<(i64, Note)>,
    order: Vec<usize>,
    strokes: Vec<Stroke>,
    /// The stroke of each note.
    stroke: Vec<usize>,
    /// All notes, then each role's.
    lines: [Line; 1 + Role::COUNT],
    chords: Vec<Chord>,
    metres: &'a [Metre],
    /// Where in the bar chords most often change, quarter notes: the downbeat that is heard.
    phase: f32,
    tempo: f32,
    first: f32,
    /// Quarter notes from the first onset to a little after the last.
    length: f32,
}

fn sound(x: f32, least: f32, most: f32) -> f32 {
    if x.is_finite() { x.clamp(least, most) } else { least.max(0.0) }
}

/// Quarter notes after a bar line, a little early counting as on it.
fn after(time: f32, length: f32) -> f32 {
    let time = time + SLACK;
    time - (time / length).floor() * length - SLACK
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// The logarithm of a gap in quarter notes.
fn gap(quarters: f32) -> f32 {
    ln(quarters.clamp(0.04, 8.0))
}

impl<'a> Page<'a> {
    fn new(score: &Score<'a>) -> Option<Self> {
        let clean = |note: &Note| Note {
            onset: sound(note.onset, -1e5, 1e5),
            duration: sound(note.duration, 0.0, 64.0),
            pitch: note.pitch.min(127),
            ..*note
        };
        let ticked = |note: Note| ((note.onset * TICKS).round_ties_even() as i64, note);
        let all: Vec<(i64, Note)> = score.notes.iter().map(|note| ticked(clean(note))).collect();
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&at| (all[at].0, all[at].1.pitch));
        let notes: Vec<(i64, Note)> = order.iter().map(|&at| all[at]).collect();
        let (first, last) = (notes.first()?.1.onset, notes.last()?.1.onset);
        let (mut strokes, mut stroke): (Vec<Stroke>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, &(tick, note)) in notes.iter().enumerate() {
            if strokes.last().is_none_or(|last| last.tick != tick) {
                strokes.push(Stroke { tick, from: at, to: at, sung: false });
            }
            if let Some(here) = strokes.last_mut() {
                here.to = at + 1;
                here.sung |= matches!(note.role, Role::Melody | Role::Second);
            }
            stroke.push(strokes.len() - 1);
        }
        let of = |role: usize| Line::new(notes.iter().filter(move |note| note.1.role as usize == role));
        let lines = [Line::new(notes.iter()), of(0), of(1), of(2), of(3)];
        let mut chords = score.chords.to_vec();
        chords.retain(|chord| chord.onset.is_finite());
        chords.sort_by(|a, b| a.onset.total_cmp(&b.onset));
        let tempo = score.tempo.map_or(90.0, |tempo| sound(tempo, 20.0, 400.0));
        let length = (last - first).max(0.0) + EDGE;
        let mut page = Self {
            notes,
            order,
            strokes,
            stroke,
            lines,
            chords,
            metres: score.metres,
            phase: 0.0,
            tempo: ln(tempo / 90.0),
            first,
            length,
        };
        page.phase = page.usual_change();
        Some(page)
    }

    fn metre(&self, onset: f32) -> Metre {
        let before = self.metres.iter().rev().find(|metre| metre.origin <= onset + SLACK);
        before.or(self.metres.first()).copied().unwrap_or_else(|| Metre::new(0.0, 4, 4))
    }

    /// Where in the bar chords change most often, in quarter notes by quarters of one; of equals the first.
    fn usual_change(&self) -> f32 {
        let mut counts = [0_u32; 64];
        for chord in &self.chords {
            let metre = self.metre(chord.onset);
            let within = after(chord.onset - metre.origin, metre.bar);
            let place = (within * 4.0).round_ties_even().max(0.0) as usize;
            let place = if place as f32 >= metre.bar * 4.0 { 0 } else { place };
            counts[place.min(63)] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        counts.iter().position(|&count| count == most).unwrap_or(0) as f32 / 4.0
    }

    /// Quarter notes after the bar line that is heard, the metre, and how far from the nearest 16th, in 16ths.
    fn place(&self, onset: f32) -> (f32, Metre, f32) {
        let metre = self.metre(onset);
        let since = onset - metre.origin - self.phase;
        let sixteenths = after(since, 1.0) * 4.0;
        (after(since, metre.bar), metre, (sixteenths - sixteenths.round_ties_even()).abs())
    }

    /// A 16th of the bar that is heard, whatever the metre.
    fn step(&self, onset: f32) -> usize {
        let (within, metre, _) = self.place(onset);
        (((within + SLACK) / metre.bar * 16.0) as usize).min(15)
    }

    /// Quarter notes since the stroke before, and until the next.
    fn gaps(&self, stroke: usize) -> (f32, f32) {
        let tick = |at: usize| self.strokes.get(at).map(|stroke| stroke.tick);
        let apart = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => (b - a) as f32 / TICKS,
            _ => EDGE,
        };
        let before = stroke.checked_sub(1).and_then(tick);
        (apart(before, tick(stroke)), apart(tick(stroke), tick(stroke + 1)))
    }

    fn note(&self, at: usize) -> [f32; NOTE] {
        let mut numbers = [0.0; NOTE];
        let mut write = Writer::new(&mut numbers);
        let note = self.notes[at].1;
        let pitch = (f32::from(note.pitch) - 60.0) / 24.0;
        write.all(&[pitch, pitch * pitch, ln(0.125 + note.duration), note.duration.min(4.0) / 4.0]);
        write.one_of(Role::COUNT, Some(note.role as usize));
        self.write_chord(&note, &mut write);
        self.write_place(&note, &mut write);
        self.write_stroke(at, &mut write);
        self.write_line(at, &mut write);
        self.write_density(&note, &mut write);
        let since = note.onset - self.first;
        write.number(since / self.length);
        write.number((self.length - since).min(32.0) / 32.0);
        write.number(since.min(32.0) / 32.0);
        write.number(self.tempo);
        write.number(flag(self.metre(note.onset).beats.is_multiple_of(3)));
        let marks = note.marks;
        write.number(marks.level.map_or(0.0, |level| (f32::from(level.min(8)) - 4.3) / 2.0));
        write.number(flag(marks.level.is_none()));
        write.number(f32::from(marks.wedge.signum()));
        (0..10).for_each(|bit| write.number(flag(marks.signs >> bit & 1 == 1)));
        write.number(1.0);
        debug_assert_eq!(write.written(), NOTE);
        numbers
    }

    /// The note above the chord's root, and how far the chord's beginning and end are.
    fn write_chord(&self, note: &Note, write: &mut Writer<'_>) {
        let next = self.chords.partition_point(|chord| chord.onset <= note.onset + SLACK);
        let now = next.checked_sub(1).map(|now| self.chords[now]);
        let root = now.and_then(|chord| chord.root);
        let above = |root: u8| (usize::from(note.pitch) + 12 - usize::from(root % 12)) % 12;
        write.one_of(12, root.map(above));
        let since = now.map_or(9.0, |chord| note.onset - chord.onset);
        let until = self.chords.get(next).map_or(9.0, |chord| chord.onset - note.onset);
        write.number(since.min(8.0) / 4.0);
        write.number(until.min(8.0) / 4.0);
        write.number((since + until).min(8.0) / 4.0);
        write.number(flag(since < 0.05));
    }

    /// The place in the bar that is heard, and in the bar that is written.
    fn write_place(&self, note: &Note, write: &mut Writer<'_>) {
        let (_, metre, off) = self.place(note.onset);
        write.one_of(16, Some(self.step(note.onset)));
        let near = |x: f32| x.abs() < 0.03;
        let written = note.onset - metre.origin;
        write.number(flag(near(after(written, 1.0))));
        write.number(flag(near(after(written, metre.bar))));
        let beat = after(written - self.phase, 1.0);
        write.number(flag(near(beat)));
        write.number(flag(near(beat - 0.5)));
        write.number(flag(near(beat - 0.25) || near(beat - 0.75)));
        write.number(flag(off > 0.12));
    }

    /// What is struck with it, and when the strokes before and after are.
    fn write_stroke(&self, at: usize, write: &mut Writer<'_>) {
        let stroke = &self.strokes[self.stroke[at]];
        let pitch = |at: usize| f32::from(self.notes[at].1.pitch);
        let (count, below) = (stroke.to - stroke.from, at - stroke.from);
        let above = count - 1 - below;
        write.number(count.min(8) as f32 / 4.0);
        write.number(below.min(5) as f32 / 4.0);
        write.number(above.min(5) as f32 / 4.0);
        write.number(flag(above == 0));
        write.number(flag(below == 0));
        write.number((pitch(stroke.to - 1) - pitch(at)) / 24.0);
        write.number((pitch(at) - pitch(stroke.from)) / 24.0);
        write.number(flag(stroke.sung));
        let apart =
            |is: bool, other: usize| if is { (pitch(other) - pitch(at)).abs().min(24.0) / 12.0 } else { 0.0 };
        write.number(apart(above > 0, at + 1));
        write.number(apart(below > 0, at.saturating_sub(1)));
        let (before, next) = self.gaps(self.stroke[at]);
        write.number(gap(before));
        write.number(gap(next));
        write.number(ln((self.notes[at].1.duration + 0.05) / next.clamp(0.04, 8.0)));
    }

    /// The neighbours in its own role: the highest notes of the strokes before and after.
    fn write_line(&self, at: usize, write: &mut Writer<'_>) {
        let (tick, note) = self.notes[at];
        let tops = &self.lines[1 + note.role as usize].tops;
        let here = tops.partition_point(|top| top.0 < tick);
        let before = here.checked_sub(1).map(|before| tops[before]);
        let next = tops.get(here + 1).copied();
        let pitch = f32::from(note.pitch);
        let own = tops.get(here).map_or(note.pitch, |top| top.1);
        let step = |other: Option<(i64, u8)>| f32::from(other.map_or(own, |other| other.1)) - pitch;
        let apart =
            |other: Option<(i64, u8)>| other.map_or(EDGE, |other| (other.0 - tick).abs() as f32 / TICKS);
        write.number((-step(before)).clamp(-24.0, 24.0) / 12.0);
        write.number(step(next).clamp(-24.0, 24.0) / 12.0);
        write.number(gap(apart(before)));
        write.number(gap(apart(next)));
        write.number(ln((note.duration + 0.05) / apart(next).clamp(0.04, 8.0)));
        write.number(flag(apart(before) > 1.9));
    }

    /// How dense and how high the music is around, of all and of three roles; against the whole piece too.
    fn write_density(&self, note: &Note, write: &mut Writer<'_>) {
        for (which, line) in self.lines.iter().take(4).enumerate() {
            let usual = line.onsets.len() as f32 / self.length;
            for reach in REACHES {
                let (count, mean) = line.around(note.onset, reach);
                let density = count as f32 / (2.0 * reach);
                write.number(density / 4.0);
                if which == 0 || reach == REACHES[1] {
                    write.number(density / (usual + 0.1) - 1.0);
                    let higher = mean.zip(line.mean()).map_or(0.0, |(here, all)| here - all);
                    write.number(higher / 12.0);
                }
            }
        }
    }

    fn piece(&self) -> [f32; PIECE] {
        let mut numbers = [0.0; PIECE];
        let mut write = Writer::new(&mut numbers);
        let count = self.notes.len() as f32;
        let share =
            |is: &dyn Fn(&Note) -> bool| self.notes.iter().filter(|note| is(&note.1)).count() as f32 / count;
        let strokes = |is: &dyn Fn(usize) -> bool| {
            self.stroke.iter().filter(|&&stroke| is(stroke)).count() as f32 / count
        };
        (0..Role::COUNT).for_each(|role| write.number(share(&|note| note.role as usize == role)));
        for role in 0..3 {
            let of = || self.notes.iter().map(|note| note.1).filter(|note| note.role as usize == role);
            let (height, spread) = moments(of().map(|note| f32::from(note.pitch)));
            let some = of().next().is_some();
            write.number(if some { (height - 60.0) / 24.0 } else { 0.0 });
            write.number(spread / 12.0);
            let (long, varied) = moments(of().map(|note| ln(0.125 + note.duration)));
            write.number(long);
            write.number(varied);
            write.number(of().count() as f32 / self.length);
        }
        (0..16).for_each(|step| write.number(4.0 * share(&|note| self.step(note.onset) == step)));
        let together = |stroke: usize| self.strokes[stroke].to - self.strokes[stroke].from;
        (1..6).for_each(|many| write.number(strokes(&|stroke| together(stroke) == many)));
        for range in 0..10 {
            let from = 30 + 6 * range;
            write.number(2.0 * share(&|note| (from..from + 6).contains(&note.pitch)));
        }
        let class = |bounds: &[f32], x: f32| bounds.partition_point(|&bound| bound <= x);
        (0..=LENGTHS.len())
            .for_each(|n| write.number(2.0 * share(&|note| class(&LENGTHS, note.duration) == n)));
        (0..=GAPS.len()).for_each(|n| write.number(2.0 * strokes(&|at| class(&GAPS, self.gaps(at).1) == n)));
        write.number(4.0 * share(&|note| self.place(note.onset).2 > 0.12));
        write.number(ln(self.length / 300.0));
        write.number(self.tempo);
        write.number(self.chords.len() as f32 / self.length);
        debug_assert_eq!(write.written(), PIECE);
        numbers
    }
}

/// Mean and standard deviation; 0 of nothing.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let count = values.clone().count().max(1) as f32;
    let mean = values.clone().sum::<f32>() / count;
    let square = values.map(|x| (x - mean) * (x - mean)).sum::<f32>() / count;
    (mean, math::sqrt(square))
}
