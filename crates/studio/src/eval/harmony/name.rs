//! Roots: each chord alone, and in sequence.

use super::{Calibration, Piece, Prediction, Report, Tally, asked};
use crate::eval::chord::majmin;
use kmidi_engine::harmony::context::Context;
use kmidi_music::chord::name::{on_root, readings};
use kmidi_music::notation::harte::{self, Label};

/// Asks for the root of every chord of three notes and more.
pub fn evaluate(pieces: &[Piece]) -> Report {
    let mut report = Report { pieces: pieces.len(), unit: "chords", ..Report::default() };
    let mut calibration = Calibration::default();
    let mut context = Context::new();
    let mut triads = (0.0, 0.0);
    let (mut ours, mut bass, mut templates) = (Tally::default(), Tally::default(), Tally::default());
    for piece in pieces {
        context.reset();
        for (index, chord, sounding, root) in asked(piece) {
            let heard = context.hear(sounding);
            if sounding.set.len() < 3 {
                continue;
            }
            report.items += 1;
            let right = |is: bool| f64::from(u8::from(is));
            let alone = context.alone(sounding.set, sounding.bass);
            ours.add("root", right(alone[0].0 == root));
            ours.add("top3", right(alone.iter().any(|reading| reading.1 > 0.0 && reading.0 == root)));
            ours.add("root_in_context", right(heard.roots[0].0 == root));
            calibration.add(heard.roots[0].1, heard.roots[0].0 == root);
            let named = on_root(alone[0].0, sounding.bass, sounding.set, None);
            let label = harte::print(Label::Chord(named));
            if let Some(is) = majmin(&chord.label, &label) {
                triads.0 += right(is);
                triads.1 += 1.0;
            }
            let same_notes =
                named.pitch_classes() == sounding.set && named.bass.pitch_class() == sounding.bass;
            ours.add("full", right(same_notes && alone[0].0 == root));

            let notes: Vec<u8> = std::iter::once(36 + sounding.bass.value())
                .chain(sounding.set.iter().map(|pc| 60 + pc.value()))
                .collect();
            let found = readings(&notes, None);
            let has = |reading: &kmidi_music::chord::name::Reading| reading.chord.root.pitch_class() == root;
            bass.add("root", right(sounding.bass == root));
            templates.add("root", right(found.first().is_some_and(has)));
            templates.add("top3", right(found.iter().take(3).any(has)));
            let name = |pc: kmidi_music::PitchClass| kmidi_music::PitchName::nearest(pc, 0).to_string();
            report.predictions.push(Prediction {
                id: piece.id.clone(),
                index,
                answer: Some(label),
                prob_of_truth: None,
                top: heard.roots.iter().filter(|r| r.1 > 0.0).map(|r| (name(r.0), r.1)).collect(),
            });
        }
    }
    report.calibration = calibration.bins();
    report.metrics = ours.of(report.items);
    report.metrics.insert("majmin", triads.0 / f64::max(triads.1, 1.0));
    report.baselines.insert("the bass", bass.of(report.items));
    report.baselines.insert("chord table, no counts", templates.of(report.items));
    report
}
