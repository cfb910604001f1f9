"""The work of bench/covariance.cpp in pycma: one process, one thread.

Prints a line a figure: name, seconds an evaluation.
"""

import os

for name in ("OMP", "OPENBLAS", "MKL"):
    os.environ[name + "_NUM_THREADS"] = "1"

import time
import warnings

warnings.filterwarnings("ignore")

import cma
import numpy as np

# Generations at a time: some of pycma's lazy decompositions.
CASES = [("cma_100", 100, False, 100), ("cma_1000", 1000, False, 28), ("sep_1000", 1000, True, 50)]


def seconds_an_evaluation(dimension, is_diagonal, num_generations):
    options = {"verbose": -9, "seed": 1, "CMA_diagonal": is_diagonal}
    strategy = cma.CMAEvolutionStrategy(np.zeros(dimension), 1.0, options)
    rng = np.random.default_rng(2)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(num_generations):
            genomes = strategy.ask()
            strategy.tell(genomes, list(rng.random(len(genomes))))
        best = min(best, time.perf_counter() - start)
    return best / (num_generations * strategy.popsize)


if __name__ == "__main__":
    for name, *case in CASES:
        print(name, seconds_an_evaluation(*case), flush=True)
