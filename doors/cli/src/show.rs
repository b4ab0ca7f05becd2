//! What people see: colours, progress, errors that point.

use crate::Stop;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kmidi::music::ParseError;
use std::io::{IsTerminal, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of what is printed.
pub(crate) const WIDTH: usize = 100;
/// Columns of short answers, which fit the narrowest usual terminal.
pub(crate) const NARROW: usize = 80;

/// May colours be used, given whether the stream is a terminal? `NO_COLOR` forbids them.
fn coloured(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn painted(text: &str, code: &str) -> String {
    if coloured(std::io::stdout().is_terminal()) {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// `text` in bold on a terminal.
pub(crate) fn bold(text: &str) -> String {
    painted(text, "1")
}

/// `text` in the background on a terminal.
pub(crate) fn dim(text: &str) -> String {
    painted(text, "2")
}

/// Tells the user something on standard error; `severe` is red there.
pub(crate) fn tell(text: &str, severe: bool) {
    let colour = severe && coloured(std::io::stderr().is_terminal());
    let head = if colour { "\x1b[1;31mkmidi:\x1b[0m" } else { "kmidi:" };
    // Nobody may be left to read it.
    let _ = writeln!(std::io::stderr(), "{head} {text}");
}

/// Prints text on standard output; a reader that has gone is no error of ours.
pub(crate) fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A bar on standard error when that is a terminal, else nothing.
pub(crate) fn bar(length: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(length).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// `text` in lines of at most [`WIDTH`] columns that start at column `indent`; the first line's start is there already.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    wrapped_to(WIDTH, text, indent)
}

/// [`wrapped`] to lines of at most `columns`.
pub(crate) fn wrapped_to(columns: usize, text: &str, indent: usize) -> String {
    let (mut out, mut column) = (String::new(), indent);
    for word in text.split(' ') {
        let width = word.width();
        if column > indent && column + 1 + width > columns {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

/// How much of a text stands around the place that is pointed at, in columns.
const AROUND: usize = 40;

/// Columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Wrong usage: an error in a text that the user gave, with a caret under the place.
pub(crate) fn pointed(what: &str, text: &str, error: &ParseError) -> Stop {
    Stop::Usage(picture(what, text, error))
}

/// An error with the text that it is about and a caret under the place.
pub(crate) fn picture(what: &str, text: &str, error: &ParseError) -> String {
    let at = (0..=error.at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let (before, after) = text.split_at(at);
    let before: String = before.chars().map(visible).collect();
    let mut from = before.len();
    for (start, _) in before.char_indices().rev() {
        if before[start..].width() > AROUND {
            break;
        }
        from = start;
    }
    let (cut, mut left) = (if from > 0 { "..." } else { "" }, AROUND);
    let after: String =
        after.chars().map(visible).take_while(|c| take(&mut left, c.width().unwrap_or(0))).collect();
    let column = cut.width() + before[from..].width();
    let line = format!("{cut}{}{after}", &before[from..]);
    format!("{what}: {}\n  {}\n  {}^", error.message, line.trim_end(), " ".repeat(column))
}

/// Takes `width` from what is left; false when it is not there.
fn take(left: &mut usize, width: usize) -> bool {
    left.checked_sub(width).map(|rest| *left = rest).is_some()
}

/// A character that moves the cursor otherwise, such as a tab, as a space.
fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, at: usize, line: &str, caret: usize) {
        let Stop::Usage(told) = pointed("--x", text, &ParseError::new(at, "wrong")) else {
            panic!("not usage")
        };
        let expected = format!("--x: wrong\n  {line}\n  {}^", " ".repeat(caret));
        assert_eq!(told, expected);
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        check("C H7 G", 2, "C H7 G", 2);
        check("é H7", 3, "é H7", 2);
        check("e\u{301} H7", 4, "e\u{301} H7", 2); // a combining accent takes no column
        check("日本 H7", 7, "日本 H7", 5); // two columns each
        check("C\tH7", 2, "C H7", 2);
        check("C", 9, "C", 1);
        check("日", 1, "日", 0); // inside a character
        check("", 0, "", 0);
        let long = "C ".repeat(100) + "H7" + &" G".repeat(100);
        check(&long, 200, &format!("...{}H7{}", "C ".repeat(20), " G".repeat(19)), 43);
    }

    #[test]
    fn lines_are_wrapped_at_words() {
        let text = wrapped(&"word ".repeat(40), 10);
        assert!(text.lines().all(|line| line.trim_start().len() + 10 <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().count(), 40);
        assert_eq!(wrapped("short", 10), "short");
    }
}
