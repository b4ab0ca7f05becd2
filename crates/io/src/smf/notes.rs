//! Note-ons with the note-offs that end them.

use super::{Format, Message, Pedal, SmfFile, SmfNote};
use kmidi_music::{Seconds, Ticks};
use std::collections::VecDeque;

/// See [`SmfFile::notes`].
pub(super) fn of(file: &SmfFile, pedal: Pedal) -> Vec<SmfNote> {
    let mut notes: Vec<SmfNote> = Vec::new();
    // By channel and key: notes whose key is down, and notes that only the pedal still holds (indices into `notes`).
    let mut down = vec![VecDeque::<usize>::new(); 16 * 128];
    let mut ringing: Vec<Vec<usize>> = vec![Vec::new(); 16];
    let (mut program, mut held) = ([0u8; 16], [false; 16]);
    let end = |note: &mut SmfNote, at: Ticks| note.end = at.max(note.onset + Ticks(1));
    let starts = file.starts();
    let last = |track: usize| starts[track] + file.tracks[track].end;
    let mut pattern = 0;
    for (track, event) in file.merged() {
        if file.format == Format::Independent && track != pattern {
            // Patterns follow each other: nothing is carried from one to the next.
            pattern = track;
            down.iter_mut().for_each(VecDeque::clear);
            ringing.iter_mut().for_each(Vec::clear);
            (program, held) = ([0; 16], [false; 16]);
        }
        let (tick, channel) = (event.tick, usize::from(event.channel & 0x0f));
        match event.message {
            Message::NoteOn { key, velocity } => {
                ringing[channel].retain(|&i| {
                    let again = notes[i].pitch == key;
                    if again {
                        end(&mut notes[i], tick);
                    }
                    !again
                });
                down[channel * 128 + usize::from(key & 0x7f)].push_back(notes.len());
                notes.push(SmfNote {
                    onset: tick,
                    end: Ticks(u64::MAX),
                    start_seconds: Seconds(0.0),
                    end_seconds: Seconds(0.0),
                    track,
                    channel: event.channel,
                    program: program[channel],
                    pitch: key,
                    velocity,
                });
            }
            Message::NoteOff { key, .. } => {
                if let Some(i) = down[channel * 128 + usize::from(key & 0x7f)].pop_front() {
                    if held[channel] {
                        ringing[channel].push(i);
                    } else {
                        end(&mut notes[i], tick);
                    }
                }
            }
            Message::Control { controller: 64, value } if pedal == Pedal::Held => {
                held[channel] = value >= 64;
                if !held[channel] {
                    ringing[channel].drain(..).for_each(|i| end(&mut notes[i], tick));
                }
            }
            Message::Program(chosen) => program[channel] = chosen,
            _ => {}
        }
    }
    let mut order: Vec<(Ticks, usize, bool)> = Vec::with_capacity(2 * notes.len());
    for (i, note) in notes.iter_mut().enumerate() {
        if note.end == Ticks(u64::MAX) {
            end(note, last(note.track));
        }
        order.extend([(note.onset, i, true), (note.end, i, false)]);
    }
    order.sort_unstable();
    let seconds = file.tempo.seconds_of(order.iter().map(|o| o.0));
    for ((_, i, starts), at) in order.into_iter().zip(seconds) {
        *if starts { &mut notes[i].start_seconds } else { &mut notes[i].end_seconds } = at;
    }
    notes
}
