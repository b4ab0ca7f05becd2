"""Weights of eight bits for a trained model, without training: `python -m kmidi_training.quantise MODEL [--models ../models]`.

Each constant matrix that a MatMul or Gemm multiplies with, each table that a Gather looks up, and the weights of convolutions and recurrent units get whole
numbers from -127 to 127 with a scale for each output (of a table: each row), behind a DequantizeLinear. Biases and norms stay as they are. Writes MODEL-int8/model.onnx and its
io.json, so that `kmidi eval TASK FILE --weights int8` finds it, and

    python -m kmidi_training.quantise --table BEFORE.json AFTER.json ...

prints how much each figure of two runs of `kmidi eval --json` differs, in percent. KmiDi turns the weights back into f32 when it reads the file: the file gets
smaller, a step takes as long as before.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

LEAST = 1024


def axis_of(node, place, turned):
    """The axis that has a scale for each place, or None where the weight stays."""
    if node.op_type == "MatMul" and place == 1:
        return 1
    if node.op_type == "Gemm" and place == 1:
        return 0 if turned else 1
    if (node.op_type, place) in (("Gather", 0), ("Conv", 1)):
        return 0
    if node.op_type == "GRU" and place in (1, 2):
        return 1
    return None


def quantise(model):
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    uses = {}
    for node in graph.node:
        turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        for place, name in enumerate(node.input):
            if name in tensors:
                uses.setdefault(name, []).append(axis_of(node, place, turned))
    made = []
    for name, axes in uses.items():
        weights = numpy_helper.to_array(tensors[name])
        if weights.dtype != np.float32 or weights.ndim < 2 or weights.size < LEAST or len(set(axes)) != 1 or axes[0] is None:
            continue
        axis = axes[0]
        others = tuple(at for at in range(weights.ndim) if at != axis)
        scale = np.abs(weights).max(axis=others) / 127
        scale[scale == 0] = 1
        scale = scale.astype(np.float32)
        whole = np.clip(np.rint(weights / np.expand_dims(scale, others)), -127, 127).astype(np.int8)
        graph.initializer.remove(tensors[name])
        graph.initializer.extend([numpy_helper.from_array(whole, f"{name}.int8"), numpy_helper.from_array(scale, f"{name}.scale"), numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}.zero")])
        made.append(helper.make_node("DequantizeLinear", [f"{name}.int8", f"{name}.scale", f"{name}.zero"], [name], name=f"{name}.dequantise", axis=axis))
    old = list(graph.node)
    del graph.node[:]
    graph.node.extend(made + old)
    onnx.checker.check_model(model)
    return len(made)


def pairs(path, recorded):
    """The recorded inputs with the answers of the new file, as the file says them: unoptimised."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    ports = {port.name: port for port in session.get_inputs()}
    names = [port.name for port in session.get_outputs()]
    states = {name: np.zeros(port.shape, np.float32) for name, port in ports.items() if name.startswith("past_")}
    found = []
    for pair in recorded["pairs"]:
        fed = {name: np.asarray(value).reshape(ports[name].shape).astype(np.int64 if "int64" in ports[name].type else np.float32) for name, value in pair["inputs"].items()}
        answers = dict(zip(names, session.run(names, {**fed, **states})))
        states = {name: answers[name.replace("past_", "present_")] for name in states}
        outputs = {name: np.asarray(answers[name], np.float64).ravel().round(7).tolist() for name in pair["outputs"]}
        found.append({"inputs": pair["inputs"], "outputs": outputs})
    return {"pairs": found}


def table(files):
    print(f"{'figure':<40} {'f32':>10} {'int8':>10} {'change %':>9}")
    for before, after in zip(files[::2], files[1::2]):
        before, after = (json.loads(Path(path).read_text()) for path in (before, after))
        for name, value in before["metrics"].items():
            other = after["metrics"].get(name)
            if isinstance(value, (int, float)) and isinstance(other, (int, float)) and value:
                print(f"{before.get('task', '')} {name:<30} {value:>10.4f} {other:>10.4f} {(other / value - 1) * 100:>9.2f}")


def main():
    parser = argparse.ArgumentParser(prog="kmidi_training.quantise", description="Weights of eight bits for a trained model.")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--models", type=Path, default=Path("../models"))
    parser.add_argument("--table", nargs="+", help="pairs of results of kmidi eval --json: with f32, with int8")
    args = parser.parse_args()
    if args.table:
        return table(args.table)
    if not args.model:
        parser.error("which model?")
    source, target = args.models / args.model, args.models / f"{args.model}-int8"
    model = onnx.load(str(source / "model.onnx"))
    count = quantise(model)
    target.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(target / "model.onnx"))
    recorded = json.loads((source / "io.json").read_text())
    (target / "io.json").write_text(json.dumps(pairs(target / "model.onnx", recorded)) + "\n")
    sizes = [(folder / "model.onnx").stat().st_size for folder in (source, target)]
    print(f"{args.model}: {count} tensors of eight bits, {sizes[0]} bytes before, {sizes[1]} after")


if __name__ == "__main__":
    main()
