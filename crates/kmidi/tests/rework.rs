//! Songs that are there already: what is kept stays to the byte, what is new fits in.

use kmidi::io::smf::{self, Event, Message, Pedal, SmfFile};
use kmidi::music::song::Role;
use kmidi::music::{Intent, Meter, Note, Ticks};
use kmidi::studio::compose::{Kept, Material, Recipe};
use kmidi::{Source, Style};
use std::path::Path;

const FEELINGS: [&str; 5] = ["sad", "happy", "angry", "calm", "bittersweet, then hopeful"];
const STYLES: [&str; 4] = ["song", "rock", "bossa-nova", "folk"];

fn intent(seed: u64) -> Intent {
    let mut intent = kmidi::intent_from_text(FEELINGS[seed as usize % 5]).unwrap();
    (intent.bars, intent.seed) = (Some(16), seed);
    intent.meter = Some(Meter::COMMON);
    intent.style = Some(STYLES[seed as usize % 4].into());
    intent
}

/// A song of 16 bars as a file, with its style.
fn song(seed: u64, folder: &Path) -> (Source, Style) {
    let intent = intent(seed);
    let style = Style::named(intent.style.as_deref().unwrap()).unwrap();
    let (_, song) = kmidi::compose_in(&intent, &style).unwrap();
    let path = folder.join("song.mid");
    kmidi::save_midi(&kmidi::perform(&song, &style).unwrap(), &path).unwrap();
    (Source::read(&path).unwrap(), style)
}

/// Every event of a file but the notes that begin in some bars of 4/4, the chords there and the recipe, as text.
fn outside(file: &SmfFile, from: u64, to: u64) -> Vec<String> {
    let mut all = Vec::new();
    for (n, track) in file.tracks.iter().enumerate() {
        for placed in &track.events {
            let note = matches!(
                placed.event,
                Event::Channel { message: Message::NoteOn { .. } | Message::NoteOff { .. }, .. }
            );
            let text = matches!(&placed.event, Event::Meta { kind: 1, data } if data.starts_with(b"kmidi:") || (from..to).contains(&placed.tick.0));
            if !note && !text {
                all.push(format!("{n} {placed:?}"));
            }
        }
        all.push(format!("{n} ends {:?}", track.end));
    }
    let notes = file.notes(Pedal::Ignored);
    all.extend(notes.iter().filter(|n| !(from..to).contains(&n.onset.0)).map(|n| format!("{n:?}")));
    all
}

fn melody(source: &Source) -> &[Note] {
    &source.song.track(Role::Melody).unwrap().notes
}

fn leap(a: &Note, b: &Note) -> f64 {
    f64::from(a.pitch.abs_diff(b.pitch))
}

