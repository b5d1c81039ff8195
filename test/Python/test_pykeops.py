"""PyKeOps's own tests of its Genred for NumPy, where PyKeOps is installed, with
keopsc in its place. Nothing of PyKeOps runs but the tests and their plain loops."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import keopsc.compat

FOLDER = Path(importlib.util.find_spec("pykeops").submodule_search_locations[0])


def load(name, file):
    spec = importlib.util.spec_from_file_location(name, FOLDER / file)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


keopsc.compat.install()
# What the plain loops' file imports, and these tests do not use.
keopsc.compat.numpy.KernelSolve = None
sys.modules["pykeops.numpy.cluster"] = SimpleNamespace(swap_axes=None)
load("pykeops.numpy.utils", "numpy/utils.py")
theirs = load("pykeops_test_numpy", "test/test_numpy.py")


class TestOfPyKeOps(theirs.NumpyUnitTestCase):
    def test_LazyTensor_sum(self):
        with pytest.raises(ImportError, match="keopsc has no LazyTensor"):
            super().test_LazyTensor_sum()


def test_it_was_keopsc():
    from pykeops.numpy import Genred

    assert Genred is keopsc.numpy.Genred
