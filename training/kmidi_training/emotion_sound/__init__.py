"""The model of what sound feels like. `python -m kmidi_training emotion-sound --soundfonts A.sf2,B.sf3` makes the corpus, trains the network that hears notes and
writes OUT/emotion-sound; `--weights nc` then has it learn quadrants from EMOPIA (not for commercial use) and writes OUT/emotion-sound-nc."""

from ..common import each


def train(args):
    fonts, work = args.soundfonts, args.work / "emotion-sound"
    shards, held_out, epochs, copies = (1, 1, 1, 0) if args.smoke else (28, 1, 12, 1)
    size = ["--size", 4] if args.smoke else []
    make, learn = "emotion_sound.corpus", "emotion_sound.ear"
    common = ["--soundfonts", fonts, "--data", args.data, "--kmidi", args.kmidi, *size]
    steps = [
        (make, work / "train", "--shards", shards, *common),
        (make, work / "valid", "--first", 1000, "--shards", held_out, "--split", "valid", *common),
        (learn, work / "train", work / "valid", args.out / "emotion-sound", "--epochs", epochs, "--seed", args.seed, *(["--batch", 4] if args.smoke else [])),
    ]
    if args.weights == "nc":
        few = ["--clips", 12] if args.smoke else []
        other = fonts.split(",")[-1]  # the data set is rendered with the first of those that the card names
        clips = [("emotion_sound.clips", work / "clips", "--copies", copies, "--soundfonts", other, "--data", args.data, "--kmidi", args.kmidi, *few)]
        steps = ([] if (work / "weights.pt").exists() else steps) + clips
        steps.append(("emotion_sound.labels", work / "weights.pt", work / "clips", args.out / "emotion-sound-nc", "--data", args.data, "--seed", args.seed))
    each(steps)
