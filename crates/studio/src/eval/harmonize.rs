//! Chords for a melody: their boundaries are given and the whole piece is in view.
//!
//! An item is every chord that is not `N` in a piece with a key; equal neighbours are not merged. `root` and `root_family` say whether root, or root and
//! family, are right; `top3` whether the root is among three; `chord_tones` is the share of the melody's sounding time on notes of the answer.
//! Baselines, counted on the training split: templates weighted by how usual a chord is, and always the most usual chord.

use super::Columns;
use super::harmony::Piece;
use super::next_chord::{best, name};
use super::progression::{Labelled, changes, labelled, melody};
use super::report::{Calibration, Prediction, Report, Tally, interval};
use kmidi_engine::harmony::context::Family;
use kmidi_kernels::math;
use kmidi_music::PitchClass;
use kmidi_neural::LoadError;
use kmidi_neural::chord::{Note, TOKENS};
use kmidi_neural::harmonizer::{Harmonizer, SEGMENT, Segment, encode};

/// What the network is shown of every segment, and its chord.
#[must_use]
pub fn examples(pieces: &[Piece]) -> Columns {
    let mut columns = Columns::new(&[("segments", SEGMENT), ("token", 1), ("piece", 1)]);
    for (number, piece) in pieces.iter().enumerate() {
        for (chord, melody) in asked(piece) {
            let numbers = encode(&segment(&chord), &melody);
            columns.push(&[&numbers, &[chord.token as f32], &[number as f32]]);
        }
    }
    columns
}

/// The items of a piece, each with the melody around it.
fn asked(piece: &Piece) -> Vec<(Labelled<'_>, Vec<Note>)> {
    let melody = melody(piece).unwrap_or_default();
    if piece.key.is_empty() || piece.melody.is_none() {
        return Vec::new();
    }
    let around = |chord: &Labelled<'_>| {
        let Segment { start, end, .. } = segment(chord);
        melody.iter().copied().filter(|note| note.onset < end && note.onset + note.duration > start).collect()
    };
    labelled(piece).into_iter().map(|chord| (chord, around(&chord))).collect()
}

fn segment(chord: &Labelled<'_>) -> Segment {
    let start = chord.chord.onset as f32;
    Segment {
        start,
        end: (chord.chord.onset + chord.chord.duration) as f32,
        home: chord.home,
        metre: chord.metre,
    }
}

/// Asks for the chord of every segment.
///
/// # Errors
///
/// A [`LoadError`] where `onnx` is no network of this task.
pub fn evaluate(pieces: &[Piece], train: Option<&[Piece]>, onnx: &[u8]) -> Result<Report, LoadError> {
    let mut report = Report { pieces: pieces.len(), unit: "segments", ..Report::default() };
    let mut model = Harmonizer::new(onnx)?;
    let counts = train.map(count);
    let (mut ours, mut simple, mut majority) = (Tally::default(), Tally::default(), Tally::default());
    let mut calibration = Calibration::default();
    let mut by_piece = Vec::new();
    let mut sung = (0.0, 0.0);
    for piece in pieces {
        let items = asked(piece);
        let segments: Vec<Segment> = items.iter().map(|item| segment(&item.0)).collect();
        let told = model.label(&segments, &melody(piece).unwrap_or_default());
        let mut right_here = 0.0;
        for ((chord, notes), shares) in items.iter().zip(&told) {
            report.items += 1;
            let (root, family) = (chord.token / Family::COUNT, chord.token % Family::COUNT);
            let (roots, answer) = decide(shares);
            ours.add("root", right(roots[0] == root));
            ours.add("top3", right(roots.contains(&root)));
            ours.add("root_family", right(answer == chord.token));
            right_here += right(roots[0] == root);
            let sure = math::sum(&shares[roots[0] * Family::COUNT..][..Family::COUNT]);
            calibration.add(sure, roots[0] == root);
            let histogram = histogram(chord, notes);
            let tones = TONES[answer % Family::COUNT].iter().map(|tone| (answer / Family::COUNT + tone) % 12);
            sung.0 += tones.map(|tone| histogram[tone]).sum::<f64>();
            sung.1 += histogram.iter().sum::<f64>();
            report.predictions.push(Prediction {
                id: piece.id.clone(),
                index: chord.index,
                answer: Some(name(answer, chord)),
                prob_of_truth: Some(shares[chord.token]),
                top: best(shares).map(|token| (name(token, chord), shares[token])).to_vec(),
            });
            if let Some(counts) = &counts {
                let (found, template) = by_template(counts, &histogram);
                simple.add("root", right(found == root));
                simple.add("root_family", right(found == root && template == family));
                let usual = (0..TOKENS).fold(0, |best, at| if counts[at] > counts[best] { at } else { best });
                majority.add("root", right(usual / Family::COUNT == root));
                majority.add("root_family", right(usual == chord.token));
            }
        }
        by_piece.push((right_here, items.len() as f64));
    }
    report.metrics = ours.of(report.items);
    report.metrics.insert("chord_tones", sung.0 / f64::max(sung.1, 1e-9));
    report.intervals.insert("root", interval(&by_piece));
    report.calibration = calibration.bins();
    if counts.is_some() {
        report.baselines.insert("templates and counts", simple.of(report.items));
        report.baselines.insert("majority", majority.of(report.items));
    }
    Ok(report)
}

