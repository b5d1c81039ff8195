"""Genred on PyTorch's tensors, with derivatives of any order.

    op = Genred("Exp(-G * SqDist(X, Y)) * B",
                ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"],
                reduction_op="Sum", axis=1)
    a = op(g, x, y, b)
    a.sum().backward()

One operator, keopsc::reduce, does everything: it runs a formula, or a derivative
of one, which is a formula again. Its first argument, the text of a Formula as
JSON, says which. torch.compile sees the operator and the shapes of its results;
what derivatives are is said by autograd functions around it.
See docs/python-api.md.
"""

import functools
import json

import torch
from torch import library
from torch.autograd import forward_ad

from keopsc import _binding, _genred

__all__ = [
    "Genred",
    "generic_argkmin",
    "generic_argmin",
    "generic_logsumexp",
    "generic_sum",
]


# A formula is known by its text. What follows from it is a constant, for programs
# that are compiled, too.


@functools.lru_cache(maxsize=1024)
def _formula(text):
    return _binding.Formula(**json.loads(text))


@functools.lru_cache(maxsize=1024)
def _tables(text):
    return _formula(text).describe()


@torch.compiler.assume_constant_result
def _inputs(text):
    """(name, axis, dimension) for each."""
    return _tables(text)[0]


@torch.compiler.assume_constant_result
def _outputs(text):
    """(axis, are they row numbers, shape of one row) for each."""
    return _tables(text)[1]


@torch.compiler.assume_constant_result
def _along(text, output, *variables):
    """The text of the derivative of one output along inputs."""
    fields = json.loads(text)
    gradients = fields["gradients"]
    if gradients:  # each of them has been asked for by name
        gradients[-1] = gradients[-1].split(", ")[output]
    inputs = _inputs(text)
    gradients.append(", ".join(inputs[index][0] for index in variables))
    return json.dumps(fields)


# ----------------------------------------------------------------------------
# The operator
# ----------------------------------------------------------------------------

library.define(
    "keopsc::reduce",
    "(str formula, Tensor[] arrays, Tensor[] ranges, str backend, int device_id)"
    " -> Tensor[]",
)

_DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "int64": torch.int64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def _run(run, arrays, ranges, backend, device_id, out=None):
    """Runs a compiled formula on the memory of tensors."""
    made, copies = [], []
    first = arrays[0] if arrays else torch.empty(0)
    stream = None
    if first.is_cuda:
        stream = torch.cuda.current_stream(first.device).cuda_stream

    def empty(shape, dtype, _):
        made.append(first.new_empty(shape, dtype=_DTYPES[dtype]))
        return _memory(made[-1])

    def copy(index):
        copies.append(arrays[index].contiguous())
        return _memory(copies[-1])

    run(
        tuple(map(_memory, arrays)),
        out,
        tuple(_memory(part.cpu()) for part in ranges) if ranges else None,
        _genred.backend_number(backend),
        _genred.device_number(device_id),
        stream,
        empty,
        copy,
    )
    return made


def _memory(tensor):
    """The one place that knows where tensors are. DLPack would take 10 us for each
    where this takes less than 1."""
    if tensor.is_cpu:
        device = -1
    elif tensor.is_cuda:
        device = tensor.get_device()
    else:
        raise ValueError(
            f"a tensor is on the device '{tensor.device}'; keopsc.torch takes those "
            "on 'cpu' or 'cuda'"
        )
    if tensor.layout is not torch.strided:
        raise ValueError(f"a tensor is {tensor.layout}; use to_dense()")
    if tensor.is_neg():  # its numbers have another sign than those in its memory
        raise ValueError("a tensor has its negative bit set; use resolve_neg()")
    dtype = tensor.dtype
    return _binding.Memory(
        tensor.data_ptr(),
        tensor.shape,
        tensor.stride(),
        _NAMES[dtype] if dtype in _NAMES else str(dtype).removeprefix("torch."),
        device,
    )


@library.impl("keopsc::reduce", "default")
def _reduce(formula, arrays, ranges, backend, device_id):
    return _run(_formula(formula), arrays, ranges, backend, device_id)


