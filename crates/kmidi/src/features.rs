//! What the engine measures in a file as JSON: the input of training and study.

use crate::Heard;
use kmidi_engine::HOP_SECONDS;
use kmidi_engine::harmony::chord::{STATES, parts};
use kmidi_music::notation::harte::{self, Label};
use kmidi_music::{Chord, Frames, PitchName};
use serde::{Serialize, Serializer};

/// The fields of `kmidi.features/1`: `duration`, `hop`, `rhythm` (a record a hop) and `harmony` (a record every few
/// hops), each a set of columns of equal length.
impl Serialize for Heard {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let rate = self.listener.sample_rate();
        let seconds = |frame: Frames| frame.seconds(rate).0;
        let (hops, records) = (self.listener.hops(), self.listener.harmony());
        let rhythm = Rhythm {
            time: column(hops, |hop| seconds(hop.frame)),
            beat: column(hops, |hop| hop.now.beat),
            downbeat: column(hops, |hop| hop.now.downbeat),
            heard: column(self.listener.hearing(), kmidi_engine::Hearing::heard),
            played: column(self.listener.hearing(), |hop| &hop.played[..]),
        };
        let harmony = Harmony {
            time: column(records, |record| seconds(record.frame)),
            chroma: column(records, |record| record.chroma),
            bass: column(records, |record| record.bass),
            tones: column(records, |record| record.tones.map(|look| look.to_vec())),
            states: (0..STATES).map(state_label).collect(),
            chords: column(records, |record| &record.chords[..]),
        };
        Document { duration: self.duration, hop: HOP_SECONDS, rhythm, harmony }.serialize(out)
    }
}

#[derive(Serialize)]
struct Document<R, H> {
    duration: f64,
    hop: f64,
    rhythm: R,
    harmony: H,
}

#[derive(Serialize)]
struct Rhythm<T, A, F, H, P> {
    time: T,
    beat: A,
    downbeat: F,
    heard: H,
    played: P,
}

#[derive(Serialize)]
struct Harmony<T, C, B, S, L> {
    time: T,
    chroma: C,
    bass: B,
    tones: S,
    /// What the numbers of a row of `chords` speak about.
    states: Vec<String>,
    chords: L,
}

/// A column: one value a record.
struct Column<'a, T, F>(&'a [T], F);

impl<'a, T, R: Serialize, F: Fn(&'a T) -> R> Serialize for Column<'a, T, F> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.0.iter().map(&self.1))
    }
}

fn column<'a, T, R, F: Fn(&'a T) -> R>(records: &'a [T], value: F) -> Column<'a, T, F> {
    Column(records, value)
}

/// The Harte label of a chord state; roots are spelled as in C major.
fn state_label(state: usize) -> String {
    let chord = parts(state).map(|(root, quality)| Chord::new(PitchName::nearest(root, 0), quality));
    harte::print(chord.map_or(Label::None, Label::Chord))
}
