"""The work of bench/control.cpp as a plain NumPy program: one process, one thread.

Prints a line a figure: name, seconds.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[name + "_NUM_THREADS"] = "1"

import time

import numpy as np

MEMBERS, UNITS, STEPS, RATE, SIGMA = 1024, 64, 200, 0.05, 0.1
SHAPES = [(4, UNITS), (UNITS,), (UNITS, UNITS), (UNITS,), (UNITS, 2), (2,)]
SIZE = sum(int(np.prod(shape)) for shape in SHAPES)


def returns_of(genomes, rng):
    """CartPole whose pole may lean as it likes: all episodes have all steps."""
    parts, at = [], 0
    for shape in SHAPES:
        size = int(np.prod(shape))
        parts.append(genomes[:, at : at + size].reshape(MEMBERS, -1, shape[-1]))
        at += size
    w1, b1, w2, b2, w3, b3 = parts
    state = rng.uniform(-0.05, 0.05, (4, MEMBERS)).astype(np.float32)
    total = np.zeros(MEMBERS)
    for _ in range(STEPS):
        seen = state.T[:, None, :]
        hidden = np.tanh(seen @ w1 + b1)
        hidden = np.tanh(hidden @ w2 + b2)
        outputs = (hidden @ w3 + b3)[:, 0]
        force = np.where(outputs[:, 1] > outputs[:, 0], np.float32(10), np.float32(-10))
        x, v, angle, turn = state
        cosine, sine = np.cos(angle), np.sin(angle)
        thrust = (force + 0.05 * turn**2 * sine) / 1.1
        angular = (9.8 * sine - cosine * thrust) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
        linear = thrust - 0.05 * angular * cosine / 1.1
        state = np.stack(
            [x + 0.02 * v, v + 0.02 * linear, angle + 0.02 * turn, turn + 0.02 * angular]
        ).astype(np.float32)
        total += np.abs(angle) < 0.2
    return total


def generation(theta, moments, rng):
    noise = rng.standard_normal((MEMBERS // 2, SIZE), np.float32)
    genomes = np.concatenate([theta + SIGMA * noise, theta - SIGMA * noise])
    returns = returns_of(genomes, rng)
    ranks = np.empty(MEMBERS, np.float32)
    ranks[np.argsort(returns)] = np.linspace(-0.5, 0.5, MEMBERS, dtype=np.float32)
    weights = ranks[: MEMBERS // 2] - ranks[MEMBERS // 2 :]
    gradient = weights @ noise / MEMBERS
    moments[0] = 0.9 * moments[0] + 0.1 * gradient
    moments[1] = 0.999 * moments[1] + 0.001 * gradient**2
    return (theta + RATE * moments[0] / (np.sqrt(moments[1]) + 1e-8)).astype(np.float32)


if __name__ == "__main__":
    # SFC64 is the fastest of NumPy's generators.
    rng = np.random.Generator(np.random.SFC64(0))
    theta, moments = np.zeros(SIZE, np.float32), np.zeros((2, SIZE), np.float32)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        theta = generation(theta, moments, rng)
        best = min(best, time.perf_counter() - start)
    print("generation", best, flush=True)
