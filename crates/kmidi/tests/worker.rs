//! The engine with a worker on a thread of its own, in the time of the stream.

use kmidi::WorkerThread;
use kmidi::engine::exchange::{Counts, Source, link};
use kmidi::engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};
use kmidi::neural::worker::Worker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const RATE: u32 = 48_000;
const BLOCK: usize = 512;
const CHORDS: [[u8; 4]; 4] = [[48, 60, 64, 67], [45, 60, 64, 69], [41, 60, 65, 69], [43, 59, 62, 67]];

/// Plays chords, two a second, each block when its time has come; `tell` hears every event.
fn play(engine: &mut Engine, seconds: f64, mut tell: impl FnMut(&Event)) -> u64 {
    let (begun, blocks) = (Instant::now(), (seconds * f64::from(RATE)) as usize / BLOCK);
    let (mut late, mut chord) = (0, 0);
    for number in 0..blocks {
        let due = Duration::from_secs_f64((number * BLOCK) as f64 / f64::from(RATE));
        if let Some(wait) = due.checked_sub(begun.elapsed()) {
            std::thread::sleep(wait);
        }
        let mut midi = Vec::new();
        if number * BLOCK >= chord * RATE as usize / 2 {
            let event = |message| MidiEvent { offset: 0, message };
            let off = CHORDS[(chord + 3) % 4].map(|note| event(MidiMessage::NoteOff { channel: 0, note }));
            let on = CHORDS[chord % 4];
            let on = on.map(|note| event(MidiMessage::NoteOn { channel: 0, note, velocity: 90 }));
            midi.extend(off.into_iter().chain(on));
            chord += 1;
        }
        let start = Instant::now();
        engine.process(&Block { frames: BLOCK, audio: &[], midi: &midi }).events.iter().for_each(&mut tell);
        late += u64::from(start.elapsed() > Duration::from_secs_f64(BLOCK as f64 / f64::from(RATE)));
    }
    late
}

fn engine() -> (Engine, kmidi::engine::exchange::Desk) {
    let (link, desk) = link();
    let config = Config { sample_rate: RATE, max_block: BLOCK };
    (Engine::new(config).unwrap().advised_by(Some(link)), desk)
}

#[test]
fn a_worker_thread_answers_in_time() {
    let (mut engine, desk) = engine();
    let worker = WorkerThread::start(desk).unwrap();
    let (mut rules, mut model) = (0, Vec::new());
    play(&mut engine, 8.0, |event| match event {
        Event::Expected { source: Source::Rules, .. } => rules += 1,
        Event::Expected { source: Source::Model, chords, .. } => model.push(*chords),
        _ => {}
    });
    drop(worker);
    let Counts { asked, unsent, told, late } = engine.advice();
    assert!(rules >= 12 && asked == rules && unsent == 0, "{:?}, {rules} chords", engine.advice());
    assert_eq!(told, model.len() as u64);
    assert!(told >= 1 && told + late <= asked);
    // Four chords that go round: after a while the model expects them.
    let last = model.last().unwrap()[0].expect("a chord");
    assert!(last.probability > 0.3, "{last:?}");
}

/// So many seconds with a worker that hangs for 20 ms in one call of twenty, at random places.
fn stalled(seconds: f64) {
    let (mut engine, desk) = engine();
    let mut worker = Worker::new(desk).unwrap();
    let (stop, stalls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (stopped, counted) = (stop.clone(), stalls.clone());
    let thread = std::thread::spawn(move || {
        let mut random = 1_u32;
        while !stopped.load(Ordering::Relaxed) {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if random >> 16 < 65_536 / 20 {
                counted.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(20));
            }
            if !worker.step() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        worker.counts()
    });
    let (mut rules, mut model) = (0, 0);
    let late_blocks = play(&mut engine, seconds, |event| match event {
        Event::Expected { source: Source::Rules, .. } => rules += 1,
        Event::Expected { source: Source::Model, .. } => model += 1,
        _ => {}
    });
    // What is still on its way arrives, and is told or counted.
    play(&mut engine, 0.5, |event| {
        model += u64::from(matches!(event, Event::Expected { source: Source::Model, .. }));
    });
    stop.store(true, Ordering::Relaxed);
    let (answered, unsent_hints) = thread.join().unwrap();
    let Counts { asked, unsent, told, late } = engine.advice();
    println!(
        "{seconds} s: {} stalls, {asked} asked, {told} told, {late} late; {late_blocks} blocks late",
        stalls.load(Ordering::Relaxed)
    );
    assert!(stalls.load(Ordering::Relaxed) as f64 > seconds, "the worker must have hung");
    assert!(rules as f64 > seconds && unsent == 0 && unsent_hints == 0);
    assert_eq!((told, told + late), (model, answered), "each hint is told once or counted as late");
    // The last chord may have been told in the half second after.
    assert!(asked.abs_diff(answered) <= 1 && asked.abs_diff(rules) <= 1, "{asked}, {answered}, {rules}");
    // A worker has no means to hold up a block; other programs on the machine have.
    assert!(
        late_blocks as f64 <= 0.002 * seconds * f64::from(RATE) / BLOCK as f64,
        "{late_blocks} blocks late"
    );
}

#[test]
fn a_worker_that_hangs_now_and_then_holds_nothing_up() {
    stalled(10.0);
}

/// The same for five minutes.
#[test]
#[ignore = "five minutes; .ci/run --slow"]
fn five_minutes_with_a_worker_that_hangs() {
    stalled(300.0);
}
