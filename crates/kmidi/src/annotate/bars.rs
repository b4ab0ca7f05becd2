//! What was heard, on paper: bars, and places in them.

use kmidi_music::{Meter, Ticks};
use kmidi_studio::analyze::Analysis;

/// What begins within a beat is written at the nearest of so many parts of it, in beats of two units and of three.
const PARTS: (u64, u64) = (4, 6);
/// Seconds between the beats that are assumed where none was heard.
const ASSUMED_BEAT: f64 = 0.5;
/// The longest bar that is written, in beats: a longer way between two downbeats is cut into usual bars.
const MOST_BEATS: u64 = 12;

/// The bars of an analysis. Tick 0 is where the first bar begins; of an upbeat, where it would begin if it were full.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bars {
    /// At least two beats, seconds; they reach over all chords.
    beats: Vec<f64>,
    /// Ticks from one beat to the next; a multiple of `parts`.
    beat: u64,
    /// Parts of a beat at which chords may begin.
    parts: u64,
    /// How many beats the first bar lacks, because it is an upbeat.
    silent: u64,
    /// Where bars begin and how long they are, in beats; not empty.
    lines: Vec<(u64, u64)>,
    /// The metre of a usual bar.
    meter: Meter,
    /// What had to be assumed.
    pub(super) assumed: Option<&'static str>,
}

impl Bars {
    /// The bars of `analysis`, at `ppq` ticks a quarter note.
    ///
    /// A bar reaches from one downbeat to the next. Without a metre, bars are of four quarter notes from the first
    /// downbeat on, or from the first beat; without beats these come two a second.
    pub(super) fn new(analysis: &Analysis, ppq: u16) -> Self {
        let (beats, heard) = beats(analysis);
        let meter = analysis.meter.as_ref().filter(|_| heard);
        let written = meter.map_or(Meter::COMMON, |meter| meter.written());
        let usual = u64::from(written.felt_beats()).clamp(1, MOST_BEATS);
        let is_down = |beat: &f64| heard && analysis.downbeats.contains(beat);
        let mut down: Vec<u64> = (0..).zip(&beats).filter(|b| is_down(b.1)).map(|b| b.0).collect();
        let assumed = match (heard, meter) {
            (false, _) => Some("no beat was heard; 4/4 at 120 beats a minute is assumed"),
            (true, None) if down.is_empty() => Some("no metre was heard; 4/4 from the first beat is assumed"),
            (true, None) => Some("no metre was heard; 4/4 from the first downbeat is assumed"),
            (true, Some(_)) => None,
        };
        if meter.is_none() {
            down.truncate(1);
        }
        let first = down.first().copied().unwrap_or(0);
        let silent = (usual - first % usual) % usual;
        let mut starts: Vec<u64> = (0..first + silent).step_by(usual as usize).collect();
        starts.extend(down.iter().map(|beat| beat + silent));
        if starts.is_empty() {
            starts.push(0);
        }
        let (last, mut lines) = (starts.len() - 1, Vec::new());
        for (n, &start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).copied().unwrap_or(beats.len() as u64 + silent).max(start + 1);
            let mut at = start;
            while end - at > if n == last { usual } else { MOST_BEATS } {
                lines.push((at, usual));
                at += usual;
            }
            // The last bar is full, whatever of it was heard.
            lines.push((at, if n == last { usual } else { end - at }));
        }
        let parts = if written.is_compound() { PARTS.1 } else { PARTS.0 };
        let beat = (written.felt_beat(ppq).0 / parts).max(1) * parts;
        Self { beats, beat, parts, silent, lines, meter: written, assumed }
    }

    /// The tick of a time, to a part of a beat.
    pub(super) fn tick(&self, time: f64) -> Ticks {
        let after = self.beats.partition_point(|&beat| beat <= time).clamp(1, self.beats.len() - 1);
        let (from, to) = (self.beats[after - 1], self.beats[after]);
        let parts = self.parts as f64 * (time - from) / (to - from);
        let place = (self.parts * (after as u64 - 1 + self.silent)) as f64 + parts.round();
        Ticks(place.max(0.0) as u64 * (self.beat / self.parts))
    }

    /// Does the piece begin with an upbeat?
    pub(super) fn has_upbeat(&self) -> bool {
        self.silent > 0
    }

    /// Where what is heard of the first bar begins.
    pub(super) fn heard(&self) -> Ticks {
        Ticks(self.silent * self.beat)
    }

    /// The place of the bar that holds `tick`, from 0, and where it begins and ends. Beyond the last bar more follow.
    pub(super) fn bar(&self, tick: Ticks) -> (usize, Ticks, Ticks) {
        let beat = tick.0 / self.beat;
        let place = self.lines.partition_point(|line| line.0 <= beat).max(1) - 1;
        let (start, length) = self.lines[place];
        let more = if place + 1 == self.lines.len() { beat.saturating_sub(start) / length } else { 0 };
        let start = start + more * length;
        (place + more as usize, Ticks(start * self.beat), Ticks((start + length) * self.beat))
    }

    /// The metres, each where it begins.
    pub(super) fn meters(&self) -> Vec<(Ticks, Meter)> {
        let mut out: Vec<(Ticks, Meter)> = Vec::new();
        for &(beat, length) in &self.lines {
            let units = if self.meter.is_compound() { 3 * length } else { length };
            let meter = Meter::new(units as u8, self.meter.denominator).unwrap_or(Meter::COMMON);
            if out.last().is_none_or(|last| last.1 != meter) {
                out.push((Ticks(beat * self.beat), meter));
            }
        }
        out
    }

    /// The tempo as (tick, microseconds a quarter note), bar by bar where it changes by more than a hundredth.
    pub(super) fn tempos(&self) -> Vec<(Ticks, u32)> {
        let last = self.beats.len() as u64 - 1 + self.silent;
        let time = |beat: u64| self.beats[(beat - self.silent) as usize];
        let quarters = self.meter.felt_beat(480).0 as f64 / 480.0;
        let mut out: Vec<(Ticks, u32)> = Vec::new();
        for &(start, length) in &self.lines {
            let (from, to) = (start.max(self.silent), (start + length).min(last));
            if to <= from {
                continue;
            }
            let a_quarter = (time(to) - time(from)) / (to - from) as f64 / quarters;
            let micros = (1e6 * a_quarter).round().clamp(1.0, 1e8) as u32;
            if out.last().is_none_or(|last| last.1.abs_diff(micros) > last.1 / 100) {
                out.push((Ticks(start * self.beat), micros));
            }
        }
        out
    }
}

