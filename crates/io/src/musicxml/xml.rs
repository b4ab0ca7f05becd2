//! XML as the reader and the writer of MusicXML need it: bytes to text, text to events with their path, and back.

use crate::{Error, Place, Result};
use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity, unescape_with};
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::borrow::Cow;
use std::path::Path;

/// Elements may stand this deep in each other; MusicXML's own structure needs less than twenty.
const MAX_DEPTH: usize = 200;
/// Texts are kept up to this many bytes: titles and names, not books.
const MAX_TEXT: usize = 4_096;

/// The text of a file: UTF-8, UTF-16 with a byte order mark, or Latin-1 where the declaration says so.
pub(super) fn decode<'a>(bytes: &'a [u8], path: &Path) -> Result<Cow<'a, str>> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let mut text = String::with_capacity(bytes.len() / 2);
        text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        text
    };
    match bytes {
        [0xfe, 0xff, ..] => Ok(Cow::Owned(wide(u16::from_be_bytes))),
        [0xff, 0xfe, ..] => Ok(Cow::Owned(wide(u16::from_le_bytes))),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, path),
        _ if is_latin1(bytes) => Ok(Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect())),
        _ => utf8(bytes, path),
    }
}

fn utf8<'a>(bytes: &'a [u8], path: &Path) -> Result<Cow<'a, str>> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|e| {
        let before = &bytes[..e.valid_up_to()];
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count() as u64;
        Error::malformed(
            path,
            Place::Line(line),
            "these bytes are no UTF-8, and the file says of no other encoding",
        )
    })
}

fn is_latin1(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(200)];
    let head = head.split(|&b| b == b'>').next().unwrap_or_default().to_ascii_lowercase();
    head.starts_with(b"<?xml")
        && [&b"iso-8859-1"[..], b"latin1"].iter().any(|n| head.windows(n.len()).any(|w| w == *n))
}

/// What the reader meets, in the order of the file.
#[derive(Debug)]
pub(super) enum Item<'a> {
    /// An element begins.
    Start(Tag<'a>),
    /// An element ends: its name, and its own text if it had any.
    End(Cow<'a, str>, String),
    /// The file ends.
    Eof,
}

/// The start of an element.
#[derive(Debug)]
pub(super) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Its name, without a namespace's prefix.
    pub(super) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of an attribute, its entities resolved; `None` also where the attributes are malformed.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        // The check for doubles takes the square of their number in time.
        let found = attributes.with_checks(false).map_while(|a| a.ok()).find(|a| a.key.as_ref() == name)?;
        let value = found.value.get(..found.value.len().min(MAX_TEXT))?;
        Some(
            unescape_with(value, resolve_predefined_entity)
                .map_or_else(|_| value.to_owned(), Cow::into_owned),
        )
    }
}

/// A walk over the elements of a file.
#[derive(Debug)]
pub(super) struct Elements<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    path: &'a Path,
    depth: usize,
    /// The text since the last start or end of an element: a leaf's own.
    own: String,
}

impl<'a> Elements<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, text, path, depth: 0, own: String::new() }
    }

    /// Where the walk stands.
    pub(super) fn place(&self) -> Place {
        self.line_of(self.reader.buffer_position())
    }

    fn line_of(&self, byte: u64) -> Place {
        let before = &self.text.as_bytes()[..(byte as usize).min(self.text.len())];
        Place::Line(1 + before.iter().filter(|&&b| b == b'\n').count() as u64)
    }

    /// A fault here.
    pub(super) fn fault(&self, reason: impl Into<String>) -> Error {
        Error::malformed(self.path, self.place(), reason)
    }

    /// The next element's start or end.
    pub(super) fn next(&mut self) -> Result<Item<'a>> {
        loop {
            let event = self.reader.read_event().map_err(|e| {
                let place = self.line_of(self.reader.error_position());
                Error::malformed(self.path, place, format!("this is no well-formed XML: {e}"))
            })?;
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_DEPTH {
                        return Err(
                            self.fault(format!("elements stand more than {MAX_DEPTH} deep in each other"))
                        );
                    }
                    self.own.clear();
                    return Ok(Item::Start(Tag(start)));
                }
                Event::End(end) => {
                    self.depth = self.depth.saturating_sub(1);
                    let own = std::mem::take(&mut self.own);
                    return Ok(Item::End(Cow::Owned(end.local_name().into_inner().to_owned()), own));
                }
                Event::Text(text) => self.keep(&text.xml10_content()),
                Event::CData(text) => self.keep(&text.xml10_content()),
                Event::GeneralRef(reference) => self.resolve(&reference),
                Event::Eof if self.depth > 0 => {
                    let reason = "an element is not closed";
                    return Err(Error::truncated(self.path, self.place(), reason));
                }
                Event::Eof => return Ok(Item::Eof),
                _ => {} // comments, declarations, processing instructions, a DOCTYPE
            }
        }
    }

    /// The five entities of XML and numbers of characters. Those that a DOCTYPE defines are left out, never expanded.
    fn resolve(&mut self, reference: &BytesRef<'_>) {
        match reference.resolve_char_ref() {
            Ok(Some(c)) => self.keep(c.encode_utf8(&mut [0; 4])),
            _ => self.keep(resolve_predefined_entity(reference).unwrap_or_default()),
        }
    }

    fn keep(&mut self, text: &str) {
        let room = MAX_TEXT.saturating_sub(self.own.len());
        let end = (0..=room.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        self.own.push_str(&text[..end]);
    }
}

/// A file that grows, two spaces a level.
#[derive(Debug, Default)]
pub(super) struct Page {
    out: String,
    open: Vec<&'static str>,
}

impl Page {
    /// A raw line at the top: the declaration, the DOCTYPE.
    pub(super) fn raw(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n("  ", self.open.len()));
    }

    fn head(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            self.out.push_str(&clean(value));
            self.out.push('"');
        }
    }

    /// `<name ...>`, to be closed by [`Page::close`].
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.head(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
    }

    /// Closes the last element that was opened.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.out.push_str(&format!("</{name}>\n"));
        }
    }

    /// `<name>text</name>`.
    pub(super) fn leaf(&mut self, name: &str, text: impl std::fmt::Display) {
        self.leaf_with(name, &[], text);
    }

    /// `<name ...>text</name>`.
    pub(super) fn leaf_with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: impl std::fmt::Display,
    ) {
        self.head(name, attributes);
        self.out.push('>');
        self.out.push_str(&clean(&text.to_string()));
        self.out.push_str(&format!("</{name}>\n"));
    }

    /// `<name .../>`.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.head(name, attributes);
        self.out.push_str("/>\n");
    }

    /// The whole file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.into_bytes()
    }
}

/// Escaped, and without the characters that XML 1.0 cannot hold.
fn clean(text: &str) -> Cow<'_, str> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(allowed) {
        return escape(text);
    }
    Cow::Owned(escape(text.chars().filter(|&c| allowed(c)).collect::<String>()).into_owned())
}
