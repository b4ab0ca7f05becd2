//! Note values: what a duration in ticks looks like on paper.

/// A note's look: `type`, dots, and the tuplet that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    /// `note-type-value`.
    pub(super) name: &'static str,
    /// Dots, 0 to 2.
    pub(super) dots: u8,
    /// So many notes in the time of so many.
    pub(super) tuplet: Option<(u8, u8)>,
}

/// A plain quarter note.
pub(super) const QUARTER_NOTE: Value = Value { name: "quarter", dots: 0, tuplet: None };

/// Note types, each half as long as the one before.
const TYPES: [&str; 14] = [
    "maxima", "long", "breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th",
    "256th", "512th", "1024th",
];

/// The place of the quarter note among them.
const QUARTER: i32 = 5;

/// (dots, tuplet), the commonest first.
const LOOKS: [(u8, Option<(u8, u8)>); 6] =
    [(0, None), (1, None), (0, Some((3, 2))), (2, None), (0, Some((5, 4))), (0, Some((7, 4)))];

/// All values with their lengths in quarter notes, as a fraction, the commonest looks first.
fn values() -> impl Iterator<Item = (Value, u64, u64)> {
    LOOKS.into_iter().flat_map(|(dots, tuplet)| {
        let of_type = move |(i, name): (usize, &'static str)| {
            let place = i as i32 - QUARTER;
            let (actual, normal) = tuplet.unwrap_or((1, 1));
            let length = (((2 << dots) - 1) * u64::from(normal)) << (-place).max(0);
            let parts = u64::from(actual) << (place.max(0) + i32::from(dots));
            (Value { name, dots, tuplet }, length, parts)
        };
        // A tuplet of breves is a riddle, not a help.
        TYPES
            .into_iter()
            .enumerate()
            .map(of_type)
            .filter(move |(v, ..)| tuplet.is_none() || !TYPES[..3].contains(&v.name))
    })
}

/// Quarter notes of a note type.
pub(super) fn quarters(name: &str) -> Option<f64> {
    let place = TYPES.iter().position(|t| *t == name)? as i32;
    Some(2_f64.powi(QUARTER - place))
}

/// The value that lasts exactly `ticks`, at `ppq` ticks a quarter note.
pub(super) fn exact(ticks: u64, ppq: u64) -> Option<Value> {
    let same = |length: u64, parts: u64| {
        u128::from(ticks) * u128::from(parts) == u128::from(length) * u128::from(ppq)
    };
    values().find(|&(_, length, parts)| same(length, parts)).map(|v| v.0)
}

/// The value whose length is nearest to `ticks`, and how many ticks it is off.
fn closest(ticks: u64, ppq: u64) -> (Value, f64) {
    let off = |length: u64, parts: u64| (length as f64 * ppq as f64 / parts as f64 - ticks as f64).abs();
    let usual = |v: &Value| v.dots < 2 && v.tuplet.is_none_or(|t| t == (3, 2));
    let all = values().filter(|v| usual(&v.0)).map(|(value, length, parts)| (value, off(length, parts)));
    all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((QUARTER_NOTE, 0.0))
}

/// A length as values that are tied together. `start` counts from the bar line. The lengths add up to `ticks`; each value
/// lasts its length exactly, or is the nearest there is: music that was played, not written, falls on no grid.
pub(super) fn pieces(mut start: u64, mut ticks: u64, ppq: u64) -> Vec<(u64, Value)> {
    let mut out = Vec::new();
    while ticks > 0 {
        let take = piece(start, ticks, ppq).clamp(1, ticks);
        out.push((take, exact(take, ppq).unwrap_or_else(|| closest(take, ppq).0)));
        start += take;
        ticks -= take;
    }
    out
}

/// How many of `ticks` the next value takes.
fn piece(start: u64, ticks: u64, ppq: u64) -> u64 {
    if exact(ticks, ppq).is_some() {
        return ticks;
    }
    // Twelfths and sixteenths of a quarter are written as they are; what falls between is rounded, not spelled out.
    let grid = |t: u64| (t * 12).is_multiple_of(ppq) || (t * 16).is_multiple_of(ppq);
    if !(grid(start) && grid(ticks)) && closest(ticks, ppq).1 * 8.0 <= ticks as f64 {
        return ticks;
    }
    let to_beat = (ppq - start % ppq) % ppq;
    if 0 < to_beat && to_beat < ticks {
        return to_beat;
    }
    let plain = values().filter(|(v, ..)| v.tuplet.is_none() && v.dots == 0);
    let fits = |(length, parts): (u64, u64)| {
        let whole = length * ppq;
        (whole.is_multiple_of(parts) && whole / parts < ticks).then(|| whole / parts)
    };
    plain.filter_map(|(_, length, parts)| fits((length, parts))).max().unwrap_or(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(start: u64, ticks: u64) -> Vec<String> {
        let print = |(_, v): (u64, Value)| {
            let tuplet = v.tuplet.map_or(String::new(), |(a, n)| format!(" {a}:{n}"));
            format!("{}{}{tuplet}", v.name, ".".repeat(v.dots.into()))
        };
        pieces(start, ticks, 480).into_iter().map(print).collect()
    }

    #[test]
    fn lengths_are_written_as_musicians_write_them() {
        for (start, ticks, expected) in [
            (0, 480, "quarter"),
            (0, 1_920, "whole"),
            (0, 720, "quarter."),
            (0, 840, "quarter.."),
            (0, 160, "eighth 3:2"),
            (0, 320, "quarter 3:2"),
            (0, 1_200, "half eighth"),
            (240, 1_200, "eighth half"),
            (0, 2_400, "whole quarter"),
            (0, 96, "16th 5:4"),
            (0, 437, "quarter"),
            (3, 950, "half"),
            (0, 600, "quarter 16th"),
        ] {
            assert_eq!(look(start, ticks).join(" "), expected, "{ticks} at {start}");
        }
    }

    #[test]
    fn lengths_add_up_whatever_the_grid() {
        for ppq in [1, 7, 24, 480, 32_767, 65_535] {
            for (start, ticks) in [(0, 1), (5, 17), (ppq - 1, 3 * ppq + 2), (0, 256 * ppq), (1, 255 * ppq)] {
                let pieces = pieces(start, ticks, ppq);
                assert_eq!(pieces.iter().map(|p| p.0).sum::<u64>(), ticks);
                assert!(pieces.len() < 300, "{ppq} {start} {ticks}");
            }
        }
    }
}
