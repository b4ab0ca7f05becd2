//! ChordPro: lyrics with chords above them (ChordPro 6, chordpro.org).
//!
//! ```text
//! {title: A Song}
//! {key: C}
//! {start_of_verse: Verse 1}
//! [C]Words that are [Am7]sung
//! {end_of_verse}
//! ```
//!
//! [`parse`] reads a sheet line by line, and [`print()`] writes it again. Tabs, grids and delegated environments (`abc`,
//! `ly`, `svg`, `textblock`) are kept as they stand. A chord that is no lead-sheet symbol stays as text. A line that ends in
//! a backslash goes on in the next one. [`ChordPro::passages`] gives the chords as they sound.

mod passages;

pub use passages::{MAX_CHORDS, Passage};

use crate::{Error, Place, Result};
use kmidi_music::notation::symbol;
use kmidi_music::song::{ChordSpan, Song};
use kmidi_music::{Chord, Meter, Ticks};
use std::borrow::Cow;
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files over this many bytes are refused: long sheets have a hundredth of it.
pub const MAX_BYTES: u64 = 4 << 20;

/// The longest section that [`ChordPro::of`] writes, in bars.
const MAX_BARS: usize = 10_000;

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChordPro {
    /// Its lines, in order.
    pub lines: Vec<Line>,
}

/// A line of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `{name: value}`, with the name in its long form: `{soc}` is `start_of_chorus`.
    Directive {
        /// In lower case.
        name: String,
        /// Empty where there is none.
        value: String,
    },
    /// Lyrics with chords.
    Lyrics(Vec<Segment>),
    /// `# ...`: a remark that is not printed, without its sign.
    Remark(String),
    /// A line of a tab, a grid or another environment whose content is not lyrics.
    Verbatim(String),
    /// An empty line.
    Empty,
}

/// A chord and the words up to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What stands in square brackets above the words.
    pub above: Option<Above>,
    /// The words.
    pub lyric: String,
}

/// What stands above the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Above {
    /// `[Am7]`: a lead-sheet symbol that can be read.
    Chord(String),
    /// `[N.C.]`: no chord.
    NoChord,
    /// `[*text]`: an annotation.
    Annotation(String),
    /// A chord that is no lead-sheet symbol.
    Other(String),
}

/// Short names of directives.
const SHORT: [(&str, &str); 22] = [
    ("t", "title"),
    ("st", "subtitle"),
    ("c", "comment"),
    ("ci", "comment_italic"),
    ("cb", "comment_box"),
    ("soc", "start_of_chorus"),
    ("eoc", "end_of_chorus"),
    ("sov", "start_of_verse"),
    ("eov", "end_of_verse"),
    ("sob", "start_of_bridge"),
    ("eob", "end_of_bridge"),
    ("sot", "start_of_tab"),
    ("eot", "end_of_tab"),
    ("sog", "start_of_grid"),
    ("eog", "end_of_grid"),
    ("ns", "new_song"),
    ("np", "new_page"),
    ("npp", "new_physical_page"),
    ("col", "columns"),
    ("colb", "column_break"),
    ("g", "grid"),
    ("ng", "no_grid"),
];

/// Environments whose content is not lyrics.
const VERBATIM: [&str; 6] = ["tab", "grid", "abc", "ly", "svg", "textblock"];

