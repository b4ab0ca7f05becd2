"""Trains the chroma front end.

    python -m kmidi_training.chroma_front.train TRAIN.npz VALID.npz OUT [--epochs 30] [--seed 1]

The network is one for all roots: the tones, shifted so that the root comes first, go through two hidden layers to a score
for each quality on that root, and to a vote that no chord sounds; a softmax over all roots and qualities and the mean vote
gives the state. So the answer moves with the pitch by construction.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .features import NONE, QUALITIES

LOWEST, SEMITONES, LOOKS, SLOTS = 28, 73, 4, 84


def aligned(tones):
    """(records, looks, semitones) to (records, 12, looks * slots): slot 0 is the highest place of the root at or below
    the lowest semitone."""
    records = tones.shape[0]
    padded = torch.zeros(records, LOOKS, 11 + SEMITONES + 11)
    padded[:, :, 11 : 11 + SEMITONES] = tones
    # Root pc: its lowest slot is the note LOWEST - below, with below from 0 to 11.
    rows = []
    for root in range(12):
        below = (LOWEST - root) % 12
        rows.append(padded[:, :, 11 - below : 11 - below + SLOTS].reshape(records, -1))
    return torch.stack(rows, 1)


class Front(nn.Module):
    def __init__(self, first=48, second=24):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(LOOKS * SLOTS, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, len(QUALITIES) + 1)
        )

    def forward(self, tones):
        out = self.layers(aligned(tones))
        none = out[:, :, -1].mean(1, keepdim=True)
        return torch.cat([out[:, :, :-1].reshape(len(out), -1), none], 1)


def load(path):
    data = np.load(path)
    keep = data["states"] >= 0
    return torch.tensor(data["tones"][keep]), torch.tensor(data["states"][keep])


def accuracy(model, tones, states):
    """Share of records with the right state, right root and triad, and nats a record."""
    right = triad = nats = 0.0
    third = torch.tensor([0, 1, 0, 0, 1, 1, 1, 1, 0, 0])
    with torch.no_grad():
        for at in range(0, len(states), 8192):
            scores = torch.log_softmax(model(tones[at : at + 8192].float()), 1)
            truth, best = states[at : at + 8192], scores.argmax(1)
            nats -= scores.gather(1, truth[:, None]).sum().item()
            right += (best == truth).sum().item()
            q = len(QUALITIES)
            same = (best // q == truth // q) & (third[best % q] == third[truth % q]) & (truth != NONE) & (best != NONE)
            triad += (same | ((best == NONE) & (truth == NONE))).sum().item()
    n = len(states)
    return right / n, triad / n, nats / n


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=48)
    parser.add_argument("--second", type=int, default=24)
    parser.add_argument("--looks", default="0123", help="which looks it sees, for ablation")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    (tones, states), valid = load(args.train), load(args.valid)
    hidden = [n for n in range(LOOKS) if str(n) not in args.looks]
    for part in (tones, valid[0]):
        part[:, hidden] = 0
    model = Front(args.first, args.second)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-5)
    batch = 1024
    steps = args.epochs * (len(states) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps + 1)
    for epoch in range(args.epochs):
        order = torch.randperm(len(states))
        total = 0.0
        for at in range(0, len(order) - batch + 1, batch):
            pick = order[at : at + batch]
            seen = tones[pick].float()
            # Softer and louder, and with noise: no level is sacred.
            seen = (seen * torch.empty(len(pick), 1, 1).uniform_(0.85, 1.1) + 0.02 * torch.randn_like(seen)).clamp_(0, 1.2)
            loss = nn.functional.cross_entropy(model(seen), states[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        right, triad, nats = accuracy(model, *valid)
        print(f"epoch {epoch + 1}: train {total * batch / len(order):.3f}, valid nats {nats:.3f} exact {right:.3f} triad {triad:.3f}", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    save(model, args.out / "weights.bin")
    (args.out / "figures.json").write_text(json.dumps({"exact": right, "triad": triad, "nats": nats}))


def save(model, path):
    """Layer by layer: weights by row, then biases, 32-bit little-endian floats."""
    parts = [p.detach().numpy().astype("<f4").ravel() for p in model.layers.parameters()]
    path.write_bytes(np.concatenate(parts).tobytes())


if __name__ == "__main__":
    main()
