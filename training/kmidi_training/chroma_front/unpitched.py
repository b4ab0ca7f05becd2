"""Sound in which no chord sounds: speech, noise, drums alone.

    python -m kmidi_training.chroma_front.unpitched OUT --pieces 40 --first 20000 --soundfonts A.sf2,B.sf3

Speech is by `espeak-ng`, in many voices and languages. The files are those of `corpus`, with no chords.
"""

import argparse
import json
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from .arrange import DRUMS, Piece, drums
from .corpus import RATE, SECONDS, render, write_midi, write_wav

VOICES = ("en-us", "en-gb", "de", "fr", "es", "it", "pl", "sv", "en-us+f3", "en-gb+m5", "de+f2")
WORDS = """the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not
what all were we when your can said there use an each which she do how their if will up other about out many then them
these so some her would make like him into time has look two more write go see number no way could people my than first
water been call who oil its now find long down day did get come made may part""".split()


def speech(rng, number, path):
    words = " ".join(rng.choice(WORDS, 160))
    speed, pitch = str(int(rng.integers(110, 200))), str(int(rng.integers(10, 90)))
    with tempfile.NamedTemporaryFile(suffix=".wav") as spoken:
        voice = VOICES[number % len(VOICES)]
        subprocess.run(["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "-w", spoken.name, words], check=True)
        with wave.open(spoken.name) as source:
            rate = source.getframerate()
            sound = np.frombuffer(source.readframes(source.getnframes()), "<i2").astype(np.float32)
    count = int(min(len(sound) / rate, SECONDS) * RATE)
    write_wav(path, np.interp(np.arange(count) * rate / RATE, np.arange(len(sound)), sound), rng.uniform(0.05, 0.9))


def noise(rng, path):
    """From white to pink and beyond, now and then beating."""
    spectrum = np.fft.rfft(rng.normal(0, 1, int(SECONDS * RATE)))
    spectrum *= np.arange(1, len(spectrum) + 1) ** -rng.uniform(0, 1.2)
    sound = np.fft.irfft(spectrum)
    if rng.random() < 0.5:
        sound *= 1 + 0.9 * np.sin(np.arange(len(sound)) / RATE * rng.uniform(0.5, 12))
    write_wav(path, sound, 10 ** rng.uniform(-2, 0))


def drumming(rng, path, soundfonts):
    piece = Piece()
    beat = 60 / rng.uniform(70, 180)
    drums(rng, piece, 0, int((SECONDS - 2) / beat), str(rng.choice(("swing", "busy", "slow", "plain"))), 95)
    notes = [(0.5 + start * beat, 0.6 + start * beat, *rest) for start, _, *rest in piece.notes]
    for _ in range(60):
        start = 0.5 + rng.random() * (SECONDS - 2)
        drum = rng.choice((39, 41, 43, 45, 47, 48, 49, 50, 56, 57, 60, 61, 62, 63, 64))
        notes.append((start, start + 0.1, DRUMS, int(drum), int(rng.integers(50, 110))))
    midi = path.with_suffix(".mid")
    write_midi({"notes": notes, "programs": {}}, midi, 0)
    render(rng, {"notes": notes}, midi, path, soundfonts, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, default=40)
    parser.add_argument("--first", type=int, default=20_000)
    parser.add_argument("--soundfonts", default="", help="files, with commas between them")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    soundfonts = [name for name in args.soundfonts.split(",") if name]
    for number in range(args.first, args.first + args.pieces):
        rng = np.random.default_rng([77, number])
        path = args.out / f"{number:05d}.wav"
        if number % 5 in (0, 4):
            speech(rng, number, path)
        elif number % 5 == 1:
            noise(rng, path)
        else:
            drumming(rng, path, soundfonts)
        path.with_suffix(".json").write_text(json.dumps({"style": "unpitched", "cents": 0, "bpm": 0, "chords": []}))


if __name__ == "__main__":
    main()
