//! Ports of a network that a model relies on.

use crate::{Graph, LoadError, Port};

/// The input of that name, which must hold `length` numbers.
pub(crate) fn input(graph: &Graph, name: &str, length: usize) -> Result<Port, LoadError> {
    checked(graph, graph.input(name), name, length)
}

/// The output of that name, which must hold `length` numbers.
pub(crate) fn output(graph: &Graph, name: &str, length: usize) -> Result<Port, LoadError> {
    checked(graph, graph.output(name), name, length)
}

fn checked(graph: &Graph, port: Option<Port>, name: &str, length: usize) -> Result<Port, LoadError> {
    let wrong = |reason| LoadError::Tensor { name: name.to_owned(), reason };
    let port = port.ok_or_else(|| wrong("the model needs it, and it is not there".into()))?;
    let shape = graph.shape(port);
    match shape.iter().product::<usize>() == length {
        true => Ok(port),
        false => Err(wrong(format!("shape {shape:?}; the model needs {length} numbers"))),
    }
}
