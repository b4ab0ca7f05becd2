//! What every composed song must keep, over many seeds, feelings and metres.

mod compose_checks;

use compose_checks::{
    METERS, bars, contour_kept, feeling, fit, melody, pitch_faults, return_of_motif, shape_faults,
};
use kmidi_music::song::Role;
use kmidi_music::{Affect, Intent, Meter, Note, Song, Ticks};
use kmidi_studio::compose::{Plan, compose, plan};

fn pairs(song: &Song) -> Vec<(u64, u8)> {
    melody(song).iter().map(|n| (n.onset.0, n.pitch)).collect()
}

/// Songs over the plane of feelings, arcs, metres, lengths and seeds.
fn songs() -> impl Iterator<Item = (String, Plan, Song)> {
    (0..240u64).map(|i| {
        let step = |k: u64| ((i * k) % 9) as f32 / 4.0 - 1.0;
        let mut intent = feeling(step(1), step(4), i);
        if i % 3 == 0 {
            intent.arc.push((1.0, Affect::new(step(5), step(7), 0.0)));
        }
        if i % 2 == 0 {
            intent.meter = METERS[(i / 2) as usize % METERS.len()].parse().ok();
        }
        if i % 5 == 0 {
            intent.bars = Some(1 + (i as u32 * 7) % 70);
        }
        let (plan, song) = compose(&intent).unwrap();
        (format!("{intent:?}"), plan, song)
    })
}

#[test]
fn songs_add_up_and_stay_in_key() {
    for (name, plan, song) in songs() {
        assert_eq!(shape_faults(&plan, &song), Vec::<String>::new(), "{name}");
        assert_eq!(pitch_faults(&song), Vec::<String>::new(), "{name}");
        for chord in &plan.chords {
            assert!(chord.why.len() > 8 && chord.terms.iter().all(|t| t.1.is_finite()), "{name} {chord:?}");
        }
    }
}

/// The bounds are those of people: chord tones on strong beats between 0.6 and 0.95 on the whole; no pitch more than 17 times in a row, the most in the train split of POP909; a
/// twelfth, as in a song for one voice.
#[test]
fn tunes_fit_their_chords_as_those_of_people_do() {
    let (mut strong, mut resolved) = ([0; 2], Vec::new());
    for (name, plan, song) in songs() {
        let found = fit(&plan, &song);
        assert!(found.run <= 17 && found.range.1 - found.range.0 <= 19, "{name} {found:?}");
        assert!(found.strong[1] as f64 >= 0.4 * found.strong[0] as f64, "{name} {found:?}");
        strong = [strong[0] + found.strong[0], strong[1] + found.strong[1]];
        resolved.extend(found.resolved);
    }
    let share = strong[1] as f64 / strong[0] as f64;
    println!(
        "chord tones on first beats {share:.3}; of {} foreign notes {} go on by step",
        resolved.len(),
        resolved.iter().filter(|&&s| s <= 2).count()
    );
    assert!((0.6..=0.95).contains(&share), "{share}");
    assert!(resolved.iter().all(|&step| step <= 4), "{resolved:?}");
    assert!(
        resolved.iter().filter(|&&step| step <= 2).count() as f64 >= 0.8 * resolved.len() as f64,
        "{resolved:?}"
    );
    // A tune moved by a semitone fits no longer.
    let (plan, mut song) = compose(&feeling(0.5, 0.2, 3)).unwrap();
    song.tracks[0].notes.iter_mut().for_each(|note| note.pitch += 1);
    let moved = fit(&plan, &song);
    assert!((moved.strong[1] as f64) < 0.6 * moved.strong[0] as f64, "{moved:?}");
}

#[test]
fn planted_faults_are_caught() {
    let (plan, good) = compose(&feeling(0.5, 0.2, 3)).unwrap();
    let plant = |change: &dyn Fn(&mut Song)| {
        let mut song = good.clone();
        change(&mut song);
        (shape_faults(&plan, &song).len(), pitch_faults(&song).len())
    };
    assert_eq!(plant(&|_| {}), (0, 0));
    assert!(
        plant(&|s| s.tracks[0].notes[3].pitch += 1).1 + plant(&|s| s.tracks[0].notes[3].pitch -= 1).1 > 0
    );
    assert!(plant(&|s| s.tracks[1].notes[3].pitch += 1).1 > 0);
    assert!(plant(&|s| s.tracks[0].notes[3].duration = Ticks(9_999)).0 > 0);
    assert!(plant(&|s| s.tracks[2].notes[0].velocity = 0).0 > 0);
    assert!(plant(&|s| s.tracks[2].notes[0].pitch = 20).0 > 0);
    assert!(
        plant(&|s| {
            s.chords.remove(2);
        })
        .0 > 0
    );
    assert!(plant(&|s| s.tracks[1].notes.swap(0, 9)).0 > 0);
}

