"""The beat front end: what in the sound, or in the notes, is an onset, a beat, a downbeat. One command for all of it:
`python -m kmidi_training beat-front`."""

from ..common import each


def train(args):
    """Corpora of sound and of notes, their features, five networks; OUT/beat-front gets the weights and their figures on valid."""
    data, work = args.data, args.work / "beat-front"
    pieces, alone, kin, notes, danced, held_out = (3, 3, 3, 3, 3, 2) if args.smoke else (440, 800, 500, 900, 400, 80)
    sound = ["--soundfonts", args.soundfonts]
    songs = {
        split: ["--pop909", data / f"dynamics/pop909_arrangement.{split}.jsonl.gz", "--openewld", data / f"melody_harmony/openewld.{split}.jsonl.gz",
                "--gmd", data / f"groove/gmd.{split}.jsonl.gz"]
        for split in ("train", "valid")
    }
    harmony = ["--pop909", data / "dynamics/pop909_arrangement.train.jsonl.gz", "--billboard", data / "harmony/billboard.train.jsonl.gz"]
    make, hear, learn = (f"beat_front.{step}" for step in ("corpus", "features", "beats"))
    small = ["--batch", 2] if args.smoke else []
    epochs = lambda count: ["--epochs", 1 if args.smoke else count, "--seed", args.seed, *small]
    out = args.out / "beat-front"
    known = ",".join(str(work / f"{name}.npz") for name in ("sound", "kin", "dances"))
    each([
        (make, work / "sound", "--pieces", pieces, *sound, *songs["train"]),
        (hear, work / "sound", work / "sound.npz", "--kmidi", args.kmidi),
        ("chroma_front.corpus", work / "chords", "--pieces", kin, *sound, *harmony),
        ("beat_front.styles", work / "chords", work / "kin", *harmony),
        (hear, work / "kin", work / "kin.npz", "--kmidi", args.kmidi),
        (make, work / "dances", "--first", 100_000, "--pieces", kin, "--kinds", "dances", *sound),
        (hear, work / "dances", work / "dances.npz", "--kmidi", args.kmidi),
        (make, work / "notes", "--first", 20_000, "--pieces", notes, "--silent", *songs["train"]),
        (hear, work / "notes", work / "notes.npz", "--kmidi", args.kmidi, "--kind", "mid"),
        (make, work / "danced", "--first", 120_000, "--pieces", danced, "--silent", "--kinds", "dances"),
        (hear, work / "danced", work / "danced.npz", "--kmidi", args.kmidi, "--kind", "mid"),
        (make, work / "valid", "--first", 50_000, "--pieces", held_out, *sound, *songs["valid"]),
        (hear, work / "valid", work / "valid.npz", "--kmidi", args.kmidi),
        (make, work / "valid-notes", "--first", 60_000, "--pieces", held_out, "--silent", *songs["valid"]),
        (hear, work / "valid-notes", work / "valid-notes.npz", "--kmidi", args.kmidi, "--kind", "mid"),
        (make, work / "alone", "--first", 200_000, "--pieces", alone, "--kinds", "alone", *sound, *songs["train"]),
        (hear, work / "alone", work / "alone.npz", "--kmidi", args.kmidi),
        ("beat_front.strokes", work / "sound.npz", work / "valid.npz", out, *epochs(40)),
        ("beat_front.places", f"{work / 'sound.npz'},{work / 'alone.npz'}", work / "valid.npz", out, "--strokes", out / "strokes.bin", *epochs(12)),
        (learn, known, work / "valid.npz", out, "--strokes", out / "strokes.bin", "--name", "sound", "--dropout", 0.15, *epochs(30)),
        ("beat_front.whole", known, work / "valid.npz", out, "--strokes", out / "strokes.bin", *epochs(30)),
        (learn, f"{work / 'notes.npz'},{work / 'danced.npz'}", work / "valid-notes.npz", out, "--name", "notes", "--warm", 50, "--tempo", 0.25, *epochs(24)),
    ])
