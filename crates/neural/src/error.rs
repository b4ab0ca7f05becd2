/// Why a file is no network that can be run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes are no ONNX file.
    #[error("not an ONNX file: {0}")]
    NotOnnx(String),
    /// The file is for another version of the operators than 13 to 22, or for other operators than ONNX's own.
    #[error("operators of {domain:?}, version {version}: only ONNX's own, versions 13 to 22, are known")]
    Version {
        /// Whose operators.
        domain: String,
        /// Their version.
        version: i64,
    },
    /// An operator that is not known.
    #[error("node {node:?}: operator {operator} is not known")]
    Operator {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// A node that asks of a known operator what it cannot do here, or whose operands do not fit it.
    #[error("node {node:?} ({operator}): {reason}")]
    Node {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor, input or output that cannot be used.
    #[error("tensor {name:?}: {reason}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The bytes are no table of words.
    #[error("not a table of words: {0}")]
    NotTable(&'static str),
}
