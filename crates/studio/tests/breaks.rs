//! Rules that are broken on purpose: each break is in the song that asks for it, and not in the one that does not.

mod compose_checks;

use compose_checks::{feeling, melody};
use kmidi_music::song::Role;
use kmidi_music::{Intent, Meter, Note, PitchClass, Quality, Song, Ticks};
use kmidi_studio::compose::{BREAKS, Broken, Plan, Rule, compose};

const BAR: u64 = 1_920;

fn intent(seed: u64, breaks: &[&str]) -> Intent {
    let mut intent = feeling([0.5, -0.5, 0.2][seed as usize % 3], 0.4, seed);
    (intent.bars, intent.form, intent.meter) = (Some(24), Some("ABA".into()), Some(Meter::COMMON));
    intent.breaks = breaks.iter().map(|&name| name.to_owned()).collect();
    intent
}

fn notes(song: &Song, role: Role) -> &[Note] {
    song.track(role).map_or(&[], |track| &track.notes)
}

/// The notes of a part that begin in the bars of a break.
fn inside<'a>(song: &'a Song, role: Role, at: &Broken) -> Vec<&'a Note> {
    let (from, to) = (u64::from(at.bar - 1) * BAR, u64::from(at.bar - 1 + at.bars) * BAR);
    notes(song, role).iter().filter(|n| (from..to).contains(&n.onset.0)).collect()
}

const ROLES: [Role; 4] = [Role::Melody, Role::Chords, Role::Bass, Role::Drums];

fn all<'a>(song: &'a Song, at: &Broken) -> Vec<&'a Note> {
    ROLES.iter().flat_map(|&role| inside(song, role, at)).collect()
}

fn mean(notes: &[&Note], what: fn(&Note) -> u8) -> f64 {
    notes.iter().map(|n| f64::from(what(n))).sum::<f64>() / notes.len().max(1) as f64
}

fn pc(note: &Note) -> PitchClass {
    PitchClass::new(i32::from(note.pitch))
}

