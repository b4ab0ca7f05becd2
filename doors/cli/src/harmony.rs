//! `kmidi harmony`.

pub(crate) mod args;
mod name;
mod parse;
mod progression;
mod suggest;
mod table;
mod voice;

use crate::{Stop, show};
use args::{Harmony, Question};
use kmidi::music::notation::any::Notation;
use kmidi::music::{ParseError, PitchName};

/// What every JSON answer of this verb says that it is.
const SCHEMA: &str = "kmidi.harmony/1";

pub(crate) fn run(args: &Harmony) -> Result<(), Stop> {
    match &args.question {
        Question::Name(args) => name::run(args),
        Question::Parse(args) => parse::run(args),
        Question::Progression(args) => progression::run(args),
        Question::Voice(args) => voice::run(args),
        Question::Suggest(args) => suggest::run(args),
    }
}

/// A notation as it is called in prose.
fn called(notation: Notation) -> &'static str {
    match notation {
        Notation::Harte => "Harte's syntax",
        Notation::Symbol => "a lead-sheet symbol",
        Notation::Roman => "a Roman numeral",
        Notation::Nashville => "a Nashville number",
    }
}

/// Names with spaces between them.
fn spelled(names: &[PitchName]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A probability as people read it.
fn sure(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// What was given cannot be read: exit code 4, with a caret under the place.
fn unreadable(text: &str, error: &ParseError) -> Stop {
    Stop::Input(show::picture("cannot read", text, error))
}
