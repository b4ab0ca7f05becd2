"""Our networks beside onnxruntime: the same answers on random inputs, and the time of a run, both in one go.

    pip install numpy onnxruntime                 # in a throw-away environment
    cargo build --release -p kmidi-neural --example run
    python benchmarks/peers/models.py [MODEL.onnx ...]    # else every models/*/*.onnx

For each network: the greatest difference over 20 runs of random inputs with states fed back, the median time of a run of ours and of
onnxruntime's (one thread, all its optimisations, states as inputs; it is given arrays and gives arrays), each the least of the rounds
that take turns, and the ratio. Ends with 1 where answers differ by more than 1e-4 or where onnxruntime is faster than `--least` allows.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS, CALLS, ROUNDS = 20, 200, 12


def session(path, level):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = level
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def inputs_of(network, random, recorded):
    """Random inputs of one run. Whole numbers are indices of something: those come from the reference pairs, or are 0 and 1 where there are none."""
    given = {}
    for port in network.get_inputs():
        if port.name.startswith("past_"):
            continue
        if "int64" not in port.type:
            given[port.name] = random.normal(size=port.shape).astype(np.float32)
        elif recorded:
            given[port.name] = np.array(recorded[random.integers(len(recorded))]["inputs"][port.name], np.int64).reshape(port.shape)
        else:
            given[port.name] = random.integers(0, 2, port.shape)
    return given


def recorded_of(path):
    """The reference pairs beside a network."""
    beside = path.with_name("io.json")
    return json.loads(beside.read_text())["pairs"] if path.stem == "model" and beside.exists() else []


def ours(program, path, pairs, calls):
    told = subprocess.run([program, str(path), str(calls)], input=json.dumps({"pairs": pairs}), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(told.stdout)


def compare(program, path):
    random = np.random.default_rng(7)
    # Answers as the file says them: optimised, onnxruntime multiplies weights of eight bits in a coarser way.
    plain = session(path, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    fast = session(path, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
    names = [port.name for port in plain.get_outputs()]
    states = {port.name: np.zeros(port.shape, np.float32) for port in plain.get_inputs() if port.name.startswith("past_")}
    recorded, pairs, expected = recorded_of(path), [], []
    for _ in range(RUNS):
        given = inputs_of(plain, random, recorded)
        answers = dict(zip(names, plain.run(names, {**given, **states})))
        states = {name: answers[name.replace("past_", "present_")] for name in states}
        pairs.append({"inputs": {name: np.ravel(value).tolist() for name, value in given.items()}})
        expected.append({name: value for name, value in answers.items() if not name.startswith("present_")})
    apart, times, theirs = 0.0, [], []
    fed = {**given, **states}
    for _ in range(ROUNDS):
        told = ours(program, path, pairs, CALLS)
        times.append(told["ns"])
        for found, right in zip(told["pairs"], expected):
            for name, value in right.items():
                value = np.ravel(value).astype(np.float64)
                apart = max(apart, float(np.max(np.abs(np.array(found["outputs"][name], float) - value) / np.maximum(np.abs(value), 1))))
        taken = []
        for _ in range(CALLS):
            begun = time.perf_counter_ns()
            fast.run(names, fed)
            taken.append(time.perf_counter_ns() - begun)
        theirs.append(sorted(taken)[CALLS // 2])
    return apart, min(times) / 1000, min(theirs) / 1000


def main():
    parser = argparse.ArgumentParser(description="Our networks beside onnxruntime.")
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/examples/run")
    parser.add_argument("--least", type=float, default=0.0, help="fail where onnxruntime takes less than so many times our time")
    parser.add_argument("--json", type=Path, help="write the table here")
    args = parser.parse_args()
    models = args.models or sorted(ROOT.glob("models/*/*.onnx"))
    failed, rows = not models, []
    print(f"onnxruntime {onnxruntime.__version__}, one thread; medians of {CALLS} runs, best of {ROUNDS} rounds\n")
    print(f"{'network':<32} {'differs by':>10} {'ours µs':>10} {'theirs µs':>10} {'ratio':>6}")
    for path in models:
        name = path.parent.name if path.stem == "model" else path.stem
        apart, us, them = compare(args.program, path)
        rows.append({"model": name, "differs_by": apart, "us": us, "onnxruntime_us": them, "ratio": them / us})
        print(f"{name:<32} {apart:>10.1e} {us:>10.1f} {them:>10.1f} {them / us:>6.2f}", flush=True)
        failed |= not apart <= 1e-4 or them / us < args.least
    if args.json:
        args.json.write_text(json.dumps({"onnxruntime": onnxruntime.__version__, "models": rows}, indent=1) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
