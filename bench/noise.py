"""The work of bench/noise.cpp as a plain NumPy program: one process, one thread.

Prints a line a figure: name, seconds.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[name + "_NUM_THREADS"] = "1"

import time

import numpy as np

MEMBERS = 64


class Gaussian:
    def __init__(self, rng):
        self.rng = rng

    def draw(self, shape):
        return self.rng.standard_normal(shape, np.float32)


class Rademacher:
    def __init__(self, rng):
        self.rng = rng

    def draw(self, shape):
        # A bit each, the cheapest way NumPy has.
        count = int(np.prod(shape))
        bits = np.unpackbits(np.frombuffer(self.rng.bytes((count + 7) // 8), np.uint8), count=count)
        return (np.float32(1) - np.float32(2) * bits).reshape(shape)


def fill(noise, theta, weights):
    return noise.draw(theta.shape)


def perturb(noise, theta, weights):
    return theta + np.float32(0.1) * noise.draw(theta.shape)


def add_weighted(noise, theta, weights):
    return weights @ noise.draw((MEMBERS, theta.size))


def timed(work, repeats=5):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    for size in (4610, 1_000_000):
        theta = np.ones(size, np.float32)
        weights = np.full(MEMBERS, 0.01, np.float32)
        for kind in (Gaussian, Rademacher):
            # SFC64 is the fastest of NumPy's generators.
            noise = kind(np.random.Generator(np.random.SFC64(0)))
            for work in (fill, perturb, add_weighted):
                seconds = timed(lambda: work(noise, theta, weights))
                print(f"{kind.__name__}_{work.__name__}_{size}", seconds, flush=True)
