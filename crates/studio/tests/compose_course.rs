//! The way of a piece from bar to bar: arcs without steps, builds that rise into drops, keys that turn by a chord of both.

mod compose_checks;

use compose_checks::{feeling, melody, pitch_faults, shape_faults};
use kmidi_music::song::Role;
use kmidi_music::{Affect, Bpm, Intent, Meter, Note, Song, Ticks, roman};
use kmidi_studio::compose::{Plan, compose, styles};

/// The largest share by which the tempo changes from one place to the next.
fn lurch(song: &Song) -> f64 {
    let ratio = |w: &[(Ticks, u32)]| f64::from(w[0].1.max(w[1].1)) / f64::from(w[0].1.min(w[1].1)) - 1.0;
    song.tempo.changes().windows(2).map(ratio).fold(0.0, f64::max)
}

/// From sad and slow to glad and fast, or so.
fn arc(from: (f32, f32), to: (f32, f32), seed: u64) -> Intent {
    let mut intent = feeling(from.0, from.1, seed);
    intent.arc.push((1.0, Affect::new(to.0, to.1, 0.0)));
    intent
}

/// Mean velocity of the notes of each bar.
fn loudness(plan: &Plan, song: &Song, role: Option<Role>) -> Vec<f64> {
    let bar = plan.meter.bar(480).0;
    let notes: Vec<&Note> =
        song.tracks.iter().filter(|t| role.is_none_or(|r| t.role == r)).flat_map(|t| &t.notes).collect();
    (0..u64::from(plan.bars))
        .map(|b| {
            let here: Vec<f64> =
                notes.iter().filter(|n| n.onset.0 / bar == b).map(|n| f64::from(n.velocity)).collect();
            here.iter().sum::<f64>() / here.len().max(1) as f64
        })
        .collect()
}

/// The slope of a line through equally spaced values.
fn slope(values: &[f64]) -> f64 {
    let middle = (values.len() - 1) as f64 / 2.0;
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let (mut up, mut all) = (0.0, 0.0);
    for (i, value) in values.iter().enumerate() {
        up += (i as f64 - middle) * (value - mean);
        all += (i as f64 - middle).powi(2);
    }
    up / all.max(1e-9)
}

#[test]
fn tempo_moves_with_the_arc_and_never_jumps() {
    for seed in 0..40 {
        for bars in [16, 24, 32, 48, 100] {
            let ways = [((-0.6, -0.8), (0.6, 0.8)), ((0.5, 0.9), (-0.5, -0.7)), ((0.0, 0.1), (0.0, 0.1))];
            let (from, to) = ways[seed as usize % 3];
            let mut intent = arc(from, to, seed);
            intent.bars = Some(bars);
            if seed % 4 == 0 {
                intent.arc.insert(1, (0.5, Affect::new(-0.8, 0.9, 0.0)));
            }
            let (plan, song) = compose(&intent).unwrap();
            assert!(lurch(&song) <= 0.0401, "{bars} bars, seed {seed}: {}", lurch(&song));
            let first = song.tempo.at(Ticks(0)).0;
            let end = Ticks(u64::from(plan.bars - 3) * plan.meter.bar(480).0);
            let way = (song.tempo.at(end).0 - first) * f64::from(to.1 - from.1);
            assert!(way > 0.0 || from == to, "{bars} bars, seed {seed}: from {first} by {way}");
            assert_eq!(plan.course.len(), plan.bars as usize);
        }
    }
    // With a tempo for each section, as a planted fault, there are jumps.
    let (plan, mut song) = compose(&arc((-0.6, -0.8), (0.6, 0.8), 1)).unwrap();
    let bar = plan.meter.bar(480).0;
    let steps =
        plan.sections.iter().map(|s| (Ticks(u64::from(s.start_bar) * bar), (60e6 / s.tempo.0) as u32));
    song.tempo = kmidi_music::TempoMap::from_micros(480, steps.collect());
    assert!(lurch(&song) > 0.0401, "{}", lurch(&song));
}

