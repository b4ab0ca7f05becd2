//! The most recent samples, always as one slice.

/// A ring of samples, written twice so that any recent stretch is contiguous.
#[derive(Debug, Clone)]
pub(crate) struct History {
    data: Box<[f32]>,
    length: usize,
    at: usize,
    /// How many of the latest samples were exactly zero.
    zeros: usize,
}

/// Where a [`History`] stood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    zeros: usize,
}

impl History {
    /// Keeps the last `length` samples; all zero at first.
    pub(crate) fn new(length: usize) -> Self {
        Self { data: vec![0.0; 2 * length].into(), length, at: 0, zeros: length }
    }

    pub(crate) fn clear(&mut self) {
        self.data.fill(0.0);
        self.at = 0;
        self.zeros = self.length;
    }

    pub(crate) fn push(&mut self, sample: f32) {
        self.data[self.at] = sample;
        self.data[self.at + self.length] = sample;
        self.at = if self.at + 1 == self.length { 0 } else { self.at + 1 };
        self.zeros = if sample == 0.0 { (self.zeros + 1).min(self.length) } else { 0 };
    }

    /// Adds `count` samples of silence.
    pub(crate) fn push_silence(&mut self, count: usize) {
        // All that is kept is zero by then.
        let rest = count.min(self.length - self.zeros);
        (0..rest).for_each(|_| self.push(0.0));
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        Place { at: self.at, zeros: self.zeros }
    }

    /// Forgets what was pushed since it stood there; as many of the oldest samples are lost.
    pub(crate) fn back_to(&mut self, place: Place) {
        (self.at, self.zeros) = (place.at, place.zeros);
    }

    /// The latest `count` samples, oldest first; `count` is at most the length.
    pub(crate) fn latest(&self, count: usize) -> &[f32] {
        &self.data[self.at + self.length - count..self.at + self.length]
    }

    /// Were the latest `count` samples all zero?
    pub(crate) fn is_silent(&self, count: usize) -> bool {
        self.zeros >= count.min(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_samples_come_in_order_wherever_the_ring_stands() {
        let mut history = History::new(5);
        assert!(history.is_silent(5));
        for n in 1..=23 {
            history.push(n as f32);
            let all: Vec<f32> = (n - 4..=n).map(|v| v.max(0) as f32).collect();
            assert_eq!((history.latest(5), history.latest(2)), (&all[..], &all[3..]));
            assert!(!history.is_silent(1));
        }
        history.push_silence(3);
        assert!(history.is_silent(3) && !history.is_silent(4));
        let place = history.place();
        history.push(9.0);
        assert_eq!(history.latest(2), [0.0, 9.0]);
        history.back_to(place);
        assert!(history.is_silent(3) && !history.is_silent(4));
        assert_eq!(history.latest(4), [23.0, 0.0, 0.0, 0.0]);
        history.push(1.0);
        assert_eq!(history.latest(5), [23.0, 0.0, 0.0, 0.0, 1.0]);
        history.push_silence(usize::MAX);
        assert!(history.is_silent(5));
        assert_eq!(history.latest(5), [0.0; 5]);
    }
}
