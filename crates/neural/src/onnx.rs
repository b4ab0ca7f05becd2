//! The part of the ONNX file format that is read here.
//!
//! Source: `onnx.proto` of ONNX (IR version 3 to 10): the numbers are those of its fields. Fields that do not change what a network computes are
//! left out, and so skipped by the reader.

use crate::LoadError;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Model {
    #[prost(message, optional, tag = "7")]
    pub(crate) graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) opset_import: Vec<Operators>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Operators {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(int64, tag = "2")]
    pub(crate) version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<NodeProto>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub(crate) domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Attribute {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(float, tag = "2")]
    pub(crate) f: f32,
    #[prost(int64, tag = "3")]
    pub(crate) i: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) s: Vec<u8>,
    #[prost(message, optional, tag = "5")]
    pub(crate) t: Option<TensorProto>,
    #[prost(int64, repeated, tag = "8")]
    pub(crate) ints: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(crate) data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(crate) int32_data: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) raw_data: Vec<u8>,
    #[prost(int32, tag = "14")]
    pub(crate) data_location: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub(crate) tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorType {
    #[prost(int32, tag = "1")]
    pub(crate) elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<TensorShape>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorShape {
    #[prost(message, repeated, tag = "1")]
    pub(crate) dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Dimension {
    #[prost(int64, tag = "1")]
    pub(crate) dim_value: i64,
    #[prost(string, tag = "2")]
    pub(crate) dim_param: String,
}

/// The most numbers that one tensor may hold: 256 MiB of them.
pub(crate) const MOST: usize = 1 << 26;

impl Model {
    /// Reads a file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, LoadError> {
        Self::decode(bytes).map_err(|error| LoadError::NotOnnx(error.to_string()))
    }
}

impl ValueInfo {
    /// Whether its numbers are i32 or i64.
    pub(crate) fn is_whole(&self) -> bool {
        let of = self.r#type.as_ref().and_then(|of| of.tensor_type.as_ref());
        of.is_some_and(|of| matches!(of.elem_type, 6 | 7))
    }

    /// The lengths of the tensor's axes.
    pub(crate) fn shape(&self) -> Result<Vec<usize>, LoadError> {
        let wrong = |reason: String| LoadError::Tensor { name: self.name.clone(), reason };
        let shape =
            self.r#type.as_ref().and_then(|of| of.tensor_type.as_ref()).and_then(|of| of.shape.as_ref());
        let axes = &shape.ok_or_else(|| wrong("has no shape".into()))?.dim;
        if let Some(open) = axes.iter().position(|axis| axis.dim_value < 1) {
            let name = &axes[open].dim_param;
            return Err(wrong(format!(
                "axis {open} ({name:?}) has no fixed length; export the network with fixed shapes"
            )));
        }
        size(axes.iter().map(|axis| axis.dim_value)).map_err(wrong)
    }
}

impl TensorProto {
    /// The lengths of the axes, and the numbers, row-major. Whole numbers and truth values become `f32`.
    pub(crate) fn values(&self) -> Result<(Vec<usize>, Box<[f32]>), LoadError> {
        let wrong = |reason: String| LoadError::Tensor { name: self.name.clone(), reason };
        if self.data_location != 0 {
            return Err(wrong("its numbers lie in another file; export the network as one file".into()));
        }
        let shape = size(self.dims.iter().copied()).map_err(wrong)?;
        let raw = &self.raw_data[..];
        let values: Box<[f32]> = match self.data_type {
            1 if raw.is_empty() => self.float_data.as_slice().into(),
            1 => raw.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
            7 if raw.is_empty() => self.int64_data.iter().map(|&value| value as f32).collect(),
            7 => raw.as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes) as f32).collect(),
            6 if !raw.is_empty() => {
                raw.as_chunks().0.iter().map(|&bytes| i32::from_le_bytes(bytes) as f32).collect()
            }
            3 if !raw.is_empty() => raw.iter().map(|&byte| f32::from(byte.cast_signed())).collect(),
            2 | 9 if !raw.is_empty() => raw.iter().map(|&byte| f32::from(byte)).collect(),
            2 | 3 | 6 | 9 => self.int32_data.iter().map(|&value| value as f32).collect(),
            other => {
                return Err(wrong(format!(
                    "numbers of type {other}; f32, i64, i32, i8, u8 and bool are known"
                )));
            }
        };
        let count: usize = shape.iter().product();
        if values.len() != count {
            return Err(wrong(format!(
                "holds {} numbers, and its shape {shape:?} asks for {count}",
                values.len()
            )));
        }
        Ok((shape, values))
    }
}

fn size(axes: impl Iterator<Item = i64>) -> Result<Vec<usize>, String> {
    let shape: Vec<usize> = axes
        .map(|axis| usize::try_from(axis).map_err(|_| format!("an axis of length {axis}")))
        .collect::<Result<_, _>>()?;
    let count = shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis));
    match count {
        Some(count) if count <= MOST => Ok(shape),
        _ => Err(format!("the shape {shape:?} is larger than {MOST} numbers")),
    }
}
