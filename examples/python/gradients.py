"""Derivatives by PyTorch: of a sum of Gaussians, twice, and in a compiled program."""

import torch

from keopsc.torch import Genred

torch.manual_seed(0)
x = torch.rand(1000, 3, requires_grad=True)
y = torch.rand(2000, 3)
b = torch.rand(2000, 1)

density = Genred(
    "Exp(-SqDist(x, y)) * b", ["x = Vi(3)", "y = Vj(3)", "b = Vj(1)"], "Sum", axis=1
)
a = density(x, y, b)
(slope,) = torch.autograd.grad(a.sum(), x, create_graph=True)
(slope**2).sum().backward()
print("of second order:", tuple(x.grad.shape))

each = torch.vmap(lambda scale: density(x.detach(), y, scale * b))
print("mapped over scales:", tuple(each(torch.tensor([1.0, 2.0, 3.0])).shape))


# The same by PyTorch alone, with a table of two million numbers.
def dense(x):
    return torch.exp(-(torch.cdist(x, y) ** 2)) @ b


points = x.detach().requires_grad_()
(expected,) = torch.autograd.grad(dense(points).sum(), points)
print("PyTorch agrees:", torch.allclose(slope, expected, rtol=1e-3, atol=1e-2))
