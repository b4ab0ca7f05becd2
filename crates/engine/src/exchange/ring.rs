//! A bounded ring from one thread to another: no lock, no allocation, nobody waits.
//!
//! The single-producer, single-consumer queue of Lamport (1983, "Specifying concurrent program modules"): each side counts its own
//! messages and reads the other's count. Messages are words, so that every slot is an atomic number and nothing is `unsafe`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A number that two threads may see: that of the standard library, or of a program that tries every order of events.
pub trait Shared {
    /// A new one.
    fn new(value: u32) -> Self;
    /// Reads, in any order with other reads.
    fn read(&self) -> u32;
    /// Writes, in any order with other writes.
    fn write(&self, value: u32);
    /// Reads; what the other thread did before it told `value` is then seen.
    fn hear(&self) -> u32;
    /// Writes; who hears it sees all that was done before.
    fn tell(&self, value: u32);
}

impl Shared for AtomicU32 {
    fn new(value: u32) -> Self {
        AtomicU32::new(value)
    }
    fn read(&self) -> u32 {
        self.load(Ordering::Relaxed)
    }
    fn write(&self, value: u32) {
        self.store(value, Ordering::Relaxed);
    }
    fn hear(&self) -> u32 {
        self.load(Ordering::Acquire)
    }
    fn tell(&self, value: u32) {
        self.store(value, Ordering::Release);
    }
}

#[derive(Debug)]
struct Ring<const WORDS: usize, S> {
    /// As many as a power of two, so that counts may wrap around.
    slots: Box<[[S; WORDS]]>,
    sent: S,
    received: S,
}

impl<const WORDS: usize, S: Shared> Ring<WORDS, S> {
    fn slot(&self, count: u32) -> &[S; WORDS] {
        &self.slots[count as usize & (self.slots.len() - 1)]
    }
}

/// The end that sends.
#[derive(Debug)]
pub struct Sender<const WORDS: usize, S = AtomicU32> {
    ring: Arc<Ring<WORDS, S>>,
    sent: u32,
}

/// The end that receives.
#[derive(Debug)]
pub struct Receiver<const WORDS: usize, S = AtomicU32> {
    ring: Arc<Ring<WORDS, S>>,
    received: u32,
}

/// A ring for at least `capacity` messages (1 to 65,536) of so many words each.
///
/// *Real-time safety*: allocates.
pub fn ring<const WORDS: usize, S: Shared>(capacity: usize) -> (Sender<WORDS, S>, Receiver<WORDS, S>) {
    let capacity = capacity.clamp(1, 65_536).next_power_of_two();
    let slots = (0..capacity).map(|_| std::array::from_fn(|_| S::new(0))).collect();
    let ring = Arc::new(Ring { slots, sent: S::new(0), received: S::new(0) });
    (Sender { ring: ring.clone(), sent: 0 }, Receiver { ring, received: 0 })
}

impl<const WORDS: usize, S: Shared> Sender<WORDS, S> {
    /// Sends a message, unless the ring is full; says whether it did.
    ///
    /// *Real-time safety*: no allocation, no lock, no waiting.
    #[must_use]
    pub fn send(&mut self, message: &[u32; WORDS]) -> bool {
        let waiting = self.sent.wrapping_sub(self.ring.received.hear());
        if waiting as usize == self.ring.slots.len() {
            return false;
        }
        self.ring.slot(self.sent).iter().zip(message).for_each(|(slot, &word)| slot.write(word));
        self.sent = self.sent.wrapping_add(1);
        self.ring.sent.tell(self.sent);
        true
    }
}

impl<const WORDS: usize, S: Shared> Receiver<WORDS, S> {
    /// The next message, if one has come.
    ///
    /// *Real-time safety*: no allocation, no lock, no waiting.
    #[must_use]
    pub fn receive(&mut self) -> Option<[u32; WORDS]> {
        if self.ring.sent.hear() == self.received {
            return None;
        }
        let slot = self.ring.slot(self.received);
        let message = std::array::from_fn(|word| slot[word].read());
        self.received = self.received.wrapping_add(1);
        self.ring.received.tell(self.received);
        Some(message)
    }
}
