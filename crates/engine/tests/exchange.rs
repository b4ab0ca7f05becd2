//! The exchange with a worker: what is told depends on which hints came in time, and on nothing else.

use kmidi_engine::exchange::ring::{Receiver, Sender, Shared, ring};
use kmidi_engine::exchange::{Counts, Hint, LATENCY_HOPS, Request, Source, link};
use kmidi_engine::harmony::context::Family;
use kmidi_engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};
use kmidi_music::PitchClass;

const RATE: u32 = 48_000;
const HOP: usize = 480;

/// Chords of C major, two a second, for so many seconds, in blocks; what is told, and the frame at whose block's end it was.
struct Player {
    engine: Engine,
    frame: u64,
}

impl Player {
    fn new(link: Option<kmidi_engine::exchange::Link>) -> Self {
        let config = Config { sample_rate: RATE, max_block: 4_096 };
        Self { engine: Engine::new(config).unwrap().advised_by(link), frame: 0 }
    }

    fn play(&mut self, frames: usize) -> Vec<(u64, Event)> {
        const CHORDS: [[u8; 3]; 4] = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [69, 72, 76]];
        let half = u64::from(RATE / 2);
        let mut midi = Vec::new();
        for at in self.frame..self.frame + frames as u64 {
            if at % half == 0 {
                let number = (at / half) as usize;
                let offset = (at - self.frame) as u32;
                let off = CHORDS[(number + 3) % 4].map(|note| MidiMessage::NoteOff { channel: 0, note });
                let on =
                    CHORDS[number % 4].map(|note| MidiMessage::NoteOn { channel: 0, note, velocity: 90 });
                midi.extend(off.into_iter().chain(on).map(|message| MidiEvent { offset, message }));
            }
        }
        let output = self.engine.process(&Block { frames, audio: &[], midi: &midi });
        self.frame += frames as u64;
        output.events.iter().map(|event| (self.frame, *event)).collect()
    }
}

/// A model that is sure of one chord: the dominant.
fn dominant(request: &Request) -> Hint {
    let five = PitchClass::new(i32::from(request.key % 12) + 7);
    Hint {
        number: request.number,
        chords: [
            (five, Family::Major, 0.9),
            (five, Family::Dominant, 0.06),
            (request.root, Family::Augmented, 0.01),
        ],
    }
}

fn expected(events: &[(u64, Event)], wanted: Source) -> Vec<(u64, Event)> {
    let is = |event: &Event| matches!(event, Event::Expected { source, .. } if *source == wanted);
    events.iter().filter(|(_, event)| is(event)).copied().collect()
}

#[test]
fn rules_answer_at_once_and_the_model_after_the_latency() {
    let (link, mut desk) = link();
    let mut player = Player::new(Some(link));
    let mut events = Vec::new();
    for _ in 0..400 {
        events.extend(player.play(HOP));
        while let Some(request) = desk.request() {
            assert!(desk.answer(&dominant(&request)));
        }
    }
    let (rules, model) = (expected(&events, Source::Rules), expected(&events, Source::Model));
    assert!(rules.len() >= 7 && model.len() == rules.len(), "{} and {}", rules.len(), model.len());
    for ((early, by_rules), (late, by_model)) in rules.iter().zip(&model) {
        assert_eq!(late - early, LATENCY_HOPS * HOP as u64);
        assert_eq!(by_rules.frame(), by_model.frame());
        let Event::Expected { chords, .. } = by_model else { unreachable!() };
        let first = chords[0].expect("the dominant is a chord of every key");
        assert!((first.probability - 0.9).abs() < 1e-6);
        let Event::Expected { chords, .. } = by_rules else { unreachable!() };
        let sum: f32 = chords.iter().flatten().map(|chord| chord.probability).sum();
        assert!(chords.iter().all(Option::is_some) && sum > 0.2 && sum <= 1.0, "{chords:?}");
    }
    let all = rules.len() as u64;
    assert_eq!(player.engine.advice(), Counts { asked: all, unsent: 0, told: all, late: 0 });
    player.engine.reset();
    assert_eq!(player.engine.advice(), Counts::default());
}

#[test]
fn a_late_hint_is_dropped_and_counted() {
    let (link, mut desk) = link();
    let mut player = Player::new(Some(link));
    let mut requests = Vec::new();
    let mut events = Vec::new();
    let (mut number, mut sent_late) = (0, 0);
    for hop in 0..800 {
        events.extend(player.play(HOP));
        while let Some(request) = desk.request() {
            assert_eq!(request.number, number, "each request has the next number");
            number += 1;
            // Every third answer comes a hop too late.
            let late = request.number % 3 == 0;
            let wait = if late { LATENCY_HOPS as usize } else { LATENCY_HOPS as usize - 1 };
            requests.push((hop + wait, late, request));
        }
        for (_, late, request) in requests.iter().filter(|(when, ..)| *when == hop) {
            sent_late += u64::from(*late);
            assert!(desk.answer(&dominant(request)));
        }
    }
    events.extend(player.play(HOP));
    let counts = player.engine.advice();
    let told = expected(&events, Source::Model).len() as u64;
    assert!(sent_late >= 4 && told >= 8, "{counts:?}");
    assert_eq!((counts.late, counts.told), (sent_late, told));
    assert_eq!(counts.asked, u64::from(number));
}

