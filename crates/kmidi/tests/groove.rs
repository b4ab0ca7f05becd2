//! Grooves of files: what was read comes back, through MIDI and through text; and the Groove MIDI Dataset where it is at hand.

use flate2::read::GzDecoder;
use kmidi::io::smf::{self, Event, Message, SmfTrack, TrackEvent, meta};
use kmidi::music::Ticks;
use kmidi::studio::groove::{
    Amounts, Bars, Extract, Feel, Habits, Note, Quantise, Template, Voice, apply, extract, feel, humanise,
    quantise,
};
use kmidi::{Performance, from_rgt, groove, grooves, save_groove, to_rgt};
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
        assert!((a.0 - b.0).abs() < 1e-6, "{a:?} {b:?}");
    }
    assert_eq!(from_rgt(&to_rgt(&back), "funk").cells, back.cells);

    // A clip plays what is usual, to the tick.
    save_groove(&funk, file("funk.mid")).unwrap();
    let clip = groove(file("funk.mid").to_str().unwrap()).unwrap();
    let usual: Vec<_> = funk.cells.iter().filter(|cell| cell.probability >= 0.5).collect();
    assert_eq!(clip.cells.len(), usual.len());
    for (a, b) in clip.cells.iter().zip(usual) {
        assert_eq!((a.step, a.voice), (b.step, b.voice));
        assert!((a.velocity - b.velocity).abs() <= 0.5 && (a.timing - b.timing).abs() <= 0.5, "{a:?} {b:?}");
    }
}

#[test]
fn everything_but_the_notes_stays_in_the_file() {
    let intent = kmidi::Intent { bars: Some(8), ..kmidi::intent_from_text("calm").unwrap() };
    let (_, song) = kmidi::compose(&intent).unwrap();
    let before = smf::parse(&smf::write_song(&song).unwrap(), "song.mid").unwrap();
    let performance = Performance::of(before.clone()).unwrap();
    let moved =
        apply(&groove("jazz-swing").unwrap(), &performance.notes, &performance.bars, &Amounts::default());
    let after = smf::parse(&smf::write(&performance.with(&moved)).unwrap(), "song.mid").unwrap();
    assert_eq!(others(&before), others(&after));
    assert!(!others(&before).is_empty() && before != after);
    assert_eq!((before.tempo.ppq(), &before.meters), (after.tempo.ppq(), &after.meters));
    let notes = |file: &smf::SmfFile| file.notes(smf::Pedal::Ignored).len();
    assert_eq!(notes(&before), notes(&after));
    // Unmoved notes give the same file again.
    assert_eq!(
        performance.with(&performance.notes).notes(smf::Pedal::Ignored),
        before.notes(smf::Pedal::Ignored)
    );
}

/// All events of a file but its notes.
fn others(file: &smf::SmfFile) -> Vec<(usize, TrackEvent)> {
    let is_note = |event: &TrackEvent| {
        matches!(
            event.event,
            Event::Channel { message: Message::NoteOn { .. } | Message::NoteOff { .. }, .. }
        )
    };
    let tracks = file.tracks.iter().enumerate();
    tracks
        .flat_map(|(n, track)| {
            track.events.iter().filter(move |one| !is_note(one)).map(move |one| (n, one.clone()))
        })
        .collect()
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    /// A track of anything: notes that nothing ends, note-offs that end nothing, equal keys at once, metas, wheels.
    fn track(&mut self, reach: u64) -> SmfTrack {
        let mut events: Vec<TrackEvent> = (0..self.below(80))
            .map(|_| {
                let (tick, channel) = (Ticks(self.below(reach)), [0, 3, 9][self.below(3) as usize]);
                let key = 36 + self.below(5) as u8;
                let told = |message| TrackEvent::channel(tick, channel, message);
                match self.below(9) {
                    0..4 => told(Message::NoteOn { key, velocity: 1 + self.below(127) as u8 }),
                    4..6 => told(Message::NoteOff { key, velocity: 64 }),
                    6 => told(Message::Bend(self.below(16_000) as i16 - 8000)),
                    7 => TrackEvent::meta(
                        tick,
                        meta::TEMPO,
                        &(1 + self.below(0x00ff_ffff) as u32).to_be_bytes()[1..],
                    ),
                    _ => {
                        let signature = [1 + self.below(12) as u8, self.below(5) as u8, 24, 8];
                        TrackEvent::meta(tick, meta::TIME_SIGNATURE, &signature)
                    }
                }
            })
            .collect();
        events.sort_by_key(|event| event.tick);
        SmfTrack { end: events.last().map_or(Ticks(0), |event| event.tick), events }
    }
}