fn right(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// The three likeliest roots, and the likeliest chord on the first.
fn decide(shares: &[f32; TOKENS]) -> ([usize; 3], usize) {
    let on = |root: usize| &shares[root * Family::COUNT..][..Family::COUNT];
    let mut roots: Vec<usize> = (0..12).collect();
    roots.sort_by(|&a, &b| math::sum(on(b)).total_cmp(&math::sum(on(a))));
    let families = on(roots[0]);
    let family = (0..Family::COUNT).fold(0, |best, at| if families[at] > families[best] { at } else { best });
    ([roots[0], roots[1], roots[2]], roots[0] * Family::COUNT + family)
}

/// The tones of each family above the root, by its index.
const TONES: [&[usize]; Family::COUNT] = [
    &[0, 4, 7],
    &[0, 3, 7],
    &[0, 4, 7, 10],
    &[0, 4, 7, 11],
    &[0, 3, 7, 10],
    &[0, 3, 6],
    &[0, 3, 6, 10],
    &[0, 4, 8],
    &[0, 5, 7],
];

/// Sounding time on each pitch class above the tonic.
fn histogram(chord: &Labelled<'_>, notes: &[Note]) -> [f64; 12] {
    let Segment { start, end, .. } = segment(chord);
    let mut histogram = [0.0; 12];
    for note in notes {
        let class = usize::from(PitchClass::new(note.pitch.into()).above(chord.home.tonic));
        let sounds = (note.onset + note.duration).min(end) - note.onset.max(start);
        histogram[class] += f64::from(sounds.max(0.0));
    }
    histogram
}

/// How often each token comes in the training split, changes only.
fn count(train: &[Piece]) -> [f64; TOKENS] {
    let mut counts = [0.0; TOKENS];
    train.iter().flat_map(changes).for_each(|chord| counts[chord.token] += 1.0);
    counts
}

/// The families among which the baseline chooses: those of the first six indices, in the order of `baselines.md`.
const TEMPLATES: [usize; 6] = [0, 1, 2, 3, 4, 5];

/// Root in key and family: how usual they are, and how much of the melody is on their tones.
fn by_template(counts: &[f64; TOKENS], histogram: &[f64; 12]) -> (usize, usize) {
    let all: f64 = counts.iter().sum();
    let sung: f64 = histogram.iter().sum();
    let mut best = (f64::NEG_INFINITY, 0, 0);
    for family in TEMPLATES {
        for root in 0..12 {
            let on: f64 = TONES[family].iter().map(|tone| histogram[(root + tone) % 12]).sum();
            let usual = libm::log((counts[root * Family::COUNT + family] + 0.5) / (all + 50.0));
            let score = usual + if sung > 0.0 { 3.0 * on / sung } else { 0.0 };
            if score > best.0 {
                best = (score, root, family);
            }
        }
    }
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(key: &str, pitch: u8) -> Piece {
        let tonic = pitch % 12;
        let (third, fifth) = ((tonic + 4) % 12, (tonic + 7) % 12);
        let line = format!(
            "{{\"id\":\"a\",\"key\":[[0,\"{key}\"]],\"melody\":[[0,3,{pitch}],[3,1,{}]],\"chords\":[[0,4,\"x\",{tonic},{tonic},[{tonic},{third},{fifth}]],[4,4,\"N\",-1,-1,[]]]}}",
            pitch + 1
        );
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn inputs_move_with_the_key() {
        assert_eq!(examples(&[piece("C:maj", 60)]), examples(&[piece("Eb:maj", 63)]));
        assert_ne!(examples(&[piece("C:maj", 60)]), examples(&[piece("C:min", 60)]), "a planted difference");
    }

    #[test]
    fn the_baseline_weighs_counts_and_chord_tones() {
        let piece = piece("C:maj", 60);
        let items = asked(&piece);
        assert_eq!(items.len(), 1, "N is not asked");
        let histogram = histogram(&items[0].0, &items[0].1);
        assert_eq!(histogram[..2], [3.0, 1.0]);
        let mut counts = [0.0; TOKENS];
        counts[0] = 5.0;
        counts[7 * Family::COUNT] = 5.0;
        assert_eq!(by_template(&counts, &histogram), (0, 0));
        counts[7 * Family::COUNT] = 5e4;
        assert_eq!(by_template(&counts, &histogram), (7, 0), "counts can outweigh the melody");
    }

    #[test]
    fn a_root_gathers_its_families() {
        let mut shares = [0.0; TOKENS];
        (shares[0], shares[9], shares[10], shares[20]) = (0.4, 0.3, 0.25, 0.05);
        assert_eq!(decide(&shares), ([1, 0, 2], 9));
    }
}
