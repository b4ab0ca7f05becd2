//! Licences, as SPDX expressions (SPDX specification 2.3, annex D), against the list in `deny.toml`.

use crate::tree::Tree;

/// The identifiers that `[licenses] allow` of a `deny.toml` lists.
///
/// # Errors
/// Says so when there is no such list.
pub fn allowed(deny_toml: &str) -> Result<Vec<String>, String> {
    let plain: Vec<&str> =
        deny_toml.lines().map(|line| line.split('#').next().unwrap_or("").trim()).collect();
    let section = plain.iter().skip_while(|line| **line != "[licenses]").skip(1);
    let section =
        section.take_while(|line| !(line.starts_with('[') && line.ends_with(']') && line.len() > 1));
    let text: String = section.copied().collect();
    let list = text
        .split_once("allow = [")
        .filter(|(before, _)| !before.ends_with(|c: char| c.is_alphanumeric() || c == '-'))
        .and_then(|(_, after)| Some(after.split_once(']')?.0))
        .ok_or("deny.toml: no `allow = [...]` in [licenses]")?;
    let names: Vec<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    if names.is_empty() { Err("deny.toml: [licenses] allows nothing".to_owned()) } else { Ok(names) }
}

/// The packages of `tree` whose licence `allow` does not satisfy: a line each.
pub fn faults(tree: &Tree, allow: &[String]) -> Vec<String> {
    let wrong = |(name, licence): (&String, &String)| match satisfied(licence, allow) {
        Ok(true) => None,
        Ok(false) => Some(format!("{name}: {licence:?} is not allowed by deny.toml")),
        Err(reason) => Some(format!("{name}: {licence:?}: {reason}")),
    };
    tree.packages.iter().filter_map(wrong).collect()
}

/// Whether `expression` lets us choose licences that are all in `allow`. `/` is the old way to write `OR`.
///
/// # Errors
/// What is wrong with the expression.
pub fn satisfied(expression: &str, allow: &[String]) -> Result<bool, &'static str> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (answer, rest) = any(&words, allow)?;
    if rest.is_empty() { Ok(answer) } else { Err("text after the end of the expression") }
}

type Step<'a> = Result<(bool, &'a [&'a str]), &'static str>;

fn any<'a>(words: &'a [&'a str], allow: &[String]) -> Step<'a> {
    let (mut answer, mut rest) = all(words, allow)?;
    while let ["OR", after @ ..] = rest {
        let (next, after) = all(after, allow)?;
        (answer, rest) = (answer | next, after);
    }
    Ok((answer, rest))
}

fn all<'a>(words: &'a [&'a str], allow: &[String]) -> Step<'a> {
    let (mut answer, mut rest) = one(words, allow)?;
    while let ["AND", after @ ..] = rest {
        let (next, after) = one(after, allow)?;
        (answer, rest) = (answer & next, after);
    }
    Ok((answer, rest))
}

fn one<'a>(words: &'a [&'a str], allow: &[String]) -> Step<'a> {
    let listed = |name: &str| allow.iter().any(|allowed| allowed == name);
    match words {
        ["(", rest @ ..] => match any(rest, allow)? {
            (answer, [")", rest @ ..]) => Ok((answer, rest)),
            _ => Err("a bracket is not closed"),
        },
        [] | [")" | "OR" | "AND" | "WITH", ..] => Err("a licence is missing"),
        [name, "WITH", exception, rest @ ..] => Ok((listed(&format!("{name} WITH {exception}")), rest)),
        [name, rest @ ..] => Ok((listed(name), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::{allowed, satisfied};

    #[test]
    fn expressions() {
        let allow = ["MIT", "Apache-2.0", "Unicode-3.0"].map(String::from);
        for (expression, expected) in [
            ("MIT", Ok(true)),
            ("GPL-3.0-only", Ok(false)),
            ("MIT OR GPL-2.0-or-later", Ok(true)),
            ("MIT AND GPL-2.0-or-later", Ok(false)),
            ("Apache-2.0/LGPL-2.1", Ok(true)),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", Ok(true)),
            ("MIT OR Apache-2.0 AND AGPL-3.0", Ok(true)),
            ("(MIT OR Apache-2.0) AND AGPL-3.0", Ok(false)),
            ("Apache-2.0 WITH LLVM-exception", Ok(false)),
            ("Apache-2.0 WITH LLVM-exception OR MIT", Ok(true)),
            ("", Err("a licence is missing")),
            ("MIT OR", Err("a licence is missing")),
            ("(MIT", Err("a bracket is not closed")),
            ("MIT Apache-2.0", Err("text after the end of the expression")),
        ] {
            assert_eq!(satisfied(expression, &allow), expected, "{expression}");
        }
    }

    #[test]
    fn the_list_of_deny_toml() {
        let text = "[bans]\nallow = [\"x\"]\n[licenses]\n# allow = [\"GPL-3.0\"]\nallow = [\n  \"MIT\", # a\n  \"ISC\",\n]\n[sources]\n";
        assert_eq!(allowed(text).unwrap(), ["MIT", "ISC"]);
        for text in ["", "[licenses]\n", "[licenses]\nallow = []\n", "[bans]\nallow = [\"MIT\"]\n"] {
            assert!(allowed(text).is_err(), "{text:?}");
        }
    }
}