impl ChordPro {
    /// The value of the first directive of that name, such as `title` or `key`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| match line {
            Line::Directive { name: found, value } if found == name => Some(value.as_str()),
            _ => None,
        })
    }

    /// The chords as they sound, by passage: `{transpose}` is followed, `{chorus}` repeats the last chorus, and the cells of
    /// grids are read. At most [`MAX_CHORDS`].
    pub fn passages(&self) -> Vec<Passage> {
        passages::of(self)
    }

    /// The chords above the words in order, as they are written.
    pub fn chords(&self) -> impl Iterator<Item = Chord> {
        let segments = self.lines.iter().filter_map(|line| match line {
            Line::Lyrics(segments) => Some(segments),
            _ => None,
        });
        segments.flatten().filter_map(|segment| match &segment.above {
            Some(Above::Chord(text)) => symbol::parse(text).ok(),
            _ => None,
        })
    }

    /// The chords of a song as a sheet: a bar each between strokes, four bars a line, sections as verses and choruses.
    pub fn of(song: &Song) -> Self {
        let mut lines = Vec::new();
        let directive = |name: &str, value: String| Line::Directive { name: name.into(), value };
        let title = if song.title.is_empty() { "Untitled" } else { &song.title };
        lines.push(directive("title", title.replace(['\n', '}'], " ")));
        if let Some((_, key)) = song.keys.first() {
            lines.push(directive("key", key_name(*key)));
        }
        let meter = song.meters.first().map_or(Meter::COMMON, |meter| meter.1);
        lines.push(directive("time", meter.to_string()));
        lines.push(directive("tempo", format!("{:.0}", song.tempo.at(Ticks(0)).0)));
        let end = song.end();
        let starts: Vec<Ticks> = match song.sections.is_empty() {
            true => vec![Ticks(0)],
            false => song.sections.iter().map(|section| section.onset).collect(),
        };
        for (at, &start) in starts.iter().enumerate() {
            let until = starts.get(at + 1).copied().unwrap_or(end);
            let name = song.sections.get(at).map_or("song", |section| section.name.as_str());
            let kind = ["chorus", "bridge"].into_iter().find(|kind| name.to_lowercase().contains(kind));
            let kind = kind.unwrap_or("verse");
            lines.push(Line::Empty);
            lines.push(directive(&format!("start_of_{kind}"), name.replace(['\n', '}'], " ")));
            let bars = bars(song, start, until);
            lines.extend(bars.chunks(4).map(|four| Line::Lyrics(four.concat())));
            lines.push(directive(&format!("end_of_{kind}"), String::new()));
        }
        Self { lines }
    }
}

fn key_name(key: kmidi_music::Key) -> String {
    format!("{}{}", key.tonic, if key.mode.is_minor() { "m" } else { "" })
}

/// The chords of each bar as segments. A chord that is held into the first bar stands there again; in others a bar without
/// a new chord is `%`.
fn bars(song: &Song, start: Ticks, until: Ticks) -> Vec<Vec<Segment>> {
    let mut out = Vec::new();
    let mut from = start;
    while from < until && out.len() < MAX_BARS {
        let meter = song.meters.iter().rev().find(|meter| meter.0 <= from);
        let bar = meter.map_or(Meter::COMMON, |meter| meter.1).bar(song.tempo.ppq());
        let end = from + Ticks(bar.0.max(1));
        let within = |span: &&ChordSpan| {
            let held = out.is_empty() && span.onset < from && from < span.onset + span.duration;
            held || (from..end).contains(&span.onset)
        };
        let chord = |span: &ChordSpan| Segment {
            above: Some(Above::Chord(symbol::print(&span.chord))),
            lyric: " ".into(),
        };
        let mut segments: Vec<Segment> = song.chords.iter().filter(within).map(chord).collect();
        match segments.last_mut() {
            Some(last) => last.lyric = " | ".into(),
            None => segments.push(Segment { above: None, lyric: "% | ".into() }),
        }
        out.push(segments);
        from = end;
    }
    out
}

/// Reads the sheet at `path`.
///
/// # Errors
///
/// As [`parse`], and [`Error::Io`], [`Error::Folder`], [`Error::TooLarge`] above [`MAX_BYTES`].
pub fn read(path: impl AsRef<Path>) -> Result<ChordPro> {
    let path = path.as_ref();
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(Error::io(path, "read"))?;
    if bytes.len() as u64 > MAX_BYTES {
        let reason = format!("over {MAX_BYTES} bytes are too many for a chord sheet");
        return Err(Error::too_large(path, Place::File, reason));
    }
    parse(&bytes, path)
}

