"""The model `groove`: strokes on a grid to offsets and velocities, by dilated convolutions over eight bars of 16ths.

    python -m kmidi_training groove

Source of the layers: van den Oord et al. 2016, "WaveNet" (dilation; here not causal, for the score is known). A median is asked of timing (mean absolute error),
of velocity something between median and mean, for both the error and the correlation count.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .common import columns, save_onnx, save_pairs, save_report, seed_all

VOICES, STEPS, WINDOW, MARGIN = 9, 16, 8, 2
LENGTH = WINDOW * STEPS
PIECE, STYLES, WIDTH = 147, 19, 48
EPOCHS, BATCH, RATE = 12, 32, 3e-3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.style = nn.Linear(STYLES, 8, bias=False)
        self.piece = nn.Linear(PIECE, 16)
        self.about = nn.Linear(8 + 16, WIDTH)
        self.strokes = nn.Conv1d(2 * VOICES + 1, WIDTH, 3, padding=1)
        self.place = nn.Parameter(torch.randn(1, WIDTH, STEPS) * 0.1)
        dilations = [1, 2, 4, 8, 16, 32]
        self.norm = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in dilations)
        self.wide = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 3, padding=d, dilation=d) for d in dilations)
        self.mix = nn.ModuleList(nn.Conv1d(WIDTH, WIDTH, 1) for _ in dilations)
        self.out = nn.Conv1d(WIDTH, 2 * VOICES, 1)
        self.drop = nn.Dropout(0.12)

    def forward(self, strokes, piece, style):
        if self.training:
            piece = piece + 0.08 * torch.randn_like(piece)
            unknown = F.one_hot(torch.tensor(STYLES - 1), STYLES).float()
            style = torch.where(torch.rand(len(style), 1) < 0.25, unknown, style)
        about = torch.cat([self.style(style), self.drop(F.relu(self.piece(piece)))], 1)
        x = F.relu(self.strokes(strokes) + torch.cat([self.place] * WINDOW, 2) + self.about(about).unsqueeze(2))
        for norm, wide, mix in zip(self.norm, self.wide, self.mix):
            y = norm(x.transpose(1, 2)).transpose(1, 2)
            x = x + self.drop(mix(F.relu(wide(y))))
        y = self.out(self.drop(x))
        return y[:, :VOICES], y[:, VOICES:]


class Set:
    """Performances of one split, laid out along time, with room for a window on either side."""

    def __init__(self, cols):
        number = cols["performance"].reshape(-1)
        self.bars, self.about, self.starts = [], [], []
        for n in np.unique(number):
            rows = np.flatnonzero(number == n)
            along = lambda name, inner: np.moveaxis(cols[name][rows].reshape(len(rows), -1, STEPS, inner), 2, 1).reshape(len(rows) * STEPS, -1)
            shown = along("strokes", 1)
            room = ((WINDOW * STEPS, 2 * WINDOW * STEPS), (0, 0))
            pad = lambda x: np.pad(x, room).astype(np.float32)
            inside = np.ones((len(shown), 1))
            truth = [along(name, 4) for name in ("offset", "velocity")]
            self.bars.append([pad(np.concatenate([shown, inside], 1)), *map(pad, truth)])
            self.about.append((cols["piece"][rows[0]], cols["style"][rows[0]], cols["step_ms"].reshape(-1)[rows[0]]))
            self.starts += [(len(self.bars) - 1, bar) for bar in range(-MARGIN, len(rows), WINDOW - 2 * MARGIN)]

    def batch(self, items):
        cut = [[x[(bar + WINDOW) * STEPS :][:LENGTH] for x in self.bars[p]] for p, bar in items]
        shown, offset, velocity = (torch.tensor(np.stack(x)) for x in zip(*cut))
        piece, style, ms = (torch.tensor(np.stack(x), dtype=torch.float32) for x in zip(*(self.about[p] for p, _ in items)))
        lay = lambda x: x.reshape(len(items), LENGTH, VOICES, 4).transpose(1, 2)
        return (shown.transpose(1, 2).contiguous(), piece, style), lay(offset), lay(velocity), ms.reshape(-1, 1, 1, 1)


def errors(answer, offset, velocity, ms):
    played = velocity > 0
    late = ((answer[0].unsqueeze(3) - offset).abs() * ms)[played]
    return late, (answer[1].unsqueeze(3) - velocity / 127)[played]


def valid_figures(net, data):
    net.eval()
    late, loud, truth = [], [], []
    core = slice(MARGIN * STEPS, -MARGIN * STEPS)
    with torch.no_grad():
        for at in range(0, len(data.starts), 128):
            inputs, offset, velocity, ms = data.batch(data.starts[at : at + 128])
            answer = [x[:, :, core] for x in net(*inputs)]
            one, two = errors(answer, offset[:, :, core], velocity[:, :, core], ms)
            late.append(one)
            loud.append(two)
            truth.append(velocity[:, :, core][velocity[:, :, core] > 0] / 127)
    late, loud, truth = map(torch.cat, (late, loud, truth))
    r = np.corrcoef((truth + loud).numpy(), truth.numpy())[0, 1]
    return {"timing_mae_ms": float(late.mean()), "velocity_mae": float(loud.abs().mean() * 127), "r": float(r)}


def train(args):
    seed_all(args.seed)
    torch.set_num_threads(1)
    load = lambda split: Set(columns(args, "groove", args.data / "groove" / f"gmd.{split}.jsonl.gz", split))
    fit, valid = load("train"), load("valid")
    starts = fit.starts[:64] if args.smoke else fit.starts
    epochs = 1 if args.smoke else EPOCHS
    net = Net()
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * (len(starts) // BATCH) + 1, pct_start=0.1)
    began, best, kept = time.time(), None, None
    for epoch in range(epochs):
        net.train()
        order = np.random.permutation(len(starts))
        for at in range(0, len(order) - BATCH + 1, BATCH):
            items = [(starts[k][0], starts[k][1] + np.random.randint(-2, 3)) for k in order[at : at + BATCH]]
            inputs, offset, velocity, ms = fit.batch(items)
            late, loud = errors(net(*inputs), offset, velocity, ms)
            loss = late.mean() / 25 + 4 * loud.abs().mean() + 5 * (loud**2).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        figures = valid_figures(net, valid)
        score = figures["timing_mae_ms"] / 20 + figures["velocity_mae"] / 20 - figures["r"]
        print(epoch, round(time.time() - began), figures, flush=True)
        if best is None or score < best[0]:
            best, kept = (score, figures), {k: v.clone() for k, v in net.state_dict().items()}
    net.load_state_dict(kept)
    net.eval()
    path = args.out / "groove" / "model.onnx"
    names = ["strokes", "piece", "style"]
    shown = [valid.batch([start])[0] for start in valid.starts[:: max(1, len(valid.starts) // 4)][:4]]
    save_onnx(net, shown[0], names, ["offset", "velocity"], path)
    save_pairs(path, [{name: x.numpy() for name, x in zip(names, inputs)} for inputs in shown])
    save_report(path, seed=args.seed, epochs=epochs, seconds=round(time.time() - began), parameters=sum(p.numel() for p in net.parameters()), valid=best[1])
