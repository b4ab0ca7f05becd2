"""The model `emotion-nc`: played notes to a quadrant of valence and arousal, learned from EMOPIA, and therefore not for commercial use.

    python -m kmidi_training emotion --weights nc

Four small networks with dropout and noise on what they are shown, their probabilities averaged (Breiman 1996, bagging); their hidden layers together are the
embedding. Half of what they see are the clips as they were played; the other half has one velocity throughout, as much notated music has, and half of that lies on
a grid without a pedal besides. Where `kmidi features` marks loudness as unknown, the network is shown the mean in its place.

Figures are those of five folds over songs as `eval/baselines.md` defines them, section 6, once for the clips as they are and once for each way in which they were
altered; the weights are then trained on all clips of train and valid. VGMIDI only measures.
"""

import gzip
import json
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .common import columns, save_onnx, save_pairs, save_report, seed_all

CUES, NETS, HIDDEN = 95, 4, 16
EPOCHS, BATCH, RATE, DECAY, NOISE, SMOOTHING = 60, 32, 2e-3, 0.05, 0.3, 0.1
WIDE = 3  # standard deviations at which a cue is bent off
LOUD = [2, 3, *range(58, 66), 90]  # cues about loudness: all 0 where it is not known
# How clips are shown, and how often each: as they are, with one velocity, as if a program played a score.
WAYS, SHARES = ("played", "flat", "score"), (0.5, 0.25, 0.25)


class Net(nn.Module):
    def __init__(self, mean, spread):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(1 / (WIDE * spread), dtype=torch.float32))
        always = np.ones(CUES)
        always[LOUD] = 0
        self.register_buffer("always", torch.tensor(always, dtype=torch.float32))
        self.register_buffer("loud", torch.tensor(1 - always, dtype=torch.float32))
        self.register_buffer("cold", torch.ones(1))
        self.hidden = nn.Linear(CUES, NETS * HIDDEN)
        self.out = nn.ModuleList(nn.Linear(HIDDEN, 4) for _ in range(NETS))
        self.drop = nn.ModuleList(nn.Dropout(share) for share in (0.2, 0.3))

    def logits(self, cues, noise=0.0):
        known = (cues[:, LOUD[0] : LOUD[0] + 1] > 0).float()
        x = torch.tanh((cues - self.mean) * self.scale) * WIDE * (self.always + known * self.loud)
        if not self.training:
            hidden = F.relu(self.hidden(x))
            return hidden, [out(hidden[:, n * HIDDEN : (n + 1) * HIDDEN]) for n, out in enumerate(self.out)]
        found = []
        for n, out in enumerate(self.out):  # each net has its own noise and its own dropout
            rows = slice(n * HIDDEN, (n + 1) * HIDDEN)
            shown = self.drop[0](x) + noise * torch.randn_like(x)
            found.append(out(self.drop[1](F.relu(F.linear(shown, self.hidden.weight[rows], self.hidden.bias[rows])))))
        return None, found

    def forward(self, cues):
        hidden, logits = self.logits(cues)
        chances = [torch.softmax(x * self.cold, 1) for x in logits]
        return sum(chances[1:], chances[0]) * (1 / NETS), hidden


def error_by_chance(chance, clips, draws=2000):
    """The calibration error that so few clips show on the mean though each answer is right as often as it is said to be."""
    random, found = np.random.default_rng(0), []
    for _ in range(draws):
        drawn = random.choice(chance.max(1), clips, replace=False)
        found.append(calibration_error(drawn, random.random(clips) < drawn))
    return float(np.mean(found))


def altered(record, way, random):
    """A clip with one velocity throughout; as a score also with onsets on a grid, durations to its lines, and no pedal."""
    velocity = int(random.integers(40, 112))
    notes = [[onset, duration, pitch, velocity] for onset, duration, pitch, _ in record["notes"]]
    if way == "flat":
        return {**record, "notes": notes}
    grid = random.uniform(0.1, 0.16)
    notes = [[round(onset / grid) * grid, max(0.9 * grid, 0.95 * grid * round(duration / grid)), pitch, velocity] for onset, duration, pitch, _ in notes]
    return {**record, "notes": sorted(notes), "pedal": []}


