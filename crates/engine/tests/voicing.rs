//! Voice leading against an exhaustive search that shares no code with it, and against textbook progressions.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the test itself is on no audio thread"
)]

#[path = "common/random.rs"]
mod random;

use kmidi_engine::harmony::voicing::{Blocked, Rule, Rules, Strength, Voicer};
use kmidi_music::notation::symbol;
use kmidi_music::{Chord, Key, roman};
use random::Random;

fn chords(key: &str, progression: &str) -> Vec<Chord> {
    let key: Key = key.parse().unwrap();
    roman::progression(progression, key).unwrap().iter().map(|(key, numeral)| numeral.chord(*key)).collect()
}

fn lead(rules: Rules, chords: &[Chord]) -> Result<(u32, Vec<Vec<u8>>), Blocked> {
    let (mut cost, mut notes) = (0, Vec::new());
    Voicer::new(rules).lead(chords, |voicing| {
        assert_eq!(voicing.cost, voicing.terms().iter().map(|term| term.1).sum::<u32>());
        cost += voicing.cost;
        notes.push(voicing.notes().to_vec());
    })?;
    Ok((cost, notes))
}

/// The rules once more, from their definitions, over whole voicings: how often each is broken.
mod plain {
    use super::*;

    pub(super) fn pcs(chord: &Chord) -> (Vec<i32>, i32, Option<i32>) {
        let pc = |name: kmidi_music::PitchName| i32::from(name.pitch_class().value());
        let mut tones: Vec<i32> = chord.notes().into_iter().map(pc).collect();
        tones.push(pc(chord.bass));
        let seventh = chord.degrees().iter().find(|d| d.number == 7).map(|d| pc(chord.root + d.interval()));
        (tones, pc(chord.bass), seventh)
    }

    /// The tones that must sound, and the fifth if it should.
    pub(super) fn needed(chord: &Chord, rules: &Rules) -> (Vec<i32>, Option<i32>) {
        let pc = |d: kmidi_music::chord::Degree| i32::from((chord.root + d.interval()).pitch_class().value());
        let order: [&[(u8, bool)]; 6] = [
            &[(2, false), (3, false), (4, false)],
            &[(6, false), (7, false)],
            &[(1, false)],
            &[(5, true)],
            &[(9, false), (10, false), (11, false), (12, false), (13, false), (8, false)],
            &[(5, false)],
        ];
        let mut list = Vec::new();
        if rules.strength(Rule::Bass) == Strength::Forbidden {
            list.push(pcs(chord).1);
        }
        let mut fifth = None;
        for (rank, group) in order.iter().enumerate() {
            for degree in chord.degrees().iter() {
                let altered_fifth = degree.number == 5 && degree.alteration != 0;
                let belongs = group
                    .iter()
                    .any(|&(n, altered)| n == degree.number && (n != 5 || altered == altered_fifth));
                if belongs && !list.contains(&pc(degree)) && list.len() < rules.voices {
                    if rank == 5 {
                        fifth = Some(pc(degree));
                    } else {
                        list.push(pc(degree));
                    }
                }
            }
        }
        (list, fifth)
    }

    fn leading(chord: &Chord, rules: &Rules) -> Option<i32> {
        let leading = (i32::from(rules.key?.tonic.pitch_class().value()) + 11) % 12;
        let root = i32::from(chord.root.pitch_class().value());
        (pcs(chord).0.contains(&leading) && (root == leading || (root + 4) % 12 == leading))
            .then_some(leading)
    }