/// At least two beats that rise and reach over all chords, and whether they were heard.
fn beats(analysis: &Analysis) -> (Vec<f64>, bool) {
    let mut beats = analysis.beats.clone();
    beats.dedup_by(|later, earlier| later <= earlier);
    let heard = beats.len() >= 2;
    if !heard {
        beats = vec![0.0, ASSUMED_BEAT];
    }
    // A pace that no beat has would write millions of them.
    let pace = |from: f64, to: f64| (to - from).max(0.1);
    let end = analysis.chords.last().map_or(0.0, |chord| chord.end);
    let step = pace(beats[beats.len() - 2], beats[beats.len() - 1]);
    while let Some(&last) = beats.last().filter(|&&last| last < end) {
        beats.push(last + step);
    }
    let begin = analysis.chords.first().map_or(0.0, |chord| chord.start);
    let step = pace(beats[0], beats[1]);
    let missing = ((beats[0] - begin) / step - 1.0 / (2 * PARTS.0) as f64).ceil().max(0.0) as usize;
    let first = beats[0];
    beats.splice(0..0, (1..=missing).rev().map(|n| first - n as f64 * step));
    (beats, heard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_studio::analyze::{ChordSegment, Meter as Told};

    fn analysis(beats: &[f64], downbeats: &[f64], numerator: Option<u8>, end: f64) -> Analysis {
        let meter = numerator.map(|numerator| Told { numerator, denominator: 4, confidence: 1.0 });
        let chord = ChordSegment {
            start: beats.first().copied().unwrap_or(0.0),
            end,
            label: "C:maj".into(),
            symbol: None,
            roman: None,
            function: None,
            tension: None,
            key: None,
            confidence: 1.0,
            known: None,
        };
        Analysis {
            beats: beats.to_vec(),
            downbeats: downbeats.to_vec(),
            meter,
            chords: vec![chord],
            duration: end,
            ..Analysis::default()
        }
    }

    fn seconds(count: usize) -> Vec<f64> {
        (0..count).map(|n| n as f64 + 1.0).collect()
    }

    #[test]
    fn bars_reach_from_downbeat_to_downbeat() {
        let bars = Bars::new(&analysis(&seconds(10), &[1.0, 5.0, 8.0], Some(4), 10.5), 480);
        assert_eq!(bars.lines, [(0, 4), (4, 3), (7, 4)]);
        let meters: Vec<String> = bars.meters().iter().map(|m| format!("{} {}", m.0.0, m.1)).collect();
        assert_eq!(meters, ["0 4/4", "1920 3/4", "3360 4/4"]);
        assert_eq!((bars.tick(5.24), bars.tick(5.26)), (Ticks(2_040), Ticks(2_040)));
        assert_eq!(bars.bar(Ticks(3_359)), (1, Ticks(1_920), Ticks(3_360)));
        assert_eq!(bars.bar(Ticks(9_000)), (4, Ticks(7_200), Ticks(9_120)));
        assert_eq!((bars.tempos(), bars.assumed), (vec![(Ticks(0), 1_000_000)], None));
    }

    #[test]
    fn beats_of_three_units_are_dotted() {
        let mut heard = analysis(&seconds(9), &[2.0, 6.0], Some(4), 9.5);
        heard.meter = Some(Told { numerator: 12, denominator: 8, confidence: 1.0 });
        let bars = Bars::new(&heard, 480);
        assert_eq!(bars.meters(), [(Ticks(0), Meter { numerator: 12, denominator: 8 })]);
        assert_eq!((bars.heard(), bars.tick(2.34)), (Ticks(3 * 720), Ticks(4 * 720 + 240)));
        assert_eq!(bars.tempos(), [(Ticks(0), 666_667)]);
    }

    #[test]
    fn an_upbeat_lacks_its_first_beats() {
        let bars = Bars::new(&analysis(&seconds(6), &[2.0, 5.0], Some(3), 6.0), 480);
        assert_eq!((bars.silent, &bars.lines[..]), (2, &[(0, 3), (3, 3), (6, 3)][..]));
        assert_eq!((bars.tick(1.0), bars.heard()), (Ticks(960), Ticks(960)));
        assert_eq!(bars.tick(2.0), Ticks(1_440));
    }

    #[test]
    fn what_was_not_heard_is_assumed_and_told() {
        let bars = Bars::new(&analysis(&seconds(9), &[3.0, 4.0], None, 9.0), 480);
        assert_eq!((bars.silent, bars.lines.len(), bars.lines[1]), (2, 3, (4, 4)));
        assert!(bars.assumed.is_some_and(|text| text.contains("first downbeat")));
        let bars = Bars::new(&analysis(&[], &[], None, 4.0), 480);
        assert_eq!((bars.tick(1.0), bars.lines.len()), (Ticks(960), 3));
        assert!(bars.assumed.is_some_and(|text| text.contains("no beat")));
        let empty = Bars::new(&Analysis::default(), 480);
        assert_eq!((empty.tick(0.0), empty.bar(Ticks(0)).0), (Ticks(0), 0));
    }

    #[test]
    fn chords_before_the_first_beat_have_beats_to_stand_on() {
        let mut early = analysis(&seconds(8), &[3.0, 7.0], Some(4), 8.0);
        early.chords[0].start = 0.0;
        let bars = Bars::new(&early, 480);
        assert_eq!((bars.tick(0.0), bars.tick(3.0)), (Ticks(480), Ticks(1_920)));
    }
}
