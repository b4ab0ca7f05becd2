"""The network of `emotion-sound`: from mel frames to what is played in them, and from that to the cues of `kmidi_engine::emotion`.

    python -m kmidi_training.emotion_sound.ear CORPUS VALID OUT [--epochs 24] [--seed 1]

It is taught in every frame (how many notes begin, the sums of their velocities and pitches over 64, how many are held, how much of each pitch class sounds, which keys), and by the
window's cues, which are made of sums over frames, as `crates/neural/src/emotion/sound.rs` makes them.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .. import common

BANDS, WIDE, UNITS, EMBEDDING, HEARD = 128, 160, 96, 64, 16
LOOKS = 4 * BANDS
CROP = 129  # frames: twelve seconds
SECOND = 22_050 / 2048  # frames
RIDGE = 10.0
# What is neutral and how wide a cue ranges, in `crates/engine/src/emotion.rs`: density, loudness, length, register, mode.
SCALES = torch.tensor([[1.89, 64.0, -0.57, 63.0, 0.04], [0.45, 14.0, 0.45, 4.0, 0.14]])
KRUMHANSL = [[6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88], [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17]]
ALBRECHT = [[0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081], [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052]]


def profiles():
    """Table x mode x tonic x class, each centred and of length 1."""
    table = torch.tensor([KRUMHANSL, ALBRECHT])
    turned = torch.stack([table.roll(k, -1) for k in range(12)], 2)
    turned = turned - turned.mean(-1, keepdim=True)
    return turned / turned.norm(dim=-1, keepdim=True)


PROFILES = profiles()


def majorness(classes):
    centred = classes - classes.mean(-1, keepdim=True)
    unit = centred / (centred.norm(dim=-1, keepdim=True) + 1e-6)
    fits = torch.einsum("bc,tmkc->btmk", unit, PROFILES).amax(-1)
    return (fits[..., 0] - fits[..., 1]).mean(-1)


def cues(heard, seconds):
    """The five cues of windows (windows x frames x 16, as `told`)."""
    sums = heard.sum(1)
    notes = sums[:, 0].clamp(min=1.0)
    velocity, pitch = 64 * sums[:, 1] / notes, 64 * sums[:, 2] / notes
    length = (sums[:, 3] / SECOND / notes).clamp(min=0.01)
    found = torch.stack([(notes / seconds).log(), velocity, length.log(), pitch, majorness(sums[:, 4:])], 1)
    return ((found - SCALES[0]) / SCALES[1]).clamp(-4, 4)


def looks(frames, before):
    """Frames, 0 to 1 for 80 dB, as the network looks at them: as they are, by what stands out more and more, by what has grown."""
    return torch.cat([frames, torch.exp(3 * (frames - 1)), torch.exp(6 * (frames - 1)), torch.relu(frames - before)], -1)


class Ear(nn.Module):
    """Sums that are linear in what the frame looks like, begun as the ridge regression, and what a recurrent unit adds to them."""

    def __init__(self):
        super().__init__()
        self.plain = nn.Linear(LOOKS, HEARD)
        self.enter = nn.Linear(LOOKS, WIDE)
        self.gru = nn.GRU(WIDE, UNITS)
        self.embed = nn.Linear(UNITS + WIDE, EMBEDDING)
        self.hear = nn.Linear(EMBEDDING, HEARD)
        self.keys = nn.Linear(UNITS + WIDE, 176)
        self.drop = nn.Dropout(0.1)
        nn.init.zeros_(self.hear.weight)
        nn.init.zeros_(self.hear.bias)

    def forward(self, frames, before, past):
        """Frames x windows x bands, 0 to 1, with the frames before them."""
        seen = looks(frames, before)
        entered = torch.relu(self.enter(seen))
        hidden, last = self.gru(self.drop(entered), past)
        both = torch.cat([hidden, entered], -1)
        embedding = torch.tanh(self.embed(self.drop(both)))
        return self.plain(seen) + self.hear(embedding), embedding, both, last


def run(model, mel):
    """Windows x frames x bands (bytes or numbers to 255) through the network."""
    x = mel.transpose(0, 1).float() / 255
    before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
    heard, embedding, both, _ = model(x, before, torch.zeros(1, x.shape[1], UNITS))
    return heard.transpose(0, 1), embedding.transpose(0, 1), both.transpose(0, 1)


def ridge(model, corpus, rng, batch=40):
    """Begins `plain` as the ridge regression of what is told on looks, over the corpus as it is and once changed."""
    left, right = torch.zeros(LOOKS + 1, LOOKS + 1), torch.zeros(LOOKS + 1, HEARD)
    for change in (False, True):
        for at in range(0, len(corpus.mel), batch):
            mel, told, _, _ = corpus.batch(slice(at, at + batch))
            x = (changed(rng, mel) if change else mel.float()) / 255
            seen = looks(x, torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1)).flatten(0, 1)
            seen = torch.cat([seen, torch.ones(len(seen), 1)], 1)
            left += seen.T @ seen
            right += seen.T @ told.flatten(0, 1)
    found = torch.linalg.solve((left + RIDGE * torch.eye(LOOKS + 1)).double(), right.double()).float()
    with torch.no_grad():
        model.plain.weight[:] = found[:-1].T
        model.plain.bias[:] = found[-1]


def changed(rng, mel):
    """Another level, another colour, and now and then a band that is not heard."""
    count = len(mel)
    db = rng.normal(0, 4, (count, 1)) + np.zeros((count, BANDS))
    at = np.arange(BANDS) / BANDS
    for wave in (0.5, 1, 2, 3):
        db += rng.normal(0, 1.5, (count, 1)) * np.cos(np.pi * wave * at + rng.uniform(0, 6.28, (count, 1)))
    mel = mel.float()
    moved = (mel + torch.tensor(db * 255 / 80, dtype=torch.float32)[:, None]).clamp(0, 255)
    moved = torch.where(mel > 0, moved, mel)
    for n in range(count):
        if rng.random() < 0.2:
            first, wide = rng.integers(BANDS - 12), rng.integers(2, 12)
            moved[n, :, first:first + wide] = 0
    return moved


def losses(model, mel, told, keys, seconds, spread):
    heard, _, both = run(model, mel)
    frame = ((heard - told) / spread).square().mean((0, 1))
    rolls = F.binary_cross_entropy_with_logits(model.keys(both), keys)
    right = cues(told, seconds)
    whole = F.smooth_l1_loss(cues(heard, seconds), right)
    return frame[:4].mean() + frame[4:].mean() + 4 * rolls + whole, whole


class Corpus:
    def __init__(self, folder):
        shards = [np.load(path) for path in sorted(Path(folder).glob("*.npz"))]
        self.mel = np.concatenate([shard["mel"] for shard in shards])
        self.told = np.concatenate([shard["told"] for shard in shards])
        self.keys = np.concatenate([shard["keys"] for shard in shards])
        self.font = np.concatenate([shard["font"] for shard in shards])
        sounding = self.told[..., 3] > 0
        first, last = sounding.argmax(1), sounding.shape[1] - sounding[:, ::-1].argmax(1)
        self.seconds = ((last - first) / SECOND).astype(np.float32)

    def batch(self, rows):
        keys = np.unpackbits(self.keys[rows], axis=-1).astype(np.float32)
        number = lambda values: torch.from_numpy(values.astype(np.float32))
        told = number(self.told[rows])
        told[..., 1:3] /= 64
        return torch.from_numpy(self.mel[rows]), told, torch.from_numpy(keys), torch.from_numpy(self.seconds[rows])

    def crops(self, rng, rows):
        """A stretch of each of these windows; as long as it is, it is taken to sound."""
        mel, told, keys, _ = self.batch(rows)
        start = int(rng.integers(mel.shape[1] - CROP + 1))
        cut = slice(start, start + CROP)
        return mel[:, cut], told[:, cut], keys[:, cut], torch.full((len(rows),), CROP / SECOND)


def figures(model, corpus):
    """Correlation of each cue with its truth, and the mean error."""
    model.eval()
    found, right = [], []
    with torch.no_grad():
        for at in range(0, len(corpus.mel), 40):
            mel, told, _, seconds = corpus.batch(slice(at, at + 40))
            found.append(cues(run(model, mel)[0], seconds))
            right.append(cues(told, seconds))
    model.train()
    found, right = torch.cat(found).numpy(), torch.cat(right).numpy()
    names = ("density", "loudness", "length", "register", "mode")
    return {name: (float(np.corrcoef(found[:, n], right[:, n])[0, 1]), float(np.abs(found[:, n] - right[:, n]).mean())) for n, name in enumerate(names)}


def train(corpus, valid, epochs, seed, batch=24):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    model, began = Ear(), time.time()
    ridge(model, corpus, rng)

    def tell(when):
        told = {name: {cue: f"{r:.3f} {apart:.2f}" for cue, (r, apart) in figures(model, part).items()} for name, part in valid.items()}
        print(when, f"{time.time() - began:.0f} s", told, flush=True)

    tell("ridge")
    spread = corpus.batch(slice(0, 400))[1].std((0, 1))
    of = lambda is_plain: [weights for name, weights in model.named_parameters() if name.startswith("plain") == is_plain]
    optimiser = torch.optim.AdamW([{"params": of(False), "rate": 2e-3}, {"params": of(True), "rate": 1e-4, "weight_decay": 0.0}], weight_decay=1e-2)
    rows = 2 * len(corpus.mel)  # each window twice, half of it each time
    steps, done = epochs * (rows // batch), 0
    for epoch in range(epochs):
        order = rng.permutation(rows) % len(corpus.mel)
        for at in range(0, len(order) - batch + 1, batch):
            share = done / steps
            for group in optimiser.param_groups:
                group["lr"] = group["rate"] * min(1.0, done / 40) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * share)))
            mel, told, keys, seconds = corpus.crops(rng, order[at:at + batch])
            loss, whole = losses(model, changed(rng, mel), told, keys, seconds, spread)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            done += 1
            if done % 20 == 0:
                print(done, steps, f"{time.time() - began:.0f} s", f"{loss.item():.3f}", f"{whole.item():.3f}", flush=True)
        tell(epoch + 1)
    return model.eval()


class OneStep(nn.Module):
    """A frame a call."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, frame, past_frame, past_hidden):
        heard, embedding, _, hidden = self.model(frame.view(1, 1, -1), past_frame.view(1, 1, -1), past_hidden)
        return heard.view(-1), embedding.view(-1), frame * 1.0, hidden


def save(model, out, corpus, **report):
    path = out / "model.onnx"
    model.eval()
    frames = torch.from_numpy(corpus.mel[0].astype(np.float32) / 255)
    states = torch.zeros(BANDS), torch.zeros(1, 1, UNITS)
    common.save_onnx(OneStep(model), (frames[0], *states), ["frame", "past_frame", "past_hidden"], ["heard", "embedding", "present_frame", "present_hidden"], path)
    common.save_pairs(path, [{"frame": frame.numpy()} for frame in frames[20:32]])
    parameters = sum(weights.numel() for name, weights in model.named_parameters() if not name.startswith("keys"))
    common.save_report(path, model="emotion-sound", parameters=parameters, **report)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("valid", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    began, corpus, valid = time.time(), Corpus(args.corpus), Corpus(args.valid)
    model = train(corpus, {"valid": valid}, args.epochs, args.seed, args.batch)
    torch.save(model.state_dict(), args.corpus.parent / "weights.pt")
    found = {name: {"r": r, "mae": apart} for name, (r, apart) in figures(model, valid).items()}
    save(model, args.out, valid, windows=len(corpus.mel), seed=args.seed, epochs=args.epochs, seconds=round(time.time() - began), valid=found)


if __name__ == "__main__":
    main()
