"""What a call costs from Python, beside the work: the first, and later ones.

    python bench/calls/calls.py

The counterpart of main.cpp. The cache of kernels decides what the first call
costs: see KEOPSC_CACHE_DIR in docs/python-api.md.
"""

import time
import timeit

import numpy as np


def milliseconds(action):
    begin = time.perf_counter()
    result = action()
    return result, (time.perf_counter() - begin) * 1e3


def import_genred():
    from keopsc.numpy import Genred

    return Genred


def main():
    random = np.random.default_rng(0)
    shapes = [(1,), (10, 3), (10, 3), (10, 2)]
    arrays = [random.normal(size=shape).astype("float32") for shape in shapes]
    Genred, importing = milliseconds(import_genred)
    op = Genred(
        "Exp(-G*SqDist(X,Y))*B",
        ["G=Pm(1)", "X=Vi(3)", "Y=Vj(3)", "B=Vj(2)"],
        "Sum",
        axis=1,
    )
    _, first = milliseconds(lambda: op(*arrays))
    times = timeit.repeat(lambda: op(*arrays), number=10000, repeat=20)
    print(f"import, NumPy being there: {importing:.1f} ms")
    print(f"first call: {first:.1f} ms")
    print(f"later calls: {min(times) / 10000 * 1e6:.2f} us, the least of 20 means")


if __name__ == "__main__":
    main()
