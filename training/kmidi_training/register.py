"""Writes `models/registry.json` from the folders of models: one command after a model was trained or came anew.

    python -m kmidi_training.register [--models ../models] [--kernels ../target/release/examples/run]

Shapes, parameters, lengths and hashes come from the files; licence and data from the tables of the card (`| licence | ... |`, and the table whose
head is `| data | ... | licence |`); figures from training.json (its numbers, nested names joined by dots); the time of a step, and its ratio to
onnxruntime, from benchmarks/peers/models.py. What a port means is written by hand, in the card as a row "| `port` | meaning |" or in the
registry itself, where it stays. Says what is still to be written.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parents[2]


def rows_of(card):
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in card.splitlines() if line.lstrip().startswith("|")]


def licence_of(rows, name):
    for row in rows:
        if row[0].lower() in ("licence", "license") and len(row) > 1:
            return row[1].split(",")[0].strip("` ")
    return "CC-BY-NC-SA-4.0" if name.endswith("-nc") else ""


def data_of(rows):
    for at, row in enumerate(rows):
        if row[0].lower() == "data" and row[-1].lower().startswith("licen"):
            found = []
            for row, below in zip(rows[at + 1:], rows[at + 2:] + [[""]]):
                # A line of dashes lies under the head of the next table.
                if len(row) < 2 or row[0].lower() in ("", "set", "figure") or not set(row[0]) <= set("-: ") and below[0] and set(below[0]) <= set("-: "):
                    break
                if not set(row[0]) <= set("-: "):
                    found.append({"name": row[0].strip("`* "), "licence": row[-1]})
            return found
    return []


def figures_of(path):
    if not path.exists():
        return {}
    flat = {}

    def walk(value, name):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(inner, f"{name}.{key}" if name else key)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
            flat[name] = value

    walk(json.loads(path.read_text()), "")
    return flat


def ports(listed, meanings):
    found = []
    for port in listed:
        shape = [axis.dim_value for axis in port.type.tensor_type.shape.dim]
        state = port.name.startswith(("past_", "present_"))
        meaning = meanings.get(port.name) or ("state, carried over from run to run" if state else "")
        found.append({"name": port.name, "shape": shape, "meaning": meaning})
    return found


def row_of(path, before):
    name = path.parent.name
    card = path.parent / "card.md"
    rows = rows_of(card.read_text()) if card.exists() else []
    bytes_ = path.read_bytes()
    meanings = {row[0].strip("`"): row[1] for row in rows if len(row) == 2 and row[0].startswith("`")}
    old = before.get(f"{name}/{path.name}", {})
    meanings.update({port["name"]: port["meaning"] for port in old.get("inputs", []) + old.get("outputs", []) if port["meaning"]})
    base, nc = name.removesuffix("-nc"), name.endswith("-nc")
    set_ = "nc" if nc else "int8" if ".int8" in path.name or name.endswith("-int8") else "default"
    row = {
        "name": base.removesuffix("-int8"), "file": f"{name}/{path.name}", "sha256": hashlib.sha256(bytes_).hexdigest(), "licence": licence_of(rows, name) or old.get("licence", ""),
        "set": set_, "parameters": len(bytes_) // 4, "bytes": len(bytes_), "inputs": old.get("inputs", []), "outputs": old.get("outputs", []),
        "data": data_of(rows) or old.get("data", []), "figures": figures_of(path.parent / "training.json"), "step_us": None, "onnxruntime_ratio": None}
    if path.suffix == ".bin" and "parameters" in row["figures"]:
        row["parameters"] = row["figures"]["parameters"]
    if path.suffix == ".onnx":
        graph = onnx.load(str(path)).graph
        weights = {tensor.name for tensor in graph.initializer}
        row["parameters"] = int(sum(numpy_helper.to_array(tensor).size for tensor in graph.initializer if tensor.data_type in (1, 2, 3)))
        row["inputs"] = ports([port for port in graph.input if port.name not in weights], meanings)
        row["outputs"] = ports(graph.output, meanings)
    return row


def main():
    parser = argparse.ArgumentParser(prog="kmidi_training.register", description="Write models/registry.json.")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/examples/run", help="cargo build --release -p kmidi-neural --example run")
    args = parser.parse_args()
    registry = args.models / "registry.json"
    before = {row["file"]: row for row in json.loads(registry.read_text())["models"]} if registry.exists() else {}
    files = sorted(args.models.glob("*/*.onnx")) + sorted(args.models.glob("*/*.bin"))
    rows = sorted((row_of(path, before) for path in files), key=lambda row: row["file"])
    networks = [path for path in files if path.suffix == ".onnx"]
    if networks:
        with tempfile.NamedTemporaryFile(suffix=".json") as table:
            command = [sys.executable, ROOT / "benchmarks/peers/models.py", "--program", args.program, "--json", table.name, *networks]
            subprocess.run(command, check=True)
            for path, timed in zip(networks, json.load(open(table.name))["models"]):
                row = next(row for row in rows if row["file"] == f"{path.parent.name}/{path.name}")
                row["step_us"], row["onnxruntime_ratio"] = round(timed["us"], 2), round(timed["ratio"], 2)
    registry.write_text(json.dumps({"models": rows}, indent=1, ensure_ascii=False) + "\n")
    for row in rows:
        missing = [key for key in ("licence", "data") if not row[key]]
        missing += [f"the meaning of {port['name']}" for port in row["inputs"] + row["outputs"] if not port["meaning"]]
        print(f"{row['file']}: {row['parameters']} parameters, {row['bytes']} bytes" + (f"; still to be written: {', '.join(missing)}" if missing else ""))


if __name__ == "__main__":
    main()
