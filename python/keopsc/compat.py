"""For programs that were written for PyKeOps, which change their import:

    import keopsc.compat as pykeops
    op = pykeops.numpy.Genred(...)

or, where others import pykeops as well, begin with

    keopsc.compat.install()

before they do, so that ``from pykeops.numpy import Genred`` finds the one of keopsc.
What there is not, as LazyTensor, is an ImportError that says so.
"""

import importlib
import importlib.util
import sys
import types

import keopsc
from keopsc import numpy as _numpy

__version__ = keopsc.__version__
default_device_id = 0
verbose = False

config = types.ModuleType("pykeops.config")
config.gpu_available = False

# What pykeops.numpy and pykeops.torch have beside Genred and generic_sum, ...
_MISSING = {
    "ComplexLazyTensor",
    "KernelSolve",
    "LazyTensor",
    "Pm",
    "Vi",
    "Vj",
    "cluster",
}


def set_verbose(value):
    """Nothing is said while a formula is compiled, whatever the value."""


def clean_pykeops(recompile_jit_binaries=True):
    """There is nothing to clean: kernels are found by all that they depend on."""


def _stand_in(module):
    """A module of keopsc as PyKeOps has it. It says what there is not."""
    short = module.__name__.split(".")[-1]
    result = types.ModuleType(f"pykeops.{short}", module.__doc__)
    result.__dict__.update({name: getattr(module, name) for name in module.__all__})

    def missing(name):
        if name in _MISSING:
            raise ImportError(
                f"keopsc has no {name}: formulas are text, which {module.__name__}."
                "Genred takes; see docs/coming-from-keops.md"
            )
        raise AttributeError(f"{module.__name__} has no {name!r}")

    result.__getattr__ = missing
    return result


numpy = _stand_in(_numpy)


def __getattr__(name):
    if name == "torch":  # which takes seconds to import, and may not be there
        globals()[name] = _stand_in(importlib.import_module("keopsc.torch"))
        return globals()[name]
    raise AttributeError(f"keopsc.compat has no {name!r}")


def install():
    """Lets ``import pykeops`` find this module."""
    this = sys.modules[__name__]
    sys.modules["pykeops"] = this
    sys.modules["pykeops.config"] = config
    sys.modules["pykeops.numpy"] = numpy
    if importlib.util.find_spec("torch"):
        sys.modules["pykeops.torch"] = this.torch
