"""The corpus of the chroma front end: pieces with exact chords, as MIDI, as sound, and as truth.

    python -m kmidi_training.chroma_front.corpus OUT --pieces 600 --soundfonts A.sf2,B.sf2 [--pop909 FILE] [--billboard FILE]

Every piece is drawn from its own number, so that the corpus is the same on every machine. Sound comes from `fluidsynth`
with a SoundFont, a gain, a room and a tuning of its own, or from a synthesiser with random spectra below, which is like
no SoundFont. Files: `00042.mid`, `00042.wav`, `00042.json` with `chords` = [[start, end, label], ...].
"""

import argparse
import gzip
import json
import subprocess
import wave
from pathlib import Path

import mido
import numpy as np

from .arrange import DRUMS, PIANOS, GUITARS, ORGANS, LEADS, arrange
from .progressions import DEGREES, pick

RATE = 48_000
SECONDS = 42.0
NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Shorthands of other chords, as the states see them; those that are not here are left out of training.
SEEN_AS = {
    "": "maj", "6": "maj", "maj6": "maj", "min6": "min", "9": "7", "11": "7", "13": "7", "maj9": "maj7", "min9": "min7",
    "min11": "min7", "minmaj7": "min", "sus4(b7)": "sus4", "7sus4": "sus4", "maj13": "maj7", "min13": "min7", "aug7": "aug",
}


def quality_of(label):
    """The state's quality of a Harte label, or None."""
    name = label.split("/")[0].split(":")[1] if ":" in label else ""
    name = SEEN_AS.get(name, name)
    return name if name in DEGREES else None


def songs_of(path):
    """Chord sequences of a set in the harmony schema as (root, quality, bass, beats) above the first key."""
    songs = []
    for line in gzip.open(path, "rt") if path else ():
        record = json.loads(line)
        song = []
        for onset, duration, label, root, bass, *_ in record["chords"]:
            quality = quality_of(label) if root >= 0 else None
            if quality and 0 < duration <= 16:
                song.append((root, quality, bass, duration))
        if len(song) >= 16:
            songs.append(song)
    return songs


def excerpt(rng, record):
    """42 seconds of an arrangement of POP909, re-orchestrated."""
    bpm = record["tempo_bpm"] or 90
    beat = 60 / bpm
    last = max(n[0] + n[1] for n in record["notes"])
    start = float(4 * rng.integers(0, max(1, int((last - SECONDS / beat) / 4))))
    seconds = lambda q: 0.5 + (q - start) * beat
    solo = rng.random() < 0.4
    piano = int(rng.choice(PIANOS if solo else PIANOS + GUITARS + ORGANS))
    programs = {0: int(rng.choice(LEADS)) if not solo else piano, 1: piano, 2: piano, 3: 33}
    notes = []
    bassline = not solo and rng.random() < 0.6
    for onset, duration, pitch, velocity, role in record["notes"]:
        if onset < start - 1e-6 or seconds(onset) >= SECONDS:
            continue
        begin = seconds(onset) + rng.normal(0, 0.004)
        notes.append((max(0.0, begin), min(seconds(onset + duration), SECONDS), min(role, 2), pitch, velocity))
        if bassline and pitch < 48:
            notes.append((max(0.0, begin), min(seconds(onset + duration), SECONDS), 3, pitch, velocity))
    if not solo:
        for b in range(int((SECONDS - 1) / beat)):
            t = 0.5 + b * beat
            notes += [(t, t + 0.1, DRUMS, 38 if b % 2 else 36, 90), (t, t + 0.1, DRUMS, 42, 70)]
            notes.append((t + beat / 2, t + beat / 2 + 0.1, DRUMS, 42, 60))
    chords, rows = [], record["chords"]
    for n, (onset, label) in enumerate(rows):
        end = rows[n + 1][0] if n + 1 < len(rows) else last
        begin, end = max(seconds(onset), 0.5), min(seconds(end), SECONDS)
        if end > begin + 0.01:
            chords.append((begin, end, label))
    return {"style": "pop909", "notes": notes, "programs": programs, "chords": chords, "bpm": bpm}


def label(root, quality, bass):
    name = f"{NAMES[root]}:{quality}"
    return name if bass == root else f"{name}/{NAMES[bass]}"


