//! The next chord, from the chords so far and the melody before it.
//!
//! A token is (root in key, family), changes only; the key and the place of the chord that is asked for are known. `nats` is the mean of
//! -ln p, `top1` and `top3` say whether the token is among the likeliest, all over every token of every piece, the first included. `length` is
//! the share of chords whose length, rounded to [`LENGTHS`](kmidi_neural::harmony::LENGTHS), is told right. Baselines: n-grams with the smoothing
//! of Witten and Bell (1991), counted on the training split, and the rules of [`Suggester`] alone.

use super::Columns;
use super::harmony::Piece;
use super::progression::{Labelled, changes, melody};
use super::report::{Calibration, Prediction, Report, Tally, interval};
use kmidi_engine::harmony::context::Family;
use kmidi_engine::harmony::suggest::{Suggester, Wish};
use kmidi_kernels::math;
use kmidi_music::{Key, Mode, PitchClass, PitchName};
use kmidi_neural::LoadError;
use kmidi_neural::chord::{Note, TOKENS, token};
use kmidi_neural::harmony::{CONTEXT, Encoder, Harmony, MEMORY, Now, SLOTS, length_class};
use std::collections::BTreeMap;

/// What the network is shown at every change of chord, and what came.
#[must_use]
pub fn examples(pieces: &[Piece]) -> Columns {
    let mut columns = Columns::new(&[
        ("context", CONTEXT),
        ("memory", SLOTS * MEMORY),
        ("slots", SLOTS),
        ("last", 1),
        ("token", 1),
        ("length", 1),
        ("piece", 1),
    ]);
    let mut encoder = Encoder::new();
    for (number, piece) in pieces.iter().enumerate() {
        encoder.reset();
        let (row, melody) = (changes(piece), melody(piece));
        for (index, chord) in row.iter().enumerate() {
            encoder.step(heard(&row, index).as_ref(), &now(chord, melody.as_deref()));
            columns.push(&[
                &encoder.context,
                encoder.memory.as_flattened(),
                &encoder.slots.map(|slot| slot as f32),
                &[encoder.last as f32],
                &[chord.token as f32],
                &[length_class(lasted(&row, index)) as f32],
                &[number as f32],
            ]);
        }
    }
    columns
}