#[test]
fn files_of_anything_stay_whole_without_hanging_notes() {
    let mut random = Random(5);
    let (funk, jazz) = (groove("funk").unwrap(), groove("jazz-swing").unwrap());
    for round in 0..400_u64 {
        let ppq = [1, 24, 480, 960, 32_767][round as usize % 5];
        let format = if round % 2 == 0 { smf::Format::Parallel } else { smf::Format::SingleTrack };
        let tracks =
            (0..if round % 2 == 0 { 3 } else { 1 }).map(|_| random.track(1 + u64::from(ppq) * 40)).collect();
        let file = smf::SmfFile::new(format, smf::Division::TicksPerQuarter(ppq), tracks);
        let performance = Performance::of(file).unwrap();
        let (notes, bars) = (&performance.notes, &performance.bars);
        let taken =
            extract(notes, bars, &Extract { bars: (round % 3 == 0).then_some(2), ..Extract::default() });
        let seed = round % 7;
        let amounts = Amounts { random: 1.0, length: 0.5, seed, ..Amounts::default() };
        let all = || {
            let how = Quantise { swing: 0.6, ..Quantise::default() };
            [
                apply(&taken, notes, bars, &amounts),
                apply(&funk, notes, bars, &amounts),
                apply(&jazz, notes, bars, &amounts),
                quantise(notes, bars, &how),
                humanise(notes, bars, &Habits::default(), seed),
            ]
        };
        let moved = all();
        assert_eq!(moved, all(), "the same seed, the same notes");
        for notes in moved {
            let after = performance.with(&notes);
            let again = smf::parse(&smf::write(&after).unwrap(), "again.mid").unwrap();
            assert_eq!(again.tracks, after.tracks);
            assert_eq!(others(&performance.file), others(&after));
            assert_eq!(again.notes(smf::Pedal::Ignored).len(), notes.len());
            let mut down = BTreeMap::<(u8, u8), i32>::new();
            for (_, event) in again.events() {
                match event.message {
                    Message::NoteOn { key, .. } => *down.entry((event.channel, key)).or_default() += 1,
                    Message::NoteOff { key, .. } => *down.entry((event.channel, key)).or_default() -= 1,
                    _ => {}
                }
                // Only tracks that share a channel can end each other's notes.
                assert!(
                    round % 2 == 0 || down.values().all(|&count| count >= 0),
                    "a note-off before its note-on"
                );
            }
            assert!(down.values().all(|&count| count == 0), "{down:?} hang");
        }
    }
}

#[derive(Deserialize)]
struct Take {
    id: String,
    bpm: f64,
    meter: [u32; 2],
    /// Onset, duration, note, velocity, voice, step, offset.
    notes: Vec<(u64, u64, u8, u8, usize, u64, i64)>,
}

impl Take {
    fn notes(&self) -> Vec<Note> {
        let note = |n: &(u64, u64, u8, u8, usize, u64, i64)| Note {
            onset: n.0,
            end: n.0 + n.1.max(1),
            channel: 9,
            program: 0,
            pitch: n.2,
            velocity: n.3,
        };
        self.notes.iter().map(note).collect()
    }

    /// As a MIDI file of one track.
    fn file(&self) -> smf::SmfFile {
        let micros = (60e6 / self.bpm).round() as u32;
        let mut events = vec![TrackEvent::meta(Ticks(0), meta::TEMPO, &micros.to_be_bytes()[1..])];
        for note in self.notes() {
            let told = |tick, message| TrackEvent::channel(Ticks(tick), 9, message);
            events.push(told(note.onset, Message::NoteOn { key: note.pitch, velocity: note.velocity }));
            events.push(told(note.end, Message::NoteOff { key: note.pitch, velocity: 64 }));
        }
        // At one tick keys are let go before they are struck again.
        let is_on = |event: &TrackEvent| {
            matches!(event.event, Event::Channel { message: Message::NoteOn { .. }, .. })
        };
        events.sort_by_key(|event| (event.tick, is_on(event)));
        let end = events.last().map_or(Ticks(0), |event| event.tick);
        smf::SmfFile::new(
            smf::Format::SingleTrack,
            smf::Division::TicksPerQuarter(480),
            vec![SmfTrack { events, end }],
        )
    }
}

/// Every 4/4 performance of the dataset's test half: what is taken says what the data's own columns say, and comes back, as
/// notes and through files.
#[test]
fn the_groove_midi_dataset_comes_back() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/groove/gmd.test.jsonl.gz");
    let Ok(file) = File::open(&path) else {
        println!("skipped: {} is not here", path.display());
        return;
    };
    let (mut takes, mut count, mut worst) = (0, 0, (0_u64, 0_u8));
    let (mut swings, mut compared) = ([Vec::new(), Vec::new()], 0);
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let take: Take = serde_json::from_str(&line.unwrap()).unwrap();
        if take.meter != [4, 4] {
            continue;
        }
        let notes = take.notes();
        let bars = Bars::common(480, take.bpm);
        let template = extract(&notes, &bars, &Extract::default());
        agrees(&take, &template);
        let before = feel(&template);
        compared += swings_agree(&take, &before);
        swings[0].extend(before.swing.eighths);
        swings[1].extend(before.swing.sixteenths);
        let plain = quantise(&notes, &bars, &Quantise::default());
        let back = apply(&template, &plain, &bars, &Amounts::default());
        for (a, b) in notes.iter().zip(&back) {
            // In ticks of 960 a quarter note.
            worst =
                (worst.0.max(2 * a.onset.abs_diff(b.onset)), worst.1.max(a.velocity.abs_diff(b.velocity)));
        }
        assert_eq!(back, notes, "{}", take.id);
        let after = extract(&back, &bars, &Extract::default());
        agrees(&take, &after);
        assert_eq!(feel(&after), before, "{}", take.id);
        through_files(&take, &template);
        takes += 1;
        count += notes.len();
    }
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values.len(), values[values.len() / 2], values[values.len() * 9 / 10])
    };
    let [eighths, sixteenths] = swings.each_mut().map(middle);
    println!(
        "{takes} performances, {count} notes: back within {} tick of 960 and {} of velocity",
        worst.0, worst.1
    );
    println!(
        "swing, median (upper tenth): eighths {:.1} ({:.1}) % of {}, sixteenths {:.1} ({:.1}) % of {}; {compared} figures agree",
        eighths.1, eighths.2, eighths.0, sixteenths.1, sixteenths.2, sixteenths.0
    );
    assert!(takes > 50 && compared > 100 && worst.0 <= 1 && worst.1 <= 1);
}