#[test]
fn an_arc_that_comes_back_goes_away_first_and_sections_tell_what_is_played() {
    let mut intent = arc((0.6, 0.6), (0.6, 0.6), 3);
    intent.arc.insert(1, (0.5, Affect::new(-0.8, -0.8, 0.0)));
    (intent.form, intent.bars) = (Some("AB".into()), Some(16));
    let plan = compose(&intent).unwrap().0;
    let arousal: Vec<f32> = plan.course.iter().map(|bar| bar.affect.arousal).collect();
    assert!(arousal[0] > 0.5 && arousal[15] > 0.5 && arousal[7] < -0.5, "{arousal:?}");
    // Few bars: the tempo cannot arrive, and what is told is what is played.
    let mut short = arc((-0.8, -0.8), (0.0, 0.9), 3);
    (short.form, short.bars) = (Some("AB".into()), Some(4));
    let plan = compose(&short).unwrap().0;
    for section in &plan.sections {
        let bars = section.start_bar as usize..(section.start_bar + section.bars) as usize;
        let played: Vec<f64> = plan.course[bars].iter().map(|bar| bar.tempo.0).collect();
        let (least, most) =
            (played.iter().fold(f64::MAX, |a, &b| a.min(b)), played.iter().fold(0.0, |a: f64, &b| a.max(b)));
        assert!((least..=most).contains(&section.tempo.0), "{} of {played:?}", section.tempo.0);
    }
}

#[test]
fn what_is_asked_for_or_danced_to_keeps_its_tempo() {
    let mut intent = arc((-0.6, -0.8), (0.6, 0.8), 3);
    intent.tempo = Some(Bpm(90.0));
    assert_eq!(compose(&intent).unwrap().1.tempo.changes().len(), 1);
    for style in ["disco", "house", "hip-hop"] {
        let mut intent = arc((-0.6, -0.8), (0.6, 0.8), 3);
        intent.style = Some(style.into());
        assert_eq!(compose(&intent).unwrap().1.tempo.changes().len(), 1, "{style}");
    }
    let free = compose(&Intent { style: Some("rock".into()), ..arc((-0.6, -0.8), (0.6, 0.8), 3) }).unwrap();
    assert!(free.1.tempo.changes().len() > 8);
}

#[test]
fn loudness_and_register_climb_with_the_arc() {
    let (mut rises, mut steps, mut climbs) = (0, Vec::new(), 0);
    for seed in 0..30 {
        let mut intent = arc((-0.2, -0.7), (0.7, 0.7), seed);
        (intent.form, intent.bars, intent.meter) = (Some("AAAA".into()), Some(32), Some(Meter::COMMON));
        let (plan, song) = compose(&intent).unwrap();
        let heard = loudness(&plan, &song, None);
        rises += usize::from(slope(&heard[..31]) > 0.7);
        steps.extend(plan.course[..31].windows(2).map(|w| f64::from((w[1].energy - w[0].energy).abs())));
        let thirds: Vec<f64> = [0..10u64, 11..21, 22..32]
            .map(|bars| {
                let notes = melody(&song).iter().filter(|n| bars.contains(&(n.onset.0 / 1_920)));
                let heights: Vec<f64> = notes.map(|n| f64::from(n.pitch)).collect();
                heights.iter().sum::<f64>() / heights.len().max(1) as f64
            })
            .into();
        climbs += usize::from(thirds[0] < thirds[2]);
    }
    assert!(rises == 30 && climbs >= 28, "{rises} {climbs}");
    let most = steps.iter().copied().fold(0.0, f64::max);
    assert!(most < 0.06, "{most}: energy goes in steps");
    // One feeling: nothing climbs.
    let (plan, song) =
        compose(&Intent { bars: Some(32), form: Some("AAAA".into()), ..feeling(0.2, 0.2, 1) }).unwrap();
    assert!(slope(&loudness(&plan, &song, None)[..31]) < 0.7);
}

