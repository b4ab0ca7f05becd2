//! Chords for a melody: the boundaries are given, the whole piece is in view.

use crate::chord::{Home, Metre, Note, PLACE, SLACK, TOKENS, Writer, shares};
use crate::ports::{input, output};
use crate::{Graph, LoadError, Port};
use kmidi_kernels::math;
use kmidi_music::PitchClass;

/// Segments that the network sees at once.
pub const WINDOW: usize = 64;
/// Segments at each side of a window whose answers are not used where another window has them further inside.
const MARGIN: usize = 16;
/// Numbers a segment: the last says that there is one.
pub const SEGMENT: usize = 12 * 5 + 6 + PLACE + 3 + 1;

/// A stretch of time that gets one chord, in quarter notes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub start: f32,
    /// Where it ends.
    pub end: f32,
    /// The key there.
    pub home: Home,
    /// The metre there.
    pub metre: Metre,
}

/// What the network is shown of a segment: sounding time of the melody by pitch class above the tonic, the same weighted by the beat,
/// first, last and longest note, length, place.
#[must_use]
pub fn encode(segment: &Segment, melody: &[Note]) -> [f32; SEGMENT] {
    let mut numbers = [0.0; SEGMENT];
    let mut write = Writer::new(&mut numbers);
    let Segment { start, end, home, metre } = *segment;
    let (mut sounding, mut weighted, mut longest) = ([0.0; 12], [0.0; 12], (0.0, None));
    let mut first: Option<(f32, usize)> = None;
    let mut last: Option<(f32, usize)> = None;
    let mut begun = 0.0;
    for note in melody {
        let (from, to) = (note.onset.max(start), (note.onset + note.duration).min(end));
        if to - from <= SLACK || !(to - from).is_finite() {
            continue;
        }
        let class = usize::from(PitchClass::new(note.pitch.into()).above(home.tonic));
        let within = metre.at(from).0;
        let beat = match () {
            () if note.onset < start - SLACK => 0.7,
            () if within.abs() < SLACK => 2.0,
            () if (within - within.round_ties_even()).abs() < SLACK => 1.0,
            () => 0.4,
        };
        begun += 1.0;
        sounding[class] += to - from;
        weighted[class] += beat * (to - from).min(1.0);
        if to - from > longest.0 {
            longest = (to - from, Some(class));
        }
        if first.is_none_or(|first| from < first.0) {
            first = Some((from, class));
        }
        if last.is_none_or(|last| from >= last.0) {
            last = Some((from, class));
        }
    }
    let length = if end > start { end - start } else { 0.0 };
    let covered = math::sum(&sounding);
    write.all(&shares(sounding));
    write.all(&shares(weighted));
    write.one_of(12, first.map(|first| first.1));
    write.one_of(12, last.map(|last| last.1));
    write.one_of(12, longest.1);
    write.number(math::ln(1.0 + length.min(64.0)) / 2.0);
    write.number((covered / length.max(0.1)).min(1.0));
    write.number(math::ln(1.0 + begun) / 2.0);
    write.number(f32::from(u8::from(covered == 0.0)));
    write.number(f32::from(u8::from(length > metre.bar - 0.1)));
    write.number(f32::from(u8::from(length < metre.bar / 2.0 - 0.1)));
    write.place(metre, start);
    write.mode(home);
    write.number(1.0);
    debug_assert_eq!(write.written(), SEGMENT);
    numbers
}

/// The HarmonyPredictor for a given melody.
#[derive(Debug)]
pub struct Harmonizer {
    graph: Graph,
    segments: Port,
    chords: Port,
}

impl Harmonizer {
    /// Reads the network.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] where it is none, or has other inputs and outputs.
    pub fn new(onnx: &[u8]) -> Result<Self, LoadError> {
        let graph = Graph::read(onnx)?;
        Ok(Self {
            segments: input(&graph, "segments", WINDOW * SEGMENT)?,
            chords: output(&graph, "chords", WINDOW * TOKENS)?,
            graph,
        })
    }

    /// The probability of each chord for each segment, by [`token`](crate::chord::token) above the tonic there. Allocates the answer.
    pub fn label(&mut self, segments: &[Segment], melody: &[Note]) -> Vec<[f32; TOKENS]> {
        let mut labels = vec![[0.0; TOKENS]; segments.len()];
        let mut start = 0;
        while start < segments.len() {
            let window = &segments[start..segments.len().min(start + WINDOW)];
            let shown = self.graph.set(self.segments);
            shown.fill(0.0);
            for (slot, segment) in shown.chunks_exact_mut(SEGMENT).zip(window) {
                slot.copy_from_slice(&encode(segment, melody));
            }
            self.graph.run();
            let skip = if start == 0 { 0 } else { MARGIN };
            let told = self.graph.get(self.chords).chunks_exact(TOKENS).take(window.len());
            for (label, logits) in labels[start..].iter_mut().zip(told).skip(skip) {
                label.copy_from_slice(logits);
                math::softmax(label);
            }
            if start + WINDOW >= segments.len() {
                break;
            }
            start += WINDOW - 2 * MARGIN;
        }
        labels
    }
}