    /// Times each rule is broken by `to` after `from`, and the cost of moving and lying off the middle.
    pub(super) fn judge(
        from: Option<(&[i32], &Chord)>,
        to: &[i32],
        chord: &Chord,
        rules: &Rules,
    ) -> (Vec<(Rule, u32)>, u32) {
        let n = to.len();
        let (_, bass, seventh) = pcs(chord);
        let (_, fifth) = needed(chord, rules);
        let count = |pc: i32| to.iter().filter(|&&x| x % 12 == pc).count();
        let mut out = vec![(Rule::Bass, u32::from(to[0] % 12 != bass))];
        for i in 1..n {
            let d = to[i] - to[i - 1];
            out.push((Rule::Crossing, u32::from(d < 0)));
            out.push((Rule::Unison, u32::from(d == 0)));
            out.push((
                Rule::Spacing,
                u32::from(d.abs() > i32::from(if i == 1 { rules.low_gap } else { rules.gap })),
            ));
        }
        out.push((Rule::Fifth, u32::from(fifth.is_some_and(|f| count(f) == 0))));
        let mut single: Vec<i32> = seventh.into_iter().chain(leading(chord, rules)).collect();
        single.dedup();
        out.extend(single.iter().map(|&pc| (Rule::Doubling, u32::from(count(pc) > 1))));
        let mut cost = 0;
        for (i, &note) in to.iter().enumerate() {
            let (low, high) = rules.ranges[i];
            cost += u32::from(rules.centre) * note.abs_diff((i32::from(low) + i32::from(high)) / 2);
        }
        let Some((from, was)) = from else { return (out, cost) };
        let was_seventh = pcs(was).2;
        for i in 0..n {
            let step = to[i] - from[i];
            cost += 100 * step.unsigned_abs();
            out.push((
                Rule::Leap,
                u32::from(step.abs() > i32::from(rules.leap) && !(i == 0 && step.abs() == 12)),
            ));
            if i + 1 < n {
                out.push((Rule::Overlap, u32::from(to[i] > from[i + 1] || to[i + 1] < from[i])));
            }
            out.push((
                Rule::Seventh,
                u32::from(was_seventh == Some(from[i] % 12) && !(-2..=0).contains(&step)),
            ));
            let shared = pcs(chord).0.contains(&(from[i] % 12));
            out.push((Rule::CommonTones, u32::from(shared && step != 0)));
            let bound = leading(was, rules)
                .is_some_and(|l| from[i] % 12 == l && pcs(chord).0.contains(&((l + 1) % 12)));
            out.push((Rule::Leading, u32::from(bound && step != 0 && step != 1)));
            for j in i + 1..n {
                let other = to[j] - from[j];
                let same = step.signum() * other.signum() == 1;
                let (a, b) = ((from[j] - from[i]).abs() % 12, (to[j] - to[i]).abs() % 12);
                out.push((Rule::ParallelFifths, u32::from(same && a == b && b == 7)));
                out.push((Rule::ParallelOctaves, u32::from(same && a == b && b == 0)));
                let outer = i == 0 && j == n - 1;
                out.push((
                    Rule::Hidden,
                    u32::from(outer && same && a != b && (b == 0 || b == 7) && other.abs() > 2),
                ));
            }
        }
        (out, cost)
    }

    pub(super) fn cost(
        from: Option<(&[i32], &Chord)>,
        to: &[i32],
        chord: &Chord,
        rules: &Rules,
    ) -> Option<u32> {
        let (broken, mut cost) = judge(from, to, chord, rules);
        for (rule, times) in broken {
            match rules.strength(rule) {
                Strength::Forbidden if times > 0 => return None,
                Strength::Cost(each) => cost += u32::from(each) * times,
                _ => {}
            }
        }
        Some(cost)
    }

    fn voicings(chord: &Chord, rules: &Rules) -> Vec<Vec<i32>> {
        let mut all: Vec<Vec<i32>> = vec![vec![]];
        let tones = pcs(chord).0;
        for voice in 0..rules.voices {
            let (low, high) = rules.ranges[voice];
            let notes: Vec<i32> =
                (i32::from(low)..=i32::from(high)).filter(|n| tones.contains(&(n % 12))).collect();
            all = all.iter().flat_map(|v| notes.iter().map(|&n| [&v[..], &[n]].concat())).collect();
        }
        let (needed, _) = needed(chord, rules);
        all.retain(|v| needed.iter().all(|pc| v.iter().any(|n| n % 12 == *pc)));
        all.retain(|v| cost(None, v, chord, rules).is_some());
        all
    }

