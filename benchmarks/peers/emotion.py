"""Do our songs express what was asked for? Songs of the four corners of feeling, asked of the recognisers of notes and of sound by both sets of weights.

    python benchmarks/peers/emotion.py target/release/kmidi [--models models] [--songs 40]
    python benchmarks/peers/emotion.py target/release/kmidi --soundfont FluidR3_GM.sf2 [--piano] [--clips emotion_audio/emopia.test.u8.gz]

The `-nc` weights learned from clips of EMOPIA, never from our songs or our map; the default ones are a map of our own. With a SoundFont the songs are played by
FluidSynth and the sound is asked: as the band plays them, or with `--piano` without drums and everything else on a piano, as the clips are. `--clips` prints the
recogniser's rate on clips of people beside. Needs mido; sound needs numpy and fluidsynth.
"""

import argparse
import gzip
import json
import os
import subprocess
import tempfile
from pathlib import Path

import mido

CORNERS = {1: (0.7, 0.7), 2: (-0.7, 0.7), 3: (-0.7, -0.7), 4: (0.7, -0.7)}
DRUMS = 9


def played(path):
    """[onset, duration, pitch, velocity] in seconds of everything but the drums, and the pedal."""
    now, held, notes, pedal = 0.0, {}, [], []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type not in ("note_on", "note_off", "control_change") or message.channel == DRUMS:
            continue
        if message.type == "control_change":
            if message.control == 64:
                pedal.append([round(now, 4), message.value])
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity:
            held.setdefault(key, []).append((now, message.velocity))
        elif held.get(key):
            begun, velocity = held[key].pop()
            notes.append([round(begun, 4), round(now - begun, 4), message.note, velocity])
    return sorted(notes), pedal


def as_piano(path):
    """The song on a piano, without drums."""
    file = mido.MidiFile(path)
    for track in file.tracks:
        late, kept = 0, []
        for message in track:
            late += message.time
            drum = not message.is_meta and message.type != "sysex" and message.channel == DRUMS
            if drum or message.type == "program_change":
                continue
            kept.append(message.copy(time=late))
            late = 0
        track[:] = kept
    file.save(path)


def mel(args, song, folder):
    """The mel frames of a song as FluidSynth plays it, a byte a number."""
    import numpy

    sound = Path(folder) / "song.wav"
    play = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-F", sound, args.soundfont, song]
    subprocess.run(play, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told = [args.kmidi, "features", sound, "--task", "emotion-audio", "-o", folder]
    subprocess.run(told, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return numpy.load(Path(folder) / "mel.npy").astype("uint8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kmidi", type=Path)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--songs", type=int, default=40, help="for each corner")
    parser.add_argument("--soundfont", type=Path, help="ask the sound instead of the notes")
    parser.add_argument("--piano", action="store_true")
    parser.add_argument("--clips", type=Path, help="clips of people, of the task emotion-audio")
    args = parser.parse_args()
    args.kmidi = args.kmidi.resolve()
    environment = {**os.environ, "KMIDI_MODELS": str(args.models.resolve())}
    task = "emotion-audio" if args.soundfont else "emotion-midi"
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.mid"
        clips = Path(folder) / ("songs.test.u8" if args.soundfont else "songs.test.jsonl.gz")
        rows, frames = [], 0
        with open(clips, "wb") if args.soundfont else gzip.open(clips, "wt") as out:
            for quadrant, (valence, arousal) in CORNERS.items():
                for seed in range(args.songs):
                    wish = ["--valence", str(valence), "--arousal", str(arousal), "--bars", "16", "--seed", str(seed)]
                    subprocess.run([args.kmidi, "compose", *wish, "-o", song], check=True, stdout=subprocess.DEVNULL)
                    name = f"{quadrant}-{seed}"
                    signs = {"valence": 1.0 if valence > 0 else -1.0, "arousal": 1.0 if arousal > 0 else -1.0}
                    if args.soundfont:
                        if args.piano:
                            as_piano(song)
                        heard = mel(args, song, folder)
                        out.write(heard.tobytes())
                        rows.append(f"{name},{frames},{len(heard)},{name},{quadrant},{signs['valence']},{signs['arousal']}")
                        frames += len(heard)
                        continue
                    notes, pedal = played(song)
                    out.write(json.dumps({"id": name, "group": name, "quadrant": quadrant, **signs, "notes": notes, "pedal": pedal}) + "\n")
        if args.soundfont:
            head = "id,offset_frames,n_frames,group,quadrant,valence,arousal"
            (Path(folder) / "songs.test.index.csv").write_text("\n".join([head, *rows]) + "\n")
        for weights in ("default", "nc"):
            for what, of in (("our songs", clips), ("clips of people", args.clips)):
                if of:
                    print(f"\n{what}, weights {weights}", flush=True)
                    subprocess.run([args.kmidi, "eval", task, of, "--weights", weights], check=True, env=environment)


if __name__ == "__main__":
    main()