/// Is the break heard at its place?
fn heard(name: &str, plan: &Plan, song: &Song, at: &Broken) -> bool {
    let start = u64::from(at.bar - 1) * BAR;
    let last = plan.chords.last().unwrap();
    let key = plan.section_at(at.bar - 1).unwrap().key;
    let tonic = key.tonic.pitch_class();
    let i = plan.chords.iter().position(|c| c.bar + 1 >= at.bar).unwrap();
    let chord = plan.chords[i].chord;
    let above = |chord: &kmidi_music::Chord| chord.root.pitch_class().above(tonic);
    let velocity = |n: &Note| n.velocity;
    let before = Broken { bar: 1, bars: at.bar - 1, ..*at };
    let snare = |n: &&&Note| [37, 38, 40].contains(&n.pitch);
    let drums = inside(song, Role::Drums, at);
    match name {
        "open-ending" => above(&last.chord) == 7,
        "deceptive-ending" => [8, 9].contains(&above(&last.chord)),
        "suspended-ending" => last.chord.quality == Quality::SUS4,
        "sudden-key" => {
            let last = plan.sections.last().unwrap().key.tonic.pitch_class();
            last.above(plan.sections[0].key.tonic.pitch_class()) == 1
                && song.keys.iter().any(|k| k.0 == Ticks(start))
        }
        "mode-flip" => {
            let third = if key.mode.is_minor() { 4 } else { 3 };
            above(&chord) == 0 && chord.pitch_classes().contains(tonic + third)
        }
        "retrogression" => above(&plan.chords[i - 1].chord) == 7 && above(&chord) == 5,
        "chromatic-mediant" => above(&chord) == 4 && chord.pitch_classes().contains(tonic + 8),
        "tritone-jump" => chord.root.pitch_class().above(plan.chords[i - 1].chord.root.pitch_class()) == 6,
        "parallel-fifths" => {
            let played = inside(song, Role::Chords, at);
            played.len() > 5
                && played.chunks(3).all(|v| v[1].pitch - v[0].pitch == 7 && v[2].pitch - v[0].pitch == 12)
        }
        "pedal-clash" => {
            let bass = inside(song, Role::Bass, at);
            !bass.is_empty() && bass.iter().all(|n| pc(n) == tonic)
        }
        "cluster" => {
            let played = inside(song, Role::Chords, at);
            played.len() == 4
                && played.windows(2).all(|w| w[1].pitch == w[0].pitch + 1 && w[0].onset == w[1].onset)
        }
        "dropped-beat" => {
            let three = Meter::new(3, 4).unwrap();
            song.meters.contains(&(Ticks(start), three))
                && song.end() == Ticks(u64::from(plan.bars) * BAR - 480)
        }
        "grand-pause" => {
            let sounds = |n: &&Note| n.onset.0 < start + BAR && n.end().0 > start;
            !song.tracks.iter().flat_map(|t| &t.notes).any(|n| sounds(&n))
        }
        "late-snare" => {
            let struck: Vec<_> = drums.iter().filter(snare).collect();
            !struck.is_empty() && struck.iter().all(|n| n.onset.0 % 120 == 60)
        }
        "turned-backbeat" => {
            drums.iter().any(|n| snare(&n) && n.onset.0 % BAR == 0)
                && drums.iter().any(|n| n.pitch == 36 && n.onset.0 % BAR == 480)
        }
        "displaced-melody" => {
            inside(song, Role::Melody, at).first().is_some_and(|n| n.onset.0 == start + 240)
        }
        "cross-metre" => {
            let played = inside(song, Role::Chords, at);
            let end = u64::from(plan.bars - 1) * BAR;
            let early: Vec<_> = played.iter().filter(|n| n.onset.0 < end).collect();
            early.len() > 6 && early.iter().all(|n| (n.onset.0 - start).is_multiple_of(720))
        }
        "tempo-lurch" => {
            let old = song.tempo.at(Ticks(start - 1)).0;
            song.tempo.at(Ticks(start)).0 / old > 1.35
        }
        "stutter" => {
            let beat = |k: u64| {
                let of = |role| {
                    inside(song, role, at)
                        .into_iter()
                        .filter(|n| (n.onset.0 - start) / 480 == k)
                        .map(|n| (n.onset.0 % 480, n.pitch))
                        .collect::<Vec<_>>()
                };
                ROLES.map(of)
            };
            !all(song, at).is_empty() && (1..4).all(|k| beat(k) == beat(0))
        }
        "hollow-climax" => inside(song, Role::Bass, at).is_empty() && drums.is_empty(),
        "naked-start" => {
            !inside(song, Role::Melody, at).is_empty()
                && [Role::Chords, Role::Bass, Role::Drums]
                    .iter()
                    .all(|&role| inside(song, role, at).is_empty())
        }
        "cut-off" => song.tracks.iter().flat_map(|t| &t.notes).all(|n| n.end().0 <= start + 480),
        "melody-below" => {
            let (tune, chords) = (inside(song, Role::Melody, at), inside(song, Role::Chords, at));
            tune.iter().map(|n| n.pitch).max() < chords.iter().map(|n| n.pitch).min()
        }
        "everyone-unison" => {
            let of = |role| inside(song, role, at).iter().map(|n| (n.onset, pc(n))).collect::<Vec<_>>();
            !of(Role::Melody).is_empty()
                && of(Role::Melody) == of(Role::Chords)
                && of(Role::Melody) == of(Role::Bass)
        }
        "flat-dynamics" => {
            let notes = all(song, at);
            notes.iter().all(|n| n.velocity == notes[0].velocity)
        }
        "whisper-climax" => mean(&all(song, at), velocity) < 0.6 * mean(&all(song, &before), velocity),
        "clipped" => all(song, at).iter().all(|n| n.velocity == 127),
        "buried-lead" => {
            mean(&inside(song, Role::Melody, at), velocity)
                < mean(&inside(song, Role::Chords, at), velocity) - 10.0
        }
        "gated" => inside(song, Role::Chords, at).iter().all(|n| n.duration.0 <= 60),
        "wrong-instrument" => [10, 29].contains(&song.track(Role::Melody).unwrap().program),
        other => panic!("no check for {other}"),
    }
}

