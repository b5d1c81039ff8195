"""What a call costs from Python, beside the work: the first, and later ones.

    python bench/calls/calls.py [torch]

The counterpart of main.cpp, with NumPy's arrays or PyTorch's tensors. The cache of
kernels decides what the first call costs: see KEOPSC_CACHE_DIR in
docs/python-api.md.
"""

import importlib
import sys
import time
import timeit

import numpy as np


def milliseconds(action):
    begin = time.perf_counter()
    result = action()
    return result, (time.perf_counter() - begin) * 1e3


def microseconds(action):
    """The least of many means: whatever else runs on the machine adds to it."""
    number, repeat = 100, 2000
    return min(timeit.repeat(action, number=number, repeat=repeat)) / number * 1e6


def main():
    library = "torch" if sys.argv[1:] == ["torch"] else "numpy"
    random = np.random.default_rng(0)
    shapes = [(1,), (10, 3), (10, 3), (10, 2)]
    arrays = [random.normal(size=shape).astype("float32") for shape in shapes]
    if library == "torch":
        import torch

        arrays = [torch.from_numpy(array) for array in arrays]
    ours, importing = milliseconds(lambda: importlib.import_module(f"keopsc.{library}"))
    op = ours.Genred(
        "Exp(-G*SqDist(X,Y))*B",
        ["G=Pm(1)", "X=Vi(3)", "Y=Vj(3)", "B=Vj(2)"],
        "Sum",
        axis=1,
    )
    _, first = milliseconds(lambda: op(*arrays))
    print(f"import, {library} being there: {importing:.1f} ms")
    print(f"first call: {first:.1f} ms")
    print(f"later calls: {microseconds(lambda: op(*arrays)):.2f} us")
    if library == "torch":
        for array in arrays:
            array.requires_grad_()
        total = op(*arrays).sum()
        again = lambda: torch.autograd.grad(total, arrays, retain_graph=True)  # noqa: E731
        print(
            f"with a graph for derivatives: {microseconds(lambda: op(*arrays)):.1f} us"
        )
        print(f"derivatives along all: {microseconds(again):.1f} us")


if __name__ == "__main__":
    main()
