//! Sound from notes: a small synthesiser that needs no file, or a SoundFont.
//!
//! Each note is a band-limited wave table of its own pitch, which fades from a bright to a dark spectrum, shaped by an
//! attack, a decay to a held level and a release; drums are swept sines, fixed partials and filtered noise. A short
//! room and a limiter that looks ahead stand at the end. All arithmetic is plain `f32` and `f64` with functions from
//! `libm`: the same notes give the same bits on every machine.

mod drums;
mod soundfont;
mod space;
mod voices;

pub use soundfont::render_with_soundfont;

use kmidi_music::Ticks;
use kmidi_music::song::Song;

/// The channel of General MIDI's drums.
pub const DRUM_CHANNEL: u8 = 9;

/// The longest sound that is rendered, in seconds: two hours, some 3 GB at 48 kHz.
pub const MAX_SECONDS: f64 = 7_200.0;

/// The sample rates that are rendered, in hertz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Two channels of samples, of equal length. Full scale is -1.0 to 1.0 and is never exceeded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stereo {
    /// The left channel.
    pub left: Vec<f32>,
    /// The right channel.
    pub right: Vec<f32>,
}

/// A note to be rendered. Times are seconds from the start of the sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoteEvent {
    /// When it is struck, 0 or more.
    pub start: f64,
    /// When it is let go; drums ring by themselves.
    pub end: f64,
    /// MIDI channel 0 to 15; on [`DRUM_CHANNEL`] the pitch names a drum of General MIDI.
    pub channel: u8,
    /// General MIDI program, 0 to 127.
    pub program: u8,
    /// MIDI note number, 0 to 127.
    pub pitch: u8,
    /// Velocity, 1 to 127; 0 is silent.
    pub velocity: u8,
}

/// Why nothing was rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A sample rate outside [`RATES`] (a SoundFont needs at least 16 kHz).
    #[error("{0} frames a second cannot be rendered; use {lowest} to 192000", lowest = .1)]
    SampleRate(u32, u32),
    /// A note whose time is negative, not finite or beyond [`MAX_SECONDS`].
    #[error(
        "note {index} goes from {start} to {end} seconds; sounds of 0 to {MAX_SECONDS} seconds are rendered"
    )]
    Time {
        /// The note's place in the list, from 0.
        index: usize,
        /// Its start in seconds.
        start: f64,
        /// Its end in seconds.
        end: f64,
    },
    /// The SoundFont cannot be used.
    #[error("the SoundFont cannot be used: {0}")]
    SoundFont(String),
}

/// Renders `song` at `sample_rate` frames a second. The sound goes on until the last note has faded; a song without notes
/// gives silence of its length and a second more.
///
/// # Errors
/// [`RenderError::SampleRate`], and [`RenderError::Time`] for a song that is too long.
pub fn render(song: &Song, sample_rate: u32) -> Result<Stereo, RenderError> {
    let end = song.tempo.seconds(song.end()).0;
    rendered(&notes_of(song), end, sample_rate)
}

/// Renders any notes, in any order, at `sample_rate` frames a second, until the last one has faded.
///
/// # Errors
/// [`RenderError::SampleRate`] and [`RenderError::Time`].
pub fn render_notes(notes: &[NoteEvent], sample_rate: u32) -> Result<Stereo, RenderError> {
    rendered(notes, 0.0, sample_rate)
}

/// The notes of `song` with their times in seconds, track by track.
pub fn notes_of(song: &Song) -> Vec<NoteEvent> {
    let seconds = |tick: Ticks| song.tempo.seconds(tick).0;
    let tracks = song.tracks.iter();
    tracks
        .flat_map(|track| {
            track.notes.iter().map(move |note| NoteEvent {
                start: seconds(note.onset),
                end: seconds(note.end()),
                channel: track.channel,
                program: track.program,
                pitch: note.pitch,
                velocity: note.velocity,
            })
        })
        .collect()
}

/// Notes with sane times by start, those that begin together in a fixed order, so that the order given does not matter.
fn checked(notes: &[NoteEvent], at_least: f64) -> Result<Vec<NoteEvent>, RenderError> {
    let bad = |t: f64| !(0.0..=MAX_SECONDS).contains(&t);
    if let Some(index) = notes.iter().position(|n| bad(n.start) || bad(n.end)) {
        return Err(RenderError::Time { index, start: notes[index].start, end: notes[index].end });
    }
    if bad(at_least) {
        return Err(RenderError::Time { index: notes.len(), start: 0.0, end: at_least });
    }
    let mut sorted: Vec<_> = notes.iter().copied().filter(|n| n.velocity > 0).collect();
    sorted.sort_by(|a, b| {
        let place = |n: &NoteEvent| (n.channel, n.pitch, n.program, n.velocity);
        a.start.total_cmp(&b.start).then(place(a).cmp(&place(b))).then(a.end.total_cmp(&b.end))
    });
    Ok(sorted)
}

/// Silence after everything else, in seconds: the room fades in it.
const TAIL: f64 = 1.0;

fn rendered(notes: &[NoteEvent], at_least: f64, sample_rate: u32) -> Result<Stereo, RenderError> {
    if !RATES.contains(&sample_rate) {
        return Err(RenderError::SampleRate(sample_rate, *RATES.start()));
    }
    let notes = checked(notes, at_least)?;
    let rate = f64::from(sample_rate);
    let mut voices = voices::Voices::new(rate);
    let mut kit = drums::Kit::new(rate);
    let chokes = drums::chokes(&notes);
    let ends = notes.iter().zip(&chokes).map(|(note, &choke)| match note.channel {
        DRUM_CHANNEL => drums::end(note, choke),
        _ => voices.end(note),
    });
    let seconds = ends.fold(at_least, f64::max) + TAIL;
    let frames = (seconds * rate) as usize;
    let mut dry = Stereo { left: vec![0.0; frames], right: vec![0.0; frames] };
    for (note, &choke) in notes.iter().zip(&chokes) {
        match note.channel {
            DRUM_CHANNEL => kit.add(&mut dry, note, choke),
            _ => voices.add(&mut dry, note),
        }
    }
    space::room(&mut dry, rate);
    space::limit(&mut dry);
    Ok(dry)
}

/// Gains of the left and right channel for a place from -1 (left) to 1 (right), of equal power.
fn pan_gains(place: f64) -> (f32, f32) {
    let angle = (place.clamp(-1.0, 1.0) + 1.0) * std::f64::consts::FRAC_PI_4;
    (libm::cos(angle) as f32, libm::sin(angle) as f32)
}

/// A single cycle of a wave in 2^11 samples and one more for interpolation.
#[derive(Debug, Clone)]
struct Cycle(Box<[f32]>);

impl Cycle {
    const BITS: u32 = 11;
    const LEN: usize = 1 << Self::BITS;

    fn sine() -> Self {
        Self(
            (0..=Self::LEN)
                .map(|i| libm::sin(i as f64 * std::f64::consts::TAU / Self::LEN as f64) as f32)
                .collect(),
        )
    }

    /// The value at `phase`, where 2^32 is a whole turn; linear between samples.
    #[inline]
    fn at(&self, phase: u32) -> f32 {
        let i = (phase >> (32 - Self::BITS)) as usize;
        let part = (phase << Self::BITS >> 8) as f32 * (1.0 / (1 << 24) as f32);
        let (a, b) = (self.0[i], self.0[i + 1]);
        a + (b - a) * part
    }
}

/// How far a phase moves a frame at `hz`.
fn step(hz: f64, rate: f64) -> u32 {
    (hz / rate * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests;
