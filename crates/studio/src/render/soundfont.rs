//! Sound from a SoundFont 2 file, through `rustysynth`.

use super::{MAX_SECONDS, NoteEvent, RATES, RenderError, Stereo, TAIL, checked};
use rustysynth::{SoundFont, SoundFontError, Synthesizer, SynthesizerSettings};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The lowest rate that the SoundFont synthesiser takes.
const LOWEST_RATE: u32 = 16_000;

/// Renders notes with the SoundFont whose bytes are given (a `.sf2` file), at `sample_rate` frames a second (16 to 192
/// kHz). Channel 9 takes the drum bank. Notes begin within 64 frames after their time.
///
/// # Errors
/// [`RenderError::SoundFont`] where the bytes are no SoundFont 2, are cut off or damaged, or hold compressed samples
/// (`.sf3`); [`RenderError::SampleRate`] and [`RenderError::Time`].
pub fn render_with_soundfont(
    notes: &[NoteEvent],
    soundfont: &[u8],
    sample_rate: u32,
) -> Result<Stereo, RenderError> {
    if !(LOWEST_RATE..=*RATES.end()).contains(&sample_rate) {
        return Err(RenderError::SampleRate(sample_rate, LOWEST_RATE));
    }
    let notes = checked(notes, 0.0)?;
    // The loader trusts the sizes in the file and its synthesiser the parameters; what they do not survive is an error.
    check_chunks(soundfont)?;
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        let loaded = SoundFont::new(&mut &soundfont[..]).map_err(|e| {
            bad(match e {
                SoundFontError::UnsupportedSampleFormat => {
                    "its samples are compressed (.sf3); use an uncompressed .sf2".into()
                }
                other => other.to_string(),
            })
        })?;
        play(&notes, &Arc::new(loaded), sample_rate)
    }));
    rendered.unwrap_or_else(|_| Err(bad("its parameters are damaged".into())))
}

fn bad(reason: String) -> RenderError {
    RenderError::SoundFont(reason)
}

/// Checks that every chunk lies inside the one that holds it: no size is trusted that the file does not have.
fn check_chunks(bytes: &[u8]) -> Result<(), RenderError> {
    if !(bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"sfbk")) {
        return Err(bad("it does not begin as a SoundFont 2 (RIFF, sfbk)".into()));
    }
    let walk = |from: usize, to: usize| -> Result<Vec<(usize, usize)>, RenderError> {
        let (mut at, mut chunks) = (from, Vec::new());
        while at < to {
            let head = bytes.get(at + 4..at + 8).and_then(|b| <[u8; 4]>::try_from(b).ok());
            let size = head.map_or(usize::MAX, |b| u32::from_le_bytes(b) as usize);
            let end = (at + 8).saturating_add(size);
            if end > to {
                return Err(bad(format!(
                    "byte {at}: a chunk reaches beyond the end at byte {to}; the file is cut off"
                )));
            }
            chunks.push((at, end));
            at = end + size % 2;
        }
        Ok(chunks)
    };
    for (at, end) in walk(12, bytes.len())? {
        if bytes[at..].starts_with(b"LIST") {
            walk((at + 12).min(end), end)?;
        }
    }
    Ok(())
}

fn play(notes: &[NoteEvent], font: &Arc<SoundFont>, sample_rate: u32) -> Result<Stereo, RenderError> {
    let settings = SynthesizerSettings::new(sample_rate as i32);
    let mut synth = Synthesizer::new(font, &settings).map_err(|e| bad(e.to_string()))?;
    let rate = f64::from(sample_rate);
    let frame = |seconds: f64| (seconds * rate) as usize;
    // (frame, on?, note): offs before ons.
    let mut events: Vec<(usize, bool, &NoteEvent)> = Vec::with_capacity(notes.len() * 2);
    for note in notes {
        events.push((frame(note.start), true, note));
        events.push((frame(note.end).max(frame(note.start) + 1), false, note));
    }
    events.sort_by_key(|e| (e.0, e.1));
    let last = events.last().map_or(0.0, |e| e.0 as f64 / rate);
    let frames = frame((last + 2.0 * TAIL).min(MAX_SECONDS + 2.0 * TAIL));
    let mut out = Stereo { left: vec![0.0; frames], right: vec![0.0; frames] };
    let (mut now, mut programs) = (0, [None; 16]);
    for (at, on, note) in events {
        synth.render(&mut out.left[now..at], &mut out.right[now..at]);
        now = at;
        let channel = usize::from(note.channel & 0x0f);
        let (number, key) = (channel as i32, i32::from(note.pitch & 0x7f));
        if !on {
            synth.note_off(number, key);
            continue;
        }
        if programs[channel] != Some(note.program) {
            programs[channel] = Some(note.program);
            synth.process_midi_message(number, 0xc0, i32::from(note.program & 0x7f), 0);
        }
        synth.note_on(number, key, i32::from(note.velocity.min(127)));
    }
    synth.render(&mut out.left[now..], &mut out.right[now..]);
    super::space::limit(&mut out);
    Ok(out)
}
