"""Derivatives of keopsc::reduce, of any order.

A derivative of a formula is a formula again, so they are calls of the same
operator with other texts. What they are is said by autograd functions, which
differ in what of PyTorch they work with, and in what a call costs.
"""

import torch
from torch import library
from torch.autograd import forward_ad

from keopsc import _torch_operator as operator
from keopsc._torch_formulas import (
    along,
    derives_from_result,
    formula_of,
    inputs_of,
    outputs_of,
)


class _Reduce(torch.autograd.Function):
    """The operator with derivatives of any order, backwards."""

    @staticmethod
    def forward(formula, rest, *arrays):
        return tuple(torch.ops.keopsc.reduce(formula, list(arrays), *rest))

    @staticmethod
    def setup_context(ctx, inputs, outputs):
        ctx.formula, ctx.rest, *arrays = inputs
        if derives_from_result(ctx.formula):
            arrays.extend(outputs)
        ctx.save_for_backward(*arrays)
        ctx.mark_non_differentiable(
            *[
                output
                for output, (_, is_index, _) in zip(outputs, outputs_of(ctx.formula))
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
            return function_for(arrays)(formula, rest, *arrays)

        return None, None, *_backward(reduce, ctx, cotangents)


PLAIN = frozenset((torch.Tensor, torch.nn.Parameter))


def _plainly(formula, rest, *arrays):
    """Where nobody looks on, the operator's work without the operator, which would
    take as long as all the rest of a small call."""
    if PLAIN.issuperset(map(type, arrays)) and not _is_watched():
        try:
            memory = tuple(map(operator.memory_of, arrays))
        except RuntimeError:  # there is none: they stand for others
            pass
        else:
            return operator.run_on(formula_of(formula), arrays, *rest, memory)
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


def function_for(args):
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
    count = len(inputs_of(formula))
    arrays, results = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
    totals = [None] * count
    variables = [k for k in range(count) if ctx.needs_input_grad[k + 2]]
    if not variables:
        return totals
    for output, (_, is_index, shape) in enumerate(outputs_of(formula)):
        if is_index:
            continue
        # To the compiler, K lists of D numbers are K * D numbers.
        seed = cotangents[output]
        seed = seed.flatten(-2) if len(shape) == 2 else seed
        text = along(formula, output, *variables, takes_result=True)
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
    arrays = ctx.saved_tensors[: len(inputs_of(formula))]
    results = [None] * len(outputs_of(formula))
    for output, (_, is_index, shape) in enumerate(outputs_of(formula)):
        for index, tangent in enumerate(tangents):
            if tangent is None or is_index:
                continue
            once = along(formula, output, index)
            _, axis, dim = inputs_of(once)[-1]
            rows = (_rows(formula, arrays, axis),) if axis else ()
            seed = arrays[0].new_zeros((*rows, dim))
            text = along(once, 0, len(arrays))
            (change,) = reduce.apply(text, ctx.rest, *arrays, seed, tangent)
            if len(shape) == 2:
                change = change.unflatten(-1, shape)
            known = results[output]
            results[output] = change if known is None else known + change
    return results


def _rows(formula, arrays, axis):
    for array, (_, own, _) in zip(arrays, inputs_of(formula)):
        if own == axis:
            return array.shape[-2]
    return 1


def _batched(formula, arrays, in_dims, size):
    """Arrays with one dimension more in front of all others of the batch, where
    they have been mapped over."""
    own = [
        array.dim() - (2 if axis else 1) - (0 if dim is None else 1)
        for array, (_, axis, _), dim in zip(arrays, inputs_of(formula), in_dims)
    ]
    result = []
    for array, dim, dims in zip(arrays, in_dims, own):
        if dim is not None:
            array = array.movedim(dim, 0)
            missing = (1,) * (max(own) - dims)
            array = array.reshape(size, *missing, *array.shape[1:])
        result.append(array)
    return result