def fitted(cues, quadrant, epochs):
    """`cues` by way; the rows of a way are as many as those of the others."""
    played = cues["played"]
    net = Net(played.mean(0), played.std(0) + 1e-6)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    ways = torch.tensor(np.stack([cues[way] for way in WAYS]), dtype=torch.float32)
    truth, shares = torch.tensor(quadrant - 1), torch.tensor(SHARES)
    for _ in range(epochs):
        order = torch.randperm(len(truth))
        shown = ways[torch.multinomial(shares, len(truth), replacement=True), torch.arange(len(truth))]
        for at in range(0, len(order) - BATCH // 2, BATCH):
            rows = order[at : at + BATCH]
            _, logits = net.logits(shown[rows], NOISE)
            loss = sum(F.cross_entropy(x, truth[rows], label_smoothing=SMOOTHING) for x in logits)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return net.eval()


def chances(net, cues, cold=None):
    if cold is not None:
        net.cold.fill_(cold)
    with torch.no_grad():
        return net(torch.tensor(cues, dtype=torch.float32))[0].numpy()


def affect(chance):
    one, two, three, four = chance.T
    return one + four - two - three, one + two - three - four


def folds(groups):
    """The fold of each clip: songs sorted, shuffled, dealt out in turn."""
    songs = sorted(set(groups))
    places = np.random.default_rng(0).permutation(len(songs))
    fold = {songs[song]: place % 5 for place, song in enumerate(places)}
    return np.array([fold[group] for group in groups])


def by_clip(chance, clips):
    """The mean over the passages of each clip, and the first row of each."""
    _, first, clip = np.unique(clips, return_index=True, return_inverse=True)
    return np.stack([np.bincount(clip, column) for column in chance.T], 1) / np.bincount(clip)[:, None], first


def figures(chance, quadrant, clips):
    chance, first = by_clip(chance, clips)
    quadrant, answer = quadrant[first], chance.argmax(1) + 1
    share = lambda right: float(np.mean(right))
    high = lambda q: np.isin(q, (1, 4))
    return {"quadrant": share(answer == quadrant), "arousal_acc": share((answer < 3) == (quadrant < 3)), "valence_acc": share(high(answer) == high(quadrant)),
            "arousal_r": float(np.corrcoef(affect(chance)[1], quadrant < 3)[0, 1]), "ece": calibration_error(chance.max(1), answer == quadrant)}


def calibration_error(chance, right):
    """Expected calibration error, ten bins (Naeini, Cooper and Hauskrecht 2015)."""
    bins = np.minimum((chance * 10).astype(int), 9)
    return float(sum(abs(right[bins == n].mean() - chance[bins == n].mean()) * np.mean(bins == n) for n in set(bins)))


def train(args):
    if args.weights != "nc":
        raise SystemExit("emotion: EMOPIA is not for commercial use; there are only weights for --weights nc")
    seed_all(args.seed)
    torch.set_num_threads(1)
    began = time.time()
    folder = args.data / "emotion_midi"
    read = lambda path: [json.loads(line) for line in gzip.open(path, "rt")]

    def load(name):
        path = folder / f"{name}.jsonl.gz"
        return columns(args, "emotion-midi", path, name), read(path)

    # Which record a row is of: `clip` counts within a split.
    splits = [load(f"emopia.{split}") for split in ("train", "valid")]
    clips = np.concatenate([cols["clip"][:, 0] + 10_000 * n for n, (cols, _) in enumerate(splits)])
    quadrant = np.concatenate([cols["quadrant"] for cols, _ in splits])[:, 0].astype(np.int64)
    fold = folds([records[int(n)]["group"] for cols, records in splits for n in cols["clip"][:, 0]])
    cues = {"played": np.concatenate([cols["cues"] for cols, _ in splits]).astype(np.float64)}
    for way in WAYS[1:]:
        random, rows = np.random.default_rng(args.seed), []
        for split, (cols, records) in zip(("train", "valid"), splits):
            path = args.work / "emotion-midi" / f"emopia.{split}.{way}.jsonl.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            with gzip.open(path, "wt") as lines:
                lines.writelines(json.dumps(altered(record, way, random)) + "\n" for record in records)
            made = columns(args, "emotion-midi", path, f"emopia.{split}.{way}")
            # A grid may move the end of a clip, and with it how many passages there are: each row has that of the same clip, the last where there are fewer.
            at = {}
            for row, clip in enumerate(made["clip"][:, 0]):
                at.setdefault(clip, []).append(row)
            seen = {}
            for clip in cols["clip"][:, 0]:
                seen[clip] = seen.get(clip, -1) + 1
                rows.append(made["cues"][at[clip][min(seen[clip], len(at[clip]) - 1)]])
        cues[way] = np.stack(rows).astype(np.float64)
    epochs = 1 if args.smoke else EPOCHS
    nets = [fitted({way: rows[fold != n] for way, rows in cues.items()}, quadrant[fold != n], epochs) for n in range(5)]

    def answers(way, cold):
        told = np.zeros((len(quadrant), 4))
        for n, net in enumerate(nets):
            told[fold == n] = chances(net, cues[way][fold == n], cold)
        return told

    # How sure the network may be: what made the clips of each fold, as they were played, likeliest to the network that did not see them.
    surprise = lambda cold: -np.mean(np.log(answers("played", cold)[np.arange(len(quadrant)), quadrant - 1]))
    cold = min(np.arange(0.6, 2.01, 0.05), key=surprise)
    told = {way: answers(way, cold) for way in WAYS}
    found = {way: figures(told[way], quadrant, clips) for way in WAYS}
    few = min(47, len(set(clips)))  # as many as test has
    found["played"]["ece_by_chance_of_test_length"] = error_by_chance(by_clip(told["played"], clips)[0], few)
    net = fitted(cues, quadrant, epochs)
    net.cold.fill_(cold)
    unseen = {}
    for split in ("train", "valid"):
        other, _ = load(f"vgmidi.{split}")
        chance, first = by_clip(chances(net, other["cues"]), other["clip"][:, 0])
        for axis, value in zip(("valence", "arousal"), affect(chance)):
            unseen[f"{axis}_r_{split}"] = float(np.corrcoef(value, other[axis][first, 0])[0, 1])
    print(found, unseen, flush=True)
    path = args.out / "emotion-nc" / "model.onnx"
    valid = cues["played"][clips >= 10_000]
    shown = [torch.tensor(valid[n % len(valid)][None], dtype=torch.float32) for n in (0, 60, 120)]
    shown.append(torch.tensor(cues["score"][:1], dtype=torch.float32))
    save_onnx(net, [shown[0]], ["cues"], ["quadrant", "embedding"], path)
    save_pairs(path, [{"cues": x.numpy()} for x in shown])
    parameters = sum(p.numel() for p in net.parameters())
    save_report(path, seed=args.seed, epochs=epochs, seconds=round(time.time() - began), parameters=parameters, cold=round(float(cold), 2), folds=found.pop("played"), altered=found, vgmidi=unseen)