    /// The least cost over all ways: every way is looked at.
    pub(super) fn least(chords: &[Chord], rules: &Rules) -> Option<u32> {
        fn go(
            at: usize,
            from: Option<&[i32]>,
            chords: &[Chord],
            sets: &[Vec<Vec<i32>>],
            rules: &Rules,
        ) -> Option<u32> {
            let Some(set) = sets.get(at) else { return Some(0) };
            let way = |to: &Vec<i32>| {
                let here = cost(from.map(|f| (f, &chords[at - 1])), to, &chords[at], rules)?;
                Some(here + go(at + 1, Some(to), chords, sets, rules)?)
            };
            set.iter().filter_map(way).min()
        }
        let sets: Vec<_> = chords.iter().map(|chord| voicings(chord, rules)).collect();
        go(0, None, chords, &sets, rules)
    }
}

#[test]
fn nothing_is_cheaper_than_what_is_led() {
    let mut random = Random(8);
    let names = ["", "m", "7", "maj7", "m7", "dim", "m7b5", "aug", "sus4", "9", "6", "dim7"];
    let roots = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    let (mut led, mut blocked) = (0, 0);
    for _ in 0..500 {
        let voices = 2 + random.below(5) as usize;
        let length = if voices > 4 { 2 } else { 2 + random.below(2) as usize };
        let mut rules = Rules::chorale(voices);
        for (voice, range) in rules.ranges.iter_mut().enumerate() {
            let low = 40 + 7 * voice as u8 + random.below(4) as u8;
            *range = (low, low + if voices > 4 { 6 } else { 11 } + random.below(4) as u8);
        }
        rules.leap = 3 + random.below(8) as u8;
        rules.key = ["C", "f", "Bb", "e"][random.below(4) as usize].parse().ok();
        for rule in Rule::ALL {
            let strength = [Strength::Off, Strength::Cost(random.below(900) as u16), Strength::Forbidden];
            rules.set(rule, strength[random.below(3) as usize]);
        }
        let chords: Vec<Chord> = (0..length)
            .map(|_| {
                let name = names[random.below(names.len() as u64) as usize];
                let chord = symbol::parse(&format!("{}{name}", roots[random.below(12) as usize])).unwrap();
                let tones = chord.notes();
                if random.below(3) == 0 {
                    chord.over(tones[random.below(tones.len() as u64) as usize])
                } else {
                    chord
                }
            })
            .collect();
        match (lead(rules, &chords), plain::least(&chords, &rules)) {
            (Ok((cost, notes)), Some(least)) => {
                assert_eq!(cost, least, "{chords:?} {rules:?}");
                let notes: Vec<Vec<i32>> =
                    notes.iter().map(|v| v.iter().map(|&n| n.into()).collect()).collect();
                for at in 0..notes.len() {
                    let from = at.checked_sub(1).map(|b| (&notes[b][..], &chords[b]));
                    assert!(plain::cost(from, &notes[at], &chords[at], &rules).is_some(), "a rule is broken");
                }
                led += 1;
            }
            (Err(Blocked::NoVoicing { index, rule }), None) => {
                assert!(plain::least(&chords[..=index], &rules).is_none());
                assert!(index == 0 || plain::least(&chords[..index], &rules).is_some());
                if let Some(rule) = rule {
                    let mut relaxed = rules;
                    relaxed.set(rule, Strength::Off);
                    assert!(plain::least(&chords[..=index], &relaxed).is_some());
                }
                blocked += 1;
            }
            (ours, plain) => panic!("{ours:?} against {plain:?} for {chords:?} under {rules:?}"),
        }
    }
    println!("{led} progressions led at the least cost, {blocked} that nothing can lead");
    assert!(led > 200 && blocked > 20);
}

