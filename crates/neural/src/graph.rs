//! A network as a list of steps over tensors of fixed shape.

mod build;
mod elementwise;
mod layers;
mod movement;
mod node;
mod product;
mod recurrent;
mod reduce;

use crate::LoadError;
use core::fmt;
use core::mem::{swap, take};

/// A network read from ONNX, with all the memory that it needs.
///
/// Every tensor holds `f32`, row-major, of the shape that the file says; inputs of whole numbers (indices) take them as `f32`, which is exact up to
/// 16,777,216. An input `past_X` for which there is an output `present_X` of the same shape is a **state**: it starts at 0, and each
/// run leaves in it what the output says, so that a caller sets only what is new.
///
/// # Operators
///
/// `Add`, `Sub`, `Mul`, `Div`, `Pow`, `Where`, `Equal`, `Less`, `Greater`, `Relu`, `Tanh`, `Sigmoid`, `Exp`, `Log`, `Sqrt`, `Erf`, `Neg`, `Cast`, `Identity`; `MatMul`, `Gemm`, `Conv`
/// (one and two dimensions), `GRU`; `Softmax`, `LogSoftmax`, `LayerNormalization`, `ReduceMean`, `ReduceSum`, `ReduceMax`, `MaxPool`, `AveragePool`,
/// `GlobalAveragePool`; `Gather`, `Concat`, `Slice`, `Split`, `Transpose`, `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`, `Constant`,
/// `Expand`, `Shape`, `ConstantOfShape`, `DequantizeLinear`. Anything else is a [`LoadError`].
///
/// # Real-time safety
///
/// [`read`](Self::read) allocates. [`set`](Self::set), [`run`](Self::run), [`get`](Self::get) and [`reset`](Self::reset) allocate nothing, take no lock and make
/// no system call, in a time that the shapes alone bound.
pub struct Graph {
    values: Values,
    shapes: Vec<Vec<usize>>,
    inputs: Vec<(String, usize)>,
    outputs: Vec<(String, usize)>,
    /// Inputs with the outputs that they take up.
    states: Vec<(usize, usize)>,
    steps: Vec<(Box<dyn Step>, usize)>,
    /// Inputs of whole numbers.
    whole: Vec<usize>,
}

/// An input or an output of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port(usize);

/// All tensors by number.
#[derive(Debug, Default)]
struct Values(Vec<Box<[f32]>>);

impl Values {
    fn of(&self, value: usize) -> &[f32] {
        &self.0[value]
    }
}

/// One operator with its operands and all that it needs to run.
trait Step: Send {
    /// Reads operands, writes `out`, which has the length of the step's shape.
    fn run(&mut self, values: &Values, out: &mut [f32]);
}

impl Graph {
    /// Reads an ONNX file.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] that names what cannot be used.
    pub fn read(onnx: &[u8]) -> Result<Self, LoadError> {
        build::build(onnx)
    }

    /// The input of that name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<Port> {
        find(&self.inputs, name)
    }

    /// The output of that name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<Port> {
        find(&self.outputs, name)
    }

    /// The names of the inputs that a caller sets, in the file's order: all but states.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        let is_state = |value: usize| self.states.iter().any(|state| state.0 == value);
        self.inputs.iter().filter(move |input| !is_state(input.1)).map(|input| input.0.as_str())
    }

    /// The names of the outputs that are no state's.
    pub fn outputs(&self) -> impl Iterator<Item = &str> {
        let is_state = |value: usize| self.states.iter().any(|state| state.1 == value);
        self.outputs.iter().filter(move |output| !is_state(output.1)).map(|output| output.0.as_str())
    }

    /// The lengths of a port's axes.
    #[must_use]
    pub fn shape(&self, port: Port) -> &[usize] {
        self.shapes.get(port.0).map_or(&[], Vec::as_slice)
    }

    /// Whether the file asks for whole numbers at this input, such as the rows of a table.
    #[must_use]
    pub fn is_whole(&self, port: Port) -> bool {
        self.whole.contains(&port.0)
    }

    /// How many bytes the tensors take, constants and what lies between the steps together; weights that a step keeps in its own order come
    /// on top, about as many as the file has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.values.0.iter().map(|values| size_of_val(&**values)).sum()
    }

    /// The numbers of an input, to be set. They stay as they are from run to run.
    pub fn set(&mut self, port: Port) -> &mut [f32] {
        self.values.0.get_mut(port.0).map_or(&mut [], |values| &mut values[..])
    }

    /// Computes all outputs, and moves the states on.
    pub fn run(&mut self) {
        for (step, value) in &mut self.steps {
            let mut out = take(&mut self.values.0[*value]);
            step.run(&self.values, &mut out);
            self.values.0[*value] = out;
        }
        for &(past, present) in &self.states {
            let mut kept = take(&mut self.values.0[present]);
            swap(&mut kept, &mut self.values.0[past]);
            self.values.0[present] = kept;
        }
    }

    /// The numbers of an output after [`run`](Self::run). A state's are found at its input.
    #[must_use]
    pub fn get(&self, port: Port) -> &[f32] {
        self.values.0.get(port.0).map_or(&[], |values| &values[..])
    }

    /// The numbers of all states, in the file's order.
    pub fn states(&self) -> impl Iterator<Item = &[f32]> {
        self.states.iter().map(|state| self.values.of(state.0))
    }

    /// Gives the states numbers that [`states`](Self::states) gave before.
    pub fn set_states<'a>(&mut self, numbers: impl IntoIterator<Item = &'a [f32]>) {
        for (&(past, _), numbers) in self.states.iter().zip(numbers) {
            self.values.0[past].copy_from_slice(numbers);
        }
    }

    /// Makes all states 0.
    pub fn reset(&mut self) {
        for &(past, _) in &self.states {
            self.values.0[past].fill(0.0);
        }
    }
}

fn find(ports: &[(String, usize)], name: &str) -> Option<Port> {
    ports.iter().find(|port| port.0 == name).map(|port| Port(port.1))
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (inputs, outputs) = (&self.inputs, &self.outputs);
        let mut about = f.debug_struct("Graph");
        about
            .field("inputs", inputs)
            .field("outputs", outputs)
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}
