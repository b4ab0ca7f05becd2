//! The key after each chord, later chords unseen.
//!
//! `exact` is the share that is right among the chords for which a key is told, `coverage` the share for which one is;
//! `mirex` gives 1 for the key, 0.5 for the fifth above, 0.3 for the relative, 0.2 for the parallel key (the weights of
//! MIREX's audio key detection as mir_eval applies them) over all chords: not sure counts 0.

use super::{Calibration, Piece, Prediction, Report, Tally, asked, key_at};
use kmidi_engine::harmony::context::{Context, key_told};
use kmidi_engine::harmony::key::{self, KEYS, KeyFilter, KeyScorer};
use kmidi_music::Key;

/// Asks for the key after every chord.
pub fn evaluate(pieces: &[Piece]) -> Report {
    let mut report = Report { pieces: pieces.len(), unit: "chords", ..Report::default() };
    let mut calibration = Calibration::default();
    let mut context = Context::new();
    let scorer = KeyScorer::default();
    let (mut ours, mut plain) = (Sum::default(), Sum::default());
    for piece in pieces {
        context.reset();
        let mut profiles = KeyFilter::default();
        let (mut last, mut last_plain) = (None, None);
        ours.bars += bars(piece);
        plain.bars += bars(piece);
        for (index, chord, sounding, _) in asked(piece) {
            let heard = context.hear(sounding);
            let told = heard.told();
            let answer = told.map(|(state, _)| state);
            let Some(truth) = key_at(piece, chord).and_then(state_of) else { continue };
            ours.add(truth, answer, &mut last);
            if let Some((state, sure)) = told {
                calibration.add(sure, state == truth);
            }
            let name = |state: usize| key::key(state).to_string();
            let top = ranked(&heard.keys.likely).map(|state| (name(state), heard.keys.sure(state)));
            report.predictions.push(Prediction {
                id: piece.id.clone(),
                index,
                answer: answer.map(name),
                prob_of_truth: Some(heard.keys.sure(truth)),
                top: top.to_vec(),
            });
            let mut chroma = [0.0; 12];
            sounding.set.iter().for_each(|pc| chroma[pc.index()] = 1.0 / sounding.set.len() as f32);
            let mut bass = [0.0; 12];
            bass[sounding.bass.index()] = 1.0;
            let scores = scorer.score(&chroma, &bass).map(|score| PROFILE_WEIGHT * score);
            profiles.step(&scores);
            plain.add(truth, key_told(profiles.all()), &mut last_plain);
        }
    }
    report.items = ours.items;
    report.metrics = ours.metrics();
    report.calibration = calibration.bins();
    report.baselines.insert("key profiles", plain.metrics());
    report
}

/// A chord counts as this many measurements of sound.
const PROFILE_WEIGHT: f32 = 6.0;

fn bars(piece: &Piece) -> f64 {
    let quarters = piece.chords.last().map_or(0.0, |chord| chord.onset + chord.duration);
    let (_, numerator, denominator) = piece.meter.first().copied().unwrap_or((0.0, 4, 4));
    quarters / (4.0 * f64::from(numerator.max(1)) / f64::from(denominator.max(1)))
}

/// The state of a key such as `Bb:maj`; other modes count as the one whose third they have.
fn state_of(label: &str) -> Option<usize> {
    let key: Key = label.parse().ok()?;
    Some(key.tonic.pitch_class().index() + if key.mode.is_minor() { 12 } else { 0 })
}

/// MIREX's weight of `told` where `truth` is right.
fn weight(truth: usize, told: usize) -> f64 {
    let up = (told % 12 + 12 - truth % 12) % 12;
    match (told / 12 == truth / 12, up, truth / 12) {
        (true, 0, _) => 1.0,
        (true, 7, _) => 0.5,
        (false, 9, 0) | (false, 3, 1) => 0.3,
        (false, 0, _) => 0.2,
        _ => 0.0,
    }
}

fn ranked(keys: &[f32; KEYS]) -> [usize; 3] {
    let mut order: [usize; KEYS] = std::array::from_fn(|state| state);
    order.sort_by(|&a, &b| keys[b].total_cmp(&keys[a]));
    [order[0], order[1], order[2]]
}

#[derive(Default)]
struct Sum {
    items: usize,
    answered: usize,
    switches: usize,
    bars: f64,
    tally: Tally,
}

impl Sum {
    fn add(&mut self, truth: usize, answer: Option<usize>, last: &mut Option<usize>) {
        self.items += 1;
        let Some(state) = answer else { return };
        self.answered += 1;
        self.switches += usize::from(last.is_some_and(|last| last != state));
        *last = Some(state);
        let score = weight(truth, state);
        self.tally.add("exact", f64::from(u8::from(score == 1.0)));
        self.tally.add("mirex", score);
    }

    fn metrics(&self) -> std::collections::BTreeMap<&'static str, f64> {
        let mut out = self.tally.of(self.items);
        if let Some(exact) = out.get_mut("exact") {
            *exact *= self.items as f64 / self.answered.max(1) as f64;
        }
        out.insert("coverage", self.answered as f64 / self.items.max(1) as f64);
        out.insert("switches_per_64_bars", 64.0 * self.switches as f64 / self.bars.max(1.0));
        out
    }
}