/// Reads a sheet from memory; `name` stands in errors as the file's name.
///
/// # Errors
///
/// [`Error::Malformed`] with the line of a directive or chord that is not closed, and for what is no UTF-8 text.
pub fn parse(bytes: &[u8], name: impl AsRef<Path>) -> Result<ChordPro> {
    let path = name.as_ref();
    let text =
        std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).map_err(|error| {
            let reason = "this is no UTF-8 text; a ChordPro sheet should stand here";
            Error::malformed(path, Place::Byte(error.valid_up_to() as u64), reason)
        })?;
    let mut lines = Vec::new();
    let mut verbatim: Option<String> = None;
    let mut rest = (1..).zip(text.lines());
    while let Some((number, line)) = rest.next() {
        let mut line = Cow::Borrowed(line);
        while verbatim.is_none() && line.ends_with('\\') {
            let Some((_, next)) = rest.next() else { break };
            let whole = line.to_mut();
            whole.pop();
            whole.push_str(next.trim_start());
        }
        let line = line.as_ref();
        let wrong = |reason: &str| Error::malformed(path, Place::Line(number), reason);
        let trimmed = line.trim();
        if let Some(inside) = trimmed.strip_prefix('{') {
            let inside =
                inside.strip_suffix('}').ok_or_else(|| wrong("the directive is not closed: expected }"))?;
            let (name, value) = directive(inside);
            match &verbatim {
                Some(kind) if name != format!("end_of_{kind}") => {
                    lines.push(Line::Verbatim(line.to_owned()));
                    continue;
                }
                Some(_) => verbatim = None,
                None => {
                    let begun = name.strip_prefix("start_of_").filter(|kind| VERBATIM.contains(kind));
                    verbatim = begun.map(str::to_owned);
                }
            }
            lines.push(Line::Directive { name, value });
        } else if verbatim.is_some() {
            lines.push(Line::Verbatim(line.to_owned()));
        } else if let Some(remark) = line.strip_prefix('#') {
            lines.push(Line::Remark(remark.to_owned()));
        } else if trimmed.is_empty() {
            lines.push(Line::Empty);
        } else {
            lines.push(Line::Lyrics(lyrics(line).ok_or_else(|| wrong("a chord is not closed: expected ]"))?));
        }
    }
    Ok(ChordPro { lines })
}

/// `name: value`, `name value` or `name`.
fn directive(inside: &str) -> (String, String) {
    let inside = inside.trim();
    let end = inside.find(|c: char| c == ':' || c.is_whitespace()).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    let name = name.to_lowercase();
    let long = SHORT.iter().find(|short| short.0 == name).map_or(name.as_str(), |short| short.1);
    let rest = rest.trim_start();
    (long.to_owned(), rest.strip_prefix(':').unwrap_or(rest).trim().to_owned())
}

/// Words and chords; `None` where a bracket is not closed.
fn lyrics(line: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let (mut above, mut rest) = (None, line);
    loop {
        let (lyric, after) = match rest.split_once('[') {
            Some((lyric, after)) => (lyric, Some(after)),
            None => (rest, None),
        };
        if above.is_some() || !lyric.is_empty() {
            segments.push(Segment { above: above.take(), lyric: lyric.to_owned() });
        }
        let Some(after) = after else { return Some(segments) };
        let (inside, after) = after.split_once(']')?;
        above = Some(over(inside));
        rest = after;
    }
}

fn over(inside: &str) -> Above {
    let plain = inside.trim();
    if let Some(text) = plain.strip_prefix('*') {
        return Above::Annotation(text.to_owned());
    }
    if matches!(plain, "N.C." | "NC" | "N.C") {
        return Above::NoChord;
    }
    match symbol::parse(plain) {
        Ok(_) => Above::Chord(plain.to_owned()),
        Err(_) => Above::Other(inside.to_owned()),
    }
}

/// The sheet as text, with directives by their long names.
pub fn print(sheet: &ChordPro) -> String {
    let mut out = String::new();
    for line in &sheet.lines {
        match line {
            Line::Directive { name, value } if value.is_empty() => out.push_str(&format!("{{{name}}}")),
            Line::Directive { name, value } => out.push_str(&format!("{{{name}: {value}}}")),
            Line::Remark(text) => out.push_str(&format!("#{text}")),
            Line::Verbatim(text) => out.push_str(text),
            Line::Empty => {}
            Line::Lyrics(segments) => {
                for segment in segments {
                    match &segment.above {
                        Some(Above::Chord(text) | Above::Other(text)) => out.push_str(&format!("[{text}]")),
                        Some(Above::NoChord) => out.push_str("[N.C.]"),
                        Some(Above::Annotation(text)) => out.push_str(&format!("[*{text}]")),
                        None => {}
                    }
                    out.push_str(&segment.lyric);
                }
            }
        }
        let _ = writeln!(out);
    }
    out
}

/// Writes the sheet to `path`, whole or not at all.
///
/// # Errors
///
/// As [`crate::write::atomic`].
pub fn save(path: impl AsRef<Path>, sheet: &ChordPro) -> Result<()> {
    crate::write::atomic(path, print(sheet).as_bytes())
}
