"""Beats and onsets under harder conditions.

    pip install numpy scipy mido
    python benchmarks/peers/hard.py clip WAVS OUT --gain 4
    python benchmarks/peers/hard.py rates WAVS [--whole]
    python benchmarks/peers/hard.py step [--whole]
    python benchmarks/peers/hard.py families CORPUS [CORPUS ...]

`clip` writes each WAV, at full scale, that many times louder and cut off, its truth beside it: `kmidi eval audio OUT` scores it. `rates` resamples each WAV to 44.1 and 96 kHz and compares
beats and tempo with those at 48 kHz. `step` plays a metronome and a kit whose tempo changes at once and says after how many seconds the new tempo is told. `families` prints by how many
milliseconds onsets are told late where one family of General MIDI's instruments plays alone (a CORPUS of the beat front end: sound, with its MIDI beside it).
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import wave
from collections import defaultdict
from pathlib import Path

import numpy as np

FAMILIES = "piano,chromatic percussion,organ,guitar,bass,strings,ensemble,brass,reed,pipe,lead,pad,effects,ethnic,percussive,sounds".split(",")


def read(path):
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return sound / 32768, file.getframerate()


def write(path, sound, rate):
    sound = np.asarray(sound).reshape(len(sound), -1)
    with wave.open(str(path), "wb") as file:
        file.setparams((sound.shape[1], 2, rate, 0, "NONE", ""))
        file.writeframes((sound.clip(-1, 1) * 32767).astype("<i2").tobytes())


def analysed(args, path, whole=False):
    command = [args.kmidi, "analyze", path, "--json", "-", *([] if whole else ["--causal"])]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def clip(args):
    args.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(args.wavs.glob("*.wav")):
        sound, rate = read(path)
        write(args.out / path.name, sound / np.abs(sound).max() * args.gain, rate)
        shutil.copy(path.with_suffix(".json"), args.out)


def rates(args):
    from scipy.signal import resample_poly

    kept = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(args.wavs.glob("*.wav")):
            sound, _ = read(path)
            plain = analysed(args, path, args.whole)
            for rate, up, down in ((44_100, 147, 160), (96_000, 2, 1)):
                other = Path(folder) / "other.wav"
                write(other, resample_poly(sound.mean(1), up, down), rate)
                told = analysed(args, other, args.whole)
                beats = np.array(told["beats"])
                near = [len(beats) > 0 and np.abs(beats - beat).min() <= 0.005 for beat in plain["beats"]]
                kept[rate].append((np.mean(near), abs(told["tempo"]["bpm"] / plain["tempo"]["bpm"] - 1) < 0.005))
    for rate, rows in kept.items():
        beats, tempo = np.array(rows, float).T
        print(f"{rate} Hz: {beats.mean():.4f} of the beats within 5 ms, all of them in {int((beats == 1).sum())} of {len(rows)} pieces; tempo within 0.5 % in {int(tempo.sum())}")


def step(args):
    rate, rng = 48_000, np.random.default_rng(3)
    t = np.arange(rate // 4) / rate
    click = 0.6 * np.exp(-t / 0.006) * np.sin(2000 * np.pi * t)
    kick, hiss = 0.6 * np.exp(-t / 0.08) * np.sin(2 * np.pi * (60 * t - 60 * t * t)), rng.standard_normal(len(t))
    snare, hat = 0.17 * np.exp(-t / 0.06) * hiss, 0.06 * np.exp(-t / 0.02) * np.diff(hiss, prepend=0)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("metronome", "kit"):
            for slow, fast in ((100, 140), (140, 100), (90, 126)):
                times = list(0.3 + 60 / slow * np.arange(26))
                change = times[-1]
                times += list(change + 60 / fast * np.arange(1, 45))
                sound = np.zeros(int((times[-1] + 1) * rate))
                for n, (at, after) in enumerate(zip(times, times[1:])):
                    strokes = [(at, click)] if name == "metronome" else [(at, kick if n % 2 == 0 else snare), (at, hat), ((at + after) / 2, hat)]
                    for time, stroke in strokes:
                        sound[int(time * rate):][:len(stroke)] += stroke
                path = Path(folder) / "step.wav"
                write(path, sound, rate)
                curve = analysed(args, path, args.whole)["tempo"]["curve"]
                wrong = max((time for time, bpm in curve if abs(bpm / fast - 1) > 0.05), default=0)
                right = [time for time, _ in curve if time > wrong]
                print(f"{name} {slow} to {fast}: {right[0] - change:.2f} s" if right else f"{name} {slow} to {fast}: never")


def struck(path):
    """(seconds, family) of each note."""
    import mido

    time, programs = 0, {}
    for message in mido.MidiFile(path):
        time += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        if message.type == "note_on" and message.velocity:
            yield time, "drums" if message.channel == 9 else FAMILIES[programs.get(message.channel, 0) // 8]


def families(args):
    late = defaultdict(list)
    for corpus in args.corpora:
        for path in sorted(corpus.glob("*.wav")):
            if not path.with_suffix(".mid").exists():
                continue
            notes, told = list(struck(path.with_suffix(".mid"))), np.array(analysed(args, path)["onsets"])
            times = np.array([note[0] for note in notes])
            for time, family in notes:
                alone = {notes[n][1] for n in np.flatnonzero(np.abs(times - time) < 0.06)} == {family}
                # What begins together is one onset, that of the first.
                first = not ((times > time - 0.06) & (times < time)).any()
                if alone and first and len(told) and np.abs(told - time).min() < 0.05:
                    late[family].append(1000 * (told - time)[np.abs(told - time).argmin()])
    for family in sorted(late):
        print(f"{family:22} {len(late[family]):6} median {np.median(late[family]):+.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    for run in (clip, rates, step, families):
        verb = verbs.add_parser(run.__name__)
        verb.set_defaults(run=run)
        verb.add_argument("--kmidi", default="target/release/kmidi")
        if run is families:
            verb.add_argument("corpora", nargs="+", type=Path)
        if run in (clip, rates):
            verb.add_argument("wavs", type=Path)
        if run in (rates, step):
            verb.add_argument("--whole", action="store_true")
        if run is clip:
            verb.add_argument("out", type=Path)
            verb.add_argument("--gain", type=float, default=4)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
