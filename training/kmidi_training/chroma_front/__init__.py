"""The chroma front end: which chord the tones are. One command for all of it: `python -m kmidi_training chroma-front`."""

from ..common import each


def train(args):
    """Corpora of sound and of notes, their features, two networks; OUT/chroma-front gets the weights and their figures on valid."""
    data, work = args.data, args.work / "chroma-front"
    pieces, clips, notes, held_out = (3, 0, 4, 2) if args.smoke else (500, 40, 1200, 60)
    sound = ["--soundfonts", args.soundfonts]
    songs = {
        split: ["--pop909", data / f"dynamics/pop909_arrangement.{split}.jsonl.gz", "--billboard", data / f"harmony/billboard.{split}.jsonl.gz"]
        for split in ("train", "valid")
    }
    make, hear, learn = (f"chroma_front.{step}" for step in ("corpus", "features", "train"))
    steps = [
        (make, work / "sound", "--pieces", pieces, *sound, *songs["train"]),
        ("chroma_front.unpitched", work / "sound", "--pieces", clips, *sound),
        (hear, work / "sound", work / "sound.npz", "--kmidi", args.kmidi),
        (make, work / "notes", "--first", 1000, "--pieces", notes, "--silent", *songs["train"]),
        (hear, work / "notes", work / "notes.npz", "--kmidi", args.kmidi, "--kind", "mid"),
        (make, work / "valid", "--first", 50_000, "--pieces", held_out, *sound, *songs["valid"]),
        (hear, work / "valid", work / "valid.npz", "--kmidi", args.kmidi),
    ]
    for name, epochs in (("sound", 8), ("notes", 4)):
        epochs = 1 if args.smoke else epochs
        steps.append((learn, work / f"{name}.npz", work / "valid.npz", work / name, "--epochs", epochs, "--seed", args.seed))
    each(steps)
    for name in ("sound", "notes"):
        args.out.joinpath("chroma-front").mkdir(parents=True, exist_ok=True)
        (args.out / "chroma-front" / f"{name}.bin").write_bytes((work / name / "weights.bin").read_bytes())
