//! Ask before answering: a short dialogue that turns a vague wish into an intent.

use crate::{Stop, show};
use kmidi::Wishes;
use kmidi::studio::compose::{QUESTIONS, Question, WishError};
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

/// What the intent file is called when nobody says.
const NAME: &str = "intent";

/// Asks what `wishes` leaves open, on standard error; answers come from standard input, a line each. Gives the file that
/// keeps them: `file`, or the first free name of `intent.toml`, `intent-2.toml` and so on.
pub(super) fn ask(wishes: &mut Wishes, file: Option<PathBuf>) -> Result<PathBuf, Stop> {
    let input = std::io::stdin();
    let again = input.is_terminal();
    dialogue(&mut input.lock(), &mut std::io::stderr(), again, wishes, file)
}

/// The dialogue; a wrong answer is asked for `again`, or ends it.
fn dialogue(
    input: &mut impl BufRead,
    out: &mut impl Write,
    again: bool,
    wishes: &mut Wishes,
    file: Option<PathBuf>,
) -> Result<PathBuf, Stop> {
    let feeling = wishes.has_feeling();
    let asked: Vec<&Question> =
        QUESTIONS.iter().filter(|question| open(question.field, feeling, wishes)).collect();
    let of = asked.len();
    for (number, question) in asked.into_iter().enumerate() {
        let _ = writeln!(out, "{}/{of}  {}\n     {}", number + 1, question.text, question.hint);
        loop {
            let answer = line(input, out, again, question.default)?;
            match question.answer(&answer, wishes) {
                Ok(()) => break,
                Err(error) if again => {
                    let _ = writeln!(out, "     {}", told(question.text, &error).replace('\n', "\n     "));
                }
                Err(error) => return Err(Stop::Input(told(question.text, &error))),
            }
        }
    }
    if let Some(file) = file {
        return Ok(file);
    }
    // An intent that was kept before is not written over.
    let names = std::iter::once(format!("{NAME}.toml")).chain((2..).map(|n| format!("{NAME}-{n}.toml")));
    let free = names.into_iter().find(|name| !PathBuf::from(name).exists()).unwrap_or_default();
    Ok(PathBuf::from(free))
}

/// Is this not said yet?
fn open(field: &str, feeling: bool, wishes: &Wishes) -> bool {
    match field {
        "style" => wishes.style.is_none(),
        "tempo" => wishes.tempo.is_none(),
        "bars" => wishes.bars.is_none(),
        _ => !feeling,
    }
}

/// One line of input after a prompt; empty at the end of it.
fn line(input: &mut impl BufRead, out: &mut impl Write, again: bool, default: &str) -> Result<String, Stop> {
    let _ = match default {
        "" => write!(out, "     > "),
        default => write!(out, "     [{default}] > "),
    };
    let _ = out.flush();
    let mut answer = String::new();
    let read = input.read_line(&mut answer);
    read.map_err(|error| Stop::Input(format!("standard input: cannot read: {error}")))?;
    if !again {
        // Nobody's Enter has ended the line.
        let _ = writeln!(out, "{}", answer.trim());
    }
    Ok(answer)
}

fn told(question: &str, error: &WishError) -> String {
    match error.text.is_empty() {
        true => format!("{question} {}", error.error.message),
        false => show::picture(question, &error.text, &error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(answers: &str, again: bool, mut wishes: Wishes) -> (Result<PathBuf, Stop>, Wishes, String) {
        let mut out = Vec::new();
        let file = dialogue(&mut answers.as_bytes(), &mut out, again, &mut wishes, None);
        (file, wishes, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_wrong_answer_is_asked_for_again_on_a_terminal_only() {
        let (file, wishes, out) = run("xyzzy\nsad\n\n\n\n\n\n12\n", true, Wishes::default());
        assert_eq!(file.unwrap(), PathBuf::from("intent.toml"));
        assert_eq!((wishes.now.as_deref(), wishes.bars), (Some("sad"), Some(12)));
        assert!(out.contains("7/7") && out.contains("xyzzy"), "{out}");
        let (file, ..) = run("xyzzy\nsad\n", false, Wishes::default());
        assert!(matches!(file, Err(Stop::Input(text)) if text.contains("xyzzy")));
    }

    #[test]
    fn what_was_said_is_not_asked_and_the_end_of_input_takes_defaults() {
        let said = Wishes { text: Some("calm".into()), bars: Some(8), ..Wishes::default() };
        let (file, wishes, out) = run("", false, said.clone());
        assert!(file.is_ok() && out.contains("2/2") && !out.contains("happened"), "{out}");
        assert_eq!(wishes, Wishes { style: Some("song".into()), ..said });
    }
}
