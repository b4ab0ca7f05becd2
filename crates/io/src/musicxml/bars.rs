//! Where the bar lines stand.

use super::Score;
use super::write::MAX_BARS;
use crate::{Error, Place, Result};
use kmidi_music::{Key, Meter};

/// A bar, and what changes where it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bar {
    /// Its first tick.
    pub(super) start: u64,
    /// The first tick of the next.
    pub(super) end: u64,
    /// A metre that begins here.
    pub(super) meter: Option<Meter>,
    /// A key that begins here.
    pub(super) key: Option<Key>,
}

/// The bars of a score, to the one that holds its last note or sign. A metre or key that changes within a bar cuts it.
///
/// # Errors
/// [`Error::Unwritable`] where there are more than [`MAX_BARS`], or the upbeat is not shorter than a bar.
pub(super) fn of(score: &Score) -> Result<Vec<Bar>> {
    let ppq = score.tempo.ppq();
    let notes = score
        .parts
        .iter()
        .flat_map(|p| &p.notes)
        .map(|n| n.onset.0.saturating_add(n.duration.0).saturating_sub(1));
    let marks = score.harmonies.iter().map(|h| h.0).chain(score.sections.iter().map(|s| s.0));
    let signs = score.meters.iter().map(|m| m.0).chain(score.keys.iter().map(|k| k.0));
    let tempos = score.tempo.changes().iter().map(|t| t.0);
    let last = notes.chain(marks.chain(signs).chain(tempos).map(|t| t.0)).max().unwrap_or(0);
    let (mut meters, mut keys) = (score.meters.clone(), score.keys.clone());
    meters.sort_by_key(|m| m.0);
    keys.sort_by_key(|k| k.0);
    let (mut meters, mut keys) = (meters.into_iter().peekable(), keys.into_iter().peekable());

    let mut bars: Vec<Bar> = Vec::new();
    let (mut at, mut line, mut length) = (0_u64, 0_u64, Meter::COMMON.bar(ppq).0.max(1));
    while at <= last {
        let (mut meter, mut key) = (None, None);
        while let Some(change) = meters.next_if(|m| m.0.0 <= at) {
            meter = Some(change.1);
        }
        while let Some(change) = keys.next_if(|k| k.0.0 <= at) {
            key = Some(change.1);
        }
        if let Some(meter) = meter {
            (line, length) = (at, meter.bar(ppq).0.max(1));
        }
        if line <= at {
            line = at.saturating_add(if at == 0 && score.pickup.0 > 0 { score.pickup.0 } else { length });
        }
        if at == 0 && score.pickup.0 >= length {
            let reason = format!("an upbeat of {} ticks; a bar has {length}", score.pickup.0);
            return Err(Error::Unwritable { place: Place::Bar(1), reason });
        }
        let next = [meters.peek().map(|m| m.0.0), keys.peek().map(|k| k.0.0), Some(line)];
        let end = next.into_iter().flatten().min().unwrap_or(line);
        bars.push(Bar { start: at, end, meter, key });
        if bars.len() > MAX_BARS {
            return Err(Error::Unwritable {
                place: Place::File,
                reason: format!("more than {MAX_BARS} bars"),
            });
        }
        at = end;
    }
    Ok(bars)
}
