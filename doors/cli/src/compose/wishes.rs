//! Options and an intent file become one wish, and what is wrong with it is told where it was said.

use super::args::Compose;
use crate::{Stop, show};
use kmidi::studio::compose::WishError;
use kmidi::{ComposeError, Intent, IntentFile, Wishes};
use std::path::PathBuf;

/// What is wished, and where it was said.
pub(super) struct Asked {
    pub(super) wishes: Wishes,
    options: Wishes,
    file: Option<IntentFile>,
}

impl Asked {
    /// The wishes of the options, and of the intent file where they are silent.
    pub(super) fn read(args: &Compose) -> Result<Self, Stop> {
        let options = args.wishes();
        let file = args.intent.as_ref().map(IntentFile::read).transpose()?;
        let told = file.as_ref().map(|file| file.wishes.clone()).unwrap_or_default();
        Ok(Self { wishes: told.overridden(options.clone()), options, file })
    }

    /// Asks for what the options leave open; gives the file that keeps the answers.
    pub(super) fn ask(&mut self, file: Option<PathBuf>) -> Result<PathBuf, Stop> {
        super::ask::ask(&mut self.wishes, file)
    }

    /// The intent; words that were passed over are told.
    pub(super) fn intent(&self) -> Result<Intent, Stop> {
        let understood = self.wishes.understand().map_err(|error| self.wrong(&error))?;
        if !understood.unknown.is_empty() {
            show::tell(&format!("not understood: {}", understood.unknown.join(", ")), false);
        }
        Ok(understood.intent)
    }

    /// A wish that cannot be met.
    pub(super) fn refused(&self, error: &ComposeError) -> Stop {
        self.wrong(&self.wishes.refused(error))
    }

    /// A file that a wish names and that cannot be used; where an intent file names it, with its line.
    pub(super) fn unusable(&self, field: &'static str, error: kmidi::Error) -> Stop {
        match self.file.as_ref().filter(|file| file.has(field) && !said(&self.options, field)) {
            Some(file) => Stop::Input(file.wrong(&WishError::about(field, error.to_string())).to_string()),
            None => error.into(),
        }
    }

    /// A wish that cannot be read or met: wrong usage where an option says it, bad input where the file does.
    pub(super) fn wrong(&self, error: &WishError) -> Stop {
        let from_file = |file: &&IntentFile| file.has(error.field) && !said(&self.options, error.field);
        if let Some(file) = self.file.as_ref().filter(from_file) {
            let place = file.wrong(error).to_string();
            return Stop::Input(match error.text.is_empty() {
                true => place,
                false => show::picture(
                    place.trim_end_matches(&error.error.message).trim_end_matches(": "),
                    &error.text,
                    &error.error,
                ),
            });
        }
        if error.text.is_empty() {
            return Stop::Usage(error.error.message.clone());
        }
        match error.field {
            // Words of the user's own are input, not usage.
            "text" => Stop::Input(show::picture("TEXT", &error.text, &error.error)),
            "emotion" => Stop::Input(show::picture("--emotion", &error.text, &error.error)),
            field => show::pointed(&format!("--{}", field.replace('_', "-")), &error.text, &error.error),
        }
    }
}

/// Do the options say `field`?
fn said(options: &Wishes, field: &str) -> bool {
    serde_json::to_value(options).is_ok_and(|fields| fields.get(field).is_some())
}
