"""What all models share: columns from `kmidi features`, seeds, the ONNX file and its reference pairs."""

import gzip
import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch


def seed_all(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)


def columns(args, model, record_file, name, task=None):
    """The columns that `kmidi features --task TASK` (the model's name where none is given) makes of a file of records, by name; made once a work folder."""
    task, folder = task or model, args.work / model / name
    if args.smoke:
        record_file = few(record_file, folder)
    done = folder / "done"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([args.kmidi, "features", "--task", task, record_file, "-o", folder], check=True)
        done.touch()
    return {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}


def few(record_file, folder, count=12):
    """The first records of a file, in a file of their own: enough to prove the way."""
    short = folder.with_name(folder.name + ".few.jsonl")
    short.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(record_file, "rt") as lines:
        short.write_text("".join(itertools.islice(lines, count)))
    return short


def save_onnx(module, inputs, input_names, output_names, path, opset=17):
    """Writes `module` for inputs of fixed shape. A state is an input past_X beside an output present_X."""
    path.parent.mkdir(parents=True, exist_ok=True)
    module.eval()
    torch.onnx.export(module, tuple(inputs), str(path), input_names=input_names, output_names=output_names, opset_version=opset, dynamo=False,
                      do_constant_folding=True)
    onnx.checker.check_model(str(path))


def save_pairs(path, runs):
    """Writes io.json beside the ONNX file at `path`: `runs` (a dict of arrays each, without states) given one after the other to onnxruntime, states fed
    back, with what it answers."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shapes = {port.name: port for port in session.get_inputs()}
    outputs = [port.name for port in session.get_outputs()]
    states = {name: np.zeros(port.shape, np.float32) for name, port in shapes.items() if name.startswith("past_")}
    pairs = []
    for run in runs:
        kind = {name: np.int64 if "int64" in shapes[name].type else np.float32 for name in run}
        fed = {name: np.asarray(value, kind[name]).reshape(shapes[name].shape) for name, value in run.items()}
        answers = dict(zip(outputs, session.run(outputs, {**fed, **states})))
        states = {name: answers[name.replace("past_", "present_")] for name in states}
        told = {name: value for name, value in answers.items() if not name.startswith("present_")}
        listed = lambda arrays: {name: np.asarray(value, np.float64).ravel().round(7).tolist() for name, value in arrays.items()}
        pairs.append({"inputs": listed(fed), "outputs": listed(told)})
    Path(path).with_name("io.json").write_text(json.dumps({"pairs": pairs}) + "\n")


def save_report(path, **report):
    """Writes training.json beside the ONNX file: what was run, and its figures on valid."""
    Path(path).with_name("training.json").write_text(json.dumps(report, indent=1) + "\n")


def each(steps):
    """Runs modules of this package one after the other, each with its arguments; the first that fails ends it."""
    for module, *arguments in steps:
        print(module, *arguments, flush=True)
        subprocess.run([sys.executable, "-m", f"kmidi_training.{module}", *map(str, arguments)], check=True)