#[test]
fn the_motif_returns() {
    let (mut worst, mut gap) = (1.0f64, 0.0);
    let (mut count, mut kept, mut contours) = (0, 0.0, Vec::new());
    for seed in 0..60 {
        for (v, a) in [(0.7, 0.5), (-0.6, 0.6), (-0.6, -0.3), (0.5, -0.2)] {
            let (plan, song) = compose(&feeling(v, a, seed)).unwrap();
            let notes = pairs(&song);
            let real = return_of_motif(&bars(&plan, &notes));
            contours.extend(contour_kept(&bars(&plan, &notes)));
            // The same notes at the same number of onsets, both in another order.
            let mut order: Vec<u64> = (0..notes.len() as u64).collect();
            order.sort_by_key(|i| (i * 2_654_435_761 + seed * 97) % 1_009);
            let gaps: Vec<u64> =
                (0..notes.len()).map(|i| notes.get(i + 1).map_or(480, |next| next.0 - notes[i].0)).collect();
            let mut at = 0;
            let shuffled: Vec<(u64, u8)> = order
                .iter()
                .map(|&i| {
                    at += gaps[i as usize];
                    (at - gaps[i as usize], notes[(i as usize * 7 + 3) % notes.len()].1)
                })
                .collect();
            let random = return_of_motif(&bars(&plan, &shuffled));
            worst = worst.min(real - random);
            gap += real - random;
            kept += real;
            count += 1;
        }
    }
    let (kept, gap) = (kept / f64::from(count), gap / f64::from(count));
    let contour = contours.iter().sum::<f64>() / contours.len() as f64;
    println!("likeness {kept:.3}, contour {contour:.3}, above shuffled by {gap:.3}, at worst {worst:.3}");
    assert!(kept > 0.75 && gap > 0.35 && worst > 0.1 && contour > 0.6, "{kept} {gap} {worst} {contour}");
}

#[test]
fn lines_are_singable_and_end_at_home() {
    let (mut steps, mut leaps, mut recovered, mut all, mut repeats) = (0, 0, 0, 0, 0);
    for (name, plan, song) in songs().filter(|s| s.1.bars >= 8) {
        let notes = melody(&song);
        for w in notes.windows(3) {
            let (first, second) = (
                i32::from(w[1].pitch) - i32::from(w[0].pitch),
                i32::from(w[2].pitch) - i32::from(w[1].pitch),
            );
            all += 1;
            steps += i32::from((1..=2).contains(&first.abs()));
            repeats += i32::from(first == 0);
            assert!(first.abs() <= 12, "{name}: a leap of {first}");
            if first.abs() > 5 {
                leaps += 1;
                recovered += i32::from(first.signum() != second.signum());
            }
        }
        let last = notes.last().unwrap();
        let tonic = plan.key.tonic.pitch_class().value();
        assert_eq!(last.pitch % 12, tonic, "{name}");
        assert!(last.duration.0 >= plan.meter.bar(480).0 / 2, "{name}");
        assert_eq!(song.chords.last().unwrap().chord.root, plan.key.tonic, "{name}");
    }
    let share = |n: i32, of: i32| f64::from(n) / f64::from(of);
    let figures = (share(steps, all), share(leaps, all), share(recovered, leaps), share(repeats, all));
    println!(
        "steps {:.2}, leaps over a fourth {:.2}, of them turned back {:.2}, repeats {:.2}",
        figures.0, figures.1, figures.2, figures.3
    );
    assert!(figures.0 > 0.45 && figures.1 < 0.12 && figures.2 > 0.8 && figures.3 < 0.25, "{figures:?}");
}

#[test]
fn each_section_has_one_climax() {
    let (mut once, mut all) = (0, 0);
    for seed in 0..80 {
        let (plan, song) = compose(&feeling(0.4, 0.1, seed)).unwrap();
        let bar = plan.meter.bar(480).0;
        for s in &plan.sections {
            let inside =
                |n: &&Note| (s.start_bar..s.start_bar + s.bars).contains(&((n.onset.0 / bar) as u32));
            let pitches: Vec<_> = melody(&song).iter().filter(inside).map(|n| n.pitch).collect();
            let top = pitches.iter().max().unwrap();
            once += i32::from(pitches.iter().filter(|p| *p == top).count() == 1);
            all += 1;
        }
    }
    assert!(once * 100 >= all * 95, "{once} of {all}");
}

