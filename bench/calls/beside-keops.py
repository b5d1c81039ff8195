"""Three formulas by this package or by PyKeOps: import, first call, later calls.

    python bench/calls/beside-keops.py keopsc|pykeops gauss|logsumexp|neighbors

Folders of compiled kernels decide what first calls cost: KEOPSC_CACHE_DIR here,
KEOPS_CACHE_FOLDER there.
"""

import importlib
import statistics
import sys
import time

import numpy as np


def random_array(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def examples():
    x, y, b = (random_array(10000, d) for d in (3, 3, 2))
    yield (
        "gauss",
        ("Exp(-G * SqDist(X, Y)) * B", "Sum", None),
        ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"],
        (np.array([0.5], "float32"), x, y, b),
    )
    yield (
        "logsumexp",
        ("Square(p-a)*Exp(x+y)", "LogSumExp", None),
        ["x = Vi(1)", "y = Vj(1)", "a = Vj(1)", "p = Pm(1)"],
        tuple(
            random_array(*shape) for shape in ((3000, 1), (5000, 1), (5000, 1), (1,))
        ),
    )
    yield (
        "neighbors",
        ("SqDist(x,y)", "ArgKMin", 10),
        ["x = Vi(3)", "y = Vj(3)"],
        (x, y),
    )


def seconds(action):
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def measure(op, arrays):
    first = seconds(lambda: op(*arrays))
    later = statistics.median(seconds(lambda: op(*arrays)) for _ in range(7))
    return f"first call {first:.3f} s, later calls {later * 1e3:.1f} ms"


def main():
    _, package, wanted = sys.argv
    module = f"{package}.numpy"
    importing = seconds(lambda: importlib.import_module(module))
    Genred = importlib.import_module(module).Genred
    for name, (formula, reduction, k), aliases, arrays in examples():
        if name == wanted:
            op = Genred(formula, aliases, reduction, axis=1, opt_arg=k)
            print(f"import {importing:.2f} s, {measure(op, arrays)}")


if __name__ == "__main__":
    main()