#[test]
fn bars_again_touch_nothing_else_and_join_smoothly() {
    let folder = tempfile::tempdir().unwrap();
    // A groove plays up to a twelfth of a beat early.
    let (from, to) = (4 * 1_920 - 40, 6 * 1_920 - 40);
    let (mut rough, mut changed, mut four) = (Vec::new(), 0, 0);
    for seed in 0..100 {
        let (before, style) = song(seed, folder.path());
        let base = before.intent();
        let after = before.again(&base, &style, (5, 6), seed + 1_000, &[]).unwrap();
        assert_eq!(outside(&before.file, from, to), outside(&after.file, from, to), "seed {seed}");
        four += usize::from(before.song.tracks.len() == 4);
        let differs = before.file.notes(Pedal::Ignored) != after.file.notes(Pedal::Ignored);
        changed += usize::from(differs);
        // Written and read, it is the same; and the recipe makes it again.
        let bytes = smf::write(&after.file).unwrap();
        assert_eq!(smf::parse(&bytes, "again.mid").unwrap(), after.file, "seed {seed}");
        let recipe = Recipe::from_json(after.file.recipe().unwrap()).unwrap();
        let (_, replayed) = kmidi::replay(&recipe, &style, Path::new("again.mid")).unwrap();
        assert_eq!(replayed.file, after.file, "seed {seed}");
        let tune = melody(&after);
        let inside: Vec<usize> = (0..tune.len()).filter(|&i| (from..to).contains(&tune[i].onset.0)).collect();
        assert!(!inside.is_empty(), "seed {seed}");
        let (first, last) = (inside[0], inside[inside.len() - 1]);
        let seams = [(first.wrapping_sub(1), first), (last, last + 1)];
        let seams = seams.iter().filter_map(|&(a, b)| Some(leap(tune.get(a)?, tune.get(b)?)));
        let (sum, count) = seams.fold((0.0, 0.0), |(s, n), leap| (s + leap, n + 1.0));
        let inner: Vec<f64> = tune.windows(2).map(|w| leap(&w[0], &w[1])).collect();
        rough.push((sum / count) / (inner.iter().sum::<f64>() / inner.len() as f64));
        // No two notes of the tune at once, where it was cut.
        let cut = &tune[first.saturating_sub(1)..(last + 2).min(tune.len())];
        assert!(cut.windows(2).all(|w| w[0].end() <= w[1].onset), "seed {seed}: {cut:?}");
    }
    rough.sort_by(f64::total_cmp);
    println!(
        "seams against inner leaps: median {:.2}, most {:.2}; {changed} changed, {four} of four tracks",
        rough[50], rough[99]
    );
    assert!(rough[99] <= 1.2, "{rough:?}");
    assert!(changed > 95 && four > 60, "{changed} {four}");
}

/// How far apart what a part plays is at two places: semitones that its voices move, or for drums the difference of loudness.
fn step(role: Role, before: &[Note], after: &[Note]) -> f64 {
    let mean = |n: &[Note], of: fn(&Note) -> f64| n.iter().map(of).sum::<f64>() / n.len().max(1) as f64;
    if role == Role::Drums {
        let loud = |n: &[Note]| mean(n, |n| f64::from(n.velocity));
        return (loud(before) - loud(after)).abs();
    }
    let pitches = |n: &[Note]| {
        let mut all: Vec<u8> = n.iter().map(|n| n.pitch).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (a, b) = (pitches(before), pitches(after));
    let moves = a.iter().zip(&b).map(|(a, b)| f64::from(a.abs_diff(*b)));
    moves.sum::<f64>() / a.len().min(b.len()).max(1) as f64
}

/// What each part plays on both sides of the bars that are new, against what it does from bar to bar anyway, over all songs.
fn seams(songs: impl Iterator<Item = Source>, new: [u64; 2]) -> Vec<(Role, f64)> {
    let mut found: Vec<(Role, [f64; 4])> = Vec::new();
    for source in songs {
        for track in &source.song.tracks {
            // The last half bar before a line, and the first half after it; a groove plays up to a twelfth of a beat early.
            let part = |from: u64, to: u64| -> Vec<Note> {
                let inside = |n: &&Note| (from..to).contains(&(n.onset.0 + 40));
                track.notes.iter().filter(inside).copied().collect()
            };
            for line in 1..16u64 {
                let at = line * 1_920;
                let (before, after) = (part(at - 960, at), part(at, at + 960));
                if before.is_empty() || after.is_empty() {
                    continue;
                }
                let row = match found.iter().position(|row| row.0 == track.role) {
                    Some(i) => i,
                    None => {
                        found.push((track.role, [0.0; 4]));
                        found.len() - 1
                    }
                };
                let k = if new.contains(&line) { 0 } else { 2 };
                found[row].1[k] += step(track.role, &before, &after);
                found[row].1[k + 1] += 1.0;
            }
        }
    }
    let ratio = |(role, n): (Role, [f64; 4])| (role, (n[0] / n[1]) / (n[2] / n[3]));
    found.into_iter().map(ratio).collect()
}

#[test]
fn seams_hold_on_every_track() {
    let folder = tempfile::tempdir().unwrap();
    let made: Vec<(Source, Source)> = (0..60)
        .map(|seed| {
            let (before, style) = song(seed, folder.path());
            let after = before.again(&before.intent(), &style, (5, 6), seed + 1_000, &[]).unwrap();
            (before, after)
        })
        .collect();
    let kept = seams(made.iter().map(|pair| pair.0.clone()), [4, 6]);
    let found = seams(made.iter().map(|pair| pair.1.clone()), [4, 6]);
    println!("as they were {kept:.2?}, new {found:.2?}");
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().all(|row| row.1 <= 1.2), "{found:?}");
    // New bars an octave lower and much louder are rough on each.
    let spoilt = made.into_iter().map(|(_, mut after)| {
        for note in after.song.tracks.iter_mut().flat_map(|t| &mut t.notes) {
            if (4 * 1_920..6 * 1_920).contains(&(note.onset.0 + 40)) {
                (note.pitch, note.velocity) = (note.pitch - 12, (note.velocity + 50).min(127));
            }
        }
        after
    });
    let spoilt = seams(spoilt, [4, 6]);
    assert!(spoilt.iter().all(|row| row.1 > 1.2), "{spoilt:?}");
}

