//! A network that was read runs without memory, locks, clocks or system calls. `cargo test` gives this program no harness: what is
//! watched runs in a child, and a child has one thread.

use kmidi_engine::emotion::Tally;
use kmidi_engine::exchange::link;
use kmidi_engine::harmony::context::Family;
use kmidi_engine::mel::MelFrames;
use kmidi_engine::{Block, Config, Engine, MidiEvent, MidiMessage};
use kmidi_music::PitchClass;
use kmidi_neural::chord::{self, Home, Metre};
use kmidi_neural::emotion::sound::Sound;
use kmidi_neural::emotion::{CUES, Played, passages};
use kmidi_neural::harmony::{Harmony, Heard, Now};
use kmidi_neural::melody::{Melody, Meter, Note, Setting};
use kmidi_neural::worker::Worker;
use kmidi_neural::{Graph, Port, shipped};
use kmidi_watch::{Child, Counted, gates, watch};
use std::path::Path;

/// Runs of each network under watch.
const RUNS: usize = 2_000;

fn main() {
    let Some(&gate) = gates().first() else {
        panic!("not proven: no gate on this machine can stop system calls");
    };
    let counted = watch(gate, |child| watched(child, &|| {})).expect("a run under watch");
    assert!(counted.is_clean(), "{counted:?}");
    let planted = watch(gate, |child| watched(child, &|| drop(std::hint::black_box(vec![1.0_f32; 9]))))
        .expect("a run under watch");
    assert!(
        !planted.is_clean() && planted != Counted::default(),
        "a planted allocation was not seen: {planted:?}"
    );
    println!("test networks_run_without_memory_locks_or_calls ... ok\n\ntest result: ok. 1 passed; 0 failed");
}

fn watched(child: &Child, planted: &dyn Fn()) {
    let within = |folder: std::path::PathBuf| {
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path())
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files =
        within(here.join("tests/operators")).chain(within(here.join("../../models")).flat_map(within));
    let networks = files.filter(|path| path.extension().is_some_and(|extension| extension == "onnx"));
    let mut networks: Vec<(Graph, Vec<Port>, Vec<Port>)> = networks
        .map(|path| {
            let graph = Graph::read(&std::fs::read(&path).expect("a file")).expect("a network");
            let inputs = graph.inputs().filter_map(|name| graph.input(name)).collect();
            let outputs = graph.outputs().filter_map(|name| graph.output(name)).collect();
            (graph, inputs, outputs)
        })
        .collect();
    assert!(networks.len() >= 9, "the networks of the tests");
    let mut melody = Melody::new(shipped("melody").expect("the melody model")).expect("a network");
    let setting =
        Setting { key: None, meter: Meter { start: 0.0, numerator: 4, denominator: 4 }, chord: None };
    let mut harmony = Harmony::new(shipped("harmony").expect("a model")).expect("the network");
    let (link, desk) = link();
    let config = Config { sample_rate: 8_000, max_block: 500 };
    let mut engine = Engine::new(config).expect("an engine").advised_by(Some(link));
    let mut worker = Worker::new(desk).expect("a worker");
    let mut mel = MelFrames::new(48_000).expect("a rate");
    let mut sound = Sound::new(shipped("emotion-sound").expect("a model")).expect("the network");
    let (mut tally, mut played) =
        (Tally::default(), [Played { onset: 0.0, duration: 0.5, pitch: 60, velocity: 64 }; 200]);
    if let Err(reason) = child.arm() {
        child.give_up(&reason);
    }
    let (mut total, mut most) = (0.0, 0);
    for run in 0..RUNS {
        let note = Note { onset: run as f64, duration: 0.5, pitch: 60 + (run % 7) as u8 };
        melody.hear(note, &setting);
        total += melody.next().steps[0];
        if run == RUNS / 3 {
            melody.reset();
        }
        total += next_chord(&mut harmony, run);
        hear_chord(&mut engine, &mut worker, run);
        (0..512).for_each(|n| mel.push(f64::from((run * n % 97) as u8) / 97.0, |frame| sound.hear(frame)));
        total += sound.feel().map_or(0.0, |felt| felt.affect.arousal);
        if run == RUNS / 3 {
            mel.reset();
            sound.reset();
        }
        tally.hear(run as f32, 0.5, 40 + (run % 50) as u8, 30 + (run % 90) as u8);
        total += tally.cues().map_or(0.0, |cues| cues.affect().valence);
        played[run % 200].onset = (run * 37 % 101) as f32;
        if run % 50 == 0 {
            let told = passages(&mut played, run, |row| total += row[CUES - 1]);
            most = most.max(told.unwrap_or(0));
        }
        for (graph, inputs, outputs) in &mut networks {
            for &input in &*inputs {
                graph.set(input).fill((run % 5) as f32);
            }
            graph.run();
            total += outputs.iter().map(|&output| graph.get(output)[0]).sum::<f32>();
            if run == RUNS / 2 {
                graph.reset();
                planted();
            }
        }
    }
    child.disarm();
    std::hint::black_box(total);
    if worker.counts().0 < RUNS as u64 / 2 || engine.advice().told < RUNS as u64 / 4 {
        child.give_up("the worker did next to nothing");
    }
    if most < 2 {
        child.give_up("no piece had two passages");
    }
}

/// Half a second of one chord, as an engine hears it whose worker steps after each block.
fn hear_chord(engine: &mut Engine, worker: &mut Worker, run: usize) {
    let message = |on: bool, note| match on {
        true => MidiMessage::NoteOn { channel: 0, note, velocity: 90 },
        false => MidiMessage::NoteOff { channel: 0, note },
    };
    let notes = |run: usize| [48, 60, 64, 67].map(|note| note + (run * 5 % 12) as u8);
    let (off, on) = (notes(run + 11), notes(run));
    let midi: [MidiEvent; 8] = std::array::from_fn(|n| {
        let message = if n < 4 { message(false, off[n]) } else { message(true, on[n - 4]) };
        MidiEvent { offset: 0, message }
    });
    for block in 0..8 {
        engine.process(&Block { frames: 500, audio: &[], midi: if block == 0 { &midi } else { &[] } });
        while worker.step() {}
    }
}

/// A step of the model of the next chord; more of them than it remembers.
fn next_chord(harmony: &mut Harmony, run: usize) -> f32 {
    let root = PitchClass::new((run * run % 12) as i32);
    let heard = Heard { root, family: Family::Minor, bass: root };
    let melody = [chord::Note { onset: run as f32, duration: 1.0, pitch: 60 }];
    let home = Home { tonic: PitchClass::new(0), minor: Some(false) };
    let now = Now { onset: run as f32 + 1.0, home, metre: Metre::new(0.0, 4, 4), melody: Some(&melody) };
    harmony.step((run > 0).then_some(&heard), &now).chords[0]
}