#[test]
fn one_step_is_the_best_step() {
    let rules = Rules::chorale(4).in_key("C".parse().ok());
    let pair = chords("C", "V7 I");
    let voicer = Voicer::new(rules);
    let first = voicer.step(None, &pair[0]).unwrap();
    let second = voicer.step(Some((first.notes(), &pair[0])), &pair[1]).unwrap();
    let from: Vec<i32> = first.notes().iter().map(|&n| n.into()).collect();
    let to: Vec<i32> = second.notes().iter().map(|&n| n.into()).collect();
    assert_eq!(plain::cost(Some((&from, &pair[0])), &to, &pair[1], &rules), Some(second.cost));
}

/// Every tritone resolves, nothing runs parallel, all voices move little.
#[test]
fn textbook_progressions() {
    for (key, progression) in [
        ("C", "I IV V7 I"),
        ("G", "I vi ii65 V7 I"),
        ("a", "i iv V7 i"),
        ("F", "I V65 I IV6 Cad64 V7 I"),
        ("Eb", "I viio6 I6 ii65 V7 vi"),
    ] {
        let chords = chords(key, progression);
        let rules = Rules::chorale(4).in_key(key.parse().ok());
        let (_, voices) = lead(rules, &chords).unwrap();
        for (at, pair) in voices.windows(2).enumerate() {
            let before: Vec<i32> = pair[0].iter().map(|&n| n.into()).collect();
            let after: Vec<i32> = pair[1].iter().map(|&n| n.into()).collect();
            let (broken, _) = plain::judge(Some((&before, &chords[at])), &after, &chords[at + 1], &rules);
            let broken: Vec<Rule> = broken.iter().filter(|b| b.1 > 0).map(|b| b.0).collect();
            for rule in [
                Rule::ParallelFifths,
                Rule::ParallelOctaves,
                Rule::Seventh,
                Rule::Overlap,
                Rule::Leap,
                Rule::Doubling,
            ] {
                assert!(
                    !broken.contains(&rule),
                    "{progression} in {key}, step {}: {rule:?} {voices:?}",
                    at + 1
                );
            }
            let upper: i32 = (1..4).map(|v| (after[v] - before[v]).abs()).sum();
            assert!(upper <= 12, "{progression}: {voices:?}");
        }
    }
}

#[test]
fn what_cannot_be_voiced_says_why() {
    let mut rules = Rules::chorale(4);
    rules.leap = 1;
    let far = chords("C", "I V");
    match lead(rules, &far) {
        Err(Blocked::NoVoicing { index: 1, rule: Some(Rule::Leap) }) => {}
        other => panic!("{other:?}"),
    }
    let many = vec![far[0]; 600];
    assert_eq!(lead(rules, &many), Err(Blocked::TooLong { chords: 600 }));
    let mut wide = Rules::chorale(6);
    wide.ranges = [(0, 127); 6];
    Rule::ALL.into_iter().for_each(|rule| wide.set(rule, Strength::Off));
    assert!(matches!(lead(wide, &far), Err(Blocked::TooMany { .. })));
    wide.ranges = [(90, 20); 6];
    assert!(matches!(lead(wide, &far), Err(Blocked::NoVoicing { index: 0, rule: None })));
}

#[test]
fn times() {
    let key = "C".parse().ok();
    let progression = chords("C", "I vi ii65 V7 I IV ii6 Cad64 V7 vi IV V65 I V42 I6 V7");
    for voices in [4, 6] {
        let mut voicer = Voicer::new(Rules::chorale(voices).in_key(key));
        let first = voicer.step(None, &progression[0]).unwrap();
        let start = std::time::Instant::now();
        for _ in 0..100 {
            std::hint::black_box(
                voicer.step(Some((first.notes(), &progression[0])), &progression[2]).unwrap(),
            );
        }
        let step = start.elapsed().as_secs_f64() * 1e4;
        let start = std::time::Instant::now();
        voicer.lead(&progression, |_| {}).unwrap();
        println!("{voices} voices: {step:.0} us a step, {:?} for 16 chords", start.elapsed());
    }
}
