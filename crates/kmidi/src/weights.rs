//! The weights of a model: those that come with the program, or those that lie beside it.

use crate::{Error, Result};
use kmidi_neural::shipped;
use std::borrow::Cow;
use std::path::PathBuf;

/// The file of `model` in a set of weights: `default` is compiled in, an ONNX file or a table; any other set, such as `nc`, is an ONNX file read from
/// `MODEL-SET/model.onnx` in the first of these folders that holds it: the one that the environment variable `KMIDI_MODELS` names; `models` beside
/// the program or in one of the three folders above it; `models` in the working folder.
///
/// # Errors
///
/// [`Error::Weights`] where there are none of that name.
pub fn weights(model: &str, set: &str) -> Result<Cow<'static, [u8]>> {
    if set == "default" {
        let found = shipped(model).map(Cow::Borrowed);
        return found.ok_or_else(|| Error::Weights(format!("{model}: no such model")));
    }
    let name = format!("{model}-{set}");
    if name.contains(['/', '\\']) {
        return Err(Error::Weights(format!("{set:?}: the name of a set of weights has no slash")));
    }
    let places: Vec<PathBuf> =
        places().into_iter().map(|place| place.join(&name).join("model.onnx")).collect();
    let Some(path) = places.iter().find(|path| path.is_file()) else {
        let looked = places.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::Weights(format!("{name}: no such weights; looked for {looked}")));
    };
    let read = std::fs::read(path).map_err(|source| kmidi_io::Error::Io {
        path: path.clone(),
        action: "read",
        source,
    })?;
    Ok(Cow::Owned(read))
}

fn places() -> Vec<PathBuf> {
    let told = std::env::var_os("KMIDI_MODELS").map(PathBuf::from);
    let program = std::env::current_exe().ok();
    let beside =
        program.iter().flat_map(|program| program.ancestors().skip(1).take(4)).map(|at| at.join("models"));
    told.into_iter().chain(beside).chain([PathBuf::from("models")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_are_not_there_are_named() {
        for (model, set) in [("nonesuch", "default"), ("melody", "nonesuch"), ("melody", "../x")] {
            let error = weights(model, set).unwrap_err().to_string();
            assert!(error.contains(if set == "default" { model } else { set }), "{error}");
        }
    }
}