def write_midi(piece, path, cents):
    """Type 1, 480 PPQ at 120; the tuning as pitch bend."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    ticks = lambda seconds: int(round(seconds * 960))
    for channel in sorted({n[2] for n in piece["notes"]}):
        track = mido.MidiTrack()
        events = []
        if channel != DRUMS:
            track.append(mido.Message("program_change", channel=channel, program=piece["programs"].get(channel, 0)))
            track.append(mido.Message("pitchwheel", channel=channel, pitch=int(round(cents / 200 * 8191))))
        for start, end, c, pitch, velocity in piece["notes"]:
            if c == channel:
                events.append((ticks(start), 1, mido.Message("note_on", channel=c, note=pitch, velocity=velocity)))
                events.append((max(ticks(end), ticks(start) + 1), 0, mido.Message("note_off", channel=c, note=pitch)))
        now = 0
        for at, _, message in sorted(events, key=lambda e: e[:2]):
            track.append(message.copy(time=at - now))
            now = at
        file.tracks.append(track)
    file.save(path)


def synthesise(rng, piece, path, cents):
    """Sums of partials with random spectra, envelopes and detuning; noise for drums."""
    sound = np.zeros(int((SECONDS + 1) * RATE), np.float32)
    timbres = {}
    for start, end, channel, pitch, velocity in piece["notes"]:
        at = int(start * RATE)
        if channel == DRUMS:
            count = int(0.12 * RATE)
            burst = rng.normal(0, 1, count) * np.exp(-np.arange(count) / (0.02 * RATE)) * velocity / 127 * 0.3
            sound[at : at + count] += burst[: len(sound) - at]
            continue
        if channel not in timbres:
            partials = int(rng.integers(1, 14))
            tilt = rng.uniform(0.3, 2.2)
            shares = rng.uniform(0.2, 1.0, partials) / np.arange(1, partials + 1) ** tilt
            if rng.random() < 0.3:
                shares[1::2] *= 0.1
            timbres[channel] = (shares, rng.uniform(0.1, 4.0), rng.uniform(0.002, 0.06), rng.uniform(0, 3e-4), rng.uniform(0, 0.004))
        shares, decay, attack, stretch, vibrato = timbres[channel]
        hertz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)
        count = min(int((end - start + 0.15) * RATE), len(sound) - at)
        t = np.arange(count, dtype=np.float32) / RATE
        envelope = np.minimum(t / attack, 1) * np.exp(-t / decay)
        held = end - start
        envelope *= np.exp(-np.maximum(t - held, 0) / 0.03)
        wobble = vibrato * np.sin(2 * np.pi * 5.5 * t) / 5.5
        for n, share in enumerate(shares, 1):
            if hertz * n < 16_000:
                f = hertz * n * (1 + stretch * n * n) ** 0.5
                sound[at : at + count] += share * velocity / 127 * 0.2 * envelope * np.sin(2 * np.pi * f * (t + wobble))
    write_wav(path, sound, rng.uniform(0.05, 0.9))


def write_wav(path, sound, peak):
    scaled = sound / max(np.abs(sound).max(), 1e-9) * peak
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(scaled, -1, 1) * 32767).astype("<i2").tobytes())


def render(rng, piece, midi, path, soundfonts, cents):
    """A SoundFont in a random room, or the random synthesiser."""
    if not soundfonts or rng.random() < 0.2:
        return synthesise(rng, piece, path, cents)
    font = soundfonts[rng.integers(len(soundfonts))]
    room = [f"synth.reverb.room-size={rng.uniform(0.1, 0.8):.2f}", f"synth.reverb.level={rng.uniform(0.0, 0.9):.2f}"]
    chorus = str(int(rng.random() < 0.4))
    gain = f"{10 ** rng.uniform(-1.0, 0.0):.3f}"
    command = ["fluidsynth", "-ni", "-q", "-g", gain, "-R", str(int(rng.random() < 0.8)), "-C", chorus, "-r", str(RATE)]
    # Only the samples that are played are read: unpacking the whole of a packed SoundFont takes longer than the piece.
    room.append("synth.dynamic-sample-loading=1")
    for option in room:
        command += ["-o", option]
    command += ["-O", "s16", "-T", "wav", "-F", str(path), font, str(midi)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def build(out, numbers, soundfonts, pop909, songs, silent):
    """Writes the pieces with these numbers, without sound if `silent`; those that are there stay."""
    for number in numbers:
        stem = out / f"{number:05d}"
        if stem.with_suffix(".json").exists():
            continue
        rng = np.random.default_rng([909, number])
        if pop909 and rng.random() < 0.35:
            piece = excerpt(rng, pop909[rng.integers(len(pop909))])
        else:
            piece = arrange(rng, songs, SECONDS)
        cents = float(pick(rng, {0: 1, 1: 1})) * rng.uniform(-50, 50)
        midi = stem.with_suffix(".mid")
        write_midi(piece, midi, cents)
        if not silent:
            render(rng, piece, midi, stem.with_suffix(".wav"), soundfonts, cents)
        chords = [[c[0], c[1], c[2] if len(c) == 3 else label(*c[2:])] for c in piece["chords"]]
        truth = {"style": piece["style"], "cents": cents, "bpm": piece["bpm"], "chords": chords}
        stem.with_suffix(".json").write_text(json.dumps(truth))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--soundfonts", default="", help="files, with commas between them")
    parser.add_argument("--pop909", help="pop909_arrangement.train.jsonl.gz")
    parser.add_argument("--billboard", help="billboard.train.jsonl.gz")
    parser.add_argument("--silent", action="store_true", help="MIDI and truth alone")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    pop909 = [json.loads(line) for line in gzip.open(args.pop909, "rt")] if args.pop909 else []
    soundfonts = [name for name in args.soundfonts.split(",") if name]
    build(args.out, range(args.first, args.first + args.pieces), soundfonts, pop909, songs_of(args.billboard), args.silent)


if __name__ == "__main__":
    main()