/// The whole stream, with each answer after so many blocks.
fn stream(block: usize, answer_after: usize) -> Vec<Event> {
    let (link, mut desk) = link();
    let mut player = Player::new(Some(link));
    let (mut events, mut requests) = (Vec::new(), Vec::new());
    let blocks = 4 * RATE as usize / block;
    for number in 0..blocks {
        events.extend(player.play(block).into_iter().map(|(_, event)| event));
        while let Some(request) = desk.request() {
            requests.push((number + answer_after, request));
        }
        for (_, request) in requests.iter().filter(|(when, _)| *when == number) {
            assert!(desk.answer(&dominant(request)));
        }
    }
    events
}

#[test]
fn neither_the_blocks_nor_the_moment_within_the_latency_change_the_stream() {
    let whole = stream(64, 0);
    assert!(whole.iter().any(|event| matches!(event, Event::Expected { source: Source::Model, .. })));
    for (block, after) in [(64, 40), (480, 3), (512, 0), (1_000, 2)] {
        let other = stream(block, after);
        let length = whole.len().min(other.len());
        assert!(whole.len() - length < 4 && other.len() - length < 4);
        assert_eq!(whole[..length], other[..length], "blocks of {block}, answers after {after}");
    }
}

#[test]
fn a_worker_that_hangs_fills_no_memory_and_rules_go_on() {
    let (link, mut desk) = link();
    let mut player = Player::new(Some(link));
    let mut events = Vec::new();
    for _ in 0..3_000 {
        events.extend(player.play(HOP));
    }
    let counts = player.engine.advice();
    let rules = expected(&events, Source::Rules).len() as u64;
    assert!(counts.unsent > 10 && counts.told == 0, "{counts:?}");
    assert_eq!(counts.asked + counts.unsent, rules);
    // What is answered after all comes too late, every piece of it.
    let mut answered = 0;
    while let Some(request) = desk.request() {
        answered += u64::from(desk.answer(&dominant(&request)));
    }
    player.play(HOP);
    assert_eq!((answered, player.engine.advice().late), (counts.asked, counts.asked));
}

#[test]
fn a_clone_has_no_worker() {
    let (link, mut desk) = link();
    let player = Player::new(Some(link));
    let mut clone = Player { engine: player.engine.clone(), frame: 0 };
    let events: Vec<_> = (0..200).flat_map(|_| clone.play(HOP)).collect();
    assert!(expected(&events, Source::Rules).len() > 2 && desk.request().is_none());
}

/// The model checker's atomics.
struct Checked(loom::sync::atomic::AtomicU32);

impl Shared for Checked {
    fn new(value: u32) -> Self {
        Self(loom::sync::atomic::AtomicU32::new(value))
    }
    fn read(&self) -> u32 {
        self.0.load(loom::sync::atomic::Ordering::Relaxed)
    }
    fn write(&self, value: u32) {
        self.0.store(value, loom::sync::atomic::Ordering::Relaxed);
    }
    fn hear(&self) -> u32 {
        self.0.load(loom::sync::atomic::Ordering::Acquire)
    }
    fn tell(&self, value: u32) {
        self.0.store(value, loom::sync::atomic::Ordering::Release);
    }
}

/// The same, but what is told is not ordered: the planted fault.
struct Careless(Checked);

impl Shared for Careless {
    fn new(value: u32) -> Self {
        Self(Checked::new(value))
    }
    fn read(&self) -> u32 {
        self.0.read()
    }
    fn write(&self, value: u32) {
        self.0.write(value);
    }
    fn hear(&self) -> u32 {
        self.0.read()
    }
    fn tell(&self, value: u32) {
        self.0.write(value);
    }
}

/// Every order in which two threads can pass three messages of two words through a ring of two.
fn in_every_order<S: Shared + Send + Sync + 'static>() {
    loom::model(|| {
        let (mut sender, mut receiver): (Sender<2, S>, Receiver<2, S>) = ring(2);
        let other = loom::thread::spawn(move || {
            let mut sent = Vec::new();
            for number in 1..4_u32 {
                if sender.send(&[number, number + 10]) {
                    sent.push(number);
                }
            }
            sent
        });
        let mut received = Vec::new();
        for _ in 0..2 {
            received.extend(receiver.receive());
        }
        let sent = other.join().unwrap();
        received.extend(std::iter::from_fn(|| receiver.receive()));
        assert!(received.iter().all(|[a, b]| a + 10 == *b), "a torn message: {received:?}");
        assert_eq!(received.iter().map(|[number, _]| *number).collect::<Vec<_>>(), sent);
    });
}

#[test]
fn the_ring_keeps_messages_whole_and_in_order_in_every_order_of_events() {
    in_every_order::<Checked>();
    let careless = std::panic::catch_unwind(in_every_order::<Careless>);
    assert!(careless.is_err(), "without ordering, torn messages must be found");
}
