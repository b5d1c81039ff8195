"""Kernel density estimation: how likely is each point of a grid, given a sample?

The sample is drawn from two bells, so that the truth is known.
"""

import numpy as np

from keopsc.numpy import generic_sum

random = np.random.default_rng(0)
N = 20000
centers = np.array([[-1.5, 0.0], [1.5, 0.5]])
sample = centers[random.integers(0, 2, N)] + random.normal(size=(N, 2))

side = np.linspace(-5, 5, 101)
grid = np.stack(np.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 2)

width = N ** (-1 / 6)  # Scott's rule in two dimensions
density = generic_sum(
    "Exp(-SqDist(x, y) * g)", "a = Vi(1)", "x = Vi(2)", "y = Vj(2)", "g = Pm(1)"
)
estimate = density(grid, sample, np.array([0.5 / width**2]))
estimate = estimate[:, 0] / (N * 2 * np.pi * width**2)

distances = ((grid[:, None] - centers) ** 2).sum(-1)
truth = np.exp(-distances / 2).sum(1) / (4 * np.pi)
cell = (side[1] - side[0]) ** 2
print(f"the estimate integrates to {estimate.sum() * cell:.2f}")
print(f"it is wrong by {np.abs(estimate - truth).sum() * cell:.0%} of the mass")
