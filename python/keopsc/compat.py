"""For programs that were written for PyKeOps, which change their import:

    import keopsc.compat as pykeops
    op = pykeops.numpy.Genred(...)

or, where others import pykeops as well, begin with

    keopsc.compat.install()

before they do, so that ``from pykeops.numpy import Genred`` finds the one of keopsc.
What there is not, as LazyTensor, is an AttributeError or an ImportError.
"""

import importlib
import importlib.util
import sys
import types

import keopsc
from keopsc import numpy

__version__ = keopsc.__version__
config = types.SimpleNamespace(gpu_available=False)
default_device_id = 0
verbose = False


def set_verbose(value):
    """Nothing is said while a formula is compiled, whatever the value."""


def clean_pykeops(recompile_jit_binaries=True):
    """There is nothing to clean: kernels are found by all that they depend on."""


def __getattr__(name):
    if name == "torch":  # which takes seconds to import, and may not be there
        return importlib.import_module("keopsc.torch")
    raise AttributeError(f"keopsc.compat has no {name!r}")


def install():
    """Lets ``import pykeops`` find this module."""
    sys.modules["pykeops"] = sys.modules[__name__]
    sys.modules["pykeops.config"] = config
    sys.modules["pykeops.numpy"] = numpy
    if importlib.util.find_spec("torch"):
        sys.modules["pykeops.torch"] = __getattr__("torch")
