"""Arrays of the host, computed on a GPU, or on one that the emulator plays."""

import numpy as np
import pytest
from dense import CASES, check, dense

from keopsc.numpy import Genred

GAUSS = CASES[0]


@pytest.mark.parametrize("backend", ["GPU", "GPU_1D", "GPU_2D_host"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_is_what_numpy_computes(backend, dtype):
    random = np.random.default_rng(0)
    shapes = [(1,), (2, 37, 3), (41, 3), (2, 41, 2)]
    arrays = [random.normal(size=shape).astype(dtype) for shape in shapes]
    for reduction in ("Sum", "LogSumExp", "Min_ArgMin"):
        op = Genred(GAUSS.formula, GAUSS.aliases, reduction, axis=1)
        result = op(*arrays, backend=backend, device_id=0)
        check(result, dense(GAUSS, reduction, 1, arrays), dtype)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("reduction", ["Sum", "LogSumExp", "Min_ArgMin"])
def test_ranges_leave_pairs_out(reduction, axis):
    random = np.random.default_rng(1)
    shapes = [(1,), (2, 37, 3), (41, 3), (2, 41, 2)]
    arrays = [random.normal(size=shape) for shape in shapes]
    blocks = np.array([[20, 31], [0, 3], [3, 20]])  # rows from 31 on meet nothing
    slices = np.array([2, 2, 3])
    intervals = np.array([[30, 36], [2, 17], [1, 2]])
    keep = np.zeros((37, 41) if axis == 1 else (41, 37), bool)
    keep[20:31, 2:17] = keep[20:31, 30:36] = keep[3:20, 1:2] = True
    half = (blocks, slices, intervals)
    ranges = half + (None,) * 3 if axis == 1 else (None,) * 3 + half
    op = Genred(GAUSS.formula, GAUSS.aliases, reduction, axis=axis)
    result = op(*arrays, ranges=ranges, backend="GPU")
    keep = keep if axis == 1 else keep.T
    check(result, dense(GAUSS, reduction, axis, arrays, None, keep), "float64")


def test_derivatives_are_computed_there_too():
    torch = pytest.importorskip("torch")
    from keopsc.torch import Genred

    op = Genred(GAUSS.formula, GAUSS.aliases, "Sum", axis=1)
    args = [
        torch.rand(shape, dtype=torch.float64).requires_grad_()
        for shape in [(1,), (9, 3), (11, 3), (11, 2)]
    ]
    there = torch.autograd.grad(op(*args, backend="GPU").sin().sum(), args)
    here = torch.autograd.grad(op(*args).sin().sum(), args)
    torch.testing.assert_close(there, here)
