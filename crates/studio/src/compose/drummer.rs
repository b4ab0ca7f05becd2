//! How a drummer plays what was written: the groove model's timing and loudness of the strokes of a song.
//!
//! The model knows 4/4 on a grid of 16ths. Songs in other metres, strokes beside that grid (triplets) and voices that are not of the kit stay as they were written.

use super::Style;
use super::grid::PPQ;
use kmidi_music::song::Role;
use kmidi_music::{Meter, Note, Song, Ticks};
use kmidi_neural::groove::{Groove, Piece, Stroke, Touch};

/// What the Groove MIDI Dataset calls the styles that it has. It knows no others of those that come with the program.
const KNOWN: [(&str, &str); 10] = [
    ("blues", "blues"),
    ("bossa-nova", "latin"),
    ("country", "country"),
    ("disco", "dance"),
    ("funk", "funk"),
    ("hip-hop", "hiphop"),
    ("jazz-swing", "jazz"),
    ("pop", "pop"),
    ("reggae", "reggae"),
    ("rock", "rock"),
];

/// The voice of a drum of General MIDI, by the nine voices of the model.
fn voice(pitch: u8) -> Option<u8> {
    Some(match pitch {
        35 | 36 => 0,
        37 | 38 | 40 => 1,
        42 | 44 => 2,
        46 => 3,
        41 | 43 => 4,
        45 | 47 => 5,
        48 | 50 => 6,
        49 | 52 | 55 | 57 => 7,
        51 | 53 | 59 => 8,
        _ => return None,
    })
}

/// The stroke of a note on the grid.
fn stroke(note: &Note, ppq: u16) -> Option<Stroke> {
    let step = u64::from(ppq) / 4;
    let on_grid = step > 0 && note.onset.0.is_multiple_of(step);
    let voice = voice(note.pitch).filter(|_| on_grid)?;
    Some(Stroke { step: u32::try_from(note.onset.0 / step).ok()?, voice })
}

/// How each note of the drum track of a song is played: `None` for those that the model does not know. Nothing for a song without drums, in another metre than 4/4, or
/// where the model is not to be asked.
#[must_use]
pub fn touches(song: &Song, style: &Style) -> Vec<Option<Touch>> {
    let known = style.models.groove > 0.0 && song.meters.iter().all(|meter| meter.1 == Meter::COMMON);
    let model = kmidi_neural::shipped("groove").filter(|_| known).map(Groove::new);
    let (Some(Ok(mut model)), Some(track)) = (model, song.track(Role::Drums)) else { return Vec::new() };
    let strokes: Vec<Option<Stroke>> =
        track.notes.iter().map(|note| stroke(note, song.tempo.ppq())).collect();
    let told: Vec<Stroke> = strokes.iter().flatten().copied().collect();
    let name = KNOWN.iter().find(|known| known.0 == style.name).map_or("", |known| known.1);
    let micros = song.tempo.changes().first().map_or(500_000, |change| change.1);
    let piece = Piece::of(&told, name, 60e6 / micros as f32);
    let mut touches = vec![Touch::PLAIN; told.len()];
    model.perform(&piece, &told, &mut touches);
    let mut touches = touches.into_iter();
    strokes.into_iter().map(|stroke| stroke.and_then(|_| touches.next())).collect()
}

/// Gives the strokes the loudness of a drummer, `style.models.groove` of the way: each section stays as loud as it was planned to be and grows as `planned` says, and how strokes differ
/// beside that comes from the model.
pub(super) fn play_strokes(song: &mut Song, style: &Style, planned: &dyn Fn(Ticks) -> f32) {
    debug_assert_eq!(song.tempo.ppq(), PPQ);
    let part = style.models.groove;
    let touches = touches(song, style);
    let starts: Vec<_> = song.sections.iter().map(|section| section.onset).collect();
    let Some(track) = song.tracks.iter_mut().find(|track| track.role == Role::Drums) else { return };
    let of = |note: &Note| starts.partition_point(|start| *start <= note.onset);
    let mut from = 0;
    while from < touches.len() {
        let section = of(&track.notes[from]);
        let count = track.notes[from..].iter().take_while(|note| of(note) == section).count();
        let notes = &mut track.notes[from..from + count];
        let pairs = || touches[from..from + count].iter().enumerate().filter_map(|(k, t)| Some((k, (*t)?)));
        let known = pairs().count().max(1) as f32;
        let level = pairs().map(|(k, _)| f32::from(notes[k].velocity)).sum::<f32>() / known;
        let middle = pairs().map(|(k, _)| planned(notes[k].onset)).sum::<f32>() / known;
        let mean = pairs().map(|(_, touch)| touch.velocity).sum::<f32>() / known;
        for (k, touch) in pairs() {
            let now = f32::from(notes[k].velocity);
            let here = level + (planned(notes[k].onset) - middle);
            let new = now + part * (here + touch.velocity - mean - now);
            notes[k].velocity = libm::roundf(new).clamp(1.0, 127.0) as u8;
        }
        from += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_neural::groove::STYLES;

    #[test]
    fn styles_are_those_of_both() {
        for (ours, theirs) in KNOWN {
            assert!(super::super::STYLES.contains(&ours) && STYLES.contains(&theirs), "{ours} {theirs}");
        }
    }

    #[test]
    fn loudness_of_sections_is_kept_and_strokes_differ() {
        let mut style = Style::named("funk").unwrap();
        let mut song = |groove, seed| {
            style.models.groove = groove;
            let feeling = kmidi_music::Affect::new(0.5, 0.6, 0.0);
            let intent = kmidi_music::Intent {
                seed,
                meter: Some(Meter::COMMON),
                ..kmidi_music::Intent::feeling(feeling)
            };
            super::super::compose_in(&intent, &style).unwrap().1
        };
        for seed in 0..4 {
            let (plain, played) = (song(0.0, seed), song(1.0, seed));
            let notes = |song: &Song| song.track(Role::Drums).unwrap().notes.clone();
            let (a, b) = (notes(&plain), notes(&played));
            let same = |x: &Note, y: &Note| (x.onset, x.pitch, x.duration) == (y.onset, y.pitch, y.duration);
            assert!(a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| same(x, y)));
            let mean = |n: &[Note]| n.iter().map(|n| f64::from(n.velocity)).sum::<f64>() / n.len() as f64;
            assert!((mean(&a) - mean(&b)).abs() < 2.0, "{} {}", mean(&a), mean(&b));
            let changed = a.iter().zip(&b).filter(|(x, y)| x.velocity != y.velocity).count();
            assert!(2 * changed > a.len(), "{changed} of {}", a.len());
        }
    }
}
