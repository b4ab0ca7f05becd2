//! The models that come with the program.

/// Name and ONNX file of each model, by name: the folders of `models/` that hold one.
const SHIPPED: [(&str, &[u8]); 6] = [
    ("dynamics", include_bytes!("../../../models/dynamics/model.onnx")),
    ("emotion-sound", include_bytes!("../../../models/emotion-sound/model.onnx")),
    ("groove", include_bytes!("../../../models/groove/model.onnx")),
    ("harmonizer", include_bytes!("../../../models/harmonizer/model.onnx")),
    ("harmony", include_bytes!("../../../models/harmony/model.onnx")),
    ("melody", include_bytes!("../../../models/melody/model.onnx")),
];

/// Name and file of each table.
const TABLES: [(&str, &[u8]); 1] = [("text", include_bytes!("../../../models/text/model.bin"))];

/// What `models/registry.json` says of every file of weights.
pub const REGISTRY: &str = include_str!("../../../models/registry.json");

/// All networks that ship by default: names with ONNX files.
pub fn all_shipped() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    SHIPPED.into_iter()
}

/// All models that ship by default and are no network: names with files.
pub fn shipped_tables() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    TABLES.into_iter()
}

/// The file of the model of that name, with the weights that ship by default: a network in ONNX, or a table.
#[must_use]
pub fn shipped(model: &str) -> Option<&'static [u8]> {
    SHIPPED.iter().chain(&TABLES).find(|known| known.0 == model).map(|known| known.1)
}