/// The same, each step through a file: what is read, quantised, written, read, given and written again is the performance.
fn through_files(take: &Take, template: &Template) {
    let template = Template::from_json(&template.to_json()).unwrap();
    let again = |file: &smf::SmfFile| {
        Performance::of(smf::parse(&smf::write(file).unwrap(), "take.mid").unwrap()).unwrap()
    };
    let first = again(&take.file());
    let plain = again(&first.with(&quantise(&first.notes, &first.bars, &Quantise::default())));
    let back = again(&plain.with(&apply(&template, &plain.notes, &plain.bars, &Amounts::default())));
    let told = |performance: &Performance| {
        let mut all: Vec<_> =
            performance.notes.iter().map(|note| (note.onset, note.pitch, note.velocity)).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(told(&back), told(&first), "{}", take.id);
}

/// The swing of the template is that of the data's own columns, worked out from onsets alone; how many figures there were.
fn swings_agree(take: &Take, found: &Feel) -> usize {
    let all = [(None, &found.swing)].into_iter();
    let each =
        found.voices.iter().map(|voice| (Voice::ALL.iter().position(|&v| v == voice.voice), &voice.swing));
    let mut figures = 0;
    for (voice, swing) in all.chain(each) {
        let onsets =
            take.notes.iter().filter(|note| voice.is_none_or(|voice| note.4 == voice)).map(|note| note.0);
        let onsets: Vec<u64> = onsets.collect();
        for (pair, ours) in [(480, swing.eighths), (240, swing.sixteenths)] {
            let theirs = direct_swing(&onsets, pair);
            let agree = match (ours, theirs) {
                (Some(a), Some(b)) => (a - b).abs() < 1e-6,
                (a, b) => a.is_none() && b.is_none(),
            };
            assert!(agree, "{} {voice:?} {pair}: {ours:?} {theirs:?}", take.id);
            figures += usize::from(ours.is_some());
        }
    }
    figures
}

/// The median over pairs of so many ticks of where their one second stroke is, from where strokes that begin pairs are.
fn direct_swing(onsets: &[u64], pair: u64) -> Option<f64> {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        (n > 0).then(|| (values[(n - 1) / 2] + values[n / 2]) / 2.0)
    };
    let long = pair as f64;
    let mut begins = Vec::new();
    let mut seconds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for &onset in onsets {
        // From a tenth before a pair begins to a tenth before it ends.
        let number = (10 * onset + pair) / (10 * pair);
        let place = (onset as f64 - (number * pair) as f64) / long;
        if place.abs() < 0.1 {
            begins.push(place);
        } else if (0.40..0.72).contains(&place) {
            seconds.entry(number).or_default().push(place);
        }
    }
    let early = median(begins).unwrap_or(0.0);
    let one = |places: &Vec<f64>| {
        let first = places.iter().copied().fold(1.0, f64::min);
        let apart = places.iter().any(|place| place - first > 0.1);
        (!apart).then(|| places.iter().sum::<f64>() / places.len() as f64 - early)
    };
    let places: Vec<f64> = seconds.values().filter_map(one).collect();
    (places.len() >= 2).then(|| median(places).map(|place| 100.0 * place))?
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
        // 480 ticks a quarter note there, 960 here.
        add(&mut theirs, (voice, (step % 16) as u32), 2.0 * offset as f64, f64::from(velocity));
    }
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{}", take.id);
    for (key, sum) in &ours {
        let other = theirs[key];
        assert!(
            sum.0 == other.0 && (sum.1 - other.1).abs() < 1e-6 && (sum.2 - other.2).abs() < 1e-6,
            "{} {key:?}",
            take.id
        );
    }
}

#[test]
fn every_groove_that_comes_along_can_be_given() {
    let notes: Vec<Note> = (0..64)
        .map(|n| Note {
            onset: 240 * n,
            end: 240 * n + 100,
            channel: 9,
            program: 0,
            pitch: if n % 4 == 0 { 36 } else { 42 },
            velocity: 80,
        })
        .collect();
    for template in grooves() {
        let moved = apply(&template, &notes, &Bars::common(960, 100.0), &Amounts::default());
        assert!(moved != notes && moved.len() == notes.len(), "{}", template.name);
    }
}
