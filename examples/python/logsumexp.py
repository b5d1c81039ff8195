"""The page on LogSumExp of KeOps, with the import changed:

    c_i = log sum over j of exp((p - a_j)^2 exp(x_i + y_j))

and its derivative along y, both beside the same without the log-sum-exp, which is
right only while its exponentials do not overflow. Plots are shown if matplotlib is
installed: python logsumexp.py plot.png
"""

import sys
import time

import torch
from torch.autograd import grad

from keopsc.torch import Genred

M, N = 3000, 5000
torch.manual_seed(0)
dtype = "float32"  # or "float64"
torchtype = torch.float32 if dtype == "float32" else torch.float64

x = torch.rand(M, 1, dtype=torchtype)
y = torch.rand(N, 1, dtype=torchtype, requires_grad=True)
a = torch.rand(N, 1, dtype=torchtype)
p = torch.rand(1, dtype=torchtype)

formula = "Square(p-a)*Exp(x+y)"
variables = ["x = Vi(1)", "y = Vj(1)", "a = Vj(1)", "p = Pm(1)"]


def relative_error(this, that):
    return f"{((this - that).norm() / that.norm()).item():.0e}"


def timed(action):
    start = time.time()
    result = action()
    return result, f"{time.time() - start:.5f} s"


my_routine = Genred(formula, variables, reduction_op="LogSumExp", axis=1)
c, seconds = timed(lambda: my_routine(x, y, a, p, backend="CPU"))
print("time of the log-sum-exp:", seconds)

my_routine2 = Genred(
    "Exp(" + formula + ")", variables, reduction_op="Sum", axis=1, dtype=dtype
)
c2 = torch.log(my_routine2(x, y, a, p, backend="CPU"))
print("relative error of the naive way:", relative_error(c2, c))

e = torch.rand_like(c)
(g,), seconds = timed(lambda: grad(c, y, e))
print("time of its gradient:", seconds)
(g2,) = grad(c2, y, e)
print("relative error of the naive way:", relative_error(g2, g))

if torch.cuda.is_available():
    on_gpu = [tensor.cuda() for tensor in (x, y, a, p)]
    try:
        c3, seconds = timed(lambda: my_routine(*on_gpu, backend="GPU"))
        print("time on the GPU:", seconds, "error:", relative_error(c3.cpu(), c))
    except ValueError as error:
        print("on the GPU:", error)

try:
    from matplotlib import pyplot as plt
except ImportError:
    print("no plots: matplotlib is not installed")
else:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3))
    for axis, stable, naive in ((axes[0], c, c2), (axes[1], g, g2)):
        axis.plot(stable.detach().numpy()[:40], "-", label="log-sum-exp")
        axis.plot(naive.detach().numpy()[:40], "--", label="naive")
        axis.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(sys.argv[1]) if len(sys.argv) > 1 else plt.show()
