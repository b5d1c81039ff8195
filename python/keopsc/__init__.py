"""Formulas over all pairs of rows of two tables, compiled to native code.

    from keopsc.numpy import Genred
    op = Genred("Exp(-SqDist(x, y))", ["x = Vi(3)", "y = Vj(3)"], "Sum", axis=1)
    a = op(x, y)

See docs/python-api.md.
"""

from keopsc._binding import version as _version
from keopsc._errors import FormulaError

__version__ = _version()
__all__ = ["FormulaError", "__version__"]
