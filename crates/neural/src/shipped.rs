//! The models that come with the program.

/// Name and ONNX file of each model, by name: the folders of `models/` that hold one.
const SHIPPED: [(&str, &[u8]); 5] = [
    ("dynamics", include_bytes!("../../../models/dynamics/model.onnx")),
    ("groove", include_bytes!("../../../models/groove/model.onnx")),
    ("harmonizer", include_bytes!("../../../models/harmonizer/model.onnx")),
    ("harmony", include_bytes!("../../../models/harmony/model.onnx")),
    ("melody", include_bytes!("../../../models/melody/model.onnx")),
];

/// What `models/registry.json` says of every file of weights.
pub const REGISTRY: &str = include_str!("../../../models/registry.json");

/// All models that ship by default: names with ONNX files.
pub fn all_shipped() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    SHIPPED.into_iter()
}

/// The ONNX file of the model of that name, with the weights that ship by default.
#[must_use]
pub fn shipped(model: &str) -> Option<&'static [u8]> {
    SHIPPED.iter().find(|known| known.0 == model).map(|known| known.1)
}
