//! The models that come with the program.

/// Name and ONNX file of each model, by name: the folders of `models/` that hold one.
const SHIPPED: [(&str, &[u8]); 2] = [
    ("harmonizer", include_bytes!("../../../models/harmonizer/model.onnx")),
    ("harmony", include_bytes!("../../../models/harmony/model.onnx")),
];

/// The ONNX file of the model of that name, with the weights that ship by default.
#[must_use]
pub fn shipped(model: &str) -> Option<&'static [u8]> {
    SHIPPED.iter().find(|known| known.0 == model).map(|known| known.1)
}
