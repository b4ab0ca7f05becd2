//! Whether the answers are right: what was told, against what a definition expects.

use crate::definition::Expect;
use crate::input::Piece;
use crate::subject::Told;
use kmidi::engine::Event;

/// How far a tempo may be off, as a share.
const TEMPO: f64 = 0.04;
/// Seconds at the beginning in which chords are not yet asked for.
const SETTLING: f64 = 2.0;

/// What was right, in words; or what was not.
pub(crate) fn check(expect: &Expect, piece: &Piece, told: &Told, seconds: f64) -> Result<String, String> {
    let mut right = Vec::new();
    if let Some(least) = expect.chords {
        let share = chords_right(piece, &told.events, seconds);
        let found = format!("chords {:.0} %", share * 100.0);
        if share < least {
            return Err(format!("{found}, expected {:.0} %", least * 100.0));
        }
        right.push(found);
    }
    if let Some(expected) = &expect.key {
        let last = told.events.iter().rev().find_map(|event| match event {
            Event::Key { key, .. } => Some(key.map(|key| key.to_string())),
            _ => None,
        });
        match last.flatten() {
            Some(key) if key == *expected => right.push(key),
            other => {
                return Err(format!("key {}, expected {expected}", other.as_deref().unwrap_or("unsure")));
            }
        }
    }
    if let Some(expected) = expect.tempo {
        let last = told.events.iter().rev().find_map(|event| match event {
            Event::Tempo { bpm, .. } => Some(f64::from(*bpm)),
            _ => None,
        });
        match last {
            Some(bpm) if (bpm / expected - 1.0).abs() <= TEMPO => right.push(format!("{bpm:.1} BPM")),
            Some(bpm) => return Err(format!("{bpm:.1} BPM, expected {expected}")),
            None => return Err(format!("no tempo, expected {expected}")),
        }
    }
    if let Some(expected) = expect.onsets {
        let count = told.events.iter().filter(|event| matches!(event, Event::Onset { .. })).count();
        let found = count as f64 / seconds.max(1e-9);
        if (found - expected).abs() > 0.1 * expected + 1.0 {
            return Err(format!("{found:.1} onsets a second, expected {expected}"));
        }
        right.push(format!("{found:.1} onsets/s"));
    }
    if expect.nothing {
        // A metre or a key that is said to be unsure is nothing, too.
        let empty = |event: &&Event| {
            matches!(
                event,
                Event::Chord { chord: None, .. }
                    | Event::Key { key: None, .. }
                    | Event::Meter { meter: None, .. }
            )
        };
        if let Some(event) = told.events.iter().find(|event| !empty(event)) {
            return Err(format!("{event:?} was told, expected nothing").chars().take(160).collect());
        }
        right.push("nothing told".into());
    }
    if let Some(expected) = &expect.hash {
        let found = told.hash();
        if found != *expected {
            return Err(format!("answers {found}, expected {expected}"));
        }
        right.push(format!("answers {found}"));
    }
    Ok(right.join(", "))
}

/// The share of hundredths of a second in which the chord told sounds like the chord played: the same pitch classes.
fn chords_right(piece: &Piece, events: &[Event], seconds: f64) -> f64 {
    let (mut right, mut asked) = (0_u64, 0_u64);
    let (mut next, mut now) = (0, None);
    for hundredth in (SETTLING * 100.0) as u64..(seconds * 100.0) as u64 {
        let time = hundredth as f64 / 100.0;
        while let Some(event) = events.get(next) {
            if event.frame().0 as f64 / f64::from(piece.rate) > time {
                break;
            }
            if let Event::Chord { chord, .. } = event {
                now = chord.map(|chord| chord.pitch_classes());
            }
            next += 1;
        }
        let at = time % piece.seconds();
        let played = piece.parts.iter().rev().find(|part| part.start <= at);
        asked += 1;
        right += u64::from(played.map(|part| part.set) == now);
    }
    right as f64 / asked.max(1) as f64
}
