"""keopsc.compat stands in for pykeops."""

import sys

import numpy as np
import pytest


@pytest.fixture
def installed():
    import keopsc.compat

    before = dict(sys.modules)
    keopsc.compat.install()
    yield keopsc.compat
    for name in set(sys.modules) - set(before):
        if name.split(".")[0] == "pykeops":
            del sys.modules[name]


def test_programs_for_pykeops_run(installed):
    import pykeops
    from pykeops.numpy import Genred, generic_sum

    pykeops.set_verbose(False)
    pykeops.clean_pykeops()
    assert not pykeops.config.gpu_available
    x, y = np.ones((3, 2)), np.zeros((4, 2))
    variables = ["x = Vi(0, 2)", "y = Vj(1, 2)"]
    op = Genred("SqDist(x,y)", variables, reduction_op="Sum", axis=1, dtype="float64")
    np.testing.assert_array_equal(op(x, y), np.full((3, 1), 8.0))
    again = generic_sum("SqDist(x,y)", "a = Vi(1)", *variables)
    np.testing.assert_array_equal(again(x, y), op(x, y))


def test_what_there_is_not_is_an_error(installed):
    with pytest.raises(ImportError, match="keopsc has no LazyTensor: formulas are"):
        from pykeops.numpy import LazyTensor  # noqa: F401
    with pytest.raises(ImportError, match="keopsc has no KernelSolve"):
        installed.numpy.KernelSolve  # noqa: B018
    with pytest.raises(AttributeError, match="keopsc.numpy has no 'Genrad'"):
        installed.numpy.Genrad  # noqa: B018
    with pytest.raises(AttributeError, match="keopsc.compat has no 'test_numpy"):
        installed.test_numpy_bindings()
