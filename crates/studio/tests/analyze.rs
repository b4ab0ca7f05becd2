//! Analyses of songs whose truth is known, because the studio wrote and rendered them.

use kmidi_engine::{MidiEvent, MidiMessage};
use kmidi_music::{Affect, Bpm, Intent, Song};
use kmidi_studio::analyze::{Analysis, Listener, Study};
use kmidi_studio::compose::compose;
use kmidi_studio::render::{notes_of, render};

const RATE: u32 = 48_000;

fn song(key: &str, bpm: f64, seed: u64) -> Song {
    let mut intent = Intent::feeling(Affect { valence: 0.5, arousal: 0.3, ..Affect::default() });
    (intent.key, intent.tempo, intent.bars, intent.seed) = (key.parse().ok(), Some(Bpm(bpm)), Some(16), seed);
    compose(&intent).unwrap().1
}

/// The notes of `song` as MIDI at 48 kHz, and its length in frames.
fn midi(song: &Song) -> (Vec<MidiEvent>, usize) {
    let mut events: Vec<MidiEvent> = Vec::new();
    let frame = |seconds: f64| (seconds * f64::from(RATE)).round() as u32;
    for note in notes_of(song) {
        let (channel, pitch) = (note.channel, note.pitch);
        let on = MidiMessage::NoteOn { channel, note: pitch, velocity: note.velocity };
        events.push(MidiEvent { offset: frame(note.start), message: on });
        events.push(MidiEvent {
            offset: frame(note.end),
            message: MidiMessage::NoteOff { channel, note: pitch },
        });
    }
    events.sort_by_key(|event| (event.offset, matches!(event.message, MidiMessage::NoteOn { .. })));
    let end = events.last().map_or(0, |event| event.offset);
    (events, end as usize + 1)
}

fn from_midi(song: &Song) -> Study {
    let (events, frames) = midi(song);
    let mut listener = Listener::new(RATE).unwrap();
    listener.push(frames, &[], &events);
    listener.finish()
}

fn from_sound(song: &Song) -> Study {
    let sound = render(song, RATE).unwrap();
    let mut listener = Listener::new(RATE).unwrap();
    for (left, right) in sound.left.chunks(10_000).zip(sound.right.chunks(10_000)) {
        listener.push(left.len(), &[left, right], &[]);
    }
    listener.finish()
}

/// The share of the song's time in which the answer's chord has the right root.
fn roots(song: &Song, answer: &Analysis) -> f64 {
    let step = 0.05;
    let end = song.tempo.seconds(song.end()).0;
    let right = (0..(end / step) as usize).filter(|&n| {
        let time = (n as f64 + 0.5) * step;
        let truth = song.chords.iter().find(|c| {
            let (from, to) = (song.tempo.seconds(c.onset).0, song.tempo.seconds(c.onset + c.duration).0);
            (from..to).contains(&time)
        });
        let said = answer.chords.iter().find(|c| (c.start..c.end).contains(&time));
        truth.zip(said).is_some_and(|(truth, said)| {
            let root = said.label.split(':').next().unwrap_or_default();
            root.parse().is_ok_and(|root: kmidi_music::PitchName| {
                root.pitch_class() == truth.chord.root.pitch_class()
            })
        })
    });
    right.count() as f64 / (end / step).floor()
}

fn check(song: &Song, study: &Study, key: &str, floor: f64) {
    let whole = &study.whole;
    assert_eq!(whole.key.as_ref().map(|k| k.label.as_str()), Some(key));
    let share = roots(song, whole);
    assert!(share > floor, "right roots {share:.3} of the time");
    for answer in [whole, &study.causal] {
        assert!(answer.onsets.len() > 50 && answer.beats.len() > 16, "{}", answer.beats.len());
        assert!(answer.beats.windows(2).all(|w| w[0] < w[1]));
        assert!(answer.chords.windows(2).all(|w| w[0].end <= w[1].start + 1e-9));
        assert!(answer.chords.iter().all(|c| c.end <= answer.duration.max(c.start) + 1e-9));
    }
}

#[test]
fn a_song_is_understood_from_its_notes_and_from_its_sound() {
    for (key, bpm, seed) in [("D", 120.0, 1), ("Eb", 96.0, 2)] {
        let song = song(key, bpm, seed);
        let label = format!("{key}:maj");
        check(&song, &from_midi(&song), &label, 0.85);
        check(&song, &from_sound(&song), &label, 0.70);
    }
}

