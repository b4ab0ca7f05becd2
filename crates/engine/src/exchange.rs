//! What may come next: the rules answer at once, a worker's model in a moment.
//!
//! A model may take longer than a block lasts, so it runs elsewhere. When a chord is told, the engine says what usually follows
//! ([`Source::Rules`]) and sends a [`Request`]; a worker answers with a [`Hint`]. A hint that has come when [`LATENCY_HOPS`] have passed is
//! told at exactly that hop ([`Source::Model`]); a later one is dropped and counted. So what is told depends on whether each hint came in
//! time, and on nothing else: not on the moment within that time, nor on how the stream is cut into blocks.

pub mod ring;

use crate::block::{Bounded, Event};
use crate::harmony::context::Family;
use crate::harmony::key;
use crate::harmony::suggest::{Suggester, Suggestion, Wish};
use crate::hops::Clock;
use kmidi_kernels::math;
use kmidi_music::{Chord, Frames, Key, PitchClass};
use ring::{Receiver, Sender};

/// A hint is told this many hops of 10 ms after the chord that it follows was.
pub const LATENCY_HOPS: u64 = 12;
/// How many chords are told as likely to come next.
pub const EXPECTED: usize = 3;
/// Requests whose hints may be on their way at a time.
const WAITING: usize = 8;
/// Words of a message.
const WORDS: usize = 10;
/// Messages that each ring holds.
const CAPACITY: usize = 16;

/// A chord that may come next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// The chord, spelled in the key.
    pub chord: Chord,
    /// Its probability, 0 to 1.
    pub probability: f32,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The rules and counts of [`crate::harmony::suggest`].
    Rules,
    /// A model, through a worker.
    Model,
}

/// A chord was told: what comes next?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// Its number, one more than that of the request before.
    pub number: u32,
    /// The root of the chord.
    pub root: PitchClass,
    /// Its family.
    pub family: Family,
    /// Its bass.
    pub bass: PitchClass,
    /// The key: 0 to 11 major from C up, 12 to 23 minor.
    pub key: u8,
    /// Beats from the start of the stream to the chord, as far as beats were heard.
    pub beats: f32,
    /// The last downbeat before it, in the same measure, and beats a bar; 0 where no metre is heard.
    pub bar: (f32, u8),
}

/// What a model says to a [`Request`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hint {
    /// The number of the request.
    pub number: u32,
    /// Roots and families with their probabilities, the likeliest first.
    pub chords: [(PitchClass, Family, f32); EXPECTED],
}

impl Request {
    fn to_words(self) -> [u32; WORDS] {
        let chord = [self.root.value(), self.family.index() as u8, self.bass.value(), self.key];
        let (downbeat, beats_a_bar) = self.bar;
        let mut words = [0; WORDS];
        words[..5].copy_from_slice(&[
            self.number,
            u32::from_le_bytes(chord),
            self.beats.to_bits(),
            downbeat.to_bits(),
            beats_a_bar.into(),
        ]);
        words
    }

    fn from_words(words: [u32; WORDS]) -> Self {
        let [root, family, bass, key] = words[1].to_le_bytes();
        Self {
            number: words[0],
            root: PitchClass::new(root.into()),
            family: Family::ALL[usize::from(family) % Family::COUNT],
            bass: PitchClass::new(bass.into()),
            key,
            beats: f32::from_bits(words[2]),
            bar: (f32::from_bits(words[3]), words[4] as u8),
        }
    }
}

impl Hint {
    fn to_words(self) -> [u32; WORDS] {
        let mut words = [self.number; WORDS];
        for (pair, (root, family, probability)) in
            words[1..].as_chunks_mut::<2>().0.iter_mut().zip(self.chords)
        {
            *pair = [u32::from(root.value()) << 8 | family.index() as u32, probability.to_bits()];
        }
        words
    }

    fn from_words(words: [u32; WORDS]) -> Self {
        let chords = std::array::from_fn(|n| {
            let chord = words[1 + 2 * n];
            let root = PitchClass::new((chord >> 8) as i32 % 12);
            let family = Family::ALL[(chord & 255) as usize % Family::COUNT];
            (root, family, f32::from_bits(words[2 + 2 * n]))
        });
        Self { number: words[0], chords }
    }
}

/// The engine's end of the rings; [`Engine::advised_by`](crate::Engine::advised_by) takes it.
#[derive(Debug)]
pub struct Link {
    requests: Sender<WORDS>,
    hints: Receiver<WORDS>,
}

/// The worker's end of the rings.
#[derive(Debug)]
pub struct Desk {
    requests: Receiver<WORDS>,
    hints: Sender<WORDS>,
}

impl Desk {
    /// The next request, if one has come.
    ///
    /// *Real-time safety*: no allocation, no lock, no waiting.
    pub fn request(&mut self) -> Option<Request> {
        self.requests.receive().map(Request::from_words)
    }

    /// Sends a hint; says whether there was room for it.
    ///
    /// *Real-time safety*: no allocation, no lock, no waiting.
    pub fn answer(&mut self, hint: &Hint) -> bool {
        self.hints.send(&hint.to_words())
    }
}

