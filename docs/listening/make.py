"""Makes a blind listening test of two commands: one self-contained page, and a key that the page does not hold.

    python docs/listening/make.py FOLDER --pairs 12 \
        --a 'target/release/kmidi compose --valence {valence} --arousal {arousal} --seed {seed} --style pop --wav {wav}' \
        --b 'target/release/kmidi compose --valence {valence} --arousal {arousal} --seed {seed} --style rules-only.toml --wav {wav}'

Each command writes the WAV file {wav}; {seed}, {valence} and {arousal} are the same for both of a pair. FOLDER then holds `test.html`, to be given to
listeners, and `key.json`, to be kept from them. Python 3.9 or later, no packages.
"""

import argparse
import base64
import hashlib
import io
import json
import pathlib
import random
import re
import shlex
import subprocess
import sys
import wave
from array import array

RATE = 22_050


def clip(path, start, seconds):
    """A stretch of a WAV file of 16 bits in mono at about RATE, as loud as every other, as the bytes of a WAV file."""
    with wave.open(str(path)) as file:
        if file.getsampwidth() != 2:
            sys.exit(f"{path}: {8 * file.getsampwidth()} bits a sample; 16 are needed")
        channels, rate = file.getnchannels(), file.getframerate()
        file.setpos(min(int(start * rate), file.getnframes()))
        samples = array("h", file.readframes(int(seconds * rate)))
    if sys.byteorder == "big":
        samples.byteswap()
    skip = max(1, rate // RATE)
    frames = len(samples) // channels // skip
    # The mean of channels and neighbouring frames: a plain low-pass.
    width = channels * skip
    mono = [sum(samples[k * width : (k + 1) * width]) / width for k in range(frames)]
    if not mono or max(map(abs, mono)) == 0:
        sys.exit(f"{path}: silent between {start} and {start + seconds} s")
    loud = (sum(x * x for x in mono) / len(mono)) ** 0.5
    gain = min(2_500 / loud, 32_000 / max(map(abs, mono)))
    fade = min(len(mono), rate // skip // 5)
    for k in range(fade):
        mono[-1 - k] *= k / fade
    out = array("h", (round(x * gain) for x in mono))
    if sys.byteorder == "big":
        out.byteswap()
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate // skip)
        file.writeframes(out.tobytes())
    return data.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--a", required=True, help="the command of the one kind")
    parser.add_argument("--b", required=True, help="the command of the other")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1, help="draws feelings, seeds and which of a pair comes first")
    parser.add_argument("--start", type=float, default=0.0, help="seconds that are left out")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of a clip")
    parser.add_argument("--about", default="", help="a line for listeners; say nothing that gives the kinds away")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(args.seed)
    wav, pairs, key = args.folder / "clip.wav", [], {}
    for number in range(1, args.pairs + 1):
        fields = {"seed": dice.randrange(1 << 31), "valence": f"{dice.uniform(-0.9, 0.9):.2f}", "arousal": f"{dice.uniform(-0.9, 0.9):.2f}"}
        clips = []
        for command in (args.a, args.b):
            words = [word.format(wav=wav, **fields) for word in shlex.split(command)]
            # A negative number is not an option.
            words = re.sub(r"(--valence|--arousal)\n", r"\1=", "\n".join(words)).split("\n")
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{shlex.join(words)}: {done.stderr.strip()}")
            clips.append(clip(wav, args.start, args.seconds))
        wav.unlink()
        swapped = dice.random() < 0.5
        sounds = ["data:audio/wav;base64," + base64.b64encode(c).decode() for c in clips]
        first, second = reversed(sounds) if swapped else sounds
        name = f"p{number:02}"
        pairs.append({"id": name, "first": first, "second": second})
        key[name] = {"first": "b" if swapped else "a", **fields}
        print(f"pair {number} of {args.pairs}", file=sys.stderr)
    test = hashlib.sha256(json.dumps(pairs).encode()).hexdigest()[:16]
    data = {"id": test, "about": args.about, "seconds": min(5, args.seconds / 2), "pairs": pairs}
    page = (pathlib.Path(__file__).parent / "page.html").read_text(encoding="utf-8")
    before, _, after = page.split("/*TEST*/")
    (args.folder / "test.html").write_text(before + json.dumps(data) + after, encoding="utf-8")
    told = {"test": test, "a": args.a, "b": args.b, "pairs": key}
    (args.folder / "key.json").write_text(json.dumps(told, indent=1) + "\n")
    print(f"{args.folder / 'test.html'} for listeners, {args.folder / 'key.json'} for you")


if __name__ == "__main__":
    main()
