//! Notes played live, moved in time while they are played: quantise, swing, a groove.
//!
//! [`Quantizer`] pulls notes to a grid, [`TemplatePlayer`] gives them the feel of a [`Template`]. Both take the MIDI of a
//! block and a [`Transport`], which a host fills, or a [`BeatClock`] from the beats that the engine hears.
//!
//! ```
//! use kmidi_engine::{MidiEvent, MidiMessage};
//! use kmidi_engine::perform::{Grid, Quantizer, Settings, Setup, Transport};
//!
//! let setup = Setup { sample_rate: 48_000, lookahead_ms: 20.0, capacity: 1_024 };
//! let mut quantizer = Quantizer::new(setup, Settings { grid: Grid::Sixteenth, ..Settings::default() })?;
//! assert_eq!(quantizer.latency_frames(), 960);
//! // A key goes down 100 frames late; a sixteenth lasts 6,000 frames.
//! let on = MidiEvent { offset: 100, message: MidiMessage::NoteOn { channel: 0, note: 60, velocity: 90 } };
//! let transport = Transport { beat: 8.0, bpm: 120.0, playing: true };
//! let mut heard = Vec::new();
//! quantizer.process(2_000, &[on], &transport, |event| heard.push(event.offset));
//! assert_eq!(heard, [960]);
//! # Ok::<(), kmidi_engine::perform::SetupError>(())
//! ```
//!
//! # Time
//!
//! What comes in comes out later by the latency, and notes by their move besides. So a note can move to an earlier time
//! by as much as the latency, and to a later time freely. A note-off moves with its note-on: lengths stay as played.
//! Controllers are not moved. Events leave in the order of their times, those of one time in the order in which they
//! came. What leaves is a function of the messages, their frames and the transport: not of the cut into blocks.
//!
//! # No note hangs
//!
//! On every key that leaves, note-ons and note-offs take turns. A note on a key that already sounds ends the old note
//! first. A note-off for a key that is not down is dropped. When the transport stops, all sounding notes end, and those
//! that have not begun yet are dropped. When its position jumps (a loop), all sounding notes end, and those that have not
//! begun yet still come: they were played already. A change of tempo ends nothing: what waits keeps its time. After a
//! reset, the next block begins with the ends of all notes that sounded. Controllers 120 and 123 to 127 release all
//! keys of their channel.
//!
//! # Real-time safety
//!
//! `new` allocates. `process`, `reset` and what changes settings take no memory, no lock and make no system call. What
//! waits is bounded by [`Setup::capacity`]: a note-on or controller that finds no room leaves at once, unmoved and
//! without the latency, and is counted. Room for the end of a note is set aside when it begins, so no note-off is lost.

mod clock;
mod grid;
mod quantize;
mod queue;
mod sounding;
mod template;

pub use clock::{BeatClock, Transport};
pub use grid::{Grid, Swing, SwingUnit};
pub use quantize::{Quantizer, Settings};
pub use queue::{Setup, SetupError};
pub use template::{ANY, Amounts, Stroke, Template, TemplateError, TemplatePlayer, VOICES, drum_voice};
