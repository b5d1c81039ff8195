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


# A formula is known by its text. What follows from it is looked up, and is a constant
# for programs that are compiled.


@functools.lru_cache(maxsize=1024)
def _formula(text):
    return _binding.Formula(**json.loads(text))


@functools.lru_cache(maxsize=1024)
def _tables(text):
    return _formula(text).describe()


@functools.lru_cache(maxsize=1024)
def _gradient(text, output, variables, takes_result):
    fields = json.loads(text)
    gradients = fields["gradients"]
    if gradients:  # each of them has been asked for by name
        gradients[-1] = gradients[-1].split(", ")[output]
    else:
        fields["takes_result"] = takes_result
    inputs, _ = _tables(text)
    gradients.append(", ".join(inputs[index][0] for index in variables))
    return json.dumps(fields)


@functools.lru_cache(maxsize=1024)
def _gradient_takes_result(text):
    inputs, outputs = _tables(text)
    is_gradient, is_index = json.loads(text)["gradients"], outputs[0][1]
    if is_gradient or is_index or len(outputs) > 1:
        return False
    along_first, _ = _tables(_gradient(text, 0, (0,), True))
    return len(along_first) == len(inputs) + 2


def _constant(function):
    """torch.compiler.assume_constant_result, without its import of the compiler,
    which takes seconds."""
    function._dynamo_marked_constant = True
    return function


@_constant
def _inputs(text):
    """(name, axis, dimension) for each."""
    return _tables(text)[0]


@_constant
def _outputs(text):
    """(axis, are they row numbers, shape of one row) for each."""
    return _tables(text)[1]


@_constant
def _along(text, output, *variables, takes_result=False):
    """The text of the derivative of one output along inputs. It takes the seed as
    one more input and, if it may and that saves a sweep, the output."""
    return _gradient(text, output, variables, takes_result)


@_constant
def _takes_result(text):
    """Do derivatives take the output?"""
    return _gradient_takes_result(text)


# ----------------------------------------------------------------------------
# The operator
# ----------------------------------------------------------------------------

library.define(
    "keopsc::reduce",
    "(str formula, Tensor[] arrays, Tensor?[] ranges, str backend, int device_id)"
    " -> Tensor[]",
)

_DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "int64": torch.int64,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_STRIDED = torch.strided


def _run(run, arrays, ranges, backend, device_id, memory=None, out=None):
    """Runs a compiled formula on tensors, or on their memory if it is known."""
    made, copies = [], []
    first = arrays[0] if arrays else torch.empty(0)
    # Kept until the call is over, for memory is an address and no more.
    ranges = [None if part is None else part.cpu() for part in ranges]
    device, stream = -1, None
    if first.is_cuda:
        device = first.get_device()
        stream = torch.cuda.current_stream(first.device).cuda_stream

    def empty(shape, dtype, _):
        result = first.new_empty(shape, dtype=_DTYPES[dtype])
        made.append(result)
        return _binding.Memory(result.data_ptr(), shape, result.stride(), dtype, device)

    def copy(index):
        copies.append(arrays[index].contiguous())
        return _memory(copies[-1])

    run(
        memory or tuple(map(_memory, arrays)),
        out,
        tuple(part if part is None else _memory(part) for part in ranges) or None,
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
    if tensor.layout is not _STRIDED:
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
        if _takes_result(ctx.formula):
            arrays.extend(outputs)
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
        return None, None, *_backward(_Reduce.apply, ctx, cotangents)

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
        return None, None, *_backward(_ReduceBothWays.apply, ctx, cotangents)

    @staticmethod
    def jvp(ctx, formula, rest, *tangents):
        return tuple(_forward(_ReduceBothWays, ctx, tangents))

    @staticmethod
    def vmap(info, in_dims, formula, rest, *arrays):
        arrays = _batched(formula, arrays, in_dims[2:], info.batch_size)
        results = _ReduceBothWays.apply(formula, rest, *arrays)
        return results, (0,) * len(results)


class _ReduceNow(torch.autograd.Function):
    """The same, backwards, in a third of the time: PyTorch needs it to look at the
    signature of the others each time. It knows no transforms."""

    @staticmethod
    def forward(ctx, formula, rest, *arrays):
        results = tuple(_plainly(formula, rest, *arrays))
        _Reduce.setup_context(ctx, (formula, rest, *arrays), results)
        return results

    @staticmethod
    def backward(ctx, *cotangents):
        def reduce(formula, rest, *arrays):
            return _function(arrays)(formula, rest, *arrays)

        return None, None, *_backward(reduce, ctx, cotangents)


_PLAIN = frozenset((torch.Tensor, torch.nn.Parameter))


def _plainly(formula, rest, *arrays):
    """Where nobody looks on, the operator's work without the operator, which would
    take as long as all the rest of a small call."""
    if _PLAIN.issuperset(map(type, arrays)) and not _is_watched():
        try:
            memory = tuple(map(_memory, arrays))
        except RuntimeError:  # there is none: they stand for others
            pass
        else:
            return _run(_formula(formula), arrays, *rest, memory)
    return torch.ops.keopsc.reduce(formula, arrays, *rest)


def _always():
    return True


# Whether a function is being mapped or differentiated by torch.func, and whether
# somebody wants to see operators. Nothing public says it; if these go, calls are
# slower.
_is_transformed = getattr(torch._C, "_are_functorch_transforms_active", _always)
_modes = getattr(torch._C, "_len_torch_dispatch_stack", _always)
_is_profiled = getattr(torch.autograd, "_profiler_enabled", _always)
_is_traced = getattr(torch._C, "_is_tracing", _always)


def _is_watched():
    return _modes() or _is_profiled() or _is_traced()


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
    if torch.is_grad_enabled():
        for arg in args:
            if arg.requires_grad:
                return _ReduceNow.apply
    return _plainly


def _backward(reduce, ctx, cotangents):
    """The derivatives along the arrays that want one, all in one sweep for each
    result; None for the others."""
    formula, rest = ctx.formula, ctx.rest
    count = len(_inputs(formula))
    arrays, results = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
    totals = [None] * count
    variables = [k for k in range(count) if ctx.needs_input_grad[k + 2]]
    if not variables:
        return totals
    for output, (_, is_index, shape) in enumerate(_outputs(formula)):
        if is_index:
            continue
        # To the compiler, K lists of D numbers are K * D numbers.
        seed = cotangents[output]
        seed = seed.flatten(-2) if len(shape) == 2 else seed
        text = _along(formula, output, *variables, takes_result=True)
        gradients = reduce(text, rest, *arrays, seed, *results)
        for index, gradient in zip(variables, gradients):
            # An array that was broadcast has a part in each problem.
            gradient = gradient.sum_to_size(arrays[index].shape)
            known = totals[index]
            totals[index] = gradient if known is None else known + gradient
    return totals


def _forward(reduce, ctx, tangents):
    """How fast the results change: backwards twice. The first derivative is linear
    in its seed, and its derivative along the seed is the transposed one."""
    formula = ctx.formula
    arrays = ctx.saved_tensors[: len(_inputs(formula))]
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
            ranges: which pairs there are, as six tensors of integers; three of
                them may be None.
            out: memory for the result, or a tuple of two for reductions that
                have two results. Cannot be differentiated.
        """
        if not _PLAIN.issuperset(map(type, args)):
            _check_tensors(args)
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
        _run(self._compiled, args, _ranges(ranges), backend, device_id, out=memory)
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
