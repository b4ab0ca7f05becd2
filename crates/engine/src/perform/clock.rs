//! Where in the music a frame lies.

use crate::block::Event;
use kmidi_music::{Frames, Meter};

/// A position that differs from the foretold one by more than this many beats is a jump.
const JUMP: f64 = 1.0 / 32.0;
/// A position that differs from the foretold one by less than this many frames is the foretold one, rounded.
const SAME: f64 = 0.25;
/// Tempos that mean something, beats a minute.
const TEMPOS: std::ops::RangeInclusive<f64> = 1.0..=2_000.0;
/// Positions that mean something lie this close to 0: `f64` still tells frames apart there.
const FARTHEST: f64 = 1e9;

/// The musical time of a block's first frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transport {
    /// Position in quarter notes. 0 is the beginning of a bar; negative in a count-in.
    pub beat: f64,
    /// Quarter notes a minute. Holds until a later block says otherwise.
    pub bpm: f64,
    /// Does the music move? While it does not, notes are not moved either.
    pub playing: bool,
}

impl Transport {
    /// Nothing moves.
    pub const STOPPED: Self = Self { beat: 0.0, bpm: 120.0, playing: false };

    /// Is it playing, at a position and tempo that are numbers within reason? Others count as stopped.
    fn moves(&self) -> bool {
        self.playing && self.beat.abs() <= FARTHEST && TEMPOS.contains(&self.bpm)
    }
}

/// A straight line from frames to beats.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Line {
    frame: u64,
    beat: f64,
    bpm: f64,
    frames_per_beat: f64,
}

impl Line {
    fn new(frame: u64, beat: f64, bpm: f64, sample_rate: u32) -> Self {
        Self { frame, beat, bpm, frames_per_beat: 60.0 * f64::from(sample_rate) / bpm }
    }

    fn at(&self, frame: u64) -> f64 {
        let passed =
            if frame < self.frame { -((self.frame - frame) as f64) } else { (frame - self.frame) as f64 };
        self.beat + passed / self.frames_per_beat
    }
}

/// What a block's transport brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// All goes on as foretold, perhaps at another tempo; or it starts, or stays stopped.
    None,
    /// The position is another than foretold.
    Jumped,
    /// It played, and now does not.
    Stopped,
}

/// Follows a transport from block to block. A line is kept as long as the transport agrees with it, so that positions
/// do not depend on how often they were asked for.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    sample_rate: u32,
    line: Option<Line>,
}

impl Clock {
    pub(super) fn new(sample_rate: u32) -> Self {
        Self { sample_rate, line: None }
    }

    pub(super) fn reset(&mut self) {
        self.line = None;
    }

    /// A block begins at `start`.
    pub(super) fn block(&mut self, start: u64, transport: &Transport) -> Change {
        if !transport.moves() {
            return if self.line.take().is_some() { Change::Stopped } else { Change::None };
        }
        let line = Line::new(start, transport.beat, transport.bpm, self.sample_rate);
        let Some(last) = self.line.replace(line) else { return Change::None };
        let error = (line.beat - last.at(start)).abs();
        if line.bpm == last.bpm && error * line.frames_per_beat <= SAME {
            self.line = Some(last);
        }
        if error > JUMP { Change::Jumped } else { Change::None }
    }

    /// The position of a frame in beats, and how many frames a beat lasts there; `None` while stopped.
    pub(super) fn at(&self, frame: u64) -> Option<(f64, f64)> {
        self.line.map(|line| (line.at(frame), line.frames_per_beat))
    }
}

/// Makes a [`Transport`] of the beats that the engine hears.
///
/// Beats are told with errors of some milliseconds. The clock takes half of each error, and never more than a
/// sixty-fourth of a beat, so that it runs on without jumps; when the beats fall elsewhere by more than a quarter of a
/// beat, or the downbeat does, it jumps there; and once where a metre is told whose beats are no quarters. It plays
/// from the first beat with a tempo.
///
/// *Real-time safety*: no allocation, lock or system call.
#[derive(Debug, Clone)]
pub struct BeatClock {
    sample_rate: u32,
    line: Option<Line>,
    /// The last beat told: its frame and number.
    beat: Option<(u64, Option<u8>)>,
    /// The metre that was told last.
    meter: Option<Meter>,
}

impl BeatClock {
    /// A clock for frames at `sample_rate` a second; 0 counts as 1.
    pub fn new(sample_rate: u32) -> Self {
        Self { sample_rate: sample_rate.max(1), line: None, beat: None, meter: None }
    }

    /// Forgets all beats: stopped.
    pub fn reset(&mut self) {
        *self = Self::new(self.sample_rate);
    }

    /// Takes what the engine told: beats, tempos and metres; all else is ignored.
    pub fn hear(&mut self, event: &Event) {
        match *event {
            Event::Beat { frame, number, .. } => {
                self.beat = Some((frame.0, number));
                self.correct(frame.0, number);
            }
            Event::Tempo { frame, bpm, .. } if TEMPOS.contains(&f64::from(bpm)) => {
                let beat = match (&self.line, self.beat) {
                    (Some(line), _) => line.at(frame.0),
                    (None, Some((first, number))) if first == frame.0 => f64::from(number.unwrap_or(1)) - 1.0,
                    _ => return,
                };
                self.line = Some(Line::new(frame.0, beat, f64::from(bpm), self.sample_rate));
            }
            // A metre that is no longer sure still tells what a beat is.
            Event::Meter { meter, .. } => self.meter = meter.or(self.meter),
            _ => (),
        }
    }

