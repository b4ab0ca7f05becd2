"""What it costs to use something else: time on the same input, and the ratio to `kmidi`.

    pip install librosa music21                   # in a throw-away environment
    apt-get install aubio-tools                   # aubio as a program; nothing of it is linked
    npm install --prefix FOLDER tonal             # then NODE_PATH=FOLDER/node_modules
    python benchmarks/peers/costs.py target/release/kmidi SONG.wav

Groove: beats of the whole of SONG.wav (made by `kmidi compose happy --bars 32 --wav SONG.wav`, for example), as time a block of
512 frames at 48 kHz. aubio's programs are timed whole, start included, which is small against a minute of sound; librosa in its process,
without loading. `kmidi` is the mean of `kmidi bench groove`, by its own clock.

Chord names: 240 chords of three to five notes, as time a chord; music21 and tonal in their processes; `kmidi harmony name --batch`
as a whole program, less its time for one chord.

Models: nothing to compare with onnxruntime and tract until one ships. A peer that is not installed is left out, and said so.
"""

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
import wave

ROOTS = "C C# D Eb E F F# G Ab A Bb B".split()
SHAPES = [(0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6, 9), (0, 3, 6, 10), (0, 5, 7), (0, 4, 8), (0, 4, 7, 10, 14)]
TONAL = """
const { Chord } = require('tonal'); const chords = JSON.parse(require('fs').readFileSync(0));
for (let n = 0; n < 3; n++) chords.forEach(notes => Chord.detect(notes));
const begun = process.hrtime.bigint(); chords.forEach(notes => Chord.detect(notes));
console.log(Number(process.hrtime.bigint() - begun) / chords.length / 1000);
"""


def best(work, times=3):
    """The shortest of some runs, in seconds."""
    def once():
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    return min(once() for _ in range(times))


def show(title, ours, peers):
    print(f"{title}: kmidi {ours:.2f} µs")
    for name, micros in peers:
        print(f"  {name:<28} " + ("not installed" if micros is None else f"{micros:9.2f} µs, {micros / ours:8.1f} times as long"))


def groove(kmidi, path):
    told = subprocess.run([kmidi, "bench", "groove", "--name", "groove/tonal", "--json", "-"], stdout=subprocess.PIPE)
    ours = json.loads(told.stdout)["results"][0]["mean"] / 1000
    with wave.open(path) as file:
        seconds, rate = file.getnframes() / file.getframerate(), file.getframerate()
    blocks = seconds * 48_000 / 512
    peers = []
    for program in ("aubioonset", "aubiotrack"):
        if shutil.which(program) is None:
            peers.append((program, None))
            continue
        command = [program, "-r", str(rate), "-i", path]
        peers.append((program, best(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)) / blocks * 1e6))
    try:
        import librosa
    except ImportError:
        peers.append(("librosa.beat.beat_track", None))
    else:
        sound, rate = librosa.load(path, sr=None)
        librosa.beat.beat_track(y=sound[: 10 * rate], sr=rate)
        peers.append(("librosa.beat.beat_track", best(lambda: librosa.beat.beat_track(y=sound, sr=rate)) / blocks * 1e6))
    show("groove, a block of 512 frames at 48 kHz", ours, peers)


def names(kmidi):
    chords = [[60 + root + step for step in shape] for root, shape in itertools.product(range(12), SHAPES)] * 2
    spelled = [[ROOTS[note % 12] for note in chord] for chord in chords]

    def batch(some):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("".join(" ".join(map(str, chord)) + "\n" for chord in some))
            file.flush()
            command = [kmidi, "harmony", "name", "--batch", file.name, "--json"]
            return best(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True), 7)

    many = chords * 20
    ours = (batch(many) - batch(many[:1])) / (len(many) - 1) * 1e6
    peers = []
    try:
        from music21 import chord as music21_chord
    except ImportError:
        peers.append(("music21 commonName", None))
    else:
        def name():
            for notes in chords:
                music21_chord.Chord(notes).pitchedCommonName

        name()
        peers.append(("music21 pitchedCommonName", best(name) / len(chords) * 1e6))
    tonal = None
    if shutil.which("node"):
        done = subprocess.run(["node", "-e", TONAL], input=json.dumps(spelled).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        tonal = float(done.stdout) if done.returncode == 0 else None
    peers.append(("tonal Chord.detect", tonal))
    show("a chord named", ours, peers)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    groove(sys.argv[1], sys.argv[2])
    names(sys.argv[1])
    print("models: none ships yet, so there is nothing to compare")


if __name__ == "__main__":
    main()
