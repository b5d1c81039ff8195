"""Genred on NumPy's arrays, and on all else in the memory of the host.

    op = Genred("Exp(-G * SqDist(X, Y)) * B",
                ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"],
                reduction_op="Sum", axis=1)
    a = op(g, x, y, b)

See docs/python-api.md.
"""

import numpy as np

from keopsc import _genred

__all__ = [
    "Genred",
    "generic_argkmin",
    "generic_argmin",
    "generic_logsumexp",
    "generic_sum",
]


class Genred(_genred.Genred):
    __doc__ = _genred.Genred.__doc__

    def __call__(self, *args, backend="auto", device_id=-1, ranges=None, out=None):
        """The reduced formula.

        Args:
            args: an array for each variable: ``Vi(d)`` takes (..., M, d),
                ``Vj(d)`` takes (..., N, d), ``Pm(d)`` takes (..., d), all
                float32 or all float64. The dots are dimensions of a batch,
                which broadcast. Contiguous arrays are not copied.
            backend: ``"auto"``, ``"CPU"``, ``"GPU"``, ...
            device_id: the number of the GPU.
            ranges: which pairs there are, as six arrays of integers.
            out: memory for the result, or a tuple of two for reductions that
                have two results.
        """
        number = _genred.backend_number(backend)
        return self._for(number)(
            args,
            out,
            ranges,
            number,
            _genred.device_number(device_id),
            np.empty,
        )


generic_sum, generic_logsumexp, generic_argmin, generic_argkmin = _genred.make_helpers(
    Genred
)
