//! A file for each of its parts.

use super::{SmfFile, SmfTrack, TrackEvent};

/// Each track with notes as a file of its own, beside the tempo, metres, keys and markers of the whole; with a name that
/// files may have: `1-grand-piano`. All of them together play what `file` plays.
pub fn stems(file: &SmfFile) -> Vec<(String, SmfFile)> {
    let sounds = |track: &SmfTrack| {
        track.channel_events().any(|e| matches!(e.message, super::Message::NoteOn { velocity: 1.., .. }))
    };
    // What every stem needs, from wherever it stands.
    let common = |track: &SmfTrack| SmfTrack {
        events: track.events.iter().filter(|e| !is_channel(e)).cloned().collect(),
        end: track.end,
    };
    let parts = file.tracks.iter().enumerate().filter(|part| sounds(part.1)).enumerate();
    let stem = |(number, (index, track)): (usize, (usize, &SmfTrack))| {
        let name = track.name().to_lowercase();
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join("-");
        let name = if name.is_empty() { "track".to_owned() } else { name };
        let tracks = match index {
            0 => vec![track.clone()],
            _ => vec![file.tracks.first().map(common).unwrap_or_default(), track.clone()],
        };
        (format!("{}-{name}", number + 1), SmfFile::new(file.format, file.division, tracks))
    };
    parts.map(stem).collect()
}

fn is_channel(event: &TrackEvent) -> bool {
    matches!(event.event, super::Event::Channel { .. })
}
