//! Feelings that were told against those that people named: what `emotion-midi` and `emotion-audio` share.

use super::report::{Calibration, correlation, interval};
use super::{Prediction, Report};
use kmidi_music::Affect;
use std::collections::BTreeMap;

/// Something whose feeling people judged.
pub(super) trait Rated {
    /// Its name, unique in its set.
    fn id(&self) -> &str;
    /// What it was cut from; empty where that is not known.
    fn group(&self) -> &str;
    /// 1 to 4, where a quadrant was asked.
    fn quadrant(&self) -> Option<u8>;
    /// Valence and arousal, -1 to 1.
    fn point(&self) -> (f32, f32);
}

/// What a system says of a clip: the point, and how likely its quadrant is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Felt {
    /// Valence and arousal.
    pub affect: Affect,
    /// 1 to 4.
    pub quadrant: u8,
    /// 0 to 1.
    pub confidence: f32,
}

impl Felt {
    pub(super) fn at(affect: Affect, confidence: f32) -> Self {
        Self { affect, quadrant: affect.quadrant(), confidence }
    }
}

/// The figures of answers, one a clip; the baseline `majority` is counted on `train`.
pub(super) fn report<T: Rated>(asked: &[&T], answers: &[Felt], train: Option<&[T]>) -> Report {
    let mut calibration = Calibration::default();
    let mut songs: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut predictions = Vec::new();
    for (clip, felt) in asked.iter().zip(answers) {
        if let Some(quadrant) = clip.quadrant() {
            let right = felt.quadrant == quadrant;
            calibration.add(felt.confidence, right);
            let song =
                songs.entry(if clip.group().is_empty() { clip.id() } else { clip.group() }).or_default();
            *song = (song.0 + f64::from(u8::from(right)), song.1 + 1.0);
        }
        let Affect { valence, arousal, .. } = felt.affect;
        predictions.push(Prediction {
            id: clip.id().to_owned(),
            index: 0,
            answer: Some(format!("{} {valence:.3} {arousal:.3}", felt.quadrant)),
            prob_of_truth: None,
            top: Vec::new(),
        });
    }
    let pieces: Vec<(f64, f64)> = songs.into_values().collect();
    let mut baselines = BTreeMap::new();
    if let Some(train) = train {
        baselines.insert("majority", figures(asked, &majority(train, asked.len())));
    }
    Report {
        pieces: asked.len(),
        unit: "clips",
        items: asked.len(),
        metrics: figures(asked, answers),
        intervals: if pieces.is_empty() { BTreeMap::new() } else { [("quadrant", interval(&pieces))].into() },
        baselines,
        calibration: calibration.bins(),
        predictions,
    }
}

/// Answers that are right most often in `train`; their quadrant is the one of the sides where no quadrant is more frequent.
fn majority<T: Rated>(train: &[T], count: usize) -> Vec<Felt> {
    let side = |of: fn(&T) -> f32| {
        let high = train.iter().filter(|clip| of(clip) >= 0.0).count();
        if 2 * high >= train.len() { 1.0 } else { -1.0 }
    };
    let affect = Affect::new(side(|clip| clip.point().0), side(|clip| clip.point().1), 0.0);
    vec![Felt::at(affect, 0.25); count]
}

/// The figures alone.
pub(super) fn figures<T: Rated>(asked: &[&T], answers: &[Felt]) -> BTreeMap<&'static str, f64> {
    let mut figures = BTreeMap::new();
    let labelled: Vec<(&&T, &Felt)> =
        asked.iter().zip(answers).filter(|(clip, _)| clip.quadrant().is_some()).collect();
    let share = |is: fn(&T, &Felt) -> bool| {
        let right = labelled.iter().filter(|(clip, felt)| is(clip, felt)).count();
        right as f64 / labelled.len().max(1) as f64
    };
    if !labelled.is_empty() {
        figures.insert("quadrant", share(|clip, felt| clip.quadrant() == Some(felt.quadrant)));
        figures.insert(
            "valence_acc",
            share(|clip, felt| (clip.point().0 >= 0.0) == (felt.quadrant == 1 || felt.quadrant == 4)),
        );
        figures.insert("arousal_acc", share(|clip, felt| (clip.point().1 >= 0.0) == (felt.quadrant < 3)));
    }
    let r = |truth: fn(&T) -> f32, answer: fn(Affect) -> f32| {
        let pair = |(clip, felt): (&&T, &Felt)| (f64::from(truth(clip)), f64::from(answer(felt.affect)));
        correlation(asked.iter().zip(answers).map(pair))
    };
    figures.insert("valence_r", r(|clip| clip.point().0, |affect| affect.valence));
    figures.insert("arousal_r", r(|clip| clip.point().1, |affect| affect.arousal));
    figures
}
