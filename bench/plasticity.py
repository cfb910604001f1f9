"""The work of bench/plasticity.cpp as a plain NumPy program: one process, one thread.

Prints a line a figure: name, seconds of one update.
"""

import time

import numpy as np


def abcd_per_synapse(w, pre, post, c):
    w += np.float32(1e-6) * (c[0] * (post * pre) + c[1] * pre + c[2] * post + c[3])


def abcd_shared(w, pre, post, c):
    a, b, c_, d = map(np.float32, (0.5, 0.2, 0.3, 0.1))
    w += np.float32(1e-6) * ((a * post + b) * pre + (c_ * post + d))


def pair_stdp(w, pre, post, c):
    w += np.float32(1e-6) * (post * pre) - np.float32(1e-6) * (post * pre)
    np.clip(w, 0, 1, out=w)


def timed(work, size):
    best = float("inf")
    for _ in range(5):
        passes = max(1, 2_000_000 // size)
        start = time.perf_counter()
        for _ in range(passes):
            work()
        best = min(best, (time.perf_counter() - start) / passes)
    return best


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    for networks, n in ((1, 64), (1, 256), (1, 1000), (256, 64), (16, 2000)):
        w = rng.random((networks, n, n), np.float32)
        c = [rng.random((networks, n, n), np.float32) for _ in range(4)]
        pre = rng.random((networks, 1, n), np.float32)
        post = rng.random((networks, n, 1), np.float32)
        for rule in (abcd_per_synapse, abcd_shared, pair_stdp):
            seconds = timed(lambda: rule(w, pre, post, c), w.size)
            print(f"{rule.__name__}_{networks}x{n}x{n}", seconds, flush=True)
