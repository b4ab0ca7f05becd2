//! Grooves of files: what was read comes back, through MIDI and through text; and the Groove MIDI Dataset where it is at hand.

use flate2::read::GzDecoder;
use kmidi::io::smf::{self, Event, Message};
use kmidi::studio::groove::{Amounts, Extract, Note, Quantise, Template, Voice, apply, extract, feel, quantise};
use kmidi::{Performance, common_bars, from_rgt, groove, grooves, save_groove, to_rgt};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

#[test]
fn a_groove_survives_every_form_that_it_is_written_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let funk = groove("funk").unwrap();
    save_groove(&funk, file("funk.json")).unwrap();
    assert_eq!(groove(file("funk.json").to_str().unwrap()).unwrap(), funk);

    // REAPER keeps one position for all voices, to a hundred-millionth of a beat.
    let text = to_rgt(&funk);
    save_groove(&funk, file("funk.rgt")).unwrap();
    let back = groove(file("funk.rgt").to_str().unwrap()).unwrap();
    assert_eq!((back.steps_per_bar, back.bars), (16, 1));
    for (a, b) in to_rgt(&back).positions.iter().zip(&text.positions) {
        assert!((a.0 - b.0.max(0.0)).abs() < 1e-6, "{a:?} {b:?}");
    }
    assert_eq!(from_rgt(&to_rgt(&back), "funk").cells, back.cells);

    // A clip plays what is usual, to the tick.
    save_groove(&funk, file("funk.mid")).unwrap();
    let clip = groove(file("funk.mid").to_str().unwrap()).unwrap();
    let usual: Vec<_> = funk.cells.iter().filter(|cell| cell.probability >= 0.5).collect();
    assert_eq!(clip.cells.len(), usual.len());
    for (a, b) in clip.cells.iter().zip(usual) {
        let early = b.step == 0 && b.timing < 0.0;
        assert_eq!((a.step, a.voice), (b.step, b.voice));
        assert!((a.velocity - b.velocity).abs() <= 0.5 && (early || (a.timing - b.timing).abs() <= 0.5), "{a:?} {b:?}");
    }
}

#[test]
fn everything_but_the_notes_stays_in_the_file() {
    let intent = kmidi::Intent { bars: Some(8), ..kmidi::intent_from_text("calm").unwrap() };
    let (_, song) = kmidi::compose(&intent).unwrap();
    let before = smf::parse(&smf::write_song(&song).unwrap(), "song.mid").unwrap();
    let performance = Performance::of(before.clone()).unwrap();
    let moved = apply(&groove("jazz-swing").unwrap(), &performance.notes, &performance.bars, &Amounts::default());
    let after = smf::parse(&smf::write(&performance.with(&moved)).unwrap(), "song.mid").unwrap();
    let others = |file: &smf::SmfFile| -> Vec<String> {
        let is_note = |event: &Event| {
            matches!(event, Event::Channel { message: Message::NoteOn { .. } | Message::NoteOff { .. }, .. })
        };
        let all = file.tracks.iter().flat_map(|track| &track.events);
        all.filter(|one| !is_note(&one.event)).map(|one| format!("{one:?}")).collect()
    };
    assert_eq!(others(&before), others(&after));
    assert!(!others(&before).is_empty() && before != after);
    assert_eq!((before.tempo.ppq(), &before.meters), (after.tempo.ppq(), &after.meters));
    let notes = |file: &smf::SmfFile| file.notes(smf::Pedal::Ignored).len();
    assert_eq!(notes(&before), notes(&after));
    // Unmoved notes give the same file again.
    assert_eq!(performance.with(&performance.notes).notes(smf::Pedal::Ignored), before.notes(smf::Pedal::Ignored));
}

#[derive(Deserialize)]
struct Take {
    id: String,
    bpm: f64,
    meter: [u32; 2],
    /// Onset, duration, note, velocity, voice, step, offset.
    notes: Vec<(u64, u64, u8, u8, usize, u64, i64)>,
}

/// Every 4/4 performance of the dataset's test half: what is taken says what the data's own columns say, and comes back.
#[test]
fn the_groove_midi_dataset_comes_back() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/groove/gmd.test.jsonl.gz");
    let Ok(file) = File::open(&path) else {
        println!("skipped: {} is not here", path.display());
        return;
    };
    let (mut takes, mut count, mut worst) = (0, 0, (0_u64, 0_u8));
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let take: Take = serde_json::from_str(&line.unwrap()).unwrap();
        if take.meter != [4, 4] {
            continue;
        }
        let notes: Vec<Note> = take
            .notes
            .iter()
            .map(|n| Note { onset: n.0, end: n.0 + n.1.max(1), channel: 9, program: 0, pitch: n.2, velocity: n.3 })
            .collect();
        let bars = common_bars(480, take.bpm);
        let template = extract(&notes, &bars, &Extract::default());
        agrees(&take, &template);
        let plain = quantise(&notes, &bars, &Quantise::default());
        let back = apply(&template, &plain, &bars, &Amounts::default());
        for (a, b) in notes.iter().zip(&back) {
            // In ticks of 960 a quarter note.
            worst = (worst.0.max(2 * a.onset.abs_diff(b.onset)), worst.1.max(a.velocity.abs_diff(b.velocity)));
        }
        let again = feel(&extract(&back, &bars, &Extract::default()));
        assert_eq!(again, feel(&template), "{}", take.id);
        takes += 1;
        count += notes.len();
    }
    println!("{takes} performances, {count} notes: back within {} tick of 960 and {} of velocity", worst.0, worst.1);
    assert!(takes > 50 && worst.0 <= 1 && worst.1 <= 1);
}

/// Mean offset and velocity by voice and step of the template are those of the data's own columns.
fn agrees(take: &Take, template: &Template) {
    type Sums = BTreeMap<(usize, u32), (f64, f64, f64)>;
    let mut ours: Sums = BTreeMap::new();
    let mut theirs: Sums = BTreeMap::new();
    let add = |sums: &mut Sums, key, late: f64, loud: f64| {
        let sum = sums.entry(key).or_default();
        *sum = (sum.0 + 1.0, sum.1 + late, sum.2 + loud);
    };
    for cell in &template.cells {
        let voice = Voice::ALL.iter().position(|&voice| voice == cell.voice).unwrap();
        add(&mut ours, (voice, cell.step % 16), cell.timing, cell.velocity);
    }
    for &(_, _, _, velocity, voice, step, offset) in &take.notes {
        // 480 ticks a quarter note there, 960 here; a half step belongs to either side.
        let (step, offset) = if offset == -60 { (step + 15, 60) } else { (step, offset) };
        add(&mut theirs, (voice, (step % 16) as u32), 2.0 * offset as f64, f64::from(velocity));
    }
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{}", take.id);
    for (key, sum) in &ours {
        let other = theirs[key];
        assert!(sum.0 == other.0 && (sum.1 - other.1).abs() < 1e-6 && (sum.2 - other.2).abs() < 1e-6, "{} {key:?}", take.id);
    }
}

#[test]
fn every_groove_that_comes_along_can_be_given() {
    let notes: Vec<Note> = (0..64)
        .map(|n| Note { onset: 240 * n, end: 240 * n + 100, channel: 9, program: 0, pitch: if n % 4 == 0 { 36 } else { 42 }, velocity: 80 })
        .collect();
    for template in grooves() {
        let moved = apply(&template, &notes, &common_bars(960, 100.0), &Amounts::default());
        assert!(moved != notes && moved.len() == notes.len(), "{}", template.name);
    }
}
