//! What is taken from a performance comes back when it is given to the same notes.

use crate::{Random, common, drum, grid, played};
use kmidi_music::{Meter, TempoMap, Ticks};
use kmidi_studio::groove::{Amounts, Bars, Extract, Note, Quantise, apply, extract, quantise};

#[test]
fn what_was_taken_comes_back_over_a_thousand_bars() {
    let bars = common(960);
    let notes = played(1000);
    let template = extract(&notes, &bars, &Extract::default());
    template.check().unwrap();
    let plain = quantise(&notes, &bars, &Quantise::default());
    assert!(plain.iter().all(|note| note.onset % 240 == 0));
    let back = apply(&template, &plain, &bars, &Amounts::default());
    for (note, back) in notes.iter().zip(&back) {
        assert!(
            note.onset.abs_diff(back.onset) <= 1 && note.velocity.abs_diff(back.velocity) <= 1,
            "{note:?} {back:?}"
        );
    }
    // A planted fault: a template of another bar is no identity.
    let folded = extract(&notes, &bars, &Extract { bars: Some(1), ..Extract::default() });
    assert_ne!(apply(&folded, &plain, &bars, &Amounts::default()), back);
}

#[test]
fn what_was_taken_comes_back_under_any_tempo_metre_and_division() {
    let meter = |numerator, denominator| Meter { numerator, denominator };
    let tempo = TempoMap::from_micros(
        960,
        (0..60).map(|n| (Ticks(1100 * n), 300_000 + 11_000 * n as u32 + 200_000 * (n as u32 % 3))).collect(),
    );
    // While the tempo jumps and creeps.
    let all = [
        (4, "1/16", meter(4, 4)),
        (6, "1/16T", meter(12, 8)),
        (5, "1/16Q", meter(5, 4)),
        (4, "1/16", meter(7, 8)),
    ];
    for (steps, name, meter) in all {
        let bars = Bars::new(tempo.clone(), &[(Ticks(0), meter)]);
        let mut random = Random(u64::from(steps));
        let step = 960.0 / f64::from(steps);
        let notes: Vec<Note> = (1..60 * u64::from(steps))
            .map(|n| {
                let off = random.below((0.6 * step) as u64) as f64 - 0.3 * step;
                drum(
                    (n as f64 * step + off).round() as u64,
                    [36, 38, 42][n as usize % 3],
                    20 + random.below(100) as u8,
                )
            })
            .collect();
        let options = Extract { steps_per_quarter: steps, ..Extract::default() };
        let template = extract(&notes, &bars, &options);
        let how = Quantise { grid: grid(name), ..Quantise::default() };
        let plain = quantise(&notes, &bars, &how);
        let back = apply(&template, &plain, &bars, &Amounts::default());
        let off = notes.iter().zip(&back).filter(|(note, back)| {
            note.onset.abs_diff(back.onset) > 1 || note.velocity.abs_diff(back.velocity) > 1
        });
        assert_eq!(off.count(), 0, "{name} {meter:?}");
    }
}