#[test]
fn feeling_is_heard() {
    let notes_a_second = |song: &Song| {
        let count: usize = song.tracks.iter().map(|t| t.notes.len()).sum();
        count as f64 / song.tempo.seconds(song.end()).0
    };
    let loudness = |song: &Song| {
        let all: Vec<f64> =
            song.tracks.iter().flat_map(|t| &t.notes).map(|n| f64::from(n.velocity)).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    let height = |song: &Song| {
        melody(song).iter().map(|n| f64::from(n.pitch)).sum::<f64>() / melody(song).len() as f64
    };
    let shortness = |song: &Song| {
        let held = |w: &[Note]| w[0].duration.0 as f64 / (w[1].onset.0 - w[0].onset.0) as f64;
        -melody(song).windows(2).map(held).sum::<f64>() / melody(song).len() as f64
    };
    let melody_rate = |song: &Song| melody(song).len() as f64 / song.tempo.seconds(song.end()).0;
    let bright = |plan: &Plan| {
        plan.chords.iter().filter(|c| !c.roman.starts_with(['i', 'v'])).count() as f64
            / plan.chords.len() as f64
    };
    for valence in [-0.7, 0.0, 0.7] {
        let rows: Vec<[f64; 6]> = [-0.9, -0.5, 0.0, 0.5, 0.9]
            .into_iter()
            .map(|arousal| {
                let mut sums = [0.0; 6];
                for seed in 0..12 {
                    let mut intent = feeling(valence, arousal, seed);
                    intent.meter = Some(Meter::COMMON);
                    let (plan, song) = compose(&intent).unwrap();
                    let row = [
                        plan.tempo.0,
                        notes_a_second(&song),
                        loudness(&song),
                        height(&song),
                        melody_rate(&song),
                        shortness(&song),
                    ];
                    sums.iter_mut().zip(row).for_each(|(s, x)| *s += x / 12.0);
                }
                sums
            })
            .collect();
        for (cue, name) in
            ["tempo", "notes a second", "loudness", "height", "melody notes a second", "short notes"]
                .iter()
                .enumerate()
        {
            let line: Vec<f64> = rows.iter().map(|r| r[cue]).collect();
            println!("valence {valence}, {name}: {line:.2?}");
            assert!(line.windows(2).all(|w| w[0] < w[1]), "{name} at valence {valence}: {line:?}");
        }
    }
    for arousal in [-0.7, 0.0, 0.7] {
        let line: Vec<f64> = [-0.9, -0.4, 0.3, 0.9]
            .into_iter()
            .map(|v| {
                (0..24).map(|seed| bright(&plan(&feeling(v, arousal, seed)).unwrap())).sum::<f64>() / 24.0
            })
            .collect();
        println!("arousal {arousal}, major chords: {line:.2?}");
        assert!(
            line.windows(2).all(|w| w[0] < w[1] + 0.03) && line[3] > line[0] + 0.25,
            "arousal {arousal}: {line:?}"
        );
    }
    let quiet = compose(&feeling(0.3, -0.95, 1)).unwrap().1;
    assert!(quiet.track(Role::Drums).is_none() && melody(&quiet).iter().all(|n| n.velocity < 75));
}

#[test]
fn drums_mark_the_form() {
    for seed in 0..20 {
        let (plan, song) =
            compose(&Intent { meter: Some(Meter::COMMON), ..feeling(0.6, 0.7, seed) }).unwrap();
        let drums = &song.track(Role::Drums).unwrap().notes;
        let strokes = |bar: u32, pitches: &[u8]| {
            let inside = |n: &&Note| n.onset.0 / 1_920 == u64::from(bar) && pitches.contains(&n.pitch);
            drums.iter().filter(inside).count()
        };
        for section in &plan.sections[..plan.sections.len() - 1] {
            let last = section.start_bar + section.bars - 1;
            assert!(strokes(last, &[43, 45, 48, 50]) > 0, "no fill in bar {}", last + 1);
            assert_eq!(strokes(last - 1, &[43, 45, 48, 50]), 0);
        }
        assert_eq!((strokes(plan.bars - 1, &[49]), strokes(plan.bars - 1, &[38, 42])), (1, 0));
    }
}

#[test]
fn chords_are_voiced_between_e3_and_g5_and_move_little() {
    for (name, plan, song) in songs().filter(|s| s.1.bars > 3) {
        // Notes of the chord track that sound in each chord of the plan.
        let track = &song.track(Role::Chords).unwrap().notes;
        let voicings: Vec<Vec<u8>> = song
            .chords
            .iter()
            .map(|c| {
                let inside = |n: &&Note| n.onset >= c.onset && n.onset < c.onset + c.duration;
                let mut v: Vec<u8> = track.iter().filter(inside).map(|n| n.pitch).collect();
                v.sort_unstable();
                v.dedup();
                v
            })
            .collect();
        assert!(voicings.iter().all(|v| (1..=4).contains(&v.len())), "{name}");
        for pair in voicings.windows(2).filter(|p| p[0].len() == p[1].len()) {
            let moves = pair[0].iter().zip(&pair[1]).map(|(a, b)| a.abs_diff(*b));
            assert!(moves.max() <= Some(11), "{name} {pair:?}");
        }
        assert_eq!(plan.chords.len(), voicings.len());
    }
}
