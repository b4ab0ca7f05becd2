//! A line's parts: which measures it is about, and its words.

/// The largest measure number.
pub(super) const MAX_MEASURE: u32 = 99_999;

/// `[over bbbb15]`, and some more.
const LONGEST_BRACKET: usize = 16;

/// What the beginning of a line says, and the rest of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// `m12`, `m12a`: a measure; its numerals follow.
    Measure(u32, &'a str),
    /// `m12var1`, `m12 var1`, `m12-varA`: another reading of a measure.
    Variant,
    /// `m5-8 = m1-4`, `m12=m3`: the first measure that is written, the first that is copied, how many.
    Copy(u32, u32, u32),
    /// A measure or a copy that cannot be read, and what would be right.
    Wrong(&'static str),
    /// No measure.
    Other,
}

/// `12` or `12a`: the number, and what follows. A letter marks an ending.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok().filter(|&number| number <= MAX_MEASURE)?;
    let rest = &text[digits..];
    let letter = rest.strip_prefix(|c| matches!(c, 'a'..='h'));
    let ends = |rest: &&str| rest.starts_with("var") || !rest.starts_with(char::is_alphabetic);
    Some((number, letter.filter(ends).unwrap_or(rest)))
}

/// `1-4`, `m1-m4` or `7`: the first and the last, and what follows.
fn range(text: &str) -> Option<(u32, u32, &str)> {
    let plain = |text: &'_ str| text.trim_start().strip_prefix('m').map_or(0, |_| 1);
    let text = text.trim_start();
    let (first, rest) = number(&text[plain(text)..])?;
    match rest.strip_prefix('-').map(|rest| number(&rest[plain(rest)..])) {
        Some(Some((last, rest))) => (first <= last).then_some((first, last, rest)),
        _ => Some((first, first, rest)),
    }
}

/// Reads the beginning of a trimmed line.
pub(super) fn read(line: &str) -> Line<'_> {
    let digit = |c: char| c.is_ascii_digit();
    if !line.strip_prefix('m').is_some_and(|rest| rest.starts_with(digit)) {
        return Line::Other;
    }
    let Some((first, last, rest)) = range(line) else {
        return Line::Wrong("measures are numbered 0 to 99999, as in m1 or m5-8");
    };
    let variant = rest.trim_start().trim_start_matches('-').trim_start();
    if variant.strip_prefix("var").is_some_and(|name| !name.starts_with(|c: char| c.is_ascii_lowercase())) {
        return Line::Variant;
    }
    if let Some(source) = rest.trim_start().strip_prefix('=') {
        return match range(source) {
            Some((from, to, "")) if to - from == last - first => Line::Copy(first, from, last - first + 1),
            Some((_, _, "")) => Line::Wrong("both sides of a copy must have as many measures"),
            _ => Line::Wrong("a copy is written as m5-8 = m1-4"),
        };
    }
    match rest.is_empty() || rest.starts_with(char::is_whitespace) {
        true if first == last => Line::Measure(first, rest),
        true => Line::Wrong("a copy is written as m5-8 = m1-4"),
        false => Line::Wrong("a space should follow the number of the measure"),
    }
}

/// The words of a line. Within square brackets spaces part nothing: `V[over b2]` is one word.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut open = false;
        let ends = |&(at, c): &(usize, char)| {
            // A bracket that is not closed soon is a fault of one word, not of the line.
            let closes = || rest.bytes().skip(at).take(LONGEST_BRACKET).any(|b| b == b']');
            open = c == '[' && closes() || open && c != ']';
            c.is_whitespace() && !open
        };
        let end = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
        let word = &rest[..end];
        rest = &rest[end..];
        (!word.is_empty()).then_some(word)
    })
}

/// The key of `C:`, `f#:` and `Bb;:` (with a change of signature).
pub(super) fn key_name(word: &str) -> Option<&str> {
    let name = word.strip_suffix(':').map(|name| name.strip_suffix(';').unwrap_or(name))?;
    name.starts_with(|c: char| matches!(c, 'A'..='G' | 'a'..='g')).then_some(name)
}

/// Repeats, phrases, brackets, key signatures, and the limits of a passage that might be heard in another key (`?(G:` to
/// `?)G:`): they carry no chord.
pub(super) fn is_sign(word: &str) -> bool {
    if word.starts_with("?(") || word.starts_with("?)") {
        return true;
    }
    let signature = word.strip_prefix("KS").is_some_and(|rest| rest.parse::<i8>().is_ok());
    signature || word.chars().all(|c| matches!(c, '|' | ':' | '*' | '(' | ')' | '?' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        for (line, expected) in [
            ("m12 C: I", Line::Measure(12, " C: I")),
            ("m12a I", Line::Measure(12, " I")),
            ("m0", Line::Measure(0, "")),
            ("m3var1 I", Line::Variant),
            ("m3 var1 I", Line::Variant),
            ("m3-varB I", Line::Variant),
            ("m3avar2 = m1", Line::Variant),
            ("m3var I", Line::Variant),
            ("m5-8 = m1-4", Line::Copy(5, 1, 4)),
            ("m5-m8=m1-m4", Line::Copy(5, 1, 4)),
            ("m12=m3", Line::Copy(12, 3, 1)),
            ("m12 = m3b", Line::Copy(12, 3, 1)),
            ("Measure: 1", Line::Other),
            ("m 35 IV", Line::Other),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
        for wrong in ["m100000 I", "m3-2 = m1-2", "m5-8 = m1-3", "m5 = x", "m5 = m1 V", "m5-8 I", "m5I"] {
            assert!(matches!(read(wrong), Line::Wrong(_)), "{wrong}");
        }
    }

    #[test]
    fn brackets_hold_words_together() {
        let all = |line| words(line).collect::<Vec<_>>();
        assert_eq!(all("  I V[over b2]  b3 é"), ["I", "V[over b2]", "b3", "é"]);
        assert_eq!(all("I[ V b3"), ["I[", "V", "b3"]);
        assert_eq!(all(""), [""; 0]);
    }
}
