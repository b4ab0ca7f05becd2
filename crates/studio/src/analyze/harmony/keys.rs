//! Which key holds when, and the key of the piece: from the chords and from what sounds.

use super::Tuning;
use super::chords::{Run, is_tonal};
use crate::analyze::report::Analysis;
use crate::analyze::roman::{hear, smooth};
use kmidi_engine::HarmonyEvidence;
use kmidi_engine::harmony::chord::{self, NONE, STATES};
use kmidi_engine::harmony::context::{Context, Family, KeyBelief, tables};
use kmidi_engine::harmony::key::KEYS;
use kmidi_engine::harmony::modes::Degrees;
use kmidi_music::{Key, Mode, PitchClass};

/// Measurements in a second.
const MEASUREMENTS_A_SECOND: f32 = 25.0;
/// The share of unexpected chords in any key.
const UNEXPECTED: f32 = 0.002;
/// Bounds of the log-odds of a chord in a key.
const ODDS: (f32, f32) = (-3.0, 3.0);

/// What is believed of the keys at each chord that is not [`NONE`].
pub(super) fn beliefs(
    tuning: &Tuning,
    context: &mut Context,
    runs: &[Run],
    evidence: &[&HarmonyEvidence],
) -> Vec<KeyBelief> {
    let sung: Vec<&Run> = runs.iter().filter(|run| run.state != NONE).collect();
    let chords: Vec<_> = sung.iter().map(|run| run.sounding()).collect();
    let (mut heard, _) = hear(context, &chords);
    for (run, said) in sung.iter().zip(&mut heard) {
        let mut sums = [0.0; KEYS];
        for measured in &evidence[run.from..run.to] {
            sums.iter_mut().zip(measured.keys).for_each(|(sum, score)| *sum += score);
        }
        let top = sums.iter().fold(f32::MIN, |a, &b| a.max(b));
        let tilt = sums.map(|sum| libm::expf(tuning.chroma * (sum - top)).max(1e-9));
        for table in [&mut said.start, &mut said.stay, &mut said.enter] {
            for row in table {
                row.iter_mut().zip(&tilt).for_each(|(p, tilt)| *p *= tilt);
            }
        }
    }
    smooth(context.model(), &heard)
}

/// How likely each family is on each root above the tonic, by mode, against any root.
fn odds_in_mode() -> [[[f32; Family::COUNT]; 12]; 2] {
    let mut shares = [[[0.0f32; Family::COUNT]; 12]; 2];
    for counts in [&tables::EARLY.chords, &tables::LATER.chords, &tables::SONG.chords] {
        for (mode, roots) in counts.iter().enumerate() {
            let total: f32 = roots.iter().flatten().map(|&n| n as f32).sum();
            for (shares, counts) in shares[mode].iter_mut().flatten().zip(roots.iter().flatten()) {
                *shares += *counts as f32 / total / 3.0;
            }
        }
    }
    let mut family = [0.0; Family::COUNT];
    for row in shares.iter().flatten() {
        family.iter_mut().zip(row).for_each(|(sum, p)| *sum += (p + UNEXPECTED) / 24.0);
    }
    shares.map(|roots| roots.map(|row| std::array::from_fn(|f| (row[f] + UNEXPECTED) / family[f])))
}

/// The log-odds of each chord state by measurement, as the keys there expect.
pub(super) fn expectations(
    tuning: &Tuning,
    runs: &[Run],
    beliefs: &[KeyBelief],
    measurements: usize,
) -> Vec<[f32; STATES]> {
    let odds = odds_in_mode();
    let mut out = Vec::with_capacity(measurements);
    let mut n = 0;
    for run in runs {
        let belief = &beliefs[n.min(beliefs.len() - 1)].likely;
        n += usize::from(run.state != NONE);
        let mut row = [0.0; STATES];
        for (state, slot) in row[..NONE].iter_mut().enumerate() {
            let Some((root, quality)) = chord::parts(state) else { continue };
            let family = Family::above(quality.degrees().semitones(), PitchClass::new(0)).index();
            let fit: f32 = (0..KEYS)
                .map(|key| belief[key] * odds[key / 12][(root.index() + 24 - key) % 12][family])
                .sum();
            *slot = tuning.expected * libm::logf(fit.max(1e-6)).clamp(ODDS.0, ODDS.1);
        }
        out.extend(std::iter::repeat_n(row, run.to - run.from));
    }
    out
}

/// How many signs of the key of a piece there are.
pub(super) const SIGNS: usize = 4;
/// The least share of the time that a key is believed in.
const BELIEVED: f32 = 0.02;

