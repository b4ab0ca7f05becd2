"""`emotion-sound-nc`: quadrants learned from EMOPIA over what the network of `emotion-sound` hears. Not for commercial use.

    python -m kmidi_training.emotion_sound.labels WEIGHTS.pt CLIPS OUT [--data ../../shared/data]

The network that hears stays as it is; sums over its answers, kept from frame to frame, go into four small networks whose probabilities are averaged (as in
`kmidi_training.emotion`). Each clip is heard in several renderings. Figures are those of five folds over songs (`eval/baselines.md`, section 6), on the renderings that the data
set has, and on those of a SoundFont that is in no training (CLIPS/unseen.npz); the weights are then trained on all clips of train and valid.
"""

import argparse
import csv
import gzip
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .. import common
from ..emotion import folds
from .ear import BANDS, EMBEDDING, HEARD, SECOND, UNITS, Ear, PROFILES, changed

NETS, HIDDEN, WIDE = 4, 24, 3
EPOCHS, BATCH, RATE, DECAY, NOISE, SMOOTHING = 40, 64, 2e-3, 0.05, 0.3, 0.1
SUMS = 2 * EMBEDDING + HEARD + 2
SHOWN = 2 * EMBEDDING + 5 + 4 + 2


def step_sums(heard, embedding):
    """What is summed of a frame (... x SUMS)."""
    return torch.cat([embedding, embedding * embedding, heard, heard[..., 0:1] * heard[..., 0:1], heard[..., 3:4] * heard[..., 3:4]], -1)


def shown(sums, frames):
    """Sums over `frames` frames, as the classifier is shown them."""
    mean = sums / frames
    at = 2 * EMBEDDING
    embedding, squares = mean[..., :EMBEDDING], mean[..., EMBEDDING:at]
    spread = lambda square, middle: (torch.relu(square - middle * middle) + 1e-6).sqrt()
    begun, held = torch.relu(mean[..., at:at + 1] - 0.02) + 0.02, torch.relu(mean[..., at + 3:at + 4])
    loud, high = mean[..., at + 1:at + 2] / begun, mean[..., at + 2:at + 3] / begun
    classes = mean[..., at + 4:at + 16]
    bursts, swells = spread(mean[..., at + 16:at + 17], begun), spread(mean[..., at + 17:at + 18], held)
    centred = classes - classes.mean(-1, keepdim=True)
    unit = centred / ((centred * centred).sum(-1, keepdim=True) + 1e-9).sqrt()
    # How well the best major and minor key fit by two tables.
    fits = torch.cat([(unit @ PROFILES[table, mode].T).amax(-1, keepdim=True) for table in range(2) for mode in range(2)], -1)
    mode = (fits[..., 0:1] - fits[..., 1:2] + fits[..., 2:3] - fits[..., 3:4]) / 2
    cues = torch.cat([(begun * SECOND).log(), loud, (held / begun / SECOND + 0.01).log(), high, mode], -1)
    return torch.cat([embedding, spread(squares, embedding), cues, fits, bursts, swells], -1)


class Head(nn.Module):
    def __init__(self, mean, spread):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(1 / (WIDE * spread), dtype=torch.float32))
        self.hidden = nn.Linear(SHOWN, NETS * HIDDEN)
        self.out = nn.ModuleList(nn.Linear(HIDDEN, 4) for _ in range(NETS))
        self.drop = nn.ModuleList(nn.Dropout(share) for share in (0.3, 0.3))
        self.register_buffer("warm", torch.ones(1))

    def logits(self, x, noise=0.0):
        x = torch.tanh((x - self.mean) * self.scale) * WIDE
        if not self.training:
            hidden = F.relu(self.hidden(x))
            return [out(hidden[:, n * HIDDEN:(n + 1) * HIDDEN]) for n, out in enumerate(self.out)]
        found = []
        for n, out in enumerate(self.out):
            rows = slice(n * HIDDEN, (n + 1) * HIDDEN)
            heard = self.drop[0](x) + noise * torch.randn_like(x)
            found.append(out(self.drop[1](F.relu(F.linear(heard, self.hidden.weight[rows], self.hidden.bias[rows])))))
        return found

    def forward(self, x):
        chances = [torch.softmax(logits, 1) for logits in self.logits(x)]
        mean = sum(chances[1:], chances[0]) * (1 / NETS)
        return torch.softmax((mean + 1e-6).log() * self.warm, 1)


