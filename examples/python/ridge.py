"""Kernel ridge regression: solves (K + alpha) b = f by conjugate gradients, where
K is the table of exp(-|x_i - x_j|^2 / s^2), which is never stored."""

import numpy as np

from keopsc.numpy import generic_sum

random = np.random.default_rng(0)
N, noise, alpha = 5000, 0.1, 0.5
x = np.sort(random.uniform(0, 1, (N, 1)), axis=0)


def curve(x):
    return x + 0.5 * np.sin(6 * x) + 0.1 * np.sin(20 * x)


f = curve(x) + noise * random.normal(size=(N, 1))

g = np.array([1 / 0.1**2])
kernel = generic_sum(
    "Exp(-g * SqDist(x, y)) * b",
    "a = Vi(1)",
    "x = Vi(1)",
    "y = Vj(1)",
    "b = Vj(1)",
    "g = Pm(1)",
)


def solve(apply, f, tolerance=1e-6):
    """Conjugate gradients for a symmetric, positive operator."""
    b = np.zeros_like(f)
    residual = f.copy()
    direction = residual
    norm = (residual**2).sum()
    steps = 0
    while np.sqrt(norm) > tolerance * np.sqrt((f**2).sum()):
        image = apply(direction)
        length = norm / (direction * image).sum()
        b += length * direction
        residual -= length * image
        before, norm = norm, (residual**2).sum()
        direction = residual + norm / before * direction
        steps += 1
    return b, steps


b, steps = solve(lambda b: kernel(x, x, b, g) + alpha * b, f)
fit = kernel(x, x, b, g)
print("converged:", steps < 500)
print(f"distance to the curve: {np.sqrt(((fit - curve(x)) ** 2).mean()):.2f}")