    /// A beat sounds at `frame`: the line is drawn nearer to it.
    fn correct(&mut self, frame: u64, number: Option<u8>) {
        let Some(line) = self.line else { return };
        let at = line.at(frame);
        let mut whole = at.round();
        let beats = self.meter.map_or(0, Meter::felt_beats);
        let bar = f64::from(beats);
        let mut jump = false;
        if let Some(number) = number.filter(|number| (1..=beats).contains(number)) {
            let ahead = (f64::from(number) - 1.0 - whole).rem_euclid(bar);
            jump = ahead != 0.0;
            whole += if ahead > bar / 2.0 { ahead - bar } else { ahead };
        }
        let error = whole - at;
        let step =
            if jump || error.abs() > 0.25 { error } else { (error / 2.0).clamp(-JUMP / 2.0, JUMP / 2.0) };
        self.line = Some(Line::new(frame, at + step, line.bpm, self.sample_rate));
    }

    /// The transport of a block that begins at `start`, see [`Output::end`](crate::Output::end) of the block before.
    pub fn transport(&self, start: Frames) -> Transport {
        // The line counts felt beats: dotted quarters in 12/8, eighths in 7/8.
        let quarters = self.meter.map_or(1.0, |meter| meter.felt_beat(480).0 as f64 / 480.0);
        self.line.map_or(Transport::STOPPED, |line| Transport {
            beat: quarters * line.at(start.0),
            bpm: quarters * line.bpm,
            playing: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playing(beat: f64, bpm: f64) -> Transport {
        Transport { beat, bpm, playing: true }
    }

    #[test]
    fn rounding_is_no_change_and_jumps_and_stops_are_told() {
        let mut clock = Clock::new(48_000);
        assert_eq!(clock.block(0, &playing(4.0, 120.0)), Change::None);
        let exact = clock.at(1_000);
        assert_eq!(clock.block(24_000, &playing(5.000_001, 120.0)), Change::None);
        assert_eq!(clock.at(1_000), exact);
        // A slow drift moves the line and ends nothing.
        assert_eq!(clock.block(24_000, &playing(5.01, 120.0)), Change::None);
        assert_eq!(clock.at(24_000), Some((5.01, 24_000.0)));
        assert_eq!(clock.block(24_000, &playing(5.01, 60.0)), Change::None);
        assert_eq!(clock.at(48_000), Some((5.51, 48_000.0)));
        assert_eq!(clock.block(48_000, &playing(1.51, 60.0)), Change::Jumped);
        assert_eq!(clock.block(48_000, &playing(f64::NAN, 60.0)), Change::Stopped);
        assert_eq!(clock.block(48_000, &playing(0.0, 0.0)), Change::None);
        assert_eq!(clock.at(0), None);
    }

    fn beat(clock: &mut BeatClock, frame: u64, number: Option<u8>, bpm: f32) {
        clock.hear(&Event::Beat { frame: Frames(frame), number, next: Frames(frame), confidence: 1.0 });
        clock.hear(&Event::Tempo { frame: Frames(frame), bpm, confidence: 1.0, alternatives: [0.0; 2] });
    }

    #[test]
    fn beats_that_shake_make_a_clock_that_runs() {
        let mut clock = BeatClock::new(48_000);
        assert!(!clock.transport(Frames(0)).playing);
        let mut worst = 0.0_f64;
        for n in 0..64_u64 {
            let shaken = 24_000 * n + 480 * (n % 3);
            let before = clock.transport(Frames(shaken)).beat;
            beat(&mut clock, shaken, None, 120.0);
            let after = clock.transport(Frames(shaken));
            if n > 0 {
                assert!((after.beat - before).abs() <= JUMP / 2.0);
            }
            if n > 8 {
                worst = worst.max((after.beat - (shaken as f64 - 480.0) / 24_000.0).abs());
            }
        }
        // A shake of 20 ms about its middle; the clock stays within 12.
        assert!(worst < 0.024, "{worst}");
    }

    #[test]
    fn bars_of_dotted_quarters_run_on() {
        for (numerator, beats) in [(6, 2), (12, 4)] {
            let mut clock = BeatClock::new(48_000);
            let meter = Meter { numerator, denominator: 8 };
            clock.hear(&Event::Meter { frame: Frames(0), meter: Some(meter), confidence: 1.0 });
            let mut last: Option<f64> = None;
            for n in 0..8 * beats {
                beat(&mut clock, 30_000 * n, Some((n % beats + 1) as u8), 96.0);
                let now = clock.transport(Frames(30_000 * n)).beat;
                let gap = last.map_or(1.5, |last| now - last);
                assert!((gap - 1.5).abs() < 1e-9, "{numerator}/8, beat {n}: {gap}");
                last = Some(now);
            }
            assert!((clock.transport(Frames(0)).bpm - 144.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_downbeat_begins_a_bar() {
        let mut clock = BeatClock::new(48_000);
        let meter = kmidi_music::Meter::COMMON;
        for n in 0..7 {
            beat(&mut clock, 24_000 * n, None, 120.0);
        }
        clock.hear(&Event::Meter { frame: Frames(0), meter: Some(meter), confidence: 1.0 });
        beat(&mut clock, 24_000 * 7, Some(1), 120.0);
        assert_eq!(clock.transport(Frames(24_000 * 7)).beat.rem_euclid(4.0), 0.0);
    }
}