/// Two rings between an engine and a worker.
///
/// *Real-time safety*: allocates.
pub fn link() -> (Link, Desk) {
    let ((requests, taken), (answers, hints)) = (ring::ring(CAPACITY), ring::ring(CAPACITY));
    (Link { requests, hints }, Desk { requests: taken, hints: answers })
}

/// What became of requests and hints since the last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Requests that were sent.
    pub asked: u64,
    /// Requests for which there was no room: the worker is far behind.
    pub unsent: u64,
    /// Hints that were told.
    pub told: u64,
    /// Hints that came too late, or to a request from before a reset.
    pub late: u64,
}

/// A request on its way.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    number: u32,
    due: u64,
    frame: Frames,
    key: Key,
    hint: Option<Hint>,
}

/// Tells what may come next.
#[derive(Debug)]
pub(crate) struct Advisor {
    rules: Suggester,
    link: Option<Link>,
    waiting: [Option<Waiting>; WAITING],
    number: u32,
    counts: Counts,
}

impl Clone for Advisor {
    /// A worker has one engine: the copy has none, and tells what the rules say.
    fn clone(&self) -> Self {
        Self {
            rules: self.rules.clone(),
            link: None,
            waiting: [None; WAITING],
            number: 0,
            counts: Counts::default(),
        }
    }
}

/// A chord that was told, with its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) chord: Chord,
    pub(crate) frame: Frames,
    /// The likeliest key.
    pub(crate) key: usize,
    pub(crate) beats: f32,
    pub(crate) bar: (f32, u8),
}

impl Advisor {
    pub(crate) fn new(link: Option<Link>) -> Self {
        Self { rules: Suggester::new(), link, waiting: [None; WAITING], number: 0, counts: Counts::default() }
    }

    /// Forgets the piece. Numbers go on, so that hints to what was asked before are known as late.
    pub(crate) fn reset(&mut self) {
        self.rules.reset();
        self.waiting = [None; WAITING];
        self.counts = Counts::default();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// One hop is complete; `told` is the chord that was told in it.
    pub(crate) fn hop(&mut self, clock: &Clock, told: Option<Told>, events: &mut Bounded<Event>) {
        let now = clock.hop();
        self.collect();
        for at in 0..WAITING {
            let Some(due) = self.waiting[at].filter(|waiting| waiting.due <= now) else { continue };
            self.waiting[at] = None;
            if let Some(hint) = due.hint {
                self.counts.told += 1;
                let chords = self.spelled(&hint, due.key);
                events.push(Event::Expected { frame: due.frame, chords, source: Source::Model });
            }
        }
        if let Some(told) = told {
            self.chord(now, &told, events);
        }
    }

    /// Takes the hints that have come.
    fn collect(&mut self) {
        let Some(link) = &mut self.link else { return };
        // No more than the ring holds: a worker that never stops must not hold up the block.
        for _ in 0..CAPACITY {
            let Some(hint) = link.hints.receive().map(Hint::from_words) else { break };
            match self.waiting.iter_mut().flatten().find(|waiting| waiting.number == hint.number) {
                Some(waiting) => waiting.hint = Some(hint),
                None => self.counts.late += 1,
            }
        }
    }

    fn chord(&mut self, now: u64, told: &Told, events: &mut Bounded<Event>) {
        let key = key::key(told.key);
        self.rules.hear(&told.chord, key);
        let ranked = self.rules.suggest(key, &Wish::default());
        let total = ranked.iter().map(weight).fold(f32::MIN_POSITIVE, |sum, weight| sum + weight);
        let mut chords = [None; EXPECTED];
        for (slot, suggestion) in chords.iter_mut().zip(ranked) {
            *slot = Some(Expected { chord: suggestion.chord, probability: weight(suggestion) / total });
        }
        events.push(Event::Expected { frame: told.frame, chords, source: Source::Rules });
        let Some(link) = &mut self.link else { return };
        let root = told.chord.root.pitch_class();
        let request = Request {
            number: self.number,
            root,
            family: Family::above(told.chord.pitch_classes(), root),
            bass: told.chord.bass.pitch_class(),
            key: told.key as u8,
            beats: told.beats,
            bar: told.bar,
        };
        let free = self.waiting.iter_mut().find(|waiting| waiting.is_none());
        match free {
            Some(free) if link.requests.send(&request.to_words()) => {
                self.counts.asked += 1;
                let due = now + LATENCY_HOPS;
                *free = Some(Waiting { number: self.number, due, frame: told.frame, key, hint: None });
                self.number = self.number.wrapping_add(1);
            }
            _ => self.counts.unsent += 1,
        }
    }

    /// The chords of a hint, as the rules spell them in the key; those that the rules do not know are left out.
    fn spelled(&self, hint: &Hint, key: Key) -> [Option<Expected>; EXPECTED] {
        let mut chords = [None; EXPECTED];
        let known = hint.chords.iter().filter_map(|&(root, family, probability)| {
            let chord = self.rules.spelled(key, root, family)?;
            Some(Expected { chord, probability: probability.clamp(0.0, 1.0) })
        });
        chords.iter_mut().zip(known).for_each(|(slot, expected)| *slot = Some(expected));
        chords
    }
}

/// How likely a suggestion is, beside others.
fn weight(suggestion: &Suggestion) -> f32 {
    math::exp(suggestion.score().min(60.0))
}