#[test]
fn the_mode_turns_by_a_chord_of_both_keys_or_the_dominant() {
    let mut turns = [0; 2];
    for seed in 0..120 {
        let (dark, bright) = ((-0.7, 0.1 * (seed % 9) as f32 - 0.4), (0.8, 0.2));
        let mut intent = if seed % 3 == 0 { arc(bright, dark, seed) } else { arc(dark, bright, seed) };
        // Sections that come once end on a dominant.
        intent.form = (seed % 2 == 0).then(|| "ABCA".into());
        intent.bars = Some(16 + 8 * (seed as u32 % 5));
        let (plan, song) = compose(&intent).unwrap();
        assert_eq!((shape_faults(&plan, &song), pitch_faults(&song)), (vec![], vec![]), "{seed}");
        for pair in plan.sections.windows(2).filter(|pair| pair[0].key != pair[1].key) {
            let chord = plan.chords.iter().rfind(|c| c.bar < pair[1].start_bar).unwrap();
            let both =
                |key: kmidi_music::Key| chord.chord.pitch_classes().iter().all(|pc| key.scale().contains(pc));
            let pivot = both(pair[0].key) && both(pair[1].key);
            let dominant = roman::parse("V", pair[1].key).unwrap();
            assert!(pivot || chord.chord == dominant, "{seed}: {chord:?}");
            let told = chord.why.contains(&format!("in {}, which follows", pair[1].key.words()));
            let leads = chord.why.contains(&format!("dominant of {}, which follows", pair[1].key.words()));
            assert!(if pivot { told || leads } else { leads }, "{chord:?}");
            turns[usize::from(told)] += 1;
        }
    }
    assert!(turns[0] > 0 && turns[1] > 20, "{turns:?}");
}

fn build_song(style: &str, arousal: f32, seed: u64, meter: &str) -> (Plan, Song) {
    let mut intent = feeling(0.3, arousal, seed);
    (intent.form, intent.bars) = (Some("verse, build, drop, outro".into()), Some(24));
    (intent.style, intent.meter) = (Some(style.into()), meter.parse().ok());
    compose(&intent).unwrap()
}

#[test]
fn a_build_rises_falls_silent_and_drops() {
    for seed in 0..12 {
        for (style, meter) in [("house", "4/4"), ("song", "3/4"), ("rock", "4/4"), ("song", "6/8")] {
            let (plan, song) = build_song(style, 0.3, seed, meter);
            let name = format!("{style} {meter} {seed}");
            assert_eq!((shape_faults(&plan, &song), pitch_faults(&song)), (vec![], vec![]), "{name}");
            let bar = plan.meter.bar(480).0;
            let [verse, build, drop, _] = &plan.sections[..] else { panic!("{name}") };
            let of = |role: Role, bars: std::ops::Range<u64>| -> Vec<Note> {
                let notes = &song.track(role).unwrap_or_else(|| panic!("{name}: no {role:?}")).notes;
                notes
                    .iter()
                    .filter(|n| (bars.start * bar..bars.end * bar).contains(&n.onset.0))
                    .copied()
                    .collect()
            };
            let (start, end) = (u64::from(build.start_bar), u64::from(drop.start_bar));
            let mean = |notes: &[Note]| {
                notes.iter().map(|n| f64::from(n.velocity)).sum::<f64>() / notes.len().max(1) as f64
            };
            let half = (start + end) / 2;
            // The roll: closer and louder from bar to bar, the kick gone.
            let snares =
                |bars| -> Vec<Note> { of(Role::Drums, bars).into_iter().filter(|n| n.pitch == 38).collect() };
            assert!(snares(start..half).len() * 2 <= snares(half..end).len(), "{name}");
            assert!(mean(&snares(start..start + 1)) + 6.0 < mean(&snares(end - 1..end)), "{name}");
            assert!(of(Role::Drums, half..end).iter().all(|n| n.pitch != 36), "{name}");
            // Chords come closer, louder and higher; the tune is louder.
            let (early, late) = (of(Role::Chords, start..half), of(Role::Chords, half..end));
            assert!(early.len() < late.len() && mean(&early) + 3.0 < mean(&late), "{name}");
            let height = |n: &[Note]| n.iter().map(|n| f64::from(n.pitch)).sum::<f64>() / n.len() as f64;
            assert!(height(&early) < height(&late), "{name}: {} {}", height(&early), height(&late));
            let tune = [start..half, half..end].map(|bars| mean(&of(Role::Melody, bars)));
            assert!(tune[0] < tune[1], "{name}: {tune:?}");
            // The bass holds the dominant, a note a bar.
            let bass = of(Role::Bass, start..end);
            let fifth = (build.key.tonic.pitch_class().value() + 7) % 12;
            assert!(bass.len() as u64 == end - start && bass.iter().all(|n| n.pitch % 12 == fifth), "{name}");
            // A beat of silence, then everybody, louder than before.
            let beat = plan.meter.felt_beat(480).0;
            let silent = |n: &&Note| n.end().0 > end * bar - beat && n.onset.0 < end * bar;
            assert_eq!(song.tracks.iter().flat_map(|t| &t.notes).filter(silent).count(), 0, "{name}");
            assert!(
                song.tracks.iter().all(|t| t.notes.iter().any(|n| n.onset.0.abs_diff(end * bar) < beat)),
                "{name}"
            );
            let loud = loudness(&plan, &song, None);
            let of_section = |s: &kmidi_studio::compose::PlanSection| {
                let bars = &loud[s.start_bar as usize..(s.start_bar + s.bars) as usize];
                bars.iter().sum::<f64>() / bars.len() as f64
            };
            assert!(
                of_section(drop) > of_section(build) && of_section(drop) > of_section(verse) + 5.0,
                "{name}"
            );
            assert!(drop.energy > build.energy && drop.energy > verse.energy, "{name}");
        }
    }
    // The same bars as a verse have neither roll nor silence.
    let mut intent = feeling(0.3, 0.3, 1);
    (intent.form, intent.bars) = (Some("verse, verse, drop, outro".into()), Some(24));
    let (plan, song) = compose(&Intent { meter: Some(Meter::COMMON), ..intent }).unwrap();
    let end = u64::from(plan.sections[2].start_bar) * 1_920;
    assert!(song.tracks.iter().flat_map(|t| &t.notes).any(|n| n.end().0 > end - 480 && n.onset.0 < end));
}

