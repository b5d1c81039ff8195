"""Genred on PyTorch's tensors, with derivatives of any order.

    op = Genred("Exp(-G * SqDist(X, Y)) * B",
                ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"],
                reduction_op="Sum", axis=1)
    a = op(g, x, y, b)
    a.sum().backward()

One operator, keopsc::reduce, does everything: it runs a formula, or a derivative
of one, which is a formula again. Its first argument, the text of a Formula as
JSON, says which (_torch_formulas.py). torch.compile sees the operator and the
shapes of its results (_torch_operator.py); what derivatives are is said by
autograd functions around it (_torch_derivatives.py). See docs/python-api.md.
"""

import json

import torch

from keopsc import _genred
from keopsc._torch_derivatives import PLAIN, function_for
from keopsc._torch_operator import memory_of, run_on

__all__ = [
    "Genred",
    "generic_argkmin",
    "generic_argmin",
    "generic_logsumexp",
    "generic_sum",
]


class Genred(_genred.Genred):
    __doc__ = _genred.Genred.__doc__

    def _prepare(self):
        super()._prepare()
        self._text = json.dumps(self._source())

    def __call__(self, *args, backend="auto", device_id=-1, ranges=None, out=None):
        """The reduced formula, as a function that can be differentiated.

        Args:
            args: a tensor for each variable: ``Vi(d)`` takes (..., M, d),
                ``Vj(d)`` takes (..., N, d), ``Pm(d)`` takes (..., d), all
                float32 or all float64. The dots are dimensions of a batch,
                which broadcast. Contiguous tensors are not copied.
            backend: ``"auto"``, ``"CPU"``, ``"GPU"``, ...
            device_id: the number of the GPU.
            ranges: which pairs there are, as six tensors of integers; three of
                them may be None.
            out: memory for the result, or a tuple of two for reductions that
                have two results. Cannot be differentiated.
        """
        if not PLAIN.issuperset(map(type, args)):
            _check_tensors(args)
        if out is not None:
            return self._write(args, backend, device_id, ranges, out)
        rest = (_ranges(ranges), backend, device_id)
        results = function_for(args)(self._text, rest, *args)
        return results[0] if len(results) == 1 else tuple(results)

    def _write(self, args, backend, device_id, ranges, out):
        if torch.is_grad_enabled() and any(arg.requires_grad for arg in args):
            raise ValueError(
                "out: what is written there has no derivative, but an argument "
                "requires one; use torch.no_grad() or leave out away"
            )
        memory = (
            tuple(map(memory_of, out)) if isinstance(out, tuple) else memory_of(out)
        )
        run_on(self._compiled, args, _ranges(ranges), backend, device_id, out=memory)
        return out


def _check_tensors(args):
    for index, tensor in enumerate(args):
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(
                f"argument {index + 1}: expected a tensor, got {type(tensor).__name__}"
            )


def _ranges(ranges):
    """As a list of tensors; none if there are no ranges."""
    if ranges is None:
        return []
    if not isinstance(ranges, tuple) or not all(
        part is None or torch.is_tensor(part) for part in ranges
    ):
        raise TypeError("ranges: expected a tuple of six tensors")
    return list(ranges)


generic_sum, generic_logsumexp, generic_argmin, generic_argkmin = _genred.make_helpers(
    Genred
)
