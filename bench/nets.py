"""The work of bench/nets.cpp in PyTorch: one process, one thread.

Prints a line a figure: name, seconds of a forward and a backward pass.
"""

import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("no comparison: this Python has no torch")

BATCH, INPUTS, OUTPUTS, STEPS = 32, 64, 10, 32


class Recurrent(nn.Module):
    def __init__(self, cell, hidden):
        super().__init__()
        self.cell = cell(INPUTS, hidden)
        self.readout = nn.Linear(hidden, OUTPUTS)

    def forward(self, x):
        return self.readout(self.cell(x)[0])


def mlp(hidden):
    return nn.Sequential(
        nn.Linear(INPUTS, hidden),
        nn.Tanh(),
        nn.Linear(hidden, hidden),
        nn.Tanh(),
        nn.Linear(hidden, OUTPUTS),
    )


def timed(model, x, labels):
    loss = nn.CrossEntropyLoss()

    def step():
        model.zero_grad(set_to_none=True)
        loss(model(x).reshape(-1, OUTPUTS), labels).backward()

    best, spent = float("inf"), 0.0
    step()
    while spent < 1.0:
        start = time.process_time()
        step()
        elapsed = time.process_time() - start
        best, spent = min(best, elapsed), spent + elapsed
    return best


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for hidden in (64, 128, 256, 512):
        x = torch.randn(BATCH, INPUTS)
        labels = torch.randint(OUTPUTS, (BATCH,))
        print(f"mlp_{hidden}", timed(mlp(hidden), x, labels), flush=True)
        x = torch.randn(STEPS, BATCH, INPUTS)
        labels = torch.randint(OUTPUTS, (STEPS * BATCH,))
        for name, cell in (("elman", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
            print(f"{name}_{hidden}", timed(Recurrent(cell, hidden), x, labels), flush=True)
