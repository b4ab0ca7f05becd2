//! What the metas of the tracks say, as values.

use super::{Division, Event, Format, SmfFile, SmfText, SmfTrack, meta};
use kmidi_music::{Key, Meter, Mode, PitchName, TempoMap, Ticks};

/// What a file has where it says nothing: 120 beats a minute.
const DEFAULT_TEMPO: u32 = 500_000;

pub(super) fn of(format: Format, division: Division, tracks: Vec<SmfTrack>) -> SmfFile {
    let mut views = Views::default();
    for (track, start) in tracks.iter().zip(starts(format, &tracks)) {
        if format == Format::Independent {
            views.forget(track, start);
        }
        for placed in &track.events {
            if let Event::Meta { kind, data } = &placed.event {
                views.meta(*kind, data, start + placed.tick);
            }
        }
    }
    let Views { tempos, mut meters, mut keys, mut markers, mut texts } = views;
    meters.sort_by_key(|m| m.0); // stable, as all of these: file order stands at equal ticks
    keys.sort_by_key(|k| k.0);
    markers.sort_by_key(|m| m.tick);
    texts.sort_by_key(|t| t.tick);
    SmfFile { format, division, tempo: tempo(division, tempos), meters, keys, markers, texts, tracks }
}

pub(super) fn starts(format: Format, tracks: &[SmfTrack]) -> Vec<Ticks> {
    let mut now = Ticks(0);
    let start = |track: &SmfTrack| {
        let start = now;
        if format == Format::Independent {
            now = Ticks(now.0.saturating_add(track.end.0));
        }
        start
    };
    tracks.iter().map(start).collect()
}

fn tempo(division: Division, tempos: Vec<(Ticks, u32)>) -> TempoMap {
    match division {
        Division::TicksPerQuarter(ppq) => TempoMap::from_micros(ppq, tempos),
        // One "quarter" a second: the ticks of a second, and for 29.97 frames a second that lasts 1.001 s.
        Division::Smpte { frames_per_second, ticks_per_frame } => {
            let (frames, micros) = match frames_per_second {
                29 => (30, 1_001_000),
                n => (u16::from(n), 1_000_000),
            };
            TempoMap::from_micros(frames * u16::from(ticks_per_frame), vec![(Ticks(0), micros)])
        }
    }
}

#[derive(Default)]
struct Views {
    tempos: Vec<(Ticks, u32)>,
    meters: Vec<(Ticks, Meter)>,
    keys: Vec<(Ticks, Key)>,
    markers: Vec<SmfText>,
    texts: Vec<SmfText>,
}

impl Views {
    /// A pattern begins: what those before it said does not hold. A key cannot be taken back; it has no default.
    fn forget(&mut self, track: &SmfTrack, start: Ticks) {
        self.tempos.push((start, DEFAULT_TEMPO));
        let told = |e: &super::TrackEvent| {
            e.tick == Ticks(0) && matches!(e.event, Event::Meta { kind: meta::TIME_SIGNATURE, .. })
        };
        if !self.meters.is_empty() && !track.events.iter().any(told) {
            self.meters.push((start, Meter::COMMON));
        }
    }

    fn meta(&mut self, kind: u8, data: &[u8], tick: Ticks) {
        match (kind, data) {
            (meta::TEXT, _) => self.texts.push(SmfText { tick, text: text(data) }),
            (meta::MARKER, _) => self.markers.push(SmfText { tick, text: text(data) }),
            (meta::TEMPO, &[a, b, c, ..]) if (a, b, c) != (0, 0, 0) => {
                self.tempos.push((tick, u32::from_be_bytes([0, a, b, c])));
            }
            (meta::TIME_SIGNATURE, &[numerator, power, _, _, ..]) => {
                let denominator = 1u8.checked_shl(u32::from(power)).unwrap_or(0);
                self.meters.extend(Meter::new(numerator, denominator).map(|m| (tick, m)));
            }
            (meta::KEY_SIGNATURE, &[fifths, minor, ..]) if (-7..=7).contains(&(fifths as i8)) => {
                let (shift, mode) = if minor != 0 { (3, Mode::Minor) } else { (0, Mode::Major) };
                self.keys.push((tick, Key::new(PitchName::from_fifths(fifths as i8 + shift), mode)));
            }
            _ => {}
        }
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&b| char::from(b)).collect(), // Latin-1, the usual other encoding
    }
}