#[test]
fn a_causal_answer_never_reaches_back_further_than_it_may() {
    let study = from_sound(&song("A", 110.0, 3));
    let causal = &study.causal;
    assert!(causal.chords.len() > 8);
    for chord in &causal.chords {
        let known = chord.known.expect("when it was known");
        assert!(known - chord.start <= 0.25 + 1e-9, "{chord:?}");
    }
    assert!(causal.keys.iter().all(|key| key.known.is_some_and(|known| known - key.start <= 0.25 + 1e-9)));
    assert_eq!(causal.onsets_known.as_ref().map(Vec::len), Some(causal.onsets.len()));
    assert_eq!(causal.beats_known.as_ref().map(Vec::len), Some(causal.beats.len()));
    assert!(
        study.whole.onsets_known.is_none() && study.whole.chords.iter().all(|chord| chord.known.is_none())
    );
}

/// Chords over a bass that nothing doubles, two seconds each.
fn blocks(progression: &str, key: &str) -> Study {
    let mut listener = Listener::new(RATE).unwrap();
    for (key, numeral) in kmidi_music::roman::progression(progression, key.parse().unwrap()).unwrap() {
        let chord = numeral.chord(key);
        let bass = 36 + chord.bass.pitch_class().value();
        let upper = chord.pitch_classes().iter().map(|pc| 60 + pc.value());
        let notes: Vec<u8> =
            [bass].into_iter().chain(upper.filter(|pitch| pitch % 12 != bass % 12)).collect();
        let at = |offset: u32, on: bool| {
            notes.iter().map(move |&note| MidiEvent {
                offset,
                message: match on {
                    true => MidiMessage::NoteOn { channel: 0, note, velocity: 80 },
                    false => MidiMessage::NoteOff { channel: 0, note },
                },
            })
        };
        listener.push(96_000, &[], &at(0, true).chain(at(95_000, false)).collect::<Vec<_>>());
    }
    listener.finish()
}

#[test]
fn chords_are_named_by_what_they_do_in_the_key() {
    let progression = "I IV V7 I V7/V V7 I vi iv Ger65 Cad64 V7 I IV ii6 V7 I";
    let answer = blocks(progression, "C").whole;
    let told: Vec<&str> = answer.chords.iter().flat_map(|chord| chord.roman.as_deref()).collect();
    assert_eq!(told.join(" "), progression);
    let sixth = &answer.chords[9];
    assert_eq!((sixth.label.as_str(), sixth.symbol.as_deref()), ("Ab:7", Some("Ab7")));
    for chord in &answer.chords {
        let middle = (chord.start + chord.end) / 2.0;
        let key = answer.keys.iter().find(|key| (key.start..key.end).contains(&middle));
        assert_eq!(key.and_then(|key| key.label.as_ref()), chord.key.as_ref());
    }
    assert_eq!(answer.key.map(|key| key.label), Some("C:maj".into()));
}

#[test]
fn how_a_stream_is_cut_changes_nothing() {
    let song = song("G", 132.0, 4);
    let (events, frames) = midi(&song);
    let mut listener = Listener::new(RATE).unwrap();
    let mut start = 0;
    for size in [1, 17, 1000, 513, 48_000].into_iter().cycle() {
        let end = (start + size).min(frames);
        let inside = |event: &&MidiEvent| (start..end).contains(&(event.offset as usize));
        let part: Vec<MidiEvent> = events
            .iter()
            .filter(inside)
            .map(|event| MidiEvent { offset: event.offset - start as u32, message: event.message })
            .collect();
        listener.push(end - start, &[], &part);
        start = end;
        if start == frames {
            break;
        }
    }
    let cut = listener.finish();
    assert_eq!(cut.whole, from_midi(&song).whole);
}

#[test]
fn nothing_gives_an_empty_answer_with_finite_numbers() {
    for frames in [0, 1, 480, 480_000] {
        let mut listener = Listener::new(RATE).unwrap();
        listener.push(frames, &[&[]], &[]);
        let study = listener.finish();
        for answer in [&study.whole, &study.causal] {
            assert!(answer.tempo.is_none() && answer.key.is_none() && answer.chords.is_empty());
            let json = serde_json::to_value(answer).unwrap();
            assert_eq!(json["duration"], frames as f64 / f64::from(RATE));
            assert!(json["swing"].is_null() && json["emotion"].is_null());
        }
    }
}