#[test]
fn bars_are_written_anew_by_the_rules_alone_too() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..12 {
        let intent = intent(seed);
        let mut rules = Style::named(intent.style.as_deref().unwrap()).unwrap();
        rules.models = kmidi::studio::compose::Models::NONE;
        let (_, song) = kmidi::compose_in(&intent, &rules).unwrap();
        assert!(Recipe::from_json(&song.recipe).unwrap().models.is_empty(), "no model took part");
        let path = folder.path().join("song.mid");
        kmidi::save_midi(&kmidi::perform(&song, &rules).unwrap(), &path).unwrap();
        let before = Source::read(&path).unwrap();
        let (from, to) = (4 * 1_920 - 40, 6 * 1_920 - 40);
        let after = before.again(&before.intent(), &rules, (5, 6), seed + 9, &[]).unwrap();
        assert_eq!(outside(&before.file, from, to), outside(&after.file, from, to), "seed {seed}");
        assert_ne!(before.file.notes(Pedal::Ignored), after.file.notes(Pedal::Ignored), "seed {seed}");
        let longer = before.further(&before.intent(), &rules, 4, seed).unwrap();
        assert_eq!(longer.song.end().0, 20 * 1_920, "seed {seed}");
        // Another seed varies it.
        let (_, other) = kmidi::compose_in(&Intent { seed: seed + 1, ..intent }, &rules).unwrap();
        assert_ne!(other.tracks[0].notes, song.tracks[0].notes, "seed {seed}");
    }
}

#[test]
fn what_is_outside_is_seen_by_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let (source, _) = song(1, folder.path());
    let mut file = source.file.clone();
    let note =
        |e: &smf::TrackEvent| matches!(e.event, Event::Channel { message: Message::NoteOn { .. }, .. });
    let index = file.tracks[1].events.iter().position(note).unwrap();
    if let Event::Channel { message: Message::NoteOn { velocity, .. }, .. } =
        &mut file.tracks[1].events[index].event
    {
        *velocity ^= 1;
    }
    assert_ne!(outside(&source.file, 7_680, 11_520), outside(&file, 7_680, 11_520), "a planted fault");
}

#[test]
fn locked_parts_of_bars_stay_too() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..10 {
        let (before, style) = song(seed, folder.path());
        let lock = [Kept::Melody, Kept::Chords];
        let after = before.again(&before.intent(), &style, (5, 6), seed + 50, &lock).unwrap();
        assert_eq!((melody(&before), &before.song.chords), (melody(&after), &after.song.chords), "{seed}");
        let track = |source: &Source| source.song.track(Role::Chords).unwrap().notes.clone();
        assert_eq!(track(&before), track(&after), "{seed}");
    }
}

