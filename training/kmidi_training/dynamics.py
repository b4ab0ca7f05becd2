"""The model `dynamics`: the notes of a score to velocities, by dilated convolutions over the notes in their order.

    python -m kmidi_training dynamics

Whole pieces are cut into stretches of notes. The loss holds the mean error, for the figure is one; the squared error, for a median answers too little of
what is rare; and the correlation inside a stretch, which the level of a recording does not touch. The answer is an exponential average of the weights
(Polyak and Juditsky 1992), which the choice on valid is made of. Noise on the summary of the piece keeps it from naming a song.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .common import columns, save_onnx, save_pairs, save_report, seed_all

WINDOW, DILATIONS, WIDTH, ABOUT = 64, (1, 2, 4, 8), 48, 24
MARGIN = sum(DILATIONS)
CROP, BATCH, RATE, DECAY = 384, 8, 3e-3, 0.998
# What each set of weights is trained on, and for how many rounds. asap may not be used commercially.
SETS = {"default": ("pop909_arrangement", 14), "nc": ("asap", 4)}


class Net(nn.Module):
    """Takes standardised numbers; `mean` and `scale` are kept for what ships, which takes them raw. The last number of a note says that it is there."""

    def __init__(self, notes, piece):
        super().__init__()
        self.notes, self.about, self.tell = nn.Conv1d(notes, WIDTH, 1), nn.Linear(piece, ABOUT), nn.Linear(ABOUT, WIDTH)
        self.wide = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 3, dilation=d) for d in DILATIONS)
        self.norm = nn.ModuleList(nn.BatchNorm1d(WIDTH) for _ in DILATIONS)
        self.mix = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 1) for _ in DILATIONS)
        self.out, self.drop = nn.Conv1d(WIDTH, 1, 1), nn.Dropout(0.15)
        for mix in self.mix:
            nn.init.normal_(mix.weight, 0, 0.03)
            nn.init.zeros_(mix.bias)
        nn.init.normal_(self.out.weight, 0, 0.05)
        nn.init.constant_(self.out.bias, 0.67)

    def forward(self, notes, piece):
        if self.training:
            piece = piece + torch.randn_like(piece)
        about = self.tell(self.drop(F.relu(self.about(piece)))).unsqueeze(2)
        x = F.relu(self.notes(notes) + about)
        for wide, norm, mix, d in zip(self.wide, self.norm, self.mix, DILATIONS):
            x = x[:, :, d:-d] + self.drop(mix(F.relu(norm(wide(x)))))
        return self.out(self.drop(x)).squeeze(1)

    def fold(self, notes, piece):
        """Takes raw numbers from now on: `notes` and `piece` are (mean, scale) of what was standardised. A number that never changed weighs nothing."""
        with torch.no_grad():
            weight = self.notes.weight[:, :, 0] * notes[1]
            weight[:, -1] += self.notes.weight[:, -1, 0] - weight @ notes[0]
            self.notes.weight[:, :, 0] = weight
            weight = self.about.weight * piece[1]
            self.about.bias -= weight @ piece[0]
            self.about.weight.copy_(weight)


def scales(values):
    """Mean and 1 / standard deviation of each column; 0 and 0 of one that never changes."""
    spread = values.std(0)
    still = spread < 1e-4
    return np.where(still, 0, values.mean(0)).astype(np.float32), np.where(still, 0, 1 / np.where(still, 1, spread)).astype(np.float32)


class Set:
    """Pieces of one split, standardised, with room for a margin on either side."""

    def __init__(self, cols, notes, piece, every=1):
        number, self.pieces = cols["number"].reshape(-1), []
        for n in np.unique(number)[::every]:
            rows = np.flatnonzero(number == n)
            shown = (cols["notes"][rows] - notes[0]) * notes[1]
            shown[:, -1] = 1
            room = lambda x: torch.tensor(np.pad(x, ((MARGIN, MARGIN), (0, 0))).T.astype(np.float32))
            about = torch.tensor((cols["piece"][rows[0]] - piece[0]) * piece[1])
            self.pieces.append((room(shown), about, room(cols["velocity"][rows] / 127)[0]))

    def stretches(self):
        found = [(n, at) for n, piece in enumerate(self.pieces) for at in range(-np.random.randint(CROP), len(piece[2]) - 2 * MARGIN, CROP)]
        return [found[k] for k in np.random.permutation(len(found))]

    def batch(self, items):
        def cut(x, at):
            end = at + CROP + 2 * MARGIN
            return F.pad(x[..., max(at, 0) : min(end, x.shape[-1])], (max(-at, 0), max(end - x.shape[-1], 0)))

        inputs = torch.stack([cut(self.pieces[n][0], at) for n, at in items]), torch.stack([self.pieces[n][1] for n, _ in items])
        return inputs, torch.stack([cut(self.pieces[n][2], at) for n, at in items])[:, MARGIN:-MARGIN]


def loss_of(answer, truth):
    there = (truth > 0).float()
    count = there.sum(1, keepdim=True).clamp(min=1)
    off = (answer - truth) * there
    centred = lambda x: (x - (x * there).sum(1, keepdim=True) / count) * there
    a, t = centred(answer), centred(truth)
    r = (a * t).sum(1) / torch.sqrt((a**2).sum(1) * (t**2).sum(1) + 1e-6)
    enough = (count[:, 0] > 100).float()
    apart = ((1 - r) * enough).sum() / enough.sum().clamp(min=1)
    return 4 * off.abs().sum() / there.sum() + 5 * (off**2).sum() / there.sum() + 0.15 * apart


def figures(net, data):
    """As `kmidi eval dynamics`: inside each piece, then the mean over pieces."""
    net.eval()
    found = []
    with torch.no_grad():
        for notes, about, truth in data.pieces:
            answer, truth = net(notes[None], about[None])[0].numpy() * 127, truth[MARGIN:-MARGIN].numpy() * 127
            found.append((np.abs(answer - truth).mean(), np.corrcoef(answer, truth)[0, 1]))
    mae, r = np.mean(found, 0)
    return {"velocity_mae": float(mae), "r": float(r)}


class Average:
    def __init__(self, net):
        self.steps, self.kept = 0, {name: value.clone() for name, value in net.state_dict().items()}

    def add(self, net):
        self.steps += 1
        keep = min(DECAY, self.steps / (self.steps + 10))
        for name, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                self.kept[name].lerp_(value, 1 - keep)


def train(args):
    seed_all(args.seed)
    torch.set_num_threads(1)
    name = "dynamics" if args.weights == "default" else f"dynamics-{args.weights}"
    source, rounds = SETS[args.weights]
    load = lambda split: columns(args, name, args.data / "dynamics" / f"{source}.{split}.jsonl.gz", split, "dynamics")
    cols, every = load("train"), 80 if args.smoke else 1
    notes, piece = scales(cols["notes"][::7]), scales(cols["piece"][::7])
    fit = Set(cols, notes, piece, every)
    del cols
    valid = Set(load("valid"), notes, piece, every // 8 or 1)
    net, best = Net(len(notes[0]), len(piece[0])), Net(len(notes[0]), len(piece[0]))
    average, epochs = Average(net), 1 if args.smoke else rounds
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.01)
    total = epochs * (sum(len(p[2]) // CROP + 2 for p in fit.pieces) // BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=total, pct_start=0.1)
    began, score, kept = time.time(), None, None
    for epoch in range(epochs):
        net.train()
        items = fit.stretches()
        for at in range(0, len(items), BATCH):
            inputs, truth = fit.batch(items[at : at + BATCH])
            loss = loss_of(net(*inputs), truth)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            average.add(net)
        best.load_state_dict(average.kept)
        found = figures(best, valid)
        print(epoch, round(time.time() - began), found, flush=True)
        now = found["r"] - found["velocity_mae"] / 20
        if score is None or now > score[0]:
            score, kept = (now, found), {key: value.clone() for key, value in average.kept.items()}
    best.load_state_dict(kept)
    tensors = [tuple(map(torch.tensor, scale)) for scale in (notes, piece)]
    save(best, valid, tensors, args.out / name / "model.onnx")
    parameters = sum(p.numel() for p in best.parameters())
    save_report(args.out / name / "model.onnx", seed=args.seed, epochs=epochs, seconds=round(time.time() - began), parameters=parameters, valid=score[1])


def save(net, valid, scaled, path):
    """Exports with raw inputs, and records four stretches: the start, the middle and the end of pieces."""
    (mean, scale), (piece_mean, piece_scale) = scaled
    back = lambda x, mean, scale: torch.where(scale > 0, x / torch.where(scale > 0, scale, 1.0), x * 0) + mean
    net.eval()
    shown, answers = [], []
    for n, (notes, about, _) in enumerate(valid.pieces[:4]):
        at = [0, 200, (notes.shape[1] - WINDOW) // 2, notes.shape[1] - WINDOW][n]
        cut = notes[None, :, at : at + WINDOW]
        with torch.no_grad():
            answers.append(net(cut, about[None]))
        raw = back(cut[0].T, mean, scale).T * cut[0, -1:]
        raw[-1] = cut[0, -1]
        shown.append((raw[None].contiguous(), back(about, piece_mean, piece_scale)[None]))
    net.fold(*scaled)
    with torch.no_grad():
        apart = max(float((net(*inputs) - answer).abs().max()) for inputs, answer in zip(shown, answers))
    assert apart < 1e-3, f"folded weights answer otherwise: {apart}"
    names = ["notes", "piece"]
    save_onnx(net, shown[0], names, ["velocity"], path)
    save_pairs(path, [{name: x.numpy() for name, x in zip(names, inputs)} for inputs in shown])
