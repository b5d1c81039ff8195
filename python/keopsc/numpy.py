"""Genred on NumPy's arrays, and on those of other libraries, in the memory of the
host or of a GPU.

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


def _empty(shape, dtype, beside):
    """Memory for a result: NumPy's, or that of the library of an argument on a GPU."""
    if beside is None:
        return np.empty(shape, dtype)
    try:
        library = beside.__array_namespace__()
    except AttributeError:
        raise TypeError(
            f"arrays are {type(beside).__module__}.{type(beside).__qualname__}, in the "
            "memory of a GPU, and do not say how to make a new one "
            "(__array_namespace__); pass one as out"
        ) from None
    return library.empty(shape, dtype=getattr(library, dtype), device=beside.device)


def _stream_number(stream):
    """A stream as a number; None is the default stream."""
    if stream is None:
        return None
    if hasattr(stream, "__cuda_stream__"):
        _, stream = stream.__cuda_stream__()
    if not isinstance(stream, int):
        raise TypeError(
            "stream: expected int or an object with __cuda_stream__, got "
            f"{type(stream).__name__}"
        )
    if stream < 0:
        raise ValueError(f"stream is {stream}; expected 0 or more")
    return stream


class Genred(_genred.Genred):
    __doc__ = _genred.Genred.__doc__

    def __call__(
        self,
        *args,
        backend="auto",
        device_id=-1,
        ranges=None,
        out=None,
        stream=None,
    ):
        """The reduced formula.

        Args:
            args: an array for each variable: ``Vi(d)`` takes (..., M, d),
                ``Vj(d)`` takes (..., N, d), ``Pm(d)`` takes (..., d), all
                float32 or all float64. The dots are dimensions of a batch,
                which broadcast. Contiguous arrays are not copied.
            backend: ``"auto"``, ``"CPU"``, ``"GPU"``, ...
            device_id: the number of the GPU; -1 is that of the arrays, or 0.
            ranges: which pairs there are, as six arrays of integers.
            out: memory for the result, or a tuple of two for reductions that
                have two results.
            stream: the CUDA stream to run on, its address or an object with
                ``__cuda_stream__``.
        """
        return self._compiled(
            args,
            out,
            ranges,
            _genred.backend_number(backend),
            _genred.device_number(device_id),
            _stream_number(stream),
            _empty,
            None,
        )


generic_sum, generic_logsumexp, generic_argmin, generic_argkmin = _genred.make_helpers(
    Genred
)