#[test]
fn a_song_goes_on_and_keeps_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..20 {
        let (before, style) = song(seed, folder.path());
        let after = before.further(&before.intent(), &style, 8, seed + 9).unwrap();
        let end = 16 * 1_920;
        let notes = |source: &Source| source.file.notes(Pedal::Ignored);
        let kept: Vec<_> = notes(&after).into_iter().filter(|n| n.onset.0 < end).collect();
        assert_eq!(notes(&before), kept, "{seed}");
        let fresh = notes(&after).len() - kept.len();
        assert!(fresh > 20 && after.song.end() == Ticks(24 * 1_920), "{seed}: {fresh}");
        assert_eq!(after.song.sections.last().map(|s| (s.name.as_str(), s.bars)), Some(("continued", 8)));
        let recipe = Recipe::from_json(after.file.recipe().unwrap()).unwrap();
        assert_eq!(kmidi::replay(&recipe, &style, Path::new("x")).unwrap().1.file, after.file, "{seed}");
    }
    let (before, style) = song(3, folder.path());
    assert!(before.again(&before.intent(), &style, (16, 17), 0, &[]).is_err());
    assert!(before.again(&before.intent(), &style, (0, 1), 0, &[]).is_err());
    assert!(before.further(&before.intent(), &style, 0, 0).is_err());
}

#[test]
fn what_is_locked_stays_to_the_byte_in_any_style() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..12 {
        let (before, _) = song(seed, folder.path());
        for kept in Kept::ALL {
            let mut material = before.material(&[kept]);
            if kept == Kept::Bass {
                material = before.material(&[kept, Kept::Harmony]);
            }
            let style = Style::named(STYLES[(seed as usize + 1) % 4]).unwrap();
            let intent = Intent { seed: seed + 77, style: Some(style.name.clone()), ..before.intent() };
            let (_, song) = kmidi::compose_around(&intent, &style, &material).unwrap();
            let played = kmidi::perform_around(&song, &style, &kmidi::roles(&material)).unwrap();
            if let Some(role) = kept.role() {
                let of = |song: &kmidi::Song| song.track(role).map(|t| t.notes.clone());
                let kept_notes = of(&before.song);
                assert!(kept_notes.is_none() || kept_notes == of(&played), "{seed} {kept:?}");
            }
            if kept.keeps_harmony() {
                let of =
                    |song: &kmidi::Song| song.chords.iter().map(|c| (c.onset, c.chord)).collect::<Vec<_>>();
                let (old, new) = (of(&before.song), of(&played));
                assert!(old.iter().all(|chord| new.contains(chord)), "{seed} {kept:?}");
            }
        }
    }
}

/// A melody of another program: 96 ticks a quarter note, an upbeat, odd velocities, a triplet.
fn tune_file(path: &Path) -> Vec<Note> {
    let pitches = [67, 72, 72, 74, 76, 76, 74, 72, 74, 71, 67, 69, 71, 72, 72, 67, 64, 72];
    let note = |(i, &pitch): (usize, &u8)| {
        let onset = 288 + 96 * i as u64 + if i % 5 == 4 { 32 } else { 0 };
        Note { onset: Ticks(onset), duration: Ticks(61), pitch, velocity: 33 + 5 * i as u8 }
    };
    let notes: Vec<Note> = pitches.iter().enumerate().map(note).collect();
    let mut events = vec![smf::TrackEvent::channel(Ticks(0), 4, Message::Program(73))];
    for n in &notes {
        events.push(smf::TrackEvent::channel(
            n.onset,
            4,
            Message::NoteOn { key: n.pitch, velocity: n.velocity },
        ));
        events.push(smf::TrackEvent::channel(n.end(), 4, Message::NoteOff { key: n.pitch, velocity: 64 }));
    }
    let end = events.last().unwrap().tick;
    let track = smf::SmfTrack { events, end };
    let file = SmfFile::new(smf::Format::SingleTrack, smf::Division::TicksPerQuarter(96), vec![track]);
    smf::save(path, &file).unwrap();
    notes
}

