"""The model `emotion-nc`: played notes to a quadrant of valence and arousal, learned from EMOPIA, and therefore not for commercial use.

    python -m kmidi_training emotion --weights nc

Four small networks with dropout and noise on what they are shown, their probabilities averaged (Breiman 1996, bagging); their hidden layers together are the
embedding. Figures are those of five folds over songs as `eval/baselines.md` defines them, section 6; the weights are then trained on all clips of train and valid.
VGMIDI only measures.
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


class Net(nn.Module):
    def __init__(self, mean, spread):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(1 / (WIDE * spread), dtype=torch.float32))
        self.hidden = nn.Linear(CUES, NETS * HIDDEN)
        self.out = nn.ModuleList(nn.Linear(HIDDEN, 4) for _ in range(NETS))
        self.drop = nn.ModuleList(nn.Dropout(share) for share in (0.2, 0.3))

    def logits(self, cues, noise=0.0):
        x = torch.tanh((cues - self.mean) * self.scale) * WIDE
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
        chances = [torch.softmax(x, 1) for x in logits]
        return sum(chances[1:], chances[0]) * (1 / NETS), hidden


def fitted(cues, quadrant, epochs):
    net = Net(cues.mean(0), cues.std(0) + 1e-6)
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    cues, truth = torch.tensor(cues, dtype=torch.float32), torch.tensor(quadrant - 1)
    for _ in range(epochs):
        order = torch.randperm(len(cues))
        for at in range(0, len(order) - BATCH // 2, BATCH):
            rows = order[at : at + BATCH]
            _, logits = net.logits(cues[rows], NOISE)
            loss = sum(F.cross_entropy(x, truth[rows], label_smoothing=SMOOTHING) for x in logits)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return net.eval()


def chances(net, cues):
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


def train(args):
    if args.weights != "nc":
        raise SystemExit("emotion: EMOPIA is not for commercial use; there are only weights for --weights nc")
    seed_all(args.seed)
    torch.set_num_threads(1)
    began = time.time()
    folder = args.data / "emotion_midi"

    def load(name):
        path = folder / f"{name}.jsonl.gz"
        cols = columns(args, "emotion-midi", path, name)
        records = [json.loads(line) for line in gzip.open(path, "rt")]
        return {**cols, "group": [records[int(n)]["group"] for n in cols["clip"][:, 0]]}

    sets = [load(f"emopia.{split}") for split in ("train", "valid")]
    cues = np.concatenate([one["cues"] for one in sets]).astype(np.float64)
    quadrant = np.concatenate([one["quadrant"] for one in sets])[:, 0].astype(np.int64)
    fold = folds(sets[0]["group"] + sets[1]["group"])
    epochs = 1 if args.smoke else EPOCHS
    told = np.zeros((len(cues), 4))
    for n in range(5):
        told[fold == n] = chances(fitted(cues[fold != n], quadrant[fold != n], epochs), cues[fold == n])
    answer = told.argmax(1) + 1
    share = lambda right: float(np.mean(right))
    high = lambda q: np.isin(q, (1, 4))
    figures = {"quadrant": share(answer == quadrant), "arousal_acc": share((answer < 3) == (quadrant < 3)), "valence_acc": share(high(answer) == high(quadrant))}
    net = fitted(cues, quadrant, epochs)
    unseen = {}
    for split in ("train", "valid"):
        other = load(f"vgmidi.{split}")
        found = affect(chances(net, other["cues"]))
        for axis, value in zip(("valence", "arousal"), found):
            unseen[f"{axis}_r_{split}"] = float(np.corrcoef(value, other[axis][:, 0])[0, 1])
    print(figures, unseen, flush=True)
    path = args.out / "emotion-nc" / "model.onnx"
    shown = [torch.tensor(sets[1]["cues"][n : n + 1], dtype=torch.float32) for n in (0, 60, 120, 180)]
    save_onnx(net, [shown[0]], ["cues"], ["quadrant", "embedding"], path)
    save_pairs(path, [{"cues": x.numpy()} for x in shown])
    save_report(path, seed=args.seed, epochs=epochs, seconds=round(time.time() - began), parameters=sum(p.numel() for p in net.parameters()), folds=figures, vgmidi=unseen)
