"""The page on Genred of KeOps, with the import changed: one formula, called on
tensors of PyTorch, by default and with a back end named."""

import torch

from keopsc.torch import Genred

# Note that the parameter gamma is a vector of dimension 1, not a number.
gamma = torch.tensor([0.5])
x = torch.randn(1000, 3)
y = torch.randn(2000, 3)
b = torch.randn(2000, 2)

gaussian_conv = Genred(
    "Exp(-G * SqDist(X,Y)) * B",
    ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"],
    reduction_op="Sum",
    axis=1,
)

a = gaussian_conv(gamma, x, y, b)
assert a.shape == (1000, 2)

a_cpu = gaussian_conv(gamma, x, y, b, backend="CPU")
assert torch.equal(a, a_cpu)

dense = torch.exp(-gamma * torch.cdist(x, y) ** 2) @ b
print("relative error:", f"{((a - dense).norm() / dense.norm()).item():.0e}")
