//! Labelled pieces as rows of (root in key, family), as the tasks of the next chord and of chords for a melody see them.

use super::harmony::{LabelledChord, Piece, key_at};
use kmidi_engine::harmony::context::{Family, Sounding};
use kmidi_music::{Key, PitchClass};
use kmidi_neural::chord::{Home, Metre, Note, token};
use kmidi_neural::harmony::Heard;

/// A chord with its truth, seen from the key in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labelled<'a> {
    /// Its place among the piece's chords.
    pub(super) index: usize,
    pub(super) chord: &'a LabelledChord,
    pub(super) sounding: Sounding,
    pub(super) heard: Heard,
    pub(super) key: Option<Key>,
    pub(super) home: Home,
    pub(super) metre: Metre,
    /// Root in key and family.
    pub(super) token: usize,
}

/// The chords of a piece that are not `N`. Without a key the tonic is the root of the last chord.
pub(super) fn labelled(piece: &Piece) -> Vec<Labelled<'_>> {
    // The convention: a piece without a key that ends with `N` is in C.
    let without_key = piece.chords.last().and_then(|chord| chord.root).unwrap_or(PitchClass::new(0));
    let chords = piece.chords.iter().enumerate();
    chords
        .filter_map(|(index, chord)| {
            let (sounding, root) = (chord.sounding?, chord.root?);
            let key: Option<Key> = key_at(piece, chord).and_then(|label| label.parse().ok());
            let family = Family::above(sounding.set, root);
            let home = Home {
                tonic: key.map_or(without_key, |key| key.tonic.pitch_class()),
                minor: key.map(|key| key.mode.is_minor()),
            };
            Some(Labelled {
                index,
                chord,
                sounding,
                heard: Heard { root, family, bass: sounding.bass },
                key,
                home,
                metre: metre_at(piece, chord.onset),
                token: token(root, family, home.tonic),
            })
        })
        .collect()
}

/// Changes only: without chords that are equal to the one before.
pub(super) fn changes(piece: &Piece) -> Vec<Labelled<'_>> {
    let mut all = labelled(piece);
    all.dedup_by(|next, before| next.token == before.token);
    all
}

/// The melody as the models take it.
pub(super) fn melody(piece: &Piece) -> Option<Vec<Note>> {
    let note = |&(onset, duration, pitch): &(f64, f64, u8)| Note {
        onset: onset as f32,
        duration: duration as f32,
        pitch,
    };
    piece.melody.as_ref().map(|notes| notes.iter().map(note).collect())
}

fn metre_at(piece: &Piece, onset: f64) -> Metre {
    let before = piece.meter.iter().take_while(|entry| entry.0 <= onset + 1e-6).last();
    let (from, beats, unit) = before.or(piece.meter.first()).copied().unwrap_or((0.0, 4, 4));
    Metre::new(from as f32, beats, unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_fall_together_in_the_key_in_force() {
        let line = r#"{"id":"a","key":[[0,"C:maj"],[8,"F:maj"]],"chords":[[0,4,"C:maj",0,0,[0,4,7]],[4,2,"C:maj/3",0,4,[0,4,7]],[6,2,"N",-1,-1,[]],[8,4,"C:7",0,0,[0,4,7,10]]]}"#;
        let piece: Piece = serde_json::from_str(line).unwrap();
        let tokens = |row: Vec<Labelled<'_>>| row.iter().map(|chord| chord.token).collect::<Vec<_>>();
        assert_eq!(tokens(labelled(&piece)), [0, 0, 7 * Family::COUNT + 2]);
        assert_eq!(tokens(changes(&piece)), [0, 7 * Family::COUNT + 2]);
        assert!(melody(&piece).is_none());
    }
}
