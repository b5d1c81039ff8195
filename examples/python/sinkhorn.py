"""Optimal transport with entropy by Sinkhorn's loop, and its gradient by PyTorch.

Points in a disk are moved onto points in another one, further right: the gradient
of the cost along the first says where they want to go.
"""

import math

import torch

from keopsc.torch import generic_logsumexp

torch.manual_seed(0)


def disk(count, center):
    angle = 2 * math.pi * torch.rand(count, 1)
    radius = torch.rand(count, 1).sqrt()
    return torch.cat([radius * angle.cos() + center, radius * angle.sin()], 1)


N, blur = 1000, 0.1
x = disk(N, 0.0).requires_grad_()
y = disk(N, 3.0)
eps = torch.tensor([blur**2])
weight = torch.full((N, 1), -math.log(N))

soft_min = generic_logsumexp(
    "b - SqDist(x, y) / (2 * e)",
    "a = Vi(1)",
    "x = Vi(2)",
    "y = Vj(2)",
    "b = Vj(1)",
    "e = Pm(1)",
)


def potential(x, y, other):
    return -eps * soft_min(x, y, weight + other / eps, eps)


with torch.no_grad():
    f, g = torch.zeros(N, 1), torch.zeros(N, 1)
    for _ in range(300):
        f, g = (f + potential(x, y, g)) / 2, (g + potential(y, x, f)) / 2
# At the end, derivatives of the potentials themselves cancel.
cost = potential(x, y, g).mean() + potential(y.detach(), x, f).mean()
(force,) = torch.autograd.grad(potential(x, y, g).mean(), x)
moved = x.detach() - N * force
print(f"cost {cost.item():.1f}, of moving the centers alone {3**2 / 2}")
print(f"center of x {moved[:, 0].mean():.1f}, of y {y[:, 0].mean():.1f}")