#[test]
fn builds_say_why_and_quiet_or_last_ones_are_whole_too() {
    let (plan, _) = build_song("house", 0.3, 1, "4/4");
    let json = plan.to_json();
    let why = |n: usize| json["sections"][n]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why(1).contains("snare") && why(1).contains("silence"), "{}", why(1));
    assert!(why(2).contains("comes in at once"), "{}", why(2));
    let energy = |bar: usize| json["course"][bar]["energy"].as_f64().unwrap();
    let (start, end) = (plan.sections[1].start_bar as usize, plan.sections[2].start_bar as usize);
    assert!((start + 1..end).all(|bar| energy(bar - 1) < energy(bar)), "{}", json["course"]);
    for form in ["build", "verse, build", "build, drop", "build-drop", "build, build, build"] {
        for (seed, bars) in [(0, 3), (1, 8), (2, 17), (3, 40)] {
            for arousal in [-0.95, 0.0, 0.95] {
                for meter in ["4/4", "2/4", "5/4", "12/8"] {
                    let mut intent = feeling(0.1, arousal, seed);
                    (intent.form, intent.meter) = (Some(form.into()), meter.parse().ok());
                    intent.bars = Some(if form == "build-drop" { bars.max(8) } else { bars });
                    let (plan, song) = compose(&intent).unwrap();
                    let faults = (shape_faults(&plan, &song), pitch_faults(&song));
                    assert_eq!(faults, (vec![], vec![]), "{form} {bars} {arousal} {meter}");
                    assert_eq!(song.chords.last().unwrap().chord.root, plan.key.tonic, "{form}");
                }
            }
        }
    }
}

#[test]
fn dance_styles_build_and_drop_unasked() {
    let house = styles().into_iter().find(|s| s.name == "house").unwrap();
    let form = house.form.unwrap();
    assert!(form.contains("build") && form.contains("drop"), "{form}");
    let intent = Intent { style: Some("house".into()), ..feeling(0.5, 0.5, 2) };
    let plan = compose(&intent).unwrap().0;
    let reason = plan.reasons.iter().find(|reason| reason.about == "form").unwrap();
    assert!(reason.text.contains("the usual form of the style"), "{}", reason.text);
    let names: Vec<String> = plan.sections.into_iter().map(|s| s.name).collect();
    assert_eq!(names, ["intro", "verse", "build", "drop"]);
}