@library.register_fake("keopsc::reduce")
def _reduce_fake(formula, arrays, ranges, backend, device_id):
    """The shapes of results. Arguments are checked when there are some."""
    batches, rows = [], {0: 1, 1: 1, 2: 1}
    for array, (_, axis, _) in zip(arrays, _inputs(formula), strict=True):
        if axis:
            rows[axis] = array.shape[-2]
        batches.append(array.shape[:-2] if axis else array.shape[:-1])
    batch = torch.broadcast_shapes(*batches)
    results = []
    for axis, is_index, shape in _outputs(formula):
        own_rows = (rows[axis],) if axis else ()
        dtype = torch.int64 if is_index else arrays[0].dtype
        results.append(arrays[0].new_empty((*batch, *own_rows, *shape), dtype=dtype))
    return results


# ----------------------------------------------------------------------------
# Derivatives
# ----------------------------------------------------------------------------


class _Reduce(torch.autograd.Function):
    """The operator with derivatives of any order, backwards."""

    @staticmethod
    def forward(formula, rest, *arrays):
        return tuple(torch.ops.keopsc.reduce(formula, list(arrays), *rest))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.formula, ctx.rest, *arrays = inputs
        ctx.save_for_backward(*arrays)
        ctx.mark_non_differentiable(
            *[
                output
                for output, (_, is_index, _) in zip(outputs, _outputs(ctx.formula))
                if is_index
            ]
        )

    @staticmethod
    def backward(ctx, *cotangents):
        return None, None, *_backward(_Reduce, ctx, cotangents)

    @staticmethod
    def vmap(info, in_dims, formula, rest, *arrays):
        arrays = _batched(formula, arrays, in_dims[2:], info.batch_size)
        results = _Reduce.apply(formula, rest, *arrays)
        return results, (0,) * len(results)


@library.register_vmap("keopsc::reduce")
def _reduce_vmap(info, in_dims, formula, arrays, *rest):
    """For compiled programs, which see the operator where _Reduce has been."""
    arrays = _batched(formula, arrays, in_dims[1], info.batch_size)
    results = torch.ops.keopsc.reduce(formula, arrays, *rest)
    return results, [0] * len(results)


class _ReduceBothWays(torch.autograd.Function):
    """The same, and forwards, which torch.compile cannot look into."""

    forward = _Reduce.forward

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        _Reduce.setup_context(ctx, inputs, outputs)
        ctx.save_for_forward(*inputs[2:])

    @staticmethod
    def backward(ctx, *cotangents):
        return None, None, *_backward(_ReduceBothWays, ctx, cotangents)

    @staticmethod
    def jvp(ctx, formula, rest, *tangents):
        return tuple(_forward(_ReduceBothWays, ctx, tangents))

    @staticmethod
    def vmap(info, in_dims, formula, rest, *arrays):
        arrays = _batched(formula, arrays, in_dims[2:], info.batch_size)
        results = _ReduceBothWays.apply(formula, rest, *arrays)
        return results, (0,) * len(results)


def _plainly(formula, rest, *arrays):
    return torch.ops.keopsc.reduce(formula, arrays, *rest)


# Whether a function is being mapped or differentiated by torch.func. Nothing
# public says it; if this goes, calls are slower.
_is_transformed = getattr(torch._C, "_are_functorch_transforms_active", lambda: True)


def _has_level():
    return getattr(forward_ad, "_current_level", 0) >= 0


def _function(args):
    """The cheapest way to the operator that has the derivatives which may be
    asked for."""
    if torch.compiler.is_compiling():
        # What is differentiated forwards would get derivatives of zero: it looks
        # at what a function does, and not at its jvp.
        if any(forward_ad.unpack_dual(arg).tangent is not None for arg in args):
            torch._dynamo.graph_break("keopsc: differentiated forwards")
        return _Reduce.apply
    if _is_transformed() or _has_level():
        return _ReduceBothWays.apply
    if torch.is_grad_enabled() and any(arg.requires_grad for arg in args):
        return _ReduceBothWays.apply
    return _plainly


