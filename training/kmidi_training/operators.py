"""Small networks of one or a few operators each, with answers by onnxruntime: what `crates/neural/tests/operators` holds.

    python -m kmidi_training.operators ../crates/neural/tests/operators

Each is NAME.onnx and NAME.json: `{"pairs": [{"inputs": {...}, "outputs": {...}}]}`, run one after the other, states fed back.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(1)
F, I = TensorProto.FLOAT, TensorProto.INT64


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs.split(), outputs.split(), name=f"{operator}_{outputs.split()[0]}", **attributes)


def weights(*shape):
    return random.normal(size=shape).astype(np.float32)


def whole(*numbers):
    return np.array(numbers, np.int64)


# name: (nodes, inputs {name: shape or ("index", shape, below)}, constants, outputs {name: shape})
CASES = {
    "elementwise": (
        [node("Add", "x a", "s"), node("Mul", "s b", "m"), node("Sub", "m c", "d"), node("Div", "d e", "q"), node("Relu", "q", "r"),
         node("Tanh", "m", "t"), node("Sigmoid", "t", "g"), node("Erf", "m", "f"), node("Neg", "g", "n"), node("Exp", "n", "p"),
         node("Log", "p", "l"), node("Pow", "l two", "w"), node("Sqrt", "w", "v"), node("Greater", "x zero", "k"), node("Where", "k x zero", "h")],
        {"x": (2, 3, 4)}, {"a": weights(3, 1), "b": weights(4), "c": weights(2, 1, 1), "e": np.float32([[3], [4], [5]]), "two": np.float32(2), "zero": np.float32(0)},
        {"q": (2, 3, 4), "r": (2, 3, 4), "f": (2, 3, 4), "v": (2, 3, 4), "h": (2, 3, 4)}),
    "broadcast": (
        [node("Mul", "x y", "z"), node("Add", "y x", "s"), node("Mul", "x u", "w")],
        {"x": (2, 1, 4), "y": (3, 1), "u": (2, 5, 1)}, {}, {"z": (2, 3, 4), "s": (2, 3, 4), "w": (2, 5, 4)}),
    "products": (
        [node("MatMul", "x w", "a"), node("MatMul", "a b", "c"), node("MatMul", "y z", "d"), node("Transpose", "y", "t", perm=[0, 2, 1]),
         node("MatMul", "y t", "e"), node("MatMul", "y v", "k"), node("Gemm", "g h i", "j", transB=1)],
        {"x": (2, 3, 20), "b": (2, 33, 5), "y": (4, 3, 6), "z": (4, 6, 2), "v": (6, 7), "g": (3, 6)},
        {"w": weights(20, 33), "h": weights(9, 6), "i": weights(9)},
        {"a": (2, 3, 33), "c": (2, 3, 5), "d": (4, 3, 2), "e": (4, 3, 3), "k": (4, 3, 7), "j": (3, 9)}),
    "movement": (
        [node("Reshape", "x s1", "a"), node("Transpose", "a", "b", perm=[2, 0, 1]), node("Slice", "b starts ends axes steps", "c"), node("Slice", "x s2 e2 a2", "d"),
         node("Split", "x parts", "e f", axis=1), node("Concat", "f e", "g", axis=1), node("Unsqueeze", "x two", "h"), node("Squeeze", "h two", "i"),
         node("Flatten", "b", "j", axis=2), node("Gather", "table index", "k"), node("Gather", "x index", "l", axis=1), node("Cast", "x", "m", to=I), node("Cast", "m", "n", to=F)],
        {"x": (4, 6), "index": ("index", (3,), 6)},
        {"s1": whole(2, -1, 3), "starts": whole(2, 0), "ends": whole(-9, 9), "axes": whole(0, 2), "steps": whole(-2, 1), "s2": whole(1), "e2": whole(2**62), "a2": whole(-1),
         "parts": whole(2, 4), "two": whole(2), "table": weights(6, 5)},
        {"c": (2, 2, 4), "d": (4, 5), "g": (4, 6), "i": (4, 6), "j": (6, 4), "k": (3, 5), "l": (4, 3), "n": (4, 6)}),
    "reductions": (
        [node("Softmax", "x", "a", axis=-1), node("LogSoftmax", "x", "b", axis=2), node("LayerNormalization", "x scale bias", "c", axis=-1, epsilon=1e-5),
         node("ReduceMean", "x", "d", axes=[1, 2], keepdims=0), node("ReduceSum", "x one", "e", keepdims=1), node("ReduceMax", "x", "f", axes=[0])],
        {"x": (2, 3, 10)}, {"scale": weights(10), "bias": weights(10), "one": whole(1)},
        {"a": (2, 3, 10), "b": (2, 3, 10), "c": (2, 3, 10), "d": (2,), "e": (2, 1, 10), "f": (1, 3, 10)}),
    "convolutions": (
        [node("Conv", "x w b", "a", kernel_shape=[3], pads=[2, 0], dilations=[1]), node("Conv", "x w b", "a2", kernel_shape=[3], pads=[4, 1], dilations=[2], strides=[2]),
         node("Conv", "x d", "g", kernel_shape=[3], pads=[1, 1], group=4), node("Conv", "y v", "c", kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[2, 1]),
         node("MaxPool", "c", "m", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 1, 0, 1]), node("AveragePool", "c", "n", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), node("GlobalAveragePool", "c", "o")],
        {"x": (1, 4, 11), "y": (1, 2, 7, 9)}, {"w": weights(5, 4, 3), "b": weights(5), "d": weights(8, 1, 3), "v": weights(3, 2, 3, 2)},
        {"a": (1, 5, 11), "a2": (1, 5, 6), "g": (1, 8, 11), "c": (1, 3, 4, 9), "m": (1, 3, 2, 5), "n": (1, 3, 4, 9), "o": (1, 3, 1, 1)}),
    "recurrent": (
        [node("GRU", "x w r b EMPTY past_h", "y present_h", hidden_size=6, linear_before_reset=1),
         node("GRU", "x w2 r2 b2", "z", hidden_size=6, direction="bidirectional")],
        {"x": (5, 1, 4), "past_h": ("state", (1, 1, 6))},
        {"w": weights(1, 18, 4), "r": weights(1, 18, 6), "b": weights(1, 36), "w2": weights(2, 18, 4), "r2": weights(2, 18, 6), "b2": weights(2, 36)},
        {"y": (5, 1, 1, 6), "present_h": (1, 1, 6), "z": (5, 2, 1, 6)}),
    "attention": (
        [node("MatMul", "x wq", "q0"), node("Reshape", "q0 heads", "q"), node("MatMul", "x wk", "k0"), node("Reshape", "k0 heads", "k"), node("Slice", "past_k one end axis", "old"),
         node("Concat", "old k", "present_k", axis=1), node("Transpose", "present_k", "kt", perm=[0, 2, 1]), node("MatMul", "q kt", "s0"), node("Add", "s0 mask", "s"), node("Softmax", "s", "p", axis=-1),
         node("MatMul", "p present_k", "v"), node("Reshape", "v flat", "y")],
        {"x": (1, 8), "mask": (7,), "past_k": ("state", (2, 7, 4))},
        {"wq": weights(8, 8), "wk": weights(8, 8), "heads": whole(2, 1, 4), "one": whole(1), "end": whole(99), "axis": whole(1), "flat": whole(1, 8)},
        {"y": (1, 8), "present_k": (2, 7, 4)}),
    "quantised": (
        [node("DequantizeLinear", "w scale zero", "f", axis=1), node("MatMul", "x f", "y")],
        {"x": (2, 5)}, {"w": random.integers(-127, 128, (5, 3)).astype(np.int8), "scale": np.float32([0.01, 0.02, 0.005]), "zero": np.zeros(3, np.int8)}, {"y": (2, 3)}),
}


def make(name, nodes, inputs, constants, outputs):
    for each in nodes:
        each.input[:] = ["" if text == "EMPTY" else text for text in each.input]
    shape = lambda of: of[1] if isinstance(of[0], str) else of
    kind = lambda of: I if of[0] == "index" else F
    graph = helper.make_graph(
        nodes, name,
        [helper.make_tensor_value_info(key, kind(of), shape(of)) for key, of in inputs.items()],
        [helper.make_tensor_value_info(key, F, of) for key, of in outputs.items()],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    # As written: optimised, onnxruntime multiplies weights of eight bits in a coarser way than the file says.
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    states = {key: np.zeros(of[1], np.float32) for key, of in inputs.items() if of[0] == "state"}
    pairs = []
    for _ in range(3):
        given = {key: random.integers(0, of[2], of[1]) if of[0] == "index" else weights(*of)
                 for key, of in inputs.items() if of[0] != "state"}
        found = dict(zip(outputs, session.run(list(outputs), {**given, **states})))
        states = {key: found["present_" + key.removeprefix("past_")] for key in states}
        flat = lambda all: {key: [float(np.float32(x)) for x in np.ravel(value)] for key, value in all.items() if not key.startswith("present_")}
        pairs.append({"inputs": flat(given), "outputs": flat(found)})
    return model.SerializeToString(), {"pairs": pairs}


def main(folder):
    for name, case in CASES.items():
        model, pairs = make(name, *case)
        (Path(folder) / f"{name}.onnx").write_bytes(model)
        (Path(folder) / f"{name}.json").write_text(json.dumps(pairs) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
