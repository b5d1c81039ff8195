"""A sum of Gaussians: a_i = sum over j of exp(-g |x_i - y_j|^2) b_j."""

import numpy as np

from keopsc.numpy import Genred

random = np.random.default_rng(0)
g = np.array([0.5], dtype="float32")
x = random.normal(size=(1000, 3)).astype("float32")
y = random.normal(size=(2000, 3)).astype("float32")
b = random.normal(size=(2000, 2)).astype("float32")

gauss = Genred(
    "Exp(-G * SqDist(X, Y)) * B",
    ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"],
    reduction_op="Sum",
    axis=1,
)
a = gauss(g, x, y, b)

# The same by NumPy, with a table of two million numbers.
table = np.exp(-g * ((x[:, None] - y[None]) ** 2).sum(-1))
print(f"a is {a.shape[0]} x {a.shape[1]}, {a.dtype}")
print("NumPy agrees:", np.allclose(a, table @ b, rtol=1e-4, atol=1e-4))
