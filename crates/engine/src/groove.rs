//! The Groove Engine: onsets, beats, tempo and metre.

pub mod beat;
mod flux;
pub mod meter;
mod onset;

use crate::block::{Bounded, Event, HopEvidence};
use crate::dsp::history::History;
use crate::hops::{Clock, HOP_SECONDS};
use beat::BeatFilter;
use flux::Flux;
use kmidi_kernels::ShapeError;
use kmidi_music::{Frames, Meter};
use meter::MeterFilter;
use onset::{Peak, PeakPicker};

/// Seconds from a stroke to the end of the hop at which its flux peaks; measured on clicks (`tests/groove.rs`).
const FLUX_DELAY: f64 = 0.0173;
/// The same in hops, for MIDI to arrive with the sound.
const MIDI_DELAY: usize = 1;
/// Notes of one chord are one onset.
const MERGE_SECONDS: f64 = 0.030;
/// A sound that follows a MIDI onset this closely is that note.
const ECHO_SECONDS: f64 = 0.050;
/// Beats whose distances the tempo is a mean of: a hop more or less then matters by 0.2 %.
const REMEMBERED: usize = 16;
/// The mean activation must have reached this for beats to be told. Clicks every second give 0.01.
const LIVELY: f32 = 0.004;

/// All that the engine keeps about rhythm.
#[derive(Debug, Clone)]
pub(crate) struct Groove {
    flux: Flux,
    beats: BeatFilter,
    heard: Heard,
}

/// What was heard and told since the last reset.
#[derive(Debug, Clone, Default)]
struct Heard {
    picker: PeakPicker,
    meter: MeterFilter,
    /// Strengths of the MIDI notes of this hop and of earlier ones, as [`Flux`] counts them.
    midi: [[f32; 3]; MIDI_DELAY + 1],
    last_midi_onset: Option<u64>,
    /// Running mean of the activation, over about five seconds.
    lively: f32,
    /// The hop of the last beat told.
    last_beat: Option<u64>,
    /// Hops between the last beats, newest first; 0 where there is none yet.
    intervals: [f32; REMEMBERED],
    /// The low band of the last hops, newest first.
    recent_low: [f32; 8],
    chord_changed: bool,
    told_meter: Option<Meter>,
}

impl Groove {
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        Ok(Self { flux: Flux::new(sample_rate)?, beats: BeatFilter::new(), heard: Heard::default() })
    }

    /// How many past samples it wants to see.
    pub(crate) fn memory(&self) -> usize {
        self.flux.memory()
    }

    pub(crate) fn reset(&mut self) {
        self.flux.reset();
        self.beats.reset();
        self.heard = Heard::default();
    }

    /// A key went down at `frame`.
    pub(crate) fn note_on(
        &mut self,
        clock: &Clock,
        frame: u64,
        (channel, note, velocity): (u8, u8, u8),
        out: &mut Bounded<Event>,
    ) {
        let strength = f32::from(velocity) / 127.0;
        let bands = match (channel, note) {
            (9, 35 | 36 | 41 | 43 | 45) => [strength, 0.2 * strength, 0.0],
            (9, 42 | 44 | 46 | 49 | 51 | 53..=55 | 57 | 59 | 69 | 70 | 82) => [0.0, 0.0, 0.6 * strength],
            (9, _) => [0.0, strength, 0.3 * strength],
            (_, 0..=47) => [0.7 * strength, 0.3 * strength, 0.0],
            _ => [0.0, 0.7 * strength, 0.0],
        };
        self.heard.midi[0].iter_mut().zip(bands).for_each(|(sum, more)| *sum += more);
        if self.heard.last_midi_onset.is_none_or(|last| frame >= last + clock.frames(MERGE_SECONDS)) {
            self.heard.last_midi_onset = Some(frame);
            out.push(Event::Onset { frame: Frames(frame), strength: 2.0 * strength });
        }
    }

    /// The chord changed; the beat at which it did is likelier to begin a bar.
    pub(crate) fn chord_change(&mut self) {
        self.heard.chord_changed = true;
    }

    /// One hop is complete.
    pub(crate) fn hop(
        &mut self,
        clock: &Clock,
        history: &History,
        events: &mut Bounded<Event>,
        hops: &mut Bounded<HopEvidence>,
    ) {
        self.flux.hop(history, self.heard.midi[MIDI_DELAY]);
        self.heard.midi.copy_within(0..MIDI_DELAY, 1);
        self.heard.midi[0] = [0.0; 3];
        let activation = self.flux.activation();
        let came_from = self.beats.step(activation);
        let evidence = HopEvidence {
            frame: Frames(clock.frame_before_hop(FLUX_DELAY)),
            activation,
            flux: self.flux.bands(),
            beat: self.beats.best(),
            came_from,
        };
        hops.push(evidence);
        if let Some(Peak { hops_ago, strength }) = self.heard.picker.hop(self.flux.sound()) {
            let frame = clock.frame_before_hop(FLUX_DELAY + f64::from(hops_ago) * HOP_SECONDS);
            let echo = clock.frames(ECHO_SECONDS);
            if self.heard.last_midi_onset.is_none_or(|midi| frame > midi + echo) {
                events.push(Event::Onset { frame: Frames(frame), strength });
            }
        }
        self.heard.lively += (activation - self.heard.lively) / 500.0;
        self.heard.recent_low.copy_within(0..7, 1);
        self.heard.recent_low[0] = evidence.flux[0];
        self.tell_beat(clock, events);
    }

    fn tell_beat(&mut self, clock: &Clock, events: &mut Bounded<Event>) {
        let best = self.beats.best();
        let hop = clock.hop();
        let at = hop.saturating_sub(u64::from(best.position));
        let due = self
            .heard
            .last_beat
            .is_none_or(|last| at.saturating_sub(last) * 10 >= u64::from(best.interval) * 6);
        if !best.is_on_beat() || !due || self.heard.lively < LIVELY || u64::from(best.position) > hop {
            return;
        }
        let frame = clock.frame_before_hop(FLUX_DELAY + f64::from(best.position) * HOP_SECONDS);
        let low = self.heard.recent_low.iter().fold(0.0_f32, |a, &b| a.max(b));
        let number = self.heard.meter.beat(low, std::mem::take(&mut self.heard.chord_changed));
        let confidence = self.beats.confidence();
        events.push(Event::Beat { frame: Frames(frame), number: number.map(|n| n.0), confidence });
        let gap = self.heard.last_beat.map_or(0, |last| at - last);
        self.heard.last_beat = Some(at);
        self.heard.intervals.copy_within(0..REMEMBERED - 1, 1);
        self.heard.intervals[0] = gap as f32;
        events.push(Event::Tempo {
            frame: Frames(frame),
            bpm: beat::bpm(self.mean_interval(f32::from(best.interval))),
            confidence,
            alternatives: self.beats.alternatives(),
        });
        let meter = number.map(|n| Meter { numerator: n.1, denominator: 4 });
        if meter != self.heard.told_meter {
            self.heard.told_meter = meter;
            events.push(Event::Meter {
                frame: Frames(frame),
                meter,
                confidence: self.heard.meter.confidence(),
            });
        }
    }

    /// Hops a beat: the mean of the last gaps that agree with `interval`, finer than the whole hops of the states.
    fn mean_interval(&self, interval: f32) -> f32 {
        let agree = |gap: &&f32| (**gap / interval - 1.0).abs() < 0.08;
        let (sum, count) =
            self.heard.intervals.iter().take_while(agree).fold((0.0, 0), |(s, n), gap| (s + gap, n + 1));
        if count < 3 { interval } else { sum / count as f32 }
    }
}
