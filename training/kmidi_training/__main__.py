"""One command a model: `python -m kmidi_training MODEL --data ../../shared/data --kmidi ../target/release/kmidi --out ../models`.

Each takes the records, has `kmidi features --task ...` make columns of them, trains on train, chooses on valid, and writes
OUT/MODEL/{model.onnx,io.json,training.json}. `--smoke` does all of it on a few pieces for a moment, to prove the way, and leaves
its result under WORK/smoke.
"""

import argparse
import importlib
from pathlib import Path

MODELS = ["beat-front", "chroma-front", "dynamics", "emotion", "emotion-sound", "groove", "harmonizer", "harmony", "melody", "text"]


def main():
    parser = argparse.ArgumentParser(prog="kmidi_training", description="Train a model of KmiDi and write its ONNX file.")
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"), help="the folder of data sets")
    parser.add_argument("--kmidi", type=Path, default=Path("../target/release/kmidi"), help="the command, which makes all features")
    parser.add_argument("--work", type=Path, default=Path("../target/training"), help="where columns and checkpoints go")
    parser.add_argument("--out", type=Path, default=Path("../models"), help="where the model goes")
    parser.add_argument("--weights", default="default", help="default, or nc for those that may not be used commercially")
    parser.add_argument("--epochs", type=int, default=16, help="most rounds of training")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--soundfonts", default="", help="files for models that are trained on sound, with commas between them")
    parser.add_argument("--smoke", action="store_true", help="a few pieces, a moment: proves the way, trains nothing")
    args = parser.parse_args()
    if args.smoke:
        args.work = args.work / "smoke"
        args.out = args.work / "models"
    importlib.import_module(f"kmidi_training.{args.model.replace('-', '_')}").train(args)


if __name__ == "__main__":
    main()