def pooled(ear, clips, rng=None, batch=40):
    """What the classifier is shown of clips (frames x bands each)."""
    rows = np.zeros((len(clips), SHOWN), np.float32)
    order = sorted(range(len(clips)), key=lambda n: len(clips[n]))
    with torch.no_grad():
        for at in range(0, len(order), batch):
            these = order[at:at + batch]
            lengths = torch.tensor([len(clips[n]) for n in these])
            mel = torch.zeros(len(these), int(lengths.max()), BANDS)
            for row, n in enumerate(these):
                mel[row, :len(clips[n])] = torch.from_numpy(clips[n].astype(np.float32))
            if rng is not None:
                mel = changed(rng, mel)
            x = mel.transpose(0, 1) / 255
            before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
            heard, embedding, _, _ = ear(x, before, torch.zeros(1, len(these), UNITS))
            inside = (torch.arange(len(x))[:, None] < lengths)[..., None]
            sums = (step_sums(heard, embedding) * inside).sum(0)
            rows[these] = shown(sums, lengths[:, None].float()).numpy()
    return rows


def fitted(rows, quadrant, epochs=EPOCHS):
    head = Head(rows.mean(0), rows.std(0) + 1e-3)
    optimiser = torch.optim.AdamW(head.parameters(), RATE, weight_decay=DECAY)
    rows, truth = torch.tensor(rows), torch.tensor(quadrant - 1)
    steps, done = epochs * (len(rows) // BATCH), 0
    for _ in range(epochs):
        order = torch.randperm(len(rows))
        for at in range(0, len(order) - BATCH // 2, BATCH):
            some = order[at:at + BATCH]
            for group in optimiser.param_groups:
                group["lr"] = RATE * (0.05 + 0.95 * max(0.0, 1 - done / max(steps, 1)))
            loss = sum(F.cross_entropy(x, truth[some], label_smoothing=SMOOTHING) for x in head.logits(rows[some], NOISE))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            done += 1
    return head.eval()


def chances(head, rows):
    with torch.no_grad():
        return head(torch.tensor(rows)).numpy()


def shares(answer, quadrant):
    high = lambda q: np.isin(q, (1, 4))
    right = {"quadrant": answer == quadrant, "arousal_acc": (answer < 3) == (quadrant < 3), "valence_acc": high(answer) == high(quadrant)}
    return {name: float(of.mean()) for name, of in right.items()}


def tempered(told, factor):
    powers = (told + 1e-6) ** factor
    return powers / powers.sum(1, keepdims=True)


def temperature(told, quadrant):
    """The factor for the logarithms of probabilities that makes the truth likeliest."""
    likely = lambda factor: np.log(tempered(told, factor)[np.arange(len(told)), quadrant - 1]).mean()
    return float(max(np.arange(0.5, 2.5, 0.05), key=likely))


def calibration_error(told, quadrant):
    """Naeini, Cooper and Hauskrecht 2015, ten bins."""
    sure, right = told.max(1), told.argmax(1) + 1 == quadrant
    place = np.minimum((sure * 10).astype(int), 9)
    return float(sum(abs(sure[place == n].sum() - right[place == n].sum()) for n in range(10)) / len(told))


class OneStep(nn.Module):
    def __init__(self, ear, head):
        super().__init__()
        self.ear, self.head = ear, head

    def forward(self, frame, past_frame, past_hidden, past_sums, past_count):
        heard, embedding, _, hidden = self.ear(frame.view(1, 1, -1), past_frame.view(1, 1, -1), past_hidden)
        heard, embedding = heard.view(1, -1), embedding.view(1, -1)
        sums, count = past_sums + step_sums(heard, embedding), past_count + 1.0
        quadrant = self.head(shown(sums, count))
        return quadrant.view(-1), heard.view(-1), embedding.view(-1), frame * 1.0, hidden, sums, count


def emopia(data):
    """The clips of train and valid: frames, quadrants, songs."""
    clips, quadrants, songs, names = [], [], [], []
    for split in ("train", "valid"):
        stem = data / f"emotion_audio/emopia_mel.{split}"
        frames = np.frombuffer(gzip.open(f"{stem}.u8.gz").read(), np.uint8).reshape(-1, BANDS)
        for row in csv.DictReader(open(f"{stem}.index.csv")):
            start = int(row["offset_frames"])
            clips.append(frames[start:start + int(row["n_frames"])])
            quadrants.append(int(row["quadrant"]))
            songs.append(row["group"])
            names.append(row["id"])
    return clips, np.array(quadrants), songs, names


def rendering(path, names):
    """The clips of a rendering, in the order of `names`."""
    file = np.load(path)
    edges = np.concatenate([[0], np.cumsum(file["n"])])
    mel, place = file["mel"], {name: n for n, name in enumerate(file["id"])}
    return [mel[edges[place[name]]:edges[place[name] + 1]] for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    common.seed_all(args.seed)
    torch.set_num_threads(1)
    began, rng = time.time(), np.random.default_rng(args.seed)
    ear = Ear()
    ear.load_state_dict(torch.load(args.weights))
    ear.eval()
    clips, quadrant, songs, names = emopia(args.data)
    plain = pooled(ear, clips)
    others = [rendering(path, names) for path in sorted(args.clips.glob("*.npz")) if path.stem != "unseen"]
    looks = [plain] + [pooled(ear, other) for other in others] + [pooled(ear, some, rng) for some in [clips] + others]
    unseen = pooled(ear, rendering(args.clips / "unseen.npz", names)) if (args.clips / "unseen.npz").exists() else None
    fold = folds(songs)
    told, told_unseen = np.zeros((len(clips), 4)), np.zeros((len(clips), 4))
    for n in range(5):
        here = fold == n
        head = fitted(np.concatenate([look[~here] for look in looks]), np.tile(quadrant[~here], len(looks)))
        told[here] = chances(head, plain[here])
        if unseen is not None:
            told_unseen[here] = chances(head, unseen[here])
    found = {"folds": shares(told.argmax(1) + 1, quadrant)}
    if unseen is not None:
        found["folds_unseen_soundfont"] = shares(told_unseen.argmax(1) + 1, quadrant)
    warm = temperature(told, quadrant)
    found["folds"]["ece"] = calibration_error(tempered(told, warm), quadrant)
    print(found, warm, flush=True)
    head = fitted(np.concatenate(looks), np.tile(quadrant, len(looks)))
    head.warm.fill_(warm)
    path = args.out / "model.onnx"
    frames = torch.from_numpy(clips[0].astype(np.float32) / 255)
    one = OneStep(ear, head).eval()
    states = torch.zeros(BANDS), torch.zeros(1, 1, UNITS), torch.zeros(1, SUMS), torch.zeros(1)
    outputs = ["quadrant", "heard", "embedding", "present_frame", "present_hidden", "present_sums", "present_count"]
    common.save_onnx(one, (frames[0], *states), ["frame", "past_frame", "past_hidden", "past_sums", "past_count"], outputs, path)
    common.save_pairs(path, [{"frame": frame.numpy()} for frame in frames[20:32]])
    parameters = sum(weights.numel() for part in (ear, head) for name, weights in part.named_parameters() if not name.startswith("keys"))
    common.save_report(path, model="emotion-sound-nc", parameters=parameters, seed=args.seed, epochs=EPOCHS, renderings=1 + len(others), temperature=1 / warm, seconds=round(time.time() - began), **found)


if __name__ == "__main__":
    main()
