//! The bytes of a track, event by event.

use super::{Event, Message, meta};

/// An event as it stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw<'a> {
    Channel { status: u8, data: [u8; 2] },
    SysEx(&'a [u8]),
    Escape(&'a [u8]),
    Meta { kind: u8, data: &'a [u8] },
}

impl Raw<'_> {
    /// The event as a value, `None` for the end of the track.
    pub(super) fn event(self) -> Option<Event> {
        Some(match self {
            Raw::Channel { status, data } => {
                Event::Channel { channel: status & 0x0f, message: message(status, data) }
            }
            Raw::SysEx(data) => Event::SysEx(data.into()),
            Raw::Escape(data) => Event::Escape(data.into()),
            Raw::Meta { kind: meta::END_OF_TRACK, .. } => return None,
            Raw::Meta { kind, data } => Event::Meta { kind, data: data.into() },
        })
    }
}

fn message(status: u8, [a, b]: [u8; 2]) -> Message {
    match status & 0xf0 {
        0x90 if b > 0 => Message::NoteOn { key: a, velocity: b },
        0x90 => Message::NoteOff { key: a, velocity: 64 },
        0x80 => Message::NoteOff { key: a, velocity: b },
        0xa0 => Message::KeyPressure { key: a, pressure: b },
        0xb0 => Message::Control { controller: a, value: b },
        0xc0 => Message::Program(a),
        0xd0 => Message::Pressure(a),
        _ => Message::Bend((i16::from(b) << 7 | i16::from(a)) - 8_192),
    }
}

/// How many data bytes follow the status of a channel message.
pub(super) fn data_bytes(status: u8) -> usize {
    if matches!(status & 0xf0, 0xc0 | 0xd0) { 1 } else { 2 }
}

/// What keeps an event from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The track ends inside it.
    Cut,
    /// The bytes are no event.
    Wrong,
}

/// Walks the events with their delta times. After a fault, or at the end of the bytes, it ends.
#[derive(Debug, Clone)]
pub(super) struct Events<'a> {
    bytes: &'a [u8],
    /// Where the next event's delta time stands.
    pub(super) at: usize,
    status: Option<u8>,
}

impl<'a> Events<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, status: None }
    }

    fn read(&mut self) -> Result<(u32, Raw<'a>), Fault> {
        let mut rest = &self.bytes[self.at..];
        let delta = number(&mut rest)?;
        let status = match *rest.first().ok_or(Fault::Cut)? {
            0..=0x7f => self.status.ok_or(Fault::Wrong)?, // running status: the last one holds
            status => {
                rest = &rest[1..];
                status
            }
        };
        let raw = match status {
            0x80..=0xef => {
                let mut data = [0; 2];
                for byte in &mut data[..data_bytes(status)] {
                    *byte = one(&mut rest)?;
                    if *byte > 0x7f {
                        return Err(Fault::Wrong);
                    }
                }
                Raw::Channel { status, data }
            }
            0xf0 => Raw::SysEx(counted(&mut rest)?),
            0xf7 => Raw::Escape(counted(&mut rest)?),
            0xff => Raw::Meta { kind: one(&mut rest)?, data: counted(&mut rest)? },
            _ => return Err(Fault::Wrong), // other system messages stand in a file only inside F7
        };
        self.status = (status < 0xf0).then_some(status);
        self.at = self.bytes.len() - rest.len();
        Ok((delta, raw))
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Result<(u32, Raw<'a>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.bytes.len() {
            return None;
        }
        let read = self.read();
        if read.is_err() {
            self.bytes = &self.bytes[..self.at];
        }
        Some(read)
    }
}

fn one(rest: &mut &[u8]) -> Result<u8, Fault> {
    let (&first, others) = rest.split_first().ok_or(Fault::Cut)?;
    *rest = others;
    Ok(first)
}

/// A number of up to four bytes, seven bits each, the top bit set on all but the last.
fn number(rest: &mut &[u8]) -> Result<u32, Fault> {
    let mut number = 0;
    for _ in 0..4 {
        let byte = one(rest)?;
        number = number << 7 | u32::from(byte & 0x7f);
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Fault::Wrong)
}

fn counted<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    let length = number(rest)? as usize;
    let (data, others) = rest.split_at_checked(length).ok_or(Fault::Cut)?;
    *rest = others;
    Ok(data)
}