#[test]
fn a_melody_is_harmonised_and_stays_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tune.mid");
    let tune = tune_file(&path);
    let mut keys = Vec::new();
    for style in STYLES {
        let style = Style::named(style).unwrap();
        let mut intent = kmidi::intent_from_text("warm").unwrap();
        let material = kmidi::melody(&path, &mut intent).unwrap();
        let (plan, song) = kmidi::compose_around(&intent, &style, &material).unwrap();
        let played = kmidi::perform_around(&song, &style, &kmidi::roles(&material)).unwrap();
        let bytes = smf::write_song(&played).unwrap();
        let read = smf::song_of(&smf::parse(&bytes, "x").unwrap()).unwrap().0;
        assert_eq!((read.tempo.ppq(), &read.track(Role::Melody).unwrap().notes), (96, &tune));
        assert_eq!((plan.bars, read.track(Role::Melody).unwrap().program), (6, 73));
        assert!(read.tracks.len() >= 3);
        keys.push(plan.key.to_string());
        // Most of the tune is in its chords, and it ends at home.
        let inside = tune.iter().filter(|n| {
            let chord = song.chords.iter().rfind(|c| c.onset <= n.onset).unwrap();
            chord.chord.pitch_classes().contains(kmidi::music::PitchClass::new(n.pitch.into()))
        });
        assert!(
            inside.count() * 10 >= tune.len() * 6,
            "{:?}",
            plan.chords.iter().map(|c| &c.roman).collect::<Vec<_>>()
        );
        assert_eq!(plan.chords.last().unwrap().roman, "I");
        for chord in &plan.chords {
            assert!(!chord.terms.is_empty() && chord.terms.iter().any(|t| t.0 == "model"), "{chord:?}");
        }
        let again = Recipe::from_json(&song.recipe).unwrap();
        let (_, made) = kmidi::replay(&again, &style, &path).unwrap();
        assert_eq!(smf::write(&made.file).unwrap(), bytes);
    }
    assert_eq!(keys, ["C:maj"; 4]);
    let mut short = kmidi::intent_from_text("warm").unwrap();
    short.bars = Some(3);
    let material = kmidi::melody(&path, &mut short).unwrap();
    let refused = kmidi::compose_around(&short, &Style::named("song").unwrap(), &material).unwrap_err();
    assert!(refused.to_string().contains("6 bars"), "{refused}");
}

#[test]
fn drums_are_played_again_and_join_a_melody() {
    let folder = tempfile::tempdir().unwrap();
    let (source, style) = song(1, folder.path());
    let bars = source.song.track(Role::Drums).unwrap().notes.iter().filter(|n| n.onset.0 < 3_840);
    let beat: Vec<Note> = bars.copied().collect();
    let mut band = source.song.clone();
    band.tracks.retain(|t| t.role == Role::Drums);
    band.tracks[0].notes = beat.clone();
    let path = folder.path().join("beat.mid");
    kmidi::save_midi(&band, &path).unwrap();
    let tune = folder.path().join("tune.mid");
    tune_file(&tune);
    let mut intent = Intent { bars: Some(8), ..kmidi::intent_from_text("calm").unwrap() };
    let material = kmidi::drums(&path, Material::default(), &mut intent).unwrap();
    let (_, song) = kmidi::compose_around(&intent, &style, &material).unwrap();
    let drums = &song.track(Role::Drums).unwrap().notes;
    for time in 0..4 {
        let these = drums.iter().filter(|n| n.onset.0 / 3_840 == time);
        let these: Vec<Note> = these.map(|n| Note { onset: Ticks(n.onset.0 % 3_840), ..*n }).collect();
        assert_eq!(these, beat, "time {time}");
    }
    let both = kmidi::drums(&path, kmidi::melody(&tune, &mut intent).unwrap(), &mut intent).unwrap();
    assert_eq!((both.ppq, both.parts.len()), (480, 2));
    assert!(
        kmidi::drums(&tune, Material::default(), &mut intent).unwrap_err().to_string().contains("channel 10")
    );
    assert!(kmidi::melody(&path, &mut intent).unwrap_err().to_string().contains("only drums"));
}
