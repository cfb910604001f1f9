"""The work of bench/esn_population.cpp as a plain NumPy program: one process, one thread. As there,
networks are drawn and scaled before the clock starts.

Prints a line a figure: name, seconds.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import time

import numpy as np
import scipy.linalg
import scipy.sparse

NETWORKS, UNITS, STEPS, TRAIN, WASHOUT = 64, 200, 5000, 4000, 100


def signal(num_steps):
    t = np.arange(num_steps)
    return np.sin(0.2 * t) * np.sin(0.0311 * t)


def network(units, density, seed):
    rng = np.random.default_rng(seed)
    if density < 1:
        w = scipy.sparse.random(units, units, density, "csr", random_state=seed, data_rvs=rng.standard_normal)
    else:
        w = rng.standard_normal((units, units))
    return w * (0.9 / np.sqrt(units * density)), rng.uniform(-1, 1, units), rng.uniform(-0.1, 0.1, units)


def states(w, w_in, bias, leak, u):
    x = np.zeros(len(bias))
    history = np.empty((len(u), len(bias)))
    for t, value in enumerate(u):
        x = (1 - leak) * x + leak * np.tanh(w @ x + w_in * value + bias)
        history[t] = x
    return history


def population(density):
    networks = []
    for i in range(NETWORKS):
        rng = np.random.default_rng(1000 + i)
        radius, leak, scale = rng.uniform(0.5, 1.4), rng.uniform(0.1, 1.0), rng.uniform(0.2, 1.5)
        w, w_in, bias = network(UNITS, density, i)
        networks.append((w * radius, w_in * scale, bias, leak))
    return networks


def sweep(networks):
    u = signal(STEPS + 1)
    errors = []
    for w, w_in, bias, leak in networks:
        s = states(w, w_in, bias, leak, u[:-1])
        fit = s[WASHOUT:TRAIN]
        gram = fit.T @ fit + 1e-6 * np.eye(UNITS)
        w_out = scipy.linalg.solve(gram, fit.T @ u[WASHOUT + 1 : TRAIN + 1], assume_a="pos")
        errors.append(np.sqrt(np.mean((s[TRAIN:] @ w_out - u[TRAIN + 1 :]) ** 2)))
    return min(errors)


def gemv(w, x):
    for _ in range(2000):
        w @ x


def timed(name, work, repeats):
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(name, best, flush=True)


if __name__ == "__main__":
    for name, density in (("sparse", 0.1), ("dense", 1.0)):
        networks = population(density)
        timed("sweep_" + name, lambda: sweep(networks), 2)
    u = signal(2000)
    for name, density in (("sparse", 0.1), ("dense", 1.0)):
        one = network(1000, density, 0)
        timed("single_" + name, lambda: states(*one, 0.3, u), 2)
    w, x = np.random.default_rng(0).standard_normal((1000, 1000)), np.ones(1000)
    timed("gemv", lambda: gemv(w, x), 3)
