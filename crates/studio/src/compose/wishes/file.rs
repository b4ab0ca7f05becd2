//! Intent files: TOML and JSON to wishes and back, with the place of what is wrong.

use super::{WishError, Wishes};

/// How an intent file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// `field = value`, a line each.
    Toml,
    /// One object.
    Json,
}

/// What stands above the fields of a written TOML file.
const HEAD: &str = "# A song intent: edit it and run it again with `kmidi compose --intent`. docs/intent.md tells every field.\n\n";

impl FileFormat {
    /// Reads wishes.
    ///
    /// # Errors
    /// The line that is wrong, the field and the reason, as `line 3: tempo: ...`.
    pub fn read(self, text: &str) -> Result<Wishes, String> {
        match self {
            Self::Toml => toml::from_str(text).map_err(|error| {
                let at = error.span().map_or(0, |span| span.start);
                self.told(text, at, error.message())
            }),
            // A list would be taken as the fields in their order.
            Self::Json if text.trim_start().starts_with('[') => {
                Err(self.told(text, 0, "an intent is one object, in braces"))
            }
            Self::Json => serde_json::from_str(text).map_err(|error| {
                let line_start: usize =
                    text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
                let reason = error.to_string();
                // The place is told in front.
                let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |parts| parts.0);
                self.told(text, line_start + error.column().saturating_sub(1), reason)
            }),
        }
    }

    /// A mistake of the form or of a type at a byte of the file.
    fn told(self, text: &str, at: usize, reason: &str) -> String {
        let line = text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1;
        let place = format!("line {line}");
        match self.field_at(text, at).filter(|field| !reason.contains(&format!("`{field}`"))) {
            Some(field) => format!("{place}: {field}: {reason}"),
            None => format!("{place}: {reason}"),
        }
    }

    /// The field in whose value a byte of the file lies.
    fn field_at(self, text: &str, at: usize) -> Option<&str> {
        let end = (0..=at.min(text.len())).rev().find(|&end| text.is_char_boundary(end))?;
        let word =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match self {
            Self::Toml => {
                let start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
                let line = text[start..].lines().next()?;
                line.split_once('=').map(|parts| parts.0.trim()).filter(|name| word(name))
            }
            Self::Json => {
                let colon = text[..end].rfind("\":")?;
                let open = text[..colon].rfind('"')?;
                Some(&text[open + 1..colon]).filter(|name| word(name))
            }
        }
    }

    /// The line of a field, from 1; `None` where the file does not have it.
    pub fn line_of(self, text: &str, field: &str) -> Option<usize> {
        // The one field whose name is a word of Rust.
        let field = if field == "go_on" { "continue" } else { field };
        let names = |line: &str| match self {
            Self::Toml => line.split_once('=').is_some_and(|parts| parts.0.trim() == field),
            Self::Json => line
                .split(&format!("\"{field}\""))
                .skip(1)
                .any(|rest| rest.trim_start().starts_with(':') || rest.trim().is_empty()),
        };
        text.lines().position(names).map(|index| index + 1)
    }

    /// A wish of the file that cannot be read or met, with its line: `line 3: key: ...`.
    pub fn wrong(self, text: &str, error: &WishError) -> String {
        match self.line_of(text, error.field) {
            Some(line) => format!("line {line}: {error}"),
            None => error.to_string(),
        }
    }

    /// The wishes as the text of a file; reading it gives equal wishes.
    pub fn write(self, wishes: &Wishes) -> String {
        // Plain data without maps has both forms.
        match self {
            Self::Toml => format!("{HEAD}{}\n", toml::to_string(wishes).unwrap_or_default().trim_end()),
            Self::Json => serde_json::to_string_pretty(wishes).unwrap_or_default() + "\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Wishes {
        let text = |value: &str| Some(value.to_owned());
        Wishes {
            text: text("a \"quoted\" word\tand, 日本\u{7f}\\"),
            emotion: text("calm"),
            valence: Some(-0.35),
            arousal: Some(1.0),
            arc: text("0:-0.6,-0.4 1:0.7,0.3"),
            now: text("grieving"),
            longing: text("peace"),
            kept: text("angry"),
            end: text("calm"),
            key: text("F# minor"),
            tempo: Some(93.25),
            meter: text("6/8"),
            bars: Some(17),
            form: text("AABA"),
            style: text("waltz"),
            progression: text("I V"),
            chords: text("C | G7"),
            breaks: vec!["open-ending".into(), "stutter".into()],
            melody: text("tune.mid"),
            drums: text("beat.mid"),
            from: text("song.mid"),
            lock: text("chords, melody"),
            bars_again: text("5-6"),
            go_on: Some(8),
            seed: Some(u64::MAX),
            variations: Some(3),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for format in [FileFormat::Toml, FileFormat::Json] {
            for wishes in [full(), Wishes::default()] {
                assert_eq!(format.read(&format.write(&wishes)), Ok(wishes), "{format:?}");
            }
            let text = format.write(&full());
            let fields = serde_json::to_value(full()).unwrap();
            for field in fields.as_object().unwrap().keys() {
                let line = format.line_of(&text, field).unwrap_or_else(|| panic!("{field}: {text}"));
                assert!(text.lines().nth(line - 1).unwrap().contains(field.as_str()), "{field}");
            }
        }
    }

    #[test]
    fn mistakes_are_told_with_line_and_field() {
        for (format, text, words) in [
            (FileFormat::Toml, "text = \"calm\"\n\ntmepo = 90\n", &["line 3: ", "`tmepo`", "`tempo`"][..]),
            (FileFormat::Toml, "text = \"calm\"\ntempo = \"fast\"\n", &["line 2: tempo: ", "string"]),
            (FileFormat::Toml, "bars = 4\nseed = -4\n", &["line 2: seed: ", "whole number"]),
            (FileFormat::Toml, "bars = -4\n", &["line 1: bars: ", "-4"]),
            (FileFormat::Toml, "text = \"calm\nkey = 3", &["line 1: "]),
            (FileFormat::Toml, "bars = 4\nbars = 5\n", &["line 2: ", "duplicate"]),
            (
                FileFormat::Json,
                "{\"text\":\"calm\",\n \"tempo\": \"fast\",\n \"bars\":3}",
                &["line 2: tempo: "],
            ),
            (FileFormat::Json, "{\"text\":\"calm\",\n \"tmepo\": 3}", &["line 2: ", "`tmepo`"]),
            (FileFormat::Json, "{\"text\":\"calm\"\n \"tempo\": 3}", &["line 2: "]),
            (FileFormat::Json, "", &["line 1: "]),
            (FileFormat::Json, "[]", &["line 1: "]),
        ] {
            let told = format.read(text).unwrap_err();
            assert!(words.iter().all(|word| told.contains(word)), "{told:?} lacks one of {words:?}");
            assert!(!told.contains(" at line "), "{told}");
        }
        let text = "text = \"calm\"\n# the key\nkey = \"H\"\n";
        let error = FileFormat::Toml.read(text).unwrap().understand().unwrap_err();
        assert!(FileFormat::Toml.wrong(text, &error).starts_with("line 3: key: "), "{error}");
    }

    #[test]
    fn options_take_the_place_of_what_the_file_says() {
        let over = Wishes { valence: Some(0.5), arousal: Some(0.5), bars: Some(4), ..Wishes::default() };
        let merged = full().overridden(over.clone());
        assert_eq!((&merged.text, &merged.emotion, &merged.arc), (&None, &None, &None));
        assert_eq!((merged.valence, merged.bars, merged.tempo), (Some(0.5), Some(4), Some(93.25)));
        let merged = full().overridden(Wishes { progression: Some("I".into()), ..Wishes::default() });
        assert_eq!((merged.chords, merged.text.is_some()), (None, true));
    }
}