fn heard(row: &[Labelled<'_>], index: usize) -> Option<kmidi_neural::harmony::Heard> {
    index.checked_sub(1).map(|before| row[before].heard)
}

fn now<'a>(chord: &Labelled<'_>, melody: Option<&'a [Note]>) -> Now<'a> {
    Now { onset: chord.chord.onset as f32, home: chord.home, metre: chord.metre, melody }
}

/// Until the next change; the last one as long as it is written.
fn lasted(row: &[Labelled<'_>], index: usize) -> f32 {
    let here = row[index].chord;
    row.get(index + 1).map_or(here.duration, |next| next.chord.onset - here.onset) as f32
}

/// Asks for every change of chord.
///
/// # Errors
///
/// A [`LoadError`] where `onnx` is no network of this task.
pub fn evaluate(pieces: &[Piece], train: Option<&[Piece]>, onnx: &[u8]) -> Result<Report, LoadError> {
    let mut report = Report { pieces: pieces.len(), unit: "changes of chord", ..Report::default() };
    let mut model = Harmony::new(onnx)?;
    let mut rules = Suggester::new();
    let counts = train.map(|train| {
        let rows: Vec<Vec<usize>> = train.iter().map(tokens).collect();
        [0, 1, 2, 3].map(|order| NGram::new(order, &rows))
    });
    let (mut ours, mut alone) = (Tally::default(), Tally::default());
    let mut simple = [0; 4].map(|_: usize| Tally::default());
    let mut calibration = Calibration::default();
    let mut by_piece = Vec::new();
    for piece in pieces {
        model.reset();
        rules.reset();
        let (row, melody) = (changes(piece), melody(piece));
        let history: Vec<usize> = row.iter().map(|chord| chord.token).collect();
        let mut right_here = 0.0;
        for (index, chord) in row.iter().enumerate() {
            report.items += 1;
            let expected = model.step(heard(&row, index).as_ref(), &now(chord, melody.as_deref()));
            let ranked = best(&expected.chords);
            let share = expected.chords[chord.token];
            ours.add("nats", -f64::from(math::ln(share.max(1e-12))));
            ours.add("top1", right(ranked[0] == chord.token));
            ours.add("top3", right(ranked.contains(&chord.token)));
            let lengths = &expected.lengths;
            let told =
                (0..lengths.len()).fold(0, |best, at| if lengths[at] > lengths[best] { at } else { best });
            ours.add("length", right(told == length_class(lasted(&row, index))));
            right_here += right(ranked[0] == chord.token);
            calibration.add(expected.chords[ranked[0]], ranked[0] == chord.token);
            report.predictions.push(Prediction {
                id: piece.id.clone(),
                index: chord.index,
                answer: Some(name(ranked[0], chord)),
                prob_of_truth: Some(share),
                top: ranked.map(|token| (name(token, chord), expected.chords[token])).to_vec(),
            });
            let key = chord.key.unwrap_or(Key::from_pitch_class(chord.home.tonic, Mode::Major));
            ask(&mut rules, key, chord, &mut alone);
            for (counts, tally) in counts.iter().flatten().zip(&mut simple) {
                counts.ask(&history[..index], chord.token, tally);
            }
            hear(&mut rules, key, chord);
        }
        by_piece.push((right_here, row.len() as f64));
    }
    report.metrics = ours.of(report.items);
    report.intervals.insert("top1", interval(&by_piece));
    report.calibration = calibration.bins();
    report.baselines.insert("rules alone", alone.of(report.items));
    if counts.is_some() {
        let names = ["order 0", "order 1", "order 2", "order 3"];
        report.baselines.extend(names.into_iter().zip(simple.map(|tally| tally.of(report.items))));
    }
    Ok(report)
}

fn right(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// The three likeliest, the lower first of equals.
pub(super) fn best(shares: &[f32; TOKENS]) -> [usize; 3] {
    let mut order: Vec<usize> = (0..TOKENS).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    [order[0], order[1], order[2]]
}

const FAMILIES: [&str; Family::COUNT] = ["maj", "min", "7", "maj7", "min7", "dim", "hdim7", "aug", "sus"];

/// A token as text: root and family.
pub(super) fn name(token: usize, at: &Labelled<'_>) -> String {
    let root = PitchClass::new((token / Family::COUNT) as i32 + i32::from(at.home.tonic.value()));
    format!("{}:{}", PitchName::nearest(root, 0), FAMILIES[token % Family::COUNT])
}

fn tokens(piece: &Piece) -> Vec<usize> {
    changes(piece).iter().map(|chord| chord.token).collect()
}

/// The rules rank chords of their table, several of which may be one token.
fn ask(rules: &mut Suggester, key: Key, at: &Labelled<'_>, tally: &mut Tally) {
    let mut told: Vec<usize> = Vec::new();
    for next in rules.suggest(key, &Wish::default()) {
        let root = next.chord.root.pitch_class();
        let token = token(root, Family::above(next.chord.pitch_classes(), root), at.home.tonic);
        if !told.contains(&token) {
            told.push(token);
        }
    }
    tally.add("top1", right(told.first() == Some(&at.token)));
    tally.add("top3", right(told.iter().take(3).any(|&token| token == at.token)));
}

fn hear(rules: &mut Suggester, key: Key, at: &Labelled<'_>) {
    let chord = kmidi_music::chord::name::on_root(at.heard.root, at.heard.bass, at.sounding.set, None);
    rules.hear(&chord, key);
}

/// An n-gram as `baselines.md` defines it: interpolated, with the smoothing of Witten and Bell, and a floor of 1/96.
struct NGram {
    order: usize,
    /// By context: tokens with their counts, in the order in which they were first met.
    after: BTreeMap<Vec<usize>, Vec<(usize, f64)>>,
}

impl NGram {
    fn new(order: usize, rows: &[Vec<usize>]) -> Self {
        let mut after: BTreeMap<Vec<usize>, Vec<(usize, f64)>> = BTreeMap::new();
        for row in rows {
            for (index, &token) in row.iter().enumerate() {
                for length in 0..=order.min(index) {
                    let counts = after.entry(row[index - length..index].to_vec()).or_default();
                    match counts.iter_mut().find(|known| known.0 == token) {
                        Some(known) => known.1 += 1.0,
                        None => counts.push((token, 1.0)),
                    }
                }
            }
        }
        Self { order, after }
    }

    fn ask(&self, history: &[usize], truth: usize, tally: &mut Tally) {
        let mut share = 1.0 / 96.0;
        let mut top: Vec<(usize, f64)> = Vec::new();
        for length in 0..=self.order.min(history.len()) {
            let Some(counts) = self.after.get(&history[history.len() - length..]) else { continue };
            let all: f64 = counts.iter().map(|count| count.1).sum();
            let here = counts.iter().find(|count| count.0 == truth).map_or(0.0, |count| count.1);
            let kinds = counts.len() as f64;
            share = (here + kinds * share) / (all + kinds);
            top.clone_from(counts);
        }
        top.sort_by(|a, b| b.1.total_cmp(&a.1));
        tally.add("nats", -libm::log(share));
        tally.add("top1", right(top.first().is_some_and(|best| best.0 == truth)));
        tally.add("top3", right(top.iter().take(3).any(|best| best.0 == truth)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(last: &str) -> Piece {
        let chord = |at: usize, root: usize| {
            format!("[{},4,\"x\",{root},{root},[{root},{},{}]]", at * 4, (root + 4) % 12, (root + 7) % 12)
        };
        let row: Vec<String> =
            [0, 5, 7, 0, 5, 7, 0].iter().enumerate().map(|(at, &root)| chord(at, root)).collect();
        let line = format!(
            "{{\"id\":\"a\",\"key\":[[0,\"C:maj\"]],\"melody\":[[0,1,60],[4,1,65],{last}],\"chords\":[{}]}}",
            row.join(",")
        );
        serde_json::from_str(&line).unwrap()
    }

    /// The rows of all inputs, to compare from one place on.
    fn rows(piece: Piece) -> Vec<Vec<f32>> {
        let columns = examples(&[piece]);
        let row = |at: usize| {
            let inputs = columns.columns().iter().take(4);
            inputs.flat_map(|column| column.values[at * column.width..][..column.width].to_vec()).collect()
        };
        (0..columns.rows()).map(row).collect()
    }

    #[test]
    fn no_input_sees_what_it_should_answer() {
        let (one, other) = (rows(piece("[24,1,67]")), rows(piece("[24,1,66]")));
        assert_eq!(one, other, "a note at the onset of the last change is not known there");
        let (one, other) = (rows(piece("[20,1,67]")), rows(piece("[20,1,66]")));
        assert_eq!(one[..6], other[..6]);
        assert_ne!(one[6], other[6], "a note before it is");
        let mut changed = piece("[24,1,67]");
        changed.chords.truncate(6);
        assert_eq!(rows(changed)[..], rows(piece("[24,1,67]"))[..6], "later chords do not matter");
    }

    #[test]
    fn a_piece_that_goes_on_as_before_is_remembered() {
        let columns = examples(&[piece("[20,1,67]")]);
        let of = |name: &str| columns.columns().iter().find(|column| column.name == name).unwrap();
        let slots = &of("slots").values[5 * SLOTS..6 * SLOTS];
        let slot = slots.iter().position(|&token| token == 63.0).unwrap();
        let memory = &of("memory").values[5 * SLOTS * MEMORY..][slot * MEMORY..][..MEMORY];
        assert_eq!(memory[1..3], [1.0, 1.0], "after F came G, and after C F too");
    }

    #[test]
    fn the_n_gram_is_that_of_witten_and_bell() {
        let ngram = NGram::new(1, &[vec![1, 2, 1, 2]]);
        let mut tally = Tally::default();
        ngram.ask(&[1], 2, &mut tally);
        // Order 0: (2 + 2 / 96) / 6; order 1: (2 + p0) / 3.
        let p0 = (2.0 + 2.0 / 96.0) / 6.0;
        let told = tally.of(1);
        assert!((told["nats"] + libm::log((2.0 + p0) / 3.0)).abs() < 1e-12);
        assert_eq!(told["top1"], 1.0);
    }
}