/// The signs of each key being that of the piece, in the order of their weights in [`Tuning::signs`]: the fit of its
/// profile, the logarithm of the share of the time in which it is believed in, the share of the time that its tonic triad
/// has, and whether the first and last chords are its tonic triad.
pub(super) fn signs(
    runs: &[Run],
    beliefs: &[KeyBelief],
    evidence: &[&HarmonyEvidence],
) -> [[f32; SIGNS]; KEYS] {
    let fits = profile_fits(evidence).unwrap_or([0.0; KEYS]);
    let sung: Vec<&Run> = runs.iter().filter(|run| run.state != NONE).collect();
    let total: f32 = sung.iter().map(|run| run.seconds() as f32).sum::<f32>().max(f32::MIN_POSITIVE);
    std::array::from_fn(|key| {
        let is_tonic = |run: &Run| tonic_of(run.state) == Some(key);
        let (mut believed, mut tonic) = (0.0, 0.0);
        for (run, belief) in sung.iter().zip(beliefs) {
            let share = run.seconds() as f32 / total;
            believed += share * belief.likely[key];
            tonic += if is_tonic(run) { share } else { 0.0 };
        }
        let ends = [sung.first(), sung.last()].into_iter().flatten().filter(|run| is_tonic(run)).count();
        [fits[key], libm::logf(believed + BELIEVED), tonic, ends as f32 / 2.0]
    })
}

/// The key whose tonic triad the chord has in it.
fn tonic_of(state: usize) -> Option<usize> {
    let (root, quality) = chord::parts(state)?;
    let tones = quality.degrees().semitones();
    let has = |third: i32| tones.contains(PitchClass::new(third)) && tones.contains(PitchClass::new(7));
    match (has(4), has(3)) {
        (true, _) => Some(root.index()),
        (_, true) => Some(12 + root.index()),
        _ => None,
    }
}

/// How well the profile of each key fits the tonal measurements, nats a second; `None` when there are none.
fn profile_fits(evidence: &[&HarmonyEvidence]) -> Option<[f32; KEYS]> {
    let (mut sums, mut count) = ([0.0; KEYS], 0.0);
    for measured in evidence.iter().filter(|measured| is_tonal(measured)) {
        sums.iter_mut().zip(measured.keys).for_each(|(sum, score)| *sum += score);
        count += 1.0;
    }
    (count > 0.0).then(|| sums.map(|sum| sum * MEASUREMENTS_A_SECOND / count))
}

/// Which modes show: in each stretch of one key, and in all those of the key of the piece.
pub(super) fn tell_modes(runs: &[Run], answer: &mut Analysis) {
    let sung = |run: &&Run| run.state != NONE;
    let heard = |degrees: &mut Degrees, run: &Run| degrees.hear(run.sounding().set, run.seconds() as f32);
    let shown = |label: &Option<String>, degrees: &Degrees| {
        let key: Key = label.as_ref()?.parse().ok()?;
        degrees.mode(key.tonic.pitch_class(), key.mode.is_minor()).map(Mode::name)
    };
    let mut all = Degrees::default();
    let label = answer.key.as_ref().map(|key| key.label.clone());
    for segment in &mut answer.keys {
        let mut degrees = Degrees::default();
        let inside = |run: &&Run| segment.start <= run.heard.0 && run.heard.0 < segment.end;
        for run in runs.iter().filter(sung).filter(inside) {
            heard(&mut degrees, run);
            if segment.label == label {
                heard(&mut all, run);
            }
        }
        segment.mode = shown(&segment.label, &degrees);
    }
    answer.key.iter_mut().for_each(|key| key.mode = shown(&label, &all));
}

/// The key of the piece and its probability; `None` when nothing tonal sounds.
pub(super) fn of_piece(
    tuning: &Tuning,
    runs: &[Run],
    beliefs: &[KeyBelief],
    evidence: &[&HarmonyEvidence],
) -> Option<(usize, f32)> {
    profile_fits(evidence)?;
    let signs = signs(runs, beliefs, evidence);
    let scores =
        signs.map(|signs| signs.iter().zip(tuning.signs).map(|(sign, weight)| sign * weight).sum::<f32>());
    let top = scores.iter().fold(f32::MIN, |a, &b| a.max(b));
    let weights = scores.map(|score| libm::expf(score - top));
    let total: f32 = weights.iter().sum();
    let best = (1..KEYS).fold(0, |best, key| if weights[key] > weights[best] { key } else { best });
    Some((best, weights[best] / total))
}
