//! Patterns of one bar, written as a row of steps.

use super::super::Plan;
use super::super::grid::Grid;
use kmidi_music::Meter;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What chords may do on a step: all voices, louder, all but the lowest, the lowest, one voice; hold, rest.
const CHORDS_AND_BASS: &str = "xXul1234rftova-.";
/// What drums may do on a step: a stroke, a louder one, a ghost; rest.
const STROKES: &str = "xXg-.";

/// Where names of drums lie in General MIDI percussion (MIDI Manufacturers Association 1991, table 3).
const DRUMS: [(&str, u8); 20] = [
    ("kick", 36),
    ("side", 37),
    ("snare", 38),
    ("clap", 39),
    ("hat", 42),
    ("low_tom", 43),
    ("pedal", 44),
    ("mid_tom", 47),
    ("open", 46),
    ("crash", 49),
    ("high_tom", 50),
    ("ride", 51),
    ("bell", 53),
    ("tambourine", 54),
    ("cowbell", 56),
    ("conga_mute", 62),
    ("conga", 63),
    ("shaker", 70),
    ("claves", 75),
    ("triangle", 81),
];

/// A row of equal steps that fill a bar.
#[derive(Debug, Clone)]
pub(in crate::compose) struct Steps(Vec<char>);

impl Steps {
    fn read(text: &str, meter: Meter, known: &str) -> Result<Self, String> {
        let steps: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && *c != '|').collect();
        if let Some(strange) = steps.iter().find(|c| !known.contains(**c)) {
            return Err(format!("{strange:?} is no step; use {known}"));
        }
        let bar =
            Grid::of(meter).ok_or_else(|| format!("{meter} has no patterns; use {}", Grid::names()))?.bar();
        if steps.is_empty() || !bar.is_multiple_of(steps.len() as u64) {
            return Err(format!("{} steps do not fill a bar of {meter} evenly", steps.len()));
        }
        Ok(Self(steps))
    }

    /// The strokes from tick `from` to `to` of a bar of `bar` ticks: where, how long with its holds, and what. A hold at
    /// `from` is struck anew as `first`.
    pub(in crate::compose) fn between(
        &self,
        from: u64,
        to: u64,
        bar: u64,
        first: char,
    ) -> Vec<(u64, u64, char)> {
        let step = bar / self.0.len() as u64;
        let mut strokes: Vec<(u64, u64, char)> = Vec::new();
        for (k, &what) in self.0.iter().enumerate() {
            let at = k as u64 * step;
            if at + step <= from || at >= to {
                continue;
            }
            let (at, end) = (at.max(from), (at + step).min(to));
            match (what, strokes.last_mut()) {
                ('.', _) => {}
                ('-', Some(held)) if held.1 == at => held.1 = end,
                ('-', None) if at == from => strokes.push((at, end, first)),
                ('-', _) => {}
                _ => strokes.push((at, end, what)),
            }
        }
        strokes
    }
}

/// A pattern of chords or bass.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawLine")]
pub(in crate::compose) struct Line {
    from: f32,
    meter: Meter,
    pub(in crate::compose) steps: Steps,
}

/// A pattern of drums: note numbers with their steps.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawBeat")]
pub(in crate::compose) struct Beat {
    from: f32,
    meter: Meter,
    pub(in crate::compose) voices: Vec<(u8, Steps)>,
}

/// What has an energy from which on it is played, and a metre.
pub(in crate::compose) trait ByEnergy: Sized {
    fn place(&self) -> (f32, Meter);

    /// The last of `list` that is for this energy and metre.
    fn choose<'a>(list: &'a [Self], energy: f32, plan: &Plan) -> Option<&'a Self> {
        list.iter().rfind(|row| row.place().0 <= energy && row.place().1 == plan.meter)
    }
}

impl ByEnergy for Line {
    fn place(&self) -> (f32, Meter) {
        (self.from, self.meter)
    }
}

impl ByEnergy for Beat {
    fn place(&self) -> (f32, Meter) {
        (self.from, self.meter)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    from: f32,
    #[serde(default)]
    meter: Option<String>,
    steps: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBeat {
    from: f32,
    #[serde(default)]
    meter: Option<String>,
    voices: BTreeMap<String, String>,
}

fn place(from: f32, meter: Option<&str>) -> Result<(f32, Meter), String> {
    if !(0.0..=1.0).contains(&from) {
        return Err("from is an energy, 0 to 1".into());
    }
    let meter =
        meter.map_or(Ok(Meter::COMMON), |text| text.parse().map_err(|_| format!("{text:?} is no metre")))?;
    Ok((from, meter))
}

impl TryFrom<RawLine> for Line {
    type Error = String;

    fn try_from(raw: RawLine) -> Result<Self, String> {
        let (from, meter) = place(raw.from, raw.meter.as_deref())?;
        Ok(Self { from, meter, steps: Steps::read(&raw.steps, meter, CHORDS_AND_BASS)? })
    }
}

impl TryFrom<RawBeat> for Beat {
    type Error = String;

    fn try_from(raw: RawBeat) -> Result<Self, String> {
        let (from, meter) = place(raw.from, raw.meter.as_deref())?;
        let voice = |(name, steps): (&String, &String)| {
            let drum = DRUMS
                .iter()
                .find(|d| d.0 == name)
                .ok_or_else(|| format!("there is no drum {name:?}; use {}", DRUMS.map(|d| d.0).join(", ")))?;
            Ok::<_, String>((drum.1, Steps::read(steps, meter, STROKES)?))
        };
        Ok(Self { from, meter, voices: raw.voices.iter().map(voice).collect::<Result<_, _>>()? })
    }
}
