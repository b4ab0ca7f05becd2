//! The songs in `examples/songs` are what their commands make.

mod common;

use common::Place;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/songs");

/// The words of a command, of which some stand in quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (i, piece) in command.split('"').enumerate() {
        match i % 2 {
            0 => words.extend(piece.split_whitespace().map(str::to_owned)),
            _ => words.push(piece.to_owned()),
        }
    }
    words
}

#[test]
fn examples_are_made_by_their_commands() {
    let place = Place::new();
    let text = std::fs::read_to_string(format!("{FOLDER}/README.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split('`');
        let (_, name, _, command) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        line.starts_with("| `").then_some((name.to_owned(), words(command)))
    });
    let mut count = 0;
    for (name, command) in rows {
        let [midi, score, sheet] = ["mid", "musicxml", "svg"].map(|ending| format!("{name}.{ending}"));
        let mut args: Vec<&str> = command.iter().skip(1).map(String::as_str).collect();
        args.extend(["-o", &midi, "--musicxml", &score, "--lead-sheet", &sheet]);
        place.done(&args);
        for file in [&midi, &score, &sheet] {
            let kept = std::fs::read(format!("{FOLDER}/{file}")).unwrap();
            assert!(place.read(file) == kept, "{file} is not what its command makes");
        }
        count += 1;
    }
    assert_eq!(count, 10);
}