def _backward(reduce, ctx, cotangents):
    """The derivatives along the arrays that want one, all in one sweep for each
    result; None for the others."""
    formula, arrays = ctx.formula, ctx.saved_tensors
    totals = [None] * len(arrays)
    variables = [k for k in range(len(arrays)) if ctx.needs_input_grad[k + 2]]
    if not variables:
        return totals
    for output, (_, is_index, shape) in enumerate(_outputs(formula)):
        if is_index:
            continue
        # To the compiler, K lists of D numbers are K * D numbers.
        seed = cotangents[output]
        seed = seed.flatten(-2) if len(shape) == 2 else seed
        text = _along(formula, output, *variables)
        gradients = reduce.apply(text, ctx.rest, *arrays, seed)
        for index, gradient in zip(variables, gradients):
            # An array that was broadcast has a part in each problem.
            gradient = gradient.sum_to_size(arrays[index].shape)
            known = totals[index]
            totals[index] = gradient if known is None else known + gradient
    return totals


def _forward(reduce, ctx, tangents):
    """How fast the results change: backwards twice. The first derivative is linear
    in its seed, and its derivative along the seed is the transposed one."""
    formula, arrays = ctx.formula, ctx.saved_tensors
    results = [None] * len(_outputs(formula))
    for output, (_, is_index, shape) in enumerate(_outputs(formula)):
        for index, tangent in enumerate(tangents):
            if tangent is None or is_index:
                continue
            once = _along(formula, output, index)
            _, axis, dim = _inputs(once)[-1]
            rows = (_rows(formula, arrays, axis),) if axis else ()
            seed = arrays[0].new_zeros((*rows, dim))
            text = _along(once, 0, len(arrays))
            (change,) = reduce.apply(text, ctx.rest, *arrays, seed, tangent)
            if len(shape) == 2:
                change = change.unflatten(-1, shape)
            known = results[output]
            results[output] = change if known is None else known + change
    return results


def _rows(formula, arrays, axis):
    for array, (_, own, _) in zip(arrays, _inputs(formula)):
        if own == axis:
            return array.shape[-2]
    return 1


def _batched(formula, arrays, in_dims, size):
    """Arrays with one dimension more in front of all others of the batch, where
    they have been mapped over."""
    own = [
        array.dim() - (2 if axis else 1) - (0 if dim is None else 1)
        for array, (_, axis, _), dim in zip(arrays, _inputs(formula), in_dims)
    ]
    result = []
    for array, dim, dims in zip(arrays, in_dims, own):
        if dim is not None:
            array = array.movedim(dim, 0)
            missing = (1,) * (max(own) - dims)
            array = array.reshape(size, *missing, *array.shape[1:])
        result.append(array)
    return result


# ----------------------------------------------------------------------------
# For users
# ----------------------------------------------------------------------------


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
            ranges: which pairs there are, as six tensors of integers.
            out: memory for the result, or a tuple of two for reductions that
                have two results. Cannot be differentiated.
        """
        for index, tensor in enumerate(args):
            if not isinstance(tensor, torch.Tensor):
                raise TypeError(
                    f"argument {index + 1}: expected a tensor, got "
                    f"{type(tensor).__name__}"
                )
        if out is not None:
            return self._write(args, backend, device_id, ranges, out)
        rest = (_ranges(ranges), backend, device_id)
        results = _function(args)(self._text, rest, *args)
        return results[0] if len(results) == 1 else tuple(results)

    def _write(self, args, backend, device_id, ranges, out):
        if torch.is_grad_enabled() and any(arg.requires_grad for arg in args):
            raise ValueError(
                "out: what is written there has no derivative, but an argument "
                "requires one; use torch.no_grad() or leave out away"
            )
        memory = tuple(map(_memory, out)) if isinstance(out, tuple) else _memory(out)
        _run(self._compiled, args, _ranges(ranges), backend, device_id, memory)
        return out


def _ranges(ranges):
    """As a list of tensors; none if there are no ranges."""
    if ranges is None:
        return []
    if not isinstance(ranges, tuple) or not all(map(torch.is_tensor, ranges)):
        raise TypeError("ranges: expected a tuple of six tensors")
    return list(ranges)


generic_sum, generic_logsumexp, generic_argmin, generic_argkmin = _genred.make_helpers(
    Genred
)
