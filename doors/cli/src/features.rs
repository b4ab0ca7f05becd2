//! `kmidi features`.

use crate::args::Features;
use crate::{Stop, output, show};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: String,
    #[serde(flatten)]
    heard: &'a kmidi::Heard,
}

pub(crate) fn run(args: &Features) -> Result<(), Stop> {
    let to = args.output.as_deref().unwrap_or(Path::new("-"));
    output::check([to], &[&args.file])?;
    let bar = show::bar(100, "listening");
    let heard = kmidi::listen(&args.file, &|share| bar.set_position((share * 100.0) as u64));
    bar.finish_and_clear();
    let file = args.file.display().to_string();
    output::large_json(to, &Document { schema: "kmidi.features/1", file, heard: &heard? })
}
