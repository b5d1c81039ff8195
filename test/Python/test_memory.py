"""Memory does not grow with calls, nor with formulas that are gone."""

import gc
import os

import numpy as np
import pytest

from keopsc.numpy import Genred

PAGE = os.sysconf("SC_PAGE_SIZE")
ALIASES = ["x = Vi(3)", "y = Vj(3)", "p = Pm(1)"]


def resident():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * PAGE


def growth(action, before, count):
    for index in range(before):
        action(index)
    start = resident()
    for index in range(before, before + count):
        action(index)
    return resident() - start


def test_memory_does_not_grow_with_calls():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 8, 16, 3))
    p = np.ones((8, 1))
    op = Genred("Exp(-p * SqDist(x, y))", ALIASES, "Min_ArgMin", axis=1)
    whole = (np.array([[0, 16]]), np.array([1]), np.array([[0, 16]]))
    ranges = whole + (None, None, None)
    strided = x[..., ::-1]  # will be copied

    def call(index):
        op(x, y, p)
        op(strided, y, p, ranges=ranges)
        with pytest.raises(ValueError):
            op(x, y[:, :, :2], p)

    # Results of a call have 2 KB, 20 MB for all of them; 44 KB have been seen.
    assert growth(call, 1000, 10000) < 1 << 20


def test_memory_does_not_grow_with_formulas():
    x, p = np.ones((4, 3)), np.ones(1)

    def compile(index):
        Genred(f"Exp(-p * SqDist(x, y)) + {index}", ALIASES, "Sum", axis=1)(x, x, p)

    # 256 kernels stay in memory; what is measured is beyond that. Half a page for
    # each would be 1.4 MB; 136 KB in all have been seen.
    assert growth(compile, 300, 700) < 1 << 20


def test_memory_does_not_grow_with_errors_of_formulas():
    x = np.ones((4, 3))

    def fail(index):
        with pytest.raises(ValueError, match="unknown operation"):
            Genred(f"Exq(x - y) + {index}", ALIASES[:2], "Sum", axis=1)(x, x)

    assert growth(fail, 200, 800) < 1 << 20