#[test]
fn each_break_is_heard_where_it_is_asked_for_and_nowhere_else() {
    assert!(BREAKS.len() >= 20);
    let mut faults = Vec::new();
    for rule in BREAKS {
        for seed in 0..9 {
            let (plan, song) = compose(&intent(seed, &[rule.name])).unwrap();
            let at = plan.breaks[0];
            assert_eq!((plan.breaks.len(), at.name), (1, rule.name));
            if !heard(rule.name, &plan, &song, &at) {
                faults.push(format!("{} is not heard at {at:?}, seed {seed}", rule.name));
            }
            let (plain, unbroken) = compose(&intent(seed, &[])).unwrap();
            if heard(rule.name, &plain, &unbroken, &at) {
                faults.push(format!("{} is in the unbroken song, seed {seed}", rule.name));
            }
            assert_eq!((plain.breaks.len(), unbroken.marks.len()), (0, 0));
            // Marked at its place, and explained.
            let onset = Ticks(u64::from(at.bar - 1) * BAR);
            assert_eq!(
                song.marks.iter().map(|m| (m.onset, m.text.clone())).collect::<Vec<_>>(),
                [(onset, format!("break: {}", rule.name))]
            );
            assert!(
                plan.reasons
                    .iter()
                    .any(|r| r.about == "break" && r.text.contains(rule.name) && r.text.contains(rule.why))
            );
            assert_eq!(plan.to_json()["breaks"][0]["name"], rule.name);
            // What it does not speak about stays: the bars before it are those of the unbroken song.
            if rule.rule == Rule::Rhythm && rule.name != "dropped-beat" {
                let early = |song: &Song| {
                    melody(song).iter().filter(|n| n.end() < onset).copied().collect::<Vec<_>>()
                };
                assert_eq!(early(&song), early(&unbroken), "{}", rule.name);
            }
            for track in &song.tracks {
                assert!(track.notes.windows(2).all(|w| w[0].onset <= w[1].onset), "{} {seed}", rule.name);
                assert!(track.notes.iter().all(|n| n.duration.0 > 0 && (1..128).contains(&n.velocity)));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn names_are_told_and_what_cannot_be_broken_is_said() {
    let mut names: Vec<&str> = BREAKS.iter().map(|b| b.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), BREAKS.len());
    for rule in [Rule::Harmony, Rule::Rhythm, Rule::Arrangement, Rule::Production] {
        assert!(BREAKS.iter().filter(|b| b.rule == rule).count() >= 4, "{rule:?}");
    }
    let error = |intent: &Intent| compose(intent).unwrap_err().to_string();
    assert!(error(&intent(0, &["smash"])).contains("there is no break \"smash\"; use open-ending"));
    let mut short = intent(0, &["sudden-key"]);
    (short.bars, short.form) = (Some(4), None);
    assert!(error(&short).contains("too short"));
    let mut quiet = Intent { arc: feeling(0.3, -0.95, 0).arc, ..intent(0, &["late-snare"]) };
    assert!(error(&quiet).contains("no drums"));
    quiet.breaks = vec!["open-ending".into()];
    quiet.progression = Some(kmidi_music::intent::Progression::numeral_a_bar(["I".into()]));
    assert!(error(&quiet).contains("are given"));
    // Several at once; each once.
    let (plan, song) =
        compose(&intent(3, &["clipped", "open-ending", "dropped-beat", "clipped", "stutter"])).unwrap();
    assert_eq!((plan.breaks.len(), song.marks.len()), (4, 4));
}
